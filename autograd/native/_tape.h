/* A program, checked and analysed, and the tape that the lanes run: the instructions that differ from lane to lane, with rows of
   numbers in place of slots.

   Slots are numbered in the order in which they are known: inputs, constants, then one for each instruction. A slot is uniform where
   it depends on uniform inputs and constants only, else it varies, and has a row: its number in each lane of a block. */

#ifndef AUTOGRAD_TAPE_H
#define AUTOGRAD_TAPE_H

#include <Python.h>
#include <stdint.h>

#include "_nary.h"

/* Sums start from this: adding it changes nothing, not even the sign of a zero. */
#define EMPTY_SUM (-0.0)

/* What is known of a slot. It is active where it depends on a wanted input and is reached from a seeded output; an active instruction
   that is not always reached, but only through the branches of a `where`, needs to know in which lanes one of them was taken. */
enum { VARIES = 1, DEPENDS = 2, REACHED = 4, ALWAYS = 8, ACTIVE = DEPENDS | REACHED };

typedef struct {
    const uint8_t *codes, *seeded;
    const uint32_t *starts;
    const int32_t *args, *outputs;
    const double *constants;
    size_t inputs, known, size, slots, results; /* known: inputs and constants; slots: those and the instructions */
    size_t most;                                /* arguments of one instruction */
    int masked;                                 /* whether an active input or instruction is not always reached */
    int irregular;                              /* whether the last four operations do not tell the next one */
    uint8_t *flags;                             /* of each slot */
} Program;

/* Whether the result of `code` depends on its argument k. */
static inline int depends_on(int code, size_t k) {
    return ag_ops[code].arity ? ag_ops[code].depends >> k & 1 : ag_ops[code].depends != 0;
}

static inline int is_constant(const Program *p, size_t slot) {
    return slot >= p->inputs && slot < p->known;
}

static inline int is_active(const Program *p, size_t slot) {
    return (p->flags[slot] & ACTIVE) == ACTIVE;
}

static inline int is_masked(const Program *p, size_t slot) {
    return slot >= p->known && is_active(p, slot) && !(p->flags[slot] & ALWAYS);
}

/* Check a program and fill in its flags. Returns NULL, or what is wrong, with the number of the instruction in *at. */
static const char *program_analyse(Program *p, const uint8_t *uniform, const uint8_t *wanted, size_t args, size_t *at) {
    uint8_t *flags = p->flags, guess[1 << 12] = {0};
    size_t wrong = 0, past = 0;
    for (size_t i = 0; i < p->inputs; i++) flags[i] = (uint8_t)((uniform[i] ? 0 : VARIES) | (wanted[i] ? DEPENDS : 0));
    memset(flags + p->inputs, 0, p->known - p->inputs);
    *at = 0;
    if (p->starts[0] != 0) return "its arguments do not start at 0";
    for (size_t i = 0; i < p->size; i++) {
        const size_t begin = p->starts[i], end = p->starts[i + 1];
        const int code = p->codes[i];
        uint8_t flag = 0;
        *at = i;
        if (code >= AG_COUNT) return "its code is not in the table";
        if (end < begin || end > args) return "its arguments lie outside of args";
        const size_t count = end - begin;
        if (ag_ops[code].arity ? count != ag_ops[code].arity : !ag_ops[code].sequences ? !count : count % ag_ops[code].sequences)
            return "it has the wrong number of arguments";
        if (count > p->most) p->most = count;
        wrong += guess[past] != code;
        guess[past] = (uint8_t)code;
        past = (past << 3 ^ (size_t)code) & ((1 << 12) - 1);
        for (size_t k = 0; k < count; k++) {
            const size_t a = (uint32_t)p->args[begin + k];
            if (a >= p->known + i) return "an argument is not an earlier slot";
            flag |= flags[a] & (depends_on(code, k) ? VARIES | DEPENDS : VARIES);
        }
        flags[p->known + i] = flag;
    }
    *at = p->size;
    p->irregular = wrong > 2000 && wrong > p->size / 8; /* fewer can be learnt from run to run */
    if (p->starts[p->size] != args) return "it ends before or after args";
    for (size_t j = 0; j < p->results; j++) {
        const size_t a = (uint32_t)p->outputs[j];
        if (a >= p->slots) return "an output is not a slot";
        if (p->seeded[j]) flags[a] |= REACHED | ALWAYS;
    }
    for (size_t i = p->size; i-- > 0;) {
        const size_t slot = p->known + i;
        if (!is_active(p, slot)) continue;
        const int code = p->codes[i];
        const uint8_t flag = REACHED | (ag_ops[code].selects ? 0 : flags[slot] & ALWAYS);
        for (size_t j = p->starts[i]; j < p->starts[i + 1]; j++)
            if (depends_on(code, j - p->starts[i])) flags[p->args[j]] |= flag;
        if (!(flags[slot] & ALWAYS)) p->masked = 1;
    }
    for (size_t i = 0; i < p->inputs; i++)
        if (is_active(p, i) && !(flags[i] & ALWAYS)) p->masked = 1;
    return NULL;
}

