"""Weights that are not constants themselves but computed from one, as exporters and quantizers leave them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .assembly import Assembly


def dress(net: Assembly, name: str, values: np.ndarray) -> str:
    """Returns a value of this shape, mostly with (nearly) these numbers.

    What is called `name` is what loses channels: the constant behind the value, or the value itself.
    """
    choices: list[Callable] = [transposed, reshaped, from_half, identity, scaled, *COMPUTED]
    if net.opset >= 10:
        choices.append(quantized_whole)
    if net.opset >= 13:
        choices += [quantized_per_channel, quantized_in_graph]
    choice = net.pick(choices)
    net.computed[name] = list(values.shape)
    # The compiler computes with single precision, and so nothing that is more than that.
    net.mixing = net.mixing or net.double and choice in COMPUTED
    net.log.append(f"{'  ' * net.depth}weight {name}: {choice.__name__}")
    return choice(net, name, values)


def transposed(net: Assembly, name: str, values: np.ndarray) -> str:
    order = [int(i) for i in net.random.permutation(values.ndim)]
    stored = np.transpose(values, np.argsort(order))
    return net.op("Transpose", net.constant(name, stored), perm=order)


def reshaped(net: Assembly, name: str, values: np.ndarray) -> str:
    stored = values.reshape(values.shape[0], -1) if values.ndim > 2 else values[None]
    return net.reshape(net.constant(name, stored), values.shape)


def from_half(net: Assembly, name: str, values: np.ndarray) -> str:
    return net.op("Cast", net.constant(name, values, np.float16), to=1)


def identity(net: Assembly, name: str, values: np.ndarray) -> str:
    return net.op("Identity", net.constant(name, values))


def scaled(net: Assembly, name: str, values: np.ndarray) -> str:
    """Equalised learning rate: a factor a network."""
    return net.op("Mul", net.constant(name, values * 2), net.constant(f"{name}.factor", 0.5))


def quantized_whole(net: Assembly, name: str, values: np.ndarray) -> str:
    scale = float(np.abs(values).max()) / 127
    stored = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
    inputs = [net.constant(name, stored, np.int8), net.constant(f"{name}.scale", scale)]
    if net.chance(0.5):
        inputs.append(net.constant(f"{name}.zero", np.int8(0), np.int8))
    return net.op("DequantizeLinear", *inputs)


def quantized_per_channel(net: Assembly, name: str, values: np.ndarray) -> str:
    axis = net.between(0, 1)
    others = tuple(i for i in range(values.ndim) if i != axis)
    scale = np.abs(values).max(others) / 127 + 1e-6
    wide = scale.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    stored = np.clip(np.round(values / wide), -127, 127).astype(np.int8)
    inputs = [net.constant(name, stored, np.int8), net.constant(f"{name}.scale", scale)]
    if net.chance(0.5):
        inputs.append(net.constant(f"{name}.zero", np.zeros(len(scale)), np.int8))
    return net.op("DequantizeLinear", *inputs, axis=axis)


def quantized_in_graph(net: Assembly, name: str, values: np.ndarray) -> str:
    """What quantization-aware training exports: a float weight between the two."""
    scale = net.constant(f"{name}.scale", float(np.abs(values).max()) / 127)
    zero = net.constant(f"{name}.zero", np.int8(0), np.int8)
    stored = net.op("QuantizeLinear", net.constant(name, values), scale, zero)
    return net.op("DequantizeLinear", stored, scale, zero)


# What is computed so is stored as it is used before channels are cut: the result has the weight's name.


def per_filter(values: np.ndarray) -> list[int]:
    return [values.shape[0]] + [1] * (values.ndim - 1)


def low_rank(net: Assembly, name: str, values: np.ndarray) -> str:
    """LoRA: a product of two thin matrices added."""
    a = net.normal(f"{name}.A", [values.shape[0], 2], 0.2)
    b = net.normal(f"{name}.B", [2, values[0].size], 0.2)
    product = net.op("MatMul", a, b)
    if values.ndim != 2:
        product = net.reshape(product, values.shape)
    return net.op("Add", net.constant(f"{name}.stored", values), product, output=name)


def normalised(net: Assembly, name: str, values: np.ndarray) -> str:
    """Weight normalisation: directions of length one times a length a filter."""
    length = net.uniform(f"{name}.length", per_filter(values))
    stored = net.constant(f"{name}.stored", values)
    axes = list(range(1, values.ndim))
    if net.chance(0.5):
        norm = net.reduce("ReduceL2", stored, axes)
    else:
        norm = net.op("Sqrt", net.reduce("ReduceSum", net.op("Mul", stored, stored), axes))
    return net.op("Mul", net.op("Div", stored, norm), length, output=name)


def standardised(net: Assembly, name: str, values: np.ndarray) -> str:
    """Weight standardisation: every filter's mean is taken away, and its deviation made one."""
    stored = net.constant(f"{name}.stored", values)
    axes = list(range(1, values.ndim))
    rest = net.op("Sub", stored, net.reduce("ReduceMean", stored, axes))
    variance = net.reduce("ReduceMean", net.op("Mul", rest, rest), axes)
    deviation = net.op("Sqrt", net.op("Add", variance, net.constant(f"{name}.epsilon", 1e-3)))
    scale = net.constant(f"{name}.scale", 0.3)
    return net.op("Mul", net.op("Div", rest, deviation), scale, output=name)


