"use strict";

const { nodes, steps, groups, pictures } = JSON.parse(document.querySelector("script[type='application/json']").textContent);
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const [bar, close, picture, panel, lead] = [".bar", ".close", ".picture", ".panel", ".lead"].map((selector) => find(selector));
const [left, right] = all("section");
const [slider, place, play] = ["input", ".place", ".play"].map((selector) => find(selector, bar));

// In a notebook the picture is the image before the frame that holds the page, which has to be of the same origin.
const image = find("svg:not([hidden])", picture) ? null : window.frameElement.previousElementSibling;
if (image) {
  find("p", picture).remove();
  picture.insertAdjacentHTML("afterbegin", decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1)));
}
const svgs = all(":scope > svg", picture);
const groupOf = nodes.map((_, i) => groups.findIndex(([, members]) => members.includes(i)));

// The picture that is seen, and in it the boxes of nodes and of groups, and the edges by their numbers: all boxes are closed, or one is open.
let open = -1;
let svg, boxes, closed, edges;

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const loss = nodes.length - 1;

// The picture is shown whole down to the one scale, else in parts at the other. Its own unit is the point.
const [SMALLEST, READABLE, HIGHEST, PIXELS] = [0.6, 0.85, 480, 4 / 3];

// The step shown, and the node looked at instead of the one in hand: by a click until the next step, by hovering for a while.
let at = 0;
let clicked = null;
let hovered = null;
let timer = null;

// What each node goes through: computed at one step, sent on at another.
const computed = nodes.map((node) => (node.made ? null : 0));
const sent = nodes.map(() => null);
steps.forEach(([phase, i], step) => {
  if (phase === "forward") computed[i] = step;
  if (phase === "backward") sent[i] = step;
});
const seed = steps.findIndex(([phase]) => phase === "seed");
const final = (node) => (node.sums.length ? node.sums.at(-1)[1] : "0.0");

// Text.

function make(tag, attributes, ...content) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...content);
  return element;
}

const minus = (text) => text.replaceAll("-", "−");
const bracketed = (number) => (number.startsWith("−") ? `(${number})` : number);
const derivative = (above, below) => `∂${nodes[above].name}/∂${nodes[below].name}`;
const gradient = (i) => derivative(loss, i);
const math = (...content) => make("p", { className: "math" }, ...content);
const note = (...content) => make("p", {}, ...content);
const heading = (...content) => make("h2", {}, ...content);
const bold = (text) => make("b", {}, text);

function name(i) {
  const { name, op } = nodes[i];
  return make("button", { type: "button", className: "name", title: `Look at ${name}${op && ` (${op})`}`, onclick: () => look(i) }, name);
}

function table(head, rows) {
  const cells = (tag) => (row) => make("tr", { className: row.className ?? "" }, ...row.map((cell) => make(tag, {}, cell)));
  return make("table", {}, make("thead", {}, cells("th")(head)), make("tbody", {}, ...rows.map(cells("td"))));
}

// What the panel says.

function value(i) {
  const { made, value: number, with: numbers } = nodes[i];
  return made ? [math(bold(nodes[i].name), ` = ${made}`), math(` = ${numbers} = `, bold(number))] : [math(bold(nodes[i].name), ` = ${number}`)];
}

function arrives(i) {
  const node = nodes[i];
  const title = heading(`What arrives at ${node.name}: ${gradient(i)}`);
  if (i === loss) return [title, math(gradient(i), " = ", bold("1.0")), note(`A change of ${node.name} is that change of ${node.name}: the seed.`)];
  const taken = node.uses.map(([u, k]) => ({ u, edge: nodes[u].args[k] })).filter(({ edge }) => edge.sends);
  if (!taken.length) return [title, math(gradient(i), " = ", bold("0.0")), note(`Nothing arrives: ${nodes[loss].name} does not change with it.`)];
  const rows = taken.map(({ u, edge }) => [
    name(u), `${gradient(u)} · ${derivative(u, i)}`, `= ${bracketed(final(nodes[u]))} · ${bracketed(edge.slope)}`, "=", bold(edge.sends),
  ]);
  const why = taken.length === 1
    ? `${node.name} is used once, so there is one way to ${nodes[loss].name}, and one product:`
    : `A change of ${node.name} reaches ${nodes[loss].name} in ${taken.length} ways. Their effects add up, so the products do:`;
  if (taken.length > 1) rows.push(Object.assign(["Σ", gradient(i), "", "=", bold(final(node))], { className: "total" }));
  const shown = [title, note(why), table(["from", "chain rule", "", "", ""], rows)];
  return node.closed ? [...shown, math(`${gradient(i)} = ${node.closed} = `, bold(final(node)))] : shown;
}

