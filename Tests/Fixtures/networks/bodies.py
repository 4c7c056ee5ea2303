"""Nodes that are not in the graph itself: in the model's own functions, and in bodies of If, Loop and Scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]
LOCAL = "local"


def node(op_type: str, inputs: str, outputs: str, name: str = "", **attributes: object) -> onnx.NodeProto:
    """A node of a function; inputs and outputs are separated by spaces, `_` is one that is left out."""
    names = [[part.replace("_", "") for part in side.split()] for side in (inputs, outputs)]
    return helper.make_node(op_type, *names, name=name, **attributes)


def reference(target: onnx.NodeProto, attribute: str, name: str, kind: int) -> onnx.NodeProto:
    """Gives a node's attribute the value that the call has for `name`."""
    target.attribute.append(onnx.AttributeProto(name=attribute, type=kind, ref_attr_name=name))
    return target


def function(
    net: Network,
    name: str,
    inputs: str,
    outputs: str,
    nodes: Sequence[onnx.NodeProto],
    *,
    opset: int | None = None,
    **attributes: object,
) -> None:
    """Adds a function of the domain `local`; `attributes` has the default of each, or None."""
    net.domains[LOCAL] = 1
    opsets = [helper.make_opsetid("", opset or net.opset), helper.make_opsetid(LOCAL, 1)]
    net.functions.append(
        helper.make_function(
            LOCAL,
            name,
            inputs.split(),
            outputs.split(),
            nodes,
            opsets,
            attributes=[key for key, value in attributes.items() if value is None],
            attribute_protos=[
                helper.make_attribute(key, value) for key, value in attributes.items() if value is not None
            ],
        )
    )


def call(net: Network, name: str, label: str, *inputs: str, **attributes: object) -> str:
    """Calls a function of one output by a node that is named `label`."""
    output = net.op(name, *inputs, domain=LOCAL, **attributes)
    net.nodes[-1].name = label
    return output


def convolution(net: Network, name: str, inputs: int, outputs: int) -> list[str]:
    """Weight and bias of a 3x3 convolution."""
    return [net.weight(f"{name}.weight", [outputs, inputs, 3, 3]), net.normal(f"{name}.bias", [outputs], 0.2)]


def conv_relu_function(net: Network, **options: object) -> None:
    nodes = [node("Conv", "x w b", "c", "conv", pads=[1] * 4), node("Relu", "c", "y", "relu")]
    function(net, "ConvRelu", "x w b", "y", nodes, **options)


@add(
    "function-conv",
    "a function that holds a convolution, called three times with weights of the graph",
    prunable="conv1.weight conv2.weight conv3.weight",
)
def function_conv(net: Network) -> None:
    conv_relu_function(net)
    x = call(net, "ConvRelu", "block1", net.input(IMAGE), *convolution(net, "conv1", 3, 12))
    x = call(net, "ConvRelu", "block2", x, *convolution(net, "conv2", 12, 10))
    net.head(call(net, "ConvRelu", "", x, *convolution(net, "conv3", 10, 11)), 11)


@add(
    "function-nested",
    "a residual block whose function calls one that stands behind it, which calls another before it",
    prunable="stem.weight inner.weight outer.weight",
)
def function_nested(net: Network) -> None:
    function(net, "Gate", "x", "y", [node("Sigmoid", "x", "s"), node("Mul", "x s", "y", "product")])
    block = [
        node("ConvGate", "x w1 b1", "h", "first", domain=LOCAL),
        node("ConvGate", "h w2 b2", "r", "second", domain=LOCAL),
        node("Add", "x r", "y", "sum"),
    ]
    function(net, "Residual", "x w1 b1 w2 b2", "y", block)
    inner = [
        node("Conv", "x w b", "c", "conv", pads=[1] * 4),
        node("Gate", "c", "y", "gate", domain=LOCAL),
    ]
    function(net, "ConvGate", "x w b", "y", inner)
    x = net.conv_relu(net.input(IMAGE), "stem", 3, 12)
    weights = convolution(net, "inner", 12, 10) + convolution(net, "outer", 10, 12)
    net.head(call(net, "Residual", "block", x, *weights), 12)


