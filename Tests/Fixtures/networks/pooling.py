"""Pooling, reductions over the map, and normalisation that looks at more than one channel or pixel."""

from __future__ import annotations

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


@add(
    "pool-forms",
    "MaxPool and AveragePool with pads, strides, ceil_mode",
    prunable="conv1.weight conv2.weight",
)
def pool_forms(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    x = net.conv_relu(x, "conv2", 12, 10)
    x = net.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, count_include_pad=0)
    x = net.op("LpPool", x, kernel_shape=[2, 2], p=2)
    net.head(x, 10)


@add(
    "pool-constant-channel",
    "padding of AveragePool meets a channel that is not zero at zero",
    prunable="conv1.weight",
)
def pool_constant_channel(net: Network) -> None:
    x = net.op("Sigmoid", net.conv(net.input(IMAGE), "conv1", 3, 12))
    x = net.op("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    net.output(net.conv(x, "conv2", 12, 4, padded=False), ["batch", 4, 10, 10])


@add("pool-global-max", "GlobalMaxPool beside GlobalAveragePool", prunable="conv1.weight")
def pool_global_max(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Add", net.op("GlobalMaxPool", x), net.op("GlobalAveragePool", x))
    net.output(net.gemm(net.op("Flatten", x), "logits", 12, 5), ["batch", 5])


@add(
    "reduce-over-map",
    "ReduceMean (axes attribute), ReduceSum (axes input), ReduceMax, negative axes",
    prunable="conv1.weight",
)
def reduce_over_map(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    mean = net.op("ReduceMean", x, axes=[2, 3], keepdims=0)
    total = net.op("ReduceSum", x, net.constant("axes", [-1, -2]), keepdims=0)
    largest = net.op("ReduceMax", x, axes=[-2, -1], keepdims=0)
    x = net.op("Sum", mean, net.op("Mul", total, net.constant("small", 0.01)), largest)
    net.output(net.gemm(x, "logits", 12, 5), ["batch", 5])


@add("reduce-axes-input", "ReduceMean of opset 18 with axes as an input", prunable="conv1.weight", opset=18)
def reduce_axes_input(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("ReduceMean", x, net.constant("axes", [2, 3]), keepdims=1)
    x = net.op("Squeeze", x, net.constant("ones", [2, 3]))
    net.output(net.gemm(x, "logits", 12, 5), ["batch", 5])


@add("instance-norm", "InstanceNormalization: each channel by itself", prunable="conv1.weight conv2.weight")
def instance_norm(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op(
        "InstanceNormalization", x, net.uniform("in1.scale", [12]), net.normal("in1.bias", [12]), epsilon=1e-5
    )
    x = net.conv(net.relu(x), "conv2", 12, 10)
    x = net.op("InstanceNormalization", x, net.uniform("in2.scale", [10]), net.normal("in2.bias", [10]))
    net.head(net.relu(x), 10)


@add(
    "group-norm-composed",
    "GroupNorm as Reshape, InstanceNormalization, Reshape: statistics of 4 channels",
    prunable="conv2.weight",
)
def group_norm_composed(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Reshape", x, net.constant("groups", [0, 3, -1]))
    x = net.op("InstanceNormalization", x, net.constant("ones", [1.0] * 3), net.constant("zeros", [0.0] * 3))
    x = net.op("Reshape", x, net.constant("map", [0, 12, 12, 12]))
    x = net.op("Mul", x, net.uniform("gn.scale", [12, 1, 1]))
    x = net.relu(net.op("Add", x, net.normal("gn.bias", [12, 1, 1])))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add("group-norm-op", "GroupNormalization of opset 21", prunable="conv2.weight", opset=21)
def group_norm_op(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op(
        "GroupNormalization", x, net.uniform("gn.scale", [12]), net.normal("gn.bias", [12]), num_groups=3
    )
    net.head(net.conv_relu(net.relu(x), "conv2", 12, 10), 10)


@add(
    "layer-norm-block",
    "LayerNormalization over features: those are pinned, the hidden ones between are not",
    prunable="fc1.weight",
)
def layer_norm_block(net: Network) -> None:
    x = net.input(["batch", "time", 12], "tokens")
    y = net.op("LayerNormalization", x, net.uniform("ln.scale", [12]), net.normal("ln.bias", [12]), axis=-1)
    y = net.op("MatMul", y, net.weight("fc1.weight", [12, 24], 12))
    y = net.relu(net.op("Add", y, net.normal("fc1.bias", [24])))
    y = net.op(
        "Add", net.op("MatMul", y, net.weight("fc2.weight", [24, 12], 24)), net.normal("fc2.bias", [12])
    )
    net.output(net.op("Add", x, y, output="y"), ["batch", "time", 12])


@add("layer-norm-composed", "LayerNorm written with ReduceMean, Sub, Pow, Sqrt, Div", prunable="fc2.weight")
def layer_norm_composed(net: Network) -> None:
    x = net.op("MatMul", net.input(["batch", "time", 10], "tokens"), net.weight("fc1.weight", [10, 12], 10))
    centred = net.op("Sub", x, net.op("ReduceMean", x, axes=[-1]))
    variance = net.op("ReduceMean", net.op("Pow", centred, net.constant("two", 2.0)), axes=[-1])
    deviation = net.op("Sqrt", net.op("Add", variance, net.constant("epsilon", 1e-5)))
    x = net.op("Mul", net.op("Div", centred, deviation), net.uniform("ln.scale", [12]))
    x = net.op("Add", x, net.normal("ln.bias", [12]))
    x = net.relu(net.op("MatMul", x, net.weight("fc2.weight", [12, 11], 12)))
    net.output(net.op("MatMul", x, net.weight("fc3.weight", [11, 4], 11), output="y"), ["batch", "time", 4])


@add("local-response-norm", "LRN mixes neighbouring channels", prunable="conv2.weight")
def local_response_norm(net: Network) -> None:
    x = net.op(
        "LRN", net.conv_relu(net.input(IMAGE), "conv1", 3, 12), size=5, alpha=0.01, beta=0.75, bias=1.0
    )
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add("lp-normalization", "LpNormalization over the channels, as in embeddings", prunable="conv1.weight")
def lp_normalization(net: Network) -> None:
    x = net.op("Flatten", net.op("GlobalAveragePool", net.conv_relu(net.input(IMAGE), "conv1", 3, 12)))
    net.output(
        net.op("LpNormalization", net.gemm(x, "embed", 12, 8), axis=1, p=2, output="embedding"), ["batch", 8]
    )
