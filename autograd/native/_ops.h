/* The elementary operations in C, printed from the rows of autograd/ops.py. Do not edit: change a row there, and then

       python -m autograd.native.generate

   The loops of operations that take any number of arguments are in _nary.h, or printed here at the end. */

#ifndef AUTOGRAD_OPS_H
#define AUTOGRAD_OPS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AG_LIST(...) (const double[]){__VA_ARGS__}

/* Op codes, in the order of the table. */
enum {
    AG_ADD,
    AG_SUB,
    AG_MUL,
    AG_DIV,
    AG_NEG,
    AG_POW,
    AG_POWC,
    AG_SUM,
    AG_DOT,
    AG_SQRT,
    AG_EXP,
    AG_EXPM1,
    AG_LOG,
    AG_LOG1P,
    AG_LOGSUMEXP,
    AG_SIGMOID,
    AG_TANH,
    AG_SOFTPLUS,
    AG_RELU,
    AG_LEAKY_RELU,
    AG_ERF,
    AG_SIN,
    AG_COS,
    AG_TAN,
    AG_ASIN,
    AG_ACOS,
    AG_ATAN,
    AG_ATAN2,
    AG_HYPOT,
    AG_SINH,
    AG_COSH,
    AG_ABS,
    AG_SIGN,
    AG_STEP,
    AG_LESS,
    AG_LESS_EQUAL,
    AG_EQUAL,
    AG_WHERE,
    AG_MAXIMUM,
    AG_MINIMUM,
    AG_CLIP,
    AG_STOP_GRADIENT,
    AG_NORM,
    AG_EXP2,
    AG_LOG2,
    AG_LOG10,
    AG_LOGADDEXP,
    AG_CBRT,
    AG_ASINH,
    AG_ACOSH,
    AG_ATANH,
    AG_GELU,
    AG_SILU,
    AG_FLOOR,
    AG_CEIL,
    AG_ROUND,
    AG_FLOORDIV,
    AG_MOD,
    AG_ERFC,
    AG_ERFCX,
    AG_NDTR,
    AG_LOG_NDTR,
    AG_ERFINV,
    AG_LGAMMA,
    AG_DIGAMMA,
    AG_ZETA,
    AG_MILLS,
    AG_NDTRI,
    AG_GAMMA,
    AG_COUNT
};

/* By code: the name, the number of arguments (0: any), the number of sequences that are taken in place of single arguments,
   bit k for each argument k on which the result depends, or all bits where there may be any number of them (the partial for another is
   absent, though it is written as 0), whether the partials are the shares of a tie, of which nothing is left beside a constant that has
   one; whether the first argument selects the second, or, where it is 0, the third, and the other is absent; and the codes of what is
   recorded in its place where the last argument is a variable, and where it is a constant. */
typedef struct ag_op {
    const char *name;
    unsigned char arity, sequences;
    unsigned depends;
    unsigned char ties, selects, variable, constant;
} ag_op;

static const ag_op ag_ops[AG_COUNT] = {
    {"add", 2, 0, 3, 0, 0, AG_ADD, AG_ADD},
    {"sub", 2, 0, 3, 0, 0, AG_SUB, AG_SUB},
    {"mul", 2, 0, 3, 0, 0, AG_MUL, AG_MUL},
    {"div", 2, 0, 3, 0, 0, AG_DIV, AG_DIV},
    {"neg", 1, 0, 1, 0, 0, AG_NEG, AG_NEG},
    {"pow", 2, 0, 3, 0, 0, AG_POW, AG_POWC},
    {"powc", 2, 0, 1, 0, 0, AG_POW, AG_POWC},
    {"sum", 0, 1, 255, 0, 0, AG_SUM, AG_SUM},
    {"dot", 0, 2, 255, 0, 0, AG_DOT, AG_DOT},
    {"sqrt", 1, 0, 1, 0, 0, AG_SQRT, AG_SQRT},
    {"exp", 1, 0, 1, 0, 0, AG_EXP, AG_EXP},
    {"expm1", 1, 0, 1, 0, 0, AG_EXPM1, AG_EXPM1},
    {"log", 1, 0, 1, 0, 0, AG_LOG, AG_LOG},
    {"log1p", 1, 0, 1, 0, 0, AG_LOG1P, AG_LOG1P},
    {"logsumexp", 0, 1, 255, 0, 0, AG_LOGSUMEXP, AG_LOGSUMEXP},
    {"sigmoid", 1, 0, 1, 0, 0, AG_SIGMOID, AG_SIGMOID},
    {"tanh", 1, 0, 1, 0, 0, AG_TANH, AG_TANH},
    {"softplus", 1, 0, 1, 0, 0, AG_SOFTPLUS, AG_SOFTPLUS},
    {"relu", 1, 0, 1, 0, 0, AG_RELU, AG_RELU},
    {"leaky_relu", 2, 0, 3, 0, 0, AG_LEAKY_RELU, AG_LEAKY_RELU},
    {"erf", 1, 0, 1, 0, 0, AG_ERF, AG_ERF},
    {"sin", 1, 0, 1, 0, 0, AG_SIN, AG_SIN},
    {"cos", 1, 0, 1, 0, 0, AG_COS, AG_COS},
    {"tan", 1, 0, 1, 0, 0, AG_TAN, AG_TAN},
    {"asin", 1, 0, 1, 0, 0, AG_ASIN, AG_ASIN},
    {"acos", 1, 0, 1, 0, 0, AG_ACOS, AG_ACOS},
    {"atan", 1, 0, 1, 0, 0, AG_ATAN, AG_ATAN},
    {"atan2", 2, 0, 3, 0, 0, AG_ATAN2, AG_ATAN2},
    {"hypot", 2, 0, 3, 0, 0, AG_HYPOT, AG_HYPOT},
    {"sinh", 1, 0, 1, 0, 0, AG_SINH, AG_SINH},
    {"cosh", 1, 0, 1, 0, 0, AG_COSH, AG_COSH},
    {"abs", 1, 0, 1, 0, 0, AG_ABS, AG_ABS},
    {"sign", 1, 0, 0, 0, 0, AG_SIGN, AG_SIGN},
    {"step", 2, 0, 0, 0, 0, AG_STEP, AG_STEP},
    {"less", 2, 0, 0, 0, 0, AG_LESS, AG_LESS},
    {"less_equal", 2, 0, 0, 0, 0, AG_LESS_EQUAL, AG_LESS_EQUAL},
    {"equal", 2, 0, 0, 0, 0, AG_EQUAL, AG_EQUAL},
    {"where", 3, 0, 6, 0, 1, AG_WHERE, AG_WHERE},
    {"maximum", 0, 0, 255, 1, 0, AG_MAXIMUM, AG_MAXIMUM},
    {"minimum", 0, 0, 255, 1, 0, AG_MINIMUM, AG_MINIMUM},
    {"clip", 3, 0, 7, 0, 0, AG_CLIP, AG_CLIP},
    {"stop_gradient", 1, 0, 0, 0, 0, AG_STOP_GRADIENT, AG_STOP_GRADIENT},
    {"norm", 0, 1, 255, 0, 0, AG_NORM, AG_NORM},
    {"exp2", 1, 0, 1, 0, 0, AG_EXP2, AG_EXP2},
    {"log2", 1, 0, 1, 0, 0, AG_LOG2, AG_LOG2},
    {"log10", 1, 0, 1, 0, 0, AG_LOG10, AG_LOG10},
    {"logaddexp", 2, 0, 3, 0, 0, AG_LOGADDEXP, AG_LOGADDEXP},
    {"cbrt", 1, 0, 1, 0, 0, AG_CBRT, AG_CBRT},
    {"asinh", 1, 0, 1, 0, 0, AG_ASINH, AG_ASINH},
    {"acosh", 1, 0, 1, 0, 0, AG_ACOSH, AG_ACOSH},
    {"atanh", 1, 0, 1, 0, 0, AG_ATANH, AG_ATANH},
    {"gelu", 1, 0, 1, 0, 0, AG_GELU, AG_GELU},
    {"silu", 1, 0, 1, 0, 0, AG_SILU, AG_SILU},
    {"floor", 1, 0, 0, 0, 0, AG_FLOOR, AG_FLOOR},
    {"ceil", 1, 0, 0, 0, 0, AG_CEIL, AG_CEIL},
    {"round", 1, 0, 0, 0, 0, AG_ROUND, AG_ROUND},
    {"floordiv", 2, 0, 0, 0, 0, AG_FLOORDIV, AG_FLOORDIV},
    {"mod", 2, 0, 3, 0, 0, AG_MOD, AG_MOD},
    {"erfc", 1, 0, 1, 0, 0, AG_ERFC, AG_ERFC},
    {"erfcx", 1, 0, 1, 0, 0, AG_ERFCX, AG_ERFCX},
    {"ndtr", 1, 0, 1, 0, 0, AG_NDTR, AG_NDTR},
    {"log_ndtr", 1, 0, 1, 0, 0, AG_LOG_NDTR, AG_LOG_NDTR},
    {"erfinv", 1, 0, 1, 0, 0, AG_ERFINV, AG_ERFINV},
    {"lgamma", 1, 0, 1, 0, 0, AG_LGAMMA, AG_LGAMMA},
    {"digamma", 1, 0, 1, 0, 0, AG_DIGAMMA, AG_DIGAMMA},
    {"zeta", 2, 0, 3, 0, 0, AG_ZETA, AG_ZETA},
    {"mills", 2, 0, 3, 0, 0, AG_MILLS, AG_MILLS},
    {"ndtri", 1, 0, 1, 0, 0, AG_NDTRI, AG_NDTRI},
    {"gamma", 1, 0, 1, 0, 0, AG_GAMMA, AG_GAMMA},
};

