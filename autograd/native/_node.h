/* A node of the graph and the walks over it, in C: see value.py for what they do and why.

   A node is 96 bytes. It holds up to two arguments itself, more of them in a block of their own. A graph has no cycles, so reference
   counts are enough and the cyclic garbage collector never sees a node. */
#ifndef AUTOGRAD_NODE_H
#define AUTOGRAD_NODE_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_portable.h"
#if defined(__linux__)
#include <sys/mman.h>
#endif

/* An argument as it was recorded: `arg` is a node, its lowest bit set where there is no derivative, and `partial` the derivative;
   or `arg` is NULL and `partial` the number itself. */
typedef struct {
    uintptr_t arg;
    double partial;
} Edge;

typedef struct Node {
    PyObject_HEAD
    union {
        double data;
        struct Node *next; /* of a node that waits to be freed */
    };
    PyObject *op, *tag; /* owned, or NULL; the tag is the label, the scope, or a tuple of both */
    double grad;
    uint32_t size;   /* how many arguments */
    uint32_t place;  /* during a walk, 1 + its place in the order; else 0 */
    uint16_t graded; /* whether a gradient has arrived */
    uint16_t marks;  /* MOVED and LOADED of operators.py; DEFERRED: its partials are op.py's Deferred */
    uint32_t run;    /* of a transform, that made it, or 0 */
    Edge own[2];     /* the arguments, or, in own[0].arg, where more of them are */
} Node;

enum { INLINE = 2, NO_DERIVATIVE = 1, MOVED = 1, DEFERRED = 4 };
#ifndef KEPT
#define KEPT 64 /* so many empty slabs of nodes are kept for the next ones; 0 does without slabs, so that sanitizers see each node */
#endif

static PyTypeObject *node_type; /* Value */

static inline int is_node(PyObject *x) {
    return Py_TYPE(x) == node_type;
}

/* The number that `x` is or holds: 1 for a node, 0 for a float or an int, -1 for what takes longer to tell. */
static inline int node_read(PyObject *x, double *number) {
    if (is_node(x)) {
        *number = ((Node *)x)->data;
        return 1;
    }
    if (PyFloat_Check(x)) {
        *number = PyFloat_AS_DOUBLE(x);
        return 0;
    }
    if (PyLong_Check(x)) {
        *number = PyLong_AsDouble(x);
        if (*number != -1.0 || !PyErr_Occurred()) return 0;
        PyErr_Clear(); /* too large for a float */
    }
    return -1;
}

static inline Edge *node_edges(Node *node) {
    return node->size <= INLINE ? node->own : (Edge *)node->own[0].arg;
}

/* The node at an edge; NULL for a number. */
static inline Node *edge_node(Edge edge) {
    return (Node *)(edge.arg & ~(uintptr_t)NO_DERIVATIVE);
}

/* Make `edge` of `owner` lead to `node`, which it then owns a reference to. What rests on a run is never older than it, whoever records it. */
static inline void edge_set(Node *owner, Edge *edge, Node *node, double partial, int depends) {
    Py_INCREF((PyObject *)node);
    if (owner->run < node->run) owner->run = node->run;
    edge->arg = (uintptr_t)node | (depends ? 0 : NO_DERIVATIVE);
    edge->partial = partial;
}

static inline void edge_number(Edge *edge, double number) {
    edge->arg = 0;
    edge->partial = number;
}

/* What Python sees of an edge. */

static PyObject *edge_arg(Edge edge) {
    Node *a = edge_node(edge);
    return a ? Py_NewRef((PyObject *)a) : PyFloat_FromDouble(edge.partial);
}

static PyObject *edge_partial(Edge edge) {
    return edge.arg && !(edge.arg & NO_DERIVATIVE) ? PyFloat_FromDouble(edge.partial) : Py_NewRef(Py_None);
}

/* A tuple with `item` of each edge. While the tuple is made, the garbage collector may run other code, and that change the node. */
static PyObject *node_tuple(Node *node, PyObject *(*item)(Edge)) {
    PyObject *tuple;
    while ((tuple = PyTuple_New(node->size)) && PyTuple_GET_SIZE(tuple) != node->size) Py_DECREF(tuple);
    for (uint32_t i = 0; tuple && i < node->size; i++) {
        PyObject *x = item(node_edges(node)[i]);
        if (x) PyTuple_SET_ITEM(tuple, i, x);
        else Py_CLEAR(tuple);
    }
    return tuple;
}


