"""Functions of one value at a time, as operators and as exporters compose them."""

from __future__ import annotations

from .assembly import Assembly
from .blocks import FEATURES, MAP, TOKENS, block
from .values import Value

ALL = (MAP, TOKENS, FEATURES)


@block(*ALL)
def simple_activation(net: Assembly, x: Value) -> Value:
    choices = ["Relu", "LeakyRelu", "Sigmoid", "Tanh", "Softplus", "HardSigmoid", "Selu", "Abs", "Softsign"]
    if net.opset >= 14:
        choices.append("HardSwish")
    if net.opset >= 18:
        choices.append("Mish")
    if net.opset >= 20:
        choices.append("Gelu")
    return x.named(net.op(net.pick(choices), x.name))


@block(*ALL)
def prelu(net: Assembly, x: Value) -> Value:
    """A slope a channel, or one for all."""
    shape = net.per_channel(x) if net.chance(0.8) else [1]
    return x.named(net.op("PRelu", x.name, net.uniform(net.fresh("slope"), shape, 0.05, 0.4)))


@block(*ALL)
def silu(net: Assembly, x: Value) -> Value:
    return x.named(net.op("Mul", x.name, net.op("Sigmoid", x.name)))


@block(*ALL, since=9, weight=0.7)
def gelu_composed(net: Assembly, x: Value) -> Value:
    y = net.op("Div", x.name, net.constant(net.fresh("root"), 1.4142135))
    y = net.op("Add", net.op("Erf", y), net.constant(net.fresh("one"), 1.0))
    return x.named(net.op("Mul", net.op("Mul", x.name, y), net.constant(net.fresh("half"), 0.5)))


@block(*ALL, weight=0.7)
def hardswish_composed(net: Assembly, x: Value) -> Value:
    y = net.clip(net.op("Add", x.name, net.constant(net.fresh("three"), 3.0)), 0, 6)
    return x.named(net.op("Div", net.op("Mul", x.name, y), net.constant(net.fresh("six"), 6.0)))


@block(*ALL)
def clipped(net: Assembly, x: Value) -> Value:
    if net.opset < 8 or net.chance(0.5):  # Min and Max broadcast since 8
        return x.named(net.clip(x.name, 0 if net.chance(0.5) else -1, 3))
    bounds = [net.uniform(net.fresh("bound"), net.per_channel(x), 0.5, 2) for _ in range(net.between(1, 2))]
    return x.named(net.op(net.pick(["Min", "Max"]), x.name, *bounds))


@block(*ALL)
def per_channel_arithmetic(net: Assembly, x: Value) -> Value:
    for _ in range(net.between(1, 2)):
        pair = [x.name, net.uniform(net.fresh("channel"), net.per_channel(x) if net.chance(0.9) else [1])]
        operator = net.pick(["Add", "Sub", "Mul", "Div"])
        if operator != "Div" and net.chance(0.4):
            pair = pair[::-1]
        x = x.named(net.op(operator, *pair))
    return x


@block(*ALL, since=9)
def where_negative(net: Assembly, x: Value) -> Value:
    """LeakyRelu or a mask a channel, by Where."""
    if net.chance(0.5):
        zero = net.constant(net.fresh("zero"), 0.0)
        test = net.op("Greater", x.name, zero)
        return x.named(
            net.op("Where", test, x.name, net.op("Mul", x.name, net.constant(net.fresh("leak"), 0.1)))
        )
    mask = net.random.random(net.per_channel(x)) < 0.7
    mask = net.constant(net.fresh("mask"), mask, bool)
    other = net.normal(net.fresh("other"), net.per_channel(x)) if net.chance(0.5) else net.op("Tanh", x.name)
    return x.named(net.op("Where", mask, x.name, other))


@block(*ALL)
def passed_through(net: Assembly, x: Value) -> Value:
    return x.named(net.op("Identity", x.name) if net.chance(0.5) else net.dropout(x.name))


@block(*ALL, weight=0.3)
def through_half(net: Assembly, x: Value) -> Value:
    """A Cast to fp16 and back, as mixed precision leaves it."""
    net.coarse = max(net.coarse, 5e-3)
    return x.named(net.op("Cast", net.op("Cast", x.name, to=10), to=1))


@block(*ALL, since=10, weight=0.4)
def quantized_values(net: Assembly, x: Value) -> Value:
    """QuantizeLinear and DequantizeLinear around a value: 8 bits remain, and a rounding may go either way."""
    net.coarse = max(net.coarse, 3e-2)
    scale = net.constant(net.fresh("step"), 0.03)
    zero = net.constant(net.fresh("zero_point"), 128, "uint8")
    return x.named(net.op("DequantizeLinear", net.op("QuantizeLinear", x.name, scale, zero), scale, zero))
