# The interpreter of recorded programs in lanes and threads; help(autograd._kernel.Plan) says what is given and what is promised.

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

instruction_sets: tuple[str, ...]

def use(name: str, /) -> None: ...
def eager(on: int, /) -> bool: ...
def digest(x: Any, /) -> int: ...
def first_equal(
    codes: NDArray[np.uint32], starts: NDArray[np.uint32], args: NDArray[np.int32], known: int, found: NDArray[np.int32], /
) -> None: ...
def spread(
    starts: NDArray[np.uint32], args: NDArray[np.int32], known: int, through: NDArray[Any] | None, flags: NDArray[Any], backwards: bool, /
) -> None: ...
def begin_reports(hook: Any, quiet: set[str], /) -> None: ...  # before Python 3.12
def end_reports() -> None: ...  # likewise
def first_changed(places: list[tuple[Any, ...]], digests: dict[int, int] | None, missing: Any, /) -> int | None: ...

@final
class Plan:
    def __new__(
        cls,
        codes: NDArray[np.uint8],
        starts: NDArray[np.uint32],
        args: NDArray[np.int32],
        constants: NDArray[np.float64],
        inputs: int,
        outputs: NDArray[np.int32],
        uniform: NDArray[Any],
        wanted: NDArray[Any],
        seeded: NDArray[Any] | None = None,
        arms: NDArray[np.int32] | None = None,
        checks: NDArray[np.int32] | None = None,
    ) -> Plan: ...
    def follow(
        self,
        inputs: Sequence[NDArray[np.float64]],
        outputs: NDArray[np.float64],
        seeds: NDArray[np.float64] | None = None,
        gradients: Sequence[NDArray[np.float64] | None] | None = None,
    ) -> int: ...
    def loop(
        self,
        length: int,
        carry: NDArray[np.float64],
        inputs: Sequence[NDArray[np.float64]],
        outputs: Sequence[NDArray[np.float64]],
        backwards: bool = False,
        plain: bool = False,
        first: int = 0,
    ) -> int: ...
    def run(
        self,
        lanes: int,
        inputs: Sequence[NDArray[np.float64]],
        outputs: Sequence[NDArray[np.float64]],
        seeds: Sequence[NDArray[np.float64]] | None = None,
        gradients: Sequence[NDArray[np.float64] | None] | None = None,
        threads: int = 1,
    ) -> None: ...
    def use(self, kept: Any, forward: int = 0, reverse: int = 0, lanes: Any = None) -> None: ...
    def watch(self, limit: float, hot: Any) -> None: ...
