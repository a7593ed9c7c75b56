/* The paths through a function as a tree, followed in a single lane: the instructions of an arm, then a guard that chooses the next arm.
   Included by _kernel.c, after what it needs from there. */

#ifndef AUTOGRAD_BRANCHES_H
#define AUTOGRAD_BRANCHES_H

/* An arm: its instructions; the guards on the way that must have one answer, since the other has not been seen; and either the guard at
   which it forks, with an arm for each answer, or -1 and its outputs, from `no` to `yes`. Arms come after the one that leads to them. */
typedef struct Arm {
    int32_t begin, end, check, checked, fork, no, yes;
} Arm;

_Static_assert(sizeof(Arm) == 7 * sizeof(int32_t), "a row of the array that Python gives");

/* What is wrong with an arm, or NULL. A check is twice a slot, plus 1 where it must hold. */
static const char *arm_fault(const Program *p, const Arm *arm, size_t i, size_t arms, size_t checks) {
    if (arm->begin < 0 || arm->end < arm->begin || (size_t)arm->end > p->size) return "its instructions are not among the program's";
    if (arm->check < 0 || arm->checked < arm->check || (size_t)arm->checked > checks) return "its checks are not among those given";
    if (arm->fork < -1 || (arm->fork >= 0 && (size_t)arm->fork >= p->slots)) return "its guard is not a slot";
    if (arm->fork < 0) return arm->no < 0 || arm->yes < arm->no || (size_t)arm->yes > p->results ? "its outputs are not among the program's" : NULL;
    for (int k = 0; k < 2; k++) {
        const int32_t next = k ? arm->yes : arm->no;
        if (next != -1 && (next <= (int32_t)i || (size_t)next >= arms)) return "an arm that follows it comes before it";
    }
    return NULL;
}

/* Take the arms that Python gave, if it did. Which instructions the outputs depend on then differs from path to path, so none is always
   reached in the reverse sweep. */
static int plan_arms(Plan *plan, PyObject *arms, PyObject *checks) {
    Program *p = &plan->program;
    Py_buffer views[2] = {{0}};
    int failed = -1;
    if (arms == Py_None) return 0;
    if (PyObject_GetBuffer(arms, &views[0], PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)) goto done;
    if (PyObject_GetBuffer(checks, &views[1], PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)) goto done;
    for (int k = 0; k < 2; k++) {
        const Py_buffer *view = &views[k];
        if (view->itemsize == 4 && view->format && strchr("il", *view->format) && (k ? view->ndim == 1 : view->ndim == 2 && view->shape[1] == 7 && view->shape[0]))
            continue;
        PyErr_Format(PyExc_ValueError, "got %s as an array of another kind or shape, expected int32 of shape %s", k ? "checks" : "arms", k ? "(n,)" : "(n, 7)");
        goto done;
    }
    plan->arm_count = (size_t)views[0].shape[0];
    if (!(plan->arms = PyMem_RawMalloc((size_t)views[0].len)) || !(plan->checks = PyMem_RawMalloc((size_t)views[1].len + 1))) {
        PyErr_NoMemory();
        goto done;
    }
    memcpy(plan->arms, views[0].buf, (size_t)views[0].len);
    memcpy(plan->checks, views[1].buf, (size_t)views[1].len);
    for (size_t i = 0; i < plan->arm_count; i++) {
        const Arm *arm = plan->arms + i;
        const char *wrong = arm_fault(p, arm, i, plan->arm_count, (size_t)views[1].shape[0]);
        if (wrong) {
            PyErr_Format(PyExc_ValueError, "arm %zu of %zu is damaged: %s", i, plan->arm_count, wrong);
            goto done;
        }
        if (arm->fork < 0 && (size_t)(arm->yes - arm->no) > plan->most) plan->most = (size_t)(arm->yes - arm->no);
    }
    for (Py_ssize_t i = 0; i < views[1].shape[0]; i++) {
        if (plan->checks[i] >= 0 && (size_t)plan->checks[i] / 2 < p->slots) continue;
        PyErr_Format(PyExc_ValueError, "check %zd is not for a slot", i);
        goto done;
    }
    for (size_t i = 0; i < p->slots; i++) p->flags[i] &= (uint8_t)~ALWAYS;
    p->masked = 1;
    failed = 0;
done:
    PyBuffer_Release(&views[0]);
    PyBuffer_Release(&views[1]);
    return failed;
}

typedef void (*Forward)(const Program *, const uint32_t *, size_t, size_t, double *, double *);

/* Run the arms that the guards choose, and note them: the last one; -1 where the path is not known, -2 after Ctrl-C. An arm without guards
   is run by `rest`; on the others the path depends, which has to be the same whatever that is. */
