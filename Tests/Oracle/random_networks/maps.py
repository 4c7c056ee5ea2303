"""Pools, changes of size, padding and normalisations of maps."""

from __future__ import annotations

from .assembly import Assembly, each
from .blocks import MAP, block
from .values import Value


@block(MAP, keeps=False, weight=1.5, when=lambda net, x: x.smallest >= 4)
def pooled(net: Assembly, x: Value) -> Value:
    choice = net.pick(["MaxPool", "AveragePool"])
    if net.chance(0.5):
        y = net.op(choice, x.name, kernel_shape=[2] * x.rank, strides=[2] * x.rank)
        return x.named(y, extents=each(x.extents, lambda e: e // 2))
    if net.opset >= 10 and net.chance(0.3):
        y = net.op(choice, x.name, kernel_shape=[2] * x.rank, strides=[2] * x.rank, ceil_mode=1)
        return x.named(y, extents=each(x.extents, lambda e: -(-e // 2)))
    extra = {"count_include_pad": net.between(0, 1)} if choice == "AveragePool" else {}
    attributes = {"kernel_shape": [3] * x.rank, "strides": [2] * x.rank, "pads": [1] * (2 * x.rank)}
    y = net.op(choice, x.name, **attributes, **extra)
    return x.named(y, extents=each(x.extents, lambda e: (e - 1) // 2 + 1))


@block(MAP)
def pooled_in_place(net: Assembly, x: Value) -> Value:
    """Inception's and SPPF's pool of stride 1."""
    attributes = {"kernel_shape": [3] * x.rank, "strides": [1] * x.rank, "pads": [1] * (2 * x.rank)}
    parts = [x.name]
    for _ in range(net.between(1, 3)):
        parts.append(net.op(net.pick(["MaxPool", "AveragePool"]), parts[-1], **attributes))
    if len(parts) == 2:
        return x.named(parts[1])
    joined = net.op("Concat", *parts, axis=1)
    return net.convolution(x.named(joined, len(parts) * x.width), net.new_width(), 1)


@block(MAP, ranks=(2,), keeps=False, when=lambda net, x: x.smallest <= 8)
def upsampled(net: Assembly, x: Value) -> Value:
    mode = "linear" if net.chance(0.4) else "nearest"
    y = net.upsample(x.name, [1, 1, 2, 2], mode)
    return x.named(y, extents=each(x.extents, lambda e: 2 * e))


@block(MAP, ranks=(2,), since=11, when=lambda net, x: x.smallest >= 4)
def pyramid(net: Assembly, x: Value) -> Value:
    """Down, a convolution, and up again to the size it had, computed or literal, joined with the skip."""
    down = net.op("MaxPool", x.name, kernel_shape=[2, 2], strides=[2, 2])
    y = net.activated(
        net.convolution(x.named(down, extents=each(x.extents, lambda e: e // 2)), net.new_width(), 3)
    )
    if x.fixed and net.batch and net.chance(0.5):
        sizes = net.shape_constant([net.batch, y.width, *x.extents[0]])
    else:
        sizes = net.op(
            "Concat", *(net.dimension(v, i) for i, v in enumerate([y.name, y.name, x.name, x.name])), axis=0
        )
    empty = net.constant(net.fresh("roi"), [], "float32") if net.opset < 13 else ""
    scales = net.constant(net.fresh("scales"), [], "float32") if net.opset < 13 else ""
    attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    y = y.named(net.op("Resize", y.name, empty, scales, sizes, **attributes), extents=x.extents)
    if net.chance(0.5):
        return y.named(net.op("Concat", x.name, y.name, axis=1), x.width + y.width)
    x = net.to_width(x, y.width)
    return y.named(net.op("Add", x.name, y.name))


@block(MAP, when=lambda net, x: x.smallest >= 3)
def padded_then_valid(net: Assembly, x: Value) -> Value:
    """Padding by a node of its own, then a convolution without."""
    mode = net.pick(["constant", "constant", "reflect", "edge"])
    value = 0.25 if mode == "constant" and net.chance(0.4) else 0.0
    pads = [0, 0] + [1] * x.rank
    if x.rank == 3 and net.opset < 18:
        mode = "constant"
    y = x.named(net.pad(x.name, pads + pads, mode, value), extents=each(x.extents, lambda e: e + 2))
    return net.convolution(y, net.new_width(), 3, padded=False)


@block(MAP, keeps=False, weight=0.5, when=lambda net, x: x.smallest >= 5)
def cropped(net: Assembly, x: Value) -> Value:
    """A Pad with negative amounts, or a Slice of the map."""
    if net.chance(0.5):
        pads = [0, 0] + [-1] * x.rank
        return x.named(net.pad(x.name, pads + pads), extents=each(x.extents, lambda e: e - 2))
    first = tuple((run[0] - 1, *run[1:]) for run in x.extents)
    return x.named(net.slice(x.name, 2, 1, 2**31), extents=first)


@block(MAP, weight=0.5, ranks=(2,))
def local_response(net: Assembly, x: Value) -> Value:
    return x.named(net.op("LRN", x.name, size=int(net.pick([3, 5])), alpha=0.1, beta=0.75, bias=1.0))


@block(MAP, when=lambda net, x: x.area >= 4)
def instance_norm(net: Assembly, x: Value) -> Value:
    parameters = net.uniform(net.fresh("in.scale"), [x.width]), net.normal(net.fresh("in.bias"), [x.width])
    return x.named(net.op("InstanceNormalization", x.name, *parameters, epsilon=1e-2))


@block(MAP, when=lambda net, x: x.area >= 2)
def group_norm(net: Assembly, x: Value) -> Value:
    """The operator of 21, or InstanceNormalization between two Reshapes, then scale and shift."""
    groups = int(net.pick([1, 2, 3]))
    x = net.to_width(x, groups * max(2, x.width // groups))
    name = net.fresh("gn")
    if net.opset >= 21 and net.chance(0.6):
        parameters = net.uniform(f"{name}.scale", [x.width]), net.normal(f"{name}.bias", [x.width])
        return x.named(net.op("GroupNormalization", x.name, *parameters, num_groups=groups, epsilon=1e-2))
    inner = net.constant(f"{name}.ones", [1.0] * groups), net.constant(f"{name}.zeros", [0.0] * groups)
    y = net.op("InstanceNormalization", net.reshape(x.name, [0, groups, -1]), *inner, epsilon=1e-2)
    if x.fixed and net.batch and net.chance(0.5):
        y = net.reshape(y, [net.batch, x.width, *x.extents[0]])
    else:
        y = net.op("Reshape", y, net.op("Shape", x.name))
    shape = [x.width] + [1] * x.rank
    y = net.op("Mul", y, net.uniform(f"{name}.scale", shape))
    return x.named(net.op("Add", y, net.normal(f"{name}.bias", shape)))


@block(MAP, weight=1.2)
def layer_norm_of_map(net: Assembly, x: Value) -> Value:
    """ConvNeXt's: over the channels of each pixel, written out."""
    mean = net.reduce("ReduceMean", x.name, [1])
    centred = net.op("Sub", x.name, mean)
    square = net.op("Mul", centred, centred)
    if net.chance(0.5):
        square = net.op("Pow", centred, net.constant(net.fresh("two"), 2.0))
    variance = net.op("Add", net.reduce("ReduceMean", square, [1]), net.constant(net.fresh("eps"), 1e-2))
    y = net.op("Div", centred, net.op("Sqrt", variance))
    shape = [x.width] + [1] * x.rank
    y = net.op("Mul", y, net.uniform(net.fresh("ln.scale"), shape))
    return net.convolution(
        x.named(net.op("Add", y, net.normal(net.fresh("ln.bias"), shape))), net.new_width(), 1
    )