@add(
    "function-attribute-reference",
    "strides, groups and slopes are attributes of the calls: given, left to a default, left out",
    prunable="conv1.weight conv3.weight",
)
def function_attribute_reference(net: Network) -> None:
    integers, number = onnx.AttributeProto.INTS, onnx.AttributeProto.FLOAT
    conv = node("Conv", "x w b", "c", "conv", pads=[1] * 4)
    for name in ("strides", "dilations"):
        reference(conv, name, name, integers)
    reference(conv, "group", "groups", onnx.AttributeProto.INT)
    act = node("Slope", "c", "y", "act", domain=LOCAL)
    reference(act, "slope", "alpha", number)
    leaky = reference(node("LeakyRelu", "x", "y", "leaky"), "alpha", "slope", number)
    function(net, "Slope", "x", "y", [leaky], slope=0.3)
    function(
        net, "ConvLeaky", "x w b", "y", [conv, act], groups=1, strides=None, dilations=None, alpha=None
    )
    x = call(net, "ConvLeaky", "block1", net.input(IMAGE), *convolution(net, "conv1", 3, 12), alpha=0.05)
    weights = [net.weight("conv2.weight", [12, 1, 3, 3]), net.normal("conv2.bias", [12], 0.2)]
    x = call(net, "ConvLeaky", "block2", x, *weights, groups=12, strides=[2, 2])
    net.head(call(net, "ConvLeaky", "block3", x, *convolution(net, "conv3", 12, 10), strides=[1, 2]), 10)


@add(
    "function-optional-input",
    "a bias and a second output that some calls leave out",
    prunable="conv1.weight conv2.weight",
)
def function_optional_input(net: Network) -> None:
    nodes = [
        node("Conv", "x w b", "c", "conv", pads=[1] * 4),
        node("Relu", "c", "y", "relu"),
        node("GlobalAveragePool", "y", "p", "pool"),
    ]
    function(net, "ConvPool", "x w b", "y p", nodes)
    x = net.input(IMAGE)
    weight, bias = convolution(net, "conv1", 3, 12)
    x, _ = net.many("ConvPool", [x, weight, bias], ["c1", ""], domain=LOCAL)
    weight, _ = convolution(net, "conv2", 12, 10)
    del net.initializers[-1]
    _, pooled = net.many("ConvPool", [x, weight], ["", "p2"], domain=LOCAL)
    net.output(net.gemm(net.op("Flatten", pooled, axis=1), "logits", 10, 5), ["batch", 5])


@add(
    "function-constants",
    "weights in Constant nodes of a function that is called twice: each call has its own copy",
    prunable="first/weight second/weight",
)
def function_constants(net: Network) -> None:
    values = (net.random.standard_normal([12, 12, 3, 3]) / 8).astype(np.float32)
    nodes = [
        node("Constant", "", "weight", "weights", value=numpy_helper.from_array(values)),
        node("Conv", "x weight", "c", "conv", pads=[1] * 4),
        node("Relu", "c", "y", "relu"),
    ]
    function(net, "Fixed", "x", "y", nodes)
    x = call(net, "Fixed", "first", net.conv_relu(net.input(IMAGE), "conv1", 3, 12))
    net.head(call(net, "Fixed", "second", x), 12)


@add(
    "function-with-if",
    "a function with an If whose branches read its inner values and its inputs",
    prunable="conv1.weight",
)
def function_with_if(net: Network) -> None:
    info = [helper.make_tensor_value_info("r", TensorProto.FLOAT, None)]
    then = helper.make_graph([node("Add", "c x", "r", "sum")], "then", [], info)
    other = helper.make_graph([node("Neg", "c", "n"), node("Abs", "n", "r")], "other", [], info)
    nodes = [
        node("Tanh", "x", "c", "tanh"),
        node("If", "flag", "y", "choice", then_branch=then, else_branch=other),
    ]
    function(net, "Choose", "x flag", "y", nodes)
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    flag = net.input([], "flag", np.bool_)
    x = call(net, "Choose", "once", x, flag)
    net.head(call(net, "Choose", "twice", x, flag), 10)


@add(
    "function-other-opset",
    "a function that is written for another version of the operators: its calls stay and pin",
    prunable="conv1.weight conv4.weight",
)
def function_other_opset(net: Network) -> None:
    conv_relu_function(net, opset=16)
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    x = call(net, "ConvRelu", "block", x, *convolution(net, "conv3", 10, 11))
    net.head(net.conv_relu(net.op("Tanh", x), "conv4", 11, 9), 9)


class Inner(Network):
    """A body in the making: values that are given no name differ from those around it."""

    def op(self, op_type: str, *inputs: str, output: str = "", domain: str = "", **attributes: object) -> str:
        output = output or f"inner_{op_type.lower()}_{len(self.nodes)}"
        return super().op(op_type, *inputs, output=output, domain=domain, **attributes)


