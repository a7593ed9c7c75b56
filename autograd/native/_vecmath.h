/* The elementary functions over arrays, for the kernel: what _ops.h computes through libm for one number, here without branches, so
   that the compiler makes vector code of the loops. Errors lie within the rows' bounds; tests/test_vecmath.py measures them.

   Include this once for each instruction set, in the reach of its `#pragma GCC target`, with LANES(name) defined to paste a suffix
   to a name, and after _nary.h, so that what is there is compiled for any machine. Flags: -O3 -ffp-contract=off -fno-math-errno
   -fno-trapping-math. y must not overlap x. An element's result does not depend on its position.
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

/* The instructions: by the width of vectors in bits, 0 for what is everywhere. LANES_SET says it in the reach of a `#pragma`, elsewhere
   the compiler does. */
#undef LANES_WIDTH
#if defined(LANES_SET)
#define LANES_WIDTH LANES_SET
#elif defined(__AVX512F__) && defined(__AVX512DQ__)
#define LANES_WIDTH 512
#elif defined(__AVX2__) && defined(__FMA__)
#define LANES_WIDTH 256
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA) && defined(__aarch64__)
#define LANES_WIDTH 128
#else
#define LANES_WIDTH 0
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

#if LANES_WIDTH

#define LANES_FMA __builtin_fma
#define LANES_STRETCH 256

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

/* condition ? a : b, in bits: of branches the compiler makes worse vector code. */
LANES_INLINE double LANES(pick)(int condition, double a, double b) {
    const uint64_t mask = -(uint64_t)condition;
    return LANES(from_bits)((LANES(bits)(a) & mask) | (LANES(bits)(b) & ~mask));
}

/* min(x, most), or nan. */
LANES_INLINE double LANES(at_most)(double x, double most) { return LANES(pick)(most < x, most, x); }

/* y, which has the sign of x, unless it is 0 and x is -0. */
LANES_INLINE double LANES(keep_zero)(double y, double x) {
    return LANES(from_bits)(LANES(bits)(y) | (LANES(bits)(x) & 0x8000000000000000));
}

/* exp and what is made of it. */

#define LANES_LOG2_E 0x1.71547652b82fep0
/* ln 2, of which the first part has 42 bits: a product with an exponent is exact. */
#define LANES_LN2 0x1.62e42fefa3800p-1
#define LANES_LN2_REST 0x1.ef35793c76730p-45

/* x = k ln 2 + t, in which r is t without the last bits of k ln 2: bias + k in the low bits of what is returned; small = e^t - 1 - r,
   and slight is what rounding t took from that. Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
LANES_INLINE uint64_t LANES(reduce_exp)(double x, double bias, double *r, double *small, double *slight) {
    const double round = 0x1.8p52 + bias, rounded = LANES_FMA(x, LANES_LOG2_E, round), k = rounded - round;
    const double s = LANES_FMA(-k, LANES_LN2, x), rest = k * LANES_LN2_REST, t = s - rest, t2 = t * t, t4 = t2 * t2;
    const double c01 = LANES_FMA(t, 0x1.5555555555555p-5, 0x1.5555555555556p-3);
    const double c23 = LANES_FMA(t, 0x1.6c16c16c167e1p-10, 0x1.11111111109b3p-7);
    const double c45 = LANES_FMA(t, 0x1.a01a01a47b054p-16, 0x1.a01a01a7c41d5p-13);
    const double c67 = LANES_FMA(t, 0x1.27e4e1f48534fp-22, 0x1.71de0dae63bb3p-19);
    const double c89 = LANES_FMA(t, 0x1.1f66df7fca49fp-29, 0x1.af38a9b0ec855p-26);
    const double c = LANES_FMA(t4, LANES_FMA(t4, c89, LANES_FMA(t2, c67, c45)), LANES_FMA(t2, c23, c01));
    *r = s;
    *small = LANES_FMA(t2, LANES_FMA(t, c, 0.5), -rest);
    *slight = t * ((s - t) - rest);
    return LANES(bits)(rounded);
}

LANES_INLINE double LANES(exp_usual)(double x) {
    double r, small, slight;
    const uint64_t k = LANES(reduce_exp)(x, 1023.0, &r, &small, &slight);
    return (1.0 + (r + small)) * LANES(from_bits)(k << 52);
}

/* 2^j e^x with bias = 2046 + j, for |x| <= 760: in two steps, so that neither over- nor underflows before the result does. */
LANES_INLINE double LANES(exp_wide)(double x, double bias) {
    double r, small, slight;
    const uint64_t k = LANES(reduce_exp)(x, bias, &r, &small, &slight), half = k >> 1;
    return (1.0 + (r + small)) * LANES(from_bits)(half << 52) * LANES(from_bits)((k - half) << 52);
}

