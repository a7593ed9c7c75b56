/* The interpreter of programs: a graph as flat arrays of codes and arguments, run forward and backward, over one sample or a batch.

   _tape.h checks and prepares a program, _scalar.h runs one lane of it, _lanes.h a block of lanes with the instructions of the machine.
   Here are the blocks, the threads that share them, and what Python sees.

   A batch is cut into leaves of so many lanes, these into blocks whose rows stay in the cache. What is summed over the lanes of a leaf
   has eight sums, by index, which go on from block to block; these eight, and then the leaves, are added in pairs, level by level, an odd
   last one as it is. So neither blocks nor vectors nor threads, which take chunks of leaves as they come, change a bit. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "_hook.h"
#include "_places.h"
#include "_portable.h"
#include "_scalar.h"

enum {
    PAD = 8,            /* rows are a multiple of this */
    WIDE_ROW = 64,      /* multiples of this are PAD apart: numbers at the same place of two pages would delay each other */
    TRANSPOSED = 4,     /* numbers of each lane that are transposed into rows together */
    WIDEST = 256,       /* the longest row */
    NARROW = 32,        /* the shortest, unless rows fill more than MEMORY */
    CACHE = 1 << 19,    /* bytes that the rows of a block may fill, if they can */
    MEMORY = 1 << 26,
    SCRATCH = 7,        /* rows for what is not kept */
    LEAF = 1024,        /* lanes whose sums go on; a multiple of SUMS */
    SUMS = 8,           /* of what is summed over lanes: by the index of the lane */
    CHUNKS = 64,        /* at most: a bit for each */
    SLICE = 1 << 16,    /* instructions in one go */
    UNSEEN = 1 << 20,   /* operands times lanes between two looks at the clock */
    WORTH = 400000,     /* instructions times lanes for which a second thread pays */
    THREAD_ALIGNMENT = 128, /* what threads write starts at multiples of this, so that they do not share lines of the cache */
    LINGER = 100000,    /* nanoseconds for which threads spin before they go to sleep, since waking one takes long */
};

/* A block of lanes at work. The rows of its own are side by side; those of inputs may be where Python has them. */
typedef struct {
    double **at; /* each row */
    double *rows, *scratch;
    const double *uniform; /* the values of uniform slots */
    double *sums;          /* of each accumulator the eight */
    uint8_t *reached;      /* and whether they are */
    size_t width, lanes, padded; /* from one row to the next; lanes in use; those rounded up */
} Block;

/* The block's code for one instruction set. */
typedef struct {
    const char *name;
    void (*forward)(const Tape *, const Block *, size_t, size_t), (*backward)(const Tape *, const Block *, size_t, size_t);
    void (*add_row)(const Block *, const double *, double *);
    void (*transpose)(const double *, Py_ssize_t, size_t, double *const *, size_t);
} Set;

/* The number of an operand in a lane. */
static double number_in(const Block *b, int32_t from, size_t lane) {
    return from < 0 ? b->uniform[~from] : b->at[from][lane];
}

/* Where a sum y is not finite, the same as a single lane has it, since something may have overflowed on the way: of n operands xs, each
   times one of ws unless that is NULL, which are `apart` from one to the next; and `more` is added. */
