/* The elementary functions over arrays, for the kernel: what _ops.h computes through libm for one number, here without branches, so
   that the compiler makes vector code of the loops. Errors lie within the rows' bounds; tests/test_vecmath.py measures them.

   Include this once for each instruction set, in the reach of its `#pragma GCC target`, with LANES(name) defined to paste a suffix
   to a name, and after _nary.h, so that what is there is compiled for any machine. Flags: -O3 -ffp-contract=off -fno-math-errno
   -fno-trapping-math. y may be x itself, but not overlap it otherwise. An element's result does not depend on its position.
   Where there is no fused multiply-add, all are loops over libm.

   Reductions follow Cody and Waite, Software manual for the elementary functions (1980), and Muller, Elementary functions (2016),
   chapters 5 and 11: x = k ln 2 + r and so on, with what rounding lost of r kept apart. The coefficients of each polynomial were
   computed for this file: interpolation at Chebyshev nodes with 60 digits, which test_vecmath.py repeats. */

#ifndef AUTOGRAD_NARY_H
#error "include _nary.h first, outside of any #pragma GCC target"
#endif

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define LANES_STATIC static __attribute__((unused))
#define LANES_INLINE static inline __attribute__((always_inline, unused))
#else
#define LANES_STATIC static
#define LANES_INLINE static inline
#endif

/* Nothing is carried from one element to the next. */
#if defined(__clang__)
#define LANES_LOOP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define LANES_LOOP _Pragma("GCC ivdep")
#else
#define LANES_LOOP
#endif

#define LANES_MAP(NAME, FUNCTION) \
    LANES_STATIC void LANES(vec_##NAME)(const double *x, double *y, size_t n) { \
        LANES_LOOP \
        for (size_t i = 0; i < n; i++) y[i] = FUNCTION(x[i]); \
    }
#define LANES_MAP2(NAME, FUNCTION) \
    LANES_STATIC void LANES(vec_##NAME)(const double *a, const double *b, double *y, size_t n) { \
        LANES_LOOP \
        for (size_t i = 0; i < n; i++) y[i] = FUNCTION(a[i], b[i]); \
    }

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)

#define LANES_FMA __builtin_fma

