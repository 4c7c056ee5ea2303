"""Counts parameters and multiply-accumulates from an ONNX file, by its shapes alone.

The definitions are the report's: parameters are the elements of weights, biases and scales, without running
statistics; multiply-accumulates are those of matrix products and convolutions, for a batch of one. Eq. 16-17
of FD-SKD are counted as printed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import onnx
from onnx import helper, shape_inference

Shape = list[int | None]

#: Inputs that hold learned parameters, per operator.
PARAMETERS = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (0, 1, 2),
    "MatMul": (0, 1),
    "BatchNormalization": (1, 2),
    "Gather": (0,),
    "InstanceNormalization": (1, 2),
    "PRelu": (1,),
}
FLOATS = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
)
PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
#: Operators without parameters and products: a network of these and of the above can be counted in full.
FREE = set(
    """
    Abs AveragePool Cast Clip Concat Constant DepthToSpace Dropout Elu Flatten GlobalAveragePool
    GlobalMaxPool HardSigmoid HardSwish Identity LeakyRelu LpPool Max MaxPool Pad ReduceMean Relu Reshape
    Resize Selu Shape Sigmoid Slice Softmax Softsign SpaceToDepth Split Squeeze Sum Tanh ThresholdedRelu
    Transpose Unsqueeze Upsample
    """.split()
)


@dataclass
class Count:
    """What one node costs; nil where a shape is not known."""

    op: str
    macs: int | None = 0
    #: Elements of its parameters, by name: a shared one is counted once in a total.
    parameters: dict[str, int] = field(default_factory=dict)
    paper_params: int | None = None
    paper_flops: int | None = None


def with_batch_of_one(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose inputs' open first dimensions are 1, with every shape that then follows; no weights."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    del copy.graph.value_info[:]
    for output in copy.graph.output:
        output.type.tensor_type.ClearField("shape")
    for value in copy.graph.input:
        dims = value.type.tensor_type.shape.dim
        if dims and dims[0].dim_value <= 0:
            dims[0].dim_value = 1
    return shape_inference.infer_shapes(copy, data_prop=True)


def bodies(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """What the node runs: the branches of an If, the body of a Loop."""
    return [g for a in node.attribute for g in ([a.g] if a.HasField("g") else a.graphs)]


@dataclass
class Scope:
    """What is known of the values that the nodes of a graph see."""

    shapes: dict[str, Shape]
    #: Element types of what no input of the network can change: constants, and what is computed from them alone.
    constants: dict[str, int]
    #: Names of constants that differ from those of every other graph.
    keys: dict[str, str]

    def inside(self, graph: onnx.GraphProto, place: str, initializers: set[str]) -> Scope:
        shapes = dict(self.shapes)
        inferred: dict[str, int] = {}
        for value in [*graph.input, *graph.value_info, *graph.output]:
            tensor = value.type.tensor_type
            inferred[value.name] = tensor.elem_type
            if tensor.HasField("shape"):
                dims = tensor.shape.dim
                shapes[value.name] = [d.dim_value if d.HasField("dim_value") else None for d in dims]
        shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
        types = {t.name: t.data_type for t in graph.initializer if t.name in initializers}
        types |= {s.values.name: s.values.data_type for s in graph.sparse_initializer}
        known = self.constants | types
        for node in graph.node:
            # What ONNX does not infer: ONNX Runtime's own form of an operator of ONNX.
            if node.op_type == "DequantizeLinear" and node.domain:
                inferred[node.output[0]] = onnx.TensorProto.FLOAT
                shapes.setdefault(node.output[0], shapes.get(node.input[0]))
            if all(name in known for name in node.input if name) and "Random" not in node.op_type:
                new = {name: inferred.get(name, onnx.TensorProto.UNDEFINED) for name in node.output}
                known |= new
                types |= new
        return Scope(shapes, known, self.keys | {name: f"{place}{name}" for name in types})


def scope_of(model: onnx.ModelProto) -> tuple[onnx.GraphProto, Scope]:
    """The model's graph, with all shapes that can be inferred, and what its nodes see."""
    graph = with_batch_of_one(model).graph
    # From IR 4 on an initializer that is also an input is a default, which callers may replace.
    inputs = {value.name for value in model.graph.input} if model.ir_version >= 4 else set()
    names = {t.name for t in graph.initializer} - inputs
    return graph, Scope({}, {}, {}).inside(graph, "", names)