static void sum_exactly(const Block *b, double *y, const int32_t *ws, const int32_t *xs, size_t apart, size_t n, double more) {
    double *w = PyMem_RawMalloc(2 * n * sizeof(double)), *x = w + n;
    for (size_t lane = 0; w && lane < b->padded; lane++) {
        if (isfinite(y[lane])) continue;
        for (size_t k = 0; k < n; k++) {
            x[k] = number_in(b, xs[k * apart], lane);
            if (ws) w[k] = number_in(b, ws[k * apart], lane);
        }
        y[lane] = (ws ? ag_dot(w, x, n) : ag_sum(x, n)) + more;
    }
    PyMem_RawFree(w);
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define SETS(X) X(avx512) X(avx2) X(plain)

/* The functions from one to the next may use further instructions. In Clang the macros that name these stay as they are, hence LANES_SET. */
#define PRAGMA(...) _Pragma(#__VA_ARGS__)
#if defined(__clang__)
#define TARGET(FEATURES) PRAGMA(clang attribute push(__attribute__((target(FEATURES))), apply_to = function))
#define TARGET_END PRAGMA(clang attribute pop)
#define WIDE_VECTORS "" /* which are a matter of the loop, see EACH */
#else
#define TARGET(FEATURES) PRAGMA(GCC push_options) PRAGMA(GCC target FEATURES)
#define TARGET_END PRAGMA(GCC pop_options)
#define WIDE_VECTORS ",prefer-vector-width=512"
#endif

TARGET(("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma" WIDE_VECTORS))
#define LANES(name) name##_avx512
#define LANES_SET 512
#include "_lanes.h"
#undef LANES
#undef LANES_SET
TARGET_END

TARGET(("avx2,fma"))
#define LANES(name) name##_avx2
#define LANES_SET 256
#include "_lanes.h"
#undef LANES
#undef LANES_SET
TARGET_END

static int runs_here(const char *name) {
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("avx512bw");
    return !strcmp(name, "plain") || (avx2 && (avx512 || !strcmp(name, "avx2")));
}
#else
#if defined(__aarch64__)
#include <arm_neon.h>
#endif
#define SETS(X) X(plain)

static int runs_here(const char *name) {
    (void)name;
    return 1;
}
#endif

#define LANES(name) name##_plain
#include "_lanes.h"
#undef LANES

/* The best first. */
#define SET(NAME) {#NAME, forward_##NAME, backward_##NAME, add_row_##NAME, transpose_##NAME},
static const Set sets[] = {SETS(SET)};
#undef SET
static const Set *chosen;


/* An array that Python gave, for some inputs or outputs in a row. */
typedef struct {
    Py_buffer view;
    Py_ssize_t lane, item; /* bytes from one to the next; lane is 0 where they share the numbers */
    size_t first, count;
    int each; /* whether each lane has its own */
} Group;

typedef struct {
    Group *items;
    size_t count;
} Groups;

static inline double *group_at(const Group *g, size_t lane, size_t k) {
    return (double *)((char *)g->view.buf + (Py_ssize_t)lane * g->lane + (Py_ssize_t)k * g->item);
}

typedef struct {
    PyObject_HEAD
    Program program;
    Py_buffer views[5];
    void *copies[5];
    Tape *tapes[3]; /* without and with the reverse sweep, and without it where outputs are summed; made when first needed */
    struct Arm *arms; /* a tree of paths, see _branches.h; NULL where there is one path */
    int32_t *checks;
    size_t arm_count, most; /* outputs of one arm */
    void *spare;    /* memory kept from one run to the next */
    size_t room;
    /* What runs in its place, and what for: see `use`. */
    void (*machine[2])(double *, double *, void *, int64_t *, void *, void *); /* one lane, forward; in reverse, too */
    PyObject *lanes, *kept, *hot; /* several; what lives as long; what is called once it has done so much work, in operands times lanes */
    double work, limit;
} Plan;

static int eager; /* whether `hot` is called at once */

/* One run of a plan. */
typedef struct {
    const Program *p;
    const Tape *tape;
    const Set *set;
    void (*machine)(double *, double *, void *, int64_t *, void *, void *); /* or NULL */
    Groups inputs, outputs, seeds, gradients;
    int reverse;
    size_t lanes, leaf, width, stride, chunk, levels, chunks, threads; /* of a leaf, of a block; from row to row; leaves in a chunk, 2^levels */
    double *values, *adjoints, *x, *partials;            /* of slots; of the arguments of one instruction */
    double *sums, *partial, *rows, **at;                 /* of each chunk; of each thread */
    size_t summed, apart, pointers; /* accumulators; numbers from the sums of one chunk, pointers from one thread, to the next */
    uint8_t *taken, *reached;                            /* of slots; of each chunk */
    int64_t *masks;                                      /* of slots, for machine code */
    uint32_t *trail;                                     /* the arms that were run */
    _Atomic uint64_t begun; /* a bit for each chunk */
    atomic_int stop;
    fenv_t arithmetic; /* how the caller's thread rounds, and what it does with subnormal numbers */
    PyThreadState *state;
    uint64_t looked; /* when, in nanoseconds */
    size_t unseen;   /* operands times lanes since then */
} Job;

static inline size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Look for Ctrl-C now and then, before so many operands times lanes; only the thread that called does. Whether to stop. */
static int interrupted(Job *job, int caller, size_t work) {
    if (!caller || atomic_load(&job->stop)) return atomic_load(&job->stop);
    if ((job->unseen += work) < UNSEEN) return 0;
    job->unseen = 0;
    const uint64_t now = nanoseconds();
    if (now - job->looked < 20000000) return 0;
    job->looked = now;
    PyEval_RestoreThread(job->state);
    if (PyErr_CheckSignals()) atomic_store(&job->stop, 1);
    job->state = PyEval_SaveThread();
    return atomic_load(&job->stop);
}


/* Inputs and outputs of a block that starts at lane `start`. */

static void load_inputs(const Job *job, const Block *b, size_t start) {
    for (size_t i = 0; i < job->inputs.count; i++) {
        const Group *g = &job->inputs.items[i];
        for (size_t k = 0; g->each && k < g->count; k += TRANSPOSED) {
            const size_t some = smaller(g->count - k, TRANSPOSED);
            const int32_t *row = job->tape->inputs + g->first + k;
            double *rows[TRANSPOSED];
            if (g->lane == sizeof(double) && b->lanes == b->padded) { /* as they are */
                for (size_t j = 0; j < some; j++) b->at[row[j]] = group_at(g, start, k + j);
                continue;
            }
            for (size_t j = 0; j < some; j++) rows[j] = b->at[row[j]] = b->rows + (size_t)row[j] * b->width;
            if (g->lane == sizeof(double))
                for (size_t j = 0; j < some; j++) memcpy(rows[j], group_at(g, start, k + j), b->lanes * sizeof(double));
            else if (g->item == sizeof(double))
                job->set->transpose(group_at(g, start, k), g->lane / (Py_ssize_t)sizeof(double), b->lanes, rows, some);
            else
                for (size_t lane = 0; lane < b->lanes; lane++)
                    for (size_t j = 0; j < some; j++) rows[j][lane] = *group_at(g, start + lane, k + j);
            for (size_t j = 0; j < some; j++)
                for (size_t lane = b->lanes; lane < b->padded; lane++) rows[j][lane] = rows[j][b->lanes - 1];
        }
    }
}

static void store_outputs(const Job *job, const Block *b, size_t start) {
    for (size_t i = 0; i < job->outputs.count; i++) {
        const Group *g = &job->outputs.items[i];
        for (size_t k = 0; k < g->count; k++) {
            const int32_t from = job->tape->outputs[g->first + k];
            if (from == NOWHERE) continue; /* its sum is there */
            const double *row = from < 0 ? NULL : b->at[from];
            for (size_t lane = 0; g->each && lane < b->lanes; lane++) *group_at(g, start + lane, k) = row ? row[lane] : b->uniform[~from];
            if (!g->each && row) job->set->add_row(b, row, b->sums + SUMS * (job->tape->sharing + g->first + k));
        }
    }
}

static void load_seeds(const Job *job, const Block *b, size_t start) {
    for (size_t i = 0; i < job->seeds.count; i++) {
        const Group *g = &job->seeds.items[i];
        for (size_t k = 0; k < g->count; k++) {
            const int32_t to = job->tape->output_to[g->first + k];
            if (to < 0) continue;
            double *row = b->at[to >> 1];
            for (size_t lane = 0; lane < b->padded; lane++) {
                const double seed = *group_at(g, start + smaller(lane, b->lanes - 1), k);
                row[lane] = to & 1 ? seed : row[lane] + seed;
            }
        }
    }
}

static void store_gradients(const Job *job, const Block *b, size_t start) {
    for (size_t i = 0; i < job->gradients.count; i++) {
        const Group *g = &job->gradients.items[i];
        if (!g->each || !g->view.obj) continue;
        for (size_t k = 0; k < g->count; k++) {
            const int32_t from = job->tape->input_to[g->first + k];
            for (size_t lane = 0; lane < b->lanes; lane++)
                *group_at(g, start + lane, k) = from == NOWHERE ? 0.0 : b->at[from][lane];
        }
    }
}


/* Blocks and threads. */

/* How many operands instructions `begin` to `end` have. */
static size_t operands(const Tape *tape, size_t begin, size_t end) {
    const Step *last = tape->steps + end - 1;
    return last->first + last->count - tape->steps[begin].first;
}

static void add(double *to, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] += x[i];
}

/* The lanes of a block, from `start` to before `end`. Whether to stop. */
static int run_block(Job *job, Block *b, size_t start, size_t end, int caller) {
    const Tape *tape = job->tape;
    b->lanes = end - start;
    b->padded = (b->lanes + PAD - 1) / PAD * PAD;
    load_inputs(job, b, start);
    for (size_t i = 0; i < tape->size; i += SLICE) {
        const size_t some = smaller(tape->size - i, SLICE);
        if (interrupted(job, caller, operands(tape, i, i + some) * b->lanes)) return 1;
        job->set->forward(tape, b, i, i + some);
    }
    store_outputs(job, b, start);
    if (!job->reverse) return 0;
    load_seeds(job, b, start);
    for (size_t i = (tape->size + SLICE - 1) / SLICE; i-- > 0;) {
        const size_t some = smaller(tape->size - i * SLICE, SLICE);
        if (interrupted(job, caller, operands(tape, i * SLICE, i * SLICE + some) * b->lanes)) return 1;
        job->set->backward(tape, b, i * SLICE, i * SLICE + some);
    }
    store_gradients(job, b, start);
    return 0;
}

