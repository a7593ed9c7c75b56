/* Whether the places that recordings rest on still hold what they held: see places.py for what they are, and for the same in Python. */
#ifndef AUTOGRAD_PLACES_H
#define AUTOGRAD_PLACES_H

enum { NAME, KEYS, READ, BUFFER };

/* The two halves of a product of 64 bits each, folded. */
static inline uint64_t folded(uint64_t a, uint64_t b) {
    __extension__ const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const uint64_t salt[] = {0x9E3779B97F4A7C15u, 0xD1B54A32D192ED03u, 0x8CB92BA72F3D8DD7u, 0xAEF17502108EF2D9u,
                                0xC2B2AE3D27D4EB4Fu, 0x165667B19E3779F9u, 0x27D4EB2F165667C5u, 0x85EBCA77C2B2AE63u};

static inline uint64_t word_at(const unsigned char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Four sums at once, each of products of two words, in the manner of Wang Yi's wyhash (2019). */
static uint64_t digest_of(const unsigned char *bytes, size_t count, uint64_t seed) {
    uint64_t sums[4] = {seed ^ salt[0], seed ^ salt[1], seed ^ salt[2], seed ^ salt[3]};
    size_t i = 0;
    for (; i + 64 <= count; i += 64)
        for (int k = 0; k < 4; k++) sums[k] = folded(word_at(bytes + i + 16 * k) ^ salt[4 + k], word_at(bytes + i + 16 * k + 8) ^ sums[k]);
    unsigned char rest[64] = {0};
    memcpy(rest, bytes + i, count - i);
    for (int k = 0; k < 4; k++) sums[k] = folded(word_at(rest + 16 * k) ^ salt[4 + k], word_at(rest + 16 * k + 8) ^ sums[k]);
    uint64_t found = folded(count ^ salt[4], seed ^ salt[5]);
    for (int k = 0; k < 4; k++) found = folded(found ^ salt[k], sums[k] ^ salt[7 - k]);
    return found;
}

/* Of what an object with a buffer holds, and of its shape; -1 with an exception where it has none. */
static int buffer_digest(PyObject *x, uint64_t *found) {
    Py_buffer view;
    if (PyObject_GetBuffer(x, &view, PyBUF_FULL_RO)) return -1;
    uint64_t seed = (uint64_t)view.readonly + 2 * (uint64_t)view.ndim;
    if (view.format) seed = digest_of((const unsigned char *)view.format, strlen(view.format), seed);
    if (view.shape) seed = digest_of((const unsigned char *)view.shape, view.ndim * sizeof *view.shape, seed);
    if (view.strides) seed = digest_of((const unsigned char *)view.strides, view.ndim * sizeof *view.strides, seed);
    int failed = 0;
    if (PyBuffer_IsContiguous(&view, 'C') || !view.len) {
        *found = digest_of(view.buf, view.len, seed);
    } else {
        unsigned char *copy = PyMem_Malloc(view.len);
        if (!copy) PyErr_NoMemory();
        failed = !copy || PyBuffer_ToContiguous(copy, &view, view.len, 'C');
        if (!failed) *found = digest_of(copy, view.len, seed);
        PyMem_Free(copy);
    }
    PyBuffer_Release(&view);
    return failed ? -1 : 0;
}

static PyObject *digest(PyObject *module, PyObject *x) {
    uint64_t found;
    (void)module;
    return buffer_digest(x, &found) ? NULL : PyLong_FromUnsignedLongLong(found);
}

/* What a weak reference is to, as a new reference; None where that is gone. */
static PyObject *referred(PyObject *reference) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *x;
    return PyWeakref_GetRef(reference, &x) > 0 ? x : Py_NewRef(Py_None);
#else
    return Py_NewRef(PyWeakref_GET_OBJECT(reference));
#endif
}

static int is_same(PyObject *now, PyObject *was) {
    if (now == was) return 1;
    if (PyWeakref_CheckRefExact(was)) {
        PyObject *x = referred(was);
        const int found = x == now && x != Py_None;
        Py_DECREF(x);
        return found;
    }
    if (Py_TYPE(now) != Py_TYPE(was)) return 0;
    if (PyFloat_Check(now)) { /* so that nan is nan, and -0.0 is not 0.0 */
        const double a = PyFloat_AS_DOUBLE(now), b = PyFloat_AS_DOUBLE(was);
        return Py_TYPE(now)->tp_dictoffset == 0 && !memcmp(&a, &b, sizeof a);
    }
    if (PyTuple_CheckExact(now)) {
        if (PyTuple_GET_SIZE(now) != PyTuple_GET_SIZE(was)) return 0;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(now); i++)
            if (!is_same(PyTuple_GET_ITEM(now, i), PyTuple_GET_ITEM(was, i))) return 0;
        return 1;
    }
    return (PyLong_CheckExact(now) || PyUnicode_CheckExact(now) || PyBytes_CheckExact(now)) && PyObject_RichCompareBool(now, was, Py_EQ) == 1;
}

