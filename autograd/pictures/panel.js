// What the page says: of each phase a sentence, where things come from, and where they go.

// The graph that is shown, and its steps: `begin` sets them.
let page, nodes, groups, pictures, steps, loss, seed;

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const final = (i) => nodes[i].sums.at(-1)?.[1] ?? "0.0";

// Text.

function make(tag, attributes, ...content) {
  const { data, ...properties } = attributes;
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(data ?? {})) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

const bracketed = (number) => (number.startsWith("−") ? `(${number})` : number);
const derivative = (above, below) => `∂${nodes[above].name}/∂${nodes[below].name}`;
const gradient = (i) => derivative(loss, i);
const math = (...content) => make("p", { className: "math" }, ...content);
const note = (...content) => make("p", {}, ...content);
const heading = (...content) => make("h2", {}, ...content);
const bold = (text) => make("b", {}, text);
const ends = (i) => make("b", { data: { "data-final": i } }, final(i));
const listed = (texts) => (texts.length > 4 ? `${texts.slice(0, 3).join(", ")} and ${texts.length - 3} more` : texts.join(texts.length === 2 ? " and " : ", "));

function name(i) {
  const { name, full, op } = nodes[i];
  return make("button", { type: "button", className: "name", title: `Look at ${full ?? name}${op && ` (${op})`}`, onclick: () => look(i) }, name);
}

// Each row is a line of pieces that wraps where it has to.
function table(head, rows) {
  const cells = (tag) => (row) => make("tr", { className: row.className ?? "" }, ...row.map((cell, k) => make(cell === "" ? "td" : tag, { data: { "data-head": head[k] ?? "" } }, cell)));
  return make("table", {}, make("thead", {}, cells("th")(head)), make("tbody", {}, ...rows.map(cells("td"))));
}

// What is to be guessed is not said yet.
const hidden = (text) => (waits() ? "?" : text);

// What the panel says of a node.

function value(i) {
  const { made, value: number, with: numbers } = nodes[i];
  return made ? [math(bold(nodes[i].name), ` = ${made}`), math(` = ${numbers} = `, bold(hidden(number)))] : [math(bold(nodes[i].name), ` = ${number}`)];
}

// The gradient as a formula: as the chain rule writes it, and as it reduces, where these are known and still hold.
function formulas(i) {
  const { closed, reduced } = nodes[i];
  const shown = closed ? [math(`${gradient(i)} = ${closed} = `, ends(i))] : [];
  if (reduced && !reduced.off) shown.push(math(bold(`${gradient(i)} = ${reduced.text}`), " = ", ends(i)), ...(reduced.given ? [note(`since ${reduced.given}`)] : []));
  return shown;
}

function arrives(i) {
  const node = nodes[i];
  const title = heading(`What arrives at ${node.name}: ${gradient(i)}`);
  if (i === loss) return [title, math(gradient(i), " = ", bold("1.0")), note(`A change of ${node.name} is that change of ${node.name}: the seed.`)];
  const taken = node.uses.map(([u, k]) => ({ u, edge: nodes[u].args[k] })).filter(({ edge }) => edge.sends);
  if (!taken.length) return [title, math(gradient(i), " = ", bold("0.0")), note(`Nothing arrives: ${nodes[loss].name} does not change with it.`)];
  const rows = taken.map(({ u, edge }) => [
    name(u), `${gradient(u)} · ${derivative(u, i)}`, `= ${bracketed(final(u))} · ${bracketed(edge.slope)}`, "=", bold(edge.sends),
  ]);
  const why = taken.length === 1
    ? `${node.name} is used once, so there is one way to ${nodes[loss].name}, and one product:`
    : `A change of ${node.name} reaches ${nodes[loss].name} in ${taken.length} ways. Their effects add up, so the products do:`;
  if (taken.length > 1) rows.push(Object.assign(["Σ", gradient(i), "", "=", bold(final(i))], { className: "total" }));
  return [title, note(why), table(["from", "chain rule", "", "", ""], rows), ...formulas(i)];
}

function sends(i) {
  const node = nodes[i];
  if (!node.made) return [heading(`${node.name} is a leaf`), ...(page.fixed ? value(i) : [note(control(i))]), note("Nothing lies behind it: its gradient is a result."), ...about()];
  const reached = node.sums.length > 0;
  const rows = node.args.map((edge) => {
    const local = `${derivative(i, edge.to)} = ${edge.local && `${edge.local} = `}${edge.slope}`;
    if (edge.none || !reached) return [name(edge.to), edge.none ? `${edge.none}: sends nothing` : local, "", ""];
    const sum = edge.before ? `${edge.before} + ${bracketed(hidden(edge.sends))} = ` : "";
    const product = make("span", {}, `${bracketed(final(i))} · ${bracketed(edge.slope)} = `, bold(hidden(edge.sends)));
    return [name(edge.to), local, product, make("span", {}, sum, bold(hidden(edge.after)))];
  });
  const title = heading(`What ${node.name} = ${node.made} sends to its arguments`);
  return [title, rows.length ? table(["to", "local derivative", "sends", "sum there so far"], rows) : note("Its arguments are constants."), ...decided(i)];
}

function keeps(i) {
  const rows = nodes[i].args.map((edge) => [name(edge.to), derivative(i, edge.to), edge.none ? `${edge.none}: none` : `= ${edge.local && `${edge.local} = `}`, edge.none ? "" : bold(hidden(edge.slope))]);
  return [heading("Its local derivatives, kept for the way back"), rows.length ? table(["argument", "local derivative", "", ""], rows) : note("Its arguments are constants."), ...decided(i)];
}

