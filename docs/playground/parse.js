// The text of the playground: assignments and expressions as Python writes them. Nothing in it is run as a script: it
// becomes functions that record the operations when they are called with the names known so far.

class Rejected extends Error {}

function reject(line, sentence) {
  throw new Rejected(`Line ${line}: ${sentence}`);
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>[ \t\r\f\u00a0]+|#[^\n]*|\\\n)`,
    String.raw`(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)`,
    String.raw`(?<name>[\p{L}_][\p{L}\p{M}\p{N}_]*)`,
    String.raw`(?<sign>(?:\*\*|\/\/|[-+*/%])=|\*\*|\/\/|[<>=!]=|[-+*/%()[\],=<>.−·×])`,
    String.raw`(?<end>[\n;])`,
    String.raw`(?<other>.)`,
  ].join("|"),
  "suy",
);
const COPIED = new Map([
  ["−", "-"],
  ["·", "*"],
  ["×", "*"],
]); // signs that come with a formula from elsewhere
const KEYWORDS = new Set(
  `and as assert async await break class continue def del elif else except finally for from global if import in is lambda
  nonlocal not or pass
  raise return try while with yield True False None`.split(/\s+/),
);
const meaningless = (text) => `“${text}” has no meaning here: write names, numbers and Python's signs.`;
const unknown = (word) =>
  `“${word}” is not known here: write assignments and expressions, and where(condition, a, b) for a choice.`;

function tokens(text) {
  const found = [];
  let [at, line, depth] = [0, 1, 0];
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [kind, own] = Object.entries(TOKEN.exec(text).groups).find(([, part]) => part !== undefined);
    if (kind === "sign") depth += "([".includes(own) - ")]".includes(own);
    if (kind !== "space" && (own !== "\n" || depth <= 0))
      found.push({ kind, text: COPIED.get(own) ?? own, start: at, end: TOKEN.lastIndex, line });
    if (own.includes("\n")) line++;
    at = TOKEN.lastIndex;
  }
  return [...found, { kind: "last", text: "", start: at, end: at, line }];
}

// How tightly signs bind, as in Python: a power more tightly than the sign before it, not than the one after it.
const BINDS = {
  "<": 1,
  "<=": 1,
  ">": 1,
  ">=": 1,
  "==": 1,
  "!=": 1,
  "+": 2,
  "-": 2,
  "*": 3,
  "/": 3,
  "//": 3,
  "%": 3,
  "**": 5,
};
const [COMPARED, SIGNED, POWER] = [1, 4, 5];

// Each part is read into what computes it, `run`, and what else is to be known of it: a literal number, the entries
// of a list, a name.
class Parser {
  constructor(text) {
    this.tokens = tokens(text);
    this.at = 0;
  }

  get next() {
    return this.tokens[this.at];
  }

  get before() {
    return this.tokens[this.at - 1];
  }

  is(...texts) {
    return this.next.kind === "sign" && texts.includes(this.next.text);
  }

  ends() {
    return this.next.kind === "end" || this.next.kind === "last";
  }

  take() {
    return this.tokens[this.at++];
  }

  expect(text, where) {
    if (!this.is(text)) reject(this.next.line, `${this.found()} stands where “${text}” was expected, ${where}.`);
    return this.take();
  }

  found() {
    return this.ends() ? "the end of the line" : `“${this.next.text}”`;
  }

  // The statements, each with its value and the name that it assigns, if it does.
  statements() {
    const found = [];
    for (;;) {
      while (this.next.kind === "end") this.take();
      if (this.next.kind === "last") return found;
      found.push(this.statement());
      if (!this.ends()) reject(this.next.line, this.unexpected());
    }
  }

  statement() {
    const { line } = this.next;
    const left = this.expression();
    const { kind, text: sign } = this.next;
    if (kind !== "sign" || sign in BINDS || !sign.endsWith("=")) return { line, target: null, value: left };
    if (!left.named) reject(line, "only a name can be given a value, as in y = x**2.");
    this.take();
    const right = this.expression();
    if (this.is("="))
      reject(line, "one line gives a value to one name: write y = 2.0, and z = y on a line of its own.");
    const changed = { run: (names) => operate(sign.slice(0, -1), [left.run(names), right.run(names)], line) };
    return { line, target: left.named, value: sign === "=" ? right : changed };
  }

