# cython: language_level=3, c_api_binop_methods=True, auto_pickle=False, embedsignature=True, embedsignature.format=clinic
# cython: binding=False
# Methods are not of Cython's kind, `binding`, since that does not look whether `self` is a Value. And there are no list comprehensions,
# since Cython 3.3 gives an item back twice where memory for a longer list is missing. Nor is there an `except` clause, for which an error
# would need a traceback: see `_traceback.h`.
"""Value compiled: what value.py does, at the speed of C.

The node, its memory and the walks over it are in `_node.h`; the arithmetic of every operation, generated from the one table, is in
`_ops.h`. Here operations are recorded and Python is spoken to. Same behaviour as the reference, same tests.
"""

from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport Py_EQ, Py_GE, Py_LE, Py_LT, Py_GT, Py_NE, PyObject, PyTypeObject, newfunc
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from cpython.type cimport PyType_Modified
from cpython.sequence cimport PySequence_Fast_GET_SIZE, PySequence_Fast_ITEMS
from cpython.unicode cimport PyUnicode_AsUTF8
from libc.math cimport INFINITY, isfinite, isnan
from libc.string cimport memcpy
from libc.stdint cimport uint16_t, uint32_t, uintptr_t

from autograd.context import NEUTRAL as _NEUTRAL, TRACED as _TRACED, Layers, Scope, _current, current, forbid_lost
from autograd.elsewhere import ATTRIBUTES, known, refuse_conversion, refuse_subclass
from autograd.errors import NumberError, OperationError
from autograd.errors import filter_traceback as _filter_traceback
from autograd.walks import Deferred
from autograd.kinds import as_float, comparand, named_float, operand


cdef extern from "_traceback.h":
    PyObject* filter_traceback


cdef extern from "Python.h":
    int PyContextVar_Get(PyObject*, PyObject*, PyObject**) except -1
    int PyList_Append(PyObject*, object) except -1
    Py_ssize_t PyList_GET_SIZE(PyObject*) noexcept


cdef extern from "_node.h":
    ctypedef struct Edge:
        uintptr_t arg
        double partial
    ctypedef struct Node:
        double data, grad
        PyObject* op
        PyObject* tag
        uint32_t size, place
        uint16_t graded, marks
        uint32_t run
        Edge own[2]
    enum:
        INLINE
        DEFERRED
    size_t node_count
    void mark_deferred(Node*) noexcept
    void node_register(PyTypeObject*, newfunc) noexcept
    bint is_node(PyObject*) noexcept
    int node_read(PyObject*, double*) noexcept
    Edge* node_edges(Node*) noexcept
    object edge_arg(Edge)
    object edge_partial(Edge)
    void edge_set(Node*, Edge*, Node*, double, bint) noexcept
    void edge_number(Edge*, double) noexcept
    object node_new(double, PyObject*, size_t)
    object node_tuple(Node*, object (*)(Edge))
    void node_set(Node*, double) noexcept
    void node_cut(Node*) noexcept
    void node_mark(Node*, PyObject*) noexcept
    void node_seed(Node*, double) noexcept
    list nodes_below(PyObject**, size_t, uint32_t)
    int node_backward(Node*, double) except -1
    int nodes_sweep(PyObject**, size_t, PyObject**, size_t, double*, uint32_t) except -1
    int nodes_push(PyObject**, size_t, PyObject**, size_t, double*, uint32_t) except -1
    int nodes_reach(PyObject**, size_t, uint32_t) except -1


include "_codes.pxi"


cdef extern from "_ops.h":
    ctypedef struct ag_op:
        const char* name
        unsigned char arity, sequences, ties, selects, variable, constant
        unsigned depends
    const ag_op ag_ops[]
    double ag_value1(int, double) noexcept
    double ag_apply1(int, double, double*) noexcept
    double ag_apply2(int, double, double, double*) noexcept
    double ag_apply3(int, double, double, double, double*) noexcept


cdef extern from "_nary.h":
    double ag_apply_n(int, const double*, size_t, double*) noexcept


cdef extern from "_flat.h":
    object nodes_flatten(PyObject**, size_t, PyObject**, size_t, PyObject**, size_t, int (*)(PyObject*) noexcept, int)


cdef extern from "_log.h":
    object log_view(list, Py_ssize_t, int (*)(PyObject*) noexcept, int)
    int log_prune(list, Py_ssize_t) except -1
    void node_swap(Node*, Node*) noexcept


cdef extern from "_second.h":
    int nodes_second(PyObject*, PyObject**, size_t, double*, bint, int (*)(PyObject*) noexcept) except -1


