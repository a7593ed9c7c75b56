/* The elementary functions over arrays, for the kernel: what _ops.h computes through libm for one number, here without branches, so
   that the compiler makes vector code of the loops. The formulas are in _elementary.h, printed from autograd/elementary.py.

   Include this once for each instruction set, in the reach of its `#pragma GCC target`, with LANES(name) defined to paste a suffix
   to a name, and after _nary.h, so that what is there is compiled for any machine. Flags: -O3 -ffp-contract=off -fno-math-errno
   -fno-trapping-math. y must not overlap x. An element's result does not depend on its position.
   Where there is no fused multiply-add, all are loops over libm. */

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

#define LANES_FMA __builtin_fma
#include "_elementary.h"

#if LANES_WIDTH

/* What is right for usual numbers only is taken back where a stretch has others; the bits are the same. */
#define LANES_STRETCH 256
#define LANES_STRETCHES(USUAL, IS_USUAL, ANYWHERE) \
    for (size_t start = 0; start < n; start += LANES_STRETCH) { \
        const size_t end = n - start < LANES_STRETCH ? n : start + LANES_STRETCH; \
        uint64_t others = 0; \
        for (size_t i = start; i < end; i++) { \
            others |= -(uint64_t)!IS_USUAL; \
            y[i] = USUAL; \
        } \
        if (!others) continue; \
        LANES_LOOP \
        for (size_t i = start; i < end; i++) y[i] = ANYWHERE; \
    }
#define LANES_MAP_USUAL(NAME) \
    LANES_STATIC void LANES(vec_##NAME)(const double *restrict x, double *restrict y, size_t n) { \
        LANES_STRETCHES(LANES(NAME##_usual)(x[i]), LANES(NAME##_is_usual)(x[i]), LANES(NAME##_anywhere)(x[i])) \
    }

LANES_MAP_USUAL(exp)
LANES_MAP_USUAL(expm1)
LANES_MAP_USUAL(log)
LANES_MAP_USUAL(log1p)
LANES_MAP_USUAL(sinh)
LANES_MAP_USUAL(cosh)
LANES_MAP_USUAL(sigmoid)
LANES_MAP_USUAL(tanh)
LANES_MAP_USUAL(softplus)
LANES_MAP_USUAL(sin)
LANES_MAP_USUAL(cos)
LANES_MAP(erf, LANES(erf_anywhere))

/* Here the condition costs so much that it is found first. */
#define LANES_POWERS(FUNCTION, NAME, KIND, C) \
    FUNCTION(const double *restrict x, KIND c, double *restrict y, size_t n) { \
        for (size_t start = 0; start < n; start += LANES_STRETCH) { \
            const size_t end = n - start < LANES_STRETCH ? n : start + LANES_STRETCH; \
            uint64_t others = 0; \
            for (size_t i = start; i < end; i++) others |= -(uint64_t)!LANES(NAME##_is_usual)(x[i], C); \
            if (!others) { \
                LANES_LOOP \
                for (size_t i = start; i < end; i++) y[i] = LANES(NAME##_usual)(x[i], C); \
            } else { \
                for (size_t i = start; i < end; i++) y[i] = LANES(NAME##_anywhere)(x[i], C); \
            } \
        } \
    }

LANES_POWERS(LANES_STATIC void LANES(vec_pow), pow, const double *restrict, c[i])
LANES_POWERS(LANES_INLINE void LANES(powers), powc, double, c)

#undef LANES_POWERS
#undef LANES_STRETCH
#undef LANES_STRETCHES
#undef LANES_MAP_USUAL

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
LANES_MAP2(pow, ag_pow)

LANES_INLINE void LANES(powers)(const double *x, double c, double *y, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = ag_pow(x[i], c);
}

#endif

/* x^c, one c for all. */
LANES_STATIC void LANES(vec_powc)(const double *x, double c, double *y, size_t n) {
#define LANES_SPECIAL(C, NAME) \
    if (c == C) { \
        LANES_LOOP \
        for (size_t i = 0; i < n; i++) y[i] = LANES(NAME)(x[i]); \
        return; \
    }
    LANES_SPECIAL_POWERS(LANES_SPECIAL)
#undef LANES_SPECIAL
    LANES(powers)(x, c, y, n);
}

/* Exact to rounding, or as libm computes them. */
LANES_MAP(sqrt, ag_sqrt)
LANES_MAP(tan, ag_tan)
LANES_MAP(asin, ag_asin)
LANES_MAP(acos, ag_acos)
LANES_MAP(atan, ag_atan)
LANES_MAP2(atan2, ag_atan2)

#undef LANES_FMA
#undef LANES_SPECIAL_POWERS
#undef LANES_MAP
#undef LANES_MAP2
#undef LANES_LOOP
#undef LANES_STATIC
#undef LANES_INLINE
