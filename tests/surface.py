"""What a module offers."""

from types import ModuleType


def public(module):
    """The names that are neither private nor a module."""
    return sorted(n for n in dir(module) if not n.startswith("_") and not isinstance(getattr(module, n), ModuleType))
