"""Transformers, mixers and recurrent layers over tokens [batch, time, width]; from maps and back to them."""

from __future__ import annotations

import math

from .assembly import Assembly, each
from .blocks import MAP, TOKENS, block
from .values import Value


def root(net: Assembly, width: int) -> str:
    return net.constant(net.fresh("root"), math.sqrt(width))


@block(TOKENS, weight=2)
def layer_norm(net: Assembly, x: Value) -> Value:
    """The operator of 17, RMSNormalization of 23, or written out, with Pow or Mul."""
    if net.opset >= 23 and net.chance(0.3):
        return x.named(
            net.op("RMSNormalization", x.name, net.uniform(net.fresh("rms.scale"), [x.width]), epsilon=1e-2)
        )
    name = net.fresh("ln")
    scale, bias = net.uniform(f"{name}.scale", [x.width]), net.normal(f"{name}.bias", [x.width])
    if net.opset >= 17 and net.chance(0.6):
        return x.named(net.op("LayerNormalization", x.name, scale, bias, axis=-1, epsilon=1e-2))
    axis = -1 if net.opset >= 11 and net.chance(0.7) else x.axis
    centred = net.op("Sub", x.name, net.reduce("ReduceMean", x.name, [axis]))
    square = net.op("Pow", centred, net.constant(f"{name}.two", 2.0))
    variance = net.op("Add", net.reduce("ReduceMean", square, [axis]), net.constant(f"{name}.eps", 1e-2))
    y = net.op("Mul", net.op("Div", centred, net.op("Sqrt", variance)), scale)
    return x.named(net.op("Add", y, bias))


@block(TOKENS, weight=3)
def linear_act(net: Assembly, x: Value) -> Value:
    return net.activated(net.linear(x, net.new_width()))


@block(TOKENS, weight=3, ranks=(1,))
def attention(net: Assembly, x: Value) -> Value:
    """Heads from separate layers for queries, keys and values, and a shortcut."""
    heads, each_width = net.between(1, 3), net.between(2, 5)
    width = heads * each_width
    parts = [by_heads(net, net.linear(x, width), heads) for _ in range(2)]
    values = net.linear(x, width)
    if net.chance(0.3):
        values = net.activated(values)
    y = attended(net, *parts, by_heads(net, values, heads), each_width)
    return merged(net, x, y, width)


def by_heads(net: Assembly, x: Value, heads: int) -> str:
    """[N, T, H*D] to [N, H, T, D]."""
    per = x.width // heads
    if x.fixed and net.chance(0.4):
        shape: list = [0, x.extents[0][0], heads, per]
    elif net.chance(0.5):
        shape = [0, 0, heads, -1 if net.chance(0.5) else per]
    else:
        shape = [net.dimension(x.name, 0), net.dimension(x.name, 1), heads, per]
    return net.op("Transpose", net.reshape_to(x.name, shape), perm=[0, 2, 1, 3])


def attended(net: Assembly, queries: str, keys: str, values: str, width: int) -> str:
    """Softmax of scaled products, times the values; [N, H, T, D] each."""
    scores = net.op("MatMul", queries, net.op("Transpose", keys, perm=[0, 1, 3, 2]))
    scores = net.op("Div", scores, root(net, width))
    # Before 13 an axis means that axis and all behind it: the same for the last.
    return net.op("MatMul", net.op("Softmax", scores, axis=3), values)


def merged(net: Assembly, x: Value, y: str, width: int) -> Value:
    """The heads side by side again, and the output layer with a shortcut."""
    y = net.op("Transpose", y, perm=[0, 2, 1, 3])
    shape: list = [0, 0, width]
    if net.chance(0.4):
        shape = [net.dimension(x.name, 0), net.dimension(x.name, 1), width if net.chance(0.5) else -1]
    z = net.linear(x.named(net.reshape_to(y, shape), width), x.width if net.chance(0.8) else net.new_width())
    return z.named(net.op("Add", x.name, z.name)) if z.width == x.width else z


@block(TOKENS, weight=2, ranks=(1,))
def fused_attention(net: Assembly, x: Value) -> Value:
    """One layer for queries, keys and values: cut by Split, or by Reshape, Transpose and Gather."""
    heads, per = net.between(1, 3), net.between(2, 5)
    width = heads * per
    fused = net.linear(x, 3 * width)
    if net.chance(0.5):
        cut = [fused.named(p, width) for p in net.split(fused.name, 2, [width] * 3)]
        parts = [by_heads(net, p, heads) for p in cut]
    else:
        y = net.reshape(fused.name, [0, 0, 3, heads, per])
        y = net.op("Transpose", y, perm=[2, 0, 3, 1, 4])
        parts = [net.op("Gather", y, net.shape_constant(i), axis=0) for i in range(3)]
    return merged(net, x, attended(net, *parts, per), width)


@block(TOKENS, weight=1, ranks=(1,), since=23)
def attention_operator(net: Assembly, x: Value) -> Value:
    """Heads on an axis of their own, or not; several of queries on one of keys and values."""
    shared, times, per = net.between(1, 3), net.between(1, 3), 2 * net.between(1, 3)
    heads = shared * times
    parts = [net.linear(x, count * per) for count in (heads, shared, shared)]
    if net.chance(0.5):
        y = net.op("Attention", *[p.name for p in parts], q_num_heads=heads, kv_num_heads=shared)
        return net.linear(x.named(y, heads * per), x.width)
    apart = [by_heads(net, p, count) for p, count in zip(parts, (heads, shared, shared), strict=True)]
    y = net.op("Transpose", net.op("Attention", *apart), perm=[0, 2, 1, 3])
    return net.linear(x.named(net.reshape(y, [0, 0, heads * per]), heads * per), x.width)


