"""The playground of the site: in a browser, against the engine on the same text."""
# ruff: noqa: F811  # fixtures by import

import json
import math

import playground_texts
import pytest
from browsing import broken_rules, browser, needs_browser, opened, settled, until  # noqa: F401  # fixtures
from checkout import ROOT, needs_checkout
from operations import same, sample

from autograd import TABLE, order
from autograd.pictures.steps import _Steps
from autograd.pictures.view import collapsed

pytestmark = [pytest.mark.browser, needs_browser, needs_checkout]

NUMBERS = """(text) => {
    edit(text);
    if (problem.textContent) throw new Error(problem.textContent);
    const { values, finals } = rerun(structuredClone(nodes), steps, inputs);
    return { values: values.map(String), gradients: finals.map(String), names: nodes.map(({ name }) => name), data: JSON.parse(written) };
}"""
SHOWN = ("name", "op", "made", "with", "value", "closed", "args", "uses", "form", "number", "given")


@pytest.fixture(scope="module")
def source():
    return playground_texts.module()


@pytest.fixture(scope="module")
def html(source):
    return source["html"]()


def agree(found, loss):
    """Values and gradients, node by node."""
    nodes = order(loss)
    loss.backward()
    assert len(found["values"]) == len(nodes)
    for name, expected in (("values", [n.data for n in nodes]), ("gradients", [n.grad for n in nodes])):
        size = max([1.0, *(abs(x) for x in expected if math.isfinite(x))])
        for a, b in zip(map(float, found[name]), expected, strict=True):
            assert same(a, b) or a == pytest.approx(b, rel=1e-9, abs=1e-12 * size)


def test_examples_are_shown_as_python_would_show_them(opened, source, html):
    """Names, formulas, numbers, sums and steps: all of what the page of steps holds."""
    page = opened(html)
    for text in source["EXAMPLES"].values():
        loss = playground_texts.computed(text)
        found = page.evaluate(NUMBERS, text)
        agree(found, loss)
        steps = _Steps(order(loss))
        steps.operations()
        expected = json.loads(steps.json([collapsed(order(loss), None)]))
        nodes, shown = found["data"]
        assert shown == expected["steps"]
        for mine, its in zip(nodes, expected["nodes"], strict=True):
            assert {key: mine.get(key) for key in SHOWN} == {key: its.get(key) for key in SHOWN}
            assert [s[:2] for s in mine["sums"]] == [s[:2] for s in its["sums"]]
            assert (mine.get("reduced") or {}).get("text") == (its.get("reduced") or {}).get("text")


def test_generated_texts_agree_with_the_engine(opened, html):
    page = opened(html)
    for seed in range(70):
        text = playground_texts.generated(seed)
        agree(page.evaluate(NUMBERS, text), playground_texts.computed(text))


def test_every_operation_of_the_table_is_there(opened, html):
    page = opened(html)
    for op in TABLE.values():
        if op.constant_of:
            continue
        x = next(iter(sample(op)))
        names = [f"x{i}" for i in range(len(x))]
        text = "\n".join([*(f"{name} = {a!r}" for name, a in zip(names, x, strict=True)), playground_texts.called(op, names)])
        agree(page.evaluate(NUMBERS, text), playground_texts.computed(text))


