/* The operations of a recording, in the order in which they were made, as flat arrays: see `autograd.program.log`. After _flat.h. */
#ifndef AUTOGRAD_LOG_H
#define AUTOGRAD_LOG_H

enum { NUMBER = -1, OUTSIDE = -2, OTHER = -1 }; /* among the arguments, a number, and the first node outside; among the codes, a call */

typedef struct {
    size_t size, arguments, outside;
    int32_t *codes, *starts, *args, *refs;
    double *numbers;
    Node **others;
    Index ops;
} View;

/* Fill in the arrays; the places of the nodes, the outside ones among them, are set. -1 where there is no memory. */
static int view_fill(View *view, Node **nodes, int (*code_of)(PyObject *), int known) {
    size_t at = 0;
    for (size_t i = 0; i < view->size; i++) nodes[i]->place = (uint32_t)(i + 1);
    for (size_t i = 0; i < view->size; i++) {
        Node *node = nodes[i];
        Edge *edge = node_edges(node), *end = edge + node->size;
        int64_t code = code_of(node->op);
        if (node->marks & DEFERRED) code = OTHER;
        else if (code == known) {
            if ((code = index_of(&view->ops, (uint64_t)(uintptr_t)node->op)) < 0) return -1;
            code += known;
        }
        view->codes[i] = (int32_t)code;
        view->starts[i] = (int32_t)at;
        view->refs[i] = (int32_t)Py_REFCNT(node) - 1;
        for (; edge < end; edge++, at++) {
            Node *a = edge_node(*edge);
            view->numbers[at] = a ? 0.0 : edge->partial;
            if (a && !a->place) {
                view->others[view->outside++] = a;
                a->place = (uint32_t)(view->size + view->outside);
            }
            view->args[at] = !a ? NUMBER : a->place <= view->size ? (int32_t)a->place - 1 : OUTSIDE - (int32_t)(a->place - view->size - 1);
        }
    }
    view->starts[view->size] = (int32_t)at;
    return 0;
}

static PyObject *view_list(PyObject **items, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; i < n; i++) {
        if (list) PyList_SET_ITEM(list, (Py_ssize_t)i, items[i]);
        else Py_DECREF(items[i]);
    }
    return list;
}

/* The arrays of the nodes of a list from `first` on, as bytes, the own operations and the nodes outside; NULL with an error. */
static PyObject *log_view(PyObject *list, Py_ssize_t first, int (*code_of)(PyObject *), int known) {
    View view = {.size = (size_t)(PyList_GET_SIZE(list) - first)};
    Node **nodes = (Node **)((PyListObject *)list)->ob_item + first;
    PyObject *parts[5] = {NULL}, *ops = NULL, *others = NULL, *found = NULL;
    int failed = -1;
    for (size_t i = 0; i < view.size; i++) view.arguments += nodes[i]->size;
    const size_t widths[] = {4 * view.size, 4 * (view.size + 1), 4 * view.arguments, 4 * view.size, 8 * view.arguments};
    for (int k = 0; k < 5; k++) {
        if (!(parts[k] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)widths[k]))) goto end;
    }
    if (!(view.others = PyMem_RawMalloc((view.arguments + 1) * sizeof(Node *)))) {
        PyErr_NoMemory();
        goto end;
    }
    view.codes = (int32_t *)PyBytes_AS_STRING(parts[0]);
    view.starts = (int32_t *)PyBytes_AS_STRING(parts[1]);
    view.args = (int32_t *)PyBytes_AS_STRING(parts[2]);
    view.refs = (int32_t *)PyBytes_AS_STRING(parts[3]);
    view.numbers = (double *)PyBytes_AS_STRING(parts[4]);
    failed = view_fill(&view, nodes, code_of, known);
    for (size_t i = 0; i < view.size; i++) nodes[i]->place = 0;
    for (size_t i = 0; i < view.outside; i++) {
        view.others[i]->place = 0;
        Py_INCREF((PyObject *)view.others[i]);
    }
    for (size_t k = 0; k < view.ops.count; k++) Py_INCREF((PyObject *)(uintptr_t)view.ops.words[k]);
    ops = view_list((PyObject **)view.ops.words, view.ops.count);
    others = view_list((PyObject **)view.others, view.outside);
    if (failed) PyErr_NoMemory();
    else if (ops && others) found = PyTuple_Pack(7, parts[0], parts[1], parts[2], parts[3], parts[4], ops, others);
end:
    for (int k = 0; k < 5; k++) Py_XDECREF(parts[k]);
    Py_XDECREF(ops);
    Py_XDECREF(others);
    PyMem_RawFree(view.others);
    PyMem_RawFree(view.ops.words);
    PyMem_RawFree(view.ops.slots);
    return found;
}

/* Drop from a list, from `first` on, the nodes that nothing else holds; the last ones first, so that their arguments may follow. */
static int log_prune(PyObject *list, Py_ssize_t first) {
    Py_ssize_t kept = first, n = PyList_GET_SIZE(list);
    PyObject **items = ((PyListObject *)list)->ob_item;
    for (Py_ssize_t i = n; i-- > first;) {
        if (Py_REFCNT(items[i]) > 1) continue;
        PyObject *dead = items[i];
        items[i] = Py_NewRef(Py_None);
        Py_DECREF(dead); /* a node, which runs no other code */
    }
    for (Py_ssize_t i = first; i < n; i++) {
        PyObject *item = items[i];
        items[i] = items[kept];
        items[kept] = item;
        kept += item != Py_None;
    }
    return PyList_SetSlice(list, kept, n, NULL);
}

/* Exchange what two nodes were computed from; the first is then deferred. */
static void node_swap(Node *node, Node *made) {
    PyObject *op = node->op;
    const uint32_t size = node->size;
    const Edge own[INLINE] = {node->own[0], node->own[1]};
    node->op = made->op;
    node->size = made->size;
    memcpy(node->own, made->own, sizeof own);
    made->op = op;
    made->size = size;
    memcpy(made->own, own, sizeof own);
    if (node->run < made->run) node->run = made->run;
    mark_deferred(node);
}

#endif
