/* A program in a single lane, repeated: its first outputs are its first inputs in the next step. What depends on neither these nor the
   inputs of one step is computed once, where there is one path; of several, each step follows its own, and a path that is not known ends
   the loop. Included by _kernel.c, after what it needs from there. */

#ifndef AUTOGRAD_LOOP_H
#define AUTOGRAD_LOOP_H

/* The numbers of step i of all arrays that have a row for each step: to `v`, the slots after those of the carry. */
static void loop_load(const Groups *groups, size_t i, double *v) {
    for (size_t j = 0; j < groups->count; j++) {
        const Group *g = &groups->items[j];
        if (!g->each) continue;
        for (size_t k = 0; k < g->count; k++) v[g->first + k] = *group_at(g, i, k);
    }
}

/* And the results of step i: those of the outputs in `slots`. */
static void loop_store(const Groups *groups, size_t i, const double *v, const int32_t *slots) {
    for (size_t j = 0; j < groups->count; j++) {
        const Group *g = &groups->items[j];
        for (size_t k = 0; k < g->count; k++) *group_at(g, i, k) = v[slots[g->first + k]];
    }
}

/* The instructions that are run once, and after these the others, in their order: how many of the first there are. */
static size_t loop_sorted(const Program *p, uint32_t *list) {
    size_t once = 0;
    for (int varies = 0; varies < 2; varies++) {
        size_t at = varies ? once : 0;
        for (size_t i = 0; i < p->size; i++)
            if (((p->flags[p->known + i] & VARIES) != 0) == varies) list[at++] = (uint32_t)i;
        if (!varies) once = at;
    }
    return once;
}

/* As `scalar_forward`, but with plain sums, as over lanes. */
static void plain_forward(const Program *p, const uint32_t *list, size_t begin, size_t end, double *v, double *x) {
    for (size_t t = begin; t < end; t++) {
        const size_t i = list ? list[t] : t, n = p->starts[i + 1] - p->starts[i];
        const int32_t *args = p->args + p->starts[i];
        const int code = p->codes[i];
        double y = 0.0;
        switch (code) {
        case AG_ADD: y = v[args[0]] + v[args[1]]; break;
        case AG_SUB: y = v[args[0]] - v[args[1]]; break;
        case AG_MUL: y = v[args[0]] * v[args[1]]; break;
        case AG_DIV: y = v[args[0]] / v[args[1]]; break;
        case AG_DOT:
            if (n) y = v[args[0]] * v[args[n / 2]];
            for (size_t k = 1; k < n / 2; k++) y += v[args[k]] * v[args[n / 2 + k]];
            break;
        case AG_SUM:
            y = v[args[0]];
            for (size_t k = 1; k < n; k++) y += v[args[k]];
            break;
        default:
            for (size_t k = 0; k < n; k++) x[k] = v[args[k]];
            y = scalar_value(code, x, n);
        }
        v[p->known + i] = y;
    }
}

/* Run instructions begin to end of the list, or of the program where that is NULL. -1 after Ctrl-C. */
static int loop_forward(Job *job, const uint32_t *list, size_t begin, size_t end, int plain) {
    const Program *p = job->p;
    for (size_t k = begin; k < end; k += SLICE) {
        const size_t some = smaller(end - k, SLICE);
        if (interrupted(job, 1, some * 2)) return -1;
        (plain ? plain_forward : scalar_forward)(p, list, k, k + some, job->values, job->x);
    }
    return 0;
}

/* Run one step along the arms that its guards choose: the slots of its outputs; NULL where the path is not known, or after Ctrl-C. */
static const int32_t *loop_follow(Job *job, const Plan *plan, int plain) {
    size_t count = 0;
    const Py_ssize_t last = arms_forward(job, plan, &count, plain ? plain_forward : scalar_forward);
    return last < 0 ? NULL : job->p->outputs + plan->arms[last].no;
}

/* The steps from the given one on: the number of the first that was not made, or -1 after Ctrl-C. A negative length means as long as the
   first number of the carry is not 0. */
static Py_ssize_t loop_run(Job *job, const Plan *plan, Py_ssize_t step, Py_ssize_t length, double *carry, double *next, size_t carries,
                           int backwards, int plain, uint32_t *list) {
    const Program *p = job->p;
    double *v = job->values;
    const size_t once = plan->arms ? 0 : loop_sorted(p, list);
    for (size_t i = 0; i < job->inputs.count; i++) {
        const Group *g = &job->inputs.items[i];
        for (size_t k = 0; !g->each && k < g->count; k++) v[carries + g->first + k] = *group_at(g, 0, k);
    }
    memcpy(v, carry, carries * sizeof(double));
    if (loop_forward(job, list, 0, once, plain)) return -1;
    const int32_t *ends = p->outputs;
    for (; length < 0 ? v[0] != 0.0 : step < length; step++) {
        const size_t i = (size_t)(backwards ? length - 1 - step : step);
        loop_load(&job->inputs, i, v + carries);
        if (!plan->arms && loop_forward(job, once ? list : NULL, once, p->size, plain)) return -1;
        if (plan->arms && !(ends = loop_follow(job, plan, plain))) break;
        loop_store(&job->outputs, i, v, ends + carries);
        for (size_t k = 0; k < carries; k++) next[k] = v[ends[k]];
        memcpy(v, next, carries * sizeof(double));
        if ((plan->arms || !p->size) && interrupted(job, 1, 8)) return -1;
    }
    if (atomic_load(&job->stop)) return -1;
    memcpy(carry, v, carries * sizeof(double));
    return step;
}

