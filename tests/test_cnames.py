"""Names of C functions: each that the compiler at hand would refuse is refused before, and what is accepted compiles."""
# ruff: noqa: S603  # the compiler

import re
import subprocess

import pytest
from ccompiler import COMPILER

from autograd import Program, Value, ops
from autograd.errors import OperationError
from autograd.native.cnames import KEYWORDS, why_taken

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend, pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")]
STRICT = ["-Wall", "-Wextra", "-Werror", "-O0", "-fsyntax-only", "-x", "c", "-"]
HEADERS = """
    assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic stdbool stddef stdint
    stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype
"""
STANDARDS = ["c99", "c11", "gnu17", "c2x", "gnu2x"]


def output(text, *flags):
    return subprocess.run([COMPILER, *flags], input=text, capture_output=True, text=True, check=False)


def compiles(text, standard):
    return output(text, f"-std={standard}", *STRICT).returncode == 0


def parts(name="NAME"):
    """The source of a program: what all share, and what is its own."""
    x = Value(1.0)
    source = Program([ops.sum([x * 2.0, x]), ops.exp(x)], [x]).to_c("program")
    at = source.index("static void ag_program_0(")
    return source[:at], source[at:].replace("program", name)


def refused(names, standard):
    """Those of the names that do not compile, by halves."""
    head, own = parts()
    if not names or compiles(head + "".join(own.replace("NAME", name) for name in names), standard):
        return []
    middle = len(names) // 2
    return names if len(names) == 1 else refused(names[:middle], standard) + refused(names[middle:], standard)


@pytest.mark.parametrize("standard", STANDARDS)
def test_whatever_the_headers_have_is_refused_or_compiles(standard):
    """Every word in every header, as the compiler reads it, and every macro: those that we take compile without a warning."""
    if not compiles("int x;", standard):
        pytest.skip(f"the compiler has no {standard}")
    included = "".join(f"#include <{name}.h>\n" for name in HEADERS.split() if compiles(f"#include <{name}.h>\nint x;", standard))
    words = re.findall(r"[A-Za-z_]\w*", output(included, f"-std={standard}", "-E", "-P", "-").stdout)
    words += re.findall(r"#define (\w+)", output(included, f"-std={standard}", "-dM", "-E", "-").stdout)
    free = sorted({word for word in words if not why_taken(word)})
    assert len(set(words)) > 1000
    assert len(free) < len(set(words)) / 3
    assert refused(free, standard) == []


@pytest.mark.parametrize("standard", ["c99", "gnu17"])
def test_what_is_refused_as_in_the_headers_would_mostly_not_compile(standard):
    """So that the list is no guess: of the names that the source's own headers declare, each is refused for a reason."""
    head, own = parts()
    for name in ("fmax", "calloc", "NULL", "INFINITY", "_Bool", "malloc", "size_t", "exp", "int", "while"):
        assert why_taken(name)
        assert not compiles(head + own.replace("NAME", name), standard), name


def test_a_name_that_is_taken_says_why_and_what_to_do():
    program, sources = Program([1.0], []), []
    for name in [*KEYWORDS.split(), "_Bool", "_x", "__x", "NULL", "NAN", "M_PI", "errno", "y1", "fmaxf128", "ag_exp", "main"]:
        with pytest.raises(OperationError, match=f"got '{name}' as the name of a C function: .*; give another, such as '(\\w+)'") as caught:
            program.to_c(name)
        sources.append(program.to_c(re.findall(r"such as '(\w+)'", str(caught.value))[0]))
    assert compiles("\n".join(dict.fromkeys(sources)), "c99")


@pytest.mark.parametrize(
    "name", ["f", "F", "program", "loss", "total", "strike", "memory", "issue", "x2", "black_scholes", "gradient", "op0", "gathered", "sum"]
)
def test_ordinary_names_are_free(name):
    assert refused([name], "gnu17") == []
    assert Program([1.0], []).to_c(name)


def test_programs_in_one_file():
    x = Value(1.0)
    sources = [Program([ops.logsumexp([x, x * float(k)])], [x]).to_c(f"f{k}") for k in range(3)]
    assert compiles("\n".join(sources), "c99")


def test_all_else_in_the_source_begins_with_ag():
    x = Value(1.0)
    source = Program([ops.sum([x * 2.0, x])], [x]).to_c("f")
    defined = re.findall(r"^(?:static |inline |const )*[a-z_]+ \**(\w+)\(", source, flags=re.MULTILINE)
    assert {name for name in defined if not name.startswith("ag_")} == {"f", "f_gradient"}
    macros = re.findall(r"^#define (\w+)", source, flags=re.MULTILINE)
    assert all(name.startswith(("AG_", "AUTOGRAD_")) for name in macros)