/* The sums of leaves that are complete are held, at most one for each level. */
static void run_chunk(Job *job, size_t chunk, Block *b, int caller) {
    const size_t all = job->summed;
    double *held = b->sums + SUMS * job->apart;
    b->reached = job->reached + chunk * job->apart;
    memset(b->reached, 0, job->tape->sharing);
    for (size_t leaf = 0; leaf < job->chunk; leaf++) {
        const size_t first = (chunk * job->chunk + leaf) * job->leaf, end = smaller(first + job->leaf, job->lanes);
        if (first >= job->lanes) break;
        for (size_t i = 0; i < SUMS * all; i++) b->sums[i] = EMPTY_SUM;
        for (size_t start = first; start < end; start += job->width)
            if (run_block(job, b, start, smaller(start + job->width, end), caller)) return;
        for (size_t i = 0; i < all; i++) {
            const double *s = b->sums + SUMS * i;
            held[i] = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
        }
        for (size_t k = leaf + 1; !(k & 1); k >>= 1, held -= job->apart) add(held - job->apart, held, all);
        held += job->apart;
    }
    for (held -= job->apart; held > b->sums + SUMS * job->apart; held -= job->apart) add(held - job->apart, held, all);
    memcpy(job->sums + chunk * job->apart, held, all * sizeof(double));
}

/* Each thread begins at its own place, so that in the next run it meets the numbers that its cache has, and goes on to what is left. */
static void run_chunks(Job *job, size_t thread, int caller) {
    const size_t all = job->tape->rows, first = thread * job->chunks / job->threads;
    double *rows = job->rows + thread * (all + SCRATCH) * job->stride;
    Block b = {.at = job->at + thread * job->pointers, .rows = rows, .scratch = rows + all * job->stride, .uniform = job->values,
               .sums = job->partial + thread * job->apart * (SUMS + job->levels + 1), .width = job->stride};
    for (size_t i = 0; i < all; i++) b.at[i] = rows + i * job->stride;
    for (size_t i = 0; i < job->chunks && !atomic_load(&job->stop); i++) {
        const size_t chunk = (first + i) % job->chunks;
        if (!(atomic_fetch_or(&job->begun, (uint64_t)1 << chunk) >> chunk & 1)) run_chunk(job, chunk, &b, caller);
    }
}

/* Threads that wait for work, started when first needed; they last as long as the process. One run at a time has them. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    size_t threads; /* there are */
    atomic_size_t wanted, working; /* still to take part in the job; taking part, or to do so */
    int taken;
    Job *job;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* The child of a fork has no threads but the one that forked. */
static void pool_forget(void) {
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.done, NULL);
    pool.threads = 0;
    pool.wanted = pool.working = 0;
    pool.taken = 0;
}

/* Spin for a while, until `count` is or is not 0. */
static void spin_wait(atomic_size_t *count, int zero) {
    const uint64_t start = nanoseconds();
    while ((atomic_load(count) == 0) != zero && nanoseconds() - start < LINGER) {}
}

static void *pool_work(void *unused) {
    pthread_mutex_lock(&pool.lock);
    for (;;) {
        while (!pool.wanted) pthread_cond_wait(&pool.wake, &pool.lock);
        const size_t number = pool.wanted--;
        Job *job = pool.job;
        pthread_mutex_unlock(&pool.lock);
        fesetenv(&job->arithmetic);
        run_chunks(job, number, 0);
        pthread_mutex_lock(&pool.lock);
        if (!--pool.working) pthread_cond_signal(&pool.done);
        pthread_mutex_unlock(&pool.lock);
        spin_wait(&pool.wanted, 0);
        pthread_mutex_lock(&pool.lock);
    }
    return unused;
}

/* Start threads until there are `count`, or no more can be had; signals are for the others. */
static void pool_grow(size_t count) {
    pthread_t thread;
    Signals before;
    signals_off(&before);
    for (; pool.threads < count && !pthread_create(&thread, NULL, pool_work, NULL); pool.threads++) pthread_detach(thread);
    signals_back(&before);
}

/* Run all chunks, with the threads of the pool where they are wanted and free. */
static void run_threads(Job *job) {
    int shared = 0;
    if (job->threads > 1) {
        fegetenv(&job->arithmetic);
        pthread_mutex_lock(&pool.lock);
        if (!pool.taken) {
            shared = pool.taken = 1;
            pool_grow(job->threads - 1);
            pool.job = job;
            pool.working = smaller(pool.threads, job->threads - 1);
            pool.wanted = pool.working;
            pthread_cond_broadcast(&pool.wake);
        }
        pthread_mutex_unlock(&pool.lock);
    }
    run_chunks(job, 0, 1);
    if (!shared) return;
    pthread_mutex_lock(&pool.lock);
    pool.working -= pool.wanted; /* those that have not come yet are too late */
    pool.wanted = 0;
    pthread_mutex_unlock(&pool.lock);
    spin_wait(&pool.working, 1);
    pthread_mutex_lock(&pool.lock);
    while (pool.working) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&pool.done, &pool.lock, &until);
        pthread_mutex_unlock(&pool.lock);
        interrupted(job, 1, UNSEEN);
        pthread_mutex_lock(&pool.lock);
    }
    pool.taken = 0;
    pthread_mutex_unlock(&pool.lock);
}

/* Inputs that all lanes share. */
static void load_uniform(const Job *job) {
    double *v = job->values;
    for (size_t i = 0; i < job->inputs.count; i++) {
        const Group *group = &job->inputs.items[i];
        if (group->item == sizeof(double)) memcpy(v + group->first, group_at(group, 0, 0), group->count * sizeof(double));
        else
            for (size_t k = 0; k < group->count; k++) v[group->first + k] = *group_at(group, 0, k);
    }
}

/* The adjoints before a reverse sweep: those of outputs that do not vary. */
static void load_cotangents(const Job *job) {
    const Program *p = job->p;
    const Tape *tape = job->tape;
    double *g = job->adjoints;
    for (size_t i = 0; i < p->slots; i++) g[i] = EMPTY_SUM;
    for (size_t i = 0; i < job->seeds.count; i++) {
        const Group *group = &job->seeds.items[i];
        for (size_t k = 0; k < group->count; k++) {
            const size_t slot = (size_t)p->outputs[group->first + k];
            if (!p->seeded[group->first + k] || (tape && p->flags[slot] & VARIES)) continue;
            if (group->each)
                for (size_t lane = 0; lane < job->lanes; lane++) g[slot] += *group_at(group, lane, k);
            else
                g[slot] += (double)job->lanes * *group_at(group, 0, k);
        }
    }
}

