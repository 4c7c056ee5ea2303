"""Convolutions: chains, groups, depthwise, transposed; and BatchNormalization in its places."""

from __future__ import annotations

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


@add("conv-chain", "three convolutions with biases, nothing else", prunable="conv1.weight conv2.weight")
def conv_chain(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    net.output(net.conv(x, "conv3", 10, 6), ["batch", 6, 12, 12])


@add("conv-1d", "convolutions over a time axis", prunable="conv1.weight conv2.weight")
def conv_1d(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 4, 20], "signal"), "conv1", 4, 12, rank=1)
    x = net.conv_relu(x, "conv2", 12, 10, rank=1, strides=[2])
    net.head(x, 10)


@add("conv-3d", "convolutions over volumes", prunable="conv1.weight conv2.weight")
def conv_3d(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 1, 6, 6, 6], "volume"), "conv1", 1, 10, rank=3)
    x = net.conv_relu(x, "conv2", 10, 11, rank=3)
    net.head(x, 11)


@add(
    "conv-auto-pad",
    "auto_pad, strides, dilations, a kernel that is not square",
    prunable="conv1.weight wide.weight",
)
def conv_auto_pad(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12, auto_pad="SAME_UPPER", strides=[2, 2])
    weight = net.weight("wide.weight", [10, 12, 1, 5])
    x = net.relu(net.op("Conv", x, weight, output="wide", auto_pad="SAME_LOWER"))
    x = net.conv_relu(x, "dilated", 10, 11, pads=[2, 2, 2, 2], dilations=[2, 2])
    net.head(x, 11)


@add(
    "conv-grouped",
    "a convolution in 3 groups between dense ones",
    prunable="conv1.weight conv2.weight conv3.weight",
)
def conv_grouped(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 18)
    x = net.conv_relu(x, "conv2", 18, 24, group=3)
    x = net.conv_relu(x, "conv3", 24, 10)
    net.head(x, 10)


@add(
    "conv-grouped-twice",
    "convolutions in 2 and then 3 groups: both divisions of the same channels must stay equal",
    prunable="conv4.weight",
)
def conv_grouped_twice(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 24, group=2)
    x = net.conv_relu(x, "conv3", 24, 18, group=3)
    x = net.conv_relu(x, "conv4", 18, 10)
    net.head(x, 10)


@add(
    "conv-grouped-residual",
    "ResNeXt block: the grouped convolution inside a residual branch",
    prunable="stem.weight reduce.weight grouped.weight expand.weight",
)
def conv_grouped_residual(net: Network) -> None:
    stem = net.conv_relu(net.input(IMAGE), "stem", 3, 16, bias=False)
    x = net.relu(net.batch_norm(net.conv(stem, "reduce", 16, 20, 1, bias=False), "bn1", 20))
    x = net.relu(net.batch_norm(net.conv(x, "grouped", 20, 20, group=4, bias=False), "bn2", 20))
    x = net.batch_norm(net.conv(x, "expand", 20, 16, 1, bias=False), "bn3", 16)
    net.head(net.relu(net.op("Add", x, stem)), 16)