LANES_INLINE uint64_t LANES(bits)(double x) {
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

LANES_INLINE double LANES(from_bits)(uint64_t u) {
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
#define LANES_ROUND 0x1.8p52
#define LANES_LOG2_E 0x1.71547652b82fep0
/* ln 2, of which the first part has 42 bits: a product with an exponent is exact. */
#define LANES_LN2 0x1.62e42fefa3800p-1
#define LANES_LN2_REST 0x1.ef35793c76730p-45

/* 2^k, from the low bits of an integer k: -1022 <= k <= 1023. */
LANES_INLINE double LANES(two_to)(uint64_t k) { return LANES(from_bits)((k + 1023) << 52); }

/* x = k ln 2 + r + rest: k in the low bits of what is returned; small = e^(r + rest) - 1 - r. */
LANES_INLINE double LANES(reduce_exp)(double x, double *r, double *small) {
    const double rounded = LANES_FMA(x, LANES_LOG2_E, LANES_ROUND), k = rounded - LANES_ROUND;
    const double s = LANES_FMA(-k, LANES_LN2, x), t = LANES_FMA(-k, LANES_LN2_REST, s), rest = LANES_FMA(-k, LANES_LN2_REST, s - t);
    const double t2 = t * t, t4 = t2 * t2;
    const double c01 = LANES_FMA(t, 0x1.5555555555555p-5, 0x1.5555555555556p-3);
    const double c23 = LANES_FMA(t, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7);
    const double c45 = LANES_FMA(t, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13);
    const double c67 = LANES_FMA(t, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19);
    const double c89 = LANES_FMA(t, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26);
    const double c = LANES_FMA(t4, LANES_FMA(t4, c89, LANES_FMA(t2, c67, c45)), LANES_FMA(t2, c23, c01));
    *r = t;
    *small = LANES_FMA(t2, LANES_FMA(t, c, 0.5), rest);
    return rounded;
}

/* The power is multiplied in two steps, so that neither over- nor underflows before the result does. */
LANES_INLINE double LANES(exp1)(double x) {
    double r, small;
    x = x > 720.0 ? 720.0 : x;
    x = x < -760.0 ? -760.0 : x;
    const double k = LANES(reduce_exp)(x, &r, &small);
    const double half = LANES_FMA(k - LANES_ROUND, 0.5, LANES_ROUND);
    return (1.0 + (r + small)) * LANES(two_to)(LANES(bits)(half)) * LANES(two_to)(LANES(bits)(k) - LANES(bits)(half));
}

/* 2^k (1 + r + small) - 1, in which 2^k - 1 and 2^k r are added without loss; all halved, since 2^1024 is too large. */
LANES_INLINE double LANES(expm1_1)(double x) {
    double r, small, z = x;
    z = z > 710.0 ? 710.0 : z;
    z = z < -50.0 ? -50.0 : z;
    const double k = LANES(reduce_exp)(z, &r, &small), half = LANES(two_to)(LANES(bits)(k) - 1);
    const double a = half - 0.5, b = half * r, sum = a + b, lost = (b - (sum - a)) + ((half - a) - 0.5);
    const double y = 2.0 * (sum + LANES_FMA(half, small, lost));
    return fabs(x) < 0x1p-54 ? x : y;
}

LANES_INLINE double LANES(sigmoid1)(double x) {
    const double e = LANES(exp1)(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* (e^2x - 1) / (e^2x + 1), from e^2x - 1. */
LANES_INLINE double LANES(tanh1)(double x) {
    double r, small, z = 2.0 * fabs(x);
    z = z > 44.0 ? 44.0 : z;
    const double k = LANES(reduce_exp)(z, &r, &small), scale = LANES(two_to)(LANES(bits)(k));
    const double e = LANES_FMA(scale, r + small, scale - 1.0);
    return copysign(e / (e + 2.0), x);
}

/* k ln 2 + log(1 + f) + rest, for -0.3 < f < 0.42: log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) with s = f / (2 + f), and the first
   three of k ln 2 + f - f^2/2 are added without loss. */
LANES_INLINE double LANES(log_sum)(double k, double f, double rest) {
    const double s = f / (2.0 + f), z = s * s, z2 = z * z;
    const double c01 = LANES_FMA(z, 0x1.99999999952d7p-2, 0x1.5555555555558p-1);
    const double c23 = LANES_FMA(z, 0x1.c71c62e3f11e6p-3, 0x1.2492492df281ap-2);
    const double c45 = LANES_FMA(z, 0x1.39fe51a7c18f9p-3, 0x1.7462b51cb66b1p-3);
    const double c = LANES_FMA(z2, LANES_FMA(z2, LANES_FMA(z2, 0x1.2b5900de53b32p-3, c45), c23), c01);
    const double half = 0.5 * f, square = half * f, high = LANES_FMA(-half, f, f), low = LANES_FMA(-half, f, f - high);
    const double a = k * LANES_LN2, sum = a + high, lost = high - (sum - a);
    return sum + (LANES_FMA(s, LANES_FMA(z, c, square), rest) + (lost + low));
}

/* x = 2^k m with m from sqrt(1/2) to sqrt(2), for normal x > 0. */
LANES_INLINE double LANES(split)(double x, double *m) {
    const uint64_t u = LANES(bits)(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
    *m = LANES(from_bits)((u & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd);
    return LANES(from_bits)((u >> 52) | 0x4330000000000000) - (0x1p52 + 1023.0);
}

LANES_INLINE double LANES(log1)(double x) {
    double m;
    const int tiny = x < 0x1p-1022;
    const double k = LANES(split)(tiny ? x * 0x1p54 : x, &m) - (tiny ? 54.0 : 0.0);
    const double y = LANES(log_sum)(k, m - 1.0, k * LANES_LN2_REST);
    const double edge = x < 0.0 ? NAN : x == 0.0 ? -INFINITY : x;
    return x > 0.0 && x < INFINITY ? y : edge;
}

/* log(u) with u = 1 + x, plus what rounding u lost, divided by u; 1/m to one percent is enough for that. Near 1, f = x. */
LANES_INLINE double LANES(log1p_1)(double x) {
    double m;
    const double u = 1.0 + x, k = LANES(split)(u, &m);
    const double lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x), scaled = lost * LANES(two_to)(-LANES(bits)(k + LANES_ROUND));
    const double f = m - 1.0, inverse = LANES_FMA(f, LANES_FMA(f, 0x1.d41724ba1eb0ep-1, -0x1.14a309d18437ep0), 0x1.01475c12c6c9ep0);
    const double y = LANES(log_sum)(k, k == 0.0 ? x : f, LANES_FMA(k, LANES_LN2_REST, k == 0.0 || x > 0x1p60 ? 0.0 : scaled * inverse));
    const double edge = x < -1.0 ? NAN : x == -1.0 ? -INFINITY : x;
    return x > -1.0 && x < INFINITY && fabs(x) >= 0x1p-54 ? y : edge;
}

/* max(x, 0) + log(1 + e), e = exp(-|x|) <= 1: halved where 1 + e lies beyond sqrt(2). */
LANES_INLINE double LANES(softplus1)(double x) {
    const double e = LANES(exp1)(-fabs(x)), k = e > 0x1.a8p-2 ? 1.0 : 0.0;
    return (x < 0.0 ? 0.0 : x) + LANES(log_sum)(k, e > 0x1.a8p-2 ? 0.5 * (e - 1.0) : e, k * LANES_LN2_REST);
}

LANES_MAP(exp, LANES(exp1))
LANES_MAP(expm1, LANES(expm1_1))
LANES_MAP(log, LANES(log1))
LANES_MAP(log1p, LANES(log1p_1))
LANES_MAP(sigmoid, LANES(sigmoid1))
LANES_MAP(tanh, LANES(tanh1))
LANES_MAP(softplus, LANES(softplus1))

#undef LANES_FMA
#undef LANES_ROUND
#undef LANES_LOG2_E
#undef LANES_LN2
#undef LANES_LN2_REST

#else

LANES_MAP(exp, ag_exp)
LANES_MAP(expm1, ag_expm1)
LANES_MAP(log, ag_log)
LANES_MAP(log1p, ag_log1p)
LANES_MAP(sigmoid, ag_sigmoid)
LANES_MAP(tanh, ag_tanh)
LANES_MAP(softplus, ag_softplus)

#endif

LANES_MAP(sin, ag_sin)
LANES_MAP(cos, ag_cos)
LANES_MAP(erf, ag_erf)

/* x^c, one c for all. */
LANES_STATIC void LANES(vec_powc)(const double *x, double c, double *y, size_t n) {
    if (c == 2.0) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i];
    } else if (c == -1.0) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = 1.0 / x[i];
    } else if (c == 0.5) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = x[i] == -INFINITY ? INFINITY : sqrt(x[i]) + 0.0;
    } else {
        for (size_t i = 0; i < n; i++) y[i] = ag_powc(x[i], c);
    }
}

/* Exact to rounding, or as libm computes them. */
LANES_MAP(sqrt, ag_sqrt)
LANES_MAP(tan, ag_tan)
LANES_MAP(asin, ag_asin)
LANES_MAP(acos, ag_acos)
LANES_MAP(atan, ag_atan)
LANES_MAP(sinh, ag_sinh)
LANES_MAP(cosh, ag_cosh)
LANES_MAP2(pow, ag_pow)
LANES_MAP2(atan2, ag_atan2)
LANES_MAP2(hypot, ag_hypot)

#undef LANES_MAP
#undef LANES_MAP2
#undef LANES_LOOP
#undef LANES_STATIC
#undef LANES_INLINE
