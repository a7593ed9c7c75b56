"""What `draw` does with a model, which is anything with `__graph__(*sample)`: the results for a sample, a structure of Values."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.errors import NumberError
from autograd.graph import order
from autograd.pictures.network import network
from autograd.pictures.opened import behind, html
from autograd.pictures.parts import weights
from autograd.pictures.pinned import dot
from autograd.pictures.scene import Style
from autograd.pictures.vector import svg
from autograd.trees import tree_flatten


def is_model(x: Any) -> bool:
    """Whether `x` has a graph to give."""
    return not isinstance(x, type) and hasattr(x, "__graph__")


def results(model: Any, sample: Sequence[Any]) -> list[Value]:
    """The Values among the model's results for a sample."""
    leaves, _ = tree_flatten(model.__graph__(*sample))
    flat = [x for leaf in leaves for x in (leaf.ravel().tolist() if isinstance(leaf, np.ndarray) else [leaf])]
    found = [x for x in flat if x.__class__ is Value]
    if not found:
        raise NumberError(f"{type(model).__name__}.__graph__ gave no Value: what it computes from the sample must depend on Values")
    return found


def network_drawing(
    shown: Any, sample: Sequence[Any], collapse: str | int | None, show: Sequence[str], color: str | None, *, legend: bool
) -> tuple[str, str, str]:
    """A model or a Value drawn as a network: as DOT, as SVG, and as HTML with boxes that open.

    Colours show gradients where backward() has run, else weights; without a sample there are no numbers to show.
    """
    model = is_model(shown)
    roots = results(shown, sample) if model else [shown]
    ran, numbers = any(root.grad for root in roots), not model or bool(sample)
    by = "data" if color == "grad" and not ran else color
    style = Style(data=numbers and "data" in show, grad=numbers and ran and "grad" in show, by=by, legend=legend)
    nodes = order(*roots)
    known = set(shown.parameters()) if hasattr(shown, "parameters") else weights(nodes)
    net = network(nodes, roots, collapse, known)
    picture = net.scene(style)
    return dot(picture), svg(picture), html(picture, behind(net, style, known))
