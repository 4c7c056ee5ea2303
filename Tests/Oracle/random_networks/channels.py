"""Operators that cut, join, repeat and reorder channels."""

from __future__ import annotations

import numpy as np

from .assembly import Assembly, each
from .blocks import FEATURES, MAP, TOKENS, block
from .values import Value

ALL = (MAP, TOKENS, FEATURES)


@block(MAP, weight=2, ranks=(1, 2))
def channel_shuffle(net: Assembly, x: Value) -> Value:
    """ShuffleNet's Reshape, Transpose, Reshape; extents literal where fixed, else computed."""
    groups = int(net.pick([2, 3, 4]))
    x = net.activated(net.to_width(x, groups * net.between(2, 5)))
    per, literal = x.width // groups, x.fixed and net.chance(0.5)
    extents = list(x.extents[0]) if literal else [net.dimension(x.name, 2 + i) for i in range(x.rank)]
    batch: int | str = net.batch or (-1 if literal else net.dimension(x.name, 0))
    middle = -1 if batch != -1 and net.chance(0.2) else per
    y = net.reshape_to(x.name, [batch, groups, middle, *extents])
    y = net.op("Transpose", y, perm=[0, 2, 1, *range(3, 3 + x.rank)])
    return x.named(net.reshape_to(y, [batch, x.width if batch == -1 or net.chance(0.5) else -1, *extents]))


@block(*ALL, since=10)
def sliced(net: Assembly, x: Value) -> Value:
    """Some channels, by start, end and step."""
    step = int(net.pick([1, 1, 2, -1]))
    if step < 0:
        return x.named(net.slice(x.name, x.axis, -1, -(2**31), -1))
    start = net.between(0, max(0, x.width - 3))
    end = net.between(start + 1, x.width)
    picked = len(range(start, end, step))
    shown = 2**31 if end == x.width and net.chance(0.5) else end
    y = x.named(net.slice(x.name, x.axis, start, shown, step), picked)
    return y if picked > 1 else net.to_width(y, 5)


@block(MAP)
def padded_channels(net: Assembly, x: Value) -> Value:
    before, after = net.between(0, 3), net.between(0, 4)
    pads = [0] * (2 * (x.rank + 2))
    pads[1], pads[x.rank + 3] = before, after
    value = 0.5 if net.chance(0.3) else 0.0
    return x.named(net.pad(x.name, pads, value=value), x.width + before + after)


