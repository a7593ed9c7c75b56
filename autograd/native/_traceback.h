/* Tracebacks end at the line that called: where Cython would add an entry for a function of its own, the frames of the library that are
   already there are left out instead; see `filter_traceback` in errors.py. What is left may be no traceback at all, which an `except` clause of Cython does not expect. */
#ifndef AUTOGRAD_TRACEBACK_H
#define AUTOGRAD_TRACEBACK_H

#include <Python.h>

static PyObject *filter_traceback; /* held; NULL until the module is there */

static int traceback_filtered(PyFrameObject *frame) {
    PyObject *type, *error, *traceback, *done;
    if (!filter_traceback || !PyErr_Occurred()) return PyTraceBack_Here(frame);
    PyErr_Fetch(&type, &error, &traceback);
    PyErr_NormalizeException(&type, &error, &traceback);
    if (traceback) PyException_SetTraceback(error, traceback);
    Py_XDECREF(traceback);
    done = PyObject_CallFunctionObjArgs(filter_traceback, error, NULL);
    if (!done) PyErr_Clear();
    Py_XDECREF(done);
    PyErr_Restore(type, error, PyException_GetTraceback(error));
    return 0;
}
#define PyTraceBack_Here traceback_filtered

#endif
