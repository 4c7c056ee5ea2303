"""Blocks that published networks are known for, beyond convolutions and residual connections."""

from __future__ import annotations

import math

import numpy as np

from .assembly import Assembly, each
from .blocks import MAP, TOKENS, block, draw_one
from .joins import back_to_map, shuffled
from .values import Value


@block(MAP, weight=1)
def channel_attention(net: Assembly, x: Value) -> Value:
    """CBAM: one pair of layers for both the mean and the largest of each channel."""
    inner, name = max(2, x.width // 2), net.fresh("cbam")
    ones = [1] * x.rank
    first = net.weight(f"{name}.reduce", [inner, x.width, *ones])
    second = net.weight(f"{name}.expand", [x.width, inner, *ones])
    gates = [
        net.op("Conv", net.op("Relu", net.op("Conv", net.op(pool, x.name), first)), second)
        for pool in ("GlobalAveragePool", "GlobalMaxPool")
    ]
    return x.named(net.op("Mul", *shuffled(net, x.name, net.op("Sigmoid", net.op("Add", *gates)))))


@block(MAP, weight=1, ranks=(1, 2))
def non_local(net: Assembly, x: Value) -> Value:
    """Self-attention over a map's pixels: SAGAN, non-local networks."""
    inner, batch = net.between(3, 8), net.dimension(x.name, 0)
    extents = [net.dimension(x.name, 2 + i) for i in range(x.rank)]
    queries, keys, values = (
        net.reshape_to(net.convolution(x, inner, 1).name, [batch, inner if net.chance(0.5) else 0, -1])
        for _ in range(3)
    )
    scores = net.op("MatMul", net.op("Transpose", queries, perm=[0, 2, 1]), keys)
    weights = net.op("Transpose", net.op("Softmax", scores, axis=2), perm=[0, 2, 1])
    y = net.reshape_to(net.op("MatMul", values, weights), [batch, inner, *extents])
    y = net.convolution(x.named(y, inner), x.width, 1)
    return x.named(net.op("Add", x.name, y.name))


@block(MAP, weight=0.7, keeps=False, ranks=(2,), since=8, when=lambda net, x: x.smallest >= 5)
def blur_pool(net: Assembly, x: Value) -> Value:
    """One kernel for all channels, repeated in the graph or in the file, depthwise with stride 2."""
    row = np.array([1.0, 2.0, 1.0])
    kernel = np.outer(row, row)[None, None] / 16
    if net.chance(0.4):
        weight = net.constant(net.fresh("blur"), np.repeat(kernel, x.width, 0))
    else:
        operator = net.pick(["Tile", "Expand"])
        target = [x.width, 1, 1, 1] if operator == "Tile" else [x.width, 1, 3, 3]
        weight = net.op(operator, net.constant(net.fresh("blur"), kernel), net.shape_constant(target))
    y = net.op("Conv", x.name, weight, group=x.width, strides=[2, 2], pads=[1] * 4)
    return x.named(y, extents=each(x.extents, lambda e: (e - 1) // 2 + 1))


@block(MAP, weight=0.8, since=13)
def selective_kernels(net: Assembly, x: Value) -> Value:
    """Two branches stacked on a new axis, weighted by a Softmax over it, and summed."""
    width = net.new_width()
    branches = [net.activated(net.convolution(x, width, 3, dilation=d)) for d in (1, 2)]
    stacked = net.op("Concat", *(net.unsqueeze(b.name, [1]) for b in branches), axis=1)
    pooled = net.op("GlobalAveragePool", net.op("Add", *(b.name for b in branches)))
    ones = each(x.extents, lambda e: 1)
    squeezed = net.activated(net.convolution(x.named(pooled, width, ones), net.between(3, 6), 1))
    gates = [net.unsqueeze(net.convolution(squeezed, width, 1).name, [1]) for _ in range(2)]
    gates = net.op("Softmax", net.op("Concat", *gates, axis=1), axis=1)
    y = net.reduce("ReduceSum", net.op("Mul", stacked, gates), [1], keepdims=0)
    return x.named(y, width)


@block(MAP, weight=0.8, since=13)
def split_attention(net: Assembly, x: Value) -> Value:
    """ResNeSt: radix 2, the convolution's channels read as [2, C] and weighted against each other."""
    width, radix = 2 * net.between(2, 5), 2
    y = net.activated(net.convolution(x, width * radix, 3, group=1))
    batch = net.dimension(x.name, 0)
    extents = [net.dimension(x.name, 2 + i) for i in range(x.rank)]
    stacked = net.reshape_to(y.name, [batch, radix, width, *extents])
    pooled = net.op("GlobalAveragePool", net.reduce("ReduceSum", stacked, [1], keepdims=0))
    gate = net.activated(
        net.convolution(x.named(pooled, width, each(x.extents, lambda e: 1)), net.between(3, 6), 1)
    )
    gate = net.reshape(net.convolution(gate, width * radix, 1).name, [0, radix, width] + [1] * x.rank)
    weighted = net.op("Mul", stacked, net.op("Softmax", gate, axis=1))
    return x.named(net.reduce("ReduceSum", weighted, [1], keepdims=0), width)


@block(MAP, keeps=False, weight=0.8, ranks=(2,))
def to_channels_last(net: Assembly, x: Value) -> Value:
    return Value(net.op("Transpose", x.name, perm=[0, 2, 3, 1]), x.width, x.extents, last=True)


@block(TOKENS, keeps=False, weight=2, ranks=(2,))
def to_channels_first(net: Assembly, x: Value) -> Value:
    return Value(net.op("Transpose", x.name, perm=[0, 3, 1, 2]), x.width, x.extents)


@block(TOKENS, keeps=False, weight=2, ranks=(2,), since=10, when=lambda net, x: all_even(x))
def patch_merging(net: Assembly, x: Value) -> Value:
    """Swin: four strided slices of the map joined on the last axis, then a linear layer."""
    rows = [net.slice(x.name, 1, i, 2**31, 2) for i in range(2)]
    parts = [net.slice(row, 2, j, 2**31, 2) for j in range(2) for row in rows]
    y = x.named(
        net.op("Concat", *parts, axis=-1 if net.opset >= 11 else 3),
        4 * x.width,
        each(x.extents, lambda e: e // 2),
    )
    return net.linear(y, net.new_width())


@block(TOKENS, weight=2, ranks=(2,), when=lambda net, x: x.fixed and all_even(x))
def windows(net: Assembly, x: Value) -> Value:
    """Swin's windows of 2x2 pixels, moved into the batch axis for a layer over each, and back."""
    height, breadth = x.extents[0]
    parts = [height // 2, 2, breadth // 2, 2]
    y = net.reshape(x.name, [net.batch or -1, *parts, x.width])
    y = net.op("Transpose", y, perm=[0, 1, 3, 2, 4, 5])
    y = net.reshape(y, [-1, 4, x.width])
    first = net.fresh("window")
    y = net.activated(net.linear(Value(y, x.width, ((4,),) * 2, last=True), net.new_width(), first))
    net.expect(first, product=True)
    y = net.linear(y, x.width)
    y = net.reshape(y.name, [-1, parts[0], parts[2], 2, 2, x.width])
    y = net.op("Transpose", y, perm=[0, 1, 3, 2, 4, 5])
    return x.named(net.reshape(y, [net.batch or -1, height, breadth, x.width]))


def all_even(x: Value) -> bool:
    return all(e % 2 == 0 for run in x.extents for e in run)


@block(MAP, weight=0.6, since=8)
def coordinates(net: Assembly, x: Value) -> Value:
    """CoordConv: two constant maps joined to the channels."""
    if not x.fixed:
        return x
    maps = net.normal(net.fresh("coordinates"), [net.batch or 1, 2, *x.extents[0]])
    if not net.batch:
        target = net.op("Concat", net.dimension(x.name, 0), net.shape_constant([2, *x.extents[0]]), axis=0)
        maps = net.op("Expand", maps, target)
    joined = net.op("Concat", *shuffled(net, x.name, maps), axis=1)
    return net.convolution(x.named(joined, x.width + 2), net.new_width(), int(net.pick([1, 3])))


@block(TOKENS, weight=1.2, ranks=(1,), since=10)
def rotary_attention(net: Assembly, x: Value) -> Value:
    """Rotated halves for queries and keys; one head of keys and values for all queries at times."""
    heads, half = net.between(1, 3), net.between(1, 3)
    per = 2 * half
    shared = net.chance(0.5)
    queries = rotated(net, headed(net, net.linear(x, heads * per), heads, per), half)
    kept = 1 if shared else heads
    keys = rotated(net, headed(net, net.linear(x, kept * per), kept, per), half)
    values = headed(net, net.linear(x, kept * per), kept, per)
    scores = net.op("MatMul", queries, net.op("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = net.op("Mul", scores, net.constant(net.fresh("scale"), 1 / math.sqrt(per)))
    y = net.op("MatMul", net.op("Softmax", scores, axis=3), values)
    y = net.reshape(net.op("Transpose", y, perm=[0, 2, 1, 3]), [0, 0, heads * per])
    return net.linear(x.named(y, heads * per), x.width)


def headed(net: Assembly, x: Value, heads: int, width: int) -> str:
    return net.op("Transpose", net.reshape(x.name, [0, 0, heads, width]), perm=[0, 2, 1, 3])


def rotated(net: Assembly, x: str, half: int) -> str:
    """x cos + (-second half, first half) sin, the angles constant over time here."""
    first, second = net.slice(x, 3, 0, half), net.slice(x, 3, half, 2**31)
    turned = net.op("Concat", net.op("Neg", second), first, axis=3)
    cosine, sine = (net.uniform(net.fresh(n), [2 * half], -1, 1) for n in ("cos", "sin"))
    return net.op("Add", net.op("Mul", x, cosine), net.op("Mul", turned, sine))


@block(MAP, weight=0.7)
def fire(net: Assembly, x: Value) -> Value:
    """SqueezeNet: narrow, then two kinds of wide, joined."""
    narrow = net.fresh("fire")
    y = net.activated(net.convolution(x, net.between(3, 8), 1, name=narrow))
    net.expect(narrow)
    left, right = (net.activated(net.convolution(y, net.between(3, 8), k)) for k in (1, 3))
    joined = net.op("Concat", left.name, right.name, axis=1)
    return net.convolution(y.named(joined, left.width + right.width), net.new_width(), 1)


@block(MAP, weight=0.7)
def style(net: Assembly, x: Value) -> Value:
    """FiLM and StyleGAN: a vector makes a scale and a shift for every channel."""
    width = x.width
    pooled = Value(net.op("Flatten", net.op("GlobalAveragePool", x.name), axis=1), width, ((), ()))
    both = net.linear(pooled, 2 * width)
    scale, shift = (back_to_map(net, part, x) for part in net.split(both.name, 1, [width, width]))
    y = net.op("Mul", x.name, net.op("Add", net.op("Tanh", scale), net.constant(net.fresh("one"), 1.0)))
    return x.named(net.op("Add", y, shift))


@block(MAP, weight=0.7, nests=True)
def weighted_fusion(net: Assembly, x: Value) -> Value:
    """BiFPN: a weighted mean of branches, the weights computed from constants."""
    y = net.to_width(draw_one(net, x, keeps=True), x.width)
    weights = net.op("Relu", net.uniform(net.fresh("fusion"), [2]))
    total = net.op("Add", net.reduce("ReduceSum", weights, [0]), net.constant(net.fresh("eps"), 1e-3))
    shares = net.split(net.op("Div", weights, total), 0, [1, 1])
    terms = [net.op("Mul", *shuffled(net, v.name, s)) for v, s in zip((x, y), shares, strict=True)]
    return x.named(net.op("Add", *terms))