/* The operations with one, two and three arguments, with more or any number of them, and with two sequences: X(code, function). */
#define AG_UNARY(X) \
    X(AG_NEG, ag_neg) \
    X(AG_SQRT, ag_sqrt) \
    X(AG_EXP, ag_exp) \
    X(AG_EXPM1, ag_expm1) \
    X(AG_LOG, ag_log) \
    X(AG_LOG1P, ag_log1p) \
    X(AG_SIGMOID, ag_sigmoid) \
    X(AG_TANH, ag_tanh) \
    X(AG_SOFTPLUS, ag_softplus) \
    X(AG_RELU, ag_relu) \
    X(AG_ERF, ag_erf) \
    X(AG_SIN, ag_sin) \
    X(AG_COS, ag_cos) \
    X(AG_TAN, ag_tan) \
    X(AG_ASIN, ag_asin) \
    X(AG_ACOS, ag_acos) \
    X(AG_ATAN, ag_atan) \
    X(AG_SINH, ag_sinh) \
    X(AG_COSH, ag_cosh) \
    X(AG_ABS, ag_abs) \
    X(AG_SIGN, ag_sign) \
    X(AG_STOP_GRADIENT, ag_stop_gradient) \
    X(AG_EXP2, ag_exp2) \
    X(AG_LOG2, ag_log2) \
    X(AG_LOG10, ag_log10) \
    X(AG_CBRT, ag_cbrt) \
    X(AG_ASINH, ag_asinh) \
    X(AG_ACOSH, ag_acosh) \
    X(AG_ATANH, ag_atanh) \
    X(AG_GELU, ag_gelu) \
    X(AG_SILU, ag_silu) \
    X(AG_FLOOR, ag_floor) \
    X(AG_CEIL, ag_ceil) \
    X(AG_ROUND, ag_round) \
    X(AG_ERFC, ag_erfc) \
    X(AG_ERFCX, ag_erfcx) \
    X(AG_NDTR, ag_ndtr) \
    X(AG_LOG_NDTR, ag_log_ndtr) \
    X(AG_ERFINV, ag_erfinv) \
    X(AG_LGAMMA, ag_lgamma) \
    X(AG_DIGAMMA, ag_digamma) \
    X(AG_NDTRI, ag_ndtri) \
    X(AG_GAMMA, ag_gamma)
#define AG_BINARY(X) \
    X(AG_ADD, ag_add) \
    X(AG_SUB, ag_sub) \
    X(AG_MUL, ag_mul) \
    X(AG_DIV, ag_div) \
    X(AG_POW, ag_pow) \
    X(AG_POWC, ag_powc) \
    X(AG_LEAKY_RELU, ag_leaky_relu) \
    X(AG_ATAN2, ag_atan2) \
    X(AG_HYPOT, ag_hypot) \
    X(AG_STEP, ag_step) \
    X(AG_LESS, ag_less) \
    X(AG_LESS_EQUAL, ag_less_equal) \
    X(AG_EQUAL, ag_equal) \
    X(AG_LOGADDEXP, ag_logaddexp) \
    X(AG_FLOORDIV, ag_floordiv) \
    X(AG_MOD, ag_mod) \
    X(AG_ZETA, ag_zeta) \
    X(AG_MILLS, ag_mills)
#define AG_TERNARY(X) \
    X(AG_WHERE, ag_where) \
    X(AG_CLIP, ag_clip)
#define AG_NARY(X) \
    X(AG_SUM, ag_sum) \
    X(AG_LOGSUMEXP, ag_logsumexp) \
    X(AG_MAXIMUM, ag_maximum) \
    X(AG_MINIMUM, ag_minimum) \
    X(AG_NORM, ag_norm)
#define AG_PAIRED(X) \
    X(AG_DOT, ag_dot)

/* The hypotenuse, with the bits of Python's `math.hypot`: C libraries differ in the last place. Beside the square root h of the rounded sum
   the rest x^2 + y^2 - h^2 is computed from halves, whose products are exact (Dekker 1971), so that h + rest / 2h is rounded once. */

static inline double ag_loop_half(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof x);
    bits &= ~(uint64_t)0x7ffffff;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double ag_loop_hypot(double a, double b) {
    const double p = fabs(a), q = fabs(b), larger = p < q ? q : p, smaller = p < q ? p : q;
    const double scale = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : 1.0;
    const double x = larger * scale, y = smaller * scale, h = sqrt(x * x + y * y);
    const double x0 = ag_loop_half(x), y0 = ag_loop_half(y), h0 = ag_loop_half(h), x1 = x - x0, y1 = y - y0, h1 = h - h0;
    const double rest = x0 * x0 - h0 * h0 + y0 * y0 + 2.0 * (x0 * x1 - h0 * h1) + 2.0 * y0 * y1 + (x1 * x1 - h1 * h1 + y1 * y1);
    const double root = h == 0.0 ? 0.0 : (h + rest / (2.0 * h)) / scale;
    return p == INFINITY || q == INFINITY ? INFINITY : root;
}