/* Memory. Nodes come from slabs of 2 MiB, of which each is used from its lowest free place on, so that what is recorded together lies
   together, and what was freed is used again at once. On other systems each is a block of Python's. */

#if defined(__linux__) && KEPT

enum { SLAB = 1 << 21, WORDS = 340, NODES = 64 * WORDS, OPEN = NODES / 4 * 3 };

typedef struct Slab {
    struct Slab *next, *previous; /* among those that are open: no more than three quarters in use */
    size_t live;
    uint64_t free[WORDS];
    _Alignas(32) Node nodes[NODES];
} Slab;

typedef char slab_fits[sizeof(Slab) <= SLAB ? 1 : -1];

static Slab *slab;     /* that nodes are taken from */
static uint64_t *word; /* of its bits: all before it are 0 */
static Slab *open_slabs;
static size_t empty_slabs; /* kept, for the next graph */

static Slab *slab_map(void) {
    char *block = mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before = -(uintptr_t)block % SLAB;
    if (block == MAP_FAILED) return NULL;
    if (before) munmap(block, before);
    munmap(block + before + SLAB, SLAB - before);
    madvise(block + before, SLAB, MADV_HUGEPAGE);
    memset(((Slab *)(block + before))->free, 255, WORDS * sizeof(uint64_t));
    return (Slab *)(block + before);
}

static void slab_unlink(Slab *s) {
    *(s->previous ? &s->previous->next : &open_slabs) = s->next;
    if (s->next) s->next->previous = s->previous;
    if (!s->live) empty_slabs--;
}

static Node *node_take(void) {
    while (!slab || !*word) {
        Slab *next = open_slabs;
        if (slab && word < slab->free + WORDS - 1) {
            word++;
            continue;
        }
        if (next) slab_unlink(next);
        else if (!(next = slab_map())) return NULL;
        slab = next;
        word = slab->free;
    }
    size_t i = (size_t)(word - slab->free) * 64 + LOWEST_BIT(*word);
    *word &= *word - 1;
    slab->live++;
    return slab->nodes + i;
}

static void node_give(Node *node) {
    Slab *s = (Slab *)((uintptr_t)node & ~(uintptr_t)(SLAB - 1));
    size_t i = (size_t)(node - s->nodes);
    uint64_t *at = s->free + i / 64;
    *at |= (uint64_t)1 << i % 64;
    s->live--;
    if (s == slab) {
        if (at < word) word = at;
    } else if (s->live == OPEN) {
        s->previous = NULL;
        s->next = open_slabs;
        if (open_slabs) open_slabs->previous = s;
        open_slabs = s;
    } else if (!s->live && ++empty_slabs > KEPT) {
        slab_unlink(s);
        munmap(s, SLAB);
    }
}

#else

static Node *node_take(void) {
    return PyObject_Malloc(sizeof(Node));
}

static void node_give(Node *node) {
    PyObject_Free(node);
}

#endif

/* Have the memory at hand that lies so many nodes before this one: what was recorded shortly before it is walked over shortly after. */
static inline void fetch(Node *node, size_t before) {
    const char *at = (const char *)node - before * sizeof(Node);
    FETCH_TO_WRITE(at);
    FETCH_TO_WRITE(at + sizeof(Node) - 1);
}

static size_t node_count; /* how many live */
static int any_deferred;  /* whether a node has ever been marked DEFERRED */

/* A node with room for `size` arguments, all of them the number 0; NULL with MemoryError where there is no memory. */
static PyObject *node_new(double data, PyObject *op, size_t size) {
    Edge *edges = NULL;
    Node *node;
    if (size > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "an operation takes at most 4294967295 arguments");
        return NULL;
    }
    if (size > INLINE && !(edges = PyMem_Calloc(size, sizeof(Edge)))) return PyErr_NoMemory();
    if (!(node = node_take())) {
        PyMem_Free(edges);
        return PyErr_NoMemory();
    }
    node_count++;
    PyObject_Init((PyObject *)node, node_type);
    node->data = data;
    node->grad = 0.0;
    Py_XINCREF(op);
    node->op = op;
    node->tag = NULL;
    node->size = (uint32_t)size;
    node->place = 0;
    node->graded = node->marks = 0;
    node->run = 0;
    edge_number(&node->own[0], 0.0);
    edge_number(&node->own[1], 0.0);
    if (edges) node->own[0].arg = (uintptr_t)edges;
    return (PyObject *)node;
}

