"""Counts parameters and multiply-accumulates from an ONNX file, by its shapes alone.

The definitions are the report's: parameters are the elements of weights, biases and scales, without running
statistics; multiply-accumulates are those of matrix products and convolutions, for a batch of one. Eq. 16-17
of FD-SKD are counted as printed.
"""

from __future__ import annotations

import math
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
    "InstanceNormalization": (1, 2),
    "PRelu": (1,),
}
PRODUCTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
#: Operators without parameters and products: a network of these and of the above can be counted in full.
FREE = set(
    """
    Abs AveragePool Cast Clip Concat Constant DepthToSpace Dropout Elu Flatten Gather GlobalAveragePool
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


def shapes_of(model: onnx.ModelProto) -> dict[str, Shape]:
    graph = with_batch_of_one(model).graph
    shapes: dict[str, Shape] = {}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        if tensor.HasField("shape"):
            shapes[value.name] = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    return shapes


def product(lengths: Shape) -> int | None:
    return None if None in lengths else math.prod(lengths)


def times(*factors: int | None) -> int | None:
    return None if None in factors else math.prod(factors)


def count_nodes(model: onnx.ModelProto) -> dict[str, Count]:
    """By the node's name, or that of its first output."""
    shapes = shapes_of(model)
    constants = {tensor.name for tensor in model.graph.initializer}
    constants |= {node.output[0] for node in model.graph.node if node.op_type == "Constant"}
    # What a constant becomes by reshaping alone is still the same parameter.
    for node in model.graph.node:
        if node.op_type in ("Identity", "Transpose", "Reshape", "Cast") and node.input[0] in constants:
            constants.add(node.output[0])
    counts = {}
    for node in model.graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        count = Count(node.op_type)
        for operand in PARAMETERS.get(node.op_type, ()):
            name = node.input[operand] if operand < len(node.input) else ""
            if name in constants and shapes.get(name):
                count.parameters[name] = product(shapes[name])
        if node.op_type in PRODUCTS:
            x, w = shapes.get(node.input[0]), shapes.get(node.input[1])
            y = shapes.get(node.output[0])
            count.macs = macs(node.op_type, attributes, x, w, y)
            if node.op_type == "Conv" and w:
                per_filter = 2 * math.prod(w[1:])
                count.paper_params = (per_filter + 1) * w[0]
                count.paper_flops = times(product(y[2:]) if y else None, per_filter - 1, w[0])
        counts[node.name or node.output[0]] = count
    return counts


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
    known = FREE | PARAMETERS.keys()
    constants = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:
        elementwise = node.op_type in ("Add", "Mul", "Sub", "Div") and not constants & set(node.input)
        if node.domain or not elementwise and node.op_type not in known:
            return False
    return True


def total_parameters(counts: dict[str, Count]) -> int:
    return sum({name: n for count in counts.values() for name, n in count.parameters.items()}.values())
