"""The exceptions of `autograd` and `nn`, as a tree.

Each also derives from the built-in exception that its situation calls for, so `except TypeError`
works as well as `except AutogradError`.
"""


class AutogradError(Exception):
    """The base class of everything that `autograd` and `nn` raise on purpose."""

    def __str__(self) -> str:
        """The message on one line, even where it shows an array."""
        return " ".join(filter(None, map(str.strip, super().__str__().splitlines())))


class NumberError(AutogradError, TypeError):
    """Something that is not a number was given where a number is expected."""


class GradientLostError(AutogradError, TypeError):
    """A Value was to be converted to a plain number, which would lose its gradient silently."""


class OperationError(AutogradError, TypeError):
    """An operation is declared wrongly, or used where it cannot work."""


class TraceError(AutogradError, TypeError):
    """A function recorded by `jit` or `vmap` does something that a replay cannot repeat."""


class LengthError(AutogradError, ValueError):
    """The number of items given is not the number expected."""


class RangeError(AutogradError, ValueError):
    """An argument has the right type, but a value that is not allowed."""


class ChangedError(AutogradError, RuntimeError):
    """The data of an operand was changed after the graph was recorded and before it was differentiated."""


class GradcheckError(AutogradError, AssertionError):
    """`gradcheck` found a derivative that the function's values contradict."""


class AnomalyError(AutogradError, ArithmeticError):
    """Under `detect_anomaly()`: the first value or gradient that is not finite."""


class RendererNotFound(AutogradError, RuntimeError):
    """No program that renders DOT was found."""


class RenderError(AutogradError, RuntimeError):
    """The program that renders DOT failed."""


class GraphTooLarge(AutogradError, ValueError):
    """The graph has more nodes than a picture can show."""


class PathNotFoundError(AutogradError, FileNotFoundError):
    """A file to be read, or the folder of one to be written, does not exist."""


class StateError(AutogradError, ValueError):
    """A saved state does not fit the module, or its file is damaged."""


class FileError(AutogradError, OSError):
    """A file cannot be read or written: it is read-only, the disk is full, or the operating system reports another error."""
