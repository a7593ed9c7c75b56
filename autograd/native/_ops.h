/* The elementary operations in C, printed from the rows of autograd/ops.py. Do not edit: change a row there, and then

       python -m autograd.native.generate

   The operations that take any number of arguments are loops, in _nary.h. */

#ifndef AUTOGRAD_OPS_H
#define AUTOGRAD_OPS_H

#include <math.h>

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
    AG_COUNT
};

/* By code: the name, the number of arguments (0: any), the number of sequences that are taken in place of single arguments,
   bit k for each argument k on which the result depends; the partial for another is absent, though it is written as 0; and whether the
   partials are the shares of a tie, of which nothing is left beside a constant that has one. */
typedef struct ag_op {
    const char *name;
    unsigned char arity, sequences, depends, ties;
} ag_op;

static const ag_op ag_ops[AG_COUNT] = {
    {"add", 2, 0, 3, 0},
    {"sub", 2, 0, 3, 0},
    {"mul", 2, 0, 3, 0},
    {"div", 2, 0, 3, 0},
    {"neg", 1, 0, 1, 0},
    {"pow", 2, 0, 3, 0},
    {"powc", 2, 0, 1, 0},
    {"sum", 0, 1, 255, 0},
    {"dot", 0, 2, 255, 0},
    {"sqrt", 1, 0, 1, 0},
    {"exp", 1, 0, 1, 0},
    {"expm1", 1, 0, 1, 0},
    {"log", 1, 0, 1, 0},
    {"log1p", 1, 0, 1, 0},
    {"logsumexp", 0, 1, 255, 0},
    {"sigmoid", 1, 0, 1, 0},
    {"tanh", 1, 0, 1, 0},
    {"softplus", 1, 0, 1, 0},
    {"relu", 1, 0, 1, 0},
    {"leaky_relu", 2, 0, 3, 0},
    {"erf", 1, 0, 1, 0},
    {"sin", 1, 0, 1, 0},
    {"cos", 1, 0, 1, 0},
    {"tan", 1, 0, 1, 0},
    {"asin", 1, 0, 1, 0},
    {"acos", 1, 0, 1, 0},
    {"atan", 1, 0, 1, 0},
    {"atan2", 2, 0, 3, 0},
    {"hypot", 2, 0, 3, 0},
    {"sinh", 1, 0, 1, 0},
    {"cosh", 1, 0, 1, 0},
    {"abs", 1, 0, 1, 0},
    {"sign", 1, 0, 0, 0},
    {"step", 2, 0, 0, 0},
    {"less", 2, 0, 0, 0},
    {"less_equal", 2, 0, 0, 0},
    {"equal", 2, 0, 0, 0},
    {"where", 3, 0, 6, 0},
    {"maximum", 0, 0, 255, 1},
    {"minimum", 0, 0, 255, 1},
    {"clip", 3, 0, 7, 0},
    {"stop_gradient", 1, 0, 0, 0},
    {"norm", 0, 1, 255, 0},
};

/* The operations with one, two and three arguments: X(code, function). */
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
    X(AG_STOP_GRADIENT, ag_stop_gradient)
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
    X(AG_EQUAL, ag_equal)
#define AG_TERNARY(X) \
    X(AG_WHERE, ag_where) \
    X(AG_CLIP, ag_clip)

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
    return hypot(a, b);
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
    p[0] = 1.1283791670955126 * ag_exp(-x * x);
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
    p[0] = 1.0 / (1.0 + x * x);
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

#endif