@block(TOKENS, weight=1.5, ranks=(1,), when=lambda net, x: x.fixed)
def mixer(net: Assembly, x: Value) -> Value:
    """MLP-Mixer: linear layers over the tokens between two Transposes."""
    length = x.extents[0][0]
    first = net.fresh("mix")
    y = Value(net.op("Transpose", x.name, perm=[0, 2, 1]), length, ((x.width,),) * 2, last=True)
    y = net.activated(net.linear(y, net.new_width(), first))
    net.expect(first, product=True)
    y = net.linear(y, length)
    return x.named(net.op("Add", x.name, net.op("Transpose", y.name, perm=[0, 2, 1])))


@block(TOKENS, weight=1, ranks=(1,))
def recurrent(net: Assembly, x: Value) -> Value:
    """An LSTM or GRU over the tokens; both directions at times."""
    kind, gates = net.pick([("LSTM", 4), ("GRU", 3), ("RNN", 1)])
    hidden, directions = net.between(3, 6), net.between(1, 2)
    name = net.fresh("recurrent")
    weights = [
        net.normal(f"{name}.W", [directions, gates * hidden, x.width], 0.3),
        net.normal(f"{name}.R", [directions, gates * hidden, hidden], 0.3),
    ]
    if net.chance(0.6):
        weights.append(net.normal(f"{name}.B", [directions, 2 * gates * hidden], 0.1))
    direction = "bidirectional" if directions == 2 else "forward"
    y = net.op("Transpose", x.name, perm=[1, 0, 2])
    outputs = [net.fresh("states")]
    net.many(kind, [y, *weights], outputs, hidden_size=hidden, direction=direction)
    if directions == 1:
        y = net.op("Transpose", net.squeeze(outputs[0], [1]), perm=[1, 0, 2])
    else:
        y = net.op("Transpose", outputs[0], perm=[2, 0, 1, 3])
        y = net.reshape(y, [0, 0, 2 * hidden])
    return net.linear(x.named(y, directions * hidden), net.new_width())


@block(TOKENS, weight=0.8, ranks=(1,))
def conv_over_tokens(net: Assembly, x: Value) -> Value:
    """A 1-d convolution between two Transposes, as speech models have it."""
    y = Value(net.op("Transpose", x.name, perm=[0, 2, 1]), x.width, x.extents)
    y = net.activated(net.convolution(y, net.new_width(), 3, group=1))
    return Value(net.op("Transpose", y.name, perm=[0, 2, 1]), y.width, x.extents, last=True)


@block(MAP, keeps=False, weight=0.8, ranks=(1, 2))
def map_to_tokens(net: Assembly, x: Value) -> Value:
    """[N, C, H, W] to [N, H*W, C]: patches of a vision transformer."""
    y, extents = x.name, tuple((math.prod(run),) for run in x.extents)
    if x.rank == 2:
        shape: list = [0, 0, -1]
        if net.chance(0.4):
            shape = [net.dimension(y, 0), x.width if net.chance(0.5) else net.dimension(y, 1), -1]
        y = net.reshape_to(y, shape)
    return Value(net.op("Transpose", y, perm=[0, 2, 1]), x.width, extents, last=True)


@block(TOKENS, keeps=False, weight=0.6, ranks=(1,))
def tokens_to_map(net: Assembly, x: Value) -> Value:
    """[N, T, C] to [N, C, T], or to a map of two axes where T is even."""
    y = net.op("Transpose", x.name, perm=[0, 2, 1])
    if any(run[0] % 2 for run in x.extents) or net.chance(0.4):
        return Value(y, x.width, x.extents)
    y = net.reshape(y, [0, x.width if net.chance(0.5) else 0, 2, -1])
    return Value(y, x.width, tuple((2, run[0] // 2) for run in x.extents))


@block(MAP, keeps=False, ranks=(2,), weight=0.6)
def columns_as_tokens(net: Assembly, x: Value) -> Value:
    """Text recognition: [N, C, H, W] to [N, W, C*H], or the height averaged away."""
    if net.chance(0.5) or not all(run[0] == x.extents[0][0] for run in x.extents):
        y = net.reduce("ReduceMean", x.name, [2], keepdims=0)
        y, width = net.op("Transpose", y, perm=[0, 2, 1]), x.width
    else:
        width = x.width * x.extents[0][0]
        y = net.op("Transpose", x.name, perm=[0, 3, 1, 2])
        y = net.reshape(y, [0, 0, width if net.chance(0.5) else -1])
    return Value(y, width, tuple((run[1],) for run in x.extents), last=True)


@block(TOKENS, weight=0.7, ranks=(1,), since=8)
def token_joined(net: Assembly, x: Value) -> Value:
    """A class token before the others, and away again after a layer."""
    if not net.batch:
        shape = net.op("Concat", net.dimension(x.name, 0), net.shape_constant([1, x.width]), axis=0)
        token = net.normal(net.fresh("token"), [1, 1, x.width])
        token = net.op("Expand", token, shape)
    else:
        token = net.normal(net.fresh("token"), [net.batch, 1, x.width])
    y = x.named(net.op("Concat", token, x.name, axis=1), extents=each(x.extents, lambda e: e + 1))
    y = net.linear(y, net.new_width())
    return y.named(net.slice(y.name, 1, 1, 2**31), extents=x.extents)