LANES_INLINE double LANES(exp_any)(double x) { return LANES(exp_wide)(copysign(LANES(at_most)(fabs(x), 760.0), x), 2046.0); }

/* unit (e^x - 1) with unit = 2^j and bias = 1023 + j, and what rounding it lost: 2^k (1 + r + small) - 1, in which 2^k - 1 and 2^k r
   are added without loss. */
LANES_INLINE double LANES(expm1_in)(double x, double unit, double bias, double *low) {
    double r, small, slight;
    const double scale = LANES(from_bits)(LANES(reduce_exp)(x, bias, &r, &small, &slight) << 52);
    const double a = scale - unit, b = scale * r, sum = a + b, lost = (b - (sum - a)) + ((scale - a) - unit);
    const double rest = LANES_FMA(scale, small + slight, lost), y = sum + rest;
    *low = rest - (y - sum);
    return y;
}

LANES_INLINE double LANES(expm1_usual)(double x) {
    double low;
    return LANES(keep_zero)(LANES(expm1_in)(x, 1.0, 1023.0, &low), x);
}

/* Halved, since 2^1024 is too large; what that does to subnormals does not matter. */
LANES_INLINE double LANES(expm1_any)(double x) {
    double low;
    const double z = LANES(at_most)(x, 710.0), half = LANES(expm1_in)(LANES(pick)(z < -708.0, -708.0, z), 0.5, 1022.0, &low);
    return LANES(pick)(fabs(x) < 0x1p-54, x, 2.0 * half);
}

/* (e + e / (e + 1)) / 2 with e = exp(|x|) - 1. */
LANES_INLINE double LANES(sinh_in)(double x, double unit, double bias) {
    double low;
    const double e = LANES(expm1_in)(fabs(x), unit, bias, &low);
    return copysign((e + (low + e / (e / unit + 1.0))) * (0.5 / unit), x);
}

LANES_INLINE double LANES(sinh_usual)(double x) { return LANES(sinh_in)(x, 1.0, 1023.0); }

LANES_INLINE double LANES(sinh_any)(double x) {
    return LANES(pick)(fabs(x) < 0x1p-54, x, LANES(sinh_in)(copysign(LANES(at_most)(fabs(x), 711.0), x), 0.125, 1020.0));
}

/* From half = exp(|x|) / 2. */
LANES_INLINE double LANES(cosh_of)(double half) { return half + 0.25 / half; }
LANES_INLINE double LANES(cosh_usual)(double x) { return LANES(cosh_of)(0.5 * LANES(exp_usual)(fabs(x))); }
LANES_INLINE double LANES(cosh_any)(double x) { return LANES(cosh_of)(LANES(exp_wide)(LANES(at_most)(fabs(x), 760.0), 2045.0)); }

/* From e = exp(-|x|). */
LANES_INLINE double LANES(sigmoid_of)(double e, double x) { return LANES(pick)(x < 0.0, e, 1.0) / (1.0 + e); }
LANES_INLINE double LANES(sigmoid_usual)(double x) { return LANES(sigmoid_of)(LANES(exp_usual)(-fabs(x)), x); }
LANES_INLINE double LANES(sigmoid_any)(double x) { return LANES(sigmoid_of)(LANES(exp_wide)(-LANES(at_most)(fabs(x), 760.0), 2046.0), x); }

