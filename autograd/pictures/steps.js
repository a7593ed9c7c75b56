// Stepping: what is shown at each step, and by what it is chosen.

const [left, right] = all("section");
const [slider, place, play, guess] = ["input", ".place", ".play", ".guessing"].map((selector) => find(selector, bar));

// The step shown, and the node looked at instead of the current one: by a click until the next step, by hovering for a while.
let at = 0;
let clicked = null;
let hovered = null;
let timer = null;

// The step at which each node has its value.
let computed;

// What stays as it is costs the browser nothing.
function set(element, attribute, value) {
  if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
}

function paint(held = null) {
  const [phase, hand] = steps[at];
  const now = phase === "forward" || phase === "seed" || phase === "backward" ? hand : null;
  const looked = hovered ?? clicked;
  const seen = waits() ? at - 1 : at; // what is to be guessed is not there yet
  boxes.forEach((box) => {
    const i = +box.dataset.node;
    const { sums } = nodes[i];
    const arrived = sums.filter(([step]) => step <= seen);
    const [, text, tint] = arrived.at(-1) ?? [0, "0.0", 0];
    const gone = phase === "end" || arrived.length > 0;
    const marks = {
      done: computed[i] <= seen, hand: i === now, looked: i === looked, sum: gone, partial: arrived.length < sums.length,
      positive: gone && tint > 0, negative: gone && tint < 0, broken: gone && tint === null,
    };
    set(box, "class", ["node", ...Object.keys(marks).filter((mark) => marks[mark])].join(" "));
    box.style.setProperty("--depth", tint === null ? 1 : Math.abs(tint));
    set(box.lastElementChild, "tabindex", i === (looked ?? now ?? loss) ? "0" : "-1");
    set(box.lastElementChild, "aria-label", `${nodes[i].full ?? nodes[i].name}${marks.done ? `, value ${nodes[i].value}` : ""}${gone ? `, gradient ${text}` : ""}`);
    fill(find(".grad", box), "grad", text, live?.sums[i][arrived.length - 1]?.[1]);
    fill(find(".data", box), "data", nodes[i].value, live?.values[i]);
  });
  closed.forEach((box) => set(box, "class", `group ${now !== null && groupOf[now] === +box.dataset.opens ? "hand" : ""}`));
  nodes.forEach((node, i) => node.args.forEach((edge) => {
    if (!edges.has(edge.edge)) return;
    const line = edges.get(edge.edge);
    const flows = (looked === null && phase === "backward" && i === now) || edge.to === looked;
    const mark = flows && edge.sends ? (edge.sends.startsWith("−") ? "down" : "up") : "";
    set(line, "class", ["edge", computed[i] <= seen && "done", edge.none && "none", mark && `flow ${mark}`].filter(Boolean).join(" "));
    const label = find("text", line);
    if (label && label.textContent !== (edge.slope ?? "")) label.textContent = edge.slope ?? "";
  }));
  const shown = looked === null ? PHASES[phase](hand) : {
    said: `Looking at ${nodes[looked].full ?? nodes[looked].name}. Esc returns to the step.`,
    left: () => arrives(looked),
    right: () => sends(looked),
  };
  if (lead.textContent !== shown.said) lead.textContent = shown.said;
  for (const [section, content] of [[left, shown.left], [right, shown.right]]) {
    if (section === held) all("[data-final]", section).forEach((text) => (text.textContent = final(+text.dataset.final)));
    else section.replaceChildren(...content()); // which takes the controls of inputs along
  }
}

// Where the step stands among the others.
function measure() {
  const [phase, hand] = steps[at];
  const [first, count, title] = at < seed ? [0, seed - 1, "Forward"] : [seed, steps.length - 1 - seed, "Backward"];
  place.textContent = `${title}, step ${at - first} of ${count}`;
  slider.max = steps.length - 1;
  slider.value = at;
  slider.style.setProperty("--track", `linear-gradient(to right, var(--line) ${(100 * seed) / slider.max}%, var(--positive) 0)`);
  slider.setAttribute("aria-valuetext", `${place.textContent}${phase === "start" || phase === "end" ? "" : `: ${nodes[hand].name}`}`);
  for (const [button, off] of [["first", at === 0], ["back", at === 0], ["step", at === steps.length - 1], ["last", at === steps.length - 1]]) {
    find(`[data-go=${button}]`).ariaDisabled = off;
  }
}

function go(step) {
  at = Math.max(0, Math.min(steps.length - 1, step));
  clicked = null;
  verdict = "";
  leave();
  measure();
  paint();
  const [phase, hand] = steps[at];
  bring(phase === "start" || phase === "end" ? 0 : hand);
  if (asked()) find(".guess input")?.focus({ preventScroll: true });
}

