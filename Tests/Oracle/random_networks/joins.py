"""Where branches meet: additions, concatenations, gates, and the splits before them."""

from __future__ import annotations

import numpy as np

from .assembly import Assembly, each
from .blocks import FEATURES, MAP, TOKENS, block, draw_some
from .values import Value

ALL = (MAP, TOKENS, FEATURES)


@block(*ALL, nests=True, weight=4)
def residual(net: Assembly, x: Value) -> Value:
    """Identity where the widths agree, else a projection or CIFAR's padding with zeros."""
    y = draw_some(net, x, net.between(1, 3), keeps=True)
    if net.chance(0.4):
        y = net.to_width(y, x.width)
    if y.width > x.width and not x.last and net.chance(0.4):
        before = net.between(0, y.width - x.width)
        pads = [0] * (2 * (x.rank + 2))
        pads[1], pads[x.rank + 3] = before, y.width - x.width - before
        x = x.named(net.pad(x.name, pads), y.width)
    x = net.to_width(x, y.width)
    pair = [x.name, y.name] if net.chance(0.5) else [y.name, x.name]
    joined = net.op("Sum" if net.chance(0.1) else "Add", *pair)
    return net.activated(y.named(joined)) if net.chance(0.5) else y.named(joined)


@block(MAP, keeps=False, ranks=(2,), when=lambda net, x: x.smallest >= 6)
def residual_option_a(net: Assembly, x: Value) -> Value:
    """A strided branch beside every second pixel with zero channels around."""
    width = x.width + net.between(1, 8)
    y = net.activated(net.convolution(x, net.new_width(), 3, stride=2))
    y = net.convolution(y, width, 3)
    z = net.op("AveragePool", x.name, kernel_shape=[1, 1], strides=[2, 2])
    if net.opset >= 10 and net.chance(0.5):
        ends = net.shape_constant([2**31, 2**31])
        z = net.op(
            "Slice",
            x.name,
            net.shape_constant([0, 0]),
            ends,
            net.shape_constant([2, 3]),
            net.shape_constant([2, 2]),
        )
    before = net.between(0, width - x.width)
    z = net.pad(z, [0, before, 0, 0, 0, width - x.width - before, 0, 0])
    return y.named(net.op("Add", y.name, z))


@block(*ALL, nests=True, weight=3)
def concat(net: Assembly, x: Value) -> Value:
    """Two or three branches, at times the value itself, or one of them twice."""
    branches = [draw_some(net, x, net.between(1, 2), keeps=True) for _ in range(net.between(1, 2))]
    if net.chance(0.5):
        branches.append(x)
    if len(branches) == 1 or net.chance(0.15):
        branches.append(branches[0])
    axis = x.axis if net.chance(0.8) or net.opset < 11 else x.axis - x.rank - 2
    y = net.op("Concat", *(b.name for b in branches), axis=axis)
    y = x.named(y, sum(b.width for b in branches))
    return net.to_width(y, net.new_width()) if y.width > 40 or net.chance(0.3) else y


@block(MAP, weight=1.5)
def dense_block(net: Assembly, x: Value) -> Value:
    """DenseNet: each layer reads the Concat of all before it, through a BatchNormalization of its own."""
    parts = [x]
    for _ in range(net.between(2, 3)):
        y = parts[0]
        if len(parts) > 1:
            joined = net.op("Concat", *(p.name for p in parts), axis=1)
            y = x.named(joined, sum(p.width for p in parts))
        y = net.activated(net.normalised(y))
        parts.append(net.convolution(y, net.between(3, 8), 3))
    joined = net.op("Concat", *(p.name for p in parts), axis=1)
    return net.convolution(x.named(joined, sum(p.width for p in parts)), net.new_width(), 1)


@block(*ALL, nests=True, weight=1.5)
def product(net: Assembly, x: Value) -> Value:
    """Two branches multiplied, one of them bounded."""
    width = net.new_width()
    y = net.to_width(draw_some(net, x, 1, keeps=True), width)
    z = net.to_width(draw_some(net, x, 1, keeps=True), width)
    return y.named(net.op("Mul", y.name, net.op(net.pick(["Sigmoid", "Tanh"]), z.name)), width)


@block(*ALL, weight=0.7, since=8, nests=True)
def largest_of_branches(net: Assembly, x: Value) -> Value:
    width = net.new_width()
    branches = [net.to_width(draw_some(net, x, 1, keeps=True), width) for _ in range(net.between(2, 3))]
    return branches[0].named(net.op(net.pick(["Max", "Min", "Sum", "Mean"]), *(b.name for b in branches)))


