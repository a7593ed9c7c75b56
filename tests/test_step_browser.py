"""The page that steps through a graph, in a real browser: Debian's chromium, driven by Playwright."""
# ruff: noqa: F811  # fixtures by import

import json
import re
import statistics

import pytest
from acceptance import FOUR_UNITS, a_minus_y, as_shown, samples
from acceptance import graph as acceptance_graph
from browsing import browser, needs_browser, opened  # noqa: F401  # fixtures
from step_graphs import HOSTILE, branches, many_consumers, network, not_finite, softmax_cross_entropy, tangle

from autograd import Value, draw, order, step_through, tanh
from autograd.pictures.formulas import said

pytestmark = [pytest.mark.browser, needs_browser]


def place(page):
    return page.locator(".place").inner_text()


def shown(page):
    """All that is to be seen of a step."""
    return page.evaluate("""() => ({
        boxes: [...document.querySelectorAll("[data-node]")].map((box) => [box.getAttribute("class"), box.textContent]),
        edges: [...document.querySelectorAll("[data-edge]")].map((edge) => edge.getAttribute("class")),
        panel: document.querySelector(".panel").innerText,
        place: document.querySelector(".place").innerText,
    })""")


def picture(page):
    """Value and gradient that can be seen on each node, None where one cannot."""
    return page.evaluate("""() => {
        const boxes = [...document.querySelectorAll("[data-node]")].sort((a, b) => a.dataset.node - b.dataset.node);
        const seen = (text) => getComputedStyle(text).visibility === "visible" ? text.textContent.trim().split(" ")[1] : null;
        return boxes.map((box) => [".data", ".grad"].map((part) => seen(box.querySelector(part))));
    }""")


def bold(page, section):
    return page.locator(f"section >> nth={section} >> td b").all_inner_texts()


def node(page, name):
    return page.get_by_role("button", name=re.compile(f"^{name}(,|$)"))


def last(page):
    return int(page.locator(".bar input").get_attribute("max"))


# Stepping.


@pytest.mark.parametrize("graph", [softmax_cross_entropy, many_consumers, branches, not_finite], ids=lambda f: f.__name__)
def test_every_step_to_the_end_shows_the_engines_numbers(opened, graph):
    loss = graph()
    page = opened(step_through(loss).html())
    loss.backward()
    nodes = order(loss)
    values = [said(x.data) if not x.args else None for x in nodes]
    gradients = [None] * len(nodes)
    assert picture(page) == [[*pair] for pair in zip(values, gradients, strict=True)]
    for i, x in enumerate(nodes):
        if x.args:
            page.keyboard.press("ArrowRight")
            values[i] = said(x.data)
            assert bold(page, 1) == [said(p) for a, p in zip(x.args, x.partials, strict=True) if a.__class__ is Value and p is not None]
            assert picture(page) == [[*pair] for pair in zip(values, gradients, strict=True)]
    page.keyboard.press("ArrowRight")
    assert place(page).startswith("Backward, step 0 of")
    sums = {loss: 1.0}
    for x in reversed(nodes):
        if x.args and x in sums:
            page.keyboard.press("ArrowRight")
            assert sums[x] == x.grad or x.grad != x.grad
            expected = []
            for a, p in zip(x.args, x.partials, strict=True):
                if a.__class__ is Value and p is not None:
                    sums[a] = sums[a] + x.grad * p if a in sums else x.grad * p
                    expected += [said(x.grad * p), said(sums[a])]
            assert bold(page, 1) == expected
            gradients = [said(sums[x]) if x in sums else None for x in nodes]
            assert picture(page) == [[*pair] for pair in zip(values, gradients, strict=True)]
    page.keyboard.press("ArrowRight")
    assert picture(page) == [[said(x.data), said(x.grad)] for x in nodes]
    assert bold(page, 0) == [said(x.grad) for x in nodes if not x.args]
    end = shown(page)
    page.keyboard.press("ArrowRight")
    assert shown(page) == end