/* Values. */

static inline double ag_add(double a, double b) {
    return a + b;
}

static inline double ag_sub(double a, double b) {
    return a - b;
}

static inline double ag_mul(double a, double b) {
    return a * b;
}

static inline double ag_div(double a, double b) {
    return a / b;
}

static inline double ag_neg(double x) {
    return -x;
}

static inline double ag_pow(double x, double y) {
    return pow(x, y);
}

static inline double ag_powc(double x, double c) {
    return pow(x, c);
}

static inline double ag_sqrt(double x) {
    return sqrt(x);
}

static inline double ag_exp(double x) {
    return exp(x);
}

static inline double ag_expm1(double x) {
    return expm1(x);
}

static inline double ag_log(double x) {
    return log(x);
}

static inline double ag_log1p(double x) {
    return log1p(x);
}

static inline double ag_sigmoid(double x) {
    const double t0 = exp(-fabs(x));
    return (x < 0.0 ? t0 : 1.0) / (1.0 + t0);
}

static inline double ag_tanh(double x) {
    return tanh(x);
}

static inline double ag_softplus(double x) {
    return (x >= 0.0 || isnan(x) ? x : 0.0) + log1p(exp(-fabs(x)));
}

static inline double ag_relu(double x) {
    return x <= 0.0 ? 0.0 : x;
}

static inline double ag_leaky_relu(double x, double slope) {
    return x > 0.0 ? x : slope * x;
}

static inline double ag_erf(double x) {
    return erf(x);
}

static inline double ag_sin(double x) {
    return sin(x);
}

static inline double ag_cos(double x) {
    return cos(x);
}

static inline double ag_tan(double x) {
    return tan(x);
}

static inline double ag_asin(double x) {
    return asin(x);
}

static inline double ag_acos(double x) {
    return acos(x);
}

static inline double ag_atan(double x) {
    return atan(x);
}

static inline double ag_atan2(double y, double x) {
    return atan2(y, x);
}

static inline double ag_hypot(double a, double b) {
    return ag_loop_hypot(a, b);
}

static inline double ag_sinh(double x) {
    return sinh(x);
}

static inline double ag_cosh(double x) {
    return cosh(x);
}

static inline double ag_abs(double x) {
    return fabs(x);
}

static inline double ag_sign(double x) {
    return x == 0.0 || isnan(x) ? x : copysign(1.0, x);
}

static inline double ag_step(double x, double threshold) {
    return x > threshold ? 1.0 : x <= threshold ? 0.0 : x + threshold;
}

static inline double ag_less(double a, double b) {
    return a < b ? 1.0 : 0.0;
}

static inline double ag_less_equal(double a, double b) {
    return a <= b ? 1.0 : 0.0;
}

static inline double ag_equal(double a, double b) {
    return a == b ? 1.0 : 0.0;
}

static inline double ag_where(double condition, double a, double b) {
    return condition != 0.0 ? a : b;
}

static inline double ag_clip(double x, double low, double high) {
    const double t0 = x >= low || isnan(x) ? x : low;
    return t0 <= high || isnan(t0) ? t0 : high;
}

static inline double ag_stop_gradient(double x) {
    return x;
}

static inline double ag_exp2(double x) {
    return exp2(x);
}

static inline double ag_log2(double x) {
    return log2(x);
}

static inline double ag_log10(double x) {
    return log10(x);
}

static inline double ag_logaddexp(double a, double b) {
    return a == b ? a + 0.6931471805599453 : (a >= b || isnan(a) ? a : b) + log1p(exp(-fabs(a - b)));
}

static inline double ag_cbrt(double x) {
    return cbrt(x);
}

static inline double ag_asinh(double x) {
    return asinh(x);
}

static inline double ag_acosh(double x) {
    return acosh(x);
}

static inline double ag_atanh(double x) {
    return atanh(x);
}

static inline double ag_gelu(double x) {
    return 0.5 * (x >= -1e+300 || isnan(x) ? x : -1e+300) * erfc(-0.7071067811865476 * x);
}

static inline double ag_silu(double x) {
    const double t0 = exp(-fabs(x));
    return (x >= -1e+300 || isnan(x) ? x : -1e+300) * (x < 0.0 ? t0 : 1.0) / (1.0 + t0);
}

static inline double ag_floor(double x) {
    return floor(x);
}

static inline double ag_ceil(double x) {
    return ceil(x);
}

static inline double ag_round(double x) {
    return rint(x);
}

static inline double ag_floordiv(double a, double b) {
    const double t0 = fmod(a, b);
    const double t1 = (t0 == 0.0 ? copysign(0.0, b) : copysign(1.0, t0) != copysign(1.0, b) ? t0 + b : t0) != t0 ? 1.0 : 0.0;
    const double t2 = (a - t0) / b - t1;
    const double t3 = floor(t2);
    return b == 0.0 ? a / b : t2 == 0.0 ? copysign(0.0, a / b) : t2 - t3 > 0.5 ? t3 + 1.0 : t3;
}

static inline double ag_mod(double a, double b) {
    const double t0 = fmod(a, b);
    return t0 == 0.0 ? copysign(0.0, b) : copysign(1.0, t0) != copysign(1.0, b) ? t0 + b : t0;
}

static inline double ag_erfc(double x) {
    return erfc(x);
}

static inline double ag_erfcx(double x) {
    const double t0 = x >= -40.0 || isnan(x) ? x : -40.0;
    const double t1 = t0 <= 0.0 || isnan(t0) ? t0 : 0.0;
    const double t2 = -INFINITY >= t1 || isnan(-INFINITY) ? -INFINITY : t1;
    const double t3 = (fabs(t2) < INFINITY ? t2 : 0.0) + 6442450944.0 - 6442450944.0;
    const double t4 = fabs(x);
    const double t5 = 1.0 - 7.5 / (t4 + 3.75);
    const double t6 = ((-3.75315827795962e-11 * t5 + 4.2514714447963895e-10) * t5 + 5.457157304704688e-10) * t5 + -5.1739902140113095e-09;
    const double t7 = (((t6 * t5 + -4.389284159986328e-09) * t5 + 3.8675334242222354e-08) * t5 + 2.4289762925488707e-08) * t5;
    const double t8 = (((t7 + -2.5866850716155884e-07) * t5 + -5.826281078800777e-08) * t5 + 1.751637648849062e-06) * t5 + -9.72849582211122e-07;
    const double t9 = (((t8 * t5 + -1.1444146237700524e-05) * t5 + 2.2383912036550678e-05) * t5 + 5.164909889268241e-05) * t5;
    const double t10 = (((t9 + -0.00029015397928986765) * t5 + 0.0002937136655913448) * t5 + 0.0017556258324217529) * t5 + -0.009746579558029276;
    const double t11 = (((t10 * t5 + 0.0283622774215156) * t5 + -0.05869339858963677) * t5 + 0.09230432116019834) * t5 + -0.10880393014174886;
    const double t12 = (((t11 * t5 + 0.08227673849015102) * t5 + 0.0035854154854644293) * t5 + -0.14024059858554702) * t5 + 1.2375126308378275;
    const double t13 = t12 / (1.0 + 2.0 * t4);
    return x < 0.0 ? 2.0 * (exp(1.0 * t3 * t3) * exp(1.0 * (t1 - t3) * (t1 + t3))) - t13 : t13;
}