@block(MAP, weight=2)
def squeeze_excite(net: Assembly, x: Value) -> Value:
    """A gate a channel from the map's mean, by convolutions or by linear layers."""
    hidden = net.fresh("squeeze")
    inner = max(2, x.width // int(net.pick([1, 2, 4])))
    gate = "HardSigmoid" if net.chance(0.3) else "Sigmoid"
    ones = each(x.extents, lambda e: 1)
    if net.chance(0.5):
        axes = list(range(2, x.rank + 2))
        pooled = (
            net.op("GlobalAveragePool", x.name) if net.chance(0.6) else net.reduce("ReduceMean", x.name, axes)
        )
        y = net.activated(net.convolution(x.named(pooled, extents=ones), inner, 1, name=hidden))
        y = net.convolution(y, x.width, 1)
        net.expect(hidden)
        return x.named(net.op("Mul", *shuffled(net, x.name, net.op(gate, y.name))))
    pooled = net.op("Flatten", net.op("GlobalAveragePool", x.name), axis=1)
    if net.chance(0.5):
        y = net.relu(net.gemm(pooled, hidden, x.width, inner))
        y = net.gemm(y, net.fresh("excite"), inner, x.width)
    else:
        features = Value(pooled, x.width, ((), ()))
        y = net.linear(net.activated(net.linear(features, inner, hidden)), x.width).name
    net.expect(hidden, product=True)
    y = back_to_map(net, net.op(gate, y), x)
    return x.named(net.op("Mul", *shuffled(net, x.name, y)))


def back_to_map(net: Assembly, y: str, x: Value) -> str:
    """[N, C] to [N, C, 1, 1], one of the ways exporters write it."""
    axes = list(range(2, x.rank + 2))
    if net.chance(0.4):
        return net.unsqueeze(y, axes)
    ones = [1] * x.rank
    if net.chance(0.5):
        return net.reshape(y, [0, x.width, *ones] if net.chance(0.5) else [0, 0, *ones][:2] + ones)
    batch, width = net.dimension(x.name, 0), net.dimension(x.name, 1)
    return net.reshape_to(y, [batch, width if net.chance(0.5) else x.width, *ones])


def shuffled(net: Assembly, *names: str) -> list[str]:
    return list(names) if net.chance(0.5) else list(names[::-1])


@block(MAP, ranks=(2,), weight=1.2)
def spatial_attention(net: Assembly, x: Value) -> Value:
    """CBAM: the mean and the largest over the channels, convolved into one map that multiplies all."""
    mean, largest = net.reduce("ReduceMean", x.name, [1]), net.reduce("ReduceMax", x.name, [1])
    y = x.named(net.op("Concat", mean, largest, axis=1), 2)
    y = net.convolution(y, 1, 3)
    return x.named(net.op("Mul", *shuffled(net, x.name, net.op("Sigmoid", y.name))))


@block(MAP, weight=1.5)
def channel_halves(net: Assembly, x: Value) -> Value:
    """C2f: a convolution's halves, one through bottlenecks, and everything joined."""
    half, fused = net.between(3, 8), net.fresh("c2f")
    y = net.activated(net.convolution(x, 2 * half, 1, name=fused))
    if net.chance(0.6):
        a, b = net.split(y.name, 1, [half, half])
    else:
        a, b = (
            net.slice(y.name, 1, 0, half),
            net.slice(y.name, 1, half, 2**31 if net.chance(0.5) else 2 * half),
        )
    parts = [x.named(a, half), x.named(b, half)]
    for _ in range(net.between(1, 2)):
        z = net.convolution(net.activated(net.convolution(parts[-1], half, 3)), half, 3)
        parts.append(z.named(net.op("Add", parts[-1].name, z.name)) if net.chance(0.7) else z)
    joined = net.op("Concat", *(p.name for p in parts), axis=1)
    return net.convolution(x.named(joined, half * len(parts)), net.new_width(), 1)


@block(*ALL, weight=1.2)
def gated_split(net: Assembly, x: Value) -> Value:
    """GLU: half of the channels gates the other half."""
    half = net.between(3, 10)
    y = net.to_width(x, 2 * half)
    a, b = net.split(y.name, x.axis, [half, half])
    return x.named(net.op("Mul", a, net.op("Sigmoid", b)), half)


@block(*ALL, weight=1.2, nests=True)
def uneven_split(net: Assembly, x: Value) -> Value:
    sizes = [net.between(2, 7) for _ in range(net.between(2, 3))]
    if net.chance(0.3):  # what `num_outputs` alone gives of a width that is not divisible
        sizes = [sizes[0]] * (len(sizes) - 1) + [net.between(1, sizes[0])]
    y = net.to_width(x, sum(sizes))
    parts = [y.named(p, s) for p, s in zip(net.split(y.name, x.axis, sizes), sizes, strict=True)]
    parts[0] = draw_some(net, parts[0], 1, keeps=True)
    order = [int(i) for i in net.random.permutation(len(parts))]
    joined = net.op("Concat", *(parts[i].name for i in order), axis=x.axis)
    return x.named(joined, sum(p.width for p in parts))


@block(*ALL, weight=0.5)
def constant_joined(net: Assembly, x: Value) -> Value:
    """A constant of the whole value is added: a position embedding."""
    if not x.fixed:
        return x
    shape = [1, *x.extents[0], x.width] if x.last else [1, x.width, *x.extents[0]]
    return x.named(
        net.op(
            "Add",
            x.name,
            net.constant(net.fresh("position"), net.random.standard_normal(shape).astype(np.float32) * 0.3),
        )
    )
