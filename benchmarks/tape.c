/* The limit: a tape in C, driven inside C, with no Python at all. `eager.py` writes the same program as C text and names it BLOCK. */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    double da, db; /* the local derivatives for a and b */
    unsigned a, b; /* the nodes they are for; node 0 stands for none */
} Node;

typedef struct {
    double x;
    unsigned i;
} Number;

static Node *tape;
static double *grad;
static unsigned length, capacity;

static Number node(double x, Number a, double da, Number b, double db) {
    tape[length] = (Node){da, db, a.i, b.i};
    return (Number){x, length++};
}

static const Number none = {0.0, 0};

static Number add_(Number a, Number b) { return node(a.x + b.x, a, 1.0, b, 1.0); }
static Number sub_(Number a, Number b) { return node(a.x - b.x, a, 1.0, b, -1.0); }
static Number mul_(Number a, Number b) { return node(a.x * b.x, a, b.x, b, a.x); }
static Number div_(Number a, Number b) { return node(a.x / b.x, a, 1.0 / b.x, b, -a.x / (b.x * b.x)); }
static Number shift_(Number a, double c) { return node(a.x + c, a, 1.0, none, 0.0); }
static Number scale_(Number a, double c) { return node(a.x * c, a, c, none, 0.0); }
static Number square_(Number a) { return node(a.x * a.x, a, 2.0 * a.x, none, 0.0); }
static Number relu_(Number a) { return node(a.x > 0.0 ? a.x : 0.0, a, a.x > 0.0, none, 0.0); }
static Number exp_(Number a) {
    double y = exp(a.x);
    return node(y, a, y, none, 0.0);
}
static Number log_(Number a) { return node(log(a.x), a, 1.0 / a.x, none, 0.0); }
static Number tanh_(Number a) {
    double y = tanh(a.x);
    return node(y, a, 1.0 - y * y, none, 0.0);
}

#include BLOCK /* static Number block(double x, Number p0, …) */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

/* Fills in the seconds to record, to go backward and to free, and the gradients of the leaves; 0 where memory ran out.
   The tape is kept from one run to the next, so that freeing it is to begin anew. */
int measure(unsigned operations, const double *xs, unsigned blocks, const double *leaves, double *seconds, double *gradients) {
    double start = now();
    if (capacity < operations + LEAVES + 1) {
        capacity = operations + LEAVES + 1;
        free(tape), free(grad);
        tape = malloc(capacity * sizeof(Node)), grad = malloc(capacity * sizeof(double));
        if (!tape || !grad) return 0;
    }
    length = 0;
    node(0.0, none, 0.0, none, 0.0);
    Number p[LEAVES];
    for (int i = 0; i < LEAVES; i++) p[i] = node(leaves[i], none, 0.0, none, 0.0);
    Number total = block(xs[0], p);
    for (unsigned i = 1; i < blocks; i++) total = add_(total, block(xs[i], p));
    double recorded = now();

    memset(grad, 0, length * sizeof(double));
    grad[total.i] = 1.0;
    for (unsigned i = length; i-- > LEAVES + 1;) {
        grad[tape[i].a] += grad[i] * tape[i].da;
        grad[tape[i].b] += grad[i] * tape[i].db;
    }
    seconds[0] = recorded - start, seconds[1] = now() - recorded, seconds[2] = 0.0;
    for (int i = 0; i < LEAVES; i++) gradients[i] = grad[p[i].i];
    return 1;
}

unsigned bytes_per_node(void) { return sizeof(Node) + sizeof(double); }
