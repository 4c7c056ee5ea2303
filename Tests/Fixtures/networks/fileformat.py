"""What a file can hold beside a plain graph: weights elsewhere, types, names, opsets, inputs and outputs."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


def plain(net: Network) -> None:
    """Two convolutions and a head: what the fixtures here vary. The weights are conv1, conv2, logits."""
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add("weight-shared", "one weight initializer, two nodes (a siamese branch)", prunable="tower.weight")
def weight_shared(net: Network) -> None:
    left, right = net.input(IMAGE, "left"), net.input(IMAGE, "right")
    x = net.conv_relu(left, "tower", 3, 12)
    y = net.relu(net.op("Conv", right, "tower.weight", "tower.bias", kernel_shape=[3, 3], pads=[1] * 4))
    net.head(net.conv_relu(net.op("Sub", x, y), "conv2", 12, 10), 10)


@add(
    "weight-tied-recurrent",
    "one weight applied three times in a row: its in and out are one group",
    prunable="stem.weight loop.weight",
)
def weight_tied_recurrent(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "stem", 3, 12)
    x = net.conv_relu(x, "loop", 12, 12)
    for _ in range(2):
        x = net.relu(net.op("Conv", x, "loop.weight", "loop.bias", kernel_shape=[3, 3], pads=[1] * 4))
    net.head(x, 12)


@add(
    "initializer-is-input",
    "IR 3: every initializer has to be listed as an input too",
    prunable="conv1.weight conv2.weight",
    opset=8,
)
def initializer_is_input(net: Network) -> onnx.ModelProto:
    plain(net)
    for tensor in net.initializers:
        net.inputs.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return net.model()


@add(
    "initializer-one-is-input",
    "IR 8: one weight is an input with a default, which callers may replace",
    prunable="conv1.weight",
)
def initializer_one_is_input(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    x = net.relu(net.conv(x, "conv3", 10, 10))
    net.head(x, 10)
    net.inputs.append(helper.make_tensor_value_info("conv3.weight", TensorProto.FLOAT, [10, 10, 3, 3]))
    return net.model()


@add(
    "output-inside",
    "a value in the middle is a graph output: its channels are the caller's",
    prunable="conv1.weight conv3.weight",
)
def output_inside(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    middle = net.conv_relu(x, "conv2", 12, 10)
    net.output(middle, ["batch", 10, 12, 12])
    net.head(net.conv_relu(middle, "conv3", 10, 11), 11)


@add("output-is-initializer", "a weight is a graph output", prunable="conv2.weight")
def output_is_initializer(net: Network) -> None:
    plain(net)
    net.output("conv1.weight", [12, 3, 3, 3])


@add("two-inputs", "two inputs that meet in a Concat", prunable="left.weight right.weight fc.weight")
def two_inputs(net: Network) -> None:
    left = net.conv_relu(net.input(IMAGE), "left", 3, 12)
    left = net.op("Flatten", net.op("GlobalAveragePool", left))
    right = net.relu(net.gemm(net.input(["batch", 6], "features"), "right", 6, 10))
    x = net.relu(net.gemm(net.op("Concat", left, right, axis=1), "fc", 22, 14))
    net.output(net.gemm(x, "logits", 14, 4), ["batch", 4])


@add("two-outputs", "two heads on one trunk", prunable="trunk.weight head1.weight head2.weight")
def two_outputs(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "trunk", 3, 16)
    boxes = net.conv_relu(x, "head1", 16, 10, 1)
    scores = net.conv_relu(x, "head2", 16, 12, 1)
    net.output(net.conv(boxes, "boxes", 10, 4, 1), ["batch", 4, 12, 12])
    net.output(
        net.op("Sigmoid", net.conv(scores, "classes", 12, 2, 1), output="scores"), ["batch", 2, 12, 12]
    )


@add("embedding", "int64 tokens: Gather in a table whose columns are features", prunable="table fc.weight")
def embedding(net: Network) -> None:
    tokens = net.input(["batch", "time"], "tokens", np.int64)
    x = net.op("Gather", net.normal("table", [30, 16], 1.0), tokens, axis=0)
    x = net.relu(net.op("MatMul", x, net.weight("fc.weight", [16, 12], 16)))
    net.output(net.op("MatMul", x, net.weight("out.weight", [12, 4], 12), output="y"), ["batch", "time", 4])


@add(
    "constants-are-nodes",
    "weights and shapes in Constant nodes, as tensors and as value_ints, value_floats, value_float",
    prunable="conv1.weight conv2.weight",
)
def constants_are_nodes(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    shift = net.op("Constant", value_floats=[float(v) for v in net.random.standard_normal(12).round(3)])
    shift = net.op("Reshape", shift, net.op("Constant", value_ints=[12, 1, 1]))
    x = net.op("Mul", net.op("Add", x, shift), net.op("Constant", value_float=0.5))
    x = net.conv_relu(x, "conv2", 12, 10)
    x = net.op("Reshape", net.op("GlobalAveragePool", x), net.op("Constant", value_ints=[-1, 10]))
    net.output(net.gemm(x, "logits", 10, 5), ["batch", 5])
    nodes = [
        helper.make_node("Constant", [], [t.name], name=f"Constant_{t.name}", value=t)
        for t in net.initializers
    ]
    net.nodes, net.initializers = nodes + net.nodes, []
    return net.model()


@add(
    "half-precision", "every weight and value is fp16", prunable="conv1.weight conv2.weight", dtype=np.float16
)
def half_precision(net: Network) -> None:
    x = net.relu(net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "double-precision", "every weight and value is double", prunable="fc1.weight fc2.weight", dtype=np.float64
)
def double_precision(net: Network) -> None:
    x = net.relu(net.gemm(net.input(["batch", 20], "features"), "fc1", 20, 16))
    x = net.op("Tanh", net.gemm(x, "fc2", 16, 12))
    net.output(net.gemm(x, "logits", 12, 4), ["batch", 4])


@add(
    "typed-data",
    "weights in float_data and int64_data, not in raw_data",
    prunable="conv1.weight conv2.weight",
)
def typed_data(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("GlobalAveragePool", net.conv_relu(x, "conv2", 12, 10))
    net.output(net.gemm(net.op("Reshape", x, net.constant("flat", [-1, 10])), "logits", 10, 5), ["batch", 5])
    for i, tensor in enumerate(net.initializers):
        values = numpy_helper.to_array(tensor).flatten().tolist()
        net.initializers[i] = helper.make_tensor(tensor.name, tensor.data_type, tensor.dims, values)
    return net.model()


@add("typed-data-half", "fp16 weights in int32_data", prunable="conv1.weight conv2.weight", dtype=np.float16)
def typed_data_half(net: Network) -> onnx.ModelProto:
    plain(net)
    for i, tensor in enumerate(net.initializers):
        values = numpy_helper.to_array(tensor).flatten()
        net.initializers[i] = helper.make_tensor(tensor.name, tensor.data_type, tensor.dims, values)
    return net.model()


@add(
    "opset-7",
    "an old network: BatchNormalization, Dropout, Reshape of opset 7, IR 3",
    prunable="conv1.weight conv2.weight fc1.weight",
    opset=7,
)
def opset_7(net: Network) -> None:
    x = net.batch_norm(
        net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12, spatial=1, momentum=0.9
    )
    x = net.op("MaxPool", net.relu(x), kernel_shape=[3, 3], strides=[3, 3])
    x = net.op("Dropout", net.conv_relu(x, "conv2", 12, 10), ratio=0.5)
    x = net.op("Reshape", x, net.constant("shape", [-1, 160]))
    x = net.op("Clip", net.gemm(x, "fc1", 160, 14), min=0.0, max=6.0)
    net.output(net.op("Softmax", net.gemm(x, "fc2", 14, 5), output="p", axis=1), ["batch", 5])


@add(
    "opset-9",
    "an old network: Upsample, Slice with attributes, BatchNormalization of opset 9",
    prunable="conv1.weight conv2.weight",
    opset=9,
)
def opset_9(net: Network) -> None:
    x = net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12, momentum=0.9)
    x = net.op("PRelu", x, net.uniform("slope", [12, 1, 1], 0.1, 0.3))
    small = net.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    x = net.op("Add", x, net.op("Upsample", net.conv_relu(small, "conv2", 12, 12), scales, mode="linear"))
    x = net.op("Slice", x, axes=[2, 3], starts=[1, 1], ends=[11, 11])
    net.head(x, 12)


@add(
    "node-names-missing",
    "nodes without names; values named with slashes, spaces, Greek and Chinese letters",
    prunable="层1/重み conv2.weight",
)
def node_names_missing(net: Network) -> onnx.ModelProto:
    plain(net)
    model = net.model()
    renamed = {"conv1.weight": "层1/重み", "conv1": "/trunk/conv 1/α β", "relu_1": "::relu'\"<&>"}
    for node in model.graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                names[i] = renamed.get(name, name)
    for tensor in model.graph.initializer:
        tensor.name = renamed.get(tensor.name, tensor.name)
    return model


@add(
    "value-info",
    "every inner value has its type written, with dim_params",
    prunable="conv1.weight conv2.weight",
)
def value_info(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(["batch", 3, "height", "width"]), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    return onnx.shape_inference.infer_shapes(net.model())


@add(
    "metadata",
    "doc strings, metadata_props, producer, domain and dimension denotations at every level",
    prunable="conv1.weight conv2.weight",
)
def metadata(net: Network) -> onnx.ModelProto:
    plain(net)
    net.domains["com.example"] = 3  # imported, not used
    model = onnx.shape_inference.infer_shapes(net.model())
    model.ir_version = 10
    model.producer_name, model.producer_version = "a producer", "1.2.3-rc4"
    model.domain, model.model_version, model.doc_string = (
        "org.example.models",
        42,
        "the model's text\nin two lines",
    )
    graph = model.graph
    graph.name, graph.doc_string = "graph name", "the graph's text"
    parts = [model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info]
    for i, part in enumerate(parts):
        part.doc_string = part.doc_string or f"text {i}"
        entry = part.metadata_props.add()
        entry.key, entry.value = f"key {i}", f"value {i}"
    for node in graph.node:
        for attribute in node.attribute:
            attribute.doc_string = f"about {attribute.name}"
    shape = graph.input[0].type.tensor_type.shape
    graph.input[0].type.denotation = "IMAGE"
    denotations = ["DATA_BATCH", "DATA_CHANNEL", "DATA_FEATURE", "DATA_FEATURE"]
    for dimension, denotation in zip(shape.dim, denotations, strict=True):
        dimension.denotation = denotation
    return model


@add(
    "negative-dimensions",
    "PaddlePaddle's way: open dimensions of inputs and outputs are -1, not names",
    prunable="conv1.weight conv2.weight",
)
def negative_dimensions(net: Network) -> onnx.ModelProto:
    x = net.conv_relu(net.input(["batch", 3, "height", "width"]), "conv1", 3, 12)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    model = onnx.shape_inference.infer_shapes(net.model())
    graph = model.graph
    for value in [*graph.input, *graph.output, *graph.value_info]:
        for dimension in value.type.tensor_type.shape.dim:
            if dimension.HasField("dim_param"):
                dimension.dim_value = -1
    return model