cdef PyObject* OPS[AG_COUNT]
shared = None  # operators.py, for what needs no speed
reference = None  # the Value of value.py
reference_sweep = reference_push = None  # and its sweeps
signature = None  # and text for `help`
cdef PyObject* CURRENT = <PyObject*>_current
cdef PyObject* NEUTRAL = <PyObject*>_NEUTRAL
cdef PyObject* MARKED = NULL  # the last context of which nodes only have to keep scope and run, held; its scope, NULL for none; its run
cdef PyObject* SCOPE = NULL
cdef uint32_t RUN = 0
cdef PyObject* LOG = NULL  # the list in which its tracer has the operations, NULL for none
cdef Py_ssize_t LIMIT = 0  # how many there may be
cdef uint32_t TRACED = _TRACED
Py_INCREF(_current)  # these two for ever: when Python ends, modules go before the last Values
Py_INCREF(_NEUTRAL)
filter_traceback = <PyObject*>_filter_traceback
Py_INCREF(_filter_traceback)


def connect(table, value, sweep, push, operators):
    """Take the operations from the table, and from the reference its description and what needs no speed."""
    global shared, reference, reference_sweep, reference_push, signature
    shared, reference, reference_sweep, reference_push = operators, value, sweep, push
    signature = f"Value(data, label=None)\n--\n\n{value.__doc__}"
    (<PyTypeObject*>Value).tp_doc = PyUnicode_AsUTF8(signature)
    for name, elsewhere in ATTRIBUTES.items():
        (<dict>(<PyTypeObject*>Value).tp_dict).setdefault(name, elsewhere)
    PyType_Modified(<type>Value)
    for code in range(AG_COUNT):
        op = table[ag_ops[code].name.decode()]
        (<Operation?>op).code = code
        Py_INCREF(op)
        OPS[code] = <PyObject*>op


cdef inline double number(str what, object x) except? -1.0:
    return PyFloat_AS_DOUBLE(x) if PyFloat_CheckExact(x) else named_float(what, x)


cdef inline Node* of(object x) noexcept:
    return <Node*><void*>x


# Recording.

cdef inline bint is_traced(Node* node) noexcept:
    """Whether a function was traced in the run that the node rests on."""
    return node.run and node.run % TRACED == 0


cdef inline int attend(object made) except -1:
    """Let the context know of a new node, where there is one."""
    cdef PyObject* context = NULL
    PyContextVar_Get(CURRENT, NULL, &context)
    Py_DECREF(<object>context)  # it is in force, or, as NEUTRAL and MARKED, held here
    if context == MARKED:
        if of(made).run < RUN or not of(made).size:
            of(made).run = RUN
        if SCOPE != NULL:
            node_mark(of(made), SCOPE)
        return 0 if LOG == NULL or not of(made).size else logged(made)
    if context != NEUTRAL:
        return attended(made)
    return lost(made) if of(made).run else 0


cdef int logged(object made) except -1:
    """Note an operation; its tracer rolls up loops where there are many."""
    PyList_Append(LOG, made)
    if PyList_GET_SIZE(LOG) >= LIMIT:
        full((<object>MARKED).tracer.log)
    return 0


cdef int full(log) except -1:
    global LIMIT
    log.full()
    LIMIT = log.limit
    return 0


cdef int lost(object made) except -1:
    """Refuse a new node on what is traced elsewhere, or was."""
    if is_traced(of(made)):
        forbid_lost(made)
    return 0


cdef int attended(object made) except -1:
    """A new node under a scope, a watch, `no_grad` or a transform."""
    global MARKED, SCOPE, RUN, LOG, LIMIT
    cdef Node* node = of(made)
    cdef PyObject* before
    cdef uint32_t run
    context = current()
    if type(context) is Layers:
        context = context.now()
    scope = context.scope
    if scope:
        node_mark(node, <PyObject*>scope)
    run = context.runs[len(context.runs) - 1] if context.runs else 0
    if not run and is_traced(node):
        forbid_lost(made)
    if node.run < run or not node.size:
        node.run = run
    if context.watch is None and context.recording:
        before = MARKED
        Py_INCREF(context)
        MARKED = <PyObject*>context
        RUN = run
        SCOPE = <PyObject*>scope if scope else NULL  # which the context holds
        LOG = NULL
        log = None if context.tracer is None else context.tracer.log
        if log is not None:
            nodes = log.nodes
            LOG, LIMIT = <PyObject*>nodes, log.limit  # which the tracer holds
        Py_XDECREF(before)
        return 0 if LOG == NULL or not node.size else logged(made)
    if context.watch is not None:
        context.watch.recorded(made)
    if not context.recording:
        node_cut(node)
    return 0


cdef inline object tracing():
    """Who traces the function that is running; None in most cases."""
    cdef PyObject* context = NULL
    PyContextVar_Get(CURRENT, NULL, &context)
    tracer = None if context == NEUTRAL else (<object>context).tracer
    Py_DECREF(<object>context)
    return tracer