static inline double ag_ndtr(double x) {
    const double t0 = fabs(x) * 0.7071067811865476;
    const double t1 = 1.0 - 7.5 / (t0 + 3.75);
    const double t2 = ((-3.75315827795962e-11 * t1 + 4.2514714447963895e-10) * t1 + 5.457157304704688e-10) * t1 + -5.1739902140113095e-09;
    const double t3 = (((t2 * t1 + -4.389284159986328e-09) * t1 + 3.8675334242222354e-08) * t1 + 2.4289762925488707e-08) * t1;
    const double t4 = (((t3 + -2.5866850716155884e-07) * t1 + -5.826281078800777e-08) * t1 + 1.751637648849062e-06) * t1 + -9.72849582211122e-07;
    const double t5 = (((t4 * t1 + -1.1444146237700524e-05) * t1 + 2.2383912036550678e-05) * t1 + 5.164909889268241e-05) * t1;
    const double t6 = (((t5 + -0.00029015397928986765) * t1 + 0.0002937136655913448) * t1 + 0.0017556258324217529) * t1 + -0.009746579558029276;
    const double t7 = (((t6 * t1 + 0.0283622774215156) * t1 + -0.05869339858963677) * t1 + 0.09230432116019834) * t1 + -0.10880393014174886;
    const double t8 = (((t7 * t1 + 0.08227673849015102) * t1 + 0.0035854154854644293) * t1 + -0.14024059858554702) * t1 + 1.2375126308378275;
    const double t9 = x >= -40.0 || isnan(x) ? x : -40.0;
    const double t10 = t9 <= 0.0 || isnan(t9) ? t9 : 0.0;
    const double t11 = -INFINITY >= t10 || isnan(-INFINITY) ? -INFINITY : t10;
    const double t12 = (fabs(t11) < INFINITY ? t11 : 0.0) + 6442450944.0 - 6442450944.0;
    const double t13 = x < -1.0 ? 0.5 * (t8 / (1.0 + 2.0 * t0)) * (exp(-0.5 * t12 * t12) * exp(-0.5 * (t10 - t12) * (t10 + t12))) : 0.5 * erfc(-x * 0.7071067811865476);
    return t13;
}

static inline double ag_log_ndtr(double x) {
    const double t0 = fabs(x) * 0.7071067811865476;
    const double t1 = 1.0 - 7.5 / (t0 + 3.75);
    const double t2 = ((-3.75315827795962e-11 * t1 + 4.2514714447963895e-10) * t1 + 5.457157304704688e-10) * t1 + -5.1739902140113095e-09;
    const double t3 = (((t2 * t1 + -4.389284159986328e-09) * t1 + 3.8675334242222354e-08) * t1 + 2.4289762925488707e-08) * t1;
    const double t4 = (((t3 + -2.5866850716155884e-07) * t1 + -5.826281078800777e-08) * t1 + 1.751637648849062e-06) * t1 + -9.72849582211122e-07;
    const double t5 = (((t4 * t1 + -1.1444146237700524e-05) * t1 + 2.2383912036550678e-05) * t1 + 5.164909889268241e-05) * t1;
    const double t6 = (((t5 + -0.00029015397928986765) * t1 + 0.0002937136655913448) * t1 + 0.0017556258324217529) * t1 + -0.009746579558029276;
    const double t7 = (((t6 * t1 + 0.0283622774215156) * t1 + -0.05869339858963677) * t1 + 0.09230432116019834) * t1 + -0.10880393014174886;
    const double t8 = (((t7 * t1 + 0.08227673849015102) * t1 + 0.0035854154854644293) * t1 + -0.14024059858554702) * t1 + 1.2375126308378275;
    const double t9 = -(x >= -1.0 || isnan(x) ? x : -1.0);
    const double t10 = fabs(t9) * 0.7071067811865476;
    const double t11 = 1.0 - 7.5 / (t10 + 3.75);
    const double t12 = ((-3.75315827795962e-11 * t11 + 4.2514714447963895e-10) * t11 + 5.457157304704688e-10) * t11 + -5.1739902140113095e-09;
    const double t13 = (((t12 * t11 + -4.389284159986328e-09) * t11 + 3.8675334242222354e-08) * t11 + 2.4289762925488707e-08) * t11;
    const double t14 = (((t13 + -2.5866850716155884e-07) * t11 + -5.826281078800777e-08) * t11 + 1.751637648849062e-06) * t11;
    const double t15 = (((t14 + -9.72849582211122e-07) * t11 + -1.1444146237700524e-05) * t11 + 2.2383912036550678e-05) * t11;
    const double t16 = (((t15 + 5.164909889268241e-05) * t11 + -0.00029015397928986765) * t11 + 0.0002937136655913448) * t11;
    const double t17 = (((t16 + 0.0017556258324217529) * t11 + -0.009746579558029276) * t11 + 0.0283622774215156) * t11 + -0.05869339858963677;
    const double t18 = (((t17 * t11 + 0.09230432116019834) * t11 + -0.10880393014174886) * t11 + 0.08227673849015102) * t11 + 0.0035854154854644293;
    const double t19 = t9 >= -40.0 || isnan(t9) ? t9 : -40.0;
    const double t20 = t19 <= 0.0 || isnan(t19) ? t19 : 0.0;
    const double t21 = -INFINITY >= t20 || isnan(-INFINITY) ? -INFINITY : t20;
    const double t22 = (fabs(t21) < INFINITY ? t21 : 0.0) + 6442450944.0 - 6442450944.0;
    const double t23 = 0.5 * (((t18 * t11 + -0.14024059858554702) * t11 + 1.2375126308378275) / (1.0 + 2.0 * t10)) * (exp(-0.5 * t22 * t22) * exp(-0.5 * (t20 - t22) * (t20 + t22)));
    const double t24 = x < -1.0 ? log(0.5 * (t8 / (1.0 + 2.0 * t0))) - 0.5 * x * x : log1p(-(t9 < -1.0 ? t23 : 0.5 * erfc(-t9 * 0.7071067811865476)));
    return t24;
}

static inline double ag_erfinv(double x) {
    const double t0 = fabs(x);
    const double t1 = -log((1.0 - t0) * (1.0 + t0));
    const double t2 = t1 - 2.5;
    const double t3 = (((2.81022636e-08 * t2 + 3.43273939e-07) * t2 + -3.5233877e-06) * t2 + -4.39150654e-06) * t2 + 0.00021858087;
    const double t4 = (sqrt(t1) - 4.2) / 2.0;
    const double t5 = (((-0.0001678835873 * t4 + -0.0001785459103) * t4 + 0.001344915943) * t4 + -0.002283584285) * t4 + 0.003430582987;
    const double t6 = t1 < 5.0 ? t0 * ((((t3 * t2 + -0.00125372503) * t2 + -0.00417768164) * t2 + 0.246640727) * t2 + 1.50140941) : (((t5 * t4 + -0.005094948319) * t4 + 0.003239792827) * t4 + 2.019797972) * t4 + 4.041725987;
    const double t7 = 0.8862269254527579 * (t0 < 0.5 ? erf(t6) - t0 : 1.0 - t0 - erfc(t6)) * exp(t6 * t6);
    return t0 == 1.0 ? x * INFINITY : copysign(t6 - t7 / (1.0 + t6 * t7), x);
}

