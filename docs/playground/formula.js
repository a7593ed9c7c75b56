// Formulas as a kind of number, as formulas.py has them: local derivatives printed from the table are fed with names,
// and give one line of text; products of those the gradients; and gradients that are the difference of two numbers of
// the graph are found by trying.

const LONGEST = 30;
const SUM = "\u0001"; // before terms, which a product puts in parentheses

class Formula {
  constructor(number, over = [], under = [], factor = 1.0) {
    const left = [...under];
    const kept = [...over].reverse().filter((name) => {
      const k = left.lastIndexOf(name);
      if (k >= 0) left.splice(k, 1);
      return k < 0;
    });
    Object.assign(this, { number, factor, over: grouped(kept.reverse()), under: grouped(left) });
  }

  get bare() {
    return !this.over.length && !this.under.length;
  }

  toString() {
    const { factor, over, under } = this;
    if (factor === 1.0 && over.length === 1 && !under.length) return over[0].replace(SUM, "");
    const product = (names) => names.map((name) => (name[0] === SUM ? `(${name.slice(1)})` : name)).join(" · ");
    const size = fabs(factor) === 1.0 && over.length ? [] : [said(fabs(factor)).replace(/\.0$/, "")];
    const bar = under.length > 1 ? `/(${product(under)})` : under.length ? `/${product(under)}` : "";
    return `${factor < 0.0 ? "−" : ""}${product([...size, ...over])}${bar}`;
  }
}

const grouped = (names) => [...new Set(names)].flatMap((name) => names.filter((other) => other === name));
const formula = (x) => (x instanceof Formula ? x : new Formula(x, [], [], x));
const numeric = (...x) => x.every((a) => typeof a === "number");

function plus(a, b) {
  if (numeric(a, b)) return a + b;
  const [left, right] = [a, b].map((x) => String(formula(x)));
  return new Formula(formula(a).number + formula(b).number, [
    SUM + (right[0] === "−" ? `${left} − ${right.slice(1)}` : `${left} + ${right}`),
  ]);
}

function times(a, b) {
  if (numeric(a, b)) return a * b;
  const [x, y] = [a, b].map(formula);
  return new Formula(x.number * y.number, [...x.over, ...y.over], [...x.under, ...y.under], x.factor * y.factor);
}

function over(a, b) {
  if (numeric(a, b)) return a / b;
  const y = formula(b);
  return times(a, new Formula(1.0 / y.number, y.under, y.over, 1.0 / y.factor));
}

const negated = (a) => times(a, -1.0);

function applied(name, ...x) {
  const { form, selects, replaces, places } = operations[name];
  const { value } = OPERATIONS[places[x.length]];
  if (numeric(...x)) return value(...x);
  if (selects) return x[1 + value(formula(x[0]).number, 0, 1)];
  if ([name, replaces].includes("pow") && x[1] === 1.0) return x[0];
  const every = x.map(formula);
  return new Formula(value(...every.map(({ number }) => number)), [plain(form, every.map(String))]);
}

// Of each node the local derivatives, and the gradient where it is short, beside what it reduces to.
function explain(nodes, { values, partials, finals }) {
  const names = nodes.map(({ name }, i) => new Formula(values[i], [name]));
  const terms = nodes.map(() => []);
  const last = nodes.length - 1;
  terms[last].push(new Formula(1.0, [], [], 1.0));
  for (let i = last; i >= 0; i--) {
    const node = nodes[i];
    const known = terms[i].every(Boolean)
      ? [...terms[i]].reverse().reduce((a, b) => (a ? plus(a, b) : b), null)
      : null;
    const short = known !== null && String(known).length <= LONGEST;
    if (short && !known.bare) node.closed = String(known);
    const gradient = short ? known : new Formula(finals[i], [`∂${nodes[last].name}/∂${node.name}`]);
    const local = node.made
      ? FORMULAS[node.run](names[i], ...node.given.map((a) => (typeof a === "string" ? read(a) : names[a])))
      : [];
    node.args.forEach((edge, row) => {
      const k = node.given.flatMap((a, at) => (typeof a === "string" ? [] : [at]))[row];
      if (partials[i][k] === null) return;
      const own = local[k] === null ? null : formula(local[k]);
      const shown = own !== null && String(own).length <= LONGEST ? own : null;
      edge.local = shown && !shown.bare ? String(shown) : "";
      if (node.sums.length) terms[edge.to].push(shown && times(gradient, shown));
    });
  }
  const found = identities(nodes, values);
  found.forEach((identity, i) => {
    if (identity.text !== nodes[i].closed) nodes[i].reduced = identity;
  });
}

