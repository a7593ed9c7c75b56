"""What softmax and the losses take and give, for type checkers: of Values a Value, of numbers a float, of arrays an array."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, Literal, ParamSpec, Protocol, TypeAlias, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from autograd import Value
from autograd.errors import api_boundary
from autograd.kinds import Number

P = ParamSpec("P")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
Reals: TypeAlias = NDArray[np.floating[Any] | np.integer[Any] | np.bool]
Reduced: TypeAlias = Literal["mean", "sum"]


class typed(Generic[T]):  # noqa: N801  # a decorator
    """`@typed[T]()`: a function that users call, which type checkers see as a T."""

    def __call__(self, f: Callable[..., Any]) -> T:
        """The function, at whose callers' lines tracebacks end."""
        return cast("T", api_boundary(f))


class Forward(Protocol[P, R_co]):
    """A module, whose call computes `forward`."""

    name: str

    def forward(self, *x: P.args, **options: P.kwargs) -> R_co:
        """Compute the output."""


class OfLogits(Protocol):
    """Softmax and its logarithm: of a row or of rows."""

    @overload
    def __call__(self, logits: Reals) -> NDArray[np.float64]: ...  # type: ignore[overload-overlap]  # entries of arrays are Any
    @overload
    def __call__(self, logits: NDArray[Any]) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, logits: Iterable[Value]) -> list[Value]: ...
    @overload
    def __call__(self, logits: Iterable[Number]) -> list[float]: ...
    @overload
    def __call__(self, logits: Iterable[Iterable[Value]]) -> list[list[Value]]: ...
    @overload
    def __call__(self, logits: Iterable[Iterable[Number]]) -> list[list[float]]: ...
    @overload
    def __call__(self, logits: Iterable[Value | Number]) -> list[Value] | list[float]: ...


class ToFloats(Protocol):
    """Hardmax: floats, whatever it is of."""

    @overload
    def __call__(self, logits: NDArray[Any]) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, logits: Iterable[Value | Number]) -> list[float]: ...
    @overload
    def __call__(self, logits: Iterable[Iterable[Value | Number]]) -> list[list[float]]: ...


class OneHot(Protocol):
    """Rows with a 1 at an index."""

    @overload
    def __call__(self, index: NDArray[Any], classes: int) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, index: int | np.integer[Any], classes: int) -> list[float]: ...
    @overload
    def __call__(self, index: Iterable[int | np.integer[Any]], classes: int) -> list[list[float]]: ...


Values: TypeAlias = Iterable[Value] | Iterable[Iterable[Value]]
Numbers: TypeAlias = Iterable[Number] | Iterable[Iterable[Number]]
Mixed: TypeAlias = Iterable[Value | Number] | Iterable[Iterable[Value | Number]]


class OfSamples(Protocol):
    """A loss of a sample, a row of numbers for its classes, or of a batch of such rows."""

    @overload
    def __call__(self, x: Reals, /, target: Any, reduction: Reduced = "mean") -> float: ...
    @overload
    def __call__(self, x: NDArray[Any], /, target: Any, reduction: Reduced = "mean") -> Any: ...
    @overload
    def __call__(self, x: Values, /, target: Any, reduction: Reduced = "mean") -> Value: ...
    @overload
    def __call__(self, x: Numbers, /, target: Any, reduction: Reduced = "mean") -> float: ...
    @overload
    def __call__(self, x: Mixed, /, target: Any, reduction: Reduced = "mean") -> Value | float: ...
    @overload
    def __call__(self, x: Iterable[Any], /, target: Any, reduction: Literal["none"]) -> Any: ...
    @overload
    def __call__(self, *, target: Any, reduction: Reduced | Literal["none"] = "mean", **x: Any) -> Any: ...


class OfNumbers(Protocol):
    """A loss of a number, of numbers, or of rows of them."""

    @overload
    def __call__(self, x: Value, /, targets: Value | Number, reduction: Reduced | Literal["none"] = "mean") -> Value: ...
    @overload
    def __call__(self, x: Number, /, targets: Number, reduction: Reduced | Literal["none"] = "mean") -> float: ...
    @overload
    def __call__(self, x: Reals, /, targets: Any, reduction: Reduced = "mean") -> float: ...
    @overload
    def __call__(self, x: NDArray[Any], /, targets: Any, reduction: Reduced = "mean") -> Any: ...
    @overload
    def __call__(self, x: Values, /, targets: Any, reduction: Reduced = "mean") -> Value: ...
    @overload
    def __call__(self, x: Numbers, /, targets: Any, reduction: Reduced = "mean") -> float: ...
    @overload
    def __call__(self, x: Mixed, /, targets: Any, reduction: Reduced = "mean") -> Value | float: ...
    @overload
    def __call__(self, x: Iterable[Any], /, targets: Any, reduction: Literal["none"]) -> Any: ...
    @overload
    def __call__(self, *, targets: Any, reduction: Reduced | Literal["none"] = "mean", **x: Any) -> Any: ...
