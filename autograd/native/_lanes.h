/* A block of lanes: the tape run forward and backward, an instruction at a time, over rows of numbers.

   Included once for each instruction set, in the reach of its `#pragma GCC target`, with LANES(name) defined to paste a suffix to a
   name. The arithmetic is that of _ops.h in loops that the compiler makes vector code of, and _vecmath.h where libm would be called;
   by hand are the loops of n-ary operations, and a few partials in which the result shares work with the value.

   Sums over arguments and over lanes are plain, in a fixed order: their error is at most n units in the last place of the sum of the
   absolute terms, n being their number. Where the machine can, a product and the sum that it goes into are rounded once. */

#include "_vecmath.h"

/* Vectors of doubles: how many, all the same, a * b + c, the sum across; and how many of them go by four in the registers. */
#if LANES_WIDTH == 512
#define WIDE 8
typedef double LANES(vec) __attribute__((vector_size(64), aligned(8), may_alias));
#define VEC LANES(vec)
#define SAME(A) _mm512_set1_pd(A)
#define MADD(A, B, C) _mm512_fmadd_pd(A, B, C)
#define ACROSS(A) _mm512_reduce_add_pd(A)
#define TALL 4
#elif LANES_WIDTH == 256
#define WIDE 4
typedef double LANES(vec) __attribute__((vector_size(32), aligned(8), may_alias));
#define VEC LANES(vec)
#define SAME(A) _mm256_set1_pd(A)
#define MADD(A, B, C) _mm256_fmadd_pd(A, B, C)
#define ACROSS(A) ((A)[0] + (A)[2] + ((A)[1] + (A)[3]))
#define TALL 2
#else
#define WIDE 2
typedef double LANES(vec) __attribute__((vector_size(16), aligned(8), may_alias));
#define VEC LANES(vec)
#define SAME(A) ((VEC){(A), (A)})
#if LANES_WIDTH == 128
#define MADD(A, B, C) ((VEC)vfmaq_f64((float64x2_t)(C), (float64x2_t)(A), (float64x2_t)(B)))
#else
#define MADD(A, B, C) ((A) * (B) + (C))
#endif
#define ACROSS(A) ((A)[0] + (A)[1])
#define TALL 2
#endif

#if LANES_WIDTH
#define MADD1(A, B, C) __builtin_fma(A, B, C)
#else
#define MADD1(A, B, C) ((A) * (B) + (C))
#endif

#if defined(__clang__)
#define EACH _Pragma("clang loop vectorize(assume_safety)") for (size_t i = 0; i < (n & -(size_t)PAD); i++)
#else
#define EACH _Pragma("GCC ivdep") _Pragma("GCC unroll 2") for (size_t i = 0; i < (n & -(size_t)PAD); i++)
#endif

static inline double *LANES(at)(const Block *b, int32_t row) {
    return b->at[row];
}

/* The numbers of an operand, one that is uniform spread over scratch row k. */
static const double *LANES(operand)(const Block *b, int32_t from, size_t k) {
    if (from >= 0) return LANES(at)(b, from);
    double *restrict row = b->scratch + k * b->width;
    const double u = b->uniform[~from];
    const size_t n = b->padded;
    EACH row[i] = u;
    return row;
}

/* The number of an operand that is uniform. */
static inline double LANES(number)(const Block *b, int32_t from) {
    return b->uniform[~from];
}

/* Transpose up to four numbers of each lane, side by side, into rows; from one lane to the next it is `along` numbers. */
static void LANES(transpose)(const double *from, Py_ssize_t along, size_t lanes, double *const *rows, size_t some) {
    size_t lane = 0;
#if LANES_WIDTH == 512
    const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13), high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    const __mmask8 there = (__mmask8)((1u << some) - 1);
    for (; lane + 8 <= lanes; lane += 8, from += 8 * along) {
        __m512d x[4], y[4];
        for (int i = 0; i < 4; i++) { /* those of lanes i and i + 4 */
            const __m256d first = _mm256_maskz_loadu_pd(there, from + i * along), second = _mm256_maskz_loadu_pd(there, from + (i + 4) * along);
            x[i] = _mm512_insertf64x4(_mm512_castpd256_pd512(first), second, 1);
        }
        for (int i = 0; i < 2; i++) { /* numbers i and i + 2 of lanes 0 and 1, of 2 and 3, ... */
            const __m512d a = i ? _mm512_unpackhi_pd(x[0], x[1]) : _mm512_unpacklo_pd(x[0], x[1]);
            const __m512d b = i ? _mm512_unpackhi_pd(x[2], x[3]) : _mm512_unpacklo_pd(x[2], x[3]);
            y[i] = _mm512_permutex2var_pd(a, low, b);
            y[i + 2] = _mm512_permutex2var_pd(a, high, b);
        }
        for (size_t i = 0; i < 4; i++)
            if (i < some) _mm512_storeu_pd(rows[i] + lane, y[i]);
    }
#endif
    for (; lane < lanes; lane++, from += along)
        for (size_t i = 0; i < some; i++) rows[i][lane] = from[i];
}


/* Values. */

/* Whether a number in a row is not finite. */
static int LANES(odd)(const double *y, size_t n) {
    VEC odd[2] = {SAME(0.0), SAME(0.0)};
    for (size_t i = 0; i < n; i += PAD)
        for (size_t j = 0; j < PAD; j += 2 * WIDE) {
            const VEC *x = (const VEC *)(y + i + j);
            odd[0] += x[0] - x[0];
            if (WIDE < PAD) odd[1] += x[WIDE < PAD] - x[WIDE < PAD];
        }
    return ACROSS((odd[0] + odd[1])) != 0.0;
}

