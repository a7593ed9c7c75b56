"""SVG as an image of an HTML page, light or dark as that is, and what else stands in one."""

import json
from typing import Any
from urllib.parse import quote

PRINTED = "".join(c for c in map(chr, range(32, 127)) if c not in "#%")  # characters that need no escape in the address of an image


# Light or dark like the page around it: JupyterLab, VS Code, Sphinx's Furo, or else the system.
THEME = """\
<style>.valuegrad-themed { color-scheme: light dark }
:is([data-jp-theme-light=true], .vscode-light, [data-theme=light]) .valuegrad-themed { color-scheme: light }
:is([data-jp-theme-light=false], .vscode-dark, .vscode-high-contrast, [data-theme=dark]) .valuegrad-themed { color-scheme: dark }</style>"""


def in_theme(html: str) -> str:
    """HTML that follows the theme of the page around it, and so do images in it that have two."""
    return f"{THEME}<div class='valuegrad-themed'>{html}</div>"


def as_image(svg: str, alt: str, style: str) -> str:
    """The picture as an <img>, which JupyterLab shows also in notebooks that it does not trust, with scripts and SVG left out."""
    return f"<img alt='{alt}' style='{style}' src='data:image/svg+xml,{quoted(quote(svg, safe=PRINTED))}'>"


def in_script(data: Any) -> str:
    """Data as JSON, safe within a <script>."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def quoted(text: str) -> str:
    """`text` as an attribute in single quotes, which are rare in it."""
    return text.replace("&", "&amp;").replace("'", "&#39;")