/* A whole run; what is uniform, or all in a single lane, is run here. 0, or -1 after Ctrl-C. */
static int run(Job *job) {
    const Program *p = job->p;
    const Tape *tape = job->tape;
    const uint32_t *list = tape ? tape->uniform : NULL;
    const size_t size = tape ? tape->uniforms : p->size;
    double *v = job->values, *g = job->adjoints;
    load_uniform(job);
    if (job->machine) {
        if (job->reverse) load_cotangents(job);
        job->machine(v, g, NULL, job->masks, NULL, NULL);
    }
    for (size_t i = 0; i < size && !job->machine; i += SLICE) {
        const size_t some = smaller(size - i, SLICE);
        if (interrupted(job, 1, some * p->most)) return -1;
        scalar_forward(p, list, i, i + some, v, job->x);
    }
    if (tape) run_threads(job);
    if (atomic_load(&job->stop)) return -1;

    const size_t sharing = tape ? tape->sharing : 0;
    for (size_t half = 1; half < job->chunks; half *= 2)
        for (size_t c = 0; c + half < job->chunks; c += 2 * half) add(job->sums + c * job->apart, job->sums + (c + half) * job->apart, job->summed);
    for (size_t c = 1; c < job->chunks; c++)
        for (size_t i = 0; i < sharing; i++) job->reached[i] |= job->reached[c * job->apart + i];
    for (size_t i = 0; i < job->outputs.count; i++) {
        const Group *group = &job->outputs.items[i];
        for (size_t k = 0; k < group->count && (!group->each || !tape); k++) {
            const size_t slot = (size_t)p->outputs[group->first + k];
            *group_at(group, 0, k) = tape && p->flags[slot] & VARIES ? job->sums[sharing + group->first + k] : (double)job->lanes * v[slot];
        }
    }
    if (!job->reverse) return 0;
    if (!job->machine) load_cotangents(job);
    if (job->taken) memset(job->taken, job->machine != NULL, p->slots); /* where machine code has not been, it leaves 0 */
    for (size_t i = 0; i < sharing; i++) {
        g[tape->shared[i]] += job->sums[i];
        if (job->taken) job->taken[tape->shared[i]] |= job->reached[i];
    }
    for (size_t i = (size + SLICE - 1) / SLICE; i-- > 0 && !job->machine;) {
        const size_t some = smaller(size - i * SLICE, SLICE);
        if (interrupted(job, 1, some * p->most)) return -1;
        scalar_backward(p, list, i * SLICE, i * SLICE + some, v, g, job->taken, job->x, job->partials);
    }
    for (size_t i = 0; i < job->gradients.count; i++) {
        const Group *group = &job->gradients.items[i];
        if (!group->view.obj || (group->each && tape)) continue;
        for (size_t k = 0; k < group->count; k++) {
            const size_t slot = group->first + k;
            const int there = is_active(p, slot) && (tape || p->flags[slot] & ALWAYS || job->taken[slot]);
            *group_at(group, 0, k) = there ? g[slot] : 0.0;
        }
    }
    return 0;
}


/* Memory. */

/* Room for `count` items at the end of a block of `total` bytes, in units of a cache line: its place; -1 where the block is too large. */
static Py_ssize_t reserve(size_t *total, size_t count, size_t item) {
    size_t bytes, place = *total;
    if (__builtin_mul_overflow(count, item, &bytes) || __builtin_add_overflow(bytes, 63, &bytes) ||
        __builtin_add_overflow(place, bytes / 64 * 64, total) || *total > PY_SSIZE_T_MAX - 64)
        return -1;
    return (Py_ssize_t)place;
}

/* Give a job its memory: the block it is in, to be freed, and its size; NULL with MemoryError. */
static void *job_memory(Plan *plan, Job *job, size_t *room) {
    const Program *p = job->p;
    const size_t sharing = job->tape ? job->tape->sharing : 0, rows = job->tape ? job->tape->rows + SCRATCH : 0;
    const size_t reverse = (size_t)job->reverse;
    job->apart = (sharing + p->results + THREAD_ALIGNMENT - 1) / THREAD_ALIGNMENT * THREAD_ALIGNMENT;
    job->pointers = (rows + THREAD_ALIGNMENT - 1) / THREAD_ALIGNMENT * THREAD_ALIGNMENT;
    struct {
        double **where;
        size_t count;
        Py_ssize_t place;
    } parts[] = {
        {&job->values, p->slots, 0},
        {&job->adjoints, reverse * p->slots, 0},
        {&job->x, p->most, 0},
        {&job->partials, reverse * p->most, 0},
        {&job->partial, job->tape ? job->threads * (SUMS + job->levels + 1) * job->apart : 0, 0},
        {&job->sums, 0, 0},
        {&job->rows, 0, 0},
    };
    const size_t last = sizeof parts / sizeof *parts;
    size_t total = 0, each = 0;
    int failed = __builtin_mul_overflow(job->chunks, job->apart, &parts[last - 2].count) ||
                 __builtin_mul_overflow(rows, job->stride, &each) || __builtin_mul_overflow(each, job->threads, &parts[last - 1].count);
    for (size_t i = 0; i < last; i++) failed |= (parts[i].place = reserve(&total, parts[i].count, sizeof(double))) < 0;
    const Py_ssize_t taken = reserve(&total, reverse && p->masked ? p->slots : 0, 1);
    const Py_ssize_t masks = reserve(&total, reverse && p->masked && job->machine ? p->slots : 0, sizeof(int64_t));
    const Py_ssize_t reached = reserve(&total, job->chunks * job->apart, 1);
    const Py_ssize_t at = reserve(&total, job->threads * job->pointers, sizeof(double *));
    const Py_ssize_t trail = reserve(&total, plan->arm_count, sizeof(uint32_t));
    if (failed || taken < 0 || masks < 0 || reached < 0 || at < 0 || trail < 0) return PyErr_NoMemory();
    void *memory = plan->spare;
    *room = plan->room;
    plan->spare = NULL;
    if (memory && *room < total) {
        PyMem_RawFree(memory);
        memory = NULL;
    }
    const int fresh = !memory;
    if (fresh) {
        *room = total;
        if (!(memory = PyMem_RawMalloc(total + 64))) return PyErr_NoMemory();
    }
    char *start = (char *)(((uintptr_t)memory + 63) / 64 * 64);
    for (size_t i = 0; i < last; i++) *parts[i].where = (double *)(start + parts[i].place);
    if (fresh) memcpy(job->values + p->inputs, p->constants, (p->known - p->inputs) * sizeof(double)); /* values come first in all runs */
    job->taken = reverse && p->masked ? (uint8_t *)start + taken : NULL;
    job->masks = (int64_t *)(start + masks);
    job->reached = (uint8_t *)start + reached;
    job->at = (double **)(start + at);
    job->trail = (uint32_t *)(start + trail);
    return memory;
}