static void LANES(dot)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    double constant = EMPTY_SUM;
    for (size_t k = s->mixed + s->varying; k < s->count / 2; k++)
        constant += LANES(number)(b, from[2 * k]) * LANES(number)(b, from[2 * k + 1]);
#define GROUP(COUNT) \
    for (; i + COUNT * WIDE <= n; i += COUNT * WIDE) { \
        VEC sum[COUNT]; \
        for (size_t j = 0; j < COUNT; j++) sum[j] = SAME(constant); \
        const int32_t *pair = from; \
        for (size_t k = 0; k < s->mixed; k++, pair += 2) { \
            const VEC u = SAME(b->uniform[~pair[0]]); \
            const VEC *x = (const VEC *)(b->at[pair[1]] + i); \
            for (size_t j = 0; j < COUNT; j++) sum[j] = MADD(u, x[j], sum[j]); \
        } \
        for (size_t k = 0; k < s->varying; k++, pair += 2) { \
            const VEC *x = (const VEC *)(b->at[pair[0]] + i); \
            const VEC *z = (const VEC *)(b->at[pair[1]] + i); \
            for (size_t j = 0; j < COUNT; j++) sum[j] = MADD(x[j], z[j], sum[j]); \
        } \
        for (size_t j = 0; j < COUNT; j++) ((VEC *)(y + i))[j] = sum[j]; \
    }
    size_t i = 0;
    GROUP(8)
    GROUP(4)
    GROUP(1)
#undef GROUP
}

/* Of a layer: each of `outs` rows is the sum of the `ins` rows, each times a uniform number, weights[o * across + i * along], and at last
   of biases[o] and of the row base[o] where there are any. */
static void LANES(matrix)(const Block *b, size_t outs, size_t ins, const int32_t *out, const int32_t *in, const int32_t *weights, size_t across,
                          size_t along, const int32_t *biases, const int32_t *base) {
    const size_t n = b->padded;
#define TILE(OUT, WIDTH) \
    for (; i + WIDTH * WIDE <= n; i += WIDTH * WIDE) { \
        VEC sum[OUT][WIDTH]; \
        for (size_t j = 0; j < OUT; j++) \
            for (size_t w = 0; w < WIDTH; w++) sum[j][w] = SAME(EMPTY_SUM); \
        for (size_t k = 0; k < ins; k++) { \
            const VEC *x = (const VEC *)(b->at[in[k]] + i); \
            for (size_t j = 0; j < OUT; j++) { \
                const VEC u = SAME(b->uniform[~weights[(o + j) * across + k * along]]); \
                for (size_t w = 0; w < WIDTH; w++) sum[j][w] = MADD(u, x[w], sum[j][w]); \
            } \
        } \
        for (size_t j = 0; j < OUT; j++) { \
            const int32_t to = out[o + j]; \
            if (to == NOWHERE) continue; \
            VEC *y = (VEC *)(b->at[to] + i); \
            if (biases) { \
                const VEC bias = SAME(b->uniform[~biases[o + j]]); \
                for (size_t w = 0; w < WIDTH; w++) sum[j][w] += bias; \
            } \
            if (base && base[o + j] != NOWHERE) { \
                const VEC *more = (const VEC *)(b->at[base[o + j]] + i); \
                for (size_t w = 0; w < WIDTH; w++) sum[j][w] += more[w]; \
            } \
            for (size_t w = 0; w < WIDTH; w++) y[w] = sum[j][w]; \
        } \
    }
    size_t o = 0;
    for (; o + 4 <= outs; o += 4) {
        size_t i = 0;
        if (out[o] == NOWHERE && out[o + 1] == NOWHERE && out[o + 2] == NOWHERE && out[o + 3] == NOWHERE) continue;
        TILE(4, TALL)
        TILE(4, 1)
    }
    for (; o < outs; o++) {
        size_t i = 0;
        if (out[o] == NOWHERE) continue;
        TILE(1, 4)
        TILE(1, 1)
    }
#undef TILE
}

/* Add the lanes of g, and those of g * p, to eight sums each, by index: to `plain`, to `weighted`, where these are given. */
static inline void LANES(add_lanes)(const Block *b, const double *g, const double *p, double *plain, double *weighted) {
    VEC sum[SUMS / WIDE], product[SUMS / WIDE];
    size_t i = 0;
    for (size_t j = 0; j < SUMS / WIDE; j++) {
        sum[j] = product[j] = SAME(EMPTY_SUM);
        if (plain) sum[j] = ((const VEC *)plain)[j];
        if (weighted) product[j] = ((const VEC *)weighted)[j];
    }
    for (; i + SUMS <= b->lanes; i += SUMS)
        for (size_t j = 0; j < SUMS / WIDE; j++) {
            const VEC a = ((const VEC *)(g + i))[j];
            if (plain) sum[j] += a;
            if (weighted) product[j] = MADD(a, ((const VEC *)(p + i))[j], product[j]);
        }
    for (size_t j = 0; j < SUMS / WIDE; j++) {
        if (plain) ((VEC *)plain)[j] = sum[j];
        if (weighted) ((VEC *)weighted)[j] = product[j];
    }
    for (size_t j = 0; i + j < b->lanes; j++) {
        if (plain) plain[j] += g[i + j];
        if (weighted) weighted[j] = MADD1(g[i + j], p[i + j], weighted[j]);
    }
}

static void LANES(add_row)(const Block *b, const double *row, double *sums) { LANES(add_lanes)(b, row, NULL, sums, NULL); }