def product(lengths: Shape) -> int | None:
    return None if None in lengths else math.prod(lengths)


def times(*factors: int | None) -> int | None:
    return None if None in factors else math.prod(factors)


def count_nodes(model: onnx.ModelProto) -> list[tuple[str, Count]]:
    """With the node's name, or that of its first output; the nodes of bodies once, before the node that runs them."""
    return list(count_graph(*scope_of(model)))


def count_graph(graph: onnx.GraphProto, scope: Scope, place: str = "") -> Iterator[tuple[str, Count]]:
    for node in graph.node:
        for number, body in enumerate(bodies(node)):
            inner = f"{place}{node.name or node.output[0]}/{number}/"
            yield from count_graph(body, scope.inside(body, inner, {t.name for t in body.initializer}), inner)
        # What computes a weight from constants is no layer; the weight counts where it is used.
        if node.op_type != "Constant" and all(name in scope.constants for name in node.output if name):
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        count = Count(node.op_type)
        shapes, constants = scope.shapes, scope.constants
        for operand in PARAMETERS.get(node.op_type, ()):
            name = node.input[operand] if operand < len(node.input) else ""
            if name in constants and shapes.get(name) and constants[name] in FLOATS:
                count.parameters[scope.keys.get(name, name)] = product(shapes[name])
        if node.op_type in PRODUCTS:
            x, w = shapes.get(node.input[0]), shapes.get(node.input[1])
            y = shapes.get(node.output[0])
            count.macs = macs(node.op_type, attributes, x, w, y)
            if node.op_type == "Conv" and w:
                per_filter = 2 * math.prod(w[1:])
                count.paper_params = (per_filter + 1) * w[0]
                count.paper_flops = times(product(y[2:]) if y else None, per_filter - 1, w[0])
        yield node.name or node.output[0], count


def macs(op: str, attributes: dict, x: Shape | None, w: Shape | None, y: Shape | None) -> int | None:
    if not x or not w or not y and op != "MatMul":
        return None
    if op == "Conv":
        return times(product(y), product(w[1:]))
    if op == "ConvTranspose":
        return times(product(x), product(w[1:]))
    if op == "Gemm":
        return times(product(y), x[0] if attributes.get("transA") else x[1])
    return times(product(y) if y else 1, x[-1])


def countable(model: onnx.ModelProto) -> bool:
    """Whether every parameter and product of the network is counted here."""
    return countable_graph(*scope_of(model))


def countable_graph(graph: onnx.GraphProto, scope: Scope) -> bool:
    known = FREE | PARAMETERS.keys()
    for node in graph.node:
        if any(name in scope.constants for name in node.output):
            continue
        inner = [(body, scope.inside(body, "", {t.name for t in body.initializer})) for body in bodies(node)]
        if inner:
            # The compiler does not know what comes out of a loop, and need not count what reads it.
            if node.op_type != "If" or not all(countable_graph(body, its) for body, its in inner):
                return False
            continue
        # With a constant an elementwise operator may hold a scale or a bias, or only a number.
        fixed = scope.constants.keys() & set(node.input)
        elementwise = node.op_type in ("Add", "Mul", "Sub", "Div") and not fixed
        if node.domain or not elementwise and node.op_type not in known:
            return False
    return True


def total_parameters(counts: list[tuple[str, Count]]) -> int:
    return sum({name: n for _, count in counts for name, n in count.parameters.items()}.values())
