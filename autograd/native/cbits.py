"""C text as a kind of number that has bits: fed to `autograd.elementary`, it prints the header `_elementary.h`.

Each function has there its forms `NAME_usual`, `NAME_is_usual` and `NAME_anywhere`, of which `_vecmath.h` makes loops over rows.
"""

import re
from collections.abc import Callable
from functools import partial
from itertools import count
from math import isfinite
from typing import Any

from autograd.elementary import ELEMENTARY, SIGNED_POWER, SPECIAL_POWERS, Elementary
from autograd.native.ctext import ATOM, CHOICE, EQUALITY, OR, ORDER, PRODUCT, SIGN, SUM, Expression, constant, define

FLOAT, INTEGER, CONDITION = "double", "uint64_t", "int"
SHORT = 8  # characters of a float in decimal, up to which it is easier to read than in hexadecimal
FUSED = "LANES_FMA"

HEADER = """\
/* The elementary functions in C, printed from autograd/elementary.py. Do not edit: change a formula there, and then

       python -m autograd.native.generate

   For _vecmath.h, once for each instruction set. */

{plain}
#if LANES_WIDTH

{fused}

#else

{special}

#endif
"""


def _of_two(text: str, precedence: int, *needs: int, kind: str = "") -> tuple[Callable[..., "Bits"], Callable[..., "Bits"]]:
    """An operator, and the one for where its second argument is of this kind and the first is not."""

    def operator(*x: Any) -> "Bits":
        args = tuple(map(_bits, x))
        return Bits(text, precedence, args, needs, kind or args[0].kind)

    return operator, lambda b, a: operator(a, b)


def _bitwise(sign: str) -> tuple[Callable[..., "Bits"], Callable[..., "Bits"]]:
    """In parentheses within others, since hardly anybody knows how tightly these bind."""
    return _of_two(f"{{}} {sign} {{}}", CHOICE, ATOM, ATOM)


def _comparison(sign: str, precedence: int) -> Callable[..., "Bits"]:
    return _of_two(f"{{}} {sign} {{}}", precedence, SUM, SUM, kind=CONDITION)[0]


class Bits(Expression):
    """A float, an integer of 64 bits or a condition in C, computed in the order in which the formula has it."""

    __hash__ = Expression.__hash__
    rare = False  # whether it is computed only in the lanes that need it
    made: Any = count()

    def __init__(self, text: str, precedence: int, args: tuple["Bits", ...] = (), needs: tuple[int, ...] = (), kind: str = FLOAT) -> None:
        super().__init__(text, precedence, args, needs)
        self.kind = kind
        self.serial: int = next(Bits.made)

    __add__: Any
    __radd__: Any
    __sub__: Any
    __rsub__: Any
    __mul__: Any
    __rmul__: Any
    __truediv__: Any
    __rtruediv__: Any
    __and__: Any
    __rand__: Any
    __or__: Any
    __ror__: Any
    __xor__: Any
    __rxor__: Any
    __lshift__: Any
    __rshift__: Any
    __lt__: Any
    __le__: Any
    __gt__: Any
    __ge__: Any
    __add__, __radd__ = _of_two("{} + {}", SUM, SUM, PRODUCT)
    __sub__, __rsub__ = _of_two("{} - {}", SUM, SUM, PRODUCT)
    __mul__, __rmul__ = _of_two("{} * {}", PRODUCT, PRODUCT, SIGN)
    __truediv__, __rtruediv__ = _of_two("{} / {}", PRODUCT, PRODUCT, SIGN)
    __and__, __rand__ = _bitwise("&")
    __or__, __ror__ = _bitwise("|")
    __xor__, __rxor__ = _bitwise("^")
    __lshift__, __rshift__ = _bitwise("<<")[0], _bitwise(">>")[0]
    __lt__, __le__, __gt__, __ge__ = (_comparison(sign, ORDER) for sign in ("<", "<=", ">", ">="))
    __eq__, __ne__ = (_comparison(sign, EQUALITY) for sign in ("==", "!="))

    def __neg__(self) -> "Bits":
        return Bits("-{}", SIGN, (self,), (ATOM,))

    def __invert__(self) -> "Bits":
        return Bits("!{}", SIGN, (self,), (ATOM,), CONDITION)


def _bits(x: Any) -> Bits:
    if isinstance(x, Bits):
        return x
    if isinstance(x, int):
        return Bits(hex(x) if x >> 10 else str(x), ATOM, kind=INTEGER)
    decimal = constant(x)
    text = decimal.text if len(decimal.text) <= SHORT or not isfinite(x) else re.sub(r"\.?0*p\+?", "p", x.hex())
    return Bits(text, decimal.precedence)


def _call(name: str, *x: Any, kind: str = FLOAT) -> Bits:
    return Bits(f"{name}({', '.join(['{}'] * len(x))})", ATOM, tuple(map(_bits, x)), (CHOICE,) * len(x), kind)


class _CBits:
    """The functions of the kind."""

    fma, abs = staticmethod(partial(_call, FUSED)), staticmethod(partial(_call, "fabs"))
    sqrt, copysign, rint = (staticmethod(partial(_call, name)) for name in ("sqrt", "copysign", "rint"))
    bits, number = staticmethod(partial(_call, "LANES(bits)", kind=INTEGER)), staticmethod(partial(_call, "LANES(from_bits)"))

    @staticmethod
    def extern(name: str, *x: Any) -> Bits:
        y = _call(name, *x)
        y.rare = True
        return y

    @staticmethod
    def select(condition: Bits, a: Any, b: Any) -> Bits:
        if _bits(b).rare:
            return Bits("{} ? {} : {}", CHOICE, tuple(map(_bits, (condition, a, b))), (OR, OR, CHOICE))
        return _call("LANES(pick)", condition, a, b)


C = _CBits()


def _function(name: str, function: Callable[..., Any], *arguments: str) -> str:
    """A C function of these arguments."""
    x = [Bits(a, ATOM) for a in arguments]
    y = function(C, *x)
    return define(f"{y.kind} LANES({name})({{}})", x, [("return {};", y)], "LANES_INLINE")


def _forms(name: str, function: Elementary, *arguments: str) -> list[str]:
    return [_function(f"{name}_{form}", f, *arguments) for form, f in function._asdict().items() if f]


def _special(powers: dict[str, float]) -> str:
    return "#define LANES_SPECIAL_POWERS(X) " + " ".join(f"X({c}, {name})" for name, c in powers.items())


def header() -> str:
    """The text of `_elementary.h`."""
    powers = {f.__name__.strip("_"): c for c, f in SPECIAL_POWERS.items()}
    texts = {name: _function(name, SPECIAL_POWERS[c], "x") for name, c in powers.items()}
    plain = {name: text for name, text in texts.items() if FUSED not in text}
    fused = [text for name, text in texts.items() if name not in plain]
    for name, function in ELEMENTARY.items():
        fused += _forms(name, SIGNED_POWER if name == "powc" else function, *("x", "c")[: 1 + name.startswith("pow")])
    return HEADER.format(
        plain="\n".join(plain.values()),
        fused="\n".join([*fused, _special(powers)]),
        special=_special({name: powers[name] for name in plain}),
    )
