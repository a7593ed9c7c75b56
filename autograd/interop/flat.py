"""A function of structures as one of arrays alone, with its derivatives as such functions again: what PyTorch and JAX are given."""

import copy
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.errors import GradientLostError
from autograd.interop.formed import Formed
from autograd.locks import cached_property
from autograd.program.arguments import Arguments
from autograd.program.jit import jit
from autograd.program.observed import unobserved
from autograd.program.recording import Recordings
from autograd.program.trace import Trace
from autograd.program.vmap import vmap
from autograd.transformed import name_of
from autograd.transforms import grad, jvp
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]


class Flat:
    """A function of numbers and arrays, `leaves`, which are put together to the arguments of f.

    Args:
        f: the function.
        arranged: from the list of leaves to the arguments of f.
        name: its name in messages.
        count: the number of leaves.

    Attributes:
        structure: that of the last result.
        linear_in: where this is the derivative of another such function along tangents: that one, and which of its leaves have tangents.
        linear_floats: which leaves of its result are floats.
        kept: what a framework keeps for it.
    """

    f: Function
    arranged: Callable[[list[Any]], Sequence[Any]]
    name: str
    count: int
    structure: Any

    def __init__(self, f: Function, arranged: Callable[[list[Any]], Sequence[Any]], name: str, count: int) -> None:
        self.f, self.arranged, self.name, self.count = f, arranged, name, count
        self.structure: Any = None
        self.linear_in: tuple[Flat, tuple[int, ...]] | None = None
        self.linear_floats: tuple[int, ...] = ()
        self.derived: dict[Any, Flat] = {}
        self.kept: dict[Any, Any] = {}
        self.formed: dict[Trace, Formed] = {}

    @cached_property
    def recorded(self) -> Any:
        """The function, recorded at its first call."""
        return jit(self.f)

    @cached_property
    def recordings(self) -> Recordings:
        """The recordings of the function, one for each path."""
        return Recordings(self.f, self.name, lazy=True)

    def traced(self, given: Sequence[Any]) -> tuple[Trace, Formed | None]:
        """The recording of the path that the function takes at these leaves; and as a function of arrays, if there is no other path.

        Raises:
            GradientLostError: it depends on Values that are captured.
        """
        args = self.arranged(list(given))
        trace = next(self.recordings.parts(Arguments(args, [None] * len(args))))[0]
        self.structure = trace.structure
        if trace.captured:
            raise GradientLostError(self._lost)
        if self.recordings.refusal or len(trace.guards):
            return trace, None
        if trace not in self.formed:
            if len(self.formed) >= KEPT:
                self.formed.clear()
            self.formed[trace] = Formed.of(trace, [np.shape(x) for x in tree_flatten(list(args))[0]])
        return trace, self.formed[trace]

    @property
    def _lost(self) -> str:
        return (
            f"{self.name} depends on Values that it captures, for which no other framework has a gradient: give the Module itself in place "
            "of a function, or its copy with plain numbers, model.frozen(), or make these Values arguments"
        )

    def leaves(self, given: Sequence[Any]) -> list[Any]:
        """The leaves of the result, Values where these are given."""
        found, self.structure = tree_flatten(self.f(*self.arranged(list(given))))
        return found

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """The leaves of the result at floats and arrays of floats.

        Raises:
            GradientLostError: it depends on Values that are captured.
        """
        found, self.structure = tree_flatten(self.recorded(*self.arranged(list(given))))
        for x in found:
            if x.__class__ is Value or (isinstance(x, np.ndarray) and x.dtype == object):
                raise GradientLostError(self._lost)
        return found

    def pull(self, wanted: tuple[int, ...], floating: tuple[int, ...]) -> "Flat":
        """The function from the leaves, then cotangents of those leaves of the result that are `floating`, to gradients of `wanted`."""
        if self.linear_in is not None and wanted == tuple(range(self.linear_in[0].count, self.count)):
            base, active = self.linear_in
            of_base = self.linear_floats
            return self._once(("back",), lambda: _without(base.pull(active, of_base), base.count, self.count))
        return self._once(("pull", wanted, floating), lambda: self._pulled(wanted, floating))

    def _pulled(self, wanted: tuple[int, ...], floating: tuple[int, ...]) -> "Flat":
        count = self.count

        def arranged(given: list[Any]) -> Sequence[Any]:
            xs = given[:count]
            return [xs[i] for i in wanted], [x for i, x in enumerate(xs) if i not in wanted], given[count:]

        return Flat(grad(_Weighed(self, wanted, floating)), arranged, self.name, count + len(floating))

    def push(self, active: tuple[int, ...], floating: tuple[int, ...]) -> "Flat":
        """The function from the leaves, then tangents of the `active` ones, to the tangents of the `floating` leaves of the result."""
        return self._once(("push", active, floating), lambda: self._pushed(active, floating))

    def _pushed(self, active: tuple[int, ...], floating: tuple[int, ...]) -> "Flat":
        count = self.count

        def arranged(given: list[Any]) -> Sequence[Any]:
            xs = given[:count]
            return [xs[i] for i in active], given[count:], [x for i, x in enumerate(xs) if i not in active]

        made = Flat(jvp(_Chosen(self, active, floating)), arranged, self.name, count + len(active))
        made.linear_in, made.linear_floats = (self, active), floating
        return made

    def map_samples(self, axes: tuple[int | None, ...], _lanes: int) -> "Flat":
        """The function over lanes along these axes of the leaves; results have them first."""
        return self._once(
            ("map_samples", axes), lambda: Flat(vmap(_Listed(self), in_axes=(list(axes),)), lambda xs: (xs,), self.name, self.count)
        )

    def _once(self, key: Any, make: Callable[[], "Flat"]) -> "Flat":
        if key not in self.derived:
            self.derived[key] = make()
        return self.derived[key]


