// The mathematics of C under its names, as the operations printed after this call it. What Math lacks is here: erf and erfc to within 4
// units in the last place; sums are exact and rounded once.

const NAN = NaN, INFINITY = Infinity;
const { abs: fabs, sqrt, exp, expm1, log, log1p, log2, log10, cbrt, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, asinh, acosh, atanh, floor, ceil, trunc } = Math;
const isnan = Number.isNaN;
const copysign = (size, sign) => (sign < 0.0 || Object.is(sign, -0.0) ? -fabs(size) : fabs(size));
const pow = (x, y) => (x === 1.0 || (x === -1.0 && fabs(y) === INFINITY) ? 1.0 : x ** y);
const exp2 = (x) => pow(2.0, x);
const fmod = (a, b) => a % b;
const rint = (x) => (fabs(x) < 2 ** 52 ? copysign(fabs(x) + 2 ** 52 - 2 ** 52, x) : x);

// Sums: every number is a whole multiple of 2^-1074.
const bits = new DataView(new ArrayBuffer(8));

function multiple(x) {
  bits.setFloat64(0, x);
  const all = bits.getBigUint64(0);
  const exponent = (all >> 52n) & 2047n;
  const fraction = all & (2n ** 52n - 1n);
  const size = exponent ? (fraction | 2n ** 52n) << (exponent - 1n) : fraction;
  return all >> 63n ? -size : size;
}

function nearest(multiple) {
  const size = multiple < 0n ? -multiple : multiple;
  const left = BigInt(Math.max(0, 4 * size.toString(16).length - 64));
  const first = size >> left;
  const more = first << left !== size ? 1n : 0n; // so that what is left out is not taken for a tie
  const number = left ? Number(2n * first + more) * 2 ** (Number(left) - 1075) : Number(size) * 2 ** -1074;
  return multiple < 0n ? -number : number;
}

function total(terms, factors) {
  let exact = 0n;
  let special = 0.0;
  terms.forEach((term, i) => {
    const pair = factors ? factors[i] : [NAN];
    if (Number.isFinite(term)) exact += multiple(term);
    else if (pair.every(Number.isFinite)) exact += multiple(pair[0] * 2 ** -540 * (pair[1] * 2 ** -540)) << 1080n;
    else special += term;
  });
  if (special !== 0.0) return special;
  return nearest(exact) || (terms.length && terms.every((term) => Object.is(copysign(1.0, term), -1.0)) ? -0.0 : 0.0);
}

const AG_LIST = (...x) => x;
const ag_sum = (x) => total(x);
const ag_dot = (ws, xs) => total(ws.map((w, i) => w * xs[i]), ws.map((w, i) => [w, xs[i]]));

function ag_norm(x) {
  const largest = x.reduce((most, a) => (fabs(a) > most ? fabs(a) : most), 0.0);
  if (largest === INFINITY) return largest;
  const scale = largest > 2 ** 500 ? 2 ** -600 : largest < 2 ** -500 ? 2 ** 600 : 1.0;
  return sqrt(total(x.map((a) => a * scale * (a * scale)))) / scale;
}

const ag_loop_hypot = (...x) => ag_norm(x);

// e^(-x²), with x² in two parts.
function bell(x) {
  const near = Math.fround(x);
  return exp(-near * near) * exp(-(x - near) * (x + near));
}

// Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 7.1.6 and 7.1.14.
function erf(x) {
  if (!(fabs(x) < 1.0)) return x > 0.0 ? 1.0 - erfc(x) : x < 0.0 ? erfc(-x) - 1.0 : x;
  let term = 1.0;
  let sum = 0.0;
  for (let n = 1; sum + term !== sum; n++) {
    sum += term;
    term *= (2.0 * x * x) / (2 * n + 1);
  }
  return 1.1283791670955126 * x * sum * bell(x);
}

function erfc(x) {
  if (!(x >= 0.5)) return 1.0 - erf(x);
  if (x > 30.0) return 0.0;
  let below = x;
  for (let n = Math.ceil(25.0 + 250.0 / (x * x)); n > 0; n--) below = x + n / 2 / below;
  return (0.5641895835477563 * bell(x)) / below;
}
