"""What a Value does not support, with the spelling to use instead: conversions, subclasses, attributes of PyTorch, NumPy and micrograd.

Each attribute is a descriptor under the unsupported name, so that the lookup of a Value's own attributes does not become slower.
"""

from typing import Any, NoReturn

from autograd.context import forbid_while_traced
from autograd.errors import GradientLostError, OperationError

SPELLINGS = {
    **dict.fromkeys(("item", "numpy", "tolist", "value", "primal", "double"), "its number is v.data"),
    **dict.fromkeys(("detach", "detach_"), "write autograd.stop_gradient(v), or Value(v.data) for a new leaf"),
    **dict.fromkeys(("clone", "copy"), "no operation changes a Value, so use v itself; a new leaf with its number is Value(v.data)"),
    "requires_grad": "every Value records; to record nothing compute under autograd.no_grad()",
    "requires_grad_": "every Value records; to record nothing compute under autograd.no_grad()",
    "retain_grad": "every Value below keeps its v.grad after backward()",
    "is_leaf": "a leaf has v.op None",
    **dict.fromkeys(("grad_fn", "_op"), "the operation that made it is v.op"),
    **dict.fromkeys(("_prev", "parents", "children", "inputs"), "what it was computed from is in v.args, Values and floats"),
    "_backward": "its local derivatives are v.partials",
    "gradient": "after v.backward() its gradient is v.grad; for a function write autograd.grad(f)(x)",
    **dict.fromkeys(("zero_grad", "zero_"), "write v.grad = 0.0, or model.zero_grad()"),
    "name": "its name is v.label",
    **dict.fromkeys(("shape", "size", "ndim", "dim", "dtype", "device", "T", "view", "reshape", "flatten", "squeeze", "unsqueeze"),
                    "a Value is one number, a float; for an array of Values write np.array([v, w])"),
    **dict.fromkeys(("mean", "sum", "prod", "max", "min", "std", "var", "argmax", "argmin"),
                    "a Value is one number; of several write autograd.sum(vs), autograd.sum(vs) / len(vs), autograd.maximum(*vs) …"),
    **dict.fromkeys(("softmax", "log_softmax"), "write nn.softmax(vs) or nn.log_softmax(vs), of a list of Values"),
    **dict.fromkeys(("dot", "matmul", "mm"), "write autograd.dot(vs, ws), of lists of Values"),
    "logsumexp": "write autograd.logsumexp(vs), of a list of Values",
    **{name: f"write v {sign} w" for name, sign in
       {"remainder": "%", "mod": "%", "floordiv": "//", "floor_divide": "//",
        "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "add_": "+", "sub_": "-", "mul_": "*", "div_": "/"}.items()},
    **dict.fromkeys(("square", "pow2"), "write v**2"),
    "reciprocal": "write 1 / v",
    "neg": "write -v",
    **dict.fromkeys(("trunc", "fix"), "write math.trunc(v)"),
    "frac": "write v - math.trunc(v)",
    **dict.fromkeys(("to", "cpu", "cuda", "float", "type", "astype"), "its number is a Python float already"),
    **dict.fromkeys(("long", "int"), "its number is v.data, a float: write int(v.data)"),
    "maximum": "write autograd.maximum(v, w)",
    "minimum": "write autograd.minimum(v, w)",
    "clamp": "write v.clip(low, high)",
}  # fmt: skip


class Elsewhere:
    """An attribute that a Value does not have; reading it raises an AttributeError with the spelling used here."""

    def __init__(self, name: str, remedy: str) -> None:
        self.name, self.remedy = name, remedy
        self.__doc__ = None  # so that help() and the documentation omit it

    def __get__(self, node: Any, cls: type) -> "Elsewhere":
        if node is None:
            return self
        raise AttributeError(f"a Value has no {self.name}: {self.remedy}", name=self.name, obj=node)


ATTRIBUTES = {name: Elsewhere(name, remedy) for name, remedy in SPELLINGS.items()}


def known(node: Any) -> list[str]:
    """The attributes that a Value supports, for `dir`."""
    return [name for name in object.__dir__(node) if name not in ATTRIBUTES]


def refuse_conversion(kind: str) -> NoReturn:
    """Raise the error of `float(v)`, `int(v)` and `complex(v)`, which says what to write instead."""
    forbid_while_traced(f"{kind}() of a Value, which an array needs unless its dtype is object,")
    number = "v.data" if kind == "float" else f"{kind}(v.data)"
    raise GradientLostError(
        f"a Value was used where a plain {kind} is needed, which would lose its gradient: for the number write {number}; for a function "
        "use autograd's, such as autograd.exp(v) in place of math.exp(v); for a place in an array give the array dtype=object, such as "
        "np.zeros(n, dtype=object)"
    )


def refuse_subclass(cls: type) -> NoReturn:
    """Raise the error for a subclass of Value, which says what to write instead."""
    raise OperationError(f"{cls.__name__} cannot derive from Value: hold a Value in it instead, or declare an Op")
