"""Weights stored as small integers behind DequantizeLinear, and values that pass through them (QDQ)."""

from __future__ import annotations

import numpy as np

from .builder import Network
from .catalogue import Catalogue

CATALOGUE = Catalogue()
add = CATALOGUE.add

IMAGE = ["batch", 3, 12, 12]


def quantize(net: Network, x: str, scale: float, zero_point: int = 0) -> str:
    name = f"q{len(net.nodes)}"
    scale_name = net.constant(f"{name}.scale", scale)
    zero = net.constant(f"{name}.zero", zero_point, np.uint8)
    return net.op("DequantizeLinear", net.op("QuantizeLinear", x, scale_name, zero), scale_name, zero)


def quantized_weight(
    net: Network,
    name: str,
    shape: list[int],
    *,
    axis: int | None = None,
    zero_point: int | None = 0,
    dtype: type = np.int8,
) -> str:
    """DequantizeLinear of random integers: one scale along `axis`, or one for all."""
    limits = np.iinfo(dtype)
    values = net.random.integers(limits.min + 1, limits.max, shape, dtype=dtype)
    net.constant(f"{name}.quantized", values, dtype)
    count = [] if axis is None else [shape[axis]]
    fan_in = np.prod(shape) / shape[-1 if len(shape) == 2 else 0]
    net.constant(f"{name}.scale", net.random.uniform(0.5, 1.5, count) / 127 / np.sqrt(fan_in) * 2.5)
    inputs = [f"{name}.quantized", f"{name}.scale"]
    if zero_point is not None:
        zeros = zero_point + net.random.integers(0, 5, count) if zero_point else np.zeros(count)
        inputs.append(net.constant(f"{name}.zero", zeros, dtype))
    return net.op("DequantizeLinear", *inputs, **({} if axis is None else {"axis": axis}))


def quantized_bias(net: Network, name: str, channels: int) -> str:
    """int32 with a scale a channel, as ONNX Runtime's quantizer writes it."""
    net.constant(f"{name}.quantized", net.random.integers(-2000, 2000, [channels]), np.int32)
    net.constant(f"{name}.scale", net.random.uniform(0.5, 1.5, [channels]) / 8000)
    return net.op("DequantizeLinear", f"{name}.quantized", f"{name}.scale", axis=0)


@add(
    "qdq-int8",
    "int8 weights behind DequantizeLinear, one scale a filter and one for all; uint8 values between",
    prunable="conv1.quantized conv2.quantized conv3.weight",
)
def qdq_int8(net: Network) -> None:
    x = quantize(net, net.input(IMAGE), 1 / 32, 128)
    w = quantized_weight(net, "conv1", [12, 3, 3, 3], axis=0)
    x = quantize(net, net.relu(net.op("Conv", x, w, net.normal("conv1.bias", [12]), pads=[1] * 4)), 1 / 32)
    w = quantized_weight(net, "conv2", [10, 12, 3, 3])
    x = quantize(net, net.relu(net.op("Conv", x, w, pads=[1] * 4)), 1 / 32)
    net.head(net.conv_relu(x, "conv3", 10, 11), 11)


@add(
    "qdq-uint8",
    "uint8 weights with a zero point a filter, int32 biases, a depthwise layer and a residual Add",
    prunable="conv1.quantized conv2.quantized",
)
def qdq_uint8(net: Network) -> None:
    x = quantize(net, net.input(IMAGE), 1 / 32, 128)
    w = quantized_weight(net, "conv1", [12, 3, 3, 3], axis=0, zero_point=120, dtype=np.uint8)
    x = quantize(net, net.relu(net.op("Conv", x, w, quantized_bias(net, "conv1.bias", 12), pads=[1] * 4)), 1 / 32)
    w = quantized_weight(net, "depthwise", [12, 1, 3, 3], axis=0, zero_point=None)
    y = quantize(net, net.op("Conv", x, w, group=12, pads=[1] * 4), 1 / 32, 100)
    x = quantize(net, net.op("Add", x, y), 1 / 32, 100)
    w = quantized_weight(net, "conv2", [10, 12, 3, 3], zero_point=130, dtype=np.uint8)
    x = quantize(net, net.relu(net.op("Conv", x, w, quantized_bias(net, "conv2.bias", 10), pads=[1] * 4)), 1 / 32)
    net.head(x, 10)


@add(
    "qdq-matmul",
    "MatMul with int8 weights, one scale a column, then one whose scales lie along what is summed over",
    prunable="fc1.quantized fc2.quantized",
)
def qdq_matmul(net: Network) -> None:
    x = quantize(net, net.input(["batch", 24]), 1 / 32, 128)
    x = net.op("MatMul", x, quantized_weight(net, "fc1", [24, 20], axis=1))
    x = quantize(net, net.relu(net.op("Add", x, net.normal("fc1.bias", [20]))), 1 / 32)
    x = net.relu(net.op("MatMul", x, quantized_weight(net, "fc2", [20, 16], axis=0)))
    net.output(net.gemm(x, "logits", 16, 5), ["batch", 5])


@add(
    "qdq-fake",
    "float weights that the graph itself rounds to int8 and back, as quantization-aware training leaves them",
    prunable="conv1.weight conv2.weight",
)
def qdq_fake(net: Network) -> None:
    def rounded(name: str, shape: list[int]) -> str:
        scale = net.uniform(f"{name}.scale", [shape[0]], 0.01, 0.02)
        zero = net.constant(f"{name}.zero", np.zeros([shape[0]]), np.int8)
        q = net.op("QuantizeLinear", net.weight(f"{name}.weight", shape), scale, zero, axis=0)
        return net.op("DequantizeLinear", q, scale, zero, axis=0)

    x = net.relu(net.op("Conv", net.input(IMAGE), rounded("conv1", [12, 3, 3, 3]), pads=[1] * 4))
    x = net.relu(net.op("Conv", x, rounded("conv2", [10, 12, 3, 3]), pads=[1] * 4))
    net.head(x, 10)
