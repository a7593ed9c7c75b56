// Both passes again, on other numbers: what Python wrote of each step is written anew. And numbers as text, as Python writes them.

const minus = (text) => text.replaceAll("-", "−");
const read = (text) => (/inf$/.test(text) ? Infinity * (text[0] === "-" ? -1 : 1) : Number(text));

// Numbers.

function repr(x) {
  if (!Number.isFinite(x)) return isnan(x) ? "nan" : x > 0.0 ? "inf" : "-inf";
  const [digits, exponent] = x.toExponential().split("e");
  if (exponent < -4 || exponent >= 16) return powered(digits, +exponent);
  return Number.isInteger(x) ? `${x}.0` : `${x}`;
}

const powered = (digits, exponent) => `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;

// By toFixed or toExponential, but halfway between two the even one, as Python has it.
function rounded(form, x, digits) {
  if (!/5(e.*)?$/.test(x[form](digits + 1))) return x[form](digits);
  const tie = new RegExp(`^(-?\\d+\\.\\d{${digits - 1}}[02468])50*(e.*)?$`).exec(x[form](100));
  return tie ? tie[1] + (tie[2] ?? "") : x[form](digits);
}

function number(x, precision = 4) {
  const [whole, size] = [repr(x), Math.abs(x)];
  if (!Number.isFinite(x)) return whole;
  let short = "";
  if (x === 0.0 || (size >= +`1e${1 - precision}` && size < 1e9)) short = rounded("toFixed", x, precision);
  else {
    const [mantissa, exponent] = rounded("toExponential", x, precision - 1).split("e");
    const digits = mantissa.replace(/\.?0+$/, "");
    short = exponent < -4 || exponent >= precision ? powered(digits, +exponent) : (+`${digits}e${exponent}`).toFixed(digits.replace(/\D/g, "").length - 1 - exponent);
  }
  return short.length < whole.length ? short : whole;
}

// Many a number is said more than once.
const texts = new Map();

function said(x, precision) {
  if (precision) return minus(number(x + 0.0, precision));
  if (!texts.has(x)) texts.set(x, minus(number(x + 0.0)));
  return texts.get(x);
}

function plain(form, x) {
  const shown = x.length <= 6 ? x : [x[0], x[1], "…", x.at(-1)];
  const text = form.replace(/([(|⌊⌈]?)#(\d|\*)([)|⌋⌉]?)/g, (_, before, which, after) => {
    const inner = which === "*" ? shown.join(", ") : x[which - 1];
    return which !== "*" && !(before && after) && /^−|[ /·^]/.test(inner) ? `${before}(${inner})${after}` : before + inner + after;
  });
  return text.replace(/\^(−?\d+)(?:\.0)?(?![\w.])/g, (_, power) => [...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789−".indexOf(digit)]).join(""));
}

// The passes.

const given = (node, values) => node.given.map((a) => (typeof a === "string" ? read(a) : values[a]));

// A constant that ties with others leaves nothing to them: see `Op.settled`.
function settled(node, partials) {
  const shares = node.ties ? partials.filter((_, k) => typeof node.given[k] === "string") : [];
  if (!shares.length) return partials;
  const taken = shares.reduce((a, b) => a + b);
  return partials.map((p) => p * (taken > 0.0 ? 0.0 : taken <= 0.0 ? 1.0 : NaN));
}

function forward(nodes, inputs) {
  const found = { values: [], partials: [], sides: [], within: [] };
  nodes.forEach((node, i) => {
    if (!node.made) return found.values.push(inputs[i]);
    const operation = OPERATIONS[node.run];
    const x = given(node, found.values);
    const y = operation.value(...x);
    const partials = settled(node, operation.partials(y, ...x));
    found.values.push(y);
    found.partials[i] = node.selects ? partials.map((p) => (p === 0.0 ? null : p)) : partials;
    found.sides[i] = operation.sides(...x).join();
    found.within[i] = operation.within(y, ...x).filter((_, k) => typeof node.given[k] !== "string").join();
  });
  return found;
}

// As `Value.backward` does it, in its order. Of each node the sums that build up in its gradient, each with its step.
function backward(nodes, partials, before) {
  const last = nodes.length - 1;
  const steps = [...before, ["seed", last]];
  const sums = nodes.map(() => []);
  sums[last].push([steps.length - 1, 1.0]);
  for (let i = last; i >= 0; i--) {
    const node = nodes[i];
    const reached = sums[i].length > 0;
    if (!node.made) continue;
    if (reached) steps.push(["backward", i]);
    let row = 0;
    node.given.forEach((a, k) => {
      if (typeof a === "string") return;
      const [edge, partial] = [node.args[row++], partials[i][k]];
      for (const field of ["none", "slope", "sends", "before", "after"]) delete edge[field];
      if (partial === null) return (edge.none = node.selects && k ? "branch not taken" : "no dependence");
      edge.slope = said(partial);
      if (!reached) return;
      const [product, sum] = [sums[i].at(-1)[1] * partial, sums[a].at(-1)?.[1]];
      const after = sum === undefined ? product : sum + product;
      sums[a].push([steps.length - 1, after]);
      Object.assign(edge, { sends: said(product), before: sum === undefined ? "" : said(sum), after: said(after) });
    });
  }
  return [[...steps, ["end", 0]], sums];
}

// The colour of a gradient: its sign and depth, null where it is not finite.
function tint(gradient, largest) {
  if (!Number.isFinite(gradient)) return null;
  return gradient ? Math.sign(gradient) * Math.min(1.0, 0.1 + 0.9 * Math.sqrt(Math.abs(gradient) / largest)) : 0.0;
}

// Run `nodes` on these inputs, and write of each what Python wrote: the steps, and what the passes found.
function rerun(nodes, steps, inputs) {
  texts.clear();
  const found = forward(nodes, inputs);
  const before = steps.slice(0, steps.findIndex(([phase]) => phase === "seed"));
  const [after, sums] = backward(nodes, found.partials, before);
  const finals = sums.map((every) => every.at(-1)?.[1] ?? 0.0);
  const largest = Math.max(...finals.map(Math.abs).filter(Number.isFinite));
  nodes.forEach((node, i) => {
    node.value = said(found.values[i]);
    if (node.made) node.with = plain(node.form, given(node, found.values).map((x) => said(x)));
    node.sums = sums[i].map(([step, x]) => [step, said(x), tint(x, largest)]);
  });
  return { steps: after, finals, sums, ...found };
}
