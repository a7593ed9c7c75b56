/* A profile hook that tells Python of calls by code that is not known, for versions before 3.12: see observed.py. */
#ifndef AUTOGRAD_HOOK_H
#define AUTOGRAD_HOOK_H

#if PY_VERSION_HEX < 0x030C0000

static PyObject *quiet; /* the files whose calls are passed over */
static _Thread_local Py_tracefunc before; /* the hook that was there, in this thread, which goes on working */
static _Thread_local PyObject *before_own;

static int is_passed_over(PyFrameObject *frame, int what) {
    if (what != PyTrace_CALL && what != PyTrace_C_CALL) return 1;
    PyCodeObject *code = PyFrame_GetCode(frame);
    const int found = PySet_Contains(quiet, code->co_filename);
    Py_DECREF(code);
    return found;
}

static int report(PyObject *hook, PyFrameObject *frame, int what, PyObject *called) {
    if (before && before(before_own, frame, what, called)) return -1;
    const int over = is_passed_over(frame, what);
    if (over) return over < 0 ? -1 : 0;
    PyObject *done = PyObject_CallFunction(hook, "OsO", frame, what == PyTrace_CALL ? "call" : "c_call", called ? called : Py_None);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static PyObject *begin_reports(PyObject *module, PyObject *args) {
    PyObject *hook;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO!", &hook, &PySet_Type, &quiet)) return NULL;
    PyThreadState *thread = PyThreadState_Get();
    if (thread->c_profilefunc != report) { /* else Ctrl-C has left it there: it is not to call itself */
        before = thread->c_profilefunc;
        Py_XSETREF(before_own, Py_XNewRef(thread->c_profileobj));
    }
    PyEval_SetProfile(report, hook);
    Py_RETURN_NONE;
}

static PyObject *end_reports(PyObject *module, PyObject *none) {
    (void)module, (void)none;
    if (PyThreadState_Get()->c_profilefunc == report) PyEval_SetProfile(before, before_own);
    before = NULL;
    Py_CLEAR(before_own);
    Py_RETURN_NONE;
}

#define HOOK_FUNCTIONS \
    {"begin_reports", begin_reports, METH_VARARGS, \
     PyDoc_STR("begin_reports(hook, quiet, /)\n--\n\nCall this profile hook for calls by code that is not of quiet files.")}, \
    {"end_reports", end_reports, METH_NOARGS, PyDoc_STR("end_reports()\n--\n\nSet the profile hook that there was before begin_reports, unless there is another by now.")},
#else
#define HOOK_FUNCTIONS
#endif

#endif