/* (e^2x - 1) / (e^2x + 1), from e^2x - 1. */
LANES_INLINE double LANES(tanh_usual)(double x) {
    double r, small, slight;
    const double scale = LANES(from_bits)(LANES(reduce_exp)(2.0 * fabs(x), 1023.0, &r, &small, &slight) << 52);
    const double e = LANES_FMA(scale, r + small, scale - 1.0);
    return copysign(e / (e + 2.0), x);
}

LANES_INLINE double LANES(tanh_any)(double x) { return LANES(tanh_usual)(copysign(LANES(at_most)(fabs(x), 350.0), x)); }

/* log and what is made of it. */

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

LANES_INLINE double LANES(log_usual)(double x) {
    double m;
    const double k = LANES(split)(x, &m);
    return LANES(log_sum)(k, m - 1.0, k * LANES_LN2_REST);
}

LANES_INLINE double LANES(log_any)(double x) {
    double m;
    const int tiny = x < 0x1p-1022;
    const double k = LANES(split)(LANES(pick)(tiny, x * 0x1p54, x), &m) - LANES(pick)(tiny, 54.0, 0.0);
    const double y = LANES(log_sum)(k, m - 1.0, k * LANES_LN2_REST);
    const double edge = LANES(pick)(x < 0.0, NAN, LANES(pick)(x == 0.0, -INFINITY, x));
    return LANES(pick)((x > 0.0) & (x < INFINITY), y, edge);
}

/* log(u) with u = 1 + x, plus what rounding u lost, divided by u; 1/m to one percent is enough for that. Near 1, f = x. */
LANES_INLINE double LANES(log1p_usual)(double x) {
    double m;
    const double u = 1.0 + x, k = LANES(split)(u, &m), f = m - 1.0;
    const double inverse = LANES_FMA(f, LANES_FMA(f, 0x1.d41724ba1eb0ep-1, -0x1.14a309d18437ep0), 0x1.01475c12c6c9ep0);
    const double lost = LANES(pick)(x < 1.0, x - (u - 1.0), 1.0 - (u - x));
    const double scale = LANES(from_bits)(LANES(bits)(0x1.8p52 + 1023.0 - k) << 52);
    const double rest = LANES(pick)(k == 0.0, 0.0, lost * scale * inverse);
    return LANES(keep_zero)(LANES(log_sum)(k, LANES(pick)(k == 0.0, x, f), LANES_FMA(k, LANES_LN2_REST, rest)), x);
}

/* From 2^60 on it is log(x). */
LANES_INLINE double LANES(log1p_any)(double x) {
    return LANES(pick)((x > -1.0) & (x < 0x1p60), LANES(log1p_usual)(x), LANES(log_any)(LANES(pick)(x < 0x1p60, 1.0 + x, x)));
}

/* max(x, 0) + log(1 + e), from e = exp(-|x|) <= 1: halved where 1 + e lies beyond sqrt(2). */
LANES_INLINE double LANES(softplus_of)(double e, double x) {
    const int large = e > 0x1.a8p-2;
    const double k = LANES(pick)(large, 1.0, 0.0);
    return LANES(pick)(x < 0.0, 0.0, x) + LANES(log_sum)(k, LANES(pick)(large, 0.5 * (e - 1.0), e), k * LANES_LN2_REST);
}

LANES_INLINE double LANES(softplus_usual)(double x) { return LANES(softplus_of)(LANES(exp_usual)(-fabs(x)), x); }
LANES_INLINE double LANES(softplus_any)(double x) {
    return LANES(softplus_of)(LANES(exp_wide)(-LANES(at_most)(fabs(x), 760.0), 2046.0), x);
}

/* sin and cos. */

#define LANES_TWO_BY_PI 0x1.45f306dc9c883p-1
/* pi / 2 in three parts. */
#define LANES_QUARTER 0x1.921fb54442d18p0
#define LANES_QUARTER_1 0x1.1a62633145c07p-54
#define LANES_QUARTER_2 -0x1.f1976b7ed8fbcp-110

/* x = k pi/2 + r + rest for |x| <= 1e5, k in the low bits of what is returned. The first difference is exact; the second is added
   without loss, since either term may be the larger where x lies close to a multiple. */
