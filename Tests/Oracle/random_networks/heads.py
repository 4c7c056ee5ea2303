"""From one kind of value to another, and to the network's outputs."""

from __future__ import annotations

from .assembly import Assembly
from .blocks import FEATURES, MAP, TOKENS, block, kind
from .values import Value

NOTHING = ((), ())


@block(MAP, keeps=False, weight=0.8)
def pooled_to_features(net: Assembly, x: Value) -> Value:
    axes = list(range(2, x.rank + 2))
    choice = net.between(0, 3)
    if choice == 0:
        y = net.reduce("ReduceMean", x.name, axes, keepdims=0)
    else:
        y = net.op("GlobalMaxPool" if choice == 1 else "GlobalAveragePool", x.name)
        y = net.squeeze(y, axes) if choice == 2 else net.op("Flatten", y, axis=1)
    return Value(y, x.width, NOTHING)


@block(MAP, keeps=False, weight=1, when=lambda net, x: x.fixed and x.area * x.width <= 900)
def flattened(net: Assembly, x: Value) -> Value:
    """[N, C, H, W] to [N, C*H*W], in one of the many ways."""
    width = x.width * x.area
    choice = net.between(0, 5)
    if choice == 0:
        y = net.op("Flatten", x.name, axis=1)
    elif choice == 1:
        y = net.reshape(x.name, [net.batch_or_copy, -1])
    elif choice == 2:
        y = net.reshape(x.name, [net.batch_or_copy if net.chance(0.5) else -1, width])
    elif choice == 3:
        y = net.reshape_to(x.name, [net.dimension(x.name, 0), -1 if net.chance(0.5) else width])
    elif choice == 4:
        last = net.op("Transpose", x.name, perm=[0, *range(2, x.rank + 2), 1])
        y = net.op("Flatten", last, axis=1)
    else:
        product = net.op("Mul", net.dimension(x.name, 1), net.shape_constant([x.area]))
        y = net.reshape_to(x.name, [net.dimension(x.name, 0), product])
    return Value(y, width, NOTHING)


@block(TOKENS, keeps=False, weight=0.6, ranks=(1,))
def tokens_to_features(net: Assembly, x: Value) -> Value:
    if net.chance(0.6):
        return Value(net.reduce("ReduceMean", x.name, [1], keepdims=0), x.width, NOTHING)
    if net.chance(0.5):
        return Value(net.op("Gather", x.name, net.shape_constant(0), axis=1), x.width, NOTHING)
    return Value(net.squeeze(net.slice(x.name, 1, 0, 1), [1]), x.width, NOTHING)


def logits(net: Assembly, x: Value) -> None:
    """Ends a branch in an output that has no weights after it to prune."""
    classes = net.between(2, 6)
    if kind(x) == MAP and net.chance(0.5):
        x = pooled_to_features(net, x)
    elif kind(x) == MAP and x.fixed and x.area * x.width <= 900 and net.chance(0.5):
        x = flattened(net, x)
    if kind(x) == FEATURES and net.chance(0.6):
        x = Value(net.gemm(x.name, net.fresh("logits"), x.width, classes), classes, NOTHING)
    else:
        x = net.convolution(x, classes, 1) if kind(x) == MAP else net.linear(x, classes)
    tail = net.between(0, 9)
    if tail == 0 and (net.opset >= 13 or x.rank == 0):
        x = x.named(net.op("Softmax", x.name, axis=x.axis))
    elif tail == 1:
        publish(net, x.named(net.op("ArgMax", x.name, axis=x.axis, keepdims=1), 1), integer=True)
    publish(net, x)


def publish(net: Assembly, x: Value, *, integer: bool = False) -> None:
    """Declares an output; the lengths that a reader cannot know are named."""
    names = [
        net.fresh("length") if len({run[i] for run in x.extents}) > 1 else x.extents[0][i]
        for i in range(x.rank)
    ]
    shape = [net.batch or "batch", *names, x.width] if x.last else [net.batch or "batch", x.width, *names]
    net.output(x.name, shape, int if integer else None)
