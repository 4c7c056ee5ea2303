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
