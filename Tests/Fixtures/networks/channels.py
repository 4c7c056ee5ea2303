"""Operators that cut, join and reorder the channel axis."""

from __future__ import annotations

import numpy as np

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


@add(
    "concat-widths",
    "Concat of 12, 7 and 3 channels, the last the input itself",
    prunable="left.weight right.weight conv3.weight",
)
def concat_widths(net: Network) -> None:
    x = net.input(IMAGE)
    left, right = net.conv_relu(x, "left", 3, 12), net.conv_relu(x, "right", 3, 7)
    x = net.op("Concat", left, right, x, axis=1)
    net.head(net.conv_relu(net.batch_norm(x, "bn", 22), "conv3", 22, 10), 10)


@add(
    "concat-twice",
    "the same value twice in one Concat, with a negative axis",
    prunable="conv1.weight conv2.weight",
)
def concat_twice(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Concat", x, net.op("Tanh", x), x, axis=-3)
    net.head(net.conv_relu(x, "conv2", 36, 10), 10)


@add("concat-flatten", "Concat before Flatten of CxHxW into Gemm", prunable="left.weight right.weight")
def concat_flatten(net: Network) -> None:
    x = net.op("MaxPool", net.input(IMAGE), kernel_shape=[4, 4], strides=[4, 4])
    x = net.op("Concat", net.conv_relu(x, "left", 3, 10), net.conv_relu(x, "right", 3, 6), axis=1)
    net.output(net.gemm(net.op("Flatten", x, axis=1), "logits", 144, 5), ["batch", 5])


@add(
    "concat-of-flattened",
    "two maps of different size, flattened and then joined (detector heads)",
    prunable="left.weight right.weight",
)
def concat_of_flattened(net: Network) -> None:
    small = net.op("MaxPool", net.input(IMAGE), kernel_shape=[4, 4], strides=[4, 4])
    tiny = net.op("MaxPool", small, kernel_shape=[3, 3])
    left = net.op("Flatten", net.conv_relu(small, "left", 3, 10))
    right = net.op("Flatten", net.conv_relu(tiny, "right", 3, 12))
    net.output(net.gemm(net.op("Concat", left, right, axis=1), "logits", 102, 5), ["batch", 5])


@add("concat-constant", "Concat with a constant: its slots have no producer", prunable="conv1.weight")
def concat_constant(net: Network) -> None:
    x = net.relu(net.gemm(net.input(["one", 20], "features"), "conv1", 20, 12))
    net.inputs[0].type.tensor_type.shape.dim[0].dim_value = 1
    x = net.op("Concat", x, net.normal("extra", [1, 4]), axis=1)
    net.output(net.gemm(x, "logits", 16, 4), [1, 4])


@add(
    "split-equal",
    "Split into halves, sizes as an input; one half gates the other",
    prunable="conv1.weight conv2.weight",
)
def split_equal(net: Network) -> None:
    x = net.conv(net.input(IMAGE), "conv1", 3, 24)
    a, b = net.many("Split", [x, net.constant("sizes", [12, 12])], ["a", "b"], axis=1)
    x = net.op("Mul", a, net.op("Sigmoid", b))
    net.head(net.conv_relu(x, "conv2", 12, 10), 10)


@add(
    "split-unequal",
    "Split into 5, 10 and 9 channels that go different ways",
    prunable="conv1.weight left.weight right.weight",
)
def split_unequal(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    a, b, c = net.many("Split", [x, net.constant("sizes", [5, 10, 9])], ["a", "b", "c"], axis=1)
    left, right = net.conv_relu(b, "left", 10, 10), net.conv_relu(c, "right", 9, 10)
    net.head(net.conv_relu(net.op("Concat", net.op("Add", left, right), a, axis=1), "last", 15, 12), 12)


@add("split-attribute", "Split of opset 11, sizes as an attribute", prunable="conv1.weight", opset=11)
def split_attribute(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 20)
    a, b = net.many("Split", [x], ["a", "b"], axis=1, split=[14, 6])
    net.head(net.op("Concat", b, a, axis=1), 20)


@add(
    "split-without-sizes",
    "Split of opset 13 without sizes: equal parts by the count of outputs",
    prunable="conv1.weight",
)
def split_without_sizes(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    a, b, c = net.many("Split", [x], ["a", "b", "c"], axis=1)
    net.head(net.op("Sum", net.op("Mul", a, b), c), 8)


@add(
    "split-num-outputs",
    "Split of opset 18 with num_outputs and a smaller last part",
    prunable="conv1.weight",
    opset=18,
)
def split_num_outputs(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 23)
    a, b = net.many("Split", [x], ["a", "b"], axis=1, num_outputs=2)
    net.head(net.op("Concat", b, net.op("Tanh", a), axis=1), 23)


@add(
    "split-half-pinned",
    "Split of opset 18 by num_outputs: the first half is an output and stays, the other shrinks",
    prunable="conv1.weight",
    opset=18,
)
def split_half_pinned(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    a, b = net.many("Split", [x], ["a", "b"], axis=1, num_outputs=2)
    net.output(a, ["batch", 12, 12, 12])
    net.head(b, 12)


@add(
    "split-half-pinned-13",
    "the same with Split of opset 13 without sizes",
    prunable="conv1.weight",
)
def split_half_pinned_13(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    a, b = net.many("Split", [x], ["a", "b"], axis=1)
    net.output(b, ["batch", 12, 12, 12])
    net.head(a, 12)


@add(
    "split-uneven-rates",
    "halves added to different trunks: each half is a group with its own trunk",
    prunable="conv1.weight trunk.weight",
)
def split_uneven_rates(net: Network) -> None:
    x = net.input(IMAGE)
    trunk = net.conv_relu(x, "trunk", 3, 12)
    a, b = net.many(
        "Split", [net.conv(x, "conv1", 3, 24), net.constant("sizes", [12, 12])], ["a", "b"], axis=1
    )
    net.head(net.op("Concat", net.op("Add", a, trunk), b, axis=1), 24)


@add("slice-halves", "Slice of channels, first and last part, ends past the axis", prunable="conv1.weight")
def slice_halves(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 20)
    axes = net.constant("axes", [1])
    head = net.op("Slice", x, net.constant("s0", [0]), net.constant("e0", [8]), axes)
    tail = net.op("Slice", x, net.constant("s1", [-12]), net.constant("e1", [2**63 - 1]), axes)
    x = net.op("Concat", net.op("Tanh", tail), head, axis=1)
    net.head(x, 20)


@add("slice-strided", "Slice of every second channel, and of the others", prunable="conv1.weight")
def slice_strided(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    axes, end, two = net.constant("axes", [1]), net.constant("end", [24]), net.constant("step", [2])
    even = net.op("Slice", x, net.constant("s0", [0]), end, axes, two)
    odd = net.op("Slice", x, net.constant("s1", [1]), end, axes, two)
    net.head(net.op("Add", net.op("Tanh", even), odd), 12)


@add("slice-strided-alone", "every third channel is read, the others by nobody", prunable="conv2.weight")
def slice_strided_alone(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    x = net.op(
        "Slice",
        x,
        net.constant("s", [1]),
        net.constant("e", [24]),
        net.constant("a", [1]),
        net.constant("d", [3]),
    )
    net.head(net.conv_relu(x, "conv2", 8, 10), 10)


@add("slice-reversed", "Slice with a negative step: the channels in reverse", prunable="conv1.weight")
def slice_reversed(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    back = net.op(
        "Slice",
        x,
        net.constant("s", [-1]),
        net.constant("e", [-(2**63) + 1]),
        net.constant("a", [1]),
        net.constant("d", [-1]),
    )
    net.head(net.conv_relu(net.op("Sub", x, net.op("Tanh", back)), "conv2", 12, 10), 10)


@add(
    "slice-attributes",
    "Slice of opset 9, everything as attributes, channels and map in one",
    prunable="conv1.weight",
    opset=9,
)
def slice_attributes(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 20)
    a = net.op("Slice", x, axes=[1, 2, 3], starts=[0, 1, 1], ends=[10, -1, 11])
    b = net.op("Slice", x, axes=[1, 2, 3], starts=[10, 1, 1], ends=[99, -1, 11])
    net.head(net.op("Add", a, b), 10)


@add(
    "pad-channels",
    "Pad adds 4 zero channels before and 3 after, then a residual Add",
    prunable="conv1.weight conv2.weight",
)
def pad_channels(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    padded = net.op("Pad", x, net.constant("pads", [0, 4, 0, 0, 0, 3, 0, 0]))
    net.head(net.op("Add", net.conv_relu(x, "conv2", 12, 19), padded), 19)


@add(
    "pad-channels-value",
    "the added channels hold 0.5, not 0; Pad of opset 10 with attributes",
    prunable="conv1.weight",
    opset=10,
)
def pad_channels_value(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Pad", x, mode="constant", pads=[0, 0, 1, 1, 0, 4, 1, 1], value=0.5)
    net.head(net.conv_relu(x, "conv2", 16, 10), 10)


@add(
    "pad-map",
    "Pad of the map: reflect, edge, and constant with a value that is not zero",
    prunable="conv1.weight conv2.weight conv3.weight",
)
def pad_map(net: Network) -> None:
    pads = net.constant("pads", [0, 0, 1, 1, 0, 0, 1, 1])
    x = net.op("Pad", net.conv_relu(net.input(IMAGE), "conv1", 3, 12), pads, mode="reflect")
    x = net.op("Pad", net.conv_relu(x, "conv2", 12, 10, padded=False), pads, mode="edge")
    x = net.op("Pad", net.conv_relu(x, "conv3", 10, 11, padded=False), pads, net.constant("value", 0.25))
    net.output(net.conv(x, "conv4", 11, 4, padded=False), ["batch", 4, 12, 12])


@add("pad-negative", "Pad with negative amounts crops channels", prunable="conv2.weight")
def pad_negative(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    x = net.op("Pad", x, net.constant("pads", [0, -2, 0, 0, 0, -1, 0, 0]))
    net.head(net.conv_relu(x, "conv2", 9, 10), 10)


@add("gather-permutation", "Gather with constant indices permutes the channels", prunable="conv1.weight")
def gather_permutation(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    order = net.constant("order", np.random.default_rng(0).permutation(12))
    net.head(net.op("Sub", net.op("Tanh", net.op("Gather", x, order, axis=1)), x), 12)


@add("gather-some", "Gather takes channels 1, 4, 4 and -1", prunable="conv1.weight")
def gather_some(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    some = net.op("Gather", x, net.constant("indices", [1, 4, 4, -1]), axis=1)
    net.head(net.conv_relu(net.op("Concat", x, some, axis=1), "conv2", 16, 10), 10)


@add(
    "gather-single",
    "Gather with a scalar index takes one channel's map and drops the axis",
    prunable="conv2.weight",
)
def gather_single(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    one = net.op(
        "Unsqueeze", net.op("Gather", x, net.constant("index", 3), axis=1), net.constant("axis", [1])
    )
    net.head(net.conv_relu(net.op("Mul", x, one), "conv2", 12, 10), 10)


@add("channel-shuffle", "ShuffleNet's Reshape, Transpose, Reshape", prunable="conv1.weight last.weight")
def channel_shuffle(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12, 1)
    x = net.conv_relu(x, "grouped", 12, 18, 1, group=3)
    x = net.op("Reshape", x, net.constant("split", [-1, 3, 6, 12, 12]))
    x = net.op(
        "Reshape", net.op("Transpose", x, perm=[0, 2, 1, 3, 4]), net.constant("join", [-1, 18, 12, 12])
    )
    x = net.relu(net.conv(x, "depth", 18, 18, group=18))
    net.head(net.conv_relu(x, "last", 18, 10, 1, group=1), 10)


@add(
    "shuffle-split",
    "ShuffleNetV2 unit: split, one half through convolutions, concat, shuffle in 2 groups, twice",
    prunable="unit0.reduce.weight unit1.reduce.weight",
)
def shuffle_split(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 24)
    sizes = net.constant("sizes", [12, 12])
    for i in range(2):
        a, b = net.many("Split", [x, sizes], [f"a{i}", f"b{i}"], axis=1)
        b = net.conv_relu(b, f"unit{i}.reduce", 12, 12, 1)
        b = net.conv(b, f"unit{i}.depth", 12, 12, group=12)
        b = net.conv_relu(b, f"unit{i}.expand", 12, 12, 1)
        x = net.op("Concat", a, b, axis=1)
        x = net.op("Reshape", x, net.constant(f"split{i}", [0, 2, 12, 12, 12]))
        x = net.op("Transpose", x, perm=[0, 2, 1, 3, 4])
        x = net.op("Reshape", x, net.constant(f"join{i}", [0, -1, 12, 12]))
    net.head(x, 24)


@add(
    "tile-channels",
    "Tile repeats the channels twice; Expand makes a map of a vector",
    prunable="conv1.weight",
)
def tile_channels(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 12)
    tiled = net.op("Tile", x, net.constant("repeats", [1, 2, 1, 1]))
    net.head(net.conv_relu(tiled, "conv2", 24, 10), 10)


@add(
    "expand-per-channel",
    "a constant and a computed vector a channel, expanded to the map",
    prunable="conv1.weight gate.weight",
)
def expand_per_channel(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 3, "height", "width"]), "conv1", 3, 12)
    shape = net.op("Shape", x)
    scale = net.op("Expand", net.uniform("scale", [12, 1, 1]), shape)
    gate = net.gemm(net.op("Flatten", net.op("GlobalAveragePool", x)), "gate", 12, 12)
    gate = net.op("Expand", net.op("Unsqueeze", gate, net.constant("axes", [2, 3])), shape)
    x = net.op("Mul", net.op("Mul", x, scale), gate)
    ones = net.op("Expand", net.normal("shift", [1, 12, 1, 1]), net.constant("target", [1, 12, 1, 1]))
    net.head(net.op("Add", x, ones), 12)


@add(
    "tile-map",
    "a vector a channel, repeated over the map by Tile with computed repeats",
    prunable="conv1.weight context.weight",
)
def tile_map(net: Network) -> None:
    x = net.conv_relu(net.input(["batch", 3, "height", "width"]), "conv1", 3, 12)
    context = net.conv(net.op("GlobalAveragePool", x), "context", 12, 10, 1)
    size = net.op("Slice", net.op("Shape", x), net.constant("s", [2]), net.constant("e", [4]))
    context = net.op("Tile", context, net.op("Concat", net.constant("ones", [1, 1]), size, axis=0))
    x = net.op("Concat", x, context, axis=1)
    net.output(net.conv(x, "conv2", 22, 4), ["batch", 4, "height", "width"])
