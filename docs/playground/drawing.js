// The picture as SVG, with the parts that the page of steps knows: boxes of nodes by their numbers, edges by theirs.

function drawn(tag, attributes, ...content) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

const points = (...x) => x.map((part) => (typeof part === "number" ? +part.toFixed(1) : part)).join(" ");

function edge(found, { path, port }, k) {
  const [start, ...rest] = path.map((i) => found[i]);
  const end = rest.at(-1);
  const tip = [end.x - end.reach, end.y + port];
  let [x, y] = [start.x + start.reach, start.y];
  let line = points("M", x, y);
  for (const item of rest) {
    const [left, down] = item === end ? [tip[0] - 5, tip[1]] : [item.x - item.reach, item.y];
    const half = (left - x) / 2;
    line += points(" C", x + half, y, left - half, down, left, down);
    [x, y] = [item === end ? left : item.x + item.reach, down];
    if (item !== end) line += points(" H", x);
  }
  const arrow = drawn("polygon", { points: points(tip[0] - 6, tip[1] - 2.2, ...tip, tip[0] - 6, tip[1] + 2.2) });
  const label = drawn("text", { x: points(tip[0] - 26), y: points(tip[1] - 2.5) });
  return drawn("g", { class: "edge", "data-edge": k + 1 }, drawn("path", { fill: "none", d: line }), arrow, label);
}

function box({ x, y, width, height, head, text }, { made } = {}, i = 0, last = false) {
  const [left, top] = [x - width / 2, y - height / 2];
  const line = (content, k, attributes = {}) =>
    drawn("text", { x: points(x), y: points(y + (k - 1) * ROW + 3.5), ...attributes }, content);
  if (text !== undefined) return drawn("g", { class: "node constant" }, line(text, 1));
  const corner = made ? 5 : 0;
  const outline = points(
    "M",
    left + corner,
    top,
    "h",
    width - 2 * corner,
    "q",
    corner,
    0,
    corner,
    corner,
    "v",
    height - 2 * corner,
    "q",
    0,
    corner,
    -corner,
    corner,
    "h",
    2 * corner - width,
    "q",
    -corner,
    0,
    -corner,
    -corner,
    "v",
    2 * corner - height,
    "q",
    0,
    -corner,
    corner,
    -corner,
    "z",
  );
  const frame = drawn("path", { d: outline, "stroke-width": made && !last ? 1 : 1.8 });
  return drawn(
    "g",
    { class: "node", "data-node": i },
    frame,
    line(head, 0, { "font-weight": "bold" }),
    line("data ", 1),
    line("grad ", 2),
  );
}

function picturedGraph({ nodes }) {
  const [found, edges] = arranged(nodes);
  const pad = 6;
  const sides = (place, size) =>
    found.flatMap((item) => [item[place] - item[size] / 2, item[place] + item[size] / 2]);
  const [left, right] = [Math.min(...sides("x", "width")), Math.max(...sides("x", "width"))];
  const [top, bottom] = [Math.min(...sides("y", "height")) - 4, Math.max(...sides("y", "height"))];
  const boxes = found.flatMap((item, i) =>
    item.of === undefined ? [box(item, nodes[i], i, i === nodes.length - 1)] : [],
  );
  return drawn(
    "svg",
    {
      viewBox: points(left - pad, top - pad, right - left + 2 * pad, bottom - top + 2 * pad),
      "text-anchor": "middle",
      "font-family": FONT,
      "font-size": SIZE,
    },
    drawn("g", { class: "graph" }, ...edges.map((one, k) => edge(found, one, k)), ...boxes),
  );
}
