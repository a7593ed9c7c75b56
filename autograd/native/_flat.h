/* A graph as the flat arrays of a program, in C: see `_flattened` in program.py for what is done and why. After _node.h. */
#ifndef AUTOGRAD_FLAT_H
#define AUTOGRAD_FLAT_H

/* Words, each once, in the order in which they came. */
typedef struct {
    uint64_t *words;
    uint32_t *slots; /* 1 + the index of a word, by its hash */
    size_t count, room;
} Index;

static inline size_t hashed(uint64_t word) {
    word *= 0x9E3779B97F4A7C15u;
    return (size_t)(word ^ word >> 32);
}

static int index_grow(Index *index) {
    size_t room = index->room ? 2 * index->room : 64;
    uint64_t *words = PyMem_RawRealloc(index->words, room / 2 * sizeof(uint64_t));
    uint32_t *slots = PyMem_RawCalloc(room, sizeof(uint32_t));
    if (words) index->words = words;
    if (!words || !slots) {
        PyMem_RawFree(slots);
        return -1;
    }
    for (size_t k = 0; k < index->count; k++) {
        size_t i = hashed(words[k]) & (room - 1);
        while (slots[i]) i = (i + 1) & (room - 1);
        slots[i] = (uint32_t)k + 1;
    }
    PyMem_RawFree(index->slots);
    index->slots = slots;
    index->room = room;
    return 0;
}

/* The index of a word, which is added if it is new; -1 where there is no memory. */
static int64_t index_of(Index *index, uint64_t word) {
    if (2 * index->count >= index->room && index_grow(index) < 0) return -1;
    size_t i = hashed(word) & (index->room - 1);
    for (; index->slots[i]; i = (i + 1) & (index->room - 1)) {
        if (index->words[index->slots[i] - 1] == word) return index->slots[i] - 1;
    }
    index->words[index->count++] = word;
    index->slots[i] = (uint32_t)index->count;
    return (int64_t)index->count - 1;
}

static inline int64_t index_of_number(Index *index, double number) {
    uint64_t bits; /* so that -0.0 is not 0.0 */
    memcpy(&bits, &number, sizeof bits);
    return index_of(index, bits);
}

enum { DEAD = -1, LIVE = -2 }; /* in `at`, where a node has no place yet */

typedef struct {
    Order order;
    int32_t *at;            /* by a node's place in the order: its place in the program */
    size_t rows, arguments; /* at most, before equal ones are found */
    int own;                /* whether operations are not in the table */
    Index constants, ops;
    uint32_t *table; /* 1 + the number of an instruction, by the hash of its row */
    PyObject *codes, *starts, *args, *ends;
} Flat;

/* Which nodes the outputs rest on, down to the inputs. */
static void flat_mark(Flat *flat, PyObject **roots, size_t r, PyObject **inputs, size_t n, int (*code_of)(PyObject *), int known) {
    for (size_t k = 0; k < flat->order.count; k++) flat->at[k] = DEAD;
    for (size_t i = 0; i < n; i++) {
        if (((Node *)inputs[i])->place) flat->at[((Node *)inputs[i])->place - 1] = (int32_t)i;
    }
    for (size_t i = 0; i < r; i++) {
        int32_t *at = flat->at + ((Node *)roots[i])->place - 1;
        if (*at == DEAD) *at = LIVE;
    }
    for (size_t k = flat->order.count; k-- > 0;) {
        Node *node = flat->order.nodes[k];
        Edge *edge = node_edges(node), *end = edge + node->size;
        if (flat->at[k] != LIVE || edge == end) continue;
        flat->rows++;
        flat->arguments += node->size;
        flat->own |= code_of(node->op) == known;
        for (; edge < end; edge++) {
            Node *a = edge_node(*edge);
            if (a && flat->at[a->place - 1] == DEAD) flat->at[a->place - 1] = LIVE;
        }
    }
}