LANES_INLINE uint64_t LANES(reduce_angle)(double x, double *r, double *rest) {
    const double rounded = LANES_FMA(x, LANES_TWO_BY_PI, 0x1.8p52), k = rounded - 0x1.8p52;
    const double s = LANES_FMA(-k, LANES_QUARTER, x), p = k * LANES_QUARTER_1, t = s - p, back = t - s;
    *r = t;
    *rest = LANES_FMA(-k, LANES_QUARTER_2, ((s - (t - back)) - (p + back)) - LANES_FMA(k, LANES_QUARTER_1, -p));
    return LANES(bits)(rounded);
}

LANES_INLINE double LANES(sin_near)(double r, double rest) {
    const double z = r * r, z2 = z * z;
    const double c01 = LANES_FMA(z, 0x1.1111111110bb2p-7, -0x1.5555555555555p-3);
    const double c23 = LANES_FMA(z, 0x1.71de379654304p-19, -0x1.a01a019e83816p-13);
    const double c45 = LANES_FMA(z, 0x1.5e0b05bff20f2p-33, -0x1.ae600aca92c64p-26);
    const double c = LANES_FMA(z2, LANES_FMA(z2, c45, c23), c01);
    return r + LANES_FMA(z * r, c, LANES_FMA(-0.5 * z, rest, rest));
}

LANES_INLINE double LANES(cos_near)(double r, double rest) {
    const double z = r * r, z2 = z * z, half = 0.5 * r;
    const double c01 = LANES_FMA(z, -0x1.6c16c16c16967p-10, 0x1.5555555555555p-5);
    const double c23 = LANES_FMA(z, -0x1.27e4fa17bf139p-22, 0x1.a01a019f4e9b4p-16);
    const double c45 = LANES_FMA(z, -0x1.907d8f29fe831p-37, 0x1.1eeb68cd22f56p-29);
    const double c = LANES_FMA(z2, LANES_FMA(z2, c45, c23), c01);
    const double high = LANES_FMA(-half, r, 1.0), low = LANES_FMA(-half, r, 1.0 - high);
    return high + LANES_FMA(z2, c, LANES_FMA(-r, rest, low));
}

/* Of sin, cos, -sin, -cos of r + rest that of number `quarter`. */
LANES_INLINE double LANES(quarter)(uint64_t quarter, double r, double rest) {
    const double y = LANES(pick)(quarter & 1, LANES(cos_near)(r, rest), LANES(sin_near)(r, rest));
    return LANES(from_bits)(LANES(bits)(y) ^ (quarter & 2) << 62);
}

LANES_INLINE double LANES(sin_usual)(double x) {
    double r, rest;
    const uint64_t k = LANES(reduce_angle)(x, &r, &rest);
    return LANES(pick)(fabs(x) < 0x1p-27, x, LANES(quarter)(k, r, rest));
}

LANES_INLINE double LANES(cos_usual)(double x) {
    double r, rest;
    const uint64_t k = LANES(reduce_angle)(x, &r, &rest);
    return LANES(quarter)(k + 1, r, rest);
}

LANES_INLINE double LANES(sin_any)(double x) { return fabs(x) <= 1e5 ? LANES(sin_usual)(x) : sin(x); }
LANES_INLINE double LANES(cos_any)(double x) { return fabs(x) <= 1e5 ? LANES(cos_usual)(x) : cos(x); }

/* erf. */

/* For |x| < 1: odd. */
LANES_INLINE double LANES(erf_near)(double x) {
    const double z = x * x, z2 = z * z, z4 = z2 * z2;
    const double c01 = LANES_FMA(z, -0x1.812746b0379c1p-2, 0x1.20dd750429b6dp0);
    const double c23 = LANES_FMA(z, -0x1.b82ce31203772p-6, 0x1.ce2f21a040f66p-4);
    const double c45 = LANES_FMA(z, -0x1.c02db0665e53dp-11, 0x1.565bccfa44156p-8);
    const double c67 = LANES_FMA(z, -0x1.f4ca838adb73bp-17, 0x1.f9a2be4f731a1p-14);
    const double c89 = LANES_FMA(z, -0x1.5c131500d3f88p-23, 0x1.b981d78881a5dp-20);
    const double cab = LANES_FMA(z, -0x1.ac9585a44fe29p-31, 0x1.d76af6ca49787p-27);
    const double low = LANES_FMA(z2, c23, c01), middle = LANES_FMA(z2, c67, c45), high = LANES_FMA(z2, cab, c89);
    return x * LANES_FMA(z4, LANES_FMA(z4, high, middle), low);
}