/* The adjoints of a layer's uniform numbers: for each the sums over the lanes of the adjoint of a result times a row. */
static void LANES(outer)(const Block *b, size_t dots, size_t rows, const int32_t *adjoints, const int32_t *from, const int32_t *to) {
    const size_t n = b->lanes, whole = n / SUMS * SUMS;
    double unwanted[SUMS] = {0.0};
#define TILE(DOTS, ROWS) \
    for (; k + ROWS <= rows; k += ROWS) { \
        double *sums[DOTS * ROWS]; \
        for (size_t j = 0; j < DOTS; j++) \
            for (size_t r = 0; r < ROWS; r++) { \
                const int32_t at = to[(d + j) * rows + k + r]; \
                sums[j * ROWS + r] = at == NOWHERE ? unwanted : b->sums + SUMS * (size_t)~at; \
            } \
        for (size_t w = 0; w < SUMS; w += WIDE) { \
            VEC sum[DOTS * ROWS]; \
            for (size_t j = 0; j < DOTS * ROWS; j++) sum[j] = *(const VEC *)(sums[j] + w); \
            for (size_t i = w; i < whole; i += SUMS) \
                for (size_t r = 0; r < ROWS; r++) { \
                    const VEC a = *(const VEC *)(b->at[from[k + r]] + i); \
                    for (size_t j = 0; j < DOTS; j++) \
                        sum[j * ROWS + r] = MADD(a, *(const VEC *)(b->at[adjoints[d + j]] + i), sum[j * ROWS + r]); \
                } \
            for (size_t j = 0; j < DOTS * ROWS; j++) *(VEC *)(sums[j] + w) = sum[j]; \
        } \
        for (size_t j = 0; j < DOTS; j++) \
            for (size_t r = 0; r < ROWS; r++) { \
                double *rest = sums[j * ROWS + r]; \
                for (size_t l = whole; l < n; l++, rest++) *rest = MADD1(b->at[from[k + r]][l], b->at[adjoints[d + j]][l], *rest); \
            } \
    }
    size_t d = 0;
    for (; d + TALL <= dots; d += TALL) {
        size_t k = 0;
        TILE(TALL, 4)
        TILE(TALL, 1)
    }
    for (; d < dots; d++) {
        size_t k = 0;
        TILE(1, 4)
        TILE(1, 1)
    }
#undef TILE
}

/* The adjoints of a layer's biases: for each the sums over the lanes of the adjoint of a result. */
static void LANES(biases)(const Block *b, size_t dots, const int32_t *adjoints, const int32_t *to) {
    const size_t n = b->lanes, whole = n / SUMS * SUMS;
    double unwanted[SUMS] = {0.0};
#define TILE(DOTS) \
    for (; d + DOTS <= dots; d += DOTS) { \
        double *sums[DOTS]; \
        for (size_t j = 0; j < DOTS; j++) sums[j] = to[d + j] == NOWHERE ? unwanted : b->sums + SUMS * (size_t)~to[d + j]; \
        for (size_t w = 0; w < SUMS; w += WIDE) { \
            VEC sum[DOTS]; \
            for (size_t j = 0; j < DOTS; j++) sum[j] = *(const VEC *)(sums[j] + w); \
            for (size_t i = w; i < whole; i += SUMS) \
                for (size_t j = 0; j < DOTS; j++) sum[j] += *(const VEC *)(b->at[adjoints[d + j]] + i); \
            for (size_t j = 0; j < DOTS; j++) *(VEC *)(sums[j] + w) = sum[j]; \
        } \
        for (size_t j = 0; j < DOTS; j++) \
            for (size_t l = whole; l < n; l++) sums[j][l - whole] += b->at[adjoints[d + j]][l]; \
    }
    size_t d = 0;
    TILE(8)
    TILE(1)
#undef TILE
}

static void LANES(sum)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    double constant = EMPTY_SUM;
    for (size_t k = s->varying; k < s->count; k++) constant += LANES(number)(b, from[k]);
#define GROUP(COUNT) \
    for (; i + COUNT * WIDE <= n; i += COUNT * WIDE) { \
        VEC sum[COUNT]; \
        for (size_t j = 0; j < COUNT; j++) sum[j] = SAME(constant); \
        for (size_t k = 0; k < s->varying; k++) { \
            const VEC *x = (const VEC *)(b->at[from[k]] + i); \
            for (size_t j = 0; j < COUNT; j++) sum[j] += x[j]; \
        } \
        for (size_t j = 0; j < COUNT; j++) ((VEC *)(y + i))[j] = sum[j]; \
    }
    size_t i = 0;
    GROUP(4)
    GROUP(1)
#undef GROUP
}

/* The sum of the powers, less 1, is kept with what its roundings lost. */
static void LANES(logsumexp)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    const size_t n = b->padded, width = b->width;
    double *restrict shift = b->scratch + width, *restrict shifted = b->scratch + 2 * width;
    double *restrict lost = b->scratch + 3 * width, *restrict sum = b->scratch + 4 * width;
    EACH shift[i] = -INFINITY;
    for (size_t k = 0; k < s->count; k++) {
        const double *x = LANES(operand)(b, from[k], 0);
        EACH shift[i] = x[i] > shift[i] ? x[i] : shift[i];
    }
    EACH shift[i] = isfinite(shift[i]) ? shift[i] : 0.0;
    EACH sum[i] = -1.0;
    EACH lost[i] = 0.0;
    for (size_t k = 0; k < s->count; k++) {
        const double *x = LANES(operand)(b, from[k], 0);
        double *restrict power = s->extra == NOWHERE ? b->scratch + 5 * width : LANES(at)(b, s->extra + (int32_t)k);
        EACH shifted[i] = x[i] - shift[i];
        LANES(vec_exp)(shifted, power, n);
        EACH {
            const double total = sum[i] + power[i], added = total - sum[i];
            lost[i] += (sum[i] - (total - added)) + (power[i] - added);
            sum[i] = total;
        }
    }
    EACH sum[i] = isfinite(sum[i]) ? sum[i] + lost[i] : sum[i];
    if (s->extra != NOWHERE) {
        double *restrict total = LANES(at)(b, s->extra + (int32_t)s->count);
        EACH total[i] = sum[i] < INFINITY ? 1.0 + sum[i] : NAN; /* the powers are those of the partials, except where one is inf */
    }
    LANES(vec_log1p)(sum, y, n);
    EACH y[i] += shift[i];
}