/* A place for each constant: -1 where there is no memory. */
static int flat_constants(Flat *flat, PyObject **outputs, size_t m, size_t n) {
    int64_t i = 0;
    for (size_t k = 0; k < flat->order.count; k++) {
        Node *node = flat->order.nodes[k];
        Edge *edge = node_edges(node), *end = edge + node->size;
        if (flat->at[k] != LIVE) continue;
        for (; edge < end; edge++) {
            if (!edge->arg && index_of_number(&flat->constants, edge->partial) < 0) return -1;
        }
        if (node->size) continue;
        if ((i = index_of_number(&flat->constants, node->data)) < 0) return -1;
        flat->at[k] = (int32_t)((int64_t)n + i);
    }
    for (size_t k = 0; k < m; k++) {
        if (!is_node(outputs[k]) && index_of_number(&flat->constants, PyFloat_AS_DOUBLE(outputs[k])) < 0) return -1;
    }
    return 0;
}

/* The instructions, equal ones once: how many, -1 where there is no memory. */
static int64_t flat_rows(Flat *flat, size_t n, int (*code_of)(PyObject *), int known) {
    uint32_t *starts = (uint32_t *)PyBytes_AS_STRING(flat->starts);
    int32_t *args = (int32_t *)PyBytes_AS_STRING(flat->args);
    char *codes = PyBytes_AS_STRING(flat->codes);
    size_t first = n + flat->constants.count, mask = 1, rows = 0;
    while (mask < 2 * flat->rows) mask *= 2;
    if (!(flat->table = PyMem_RawCalloc(mask, sizeof(uint32_t)))) return -1;
    mask--;
    starts[0] = 0;
    for (size_t k = 0; k < flat->order.count; k++) {
        Node *node = flat->order.nodes[k];
        Edge *edges = node_edges(node);
        int32_t *row = args + starts[rows];
        int64_t code;
        uint64_t hash;
        size_t slot;
        uint32_t found;
        if (flat->at[k] != LIVE) continue;
        if ((code = code_of(node->op)) == known) {
            if ((code = index_of(&flat->ops, (uint64_t)(uintptr_t)node->op)) < 0) return -1;
            code += known;
        }
        hash = (uint64_t)code;
        for (uint32_t i = 0; i < node->size; i++) {
            Node *a = edge_node(edges[i]);
            row[i] = a ? flat->at[a->place - 1] : (int32_t)((int64_t)n + index_of_number(&flat->constants, edges[i].partial));
            hash = (hash ^ (uint32_t)row[i]) * 0x9E3779B97F4A7C15u;
            hash ^= hash >> 29;
        }
        for (slot = hash & mask; (found = flat->table[slot]); slot = (slot + 1) & mask) {
            uint32_t start = starts[found - 1], size = starts[found] - start;
            uint32_t other = flat->own ? ((uint32_t *)codes)[found - 1] : (unsigned char)codes[found - 1];
            if (other == code && size == node->size && !memcmp(args + start, row, size * sizeof(int32_t))) break;
        }
        if (!found) {
            if (flat->own) ((uint32_t *)codes)[rows] = (uint32_t)code;
            else codes[rows] = (char)code;
            starts[rows + 1] = starts[rows] + node->size;
            flat->table[slot] = found = (uint32_t)++rows;
        }
        flat->at[k] = (int32_t)(first + found - 1);
    }
    return (int64_t)rows;
}

