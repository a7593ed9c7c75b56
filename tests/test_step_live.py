"""The page of steps as a reader uses it: inputs changed, numbers guessed, nodes found; on a laptop, a phone, in a notebook."""
# ruff: noqa: F811, ARG005  # fixtures by import; lambdas like the table's

import pytest
from browsing import broken_rules, browser, needs_browser, opened, settled  # noqa: F401  # fixtures
from step_graphs import branches, network, replayed, softmax_cross_entropy

import autograd
from autograd import Op, Value, order, relu, sigmoid, step_through, where
from autograd.pictures.formulas import said
from autograd.pictures.writer import number

pytestmark = [pytest.mark.browser, needs_browser]

NUMBERS = """() => live && ({ values: live.values.map(String), gradients: live.finals.map(String) })"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll(".picture > svg:not([hidden]) [data-node]")].map((box) => [
    box.dataset.node, [".data", ".grad"].map((part) => box.querySelector(part).textContent.trim().split(" ")[1])]))"""


def change(page, name, x):
    page.get_by_role("slider", name=f"Value of {name}", exact=True).fill(str(x))


def check(page, loss):
    """Every number of the picture, and what it is rounded from, against the engine's."""
    loss.backward()
    nodes = order(loss)
    found = page.evaluate(NUMBERS)
    for name, expected in (("values", [n.data for n in nodes]), ("gradients", [n.grad for n in nodes])):
        assert list(map(float, found[name])) == pytest.approx(expected, rel=1e-12, abs=1e-14)
    shown = page.evaluate(SHOWN)
    for i, node in enumerate(nodes):
        for text, x in zip(shown[str(i)], (node.data, node.grad), strict=True):
            assert text.replace("−", "-") in [number(x + 0.0, precision) for precision in (4, 3, 2)]  # fewer where the box is narrow


# Inputs.