@block(*ALL, since=11)
def gathered(net: Assembly, x: Value) -> Value:
    """A permutation of the channels, or some of them, or some twice."""
    choice = net.between(0, 2)
    if choice == 0:
        indices = net.random.permutation(x.width)
    elif choice == 1:
        indices = np.sort(net.random.choice(x.width, max(2, x.width * 2 // 3), replace=False))
    else:
        indices = net.random.integers(-x.width, x.width, net.between(3, 9))
    y = net.op("Gather", x.name, net.shape_constant(indices), axis=x.axis)
    return x.named(y, len(indices))


@block(MAP, ranks=(1, 2), when=lambda net, x: x.width <= 16)
def tiled(net: Assembly, x: Value) -> Value:
    return x.named(net.op("Tile", x.name, net.shape_constant([1, 2] + [1] * x.rank)), 2 * x.width)


@block(MAP, since=8, weight=0.8)
def expanded_context(net: Assembly, x: Value) -> Value:
    """The map's mean, mixed, spread over the map again and added or joined."""
    y = net.activated(
        net.convolution(
            x.named(net.op("GlobalAveragePool", x.name), extents=each(x.extents, lambda e: 1)),
            net.new_width(),
            1,
        )
    )
    if net.chance(0.5):
        y = net.to_width(y, x.width)
        spread = net.op("Expand", y.name, net.op("Shape", x.name)) if net.chance(0.6) else y.name
        return x.named(net.op("Add", x.name, spread))
    extents = [net.dimension(x.name, 2 + i) for i in range(x.rank)]
    ones = net.shape_constant([1, 1])
    target = net.op("Concat", ones, *extents, axis=0)
    spread = net.op("Expand" if net.chance(0.5) else "Tile", y.name, target)
    return x.named(net.op("Concat", x.name, spread, axis=1), x.width + y.width)


@block(MAP, ranks=(2,), keeps=False, when=lambda net, x: x.smallest <= 8)
def depth_to_space(net: Assembly, x: Value) -> Value:
    x = net.to_width(x, 4 * net.between(2, 5))
    mode = {"mode": net.pick(["DCR", "CRD"])} if net.opset >= 11 else {}
    y = net.op("DepthToSpace", x.name, blocksize=2, **mode)
    return x.named(y, x.width // 4, each(x.extents, lambda e: 2 * e))


@block(MAP, ranks=(2,), keeps=False, weight=0.7, when=lambda net, x: x.smallest <= 8 and x.fixed)
def pixel_shuffle_composed(net: Assembly, x: Value) -> Value:
    """PixelShuffle as older exporters write it."""
    width = net.between(2, 5)
    x = net.to_width(x, 4 * width)
    height, breadth = x.extents[0]
    batch = net.batch or -1
    y = net.reshape(x.name, [batch, width, 2, 2, height, breadth])
    y = net.op("Transpose", y, perm=[0, 1, 4, 2, 5, 3])
    y = net.reshape(y, [batch, width, 2 * height, 2 * breadth])
    return x.named(y, width, each(x.extents, lambda e: 2 * e))


@block(MAP, ranks=(2,), keeps=False, when=lambda net, x: all(e % 2 == 0 for run in x.extents for e in run))
def space_to_depth(net: Assembly, x: Value) -> Value:
    """The operator, or YOLO's Focus: four strided slices, joined."""
    extents = each(x.extents, lambda e: e // 2)
    if net.opset < 10 or net.chance(0.5):
        return x.named(net.op("SpaceToDepth", x.name, blocksize=2), 4 * x.width, extents)
    parts = [net.slice(net.slice(x.name, 2, i, 2**31, 2), 3, j, 2**31, 2) for j in range(2) for i in range(2)]
    return x.named(net.op("Concat", *parts, axis=1), 4 * x.width, extents)


@block(MAP, since=13, weight=0.6)
def softmax_over_channels(net: Assembly, x: Value) -> Value:
    y = net.op("Softmax", x.name, axis=1)
    return x.named(net.op("Mul", x.name, y) if net.chance(0.5) else y)


@block(MAP, since=13, weight=0.6, ranks=(1, 2))
def softmax_over_pixels(net: Assembly, x: Value) -> Value:
    """Each channel's map sums to one; at times the map is flattened for it and mended after."""
    return x.named(net.op("Mul", x.name, net.op("Softmax", x.name, axis=x.rank + 1)))


@block(MAP, weight=0.4, since=10)
def strongest_channels(net: Assembly, x: Value) -> Value:
    """TopK over the channels: every one matters to every other."""
    count = min(3, x.width)
    values, _ = net.many(
        "TopK", [x.name, net.shape_constant([count])], [net.fresh("top"), net.fresh("where")], axis=1
    )
    return net.convolution(x.named(values, count), net.new_width(), 1)


@block(MAP, weight=0.5, ranks=(1, 2))
def mean_of_channels(net: Assembly, x: Value) -> Value:
    """A norm written out: divided by the channels' mean square."""
    square = net.op("Mul", x.name, x.name)
    y = net.op("Add", net.reduce("ReduceMean", square, [1]), net.constant(net.fresh("eps"), 0.1))
    return x.named(net.op("Div", x.name, net.op("Sqrt", y)))


@block(MAP, weight=0.5, ranks=(1, 2, 3), when=lambda net, x: x.width % 2 == 0)
def grouped_maximum(net: Assembly, x: Value) -> Value:
    """Maxout: pairs of channels, the larger of each."""
    if net.chance(0.5):
        a, b = net.split(x.name, 1, [x.width // 2] * 2)
        y = net.op("Max", a, b)
    else:
        extents = [net.dimension(x.name, 2 + i) for i in range(x.rank)]
        batch = net.dimension(x.name, 0)
        y = net.reshape_to(x.name, [batch, x.width // 2, 2, *extents])
        y = net.reduce("ReduceMax", y, [2], keepdims=0)
    return net.to_width(x.named(y, x.width // 2), net.new_width())