/* The tape. Where an operand comes from is a row, or ~slot where it is uniform. Where its adjoint goes is a row, with that to be added to,
   if any, its base; or ~number, of an accumulator, where it is uniform; or NOWHERE. Where the lanes go in which it is reached is twice a
   row, plus 1 where it is the first to come, or the same; and so are the rows for the adjoints of outputs. */

#define NOWHERE INT32_MIN

typedef struct {
    uint8_t code, biased;
    uint32_t slot, first; /* the first of its operands */
    uint32_t count, mixed, varying; /* operands; pairs of a dot: a uniform one and a row, two rows. Those of a sum: rows */
    uint32_t dots; /* of a layer, else 0 */
    int32_t row, adjoint, mask; /* NOWHERE where it has none */
    int32_t extra;              /* the first of the rows that logsumexp keeps for its partials: a power for each argument, their sum; or, of
                                   a product without a row, the output that it is only summed for */
} Step;

/* A layer is one or more dots of the same rows, each with uniform numbers of its own, at the place of the first: a product with a matrix.
   It is biased where all that is done with each dot is to add a uniform number, and has the sums as its results. Its operands are the
   results, the rows, for each dot its numbers, and the biases; where the adjoints of results go is their row. A product with a uniform
   number to which another is added is a layer, too, of one row and one result. */

typedef struct {
    const Program *program;
    Step *steps;
    uint32_t *uniform; /* the instructions that are run once */
    int32_t *from, *to, *base, *masks;
    int32_t *inputs, *input_to, *outputs, *output_to; /* the rows of inputs; of their adjoints; where outputs and their adjoints are */
    uint32_t *shared;                                 /* the slot of each accumulator, one for each use */
    size_t size, uniforms, sharing, rows, summed;     /* summed: so many outputs, from the first on, are wanted as sums over the lanes only */
} Tape;

typedef struct {
    int32_t *unused;
    size_t count;
    int32_t next;
} Pool;

static inline int32_t pool_take(Pool *pool) {
    return pool->count ? pool->unused[--pool->count] : pool->next++;
}

static inline void pool_give(Pool *pool, int32_t row) {
    pool->unused[pool->count++] = row;
}

/* What is needed while a tape is made: rows of slots, their adjoints and masks, or the accumulators; when a row is last read. Slots may
   share a row of adjoints. */
typedef struct {
    const Program *p;
    Tape *tape;
    int32_t *slots; /* of the operands */
    int32_t *row, *adjoint, *mask;
    uint32_t *last;
    int32_t *leader, *next; /* of an instruction in a layer, a dot or what is added to it: its first dot, and the next; else NOWHERE */
    int32_t *sum; /* of a dot or a uniform number times a row: what adds another such number, if nothing else is done with it; else NOWHERE */
    int32_t *step, *waiting; /* of a slot: its step, or NOWHERE; how many operands of active steps are still to send it their share */
    int32_t *ready;          /* sums whose adjoint is complete */
    int32_t *holders;        /* of a row of adjoints: the slots that have it */
    Pool pool;
} Maker;

/* The slot that varies in pair k of a dot; NOWHERE where not exactly one does. */
static int32_t pair_row(const Program *p, size_t i, size_t k) {
    const int32_t *args = p->args + p->starts[i], a = args[k], b = args[k + (p->starts[i + 1] - p->starts[i]) / 2];
    const int first = p->flags[a] & VARIES, second = p->flags[b] & VARIES;
    return first == second ? NOWHERE : first ? a : b;
}