/* The length of the arguments times a power of 2, and that. */
static void LANES(length)(const Block *b, const Step *s, const int32_t *from, double *restrict length, double *restrict scale) {
    const size_t n = b->padded, width = b->width;
    double *restrict largest = b->scratch + width, *restrict lost = b->scratch + 2 * width;
    EACH largest[i] = 0.0;
    for (size_t k = 0; k < s->count; k++) {
        const double *x = LANES(operand)(b, from[k], 0);
        EACH largest[i] = fabs(x[i]) > largest[i] ? fabs(x[i]) : largest[i];
    }
    EACH scale[i] = ag_loop_scale(largest[i]);
    EACH length[i] = lost[i] = 0.0;
    for (size_t k = 0; k < s->count; k++) {
        const double *x = LANES(operand)(b, from[k], 0);
        EACH {
            const double a = x[i] * scale[i], square = a * a, total = length[i] + square, added = total - length[i];
            lost[i] += (length[i] - (total - added)) + (square - added);
            length[i] = total;
        }
    }
    EACH length[i] = largest[i] < INFINITY ? sqrt(length[i] + lost[i]) : INFINITY;
}

static void LANES(norm)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    double *restrict scale = b->scratch + 3 * b->width;
    LANES(length)(b, s, from, y, scale);
    EACH y[i] /= scale[i];
}

static void LANES(extreme)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    memcpy(y, LANES(operand)(b, from[0], 0), n * sizeof(double));
    for (size_t k = 1; k < s->count; k++) {
        const double *x = LANES(operand)(b, from[k], 0);
        if (s->code == AG_MAXIMUM) EACH y[i] = y[i] >= x[i] || isnan(y[i]) ? y[i] : x[i];
        else EACH y[i] = y[i] <= x[i] || isnan(y[i]) ? y[i] : x[i];
    }
}

/* Any operation, lane by lane. */
static void LANES(value_n)(const Block *b, const Step *s, const int32_t *from, double *restrict y) {
    double *x = PyMem_RawMalloc(s->count * sizeof(double));
    for (size_t i = 0; i < b->padded; i++) {
        for (size_t k = 0; x && k < s->count; k++) x[k] = number_in(b, from[k], i);
        y[i] = x ? ag_value_n(s->code, x, s->count) : NAN;
    }
    PyMem_RawFree(x);
}

static void LANES(value1)(int code, const double *x, double *restrict y, size_t n) {
#define MAP(CODE, NAME) case CODE: EACH y[i] = NAME(x[i]); return;
#define VECTOR(CODE, NAME) case CODE: LANES(vec_##NAME)(x, y, n); return;
    switch (code) {
    VECTOR(AG_EXP, exp)
    VECTOR(AG_EXPM1, expm1)
    VECTOR(AG_LOG, log)
    VECTOR(AG_LOG1P, log1p)
    VECTOR(AG_SIGMOID, sigmoid)
    VECTOR(AG_TANH, tanh)
    VECTOR(AG_SOFTPLUS, softplus)
    VECTOR(AG_ERF, erf)
    VECTOR(AG_SIN, sin)
    VECTOR(AG_COS, cos)
    VECTOR(AG_TAN, tan)
    VECTOR(AG_ASIN, asin)
    VECTOR(AG_ACOS, acos)
    VECTOR(AG_ATAN, atan)
    VECTOR(AG_SINH, sinh)
    VECTOR(AG_COSH, cosh)
    default: break;
    }
    switch (code) { AG_UNARY(MAP) }
#undef MAP
#undef VECTOR
}

static void LANES(value2)(const Block *b, int code, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    if (code == AG_POWC && from[1] < 0) {
        LANES(vec_powc)(LANES(at)(b, from[0]), LANES(number)(b, from[1]), y, n);
        return;
    }
    if (code == AG_POW || code == AG_POWC || code == AG_ATAN2) {
        const double *x = LANES(operand)(b, from[0], 0), *z = LANES(operand)(b, from[1], 1);
        if (code == AG_ATAN2) LANES(vec_atan2)(x, z, y, n);
        else LANES(vec_pow)(x, z, y, n);
        return;
    }
#define MAP2(CODE, NAME) \
    case CODE: \
        if (from[0] < 0) { \
            const double u = LANES(number)(b, from[0]), *z = LANES(at)(b, from[1]); \
            EACH y[i] = NAME(u, z[i]); \
        } else if (from[1] < 0) { \
            const double *x = LANES(at)(b, from[0]), u = LANES(number)(b, from[1]); \
            EACH y[i] = NAME(x[i], u); \
        } else { \
            const double *x = LANES(at)(b, from[0]), *z = LANES(at)(b, from[1]); \
            EACH y[i] = NAME(x[i], z[i]); \
        } \
        return;
    switch (code) { AG_BINARY(MAP2) }
#undef MAP2
}