/* What Python gives. */

static void groups_free(Groups *groups) {
    for (size_t i = 0; i < groups->count; i++) PyBuffer_Release(&groups->items[i].view);
    PyMem_Free(groups->items);
}

/* Where the numbers of an array are: those of a lane in a row, evenly spaced. */
static int group_shape(Group *g, const char *what, size_t lanes) {
    const Py_buffer *view = &g->view;
    const int own = g->each ? 1 : 0;
    if (view->itemsize != sizeof(double) || !view->format || strcmp(view->format, "d") || (uintptr_t)view->buf % sizeof(double)) {
        PyErr_Format(PyExc_ValueError, "got %s in an array of another kind, expected aligned float64", what);
        return -1;
    }
    if (view->ndim < own || (own && (size_t)view->shape[0] != lanes)) {
        PyErr_Format(PyExc_ValueError, "got %s in an array whose first axis is not the lanes, expected (%zu, ...)", what, lanes);
        return -1;
    }
    int even = 1;
    g->lane = own ? view->strides[0] : 0;
    g->item = sizeof(double);
    g->count = 1;
    for (int k = view->ndim; k-- > own;) {
        if (view->shape[k] == 1) continue;
        if (g->count == 1) g->item = view->strides[k];
        even &= view->strides[k] == g->item * (Py_ssize_t)g->count;
        g->count *= (size_t)view->shape[k];
    }
    if (!(even || !g->count) || g->lane % (Py_ssize_t)sizeof(double) || g->item % (Py_ssize_t)sizeof(double)) {
        PyErr_Format(PyExc_ValueError, "got %s in an array whose numbers are not evenly spaced, expected one that is contiguous", what);
        return -1;
    }
    return 0;
}

/* Read the arrays for `total` inputs or outputs. With `flags` each lane has its own where they vary; else where there are two axes. */
static int groups_read(Groups *groups, PyObject *arrays, const char *what, size_t total, const uint8_t *flags, size_t lanes, int writable) {
    PyObject *items = PySequence_Fast(arrays, "expected a sequence of arrays");
    if (!items) return -1;
    const size_t count = (size_t)PySequence_Fast_GET_SIZE(items);
    size_t first = 0;
    if (!(groups->items = PyMem_Calloc(count + 1, sizeof(Group)))) {
        PyErr_NoMemory();
        goto failed;
    }
    for (size_t i = 0; i < count; i++) {
        Group *g = &groups->items[i];
        PyObject *array = PySequence_Fast_GET_ITEM(items, i);
        if (PyObject_GetBuffer(array, &g->view, PyBUF_STRIDED_RO | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0))) goto failed;
        groups->count++;
        g->first = first;
        g->each = flags ? g->view.len && first < total && flags[first] & VARIES : g->view.ndim > 1;
        if (group_shape(g, what, lanes)) goto failed;
        if (g->count > total - first) break;
        for (size_t k = 0; flags && k < g->count; k++) {
            if (g->each == (flags[first + k] & VARIES)) continue;
            PyErr_Format(PyExc_ValueError, "got %s in one array of which some are uniform and some are not, expected an array for each", what);
            goto failed;
        }
        first += g->count;
    }
    if (groups->count != count || first != total) {
        PyErr_Format(PyExc_ValueError, "got %zu or more %s, expected %zu: as many as the plan has", first, what, total);
        goto failed;
    }
    Py_DECREF(items);
    return 0;
failed:
    Py_DECREF(items);
    return -1;
}

/* Read the arrays for gradients: as those of the inputs, or None for a group of which they are not wanted. */
static int gradients_read(Groups *groups, PyObject *arrays, const Groups *inputs, size_t lanes) {
    PyObject *items = PySequence_Fast(arrays, "expected a sequence of arrays or None");
    if (!items) return -1;
    int failed = -1;
    const size_t count = (size_t)PySequence_Fast_GET_SIZE(items);
    if (count != inputs->count) {
        PyErr_Format(PyExc_ValueError, "got %zu arrays for gradients, expected %zu: one, or None, for each of inputs", count, inputs->count);
        goto done;
    }
    if (!(groups->items = PyMem_Calloc(count + 1, sizeof(Group)))) {
        PyErr_NoMemory();
        goto done;
    }
    groups->count = count;
    for (size_t i = 0; i < count; i++) {
        Group *g = &groups->items[i];
        PyObject *array = PySequence_Fast_GET_ITEM(items, i);
        g->each = inputs->items[i].each;
        g->first = inputs->items[i].first;
        if (array == Py_None) continue;
        if (PyObject_GetBuffer(array, &g->view, PyBUF_STRIDED | PyBUF_FORMAT)) goto done;
        if (group_shape(g, "gradients", lanes)) goto done;
        if (g->count == inputs->items[i].count) continue;
        PyErr_Format(PyExc_ValueError, "got room for %zu gradients, expected %zu: as many as there are inputs in their group", g->count,
                     inputs->items[i].count);
        goto done;
    }
    failed = 0;
done:
    Py_DECREF(items);
    return failed;
}


/* Keep the memory of a job for the next one, and let go of what Python gave. */
static void job_free(Plan *plan, Job *job, void *memory, size_t room) {
    if (memory) {
        PyMem_RawFree(plan->spare);
        plan->spare = memory;
        plan->room = room;
    }
    groups_free(&job->inputs);
    groups_free(&job->outputs);
    groups_free(&job->seeds);
    groups_free(&job->gradients);
}

#include "_branches.h"
#include "_loop.h"


/* Plan. */

/* The numbers of an array of the program, as they are if nobody can change them, else copied. */
static const void *plan_array(Plan *plan, int k, PyObject *array, const char *what, const char *kinds, size_t size, size_t *count) {
    Py_buffer *view = &plan->views[k];
    if (PyObject_GetBuffer(array, view, PyBUF_ND | PyBUF_FORMAT)) return NULL;
    const char *kind = view->format ? view->format : "B";
    if ((size_t)view->itemsize != size || strlen(kind) != 1 || !strchr(kinds, *kind) || view->ndim != 1) {
        PyErr_Format(PyExc_ValueError, "got %s as %d axes of '%s', %zd bytes each, expected one axis of '%c', %zu bytes each", what,
                     view->ndim, kind, view->itemsize, *kinds, size);
        return NULL;
    }
    *count = (size_t)view->shape[0];
    if (view->readonly && (uintptr_t)view->buf % size == 0) return view->buf;
    if (!(plan->copies[k] = PyMem_RawMalloc((size_t)view->len + 1))) return PyErr_NoMemory();
    memcpy(plan->copies[k], view->buf, (size_t)view->len);
    PyBuffer_Release(view);
    return plan->copies[k];
}