static size_t pairs(const Program *p, size_t i) {
    return (p->starts[i + 1] - p->starts[i]) / 2;
}

/* Find what is added to dots and products. */
static void find_sums(Maker *m) {
    const Program *p = m->p;
    enum { NONE_YET = NOWHERE + 1 };
    for (size_t i = 0; i < p->size; i++)
        m->sum[i] = p->codes[i] == AG_DOT || (p->codes[i] == AG_MUL && pair_row(p, i, 0) != NOWHERE) ? NONE_YET : NOWHERE;
    for (size_t i = 0; i < p->size; i++) {
        const int32_t *args = p->args + p->starts[i];
        for (size_t k = 0; k < p->starts[i + 1] - p->starts[i]; k++) {
            if ((size_t)args[k] < p->known) continue;
            int32_t *sum = &m->sum[(size_t)args[k] - p->known];
            *sum = *sum == NONE_YET && p->codes[i] == AG_ADD && !(p->flags[args[1 - k]] & VARIES) ? (int32_t)i : NOWHERE;
        }
    }
    for (size_t j = 0; j < p->results; j++)
        if ((size_t)p->outputs[j] >= p->known) m->sum[(size_t)p->outputs[j] - p->known] = NOWHERE;
    for (size_t i = 0; i < p->size; i++)
        if (m->sum[i] == NONE_YET) m->sum[i] = NOWHERE;
}

/* The slot of what a layer gives for its dot i. */
static int32_t layer_result(const Maker *m, size_t i) {
    return (int32_t)m->p->known + (m->sum[i] == NOWHERE ? (int32_t)i : m->sum[i]);
}

/* Whether two dots make a layer: they have the same rows, both or neither a bias, and both are always reached from the outputs or neither
   is active. */
static int same_layer(const Maker *m, size_t i, size_t j) {
    const Program *p = m->p;
    if (pairs(p, i) != pairs(p, j) || (m->sum[i] == NOWHERE) != (m->sum[j] == NOWHERE)) return 0;
    if (is_active(p, (size_t)layer_result(m, i)) != is_active(p, (size_t)layer_result(m, j))) return 0;
    for (size_t k = 0; k < pairs(p, i); k++)
        if (pair_row(p, i, k) != pair_row(p, j, k)) return 0;
    return 1;
}

/* Find the layers; -1 where there is no memory. The last dots of layers are in a table, by a hash of their rows. */
static int find_layers(Maker *m) {
    const Program *p = m->p;
    size_t dots = 0, room = 64;
    for (size_t i = 0; i < p->size; i++) {
        m->leader[i] = m->next[i] = NOWHERE;
        dots += p->codes[i] == AG_DOT;
    }
    while (room < 2 * dots) room *= 2;
    int32_t *table = PyMem_RawMalloc(room * sizeof(int32_t));
    if (!table) return -1;
    for (size_t h = 0; h < room; h++) table[h] = NOWHERE;
    find_sums(m);
    for (size_t i = 0; i < p->size; i++) {
        if (is_masked(p, (size_t)layer_result(m, i))) continue;
        if (p->codes[i] == AG_MUL && m->sum[i] != NOWHERE) m->leader[i] = (int32_t)i;
        if (p->codes[i] != AG_DOT || !pairs(p, i)) continue;
        size_t hash = 0, k = 0;
        for (int32_t row = 0; k < pairs(p, i) && (row = pair_row(p, i, k)) != NOWHERE; k++) hash = hash * 0x9e3779b97f4a7c15 + (size_t)row + (hash >> 29);
        if (k < pairs(p, i)) continue;
        for (hash &= room - 1; table[hash] != NOWHERE && !same_layer(m, i, (size_t)table[hash]); hash = (hash + 1) & (room - 1)) {}
        const int32_t last = table[hash];
        m->leader[i] = last == NOWHERE ? (int32_t)i : m->leader[last];
        if (last != NOWHERE) m->next[last] = (int32_t)i;
        table[hash] = (int32_t)i;
    }
    for (size_t i = 0; i < p->size; i++)
        if (m->sum[i] != NOWHERE) m->leader[m->sum[i]] = m->leader[i];
    PyMem_RawFree(table);
    return 0;
}