static void LANES(value3)(const Block *b, int code, const int32_t *from, double *restrict y) {
    const size_t n = b->padded;
    const double *x = LANES(operand)(b, from[0], 0), *z = LANES(operand)(b, from[1], 1), *w = LANES(operand)(b, from[2], 2);
#define MAP3(CODE, NAME) case CODE: EACH y[i] = NAME(x[i], z[i], w[i]); return;
    switch (code) { AG_TERNARY(MAP3) }
#undef MAP3
}

static void LANES(forward_layer)(const Block *b, const Step *s, const int32_t *from) {
    if (s->code == AG_MUL) { /* rounded twice, as the operations are one by one */
        const size_t n = b->padded;
        const double *x = LANES(at)(b, from[1]), u = LANES(number)(b, from[2]), v = LANES(number)(b, from[3]);
        double *restrict y = LANES(at)(b, from[0]);
        EACH y[i] = u * x[i] + v;
        return;
    }
    const int32_t *weights = from + s->dots + s->mixed, *biases = weights + (size_t)s->dots * s->mixed;
    LANES(matrix)(b, s->dots, s->mixed, from, from + s->dots, weights, s->mixed, 1, s->biased ? biases : NULL, NULL);
    for (size_t d = 0; d < s->dots; d++) {
        double *y = LANES(at)(b, from[d]);
        if (LANES(odd)(y, b->padded))
            sum_exactly(b, y, weights + d * s->mixed, from + s->dots, 1, s->mixed, s->biased ? LANES(number)(b, biases[d]) : EMPTY_SUM);
    }
}

static void LANES(forward)(const Tape *tape, const Block *b, size_t begin, size_t end) {
    for (const Step *s = tape->steps + begin; s < tape->steps + end; s++) {
        const int32_t *from = tape->from + s->first;
        if (s->dots) {
            LANES(forward_layer)(b, s, from);
            continue;
        }
        if (s->row == NOWHERE) {
            LANES(add_lanes)(b, LANES(at)(b, from[0]), LANES(at)(b, from[1]), NULL, b->sums + SUMS * (size_t)s->extra);
            continue;
        }
        double *y = LANES(at)(b, s->row);
        switch (ag_ops[s->code].arity) {
        case 1: LANES(value1)(s->code, LANES(at)(b, from[0]), y, b->padded); continue;
        case 2: LANES(value2)(b, s->code, from, y); continue;
        case 3: LANES(value3)(b, s->code, from, y); continue;
        }
        switch (s->code) {
        case AG_SUM:
            LANES(sum)(b, s, from, y);
            if (LANES(odd)(y, b->padded)) sum_exactly(b, y, NULL, from, 1, s->count, EMPTY_SUM);
            continue;
        case AG_DOT:
            LANES(dot)(b, s, from, y);
            if (LANES(odd)(y, b->padded)) sum_exactly(b, y, from, from + 1, 2, s->count / 2, EMPTY_SUM);
            continue;
        case AG_LOGSUMEXP: LANES(logsumexp)(b, s, from, y); continue;
        case AG_NORM: LANES(norm)(b, s, from, y); continue;
        case AG_MAXIMUM: case AG_MINIMUM: LANES(extreme)(b, s, from, y); continue;
        default: LANES(value_n)(b, s, from, y);
        }
    }
}


/* Adjoints. */

/* Send g * p to an operand, added to what is in row `base` if there is one; 0 in the lanes outside of `mask`. */
static void LANES(send)(const Block *b, int32_t to, int32_t base, const double *g, const double *p, const int64_t *mask) {
    const size_t n = b->padded;
    double *restrict sent = b->scratch + 6 * b->width;
    const double absent = to < 0 ? EMPTY_SUM : 0.0;
    if (mask) EACH sent[i] = mask[i] ? g[i] * p[i] : absent;
    if (to < 0) {
        double *sums = b->sums + SUMS * (size_t)~to;
        if (mask) LANES(add_lanes)(b, sent, NULL, sums, NULL);
        else LANES(add_lanes)(b, g, p, NULL, sums);
        return;
    }
    double *out = LANES(at)(b, to);
    const double *more = base == NOWHERE ? NULL : LANES(at)(b, base);
    if (mask && !more) EACH out[i] = sent[i];
    else if (mask) EACH out[i] = more[i] + sent[i];
    else if (!more) EACH out[i] = g[i] * p[i];
    else EACH out[i] = more[i] + g[i] * p[i];
}

/* The same, where the partial is one number for all lanes: for a uniform operand 1 or -1. */
static void LANES(send_scaled)(const Block *b, int32_t to, int32_t base, const double *g, double p, const int64_t *mask) {
    const size_t n = b->padded;
    double *restrict sent = b->scratch + 6 * b->width;
    const double absent = to < 0 ? EMPTY_SUM : 0.0;
    if (mask) EACH sent[i] = mask[i] ? g[i] * p : absent;
    else if (to < 0 && p != 1.0) EACH sent[i] = g[i] * p;
    if (to < 0) {
        LANES(add_lanes)(b, mask || p != 1.0 ? sent : g, NULL, b->sums + SUMS * (size_t)~to, NULL);
        return;
    }
    double *out = LANES(at)(b, to);
    const double *more = base == NOWHERE ? NULL : LANES(at)(b, base);
    if (mask && !more) EACH out[i] = sent[i];
    else if (mask) EACH out[i] = more[i] + sent[i];
    else if (!more) EACH out[i] = g[i] * p;
    else EACH out[i] = more[i] + g[i] * p;
}