# What cannot be read, and of what is said about it a part.
REJECTED = [
    ("x = 2.0\nx +", "Line 2: the end of the line stands where a number, a name or “(” was expected."),
    ("(x + 1", "Line 1: the end of the line stands where “)” was expected, since a parenthesis is open."),
    ("x = 1\n\ny = [exp(x)\n", "Line 4: the end of the line stands where “,” was expected, since a bracket is open."),
    ("2x", "“x” follows 2 without a sign: a product is written 2 * x."),
    ("sin x", "“x” follows sin without a parenthesis: write sin(x…)."),
    ("x y", "“y” was not expected after “x”: write a sign between the two, or begin a new line."),
    ("def f(x):\n  return x", "“def” is not known here: write assignments and expressions, and where(condition, a, b) for a choice."),
    ("x if x > 0 else 1", "“if” is not known here"),
    ("x = 'a'", "“'” has no meaning here: write names, numbers and Python's signs."),
    ("x + 😀", "“😀” has no meaning here"),
    ("x = Value(2.0)", "inputs are written without Value here, as in x = 2.0."),
    ("expp(x)", "there is no operation expp; there is exp."),
    ("max(x, y)", "there is no operation max; there is maximum."),
    ("print(x)", "there is no operation print: the site's page on operations names them all."),
    ("exp + 1", "exp is an operation: write exp(…) with its arguments."),
    ("exp(x, y)", "exp takes 1 argument, got 2."),
    ("np.exp(x)", "np has no value on a line before this: write exp(…) by itself, or np = 1.0 first."),
    ("x = 1\nx.data", "“.data” is not known here: operations are written exp(x) or x.exp()."),
    ("sum(x, y)", "sum takes 1 list, got 2 arguments: put the numbers in brackets."),
    ("sum(x)", "a list was expected, as in [1.0, 2.0]."),
    ("dot([x], [x, y])", "dot takes lists of equal length, got lengths 1 and 2."),
    ("maximum()", "maximum takes 1 to 10 numbers on this page, got 0."),
    ("z = [1.0]\nz + 1", "+ takes numbers, not a list: write [… for x in z] to do so for each entry x of z."),
    ("z = [1.0]\nexp(z[1])", "a list of 1 has no entry 1: its first is 0."),
    ("z[0] = 1", "only a name can be given a value, as in y = x**2."),
    ("x = y = 1", "one line gives a value to one name: write y = 2.0, and z = y on a line of its own."),
    ("x < y < z", "comparisons come one at a time: write (a < b) * (b < c)."),
    ("[x for x, y in z]", "a comprehension is written [exp(x) for x in z]."),
    ("x = 2", "the last line is to compute something from inputs, as in x = 2.0 and then x**2."),
    ("", "the last line is to compute something from inputs"),
    ("[x, y]", "the last line gives a list, expected the one number to differentiate, as in sum(…)."),
    ("x = 1\n" + "x = x*x\n" * 300, "Line 202: the graph has more than 200 operations, which is too much for this page."),
    ("(" * 9000, "This is nested too deeply for this page: write parts of it on lines of their own."),
]


def test_what_cannot_be_read_is_said_in_a_sentence_and_the_picture_stays(opened, html):
    page = opened(html)
    before = page.locator(".picture").text_content()
    for text, expected in REJECTED:
        said = page.evaluate("(text) => { edit(text); return problem.textContent; }", text)
        assert expected in said, text
        assert said.count(". ") + said.endswith(".") == 1 or "…" in said, said
        assert page.locator(".picture").text_content() == before
    page.get_by_role("textbox", name="Assignments").fill("x = 3.0\nx*x")
    page.locator(".problem").wait_for(state="hidden")
    assert page.locator("[data-node='1'] text").all_text_contents() == ["*  C", "data 9.0", "grad 1.0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2 + 2**-x**2", -0.5),
        ("x = 2.0; y = 1 + \\\n x  # no more\ny -= x/3\ny **= 2\n+y.exp() - -1", math.exp((3 - 2 / 3) ** 2) + 1),
        ("a = [x, 2*x, 3*x]\nsum([b * b for b in a]) + a[-1]", 17.0),
        ("(x > 2) + (x >= 1) + (x != 1) + (x == 1) + 0*x", 2.0),
        ("hypot(\n  3 * x,\n  4 * x,\n)", 5.0),
        ("7 // 2 * x % 2 + pi", 1 + math.pi),
        ("x × 2 − 1", 1.0),
        ("where(x < inf, 3 * x, nan)", 3.0),
        ("x = 1.0\narctan(x) + x.leaky_relu() + leaky_relu(-x)", math.atan(1.0) + 0.99),
        ("1_000.5e-3 * .5 * x", 0.50025),
    ],
)
def test_it_reads_what_python_reads(opened, html, text, expected):
    page = opened(html)
    assert float(page.evaluate(NUMBERS, text)["values"][-1]) == pytest.approx(expected, rel=1e-14)