/* The number of outputs of a step; -1, with an error, where paths differ in that. */
static Py_ssize_t loop_ends(const Plan *plan) {
    if (!plan->arms) return (Py_ssize_t)plan->program.results;
    for (size_t i = 0; i < plan->arm_count; i++) {
        const Arm *arm = plan->arms + i;
        if (arm->fork >= 0 || (size_t)(arm->yes - arm->no) == plan->most) continue;
        PyErr_Format(PyExc_ValueError, "arm %zu has %d outputs, expected equally many in each: %zu", i, (int)(arm->yes - arm->no), plan->most);
        return -1;
    }
    return (Py_ssize_t)plan->most;
}

static PyObject *plan_loop(Plan *plan, PyObject *args, PyObject *named) {
    static char *names[] = {"length", "carry", "inputs", "outputs", "backwards", "plain", "first", NULL};
    PyObject *carry, *inputs, *outputs, *result = NULL;
    Py_ssize_t length, first = 0;
    int backwards = 0, plain = 0;
    if (!PyArg_ParseTupleAndKeywords(args, named, "nOOO|ppn:loop", names, &length, &carry, &inputs, &outputs, &backwards, &plain, &first))
        return NULL;
    const Program *p = &plan->program;
    Job job = {.p = p, .lanes = length < 0 ? 1 : (size_t)length, .threads = 1};
    Py_buffer view = {0};
    void *memory = NULL, *own = NULL;
    size_t room = 0;
    const Py_ssize_t ends = loop_ends(plan);
    if (ends < 0) return NULL;
    if (first < 0) return PyErr_Format(PyExc_ValueError, "got first=%zd, expected a step, at least 0", first);
    if (PyObject_GetBuffer(carry, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE)) return NULL;
    const size_t carries = (size_t)view.len / sizeof(double);
    if (view.itemsize != sizeof(double) || !view.format || strcmp(view.format, "d") || (uintptr_t)view.buf % sizeof(double) ||
        carries > p->inputs || carries > (size_t)ends || (length < 0 && !carries)) {
        PyErr_Format(PyExc_ValueError, "got a carry of another kind or length, expected contiguous float64, at most as many as there are "
                     "inputs (%zu) and outputs (%zd), and one where there is no length", p->inputs, ends);
        goto done;
    }
    for (size_t k = 0; k < carries; k++) {
        if (p->flags[k] & VARIES) continue;
        PyErr_Format(PyExc_ValueError, "got a carry that is uniform, expected a plan in which it is not");
        goto done;
    }
    if (length == 0) {
        result = PyLong_FromLong(0);
        goto done;
    }
    if (groups_read(&job.inputs, inputs, "inputs", p->inputs - carries, p->flags + carries, job.lanes, 0)) goto done;
    if (groups_read(&job.outputs, outputs, "outputs", (size_t)ends - carries, NULL, job.lanes, 1)) goto done;
    for (size_t i = 0; i < job.outputs.count; i++) {
        if (job.outputs.items[i].each && length > 0) continue;
        PyErr_SetString(PyExc_ValueError, "got outputs without a row for each step, or without a length, expected (length, count)");
        goto done;
    }
    for (size_t i = 0; i < job.inputs.count; i++) {
        if (!job.inputs.items[i].each || length > 0) continue;
        PyErr_SetString(PyExc_ValueError, "got inputs of single steps without a length, expected a length");
        goto done;
    }
    if (!(memory = job_memory(plan, &job, &room))) goto done;
    if (!(own = PyMem_RawMalloc(carries * sizeof(double) + (p->size + 1) * sizeof(uint32_t)))) {
        PyErr_NoMemory();
        goto done;
    }
    job.looked = nanoseconds();
    job.state = PyEval_SaveThread();
    const Py_ssize_t steps = loop_run(&job, plan, first, length, view.buf, own, carries, backwards, plain,
                                      (uint32_t *)((double *)own + carries));
    PyEval_RestoreThread(job.state);
    if (steps >= 0) result = PyLong_FromSsize_t(steps);
done:
    PyMem_RawFree(own);
    job_free(plan, &job, memory, room);
    PyBuffer_Release(&view);
    return result;
}

PyDoc_STRVAR(loop_doc, "loop($self, /, length, carry, inputs, outputs, backwards=False, plain=False, first=0)\n--\n\n"
"Repeat the program in a single lane: its first outputs become its first inputs, the carry. Returns the number of steps.\n\n"
"Where the plan has arms, each step follows its own path, and the first whose path is not known ends the loop: then the number of steps\n"
"before it is returned, and the carry is the one with which it begins.\n\n"
"Each step gives bit for bit what Values give. What depends on uniform inputs alone is computed once.\n\n"
"Args:\n"
"    length: how many steps; a negative number: as long as the first number of the carry is not 0.\n"
"    carry: contiguous, the first inputs, which are not uniform in the plan; it is written to.\n"
"    inputs: as those of `run`, for the inputs after the carry, with a row for each step in place of a lane.\n"
"    outputs: to be written, (length, count), the outputs after the carry.\n"
"    backwards: begin with the last rows.\n"
"    plain: sum and dot are plain sums, as over lanes, but where a guard depends on them.\n"
"    first: how many steps have been made before.\n\n"
"Raises:\n"
"    ValueError, MemoryError, KeyboardInterrupt: as `run`.");

#endif