@add("conv-depthwise", "depthwise separable: one filter a channel", prunable="conv1.weight point.weight")
def conv_depthwise(net: Network) -> None:
    x = net.relu(net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    x = net.relu(net.batch_norm(net.conv(x, "depth", 12, 12, group=12, bias=False), "bn2", 12))
    x = net.relu(net.batch_norm(net.conv(x, "point", 12, 16, 1, bias=False), "bn3", 16))
    net.head(x, 16)


@add(
    "conv-depthwise-multiplier", "depthwise with two filters a channel", prunable="conv1.weight point.weight"
)
def conv_depthwise_multiplier(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "depth", 12, 24, group=12)
    x = net.conv_relu(x, "point", 24, 10, 1)
    net.head(x, 10)


@add(
    "conv-depthwise-narrow",
    "three channels: one is left at high rates, and group = 1 must still mean what it meant",
    prunable="conv1.weight",
)
def conv_depthwise_narrow(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 3)
    x = net.conv_relu(x, "depth", 3, 3, group=3)
    net.head(net.conv_relu(x, "point", 3, 8, 1), 8)


@add(
    "conv-depthwise-first",
    "depthwise on the network's input: its channels are the caller's",
    prunable="point.weight",
)
def conv_depthwise_first(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "depth", 3, 3, group=3)
    net.head(net.conv_relu(x, "point", 3, 10, 1), 10)


@add("conv-transpose", "up-sampling by ConvTranspose, weights [in, out]", prunable="conv1.weight up.weight")
def conv_transpose(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12, strides=[2, 2])
    weight = net.weight("up.weight", [12, 10, 3, 3], fan_in=12 * 9 // 4)
    bias = net.normal("up.bias", [10], 0.2)
    x = net.op(
        "ConvTranspose",
        x,
        weight,
        bias,
        output="up",
        strides=[2, 2],
        pads=[1, 1, 1, 1],
        output_padding=[1, 1],
    )
    net.output(net.conv(net.relu(x), "conv2", 10, 4), ["batch", 4, 12, 12])


@add("conv-transpose-grouped", "ConvTranspose in 2 groups", prunable="conv1.weight up.weight")
def conv_transpose_grouped(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 20)
    weight = net.weight("up.weight", [20, 12, 2, 2], fan_in=10)
    bias = net.normal("up.bias", [24], 0.2)
    x = net.relu(net.op("ConvTranspose", x, weight, bias, output="up", strides=[2, 2], group=2))
    net.output(net.conv(x, "conv2", 24, 4), ["batch", 4, 24, 24])


@add("conv-transpose-depthwise", "ConvTranspose with one filter a channel", prunable="conv1.weight")
def conv_transpose_depthwise(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    weight = net.weight("up.weight", [12, 1, 2, 2], fan_in=1)
    x = net.op("ConvTranspose", x, weight, output="up", strides=[2, 2], group=12)
    net.output(net.conv(x, "conv2", 12, 4), ["batch", 4, 24, 24])


@add(
    "batchnorm-before-conv",
    "pre-activation: one value, two consumers, each with a BatchNormalization of its own",
    prunable="conv1.weight left.weight right.weight",
)
def batchnorm_before_conv(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    left = net.conv(net.relu(net.batch_norm(x, "bn_left", 12)), "left", 12, 10, bias=False)
    right = net.conv(net.relu(net.batch_norm(x, "bn_right", 12)), "right", 12, 10, bias=False)
    x = net.op("Add", left, right)
    net.head(net.relu(net.batch_norm(x, "bn_last", 10)), 10)


@add(
    "batchnorm-shared-statistics",
    "two BatchNormalizations that share scale, mean and variance: the groups become one",
    prunable="conv1.weight conv2.weight",
)
def batchnorm_shared_statistics(net: Network) -> None:
    x = net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12)
    y = net.conv(net.relu(x), "conv2", 12, 12, bias=False)
    bias = net.normal("bn2.bias", [12])
    y = net.op("BatchNormalization", y, "bn1.scale", bias, "bn1.mean", "bn1.var", output="bn2")
    net.head(net.relu(y), 12)


@add(
    "batchnorm-on-input",
    "BatchNormalization of the network's input: pinned, and what follows is not",
    prunable="conv1.weight",
)
def batchnorm_on_input(net: Network) -> None:
    x = net.batch_norm(net.input(IMAGE), "bn0", 3)
    net.head(net.conv_relu(x, "conv1", 3, 12), 12)


@add(
    "batchnorm-of-features",
    "BatchNormalization of [batch, features] after Gemm",
    prunable="fc1.weight fc2.weight",
)
def batchnorm_of_features(net: Network) -> None:
    x = net.batch_norm(net.gemm(net.input(["batch", 20], "features"), "fc1", 20, 16), "bn1", 16)
    x = net.batch_norm(net.gemm(net.relu(x), "fc2", 16, 12), "bn2", 12)
    net.output(net.gemm(net.relu(x), "logits", 12, 4), ["batch", 4])


@add(
    "bias-shared",
    "two convolutions with one bias initializer, as exporters store equal tensors once",
    prunable="conv1.weight conv2.weight",
)
def bias_shared(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    weight = net.weight("conv2.weight", [12, 12, 3, 3])
    x = net.relu(net.op("Conv", x, weight, "conv1.bias", output="conv2", pads=[1, 1, 1, 1]))
    net.head(x, 12)


@add(
    "dead-branch",
    "a convolution and an initializer that nothing uses",
    prunable="conv1.weight",
)
def dead_branch(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    net.conv(x, "unused", 12, 7)
    net.normal("orphan", [12])
    net.head(x, 12)