/* Numbers 0 and 1, one for each of `count`; of a view that is released by the caller. */
static const uint8_t *plan_flags(Py_buffer *view, PyObject *array, const char *what, size_t count) {
    if (PyObject_GetBuffer(array, view, PyBUF_ND | PyBUF_FORMAT)) return NULL;
    if (view->itemsize == 1 && view->ndim == 1 && (size_t)view->shape[0] == count) return view->buf;
    PyErr_Format(PyExc_ValueError, "got %s as an array of another kind or length, expected uint8 of shape (%zu,)", what, count);
    return NULL;
}

#include "_passes.h"

static void plan_free(Plan *plan) {
    PyTypeObject *type = Py_TYPE(plan);
    for (int i = 0; i < 5; i++) {
        PyBuffer_Release(&plan->views[i]);
        PyMem_RawFree(plan->copies[i]);
    }
    PyMem_RawFree(plan->program.flags);
    PyMem_RawFree(plan->spare);
    PyMem_RawFree(plan->arms);
    PyMem_RawFree(plan->checks);
    Py_XDECREF(plan->lanes);
    Py_XDECREF(plan->kept);
    Py_XDECREF(plan->hot);
    for (int i = 0; i < 3; i++) tape_free(plan->tapes[i]);
    type->tp_free(plan);
    Py_DECREF(type);
}

static PyObject *plan_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    static char *names[] = {"codes", "starts", "args", "constants", "inputs", "outputs", "uniform", "wanted", "seeded", "arms", "checks", NULL};
    PyObject *codes, *starts, *slots, *constants, *outputs, *uniform, *wanted, *seeded = Py_None, *arms = Py_None, *checks = Py_None;
    Py_ssize_t inputs;
    if (!PyArg_ParseTupleAndKeywords(args, named, "OOOOnOOO|OOO:Plan", names, &codes, &starts, &slots, &constants, &inputs, &outputs, &uniform,
                                     &wanted, &seeded, &arms, &checks))
        return NULL;
    Plan *plan = (Plan *)type->tp_alloc(type, 0);
    if (!plan) return NULL;
    Program *p = &plan->program;
    Py_buffer views[3] = {{0}};
    size_t length, count, known, at = 0;
    if (!(p->codes = plan_array(plan, 0, codes, "codes", "B", 1, &p->size))) goto failed;
    if (!(p->starts = plan_array(plan, 1, starts, "starts", "IL", 4, &length))) goto failed;
    if (!(p->args = plan_array(plan, 2, slots, "args", "il", 4, &count))) goto failed;
    if (!(p->constants = plan_array(plan, 3, constants, "constants", "d", 8, &known))) goto failed;
    if (!(p->outputs = plan_array(plan, 4, outputs, "outputs", "il", 4, &p->results))) goto failed;
    if (length != p->size + 1) {
        PyErr_Format(PyExc_ValueError, "got %zu starts for %zu instructions, expected one more than those", length, p->size);
        goto failed;
    }
    if (inputs < 0 || (size_t)inputs > INT32_MAX || known > INT32_MAX || (size_t)inputs + known + p->size > INT32_MAX) {
        PyErr_Format(PyExc_ValueError, "got %zd inputs, %zu constants and %zu instructions, expected at most %d together", inputs, known,
                     p->size, INT32_MAX);
        goto failed;
    }
    p->inputs = (size_t)inputs;
    p->known = p->inputs + known;
    p->slots = p->known + p->size;
    const uint8_t *is_uniform = plan_flags(&views[0], uniform, "uniform", p->inputs);
    const uint8_t *is_wanted = is_uniform ? plan_flags(&views[1], wanted, "wanted", p->inputs) : NULL;
    const uint8_t *is_seeded = is_wanted && seeded != Py_None ? plan_flags(&views[2], seeded, "seeded", p->results) : NULL;
    if (!is_wanted || (!is_seeded && seeded != Py_None)) goto failed;
    if (!(p->flags = PyMem_RawMalloc(p->slots + p->results + 1))) {
        PyErr_NoMemory();
        goto failed;
    }
    uint8_t *known_seeds = p->flags + p->slots;
    for (size_t j = 0; j < p->results; j++) known_seeds[j] = is_seeded ? is_seeded[j] : 1;
    p->seeded = known_seeds;
    const char *wrong;
    Py_BEGIN_ALLOW_THREADS
    wrong = program_analyse(p, is_uniform, is_wanted, count, &at);
    Py_END_ALLOW_THREADS
    if (wrong) {
        PyErr_Format(PyExc_ValueError, "the program is damaged at instruction %zu of %zu: %s", at, p->size, wrong);
        goto failed;
    }
    if (plan_arms(plan, arms, checks)) goto failed;
    for (int i = 0; i < 3; i++) PyBuffer_Release(&views[i]);
    return (PyObject *)plan;
failed:
    for (int i = 0; i < 3; i++) PyBuffer_Release(&views[i]);
    Py_DECREF(plan);
    return NULL;
}

/* How the lanes are cut into blocks, chunks and threads. */
static void job_cut(Job *job, size_t threads) {
    const size_t lanes = job->lanes, row = (job->tape->rows + SCRATCH) * sizeof(double);
    const size_t least = NARROW * row < MEMORY ? NARROW : PAD, most = CACHE / row;
    size_t width = most < least ? least : most > WIDEST ? WIDEST : most / PAD * PAD;
    int summed = job->tape->sharing > 0;
    for (size_t i = 0; i < job->outputs.count; i++) summed |= !job->outputs.items[i].each;
    job->summed = summed ? job->tape->sharing + job->p->results : 0;
    const size_t together = summed ? smaller(lanes, LEAF) : lanes, blocks = (together - 1) / width + 1;
    width = ((together - 1) / blocks + PAD) / PAD * PAD;
    job->width = width;
    job->stride = width % WIDE_ROW ? width : width + PAD;
    job->leaf = summed ? LEAF : width;
    const size_t leaves = (lanes - 1) / job->leaf + 1;
    for (job->chunk = 1; job->chunk * CHUNKS < leaves; job->chunk *= 2) job->levels++;
    job->chunks = (leaves - 1) / job->chunk + 1;
    const double worth = (double)job->tape->size * (double)lanes * (job->reverse ? 3.0 : 1.0) / WORTH + 1.0;
    job->threads = smaller(threads, job->chunks);
    if (worth < (double)job->threads) job->threads = (size_t)worth;
}

