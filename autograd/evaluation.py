"""An evaluation of a function on fresh Values: the graph that it recorded, and the derivatives of that graph.

If a derivative depends on no Value from outside, it is computed as numbers, by a sweep over the graph. Otherwise it is recorded as part of
the caller's graph: operation by operation, or, for a large graph, as one call of a program.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np

from autograd import foreign, ops
from autograd.arrays import Form as Shapes
from autograd.arrays import tree_ravel
from autograd.context import current, in_context, log_of_tracer, run_continued, run_of_its_own, with_active_inputs
from autograd.engine import Value, reaches, second, sweep
from autograd.engine import push as push_floats
from autograd.errors import LengthError, OperationError
from autograd.graph import order
from autograd.kinds import named_float
from autograd.locks import cached_property
from autograd.program import calls
from autograd.program.building import form_of, older
from autograd.program.calls import call
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.traced import TracedArray
from autograd.sweeps import depending, finished, pull, push
from autograd.transformed import Derivative
from autograd.trees import tree_keys, tree_map

# The derivative of a graph with at least this many nodes is a call of a program; that of a smaller one is recorded by operations.
MANY = 256


# Structures: a number, or lists, tuples, dicts and arrays of structures; see `autograd.trees`.


def described(tree: Any) -> str:
    """A description of a structure, for messages."""
    if isinstance(tree, np.ndarray):
        return f"an array of shape {tree.shape}"
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree))}"
    return f"a {type(tree).__name__}" + (f" of {len(tree)}" if isinstance(tree, list | tuple) else "")


def _keys(tree: Any) -> Sequence[Any] | None:
    """The keys or indices of the items of a container or an array; None for a number."""
    if isinstance(tree, np.ndarray):
        return range(len(tree)) if tree.ndim else None
    return tree_keys(tree)


def matched(what: str, given: Any, template: Any) -> list[Any]:
    """The numbers of a structure in the order of another one.

    Args:
        what: what the numbers are, for the message.
        given: the structure; lists, tuples and arrays of equal lengths are interchangeable in it.
        template: the structure whose keys and lengths it must have.

    Raises:
        LengthError: it has other keys or lengths.
    """
    found: list[Any] = []
    stack = [(given, template)]
    while stack:
        tree, model = stack.pop()
        keys, own = _keys(model), _keys(tree)
        fits = keys is None or (own is not None and len(own) == len(keys) and set(own) == set(keys))
        if not fits:
            numbers, expected = len(tree_ravel(tree)[0]), len(tree_ravel(model)[0])
            raise LengthError(
                f"got {numbers} numbers as {what} in {described(tree)}, expected {expected} in the structure of {described(model)}"
            )
        if keys is None:
            found.append(tree if tree.__class__ is Value else named_float(f"the {what}", tree))
        else:
            stack += [(_item(tree, key), _item(model, key)) for key in reversed(keys)]
    return found


def _item(tree: Any, key: Any) -> Any:
    """The item of a container, or the field of a dataclass."""
    return tree[key] if isinstance(tree, dict | list | tuple | np.ndarray) else getattr(tree, key)


def _pair(output: Any) -> tuple[Any, Any]:
    """The result of a function with has_aux=True, checked to be a pair."""
    if not (isinstance(output, tuple) and len(output) == 2):
        raise OperationError(
            f"with has_aux=True the function gave {described(output)}, expected a pair: return what is differentiated, aux"
        )
    return output


class Evaluation:
    """One evaluation of a function on fresh Values, and the graph that it recorded.

    Args:
        of: the transform, with its function and options.
        args: the arguments of the call.

    Attributes:
        inputs: the Values in place of the numbers of the arguments that are differentiated.
        output: the result of the function; `outputs` are its numbers and Values, one after the other.
        run: the number of this run; nodes of the function have this number or a higher one.
        since: `run`, or 0 where results are not to be joined to Values from outside.
        graph: whether the results depend on Values from outside; computed when it is first needed.
        calls: whether the graph has calls of forms.
    """

    given: Any
    has_aux: bool
    input_form: Shapes
    calls: Any
    since: int

    def __init__(self, of: Derivative, args: Sequence[Any]) -> None:
        self.of, self.args = of, tuple(args)
        self.given, self.has_aux = of.chosen(args), of.has_aux
        numbers, self.input_form = tree_ravel(self.given)
        which = "the first argument" if of.argnums == 0 else f"argument {of.argnums}"

        def called() -> None:
            # A Value given becomes a node of its own, so that what f captured of it stays apart.
            self.run = current().runs[-1]
            self.inputs = [ops.sum([a]) if a.__class__ is Value else Value(named_float(which, a)) for a in numbers]
            given, log = of.with_chosen(args, self.input_form.unravel(self.inputs)), log_of_tracer()
            own = (of.f,) if log is None else (log.inside, of.f)
            self.output = with_active_inputs(self.inputs, *own, *given)
            if of.has_aux:
                self.output, self.aux = _pair(self.output)
            self.outputs, self.output_form = tree_ravel(self.output)  # of a traced array the entries, which belong to this run

        before, calls_before = foreign.made, calls.made
        in_context(run_of_its_own).run(called)
        for y in self.outputs:
            if y.__class__ is not Value:
                named_float("what the function gave", y)
        self.calls = calls.made != calls_before
        self.since = self.run
        if not current().recording:  # under `no_grad` what is computed of the graph is numbers, whatever it rests on
            self.graph, self.since = False, 0
        if foreign.made != before:
            foreign.refuse_second(depending(self.nodes, self.inputs, graph=False))

    @property
    def ends(self) -> list[Value]:
        """The outputs that are Values."""
        return [y for y in self.outputs if y.__class__ is Value]

    @cached_property
    def graph(self) -> bool:
        """Whether it rests on Values from outside, arguments or captured: then what is computed of it has to stay joined to them."""
        return reaches(*self.ends, since=self.run)

    @cached_property
    def nodes(self) -> list[Value]:
        """The nodes of the graph, each after its arguments, down to nodes that are older than this run."""
        return order(*self.ends, since=self.run)

    def scalar(self) -> Any:
        """The output of a function with one number as its result; a LengthError otherwise."""
        if not self.output_form.is_single:
            if len(self.outputs) == 1:
                raise LengthError(f"the function gave {described(self.output)}, expected one number: return the number that it holds")
            raise LengthError(f"the function gave {len(self.outputs)} numbers, expected one: take its jacobian, or sum what it gives")
        return self.outputs[0]

    def value_and_gradient(self) -> tuple[Any, Any]:
        """The output, which is one number, and its gradient in the structure of the arguments."""
        y = self.scalar()
        found = self.pull([(y, 1.0)])
        return finished([y], graph=self.graph)[0], self.input_form.unravel(found)

    def with_aux(self, found: Any) -> Any:
        """A derivative, with has_aux=True as a pair with the second part of the function's result.

        Values in that part become numbers, unless the results depend on Values from outside.
        """

        def leaf(x: Any) -> Any:
            if x.__class__ is Value:
                return finished([x], graph=self.graph)[0]
            if isinstance(x, np.ndarray) and x.dtype == object:
                numbers, form = tree_ravel(x)
                return form.unravel(finished(numbers, graph=self.graph))
            return x

        return (found, tree_map(leaf, self.aux)) if self.has_aux else found

    def pull(self, cotangents: Iterable[tuple[Any, Any]]) -> list[Any]:
        """The gradient with respect to each input, given pairs of an output and its cotangent: a vector-Jacobian product."""
        received: dict[Value, Any] = {}
        for y, cotangent in cotangents:
            if y.__class__ is Value:
                received[y] = received[y] + cotangent if y in received else cotangent
        if self.may_be_floats(received.values(), whole=len(received) == len(self.ends)):
            found: list[Any] | None = sweep(received, self.inputs, self.since)
            self.graph = found is None
            if found is not None:
                return found
        if not self.is_large():
            return finished(pull(self.nodes, received, self.inputs), graph=True)
        form, given = self.form(list(received))
        adjoint = form.adjoint(range(len(received)), range(len(self.inputs)))
        return finished(call("grad", adjoint, [*given, *received.values()]), graph=True)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The tangent of each output, given a tangent of each input: a Jacobian-vector product."""
        carried = dict(zip(self.inputs, tangents, strict=True))
        if self.may_be_floats(tangents, whole=True):
            floats = push_floats(carried, self.ends, self.since)
            self.graph = floats is None
            if floats is not None:
                of_ends = iter(floats)
                return [next(of_ends) if y.__class__ is Value else 0.0 for y in self.outputs]
        if not self.is_large():
            return finished(push(self.nodes, carried, self.outputs), graph=True)
        form, given = self.form(self.outputs)
        found = call("jvp", form.tangent(range(len(tangents))), [*given, *tangents])
        return finished(found[len(self.outputs) :], graph=True)

    def gradient(self) -> "Evaluation":
        """This evaluation with the gradient in place of the output, as a graph on the same inputs."""
        before, calls_before, y = foreign.made, calls.made, self.scalar()
        made = copy(self)
        made.__dict__.pop("nodes", None)
        made.output = made.outputs = in_context(partial(run_continued, self.run)).run(self._gradient, y)
        made.output_form = self.input_form
        made.calls = self.calls or calls.made != calls_before
        if foreign.made != before:
            foreign.refuse_second(depending(made.nodes, made.inputs, graph=False))
        return made

    def _gradient(self, y: Any) -> list[Any]:
        if y.__class__ is not Value:
            return [0.0] * len(self.inputs)
        if not self.is_large():
            return pull(self.nodes, {y: 1.0}, self.inputs)
        form, given = self.form([y], self.inputs)
        return call("grad", form.adjoint([0], range(len(self.inputs))), [*given, 1.0])

    def second(self, vector: Sequence[Any] = ()) -> list[Any]:
        """The Hessian of the output times a vector; without one, the rows of the Hessian."""
        y = self.scalar()
        if y.__class__ is Value and not self.joined(vector):
            found, n = second(y, self.inputs, vector), len(self.inputs)
            if found is not None:
                return found if vector else [found[i::n] for i in range(n)]
            if self.is_large() or not any(node.args and not isinstance(node.op, calls.Call) for node in self.nodes):
                form, given = self.form([y])
                before, adjoint = foreign.made, form.adjoint([0], range(n))
                if foreign.made == before:
                    at = [*given, 1.0]
                    return adjoint.sweep(at, range(n), vector, range(n)) if vector else adjoint.jacobian(at, range(n), forward=False)
        if (
            y.__class__ is Value
            and self.joined(vector)
            and self.is_large(4 if vector else len(self.inputs))
            and (found := self._second_by_form(y, vector)) is not None
        ):
            return found
        gradient = self.gradient()
        return gradient.pull(zip(gradient.outputs, vector, strict=True)) if vector else gradient.rows(forward=False)

    def _second_by_form(self, y: Value, vector: Sequence[Any]) -> list[Any] | None:
        """The same by two passes over the form of the output; None where an operation of the user's own has no second derivative."""
        every = range(len(self.inputs))
        form, given = self.form([y])
        before, adjoint = foreign.made, fused(form.adjoint([0], every))
        if foreign.made != before:
            return None
        if vector:
            return finished(call("hvp", adjoint.adjoint(every, every), [*given, 1.0, *vector]), graph=True)
        found = finished(call("hessian", fused(adjoint.rows(every, forward=False)), [*given, 1.0]), graph=True)
        return [found[i : i + len(every)] for i in range(0, len(found), len(every))]

    def is_large(self, count: int = 1) -> bool:
        """Whether so many derivatives of it are calls of a program, rather than recorded operation by operation."""
        tracer: Any = current().tracer
        if tracer is None:
            return len(self.nodes) >= MANY
        many = len(self.nodes) * (1 if tracer.guards else count) >= MANY  # paths are a tree where there are no calls
        return tracer.lazy and (self.calls or many)

    def form(self, outputs: Sequence[Any], inputs: Sequence[Any] = ()) -> tuple[Form, list[Any]]:
        """The graph as a form.

        Args:
            outputs: the outputs of the form, Values and numbers.
            inputs: what the form is to be called with; by default the numbers, or Values, with which the function was called.

        Returns:
            The form from the inputs, then all that the function captured, to these outputs; and what to call it with.
        """
        captured = older(self.nodes, self.run, calls=self.calls) if self.graph else []
        given = inputs or [x if x.args and self.graph else x._number for x in self.inputs]  # a Value's
        whole = self.calls or any(x.__class__ is TracedArray for x in captured)
        form = form_of(outputs, [*self.inputs, *captured], self.nodes if whole else ())
        return fused(form) if whole else form, [*given, *captured]

    def rows(self, *, forward: bool) -> list[list[Any]]:
        """The rows of the Jacobian, in forward or reverse mode."""
        several = self.ends and not self.graph and self.calls
        n = len(self.inputs)
        if several:  # one pass over a program, and one run over lanes
            form, given = self.form(self.outputs)
            return form.jacobian(given, range(n), forward=forward)
        if self.ends and self.graph and self.is_large(n if forward else len(self.ends)):
            form, given = self.form(self.outputs)
            found = finished(call("jacobian", fused(form.rows(range(n), forward=forward)), given), graph=True)
            return [found[i : i + n] for i in range(0, len(found), n)]
        if forward:
            columns = [self.push([1.0 if k == i else 0.0 for k in range(n)]) for i in range(n)]
            return [list(row) for row in zip(*columns, strict=True)]
        return [self.pull([(y, 1.0)]) for y in self.outputs]

    def may_be_floats(self, numbers: Iterable[Any], *, whole: bool) -> bool:
        """Whether a derivative by these cotangents or tangents may be computed as floats.

        Where it is not known yet, a sweep over the whole graph finds it out.
        """
        known = vars(self).get("graph", None if whole else self.graph)
        return not known and not any(x.__class__ is Value for x in numbers)

    def joined(self, numbers: Iterable[Any]) -> bool:
        """Whether a derivative by these cotangents or tangents depends on Values from outside, so that it has to be recorded."""
        return self.graph or any(x.__class__ is Value for x in numbers)
