"""The page of steps as a file and in a notebook: one self-contained HTML document, which loads nothing and runs no other script.

Its policy (CSP) names the style and the script by their digests, so that nothing else runs, and nothing is loaded. In a notebook it is in
an <iframe srcdoc> without access to the notebook: its styles, ids and keyboard shortcuts do not conflict with those of other pages,
JupyterLab or VS Code, and it needs no server. Behind it is the picture as an <img>, which remains where frames are removed.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

from autograd.errors import RangeError, api_boundary
from autograd.files import write
from autograd.pictures.colours import themed
from autograd.pictures.draw import check_scale, writable
from autograd.pictures.film import gif
from autograd.pictures.images import THEME, as_image, quoted

if TYPE_CHECKING:  # slow to import
    from pathlib import Path

SCRIPTS = ("math", "program", "panel", "picture", "steps")
BEGIN = "begin(JSON.parse(find(\"script[type='application/json']\").textContent));\n"
HEIGHT = 596  # the height of the frame in a notebook, so that it fits on a laptop's screen
LONGEST = 60  # seconds that a step may stay in a film
LARGEST_BEHIND = 200_000  # characters of a picture that a notebook holds a second time, behind the frame
TOO_LARGE = (
    "<p style='grid-area: 1 / 1'>The page that step_through(…).save('page.html') writes shows this graph where frames are removed.</p>"
)


@dataclass(frozen=True, repr=False)
class Page:
    """A page that steps through a graph: notebooks show it, browsers open it from a file, without a network.

    Attributes:
        name: the name of the result.
        picture: the whole graph with its gradients, as SVG, for readers without scripts.
        data: the steps and their numbers, as JSON.
        opened: pictures of the graph with one of the boxes of `picture` open.
        operations: the operations of the graph in JavaScript, with which the page runs both passes again.

    >>> from autograd import Value, step_through
    >>> page = step_through(Value(3.0, "x") * 2.0)
    >>> page.html().startswith("<!doctype html>")
    True
    """

    name: str
    picture: str
    data: str
    opened: Sequence[str] = ()
    operations: str = ""

    def html(self) -> str:
        """The whole page."""
        picture = _tagged(self.picture) + "".join(_tagged(svg).replace("<svg", "<svg hidden", 1) for svg in self.opened)
        return document(f"Step through {self.name}", self.data, self.operations, BEGIN, name=self.name, picture=picture)

    @api_boundary
    def save(self, path: "str | Path", *, scale: float = 1.0, seconds: float = 1.2) -> "Path":
        """Write the page to a file, .html, or its backward pass as an animated picture for slides, .gif, and return the path.

        Args:
            path: the file.
            scale: how much larger than 96 dots an inch a .gif is.
            seconds: how long each step stays in a .gif; the end stays three times as long.

        Raises:
            RangeError: the suffix is neither, or `scale` not a positive number up to 10, or `seconds` not one up to 60.
            OperationError: the path is not a string.
            RendererNotFound: matplotlib or Pillow, which make a .gif, is not installed.
            PathNotFoundError: there is no such folder.
            FileError: the file cannot be written; an existing file is unchanged.
        """
        path, suffix = writable(path, ["html", "gif"])
        check_scale(scale, suffix)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0.0 < seconds <= LONGEST:
            raise RangeError(f"seconds is {seconds!r}, expected a positive number up to {LONGEST}: how long each step stays in a .gif")
        write(path, gif(_tagged(self.picture), self.data, scale, seconds) if suffix == "gif" else self.html().encode())
        return path

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        name, page = quoted(escape(self.name)), quoted(self.html())
        behind = as_image(
            themed(_tagged(self.picture)),
            f"The graph of {name} with its gradients",
            f"grid-area: 1 / 1; max-width: 100%; max-height: {HEIGHT}px",
        )
        if len(self.picture) >= LARGEST_BEHIND:
            behind = TOO_LARGE
        html = (
            f"{THEME}<div class='valuegrad-steps valuegrad-themed' style='display: grid'>\n{behind}\n"
            f"<iframe title='Step through {name}' sandbox='allow-scripts' srcdoc='{page}' "
            f"style='grid-area: 1 / 1; width: 100%; height: {HEIGHT}px; border: 0'></iframe></div>"
        )
        return {"text/html": html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "<Page: notebooks show it, .save('page.html') writes it>"


def document(
    title: str, data: str, operations: str, *scripts: str, name: str = "", picture: str = "", style: str = "", above: str = ""
) -> str:
    """The page as HTML, with its own data, operations in JavaScript, the script that runs last, and what is shown above the bar."""
    library, *rest = (_part(f"{part}.js") for part in SCRIPTS)
    script = "\n".join(['"use strict";\n', library, operations, *rest, *scripts])
    style = _part("steps.css") + style
    return Template(_part("steps.html")).substitute(
        title=escape(title),
        name=escape(name),
        style=style,
        style_digest=_digest(style),
        above=above,
        picture=picture,
        data=data,
        script=script,
        script_digest=_digest(script),
    )


def _part(name: str) -> str:
    """One of the files that make up the page."""
    from pathlib import Path  # noqa: PLC0415  # as above

    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The digest by which a content security policy allows a style or script."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _tagged(svg: str) -> str:
    """The picture for the page: ids are replaced by the numbers with which the script finds nodes and edges."""
    svg = re.sub(r'<g id="node\d+" class="node">\s*<title>n(\d+)</title>', r'<g class="node" data-node="\1">', svg)
    svg = re.sub(r'<g id="node\d+" class="node">\s*<title>(g\d+)</title>', r'<g class="group" data-group="\1">', svg)
    svg = re.sub(r'<g id="edge(\d+)" class="edge">', r'<g class="edge" data-edge="\1">', svg)
    return re.sub(r'(?<=<g) id="\w+"|<title>.*?</title>\s*', "", svg)