def test_back_undoes_each_step_and_slider_home_and_end_go_where_they_say(opened):
    page = opened(step_through(many_consumers()).html())
    states = [shown(page)]
    for _ in range(last(page)):
        page.get_by_role("button", name="Step", exact=True).click()
        states.append(shown(page))
    assert len({str(state) for state in states}) == len(states)
    for state in reversed(states[:-1]):
        page.get_by_role("button", name="Step back").click()
        assert shown(page) == state
    slider = page.get_by_role("slider", name="Step")
    for step in (5, 2, last(page)):
        slider.fill(str(step))
        assert shown(page) == states[step]
    assert slider.get_attribute("aria-valuetext") == place(page)
    slider.press("ArrowLeft")
    assert shown(page) == states[-2]
    page.locator("body").press("Home")
    assert shown(page) == states[0]
    page.get_by_role("button", name="Last step").click()
    assert shown(page) == states[-1]
    page.get_by_role("button", name="First step").click()
    assert shown(page) == states[0]
    page.keyboard.press("End")
    assert shown(page) == states[-1]


def test_playing_runs_to_the_end_and_can_be_paused(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(1600)
    assert place(page) == "Forward, step 1 of 12"
    page.locator("body").press(" ")
    page.clock.run_for(10_000)
    assert place(page) == "Forward, step 2 of 12" or place(page) == "Forward, step 1 of 12"
    page.keyboard.press(" ")
    page.clock.run_for(60_000)
    assert place(page) == "Backward, step 13 of 13"
    assert page.get_by_role("button", name="Play").is_visible()
    page.get_by_role("button", name="Play").press(" ")
    assert place(page) == "Forward, step 0 of 12"
    assert page.get_by_role("button", name="Pause").is_visible()


# Looking at a node.


def test_the_last_frame_shows_a_minus_y(opened):
    for z, y in samples(3):
        _, loss = acceptance_graph(z, y)
        page = opened(step_through(loss).html())
        page.keyboard.press("End")
        boxes = [as_shown(picture(page)[i][1]) for i, x in enumerate(order(loss)) if not x.args]
        right = a_minus_y(z, y)
        for found in (boxes, list(map(as_shown, bold(page, 0)))):  # in the picture, and in the list of the leaves
            assert all(abs(x - r) <= 0.5e-4 + FOUR_UNITS for x, r in zip(found, right, strict=True))


def test_three_clicks_from_loss_to_minus_y_by_a(opened):
    loss = softmax_cross_entropy()
    page = opened(step_through(loss).html())
    loss.backward()
    gradient = next(x for x in order(loss) if x.label == "a_2").grad
    node(page, "loss").click()
    for name in ("v₄", "v₂", "a₂"):
        page.locator("section").get_by_role("button", name=name, exact=True).click()
    assert f"∂loss/∂a₂ = −y₂/a₂ = {said(gradient)}" in page.locator("section").first.inner_text()
    page.locator("section").first.get_by_role("button", name="v₂").click()
    assert "What arrives at v₂" in page.locator("section").first.inner_text()


def test_a_click_shows_the_chain_rule_of_a_node_and_escape_returns(opened):
    loss = softmax_cross_entropy()
    page = opened(step_through(loss).html())
    loss.backward()
    before = shown(page)
    node(page, "e₂").click()
    text = page.locator("section").first.inner_text()
    e, s, a = (next(x for x in order(loss) if x.label == label) for label in ("e2", "s", "a_2"))
    assert "2 ways" in text
    assert re.findall(r"∂loss/∂(\w+) · ∂\w+/∂e₂", text) == ["s", "a₂"]
    assert bold(page, 0) == [said(s.grad), said(a.grad / s.data), said(e.grad)]
    assert page.locator(".flow").count() == 2
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)  # longer than hovering takes, which began when the pointer came
    assert shown(page) == before
    node(page, "e₂").click()
    page.locator(".picture").click(position={"x": 20, "y": 20})
    assert shown(page) == before
    node(page, "e₂").press("Enter")
    assert "What arrives at e₂" in page.locator("section").first.inner_text()
    page.keyboard.press("ArrowRight")
    assert "The value of e₁" in page.locator("section").first.inner_text()


