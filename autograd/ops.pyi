# Written by python -m autograd.native.generate from autograd/ops.py: change a row there.

from collections.abc import Iterable
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from autograd.kinds import Number
from autograd.op import Op
from autograd.value import Value

Reals: TypeAlias = NDArray[np.floating[Any] | np.integer[Any] | np.bool]

class Of2(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: Value, b: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Number, /) -> float: ...
    @overload
    def __call__(self, a: Reals, b: Number | Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: Number, b: Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: NDArray[Any], b: Value | Number | NDArray[Any], /) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, a: Value | Number, b: NDArray[Any], /) -> NDArray[np.object_]: ...

class Of1(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Number, /) -> float: ...
    @overload
    def __call__(self, a: Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: NDArray[Any], /) -> NDArray[np.object_]: ...

class OfSequences1(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: NDArray[Any], /) -> Any: ...
    @overload
    def __call__(self, a: Iterable[Value], /) -> Value: ...
    @overload
    def __call__(self, a: Iterable[Number], /) -> float: ...
    @overload
    def __call__(self, a: Iterable[Value | Number], /) -> Value | float: ...
    @overload
    def __call__(self, a: Iterable[NDArray[Any]], /) -> NDArray[Any]: ...

class OfSequences2(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: NDArray[Any], b: Iterable[Value | Number] | Iterable[NDArray[Any]], /) -> Any: ...
    @overload
    def __call__(self, a: Iterable[Value | Number], b: NDArray[Any], /) -> Any: ...
    @overload
    def __call__(self, a: Iterable[Value], b: Iterable[Value | Number], /) -> Value: ...
    @overload
    def __call__(self, a: Iterable[Value | Number], b: Iterable[Value], /) -> Value: ...
    @overload
    def __call__(self, a: Iterable[Number], b: Iterable[Number], /) -> float: ...
    @overload
    def __call__(self, a: Iterable[Value | Number], b: Iterable[Value | Number], /) -> Value | float: ...
    @overload
    def __call__(self, a: Iterable[NDArray[Any]], b: Iterable[NDArray[Any]], /) -> NDArray[Any]: ...

class Of2Or1(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Number, /) -> float: ...
    @overload
    def __call__(self, a: Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: NDArray[Any], /) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, a: Value, b: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Number, /) -> float: ...
    @overload
    def __call__(self, a: Reals, b: Number | Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: Number, b: Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: NDArray[Any], b: Value | Number | NDArray[Any], /) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, a: Value | Number, b: NDArray[Any], /) -> NDArray[np.object_]: ...

class Of3(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: Value, b: Value | Number, c: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Value, c: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Number, c: Value, /) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Number, c: Number, /) -> float: ...
    @overload
    def __call__(self, a: Reals, b: Number | Reals, c: Number | Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: Number, b: Reals, c: Number | Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: Number, b: Number, c: Reals, /) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: NDArray[Any], b: Value | Number | NDArray[Any], c: Value | Number | NDArray[Any], /) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, a: Value | Number, b: NDArray[Any], c: Value | Number | NDArray[Any], /) -> NDArray[np.object_]: ...
    @overload
    def __call__(self, a: Value | Number, b: Value | Number, c: NDArray[Any], /) -> NDArray[np.object_]: ...

class OfAny(Op):
    @overload  # type: ignore[override]  # the base class takes any number of arguments
    def __call__(self, a: NDArray[Any], /) -> Any: ...
    @overload
    def __call__(self, a: Iterable[Value], /) -> Value: ...
    @overload
    def __call__(self, a: Iterable[Number], /) -> float: ...
    @overload
    def __call__(self, a: Iterable[Value | Number], /) -> Value | float: ...
    @overload
    def __call__(self, a: Value, *b: Value | Number) -> Value: ...
    @overload
    def __call__(self, a: Number, b: Value, *c: Value | Number) -> Value: ...
    @overload
    def __call__(self, a: Number, *b: Number) -> float: ...
    @overload
    def __call__(self, a: Value | Number, *b: Value | Number) -> Value | float: ...
    @overload
    def __call__(self, a: Reals, *b: Number | Reals) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, a: Number, b: Reals, *c: Number | Reals) -> NDArray[np.float64]: ...
    @overload
    def __call__(self, *a: Value | Number | NDArray[Any]) -> Any: ...