cdef int forbid_while_traced(str what, Value node=None, bint constant=False) except -1:
    """Let who traces refuse what a replay could not do again, and refuse Values of recordings that have ended."""
    tracer = tracing()
    if tracer is not None:
        tracer.forbid(what, node if constant else None)
    elif node is not None and is_traced(of(node)):
        forbid_lost(node)
    return 0


cdef object unary(int code, object a):
    """A node for an operation on one Value."""
    cdef double partial
    cdef double y = ag_apply1(code, of(a).data, &partial)
    made = node_new(y, OPS[code], 1)
    edge_set(of(made), of(made).own, of(a), partial, ag_ops[code].depends)
    attend(made)
    return made


cdef object binary(int code, object a, object b):
    """A node for an operation on a Value and another or a number, on either side; NotImplemented for what is not a number."""
    cdef double x, y, z
    cdef double[2] partials = [0.0, 0.0]
    cdef int left = node_read(<PyObject*>a, &x), right = node_read(<PyObject*>b, &y)
    if left < 0 or right < 0:
        a = operand(a) if left < 0 else a
        b = operand(b) if right < 0 else b
        return NotImplemented if a is NotImplemented or b is NotImplemented else binary(code, a, b)
    if not right:
        code = ag_ops[code].constant
    z = ag_apply2(code, x, y, partials)
    made = node_new(z, OPS[code], 2)
    cdef Edge* edges = of(made).own
    if left:
        edge_set(of(made), edges, of(a), partials[0], ag_ops[code].depends & 1)
    else:
        edge_number(edges, x)
    if right:
        edge_set(of(made), edges + 1, of(b), partials[1], ag_ops[code].depends & 2)
    else:
        edge_number(edges + 1, y)
    attend(made)
    return made


cdef object recorded(int code, PyObject** x, size_t n):
    """A node for an operation on any number of arguments; None where Values are not among them, or anything but numbers is."""
    cdef double few[64]
    cdef double* data = &few[0] if n <= 32 else <double*>PyMem_Malloc(2 * n * sizeof(double))
    if data == NULL:
        raise MemoryError
    try:
        return recorded_with(code, x, n, data, data + n)
    finally:
        if data != &few[0]:
            PyMem_Free(data)


cdef object recorded_with(int code, PyObject** x, size_t n, double* data, double* partials):
    cdef int kind = 0, values = 0
    cdef size_t i
    cdef double y
    for i in range(n):
        kind = node_read(x[i], data + i)
        if kind < 0:
            return None
        values |= kind
    if not values:
        return None
    code = ag_ops[code].variable if is_node(x[n - 1]) else ag_ops[code].constant
    cdef unsigned depends = ag_ops[code].depends
    cdef unsigned char arity = ag_ops[code].arity
    if arity == 1:
        y = ag_apply1(code, data[0], partials)
    elif arity == 2:
        y = ag_apply2(code, data[0], data[1], partials)
    elif arity == 3:
        y = ag_apply3(code, data[0], data[1], data[2], partials)
    else:
        y = ag_apply_n(code, data, n, partials)
    if ag_ops[code].ties:
        settle(x, n, partials)
    if ag_ops[code].selects:  # the branch not taken is absent, not merely multiplied by 0
        depends = 2 if data[0] != 0.0 else 4
    made = node_new(y, OPS[code], n)
    cdef Edge* edges = node_edges(of(made))
    for i in range(n):
        if is_node(x[i]):
            edge_set(of(made), edges + i, <Node*>x[i], partials[i], depends != 0 if arity == 0 else depends >> i & 1)
        else:
            edge_number(edges + i, data[i])
    attend(made)
    return made


cdef void settle(PyObject** x, size_t n, double* shares) noexcept:
    """Leave nothing of a tie in which a constant has a share: see `Op.settled`."""
    cdef double taken = 0.0
    cdef size_t i
    for i in range(n):
        if not is_node(x[i]):
            taken += shares[i]
    if taken > 0.0:
        for i in range(n):
            shares[i] = 0.0


cdef object node_of(double data, object op, tuple args, object partials):
    """A node with these arguments and partials."""
    cdef Py_ssize_t i, n = len(args)
    cdef bint deferred = type(partials) is Deferred
    if len(partials) != n:
        raise OperationError(f"got {n} arguments and {len(partials)} partials, expected equally many of both")
    made = node_new(data, NULL if op is None else <PyObject*>op, n)
    cdef Edge* edges = node_edges(of(made))
    for i in range(n):
        a, partial = args[i], partials[i]
        if is_node(<PyObject*>a):
            edge_set(of(made), edges + i, of(a), 0.0 if partial is None else partial, partial is not None)
        else:
            edge_number(edges + i, a)
    if deferred:
        mark_deferred(of(made))
    return made