/* The partial is an operand. */
static inline void LANES(send_operand)(const Block *b, int32_t to, int32_t base, const double *g, int32_t from, const int64_t *mask) {
    if (to == NOWHERE) return;
    if (from < 0 && to >= 0) LANES(send_scaled)(b, to, base, g, LANES(number)(b, from), mask);
    else LANES(send)(b, to, base, g, LANES(operand)(b, from, 0), mask);
}

/* To the two factors of a product at once, where all are rows, and not one row twice. */
static void LANES(send_factors)(const Block *b, const int32_t *to, const int32_t *base, const double *g, const int32_t *from) {
    const size_t n = b->padded;
    double *out0 = LANES(at)(b, to[0]), *out1 = LANES(at)(b, to[1]);
    const double *p0 = LANES(at)(b, from[1]), *p1 = LANES(at)(b, from[0]);
    const double *more0 = base[0] == NOWHERE ? NULL : LANES(at)(b, base[0]), *more1 = base[1] == NOWHERE ? NULL : LANES(at)(b, base[1]);
#define BOTH(FIRST, SECOND) \
    EACH { \
        const double a = g[i], first = FIRST a * p0[i], second = SECOND a * p1[i]; \
        out0[i] = first; \
        out1[i] = second; \
    }
    if (!more0 && !more1) BOTH(,)
    else if (!more0) BOTH(, more1[i] +)
    else if (!more1) BOTH(more0[i] +,)
    else BOTH(more0[i] +, more1[i] +)
#undef BOTH
}

/* Note that an operand is reached in the lanes of `mask`, in all where it is NULL. */
static void LANES(reach)(const Block *b, int32_t to, const int64_t *mask) {
    const size_t n = b->padded;
    if (to == NOWHERE) return;
    if (to < 0) {
        int any = !mask;
        for (size_t i = 0; mask && i < b->lanes; i++) any |= mask[i] != 0;
        b->reached[~to] |= (uint8_t)any;
        return;
    }
    int64_t *restrict out = (int64_t *)LANES(at)(b, to >> 1);
    if (to & 1) EACH out[i] = mask ? mask[i] : -1;
    else EACH out[i] |= mask ? mask[i] : -1;
}

/* Partials with one, two and three arguments; p is a row. */

/* e / (1 + e)^2, the derivative of the sigmoid where e = exp(-|x|): of x, or of 2x. */
static void LANES(bell)(const double *x, double factor, double *restrict p, double *restrict spare, size_t n) {
    EACH spare[i] = -factor * fabs(x[i]);
    LANES(vec_exp)(spare, p, n);
    EACH p[i] = factor * factor * p[i] / ((1.0 + p[i]) * (1.0 + p[i]));
}

static void LANES(partial1)(int code, const double *y, const double *x, double *restrict p, double *restrict spare, size_t n) {
    switch (code) {
    case AG_EXPM1: LANES(vec_exp)(x, p, n); return;
    case AG_SIGMOID: LANES(bell)(x, 1.0, p, spare, n); return;
    case AG_TANH: LANES(bell)(x, 2.0, p, spare, n); return;
    case AG_SOFTPLUS: LANES(vec_sigmoid)(x, p, n); return;
    case AG_SIN: LANES(vec_cos)(x, p, n); return;
    case AG_COS: LANES(vec_sin)(x, p, n); EACH p[i] = -p[i]; return;
    case AG_SINH: LANES(vec_cosh)(x, p, n); return;
    case AG_COSH: LANES(vec_sinh)(x, p, n); return;
    case AG_ERF:
        EACH spare[i] = -x[i] * x[i];
        LANES(vec_exp)(spare, p, n);
        EACH p[i] *= 1.1283791670955126;
        return;
    default: break;
    }
#define MAP(CODE, NAME) case CODE: EACH NAME##_partials(y[i], x[i], p + i); return;
    switch (code) { AG_UNARY(MAP) }
#undef MAP
}

static void LANES(partials2)(int code, const double *y, const double *a, const double *c, double *restrict p, double *restrict q, size_t n) {
#define MAP(CODE, NAME) \
    case CODE: \
        EACH { \
            double r[2]; \
            NAME##_partials(y[i], a[i], c[i], r); \
            p[i] = r[0]; \
            q[i] = r[1]; \
        } \
        return;
    switch (code) { AG_BINARY(MAP) }
#undef MAP
}

static void LANES(partials3)(int code, const double *y, const double *a, const double *c, const double *d, double *restrict p,
                             double *restrict q, double *restrict r, size_t n) {
#define MAP(CODE, NAME) \
    case CODE: \
        EACH { \
            double all[3]; \
            NAME##_partials(y[i], a[i], c[i], d[i], all); \
            p[i] = all[0]; \
            q[i] = all[1]; \
            r[i] = all[2]; \
        } \
        return;
    switch (code) { AG_TERNARY(MAP) }
#undef MAP
}

