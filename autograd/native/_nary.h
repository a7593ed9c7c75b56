/* Operations that take any number of arguments, with loops that are faster than those that would be printed (see loops.py). Their rows
   in autograd/ops.py say what they compute, autograd/numeric.py how that is done with floats, and the tests hold the three together, bit
   for bit. At the end, every operation by its code.

   ag_NAME(x, n) is the value at n arguments and ag_NAME_partials(y, x, n, p) writes their partials; dot takes two sequences. What is not
   an operation begins with ag_loop_, so that an operation may have any name. */

#ifndef AUTOGRAD_NARY_H
#define AUTOGRAD_NARY_H

#include <float.h>
#include <stddef.h>

#include "_ops.h"

/* What is summed: numbers, products, squares of numbers times `by`, or the powers exp(x - by) of n numbers, and then -1. */

struct ag_loop_terms {
    const double *w, *x;
    size_t n;
    double by;
};

typedef double ag_loop_term(const struct ag_loop_terms *t, size_t i);

static inline double ag_loop_number(const struct ag_loop_terms *t, size_t i) { return t->x[i]; }
static inline double ag_loop_product(const struct ag_loop_terms *t, size_t i) { return t->w[i] * t->x[i]; }
static inline double ag_loop_square(const struct ag_loop_terms *t, size_t i) { return t->x[i] * t->by * (t->x[i] * t->by); }
static inline double ag_loop_power(const struct ag_loop_terms *t, size_t i) { return i < t->n ? exp(t->x[i] - t->by) : -1.0; }

/* x times 2^-1080, so that a great many products are still small enough to be summed, and back. */
static inline double ag_loop_down(double x) { return x * 0x1p-540 * 0x1p-540; }
static inline double ag_loop_up(double x) { return x * 0x1p540 * 0x1p540; }

/* A term brought down, even if it is a product that is too large itself: not finite only where it has a factor that is not. */
static inline double ag_loop_small(ag_loop_term *term, const struct ag_loop_terms *t, size_t i) {
    const double a = term(t, i);
    return isfinite(a) || !t->w || !isfinite(t->w[i]) || !isfinite(t->x[i]) ? ag_loop_down(a) : t->w[i] * 0x1p-540 * (t->x[i] * 0x1p-540);
}

/* a + b, and in lost what its rounding lost (Dekker 1971). */
static inline double ag_loop_two_sum(double a, double b, double *lost) {
    const double sum = a + b;
    *lost = fabs(a) >= fabs(b) ? b - (sum - a) : a - (sum - b);
    return sum;
}

/* An exact sum, after Shewchuk (1997): parts of increasing size that share no bit. 2098 bits lie between the smallest and the largest
   double. */
struct ag_loop_parts {
    double part[2098];
    size_t count;
};

static inline void ag_loop_add_exactly(struct ag_loop_parts *sum, double x) {
    size_t kept = 0;
    double lost;
    for (size_t k = 0; k < sum->count; k++) {
        x = ag_loop_two_sum(x, sum->part[k], &lost);
        if (lost != 0.0) sum->part[kept++] = lost;
    }
    if (x != 0.0) sum->part[kept++] = x;
    sum->count = kept;
}

static inline double ag_loop_round_once(const struct ag_loop_parts *sum) {
    size_t k = sum->count;
    double total = 0.0, lost = 0.0;
    while (k && lost == 0.0) total = ag_loop_two_sum(total, sum->part[--k], &lost);
    if (k && (lost < 0.0) == (sum->part[k - 1] < 0.0)) { /* lost may be half a unit, and what lies below it makes it more */
        const double away = total + 2.0 * lost;
        if (away - total == 2.0 * lost) total = away;
    }
    return total;
}

/* The exact sum where one on the way is too large, or a term is: first of the terms brought down, and if that is small enough, of what
   these lost, too. */
static inline double ag_loop_large_sum(ag_loop_term *term, const struct ag_loop_terms *t, size_t n) {
    struct ag_loop_parts sum = {.count = 0};
    double special = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double a = ag_loop_small(term, t, i);
        if (isfinite(a)) ag_loop_add_exactly(&sum, a);
        else special += a;
    }
    if (special != 0.0) return special;
    const double total = ag_loop_round_once(&sum);
    if (fabs(total) >= 0x1p-56) return total * INFINITY;
    for (size_t k = 0; k < sum.count; k++) sum.part[k] = ag_loop_up(sum.part[k]);
    for (size_t i = 0; i < n; i++) {
        const double a = term(t, i);
        if (isfinite(a)) ag_loop_add_exactly(&sum, a - ag_loop_up(ag_loop_down(a)));
    }
    return ag_loop_round_once(&sum);
}

