"""The operations that Python rounds otherwise than the C library, as follows from the table."""

from types import CodeType

from autograd import TABLE


def named(code):
    """The names that a function looks up, those within it too."""
    return {*code.co_names}.union(*(named(c) for c in code.co_consts if isinstance(c, CodeType)))


def using(name):
    """The rows whose value or partials call a function of this name, themselves or by a row."""
    found = {name}
    while more := {n for n, op in TABLE.items() if found & (named(op.value.__code__) | named(op.partials.__code__))} - found:
        found |= more
    return found


# Python computes hypot by a method of its own; everything else that `math` has is the C library's.
PYTHONS_OWN = using("hypot")