static int keys_hold(PyObject *holder, PyObject *keys, PyObject *values, PyObject *missing) {
    PyObject *dict = PyType_Check(holder) ? ((PyTypeObject *)holder)->tp_dict : holder, *key, *x;
    if (!dict || PyDict_GET_SIZE(dict) != PyTuple_GET_SIZE(keys)) return 0;
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; PyDict_Next(dict, &at, &key, &x); i++) {
        PyObject *was = PyList_GET_ITEM(values, i);
        if (key != PyTuple_GET_ITEM(keys, i) || (was != missing && !is_same(x, was))) return 0;
    }
    return 1;
}

static int buffer_holds(PyObject *x, PyObject *was, PyObject *digests) {
    uint64_t found;
    x = PyWeakref_CheckRefExact(x) ? referred(x) : Py_NewRef(x);
    PyObject *id = PyLong_FromVoidPtr(x), *known = !id || digests == Py_None ? NULL : PyDict_GetItemWithError(digests, id);
    int holds = 0;
    if (!id) {
        holds = -1;
    } else if (known) {
        holds = PyObject_RichCompareBool(known, was, Py_EQ);
    } else if (x != Py_None) {
        holds = buffer_digest(x, &found);
        PyObject *made = holds ? NULL : PyLong_FromUnsignedLongLong(found);
        holds = !made || (digests != Py_None && PyDict_SetItem(digests, id, made)) ? -1 : PyObject_RichCompareBool(made, was, Py_EQ);
        Py_XDECREF(made);
    }
    Py_XDECREF(id);
    Py_DECREF(x);
    return holds;
}

/* Whether an attribute made in C, such as a slot or the content of a cell, or a function gives the same of an object as before. */
static int reading_holds(PyObject *x, PyObject *how, PyObject *was, PyObject *missing) {
    const int attribute = Py_IS_TYPE(how, &PyMemberDescr_Type) || Py_IS_TYPE(how, &PyGetSetDescr_Type);
    PyObject *now = attribute ? Py_TYPE(how)->tp_descr_get(how, x, (PyObject *)Py_TYPE(x)) : PyObject_CallOneArg(how, x);
    if (!now) { /* of an empty slot, a slot of a class that is no base any more, an empty cell */
        if (!PyErr_ExceptionMatches(PyExc_AttributeError) && !PyErr_ExceptionMatches(PyExc_TypeError)
            && !PyErr_ExceptionMatches(PyExc_ValueError))
            return -1;
        PyErr_Clear();
        return was == missing;
    }
    const int holds = is_same(now, was);
    Py_DECREF(now);
    return holds;
}

static int place_holds(PyObject *place, PyObject *digests, PyObject *missing) {
    PyObject *x = PyTuple_GET_ITEM(place, 1), *key = PyTuple_GET_ITEM(place, 2), *was = PyTuple_GET_ITEM(place, 3);
    switch (PyLong_AsLong(PyTuple_GET_ITEM(place, 0))) {
    case NAME: {
        PyObject *now = PyDict_GetItemWithError(x, key);
        return now || !PyErr_Occurred() ? is_same(now ? now : missing, was) : -1;
    }
    case KEYS: return keys_hold(x, key, was, missing);
    case READ: return reading_holds(x, key, was, missing);
    default: return buffer_holds(x, was, digests);
    }
}

static PyObject *first_changed(PyObject *module, PyObject *args) {
    PyObject *places, *digests, *missing;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!OO", &PyList_Type, &places, &digests, &missing)) return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(places); i++) {
        PyObject *place = Py_NewRef(PyList_GET_ITEM(places, i));
        const int holds = place_holds(place, digests, missing);
        Py_DECREF(place);
        if (holds < 0) return NULL;
        if (!holds) return PyLong_FromSsize_t(i);
    }
    Py_RETURN_NONE;
}

#endif