function look(i, keep = null) {
  stop();
  leave();
  clicked = i;
  if (i !== null && groupOf[i] >= 0) show(groupOf[i]);
  else paint();
  if (i === null) return;
  bring(i);
  (keep ?? boxOf(i).lastElementChild).focus({ preventScroll: true }); // what was clicked may be gone
}

// A node under a pointer that moves; the picture may move under one that rests.
function hover(i, event) {
  const rests = event.clientX === hover.x && event.clientY === hover.y;
  [hover.x, hover.y] = [event.clientX, event.clientY];
  if (i !== null && (rests || drag)) return;
  clearTimeout(hover.timer);
  hover.timer = setTimeout(() => {
    if (timer !== null || hovered === i || (i === null && hovered === null)) return;
    hovered = i;
    if (i !== null && document.activeElement === document.body) window.focus(); // in a notebook keys go to the cell until then
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
    if (waits()) return stop();
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

// Setting up: the controls appear, and the picture takes part.

// Of a box the button: what lies over it.
function pressed(box, label) {
  const over = find("path, polygon, ellipse, circle, rect", box).cloneNode();
  for (const [name, value] of [["class", "over"], ["role", "button"], ["tabindex", "0"], ["aria-label", label]]) over.setAttribute(name, value);
  all("text", box).forEach((text) => text.setAttribute("aria-hidden", "true"));
  box.append(over);
}

const KEYS = { Home: "first", ArrowLeft: "back", ArrowRight: "step", End: "last", " ": "play" };

document.documentElement.classList.add("live");
bar.hidden = panel.hidden = find(".under").hidden = false;

// Begin with a graph whose pictures are there, at one of its steps.
function begin(data, step = () => 0) {
  stop();
  page = data;
  ({ nodes, groups, pictures, steps } = page);
  loss = nodes.length - 1;
  seed = steps.findIndex(([phase]) => phase === "seed");
  computed = nodes.map((node) => (node.made ? null : 0));
  steps.forEach(([phase, i], k) => {
    if (phase === "forward") computed[i] = k;
  });
  groupOf = nodes.map((_, i) => groups.findIndex(([, members]) => members.includes(i)));
  svgs = all(":scope > svg", picture);
  known.clear();
  expose();
  prepare();
  clicked = null;
  at = step();
  show(-1);
  go(at);
}

// The pictures take part.
function prepare() {
  all("[data-node]", picture).forEach((box) => {
    const i = +box.dataset.node;
    const [value, gradient] = all("text", box).slice(-2);
    value.classList.add("data");
    gradient.classList.add("grad");
    for (const text of [value, gradient]) text.textContent = minus(text.textContent.replaceAll("\u00a0", ""));
    pressed(box, nodes[i].name);
    box.addEventListener("click", () => look(clicked === i ? null : i));
    box.addEventListener("pointermove", (event) => hover(i, event));
    box.addEventListener("pointerleave", (event) => hover(null, event));
  });
  all(".edge text", picture).forEach((text) => (text.textContent = minus(text.textContent.trim())));
  svgs.forEach((one, k) => {
    all("[data-group]", one).forEach((box) => {
      const group = pictures[k].groups[box.dataset.group];
      box.dataset.opens = group;
      pressed(box, `${pictures.some((one) => one.open === group) ? "Open " : ""}${groups[group][0]}`);
      box.addEventListener("click", () => opens(group));
    });
    all("[data-edge]", one).forEach((edge) => edge.classList.toggle("many", !pictures[k].edges[edge.dataset.edge - 1]));
  });
}
close.addEventListener("click", () => opens(-1));
picture.addEventListener("click", ({ target }) => target.closest("[data-node], [data-group]") || look(null));
bar.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-go]");
  if (button) act(button.dataset.go);
});
guess.addEventListener("click", () => {
  stop();
  guessing = !guessing;
  guess.ariaPressed = String(guessing);
  known.clear();
  go(at);
});
slider.addEventListener("input", () => {
  stop();
  go(+slider.value);
});
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const box = target.closest(".node, .group");
  const typing = target.closest("input:not(.bar input), textarea");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === "Escape") {
    if (typing) picture.focus({ preventScroll: true });
    look(null);
  } else if (typing) return;
  else if (box && (key === "Enter" || key === " ")) box.dispatchEvent(new Event("click", { bubbles: true }));
  else if (KEYS[key] && !(target.closest("button") && key === " ") && !(target === slider && key !== " ")) act(KEYS[key]);
  else if (key === "+" || key === "=") zoomed(1.25);
  else if (key === "-") zoomed(0.8);
  else if (key === "0") zoomed(null);
  else if (key === "/") find("input", tools).focus();
  else return;
  event.preventDefault();
});
new ResizeObserver(() => svg && fit()).observe(picture);