def test_a_slider_moves_every_number_as_the_engine_would(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    page.keyboard.press("End")
    for z in ((2.5, 1.0, -1.0), (2.5, -0.5, -1.0), (2.5, -0.5, 1.0)):
        for name, x in zip(["z₁", "z₂", "z₃"], z, strict=True):
            change(page, name, x)
        check(page, softmax_cross_entropy(z))
    loss = softmax_cross_entropy(z)
    loss.backward()
    listed = page.locator("section").first.locator("td b").all_inner_texts()  # which follow while a slider is held
    assert listed == [said(node.grad) for node in order(loss) if not node.args]
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("live") is None
    loss = softmax_cross_entropy()
    loss.backward()
    assert page.evaluate(SHOWN) == {str(i): [said(node.data), said(node.grad)] for i, node in enumerate(order(loss))}


def test_every_step_after_a_change_shows_the_engines_sums(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    change(page, "z₁", 0.5)
    loss = softmax_cross_entropy((0.5, 1.0, -1.0))
    nodes = order(loss)
    for node in nodes:
        if node.args:
            page.keyboard.press("Escape")
            page.keyboard.press("ArrowRight")
            assert page.locator("section").first.locator("b").last.inner_text() == said(node.data)
    page.keyboard.press("ArrowRight")
    sums = {loss: 1.0}
    for node in reversed(nodes):
        if node.args:
            page.keyboard.press("ArrowRight")
            expected = []
            for a, p in zip(node.args, node.partials, strict=True):
                sums[a] = sums[a] + sums[node] * p if a in sums else sums[node] * p
                expected += [said(sums[node] * p), said(sums[a])]
            assert page.locator("section").nth(1).locator("td b").all_inner_texts() == expected


def test_typing_a_number(opened):
    x = Value(2.0, "x")
    page = opened(step_through(x**3).html())
    page.locator("[data-node='0']").click()
    field = page.get_by_role("textbox", name="Value of x, as a number")
    for typed, value in (("-1.5", -1.5), ("−2", -2.0), ("1e2", 100.0), ("0,5", 0.5), ("inf", float("inf"))):
        field.fill(typed)
        assert page.evaluate("inputs[0]") == value
        assert page.evaluate("live.finals[0]") == pytest.approx(3.0 * value**2)
    field.fill("abc")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.evaluate("inputs[0]") == float("inf")
    field.press("ArrowRight")  # which is for the field
    assert page.locator(".place").inner_text().startswith("Forward, step 0")
    field.press("Escape")
    page.keyboard.press("ArrowRight")
    assert page.locator(".place").inner_text().startswith("Forward, step 1")


def test_another_branch_is_named_and_what_python_decided_is_said(opened):
    x = Value(-1.5, "x")
    kept, decided = relu(x), where(x > 0.0, x, x * x)
    kept.label, decided.label = "kept", "decided"
    page = opened(step_through(kept + decided).html())
    change(page, "x", 1.5)
    said_now = page.locator(".changed").inner_text()
    assert "Now x = 1.5." in said_now
    assert "On another branch than when recorded, and the graph holds it: kept = relu(x)." in said_now
    assert "The condition of decided was decided in Python and stays as it was." in said_now
    assert page.evaluate("live.finals[0]") == 1.0 + 3.0  # relu's other side; of the square, which Python chose
    page.locator(".picture").press("End")
    assert "∂" not in page.locator("section").first.locator("td").all_inner_texts()[-1]  # formulas of the branch are gone
    change(page, "x", -2.0)
    assert "another branch" not in page.locator(".changed").inner_text()


def test_where_there_is_no_javascript_the_page_says_so(opened):
    black_box = Op("blackbox", lambda xp, x: float(x) * 2.0, lambda y, x: (2.0,))
    page = opened(step_through(black_box(Value(1.0, "x"))).html())
    assert page.get_by_role("slider", name="Value of x").count() == 0
    assert "Inputs cannot be changed here: there is no JavaScript for the operation blackbox." in page.locator(".panel").inner_text()
    page.keyboard.press("End")
    assert page.evaluate(SHOWN) == {"0": ["1.0", "2.0"], "1": ["2.0", "1.0"]}


def test_inputs_change_within_boxes_and_in_a_frame_without_rights(opened):
    page = opened(f"<!doctype html>{step_through(network(), collapse='layer')._repr_mimebundle_()['text/html']}")
    frame = page.frames[1]
    frame.locator(".place").wait_for()
    frame.get_by_role("button", name="Open mlp.layer0").click()
    leaf = frame.evaluate("groups.find(([name]) => name === 'mlp.layer0')[1].find((i) => !nodes[i].made)")
    frame.locator(f".picture > svg:not([hidden]) [data-node='{leaf}']").click()
    frame.locator(".control .number").fill("0.75")
    loss = network()
    changed = replayed(loss, {order(loss)[leaf]: 0.75})
    assert frame.evaluate("live.values.at(-1)") == pytest.approx(changed[loss].data, rel=1e-12)
    with pytest.raises(Exception, match=r"cross-origin|Blocked|SecurityError"):
        frame.evaluate("parent.document.title")


# Formulas.


def test_gradients_reduce_to_a_minus_y_beside_the_expanded_ones(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    page.keyboard.press("End")
    rows = page.locator("section").first.locator("tbody tr")
    for k, name in enumerate(["z₁", "z₂", "z₃"], 1):
        row = rows.filter(has=page.get_by_role("button", name=name, exact=True)).inner_text()
        assert f"= a{'₀₁₂₃'[k]} − y{'₀₁₂₃'[k]}" in row
        assert f"= ∂loss/∂e{'₀₁₂₃'[k]} · e{'₀₁₂₃'[k]}" in row
    assert "since y₁ + y₂ + y₃ = 1" in page.locator("section").first.inner_text()
    change(page, "z₁", -0.5)
    page.locator(".picture").press("End")
    assert "= a₁ − y₁" in page.locator("section").first.inner_text()
    change(page, "y₁", 0.5)  # now they sum to 1.5
    page.locator(".picture").press("Home")
    page.locator(".picture").press("End")
    assert "a₁ − y₁" not in page.locator("section").first.inner_text()


def test_a_minus_y_also_for_two_classes(opened):
    z, y = Value(0.3, "z"), Value(1.0, "y")
    a = sigmoid(z)
    a.label = "a"
    page = opened(step_through(-(y * autograd.log(a) + (1.0 - y) * autograd.log(1.0 - a))).html())
    page.keyboard.press("End")
    assert "= a − y" in page.locator("section").first.inner_text()


# Guessing.


def test_a_number_waits_until_it_is_guessed(opened):
    x, w = Value(3.0, "x"), Value(2.0, "w")
    page = opened(step_through(x * w + 1.0).html())
    page.get_by_role("button", name="Guess").click()
    page.keyboard.press("ArrowRight")
    panel = page.locator(".panel")
    assert "= 3.0 · 2.0 = ?" in panel.inner_text()
    assert not page.locator("[data-node='2'] .data").is_visible()
    assert "6.0" not in panel.inner_text()
    field = page.get_by_role("textbox", name="Your guess")
    field.fill("5")
    field.press("Enter")
    assert "It is 6.0, not 5." in panel.inner_text()
    assert page.locator("[data-node='2'] .data").is_visible()
    page.keyboard.press("ArrowRight")
    page.get_by_role("textbox", name="Your guess").fill("7")
    page.get_by_role("button", name="Check").click()
    assert "Right: it is 7.0." in panel.inner_text()
    page.locator(".bar input").fill("4")
    assert "sends to v₁:" in panel.inner_text()
    page.get_by_role("button", name="Show").click()
    assert "It is 1.0." in panel.inner_text()
    page.get_by_role("button", name="Guess").click()
    page.keyboard.press("ArrowRight")
    assert "?" not in panel.inner_text()


# Looking around.


def test_find_zoom_and_pan(opened):
    page = opened(step_through(network()).html(), viewport={"width": 900, "height": 600})
    page.locator(".picture").press("/")
    page.keyboard.type("C")
    page.keyboard.press("Enter")
    assert page.locator(".lead").inner_text() == "Looking at C. Esc returns to the step."
    page.get_by_role("searchbox").fill("nothing of the kind")
    page.get_by_role("searchbox").press("Enter")
    assert page.locator(".tools.none").count() == 1
    page.get_by_role("searchbox").press("Escape")
    width = page.locator(".picture > svg").bounding_box()["width"]
    page.get_by_role("button", name="Larger").click()
    assert page.locator(".picture > svg").bounding_box()["width"] == pytest.approx(1.25 * width, rel=0.01)
    page.wait_for_timeout(600)  # until it stands still
    before = page.evaluate("picture.scrollLeft")
    page.mouse.move(300, 250)
    page.mouse.down()
    page.mouse.move(360, 260, steps=4)
    page.mouse.up()
    assert page.evaluate("picture.scrollLeft") == pytest.approx(before - 60, abs=2)
    assert page.evaluate("clicked") is None  # a drag is no click
    page.keyboard.press("0")
    assert page.locator(".picture > svg").bounding_box()["width"] == pytest.approx(width, rel=0.01)


def test_keys_work_after_a_hover_and_a_resting_pointer_does_not_take_the_panel(opened):
    page = opened(f"<!doctype html><input id=cell>{step_through(softmax_cross_entropy())._repr_mimebundle_()['text/html']}")
    frame = page.frames[1]
    frame.locator(".place").wait_for()
    frame.locator("[data-node='0']").hover()
    frame.get_by_text("What arrives at y₁").wait_for()
    page.keyboard.press("ArrowRight")
    frame.get_by_text("Forward, step 1 of").wait_for()
    page.wait_for_timeout(400)
    assert "The value of e₁" in frame.locator("section").first.inner_text()


# Sizes.


@pytest.mark.parametrize("width", [1280, 850])
@pytest.mark.parametrize("graph", [softmax_cross_entropy, branches], ids=lambda f: f.__name__)
def test_picture_and_panels_are_in_view_where_a_laptops_notebook_is(opened, width, graph):
    page = opened(
        f"<!doctype html><body style='margin: 0'>{step_through(graph())._repr_mimebundle_()['text/html']}",
        viewport={"width": width, "height": 599},
    )
    frame = page.frames[1]
    frame.locator(".place").wait_for()
    assert page.locator("iframe").bounding_box()["height"] <= 599
    for step in range(0, int(frame.locator(".bar input").get_attribute("max")) + 1, 4):
        frame.locator(".bar input").fill(str(step))
        settled(frame)
        for part in (".bar", ".lead", ".picture", "section >> nth=0", "section >> nth=1"):
            box = frame.locator(part).bounding_box()
            assert box["y"] >= 0.0
            assert box["y"] + box["height"] <= 599.0
        assert frame.evaluate("[picture.scrollWidth - picture.clientWidth, picture.scrollHeight - picture.clientHeight]") == [0, 0]
        assert frame.evaluate("document.documentElement.scrollHeight <= innerHeight")


def square():
    x = Value(3.0, "x")
    return x * x


@pytest.mark.parametrize("graph", [square, lambda: autograd.tanh(Value(2.0, "x") * -3.0 + 6.5)])
def test_the_panel_of_a_small_graph_is_not_cut_off(opened, graph):
    """The picture is as high as it must be, and the panel has the rest: what it says of a step is seen whole."""
    page = opened(step_through(graph()).html(), viewport={"width": 850, "height": 596})
    cut = "() => [...document.querySelectorAll('section')].map((x) => x.scrollHeight - x.clientHeight)"
    steps = int(page.locator(".bar input").get_attribute("max"))
    for step in range(1, steps):
        page.locator(".bar input").fill(str(step))
        assert page.evaluate(cut) == [0, 0], step
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


CUT = """() => [...document.querySelectorAll("main *")].filter((x) => !x.closest(".picture, h1, thead") && x.getClientRects().length)
    .filter((x) => {
        const { left, right } = x.getBoundingClientRect();
        return right > innerWidth + 0.5 || left < -0.5 || (x.clientWidth && x.scrollWidth > x.clientWidth + 4 && !x.matches("input"));
    })
    .map((x) => x.outerHTML.slice(0, 200))"""


def long_names():
    model = autograd.sum([Value(0.5 + k, f"layers.1.neurons.{k}.w[3]") * Value(1.0, f"layers.1.neurons.{k}.x[3]") for k in range(3)])
    return autograd.exp(-model) * 12345.678


@pytest.mark.parametrize("graph", [softmax_cross_entropy, long_names, branches], ids=lambda f: f.__name__)
def test_on_a_phone_nothing_is_cut_off(opened, graph):
    page = opened(step_through(graph()).html(), viewport={"width": 390, "height": 844})
    for step in range(int(page.locator(".bar input").get_attribute("max")) + 1):
        page.locator(".bar input").fill(str(step))
        assert page.evaluate(CUT) == []
    page.locator("[data-node='0']").click()
    assert page.evaluate(CUT) == []
    page.locator(".control .number").first.fill("-0.123456789")
    assert page.evaluate(CUT) == []


def test_long_names_lose_their_middle_and_keep_it_in_words(opened):
    page = opened(step_through(long_names()).html())
    assert page.locator("svg text", has_text="layers.1…0.w[3]").count() == 1
    page.locator(".picture").press("/")
    page.keyboard.type("layers.1.neurons.2.w[3]")
    page.keyboard.press("Enter")
    assert page.locator(".lead").inner_text() == "Looking at layers.1.neurons.2.w[3]. Esc returns to the step."


# Rules for everybody.


@pytest.mark.parametrize(
    ("graph", "scheme", "width"),
    [(network, "light", 1280), (network, "dark", 390), (softmax_cross_entropy, "light", 390), (branches, "dark", 1280)],
)
def test_axe_finds_nothing(opened, graph, scheme, width):
    options = {"color_scheme": scheme, "reduced_motion": "reduce", "bypass_csp": True, "viewport": {"width": width, "height": 720}}
    page = opened(step_through(graph(), collapse="layer").html(), **options)
    slider = page.locator(".bar input")
    for act in (
        lambda: None,
        lambda: slider.fill("9"),
        lambda: slider.press("End"),
        lambda: (
            page.locator("[data-opens]").first.click() if page.locator("[data-opens]").count() else page.locator("[data-node='0']").click()
        ),
        lambda: page.locator(".control .number").first.fill("-0.75") if page.locator(".control").count() else None,
        lambda: slider.fill(str(int(slider.get_attribute("max")) - 3)),
        lambda: page.get_by_role("button", name="Guess").click(),
    ):
        act()
        assert broken_rules(page) == []