/* Note that the partials of a node are deferred. */
static inline void mark_deferred(Node *node) {
    node->marks |= DEFERRED;
    any_deferred = 1;
}

/* Set the number, and remember if it is another one. */
static inline void node_set(Node *node, double data) {
    if (memcmp(&node->data, &data, sizeof data)) node->marks |= MOVED;
    node->data = data;
}

/* Give the node another tag, or none. */
static void node_mark(Node *node, PyObject *tag) {
    PyObject *old = node->tag;
    Py_XINCREF(tag);
    node->tag = tag;
    Py_XDECREF(old);
}

/* Forget what the node was computed from. */
static void node_cut(Node *node) {
    Edge *edges = node_edges(node), *end = edges + node->size;
    Edge pair[INLINE] = {node->own[0], node->own[1]};
    PyObject *op = node->op;
    int own = edges == node->own;
    if (own) {
        edges = pair;
        end = pair + node->size;
    }
    node->size = 0;
    node->op = NULL;
    for (Edge *edge = edges; edge < end; edge++) Py_XDECREF((PyObject *)edge_node(*edge));
    if (!own) PyMem_Free(edges);
    Py_XDECREF(op);
}

/* tp_dealloc. Nodes whose last reference goes while another is being freed wait in a list, so that no chain is too long for the stack. */
static void node_free(PyObject *self) {
    static Node *waiting;
    static int freeing;
    Node *node = (Node *)self;
    if (freeing) {
        node->next = waiting;
        waiting = node;
        return;
    }
    freeing = 1;
    for (;;) {
        fetch(node, 256);
        node_cut(node);
        Py_CLEAR(node->tag);
        node_give(node);
        node_count--;
        if (!waiting) break;
        node = waiting;
        waiting = node->next;
    }
    freeing = 0;
}

/* tp_alloc. */
static PyObject *node_alloc(PyTypeObject *type, Py_ssize_t n) {
    (void)type, (void)n;
    return node_new(0.0, NULL, 0);
}

/* Make `type` the class of the nodes. */
static void node_register(PyTypeObject *type, newfunc fresh) {
    node_type = type;
    type->tp_name = "autograd.Value";
    type->tp_new = fresh;
    type->tp_alloc = node_alloc;
    type->tp_dealloc = node_free;
}


/* Walks. None lets other code run before it has reset the places, since that may walk over the same nodes. */

typedef struct {
    Node **nodes;
    size_t count, room;
    int forget;     /* whether inner nodes lose their gradients */
    uint32_t since; /* nodes of earlier runs are not descended into */
    int older;      /* whether there are such nodes */
} Order;

typedef struct {
    Node *node;
    uint32_t next;
} Frame;

/* A block twice as long, or NULL; the old one then stays. */
static void *longer(void *block, size_t *room, size_t item) {
    size_t more = *room ? 2 * *room : 256;
    void *grown = PyMem_RawRealloc(block, more * item);
    if (grown) *room = more;
    return grown;
}

/* Memory that the next walk takes: fresh pages cost more than the walk over them. */
typedef struct {
    void *block;
    size_t size;
} Spare;

enum { SPARE = 1 << 21 }; /* bytes, at most */
static Spare spare_nodes, spare_numbers;

static void *spare_take(Spare *spare, size_t size) {
    void *block = spare->block;
    if (spare->size < size) return PyMem_RawMalloc(size);
    *spare = (Spare){NULL, 0};
    return block;
}

static void spare_give(Spare *spare, void *block, size_t size) {
    if (size <= SPARE && size > spare->size) {
        void *before = spare->block;
        *spare = (Spare){block, size};
        block = before;
    }
    PyMem_RawFree(block);
}

static void order_free(Order *order) {
    spare_give(&spare_nodes, order->nodes, order->room * sizeof(Node *));
}

/* Reset the places that an order left in its nodes. */
static void order_leave(Order *order) {
    for (size_t i = 0; i < order->count; i++) order->nodes[i]->place = 0;
}

static inline int order_append(Order *order, Node *node) {
    if (order->count == order->room) {
        Node **grown = order->count < UINT32_MAX / 2 ? longer(order->nodes, &order->room, sizeof(Node *)) : NULL;
        if (!grown) return -1;
        order->nodes = grown;
    }
    order->nodes[order->count++] = node;
    node->place = (uint32_t)order->count;
    if (order->forget && node->size) node->graded = 0;
    return 0;
}