static Py_ssize_t arms_forward(Job *job, const Plan *plan, size_t *count, Forward rest) {
    const Program *p = job->p;
    double *v = job->values;
    for (size_t i = 0;;) {
        const Arm *arm = plan->arms + i;
        const Forward forward = arm->fork < 0 && arm->check == arm->checked ? rest : scalar_forward;
        job->trail[(*count)++] = (uint32_t)i;
        for (size_t k = (size_t)arm->begin; k < (size_t)arm->end; k += SLICE) {
            const size_t some = smaller((size_t)arm->end - k, SLICE);
            if (interrupted(job, 1, some * p->most)) return -2;
            forward(p, NULL, k, k + some, v, job->x);
        }
        for (int32_t k = arm->check; k < arm->checked; k++)
            if ((v[plan->checks[k] >> 1] != 0.0) != (plan->checks[k] & 1)) return -1;
        if (arm->fork < 0) return (Py_ssize_t)i;
        const int32_t next = v[arm->fork] != 0.0 ? arm->yes : arm->no;
        if (next < 0) return -1;
        i = (size_t)next;
    }
}

/* The gradients of the outputs of the last arm, each times its seed, through the arms that were run. 0, or -2 after Ctrl-C. */
static int arms_backward(Job *job, const Plan *plan, size_t count, const double *seeds) {
    const Program *p = job->p;
    double *g = job->adjoints;
    const Arm *last = plan->arms + job->trail[count - 1];
    for (size_t i = 0; i < p->inputs; i++) g[i] = EMPTY_SUM;
    memset(job->taken, 0, p->inputs);
    for (size_t t = 0; t < count; t++) {
        const Arm *arm = plan->arms + job->trail[t];
        const size_t begin = p->known + (size_t)arm->begin, end = p->known + (size_t)arm->end;
        for (size_t i = begin; i < end; i++) g[i] = EMPTY_SUM;
        memset(job->taken + begin, 0, end - begin);
    }
    for (int32_t k = last->no; k < last->yes; k++) {
        g[p->outputs[k]] += seeds[k - last->no];
        job->taken[p->outputs[k]] = 1;
    }
    for (size_t t = count; t-- > 0;) {
        const Arm *arm = plan->arms + job->trail[t];
        for (size_t end = (size_t)arm->end; end > (size_t)arm->begin;) {
            const size_t some = smaller(end - (size_t)arm->begin, SLICE);
            if (interrupted(job, 1, some * p->most)) return -2;
            scalar_backward(p, NULL, end - some, end, job->values, g, job->taken, job->x, job->partials);
            end -= some;
        }
    }
    for (size_t i = 0; i < job->gradients.count; i++) {
        const Group *group = &job->gradients.items[i];
        for (size_t k = 0; group->view.obj && k < group->count; k++) {
            const size_t slot = group->first + k;
            *group_at(group, 0, k) = is_active(p, slot) && job->taken[slot] ? g[slot] : 0.0;
        }
    }
    return 0;
}

/* Float64 numbers in a row, at least `least` of them. */
static int numbers_read(Py_buffer *view, PyObject *array, const char *what, size_t least, int writable) {
    if (PyObject_GetBuffer(array, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0))) return -1;
    if (view->itemsize == sizeof(double) && view->format && !strcmp(view->format, "d") && (uintptr_t)view->buf % sizeof(double) == 0 &&
        (size_t)view->len >= least * sizeof(double))
        return 0;
    PyErr_Format(PyExc_ValueError, "got %s in an array of another kind, or too short: expected contiguous float64, %zu or more", what, least);
    return -1;
}

static PyObject *plan_follow(Plan *plan, PyObject *args, PyObject *named) {
    static char *names[] = {"inputs", "outputs", "seeds", "gradients", NULL};
    PyObject *inputs, *outputs, *seeds = Py_None, *gradients = Py_None, *result = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, named, "OO|OO:follow", names, &inputs, &outputs, &seeds, &gradients)) return NULL;
    const Program *p = &plan->program;
    Job job = {.p = p, .lanes = 1, .reverse = seeds != Py_None, .threads = 1};
    Py_buffer to = {0}, from = {0};
    void *memory = NULL;
    size_t room = 0, count = 0;
    if (!plan->arms || job.reverse != (gradients != Py_None))
        return PyErr_Format(PyExc_ValueError, plan->arms ? "got one of seeds and gradients, expected both or neither" : "the plan has no arms: use run");
    if (groups_read(&job.inputs, inputs, "inputs", p->inputs, p->flags, 1, 0)) goto done;
    if (numbers_read(&to, outputs, "outputs", plan->most, 1)) goto done;
    if (job.reverse && (numbers_read(&from, seeds, "seeds", plan->most, 0) || gradients_read(&job.gradients, gradients, &job.inputs, 1))) goto done;
    if (!(memory = job_memory(plan, &job, &room))) goto done;
    job.looked = nanoseconds();
    job.state = PyEval_SaveThread();
    load_uniform(&job);
    Py_ssize_t last = arms_forward(&job, plan, &count, scalar_forward);
    if (last >= 0) {
        const Arm *arm = plan->arms + last;
        for (int32_t k = arm->no; k < arm->yes; k++) ((double *)to.buf)[k - arm->no] = job.values[p->outputs[k]];
        if (job.reverse && arms_backward(&job, plan, count, from.buf)) last = -2;
    }
    PyEval_RestoreThread(job.state);
    if (last > -2) result = PyLong_FromSsize_t(last);
done:
    job_free(plan, &job, memory, room);
    PyBuffer_Release(&to);
    PyBuffer_Release(&from);
    return result;
}

#endif
