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


@add(
    "qlinear-convolutions",
    "QLinearConv with a scale a filter, in groups and depthwise; QLinearAdd, QLinearMul, QLinearConcat, QGemm",
    prunable="conv1.quantized conv2.quantized conv3.quantized conv4.quantized fc1.quantized",
)
def qlinear_convolutions(net: Network) -> None:
    net.domains["com.microsoft"] = 1
    microsoft = {"domain": "com.microsoft"}
    step, zero = net.constant("step", 1 / 16), net.constant("zero", 120, np.uint8)

    def conv(x: str, name: str, inputs: int, outputs: int, kernel: int, group: int = 1) -> str:
        shape = [outputs, inputs // group, kernel, kernel]
        net.constant(f"{name}.quantized", net.random.integers(-127, 127, shape), np.int8)
        net.constant(f"{name}.scale", net.random.uniform(0.5, 1.5, [outputs]) / 64 / np.sqrt(np.prod(shape[1:])))
        net.constant(f"{name}.zero", net.random.integers(-3, 4, [outputs]), np.int8)
        net.constant(f"{name}.bias", net.random.integers(-2000, 2000, [outputs]), np.int32)
        weights = [f"{name}.quantized", f"{name}.scale", f"{name}.zero"]
        return net.op(
            "QLinearConv", x, step, zero, *weights, step, zero, f"{name}.bias",
            output=name, group=group, pads=[kernel // 2] * 4,
        )  # fmt: skip

    x = conv(net.op("QuantizeLinear", net.input(IMAGE), step, zero), "conv1", 3, 16, 3)
    y = conv(conv(x, "depthwise", 16, 16, 3, 16), "conv2", 16, 24, 1)
    y = net.op("QLinearAdd", y, step, zero, conv(x, "conv3", 16, 24, 1), step, zero, step, zero, **microsoft)
    gate = net.op("QLinearSigmoid", conv(y, "gate", 24, 24, 1), step, zero, step, zero, **microsoft)
    y = net.op("QLinearMul", y, step, zero, gate, step, zero, step, zero, **microsoft)
    y = net.op(
        "QLinearConcat", step, zero, y, step, zero, conv(y, "conv4", 24, 8, 3), step, zero, axis=1, **microsoft
    )
    y = conv(y, "grouped", 32, 16, 3, 4)
    y = net.op("Flatten", net.op("QLinearGlobalAveragePool", y, step, zero, step, zero, **microsoft))

    def gemm(x: str, name: str, inputs: int, outputs: int, end: list[str]) -> str:
        net.constant(f"{name}.quantized", net.random.integers(-127, 127, [outputs, inputs]), np.int8)
        weights = [f"{name}.quantized", net.constant(f"{name}.scale", 1 / 256)]
        weights += [net.constant(f"{name}.zero", 3, np.int8)]
        bias = net.constant(f"{name}.bias", net.random.integers(-2000, 2000, [outputs]), np.int32)
        return net.op("QGemm", x, step, zero, *weights, bias, *end, output=name, transB=1, **microsoft)

    net.output(gemm(gemm(y, "fc1", 16, 12, [step, zero]), "fc2", 12, 5, []), ["batch", 5])


@add(
    "dequantize-contributed",
    "ONNX Runtime's own DequantizeLinear before the layers, with weights of 8 and of 16 bits",
    prunable="conv1.quantized conv2.quantized",
)
def dequantize_contributed(net: Network) -> None:
    net.domains["com.microsoft"] = 1
    x = net.input(IMAGE)
    for name, inputs, outputs, dtype in (("conv1", 3, 16, np.int8), ("conv2", 16, 12, np.int16)):
        limits, shape = np.iinfo(dtype), [outputs, inputs, 3, 3]
        net.constant(f"{name}.quantized", net.random.integers(limits.min, limits.max, shape), dtype)
        scale = net.constant(f"{name}.scale", net.random.uniform(0.5, 1.5, [outputs]) / limits.max / inputs)
        zero = net.constant(f"{name}.zero", net.random.integers(-3, 4, [outputs]), dtype)
        weight = net.op(
            "DequantizeLinear", f"{name}.quantized", scale, zero, domain="com.microsoft", axis=0
        )
        x = net.relu(net.op("Conv", x, weight, pads=[1, 1, 1, 1]))
    net.head(x, 12)


@add(
    "quantized-dynamically",
    "ConvInteger and MatMulInteger behind DynamicQuantizeLinear: every element has a say in the scale",
    pinned=True,
)
def quantized_dynamically(net: Network) -> None:
    x, scale, zero = net.many("DynamicQuantizeLinear", [net.input([1, 3, 12, 12])], ["x", "x.scale", "x.zero"])
    net.constant("conv1.quantized", net.random.integers(0, 255, [16, 3, 3, 3]), np.uint8)
    y = net.op("ConvInteger", x, "conv1.quantized", zero, net.constant("conv1.zero", 120, np.uint8))
    y = net.op("Mul", net.op("Cast", y, to=1), net.op("Mul", scale, net.constant("conv1.scale", 1 / 256)))
    y = net.op("Flatten", net.op("GlobalAveragePool", net.relu(y)))
    y, scale, zero = net.many("DynamicQuantizeLinear", [y], ["y", "y.scale", "y.zero"])
    net.constant("fc1.quantized", net.random.integers(0, 255, [16, 5]), np.uint8)
    y = net.op("MatMulInteger", y, "fc1.quantized", zero, net.constant("fc1.zero", 120, np.uint8))
    y = net.op("Mul", net.op("Cast", y, to=1), scale, output="logits")
    net.output(y, [1, 5])