cdef class Operation:
    """What calling an Op does first: it records an operation of the table on Values. `Op.apply` does all the rest."""

    cdef int code

    def __cinit__(self, *args, **options):
        self.code = AG_COUNT

    def __call__(self, *x):
        made = self.fast(x)
        return self.apply(*x) if made is None else made

    cdef object fast(self, tuple x):
        cdef Py_ssize_t n = len(x), m
        cdef int code = self.code
        cdef PyObject** items = PySequence_Fast_ITEMS(x)
        if code == AG_COUNT or n == 0:
            return None
        if n == ag_ops[code].arity:
            if n > 1:
                return recorded(code, items, n)
            if is_node(items[0]):
                return unary(code, x[0])
            return ag_value1(code, PyFloat_AS_DOUBLE(x[0])) if PyFloat_CheckExact(x[0]) else None
        if ag_ops[code].arity:
            return None
        if ag_ops[code].sequences == 2:
            return paired(code, x[0], x[1]) if n == 2 else None
        if n == 1 and is_sequence(x[0]):
            m = PySequence_Fast_GET_SIZE(x[0])
            return recorded(code, PySequence_Fast_ITEMS(x[0]), m) if m else None
        return None if ag_ops[code].sequences else recorded(code, items, n)


cdef inline bint is_sequence(object x) noexcept:
    return type(x) is list or type(x) is tuple


cdef object paired(int code, object ws, object xs):
    """A node for an operation on two lists or tuples of equal length, such as `dot`; None for anything else."""
    if not (is_sequence(ws) and is_sequence(xs)):
        return None
    cdef size_t n = PySequence_Fast_GET_SIZE(ws)
    if n == 0 or n != <size_t>PySequence_Fast_GET_SIZE(xs):
        return None
    cdef PyObject* few[64]
    cdef PyObject** x = &few[0] if n <= 32 else <PyObject**>PyMem_Malloc(2 * n * sizeof(PyObject*))
    if x == NULL:
        raise MemoryError
    memcpy(x, PySequence_Fast_ITEMS(ws), n * sizeof(PyObject*))
    memcpy(x + n, PySequence_Fast_ITEMS(xs), n * sizeof(PyObject*))
    try:
        return recorded(code, x, 2 * n)
    finally:
        if x != &few[0]:
            PyMem_Free(x)


cdef class Recorder:
    """How operations are computed on Values: on their floats, with a node to remember it."""

    def apply(self, op, x):
        cdef list args = list(x), data = list(x)
        cdef int code = (<Operation?>op).code
        for i, a in enumerate(x):
            if is_node(<PyObject*>a):
                data[i] = of(a).data
            else:
                args[i] = data[i] = as_float(a)
        if code != AG_COUNT:
            return recorded(code, PySequence_Fast_ITEMS(args), len(args))
        if op.constant_of is not None or op.constant is not None:
            op = op.recorded_on(args)
        y, partials = op.evaluate(data)
        if op.ties:
            partials = op.settled(partials, args)
        if op.selects:
            partials = op.taken(partials)
        made = node_of(y, op, tuple(args), partials)
        attend(made)
        return made


def replay(tuple ops, list codes, list starts, list args, list made, apply):
    """Add to `made` the results of a program's instructions: see `autograd.program.program`; `apply` computes on other numbers."""
    cdef PyObject* x[64]
    cdef Py_ssize_t k, i, first, n
    for k in range(len(codes)):
        op, first = ops[codes[k]], starts[k]
        n = <Py_ssize_t>starts[k + 1] - first
        node = None
        if (<Operation?>op).code != AG_COUNT and n <= 64:
            for i in range(n):
                x[i] = PySequence_Fast_ITEMS(made)[<Py_ssize_t>args[first + i]]
            node = recorded((<Operation>op).code, x, n)
        made.append(apply(op, [made[i] for i in args[first:first + n]]) if node is None else node)


def view(list nodes, Py_ssize_t first):
    """The operations of a log from this index on, as arrays: see `autograd.program.log`."""
    return log_view(nodes, first, code_of, AG_COUNT)


def prune(list nodes, Py_ssize_t first):
    """Drop from a log the operations whose results nothing else holds."""
    log_prune(nodes, first)


def rewire(node, object op, tuple args):
    """Let a node be the result of another operation, with partials that are deferred: see `autograd.program.log`."""
    check((node,))
    made = node_of(of(node).data, op, args, Deferred([1.0 if is_node(<PyObject*>a) else None for a in args]))
    node_swap(of(node), of(made))


def living():
    """How many Values there are."""
    return node_count


# Walks.

