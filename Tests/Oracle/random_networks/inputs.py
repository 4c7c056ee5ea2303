"""What a network starts from: an image, a signal, a volume, tokens or features, and at times two of them."""

from __future__ import annotations

import numpy as np

import equality

from .assembly import Assembly
from .values import Value

#: Blocks whose every operator ONNX Runtime has in double precision.
IN_DOUBLE = frozenset(
    (
        "attention concat fused_attention gated_split gathered gemm layer_norm linear_act mixer "
        "multilayer_perceptron passed_through per_channel_arithmetic product residual silu sliced "
        "token_joined tokens_to_features uneven_split"
    ).split()
)

#: What to feed each input, once for each run.
Shapes = tuple[dict[str, list[int]], ...]


def start(net: Assembly) -> tuple[Value, Shapes]:
    """The input, mostly with a layer behind it, and its shape in both runs."""
    make = tokens if net.chance(0.2) else features if net.chance(0.12) else image
    if make is not image and net.chance(0.15):
        net.dtype, net.dressing, net.allowed = np.float64, 0.0, IN_DOUBLE
    x, shapes = make(net)
    if net.chance(0.12):
        x, shapes = with_second_input(net, x, shapes)
    if net.chance(0.15):
        return x, shapes
    if x.last or x.rank == 0:
        return net.activated(net.linear(x, net.new_width(), "stem")), shapes
    x = net.convolution(x, net.new_width(), 3, name="stem")
    return net.activated(net.normalised(x) if net.chance(0.6) else x), shapes


def image(net: Assembly) -> tuple[Value, Shapes]:
    """A map of one, two or three axes; those are open at times."""
    rank = int(net.pick([2, 2, 2, 2, 2, 1, 3]))
    shortest, longest = {1: (8, 20), 2: (7, 12), 3: (4, 6)}[rank]
    first = tuple(net.between(shortest, longest) for _ in range(rank))
    names = {1: ("time",), 2: ("height", "width"), 3: ("depth", "height", "width")}[rank]
    opened = net.chance(0.4)
    second = tuple(e + net.between(1, 4) for e in first) if opened else first
    x = Value("image", 3, (first, second))
    net.input([net.batch or "batch", x.width, *(names if opened else first)], x.name)
    return x, shapes_of(net, x)


def tokens(net: Assembly) -> tuple[Value, Shapes]:
    """Features of tokens, or indices into a table."""
    length, opened = net.between(4, 10), net.chance(0.5)
    extents = ((length,), (length + 2 if opened else length,))
    axes = [net.batch or "batch", "time" if opened else length]
    if net.chance(0.4):
        x = Value("tokens", net.new_width(), extents, last=True)
        table = net.normal("embedding", [equality.LARGEST_INTEGER, x.width], 1.0)
        net.input(axes, x.name, np.int64)
        shapes = shapes_of(net, x)
        for shape in shapes:
            shape[x.name].pop()
        return x.named(net.op("Gather", table, x.name, axis=0)), shapes
    x = Value("tokens", net.between(5, 12), extents, last=True)
    net.input([*axes, x.width], x.name)
    return x, shapes_of(net, x)


def features(net: Assembly) -> tuple[Value, Shapes]:
    x = Value("features", net.between(6, 14), ((), ()))
    net.input([net.batch or "batch", x.width], x.name)
    return x, shapes_of(net, x)


def shapes_of(net: Assembly, x: Value) -> Shapes:
    """What to feed an input in either run."""
    return tuple(
        {
            x.name: [net.batch or batch, *extents, x.width]
            if x.last
            else [net.batch or batch, x.width, *extents]
        }
        for batch, extents in zip((2, 3), x.extents, strict=True)
    )


def with_second_input(net: Assembly, x: Value, shapes: Shapes) -> tuple[Value, Shapes]:
    """Another input of the same size, behind layers of its own, added or joined."""
    second = Value("second", 2, x.extents, x.last)
    other = shapes_of(net, second)
    axes = [d.dim_param or d.dim_value for d in net.inputs[0].type.tensor_type.shape.dim]
    if x.rank and x.last:
        axes = [*axes[: x.rank + 1], second.width]
    else:
        axes[1] = second.width
    net.input(axes, second.name)
    y = net.activated(net.to_width(second, net.new_width()))
    shapes = tuple(a | b for a, b in zip(shapes, other, strict=True))
    if net.chance(0.5):
        return x.named(net.op("Concat", x.name, y.name, axis=x.axis), x.width + y.width), shapes
    return y.named(net.op("Add", net.to_width(x, y.width).name, y.name)), shapes