static inline double ag_lgamma(double x) {
    const double t0 = x < 0.0 ? x : -0.5;
    const double t1 = t0 >= -4503599627370496.0 || isnan(t0) ? t0 : -4503599627370496.0;
    const double t2 = -INFINITY >= t1 || isnan(-INFINITY) ? -INFINITY : t1;
    const double t3 = 3.141592653589793 * (t1 - ((fabs(t2) < INFINITY ? t2 : 0.0) + 6755399441055744.0 - 6755399441055744.0));
    const double t4 = fabs(sin(t3));
    const double t5 = fabs(x);
    const double t6 = t5 < 0.5 ? t5 + 1.0 : t5;
    const double t7 = t6 <= 2.5 || isnan(t6) ? t6 : 2.5;
    const double t8 = 2.6 - 5.76 / (t7 + 1.1);
    const double t9 = ((2.6374773998890003e-11 * t8 + -7.752339597206299e-11) * t8 + 4.057131874068695e-11) * t8 + -1.446963363601528e-10;
    const double t10 = (((t9 * t8 + 7.34147868306864e-10) * t8 + -2.265136531025627e-09) * t8 + 5.032819720013326e-09) * t8 + -1.6181795567459846e-08;
    const double t11 = (((t10 * t8 + 4.006330501764693e-08) * t8 + -1.3120632070494263e-07) * t8 + 3.186673811008598e-07) * t8;
    const double t12 = (((t11 + -1.0759328669876941e-06) * t8 + 2.592927538397644e-06) * t8 + -9.128221509285382e-06) * t8 + 2.172405710040016e-05;
    const double t13 = (((t12 * t8 + -8.138058986670641e-05) * t8 + 0.0001899210065270544) * t8 + -0.0007880481506153097) * t8;
    const double t14 = (((t13 + 0.0017750057872623307) * t8 + -0.009012075581845505) * t8 + 0.018550754665571715) * t8 + -0.18189618994901094;
    const double t15 = 1.0 - 4.0 / (t6 + 1.0);
    const double t16 = ((-3.797391357413838e-12 * t15 + 1.3094374999911581e-11) * t15 + -2.4217221376818735e-11) * t15 + 7.802056904168652e-11;
    const double t17 = ((t16 * t15 + -3.1894802647506756e-10) * t15 + 1.0648893185695023e-09) * t15 + -3.564074196087588e-09;
    const double t18 = (((t17 * t15 + 1.2721964140224956e-08) * t15 + -4.380993634193963e-08) * t15 + 1.5464984925030227e-07) * t15;
    const double t19 = (((t18 + -5.691459656542244e-07) * t15 + 2.039198447875588e-06) * t15 + -7.470266687118203e-06) * t15;
    const double t20 = (((t19 + 2.9211355695291314e-05) * t15 + -0.00010823033780833388) * t15 + 0.0003282542827593914) * t15;
    const double t21 = (t6 - 0.5) * (log(t6) - 1.0) + 0.41893853320467267 + (((t20 + -0.000720059519230438) * t15 + 0.0007762599042828212) * t15 + 0.08303377705499501) / t6;
    const double t22 = t6 < 2.5 ? (t7 - 1.0) * (t7 - 2.0) * (t14 * t8 + 0.5508248459231465) : t21;
    const double t23 = log(t5);
    const double t24 = x < 0.0 ? (t4 == 0.0 ? INFINITY : 1.1447298858494002 - log(t4) - (t5 < 0.5 ? t22 : t22 + t23)) : t5 < 0.5 ? t22 - t23 : t22;
    return t24;
}

static inline double ag_digamma(double x) {
    const double t0 = x >= 1.0 || isnan(x) ? x : 1.0;
    const double t1 = t0 <= 2.0 || isnan(t0) ? t0 : 2.0;
    const double t2 = 5.8 - 16.32 / (t1 + 1.4);
    const double t3 = ((1.9530724116517802e-11 * t2 + -1.1402790514415282e-10) * t2 + 5.914536403066258e-10) * t2 + -3.4870413826570087e-09;
    const double t4 = (((t3 * t2 + 2.0396622705723426e-08) * t2 + -1.204299707550023e-07) * t2 + 6.98346113823472e-07) * t2;
    const double t5 = (((t4 + -4.141464256386717e-06) * t2 + 2.3868701374983922e-05) * t2 + -0.00014291291891523595) * t2 + 0.0008115809488398615;
    const double t6 = (((t5 * t2 + -0.0050197434835084235) * t2 + 0.027543929773171365) * t2 + -0.22736937755192974) * t2 + 0.9894637392766482;
    const double t7 = x < 0.5 ? 1.0 - x : x;
    const double t8 = t7 + 10.0;
    const double t9 = 1.0 / (t8 * t8);
    const double t10 = ((-0.4432598039215686 * t9 + 0.08333333333333333) * t9 + -0.021092796092796094) * t9 + 0.007575757575757576;
    const double t11 = (((t10 * t9 + -0.004166666666666667) * t9 + 0.003968253968253968) * t9 + -0.008333333333333333) * t9 + 0.08333333333333333;
    const double t12 = 1.0 / (t7 + 9.0) + 1.0 / (t7 + 8.0) + 1.0 / (t7 + 7.0) + 1.0 / (t7 + 6.0) + 1.0 / (t7 + 5.0) + 1.0 / (t7 + 4.0);
    const double t13 = log(t8) - 0.5 / t8 - t9 * t11 - (t12 + 1.0 / (t7 + 3.0) + 1.0 / (t7 + 2.0) + 1.0 / (t7 + 1.0) + 1.0 / (t7 + 0.0));
    const double t14 = x <= 0.5 || isnan(x) ? x : 0.5;
    const double t15 = t14 >= -4503599627370496.0 || isnan(t14) ? t14 : -4503599627370496.0;
    const double t16 = -INFINITY >= t15 || isnan(-INFINITY) ? -INFINITY : t15;
    const double t17 = 3.141592653589793 * (t15 - ((fabs(t16) < INFINITY ? t16 : 0.0) + 6755399441055744.0 - 6755399441055744.0));
    const double t18 = t1 == x ? (t1 - 1.4616321449683622 - 9.549995429965697e-17) * t6 : t13 - (x < 0.5 ? 3.141592653589793 / tan(t17) : 0.0);
    return t18;
}

