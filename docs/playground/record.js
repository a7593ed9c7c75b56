// Recording: what the text computes becomes a graph, as in Python, and the graph what the page of steps shows of it.

const { examples, operations: rowsByName } = JSON.parse(find("script[type='application/json']").textContent);
const operations = Object.assign(Object.create(null), rowsByName); // so that a name such as constructor finds nothing
for (const row of Object.values(operations)) for (const alias of row.aliases) operations[alias] ??= row;
const MOST_NODES = 200;
const CONSTANTS = new Map([
  ["pi", Math.PI],
  ["inf", Infinity],
  ["nan", NaN],
]);
const OF_SIGN = Object.fromEntries(
  Object.entries(operations).flatMap(([name, { label, replaces }]) =>
    /^\W+$/.test(label) && !replaces ? [[label, name]] : [],
  ),
);
const SWAPPED = { ">": "<", ">=": "<=" };

// A node of the graph; of a leaf also its number, and where it stands in the text, if it does.
class GraphNode {
  constructor(op, args, leaf = {}) {
    Object.assign(this, { op, args, label: "", ...leaf });
  }
}
let made = 0; // nodes of this recording

// The names known so far. One that has no value yet is an input, too.
class Names {
  constructor(values = new Map(), free = new Map()) {
    Object.assign(this, { values, free });
  }

  with(name, value) {
    return new Names(new Map(this.values).set(name, value), this.free);
  }

  get(name, line) {
    if (this.values.has(name)) return this.values.get(name);
    if (CONSTANTS.has(name)) return CONSTANTS.get(name);
    if (operations[name]) reject(line, `${name} is an operation: write ${name}(…) with its arguments.`);
    if (!this.free.has(name)) this.free.set(name, new GraphNode(null, [], { label: name, number: 1.0 }));
    return this.free.get(name);
  }

  // What has methods: not a name such as np, which an input would be, too.
  require(name, call, line) {
    if (name && !this.values.has(name))
      reject(line, `${name} has no value on a line before this: write ${call} by itself, or ${name} = 1.0 first.`);
  }

  // A number that stands alone, or in a list that stands alone, is an input; what is computed gets the name.
  assign(name, { run, literal, items }) {
    const leaf = ({ x, start, end }, label) => new GraphNode(null, [], { label, number: x, start, end });
    const of = (part, label) => named(part.literal ? leaf(part.literal, label) : part.run(this), label);
    this.values.set(
      name,
      literal
        ? leaf(literal, name)
        : items
          ? items.map((part, i) => of(part, `${name}[${i}]`))
          : named(run(this), name),
    );
  }
}

function named(x, name) {
  if (Array.isArray(x)) x.forEach((part, i) => named(part, `${name}[${i}]`));
  else if (x instanceof GraphNode && !x.label) x.label = name;
  return x;
}

// Applying operations.

const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

function operate(sign, x, line) {
  if (sign === "!=") return apply("sub", [1.0, operate("==", x, line)], line);
  return sign in SWAPPED ? operate(SWAPPED[sign], [...x].reverse(), line) : apply(OF_SIGN[sign], x, line);
}

function entries(x, line) {
  if (!Array.isArray(x)) reject(line, "a list was expected, as in [1.0, 2.0].");
  return x;
}

function entry(list, index, line) {
  const which = index instanceof GraphNode ? "that depends on an input" : repr(index).replace(/\.0$/, "");
  const place = index < 0 ? index + entries(list, line).length : index;
  if (entries(list, line)[place] === undefined)
    reject(
      line,
      `a list of ${list.length} has no entry ${which}: its first is 0.`,
    );
  return list[place];
}

// The arguments as one row, checked as in Python.
function flattened(name, x, line) {
  const { arity, sequences, defaults } = operations[name];
  if (sequences) {
    if (x.length !== sequences)
      reject(
        line,
        `${name} takes ${counted(sequences, "list")}, got ${counted(x.length, "argument")}: put the numbers in brackets.`,
      );
    const lengths = new Set(x.map((part) => entries(part, line).length));
    if (lengths.size > 1)
      reject(line, `${name} takes lists of equal length, got lengths ${[...lengths].join(" and ")}.`);
    return x.flat();
  }
  const row =
    arity === null && x.length === 1 && Array.isArray(x[0])
      ? x[0]
      : [...x, ...defaults.slice(x.length - arity + defaults.length)];
  if (arity !== null && row.length !== arity)
    reject(line, `${name} takes ${counted(arity, "argument")}, got ${x.length}.`);
  return row;
}

function apply(name, x, line) {
  const known = operations[name];
  if (!known || known.replaces) reject(line, unnamed(name));
  const row = flattened(known.name, x, line);
  if (row.some(Array.isArray))
    reject(line, `${known.label} takes numbers, not a list: write [… for x in z] to do so for each entry x of z.`);
  const place =
    known.places[row.length] ??
    reject(line, `${name} takes 1 to ${known.places.length - 1} numbers on this page, got ${row.length}.`);
  if (!row.some((a) => a instanceof GraphNode)) return OPERATIONS[place].value(...row);
  if (++made > MOST_NODES)
    reject(line, `the graph has more than ${MOST_NODES} operations, which is too much for this page.`);
  return new GraphNode(operations[typeof row.at(-1) === "number" ? (known.constant ?? known.name) : known.name], row);
}

function unnamed(name) {
  const [meant] = Object.entries(operations).find(([, { label }]) => label === name) ?? [];
  const sought = name.toLowerCase();
  if (name === "Value") return "inputs are written without Value here, as in x = 2.0.";
  const near =
    meant ??
    Object.keys(operations).find((own) => sought.length > 1 && (own.startsWith(sought) || sought.startsWith(own)));
  return `there is no operation ${name}${near ? `; there is ${near}` : ": the site's page on operations names them all"}.`;
}

// The graph.

// As autograd.order has it.
function order(root) {
  const [seen, found, stack] = [new Set(), [], [root]];
  while (stack.length) {
    const node = stack.pop();
    if (node === null) found.push(stack.pop());
    else if (!seen.has(node)) {
      seen.add(node);
      if (!node.op) found.push(node);
      else stack.push(node, null, ...[...node.args].reverse().filter((a) => a instanceof GraphNode && !seen.has(a)));
    }
  }
  return found;
}

// The graph of the last line.
function record(text) {
  const names = new Names();
  const statements = new Parser(text).statements();
  let result = null;
  made = 0;
  for (const { target, value } of statements) {
    if (target) names.assign(target, value);
    result = target ? names.values.get(target) : value.run(names);
  }
  const line = statements.at(-1)?.line ?? 1;
  if (Array.isArray(result))
    reject(line, "the last line gives a list, expected the one number to differentiate, as in sum(…).");
  if (!result?.op) reject(line, "the last line is to compute something from inputs, as in x = 2.0 and then x**2.");
  return order(result);
}
