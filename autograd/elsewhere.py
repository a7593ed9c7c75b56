"""What a Value does not support, with the spelling to use instead: conversions, subclasses, attributes of other libraries.

Each attribute is a descriptor under the unsupported name, so that the lookup of a Value's own attributes does not become slower.
"""

from typing import Any, NoReturn

import numpy as np

from autograd.context import forbid_while_traced
from autograd.errors import GradientLostError, OperationError, UnknownNameError, api_boundary
from autograd.spellings import numpys_function
from autograd.words import VALUE

SPELLINGS = {name: row.advice for row in VALUE for name in row.names.split()}
# Functions of NumPy that arrays have as methods.
OF_NUMPY = {name: advice.replace(",", "(v),", 1) for name in dir(np.ndarray) if (advice := numpys_function(name))}


class Elsewhere:
    """An attribute that a Value does not have; reading it raises an AttributeError with the spelling used here."""

    def __init__(self, name: str, remedy: str) -> None:
        self.name: str = name
        self.remedy: str = remedy
        self.__doc__ = None  # so that help() and the documentation omit it

    @api_boundary
    def __get__(self, node: Any, cls: type) -> "Elsewhere":
        if node is None:
            return self
        raise UnknownNameError(f"a Value has no {self.name}: {self.remedy}", name=self.name, obj=node)


class Refused(Elsewhere):
    """A method that a Value does not have, but for which `statistics` and `fractions` ask; calling it raises the error."""

    def __get__(self, node: Any, cls: type) -> Any:
        return self if node is None else self.refuse

    @api_boundary
    def refuse(self) -> NoReturn:
        """Raise the error."""
        raise GradientLostError(f"a Value has no {self.name}, {self.remedy}")


RATIO = (
    "for which statistics and fractions ask, since its gradient would be lost: for the mean of Values write autograd.sum(vs) / len(vs), "
    "for their variance np.var(vs, ddof=1), and for the number of one v.data"
)
# Where the class has no attribute of this name itself.
ATTRIBUTES = {name: Elsewhere(name, remedy) for name, remedy in {**OF_NUMPY, **SPELLINGS}.items()}
ATTRIBUTES["as_integer_ratio"] = Refused("as_integer_ratio", RATIO)


def known(node: Any) -> list[str]:
    """The attributes that a Value supports, for `dir`."""
    return [name for name in object.__dir__(node) if not isinstance(getattr(node.__class__, name, None), Elsewhere)]


def refuse_conversion(kind: str) -> NoReturn:
    """Raise the error of `float(v)`, `int(v)` and `complex(v)`, which says what to write instead."""
    forbid_while_traced(f"{kind}() of a Value, which an array needs unless its dtype is object,")
    number = "v.data" if kind == "float" else f"{kind}(v.data)"
    raise GradientLostError(
        f"a Value was used where a plain {kind} is needed, which would lose its gradient: for the number write {number}; for a function "
        "use autograd's, such as autograd.exp(v) in place of math.exp(v); for a place in an array give the array dtype=object, such as "
        "np.zeros(n, dtype=object); and give plain numbers to a solver such as scipy.optimize.brentq, whose result then takes a step of "
        "Newton's method with Values: see the page on SciPy"
    )


def refuse_subclass(cls: type) -> NoReturn:
    """Raise the error for a subclass of Value, which says what to write instead."""
    raise OperationError(f"{cls.__name__} cannot derive from Value: hold a Value in it instead, or declare an Op")
