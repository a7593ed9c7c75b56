"""Scalar reverse-mode automatic differentiation: numbers that remember how they were computed."""

import importlib
import sys
import typing

import autograd.moved  # noqa: F401  # so that older pickles load
from autograd.anomaly import detect_anomaly as detect_anomaly
from autograd.arrays import ravel as ravel
from autograd.compiled import backend as backend
from autograd.context import no_grad as no_grad
from autograd.context import scope as scope
from autograd.engine import Value as Value
from autograd.graph import count as count
from autograd.graph import leaves as leaves
from autograd.graph import order as order
from autograd.op import Op as Op
from autograd.ops import TABLE as TABLE
from autograd.ops import abs as abs
from autograd.ops import acos as acos
from autograd.ops import acosh as acosh
from autograd.ops import add as add
from autograd.ops import asin as asin
from autograd.ops import asinh as asinh
from autograd.ops import atan as atan
from autograd.ops import atan2 as atan2
from autograd.ops import atanh as atanh
from autograd.ops import cbrt as cbrt
from autograd.ops import ceil as ceil
from autograd.ops import clip as clip
from autograd.ops import cos as cos
from autograd.ops import cosh as cosh
from autograd.ops import digamma as digamma
from autograd.ops import div as div
from autograd.ops import dot as dot
from autograd.ops import equal as equal
from autograd.ops import erf as erf
from autograd.ops import erfc as erfc
from autograd.ops import erfcx as erfcx
from autograd.ops import erfinv as erfinv
from autograd.ops import exp as exp
from autograd.ops import exp2 as exp2
from autograd.ops import expm1 as expm1
from autograd.ops import floor as floor
from autograd.ops import floordiv as floordiv
from autograd.ops import gamma as gamma
from autograd.ops import gelu as gelu
from autograd.ops import hypot as hypot
from autograd.ops import leaky_relu as leaky_relu
from autograd.ops import less as less
from autograd.ops import less_equal as less_equal
from autograd.ops import lgamma as lgamma
from autograd.ops import log as log
from autograd.ops import log1p as log1p
from autograd.ops import log2 as log2
from autograd.ops import log10 as log10
from autograd.ops import log_ndtr as log_ndtr
from autograd.ops import logaddexp as logaddexp
from autograd.ops import logsumexp as logsumexp
from autograd.ops import maximum as maximum
from autograd.ops import mills as mills
from autograd.ops import minimum as minimum
from autograd.ops import mod as mod
from autograd.ops import mul as mul
from autograd.ops import ndtr as ndtr
from autograd.ops import ndtri as ndtri
from autograd.ops import neg as neg
from autograd.ops import norm as norm
from autograd.ops import pow as pow
from autograd.ops import relu as relu
from autograd.ops import round as round
from autograd.ops import sigmoid as sigmoid
from autograd.ops import sign as sign
from autograd.ops import silu as silu
from autograd.ops import sin as sin
from autograd.ops import sinh as sinh
from autograd.ops import softplus as softplus
from autograd.ops import sqrt as sqrt
from autograd.ops import step as step
from autograd.ops import stop_gradient as stop_gradient
from autograd.ops import sub as sub
from autograd.ops import sum as sum
from autograd.ops import tan as tan
from autograd.ops import tanh as tanh
from autograd.ops import where as where
from autograd.ops import zeta as zeta

# For `from autograd import *`: all except the names of Python's built-in functions (abs, pow, round, sum), which it must not replace.
__all__ = [
    "TABLE",
    "Drawing",
    "Op",
    "Page",
    "Program",
    "Value",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "backend",
    "cbrt",
    "ceil",
    "clip",
    "cond",
    "config",
    "cos",
    "cosh",
    "count",
    "detect_anomaly",
    "digamma",
    "div",
    "dot",
    "draw",
    "equal",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "floordiv",
    "gamma",
    "gelu",
    "grad",
    "gradcheck",
    "gradient",
    "hessian",
    "hvp",
    "hypot",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "latex",
    "leaky_relu",
    "leaves",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_ndtr",
    "logaddexp",
    "logsumexp",
    "maximum",
    "mills",
    "minimum",
    "mod",
    "mul",
    "ndtr",
    "ndtri",
    "neg",
    "no_grad",
    "norm",
    "order",
    "ravel",
    "relu",
    "scan",
    "scope",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "step",
    "step_through",
    "stop_gradient",
    "sub",
    "take",
    "tan",
    "tanh",
    "to_sympy",
    "value_and_grad",
    "vjp",
    "vmap",
    "where",
    "while_loop",
    "zeta",
]

