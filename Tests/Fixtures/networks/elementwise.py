"""Elementwise operators: branches that meet, gates, activations, and those that do not map zero to zero."""

from __future__ import annotations

import numpy as np

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


def two_branches(net: Network, channels: int = 12) -> tuple[str, str]:
    x = net.input(IMAGE)
    return net.conv_relu(x, "left", 3, channels), net.conv_relu(x, "right", 3, channels)


@add("branches-sum", "Sum of three branches", prunable="left.weight right.weight third.weight")
def branches_sum(net: Network) -> None:
    left, right = two_branches(net)
    third = net.conv("image", "third", 3, 12)
    net.head(net.op("Sum", left, right, third), 12)


@add(
    "branches-max",
    "Max of two branches, then Min with a constant a channel",
    prunable="left.weight right.weight",
)
def branches_max(net: Network) -> None:
    x = net.op("Max", *two_branches(net))
    net.head(net.op("Min", x, net.uniform("ceiling", [12, 1, 1])), 12)


@add("branches-product", "a product and a difference of computed values", prunable="left.weight right.weight")
def branches_product(net: Network) -> None:
    left, right = two_branches(net)
    net.head(net.op("Sub", net.op("Mul", left, right), right), 12)


@add("branches-quotient", "a quotient whose divisor is never zero", prunable="left.weight right.weight")
def branches_quotient(net: Network) -> None:
    left, right = two_branches(net)
    net.head(net.op("Div", left, net.op("Add", right, net.constant("one", 1.0))), 12)


@add(
    "broadcast-one-channel",
    "a map of one channel (spatial attention) multiplies all channels",
    prunable="left.weight",
)
def broadcast_one_channel(net: Network) -> None:
    left, _ = two_branches(net)
    attention = net.op("Sigmoid", net.conv("image", "attention", 3, 1))
    net.head(net.op("Mul", left, attention), 12)