def order(tuple roots, uint32_t since=0):
    """The nodes below `roots`, each after its arguments: see `autograd.graph.order`."""
    check(roots)
    return nodes_below(PySequence_Fast_ITEMS(roots), len(roots), since)


def reaches(*roots, uint32_t since):
    """Whether a node below `roots` is older than the run `since`: see `autograd.walks.reaches`."""
    check(roots)
    return bool(nodes_reach(PySequence_Fast_ITEMS(roots), len(roots), since))


ctypedef int (*Walk)(PyObject**, size_t, PyObject**, size_t, double*, uint32_t) except -1


cdef list walked(Walk walk, dict given, wanted, uint32_t since):
    """What a walk carries from the Values that are `given` numbers to the wanted ones; None where that takes Python, or a node is older."""
    cdef tuple starts = tuple(given), ends = tuple(wanted)
    cdef Py_ssize_t i, n = len(starts), m = len(ends)
    cdef list found = [0.0] * m
    check(starts)
    check(ends)
    cdef double* numbers = <double*>PyMem_Malloc((m + n + 1) * sizeof(double))
    if numbers == NULL:
        raise MemoryError
    try:
        for i, start in enumerate(starts):
            numbers[i] = given[start]
        if walk(PySequence_Fast_ITEMS(starts), n, PySequence_Fast_ITEMS(ends), m, numbers, since):
            return None
        for i in range(m):
            found[i] = numbers[n + i]
        return found
    finally:
        PyMem_Free(numbers)


def push(dict tangents, outputs, uint32_t since=0):
    """Carry tangents of inputs on to the outputs, as floats: see `autograd.walks.push`."""
    found = walked(nodes_push, tangents, outputs, since)
    return reference_push(tangents, outputs, since) if found is None else found


def sweep(dict cotangents, inputs, uint32_t since=0):
    """Carry the cotangents of outputs back to the inputs, as floats: see `autograd.walks.sweep`."""
    found = walked(nodes_sweep, cotangents, inputs, since) if current().watch is None else None  # which sees each node
    return reference_sweep(cotangents, inputs, since) if found is None else found


cdef int code_of(PyObject* op) noexcept:
    return (<Operation><object>op).code if isinstance(<object>op, Operation) else AG_COUNT


def second(output, tuple inputs, tuple vector):
    """The matrix of second derivatives of `output` times `vector`, or, where that is empty, its columns; None where that takes Python."""
    cdef Py_ssize_t i, n = len(inputs), count = n if vector else n * n
    check((output, *inputs))
    cdef double* numbers = <double*>PyMem_Malloc((count + 1) * sizeof(double))
    if numbers == NULL:
        raise MemoryError
    try:
        for i, x in enumerate(vector):
            numbers[i] = x
        if nodes_second(<PyObject*>output, PySequence_Fast_ITEMS(inputs), n, numbers, not vector, code_of):
            return None
        return [numbers[i] for i in range(count)]
    finally:
        PyMem_Free(numbers)


def flatten(tuple outputs, tuple inputs):
    """The arrays of a program: see `autograd.program`."""
    cdef list roots = []
    for y in outputs:
        if is_node(<PyObject*>y):
            roots.append(y)
        elif type(y) is not float:
            raise NumberError(f"got {y!r} as an output, expected a Value or a float")
    check(inputs)
    return nodes_flatten(
        PySequence_Fast_ITEMS(outputs), len(outputs), PySequence_Fast_ITEMS(roots), len(roots),
        PySequence_Fast_ITEMS(inputs), len(inputs), code_of, AG_COUNT,
    )


cdef object partials_of(Node* node):
    """The partials, of the class with which they were recorded."""
    found = node_tuple(node, edge_partial)
    return Deferred(found) if node.marks & DEFERRED else found


cdef tuple tag_of(Node* node):
    """A node's label and its scope: its tag is one of them, or both in a tuple."""
    if node.tag == NULL:
        return None, 0
    tag = <object>node.tag
    return tag if type(tag) is tuple else (tag, 0) if isinstance(tag, str) else (None, tag)


cdef int check(tuple nodes) except -1:
    """Refuse what is not a Value."""
    for node in nodes:
        if not is_node(<PyObject*>node):
            raise NumberError(f"got {node!r}, expected a Value: give the result whose graph is meant")
    return 0


