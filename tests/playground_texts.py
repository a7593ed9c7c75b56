"""The playground's page, and its texts as the engine computes them: the same lines run by Python, their numbers as Values."""

import ast
import random
import runpy

from checkout import ROOT

from autograd import TABLE, Value, ops

INPUTS = ("a", "b", "c")
BINARY = ("+", "-", "*", "/", "**", "//", "%")
COMPARED = {ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "less", ast.GtE: "less_equal", ast.Eq: "equal"}
SWAPPED = (ast.Gt, ast.GtE)


def module():
    """docs/playground.py, which writes the page."""
    return runpy.run_path(str(ROOT / "docs" / "playground.py"))


class _Recorded(ast.NodeTransformer):
    """Comparisons stay in the graph, and numbers that stand alone are inputs."""

    def visit_Compare(self, node):
        self.generic_visit(node)
        kind, sides = type(node.ops[0]), [node.left, node.comparators[0]]
        name = ast.Name(COMPARED[kind], ast.Load())
        return ast.Call(name, sides[::-1] if kind in SWAPPED else sides, [])

    def visit_Assign(self, node):
        self.generic_visit(node)
        if _is_number(node.value):
            node.value = _leaf(node.value)
        elif isinstance(node.value, ast.List):
            node.value.elts = [_leaf(x) if _is_number(x) else x for x in node.value.elts]
        return node


def _is_number(x):
    return isinstance(x.operand if isinstance(x, ast.UnaryOp) else x, ast.Constant)


def _leaf(x):
    return ast.Call(ast.Name("Value", ast.Load()), [x], [])


def computed(text):
    """The result of these lines, each node with the name that it has in the playground."""
    tree = ast.fix_missing_locations(_Recorded().visit(ast.parse(text)))
    known = {**{name: op for name, op in TABLE.items() if op.constant_of is None}, "Value": Value}
    result = None
    for line in tree.body:
        wrapped = ast.Expression(line.value)
        result = eval(compile(ast.fix_missing_locations(wrapped), "text", "eval"), known)  # noqa: S307  # lines of the tests
        if isinstance(line, ast.Assign):
            name = line.targets[0].id
            known[name] = result
            for label, x in [(f"{name}[{i}]", x) for i, x in enumerate(result)] if isinstance(result, list) else [(name, result)]:
                if isinstance(x, Value) and x.label is None:
                    x.label = label
    return result


def called(op, args):
    """A call of an operation as text; the arguments of one that takes sequences in brackets."""
    n = len(args) // max(op.sequences, 1)
    parts = [f"[{', '.join(args[i : i + n])}]" for i in range(0, len(args), n)] if op.sequences else args
    return f"{op.name}({', '.join(parts)})"


def generated(seed):
    """Some lines of random operations, at numbers where they are smooth; half of its signs are Python's."""
    choose = random.Random(seed)  # noqa: S311  # samples
    lines = [f"{name} = {round(choose.uniform(0.2, 0.9), 2)}" for name in INPUTS]
    names = [*INPUTS]
    rows = [op for op in TABLE.values() if op.constant_of is None and op is not ops.zeta]

    def operand(depth):
        if depth == 0 or choose.random() < 0.3:
            if choose.random() < 0.2:
                return repr(choose.choice([0.5, 2.0, 3, 0.25]))
            return choose.choice(names[-5:])
        if choose.random() < 0.5:
            sign = choose.choice([*BINARY, *BINARY[:4], "<", ">="])
            left, right = operand(depth - 1), operand(depth - 1)
            return ast.unparse(ast.parse(f"({left}) {sign} ({right})"))  # with as few parentheses as Python needs
        if choose.random() < 0.2:
            return ast.unparse(ast.parse(f"-({operand(depth - 1)})"))
        op = choose.choice(rows)
        return called(op, [operand(depth - 1) for _ in range(op.arity or 2 * choose.randint(1, 2))])

    for k in range(choose.randint(2, 5)):
        lines.append(f"t{k} = {operand(3)}")
        names.append(f"t{k}")
    return "\n".join([*lines, f"y = sum([{', '.join(names)}])"])
