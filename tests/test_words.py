"""The field's terms: no private word in an identifier, a message, a docstring, a comment or a page. A failure says what to write."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from checkout import ROOT, needs_checkout

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend, needs_checkout]

# Identifiers that are not to be defined, in Python, Cython, C or JavaScript, and what to write instead.
NAMES = {
    "_Again": "FastCall, a fast path",
    "_Replay": "ProgramOutput",
    "truths": "guards",
    "Same": "IdentityKey",
    "born": "new_leaves, created",
    "refused": "forbid_while_traced, rejected, or a predicate such as is_wrong",
    "entered": "in_context",
    "holding": "with_items",
    "turn": "transpose",
    "TURNED": "TRANSPOSED",
    "look_out": "spin_wait",
    "NOTHING": "EMPTY_SUM",
    "APART": "THREAD_ALIGNMENT, or what the message is for",
    "told": "predicted",
}
# Names that a function or a class is not to have; a variable may.
FUNCTIONS = {
    "Path": "Trace",
    "Lanes": "BatchedProgram",
    "flat": "tree_flatten",
    "mapped": "tree_map, map_samples",
    "like": "tree_unflatten",
    "array": "array_of",
}
# What prose is not to say, a sentence that says it, and what to write instead.
PHRASES = {
    r"a text\b(?! (?:file|editor|element|node)\b)": ("expected a text or None", "a string"),
    r"(?:tells?|told|telling) (?:wrongly|rightly)": ("3 told wrongly", "misclassified, classified correctly"),
    r"(?:tells?|telling|told) (?:\w+ )?class(?:es)?": ("outputs that are nan tell no class", "predicts"),
    r"(?:truth value|they|that|it|which|values?|numbers?|names?|operations?) (?:is|are|was|were) (?-i:none)(?! of\b)": (
        "a number; a truth value is none",
        "is not one: say what it is not",
    ),
    r"(?:does|do) not belong (?:there|here)": ("What does not belong there", "Limitations"),
    r"(?:is|are|was|were) asked by": ("a module is asked by a text", "is looked up dynamically by name"),
    r"follows? (?:its|their) sources": ("It does not follow its sources by itself", "is rebuilt when its sources change"),
    r"(?:numbers?|values?) of now": ("again to the numbers of now", "the present numbers"),
    r"leaves? (?:\w+ )+away": ("or leave jit and vmap away", "leave out, call without"),
    r"(?:derivatives?|gradients?|partials?) by (?:the (?:logits|inputs?|arguments?)|each of|[ijknstxyz]\b)": (
        "the gradient by the logits",
        "with respect to",
    ),
    r"(?<!there )(?:is|are) no (?:number|function|class|slot|sequence|Value)s?(?! of)": (
        "an entry is no number",
        "is not a number",
    ),
    r"(?:gives?|got|takes?|expected) as many (?:in|of) (?:each|both)": ("expected as many in each", "equally many"),
    r"look(?:s|ed|ing)? for what made": ("look for what made it", "find where it arose"),
    r"answers? back": ("the page answers back", "is interactive: say what changes"),
    r"(?:node|step|graph|one) in hand": ("the node in hand", "the current node"),
    r"(?:be|is|are) made again": ("a class that cannot be made again", "rebuilt"),
    r"thickets?": ("in a thicket", "a dense graph"),
    r"(?:goe?s?|went) on doing so": ("targets that sum to 1 go on doing so", "are kept so, still do"),
    r"told beside": ("what Graphviz is told beside the graph", "in addition to"),
}
HONEST = [
    "a text file, the text of a node, one line of text",
    "the story that notebooks tell: which values they keep apart",
    "None where there is none; it is none of these; the suffix is none of those",
    "a number that does not belong to the domain; asked for by its name; follow the sources below",
    "leave it out; whoever watches; the value of nowhere",
    "there are no numbers to show; derivatives by hand, by differences; there is no class of that name; no function takes it",
    "as many as there are inputs; give one for each; in hand-written C; a note beside the graph",
]

CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`|^ *(?:>>>|\.\.\. ).*?$", re.DOTALL | re.MULTILINE)
# Comments and strings of C, JavaScript and Cython; an apostrophe within a comment opens no string, since the comment is matched first.
QUOTED = r"\"\"\".*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
BRACES, CYTHON = (re.compile(rf"{comment}|{QUOTED}", re.DOTALL) for comment in (r"/\*.*?\*/|//[^\n]*", r"#[^\n]*"))


def files(*patterns, under=("autograd", "nn")):
    return [path for folder in under for pattern in patterns for path in sorted((ROOT / folder).rglob(pattern))]


def private_words(prose):
    """The private phrases in prose, each with what to write; code between backticks and in doctests is not prose."""
    text = " ".join(CODE.sub(" … ", prose).split())
    found = ((m[0], instead) for phrase, (_, instead) in PHRASES.items() for m in re.finditer(rf"\b(?:{phrase})\b", text, re.IGNORECASE))
    return [f"{said!r}: write {instead}" for said, instead in found]


def prose_of_python(source):
    """The strings, docstrings among them, and the comments, of which consecutive lines are one."""
    tree = ast.parse(source)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value
    comments = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT]
    block, last = [], None
    for token in comments:
        if block and token.start[0] != last + 1:
            yield " ".join(block)
            block = []
        block.append(token.string.lstrip("#"))
        last = token.start[0]
    yield " ".join(block)


def defined(source):
    """The names that Python source defines, and those of them that are functions or classes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, True
        elif isinstance(node, ast.arg):
            yield node.arg, False
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), False
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, False
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, False


