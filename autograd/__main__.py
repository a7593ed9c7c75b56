"""A first look: `python -m autograd` shows a gradient, draws its graph and trains a classifier of handwritten digits."""

import argparse
import sys
from pathlib import Path

try:
    import nn.beside  # first: it says so where `autograd` is another, or was overwritten
    from autograd import Value, backend, config, draw, exp, log
    from autograd import sum as sum_
    from autograd.errors import FileError, RendererNotFound
except ImportError as error:
    if error.name == "nn.beside":
        raise SystemExit(
            f"python -m autograd needs the package nn of valuegrad, but `import nn` finds {sys.modules['nn'].__file__}: rename that if it "
            "is yours, else uninstall it"
        ) from None
    raise SystemExit(str(error)) from None

LOGITS = (5.0, 2.0, -1.0, 3.0)
TARGET = (0.0, 1.0, 0.0, 0.0)
PICTURE = Path("softmax_cross_entropy.svg")
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
BACKENDS = {
    "native": "native, the compiled Value",
    "pure": "pure, the Value in Python; where there is a C compiler, installing again builds the compiled one, which is faster",
}


def show_gradient() -> Value:
    """Print the worked example: softmax and cross-entropy, and the gradient that comes out as a - y."""
    z = [Value(x, f"z{k}") for k, x in enumerate(LOGITS, start=1)]
    e = [exp(x) for x in z]
    total = sum_(e)
    a = [x / total for x in e]
    for k, probability in enumerate(a, start=1):
        probability.label = f"a{k}"
    loss: Value = -sum_([y * log(p) for y, p in zip(TARGET, a, strict=True)])
    loss.label = "C"
    loss.backward()
    print("Softmax a = exp(z) / Σ exp(z) and cross-entropy C = -Σ y ln a, written with exp, sum, div and log alone.")
    print("Backpropagation through their graph gives dC/dz; by hand it is a - y:\n")
    print(f"{'z':>8}{'a':>10}{'y':>6}{'dC/dz':>22}{'a - y':>22}")
    for x, p, y in zip(z, a, TARGET, strict=True):
        print(f"{x.data:>8.1f}{p.data:>10.3f}{y:>6.0f}{x.grad:>22.16f}{p.data - y:>22.16f}")
    difference = max(abs(x.grad - (p.data - y)) for x, p, y in zip(z, a, TARGET, strict=True))
    print(f"\nC = {loss.data:.4f}; the largest difference between the two is {difference:.1e}.")
    return loss


def save_picture(loss: Value) -> None:
    """Write the graph as a picture, or say what is missing."""
    try:
        print(f"The graph with all numbers and gradients: {draw(loss).save(PICTURE)}")
    except (FileError, RendererNotFound) as error:
        print(f"No picture of the graph: {error}.")


def train_digits(*, progress: bool) -> None:
    """Train softmax regression on handwritten digits, and print the accuracy on those it has not seen."""
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415  # optional, and so is all that follows
        from sklearn.model_selection import train_test_split  # noqa: PLC0415
    except ImportError:
        print("No digits to train on: they come with scikit-learn, `python -m pip install scikit-learn`.")
        return
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16.0, y, test_size=0.25, random_state=0, stratify=y)
    model = nn.Layer(64, 10, nonlin=False, init=nn.xavier(seed=0))
    print(f"Softmax regression on {len(X_train)} handwritten digits of 8 × 8 pixels, {len(model.parameters())} parameters:")
    nn.fit(model, X_train, y_train, optimizer=nn.SGD(model.parameters(), lr=0.5, momentum=0.9), epochs=10, seed=0, progress=progress)
    print(f"Test accuracy on {len(X_test)} digits it has not seen: {nn.accuracy(model, X_test, y_test):.1%}")


def main() -> None:
    """Run the whole demonstration."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd",
        description="Show the gradient of softmax with cross-entropy beside a - y, write the picture of its graph to "
        f"{PICTURE} in the current folder, and train a classifier of handwritten digits (some ten seconds).",
        epilog=f"The notebooks that explain it step by step are in {NOTEBOOKS}." if NOTEBOOKS.is_dir() else None,
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress bar")
    parser.add_argument("--info", action="store_true", help="print what is installed and in use, for a bug report, and nothing else")
    given = parser.parse_args()
    if given.info:
        print(config())
        return
    progress = not given.quiet
    print(f"Backend: {BACKENDS[backend]}.\n")
    save_picture(show_gradient())
    print()
    train_digits(progress=progress)
    if NOTEBOOKS.is_dir():  # an installed wheel comes without
        print(f"\nThe notebooks that explain it step by step: {NOTEBOOKS}\nOpen them with: jupyter lab {NOTEBOOKS}")


if __name__ == "__main__":
    main()
