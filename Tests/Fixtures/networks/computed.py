"""Weights that the graph computes from constants in ways that no stored tensor loses channels for."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


def standardised(net: Network, name: str, shape: list[int]) -> str:
    """Every filter less its mean, over its deviation: `NAME.used`."""
    stored = net.weight(f"{name}.weight", shape)
    axes = list(range(1, len(shape)))
    rest = net.op("Sub", stored, net.op("ReduceMean", stored, axes=axes))
    variance = net.op("ReduceMean", net.op("Mul", rest, rest), axes=axes)
    deviation = net.op("Sqrt", net.op("Add", variance, net.constant(f"{name}.epsilon", 1e-3)))
    scaled = net.op("Div", rest, deviation)
    return net.op("Mul", scaled, net.constant(f"{name}.gain", 0.25), output=f"{name}.used")


def conv(net: Network, x: str, name: str, weight: str, channels: int, **attributes: object) -> str:
    bias = net.normal(f"{name}.bias", [channels], 0.2)
    return net.op("Conv", x, weight, bias, output=name, **{"pads": [1] * 4, **attributes})


@add(
    "weights-standardised",
    "weight standardisation: mean and deviation of every filter are taken in the graph",
    prunable="conv1.used conv2.used",
)
def weights_standardised(net: Network) -> None:
    x = net.input(IMAGE)
    for name, before, after in [("conv1", 3, 12), ("conv2", 12, 10)]:
        x = net.relu(conv(net, x, name, standardised(net, name, [after, before, 3, 3]), after))
    net.head(x, 10)


@add(
    "weights-normalised",
    "weight normalisation: direction over its norm times a length, by filter and for the whole matrix",
    prunable="conv1.weight conv2.used linear.used",
)
def weights_normalised(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    stored = net.weight("conv2.weight", [10, 12, 3, 3])
    norm = net.op("ReduceL2", stored, axes=[1, 2, 3])
    direction = net.op("Div", stored, norm)
    weight = net.op("Mul", net.uniform("conv2.length", [10, 1, 1, 1]), direction, output="conv2.used")
    x = net.relu(conv(net, x, "conv2", weight, 10))
    x = net.op("Flatten", net.op("GlobalAveragePool", x))
    stored = net.weight("linear.weight", [10, 8])
    squares = net.op("ReduceSum", net.op("Mul", stored, stored), keepdims=0)
    norm = net.op("Sqrt", squares)
    x = net.relu(net.op("MatMul", x, net.op("Div", stored, norm, output="linear.used"), output="linear"))
    net.output(net.gemm(x, "logits", 8, 5), ["batch", 5])


@add(
    "weights-low-rank",
    "LoRA: a scaled product of two thin matrices is added to the weight",
    prunable="linear1.used linear2.used",
)
def weights_low_rank(net: Network) -> None:
    x = net.input(["batch", "time", 6], "tokens")
    for name, before, after in [("linear1", 6, 16), ("linear2", 16, 12)]:
        a = net.normal(f"{name}.A", [before, 2], 0.3)
        b = net.normal(f"{name}.B", [2, after], 0.3)
        update = net.op("Mul", net.op("MatMul", a, b), net.constant(f"{name}.alpha", 0.5))
        weight = net.op("Add", net.weight(f"{name}.weight", [before, after]), update, output=f"{name}.used")
        bias = net.normal(f"{name}.bias", [after], 0.2)
        x = net.relu(net.op("Add", net.op("MatMul", x, weight, output=name), bias))
    y = net.op("MatMul", x, net.weight("logits.weight", [12, 4]), output="logits")
    net.output(y, ["batch", "time", 4])


@add(
    "weights-repeated",
    "a blur: one filter, expanded and tiled to all channels of a depthwise convolution",
    prunable="conv1.weight conv2.weight",
)
def weights_repeated(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    one = np.array([1, 2, 1], np.float32)
    kernel = net.constant("blur.kernel", np.outer(one, one)[None, None] / 16)
    kernel = net.op("Expand", kernel, net.constant("blur.shape", [3, 1, 3, 3]))
    kernel = net.op("Tile", kernel, net.constant("blur.repeats", [4, 1, 1, 1]), output="blur.used")
    x = net.op("Conv", x, kernel, output="blur", group=12, pads=[1] * 4, strides=[2, 2])
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "weights-sinc",
    "band passes: the filters are computed from two frequencies each by Sin, Sub, Div, Where and a window",
    prunable="sinc.used conv2.weight",
)
def weights_sinc(net: Network) -> None:
    x = net.input(["batch", 1, 64], "sound")
    low = net.constant("sinc.low", net.random.uniform(0.05, 0.2, [12, 1]))
    band = net.constant("sinc.band", net.random.uniform(0.05, 0.2, [12, 1]))
    high = net.op("Add", net.op("Abs", low), net.op("Abs", band))
    grid = np.arange(-7, 8, dtype=np.float32)[None]
    times = net.constant("sinc.times", grid)
    waves = [net.op("Sin", net.op("Mul", frequency, times)) for frequency in (high, low)]
    safe = net.constant("sinc.divisor", np.where(grid == 0, 1, grid))
    wave = net.op("Div", net.op("Sub", *waves), safe)
    middle = net.constant("sinc.middle", grid == 0, np.bool_)
    wave = net.op("Where", middle, net.op("Mul", band, net.constant("sinc.two", 2.0)), wave)
    window = net.constant("sinc.window", np.hamming(15)[None].astype(np.float32))
    wave = net.op("Mul", wave, window)
    kernel = net.op("Unsqueeze", wave, net.constant("sinc.axes", [1]), output="sinc.used")
    x = net.op("Conv", x, kernel, output="sinc", pads=[7, 7])
    x = net.relu(net.batch_norm(net.op("Abs", x), "bn", 12))
    net.head(net.conv_relu(x, "conv2", 12, 10, rank=1), 10)


@add(
    "weights-batch-normalised",
    "weight standardisation by BatchNormalization with training_mode over the reshaped filters",
    prunable="conv1.weight conv2.used",
)
def weights_batch_normalised(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    stored = net.constant("conv2.weight", net.random.standard_normal([1, 10, 108]) * 0.1)
    scale, shift = net.uniform("conv2.scale", [10], 0.1, 0.3), net.constant("conv2.shift", np.zeros(10))
    statistics = [net.constant("conv2.mean", np.zeros(10)), net.constant("conv2.var", np.ones(10))]
    outputs = ["conv2.standard", "conv2.running_mean", "conv2.running_var"]
    inputs = [stored, scale, shift, *statistics]
    net.many("BatchNormalization", inputs, outputs, training_mode=1, epsilon=1e-4, momentum=1.0)
    shape = net.constant("conv2.shape", [10, 12, 3, 3])
    weight = net.op("Reshape", "conv2.standard", shape, output="conv2.used")
    net.head(net.relu(conv(net, x, "conv2", weight, 10)), 10)


@add(
    "weights-shifted",
    "a constant added to the filters: where those are zero, what is used is not",
    prunable="conv1.weight conv2.used",
)
def weights_shifted(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    shift = net.normal("conv2.shift", [1, 1, 3, 3], 0.3)
    weight = net.op("Add", net.weight("conv2.weight", [10, 12, 3, 3]), shift, output="conv2.used")
    net.head(net.relu(conv(net, x, "conv2", weight, 10)), 10)


@add(
    "weights-permuted",
    "filters and columns gathered in another order than they are stored in, and half of them from a mask",
    prunable="conv1.used conv2.used",
)
def weights_permuted(net: Network) -> None:
    order = net.constant("conv1.order", net.random.permutation(12))
    weight = net.op("Gather", net.weight("conv1.weight", [12, 3, 3, 3]), order, output="conv1.used")
    x = net.relu(conv(net, net.input(IMAGE), "conv1", weight, 12))
    keeps = net.constant("conv2.mask", net.random.random([10, 12, 3, 3]) < 0.6, np.bool_)
    none = net.constant("conv2.none", 0.0)
    weight = net.op("Where", keeps, net.weight("conv2.weight", [10, 12, 3, 3]), none, output="conv2.used")
    net.head(net.relu(conv(net, x, "conv2", weight, 10)), 10)


@add(
    "weights-folded",
    "filters stored as [O·I, 3, 3]: no axis that is stored is one of theirs",
    prunable="conv1.weight conv2.used",
)
def weights_folded(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    stored = net.weight("conv2.weight", [120, 3, 3], 108)
    weight = net.op("Reshape", stored, net.constant("conv2.shape", [10, 12, 3, 3]), output="conv2.used")
    net.head(net.relu(conv(net, x, "conv2", weight, 10)), 10)


@add(
    "weights-half",
    "weight normalisation in fp16, of a network in fp16",
    prunable="conv1.weight conv2.used",
    dtype=np.float16,
)
def weights_half(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    stored = net.weight("conv2.weight", [10, 12, 3, 3])
    factor = net.uniform("conv2.factor", [10, 1, 1, 1])
    weight = net.op("Mul", net.op("Tanh", stored), factor, output="conv2.used")
    net.head(net.relu(conv(net, x, "conv2", weight, 10)), 10)


@add(
    "weights-shared",
    "one standardised weight that two convolutions read",
    prunable="conv1.weight shared.used",
)
def weights_shared(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    weight = standardised(net, "shared", [12, 12, 3, 3])
    for name in ("conv2", "conv3"):
        x = net.relu(conv(net, x, name, weight, 12))
    net.head(x, 12)


@add(
    "weights-computed-in-body",
    "branches with weights that they standardise themselves",
    prunable="conv1.weight conv2.used",
)
def weights_computed_in_body(net: Network) -> None:
    condition = net.input([], "condition", np.bool_)
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    branches = {}
    for branch, name in [("then_branch", "conv2"), ("else_branch", "conv3")]:
        inner = Network(len(net.nodes) + len(branches), opset=net.opset)
        result = conv(inner, x, name, standardised(inner, name, [10, 12, 3, 3]), 10)
        output = helper.make_tensor_value_info(result, onnx.TensorProto.FLOAT, None)
        branches[branch] = helper.make_graph(inner.nodes, branch, [], [output], inner.initializers)
    x = net.op("If", condition, output="chosen", **branches)
    net.head(net.relu(x), 10)


@add(
    "weights-computed-ir3",
    "IR 3: what is computed cannot become an initializer without being an input",
    prunable="conv1.used conv2.weight",
    opset=8,
)
def weights_computed_ir3(net: Network) -> onnx.ModelProto:
    factor = net.uniform("conv1.factor", [12, 1, 1, 1])
    weight = net.op("Mul", net.weight("conv1.weight", [12, 3, 3, 3]), factor, output="conv1.used")
    x = net.relu(conv(net, net.input(IMAGE), "conv1", weight, 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)
    for tensor in net.initializers:
        net.inputs.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return net.model()


@add(
    "weights-computed-kept",
    "standardised weights that lose nothing stay computed: their channels are the network's outputs",
    prunable="conv1.used",
)
def weights_computed_kept(net: Network) -> None:
    image = net.input(IMAGE)
    kept = standardised(net, "edges", [4, 3, 3, 3])
    net.output(conv(net, image, "edges", kept, 4), ["batch", 4, 12, 12])
    weight = standardised(net, "conv1", [12, 3, 3, 3])
    net.head(net.relu(conv(net, image, "conv1", weight, 12)), 12)


@add(
    "weights-computed-double",
    "filters computed with double precision are left to the network; what is around them is not",
    prunable="conv1.weight",
)
def weights_computed_double(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.conv_relu(x, "conv2", 12, 10)
    stored = net.constant("conv3.weight", net.random.standard_normal([8, 10, 3, 3]) * 0.1, np.float64)
    shift = net.constant("conv3.shift", net.random.standard_normal([8, 1, 1, 1]), np.float64)
    weight = net.op("Cast", net.op("Add", stored, shift), to=1, output="conv3.used")
    net.head(net.relu(conv(net, x, "conv3", weight, 8)), 8)


@add(
    "weight-tied-autoencoder",
    "the decoder reads with the weights that the encoder makes its channels with, transposed",
)
def weight_tied_autoencoder(net: Network) -> None:
    x = net.input(["batch", "time", 6], "tokens")
    weight = net.weight("wide.weight", [6, 16])
    x = net.relu(net.op("Add", net.op("MatMul", x, weight), net.normal("wide.bias", [16], 0.2)))
    tied = net.weight("tied.weight", [16, 10])
    x = net.relu(net.op("Add", net.op("MatMul", x, tied), net.normal("tied.bias", [10], 0.2)))
    x = net.relu(net.op("MatMul", x, net.op("Transpose", tied, perm=[1, 0])))
    y = net.op("MatMul", x, net.op("Transpose", weight, perm=[1, 0]), output="again")
    net.output(y, ["batch", "time", 6])