# In use.


def test_a_moved_input_is_another_number_in_the_text_and_in_the_link(opened, html):
    page = opened(html)
    editor = page.get_by_role("textbox", name="Assignments")
    page.get_by_role("slider", name="Value of z[1]", exact=True).fill("-0.5")
    text = editor.input_value()
    assert text.startswith("z = [2.0, -0.5, -1.0]\ny = ")
    page.get_by_role("textbox", name="Value of z[0], as a number").fill("1e3")
    assert editor.input_value() == text.replace("2.0", "1000.0", 1)
    assert "Now z[0] = 1000.0 and z[1] = −0.5." in page.locator(".changed").inner_text()
    page.get_by_role("textbox", name="Value of z[0], as a number").fill("2.0")
    found = page.evaluate("live.finals")
    loss = playground_texts.computed(text)
    loss.backward()
    assert found == pytest.approx([node.grad for node in order(loss)], rel=1e-12, abs=1e-14)
    page.goto(page.get_by_role("link", name="Link to this graph").evaluate("link => link.href"))
    page.reload()
    assert editor.input_value() == text
    assert page.locator("[data-node='2'] .data").text_content() == "data −0.5"
    page.get_by_role("slider", name="Value of z[1]", exact=True).fill("1")
    page.get_by_role("button", name="Reset").click()
    assert editor.input_value() == text
    until(page, "decodeURIComponent(location.hash.slice(1)) === editor.value")
    page.evaluate("edit('x * y')")
    page.get_by_role("slider", name="Value of y", exact=True).fill("2.5")
    assert editor.input_value() == "y = 2.5\nx * y"
    for half in ("y = 2.5\nx * (", "y = 2.5\nx +"):  # what is being written is not lost
        page.evaluate("(text) => edit(text)", half)
        page.get_by_role("slider", name="Value of x", exact=True).fill("0.5")
        assert editor.input_value() == half


def test_keys_and_examples(opened, source, html):
    """Everything is reached by the keyboard; keys in the text stay there; an example is one press away, and the steps of it go as ever."""
    page = opened(html)
    editor = page.get_by_role("textbox", name="Assignments")
    for title, text in source["EXAMPLES"].items():
        page.get_by_role("button", name=title).press("Enter")
        assert editor.input_value() == text
        assert page.get_by_role("button", name=title).get_attribute("aria-pressed") == "true"
        assert page.locator(".examples [aria-pressed=true]").count() == 1
        assert page.locator(".problem").inner_text() == ""
    place = page.locator(".place").inner_text()
    for key in ("Home", "ArrowLeft", "/", "0", " "):
        editor.press(key)
    assert page.locator(".place").inner_text() == place
    editor.fill("x = 3.0\nx*x*x")
    page.locator("[data-node='2'] .data", has_text="27.0").wait_for()
    editor.press("Tab")
    assert page.evaluate("document.activeElement.className") == "link"
    page.get_by_role("button", name="First step").press("Enter")
    page.locator(".picture").press("ArrowRight")
    assert "v₁ = x · x" in page.locator("section").first.inner_text()
    page.locator(".picture").press("End")
    assert "27.0" in page.locator("section").first.inner_text()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (850, "dark"), (1280, "light")])