/* Send the adjoint of a step's result to its operands. */
static void LANES(backward1)(const Tape *tape, const Block *b, const Step *s) {
    const size_t n = b->padded, width = b->width, arity = ag_ops[s->code].arity;
    const int32_t *from = tape->from + s->first, *to = tape->to + s->first, *base = tape->base + s->first;
    const int32_t *masks = tape->masks ? tape->masks + s->first : NULL;
    const double *g = LANES(at)(b, s->adjoint), *y = LANES(at)(b, s->row);
    const int64_t *mask = s->mask == NOWHERE ? NULL : (const int64_t *)LANES(at)(b, s->mask);
    double *p = b->scratch + 3 * width;
    if (ag_ops[s->code].selects) {
        const double *condition = LANES(operand)(b, from[0], 0);
        int64_t *restrict took = (int64_t *)p;
        for (size_t k = 1; k < 3; k++) {
            if (to[k] == NOWHERE) continue;
            if (mask) EACH took[i] = (condition[i] != 0.0) == (k == 1) ? mask[i] : 0;
            else EACH took[i] = (condition[i] != 0.0) == (k == 1) ? -1 : 0;
            LANES(send_scaled)(b, to[k], base[k], g, 1.0, took);
            if (masks) LANES(reach)(b, masks[k], took);
        }
        return;
    }
    for (size_t k = 0; masks && k < arity; k++) LANES(reach)(b, masks[k], mask);
    switch (s->code) {
    case AG_ADD:
    case AG_SUB:
        if (to[0] != NOWHERE) LANES(send_scaled)(b, to[0], base[0], g, 1.0, mask);
        if (to[1] != NOWHERE) LANES(send_scaled)(b, to[1], base[1], g, s->code == AG_ADD ? 1.0 : -1.0, mask);
        return;
    case AG_MUL:
        if (!mask && to[0] >= 0 && to[1] >= 0 && from[0] >= 0 && from[1] >= 0 && to[0] != to[1]) {
            LANES(send_factors)(b, to, base, g, from);
            return;
        }
        LANES(send_operand)(b, to[0], base[0], g, from[1], mask);
        LANES(send_operand)(b, to[1], base[1], g, from[0], mask);
        return;
    case AG_DIV: /* of two divisions often one is not wanted, or the same for all lanes */
        if (to[0] != NOWHERE && from[1] < 0) LANES(send_scaled)(b, to[0], base[0], g, 1.0 / LANES(number)(b, from[1]), mask);
        else if (to[0] != NOWHERE) {
            const double *z = LANES(at)(b, from[1]);
            EACH p[i] = 1.0 / z[i];
            LANES(send)(b, to[0], base[0], g, p, mask);
        }
        if (to[1] != NOWHERE) {
            const double *z = LANES(operand)(b, from[1], 0);
            EACH p[i] = -y[i] / z[i];
            LANES(send)(b, to[1], base[1], g, p, mask);
        }
        return;
    case AG_NEG: LANES(send_scaled)(b, to[0], base[0], g, -1.0, mask); return;
    case AG_EXP: LANES(send)(b, to[0], base[0], g, y, mask); return;
    case AG_RELU: /* its argument may not be there any more, and its partial can be told from its result */
        if (mask) {
            EACH p[i] = ag_step(y[i], 0.0);
            LANES(send)(b, to[0], base[0], g, p, mask);
        } else if (base[0] == NOWHERE) EACH LANES(at)(b, to[0])[i] = g[i] * ag_step(y[i], 0.0);
        else EACH LANES(at)(b, to[0])[i] = LANES(at)(b, base[0])[i] + g[i] * ag_step(y[i], 0.0);
        return;
    default: break;
    }
    if (s->code == AG_POWC && from[1] < 0) {
        const double *x = LANES(at)(b, from[0]), c = LANES(number)(b, from[1]);
        if (c == 0.0) EACH p[i] = 0.0;
        else if (c == 2.0) EACH p[i] = 2.0 * x[i];
        else {
            LANES(vec_powc)(x, c - 1.0, p, n);
            EACH p[i] *= c;
        }
    } else if (arity == 1) {
        LANES(partial1)(s->code, y, LANES(at)(b, from[0]), p, p + width, n);
    } else {
        const double *x = LANES(operand)(b, from[0], 0), *z = LANES(operand)(b, from[1], 1);
        if (arity == 2) LANES(partials2)(s->code, y, x, z, p, p + width, n);
        else LANES(partials3)(s->code, y, x, z, LANES(operand)(b, from[2], 2), p, p + width, p + 2 * width, n);
    }
    for (size_t k = 0; k < arity; k++) {
        if (to[k] != NOWHERE) LANES(send)(b, to[k], base[k], g, p + k * width, mask);
    }
}

/* The same for any operation, lane by lane. */
static void LANES(backward_any)(const Tape *tape, const Block *b, const Step *s) {
    const size_t count = s->count, width = b->width;
    const int32_t *from = tape->from + s->first, *to = tape->to + s->first, *base = tape->base + s->first;
    const int64_t *mask = s->mask == NOWHERE ? NULL : (const int64_t *)LANES(at)(b, s->mask);
    const double *y = LANES(at)(b, s->row);
    double *x = PyMem_RawMalloc((2 + width) * count * sizeof(double)), *p = x + count, *rows = p + count;
    for (size_t i = 0; x && i < b->padded; i++) {
        double taken = 0.0; /* of a tie, by constants, which leave the others 0 */
        for (size_t k = 0; k < count; k++) x[k] = number_in(b, from[k], i);
        scalar_partials(s->code, y[i], x, count, p);
        for (size_t k = 0; k < count && ag_ops[s->code].ties; k++)
            if (from[k] < 0 && is_constant(tape->program, (size_t)~from[k])) taken += p[k];
        for (size_t k = 0; k < count; k++) rows[k * width + i] = taken > 0.0 ? 0.0 : p[k];
    }
    for (size_t k = 0; k < count; k++) {
        if (tape->masks) LANES(reach)(b, tape->masks[s->first + k], mask);
        if (to[k] == NOWHERE) continue;
        if (x) LANES(send)(b, to[k], base[k], LANES(at)(b, s->adjoint), rows + k * width, mask);
        else LANES(send_scaled)(b, to[k], base[k], LANES(at)(b, s->adjoint), NAN, mask);
    }
    PyMem_RawFree(x);
}