/* For 1 <= a <= 6: erf(a) = 1 - exp(-a^2) G(t) with t = 1/(a + 2) - 1/4. */
LANES_INLINE double LANES(erf_far)(double a) {
    const double t = 1.0 / (a + 2.0) - 0.25, t2 = t * t, t4 = t2 * t2;
    const double c01 = LANES_FMA(t, 0x1.b57034efd3f76p0, 0x1.058671b52c776p-2);
    const double c23 = LANES_FMA(t, 0x1.437f0b68becb3p2, 0x1.eeea7dc8a7819p1);
    const double c45 = LANES_FMA(t, -0x1.ca95ed43053cep2, 0x1.e9471598d6c3fp-1);
    const double c67 = LANES_FMA(t, 0x1.016b4ec748c8ap4, -0x1.bc25a59308a5dp1);
    const double c89 = LANES_FMA(t, -0x1.6d9d7b593d08bp5, 0x1.6d61b8cf7c29fp1);
    const double cab = LANES_FMA(t, 0x1.c9d600f5a40f6p6, 0x1.cd2c58f063cfep4);
    const double low = LANES_FMA(t2, c23, c01), middle = LANES_FMA(t2, c67, c45), high = LANES_FMA(t2, cab, c89);
    const double g = LANES_FMA(t4, LANES_FMA(t4, LANES_FMA(t4, -0x1.c08b3ef5ebd17p7, high), middle), low);
    return LANES_FMA(-LANES(exp_usual)(-a * a), g, 1.0);
}

LANES_INLINE double LANES(erf1)(double x) {
    const double a = fabs(x);
    return LANES(pick)(a < 1.0, LANES(erf_near)(x), copysign(LANES(erf_far)(LANES(at_most)(a, 6.0)), x));
}

/* x^c for normal x > 0, from log(x) to some 66 bits: k ln 2 + 2 s + 2/3 s^3 + s^5 Q(s^2), the rest of which is in the terms' lows. */
LANES_INLINE double LANES(power_usual)(double x, double c) {
    double m, r, small, slight;
    const double k = LANES(split)(x, &m), f = m - 1.0, d = 2.0 + f, inverse = 1.0 / d, s = f * inverse;
    const double s_low = LANES_FMA(-s, f - (d - 2.0), LANES_FMA(-s, d, f)) * inverse;
    const double z = s * s, z_low = LANES_FMA(2.0 * s, s_low, LANES_FMA(s, s, -z)), z2 = z * z;
    const double cube = s * z, cube_low = LANES_FMA(s, z, -cube) + LANES_FMA(s, z_low, s_low * z);
    const double third = cube * 0x1.5555555555555p-1;
    const double third_rest = LANES_FMA(cube, 0x1.5555555555555p-55, cube_low * 0x1.5555555555555p-1);
    const double third_low = LANES_FMA(cube, 0x1.5555555555555p-1, -third) + third_rest;
    const double c01 = LANES_FMA(z, 0x1.2492492492521p-2, 0x1.999999999999ap-2);
    const double c23 = LANES_FMA(z, 0x1.745d177a96056p-3, 0x1.c71c71c6eaa10p-3);
    const double c45 = LANES_FMA(z, 0x1.1118c7e4b0917p-3, 0x1.3b1395d2190c1p-3);
    const double c67 = LANES_FMA(z, 0x1.e02e6fff27908p-4, 0x1.df7cc8e5fa539p-4);
    const double q = LANES_FMA(z2, LANES_FMA(z2, LANES_FMA(z2, c67, c45), c23), c01);
    const double a = k * LANES_LN2, b = 2.0 * s, ab = a + b, sum = ab + third;
    const double lost = (b - (ab - a)) + (third - (sum - ab));
    const double low = LANES_FMA(cube * z, q, LANES_FMA(k, LANES_LN2_REST, lost + LANES_FMA(2.0, s_low, third_low)));
    const double high = sum + low, product = c * high, rest = LANES_FMA(c, low - (high - sum), LANES_FMA(c, high, -product));
    const uint64_t scale = LANES(reduce_exp)(product, 1023.0, &r, &small, &slight);
    const double y = 1.0 + r, y_low = r - (y - 1.0);
    return (y + (y_low + LANES_FMA(rest, y + small, small))) * LANES(from_bits)(scale << 52);
}