def private_names(source):
    return [
        f"{name}: write {instead}"
        for name, is_function in defined(source)
        if (instead := NAMES.get(name) or (FUNCTIONS.get(name) if is_function else None))
    ]


def private_names_elsewhere(source, suffix):
    """Those in Cython, C or JavaScript, outside comments and strings."""
    code = (CYTHON if suffix in {".pyx", ".pxi", ".pxd"} else BRACES).sub(" ", source)
    return [f"{name}: write {NAMES[name]}" for name in re.findall(r"\w+", code) if name in NAMES]


def located(path, found):
    return [f"{path.relative_to(ROOT)}: {word}" for word in found]


def read(path):
    return path.read_text(encoding="utf-8")


def test_identifiers_in_python():
    assert not [word for path in files("*.py", "*.pyi") for word in located(path, private_names(read(path)))]


def test_identifiers_in_other_languages():
    sources = files("*.pyx", "*.pxi", "*.c", "*.h", "*.js", under=("autograd",))
    assert len(sources) > 5
    assert not [word for path in sources for word in located(path, private_names_elsewhere(read(path), path.suffix))]


def test_prose_in_python():
    sources = [path for path in files("*.py", "*.pyi", under=("autograd", "nn", "tests", "benchmarks")) if path != Path(__file__)]
    assert not [word for path in sources for prose in prose_of_python(read(path)) for word in located(path, private_words(prose))]


def test_prose_in_other_languages_and_pages():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *files("*.md", under=("docs",))]
    sources = files("*.pyx", "*.c", "*.h", "*.js", "*.html", under=("autograd",))
    assert not [word for path in (*pages, *sources) for word in located(path, private_words(read(path)))]


@pytest.mark.parametrize(("phrase", "said"), [(phrase, said) for phrase, (said, _) in PHRASES.items()])
def test_a_private_phrase_is_found(phrase, said):
    message = f"{PHRASES[phrase][1]}"
    assert any(message in word for word in private_words(f"{said.replace(' ', chr(10), 1)}."))
    assert any(message in word for word in private_words(next(prose_of_python(f'raise ValueError(f"{{x}} {said} {{y}}")'))))
    assert any(message in word for prose in prose_of_python(f"x = 1\n# {said}\n") for word in private_words(prose))


@pytest.mark.parametrize("sentence", HONEST)
def test_honest_english_is_left_alone(sentence):
    assert private_words(sentence) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_private_name_is_found(name):
    for source in (f"def {name}(): pass", f"def f({name}=1): pass", f"x.{name} = 1", f"{name}: int = 1", f"with x as {name}: pass"):
        assert private_names(source)[0] == f"{name}: write {NAMES[name]}"
    assert private_names_elsewhere(f"/* don't */ static int {name}(void);", ".c") == [f"{name}: write {NAMES[name]}"]
    assert private_names_elsewhere(f"cdef int {name}(str what): # don't", ".pyx") == [f"{name}: write {NAMES[name]}"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_private_name_of_a_function_is_found(name):
    assert private_names(f"def {name}(): pass") == private_names(f"class {name}: pass") == [f"{name}: write {FUNCTIONS[name]}"]


def test_names_in_use_strings_and_comments_are_left_alone():
    assert private_names("from pathlib import Path\nx = Path(x.flat, array=1)\nflat = 'refused'  # entered\n") == []
    assert private_names_elsewhere('/* turn */ f("refused"); // entered', ".c") == []
    assert private_names_elsewhere('f("refused")  # entered', ".pyx") == []