  unexpected() {
    const { before, next } = this;
    if (KEYWORDS.has(next.text)) return unknown(next.text);
    if (next.kind === "other") return meaningless(next.text);
    if (operations[before.text])
      return `“${next.text}” follows ${before.text} without a parenthesis: write ${before.text}(${next.text}…).`;
    const product = before.kind === "number" && (next.kind === "name" || this.is("("));
    if (product) {
      const second = next.text === "(" ? "(…)" : next.text;
      return `“${next.text}” follows ${before.text} without a sign: a product is written ${before.text} * ${second}.`;
    }
    return `“${next.text}” was not expected after “${before.text}”: write a sign between the two, or begin a new line.`;
  }

  expression(least = COMPARED) {
    let left = this.operand();
    for (;;) {
      const { text: sign, kind, line } = this.next;
      const binds = kind === "sign" ? BINDS[sign] : undefined;
      if (binds === undefined || binds < least) return left;
      this.take();
      const [a, b] = [left, this.expression(binds === POWER ? SIGNED : binds + 1)];
      if (binds === COMPARED && this.next.kind === "sign" && BINDS[this.next.text] === COMPARED)
        reject(line, "comparisons come one at a time: write (a < b) * (b < c).");
      left = { run: (names) => operate(sign, [a.run(names), b.run(names)], line) };
    }
  }

  operand() {
    if (!this.is("-", "+")) return this.postfix(this.primary());
    const { text: sign, start, line } = this.take();
    const x = this.expression(SIGNED);
    const run = (names) => (sign === "-" ? apply("neg", [x.run(names)], line) : x.run(names));
    return { run, literal: x.literal && { x: sign === "-" ? -x.literal.x : x.literal.x, start, end: x.literal.end } };
  }

  primary() {
    const { kind, text, line, start, end } = this.take();
    if (kind === "number") {
      const x = Number(text.replaceAll("_", ""));
      return { run: () => x, literal: { x, start, end } };
    }
    if (kind === "name" && !KEYWORDS.has(text)) {
      if (this.is("(")) return this.call(text, line, []);
      const isNumber = text === "inf" || text === "nan"; // as a field may have left it in the text
      return {
        run: (names) => names.get(text, line),
        named: text,
        literal: isNumber ? { x: read(text), start, end } : undefined,
      };
    }
    if (kind === "sign" && text === "(") {
      const { run } = this.expression();
      this.expect(")", "since a parenthesis is open");
      return { run };
    }
    if (kind === "sign" && text === "[") return this.list(line);
    this.at--;
    if (kind === "other") reject(line, meaningless(text));
    return reject(
      line,
      KEYWORDS.has(text) ? unknown(text) : `${this.found()} stands where a number, a name or “(” was expected.`,
    );
  }

  postfix(value) {
    let x = value;
    for (;;) {
      const { line } = this.next;
      const base = x;
      if (this.is("[")) {
        this.take();
        const index = this.expression();
        this.expect("]", "since a bracket is open");
        x = { run: (names) => entry(base.run(names), index.run(names), line) };
      } else if (this.is(".") && this.tokens[this.at + 1].kind === "name") {
        this.take();
        const { text } = this.take();
        if (!this.is("(")) reject(line, `“.${text}” is not known here: operations are written exp(x) or x.exp().`);
        const method = this.call(text, line, [base]);
        x = { run: (names) => (names.require(base.named, `${text}(…)`, line), method.run(names)) };
      } else return x;
    }
  }

  call(operation, line, given) {
    this.take();
    const args = [...given, ...this.rest(")", "since a call is open")];
    return {
      run: (names) =>
        apply(
          operation,
          args.map((x) => x.run(names)),
          line,
        ),
    };
  }

  // What stands up to the sign that closes it, with commas between.
  rest(close, where) {
    const found = [];
    while (!this.is(close)) {
      found.push(this.expression());
      if (!this.is(close)) this.expect(",", where);
    }
    this.take();
    return found;
  }

  // Entries, or a comprehension.
  list(line) {
    if (this.is("]")) reject(line, "a list needs entries, as in [1.0, 2.0].");
    const first = this.expression();
    if (this.next.text !== "for") {
      if (!this.is("]")) this.expect(",", "since a bracket is open");
      const items = [first, ...this.rest("]", "since a bracket is open")];
      return { run: (names) => items.map((x) => x.run(names)), items };
    }
    const [, each, word] = [this.take(), this.take(), this.take()];
    if (each.kind !== "name" || KEYWORDS.has(each.text) || word.text !== "in")
      reject(line, "a comprehension is written [exp(x) for x in z].");
    const source = this.expression();
    this.expect("]", "since a bracket is open");
    return { run: (names) => entries(source.run(names), line).map((x) => first.run(names.with(each.text, x))) };
  }
}
