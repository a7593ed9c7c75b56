"""The methods of a Value that record operations: each reads the numbers, computes value and partials, and makes a node."""

from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

import numpy as np

from autograd import ops
from autograd.compiled import native
from autograd.context import current, tracer_for
from autograd.errors import AutogradError, filter_traceback
from autograd.kinds import IEEE_TRAPS, comparand, is_node, kind_of, operand
from autograd.numeric import FLOATS
from autograd.op import Op

F = TypeVar("F", bound=Callable[..., Any])
SIGNATURE = signature(lambda self: None)  # noqa: ARG005  # of a method of one Value

# The class that has these operators, and the function that makes its nodes: set by `autograd.value`, which imports this file, with
# `connect`.
Value: Any = None
node: Any = None


def connect(cls: type, make: Callable[..., Any]) -> None:
    """Let the methods make nodes of `cls` by `make(number, partials, op, args)`."""
    global Value, node  # set once, where the class is
    Value, node = cls, make
    for op in ops.TABLE.values() if native is None else ():
        if op.arity == 1:
            own = {"__call__": staticmethod(unary(op)), "__doc__": Op.__doc__, "__module__": Op.__module__}
            op.__class__ = type(Op.__name__, (Op,), own)  # for calls are looked up in the class


def unary(op: Op) -> Callable[..., Any]:
    """The method that records `op` on one Value, what `_Recorder` does without its loops; calling `op` is the same function."""
    value, partials, on_floats = op.value, op.partials_on_floats, op.on_floats

    def method(*x: Any) -> Any:
        try:
            try:
                (a,) = x
            except ValueError:
                a = None  # `apply` raises the error that says how many there should be
            if a.__class__ is Value:
                number = a._number
                try:
                    y = value(FLOATS, number)
                    p = partials(y, number)
                except IEEE_TRAPS:
                    y, p = op.evaluate((number,))
                return node(y, p, op, x)
            if a.__class__ is float:
                try:
                    return on_floats(a)
                except IEEE_TRAPS:
                    return FLOATS.apply(op, x)
            return op.apply(*x)
        except AutogradError as error:
            filter_traceback(error)
            raise

    method.__signature__ = SIGNATURE  # type: ignore[attr-defined]  # which `inspect` and `help` look for
    return _named(method, op)


def binary(op: Op) -> Callable[[Any, Any], Any]:
    """The method that records `op` on a Value and its right operand."""
    value, partials = op.value, op.partials_on_floats

    def method(self: Any, other: Any) -> Any:
        try:
            if other.__class__ is Value:
                b = other._number
            elif other.__class__ is float:
                b = other
            else:
                b = other = operand(other)
                if other is NotImplemented:
                    return other
            a = self._number
            try:
                y = value(FLOATS, a, b)
                p = partials(y, a, b)
            except IEEE_TRAPS:
                y, p = op.evaluate((a, b))
            return node(y, p if b is not other else (p[0], None), op, (self, other))
        except AutogradError as error:
            filter_traceback(error)
            raise

    return _named(method, op)


def power(op: Op) -> Callable[[Any, Any], Any]:
    """Like `binary`, with the operation that replaces `op` where the right operand is a constant."""
    variable, constant = binary(op), binary(op.recorded_on((None, 0.0)))

    def method(self: Any, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            return NotImplemented  # as Python's error for pow(x, y, modulus)
        try:
            return variable(self, other) if other.__class__ is Value else constant(self, other)
        except AutogradError as error:
            filter_traceback(error)
            raise

    return _named(method, op)


def reflected(op: Op) -> Callable[[Any, Any], Any]:
    """The method that records `op` on a Value and its left operand, a number."""

    def method(self: Any, other: Any) -> Any:
        try:
            number = operand(other)
            return number if number is NotImplemented else kind_of((self,)).apply(op, (number, self))
        except AutogradError as error:
            filter_traceback(error)
            raise

    return _named(method, op)


def several(op: Op) -> Callable[..., Any]:
    """`op` as a method, for operations with several arguments."""

    def method(self: Any, *x: Any) -> Any:
        try:
            return op(self, *x)
        except AutogradError as error:
            filter_traceback(error)
            raise

    return _named(method, op)


def comparison(
    compare: Callable[[float, float], bool], op: Callable[[Any, Any], Any], *, swapped: bool = False
) -> Callable[[Any, Any], Any]:
    """A comparison by value; while a function is traced, it records a node instead."""

    def method(self: Any, other: Any) -> Any:
        number = other._number if other.__class__ is Value else comparand(other)
        if number is NotImplemented:
            return NotImplemented
        tracer = tracer_for(self, other)
        if tracer is not None:
            return tracer.note_bool(op(other, self) if swapped else op(self, other))
        return compare(self._number, number)

    method.__name__ = f"__{compare.__name__}__"
    return method


def logical(combine: Callable[..., Any]) -> Callable[..., Any]:
    """An operator on comparisons, which are nodes while a function is traced; on numbers it is an error, as for floats."""

    def method(*x: Any) -> Any:
        tracer = current().tracer
        if tracer is None or not all(isinstance(a, bool | np.bool_) or (is_node(a) and tracer.is_bool(a)) for a in x):
            if len(x) == 1:
                raise TypeError("bad operand type for unary ~: 'Value'")
            return NotImplemented
        return tracer.note_bool(combine(*x))

    return method


def _named(method: F, op: Op) -> F:
    """The method with the name of `op`, and its own code object, which the interpreter then specialises for `op`."""
    method.__name__, method.__qualname__, method.__module__ = op.name, f"Value.{op.name}", "autograd"  # for pickle
    method.__doc__ = f"`autograd.{op.name}` of this Value."
    method.__code__ = method.__code__.replace(co_name=op.name)
    return method