def scaled_filters(net: Assembly, name: str, values: np.ndarray) -> str:
    factor = net.uniform(f"{name}.factor", per_filter(values))
    return net.op("Mul", net.constant(f"{name}.stored", values), factor, output=name)


def shifted(net: Assembly, name: str, values: np.ndarray) -> str:
    """Zero in the stored weight is no zero in the one that is used."""
    shift = net.normal(f"{name}.shift", [1, *values[0].shape[1:]] if values.ndim > 2 else [1, 1], 0.2)
    return net.op("Add", net.constant(f"{name}.stored", values), shift, output=name)


def masked(net: Assembly, name: str, values: np.ndarray) -> str:
    """Unstructured pruning that was never made permanent."""
    keeps = net.random.random(values.shape) < 0.7
    stored = net.constant(f"{name}.stored", values)
    if net.opset >= 9 and net.chance(0.5):
        mask = net.constant(f"{name}.mask", keeps, np.bool_)
        return net.op("Where", mask, stored, net.constant(f"{name}.none", 0.0), output=name)
    return net.op("Mul", stored, net.constant(f"{name}.mask", keeps.astype(np.float32)), output=name)


def repeated(net: Assembly, name: str, values: np.ndarray) -> str:
    """One filter for all, as blurs have it."""
    stored = net.constant(f"{name}.stored", values[:1])
    times = net.shape_constant(per_filter(values))
    return net.op("Tile", stored, times, output=name)


def waves(net: Assembly, name: str, values: np.ndarray) -> str:
    """Filters that a formula gives, as band passes of sounds have them."""
    frequency = net.uniform(f"{name}.frequency", per_filter(values))
    grid = net.constant(f"{name}.grid", np.linspace(-3, 3, values[0].size).reshape(1, *values[0].shape))
    wave = net.op("Sin", net.op("Mul", frequency, grid))
    return net.op("Mul", wave, net.constant(f"{name}.scale", 0.2), output=name)


def permuted(net: Assembly, name: str, values: np.ndarray) -> str:
    """Filters in another order than they are stored in."""
    order = net.random.permutation(values.shape[0])
    stored = net.constant(f"{name}.stored", values[np.argsort(order)])
    return net.op("Gather", stored, net.shape_constant(order), axis=0, output=name)


def joined(net: Assembly, name: str, values: np.ndarray) -> str:
    """Two stored parts: which of them a channel is in, nobody says beforehand."""
    axis = net.between(0, 1)
    if values.shape[axis] < 2:
        return standardised(net, name, values)
    net.mixing = True
    parts = np.array_split(values, 2, axis)
    names = [net.constant(f"{name}.{i}", part) for i, part in enumerate(parts)]
    return net.op("Concat", *names, axis=axis, output=name)


def folded(net: Assembly, name: str, values: np.ndarray) -> str:
    """Stored in a shape from which no single axis becomes one of the filters'."""
    if values.ndim < 3 or values.shape[1] == 1:
        return scaled_filters(net, name, values)
    stored = net.constant(f"{name}.stored", values.reshape(-1, *values.shape[2:]))
    return net.op("Reshape", stored, net.shape_constant(values.shape), output=name)


def batch_normalised(net: Assembly, name: str, values: np.ndarray) -> str:
    """Weight standardisation by BatchNormalization with training_mode, as timm has it."""
    if net.opset < 14:
        return standardised(net, name, values)
    count = values.shape[0]
    inputs = [net.constant(f"{name}.stored", values.reshape(1, count, -1))]
    parameters = {"scale": 0.3, "shift": 0.0, "mean": 1.0, "variance": 1.0}
    inputs += [net.constant(f"{name}.{part}", np.full(count, value)) for part, value in parameters.items()]
    outputs = [net.fresh("standard") for _ in range(3)]
    net.many("BatchNormalization", inputs, outputs, training_mode=1, epsilon=1e-3)
    return net.op("Reshape", outputs[0], net.shape_constant(values.shape), output=name)


COMPUTED = (
    low_rank,
    normalised,
    standardised,
    scaled_filters,
    shifted,
    masked,
    repeated,
    waves,
    permuted,
    joined,
    folded,
    batch_normalised,
)
