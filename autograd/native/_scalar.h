/* A program in a single lane, or its uniform part: bit for bit what Values compute, in the same order. */

#ifndef AUTOGRAD_SCALAR_H
#define AUTOGRAD_SCALAR_H

#include "_portable.h"
#include "_tape.h"

_Static_assert(AG_ADD == 0 && AG_SUB == 1 && AG_MUL == 2 && AG_DIV == 3, "the four operations are chosen by their codes");

static double scalar_value(int code, const double *x, size_t n) {
    switch (ag_ops[code].arity) {
    case 1: return ag_value1(code, x[0]);
    case 2: return ag_value2(code, x[0], x[1]);
    case 3: return ag_value3(code, x[0], x[1], x[2]);
    }
    return ag_value_n(code, x, n);
}

static void scalar_partials(int code, double y, const double *x, size_t n, double *p) {
#define ONE(CODE, NAME) case CODE: NAME##_partials(y, x[0], p); return;
#define TWO(CODE, NAME) case CODE: NAME##_partials(y, x[0], x[1], p); return;
#define THREE(CODE, NAME) case CODE: NAME##_partials(y, x[0], x[1], x[2], p); return;
#define ANY(CODE, NAME) case CODE: NAME##_partials(y, x, n, p); return;
#define PAIRED(CODE, NAME) case CODE: NAME##_partials(y, x, x + n / 2, n / 2, p); return;
    switch (code) {
    AG_UNARY(ONE)
    AG_BINARY(TWO)
    AG_TERNARY(THREE)
    AG_NARY(ANY)
    AG_PAIRED(PAIRED)
    }
#undef ONE
#undef TWO
#undef THREE
#undef ANY
#undef PAIRED
}

enum {
    AHEAD = 32,     /* how many arguments ahead numbers are fetched into the cache */
    FAR = 1 << 16,  /* slots that it does not hold */
};

typedef double Two __attribute__((vector_size(16)));
typedef int64_t Bits __attribute__((vector_size(16)));

/* a + b, a - b or a * b, without a branch. */
static inline double sum_or_product(int code, double a, double b) {
    static const Bits sign[] = {{0}, {INT64_MIN}, {0}}, product[] = {{0}, {0}, {-1}};
    const Two sum = (Two){a} + (Two)((Bits)(Two){b} ^ sign[code]), times = (Two){a * b};
    return ((Two)(((Bits)sum & ~product[code]) | ((Bits)times & product[code])))[0];
}

/* The values of the instructions begin to end of `list`, or of the program where it is NULL; x has room for p->most numbers.
   + - * take no branch where the processor would often guess the next operation wrong. */
static void scalar_forward(const Program *p, const uint32_t *list, size_t begin, size_t end, double *v, double *x) {
    const int irregular = p->irregular;
    const size_t ahead = p->slots > FAR ? p->starts[p->size] : 0; /* up to which argument the next ones are worth fetching */
    const int32_t *args = p->args + p->starts[begin], *const last = p->args + (ahead > AHEAD + 1 ? ahead - AHEAD - 1 : 0);
    for (size_t t = begin; t < end; t++) {
        const size_t i = list ? list[t] : t;
        const int code = p->codes[i];
        double *y = v + p->known + i;
        if (list) args = p->args + p->starts[i];
        if (args < last) {
            FETCH_TO_READ(v + args[AHEAD]);
            FETCH_TO_READ(v + args[AHEAD + 1]);
        }
        if (code < AG_DIV && irregular) {
            *y = sum_or_product(code, v[args[0]], v[args[1]]);
            args += 2;
        } else if (code <= AG_DIV) {
            const double a = v[args[0]], b = v[args[1]];
            switch (code) {
            case AG_ADD: *y = a + b; break;
            case AG_SUB: *y = a - b; break;
            case AG_MUL: *y = a * b; break;
            default: *y = a / b;
            }
            args += 2;
        } else {
            const size_t n = p->starts[i + 1] - p->starts[i];
            for (size_t k = 0; k < n; k++) x[k] = v[args[k]];
            *y = scalar_value(code, x, n);
            args += n;
        }
    }
}

/* Leave nothing of a tie in which a constant has a share. */
static void settle(const Program *p, const int32_t *args, size_t n, double *shares) {
    double taken = 0.0;
    for (size_t k = 0; k < n; k++)
        if (is_constant(p, (size_t)args[k])) taken += shares[k];
    for (size_t k = 0; k < n && taken > 0.0; k++) shares[k] = 0.0;
}

/* Carry the adjoints g of the instructions end to begin, backwards, on to their arguments. `taken` tells for slots that are not always
   reached whether they are; x and q have room for p->most numbers each. */
static void scalar_backward(const Program *p, const uint32_t *list, size_t begin, size_t end, const double *v, double *g, uint8_t *taken,
                            double *x, double *q) {
    for (size_t t = end; t-- > begin;) {
        const size_t i = list ? list[t] : t, slot = p->known + i;
        if (!is_active(p, slot) || !(p->flags[slot] & ALWAYS || taken[slot])) continue;
        const int32_t *args = p->args + p->starts[i];
        const int code = p->codes[i];
        if (p->starts[i] >= AHEAD) {
            FETCH_TO_READ(v + args[-AHEAD]);
            FETCH_TO_READ(v + args[1 - AHEAD]);
            FETCH_TO_WRITE(g + args[-AHEAD]);
            FETCH_TO_WRITE(g + args[1 - AHEAD]);
        }
        const double y = v[slot], sent = g[slot];
        if (code <= AG_DIV) {
            const double a = v[args[0]], b = v[args[1]], left[] = {1.0, 1.0, b, 1.0 / b}, right[] = {1.0, -1.0, a, -y / b};
            g[args[0]] += sent * left[code];
            g[args[1]] += sent * right[code];
            if (taken) taken[args[0]] = taken[args[1]] = 1;
        } else if (ag_ops[code].selects) {
            const int32_t branch = args[v[args[0]] != 0.0 ? 1 : 2];
            g[branch] += sent;
            if (taken) taken[branch] = 1;
        } else if (code == AG_DOT) {
            const size_t n = (p->starts[i + 1] - p->starts[i]) / 2;
            const int32_t *other = args + n;
            for (size_t k = 0; k < n; k++) g[args[k]] += sent * v[other[k]];
            for (size_t k = 0; k < n; k++) g[other[k]] += sent * v[args[k]];
            for (size_t k = 0; taken && k < 2 * n; k++) taken[args[k]] = 1;
        } else {
            const size_t n = p->starts[i + 1] - p->starts[i];
            for (size_t k = 0; k < n; k++) x[k] = v[args[k]];
            scalar_partials(code, y, x, n, q);
            if (ag_ops[code].ties) settle(p, args, n, q);
            for (size_t k = 0; k < n; k++) {
                if (!depends_on(code, k)) continue;
                g[args[k]] += sent * q[k];
                if (taken) taken[args[k]] = 1;
            }
        }
    }
}

#endif