/* The slots of a layer's operands, of which the first dot is instruction i. */
static void layer_operands(Maker *m, Step *step, size_t i) {
    const Program *p = m->p;
    int32_t *out = m->slots + step->first;
    for (int32_t d = (int32_t)i; d != NOWHERE; d = m->next[d], step->dots++) *out++ = layer_result(m, (size_t)d);
    for (size_t k = 0; k < pairs(p, i); k++) *out++ = pair_row(p, i, k);
    for (int32_t d = (int32_t)i; d != NOWHERE; d = m->next[d]) {
        const int32_t *args = p->args + p->starts[d];
        for (size_t k = 0; k < pairs(p, i); k++) *out++ = p->flags[args[k]] & VARIES ? args[k + pairs(p, i)] : args[k];
    }
    step->biased = m->sum[i] != NOWHERE;
    for (int32_t d = (int32_t)i; step->biased && d != NOWHERE; d = m->next[d]) {
        const int32_t *args = p->args + p->starts[m->sum[d]];
        *out++ = args[args[0] == (int32_t)p->known + d];
    }
    step->slot = (uint32_t)layer_result(m, i);
    step->count = (uint32_t)(out - m->slots) - step->first;
    step->mixed = (uint32_t)pairs(p, i);
}

/* Give back the rows that nobody reads after instruction i, but not those of inputs, which may be Python's. */
static void release_values(Maker *m, size_t i) {
    const Program *p = m->p;
    const uint32_t slot = (uint32_t)(p->known + i);
    for (size_t j = p->starts[i]; j < p->starts[i + 1]; j++) {
        const int32_t a = p->args[j];
        if (!(p->flags[a] & VARIES) || m->last[a] != slot || m->row[a] == NOWHERE || (size_t)a < p->inputs) continue;
        pool_give(&m->pool, m->row[a]);
        m->last[a] = UINT32_MAX;
    }
    if (!m->last[slot]) pool_give(&m->pool, m->row[slot]);
}

/* The slots of a step's operands: as in the program, but those of a dot in pairs, and sorted, a uniform one before a row. */
static void step_operands(Maker *m, Step *step) {
    const Program *p = m->p;
    const uint8_t *flags = p->flags;
    const size_t i = step->slot - p->known, count = p->starts[i + 1] - p->starts[i];
    const int32_t *args = p->args + p->starts[i];
    int32_t *out = m->slots + step->first;
    step->count = (uint32_t)count;
    if (step->code == AG_DOT) {
        const int32_t *other = args + count / 2;
        for (int rows = 1; rows != 4; rows = rows == 1 ? 2 : rows == 2 ? 0 : 4) {
            for (size_t k = 0; k < count / 2; k++) {
                const int a = flags[args[k]] & VARIES, b = flags[other[k]] & VARIES;
                if (a + b != rows) continue;
                *out++ = a && !b ? other[k] : args[k];
                *out++ = a && !b ? args[k] : other[k];
                step->mixed += rows == 1;
                step->varying += rows == 2;
            }
        }
    } else if (step->code == AG_SUM) {
        for (int rows = 1; rows >= 0; rows--) {
            for (size_t k = 0; k < count; k++) {
                if ((flags[args[k]] & VARIES) != rows) continue;
                *out++ = args[k];
                step->varying += (uint32_t)rows;
            }
        }
    } else {
        memcpy(out, args, count * sizeof(int32_t));
    }
}

/* Where the adjoint of a slot goes from the consumer at hand, what it is added to, and where the lanes go in which it is reached. */
typedef struct {
    int32_t to, base, mask;
} Target;

static const Target no_target = {NOWHERE, NOWHERE, NOWHERE};

static Target target(Maker *m, size_t slot) {
    Target t = no_target;
    if (!is_active(m->p, slot)) return t;
    const int masked = is_masked(m->p, slot), first = m->adjoint[slot] == NOWHERE;
    if (!(m->p->flags[slot] & VARIES)) { /* each use has its own, so that the order of its sum does not depend on the blocks */
        t.to = ~(int32_t)m->tape->sharing;
        m->tape->shared[m->tape->sharing++] = (uint32_t)slot;
        if (masked) t.mask = t.to;
        return t;
    }
    t.base = m->adjoint[slot];
    if (first || m->holders[t.base] > 1) {
        if (!first) m->holders[t.base]--;
        m->adjoint[slot] = pool_take(&m->pool);
        m->holders[m->adjoint[slot]] = 1;
        if (masked) m->mask[slot] = pool_take(&m->pool);
    }
    t.to = m->adjoint[slot];
    if (masked) t.mask = 2 * m->mask[slot] + first;
    return t;
}