// What a graph does not hold is what Python decided on the way.
const decided = (i) => (nodes[i].decided ? [note("Its condition was decided in Python, as in where(x > 0, …): other inputs do not change it here.")] : []);
const about = () => [note(page.fixed || page.about || "Other inputs run both passes again. What Python decided on the way, in an if or a comparison, stays as it was recorded.")];

function leaves(backward) {
  const rows = nodes.flatMap((node, i) => {
    if (node.made) return [];
    const last = node.reduced && !node.reduced.off ? `= ${node.reduced.text}` : node.closed && `= ${node.closed}`;
    const gradients = backward ? [ends(i), make("span", { data: { "data-formula": i } }, last), make("span", {}, last.includes("∂") || last === `= ${node.closed}` ? "" : node.closed && `= ${node.closed}`)] : [];
    return [[name(i), page.fixed ? node.value : control(i), ...gradients]];
  });
  return table(backward ? ["leaf", "value", "gradient", "", ""] : ["leaf", "value"], rows);
}

// What reduced gradients of leaves rest on.
function conditions() {
  const given = nodes.flatMap(({ made, reduced }) => (!made && reduced?.given && !reduced.off ? [reduced.given] : []));
  return [...new Set(given)].map((condition) => note(`The differences hold since ${condition}.`));
}

const PHASES = {
  start: () => ({
    said: `${page.note ? `${page.note} ` : ""}The leaves hold their values. Forward, each operation computes its own; backward, each sends its gradient on.`,
    left: () => [heading("The leaves"), leaves(false)],
    right: () => [
      heading("How to look around"),
      note("Step with the arrow keys or the bar, play with the space bar. Click any node, or hover over it, for its own chain rule; Esc returns to the step."),
      ...(pictures.length > 1 ? [note("A box of many nodes opens with a click.")] : []),
      note("Squares are leaves, rounded boxes operations. Blue gradients are positive, orange ones negative. The number on an edge is the local derivative."),
      note("Drag the picture to move it; + and − make it larger and smaller, / finds a node. With “Guess” each number waits until you have tried it."),
      ...about(),
    ],
  }),
  forward: (i) => ({
    said: `Forward: ${nodes[i].name} and its local derivatives are computed.`,
    left: () => [heading(`The value of ${nodes[i].name}`), ...value(i), ...question(i)],
    right: () => keeps(i),
  }),
  seed: (i) => ({
    said: `Backward starts at ${nodes[i].name}: the gradient of the result by itself is 1.`,
    left: () => arrives(i),
    right: () => [heading("Why backward"), note("A node can pass its gradient on once all that use it have sent their share. So the order is the forward one, reversed.")],
  }),
  backward: (i) => ({
    said: `Backward: ${gradient(i)} = ${final(i)} is complete, and goes on to the arguments.`,
    left: () => arrives(i),
    right: () => [...sends(i), ...question(i)],
  }),
  end: () => ({
    said: "Done: every leaf has its gradient.",
    left: () => [heading("The gradients of the leaves"), leaves(true), ...conditions()],
    right: () => [
      heading("And now"),
      note(`A gradient is the change of ${nodes[loss].name} for a small change of the leaf, divided by it.`),
      note("Click any node to see why its gradient is what it is. Gradient descent takes a small step of each leaf against its gradient."),
      ...about(),
    ],
  }),
};

// Predict, then reveal.

let guessing = false;
const known = new Set();
let verdict = "";

// The text of the number that is to be guessed at this step, if one is.
function sought() {
  const [phase, i] = steps[at];
  if (phase === "forward") return { what: `${nodes[i].name} =`, text: nodes[i].value };
  const edge = phase === "backward" && nodes[i].args.find(({ sends }) => sends);
  return edge ? { what: `${nodes[i].name} sends to ${nodes[edge.to].name}:`, text: edge.sends } : null;
}

const waits = () => guessing && !known.has(at) && sought() !== null;
const asked = () => waits() && (hovered ?? clicked) === null;

function question() {
  if (!asked()) return verdict ? [make("p", { className: "verdict" }, verdict)] : [];
  const { what, text } = sought();
  const field = make("input", { type: "text", className: "number", inputMode: "decimal", ariaLabel: `Your guess: ${what}`, autocomplete: "off" });
  const reveal = (words) => {
    known.add(at);
    verdict = words;
    paint();
    document.activeElement === document.body && find(".picture").focus({ preventScroll: true });
  };
  const check = (event) => {
    event.preventDefault();
    const [guess, right] = [field.value, text].map(typed);
    if (field.value.trim() === "" || isnan(guess)) return field.focus();
    const close = guess === right || fabs(guess - right) <= 0.01 * fabs(right) + 1e-4 || (isnan(right) && isnan(guess));
    reveal(close ? `Right: it is ${text}.` : `It is ${text}, not ${minus(field.value.trim())}.`);
  };
  return [make("form", { className: "guess", onsubmit: check }, make("label", {}, `${what} `, field), make("button", { type: "submit" }, "Check"),
    make("button", { type: "button", onclick: () => reveal(`It is ${text}.`) }, "Show"))];
}

// A number as a person types it.
const typed = (text) => (text.trim() === "" ? NAN : read(text.trim().replaceAll("−", "-").replace(",", ".")));
