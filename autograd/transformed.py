"""What `grad`, `jit`, `vmap` and the other transforms return: callables that know which function they were made of.

Such a callable keeps the function's name, docstring, signature and attributes, is a method where it stands in a class, says what it is,
and can be pickled: by its own name if it has one, else by that of the function, which cloudpickle and joblib do not need.
"""

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from numbers import Integral
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from autograd.context import log_of_tracer
from autograd.errors import LengthError, OperationError, filter_traceback
from autograd.locks import cached_property
from autograd.spellings import hints
from autograd.words import RECORDED

Function = Callable[..., Any]
T = TypeVar("T")
KNOWN = {"argnums", "has_aux"}


class Streamed(Exception):  # no error: the outermost transform goes on from here
    """Lanes were given as an iterable of chunks: see `autograd.program.streams`."""


_streams: list[Function] = []


def register_streams(restarted: Function) -> None:
    """Let `restarted` compute what a transform of `vmap` gives for chunks of lanes."""
    _streams.append(restarted)


def streamed(outer: Any, args: Sequence[Any], log: Any) -> Any:
    """What the outermost transform gives for chunks of lanes; `log` is that of a recording around it, if there is one."""
    if log is not None:
        raise OperationError(
            f"{outer.expression} was given chunks of lanes within jit or another vmap, which record what they run: call it outside"
        )
    try:
        return _streams[-1](outer, args)
    except Exception as error:
        filter_traceback(error)
        raise error from None


def name_of(f: Function) -> str:
    """What messages call a function."""
    return f.expression if isinstance(f, Transformed) else getattr(f, "__name__", getattr(f, "name", type(f).__name__))


def _keep_names(made: Function, f: Function) -> None:
    functools.update_wrapper(made, f, updated=("__dict__",) if isinstance(f, FunctionType) else ())


class of_a_function(Generic[T]):  # noqa: N801  # used like a function
    """A decorator of transforms: further arguments by position are refused with an example, since other libraries take some there.

    `T` is what the transform takes and gives, for type checkers.
    """

    def __init__(self, example: str) -> None:
        self.example = example

    def __call__(self, transform: Function) -> T:
        """The transform with that check."""

        @functools.wraps(transform)
        def checked(*args: Any, **options: Any) -> Any:
            try:
                if len(args) + ("f" in options) != 1 and (args or options.keys() <= KNOWN):
                    raise OperationError(  # noqa: TRY301  # from this line
                        f"{transform.__name__}() was given {len(args)} arguments by position, expected the function alone: "
                        f"write {self.example}"
                    )
                return transform(*args, **options)
            except Exception as error:
                filter_traceback(error)
                raise

        return cast("T", checked)


