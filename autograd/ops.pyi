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
"""$a + b$, of numbers, arrays, Values or any other kind of number."""
sub: Of2
"""$a - b$, of numbers, arrays, Values or any other kind of number."""
mul: Of2
"""$a \cdot b$, of numbers, arrays, Values or any other kind of number."""
div: Of2
"""$\frac{a}{b}$, of numbers, arrays, Values or any other kind of number."""
neg: Of1
"""$-x$, of numbers, arrays, Values or any other kind of number."""
pow: Of2
"""$x^{y}$, of numbers, arrays, Values or any other kind of number."""
powc: Of2
"""$x^{c}$, of numbers, arrays, Values or any other kind of number."""
sum: OfSequences1
"""$\sum\left(xs\right)$, of numbers, arrays, Values or any other kind of number."""
dot: OfSequences2
"""$\operatorname{dot}\left(xs, ys\right)$, of numbers, arrays, Values or any other kind of number."""
sqrt: Of1
"""$\sqrt{x}$, of numbers, arrays, Values or any other kind of number."""
exp: Of1
"""$e^{x}$, of numbers, arrays, Values or any other kind of number."""
expm1: Of1
"""$\left(e^{x} - 1\right)$, of numbers, arrays, Values or any other kind of number."""
log: Of1
"""$\ln\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log1p: Of1
"""$\ln\left(1 + x\right)$, of numbers, arrays, Values or any other kind of number."""
logsumexp: OfSequences1
"""$\ln \sum \exp\left(xs\right)$, of numbers, arrays, Values or any other kind of number."""
sigmoid: Of1
"""$\sigma\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
tanh: Of1
"""$\tanh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
softplus: Of1
"""$\ln\left(1 + e^{x}\right)$, of numbers, arrays, Values or any other kind of number."""
relu: Of1
"""$\operatorname{relu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
leaky_relu: Of2Or1
"""$\operatorname{leaky\_relu}\left(x, slope\right)$, of numbers, arrays, Values or any other kind of number."""
erf: Of1
"""$\operatorname{erf}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
sin: Of1
"""$\sin\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
cos: Of1
"""$\cos\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
tan: Of1
"""$\tan\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
asin: Of1
"""$\arcsin\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
acos: Of1
"""$\arccos\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atan: Of1
"""$\arctan\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atan2: Of2
"""$\operatorname{atan2}\left(y, x\right)$, of numbers, arrays, Values or any other kind of number."""
hypot: Of2
"""$\sqrt{a^2 + b^2}$, of numbers, arrays, Values or any other kind of number."""
sinh: Of1
"""$\sinh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
cosh: Of1
"""$\cosh\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
abs: Of1
"""$\left|x\right|$, of numbers, arrays, Values or any other kind of number."""
sign: Of1
"""$\operatorname{sign}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
step: Of2Or1
"""$\left[x > threshold\right]$, of numbers, arrays, Values or any other kind of number."""
less: Of2
"""$\left[a < b\right]$, of numbers, arrays, Values or any other kind of number."""
less_equal: Of2
"""$\left[a \leq b\right]$, of numbers, arrays, Values or any other kind of number."""
equal: Of2
"""$\left[a = b\right]$, of numbers, arrays, Values or any other kind of number."""
where: Of3
"""$\operatorname{where}\left(condition, a, b\right)$, of numbers, arrays, Values or any other kind of number."""
maximum: OfAny
"""$\max\left(x_1, \dots, x_n\right)$, of numbers, arrays, Values or any other kind of number."""
minimum: OfAny
"""$\min\left(x_1, \dots, x_n\right)$, of numbers, arrays, Values or any other kind of number."""
clip: Of3
"""$\operatorname{clip}\left(x, low, high\right)$, of numbers, arrays, Values or any other kind of number."""
stop_gradient: Of1
"""$\operatorname{stop}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
norm: OfSequences1
"""$\left\Vert xs\right\Vert$, of numbers, arrays, Values or any other kind of number."""
exp2: Of1
"""$2^{x}$, of numbers, arrays, Values or any other kind of number."""
log2: Of1
"""$\log_{2}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log10: Of1
"""$\log_{10}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
logaddexp: Of2
"""$\ln\left(e^{a} + e^{b}\right)$, of numbers, arrays, Values or any other kind of number."""
cbrt: Of1
"""$\sqrt[3]{x}$, of numbers, arrays, Values or any other kind of number."""
asinh: Of1
"""$\operatorname{arsinh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
acosh: Of1
"""$\operatorname{arcosh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
atanh: Of1
"""$\operatorname{artanh}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
gelu: Of1
"""$\operatorname{gelu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
silu: Of1
"""$\operatorname{silu}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
floor: Of1
"""$\left\lfloor x \right\rfloor$, of numbers, arrays, Values or any other kind of number."""
ceil: Of1
"""$\left\lceil x \right\rceil$, of numbers, arrays, Values or any other kind of number."""
round: Of1
"""$\operatorname{round}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
floordiv: Of2
"""$\left\lfloor \frac{a}{b} \right\rfloor$, of numbers, arrays, Values or any other kind of number."""
mod: Of2
"""$a \operatorname{mod} b$, of numbers, arrays, Values or any other kind of number."""
erfc: Of1
"""$\operatorname{erfc}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
erfcx: Of1
"""$\operatorname{erfcx}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
ndtr: Of1
"""$\Phi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
log_ndtr: Of1
"""$\ln \Phi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
erfinv: Of1
"""$\operatorname{erf}^{-1}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
lgamma: Of1
"""$\ln\left|\Gamma\left(x\right)\right|$, of numbers, arrays, Values or any other kind of number."""
digamma: Of1
"""$\psi\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
zeta: Of2
"""$\zeta\left(s, x\right)$, of numbers, arrays, Values or any other kind of number."""
mills: Of2
"""$\operatorname{mills}\left(n, x\right)$, of numbers, arrays, Values or any other kind of number."""
ndtri: Of1
"""$\operatorname{ndtri}\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
gamma: Of1
"""$\Gamma\left(x\right)$, of numbers, arrays, Values or any other kind of number."""
TABLE: dict[str, Op]
