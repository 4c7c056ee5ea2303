"""Slices picked and written by constant vectors of indices, and maps folded in ways that name no channel."""

from __future__ import annotations

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


@add("gather-nd", "GatherND with constant indices, one counted from the end", prunable="conv1.weight conv2.weight")
def gather_nd(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 16)
    rows = net.op("Transpose", x, perm=[1, 0, 2, 3])
    picked = net.op("GatherND", rows, net.constant("indices", [[3], [1], [-2], [7], [7], [9]]))
    y = net.op("Transpose", picked, perm=[1, 0, 2, 3])
    y = net.op("Add", net.conv_relu(y, "conv2", 6, 8), net.conv(x, "conv3", 16, 8))
    net.head(y, 8)


@add(
    "scatter-nd",
    "ScatterND writes to constant channels of the first sample; one vector has two components",
    prunable="conv1.weight conv2.weight",
)
def scatter_nd(net: Network) -> None:
    x = net.conv_relu(net.input([1, *IMAGE[1:]]), "conv1", 3, 16)
    updates = net.conv_relu(x, "conv2", 16, 5)
    indices = net.constant("indices", [[[0, 3], [0, 1], [0, -2], [0, 7], [0, 9]]])
    y = net.op("ScatterND", x, indices, updates)
    y = net.conv_relu(y, "conv3", 16, 8)
    pooled = net.op("Flatten", net.op("GlobalAveragePool", y), axis=1)
    net.output(net.gemm(pooled, "logits", 8, 5), [1, 5])


def folded(net: Network, batch: int | str) -> None:
    x = net.conv_relu(net.input([batch, *IMAGE[1:]]), "conv1", 3, 32)
    shape = net.constant("folded", [4 if batch == 1 else -1, 8, 12, 12])
    y = net.op("MaxPool", net.op("Reshape", x, shape), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    y = net.op("Reshape", y, net.constant("whole", [batch if batch == 1 else -1, 32, 12, 12]))
    y = net.conv_relu(y, "conv2", 32, 8)
    pooled = net.op("Flatten", net.op("GlobalAveragePool", y), axis=1)
    net.output(net.gemm(pooled, "logits", 8, 5), [batch, 5])


@add("folded-channels", "channels folded into a batch of 1 and back", prunable="conv1.weight conv2.weight")
def folded_channels(net: Network) -> None:
    folded(net, 1)


@add("folded-channels-open", "channels folded into an open batch and back", prunable="conv1.weight conv2.weight")
def folded_channels_open(net: Network) -> None:
    folded(net, "batch")


@add(
    "folded-channels-computed",
    "the shape that channels are folded to is computed, of the batch and of the channels",
    prunable="conv1.weight conv2.weight",
)
def folded_channels_computed(net: Network) -> None:
    x = net.conv_relu(net.input(IMAGE), "conv1", 3, 32)

    def length(axis: int) -> str:
        shape = net.op("Shape", x)
        return net.op("Gather", shape, net.constant(f"axis{axis}.{len(net.nodes)}", [axis]))

    four = net.constant("four", [4])
    parts = [net.op("Mul", length(0), four), net.op("Div", length(1), four), length(2), length(3)]
    y = net.op("Reshape", x, net.op("Concat", *parts, axis=0))
    y = net.op("MaxPool", y, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    y = net.op("Reshape", y, net.op("Concat", *[length(axis) for axis in range(4)], axis=0))
    net.head(net.conv_relu(y, "conv2", 32, 8), 8)


@add(
    "group-norm-open",
    "GroupNorm as Reshape to [0, G, -1], with height and width open",
    prunable="conv1.weight conv2.weight",
)
def group_norm_open(net: Network) -> None:
    x = net.conv(net.input(["batch", 3, "height", "width"]), "conv1", 3, 48)
    groups = [net.constant("ones", [1.0] * 6), net.constant("zeros", [0.0] * 6)]
    y = net.op("Reshape", x, net.constant("grouped", [0, 6, -1]))
    y = net.op("Reshape", net.op("InstanceNormalization", y, *groups), net.op("Shape", x))
    y = net.op("Mul", y, net.uniform("scale", [48, 1, 1]))
    y = net.relu(net.op("Add", y, net.normal("shift", [48, 1, 1])))
    net.head(net.conv_relu(y, "conv2", 48, 8), 8)
