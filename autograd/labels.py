"""Names given by users, as text that every format can hold, and as LaTeX."""

import re
import unicodedata
from collections.abc import Sequence

JOINERS = "\u200c\u200d"
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]+\U000e007f")  # the flag of a part of a country, whose letters are invisible

NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega
""".split()  # noqa: SIM905  # a table
LATIN = {"Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N",
         "Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o"}  # fmt: skip  # LaTeX has no Greek letter of its own
GREEK = {name: rf"\mathrm{{{LATIN[name]}}}" if name in LATIN else rf"\{name}" for name in [*NAMES, *map(str.capitalize, NAMES)]}
GREEK |= {letter: GREEK[name] for letter, name in zip("αβγδεζηθικλμνξοπρστυφχψω", NAMES, strict=True)}
GREEK |= {letter: GREEK[name.capitalize()] for letter, name in zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", NAMES, strict=True)}

DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
INDEXED = re.compile(r"([^\W\d_]+)((?:_?\d[^\W_]*|_[^\W_]+|\[[^\W_]+\])*)")  # letters, then subscripts: z1, z_1, x_max, w[0][1]
ESCAPED = str.maketrans(
    {"\\": r"\backslash ", "^": r"\wedge ", "~": r"\sim ", " ": r"\ "} | {c: rf"\{c}" for c in "#$%&_{}"},
)  # fmt: skip


def printable(text: str) -> str:
    """One line of text that every encoding and format can hold: invisible characters become U+FFFD, except those that join emoji."""
    flags = {i for flag in FLAG.finditer(text) for i in range(*flag.span())} if "\U0001f3f4" in text else ()
    return "".join(c if c.isprintable() or c in JOINERS or i in flags else " " if c.isspace() else "\ufffd" for i, c in enumerate(text))


def shortened(text: str, most: int) -> str:
    """The text, or its start and … where it is longer than `most`; a letter keeps its accents, and an emoji all its parts.

    >>> shortened("attention", 6), shortened("abcd\u0301e", 5)
    ('atten…', 'abc…')
    """
    if len(text) <= most:
        return text
    end = most - 1
    while end and (text[end - 1] == JOINERS[1] or unicodedata.category(text[end]) in {"Mn", "Mc", "Me", "Cf", "Sk"}):
        end -= 1
    return text[: end or most - 1] + "…"


def scope_name(path: Sequence[str]) -> str:
    """The name of a scope.

    >>> scope_name(("mlp", "", "neuron"))
    'mlp.unnamed.neuron'
    """
    return ".".join(name if name.strip() else "unnamed" for name in path)


def upright(text: str) -> str:
    r"""Any string as LaTeX within a formula.

    >>> print(upright("50 % of {x}"))
    \mathrm{50\ \%\ of\ \{x\}}
    """
    return rf"\mathrm{{{printable(text).translate(ESCAPED)}}}"


def symbol(name: str) -> str:
    r"""The name of a variable as LaTeX: Greek letters and subscripts by their names, anything else letter by letter.

    >>> print(symbol("zeta_1"), symbol("ζ₁"), symbol("z10"), symbol("w[0][1]"), symbol("a#"))
    \zeta_{1} \zeta_{1} z_{10} w_{0,1} \mathrm{a\#}
    """
    text = " ".join(name.split())
    found = INDEXED.fullmatch(re.sub("[₀-₉]+", lambda m: "_" + m[0].translate(DIGITS), text))
    if not found or printable(text) != text:
        return upright(text)
    base, *subscripts = (GREEK.get(part, part) for part in (found[1], *re.findall(r"[^\W_]+", found[2])))
    return f"{base}_{{{','.join(subscripts)}}}" if subscripts else base