/* The exact sum, rounded once, as Python's fsum. */
static inline double ag_loop_exact_sum(ag_loop_term *term, const struct ag_loop_terms *t, size_t n) {
    struct ag_loop_parts sum = {.count = 0};
    for (size_t i = 0; i < n; i++) {
        ag_loop_add_exactly(&sum, term(t, i));
        if (sum.count && !isfinite(sum.part[sum.count - 1])) return ag_loop_large_sum(term, t, n);
    }
    return ag_loop_round_once(&sum);
}

/* The same. The sum and what its roundings lost are added up apart. The error of the latter is below n * DBL_EPSILON / 2 * size, size
   being the sum of its absolute terms (and 0 where that underflows); only where it could change the result, which grows with what is
   rounded, is the exact sum computed. The sum starts with the first term, so that one of zeros that all are -0.0 is -0.0. */
static inline double ag_loop_rounded_sum(ag_loop_term *term, const struct ag_loop_terms *t, size_t n) {
    double total = n ? term(t, 0) : 0.0, lost = 0.0, size = 0.0;
    for (size_t i = 1; i < n; i++) {
        const double a = term(t, i), sum = total + a, added = sum - total, error = (total - (sum - added)) + (a - added);
        lost += error;
        size += fabs(error);
        total = sum;
    }
    if (!isfinite(total)) return ag_loop_large_sum(term, t, n);
    if (size == 0.0 || n < 3) return total; /* nothing was lost, or it was rounded once */
    double rest;
    const double sum = ag_loop_two_sum(total, lost, &rest), bound = DBL_EPSILON * ((double)n * size + fabs(rest));
    if (sum + (rest + bound) == sum && sum + (rest - bound) == sum) return sum;
    return ag_loop_exact_sum(term, t, n);
}

static inline double ag_sum(const double *x, size_t n) {
    const struct ag_loop_terms t = {.x = x};
    return ag_loop_rounded_sum(ag_loop_number, &t, n);
}

static inline void ag_sum_partials(double y, const double *x, size_t n, double *p) {
    (void)y, (void)x;
    for (size_t i = 0; i < n; i++) p[i] = 1.0;
}

static inline double ag_dot(const double *ws, const double *xs, size_t n) {
    const struct ag_loop_terms t = {.w = ws, .x = xs};
    return ag_loop_rounded_sum(ag_loop_product, &t, n);
}

static inline void ag_dot_partials(double y, const double *ws, const double *xs, size_t n, double *p) {
    (void)y;
    for (size_t i = 0; i < n; i++) {
        p[i] = xs[i];
        p[n + i] = ws[i];
    }
}

/* Of equal ones the first, and nan if there is one. */
static inline double ag_maximum(const double *x, size_t n) {
    double y = x[0];
    for (size_t i = 1; i < n; i++) y = y >= x[i] || isnan(y) ? y : x[i];
    return y;
}

static inline double ag_minimum(const double *x, size_t n) {
    double y = x[0];
    for (size_t i = 1; i < n; i++) y = y <= x[i] || isnan(y) ? y : x[i];
    return y;
}

/* Shared equally among those that are not beaten. */
static inline void ag_maximum_partials(double y, const double *x, size_t n, double *p) {
    double count = 0.0;
    for (size_t i = 0; i < n; i++) count += p[i] = 1.0 - ag_step(y, x[i]);
    for (size_t i = 0; i < n; i++) p[i] /= count;
}

static inline void ag_minimum_partials(double y, const double *x, size_t n, double *p) {
    double count = 0.0;
    for (size_t i = 0; i < n; i++) count += p[i] = 1.0 - ag_step(x[i], y);
    for (size_t i = 0; i < n; i++) p[i] /= count;
}