class Deeper(Inner):
    """A body inside a body."""

    def op(self, op_type: str, *inputs: str, output: str = "", domain: str = "", **attributes: object) -> str:
        output = output or f"deeper_{op_type.lower()}_{len(self.nodes)}"
        return super().op(op_type, *inputs, output=output, domain=domain, **attributes)


def body(
    inner: Network, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: dict[str, list | None]
) -> onnx.GraphProto:
    """What was built in `inner` as the body of a control-flow node; float outputs with their shapes."""
    results = [helper.make_tensor_value_info(key, TensorProto.FLOAT, shape) for key, shape in outputs.items()]
    return helper.make_graph(inner.nodes, name, inputs, results, inner.initializers)


def value(name: str, shape: Sequence[int | str], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def labelled(net: Network, op_type: str, label: str, *inputs: str, **attributes: object) -> str:
    output = net.op(op_type, *inputs, **attributes)
    net.nodes[-1].name = label
    return output


@add(
    "if-branches",
    "branches of two convolutions each, whose values and weights have the same names in both",
    prunable="conv1.weight inner.weight choice/then_branch/inner.weight outer.weight conv3.weight",
)
def if_branches(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.input([], "flag", np.bool_)

    def branch(seed: int, width: int, act: str) -> onnx.GraphProto:
        inner = Inner(seed)
        hidden = inner.op(act, inner.conv(x, "inner", 12, width), output="hidden")
        inner.conv(hidden, "outer", width, 10)
        return body(inner, f"branch {seed}", [], {"outer": ["batch", 10, 12, 12]})

    x = labelled(
        net, "If", "choice", "flag", then_branch=branch(1, 9, "Relu"), else_branch=branch(2, 7, "Tanh")
    )
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add(
    "if-one-branch-pinned",
    "the results of one branch cannot lose channels: nor can those of the other",
    prunable="inner.weight conv3.weight",
)
def if_one_branch_pinned(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.input([], "flag", np.bool_)
    inner = Inner(1)
    then = inner.conv(inner.relu(inner.conv(x, "inner", 12, 9)), "outer", 9, 12)
    other = Inner(2)
    result = other.op("Softmax", x, output="soft", axis=1)
    x = labelled(
        net,
        "If",
        "choice",
        "flag",
        then_branch=body(inner, "then", [], {then: None}),
        else_branch=body(other, "other", [], {result: None}),
    )
    net.head(net.conv_relu(x, "conv3", 12, 11), 11)


@add(
    "body-captures-weights",
    "branches and a loop whose weights are initializers of the graph; one is read inside and outside",
    prunable="conv1.weight inner.weight outer.weight",
)
def body_captures_weights(net: Network) -> None:
    image = net.input(IMAGE)
    x = net.conv_relu(image, "conv1", 3, 12)
    net.input([], "flag", np.bool_)
    inner_weight = net.weight("inner.weight", [9, 12, 3, 3])
    outer_weight = net.weight("outer.weight", [10, 9, 3, 3])
    shared = net.normal("shared.bias", [10], 0.2)

    def branch(name: str, act: str) -> onnx.GraphProto:
        inner = Inner(1)
        hidden = inner.op(act, inner.op("Conv", x, inner_weight, pads=[1] * 4), output=f"{name} hidden")
        inner.op("Conv", hidden, outer_weight, shared, pads=[1] * 4, output=f"{name} result")
        return body(inner, name, [], {f"{name} result": ["batch", 10, 12, 12]})

    x = labelled(net, "If", "choice", "flag", then_branch=branch("yes", "Relu"), else_branch=branch("no", "Tanh"))
    side = net.op("Conv", image, net.weight("side.weight", [10, 3, 1, 1]), shared)
    net.head(net.op("Add", x, side), 10)


@add(
    "loop-conv",
    "a loop whose body holds convolutions, with weights of its own and of the graph; its state stays whole",
    prunable="conv1.weight inner.weight middle.weight",
)
def loop_conv(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    middle = net.weight("middle.weight", [8, 9, 3, 3])
    inner = Inner(3)
    inner.op("Identity", "keep_in", output="keep_out")
    hidden = inner.relu(inner.conv("state_in", "inner", 10, 9))
    hidden = inner.relu(inner.op("Conv", hidden, middle, pads=[1] * 4))
    residual = inner.conv(hidden, "outer", 8, 10)
    inner.op("Tanh", inner.op("Add", "state_in", residual), output="state_out")
    state = ["batch", 10, 12, 12]
    inputs = [value("i", [], TensorProto.INT64), value("keep_in", [], TensorProto.BOOL), value("state_in", state)]
    graph = body(inner, "body", inputs, {"state_out": state})
    graph.output.insert(0, value("keep_out", [], TensorProto.BOOL))
    net.head(labelled(net, "Loop", "loop", net.constant("trips", 3), "", x, body=graph), 10)


@add(
    "scan-matmul",
    "a scan over time whose body holds a perceptron: its hidden features go, its state stays",
    prunable="expand.weight hidden.weight",
)
def scan_matmul(net: Network) -> None:
    x = net.input([5, "batch", 6], "sequence")
    x = net.relu(net.op("MatMul", x, net.weight("expand.weight", [6, 14], 6)))
    x = net.op("MatMul", x, net.weight("reduce.weight", [14, 6], 14))
    start = net.op("ReduceMean", x, axes=[0], keepdims=0)
    inner = Inner(4)
    joined = inner.op("Concat", "state_in", "step", axis=1)
    hidden = inner.relu(inner.op("MatMul", joined, inner.weight("hidden.weight", [12, 10], 12)))
    inner.op("Tanh", inner.op("MatMul", hidden, inner.weight("back.weight", [10, 6], 10)), output="state_out")
    inner.op("Identity", "state_out", output="seen")
    inputs = [value("state_in", ["batch", 6]), value("step", ["batch", 6])]
    graph = body(inner, "body", inputs, {"state_out": ["batch", 6], "seen": ["batch", 6]})
    _, scanned = net.many("Scan", [start, x], ["last", "scanned"], body=graph, num_scan_inputs=1)
    net.output(net.op("MatMul", scanned, net.weight("out.weight", [6, 4], 6), output="out"), [5, "batch", 4])


@add(
    "body-nested",
    "an If inside a loop, reading values and weights of both graphs around it",
    prunable="conv1.weight inner.weight deep.weight",
)
def body_nested(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    deep = net.weight("deep.weight", [7, 9, 3, 3])
    inner = Inner(5)
    inner.op("Identity", "keep_in", output="keep_out")
    hidden = inner.relu(inner.conv("state_in", "inner", 10, 9))
    inner.op("Equal", "i", inner.constant("second", 1), output="is_second")

    def branch(seed: int, act: str) -> onnx.GraphProto:
        nested = Deeper(seed)
        low = nested.op(act, nested.op("Conv", hidden, deep, pads=[1] * 4))
        nested.op("Conv", low, nested.weight("last.weight", [10, 7, 1, 1]), output="nested_result")
        return body(nested, f"nested {seed}", [], {"nested_result": None})

    change = labelled(inner, "If", "which", "is_second", then_branch=branch(6, "Relu"), else_branch=branch(7, "Abs"))
    inner.op("Tanh", inner.op("Add", "state_in", change), output="state_out")
    state = ["batch", 10, 12, 12]
    inputs = [value("i", [], TensorProto.INT64), value("keep_in", [], TensorProto.BOOL), value("state_in", state)]
    graph = body(inner, "body", inputs, {"state_out": state})
    graph.output.insert(0, value("keep_out", [], TensorProto.BOOL))
    net.head(labelled(net, "Loop", "loop", net.constant("trips", 3), "", x, body=graph), 10)


@add(
    "body-computes-shape",
    "a branch that computes the shape it reshapes to, from a constant outside that others read too",
    prunable="conv1.weight inner.weight",
)
def body_computes_shape(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.input([], "flag", np.bool_)
    net.constant("channels", [9])
    net.constant("map", [144])
    inner = Inner(1)
    hidden = inner.relu(inner.conv(x, "inner", 12, 9))
    batch = inner.op("Slice", inner.op("Shape", x), inner.constant("zero", [0]), inner.constant("one", [1]))
    columns = inner.op("Reshape", hidden, inner.op("Concat", batch, "channels", "map", axis=0))
    back = inner.op("Reshape", columns, inner.constant("square", [-1, 9, 12, 12]))
    then = inner.conv(back, "outer", 9, 9)
    other = Inner(2)
    result = other.conv(x, "single", 12, 9)
    x = labelled(
        net,
        "If",
        "choice",
        "flag",
        then_branch=body(inner, "then", [], {then: None}),
        else_branch=body(other, "other", [], {result: None}),
    )
    net.output(net.op("Identity", "channels", output="seen"), [1], np.int64)
    net.head(x, 9)