static PyObject *plan_run(Plan *plan, PyObject *args, PyObject *named) {
    static char *names[] = {"lanes", "inputs", "outputs", "seeds", "gradients", "threads", NULL};
    PyObject *inputs, *outputs, *seeds = Py_None, *gradients = Py_None, *result = NULL;
    Py_ssize_t lanes, threads = 1;
    if (!PyArg_ParseTupleAndKeywords(args, named, "nOO|OOn:run", names, &lanes, &inputs, &outputs, &seeds, &gradients, &threads)) return NULL;
    if (lanes < 1 || threads < 1) {
        PyErr_Format(PyExc_ValueError, "got %zd lanes and %zd threads, expected at least one of each", lanes, threads);
        return NULL;
    }
    if (plan->arms) return PyErr_Format(PyExc_ValueError, "the plan has arms, expected one path: use follow");
    if ((seeds == Py_None) != (gradients == Py_None)) {
        PyErr_SetString(PyExc_ValueError, "got one of seeds and gradients, expected both or neither");
        return NULL;
    }
    const Program *p = &plan->program;
    if (lanes > 1 && plan->lanes) {
        PyObject *done = PyObject_Call(plan->lanes, args, named);
        if (done != Py_NotImplemented) return done;
        Py_DECREF(done);
    }
    Job job = {.p = p, .set = chosen, .lanes = (size_t)lanes, .reverse = seeds != Py_None, .threads = 1};
    if (lanes == 1) job.machine = plan->machine[job.reverse];
    void *memory = NULL;
    size_t room = 0;
    if (groups_read(&job.inputs, inputs, "inputs", p->inputs, p->flags, job.lanes, 0)) goto done;
    if (groups_read(&job.outputs, outputs, "outputs", p->results, NULL, job.lanes, 1)) goto done;
    if (job.reverse && groups_read(&job.seeds, seeds, "seeds", p->results, NULL, job.lanes, 0)) goto done;
    if (job.reverse && gradients_read(&job.gradients, gradients, &job.inputs, job.lanes)) goto done;
    if (lanes > 1) {
        size_t summed = 0;
        for (size_t i = 0; i < job.outputs.count && !job.outputs.items[i].each; i++) summed += job.outputs.items[i].count;
        const int sums = !job.reverse && summed && (!plan->tapes[2] || plan->tapes[2]->summed == summed);
        Tape **tape = &plan->tapes[sums ? 2 : job.reverse];
        if (!*tape && !(*tape = tape_new(p, job.reverse, sums ? summed : 0))) {
            PyErr_NoMemory();
            goto done;
        }
        job.tape = *tape;
        job_cut(&job, (size_t)threads);
    }
    if (!(memory = job_memory(plan, &job, &room))) goto done;
    job.looked = nanoseconds();
    job.state = PyEval_SaveThread();
    const int failed = run(&job);
    PyEval_RestoreThread(job.state);
    if (!failed) result = Py_NewRef(Py_None);
done:
    job_free(plan, &job, memory, room);
    if (!result || !plan->hot) return result;
    plan->work += (double)p->starts[p->size] * (double)lanes * (job.machine ? 0.1 : 1.0);
    if (plan->work < plan->limit && !eager) return result;
    PyObject *hot = plan->hot;
    plan->hot = NULL;
    PyObject *answer = PyObject_CallFunction(hot, "OnOO", (PyObject *)plan, lanes, outputs, seeds);
    if (!answer) PyErr_WriteUnraisable(hot);
    Py_XDECREF(answer);
    Py_DECREF(hot);
    return result;
}

/* A new reference in place of an old one. */
static void replace(PyObject **place, PyObject *with) {
    PyObject *old = *place;
    *place = with == Py_None ? NULL : Py_NewRef(with);
    Py_XDECREF(old);
}

static PyObject *plan_use(Plan *plan, PyObject *args, PyObject *named) {
    static char *names[] = {"kept", "forward", "reverse", "lanes", NULL};
    PyObject *kept, *lanes = Py_None;
    unsigned long long forward = 0, reverse = 0;
    if (!PyArg_ParseTupleAndKeywords(args, named, "O|KKO:use", names, &kept, &forward, &reverse, &lanes)) return NULL;
    replace(&plan->kept, kept);
    replace(&plan->lanes, lanes);
    const uintptr_t addresses[] = {(uintptr_t)forward, (uintptr_t)reverse};
    memcpy(plan->machine, addresses, sizeof addresses);
    Py_RETURN_NONE;
}