/* The largest, or 0 where that is not finite: what is taken out of every power. */
static inline double ag_loop_shift(const double *x, size_t n) {
    double largest = -INFINITY;
    for (size_t i = 0; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    return isfinite(largest) ? largest : 0.0;
}

static inline double ag_logsumexp(const double *x, size_t n) {
    const struct ag_loop_terms t = {.x = x, .n = n, .by = ag_loop_shift(x, n)};
    return t.by + log1p(ag_loop_rounded_sum(ag_loop_power, &t, n + 1));
}

static inline void ag_logsumexp_partials(double y, const double *x, size_t n, double *p) {
    const double shift = n ? ag_maximum(x, n) : 0.0;
    (void)y;
    for (size_t i = 0; i < n; i++) p[i] = exp(x[i] - shift);
    const double total = ag_sum(p, n);
    for (size_t i = 0; i < n; i++) p[i] /= total;
}

/* The largest size, of numbers that are not nan, and the power of 2 times which squares of numbers up to that neither over- nor underflow. */
static inline double ag_loop_largest(const double *x, size_t n) {
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
    return largest;
}

static inline double ag_loop_scale(double largest) { return largest > 0x1p500 ? 0x1p-600 : largest < 0x1p-500 ? 0x1p600 : 1.0; }

static inline double ag_norm(const double *x, size_t n) {
    const double largest = ag_loop_largest(x, n);
    const struct ag_loop_terms t = {.x = x, .by = ag_loop_scale(largest)};
    return largest < INFINITY ? sqrt(ag_loop_rounded_sum(ag_loop_square, &t, n)) / t.by : INFINITY;
}

static inline void ag_norm_partials(double y, const double *x, size_t n, double *p) {
    double unit = 0.0;
    (void)y;
    for (size_t i = 0; i < n; i++) unit = unit >= fabs(x[i]) || isnan(unit) ? unit : fabs(x[i]);
    for (size_t i = 0; i < n; i++) p[i] = x[i] / unit;
    const double length = ag_norm(p, n);
    for (size_t i = 0; i < n; i++) p[i] = unit != 0.0 ? p[i] / length : 0.0;
}

/* By code: the value, and the partials in p; nan for a code of another arity. */

static inline double ag_apply1(int code, double a, double *p) {
    double y;
#define AG_CASE(CODE, NAME) case CODE: y = NAME(a); NAME##_partials(y, a, p); return y;
    switch (code) { AG_UNARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

static inline double ag_apply2(int code, double a, double b, double *p) {
    double y;
#define AG_CASE(CODE, NAME) case CODE: y = NAME(a, b); NAME##_partials(y, a, b, p); return y;
    switch (code) { AG_BINARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

static inline double ag_apply3(int code, double a, double b, double c, double *p) {
    double y;
#define AG_CASE(CODE, NAME) case CODE: y = NAME(a, b, c); NAME##_partials(y, a, b, c, p); return y;
    switch (code) { AG_TERNARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

/* The n arguments of two sequences are those of the first, then those of the second. */
static inline double ag_apply_n(int code, const double *x, size_t n, double *p) {
    double y;
#define AG_CASE(CODE, NAME) case CODE: y = NAME(x, n); NAME##_partials(y, x, n, p); return y;
#define AG_PAIR(CODE, NAME) case CODE: y = NAME(x, x + n / 2, n / 2); NAME##_partials(y, x, x + n / 2, n / 2, p); return y;
    switch (code) { AG_NARY(AG_CASE) AG_PAIRED(AG_PAIR) default: return NAN; }
#undef AG_CASE
#undef AG_PAIR
}

/* By code: the value alone. */

static inline double ag_value1(int code, double a) {
#define AG_CASE(CODE, NAME) case CODE: return NAME(a);
    switch (code) { AG_UNARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

static inline double ag_value2(int code, double a, double b) {
#define AG_CASE(CODE, NAME) case CODE: return NAME(a, b);
    switch (code) { AG_BINARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

static inline double ag_value3(int code, double a, double b, double c) {
#define AG_CASE(CODE, NAME) case CODE: return NAME(a, b, c);
    switch (code) { AG_TERNARY(AG_CASE) default: return NAN; }
#undef AG_CASE
}

static inline double ag_value_n(int code, const double *x, size_t n) {
#define AG_CASE(CODE, NAME) case CODE: return NAME(x, n);
#define AG_PAIR(CODE, NAME) case CODE: return NAME(x, x + n / 2, n / 2);
    switch (code) { AG_NARY(AG_CASE) AG_PAIRED(AG_PAIR) default: return NAN; }
#undef AG_CASE
#undef AG_PAIR
}

#endif