static inline double ag_zeta(double s, double x) {
    const double t0 = x < 0.0 ? NAN : x;
    const double t1 = s < 1.0 ? NAN : s;
    const double t2 = pow(t0 + 11.0, -t1) + pow(t0 + 10.0, -t1) + pow(t0 + 9.0, -t1) + pow(t0 + 8.0, -t1) + pow(t0 + 7.0, -t1);
    const double t3 = t2 + pow(t0 + 6.0, -t1) + pow(t0 + 5.0, -t1) + pow(t0 + 4.0, -t1) + pow(t0 + 3.0, -t1) + pow(t0 + 2.0, -t1);
    const double t4 = t0 + 12.0;
    const double t5 = t1 <= 1000.0 || isnan(t1) ? t1 : 1000.0;
    const double t6 = pow(t4, -0.5 * t5);
    const double t7 = 5.5090028283602295e-18 + (t5 + 21.0) / t4 * ((t5 + 22.0) / t4 * (-1.3954464685812522e-19 + (t5 + 23.0) / t4 * 0.0));
    const double t8 = (t5 + 17.0) / t4 * ((t5 + 18.0) / t4 * (-2.174868698558062e-16 + (t5 + 19.0) / t4 * ((t5 + 20.0) / t4 * t7)));
    const double t9 = (t5 + 14.0) / t4 * (-3.3896802963225827e-13 + (t5 + 15.0) / t4 * ((t5 + 16.0) / t4 * (8.586062056277845e-15 + t8)));
    const double t10 = -5.284190138687493e-10 + (t5 + 11.0) / t4 * ((t5 + 12.0) / t4 * (1.3382536530684679e-11 + (t5 + 13.0) / t4 * t9));
    const double t11 = (t5 + 7.0) / t4 * ((t5 + 8.0) / t4 * (2.08767569878681e-08 + (t5 + 9.0) / t4 * ((t5 + 10.0) / t4 * t10)));
    const double t12 = (t5 + 4.0) / t4 * (3.306878306878307e-05 + (t5 + 5.0) / t4 * ((t5 + 6.0) / t4 * (-8.267195767195768e-07 + t11)));
    const double t13 = 0.08333333333333333 + (t5 + 1.0) / t4 * ((t5 + 2.0) / t4 * (-0.001388888888888889 + (t5 + 3.0) / t4 * t12));
    const double t14 = t3 + pow(t0 + 1.0, -t1) + pow(t0 + 0.0, -t1) + (t4 < INFINITY ? t6 * t4 * t6 : 0.0) / (t5 - 1.0) + t6 * t6 * (0.5 + (t5 + 0.0) / t4 * t13);
    return t14;
}

static inline double ag_mills(double n, double x) {
    const double t0 = x <= 100000000.0 || isnan(x) ? x : 100000000.0;
    const double t1 = sqrt(t0 * t0 + (4.0 * (n + 32.0) - 2.0));
    const double t2 = (n + 28.0) / (x + (n + 29.0) / (x + (n + 30.0) / (x + (n + 31.0) / (x + 0.5 * (t1 - t0 + t0 / (t1 * t1))))));
    const double t3 = x + (n + 23.0) / (x + (n + 24.0) / (x + (n + 25.0) / (x + (n + 26.0) / (x + (n + 27.0) / (x + t2)))));
    const double t4 = (n + 17.0) / (x + (n + 18.0) / (x + (n + 19.0) / (x + (n + 20.0) / (x + (n + 21.0) / (x + (n + 22.0) / t3)))));
    const double t5 = x + (n + 12.0) / (x + (n + 13.0) / (x + (n + 14.0) / (x + (n + 15.0) / (x + (n + 16.0) / (x + t4)))));
    const double t6 = (n + 6.0) / (x + (n + 7.0) / (x + (n + 8.0) / (x + (n + 9.0) / (x + (n + 10.0) / (x + (n + 11.0) / t5)))));
    const double t7 = (n + 0.0) / (x + (n + 1.0) / (x + (n + 2.0) / (x + (n + 3.0) / (x + (n + 4.0) / (x + (n + 5.0) / (x + t6))))));
    return x < 4.0 ? NAN : t7;
}

static inline double ag_ndtri(double x) {
    const double t0 = 1.0 - x;
    const double t1 = x <= t0 || isnan(x) ? x : t0;
    const double t2 = log(t1);
    const double t3 = sqrt(-2.0 * t2);
    const double t4 = ((0.010328 * t3 + 0.802853) * t3 + 2.515517) / (((0.001308 * t3 + 0.189269) * t3 + 1.432788) * t3 + 1.0);
    const double t5 = t3 - t4;
    const double t6 = t5 * 0.7071067811865476;
    const double t7 = 1.0 - 7.5 / (t6 + 3.75);
    const double t8 = ((-3.75315827795962e-11 * t7 + 4.2514714447963895e-10) * t7 + 5.457157304704688e-10) * t7 + -5.1739902140113095e-09;
    const double t9 = (((t8 * t7 + -4.389284159986328e-09) * t7 + 3.8675334242222354e-08) * t7 + 2.4289762925488707e-08) * t7;
    const double t10 = (((t9 + -2.5866850716155884e-07) * t7 + -5.826281078800777e-08) * t7 + 1.751637648849062e-06) * t7 + -9.72849582211122e-07;
    const double t11 = (((t10 * t7 + -1.1444146237700524e-05) * t7 + 2.2383912036550678e-05) * t7 + 5.164909889268241e-05) * t7;
    const double t12 = (((t11 + -0.00029015397928986765) * t7 + 0.0002937136655913448) * t7 + 0.0017556258324217529) * t7 + -0.009746579558029276;
    const double t13 = (((t12 * t7 + 0.0283622774215156) * t7 + -0.05869339858963677) * t7 + 0.09230432116019834) * t7 + -0.10880393014174886;
    const double t14 = (((t13 * t7 + 0.08227673849015102) * t7 + 0.0035854154854644293) * t7 + -0.14024059858554702) * t7 + 1.2375126308378275;
    const double t15 = t14 / (1.0 + 2.0 * t6);
    const double t16 = t5 + (log(0.5 * t15) - 0.5 * t5 * t5 - t2) * (1.2533141373155001 * t15);
    const double t17 = t16 * 0.7071067811865476;
    const double t18 = 1.0 - 7.5 / (t17 + 3.75);
    const double t19 = ((-3.75315827795962e-11 * t18 + 4.2514714447963895e-10) * t18 + 5.457157304704688e-10) * t18 + -5.1739902140113095e-09;
    const double t20 = (((t19 * t18 + -4.389284159986328e-09) * t18 + 3.8675334242222354e-08) * t18 + 2.4289762925488707e-08) * t18;
    const double t21 = (((t20 + -2.5866850716155884e-07) * t18 + -5.826281078800777e-08) * t18 + 1.751637648849062e-06) * t18;
    const double t22 = (((t21 + -9.72849582211122e-07) * t18 + -1.1444146237700524e-05) * t18 + 2.2383912036550678e-05) * t18;
    const double t23 = (((t22 + 5.164909889268241e-05) * t18 + -0.00029015397928986765) * t18 + 0.0002937136655913448) * t18;
    const double t24 = (((t23 + 0.0017556258324217529) * t18 + -0.009746579558029276) * t18 + 0.0283622774215156) * t18 + -0.05869339858963677;
    const double t25 = (((t24 * t18 + 0.09230432116019834) * t18 + -0.10880393014174886) * t18 + 0.08227673849015102) * t18 + 0.0035854154854644293;
    const double t26 = ((t25 * t18 + -0.14024059858554702) * t18 + 1.2375126308378275) / (1.0 + 2.0 * t17);
    const double t27 = t1 == 0.0 ? INFINITY : t16 + (log(0.5 * t26) - 0.5 * t16 * t16 - t2) * (1.2533141373155001 * t26);
    const double t28 = 2.0 * x - 1.0;
    const double t29 = t28 >= -0.9 || isnan(t28) ? t28 : -0.9;
    const double t30 = t29 <= 0.9 || isnan(t29) ? t29 : 0.9;
    const double t31 = fabs(t30);
    const double t32 = -log((1.0 - t31) * (1.0 + t31));
    const double t33 = t32 - 2.5;
    const double t34 = (((2.81022636e-08 * t33 + 3.43273939e-07) * t33 + -3.5233877e-06) * t33 + -4.39150654e-06) * t33 + 0.00021858087;
    const double t35 = t31 * ((((t34 * t33 + -0.00125372503) * t33 + -0.00417768164) * t33 + 0.246640727) * t33 + 1.50140941);
    const double t36 = (sqrt(t32) - 4.2) / 2.0;
    const double t37 = (((-0.0001678835873 * t36 + -0.0001785459103) * t36 + 0.001344915943) * t36 + -0.002283584285) * t36 + 0.003430582987;
    const double t38 = t32 < 5.0 ? t35 : (((t37 * t36 + -0.005094948319) * t36 + 0.003239792827) * t36 + 2.019797972) * t36 + 4.041725987;
    const double t39 = 0.8862269254527579 * (t31 < 0.5 ? erf(t38) - t31 : 1.0 - t31 - erfc(t38)) * exp(t38 * t38);
    const double t40 = t1 < 0.1 ? (x < 0.5 ? -t27 : t27) : 1.4142135623730951 * (t31 == 1.0 ? t30 * INFINITY : copysign(t38 - t39 / (1.0 + t38 * t39), t30));
    return t40;
}