def test_it_fits_and_follows_the_theme(opened, html, width, scheme):
    page = opened(html, viewport={"width": width, "height": 720}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    if width > 390:  # on a phone one scrolls
        assert page.evaluate("document.documentElement.scrollHeight") <= 720
    for part in (".examples", "textarea", ".bar", ".picture", "section"):
        box = page.locator(part).first.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24  # the least that a finger or a pointer hits
    assert page.locator(".node .data").first.evaluate("text => parseFloat(getComputedStyle(text).fontSize)") == 10


# What stands beyond the frame or, outside of the picture, beyond what it is in; heads of narrow tables are for screen readers alone.
BEYOND = """() => {
    const frame = { left: 0, right: innerWidth, bottom: innerHeight };
    const cut = (e) => {
        const [own, around] = [e, e.closest("section")].map((one) => one?.getBoundingClientRect() ?? frame);
        return own.left < around.left - 1 || own.right > around.right + 1 || (around === frame && own.bottom > frame.bottom);
    };
    const seen = [...document.querySelectorAll("main :not(h1, .picture *, thead, thead *)")].filter((e) => e.checkVisibility());
    const wide = seen.filter((e) => e.matches("section, textarea") && e.scrollWidth > e.clientWidth);
    const long = document.documentElement.scrollHeight > innerHeight ? [document.body] : [];
    return [...seen.filter(cut), ...wide, ...long].map((e) => e.outerHTML);
}"""
CONTAINED = """([inner, outer]) => [...document.querySelectorAll(inner)].filter((e) => e.checkVisibility()).map((e) => {
    const [own, around] = [e.getBoundingClientRect(), e.closest(outer).getBoundingClientRect()];
    return own.left >= around.left && own.right <= around.right + 1 && own.top >= around.top && own.bottom <= around.bottom + 1;
})"""


@pytest.mark.parametrize(("width", "height", "column"), [(1280, 720, 842), (390, 844, 358)])
def test_on_the_first_page_all_of_it_is_in_view(opened, source, html, tmp_path, width, height, column):
    """In its frame, as wide as the text: on a laptop expression, graph, sliders and panels at once; on a phone nothing is cut off."""
    (tmp_path / "playground.html").write_text(html, encoding="utf-8")
    style = (ROOT / "docs" / "_static" / "site.css").read_text(encoding="utf-8")
    around = (
        f"<style>{style} .playground {{ width: {column}px }}</style><div class='playground'><iframe src='playground.html'></iframe></div>"
    )
    page = opened(
        f"<!doctype html><meta name='viewport' content='width=device-width'>{around}", viewport={"width": width, "height": height}
    )
    if width == 1280:
        assert page.locator("iframe").bounding_box()["height"] <= height
    frame = page.frames[1]
    for title in source["EXAMPLES"]:
        frame.get_by_role("button", name=title).click()
        last = int(frame.locator(".bar input").get_attribute("max"))
        for step in (0, last // 3, 3 * last // 4, last):
            frame.locator(".bar input").fill(str(step))
            settled(frame)
            assert frame.evaluate(BEYOND) == [], (title, step)
            assert frame.evaluate("editor.scrollHeight <= editor.clientHeight"), title
            if width == 1280:
                assert frame.evaluate(CONTAINED, [".picture > svg", ".picture"]) == [True], title
        if width == 1280 and title == next(iter(source["EXAMPLES"])):
            assert frame.evaluate(CONTAINED, [".value", "section"]) == [True] * 6


def test_what_a_link_holds_is_read_and_never_run(opened, html):
    page = opened(html)
    for text in (
        "<img src=x onerror=alert(1)>",
        "alert(1)",
        "</textarea><script>alert(1)</script>",
        "${alert(1)}",
        "constructor(x)",
        "x.toString()",
        "__proto__ = 1",
    ):
        page.evaluate("(text) => { location.hash = encodeURIComponent(text); }", text)
        until(page, "(text) => editor.value === text", text)
        said = page.locator(".problem").inner_text()
        assert said.startswith("Line 1: ")
        assert "[native code]" not in said
    page.evaluate("location.hash = '%'")
    policy = page.locator("meta[http-equiv]").get_attribute("content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(opened, html, scheme, width):
    page = opened(html, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True, viewport={"width": width, "height": 720})
    for text in ("x * y", "x +"):
        page.evaluate("(text) => edit(text)", text)
        assert broken_rules(page) == []
