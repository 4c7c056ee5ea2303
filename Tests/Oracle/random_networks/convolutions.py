"""Convolutions in all their forms, and what follows them."""

from __future__ import annotations

from .assembly import Assembly, each
from .blocks import MAP, block
from .values import Value


@block(MAP, weight=4)
def conv_norm_act(net: Assembly, x: Value) -> Value:
    """The most common layer there is."""
    kernel, dilation = int(net.pick([1, 3, 3, 5])), net.between(1, 2)
    y = net.convolution(x, net.new_width(), kernel, dilation=dilation)
    if net.chance(0.7):
        y = net.normalised(y)
    return net.activated(y) if net.chance(0.8) else y


@block(MAP, weight=2)
def plain_chain(net: Assembly, x: Value) -> Value:
    """Conv, BatchNormalization, Relu, Conv: the first one's filters are the second's alone."""
    first = net.fresh("chain")
    y = net.convolution(x, net.new_width(), int(net.pick([1, 3])), name=first)
    y = net.activated(net.normalised(y))
    net.expect(first)
    return net.convolution(y, net.new_width(), int(net.pick([1, 3])))


@block(MAP, weight=1.5, keeps=False, when=lambda net, x: x.smallest >= 6)
def strided_conv(net: Assembly, x: Value) -> Value:
    return net.activated(net.convolution(x, net.new_width(), int(net.pick([1, 3])), stride=2))


@block(MAP, keeps=False, when=lambda net, x: x.smallest >= 6)
def valid_conv(net: Assembly, x: Value) -> Value:
    return net.convolution(x, net.new_width(), int(net.pick([2, 3])), padded=False)


