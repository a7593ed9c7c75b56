// The picture: which of its boxes is open, how large it is, and where one looks. And the inputs, by slider or typing.

const [bar, close, picture, panel, lead, tools, changed] = [".bar", ".close", ".picture", ".panel", ".lead", ".tools", ".changed"].map((selector) => find(selector));
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// All pictures, of each node its group, the picture that is seen, and in it the boxes of nodes and of groups, and the edges by their numbers:
// all boxes are closed, or one is open.
let open = -1;
let svgs, groupOf, svg, boxes, closed, edges;

// The picture is shown whole down to the one scale, else in parts at the other, times what the reader asks for. Its own unit is the point.
const [SMALLEST, READABLE, PIXELS, FRAME] = [0.5, 0.85, 4 / 3, 18];
let zoom = 1.0;

function fit() {
  const { width, height } = svg.viewBox.baseVal;
  const wide = Math.min(1, picture.clientWidth / (width * PIXELS));
  find("main").style.setProperty("--tall", `${Math.ceil(height * PIXELS * (wide >= SMALLEST ? wide : READABLE)) + FRAME}px`); // the panel has the rest
  const whole = Math.min(wide, picture.clientHeight / (height * PIXELS));
  const scale = (whole >= SMALLEST ? whole : READABLE) * zoom;
  svg.style.width = `${Math.floor(width * PIXELS * scale)}px`;
  svg.style.height = `${Math.floor(height * PIXELS * scale)}px`;
}

// Larger or smaller around a point of the frame, its middle where none is given.
function zoomed(factor, x = picture.clientWidth / 2, y = picture.clientHeight / 2) {
  const before = svg.getBoundingClientRect();
  const frame = picture.getBoundingClientRect();
  const [left, top] = [frame.left + x - before.left, frame.top + y - before.top];
  zoom = factor === null ? 1.0 : Math.max(0.2, Math.min(8.0, zoom * factor));
  fit();
  const after = svg.getBoundingClientRect();
  picture.scrollLeft += after.left + (left / before.width) * after.width - frame.left - x;
  picture.scrollTop += after.top + (top / before.height) * after.height - frame.top - y;
}

function boxOf(i) {
  return find(`[data-node="${i}"], [data-opens="${groupOf[i]}"]`, svg);
}

function bring(i) {
  const box = boxOf(i).getBoundingClientRect();
  const frame = picture.getBoundingClientRect();
  picture.scrollTo({
    left: picture.scrollLeft + box.left + box.width / 2 - frame.left - frame.width / 2,
    top: picture.scrollTop + box.top + box.height / 2 - frame.top - frame.height / 2,
    behavior: calm.matches ? "auto" : "smooth",
  });
}

function show(group) {
  const shown = Math.max(0, pictures.findIndex((one) => one.open === group)); // what cannot be opened stays closed
  ({ open } = pictures[shown]);
  svgs.forEach((one, k) => one.toggleAttribute("hidden", k !== shown));
  svg = svgs[shown];
  boxes = all("[data-node]", svg);
  closed = all("[data-opens]", svg);
  edges = new Map(all("[data-edge]", svg).map((edge) => [pictures[shown].edges[edge.dataset.edge - 1], edge]));
  edges.delete(0);
  close.hidden = open < 0;
  if (open >= 0) close.textContent = `Close ${groups[open][0]}`;
  fit();
  paint();
}

function opens(group) {
  show(group);
  bring(group < 0 ? loss : groups[group][1][0]);
}

// The next node whose name or operation has this text.
function search(text) {
  const wanted = text.trim().toLowerCase();
  const order = nodes.map((_, k) => (k + 1 + (clicked ?? -1)) % nodes.length);
  const has = (i, exact) => [nodes[i].name, nodes[i].full ?? "", nodes[i].op].some((own) => (exact ? own.toLowerCase() === wanted : own.toLowerCase().includes(wanted)));
  const found = wanted && [true, false].map((exact) => order.find((i) => has(i, exact))).find((i) => i !== undefined);
  tools.classList.toggle("none", wanted !== "" && found === undefined);
  if (wanted && found !== undefined) look(found, find("input", tools));
}

// A drag moves the picture; the click that ends it means nothing.
let drag = null;
picture.addEventListener("pointerdown", (event) => {
  if (event.button === 0 && event.pointerType === "mouse" && !event.target.closest("button, input")) drag = { x: event.clientX, y: event.clientY, left: picture.scrollLeft, top: picture.scrollTop, far: false };
});
addEventListener("pointermove", (event) => {
  if (!drag || !event.buttons) return;
  const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.far && Math.hypot(x, y) < 5) return;
  drag.far = true;
  picture.classList.add("dragged");
  picture.scrollTo(drag.left - x, drag.top - y);
});
addEventListener("pointerup", () => {
  picture.classList.remove("dragged");
  setTimeout(() => (drag = null));
});
picture.addEventListener("click", (event) => drag?.far && event.stopPropagation(), true);
picture.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const frame = picture.getBoundingClientRect();
  zoomed(Math.exp(-event.deltaY / 300), event.clientX - frame.left, event.clientY - frame.top);
}, { passive: false });
tools.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) zoomed({ in: 1.25, out: 0.8, all: null }[button.dataset.zoom]);
});
find("input", tools).addEventListener("keydown", (event) => {
  if (event.key === "Enter") search(event.target.value);
});

// Inputs.

// As recorded, and as they are now; what both passes found as recorded, and what was said of it; and the last run, where inputs have changed.
let recorded, inputs, before, written, live;
const controls = new Map();

