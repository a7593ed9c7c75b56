"""The site: README, CONTRIBUTING, CHANGELOG, docs/ and notebooks/ where they lie, so the source folder is the top of the repository."""

import html
import os
import re
import runpy
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import ziamath
from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
os.environ["AUTOGRAD_BACKEND"] = "pure"  # the reference, whose docstrings and signatures are Python's

import live  # the two lines above

import autograd  # as before

project = "valuegrad"
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**", "notebooks/*.ipynb"]
exclude_patterns = ["docs/_*"]
extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "myst_nb"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the notebooks are committed as executed, and tests run them

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
default_role = "code"
nitpick_ignore_regex = [
    # What type checkers are told: type variables, numbers, and what transforms return.
    (
        "py:.*",
        r"numbers\.Real|decimal\.Decimal|(autograd\.|nn\.).*\.(P|Q|R|R_co|T|X|A|F|Made|Mapped|Recorded|Forward)|R|R_co|T|F|Made|Mapped|Recorded|Forward|[PQ](\.args|\.kwargs)?|typing\.Never",
    ),
    (
        "py:class",
        r"(collections|typing|numpy|os|matplotlib)\..*|Path|autograd\.(graph\.N|blocks\.Scope|facts\.Kink|facts\.Bound|about\.Config)",
    ),
]

html_theme = "furo"
html_title = "valuegrad"
html_static_path = ["_static", str(Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf")]
html_show_copyright = False
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
html_copy_source = False
html_math_renderer = "mathml"

# What docutils does not know, and a function's name before a letter, which it sets without a space.
SPELLED_OUT = {
    r"\\_": "_",
    r"\\dots\b": r"\\ldots",
    r"\\[Bb]ig\b": "",
    r"\\tfrac(\d)(\d)": r"\\frac{\1}{\2}",
    r"\\(ln|log)\b(?! *(\\left)?[({])": r"\\,\\\1\\,",
}


MATHML = "http://www.w3.org/1998/Math/MathML"
ACCENTS = "ˉ_ˆ~→˙¨´`ˇ˘"
BRACES = {"msub": "⏟", "msup": "⏞"}


def attached(formula: str) -> str:
    """A formula with the index beside a letter that has an accent, and with words below a brace: docutils does the opposite."""
    ET.register_namespace("", MATHML)
    known = re.sub(r"&(?!amp|lt|gt)\w+;", lambda m: html.unescape(m[0]), formula)  # to XML
    tree = ET.fromstring(known)  # noqa: S314  # docutils wrote it
    for node in tree.iter():
        kind = node.tag.removeprefix(f"{{{MATHML}}}")
        if kind == "munderover" and node[2].text in ACCENTS:
            letter = ET.Element(f"{{{MATHML}}}mover", accent="true")
            letter[:] = node[0], node[2]
            node.tag, node[:] = f"{{{MATHML}}}msub", [letter, node[1]]
        elif kind in BRACES and len(node[0]) == 2 and node[0][1].text == BRACES[kind]:
            node.tag = node[0].tag
    return ET.tostring(tree, encoding="unicode", short_empty_elements=False)


def mathml(self: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """A formula as MathML, which browsers show without scripts or network, in the font that ziamath brings."""
    formula = node.astext()
    for written, known in SPELLED_OUT.items():
        formula = re.sub(written, known, formula)
    try:
        self.body.append(attached(tex2mathml(formula, as_block=isinstance(node, nodes.math_block))))
    except MathError as error:
        logging.getLogger(__name__).warning("%s: %s", error, formula, location=node)
    raise nodes.SkipNode


class Operations(SphinxDirective):
    """Each operation of the table as a function: an Op is an instance, of which autodoc knows the class alone."""

    def run(self) -> list[nodes.Node]:
        """The entries."""
        text = []
        for op in autograd.TABLE.values():
            if op is getattr(autograd, op.name, None):
                required = len(op.arguments) - len(op.defaults)
                given = [*op.arguments[:required], *(f"{a}={x:g}" for a, x in zip(op.arguments[required:], op.defaults, strict=True))]
                arguments = ", ".join(given) or ["*x", "x", "w, x"][op.sequences]
                names = [a if len(a) == 1 else rf"\text{{{a}}}" for a in op.arguments] or [r"x_1, \dots, x_n"]
                formula = op.formula(*names) if op.sequences < 2 else r"w_1 x_1 + \dots + w_n x_n"
                text.append(f"```{{py:function}} {op.name}({arguments})\n:module: autograd\n\n${formula}$\n```")
        return [nodes.container("", *self.parse_text_to_nodes("\n\n".join(text)), classes=["operations"])]


class Live(SphinxDirective):
    """A page of steps that readers go through: that which the function of this name in live.py gives."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page in its frame, with an image behind it."""
        page = getattr(live, self.arguments[0])()
        return [nodes.raw("", page._repr_mimebundle_()["text/html"], format="html")]


def plain(*event: Any) -> None:
    """Docstrings are plain text with `code` and examples: a star or a bar in them is one."""
    lines, example = event[-1], False
    for i, line in enumerate(lines):
        example = line.lstrip().startswith(">>>") or (example and bool(line))
        if not example:
            lines[i] = re.sub(r"`[^`]*`|[*|]", lambda m: m[0] if len(m[0]) > 1 else "\\" + m[0], line)


def without_last_line(app: Sphinx, page: nodes.document) -> None:  # noqa: ARG001  # as Sphinx calls it
    """Code ends at its last line, also where a doctest ends with an empty one."""
    for block in page.findall(nodes.literal_block):
        if block.rawsource == block.astext():
            block.rawsource = block.rawsource.rstrip()
            block[:] = [nodes.Text(block.rawsource)]


def with_playground(app: Sphinx, error: Exception | None) -> None:
    """The page that index.md shows in a frame is written anew with each build, from the table."""
    if error is None:
        html = runpy.run_path(str(Path(__file__).with_name("playground.py")))["html"]()
        Path(app.outdir, "_static", "playground.html").write_text(html, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (mathml, None), (mathml, None))
    app.add_directive("operations", Operations)
    app.add_directive("live", Live)
    app.connect("autodoc-process-docstring", plain, priority=400)  # before napoleon, which writes stars of its own
    app.connect("doctree-read", without_last_line)
    app.connect("build-finished", with_playground)
