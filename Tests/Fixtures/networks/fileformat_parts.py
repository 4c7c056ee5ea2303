"""Parts of a file that few models have: subgraphs, functions, sparse and external weights, unknown ops."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


@add(
    "unknown-op",
    "an operator of a domain nobody knows in the middle; ONNX Runtime refuses it, onnx.reference runs it",
    prunable="conv1.weight conv3.weight",
    runs=False,
)
def unknown_op(net: Network) -> None:
    net.domains["com.example"] = 1
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    x = net.op("Mystery", x, domain="com.example", strength=2.0, labels=["a", "b"])
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add("if-captures", "If whose branches read a value of the outer graph", prunable="conv1.weight conv3.weight")
def if_captures(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    net.input([], "flag", np.bool_)

    def branch(op_type: str) -> onnx.GraphProto:
        result = f"{op_type.lower()}_result"
        node = helper.make_node(op_type, [x], [result], name=f"inner {op_type}")
        info = helper.make_tensor_value_info(result, TensorProto.FLOAT, ["batch", 10, 12, 12])
        return helper.make_graph([node], f"{op_type} branch", [], [info])

    x = net.op("If", "flag", then_branch=branch("Tanh"), else_branch=branch("Neg"))
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add(
    "if-with-weights",
    "If whose branches hold convolutions with weights of their own",
    prunable="conv1.weight",
)
def if_with_weights(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    features = net.conv(x, "conv2", 12, 10)
    net.input([], "flag", np.bool_)

    def branch(name: str) -> onnx.GraphProto:
        inner = Network(seed=len(name), opset=net.opset)
        result = inner.op("Relu", inner.conv(features, name, 10, 6), output=f"{name}_result")
        info = helper.make_tensor_value_info(result, TensorProto.FLOAT, ["batch", 6, 12, 12])
        for node in inner.nodes:
            node.name = f"{name}/{node.name}"
        return helper.make_graph(inner.nodes, name, [], [info], inner.initializers)

    x = net.op("If", "flag", then_branch=branch("yes"), else_branch=branch("other"))
    net.head(x, 6)


@add("loop-body", "Loop whose body reads an outer value and carries a state", prunable="conv1.weight")
def loop_body(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    nodes = [
        helper.make_node("Identity", ["keep_in"], ["keep_out"]),
        helper.make_node("Add", ["state_in", x], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["state_out"]),
    ]
    state = ["batch", 10, 12, 12]
    body = helper.make_graph(
        nodes,
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("keep_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_in", TensorProto.FLOAT, state),
        ],
        [
            helper.make_tensor_value_info("keep_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_out", TensorProto.FLOAT, state),
        ],
    )
    x = net.op("Loop", net.constant("trips", 3), "", x, body=body)
    net.head(x, 10)


@add(
    "external-data",
    "weights in one file beside the model, at aligned offsets",
    prunable="conv1.weight conv2.weight",
)
def external_data(net: Network) -> tuple[onnx.ModelProto, dict[str, bytes]]:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    model, blob = net.model(), b""
    for tensor in model.graph.initializer:
        blob += b"\0" * (-len(blob) % 64)
        refer(tensor, "external-data.weights", offset=len(blob))
        blob += tensor.raw_data
        tensor.ClearField("raw_data")
    return model, {"external-data.weights": blob}


@add(
    "external-data-files",
    "a file a tensor in a folder, large tensors only, no offset and no length",
    prunable="conv1.weight conv2.weight",
)
def external_data_files(net: Network) -> tuple[onnx.ModelProto, dict[str, bytes]]:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    model, files = net.model(), {}
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) >= 512:
            location = f"external-data-files/{tensor.name}"
            files[location] = tensor.raw_data
            refer(tensor, location)
            tensor.ClearField("raw_data")
    return model, files


def refer(tensor: onnx.TensorProto, location: str, offset: int | None = None) -> None:
    """Says where the tensor's bytes are; its raw_data still holds them."""
    tensor.data_location = TensorProto.EXTERNAL
    entries = {"location": location}
    if offset is not None:
        entries |= {"offset": str(offset), "length": str(len(tensor.raw_data))}
    for key, value in entries.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