/* Fill in all but the operations, as bytes, since these let no other code run: -1 with an error. */
static int flat_fill(Flat *flat, PyObject **outputs, size_t m, size_t n, int (*code_of)(PyObject *), int known) {
    size_t width = flat->own ? sizeof(uint32_t) : 1;
    int32_t *end;
    int64_t rows;
    if (flat_constants(flat, outputs, m, n) < 0) goto no_memory;
    if (n + flat->constants.count + flat->rows > INT32_MAX || flat->arguments > INT32_MAX) {
        PyErr_SetString(PyExc_MemoryError, "the graph is too large for a program, which holds at most 2147483647 numbers");
        return -1;
    }
    if (!(flat->codes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(flat->rows * width)))) return -1;
    if (!(flat->starts = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)((flat->rows + 1) * sizeof(uint32_t))))) return -1;
    if (!(flat->args = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(flat->arguments * sizeof(int32_t))))) return -1;
    if ((rows = flat_rows(flat, n, code_of, known)) < 0) goto no_memory;
    flat->arguments = ((uint32_t *)PyBytes_AS_STRING(flat->starts))[rows];
    if (_PyBytes_Resize(&flat->codes, (Py_ssize_t)((size_t)rows * width)) < 0) return -1;
    if (_PyBytes_Resize(&flat->starts, (Py_ssize_t)((size_t)(rows + 1) * sizeof(uint32_t))) < 0) return -1;
    if (_PyBytes_Resize(&flat->args, (Py_ssize_t)(flat->arguments * sizeof(int32_t))) < 0) return -1;
    if (!(flat->ends = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(m * sizeof(int32_t))))) return -1;
    end = (int32_t *)PyBytes_AS_STRING(flat->ends);
    for (size_t k = 0; k < m; k++) {
        end[k] = is_node(outputs[k]) ? flat->at[((Node *)outputs[k])->place - 1]
                                     : (int32_t)((int64_t)n + index_of_number(&flat->constants, PyFloat_AS_DOUBLE(outputs[k])));
    }
    return 0;
no_memory:
    PyErr_NoMemory();
    return -1;
}

/* The arrays of a program of m outputs, Values of which are the r roots and floats, on n inputs, as bytes, and its own operations, which
   are those of which `code_of` is `known`; NULL with an error. */
static PyObject *nodes_flatten(PyObject **outputs, size_t m, PyObject **roots, size_t r, PyObject **inputs, size_t n,
                               int (*code_of)(PyObject *), int known) {
    Flat flat = {.own = 0};
    PyObject *constants = NULL, *own = NULL, *parts = NULL;
    int failed = -1;
    for (size_t i = 0; i < n; i++) { /* first, so that what lies below them is not walked over */
        if (((Node *)inputs[i])->place || order_append(&flat.order, (Node *)inputs[i]) == 0) continue;
        order_leave(&flat.order);
        order_free(&flat.order);
        return PyErr_NoMemory();
    }
    if (order_add(&flat.order, roots, r) < 0) return NULL;
    if ((flat.at = PyMem_RawMalloc((flat.order.count + 1) * sizeof(int32_t)))) {
        flat_mark(&flat, roots, r, inputs, n, code_of, known);
        failed = flat_fill(&flat, outputs, m, n, code_of, known);
    } else {
        PyErr_NoMemory();
    }
    for (size_t k = 0; k < flat.ops.count; k++) Py_INCREF((PyObject *)(uintptr_t)flat.ops.words[k]);
    order_leave(&flat.order);
    if (!failed) own = PyTuple_New((Py_ssize_t)flat.ops.count);
    for (size_t k = 0; k < flat.ops.count; k++) {
        PyObject *op = (PyObject *)(uintptr_t)flat.ops.words[k];
        if (own) PyTuple_SET_ITEM(own, (Py_ssize_t)k, op);
        else Py_DECREF(op);
    }
    if (own) constants = PyBytes_FromStringAndSize((char *)flat.constants.words, (Py_ssize_t)(flat.constants.count * sizeof(double)));
    if (constants) parts = PyTuple_Pack(6, flat.codes, flat.starts, flat.args, constants, flat.ends, own);
    Py_XDECREF(constants);
    Py_XDECREF(own);
    Py_XDECREF(flat.codes);
    Py_XDECREF(flat.starts);
    Py_XDECREF(flat.args);
    Py_XDECREF(flat.ends);
    order_free(&flat.order);
    PyMem_RawFree(flat.at);
    PyMem_RawFree(flat.constants.words);
    PyMem_RawFree(flat.constants.slots);
    PyMem_RawFree(flat.ops.words);
    PyMem_RawFree(flat.ops.slots);
    PyMem_RawFree(flat.table);
    return parts;
}

#endif