static void LANES(backward_n)(const Tape *tape, const Block *b, const Step *s) {
    const size_t n = b->padded, width = b->width;
    const int32_t *from = tape->from + s->first, *to = tape->to + s->first, *base = tape->base + s->first;
    const int32_t *masks = tape->masks ? tape->masks + s->first : NULL;
    const double *g = LANES(at)(b, s->adjoint), *y = LANES(at)(b, s->row);
    const int64_t *mask = s->mask == NOWHERE ? NULL : (const int64_t *)LANES(at)(b, s->mask);
    double *restrict p = b->scratch + 3 * width, *restrict winners = b->scratch + 4 * width;
    if (s->code == AG_MAXIMUM || s->code == AG_MINIMUM) {
        EACH winners[i] = 0.0;
        for (size_t k = 0; k < s->count; k++) {
            const double *x = LANES(operand)(b, from[k], 0);
            const double most = from[k] < 0 && is_constant(tape->program, (size_t)~from[k]) ? INFINITY : 1.0; /* leaves the others 0 */
            if (s->code == AG_MAXIMUM) EACH winners[i] += y[i] > x[i] ? 0.0 : y[i] <= x[i] ? most : NAN;
            else EACH winners[i] += x[i] > y[i] ? 0.0 : x[i] <= y[i] ? most : NAN;
        }
    } else if (s->code == AG_NORM) {
        double *restrict length = winners, *restrict scale = b->scratch + 5 * width;
        LANES(length)(b, s, from, length, scale);
        EACH length[i] = length[i] < INFINITY ? length[i] : NAN;
    }
    for (size_t k = 0; k < s->count; k++) {
        if (masks) LANES(reach)(b, masks[k], mask);
        if (to[k] == NOWHERE) continue;
        switch (s->code) {
        case AG_SUM: LANES(send_scaled)(b, to[k], base[k], g, 1.0, mask); continue;
        case AG_DOT: LANES(send_operand)(b, to[k], base[k], g, from[k ^ 1], mask); continue;
        case AG_LOGSUMEXP: {
            const double *power = LANES(at)(b, s->extra + (int32_t)k), *total = LANES(at)(b, s->extra + (int32_t)s->count);
            EACH p[i] = power[i] / total[i];
            break;
        }
        case AG_NORM: {
            const double *x = LANES(operand)(b, from[k], 0), *length = winners, *scale = b->scratch + 5 * width;
            EACH p[i] = length[i] == 0.0 ? 0.0 : x[i] * scale[i] / length[i];
            break;
        }
        default: { /* maximum or minimum */
            const double *x = LANES(operand)(b, from[k], 0);
            if (s->code == AG_MAXIMUM) EACH p[i] = (1.0 - ag_step(y[i], x[i])) / winners[i];
            else EACH p[i] = (1.0 - ag_step(x[i], y[i])) / winners[i];
        }
        }
        LANES(send)(b, to[k], base[k], g, p, mask);
    }
}

static void LANES(backward_layer)(const Tape *tape, const Block *b, const Step *s) {
    const int32_t *from = tape->from + s->first + s->dots, *adjoints = tape->to + s->first, *to = adjoints + s->dots;
    const int32_t *biases = to + s->mixed + (size_t)s->dots * s->mixed;
    if (s->code == AG_MUL) {
        const double *g = LANES(at)(b, adjoints[0]);
        LANES(send_operand)(b, to[0], tape->base[s->first + 1], g, from[1], NULL);
        const double *x = LANES(at)(b, from[0]);
        double *weighted = b->sums + SUMS * (size_t)~to[1], *plain = b->sums + SUMS * (size_t)~to[2];
        if (to[1] != NOWHERE && to[2] != NOWHERE) LANES(add_lanes)(b, g, x, plain, weighted);
        else if (to[1] != NOWHERE) LANES(add_lanes)(b, g, x, NULL, weighted);
        else if (to[2] != NOWHERE) LANES(add_lanes)(b, g, NULL, plain, NULL);
        return;
    }
    LANES(matrix)(b, s->mixed, s->dots, to, adjoints, from + s->mixed, 1, s->mixed, NULL, tape->base + s->first + s->dots);
    int wanted = 0;
    for (const int32_t *weight = to + s->mixed; weight < biases; weight++) wanted |= *weight != NOWHERE;
    if (wanted) LANES(outer)(b, s->dots, s->mixed, adjoints, from, to + s->mixed);
    if (s->biased) LANES(biases)(b, s->dots, adjoints, biases);
}

static void LANES(backward)(const Tape *tape, const Block *b, size_t begin, size_t end) {
    for (const Step *s = tape->steps + end; s-- > tape->steps + begin;) {
        if (s->adjoint == NOWHERE) continue;
        if (s->dots) LANES(backward_layer)(tape, b, s);
        else switch (s->code) {
            case AG_SUM: case AG_DOT: case AG_LOGSUMEXP: case AG_NORM: case AG_MAXIMUM: case AG_MINIMUM: LANES(backward_n)(tape, b, s); break;
            default:
                if (ag_ops[s->code].arity && ag_ops[s->code].arity <= 3) LANES(backward1)(tape, b, s);
                else LANES(backward_any)(tape, b, s);
        }
    }
}

#undef WIDE
#undef VEC
#undef SAME
#undef MADD
#undef MADD1
#undef ACROSS
#undef TALL
#undef EACH
