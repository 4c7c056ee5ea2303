"""Weights that are not constants themselves but computed from one, as exporters and quantizers leave them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .assembly import Assembly


def dress(net: Assembly, name: str, values: np.ndarray) -> str:
    """Returns the value that has (nearly) these numbers; the constant behind it is called `name`."""
    choices: list[Callable] = [transposed, reshaped, from_half, identity, scaled, *MIXING]
    if net.opset >= 10:
        choices.append(quantized_whole)
    if net.opset >= 13:
        choices += [quantized_per_channel, quantized_in_graph]
    choice = net.pick(choices)
    net.mixing = net.mixing or choice in MIXING
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


def low_rank(net: Assembly, name: str, values: np.ndarray) -> str:
    """LoRA: a product of two thin matrices added."""
    if values.ndim != 2:
        return scaled(net, name, values)
    a = net.normal(f"{name}.A", [values.shape[0], 2], 0.2)
    b = net.normal(f"{name}.B", [2, values.shape[1]], 0.2)
    return net.op("Add", net.constant(name, values), net.op("MatMul", a, b))


def normalised(net: Assembly, name: str, values: np.ndarray) -> str:
    """Weight normalisation: directions of length one times a length a filter."""
    length = net.uniform(f"{name}.length", [values.shape[0]] + [1] * (values.ndim - 1))
    stored = net.constant(name, values)
    norm = net.reduce("ReduceL2", stored, list(range(1, values.ndim)))
    return net.op("Mul", net.op("Div", stored, norm), length)


def standardised(net: Assembly, name: str, values: np.ndarray) -> str:
    """Weight standardisation: every filter's mean is taken away."""
    stored = net.constant(name, values)
    return net.op("Sub", stored, net.reduce("ReduceMean", stored, list(range(1, values.ndim))))


#: Where one input channel's weights depend on the others', so that no input channel can go.
MIXING = (low_rank, normalised, standardised)