function sends(i) {
  const node = nodes[i];
  if (!node.made) return [heading(`${node.name} is a leaf`), ...value(i), note("Nothing lies behind it: its gradient is a result.")];
  const reached = node.sums.length > 0;
  const rows = node.args.map((edge) => {
    const local = `${derivative(i, edge.to)} = ${edge.local && `${edge.local} = `}${edge.slope}`;
    if (edge.none || !reached) return [name(edge.to), edge.none ? `${edge.none}: sends nothing` : local, "", ""];
    const sum = edge.before ? `${edge.before} + ${bracketed(edge.sends)} = ` : "";
    const product = make("span", {}, `${bracketed(final(node))} · ${bracketed(edge.slope)} = `, bold(edge.sends));
    return [name(edge.to), local, product, make("span", {}, sum, bold(edge.after))];
  });
  const title = heading(`What ${node.name} = ${node.made} sends to its arguments`);
  return [title, rows.length ? table(["to", "local derivative", "sends", "sum there so far"], rows) : note("Its arguments are constants.")];
}

function keeps(i) {
  const rows = nodes[i].args.map((edge) => [name(edge.to), derivative(i, edge.to), edge.none ? `${edge.none}: none` : `= ${edge.local && `${edge.local} = `}`, edge.none ? "" : bold(edge.slope)]);
  return [heading("Its local derivatives, kept for the way back"), rows.length ? table(["argument", "local derivative", "", ""], rows) : note("Its arguments are constants.")];
}

function leaves(backward) {
  const rows = nodes.flatMap((node, i) => {
    if (node.made) return [];
    return [[name(i), node.value, ...(backward ? [bold(final(node)), node.closed && `= ${node.closed}`] : [])]];
  });
  return table(backward ? ["leaf", "value", "gradient", ""] : ["leaf", "value"], rows);
}

const PHASES = {
  start: () => ({
    said: "The leaves hold their values. Forward, each operation computes its own; backward, each passes its gradient on.",
    left: [heading("The leaves"), leaves(false)],
    right: [
      heading("How to look around"),
      note("Step with the arrow keys or the bar, play with the space bar. Click any node, or hover over it, for its own chain rule; Esc returns to the step."),
      ...(groups.length ? [note("A box of many nodes opens with a click.")] : []),
      note("Squares are leaves, rounded boxes operations. Blue gradients are positive, orange ones negative. The number on an edge is the local derivative."),
    ],
  }),
  forward: (i) => ({
    said: `Forward: ${nodes[i].name} is computed, and with it the derivatives by its arguments.`,
    left: [heading(`The value of ${nodes[i].name}`), ...value(i)],
    right: keeps(i),
  }),
  seed: (i) => ({
    said: `Backward starts at ${nodes[i].name}: the gradient of the result by itself is 1.`,
    left: arrives(i),
    right: [heading("Why backward"), note("A node can pass its gradient on once all that use it have sent their share. So the order is the forward one, reversed.")],
  }),
  backward: (i) => ({
    said: `Backward: all that use ${nodes[i].name} have sent their share, so ${gradient(i)} = ${final(nodes[i])} is complete. Times each local derivative it goes on to the arguments.`,
    left: arrives(i),
    right: sends(i),
  }),
  end: () => ({
    said: `Done: every leaf has its gradient, the change of ${nodes[loss].name} for a small change of the leaf.`,
    left: [heading("The gradients of the leaves"), leaves(true)],
    right: [heading("And now"), note("Click any node to see why its gradient is what it is. Gradient descent takes a small step of each leaf against its gradient.")],
  }),
};

// Showing.