@add(
    "sparse-initializer",
    "the second convolution's weight is a sparse initializer; onnx's shape inference refuses it",
    pinned=True,
    checks=False,
)
def sparse_initializer(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    model = net.model()
    index = next(i for i, t in enumerate(model.graph.initializer) if t.name == "conv2.weight")
    dense = numpy_helper.to_array(model.graph.initializer[index]).copy()
    dense[np.abs(dense) < 0.15] = 0
    positions = np.flatnonzero(dense)
    values = numpy_helper.from_array(dense.flatten()[positions], "conv2.weight")
    indices = numpy_helper.from_array(positions.astype(np.int64), "conv2.weight_indices")
    del model.graph.initializer[index]
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, list(dense.shape)))
    return model


@add(
    "local-function",
    "activations and a scaled Add in functions of the model; convolutions outside",
    prunable="conv1.weight",
)
def local_function(net: Network) -> None:
    net.domains["local"] = 1
    opsets = [helper.make_opsetid("", net.opset)]
    swish = [helper.make_node("Sigmoid", ["x"], ["gate"]), helper.make_node("Mul", ["x", "gate"], ["y"])]
    net.functions.append(helper.make_function("local", "Swish", ["x"], ["y"], swish, opsets))
    x = net.relu(net.conv(net.input(IMAGE), "conv1", 3, 12))
    x = net.conv(x, "conv2", 12, 10)
    x = net.op("Swish", x, domain="local")
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add(
    "local-function-conv",
    "a function that holds the convolution, its weights passed in",
    prunable="conv1.weight",
)
def local_function_conv(net: Network) -> None:
    net.domains["local"] = 1
    opsets = [helper.make_opsetid("", net.opset)]
    conv = helper.make_node("Conv", ["x", "w", "b"], ["c"], name="inner")
    conv.attribute.append(helper.make_attribute("pads", [1, 1, 1, 1]))
    nodes = [conv, helper.make_node("Relu", ["c"], ["y"])]
    net.functions.append(helper.make_function("local", "ConvRelu", ["x", "w", "b"], ["y"], nodes, opsets))
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    weight, bias = net.weight("inner.weight", [11, 10, 3, 3]), net.normal("inner.bias", [11], 0.2)
    net.head(net.op("ConvRelu", x, weight, bias, domain="local"), 11)


@add(
    "quantization-annotation",
    "quantization_annotation on a weight and a value, as training tools leave it: both stay whole",
    prunable="conv2.weight",
)
def quantization_annotation(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    net.uniform("conv1.weight.scales", [12], 0.01, 0.02)
    model = net.model()
    for name, scale in (("conv1.weight", "conv1.weight.scales"), ("conv1", "conv1.weight.scales")):
        annotation = model.graph.quantization_annotation.add()
        annotation.tensor_name = name
        entry = annotation.quant_parameter_tensor_names.add()
        entry.key, entry.value = "SCALE_TENSOR", scale
    return model


@add(
    "optional-type",
    "sequences: SplitToSequence, ConcatFromSequence pin what goes through them",
    prunable="conv1.weight conv3.weight",
)
def optional_type(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    parts = net.op("SplitToSequence", x, net.constant("sizes", [4, 6]), axis=1)
    x = net.op("ConcatFromSequence", parts, axis=1)
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add(
    "lstm-head",
    "convolutions, then an LSTM over the columns, whose units go with all of their gates",
    prunable="conv1.weight conv2.weight lstm.W lstm.R",
)
def lstm_head(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12, strides=[2, 1])
    x = net.conv_relu(x, "conv2", 12, 10)
    x = net.op("ReduceMean", x, axes=[2], keepdims=0)
    x = net.op("Transpose", x, perm=[2, 0, 1])
    weights = [
        net.weight("lstm.W", [1, 24, 10], 10),
        net.weight("lstm.R", [1, 24, 6], 12),
        net.normal("lstm.B", [1, 48]),
    ]
    x, _, _ = net.many("LSTM", [x, *weights], ["y", "hidden", "cell"], hidden_size=6)
    x = net.op("Squeeze", x, net.constant("direction", [1]))
    net.output(net.op("MatMul", x, net.weight("out.weight", [6, 5], 6), output="out"), [12, "batch", 5])