/* Whether x^c neither over- nor underflows, by the exponent of x, and c is not so large that the error of the logarithm counts. */
LANES_INLINE uint64_t LANES(is_usual_power)(double x, double c) {
    const double k = LANES(from_bits)((LANES(bits)(x) >> 52) | 0x4330000000000000) - (0x1p52 + 1023.0);
    return (x >= 0x1p-1022) & (x < INFINITY) & (fabs(c) <= 512.0) & (fabs(c) * (fabs(k) + 1.0) <= 1021.0);
}

/* x^c, where x^c = +-|x|^c with the sign of x in `sign` and that of the result in `odd`. */
LANES_INLINE double LANES(signed_power)(double x, double c, uint64_t sign, uint64_t odd) {
    const double y = LANES(power_usual)(LANES(from_bits)(LANES(bits)(x) & ~sign), c);
    return LANES(from_bits)(LANES(bits)(y) ^ (LANES(bits)(x) & odd));
}

/* x[i]^c[i * step]. */
LANES_INLINE void LANES(powers)(const double *x, const double *c, size_t step, uint64_t sign, uint64_t odd, double *y, size_t n) {
    for (size_t start = 0; start < n; start += LANES_STRETCH) {
        const size_t end = n - start < LANES_STRETCH ? n : start + LANES_STRETCH;
        uint64_t usual = 1;
        for (size_t i = start; i < end; i++)
            usual &= LANES(is_usual_power)(LANES(from_bits)(LANES(bits)(x[i]) & ~sign), c[i * step]);
        if (usual) {
            LANES_LOOP
            for (size_t i = start; i < end; i++) y[i] = LANES(signed_power)(x[i], c[i * step], sign, odd);
        } else {
            for (size_t i = start; i < end; i++) {
                usual = LANES(is_usual_power)(LANES(from_bits)(LANES(bits)(x[i]) & ~sign), c[i * step]);
                y[i] = usual ? LANES(signed_power)(x[i], c[i * step], sign, odd) : pow(x[i], c[i * step]);
            }
        }
    }
}

