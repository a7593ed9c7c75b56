"""Operations and graphs as the pages of steps compute them, in JavaScript, by node."""
# ruff: noqa: S603  # node, and what it is given here

import json
import math
import shutil
import subprocess

import pytest

from autograd.pictures.jstext import JavaScript, library

NODE = shutil.which("node")
NOT_FINITE = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan, "-0": -0.0}

# JSON has neither inf, nan nor the sign of a zero, so these travel as text.
MAIN = """
const read = (x) => (typeof x === "string" ? Number(x) : x);
const write = (x) => (x === null || (Number.isFinite(x) && !Object.is(x, -0)) ? x : Object.is(x, -0) ? "-0" : String(x));
const asked = JSON.parse(require("fs").readFileSync(0, "utf-8"));
console.log(JSON.stringify(asked.map(([place, x]) => {
  const numbers = x.map(read);
  const y = OPERATIONS[place].value(...numbers);
  return [y, ...OPERATIONS[place].partials(y, ...numbers)].map(write);
})));
"""


def run(script, given):
    """What a script prints that reads `given`, both as JSON."""
    if NODE is None:
        pytest.skip("node is not installed")
    done = subprocess.run([NODE, "-e", script], input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def text(x):
    """A float for `run`."""
    return (
        x if math.isfinite(x) and (x or math.copysign(1.0, x) > 0.0) else {v: k for k, v in NOT_FINITE.items()}.get(x, "NaN") if x else "-0"
    )


def evaluate(op, points):
    """Value and partials of an operation at each of the points, which have equally many numbers or not."""
    program = JavaScript()
    places = [program.operation(op, len(x)) for x in points]
    found = run(library() + program.text() + MAIN, [[place, list(map(text, x))] for place, x in zip(places, points, strict=True)])
    return [[NOT_FINITE.get(y, y) for y in line] for line in found]