/* A slot does not need its row of adjoints any more. */
static void release_adjoint(Maker *m, int32_t row) {
    if (!--m->holders[row]) pool_give(&m->pool, row);
}

#define HANDED (NOWHERE + 1)

/* Hand the adjoints of sums on to those of their terms for which they are the first: as rows that are shared, with nothing to do when
   the tape is run. That of `slot` is complete, and its terms' may be then, before the reverse sweep comes to them. */
static void hand_on(Maker *m, size_t slot) {
    const Program *p = m->p;
    size_t count = 0;
    for (m->ready[count++] = (int32_t)slot; count;) {
        const size_t done = (size_t)m->ready[--count];
        if (m->step[done] == NOWHERE || is_masked(p, done)) continue;
        const Step *step = &m->tape->steps[m->step[done]];
        if (step->code != AG_ADD && step->code != AG_SUB && step->code != AG_SUM) continue;
        for (size_t k = 0; k < (step->code == AG_SUB ? 1 : step->count); k++) {
            const size_t term = (size_t)m->slots[step->first + k];
            if (!(p->flags[term] & VARIES) || !is_active(p, term) || m->adjoint[term] != NOWHERE) continue;
            m->adjoint[term] = m->adjoint[done];
            m->holders[m->adjoint[done]]++;
            m->tape->base[step->first + k] = HANDED;
            if (!--m->waiting[term]) m->ready[count++] = (int32_t)term;
        }
    }
}

/* Keep what the reverse sweep reads: of products the factors, of exp and relu the result, of sums nothing, of others what they have. */
static void keep_for_reverse(Maker *m) {
    const Program *p = m->p;
    for (size_t i = 0; i < p->size; i++) {
        const size_t slot = p->known + i, count = p->starts[i + 1] - p->starts[i];
        const int32_t *args = p->args + p->starts[i];
        if (!is_active(p, slot)) continue;
        if (ag_ops[p->codes[i]].selects) {
            m->last[args[0]] = UINT32_MAX;
            continue;
        }
        switch (p->codes[i]) {
        case AG_ADD: case AG_SUB: case AG_NEG: case AG_SUM: break;
        case AG_EXP: case AG_RELU: m->last[slot] = UINT32_MAX; break;
        case AG_MUL: case AG_DOT:
            for (size_t k = 0; k < count; k++)
                if (is_active(p, (size_t)args[k])) m->last[args[(k + count / 2) % count]] = UINT32_MAX;
            break;
        default:
            for (size_t k = 0; k < count; k++) m->last[args[k]] = UINT32_MAX;
            m->last[slot] = UINT32_MAX;
        }
    }
}

/* Find the products of two rows that are nothing but outputs summed over the lanes, so that they need no row: the output of each, by slot
   in m->adjoint, which is not used otherwise without a reverse sweep. */
static void find_summed(Maker *m) {
    const Program *p = m->p;
    for (size_t slot = 0; slot < p->slots; slot++) m->adjoint[slot] = NOWHERE;
    for (size_t j = 0; j < p->results; j++) m->waiting[p->outputs[j]]++;
    for (size_t j = 0; j < m->tape->summed; j++) {
        const size_t slot = (size_t)p->outputs[j];
        if (slot < p->known || p->codes[slot - p->known] != AG_MUL || m->last[slot] || m->waiting[slot] != 1) continue;
        const int32_t *args = p->args + p->starts[slot - p->known];
        if (p->flags[args[0]] & p->flags[args[1]] & VARIES) m->adjoint[slot] = (int32_t)j;
    }
}

