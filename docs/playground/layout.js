// The picture of a graph from left to right, in the unit and with the parts of those that Graphviz lays out for the
// page of steps: columns by the longest way to the result's side, rows where edges cross little and run straight.

const FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif";
const [SIZE, ROW, MARGIN, GAP, APART, PORT] = [10, 11.5, 5, 52, 9, 12];
const SWEEPS = 12;
const FAR = 1000; // what a port counts for beside a row
const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text) {
  ruler.font = `${SIZE}px ${FONT}`;
  return ruler.measureText(text).width;
}

// What stands in the picture: each node; for an edge beyond the next column a point in each column between, shared by
// the edges from one node; and each constant before its operation.
function items(nodes) {
  const column = columns(nodes);
  const found = nodes.map((node, i) => boxed(node, column[i]));
  const edges = [];
  nodes.forEach(({ given = [] }, i) =>
    given.forEach((a, k) => {
      const port = (k - (given.length - 1) / 2) * PORT;
      if (typeof a === "string") {
        const text = said(read(a));
        found.push({ column: column[i] - 1, width: widthOf(text) + 2 * MARGIN, height: ROW + 2, text });
        edges.push({ path: [found.length - 1, i], port });
      } else edges.push({ path: [...passing(found, a, column[i]), i], port });
    }),
  );
  const first = Math.min(...found.map((item) => item.column));
  for (const item of found) item.column -= first;
  return [found, edges];
}

function passing(found, a, end) {
  const path = [a];
  for (let column = found[a].column + 1; column < end; column++) {
    const there = found.findIndex((item) => item.of === a && item.column === column);
    if (there < 0) found.push({ of: a, column, width: 0, height: 2 });
    path.push(there < 0 ? found.length - 1 : there);
  }
  return path;
}

function boxed({ name, op, value, sums, given = [] }, column) {
  const head = [op, name].filter(Boolean).join("  ");
  const width =
    Math.max(...[head, `data ${value}`, `grad ${sums.at(-1)?.[1] ?? ""}`, "grad −0.0000"].map(widthOf)) +
    2 * MARGIN +
    4;
  return { column, width, height: Math.max(3 * ROW + 2 * MARGIN, given.length * PORT + 2), head };
}

// As far to the left as arguments allow; then what has more uses than arguments stands close to the first of them.
function columns(nodes) {
  const column = [];
  nodes.forEach(
    ({ given = [] }, i) =>
      (column[i] = Math.max(0, ...given.map((a) => (typeof a === "string" ? 0 : column[a]) + 1))),
  );
  for (let i = nodes.length - 2; i >= 0; i--) {
    const users = new Set(nodes[i].uses.map(([user]) => user));
    if (users.size >= nodes[i].args.length)
      column[i] = Math.max(column[i], Math.min(...[...users].map((user) => column[user])) - 1);
  }
  return column;
}

// The rows: of each column its items in order, by the mean of what they are joined to, as long as fewer edges cross.
function rows(found, joined) {
  let order = [];
  found.forEach((item, i) => (order[item.column] ??= []).push(i));
  const place = [];
  const placed = () => order.forEach((column) => column.forEach((i, k) => (place[i] = k - (column.length - 1) / 2)));
  placed();
  let best = { order: order.map((column) => [...column]), count: crossings(order, joined, place) };
  for (let sweep = 0; sweep < SWEEPS && best.count; sweep++) {
    const forwards = sweep % 2 === 0;
    for (const column of forwards ? order : [...order].reverse()) {
      const towards = new Map(
        column.map((i) => [
          i,
          mean(
            joined[i][forwards ? "left" : "right"].map(({ other, by }) => place[other] + by / FAR),
            place[i],
          ),
        ]),
      );
      column.sort((a, b) => towards.get(a) - towards.get(b));
      column.forEach((i, k) => (place[i] = k - (column.length - 1) / 2));
    }
    const count = crossings(order, joined, place);
    if (count < best.count) best = { order: order.map((column) => [...column]), count };
  }
  return best.order;
}

const mean = (x, otherwise) => (x.length ? x.reduce((a, b) => a + b) / x.length : otherwise);

function crossings(order, joined, place) {
  let count = 0;
  for (const column of order) {
    const pairs = column.flatMap((i) => joined[i].right.map(({ other, by }) => [place[i], place[other] + by / FAR]));
    for (const [a, b] of pairs) for (const [c, d] of pairs) count += a < c && b > d;
  }
  return count;
}

// The places nearest to those wanted, in this order, each at least so far from the one before: neighbours that press
// on each other move as one.
function spread(wanted, weights, apart) {
  const blocks = [];
  let offset = 0;
  const offsets = wanted.map((_, i) => (offset += i ? apart[i] : 0));
  wanted.forEach((y, i) => {
    blocks.push({ sum: (y - offsets[i]) * weights[i], weight: weights[i], count: 1 });
    while (blocks.length > 1 && blocks.at(-2).sum / blocks.at(-2).weight > blocks.at(-1).sum / blocks.at(-1).weight) {
      const last = blocks.pop();
      for (const part of ["sum", "weight", "count"]) blocks.at(-1)[part] += last[part];
    }
  });
  return blocks.flatMap(({ sum, weight, count }) => Array(count).fill(sum / weight)).map((y, i) => y + offsets[i]);
}

// Where everything stands.
function arranged(nodes) {
  const [found, edges] = items(nodes);
  const joined = found.map(() => ({ left: [], right: [] }));
  for (const { path, port } of edges) {
    path.slice(1).forEach((to, k) => {
      const [from, at] = [path[k], k === path.length - 2 ? port : 0];
      const weight = (found[from].of === undefined ? 1 : 3) * (found[to].of === undefined ? 1 : 3);
      joined[from].right.push({ other: to, by: at, weight });
      joined[to].left.push({ other: from, by: -at, weight });
    });
  }
  const order = rows(found, joined);
  for (const column of order) {
    let y = 0;
    for (const i of column) found[i].y = y += found[i].height + APART;
  }
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
    const sides = [["left"], ["right"], ["left", "right"]][sweep > 2 * SWEEPS - 4 ? 2 : sweep % 2];
    for (const column of sides[0] === "right" ? [...order].reverse() : order) {
      const pulls = column.map((i) => sides.flatMap((side) => joined[i][side]));
      const total = pulls.map((every) => every.reduce((sum, { weight }) => sum + weight, 0));
      const wanted = pulls.map((every, k) =>
        total[k]
          ? every.reduce((sum, { other, by, weight }) => sum + weight * (found[other].y + by), 0) / total[k]
          : found[column[k]].y,
      );
      const apart = column.map((i, k) => (k ? (found[i].height + found[column[k - 1]].height) / 2 + APART : 0));
      spread(
        wanted,
        total.map((x) => x || 0.01),
        apart,
      ).forEach((y, k) => (found[column[k]].y = y));
    }
  }
  let x = 0;
  for (const column of order) {
    const width = Math.max(...column.map((i) => found[i].width));
    for (const i of column)
      Object.assign(found[i], {
        x: x + width / 2,
        reach: found[i].of === undefined ? found[i].width / 2 : width / 2,
      });
    x += width + GAP;
  }
  return [found, edges];
}