def _without(inner: Flat, first: int, end: int) -> Flat:
    """The function `inner`, given further leaves at `first` to `end`, on which it does not depend."""
    return Flat(inner.f, lambda given: inner.arranged([*given[:first], *given[end:]]), inner.name, inner.count + end - first)


def sample(shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Numbers in (0, 1) to record a function with, where its own are not known: what has no guards is the same at others."""
    found = [np.linspace(0.4, 0.6, prod(shape) + 2)[1:-1].reshape(shape) for shape in shapes]
    return [x if x.ndim else x.item() for x in found]


class _Part:
    """A function of some leaves of another one, `f`; `chosen` are their indices."""

    def __init__(self, f: Flat, chosen: Sequence[int], floating: Sequence[int]) -> None:
        self.f, self.chosen, self.floating = f, chosen, floating
        self.__name__ = f.name

    def found(self, chosen: Sequence[Any], others: Sequence[Any]) -> list[Any]:
        """The leaves of the result that are floats."""
        of_chosen, rest = dict(zip(self.chosen, chosen, strict=True)), iter(others)
        ys = self.f.leaves([of_chosen[i] if i in of_chosen else next(rest) for i in range(len(chosen) + len(others))])
        return [ys[k] for k in self.floating]


class _Weighed(_Part):
    """The sum of the results, each times its cotangent."""

    def __call__(self, chosen: Sequence[Any], others: Sequence[Any], cotangents: Sequence[Any]) -> Any:
        terms = [np.sum(y * c) for y, c in zip(self.found(chosen, others), cotangents, strict=True)]
        return sum(terms[1:], start=terms[0]) if terms else 0.0


class _Chosen(_Part):
    """The results as a list."""

    def __call__(self, chosen: Sequence[Any], others: Sequence[Any]) -> Any:
        return self.found(chosen, others)


class _Listed:
    """The leaves of a result as a list."""

    def __init__(self, f: Flat) -> None:
        self.f, self.__name__ = f, f.name

    def __call__(self, xs: Sequence[Any]) -> Any:
        return self.f.leaves(xs)


class _Filled:
    """A function of the live leaves of its arguments, the others being fixed."""

    def __init__(self, f: Function, structure: Any, leaves: list[Any], live: Sequence[int]) -> None:
        self.f, self.structure, self.others, self.live = f, structure, leaves, live
        self.__name__ = name_of(f)

    def __call__(self, *xs: Any) -> Any:
        leaves = self.others[:]
        for i, x in zip(self.live, xs, strict=True):
            leaves[i] = x
        args, keywords = tree_unflatten(self.structure, leaves)
        return self.f(*args, **keywords)


class Functional:
    """A Module as a function of its parameters, an array, and of its arguments."""

    def __init__(self, module: Any) -> None:
        self.f, self.parameters = module, module.parameters()
        self.__name__ = type(module).__name__

    @property
    def numbers(self) -> np.ndarray:
        """The numbers of the parameters now."""
        return np.array([p.data for p in self.parameters])

    def __call__(self, numbers: Any, *args: Any, **keywords: Any) -> Any:
        """What the Module gives with these numbers as its parameters."""
        given = dict(zip(map(id, self.parameters), list(numbers), strict=True))
        own = unobserved(lambda: copy.deepcopy(self.f, given))
        return own(*args, **keywords)


def is_module(f: Any) -> bool:
    """Whether f is a Module with parameters, which are arguments of the function then."""
    return hasattr(f, "named_parameters") and hasattr(f, "load_state_dict") and bool(f.parameters())


class Calls:
    """The calls of a function: for each structure of arguments, and each choice of those that are not live, a `Flat`.

    Args:
        f: the function.
    """

    def __init__(self, f: Function) -> None:
        self.f = f
        self.made: dict[Any, Flat] = {}
        self.arrays: dict[Any, np.ndarray] = {}

    def flattened(self, args: Sequence[Any], keywords: dict[str, Any], is_live: Callable[[Any], bool]) -> tuple[Flat, list[Any]]:
        """The function of the live leaves of these arguments, and these leaves."""
        leaves, structure = tree_flatten((list(args), keywords))
        live = [i for i, x in enumerate(leaves) if is_live(x)]
        others = [None if i in live else self._kept(x) for i, x in enumerate(leaves)]
        states = [structure.key, *[repr(node.keys) for node in structure.nodes if node.__class__ is not int]]
        key = (*states, tuple(live), *[(x.__class__, repr(x) if isinstance(x, float | int | str) else id(x)) for x in others])
        if key not in self.made:
            if len(self.made) >= KEPT:
                self.made.clear()
            self.made[key] = Flat(_Filled(self.f, structure, others, live), tuple, name_of(self.f), len(live))
        return self.made[key], [leaves[i] for i in live]

    def _kept(self, x: Any) -> Any:
        """A leaf that is not live; of equal arrays the same one, so that what was recorded for it serves again."""
        if not isinstance(x, np.ndarray):
            return x
        key = x.dtype.str, x.shape, x.tobytes()
        if len(self.arrays) >= KEPT:
            self.arrays.clear()
        return self.arrays.setdefault(key, x)


# The number of signatures that are kept, and of arrays of integers.
KEPT = 64
