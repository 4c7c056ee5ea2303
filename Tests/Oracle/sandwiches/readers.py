"""Layers that read channels along every axis of a result."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from .makers import LONGEST_AXIS, NO_NUMBERS
from .net import Net, plain_output

#: How many numbers each reader makes of an axis.
WIDTH = 2


def read(
    net: Net, name: str, values: np.ndarray, kind: int, label: str, random: np.random.Generator
) -> onnx.ValueInfoProto:
    """A network's output that depends on every element of the result `name`."""
    if kind in NO_NUMBERS:
        return onnx.helper.make_tensor_value_info(name, kind, None)
    x = name if kind == TensorProto.FLOAT else net.cast(name, TensorProto.FLOAT)
    shape = list(values.shape)
    rank = len(shape)
    for axis in random.permutation(rank):
        if not 2 <= shape[axis] <= LONGEST_AXIS:
            continue
        x = read_axis(net, x, shape, int(axis), label, random)
        shape[axis] = WIDTH
    if x == name:
        x = net.add("Identity", [x])
    return plain_output(x, shape)


def read_axis(net: Net, x: str, shape: list[int], axis: int, label: str, random: np.random.Generator) -> str:
    rank, length = len(shape), shape[axis]
    weight = (random.standard_normal((length, WIDTH)) + 0.5).astype(np.float32) / np.float32(np.sqrt(length))
    name = net.fresh(f"read/{label}/{axis}/weight")
    if rank == 3 and random.random() < 0.4:
        y = net.moved(x, rank, axis, 1)
        kernel = weight.T.reshape(WIDTH, length, 1)
        return net.moved(net.add("Conv", [y, net.constant(name, kernel)]), rank, 1, axis)
    if rank >= 2 and random.random() < 0.3:
        y = net.moved(x, rank, axis, rank - 2)
        y = net.add("MatMul", [net.constant(name, weight.T), y])
        return net.moved(y, rank, rank - 2, axis)
    y = net.moved(x, rank, axis, rank - 1)
    y = net.add("MatMul", [y, net.constant(name, weight)])
    return net.moved(y, rank, rank - 1, axis)