class WithKeywords:
    """A function whose last arguments are given by keyword, so that a call with keywords is one like any other; others are fixed."""

    f: Function
    names: tuple[str, ...]
    fixed: dict[str, Any]

    def __init__(self, f: Function, names: tuple[str, ...], fixed: dict[str, Any]) -> None:
        _keep_names(self, f)
        self.f, self.names, self.fixed = f, names, fixed

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The result of the function."""
        first = len(args) - len(self.names)
        return self.f(*args[:first], **dict(zip(self.names, args[first:], strict=True)), **self.fixed, **keywords)


class Transformed:
    """A function made of another one.

    Attributes:
        f: that other function.
        transform: the function of the library that was called, and `options` with which keyword arguments.
    """

    f: Any
    transform: Any
    options: dict[str, Any]

    def __init__(self, transform: Callable[..., Any], f: Any, **options: Any) -> None:
        if not callable(f):
            raise OperationError(f"got {f!r}, expected a function: {transform.__name__}(f)(x)")
        _keep_names(self, f)
        self.f, self.transform, self.options = f, transform, options
        self._by_names: dict[tuple[str, ...], Function] = {}

    if not TYPE_CHECKING:  # a type checker would take any attribute for one that is there
        __getattr__ = hints("", RECORDED)
    else:

        def __call__(self, *args: Any, **keywords: Any) -> Any: ...  # noqa: D102

    def with_keywords(self, names: tuple[str, ...]) -> Function:
        """The same, with the last arguments for these names."""
        if names not in self._by_names:
            self._by_names[names] = self.specialised(names, {})
        return self._by_names[names]

    def specialised(self, names: tuple[str, ...], fixed: dict[str, Any]) -> Function:
        """The same, with the last arguments for these names, of a function in which other arguments are fixed."""
        f = self.f.specialised(names, fixed) if isinstance(self.f, Transformed) else WithKeywords(self.f, names, fixed)
        return self.remade(f, len(names))

    def remade(self, f: Function, keywords: int) -> Function:  # noqa: ARG002  # vmap has an axis for each
        """The same transform of a function that takes so many further arguments."""
        made: Function = self.transform(f, **self.options)
        return made

    def differentiated(self, by: "Derivative") -> Function | None:  # noqa: ARG002  # jit's is another
        """What computes the derivative `by` of this function in another way, if there is one."""
        return None

    @property
    def gives_floats(self) -> bool:
        """Whether under `no_grad` it gives floats, as derivatives do, where Values are captured or given."""
        return isinstance(self.f, Transformed) and self.f.gives_floats

    @property
    def expression(self) -> str:
        """What it is, as one would write it: `grad(f)`."""
        return f"{self.transform.__name__}({', '.join([name_of(self.f), *[f'{k}={x!r}' for k, x in self.options.items()]])})"

    def __repr__(self) -> str:
        return f"<{self.expression}>"

    def __get__(self, instance: Any, _owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> Any:
        name = getattr(self, "__qualname__", "")
        if self.__module__ != "__main__" and _named(self.__module__, name) is self:
            return name
        return functools.partial(self.transform, **self.options), (self.f,)


def _named(module: str, qualname: str) -> Any:
    try:
        return functools.reduce(getattr, qualname.split("."), sys.modules.get(module))
    except AttributeError:
        return None


class Derivative(Transformed):
    """A derivative of a function with respect to one or several of its arguments.

    Attributes:
        derivative_of: for `jit`, where it can sweep back over the program of the function: that one, and whether its value is wanted.
        product_of: likewise, where it is the product of a tangent with a Jacobian, or, if so, a Hessian: of which function.
        rule: what is computed of the derivative itself and the arguments of a call.
        argnums: one index or a tuple of indices of arguments.
        has_aux: whether the function gives a pair, of which the second is handed through.
        gives_numbers: whether it gives numbers rather than a function, as that of `vjp`.
    """

    rule: Function
    argnums: Any
    has_aux: bool

    gives_floats = gives_numbers = True
    derivative_of: tuple[Function | None, bool] = (None, False)
    product_of: tuple[Function | None, bool] = (None, False)

    def __init__(self, transform: Callable[..., Any], f: Any, rule: Function, argnums: Any, has_aux: bool) -> None:  # noqa: FBT001  # as named above
        options = {} if argnums.__class__ is int and argnums == 0 else {"argnums": argnums}
        super().__init__(transform, f, **options, **({"has_aux": True} if has_aux else {}))
        self.rule, self.argnums, self.has_aux = rule, _checked(transform, argnums), has_aux

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The derivative at these arguments; those given by keyword are passed on."""
        try:
            if keywords:
                self.chosen(self.split(args)[0])
                return self.with_keywords(tuple(keywords))(*args, *keywords.values())
            if self.whole is not None:
                return self.whole(*args)
            log = log_of_tracer()
            return self.rule(self, args) if log is None else log.outside(self.rule, self, args)
        except Streamed:
            return streamed(self, args, log_of_tracer())
        except Exception as error:
            filter_traceback(error)
            raise

    @cached_property
    def whole(self) -> Function | None:
        """The derivative of a recorded function, recorded itself; None for that of another function."""
        return self.f.differentiated(self) if isinstance(self.f, Transformed) else None

    def split(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The arguments of the function, and what else was given."""
        return args, ()

    def chosen(self, args: Sequence[Any]) -> Any:
        """The arguments that the derivative is with respect to: one, or a tuple of several."""
        try:
            return tuple([args[i] for i in self.argnums]) if self.argnums.__class__ is tuple else args[self.argnums]
        except IndexError:
            raise LengthError(
                f"{self.expression} was given {len(args)} arguments by position, expected one at each index of argnums={self.argnums}: "
                "an argument that is given by keyword is not differentiated"
            ) from None

    def with_chosen(self, args: Sequence[Any], chosen: Any) -> list[Any]:
        """The arguments with others in place of the chosen ones."""
        made = list(args)
        for i, x in zip(self.argnums, chosen, strict=True) if self.argnums.__class__ is tuple else [(self.argnums, chosen)]:
            made[i] = x
        return made


class Product(Derivative):
    """A derivative along a tangent, which is given after the arguments that it belongs to."""

    @property
    def _place(self) -> int:
        last: int = max(self.argnums) if self.argnums.__class__ is tuple else self.argnums
        return last + 1

    def split(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The arguments of the function, and the tangent."""
        if len(args) <= self._place:
            raise LengthError(
                f"{self.expression} was given {len(args)} arguments, expected a tangent at index {self._place}, after what it belongs to"
            )
        return args[: self._place] + args[self._place + 1 :], args[self._place : self._place + 1]

    @property
    def __signature__(self) -> inspect.Signature:
        own, kinds = inspect.signature(self.f), inspect.Parameter
        parameters = list(own.parameters.values())
        before = [
            p.replace(kind=kinds.POSITIONAL_ONLY, default=kinds.empty)
            for p in parameters[: self._place]
            if p.kind <= kinds.POSITIONAL_OR_KEYWORD
        ]
        after = parameters[len(before) :]
        return own.replace(parameters=[*before, kinds("tangent", kinds.POSITIONAL_ONLY), *after])


def _checked(transform: Callable[..., Any], argnums: Any) -> Any:
    """The value of argnums as an int or a tuple of ints."""
    several = isinstance(argnums, tuple | list)
    given = list(argnums) if several else [argnums]
    if not given or not all(isinstance(i, Integral) and not isinstance(i, bool) and int(i) >= 0 for i in given):
        raise OperationError(
            f"got argnums={argnums!r}, expected the index of an argument, counted from 0, or a tuple of indices: "
            f"{transform.__name__}(f, argnums=(0, 1))"
        )
    return tuple(map(int, given)) if several else int(argnums)