def test_hovering_shows_a_node_for_a_while(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    before = shown(page)
    node(page, "s").hover()
    page.get_by_text("What arrives at s").wait_for()
    page.locator(".lead").hover()
    page.get_by_text("How to look around").wait_for()
    assert shown(page) == before


def test_a_square_shows_both_edges(opened):
    x = Value(3.0, "x")
    page = opened(step_through(x * x).html())
    page.locator("[data-node='0']").click()
    assert bold(page, 0) == ["3.0", "3.0", "6.0"]


# Boxes that open.


def group(page, name):
    return page.get_by_role("button", name=f"Open {name}", exact=True)


def test_a_box_opens_on_click_and_the_numbers_within_are_the_engines(opened):
    loss = network()
    stepping = step_through(loss, collapse="layer")
    page = opened(stepping.html())
    loss.backward()
    nodes = order(loss)
    members = dict(json.loads(stepping.data)["groups"])
    overview = page.locator(".picture > svg").first.inner_html()
    page.keyboard.press("End")
    for name in ("mlp.layer0", "mlp.layer1"):
        group(page, name).click()
        assert not group(page, name).is_visible()
        seen = page.evaluate("""() => [...document.querySelectorAll(".picture > svg:not([hidden]) [data-node]")].map((box) =>
            [+box.dataset.node, ...[".data", ".grad"].map((part) => box.querySelector(part).textContent.trim().split(" ")[1])])""")
        assert {i for i, *_ in seen} > set(members[name])
        assert seen == [[i, said(nodes[i].data), said(nodes[i].grad)] for i, *_ in seen]
        page.get_by_role("button", name=f"Close {name}").click()
        assert group(page, name).is_visible()
    page.keyboard.press("Home")
    assert page.locator(".picture > svg").first.inner_html() == overview


def test_the_box_of_the_node_in_hand_is_marked_and_the_name_of_a_node_opens_its_box(opened):
    page = opened(step_through(network(), collapse="layer").html())
    page.keyboard.press("ArrowRight")
    assert page.locator(".group.hand .over").get_attribute("aria-label") == "Open mlp.layer0"
    argument = page.locator("section button").first
    name = argument.inner_text()
    argument.click()
    assert page.get_by_role("button", name="Close mlp.layer0").is_visible()
    assert f"What arrives at {name}" in page.locator("section").first.inner_text()
    group(page, "mlp.layer1").press("Enter")
    assert page.get_by_role("button", name="Close mlp.layer1").is_visible()
    page.get_by_role("button", name="Close mlp.layer1").press(" ")
    assert group(page, "mlp.layer0").is_visible()


def test_boxes_open_in_a_notebook_and_without_scripts_they_are_seen(opened):
    bundle = step_through(network(), collapse="layer")._repr_mimebundle_()["text/html"]
    frame = opened(f"<!doctype html>{bundle}").frames[1]
    frame.locator(".place").wait_for()
    group(frame, "mlp.layer1").click()
    assert frame.get_by_role("button", name="Close mlp.layer1").is_visible()
    assert frame.get_by_text("This frame may not read").count() == 0
    page = opened(step_through(network(), collapse="layer").html(), java_script_enabled=False)
    assert [svg.is_visible() for svg in page.locator(".picture > svg").all()] == [True, False, False]


# Pictures that stand still.


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_a_picture_is_an_opaque_card_on_a_page_of_any_colour(opened, ground):
    x = Value(3.0, "x")
    svg = draw(x * x).svg()
    page = opened(f"<body style='margin: 0; background: {ground}'>{svg[svg.index('<svg') :]}")
    box = page.locator("svg").bounding_box()
    read = """async ([png, x, y]) => {
        const bitmap = await createImageBitmap(new Blob([Uint8Array.from(png)], { type: "image/png" }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
        context.drawImage(bitmap, 0, 0);
        return [[0, 0], [x / 2, 2], [2, y / 2]].map(([x, y]) => [...context.getImageData(x, y, 1, 1).data.slice(0, 3)]);
    }"""
    corner, *inside = page.evaluate(read, [list(page.screenshot()), box["width"], box["height"]])
    assert corner == [int(ground[1:3], 16)] * 3
    assert inside == [[255, 255, 255]] * 2


def test_a_wide_picture_shrinks_to_the_page_until_it_can_hardly_be_read(opened):
    x = Value(0.5)
    for _ in range(12):
        x = tanh(x)
    svg = draw(x).svg()
    natural = float(re.search(r'width="(\d+)pt"', svg)[1]) * 96 / 72
    for width in (2400, 1600, 1200, 800):
        page = opened(f"<body style='margin: 0'>{svg[svg.index('<svg') :]}", viewport={"width": width, "height": 900})
        assert page.locator("svg").bounding_box()["width"] == pytest.approx(max(min(natural, width), 0.75 * natural), abs=1.0)
        assert (page.evaluate("document.documentElement.scrollWidth") > width) == (0.75 * natural > width)


# Where it is shown, and to whom.


def test_without_scripts_the_picture_stands_and_no_control(opened):
    loss = softmax_cross_entropy()
    page = opened(step_through(loss).html(), java_script_enabled=False)
    loss.backward()
    for text in ("data 0.7054", f"grad {loss.grad}", "grad -3.8536", "a₂"):
        assert page.locator("svg text", has_text=text).first.is_visible()
    assert not page.locator(".bar").is_visible()
    assert not page.locator(".panel").is_visible()


def test_where_frames_are_taken_out_the_image_remains(opened):
    html = step_through(softmax_cross_entropy())._repr_mimebundle_()["text/html"]
    page = opened(re.sub(r"<iframe.*</iframe>", "", html, flags=re.DOTALL), java_script_enabled=False)
    assert page.locator("img").bounding_box()["width"] > 500
    assert page.locator("img").get_attribute("alt") == "The graph of loss with its gradients"


def test_two_pages_in_one_document_do_not_meet(opened):
    bundles = [step_through(graph())._repr_mimebundle_()["text/html"] for graph in (softmax_cross_entropy, many_consumers)]
    page = opened(f"<!doctype html><p tabindex=0>text</p><div>{bundles[0]}</div><div>{bundles[1]}</div>")
    frames = page.frames[1:]
    assert len(frames) == 2
    for frame in frames:
        frame.locator(".place").wait_for()
    for i in range(2):  # the frame lies on the picture
        assert page.locator("iframe").nth(i).bounding_box() == page.locator(".valuegrad-steps").nth(i).bounding_box()
        page.locator("img").nth(i).scroll_into_view_if_needed()
        at = page.locator("img").nth(i).bounding_box()
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).tagName", [at["x"] + 9, at["y"] + 9]) == "IFRAME"
    before = [shown(frame) for frame in frames]
    page.locator("p").press("ArrowRight")
    assert [shown(frame) for frame in frames] == before
    frames[1].locator(".lead").click()
    page.keyboard.press("ArrowRight")
    assert shown(frames[0]) == before[0]
    assert shown(frames[1]) != before[1]
    for i, frame in enumerate(frames):
        room = page.locator("iframe").nth(i).bounding_box()["height"]
        assert room == frame.evaluate("document.documentElement.scrollHeight")
    assert page.evaluate("Object.keys(window).includes('go')") is False


