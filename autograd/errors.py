"""The exceptions of `autograd` and `nn`, as a tree.

Each also derives from the built-in exception that its situation calls for, so `except TypeError`
works as well as `except AutogradError`.
"""


class AutogradError(Exception):
    """The root: everything that `autograd` and `nn` raise on purpose."""

    def __str__(self) -> str:
        """The message in one line, also where it shows an array."""
        return " ".join(filter(None, map(str.strip, super().__str__().splitlines())))


class NumberError(AutogradError, TypeError):
    """Something that is not a number stands where a number belongs."""


class GradientLostError(AutogradError, TypeError):
    """A Value was asked to become a plain number, which would drop its gradient silently."""


class OperationError(AutogradError, TypeError):
    """An operation is declared in a way, or asked for in a place, in which it cannot work."""


class TraceError(AutogradError, TypeError):
    """A function recorded by `jit` or `vmap` does what a replay could not do again."""


class LengthError(AutogradError, ValueError):
    """The number of things given is not the number expected."""


class RangeError(AutogradError, ValueError):
    """An argument is of the right kind, but not among those with which the call makes sense."""


class ChangedError(AutogradError, RuntimeError):
    """The data of an operand was changed between recording a graph and differentiating it."""


class GradcheckError(AutogradError, AssertionError):
    """`gradcheck` found a derivative that the function's values contradict."""


class AnomalyError(AutogradError, ArithmeticError):
    """Under `detect_anomaly()`: the first value or gradient that is not finite."""


class RendererNotFound(AutogradError, RuntimeError):
    """No program that turns DOT into pictures was found."""


class RenderError(AutogradError, RuntimeError):
    """The program that turns DOT into pictures failed."""


class GraphTooLarge(AutogradError, ValueError):
    """The graph has more nodes than a picture can show."""


class PathNotFoundError(AutogradError, FileNotFoundError):
    """A file to be read, or the folder of one to be written, does not exist."""


class StateError(AutogradError, ValueError):
    """A saved state does not fit the module, or its file is damaged."""


class FileError(AutogradError, OSError):
    """A file cannot be read or written: it is read-only, the disk is full, the system refuses."""