cdef class Value:
    """A number that records the operations made on it: `autograd.value.Value`, compiled."""

    cdef char body[80]  # what a Node has beyond the head of every object

    def __init__(self, data, label=None):
        cdef Node* node = of(self)
        cdef double number
        if node_read(<PyObject*>data, &number) != 0:
            number = as_float(data)
        node_cut(node)
        node.data, node.graded = number, 0
        attend(self)
        if label is not None:
            self.label = label

    @staticmethod
    def _recorded(data, partials, op, args):
        """A new node, as an operation makes it."""
        made = node_of(data, op, args, partials)
        attend(made)
        return made

    @staticmethod
    def _restored(data, grad, op, args, partials, label, scope, marks=0):
        """A node with these attributes."""
        if scope and not isinstance(scope, Scope):
            raise OperationError(f"got {scope!r} as a scope, expected a Scope or 0")
        made = node_of(data, op, args, partials)
        made._grad = grad
        node_mark(of(made), NULL if not scope else <PyObject*>scope)
        made.label = label
        of(made).marks |= marks & ~DEFERRED
        return made

    @property
    def data(self):
        """The number. Changing it changes no result already computed, nor that result's gradient."""
        forbid_while_traced("the data of a Value", self, constant=True)
        return of(self).data

    @data.setter
    def data(self, data):
        forbid_while_traced("setting the data of a Value")
        node_set(of(self), number("data", data))

    @property
    def grad(self):
        """The gradient. Leaves add up what each `backward` brings; set it to 0 to start afresh."""
        forbid_while_traced("the grad of a Value", self)
        return of(self).grad if of(self).graded else 0.0

    @grad.setter
    def grad(self, grad):
        forbid_while_traced("setting the grad of a Value")
        of(self).grad = number("grad", grad)
        of(self).graded = 1

    @property
    def _number(self):
        """The number, also while a function is traced."""
        return of(self).data

    @property
    def _marks(self):
        """MOVED and LOADED, where they hold."""
        return of(self).marks

    @property
    def _run(self):
        """The number of the run of a transform that made it, 0 where none did."""
        return of(self).run

    @property
    def _grad(self):
        """The gradient, None where none has arrived."""
        return of(self).grad if of(self).graded else None

    @_grad.setter
    def _grad(self, grad):
        of(self).grad = 0.0 if grad is None else grad
        of(self).graded = grad is not None

    @property
    def label(self):
        """A name for pictures and messages."""
        return tag_of(of(self))[0]

    @label.setter
    def label(self, label):
        if not (label is None or isinstance(label, str)):
            raise OperationError(f"got {label!r} as a label, expected a string or None")
        scope = self.scope
        if not scope:
            node_mark(of(self), NULL if label is None else <PyObject*>label)
        elif label is None:
            node_mark(of(self), <PyObject*>scope)
        else:
            both = (label, scope)
            node_mark(of(self), <PyObject*>both)

    @property
    def scope(self):
        """The `scope` in which it was made, 0 where there was none; `scope_path` gives its names."""
        return tag_of(of(self))[1]

    @property
    def op(self):
        """The `Op` that made it, None for a leaf."""
        return None if of(self).op == NULL else <object>of(self).op

    @property
    def args(self):
        """The arguments of `op`: Values and floats, in order, with repeats."""
        return node_tuple(of(self), edge_arg)

    @property
    def partials(self):
        """The local derivative for each of `args`, as recorded; None where there is none."""
        return partials_of(of(self))

    # For the sweep in Python.

    @property
    def _args(self):
        return node_tuple(of(self), edge_arg)

    @property
    def _partials(self):
        return partials_of(of(self))

    def backward(self, seed=1.0, **elsewhere):
        """Fill in `grad` below this node: see `autograd.value.Value.backward`."""
        if elsewhere:
            return reference.backward(self, **elsewhere)
        cdef double start = number("the seed of backward()", seed)
        if current().watch is not None:  # which sees each node
            return reference.backward(self, start)
        forbid_while_traced("backward()", self)
        if node_backward(of(self), start):
            reference.backward(self, start)

    # One line an operation.

    def __add__(a, b): return binary(AG_ADD, a, b)
    def __sub__(a, b): return binary(AG_SUB, a, b)
    def __mul__(a, b): return binary(AG_MUL, a, b)
    def __truediv__(a, b): return binary(AG_DIV, a, b)
    def __pow__(a, b, modulus): return binary(AG_POW, a, b) if modulus is None else NotImplemented
    def __mod__(a, b): return binary(AG_MOD, a, b)
    def __floordiv__(a, b): return binary(AG_FLOORDIV, a, b)
    def __divmod__(a, b): return a // b, a % b
    def __neg__(self): return unary(AG_NEG, self)
    def __abs__(self): return unary(AG_ABS, self)
    def __floor__(self): return unary(AG_FLOOR, self)
    def __ceil__(self): return unary(AG_CEIL, self)
    def __trunc__(self): return shared.ufuncs.truncated(self)
    def __round__(self, digits=None): return shared.rounded(self, digits)
    def sqrt(self): "`autograd.sqrt` of this Value."; return unary(AG_SQRT, self)
    def exp(self): "`autograd.exp` of this Value."; return unary(AG_EXP, self)
    def expm1(self): "`autograd.expm1` of this Value."; return unary(AG_EXPM1, self)
    def log(self): "`autograd.log` of this Value."; return unary(AG_LOG, self)
    def log1p(self): "`autograd.log1p` of this Value."; return unary(AG_LOG1P, self)
    def sigmoid(self): "`autograd.sigmoid` of this Value."; return unary(AG_SIGMOID, self)
    def tanh(self): "`autograd.tanh` of this Value."; return unary(AG_TANH, self)
    def softplus(self): "`autograd.softplus` of this Value."; return unary(AG_SOFTPLUS, self)
    def relu(self): "`autograd.relu` of this Value."; return unary(AG_RELU, self)
    def leaky_relu(self, *x): "`autograd.leaky_relu` of this Value."; return shared.ops.leaky_relu(self, *x)
    def erf(self): "`autograd.erf` of this Value."; return unary(AG_ERF, self)
    def sin(self): "`autograd.sin` of this Value."; return unary(AG_SIN, self)
    def cos(self): "`autograd.cos` of this Value."; return unary(AG_COS, self)
    def tan(self): "`autograd.tan` of this Value."; return unary(AG_TAN, self)
    def asin(self): "`autograd.asin` of this Value."; return unary(AG_ASIN, self)
    def arcsin(self): "`autograd.asin` of this Value."; return unary(AG_ASIN, self)
    def acos(self): "`autograd.acos` of this Value."; return unary(AG_ACOS, self)
    def arccos(self): "`autograd.acos` of this Value."; return unary(AG_ACOS, self)
    def atan(self): "`autograd.atan` of this Value."; return unary(AG_ATAN, self)
    def arctan(self): "`autograd.atan` of this Value."; return unary(AG_ATAN, self)
    def atan2(self, *x): "`autograd.atan2` of this Value."; return shared.ops.atan2(self, *x)
    def arctan2(self, *x): "`autograd.atan2` of this Value."; return shared.ops.atan2(self, *x)
    def hypot(self, *x): "`autograd.hypot` of this Value."; return shared.ops.hypot(self, *x)
    def sinh(self): "`autograd.sinh` of this Value."; return unary(AG_SINH, self)
    def cosh(self): "`autograd.cosh` of this Value."; return unary(AG_COSH, self)
    def abs(self): "`autograd.abs` of this Value."; return unary(AG_ABS, self)
    def absolute(self): "`autograd.abs` of this Value."; return unary(AG_ABS, self)
    def fabs(self): "`autograd.abs` of this Value."; return unary(AG_ABS, self)
    def sign(self): "`autograd.sign` of this Value."; return unary(AG_SIGN, self)
    def step(self, *x): "`autograd.step` of this Value."; return shared.ops.step(self, *x)
    def clip(self, *x): "`autograd.clip` of this Value."; return shared.ops.clip(self, *x)
    def stop_gradient(self): "`autograd.stop_gradient` of this Value."; return unary(AG_STOP_GRADIENT, self)
    def exp2(self): "`autograd.exp2` of this Value."; return unary(AG_EXP2, self)
    def log2(self): "`autograd.log2` of this Value."; return unary(AG_LOG2, self)
    def log10(self): "`autograd.log10` of this Value."; return unary(AG_LOG10, self)
    def logaddexp(self, *x): "`autograd.logaddexp` of this Value."; return shared.ops.logaddexp(self, *x)
    def cbrt(self): "`autograd.cbrt` of this Value."; return unary(AG_CBRT, self)
    def asinh(self): "`autograd.asinh` of this Value."; return unary(AG_ASINH, self)
    def arcsinh(self): "`autograd.asinh` of this Value."; return unary(AG_ASINH, self)
    def acosh(self): "`autograd.acosh` of this Value."; return unary(AG_ACOSH, self)
    def arccosh(self): "`autograd.acosh` of this Value."; return unary(AG_ACOSH, self)
    def atanh(self): "`autograd.atanh` of this Value."; return unary(AG_ATANH, self)
    def arctanh(self): "`autograd.atanh` of this Value."; return unary(AG_ATANH, self)
    def gelu(self): "`autograd.gelu` of this Value."; return unary(AG_GELU, self)
    def silu(self): "`autograd.silu` of this Value."; return unary(AG_SILU, self)
    def floor(self): "`autograd.floor` of this Value."; return unary(AG_FLOOR, self)
    def ceil(self): "`autograd.ceil` of this Value."; return unary(AG_CEIL, self)
    def round(self): "`autograd.round` of this Value."; return unary(AG_ROUND, self)
    def rint(self): "`autograd.round` of this Value."; return unary(AG_ROUND, self)
    def erfc(self): "`autograd.erfc` of this Value."; return unary(AG_ERFC, self)
    def erfcx(self): "`autograd.erfcx` of this Value."; return unary(AG_ERFCX, self)
    def ndtr(self): "`autograd.ndtr` of this Value."; return unary(AG_NDTR, self)
    def log_ndtr(self): "`autograd.log_ndtr` of this Value."; return unary(AG_LOG_NDTR, self)
    def erfinv(self): "`autograd.erfinv` of this Value."; return unary(AG_ERFINV, self)
    def lgamma(self): "`autograd.lgamma` of this Value."; return unary(AG_LGAMMA, self)
    def gammaln(self): "`autograd.lgamma` of this Value."; return unary(AG_LGAMMA, self)
    def digamma(self): "`autograd.digamma` of this Value."; return unary(AG_DIGAMMA, self)
    def psi(self): "`autograd.digamma` of this Value."; return unary(AG_DIGAMMA, self)
    def zeta(self, *x): "`autograd.zeta` of this Value."; return shared.ops.zeta(self, *x)
    def mills(self, *x): "`autograd.mills` of this Value."; return shared.ops.mills(self, *x)
    def ndtri(self): "`autograd.ndtri` of this Value."; return unary(AG_NDTRI, self)
    def gamma(self): "`autograd.gamma` of this Value."; return unary(AG_GAMMA, self)

    def __pos__(self): return self
    def conjugate(self): "This Value, which is real."; return self  # NumPy's, for np.std and np.var of an array of Values

    # Comparing and converting.

    def __richcmp__(self, other, int relation):
        cdef double a = of(self).data, b
        if node_read(<PyObject*>other, &b) < 0:
            other = comparand(other)
            if other is NotImplemented:
                return other
            b = other
        tracer = tracing()
        if tracer is not None:
            if relation == Py_EQ or relation == Py_NE:
                same = (<object>OPS[AG_EQUAL])(self, other)
                return tracer.note_bool(same if relation == Py_EQ else (<object>OPS[AG_WHERE])(same, 0.0, 1.0))
            op = <object>OPS[AG_LESS if relation == Py_LT or relation == Py_GT else AG_LESS_EQUAL]
            return tracer.note_bool(op(other, self) if relation == Py_GT or relation == Py_GE else op(self, other))
        lost(self)
        if type(other) is Value:
            lost(other)
        if relation == Py_EQ or relation == Py_NE:
            return (a == b) == (relation == Py_EQ)
        return a < b if relation == Py_LT else a <= b if relation == Py_LE else a > b if relation == Py_GT else a >= b

    def __and__(a, b): return shared.Operators.__and__(a, b)
    def __or__(a, b): return shared.Operators.__or__(a, b)
    def __xor__(a, b): return shared.Operators.__xor__(a, b)
    def __invert__(self): return shared.Operators.__invert__(self)

    def __hash__(self):
        return <Py_hash_t>(<uintptr_t><PyObject*>self >> 4)

    def __bool__(self):
        tracer = tracing()
        if tracer is not None:
            return tracer.guard(self)
        lost(self)
        return of(self).data != 0.0

    def isnan(self):
        """Whether the number is nan."""
        if tracing() is not None:
            return not self <= self
        lost(self)
        return bool(isnan(of(self).data))

    def isfinite(self):
        """Whether the number is neither infinite nor nan."""
        if tracing() is not None:
            return bool(abs(self) < INFINITY)
        lost(self)
        return bool(isfinite(of(self).data))

    def __float__(self): refuse_conversion("float")
    def __int__(self): refuse_conversion("int")
    def __complex__(self): refuse_conversion("complex")
    def __array_ufunc__(self, ufunc, method, *inputs, **options): return shared.arrays.apply(ufunc, method, inputs, options)
    def __array_function__(self, func, types, args, options): return shared.arrays.call(func, args, options)

    # Showing and copying.

    def __sizeof__(self): return sizeof(Node) + (0 if of(self).size <= INLINE else of(self).size * sizeof(Edge))
    def __dir__(self): return known(self)
    def __repr__(self): return shared.text(self)
    def __format__(self, spec): return format(self.data, spec) if spec else repr(self)
    def __copy__(self): return shared.copied(self)
    def __deepcopy__(self, memo): return shared.deeply_copied(self, memo)


cdef object fresh(PyTypeObject* cls, PyObject* args, PyObject* options):
    """tp_new: for Value alone, since a class that hides `__init_subclass__` may derive from it all the same."""
    return node_new(0.0, NULL, 0) if cls == <PyTypeObject*>Value else refuse_subclass(<object>cls)


node_register(<PyTypeObject*>Value, <newfunc>fresh)
(<dict>(<PyTypeObject*>Value).tp_dict)["__init_subclass__"] = classmethod(lambda cls: refuse_subclass(cls))  # Cython has no other way