static PyObject *plan_watch(Plan *plan, PyObject *args, PyObject *named) {
    static char *names[] = {"limit", "hot", NULL};
    PyObject *hot;
    if (!PyArg_ParseTupleAndKeywords(args, named, "dO:watch", names, &plan->limit, &hot)) return NULL;
    replace(&plan->hot, hot);
    plan->work = 0.0;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(plan_doc, "Plan(codes, starts, args, constants, inputs, outputs, uniform, wanted, seeded=None, arms=None, checks=None)\n--\n\n"
"A program, checked and prepared.\n\n"
"Slots are numbered: the inputs, then the constants, then one for each instruction. Arrays that cannot be written to are used as they\n"
"are, others copied.\n\n"
"Args:\n"
"    codes: uint8, the operation of each instruction: its place in the table.\n"
"    starts: uint32, where the arguments of each instruction start in `args`, and at last where they end.\n"
"    args: int32, slots earlier than the instruction's own; those of dot: its first sequence, then its second.\n"
"    constants: float64.\n"
"    inputs: how many.\n"
"    outputs: int32, slots.\n"
"    uniform: uint8 for each input, whether all lanes share it.\n"
"    wanted: uint8 for each input, whether its gradient is wanted.\n"
"    seeded: uint8 for each output, whether it gets a cotangent; None: all do. One without is absent from the reverse sweep.\n"
"    arms: int32 of shape (n, 7), a tree of paths for `follow` and `loop`, in a row for each arm: the first of its instructions and the one\n"
"        after its last; likewise its checks; the slot of the guard at which it forks, and the arms where that is 0 and where it is not, later ones,\n"
"        or -1 where the path is not known; or -1 in place of the guard, and then the first of its outputs and the one after its last.\n"
"    checks: int32, twice the slot of a guard, plus 1 where it must not be 0 for the path to be known.\n\n"
"Raises:\n"
"    ValueError: the program is damaged, with the number of the instruction; or an array is of the wrong type or length.");

PyDoc_STRVAR(run_doc, "run($self, /, lanes, inputs, outputs, seeds=None, gradients=None, threads=1)\n--\n\n"
"Run forward, and with seeds backward.\n\n"
"Arrays are float64 of any strides. Each sequence of arrays covers all inputs, or all outputs, in their order; an array stands for as\n"
"many as it has numbers, or numbers in a lane. What is written to is complete on return, and undefined after an exception.\n\n"
"A single lane gives bit for bit what Values give. In more lanes the elementary functions lie within the bounds of their rows, and sums\n"
"(sum, dot, and those over lanes) are plain: off by at most n units in the last place of the sum of their n absolute terms; a product\n"
"may be fused with a sum, and then does not overflow before it. A sum over lanes has for each 1,024 of them eight sums, by the index of\n"
"the lane; these, and then the thousands, are added in pairs, level by level: neither threads nor the length of vectors change a bit.\n\n"
"Args:\n"
"    lanes: how many, at least 1.\n"
"    inputs: for uniform inputs arrays of their numbers, (count,); for others arrays (lanes, count) or (lanes,). One array holds uniform\n"
"        inputs only, or others only.\n"
"    outputs: to be written: an array (lanes, count), a number for each lane; or (count,), the sum over the lanes, in a fixed order.\n"
"        (All comparisons of a guard hold in all lanes where the sum of its 0s and 1s is exactly what it should be.)\n"
"    seeds: the cotangents of the outputs: an array (lanes, count), or (count,), the same for all lanes. Those of outputs that are not\n"
"        seeded are not read. None: forward only.\n"
"    gradients: to be written: for each array of `inputs` one like it, or None. Those of uniform inputs are summed over the lanes. Inputs\n"
"        that are not wanted, or on which nothing depends, have 0.\n"
"    threads: at most so many, where the work is worth it.\n\n"
"Raises:\n"
"    ValueError: the arrays do not fit the plan.\n"
"    MemoryError: there is not enough.\n"
"    KeyboardInterrupt: Ctrl-C, which is looked for every 20 ms or so.");

PyDoc_STRVAR(follow_doc, "follow($self, /, inputs, outputs, seeds=None, gradients=None)\n--\n\n"
"Follow the path of a single lane through the arms, forward, and with seeds backward: the number of its last arm; -1 if it is not known.\n\n"
"Args:\n"
"    inputs: as those of `run`.\n"
"    outputs: to be written, contiguous, with room for those of any arm.\n"
"    seeds: contiguous, as many, the cotangents of the outputs; None: forward only.\n"
"    gradients: as those of `run`.\n\n"
"Raises:\n"
"    ValueError, MemoryError, KeyboardInterrupt: as `run`.");

PyDoc_STRVAR(use_doc, "use($self, /, kept, forward=0, reverse=0, lanes=None)\n--\n\n"
"Let other code run in place of this plan, from the next run on.\n\n"
"Args:\n"
"    kept: lives until other code is given, or the plan goes.\n"
"    forward, reverse: addresses of functions for one lane, with values, adjoints and masks by slot; 0: none.\n"
"    lanes: called as `run` for several; what it answers with NotImplemented is run here. None: none.");

PyDoc_STRVAR(watch_doc, "watch($self, /, limit, hot)\n--\n\n"
"Call `hot(plan, lanes, outputs, seeds)` once, after the run in which the work of all runs from now on, in operands times lanes, reaches\n"
"`limit`.");

static PyMethodDef plan_methods[] = {
    {"follow", (PyCFunction)(void (*)(void))plan_follow, METH_VARARGS | METH_KEYWORDS, follow_doc},
    {"loop", (PyCFunction)(void (*)(void))plan_loop, METH_VARARGS | METH_KEYWORDS, loop_doc},
    {"run", (PyCFunction)(void (*)(void))plan_run, METH_VARARGS | METH_KEYWORDS, run_doc},
    {"use", (PyCFunction)(void (*)(void))plan_use, METH_VARARGS | METH_KEYWORDS, use_doc},
    {"watch", (PyCFunction)(void (*)(void))plan_watch, METH_VARARGS | METH_KEYWORDS, watch_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot plan_slots[] = {
    {Py_tp_new, plan_new}, {Py_tp_dealloc, plan_free}, {Py_tp_methods, plan_methods}, {Py_tp_doc, (void *)plan_doc}, {0, NULL},
};

static PyType_Spec plan_spec = {"autograd._kernel.Plan", sizeof(Plan), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, plan_slots};


/* The module. */

static PyObject *use(PyObject *module, PyObject *name) {
    const char *given = PyUnicode_AsUTF8(name);
    if (!given) return NULL;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (strcmp(given, sets[i].name) || !runs_here(given)) continue;
        chosen = &sets[i];
        Py_RETURN_NONE;
    }
    (void)module;
    return PyErr_Format(PyExc_ValueError, "got %R, expected one of the instruction sets that this machine has", name);
}

static PyObject *set_eager(PyObject *module, PyObject *on) {
    (void)module;
    const int given = PyObject_IsTrue(on);
    if (given < 0) return NULL;
    const int before = eager;
    eager = given;
    return PyBool_FromLong(before);
}

static PyMethodDef functions[] = {
    {"use", use, METH_O, PyDoc_STR("use(name, /)\n--\n\nUse this one of `instruction_sets` from now on, for tests; at first it is the best.")},
    {"eager", set_eager, METH_O, PyDoc_STR("eager(on, /)\n--\n\nWhether what plans are watched by is called after the next run: as it was before.")},
    {"digest", digest, METH_O, PyDoc_STR("digest(x, /)\n--\n\n64 bits that depend on all that an object with a buffer holds.")},
    {"first_changed", first_changed, METH_VARARGS,
     PyDoc_STR("first_changed(places, digests, missing, /)\n--\n\nThe number of the first place that has changed: see places.py.")},
    {"first_equal", first_equal, METH_VARARGS,
     PyDoc_STR("first_equal(codes, starts, args, known, found, /)\n--\n\n"
               "Store the index of the first instruction that is equal to each; slots below `known` are no results.")},
    {"spread", spread, METH_VARARGS,
     PyDoc_STR("spread(starts, args, known, through, flags, backwards, /)\n--\n\n"
               "Flag what depends on flagged slots, or backwards what they depend on, along all arguments or those marked in `through`.")},
    HOOK_FUNCTIONS
    {NULL, NULL, 0, NULL},
};

static int module_fill(PyObject *module) {
    PyObject *plan = PyType_FromSpec(&plan_spec), *names = PyList_New(0);
    if (!plan || !names || PyModule_AddObjectRef(module, "Plan", plan)) return -1;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        PyObject *name = runs_here(sets[i].name) ? PyUnicode_FromString(sets[i].name) : NULL;
        if (!name) continue;
        if (PyList_Append(names, name)) return -1;
        Py_DECREF(name);
        if (!chosen) chosen = &sets[i];
    }
    static int watched;
    if (!watched) watched = !call_after_fork(pool_forget);
    PyObject *all = PyList_AsTuple(names);
    const int failed = !all || PyModule_AddObjectRef(module, "instruction_sets", all);
    Py_XDECREF(all);
    Py_DECREF(names);
    Py_DECREF(plan);
    return failed ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_fill}, {0, NULL}};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "autograd._kernel",
                             .m_doc = PyDoc_STR("The interpreter of recorded programs, over a batch in lanes and threads."),
                             .m_methods = functions, .m_slots = module_slots};

PyMODINIT_FUNC PyInit__kernel(void) {
    return PyModuleDef_Init(&module);
}