__version__: str

# Derivatives of functions and recordings are imported when one of them is first asked for, pictures and formulas each when it is.
_TOGETHER = {
    "Program": "autograd.program.program",
    "cond": "autograd.loops",
    "grad": "autograd.transforms",
    "gradcheck": "autograd.check",
    "gradient": "autograd.sweeps",
    "hessian": "autograd.transforms",
    "hvp": "autograd.transforms",
    "jacfwd": "autograd.transforms",
    "jacobian": "autograd.transforms",
    "jacrev": "autograd.transforms",
    "jit": "autograd.program.jit",
    "jvp": "autograd.transforms",
    "scan": "autograd.loops",
    "take": "autograd.gather",
    "value_and_grad": "autograd.transforms",
    "vjp": "autograd.transforms",
    "vmap": "autograd.program.vmap",
    "while_loop": "autograd.loops",
}
_LATER = {
    **_TOGETHER,
    "config": "autograd.about",
    "Drawing": "autograd.pictures.draw",
    "Page": "autograd.pictures.page",
    "draw": "autograd.pictures.draw",
    "latex": "autograd.symbolic",
    "step_through": "autograd.pictures.steps",
    "to_sympy": "autograd.symbolic",
}

if typing.TYPE_CHECKING:
    from autograd.about import config as config
    from autograd.check import gradcheck as gradcheck
    from autograd.gather import take as take
    from autograd.loops import cond as cond
    from autograd.loops import scan as scan
    from autograd.loops import while_loop as while_loop
    from autograd.pictures.draw import Drawing as Drawing
    from autograd.pictures.draw import draw as draw
    from autograd.pictures.page import Page as Page
    from autograd.pictures.steps import step_through as step_through
    from autograd.program.jit import jit as jit
    from autograd.program.program import Program as Program
    from autograd.program.vmap import vmap as vmap
    from autograd.sweeps import gradient as gradient
    from autograd.symbolic import latex as latex
    from autograd.symbolic import to_sympy as to_sympy
    from autograd.transforms import grad as grad
    from autograd.transforms import hessian as hessian
    from autograd.transforms import hvp as hvp
    from autograd.transforms import jacfwd as jacfwd
    from autograd.transforms import jacobian as jacobian
    from autograd.transforms import jacrev as jacrev
    from autograd.transforms import jvp as jvp
    from autograd.transforms import value_and_grad as value_and_grad
    from autograd.transforms import vjp as vjp
else:  # a type checker would take this to mean that every attribute exists
    from autograd import spellings as _spellings
    from autograd import words as _words
    from autograd.errors import filter_traceback as _filter_traceback

    def __getattr__(name: str) -> typing.Any:
        """What is imported when first used; and the version, which is declared in pyproject.toml alone."""
        if name == "__version__":
            return importlib.import_module("importlib.metadata").version("valuegrad")
        if name in _LATER:
            for own in _TOGETHER if name in _TOGETHER else [name]:
                globals()[own] = getattr(importlib.import_module(_LATER[own]), own)
            return globals()[name]
        if f"autograd.{name}" in {"autograd.interop", "autograd.pictures", "autograd.program", *_LATER.values()}:
            return importlib.import_module(f"autograd.{name}")
        try:
            return _spellings.unknown("autograd", _words.AUTOGRAD, name, sys.modules[__name__], _spellings.numpys_function)
        except (AttributeError, ImportError) as error:
            _filter_traceback(error)
            raise

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATER})