/* The rows of values. A row is used again once nobody reads it any more. */
static void make_values(Maker *m, int reverse) {
    const Program *p = m->p;
    Tape *tape = m->tape;
    size_t operand = 0;
    for (size_t i = 0; i < p->size; i++)
        for (size_t j = p->starts[i]; j < p->starts[i + 1]; j++) m->last[p->args[j]] = (uint32_t)(p->known + i);
    if (!reverse) find_summed(m);
    for (size_t j = 0; j < p->results; j++) m->last[p->outputs[j]] = UINT32_MAX;
    if (reverse) keep_for_reverse(m);
    for (size_t i = 0; i < p->inputs; i++) tape->inputs[i] = m->row[i] = p->flags[i] & VARIES ? pool_take(&m->pool) : NOWHERE;
    for (size_t slot = p->known; slot < p->slots; slot++) {
        const size_t i = slot - p->known;
        if (!(p->flags[slot] & VARIES)) {
            tape->uniform[tape->uniforms++] = (uint32_t)i;
            continue;
        }
        if (m->leader[i] != NOWHERE && m->leader[i] != (int32_t)i) {
            release_values(m, i);
            continue;
        }
        Step *step = &tape->steps[tape->size++];
        *step = (Step){.code = p->codes[i], .slot = (uint32_t)slot, .first = (uint32_t)operand, .adjoint = NOWHERE, .mask = NOWHERE, .extra = NOWHERE};
        if (m->leader[i] == NOWHERE) {
            step_operands(m, step);
            if (!reverse) step->extra = m->adjoint[slot];
            m->row[slot] = step->extra == NOWHERE ? pool_take(&m->pool) : NOWHERE;
        } else {
            layer_operands(m, step, i);
            for (int32_t d = (int32_t)i; d != NOWHERE; d = m->next[d]) m->row[p->known + (size_t)d] = NOWHERE;
            for (size_t k = operand; k < operand + step->dots; k++) m->row[m->slots[k]] = pool_take(&m->pool);
        }
        step->row = m->row[step->slot];
        if (reverse && step->code == AG_LOGSUMEXP && is_active(p, slot)) {
            step->extra = m->pool.next;
            m->pool.next += (int32_t)step->count + 1;
        }
        for (size_t k = operand; k < operand + step->count; k++) {
            const int32_t a = m->slots[k];
            tape->from[k] = p->flags[a] & VARIES ? m->row[a] : ~a;
        }
        release_values(m, i);
        operand += step->count;
    }
    for (size_t j = 0; j < p->results; j++) {
        const int32_t a = p->outputs[j];
        tape->outputs[j] = p->flags[a] & VARIES ? m->row[a] : ~a;
    }
}

/* The rows of adjoints: each from the last consumer of a slot, or of a sum that hands it on, to the instruction that made it. */
static void make_adjoints(Maker *m) {
    const Program *p = m->p;
    Tape *tape = m->tape;
    for (size_t slot = 0; slot < p->slots; slot++) {
        m->adjoint[slot] = m->step[slot] = NOWHERE;
        m->waiting[slot] = 0;
    }
    for (size_t i = 0; i < tape->size; i++) {
        const Step *step = &tape->steps[i];
        if (!is_active(p, step->slot)) continue;
        m->step[step->slot] = (int32_t)i;
        for (size_t k = step->dots; k < step->count; k++) m->waiting[m->slots[step->first + k]]++;
    }
    for (size_t j = 0; j < p->results; j++) {
        const Target t = p->seeded[j] ? target(m, (size_t)p->outputs[j]) : no_target;
        tape->output_to[j] = t.to < 0 ? t.to : 2 * t.to + (t.base == NOWHERE);
    }
    for (size_t j = 0; j < p->results; j++)
        if (!m->waiting[p->outputs[j]]) hand_on(m, (size_t)p->outputs[j]);
    for (size_t i = tape->size; i-- > 0;) {
        Step *step = &tape->steps[i];
        int sends = 0;
        if (!is_active(p, step->slot)) continue;
        step->adjoint = m->adjoint[step->slot];
        if (is_masked(p, step->slot)) step->mask = m->mask[step->slot];
        for (size_t k = 0; k < step->dots; k++) tape->to[step->first + k] = m->adjoint[m->slots[step->first + k]];
        for (size_t k = step->dots; k < step->count; k++) {
            const size_t at = step->first + k, slot = (size_t)m->slots[at];
            const int handed = tape->base[at] == HANDED;
            const Target t = !handed && (step->dots || depends_on(step->code, k)) ? target(m, slot) : no_target;
            tape->to[at] = t.to;
            tape->base[at] = t.base;
            if (tape->masks) tape->masks[at] = t.mask;
            sends |= t.to != NOWHERE;
            if (!handed) m->waiting[slot]--;
        }
        for (size_t k = step->dots; k < step->count; k++) /* what the step sends is there only once all of it is */
            if (!m->waiting[m->slots[step->first + k]]) hand_on(m, (size_t)m->slots[step->first + k]);
        if (!step->dots) release_adjoint(m, step->adjoint);
        for (size_t k = 0; k < step->dots; k++) release_adjoint(m, tape->to[step->first + k]);
        if (step->mask != NOWHERE) pool_give(&m->pool, step->mask);
        if (!sends) step->adjoint = NOWHERE;
    }
    for (size_t i = 0; i < p->inputs; i++) tape->input_to[i] = p->flags[i] & VARIES ? m->adjoint[i] : NOWHERE;
}

