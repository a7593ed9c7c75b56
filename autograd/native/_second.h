/* Products of the matrix of second derivatives with vectors, in C: tangents are carried on and then back along with the gradients. After
   _node.h.

   A node's gradient is the sum of what its consumers send, each a product of its own gradient and a partial; the tangent of that
   gradient is the sum of the tangents of these products. Of the partials they are what ag_tangents gives. */
#ifndef AUTOGRAD_SECOND_H
#define AUTOGRAD_SECOND_H

#include "_tangents.h"

typedef struct {
    double tangent, grad, change; /* of the number; the gradient; its tangent */
    uint8_t moves, graded, changes; /* whether there is one of these */
} Second;

/* Carry on the tangents that are set. */
static void second_forward(const Order *order, Second *at) {
    for (size_t i = 0; i < order->count; i++) {
        Second *own = at + i;
        Edge *edge = node_edges(order->nodes[i]), *end = edge + order->nodes[i]->size;
        if (own->moves) continue;
        for (; edge < end; edge++) {
            Node *a = (Node *)edge->arg;
            if (!a || edge->arg & NO_DERIVATIVE || !at[a->place - 1].moves) continue;
            own->tangent += at[a->place - 1].tangent * edge->partial;
            own->moves = 1;
        }
    }
}

/* The tangents of the partials of a node, in p. */
static void second_partials(const Node *node, int code, const Second *at, double *x, double *dx, double *p) {
    const Edge *edges = node_edges((Node *)node);
    for (uint32_t k = 0; k < node->size; k++) {
        const Node *a = edge_node(edges[k]);
        x[k] = a ? a->data : edges[k].partial;
        dx[k] = a ? at[a->place - 1].tangent : 0.0;
    }
    ag_tangents(code, node->data, at[node->place - 1].tangent, x, dx, node->size, p);
}

/* Carry back the gradients and their tangents. */
static void second_reverse(const Order *order, const uint8_t *codes, Second *at, double *room, size_t most) {
    for (size_t i = order->count; i-- > 0;) {
        const Node *node = order->nodes[i];
        const Second own = at[i];
        const Edge *edges = node_edges((Node *)node);
        const int curved = own.moves && ag_curved[codes[i]];
        double *p = room + 2 * most;
        if (!own.graded) continue;
        if (curved) second_partials(node, codes[i], at, room, room + most, p);
        for (uint32_t k = 0; k < node->size; k++) {
            if (!edges[k].arg || edges[k].arg & NO_DERIVATIVE) continue;
            Second *a = at + edge_node(edges[k])->place - 1;
            a->grad += own.grad * edges[k].partial;
            a->graded = 1;
            if (own.changes) a->change += own.change * edges[k].partial;
            if (curved) a->change += ag_times(p[k], own.grad);
            a->changes |= own.changes | (uint8_t)curved;
        }
    }
}

/* The matrix of second derivatives of `output` with respect to n inputs, times a vector of n numbers, which comes out in place of it; or,
   with `unit`, its n columns. 0, or -1 with MemoryError, or 1 where operations are not in the table, partials are deferred,
   or numbers were changed. */
static int nodes_second(PyObject *output, PyObject **inputs, size_t n, double *numbers, int unit, int (*code_of)(PyObject *)) {
    Order order;
    size_t most = 1;
    int unfit = 0;
    if (order_make(&order, &output, 1, 0, 0) < 0) return -1;
    uint8_t *codes = PyMem_RawMalloc(order.count);
    Second *at = PyMem_RawMalloc(order.count * sizeof(Second));
    for (size_t i = 0; codes && i < order.count; i++) {
        const Node *node = order.nodes[i];
        const int code = node->size ? code_of(node->op) : AG_ADD;
        codes[i] = (uint8_t)code;
        unfit |= code == AG_COUNT || node->marks & (MOVED | DEFERRED);
        if (node->size > most) most = node->size;
    }
    double *room = PyMem_RawMalloc(3 * most * sizeof(double));
    const int failed = !codes || !at || !room;
    for (size_t v = 0; v < (unit ? n : 1) && !failed && !unfit; v++, numbers += n) {
        memset(at, 0, order.count * sizeof(Second));
        for (size_t k = 0; k < n; k++) {
            const uint32_t place = ((Node *)inputs[k])->place; /* 0 where it is not below the output */
            if (!place || (unit && k != v)) continue; /* the others do not move at all */
            at[place - 1].tangent = unit ? 1.0 : numbers[k];
            at[place - 1].moves = 1;
        }
        at[order.count - 1].grad = 1.0;
        at[order.count - 1].graded = 1;
        second_forward(&order, at);
        second_reverse(&order, codes, at, room, most);
        for (size_t k = 0; k < n; k++) {
            const uint32_t place = ((Node *)inputs[k])->place;
            numbers[k] = place ? at[place - 1].change : 0.0;
        }
    }
    order_leave(&order);
    order_free(&order);
    PyMem_RawFree(codes);
    PyMem_RawFree(at);
    PyMem_RawFree(room);
    if (failed) PyErr_NoMemory();
    return failed ? -1 : unfit;
}

#endif