DARK, LIGHT = "rgb(21, 24, 29)", "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("name", "light", "dark"),
    [("data-jp-theme-light", "true", "false"), ("class", "vscode-light", "vscode-dark"), ("data-theme", "light", "dark")],
)
def test_in_a_notebook_and_on_the_site_the_page_follows_the_theme(opened, name, light, dark):
    html = step_through(softmax_cross_entropy())._repr_mimebundle_()["text/html"]
    page = opened(f"<!doctype html><body {name}='{dark}'>{html}", color_scheme="null")  # which Playwright would decide for frames, too
    frame = page.frames[1]
    frame.locator(".place").wait_for()
    for theme, ground in ((dark, DARK), (light, LIGHT), (dark, DARK)):  # as its switch is turned
        page.evaluate("([name, theme]) => document.body.setAttribute(name, theme)", [name, theme])
        frame.wait_for_function("(ground) => getComputedStyle(document.body).backgroundColor === ground", arg=ground)
        assert frame.locator(".picture").evaluate("(x) => getComputedStyle(x).backgroundColor") == ground


CONTRAST = """() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const pixel = (colours) => {
        colours.forEach((colour) => { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); });
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const light = (rgb) => rgb.map((x) => x / 255).map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    const grounds = (element) => element ? [...grounds(element.parentElement), getComputedStyle(element).backgroundColor] : [];
    const ratios = [];
    for (const element of document.querySelectorAll("body *")) {
        const style = getComputedStyle(element);
        const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!says || style.visibility !== "visible" || !element.getClientRects().length || element.closest("script")) continue;
        const behind = grounds(element);
        const box = element.closest("[data-node]");
        if (box) behind.push(getComputedStyle(box.querySelector("path, polygon")).fill);
        const [front, back] = [[...behind, box || element.closest("svg") ? style.fill : style.color], behind].map(pixel).map(light);
        ratios.push([(Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05), element.textContent]);
    }
    return ratios;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("graph", [softmax_cross_entropy, not_finite, network], ids=lambda f: f.__name__)
def test_all_text_has_contrast_aa_in_light_and_dark(opened, scheme, graph):
    page = opened(step_through(graph(), collapse="layer").html(), color_scheme=scheme, reduced_motion="reduce")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 29)"}[scheme]
    for step in range(0, last(page) + 1, 3):
        page.locator(".bar input").fill(str(step))
        ratios = page.evaluate(CONTRAST)
        assert len(ratios) > 10
        assert min(ratios)[0] >= 4.5, min(ratios)
    page.keyboard.press("End")
    assert min(page.evaluate(CONTRAST))[0] >= 4.5


def test_reduced_motion_stops_what_moves(opened):
    html = step_through(softmax_cross_entropy()).html()
    for motion, animation in (("no-preference", "flow"), ("reduce", "none")):
        page = opened(html, reduced_motion=motion)
        page.locator(".bar input").fill("16")
        edge = page.locator(".flow path").first
        assert edge.evaluate("(path) => getComputedStyle(path).animationName") == animation
        seconds = page.locator("[data-node] path").first.evaluate("(path) => getComputedStyle(path).transitionDuration")
        assert (seconds == "0s") == (motion == "reduce")


def test_controls_have_names_and_the_step_is_announced(opened):
    page = opened(step_through(softmax_cross_entropy()).html())
    page.keyboard.press("End")
    for button in page.get_by_role("button").all():
        assert (button.get_attribute("aria-label") or button.inner_text()).strip()
    assert page.locator("[aria-live=polite]").inner_text().startswith("Done: every leaf has its gradient")
    page.keyboard.press("Tab")
    seen = set()
    for _ in range(30):
        seen.add(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent"))
        page.keyboard.press("Tab")
    assert {"First step", "Step back", "Play", "Step", "Last step", "z₁"} <= seen
    assert any(text.startswith("loss, value") for text in seen)


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_jumps_from_step_to_step(opened, width):
    page = opened(step_through(softmax_cross_entropy()).html(), viewport={"width": width, "height": 900})
    places = set()
    for step in range(last(page) + 1):
        page.locator(".bar input").fill(str(step))
        boxes = [
            page.locator(part).bounding_box()
            for part in (".bar", ".bar input", ".picture", ".lead", "section >> nth=0", "section >> nth=1")
        ]
        places.add(str(boxes))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(places) == 1


@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_is_shown_as_it_is_and_executes_nothing(opened, label):
    x, w = Value(2.0, label), Value(3.0, label)
    loss = x * w
    loss.label = label
    page = opened(f"<!doctype html><script>window.alert = () => console.log('executed')</script>{step_through(loss).html()}")
    page.keyboard.press("End")
    page.locator("[data-node='0']").click()
    seen = json.loads(step_through(loss).data)["nodes"]
    assert page.locator(".lead").inner_text() == f"Looking at {seen[0].get('full', seen[0]['name'])}. Esc returns to the step."
    page.keyboard.press("Escape")
    assert page.locator("td button").first.inner_text() == seen[0]["name"]
    assert page.locator("img, .panel b b, svg b, svg svg, style").count() == 1
    assert page.locator("script").count() == 3  # the one above, the data and the page's own


def test_300_nodes_step_without_lag(opened):
    page = opened(step_through(tangle()).html())
    times = page.evaluate("""() => [...Array(+document.querySelector("input").max)].map(() => {
        const start = performance.now();
        document.querySelector("[data-go=step]").click();
        document.body.getBoundingClientRect();
        return performance.now() - start;
    })""")
    assert len(times) > 500
    assert statistics.median(times) < 100.0, statistics.median(times)
