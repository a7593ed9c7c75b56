"""SVG as an image of an HTML page."""

from urllib.parse import quote

PRINTED = "".join(c for c in map(chr, range(32, 127)) if c not in "#%")  # what stands for itself in the address of an image


def as_image(svg: str, alt: str, style: str) -> str:
    """The picture as an <img>, which JupyterLab shows also in notebooks that it does not trust, with scripts and SVG left out."""
    return f"<img alt='{alt}' style='{style}' src='data:image/svg+xml,{quoted(quote(svg, safe=PRINTED))}'>"


def quoted(text: str) -> str:
    """`text` as an attribute between single quotes, of which it has few."""
    return text.replace("&", "&amp;").replace("'", "&#39;")