/* Append the nodes below `root` that are not in `order` yet, each after its arguments: -1 where there is no memory. */
static inline int order_extend(Order *order, Node *root, const uint32_t since) {
    Frame *stack = NULL;
    size_t depth = 0, room = 0;
    Frame now = {root, 0};
    int failed = 0;
    if (root->place) return 0;
    if (root->run < since) {
        order->older = 1;
        return order_append(order, root);
    }
    for (;;) {
        Edge *edges = node_edges(now.node);
        Node *below = NULL;
        while (now.next < now.node->size) {
            Node *a = edge_node(edges[now.next++]);
            if (!a || a->place) continue;
            if (since && a->run < since) {
                order->older = 1;
            } else if (a->size) {
                below = a;
                break;
            }
            if ((failed = order_append(order, a))) break;
        }
        if (failed) break;
        if (below) {
            if (depth == room) {
                Frame *grown = longer(stack, &room, sizeof(Frame));
                if ((failed = grown ? 0 : -1)) break;
                stack = grown;
            }
            stack[depth++] = now;
            now = (Frame){below, 0};
            fetch(below, 32);
            fetch(below, 128);
            continue;
        }
        if ((failed = order_append(order, now.node)) || !depth) break;
        now = stack[--depth];
    }
    PyMem_RawFree(stack);
    return failed;
}

/* Add the nodes below `roots` that are not in the order yet: 0, or -1 with MemoryError, and no order. */
static int order_add(Order *order, PyObject **roots, size_t n) {
    for (size_t i = 0; i < n; i++) {
        Node *root = (Node *)roots[i];
        if ((order->since ? order_extend(order, root, order->since) : order_extend(order, root, 0)) == 0) continue;
        order_leave(order);
        order_free(order);
        PyErr_SetString(PyExc_MemoryError, "there is no memory for the order of so large a graph");
        return -1;
    }
    return 0;
}

static int order_make(Order *order, PyObject **roots, size_t n, int forget, uint32_t since) {
    *order = (Order){.nodes = spare_nodes.block, .room = spare_nodes.size / sizeof(Node *), .forget = forget, .since = since};
    spare_nodes = (Spare){NULL, 0};
    return order_add(order, roots, n);
}

/* The same where all partials are numbers and no node is older: 1, and no order, where that is not so. */
static int order_plain(Order *order, PyObject **roots, size_t n, int forget, uint32_t since) {
    if (order_make(order, roots, n, forget, since) < 0) return -1;
    int found = order->older;
    for (size_t i = 0; any_deferred && !found && i < order->count; i++) found = order->nodes[i]->marks & DEFERRED;
    if (!found) return 0;
    order_leave(order);
    order_free(order);
    return 1;
}

/* The nodes below `roots`, each after its arguments. */
static PyObject *nodes_below(PyObject **roots, size_t n, uint32_t since) {
    Order order;
    PyObject *list;
    if (order_make(&order, roots, n, 0, since) < 0) return NULL;
    order_leave(&order);
    for (size_t i = 0; i < order.count; i++) Py_INCREF((PyObject *)order.nodes[i]);
    if ((list = PyList_New((Py_ssize_t)order.count))) {
        for (size_t i = 0; i < order.count; i++) PyList_SET_ITEM(list, (Py_ssize_t)i, (PyObject *)order.nodes[i]);
    } else {
        for (size_t i = 0; i < order.count; i++) Py_DECREF((PyObject *)order.nodes[i]);
    }
    order_free(&order);
    return list;
}

static inline void node_seed(Node *node, double seed) {
    node->grad = node->graded ? node->grad + seed : seed;
    node->graded = 1;
}

/* Let each node, the last one first, send its gradient, times the local derivative, to each of its arguments; and leave the order. */
static void order_send(Order *order) {
    for (size_t i = order->count; i-- > 0;) {
        if (i >= 32) fetch(order->nodes[i - 32], 0);
        Node *node = order->nodes[i];
        Edge *edge = node_edges(node), *end = edge + node->size;
        double grad = node->grad;
        node->place = 0;
        if (!node->graded) continue;
        for (; edge < end; edge++) {
            Node *a = (Node *)edge->arg;
            if (!a || edge->arg & NO_DERIVATIVE) continue;
            a->grad = a->graded ? a->grad + grad * edge->partial : grad * edge->partial;
            a->graded = 1;
        }
    }
}

/* `backward`: 0, or -1 with MemoryError, or 1 where partials are deferred. */
static int node_backward(Node *root, double seed) {
    PyObject *roots[] = {(PyObject *)root};
    Order order;
    const int failed = order_plain(&order, roots, 1, 1, 0);
    if (failed) return failed;
    node_seed(root, seed);
    order_send(&order);
    order_free(&order);
    return 0;
}

