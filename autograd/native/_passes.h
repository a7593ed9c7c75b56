/* Passes over a program: equal instructions, and what depends on what. */

/* An array of whole numbers of four bytes each in a row. */
static int words_read(Py_buffer *view, PyObject *array, const char *what, const char *kinds, int writable) {
    if (PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0))) return -1;
    if (view->itemsize == 4 && view->format && strlen(view->format) == 1 && strchr(kinds, *view->format) && (uintptr_t)view->buf % 4 == 0) return 0;
    PyErr_Format(PyExc_ValueError, "got %s as an array of another kind, expected contiguous numbers of kind '%c'", what, *kinds);
    return -1;
}

/* An instruction that has been seen: its hash, and its index and 1; 0 where there is none. */
typedef struct {
    uint32_t hash, next;
} Known;

/* Fill `found`, for `count` instructions whose arguments lie within bounds; `table` has 1 + `mask` entries, more than instructions. */
static void equal_find(const uint32_t *codes, const uint32_t *starts, const int32_t *args, uint32_t count, int32_t known, int32_t *found, Known *table,
                       uint32_t mask) {
    #define MEANT(a) ((a) < known ? (a) : known + found[(a) - known])
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t begin = starts[i], own = starts[i + 1] - begin;
        uint64_t mixed = ((uint64_t)codes[i] << 32 | own) * 0x9E3779B97F4A7C15u;
        for (uint32_t k = 0; k < own; k++) mixed = ((mixed ^ mixed >> 29) + (uint32_t)MEANT(args[begin + k])) * 0xBF58476D1CE4E5B9u;
        const uint32_t hash = (uint32_t)(mixed >> 32);
        uint32_t at = hash & mask;
        for (;; at = (at + 1) & mask) {
            if (!table[at].next) {
                table[at] = (Known){hash, i + 1};
                found[i] = (int32_t)i;
                break;
            }
            const uint32_t j = table[at].next - 1;
            if (table[at].hash != hash || codes[j] != codes[i] || starts[j + 1] - starts[j] != own) continue;
            uint32_t k = 0;
            while (k < own && MEANT(args[begin + k]) == MEANT(args[starts[j] + k])) k++;
            if (k < own) continue;
            found[i] = (int32_t)j;
            break;
        }
    }
    #undef MEANT
}

/* Whether these are the arguments of a program: a start for each instruction and one more, and arguments that are earlier slots. */
static int is_program(const Py_buffer *starts, const Py_buffer *args, size_t count, Py_ssize_t known) {
    const uint32_t *begin = starts->buf;
    const int32_t *own = args->buf;
    const size_t edges = (size_t)args->len / 4;
    int fits = (size_t)starts->len == 4 * (count + 1) && known >= 0 && count < (size_t)1 << 30 && (size_t)known + count < (size_t)1 << 31 &&
               !begin[0] && begin[count] == edges;
    for (size_t i = 0; fits && i < count; i++) {
        fits = begin[i] <= begin[i + 1] && begin[i + 1] <= edges;
        for (size_t k = begin[i]; fits && k < begin[i + 1]; k++) fits = own[k] >= 0 && (size_t)own[k] < (size_t)known + i;
    }
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "got arrays that are no program, expected a start for each code and one more, and arguments that are earlier");
    return fits;
}

static PyObject *first_equal(PyObject *module, PyObject *given) {
    static const char *names[] = {"codes", "starts", "args", "found"}, *kinds[] = {"IL", "IL", "il", "il"};
    PyObject *arrays[4], *result = NULL;
    Py_buffer views[4] = {{0}};
    Py_ssize_t known;
    (void)module;
    if (!PyArg_ParseTuple(given, "OOOnO:first_equal", &arrays[0], &arrays[1], &arrays[2], &known, &arrays[3])) return NULL;
    Known *table = NULL;
    for (int i = 0; i < 4; i++) {
        if (words_read(&views[i], arrays[i], names[i], kinds[i], i == 3)) goto done;
    }
    const size_t count = (size_t)views[0].len / 4;
    if (!is_program(&views[1], &views[2], count, known)) goto done;
    if (views[3].len != views[0].len) {
        PyErr_Format(PyExc_ValueError, "got room for %zd numbers, expected %zu, one for each instruction", views[3].len / 4, count);
        goto done;
    }
    size_t size = 16;
    while (size < 2 * count) size *= 2;
    if (!(table = PyMem_RawCalloc(size, sizeof *table))) {
        PyErr_NoMemory();
        goto done;
    }
    equal_find(views[0].buf, views[1].buf, views[2].buf, (uint32_t)count, (int32_t)known, views[3].buf, table, (uint32_t)(size - 1));
    result = Py_NewRef(Py_None);
done:
    PyMem_RawFree(table);
    for (int i = 0; i < 4; i++) PyBuffer_Release(&views[i]);
    return result;
}

static PyObject *spread(PyObject *module, PyObject *given) {
    PyObject *arrays[4], *result = NULL;
    Py_buffer views[4] = {{0}};
    Py_ssize_t known;
    int backwards;
    (void)module;
    if (!PyArg_ParseTuple(given, "OOnOOp:spread", &arrays[0], &arrays[1], &known, &arrays[2], &arrays[3], &backwards)) return NULL;
    if (words_read(&views[0], arrays[0], "starts", "IL", 0) || words_read(&views[1], arrays[1], "args", "il", 0)) goto done;
    const size_t edges = (size_t)views[1].len / 4, count = (size_t)views[0].len / 4 - 1;
    if (!views[0].len || !is_program(&views[0], &views[1], count, known)) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "got no starts, expected one for each instruction and one more");
        goto done;
    }
    const uint8_t *through = arrays[2] == Py_None ? NULL : plan_flags(&views[2], arrays[2], "through", edges);
    if ((!through && arrays[2] != Py_None) || !plan_flags(&views[3], arrays[3], "flags", (size_t)known + count)) goto done;
    if (views[3].readonly) {
        PyErr_SetString(PyExc_ValueError, "got flags that are read-only, expected an array that can be written to");
        goto done;
    }
    const uint32_t *starts = views[0].buf;
    const int32_t *args = views[1].buf;
    uint8_t *flags = views[3].buf;
    for (size_t at = 0; at < count; at++) {
        const size_t i = backwards ? count - 1 - at : at;
        uint8_t *own = flags + known + i;
        if (backwards && !*own) continue;
        for (uint32_t k = starts[i]; k < starts[i + 1]; k++) {
            if (through && !through[k]) continue;
            if (backwards) flags[args[k]] = 1;
            else *own |= flags[args[k]];
        }
    }
    result = Py_NewRef(Py_None);
done:
    for (int i = 0; i < 4; i++) PyBuffer_Release(&views[i]);
    return result;
}