// Gradients that are a number of the graph or the difference of two, as identities.py finds them: what agrees to ten
// digits at several random inputs, at all of them, is no coincidence. Leaves that sum to 1 are kept so.
const [POINTS, DIGITS] = [6, 1e-10];

function identities(nodes, values) {
  const groups = distributions(nodes, values);
  const given = groups.map((group) => `${group.map((i) => nodes[i].name).join(" + ")} = 1`).join(" and ");
  const found = new Map();
  for (const [held, condition] of groups.length
    ? [
        [[], ""],
        [groups, given],
      ]
    : [[[], ""]]) {
    for (const [i, identity] of differences(nodes, values, held))
      if (!found.has(i)) found.set(i, { ...identity, given: condition });
  }
  return found;
}

function distributions(nodes, values) {
  const found = new Map();
  for (const { given, sequences } of nodes) {
    if (!given) continue;
    const half = sequences === 2 ? given.length / 2 : given.length;
    for (const part of [given.slice(0, half), given.slice(half)]) {
      const leaves = part.filter((a) => typeof a === "number" && !nodes[a].made);
      const fractions =
        new Set(leaves).size === part.length && part.length >= 2 && leaves.every((i) => values[i] >= 0.0);
      if (fractions && fabs(leaves.reduce((sum, i) => sum + values[i], 0.0) - 1.0) < DIGITS)
        found.set([...leaves].sort().join(), leaves);
    }
  }
  return [...found.values()];
}

// Values and gradients at inputs close to those given.
function tries(nodes, values, groups) {
  let state = 1;
  const chance = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: POINTS }, () => {
    const inputs = nodes.map(({ made }, i) =>
      made ? undefined : values[i] + 0.1 * Math.max(1.0, fabs(values[i])) * (2.0 * chance() - 1.0),
    );
    for (const group of groups) {
      const parts = group.map(() => 0.1 + 0.9 * chance());
      group.forEach((i, k) => (inputs[i] = parts[k] / parts.reduce((a, b) => a + b)));
    }
    const { values: every, partials } = forward(nodes, inputs);
    return { every, gradients: swept(nodes, partials) };
  });
}

const varies = (row) => Math.max(...row) > Math.min(...row);

// The numbers whose differences are tried: those of the graph that depend on inputs, labelled ones first, and
// constants.
function candidates(nodes, runs) {
  const rows = nodes.map((_, i) => runs.map(({ every }) => every[i]));
  const written = nodes.flatMap(({ given }) => (given ?? []).filter((a) => typeof a === "string").map(read));
  const constants = [...new Set([0.0, 1.0, ...written])].sort((a, b) => a - b);
  const varying = [...nodes.keys()]
    .filter((i) => varies(rows[i]))
    .sort((a, b) => nodes[b].labelled - nodes[a].labelled);
  return [
    ...varying.map((i) => ({ term: i, text: nodes[i].name, row: rows[i] })),
    ...constants.map((x) => ({ term: repr(x), text: said(x).replace(/\.0$/, ""), row: rows[0].map(() => x) })),
  ];
}

function differences(nodes, values, groups) {
  const runs = tries(nodes, values, groups);
  const terms = candidates(nodes, runs);
  const found = new Map();
  for (let i = 0; i < nodes.length - 1; i++) {
    const gradient = runs.map(({ gradients }) => gradients[i]);
    if (!gradient.every(Number.isFinite) || !varies(gradient)) continue;
    const off = DIGITS * Math.max(...gradient.map(fabs));
    const fits = (p, q) => gradient.every((g, k) => fabs(p.row[k] - q.row[k] - g) < off);
    for (const p of terms) {
      const q = terms.find((other) => fits(p, other));
      if (!q) continue;
      found.set(i, { text: difference(p.text, q.text), terms: [p.term, q.term] });
      break;
    }
  }
  return found;
}

// The gradients alone.
function swept(nodes, partials) {
  const gradients = nodes.map(() => 0.0);
  gradients[nodes.length - 1] = 1.0;
  for (let i = nodes.length - 1; i >= 0; i--) {
    (nodes[i].given ?? []).forEach((a, k) => {
      if (typeof a === "number" && partials[i][k] !== null) gradients[a] += gradients[i] * partials[i][k];
    });
  }
  return gradients;
}

function difference(a, b) {
  if (b === "0") return a;
  const [sign, size] = b[0] === "−" ? ["+", b.slice(1)] : ["−", b];
  return a === "0" ? `${sign === "+" ? "" : sign}${size}` : `${a} ${sign} ${size}`;
}