static inline double ag_gamma(double x) {
    const double t0 = fabs(x);
    const double t1 = t0 <= 200.0 || isnan(t0) ? t0 : 200.0;
    const double t2 = x < 0.0 ? x : 0.5;
    const double t3 = t2 >= -4503599627370496.0 || isnan(t2) ? t2 : -4503599627370496.0;
    const double t4 = -INFINITY >= t3 || isnan(-INFINITY) ? -INFINITY : t3;
    const double t5 = t3 - ((fabs(t4) < INFINITY ? t4 : 0.0) + 6755399441055744.0 - 6755399441055744.0);
    const double t6 = 0.5 * ((x < 0.0 ? x : 0.5) - t5);
    const double t7 = t6 >= -4503599627370496.0 || isnan(t6) ? t6 : -4503599627370496.0;
    const double t8 = -INFINITY >= t7 || isnan(-INFINITY) ? -INFINITY : t7;
    const double t9 = (1.0 - 4.0 * fabs(t7 - ((fabs(t8) < INFINITY ? t8 : 0.0) + 6755399441055744.0 - 6755399441055744.0))) * sin(3.141592653589793 * t5);
    const double t10 = t1 < 1.0 ? t1 + 1.0 : t1;
    const double t11 = pow(t10, 0.5 * t10 - 0.25);
    const double t12 = t11 * exp(-t10);
    const double t13 = 1.0 - 4.0 / (t10 + 1.0);
    const double t14 = ((-3.797391357413838e-12 * t13 + 1.3094374999911581e-11) * t13 + -2.4217221376818735e-11) * t13 + 7.802056904168652e-11;
    const double t15 = ((t14 * t13 + -3.1894802647506756e-10) * t13 + 1.0648893185695023e-09) * t13 + -3.564074196087588e-09;
    const double t16 = (((t15 * t13 + 1.2721964140224956e-08) * t13 + -4.380993634193963e-08) * t13 + 1.5464984925030227e-07) * t13;
    const double t17 = (((t16 + -5.691459656542244e-07) * t13 + 2.039198447875588e-06) * t13 + -7.470266687118203e-06) * t13;
    const double t18 = (((t17 + 2.9211355695291314e-05) * t13 + -0.00010823033780833388) * t13 + 0.0003282542827593914) * t13;
    const double t19 = exp((((t18 + -0.000720059519230438) * t13 + 0.0007762599042828212) * t13 + 0.08303377705499501) / t10);
    const double t20 = t11 * (2.5066282746310007 * t19);
    const double t21 = x < 0.0 ? 3.141592653589793 / ((t1 < 1.0 ? 1.0 : t1) * (t5 == 0.0 ? NAN : t9)) / t12 / t20 : t1 < 1.0 ? t12 * t20 / (t1 < 1.0 ? x : 1.0) : t12 * t20;
    return t21;
}

/* Partials, from the value and the arguments: p[k] is that for argument k. */

static inline void ag_add_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 1.0;
    p[1] = 1.0;
}

static inline void ag_sub_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 1.0;
    p[1] = -1.0;
}

static inline void ag_mul_partials(double y, double a, double b, double *p) {
    (void)y;
    p[0] = b;
    p[1] = a;
}

static inline void ag_div_partials(double y, double a, double b, double *p) {
    (void)a;
    p[0] = 1.0 / b;
    p[1] = -y / b;
}

static inline void ag_neg_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = -1.0;
}

static inline void ag_pow_partials(double z, double x, double y, double *p) {
    p[0] = ag_where(ag_where(y, 0.0, 1.0 / x - 1.0 / x), 0.0, y * ag_pow(x, y - 1.0));
    p[1] = ag_where(ag_where(x, 1.0, ag_step(-y, 0.0)), z * ag_log(x), 0.0);
}

static inline void ag_powc_partials(double y, double x, double c, double *p) {
    (void)y;
    p[0] = ag_where(c, c * ag_pow(x, c - 1.0), 0.0);
    p[1] = 0.0;
}

static inline void ag_sqrt_partials(double y, double x, double *p) {
    (void)x;
    p[0] = 0.5 / y;
}

static inline void ag_exp_partials(double y, double x, double *p) {
    (void)x;
    p[0] = y;
}

static inline void ag_expm1_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_exp(x);
}

static inline void ag_log_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.0 / x;
}

static inline void ag_log1p_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.0 / (1.0 + x);
}

static inline void ag_sigmoid_partials(double y, double x, double *p) {
    p[0] = y * ag_sigmoid(-x);
}

static inline void ag_tanh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 4.0 * ag_sigmoid(2.0 * x) * ag_sigmoid(-2.0 * x);
}

static inline void ag_softplus_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_sigmoid(x);
}

static inline void ag_relu_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_step(x, 0.0);
}

static inline void ag_leaky_relu_partials(double y, double x, double slope, double *p) {
    (void)y;
    const double t0 = ag_step(x, 0.0);
    p[0] = ag_where(x, t0 + slope * (1.0 - t0), 1.0 <= slope || isnan(1.0) ? 1.0 : slope);
    p[1] = x <= 0.0 || isnan(x) ? x : 0.0;
}

