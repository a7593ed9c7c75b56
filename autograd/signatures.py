"""What transforms take and give, for type checkers: a derivative has the type of the argument that it is with respect to.

`P` and `Q` are the parameters of a function, `X` and `A` arguments, `R` its result. A function whose parameters have no types, such as a
lambda, gives Any; so does an `argnums` or a result whose type Python's type system cannot express.
"""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from autograd.engine import Value

P = ParamSpec("P")
Q = ParamSpec("Q")
X = TypeVar("X", bound=Any)  # bound, so that the parameters of a lambda are Any
A = TypeVar("A", bound=Any)
S = TypeVar("S", float, Value)
R = TypeVar("R")
Aux = TypeVar("Aux")
D = TypeVar("D", bound=np.generic)
R_co = TypeVar("R_co", covariant=True)

Argnums: TypeAlias = int | Sequence[int]
First: TypeAlias = Literal[0]
Second: TypeAlias = Literal[1]
Both: TypeAlias = tuple[Literal[0], Literal[1]]
No: TypeAlias = Literal[False]
Yes: TypeAlias = Literal[True]


class Made(Protocol[P, R_co]):
    """What a transform returns: a function that is a method where it stands in a class."""

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> R_co:
        """The result of the function."""

    @overload
    def __get__(self, instance: None, owner: Any = None, /) -> "Made[P, R_co]": ...
    @overload
    def __get__(self: "Made[Concatenate[Any, Q], R_co]", instance: object, owner: Any = None, /) -> "Made[Q, R_co]": ...


class Mapped(Protocol[R]):
    """What `vmap` returns where it does not reduce: an array in place of each number and each array that the function gives."""

    @overload
    def __call__(self: "Mapped[float]", *args: Any, **keywords: Any) -> NDArray[np.float64]: ...
    @overload
    def __call__(self: "Mapped[int]", *args: Any, **keywords: Any) -> NDArray[np.int64]: ...
    @overload
    def __call__(self: "Mapped[bool]", *args: Any, **keywords: Any) -> NDArray[np.bool]: ...
    @overload
    def __call__(self: "Mapped[Value]", *args: Any, **keywords: Any) -> NDArray[np.object_]: ...
    @overload
    def __call__(self: "Mapped[NDArray[D]]", *args: Any, **keywords: Any) -> NDArray[D]: ...
    @overload
    def __call__(self, *args: Any, **keywords: Any) -> Any: ...

    def _gives(self, result: R) -> R: ...  # so that R is one type and not any narrower one


class Grad(Protocol):
    """`grad`."""

    @overload
    def __call__(self, f: Callable[Concatenate[X, P], Any], *, argnums: First = 0, has_aux: No = False) -> Made[Concatenate[X, P], X]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[A, X, P], Any], *, argnums: Second, has_aux: No = False
    ) -> Made[Concatenate[A, X, P], X]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[A, X, P], Any], *, argnums: Both, has_aux: No = False
    ) -> Made[Concatenate[A, X, P], tuple[A, X]]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], tuple[Any, Aux]], *, argnums: First = 0, has_aux: Yes
    ) -> Made[Concatenate[X, P], tuple[X, Aux]]: ...
    @overload
    def __call__(self, f: Callable[P, Any], *, argnums: Argnums, has_aux: bool = False) -> Made[P, Any]: ...


class ValueAndGrad(Protocol):
    """`value_and_grad`."""

    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], R], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[X, P], tuple[R, X]]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[A, X, P], R], *, argnums: Second, has_aux: No = False
    ) -> Made[Concatenate[A, X, P], tuple[R, X]]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[A, X, P], R], *, argnums: Both, has_aux: No = False
    ) -> Made[Concatenate[A, X, P], tuple[R, tuple[A, X]]]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], tuple[R, Aux]], *, argnums: First = 0, has_aux: Yes
    ) -> Made[Concatenate[X, P], tuple[tuple[R, Aux], X]]: ...
    @overload
    def __call__(self, f: Callable[P, R], *, argnums: Argnums, has_aux: No = False) -> Made[P, tuple[R, Any]]: ...
    @overload
    def __call__(self, f: Callable[P, R], *, argnums: Argnums, has_aux: Yes) -> Made[P, tuple[R, Any]]: ...


class VectorJacobian(Protocol):
    """`vjp`."""

    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], R], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[X, P], Callable[[R], X]]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], tuple[R, Aux]], *, argnums: First = 0, has_aux: Yes
    ) -> Made[Concatenate[X, P], tuple[Callable[[R], X], Aux]]: ...
    @overload
    def __call__(self, f: Callable[P, Any], *, argnums: Argnums, has_aux: bool = False) -> Made[P, Any]: ...


class JacobianVector(Protocol):
    """`jvp`, whose tangent follows what it belongs to."""

    @overload
    def __call__(  # type: ignore[overload-overlap]  # for argnums=0 both are right, and this is closer
        self, f: Callable[Concatenate[X, P], R], *, argnums: First = 0, has_aux: bool = False
    ) -> Made[Concatenate[X, X, P], R]: ...
    @overload
    def __call__(self, f: Callable[..., R], *, argnums: Argnums, has_aux: bool = False) -> Made[..., R]: ...


class HessianVector(Protocol):
    """`hvp`, whose tangent follows what it belongs to."""

    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], Any], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[X, X, P], X]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], tuple[Any, Aux]], *, argnums: First = 0, has_aux: Yes
    ) -> Made[Concatenate[X, X, P], tuple[X, Aux]]: ...
    @overload
    def __call__(self, f: Callable[..., Any], *, argnums: Argnums, has_aux: bool = False) -> Made[..., Any]: ...


class Jacobian(Protocol):
    """`jacobian`, `jacfwd`, `jacrev`: for one number in or out the structure of the other, for arrays an array."""

    @overload
    def __call__(
        self, f: Callable[Concatenate[X, P], float | Value], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[X, P], X]: ...
    @overload
    def __call__(self, f: Callable[Concatenate[S, P], R], *, argnums: First = 0, has_aux: No = False) -> Made[Concatenate[S, P], R]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[NDArray[np.float64], P], NDArray[Any]], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[NDArray[np.float64], P], NDArray[np.float64]]: ...
    @overload
    def __call__(self, f: Callable[P, Any], *, argnums: Argnums = 0, has_aux: bool = False) -> Made[P, Any]: ...


class Hessian(Protocol):
    """`hessian`: for one number a number, for an array an array."""

    @overload
    def __call__(self, f: Callable[Concatenate[S, P], Any], *, argnums: First = 0, has_aux: No = False) -> Made[Concatenate[S, P], S]: ...
    @overload
    def __call__(
        self, f: Callable[Concatenate[NDArray[np.float64], P], Any], *, argnums: First = 0, has_aux: No = False
    ) -> Made[Concatenate[NDArray[np.float64], P], NDArray[np.float64]]: ...
    @overload
    def __call__(self, f: Callable[P, Any], *, argnums: Argnums = 0, has_aux: bool = False) -> Made[P, Any]: ...