@add(
    "per-channel-constants",
    "Mul, Add, Sub and Div by constants of shapes [C,1,1], [1,C,1,1], [1] and []",
    prunable="conv1.weight",
)
def per_channel_constants(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Mul", x, net.uniform("scale", [12, 1, 1]))
    x = net.op("Add", net.normal("shift", [1, 12, 1, 1]), x)
    x = net.op("Sub", x, net.normal("minus", [1]))
    x = net.op("Div", x, net.uniform("divisor", [12, 1, 1]))
    net.head(net.op("Mul", x, net.constant("half", 0.5)), 12)


@add("position-embedding", "a constant of the whole map is added", prunable="conv1.weight")
def position_embedding(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    net.head(net.relu(net.op("Add", x, net.normal("positions", [1, 12, 12, 12]))), 12)


@add(
    "activations",
    "LeakyRelu, Elu, Selu, Tanh, Abs, Softsign, HardSwish, ThresholdedRelu one after the other",
    prunable="conv1.weight conv2.weight",
)
def activations(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("LeakyRelu", x, alpha=0.1)
    x = net.op("Elu", net.batch_norm(x, "bn1", 12), alpha=0.7)
    x = net.op("Selu", x)
    x = net.op("Tanh", x)
    x = net.op("Abs", net.conv(x, "conv2", 12, 10))
    x = net.op("Softsign", net.batch_norm(x, "bn2", 10))
    x = net.op("ThresholdedRelu", net.op("HardSwish", x), alpha=0.01)
    net.head(x, 10)


@add(
    "clip-forms",
    "Clip with both bounds, with the lower one left out, and Relu6",
    prunable="conv1.weight conv2.weight conv3.weight",
)
def clip_forms(net: Network) -> None:
    low, high = net.constant("low", -0.5), net.constant("high", 0.75)
    x = net.op("Clip", net.conv(net.input(IMAGE), "conv1", 3, 12), low, high)
    x = net.op("Clip", net.conv(x, "conv2", 12, 11), "", high)
    x = net.op("Clip", net.conv(x, "conv3", 11, 10), net.constant("zero", 0.0), net.constant("six", 6.0))
    net.head(x, 10)


@add("clip-attributes", "Clip of opset 6 with bounds as attributes", prunable="conv1.weight", opset=9)
def clip_attributes(net: Network) -> None:
    net.head(net.op("Clip", net.conv(net.input(IMAGE), "conv1", 3, 12), min=0.0, max=6.0), 12)


@add("hardswish-composed", "HardSwish written as Add, Clip, Mul, Div", prunable="conv1.weight conv2.weight")
def hardswish_composed(net: Network) -> None:
    zero, three, six = net.constant("zero", 0.0), net.constant("three", 3.0), net.constant("six", 6.0)

    def hardswish(x: str) -> str:
        return net.op("Div", net.op("Mul", x, net.op("Clip", net.op("Add", x, three), zero, six)), six)

    x = hardswish(net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    net.head(hardswish(net.batch_norm(net.conv(x, "conv2", 12, 10, bias=False), "bn2", 10)), 10)


@add("hardswish-op", "the HardSwish operator", prunable="conv1.weight conv2.weight")
def hardswish_op(net: Network) -> None:
    x = net.op("HardSwish", net.conv(net.input(IMAGE), "conv1", 3, 12))
    net.head(net.op("HardSwish", net.conv(x, "conv2", 12, 10)), 10)


@add(
    "mish",
    "x Tanh(Softplus(x)): its factors are not zero at zero, the product is",
    prunable="conv1.weight conv2.weight",
)
def mish(net: Network) -> None:
    def activate(x: str) -> str:
        return net.op("Mul", x, net.op("Tanh", net.op("Softplus", x)))

    x = activate(net.conv(net.input(IMAGE), "conv1", 3, 12))
    net.head(activate(net.conv(x, "conv2", 12, 10)), 10)


@add("mish-op", "the Mish operator of opset 18", prunable="conv1.weight", opset=18)
def mish_op(net: Network) -> None:
    net.head(net.op("Mish", net.conv(net.input(IMAGE), "conv1", 3, 12)), 12)


@add(
    "sigmoid-then-padding",
    "Sigmoid(0) = 1/2 enters a padded convolution: not a constant that a bias could hold",
    prunable="conv1.weight conv2.weight",
)
def sigmoid_then_padding(net: Network) -> None:
    x = net.op("Sigmoid", net.batch_norm(net.conv(net.input(IMAGE), "conv1", 3, 12, bias=False), "bn1", 12))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "constant-then-valid",
    "Softplus, Exp, HardSigmoid, Cos before convolutions without padding and without bias",
    prunable="conv1.weight conv2.weight conv3.weight conv4.weight",
)
def constant_then_valid(net: Network) -> None:
    x = net.op("Softplus", net.conv(net.input(IMAGE), "conv1", 3, 12))
    x = net.op("Exp", net.op("Tanh", net.conv(x, "conv2", 12, 10, padded=False, bias=False)))
    x = net.op("HardSigmoid", net.conv(x, "conv3", 10, 11, padded=False, bias=False), alpha=0.2, beta=0.5)
    x = net.op("Cos", net.conv(x, "conv4", 11, 10, padded=False, bias=False))
    net.head(x, 10)


@add(
    "unary-mathematics",
    "Exp, Log, Sqrt, Reciprocal, Neg, Pow, Floor, Sign, Erf",
    prunable="conv1.weight conv2.weight",
)
def unary_mathematics(net: Network) -> None:
    x = net.op("Exp", net.op("Tanh", net.conv(net.input(IMAGE), "conv1", 3, 12)))
    x = net.op("Reciprocal", net.op("Sqrt", x))
    x = net.op("Neg", net.op("Log", x))
    x = net.op("Tanh", net.conv(x, "conv2", 12, 10))
    x = net.op("Erf", net.op("Pow", x, net.constant("two", 2.0)))
    net.head(net.op("Add", x, net.op("Sign", x)), 10)


@add(
    "prelu-per-channel",
    "PRelu with a slope a channel, [C,1,1] and [1,C,1,1]",
    prunable="conv1.weight conv2.weight",
)
def prelu_per_channel(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("PRelu", x, net.uniform("slope1", [12, 1, 1], 0.05, 0.4))
    x = net.conv(x, "conv2", 12, 10)
    net.head(net.op("PRelu", x, net.uniform("slope2", [1, 10, 1, 1], 0.05, 0.4)), 10)


@add("prelu-single", "PRelu with one slope for all", prunable="conv1.weight")
def prelu_single(net: Network) -> None:
    net.head(net.op("PRelu", net.conv(net.input(IMAGE), "conv1", 3, 12), net.constant("slope", [0.2])), 12)


@add(
    "where-constant",
    "Where with a condition a channel and another with a computed condition",
    prunable="left.weight right.weight",
)
def where_constant(net: Network) -> None:
    left, right = two_branches(net)
    mask = net.constant("mask", (np.arange(12) % 3 == 0).reshape(12, 1, 1), np.bool_)
    x = net.op("Where", mask, left, right)
    large = net.op("Greater", x, net.constant("threshold", 0.5))
    net.head(net.op("Where", large, x, net.constant("otherwise", 0.0)), 12)


@add("softmax-over-channels", "Softmax over the channels: every one changes every other", pinned=True)
def softmax_over_channels(net: Network) -> None:
    x = net.op("Softmax", net.conv(net.input(IMAGE), "conv1", 3, 12), axis=1)
    net.output(net.conv(x, "conv2", 12, 4), ["batch", 4, 12, 12])


@add("softmax-over-pixels", "Softmax over the map of each channel", prunable="conv1.weight")
def softmax_over_pixels(net: Network) -> None:
    x = net.op("Reshape", net.conv(net.input(IMAGE), "conv1", 3, 12), net.constant("flat", [0, 12, 144]))
    x = net.op("Reshape", net.op("Softmax", x, axis=2), net.constant("map", [0, 12, 12, 12]))
    net.output(net.conv(x, "conv2", 12, 4), ["batch", 4, 12, 12])


@add("mean-over-channels", "ReduceMean, ReduceMax and ArgMax over the channels", pinned=True)
def mean_over_channels(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    mean = net.op("ReduceMean", x, axes=[1], keepdims=1)
    largest = net.op("ReduceMax", x, axes=[1], keepdims=1)
    which = net.op("Cast", net.op("ArgMax", x, axis=1, keepdims=1), to=1)
    net.output(net.op("Sum", mean, largest, which, output="summary"), ["batch", 1, 12, 12])


@add("where-over-channels", "ArgMax and OneHot-like comparison with a range over channels", pinned=True)
def where_over_channels(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 12)
    which = net.op("ArgMax", x, axis=1, keepdims=1)
    chosen = net.op("Equal", which, net.constant("numbers", np.arange(12).reshape(12, 1, 1)))
    x = net.op("Where", chosen, x, net.constant("zero", 0.0))
    net.output(net.conv(x, "conv2", 12, 4), ["batch", 4, 12, 12])


@add("cast-half", "Cast to fp16 and back around an activation", prunable="conv1.weight conv2.weight")
def cast_half(net: Network) -> None:
    x = net.op("Cast", net.conv(net.input(IMAGE), "conv1", 3, 12), to=10)
    x = net.op("Cast", net.relu(x), to=1)
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "identity-dropout",
    "Identity, Dropout with its mask left out and with ratio input",
    prunable="conv1.weight conv2.weight",
)
def identity_dropout(net: Network) -> None:
    x = net.op("Identity", net.conv(net.input(IMAGE), "conv1", 3, 12))
    x = net.op("Dropout", net.relu(x), net.constant("ratio", 0.5))
    x = net.relu(net.conv(x, "conv2", 12, 10))
    x, _ = net.many("Dropout", [x], ["dropped", "mask"])
    net.head(net.op("Identity", x), 10)