static inline void ag_erf_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.1283791670955126 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-x * x));
}

static inline void ag_sin_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_cos(x);
}

static inline void ag_cos_partials(double y, double x, double *p) {
    (void)y;
    p[0] = -ag_sin(x);
}

static inline void ag_tan_partials(double y, double x, double *p) {
    (void)x;
    p[0] = 1.0 + y * y;
}

static inline void ag_asin_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.0 / ag_sqrt((1.0 - x) * (1.0 + x));
}

static inline void ag_acos_partials(double y, double x, double *p) {
    (void)y;
    p[0] = -1.0 / ag_sqrt((1.0 - x) * (1.0 + x));
}

static inline void ag_atan_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, 1.0 / (1.0 + x * x));
}

static inline void ag_atan2_partials(double z, double y, double x, double *p) {
    (void)z;
    const double t0 = ag_hypot(y, x);
    p[0] = ag_where(t0, x / t0 / t0, 0.0);
    p[1] = ag_where(t0, -y / t0 / t0, 0.0);
}

static inline void ag_hypot_partials(double y, double a, double b, double *p) {
    (void)y;
    const double t0 = ag_abs(a);
    const double t1 = ag_abs(b);
    const double t2 = ag_stop_gradient(t0 >= t1 || isnan(t0) ? t0 : t1);
    const double t3 = a / t2;
    const double t4 = b / t2;
    const double t5 = ag_hypot(t3, t4);
    p[0] = ag_where(t2, t3 / t5, 0.0);
    p[1] = ag_where(t2, t4 / t5, 0.0);
}

static inline void ag_sinh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_cosh(x);
}

static inline void ag_cosh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_sinh(x);
}

static inline void ag_abs_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_sign(x);
}

static inline void ag_sign_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = 0.0;
}

static inline void ag_step_partials(double y, double x, double threshold, double *p) {
    (void)y, (void)x, (void)threshold;
    p[0] = 0.0;
    p[1] = 0.0;
}

static inline void ag_less_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 0.0;
    p[1] = 0.0;
}

static inline void ag_less_equal_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 0.0;
    p[1] = 0.0;
}

static inline void ag_equal_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 0.0;
    p[1] = 0.0;
}

static inline void ag_where_partials(double y, double condition, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 0.0;
    p[1] = ag_where(condition, 1.0, 0.0);
    p[2] = ag_where(condition, 0.0, 1.0);
}

static inline void ag_clip_partials(double y, double x, double low, double high, double *p) {
    (void)y;
    p[0] = ag_step(x, low) * ag_step(high, x);
    p[1] = ag_step(low, x);
    p[2] = ag_step(x, high);
}

static inline void ag_stop_gradient_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = 0.0;
}

static inline void ag_exp2_partials(double y, double x, double *p) {
    (void)x;
    p[0] = 0.6931471805599453 * y;
}

static inline void ag_log2_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.4426950408889634 / x;
}

static inline void ag_log10_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 0.4342944819032518 / x;
}

static inline void ag_logaddexp_partials(double y, double a, double b, double *p) {
    (void)y;
    const double t0 = ag_where(ag_less(ag_abs(a), INFINITY), a - b, ag_where(ag_equal(a, b), 0.0, a - b));
    p[0] = ag_sigmoid(t0);
    p[1] = ag_sigmoid(-t0);
}

static inline void ag_cbrt_partials(double y, double x, double *p) {
    (void)x;
    p[0] = 1.0 / (3.0 * y * y);
}

static inline void ag_asinh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, 1.0 / ag_hypot(1.0, x));
}

static inline void ag_acosh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.0 / (ag_sqrt(x - 1.0) * ag_sqrt(x + 1.0));
}

static inline void ag_atanh_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 1.0 / ((1.0 - x) * (1.0 + x));
}

static inline void ag_gelu_partials(double y, double x, double *p) {
    (void)y;
    const double t0 = ag_ndtr(x) + 0.3989422804014327 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, x * ag_exp(-0.5 * x * x));
    p[0] = t0;
}

static inline void ag_silu_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_sigmoid(x) * (1.0 + ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, x * ag_sigmoid(-x)));
}

static inline void ag_floor_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = 0.0;
}

static inline void ag_ceil_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = 0.0;
}

static inline void ag_round_partials(double y, double x, double *p) {
    (void)y, (void)x;
    p[0] = 0.0;
}

static inline void ag_floordiv_partials(double y, double a, double b, double *p) {
    (void)y, (void)a, (void)b;
    p[0] = 0.0;
    p[1] = 0.0;
}

static inline void ag_mod_partials(double y, double a, double b, double *p) {
    (void)y;
    p[0] = 1.0;
    p[1] = -ag_floordiv(a, b);
}

static inline void ag_erfc_partials(double y, double x, double *p) {
    (void)y;
    p[0] = -1.1283791670955126 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-x * x));
}

static inline void ag_erfcx_partials(double y, double x, double *p) {
    const double t0 = ag_where(ag_less(x, 3.0), 2.0 * x * y - 1.1283791670955126, -1.4142135623730951 * ag_mills(1.0, 1.4142135623730951 * x) * y);
    p[0] = t0;
}

static inline void ag_ndtr_partials(double y, double x, double *p) {
    (void)y;
    p[0] = 0.3989422804014327 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-0.5 * x * x));
}

static inline void ag_log_ndtr_partials(double y, double x, double *p) {
    (void)y;
    const double t0 = ag_where(ag_less(x, -4.0), ag_mills(1.0, -x) - x, 0.3989422804014327 * ag_where(ag_equal(ag_abs(x), INFINITY), 0.0, ag_exp(-0.5 * x * x)) / ag_ndtr(x));
    p[0] = t0;
}

static inline void ag_erfinv_partials(double y, double x, double *p) {
    (void)x;
    p[0] = 0.886226925452758 * ag_exp(y * y);
}

static inline void ag_lgamma_partials(double y, double x, double *p) {
    (void)y;
    p[0] = ag_digamma(x);
}

static inline void ag_digamma_partials(double y, double x, double *p) {
    const double t0 = ag_less(x, 0.0);
    const double t1 = ag_where(t0, 1.0 - x, x);
    const double t2 = ag_digamma(t1) - y;
    const double t3 = ag_zeta(2.0, t1);
    p[0] = ag_where(t0, 9.869604401089358 + t2 * t2 - t3, t3);
}

static inline void ag_zeta_partials(double y, double s, double x, double *p) {
    (void)y;
    p[0] = NAN;
    p[1] = -s * ag_zeta(s + 1.0, x);
}

static inline void ag_mills_partials(double y, double n, double x, double *p) {
    p[0] = NAN;
    p[1] = y * (y - ag_mills(n + 1.0, x));
}

static inline void ag_ndtri_partials(double y, double x, double *p) {
    const double t0 = ag_where(ag_less(x, 0.5), ag_erfcx(-0.7071067811865476 * y) / x, ag_erfcx(0.7071067811865476 * y) / (1.0 - x));
    p[0] = ag_where(ag_equal(ag_abs(y), INFINITY), INFINITY, 1.2533141373155003 * t0);
}

static inline void ag_gamma_partials(double y, double x, double *p) {
    p[0] = y * ag_digamma(x);
}

#endif