function expose() {
  recorded = page.fixed ? null : nodes.map(({ number }) => (number === undefined ? undefined : read(number)));
  inputs = recorded && [...recorded];
  before = recorded && forward(nodes, recorded);
  written = JSON.stringify([nodes, steps]);
  live = null;
  controls.clear();
  announce();
}

// Around a number, of its own size, in steps of one digit.
function range(x) {
  const reach = Number.isFinite(x) ? Math.max(1.0, 2.0 * fabs(x)) : 10.0;
  const step = 10 ** (floor(log10(reach)) - 1);
  const middle = Number.isFinite(x) ? x : 0.0;
  return { min: +(floor((middle - reach) / step) * step).toPrecision(12), max: +(ceil((middle + reach) / step) * step).toPrecision(12), step: +step.toPrecision(1) };
}

// The slider and the field of a leaf, made once, so that neither loses the pointer or the cursor while the page follows.
function control(i) {
  if (!controls.has(i)) {
    const label = nodes[i].full ?? nodes[i].name;
    const slider = make("input", { type: "range", className: "value", ariaLabel: `Value of ${label}`, ...range(recorded[i]) });
    const field = make("input", { type: "text", className: "number", inputMode: "decimal", autocomplete: "off", ariaLabel: `Value of ${label}, as a number` });
    slider.addEventListener("input", () => put(i, +slider.value, slider));
    field.addEventListener("input", () => {
      const x = typed(field.value);
      field.ariaInvalid = String(isnan(x));
      if (!isnan(x)) put(i, x, field);
    });
    field.addEventListener("change", () => {
      field.ariaInvalid = "false";
      field.value = minus(repr(inputs[i]));
    });
    controls.set(i, { row: make("span", { className: "control" }, slider, field), slider, field });
    flip(i, null);
  }
  return controls.get(i).row;
}

function flip(i, source) {
  const { slider, field } = controls.get(i);
  const x = inputs[i];
  if (source !== slider) {
    if (x < +slider.min || x > +slider.max) Object.assign(slider, range(x));
    slider.value = x;
  }
  slider.setAttribute("aria-valuetext", said(x));
  if (source !== field) field.value = minus(repr(x));
}

function put(i, x, source) {
  stop();
  inputs[i] = x;
  flip(i, source);
  compute(source.closest("section"));
}

// Both passes on the inputs as they are now; `held` is the part of the panel that the reader has a hand on.
function compute(held) {
  const same = inputs.every((x, i) => Object.is(x, recorded[i]));
  const [phase, hand] = steps[at];
  const [first, start] = JSON.parse(written);
  nodes.forEach((node, i) => Object.assign(node, first[i]));
  live = null;
  if (same) steps = start;
  else {
    live = rerun(nodes, start, inputs);
    steps = live.steps;
    const moved = nodes.map((_, i) => i).filter((i) => live.sides[i] !== before.sides[i]);
    const stale = nodes.map(({ args }, i) => live.within[i] !== before.within[i] && args.some(({ local }) => local)); // formulas of another branch
    const apart = moved.length > 0 || stale.some(Boolean);
    nodes.forEach((node, i) => {
      if (apart) node.closed = "";
      if (stale[i]) node.args.forEach((edge) => (edge.local = ""));
      if (node.reduced) node.reduced.off = !holds(node.reduced, live.finals[i]);
    });
    live.moved = moved;
  }
  known.clear();
  verdict = "";
  const there = steps.findIndex(([other, i]) => other === phase && i === hand);
  at = there >= 0 ? there : Math.min(at, steps.length - 1);
  announce();
  measure();
  paint(held);
  picture.dispatchEvent(new Event("inputs"));
}

function holds({ terms }, gradient) {
  const [a, b] = terms.map((term) => (typeof term === "string" ? read(term) : live.values[term]));
  return fabs(a - b - gradient) <= 1e-9 * Math.max(fabs(a), fabs(b), fabs(gradient));
}

// What has changed, and what that means.
function announce() {
  changed.hidden = live === null;
  if (live === null) return;
  const others = recorded.flatMap((x, i) => (x === undefined || Object.is(x, inputs[i]) ? [] : [`${nodes[i].name} = ${said(inputs[i])}`]));
  const branches = live.moved.map((i) => `${nodes[i].name} = ${nodes[i].made}`);
  const fixed = nodes.filter(({ decided }) => decided).map(({ name }) => name);
  find("span", changed).textContent = [
    `Now ${listed(others)}.`,
    branches.length ? `On another branch than when recorded, and the graph holds it: ${listed(branches)}.` : "",
    fixed.length ? `The condition of ${listed(fixed)} was decided in Python and stays as it was.` : "",
  ].filter(Boolean).join(" ");
}

find("button", changed).addEventListener("click", () => {
  recorded.forEach((x, i) => (inputs[i] = x));
  controls.forEach((_, i) => {
    Object.assign(controls.get(i).slider, range(recorded[i]));
    flip(i, null);
  });
  compute(null);
  picture.focus({ preventScroll: true });
});

// A number in a box of the picture, with as many decimals as it has room for.
function fill(text, label, shown, x) {
  const line = text.firstChild;
  if (line.data === `${label} ${shown}`) return;
  line.data = `${label} ${shown}`;
  text.removeAttribute("textLength");
  if (x === undefined) return;
  const room = find("path, polygon, circle, ellipse", text.closest(".node")).getBBox().width - 8;
  for (let precision = 3; precision > 0 && text.getComputedTextLength() > room; precision--) line.data = `${label} ${said(x, precision)}`;
  if (text.getComputedTextLength() > room) text.setAttribute("textLength", room);
}
