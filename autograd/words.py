"""Words of PyTorch, JAX, HIPS autograd, micrograd, TensorFlow, NumPy and SymPy, with the spelling used here: see `autograd.spellings`.

The names of NumPy's functions, which take Values, are not listed.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from autograd.errors import OperationError, UnknownModuleError, api_boundary
from autograd.spellings import Spelling, advice, keywords

_ONE = "a Value is one number"

VALUE = (
    Spelling("item numpy tolist value val primal aval double float to cpu cuda gpu type astype type_as evalf eval "
             "read_value block_until_ready", "v.data", 2.0, "its number, a Python float"),
    Spelling("long int short byte", "int(v.data)", 2, "since its number is a float"),
    Spelling("detach detach_", "autograd.stop_gradient(v)", 2.0, "or Value(v.data) for a new leaf"),
    Spelling("clone copy", "Value(v.data)", 2.0,
             "a new leaf; no operation changes a Value, so v itself serves as well"),
    Spelling("requires_grad requires_grad_ trainable is_cuda is_sparse", "autograd.no_grad()", None,
             "around what shall record nothing; else every Value records"),
    Spelling("retain_grad retain_graph register_hook grad_ tangent", "v.grad", 0.0,
             "which every Value below keeps after backward(), and no graph is freed"),
    Spelling("is_leaf", "v.op is None", gives=True),
    Spelling("grad_fn _op", "y.op.name", "mul", "of the operation that made it"),
    Spelling("_prev parents children inputs parameters", "y.args", (2.0, 2.0),
             "what it was computed from, Values and floats"),
    Spelling("_backward", "y.partials", (2.0, 2.0), "its local derivatives"),
    Spelling("gradient", "v.grad", 0.0, "after y.backward(); for a function write autograd.grad(f)(x)"),
    Spelling("zero_grad", "v.grad = 0.0", None, "or model.zero_grad()"),
    Spelling("name names", "v.label", "v"),
    Spelling("shape size numel nelement ndim ndimension dim dtype device devices layout stride T mT H t view "
             "reshape flatten ravel squeeze unsqueeze permute transpose expand repeat", "np.array([v, w])", (2.0, 3.0),
             f"for an array of Values; {_ONE}"),
    Spelling("mean", "autograd.sum(vs) / len(vs)", 2.5, f"of several Values; {_ONE}"),
    Spelling("sum", "autograd.sum(vs)", 5.0, f"of several Values; {_ONE}"),
    Spelling("prod std var", "np.prod(vs)", 6.0, f"or np.std or np.var, of several Values; {_ONE}"),
    Spelling("argmax argmin", "np.argmax(vs)", 1, f"or np.argmin, of several Values; {_ONE}"),
    Spelling("max amax maximum fmax", "autograd.maximum(v, w)", 3.0, f"of two or more Values; {_ONE}"),
    Spelling("min amin minimum fmin", "autograd.minimum(v, w)", 2.0, f"of two or more Values; {_ONE}"),
    Spelling("softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049), "of a list of Values"),
    Spelling("log_softmax", "nn.log_softmax(vs)", (-1.3132616875182228, -0.3132616875182228), "of a list of Values"),
    Spelling("dot matmul mm mv bmm inner", "autograd.dot(vs, ws)", 12.0, "of lists of Values"),
    Spelling("logsumexp", "autograd.logsumexp(vs)", 3.3132616875182226, "of a list of Values"),
    *[Spelling(names, f"v {sign} w", gives) for names, sign, gives in (
        ("add add_", "+", 5.0), ("sub sub_", "-", -1.0), ("mul mul_", "*", 6.0), ("div div_ divide true_divide", "/", 2 / 3),
        ("pow pow_ power", "**", 8.0), ("remainder mod fmod", "%", 2.0), ("floordiv floor_divide", "//", 0.0),
        ("eq equal", "==", False), ("ne", "!=", True), ("lt less", "<", True), ("le less_equal", "<=", True),
        ("gt greater", ">", False), ("ge greater_equal", ">=", False))],
    Spelling("square pow2", "v**2", 4.0),
    Spelling("reciprocal", "1 / v", 0.5),
    Spelling("neg negative", "-v", -2.0),
    Spelling("trunc fix", "math.trunc(v)", 2.0),
    Spelling("frac", "v - math.trunc(v)", 0.0),
    Spelling("clamp clamp_ clamp_min clamp_max", "v.clip(0.0, 1.0)", 1.0),
    Spelling("relu6", "v.clip(0.0, 6.0)", 2.0),
    Spelling("hardtanh", "v.clip(-1.0, 1.0)", 1.0),
    Spelling("rsqrt", "v**-0.5", 0.7071067811865476),
    Spelling("expit", "v.sigmoid()", 0.8807970779778823),
    Spelling("log_sigmoid logsigmoid", "-(-v).softplus()", -0.1269280110429725),
    Spelling("isinf logical_and logical_or logical_not isclose allclose sinc heaviside", "np.isinf(v)", gives=False,
             note="or another of NumPy's functions"),
    Spelling("logit", "(v / (1.0 - v)).log()", None, "of a Value between 0 and 1"),
    Spelling("elu", "autograd.maximum(v, 0.0) + autograd.minimum(v, 0.0).expm1()", 2.0),
    Spelling("softsign", "v / (1.0 + abs(v))", 0.6666666666666666),
    Spelling("mish", "v * v.softplus().tanh()", 1.9439589595339946),
    Spelling("exp_ log_ sqrt_ sin_ cos_ tanh_ sigmoid_ relu_ abs_ neg_ round_ floor_ ceil_", "v.exp()",
             7.38905609893065, "or v.log(), v.sqrt() and so on: operations give new Values, none changes its operand"),
    Spelling("fill_ copy_ set_ zero_ assign assign_add assign_sub", "v.data = 0.0", None, "or another number"),
    Spelling("where masked_fill", "autograd.where(v > 0.0, v, w)", 2.0),
    Spelling("lerp", "v + 0.5 * (w - v)", 2.5),
    Spelling("zeros_like new_zeros", "Value(0.0)", 0.0),
    Spelling("ones_like new_ones", "Value(1.0)", 1.0),
    Spelling("jacobian derivative deriv diff", "grad(f)(2.0)", 12.0,
             "of a function; after y.backward() the derivative of y is v.grad"),
    Spelling("subs simplify free_symbols", "autograd.to_sympy(y)", None, "as a formula of SymPy"),
    Spelling("forward", "f(v)", 8.0, "since a Value is computed where it is made"),
    Spelling("tape graph", "autograd.order(y)", (2.0, 4.0), "its nodes, each after its arguments"),
)  # fmt: skip

AUTOGRAD = (
    Spelling("Tensor tensor Variable Parameter as_tensor from_numpy convert_to_tensor constant Node Engine Symbol "
             "MX SX DM", "Value(2.0)", 2.0, "for one number; an array of Values is np.array([v, w])"),
    Spelling("elementwise_grad egrad", "vmap(grad(f))(np.array([1.0, 2.0]))", (3.0, 12.0)),
    Spelling("holomorphic_grad", "grad(f)(2.0)", 12.0, "of a real function; there are no complex Values"),
    Spelling("grad_and_value value_and_gradient grad_and_aux value_and_multigrad", "value_and_grad(f)(2.0)",
             (8.0, 12.0)),
    Spelling("multigrad_dict grad_named", "grad(lambda p: f(p['a']))({'a': 2.0})['a']", 12.0,
             "since arguments may be dicts"),
    Spelling("make_vjp linear_transpose", "vjp(f)(2.0)(1.0)", 12.0),
    Spelling("make_jvp make_jvp_reversemode linearize", "jvp(f)(2.0, 1.0)", 12.0, "the derivative at 2.0 along 1.0"),
    Spelling("make_hvp hessian_vector_product hessian_tensor_product", "autograd.hvp(f)(2.0, 1.0)", 12.0),
    Spelling("check_grads check_grad", "autograd.gradcheck(f, 2.0)", None, "which raises where a derivative is wrong"),
    Spelling("set_grad_enabled enable_grad is_grad_enabled inference_mode", "autograd.no_grad()", None,
             "after with, or as a decorator"),
    Spelling("set_detect_anomaly anomaly_mode debug_nans", "autograd.detect_anomaly()", None,
             "after with, or as a decorator"),
    Spelling("compile function njit script trace lambdify", "jit(f)(2.0)", 8.0),
    Spelling("pmap shard_map xmap lax_map map", "vmap(f)(np.array([1.0, 2.0]))", (1.0, 8.0)),
    Spelling("stop_grad detach no_gradient", "autograd.stop_gradient(v)", 2.0),
    Spelling("primitive defvjp defjvp custom_vjp custom_jvp custom_gradient Function",
             "autograd.Op('cube', lambda xp, x: x**3, lambda y, x: (3.0 * x**2,))(v)", 8.0,
             "an operation with its local derivatives"),
    Spelling("make_dot plot_graph draw_dot visualize print_graph graphviz", "autograd.draw(y)"),
    Spelling("mean average", "np.mean(vs)", 2.5),
    Spelling("prod", "np.prod(vs)", 6.0),
    Spelling("max amax fmax", "autograd.maximum(v, w)", 3.0),
    Spelling("min amin fmin", "autograd.minimum(v, w)", 2.0),
    Spelling("power float_power", "v**w", 8.0),
    Spelling("square", "v**2", 4.0),
    Spelling("matmul mm mv inner vdot", "autograd.dot(vs, ws)", 12.0),
    Spelling("clamp", "autograd.clip(v, 0.0, 1.0)", 1.0),
    Spelling("expit logistic", "autograd.sigmoid(0.0)", 0.5),
    Spelling("gammaln", "autograd.lgamma(2.0)", 0.0),
    Spelling("softmax log_softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049), "with import nn"),
    Spelling("cross_entropy", "nn.cross_entropy(vs, 0)", 1.3132616875182228, "with import nn"),
    *[Spelling(name, f"autograd.{ours}(0.5)", gives) for name, ours, gives in (
        ("arcsin", "asin", 0.5235987755982989), ("arccos", "acos", 1.0471975511965979), ("arctan", "atan", 0.4636476090008061),
        ("arcsinh", "asinh", 0.48121182505960347), ("arctanh", "atanh", 0.5493061443340549))],
    Spelling("arctan2", "autograd.atan2(1.0, 0.0)", 1.5707963267948966),
    Spelling("arccosh", "autograd.acosh(1.0)", 0.0),
    Spelling("absolute fabs", "autograd.abs(-2.0)", 2.0),
    Spelling("numpy scipy np jnp", "np.exp(v)", 7.38905609893065,
             "with import numpy as np, whose functions take Values"),
    Spelling("misc extend test_util builtins wrap_util differential_operators functional func experimental core "
             "tracer", "vmap(grad(f))(np.array([1.0, 2.0]))", (3.0, 12.0),
             "since every transform is in autograd itself, and Op declares operations"),
    Spelling("inf nan pi e random math newaxis float32 float64 int32 dtype rand randn manual_seed seed PRNGKey",
             "np.random.default_rng(0).normal(size=2)", None, "or another name of NumPy, whose functions take Values"),
    Spelling("nn Module MLP Layer Neuron Model Sequential keras", "nn.MLP(2, [3, 1])", None, "with import nn"),
    Spelling("optim optimizers SGD Adam AdamW", "nn.Adam(model.parameters(), lr=0.01)", None, "with import nn"),
    Spelling("fit minimize", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)", None,
             "with import nn; scipy.optimize.minimize takes value_and_grad(f)"),
    Spelling("backward gradients GradientTape Tape", "autograd.gradient(y, v)", 4.0,
             "or y.backward(), which fills in v.grad"),
    Spelling("deriv derivative", "grad(f)(2.0)", 12.0),
    Spelling("make_ggnvp tensor_jacobian_product", "vjp(f)(2.0)(1.0)", 12.0),
    Spelling("ravel_pytree flatten_util tree tree_util tree_map tree_leaves tree_flatten tree_structure",
             "autograd.ravel({'a': 2.0, 'b': [3.0]})[0]", (2.0, 3.0),
             "a vector; the second result makes the structure of a vector again"),
    Spelling("fori_loop map_loop lax associative_scan", "autograd.scan(lambda c, _: (2.0 * c, c), 1.0, length=3)[0]",
             8.0, "or autograd.while_loop, autograd.cond"),
    Spelling("switch select", "autograd.where(v > w, v, w)", 3.0, "or autograd.cond, which runs one of two functions"),
    Spelling("checkpoint remat", "autograd.scan(lambda c, _: (2.0 * c, c), 1.0, length=3)[0]", 8.0,
             "which keeps checkpoints by itself"),
    Spelling("make_jaxpr jaxpr xla_computation eval_shape profiler", "jit(f).explain()", None,
             "which says what was recorded"),
    Spelling("disable_jit", "f(2.0)", 8.0, "without jit"),
    Spelling("device_put devices device block_until_ready enable_x64", "v.data", 2.0,
             "a Python float, of 64 bits, in the machine's memory"),
    Spelling("named_scope named_call", "autograd.scope('loss')", None, "after with, or as a decorator"),
    Spelling("cat concat", "np.concatenate([vs, ws])", (2.0, 3.0, 3.0, 2.0)),
    Spelling("asarray from_dlpack", "np.array(vs)", (2.0, 3.0)),
    Spelling("logsigmoid log_sigmoid", "-autograd.softplus(-v)", -0.1269280110429725),
    Spelling("logit", "autograd.log(0.5 / (1.0 - 0.5))", 0.0),
    Spelling("rsqrt", "v**-0.5", 0.7071067811865476),
    Spelling("elu", "autograd.maximum(v, 0.0) + autograd.expm1(autograd.minimum(v, 0.0))", 2.0),
    Spelling("swish", "autograd.silu(v)", 1.7615941559557646),
    Spelling("norm_cdf", "autograd.ndtr(v)", 0.9772498680518208),
    Spelling("polygamma", "grad(autograd.digamma)(2.0)", 0.6449340668482264,
             "polygamma of order 1, and of order n with n times grad"),
    Spelling("diff", "grad(f)(2.0)", 12.0, "for a derivative; differences are np.diff"),
    Spelling("version", "autograd.__version__"),
)  # fmt: skip

ARRAY = (
    Spelling("pow pow_ square", "x**2", (4.0, 9.0)),
    Spelling("detach", "autograd.stop_gradient(x)", (2.0, 3.0)),
    Spelling("clamp", "np.clip(x, 0.0, 1.0)", (1.0, 1.0)),
    Spelling("norm", "np.linalg.norm(x)", 3.605551275463989),
    Spelling("softmax", "nn.softmax(x)", (0.2689414213699951, 0.7310585786300049)),
    Spelling("mm mv matmul", "x @ x", 13.0),
    Spelling("t", "x.T", (2.0, 3.0)),
    Spelling("unsqueeze", "x[:, None]", None),
    Spelling("numel nelement", "x.size", 2),
    Spelling("numpy cpu to double float", "[v.data for v in x]", (2.0, 3.0), "numbers, which lose the gradient"),
    Spelling("at", "np.where(x > 2.5, 0.0, x)", (2.0, 0.0), "a new array"),
    Spelling("backward grad requires_grad", "grad(lambda x: np.sum(x**2))(np.array([2.0, 3.0]))", (4.0, 6.0)),
    Spelling("iloc loc values to_numpy columns index", "x[0]", 2.0,
             "since a table is handed in as an array of its rows, without labels"),
)  # fmt: skip

RECORDED = (
    Spelling("lower trace eval_shape make_jaxpr graph code inspect_types get_concrete_function",
             "jit(f).explain()", None, "which says what was recorded, and what runs it"),
    Spelling("py_func fun func", "jit(f).f"),
    Spelling("clear_cache cache_clear", "jit(f)", None, "which records anew"),
    Spelling("argnum wrt", "grad(f).argnums", 0),
)  # fmt: skip

BACKWARD = (
    Spelling("retain_graph", "y.backward()", None, "as often as you like, since no graph is freed"),
    Spelling("create_graph", "autograd.gradient(y, v)", 4.0, "Values that can be differentiated again"),
    Spelling("inputs", "autograd.gradient(y, [v])", (4.0,), "which leaves every v.grad as it is"),
    Spelling("gradient grad grad_tensors grad_output dz", "y.backward(1.0)", None, "the gradient of y, by position"),
)

CALLS = (
    Spelling("grad(f, 1)", "grad(lambda a, b: a * b, argnums=1)(2.0, 3.0)", 2.0),
    Spelling("jvp(f, (x,), (v,))", "jvp(f)(2.0, 1.0)", 12.0),
    Spelling("vjp(f, x)", "vjp(f)(2.0)(1.0)", 12.0),
    Spelling("jacobian(f, x)", "autograd.jacobian(f)(2.0)", 12.0),
    Spelling("jax.lax.scan(step, init, xs)", "autograd.scan(lambda c, x: (c * v + x, c), 0.0, np.ones(3))[0]", 7.0,
             "with a carry of floats, which ints and bools become"),
    Spelling("jax.lax.while_loop(go, step, init)", "autograd.while_loop(lambda x: x < 9.0, lambda x: x * v, 1.0)", 16.0,
             "which has reverse mode, too"),
    Spelling("jax.lax.fori_loop(0, 3, step, init)", "autograd.scan(lambda c, i: (c * v + i, None), 0.0, np.arange(3.0))[0]", 4.0),
    Spelling("jax.lax.cond(p, f, g, x)", "autograd.cond(v > 1.0, f, lambda x: -x, v)", 8.0),
    Spelling("torch.cond(p, f, g, (x,))", "autograd.cond(v > 1.0, f, lambda x: -x, v)", 8.0, "with the arguments one by one"),
    Spelling("torch.while_loop(go, step, (x,))", "autograd.while_loop(lambda x: x < 9.0, lambda x: x * v, 1.0)", 16.0,
             "of one carry, which may be a tuple"),
    Spelling("casadi.Function.mapaccum(3)", "autograd.scan(lambda c, x: (c * v + x, c), 0.0, np.ones(3))[1]", (0.0, 1.0, 3.0),
             "the results of all steps"),
    Spelling("scipy.stats.norm.cdf(v)", "autograd.ndtr(v)", 0.9772498680518208),
    Spelling("scipy.special.expit(v)", "autograd.sigmoid(v)", 0.8807970779778823, "though expit(v) works as well"),
    Spelling("brentq(lambda x: x * x - v, 0, 2)", "v**0.5", 2**0.5,
             "or a step of Newton's method at the root: see the page on SciPy"),
    Spelling("np.testing.assert_allclose(v, 2.0)", "np.testing.assert_allclose(v.data, 2.0)"),
    Spelling("statistics.mean(vs)", "autograd.sum(vs) / len(vs)", 2.5),
    Spelling("json.dumps(v)", "json.dumps(v.data)", "2.0"),
    Spelling("sum(x, axis=0)", "np.sum(x, axis=0)", 5.0,
             "since operations take their arguments by position, and have no axis"),
    Spelling("clip(v, min=0.0, max=1.0)", "autograd.clip(v, 0.0, 1.0)", 1.0, "by position"),
    Spelling("leaky_relu(v, negative_slope=0.1)", "autograd.leaky_relu(v, 0.1)", 2.0, "by position"),
    Spelling("norm(x, ord=1)", "np.linalg.norm(x, ord=1)", 5.0),
    Spelling("statistics.variance(vs)", "np.var(vs, ddof=1)", 0.5),
    Spelling("np.testing.assert_equal(v, 2.0)", "np.testing.assert_equal(v.data, 2.0)"),
    Spelling("(frame['a'] * v).mean()", "np.mean(np.array([1.0, 2.0]) * v)", 3.0,
             "of a table's column frame['a'].to_numpy()"),
    Spelling("math.exp(v)", "autograd.exp(v)", 7.38905609893065),
)  # fmt: skip

TRANSFORMS = (
    Spelling("argnum argnames wrt", "grad(lambda a, b: a * b, argnums=1)(2.0, 3.0)", 2.0),
    Spelling("fun func fn", "grad(f)(2.0)", 12.0, "the function by position"),
    Spelling("primals tangents x v", "jvp(f)(2.0, 1.0)", 12.0, "point and tangent in the call of what it returns"),
    Spelling("holomorphic allow_int create_graph strict vectorize", "grad(f)(2.0)", 12.0,
             "since numbers are real, ints are differentiated as floats, and derivatives nest"),
)  # fmt: skip

JIT = (
    Spelling("static_argnums", "jit(lambda x, n: x**n, static_argnames='n')(2.0, 3)", 8.0, "by name"),
    Spelling("fun func fn", "jit(f)(2.0)", 8.0, "the function by position"),
    Spelling("nopython fullgraph dynamic mode backend device donate_argnums donate_argnames inline cache parallel "
             "fastmath", "jit(f)(2.0)", 8.0, "which needs no such setting"),
)  # fmt: skip

VMAP = (
    Spelling("in_dims", "vmap(f, in_axes=0)(np.array([1.0, 2.0]))", (1.0, 8.0)),
    Spelling("out_dims", "vmap(f, out_axes=0)(np.array([1.0, 2.0]))", (1.0, 8.0)),
    Spelling("reduction", "vmap(f, reduce='mean')(np.array([1.0, 2.0]))", 4.5),
    Spelling("fun func fn pyfunc", "vmap(f)(np.array([1.0, 2.0]))", (1.0, 8.0), "the function by position"),
    Spelling("axis_name axis_size spmd_axis_name randomness chunk_size otypes signature",
             "vmap(f)(np.array([1.0, 2.0]))", (1.0, 8.0), "which needs no such setting"),
)  # fmt: skip

LOOPS = (
    Spelling("reverse", "autograd.scan(lambda c, x: (c + x, c), 0.0, np.array([1.0, 2.0])[::-1])[0]", 3.0,
             "with xs turned round, and its results turned round again"),
    Spelling("unroll", "autograd.scan(lambda c, _: (2.0 * c, c), 1.0, length=3)[0]", 8.0, "which needs no such setting"),
    Spelling("cond_fun body_fun init_val cond_fn body_fn carried_inputs",
             "autograd.while_loop(lambda x: x < 9.0, lambda x: 2.0 * x, 1.0)", 16.0, "by position"),
    Spelling("pred true_fun false_fun true_fn false_fn operand operands",
             "autograd.cond(True, lambda x: 2.0 * x, lambda x: x, 3.0)", 6.0, "by position"),
)  # fmt: skip

OF_VALUE = (
    Spelling("requires_grad trainable", "Value(2.0)", 2.0, "which always records, except under autograd.no_grad()"),
    Spelling("name", "Value(2.0, label='x')", 2.0),
    Spelling("dtype device", "Value(2.0)", 2.0, "a float of 64 bits"),
    Spelling("_children _op children op", "v * w", 6.0, "since an operation keeps what it was computed from"),
)  # fmt: skip

keywords("grad value_and_grad jvp vjp hvp jacobian jacfwd jacrev hessian", TRANSFORMS)
keywords("jit", JIT)
keywords("vmap", VMAP)
keywords("scan while_loop cond", LOOPS)
keywords("__init__", OF_VALUE, "Value()")  # the compiled one does not say its name


def refuse_keywords(what: str, table: tuple[Spelling, ...], given: Iterable[str], otherwise: str) -> NoReturn:
    """Raise the error for keywords that are those of another library; `otherwise` is said where the table does not have one."""
    name = next(iter(given))
    raise OperationError(f"{what} has no {name}: {advice(table, name) or otherwise}")


class Elsewhere:
    """A finder of modules that are in another library of the name autograd: importing one raises an error with the spelling used here."""

    @staticmethod
    @api_boundary
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """Raise the error for such a module, and find no other."""
        package, _, module = name.partition(".")
        if package == "autograd" and (found := advice(AUTOGRAD, module)):
            raise UnknownModuleError(f"autograd has no {module}: {found}", name=name)