static void tape_free(Tape *tape) {
    if (!tape) return;
    void *blocks[] = {tape->steps, tape->uniform, tape->from, tape->to, tape->base, tape->masks, tape->inputs, tape->input_to, tape->outputs,
                      tape->output_to, tape->shared, tape};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) PyMem_RawFree(blocks[i]);
}

static int32_t *numbers(size_t count) {
    return PyMem_RawCalloc(count + 1, sizeof(int32_t));
}

/* The tape of a program, with or without what the reverse sweep needs; NULL where there is no memory. See Tape on `summed`. */
static Tape *tape_new(const Program *p, int reverse, size_t summed) {
    size_t steps = 0, operands = 0, kept = 0;
    for (size_t i = 0; i < p->size; i++) {
        if (!(p->flags[p->known + i] & VARIES)) continue;
        steps++;
        operands += p->starts[i + 1] - p->starts[i];
        if (p->codes[i] == AG_LOGSUMEXP) kept += p->starts[i + 1] - p->starts[i] + 1;
    }
    const size_t most = 3 * (p->inputs + steps) + kept; /* rows */
    if (most > INT32_MAX / 2) return NULL;
    Tape *tape = PyMem_RawCalloc(1, sizeof(Tape));
    if (!tape) return NULL;
    tape->program = p;
    tape->summed = summed;
    operands += steps; /* layers name their results */
    Maker m = {p, tape, numbers(operands), numbers(p->slots), numbers(p->slots), numbers(p->slots), (uint32_t *)numbers(p->slots),
               numbers(p->size), numbers(p->size), numbers(p->size), numbers(p->slots), numbers(p->slots), numbers(p->slots),
               numbers(reverse ? most : 0), {numbers(2 * (p->inputs + steps)), 0, 0}};
    tape->steps = PyMem_RawCalloc(steps + 1, sizeof(Step));
    tape->uniform = (uint32_t *)numbers(p->size - steps);
    tape->from = numbers(operands);
    tape->to = reverse ? numbers(operands) : NULL;
    tape->base = reverse ? numbers(operands) : NULL;
    tape->masks = reverse && p->masked ? numbers(operands) : NULL;
    tape->inputs = numbers(p->inputs);
    tape->input_to = numbers(p->inputs);
    tape->outputs = numbers(p->results);
    tape->output_to = numbers(p->results);
    tape->shared = (uint32_t *)numbers(operands + p->results);
    const int complete = m.slots && m.row && m.adjoint && m.mask && m.last && m.leader && m.next && m.sum && m.step && m.waiting && m.ready &&
                         m.holders && m.pool.unused && tape->steps && tape->uniform && tape->from && ((tape->to && tape->base) || !reverse) &&
                         (tape->masks || !reverse || !p->masked) &&
                         tape->inputs && tape->input_to && tape->outputs && tape->output_to && tape->shared;
    const int done = complete && !find_layers(&m);
    if (done) {
        make_values(&m, reverse);
        if (reverse) make_adjoints(&m);
        tape->rows = (size_t)m.pool.next;
    }
    void *blocks[] = {m.slots, m.row, m.adjoint, m.mask, m.last, m.leader, m.next, m.sum, m.step, m.waiting, m.ready, m.holders,
                      m.pool.unused};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) PyMem_RawFree(blocks[i]);
    if (done) return tape;
    tape_free(tape);
    return NULL;
}

#endif