inf: float
nan: float
pi: float
TWO_BY_ROOT_PI: float
HALF_ROOT_PI: float
ROOT_HALF: float
BY_ROOT_2_PI: float
ROOT_HALF_PI: float
ROOT_2: float
LN_2: float
LOG2_E: float
LOG10_E: float
add: Of2
r"""$a + b$, of numbers, arrays, Values or any other kind of number."""
sub: Of2
r"""$a - b$, of numbers, arrays, Values or any other kind of number."""
mul: Of2
r"""$a \cdot b$, of numbers, arrays, Values or any other kind of number."""
div: Of2
r"""$\frac{a}{b}$, of numbers, arrays, Values or any other kind of number."""
neg: Of1
r"""$-x$, of numbers, arrays, Values or any other kind of number."""
pow: Of2
r"""$x^{y}$, of numbers, arrays, Values or any other kind of number."""
powc: Of2
r"""$x^{c}$, of numbers, arrays, Values or any other kind of number."""
sum: OfSequences1
r"""$\sum\left(xs\right)$, of numbers, arrays, Values or any other kind of number."""
dot: OfSequences2
r"""$\operatorname{dot}\left(xs, ys\right)$, of numbers, arrays, Values or any other kind of number."""
sqrt: Of1
r"""$\sqrt{x}$, of numbers, arrays, Values or any other kind of number."""
exp: Of1
r"""$e^{x}$, of numbers, arrays, Values or any other kind of number."""
expm1: Of1
r"""$\left(e^{x} - 1\right)$, of numbers, arrays, Values or any other kind of number."""
log: Of1
r"""$\ln\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log1p: Of1
r"""$\ln\left(1 + x\right)$, of numbers, arrays, Values or any other kind of number."""
logsumexp: OfSequences1
r"""$\ln \sum \exp\left(xs\right)$, of numbers, arrays, Values or any other kind of number."""
sigmoid: Of1
r"""$\sigma\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
tanh: Of1
r"""$\tanh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
softplus: Of1
r"""$\ln\left(1 + e^{x}\right)$, of numbers, arrays, Values or any other kind of number."""
relu: Of1
r"""$\operatorname{relu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
leaky_relu: Of2Or1
r"""$\operatorname{leaky\_relu}\left(x, slope\right)$, of numbers, arrays, Values or any other kind of number."""
erf: Of1
r"""$\operatorname{erf}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
sin: Of1
r"""$\sin\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
cos: Of1
r"""$\cos\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
tan: Of1
r"""$\tan\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
asin: Of1
r"""$\arcsin\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
acos: Of1
r"""$\arccos\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atan: Of1
r"""$\arctan\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atan2: Of2
r"""$\operatorname{atan2}\left(y, x\right)$, of numbers, arrays, Values or any other kind of number."""
hypot: Of2
r"""$\sqrt{a^2 + b^2}$, of numbers, arrays, Values or any other kind of number."""
sinh: Of1
r"""$\sinh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
cosh: Of1
r"""$\cosh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
abs: Of1
r"""$\left|x\right|$, of numbers, arrays, Values or any other kind of number."""
sign: Of1
r"""$\operatorname{sign}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
step: Of2Or1
r"""$\left[x > threshold\right]$, of numbers, arrays, Values or any other kind of number."""
less: Of2
r"""$\left[a < b\right]$, of numbers, arrays, Values or any other kind of number."""
less_equal: Of2
r"""$\left[a \leq b\right]$, of numbers, arrays, Values or any other kind of number."""
equal: Of2
r"""$\left[a = b\right]$, of numbers, arrays, Values or any other kind of number."""
where: Of3
r"""$\operatorname{where}\left(condition, a, b\right)$, of numbers, arrays, Values or any other kind of number."""
maximum: OfAny
r"""$\max\left(x_1, \dots, x_n\right)$, of numbers, arrays, Values or any other kind of number."""
minimum: OfAny
r"""$\min\left(x_1, \dots, x_n\right)$, of numbers, arrays, Values or any other kind of number."""
clip: Of3
r"""$\operatorname{clip}\left(x, low, high\right)$, of numbers, arrays, Values or any other kind of number."""
stop_gradient: Of1
r"""$\operatorname{stop}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
norm: OfSequences1
r"""$\left\Vert xs\right\Vert$, of numbers, arrays, Values or any other kind of number."""
exp2: Of1
r"""$2^{x}$, of numbers, arrays, Values or any other kind of number."""
log2: Of1
r"""$\log_{2}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log10: Of1
r"""$\log_{10}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
logaddexp: Of2
r"""$\ln\left(e^{a} + e^{b}\right)$, of numbers, arrays, Values or any other kind of number."""
cbrt: Of1
r"""$\sqrt[3]{x}$, of numbers, arrays, Values or any other kind of number."""
asinh: Of1
r"""$\operatorname{arsinh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
acosh: Of1
r"""$\operatorname{arcosh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atanh: Of1
r"""$\operatorname{artanh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
gelu: Of1
r"""$\operatorname{gelu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
silu: Of1
r"""$\operatorname{silu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
floor: Of1
r"""$\left\lfloor x \right\rfloor$, of numbers, arrays, Values or any other kind of number."""
ceil: Of1
r"""$\left\lceil x \right\rceil$, of numbers, arrays, Values or any other kind of number."""
round: Of1
r"""$\operatorname{round}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
floordiv: Of2
r"""$\left\lfloor \frac{a}{b} \right\rfloor$, of numbers, arrays, Values or any other kind of number."""
mod: Of2
r"""$a \operatorname{mod} b$, of numbers, arrays, Values or any other kind of number."""
erfc: Of1
r"""$\operatorname{erfc}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
erfcx: Of1
r"""$\operatorname{erfcx}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
ndtr: Of1
r"""$\Phi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log_ndtr: Of1
r"""$\ln \Phi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
erfinv: Of1
r"""$\operatorname{erf}^{-1}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
lgamma: Of1
r"""$\ln\left|\Gamma\left(x\right)\right|$, of numbers, arrays, Values or any other kind of number."""
digamma: Of1
r"""$\psi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
zeta: Of2
r"""$\zeta\left(s, x\right)$, of numbers, arrays, Values or any other kind of number."""
mills: Of2
r"""$\operatorname{mills}\left(n, x\right)$, of numbers, arrays, Values or any other kind of number."""
ndtri: Of1
r"""$\operatorname{ndtri}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
gamma: Of1
r"""$\Gamma\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
TABLE: dict[str, Op]