// What stays as it is costs the browser nothing.
function set(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

function paint() {
  const [phase, hand] = steps[at];
  const now = phase === "forward" || phase === "seed" || phase === "backward" ? hand : null;
  const looked = hovered ?? clicked;
  boxes.forEach((box) => {
    const i = +box.dataset.node;
    const { sums } = nodes[i];
    const arrived = sums.filter(([step]) => step <= at);
    const [, text, tint] = arrived.at(-1) ?? [0, "0.0", 0];
    const gone = phase === "end" || arrived.length > 0;
    const marks = {
      done: computed[i] <= at, hand: i === now, looked: i === looked, sum: gone, partial: arrived.length < sums.length,
      positive: gone && tint > 0, negative: gone && tint < 0, broken: gone && tint === null,
    };
    set(box, "class", ["node", ...Object.keys(marks).filter((mark) => marks[mark])].join(" "));
    set(box, "style", `--depth: ${tint === null ? 1 : Math.abs(tint)}`);
    set(box, "tabindex", i === (looked ?? now ?? loss) ? "0" : "-1");
    set(box, "aria-label", `${nodes[i].name}${marks.done ? `, value ${nodes[i].value}` : ""}${gone ? `, gradient ${text}` : ""}`);
    const shown = find(".grad", box).firstChild;
    if (shown.data !== `grad ${text}`) shown.data = `grad ${text}`;
  });
  closed.forEach((box) => set(box, "class", `group ${now !== null && groupOf[now] === +box.dataset.opens ? "hand" : ""}`));
  nodes.forEach((node, i) => node.args.forEach((edge) => {
    if (!edges.has(edge.edge)) return;
    const flows = (looked === null && phase === "backward" && i === now) || edge.to === looked;
    const mark = flows && edge.sends ? (edge.sends.startsWith("−") ? "down" : "up") : "";
    set(edges.get(edge.edge), "class", ["edge", computed[i] <= at && "done", mark && `flow ${mark}`].filter(Boolean).join(" "));
  }));
  const shown = looked === null ? PHASES[phase](hand) : {
    said: `Looking at ${nodes[looked].name}: where its gradient comes from, and where it goes. Esc returns to the step.`,
    left: arrives(looked),
    right: sends(looked),
  };
  lead.textContent = shown.said;
  left.replaceChildren(...shown.left);
  right.replaceChildren(...shown.right);
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

function go(step) {
  at = Math.max(0, Math.min(steps.length - 1, step));
  clicked = null;
  leave();
  const [phase, hand] = steps[at];
  const [first, count, title] = at < seed ? [0, seed - 1, "Forward"] : [seed, steps.length - 1 - seed, "Backward"];
  place.textContent = `${title}, step ${at - first} of ${count}`;
  slider.value = at;
  slider.setAttribute("aria-valuetext", `${place.textContent}${phase === "start" || phase === "end" ? "" : `: ${nodes[hand].name}`}`);
  for (const [button, off] of [["first", at === 0], ["back", at === 0], ["step", at === steps.length - 1], ["last", at === steps.length - 1]]) {
    find(`[data-go=${button}]`).ariaDisabled = off;
  }
  paint();
  bring(phase === "start" ? 0 : phase === "end" ? 0 : hand);
}

function look(i) {
  stop();
  leave();
  clicked = i;
  if (i !== null && groupOf[i] >= 0) show(groupOf[i]);
  else paint();
  if (i === null) return;
  bring(i);
  boxOf(i).focus({ preventScroll: true }); // what was clicked may be gone
}

function hover(i) {
  clearTimeout(hover.timer);
  hover.timer = setTimeout(() => {
    if (timer !== null || hovered === i) return;
    hovered = i;
    paint();
  }, 120);
}

function leave() {
  clearTimeout(hover.timer);
  hovered = null;
}

function stop() {
  clearInterval(timer);
  timer = null;
  bar.classList.remove("playing");
  play.ariaLabel = "Play";
}

function start() {
  if (at === steps.length - 1) go(0);
  timer = setInterval(() => {
    go(at + 1);
    if (at === steps.length - 1) stop();
  }, Math.max(300, Math.min(1500, 60000 / steps.length)));
  bar.classList.add("playing");
  play.ariaLabel = "Pause";
}

const ACTIONS = {
  first: () => go(0),
  back: () => go(at - 1),
  step: () => go(at + 1),
  last: () => go(steps.length - 1),
};

function act(action) {
  if (action === "play") return timer === null ? start() : stop();
  stop();
  ACTIONS[action]();
}

function show(group) {
  open = group;
  svgs.forEach((one, k) => one.toggleAttribute("hidden", k !== open + 1));
  svg = svgs[open + 1];
  boxes = all("[data-node]", svg);
  closed = all("[data-opens]", svg);
  edges = new Map(all("[data-edge]", svg).map((edge) => [pictures[open + 1].edges[edge.dataset.edge - 1], edge]));
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

// Setting up: the controls appear, and the picture takes part.

const KEYS = { Home: "first", ArrowLeft: "back", ArrowRight: "step", End: "last", " ": "play" };

document.documentElement.classList.add("live");
bar.hidden = panel.hidden = false;
slider.max = steps.length - 1;
slider.style.setProperty("--track", `linear-gradient(to right, var(--line) ${(100 * seed) / slider.max}%, var(--positive) 0)`);
all("[data-node]", picture).forEach((box) => {
  const i = +box.dataset.node;
  const [value, gradient] = all("text", box).slice(-2);
  value.classList.add("data");
  gradient.classList.add("grad");
  value.textContent = minus(value.textContent);
  box.setAttribute("role", "button");
  box.addEventListener("click", () => look(clicked === i ? null : i));
  box.addEventListener("pointermove", () => hover(i)); // an enter also comes where the picture moves under the pointer
  box.addEventListener("pointerleave", () => hover(null));
});
all(".edge text", picture).forEach((text) => (text.textContent = minus(text.textContent)));
svgs.forEach((one, k) => {
  all("[data-group]", one).forEach((box) => {
    box.dataset.opens = pictures[k].groups[box.dataset.group];
    box.setAttribute("role", "button");
    box.setAttribute("tabindex", "0");
    box.setAttribute("aria-label", `Open ${groups[box.dataset.opens][0]}`);
    box.addEventListener("click", () => opens(+box.dataset.opens));
  });
  all("[data-edge]", one).forEach((edge) => edge.classList.toggle("many", !pictures[k].edges[edge.dataset.edge - 1]));
});
close.addEventListener("click", () => opens(-1));
picture.addEventListener("click", ({ target }) => target.closest("[data-node], [data-group]") || look(null));
bar.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) act(button.dataset.go);
});
slider.addEventListener("input", () => {
  stop();
  go(+slider.value);
});
document.addEventListener("keydown", (event) => {
  const box = event.target.closest(".node, .group");
  const onButton = event.target.closest("button");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") look(null);
  else if (box && (event.key === "Enter" || event.key === " ")) box.dispatchEvent(new Event("click", { bubbles: true }));
  else if (KEYS[event.key] && !(onButton && event.key === " ") && !(event.target === slider && event.key !== " ")) act(KEYS[event.key]);
  else return;
  event.preventDefault();
});

function fit() {
  const { width, height } = svg.viewBox.baseVal;
  const whole = Math.min(1, picture.clientWidth / (width * PIXELS), HIGHEST / (height * PIXELS));
  const scale = whole >= SMALLEST ? whole : READABLE;
  svg.style.width = `${width * PIXELS * scale}px`;
  svg.style.height = `${height * PIXELS * scale}px`;
}

show(-1);
addEventListener("resize", fit);
go(0);

// There, the frame becomes as tall as the page, in the notebook's colours, in place of the image.
if (image) {
  const { dataset, classList } = parent.document.body;
  if (dataset.jpThemeLight) document.documentElement.style.colorScheme = dataset.jpThemeLight === "true" ? "light" : "dark";
  if (classList.contains("vscode-dark")) document.documentElement.style.colorScheme = "dark";
  if (classList.contains("vscode-light")) document.documentElement.style.colorScheme = "light";
  image.style.display = "none";
  new ResizeObserver(() => (window.frameElement.style.height = `${find("main").offsetHeight}px`)).observe(find("main"));
}