/* What a walk carries: a number for each node, and in `reached` whether it has one, 0 at first. Index 0 is for nodes that are not in the
   order. NULL with MemoryError, and no order. */
static double *order_numbers(Order *order, uint8_t **reached) {
    const size_t count = order->count + 1;
    double *numbers = spare_take(&spare_numbers, count * (sizeof(double) + 1));
    if (numbers) {
        *reached = (uint8_t *)(numbers + count);
        memset(*reached, 0, count);
        return numbers;
    }
    order_leave(order);
    order_free(order);
    PyErr_NoMemory();
    return NULL;
}

/* Reset the places and give the memory back. */
static void order_end(Order *order, double *numbers) {
    spare_give(&spare_numbers, numbers, (order->count + 1) * (sizeof(double) + 1));
    order_leave(order);
    order_free(order);
}

/* `sweep`: carry m cotangents, numbers[0] and on, back from the outputs to n inputs, numbers[m] and on: as `node_backward`, and 1 where
   nodes are older than the run `since`. */
static int nodes_sweep(PyObject **outputs, size_t m, PyObject **inputs, size_t n, double *numbers, uint32_t since) {
    Order order;
    uint8_t *reached;
    const int failed = order_plain(&order, outputs, m, 0, since);
    double *grads = failed ? NULL : order_numbers(&order, &reached);
    if (!grads) return failed ? failed : -1;
    for (size_t i = 0; i < m; i++) {
        const uint32_t place = ((Node *)outputs[i])->place;
        grads[place] = reached[place] ? grads[place] + numbers[i] : numbers[i];
        reached[place] = 1;
    }
    for (size_t i = order.count; i > 0; i--) {
        if (i > 32) fetch(order.nodes[i - 33], 0);
        const Edge *edge = node_edges(order.nodes[i - 1]), *end = edge + order.nodes[i - 1]->size;
        const double grad = grads[i];
        if (!reached[i]) continue;
        for (; edge < end; edge++) {
            const Node *a = (Node *)edge->arg;
            if (!a || edge->arg & NO_DERIVATIVE) continue;
            grads[a->place] = reached[a->place] ? grads[a->place] + grad * edge->partial : grad * edge->partial;
            reached[a->place] = 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = ((Node *)inputs[i])->place; /* 0 where it is not below the outputs */
        numbers[m + i] = reached[place] ? grads[place] : 0.0;
    }
    order_end(&order, grads);
    return 0;
}

/* `push`: carry n tangents, numbers[0] and on, from the inputs on to m outputs, numbers[n] and on: as `nodes_sweep`. */
static int nodes_push(PyObject **inputs, size_t n, PyObject **outputs, size_t m, double *numbers, uint32_t since) {
    Order order;
    uint8_t *reached;
    const int failed = order_plain(&order, outputs, m, 0, since);
    double *tangents = failed ? NULL : order_numbers(&order, &reached);
    if (!tangents) return failed ? failed : -1;
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = ((Node *)inputs[i])->place;
        tangents[place] = numbers[i];
        reached[place] = 1;
    }
    reached[0] = 0;
    for (size_t i = 1; i <= order.count; i++) {
        const Edge *edge = node_edges(order.nodes[i - 1]), *end = edge + order.nodes[i - 1]->size;
        int found = 0;
        double sum = 0.0;
        if (reached[i]) continue;
        for (; edge < end; edge++) {
            const Node *a = (Node *)edge->arg;
            if (!a || edge->arg & NO_DERIVATIVE || !reached[a->place]) continue;
            const double term = tangents[a->place] * edge->partial;
            sum = found ? sum + term : term;
            found = 1;
        }
        tangents[i] = sum;
        reached[i] = (uint8_t)found;
    }
    for (size_t i = 0; i < m; i++) {
        const uint32_t place = ((Node *)outputs[i])->place;
        numbers[n + i] = reached[place] ? tangents[place] : 0.0;
    }
    order_end(&order, tangents);
    return 0;
}

/* Whether a node below `roots` is older than the run `since`: 1 or 0, or -1 with MemoryError. */
static int nodes_reach(PyObject **roots, size_t n, uint32_t since) {
    Order order;
    if (order_make(&order, roots, n, 0, since) < 0) return -1;
    order_leave(&order);
    order_free(&order);
    return order.older;
}

#endif