/* What is right for usual numbers only is taken back where a stretch has others; the bits are the same. */
#define LANES_MAP_USUAL(NAME, USUAL) \
    LANES_STATIC void LANES(vec_##NAME)(const double *restrict x, double *restrict y, size_t n) { \
        for (size_t start = 0; start < n; start += LANES_STRETCH) { \
            const size_t end = n - start < LANES_STRETCH ? n : start + LANES_STRETCH; \
            uint64_t others = 0; \
            for (size_t i = start; i < end; i++) { \
                const double a = x[i]; \
                others |= (uint64_t)!(USUAL); \
                y[i] = LANES(NAME##_usual)(a); \
            } \
            if (!others) continue; \
            LANES_LOOP \
            for (size_t i = start; i < end; i++) y[i] = LANES(NAME##_any)(x[i]); \
        } \
    }

/* The same, where k + 512 has ten bits and nothing else is in what rounding left: 2^k as an integer added to the exponent of e^t / 2^512. */
LANES_STATIC void LANES(vec_exp)(const double *restrict x, double *restrict y, size_t n) {
    const double unit = 0x1p-512;
    for (size_t start = 0; start < n; start += LANES_STRETCH) {
        const size_t end = n - start < LANES_STRETCH ? n : start + LANES_STRETCH;
        uint64_t others = 0;
        for (size_t i = start; i < end; i++) {
            double r, small, slight;
            const uint64_t k = LANES(reduce_exp)(x[i], 512.0, &r, &small, &slight);
            others |= k ^ LANES(bits)(0x1.8p52);
            y[i] = LANES(from_bits)(LANES(bits)(LANES_FMA(unit, r + small, unit)) + (k << 52));
        }
        if (!(others >> 10)) continue;
        LANES_LOOP
        for (size_t i = start; i < end; i++) y[i] = LANES(exp_any)(x[i]);
    }
}

LANES_MAP_USUAL(expm1, fabs(a) <= 708.0)
LANES_MAP_USUAL(sinh, fabs(a) <= 708.0)
LANES_MAP_USUAL(cosh, fabs(a) <= 708.0)
LANES_MAP_USUAL(sigmoid, fabs(a) <= 708.0)
LANES_MAP_USUAL(tanh, fabs(a) <= 350.0)
LANES_MAP_USUAL(log, (a >= 0x1p-1022) & (a < INFINITY))
LANES_MAP_USUAL(log1p, (a > -1.0) & (a < 0x1p60))
LANES_MAP_USUAL(softplus, fabs(a) <= 708.0)
LANES_MAP_USUAL(sin, fabs(a) <= 1e5)
LANES_MAP_USUAL(cos, fabs(a) <= 1e5)
LANES_MAP(erf, LANES(erf1))

#undef LANES_MAP_USUAL
#undef LANES_STRETCH
#undef LANES_LOG2_E
#undef LANES_LN2
#undef LANES_LN2_REST
#undef LANES_TWO_BY_PI
#undef LANES_QUARTER
#undef LANES_QUARTER_1
#undef LANES_QUARTER_2

#else

LANES_MAP(exp, ag_exp)
LANES_MAP(expm1, ag_expm1)
LANES_MAP(log, ag_log)
LANES_MAP(log1p, ag_log1p)
LANES_MAP(sinh, ag_sinh)
LANES_MAP(cosh, ag_cosh)
LANES_MAP(sigmoid, ag_sigmoid)
LANES_MAP(tanh, ag_tanh)
LANES_MAP(softplus, ag_softplus)
LANES_MAP(sin, ag_sin)
LANES_MAP(cos, ag_cos)
LANES_MAP(erf, ag_erf)

LANES_INLINE void LANES(powers)(const double *x, const double *c, size_t step, uint64_t sign, uint64_t odd, double *y, size_t n) {
    (void)sign, (void)odd;
    for (size_t i = 0; i < n; i++) y[i] = ag_pow(x[i], c[i * step]);
}

#endif

LANES_STATIC void LANES(vec_pow)(const double *x, const double *c, double *y, size_t n) { LANES(powers)(x, c, 1, 0, 0, y, n); }

/* x^c, one c for all. */
LANES_STATIC void LANES(vec_powc)(const double *x, double c, double *y, size_t n) {
    if (c == 2.0) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = x[i] * x[i];
#ifdef LANES_FMA
    } else if (c == 3.0) { /* what rounding the square lost is put back, unless something overflowed */
        LANES_LOOP
        for (size_t i = 0; i < n; i++) {
            const double square = x[i] * x[i], lost = LANES_FMA(x[i], x[i], -square), y0 = square * x[i];
            y[i] = LANES(pick)(fabs(square) < INFINITY, LANES_FMA(square, x[i], lost * x[i]), y0);
        }
#endif
    } else if (c == -1.0) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = 1.0 / x[i];
    } else if (c == 0.5) {
        LANES_LOOP
        for (size_t i = 0; i < n; i++) y[i] = x[i] == -INFINITY ? INFINITY : sqrt(x[i]) + 0.0;
    } else {
        const uint64_t minus = 0x8000000000000000;
        LANES(powers)(x, &c, 0, c == rint(c) ? minus : 0, 0.5 * c != rint(0.5 * c) ? minus : 0, y, n);
    }
}

/* Exact to rounding, or as libm computes them. */
LANES_MAP(sqrt, ag_sqrt)
LANES_MAP(tan, ag_tan)
LANES_MAP(asin, ag_asin)
LANES_MAP(acos, ag_acos)
LANES_MAP(atan, ag_atan)
LANES_MAP2(atan2, ag_atan2)

#undef LANES_FMA
#undef LANES_MAP
#undef LANES_MAP2
#undef LANES_LOOP
#undef LANES_STATIC
#undef LANES_INLINE