@block(MAP, keeps=False, ranks=(1, 2), when=lambda net, x: x.smallest >= 5)
def auto_padded_conv(net: Assembly, x: Value) -> Value:
    width, stride = net.new_width(), net.between(1, 2)
    kernel = [net.between(1, 3) for _ in range(x.rank)]
    name = net.fresh("auto")
    inputs = [x.name, net.weight(f"{name}.weight", [width, x.width, *kernel])]
    if net.chance(0.5):
        inputs.append(net.normal(f"{name}.bias", [width], 0.2))
    mode = net.pick(["SAME_UPPER", "SAME_LOWER"])
    made = net.op("Conv", *inputs, output=name, auto_pad=mode, strides=[stride] * x.rank)
    return x.named(made, width, each(x.extents, lambda e: -(-e // stride)))


@block(MAP, weight=2)
def depthwise_separable(net: Assembly, x: Value) -> Value:
    expand, depth = net.fresh("expand"), net.fresh("depth")
    width = net.new_width()
    y = net.activated(net.convolution(x, width, 1, name=expand))
    y = net.convolution(y, width, 3, group=width, name=depth)
    if net.chance(0.7):
        y = net.normalised(y)
    net.expect(expand, depth)
    return net.convolution(net.activated(y), net.new_width(), 1)


@block(MAP)
def depthwise_alone(net: Assembly, x: Value) -> Value:
    """At times with several filters a channel."""
    return net.activated(net.convolution(x, x.width * int(net.pick([1, 1, 2, 3])), 3, group=x.width))


@block(MAP, weight=1.5)
def grouped_conv(net: Assembly, x: Value) -> Value:
    groups = int(net.pick([2, 3, 4]))
    x = net.to_width(x, groups * net.between(2, 5))
    y = net.convolution(x, groups * net.between(2, 5), int(net.pick([1, 3])), group=groups)
    return net.activated(y)


@block(MAP, weight=1.5, keeps=False, ranks=(1, 2), when=lambda net, x: x.smallest <= 10)
def transposed_conv(net: Assembly, x: Value) -> Value:
    """Weights [in, out / groups]; kernel 2 and stride 2, or kernel 3 that keeps the map."""
    group = int(net.pick([1, 1, 1, 2, 3]))
    if group > 1:
        x = net.to_width(x, group * net.between(2, 5))
    elif net.chance(0.2):
        group = x.width
    width = group * net.between(1, 3) if group > 1 else net.new_width()
    kernel, stride = (2, 2) if net.chance(0.6) else (3, 1)
    name = net.fresh("up")
    shape = [x.width, width // group] + [kernel] * x.rank
    inputs = [x.name, net.weight(f"{name}.weight", shape)]
    if net.chance(0.6):
        inputs.append(net.normal(f"{name}.bias", [width], 0.2))
    margin = kernel - stride
    pads = [margin // 2] * x.rank + [margin - margin // 2] * x.rank
    more = 1 if stride == 2 and net.chance(0.3) else 0
    extra = {"output_padding": [more] * x.rank} if more else {}
    y = net.op(
        "ConvTranspose", *inputs, output=name, strides=[stride] * x.rank, pads=pads, group=group, **extra
    )
    return x.named(y, width, each(x.extents, lambda e: e * stride + more))


@block(MAP)
def norm_before_conv(net: Assembly, x: Value) -> Value:
    y = net.activated(net.normalised(x))
    return net.convolution(y, net.new_width(), int(net.pick([1, 3])))


@block(MAP)
def added_bias(net: Assembly, x: Value) -> Value:
    """The bias as an Add of [C, 1, 1], before or after the value."""
    y = net.convolution(x, net.new_width(), 3, bias=False)
    pair = [y.name, net.normal(net.fresh("bias"), net.per_channel(y))]
    return y.named(net.op("Add", *(pair if net.chance(0.6) else pair[::-1])))


@block(MAP)
def inverted_residual(net: Assembly, x: Value) -> Value:
    """MobileNet's block: wide inside, narrow at the ends."""
    expand, width = net.fresh("wide"), x.width * net.between(2, 3)
    y = net.activated(net.normalised(net.convolution(x, width, 1, name=expand)))
    y = net.activated(net.normalised(net.convolution(y, width, 3, group=width)))
    net.expect(expand)
    y = net.normalised(net.convolution(y, x.width, 1))
    return y.named(net.op("Add", x.name, y.name))


@block(MAP, weight=0.7)
def shared_weight(net: Assembly, x: Value) -> Value:
    """One initializer for two convolutions, beside or after each other."""
    name = net.fresh("shared")
    weight = net.weight(f"{name}.weight", [x.width, x.width] + [3] * x.rank)
    bias = net.normal(f"{name}.bias", [x.width], 0.2)
    attributes = {"kernel_shape": [3] * x.rank, "pads": [1] * (2 * x.rank)}
    y = net.op("Conv", x.name, weight, bias, output=name, **attributes)
    if net.chance(0.5):
        z = net.op("Conv", net.op("Relu", y), weight, bias, **attributes)
    else:
        z = net.op("Add", y, net.op("Conv", net.op("Tanh", x.name), weight, **attributes))
    return net.convolution(x.named(z), net.new_width(), 1)


@block(MAP, weight=0.7)
def equal_parameters(net: Assembly, x: Value) -> Value:
    """Two layers of one width with one bias or one set of statistics, stored once because they are equal."""
    width = net.new_width()
    bias = [net.normal(net.fresh("equal.bias"), [width], 0.2)] if net.chance(0.7) else []
    statistics = []
    if not bias or net.chance(0.5):
        makers = (net.uniform, net.normal, net.normal, net.uniform)
        statistics = [make(net.fresh("equal.statistic"), [width]) for make in makers]
    for _ in range(2):
        inputs = [x.name, net.weight(net.fresh("equal.weight"), [width, x.width] + [1] * x.rank)]
        y = x.named(net.op("Conv", *inputs, *bias), width)
        if statistics:
            y = y.named(net.op("BatchNormalization", y.name, *statistics))
        x = net.activated(y)
    return net.convolution(x, net.new_width(), 1)
