"""ONNX Runtime's own operators that the compiler knows, each in several forms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from onnx import TensorProto

from .cases import Case, single
from .draws import random

FLOAT, INT8, UINT8, INT32 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT32


class Forms:
    """Cases of one operator, numbered by what is special about them."""

    def __init__(self, op: str) -> None:
        self.op = op
        self.random = random("contributed", op)

    def __call__(
        self, form: str, inputs: dict[str, np.ndarray], outputs: tuple[int, ...] = (FLOAT,), **rest: object
    ) -> Case:
        return single(
            f"microsoft_{self.op.lower()}_{form}", self.op, inputs, outputs, domain="com.microsoft", **rest
        )

    def normal(self, *shape: int) -> np.ndarray:
        return self.random.standard_normal(shape).astype(np.float32)

    def positive(self, *shape: int) -> np.ndarray:
        return self.random.uniform(0.5, 1.5, shape).astype(np.float32)

    def bytes(self, *shape: int) -> np.ndarray:
        return self.random.integers(0, 255, shape).astype(np.uint8)

    def signed(self, *shape: int) -> np.ndarray:
        return self.random.integers(-100, 100, shape).astype(np.int8)


def cases() -> list[Case]:
    groups = (
        activations,
        products,
        convolutions,
        normalisations,
        attention,
        quantized,
        quantized_maps,
        others,
    )
    return sorted((case for group in groups for case in group()), key=lambda case: case.name)


def activations() -> Iterator[Case]:
    for op in ("Gelu", "QuickGelu"):
        f = Forms(op)
        for rank in (1, 2, 3, 4):
            yield f(f"{rank}d", {"x": f.normal(*(2, 3, 4, 5)[-rank:])})
    for op in ("BiasGelu", "FastGelu"):
        f = Forms(op)
        for rank in (2, 3, 4):
            yield f(f"{rank}d", {"x": f.normal(*(2, 3, 4, 6)[-rank:]), "bias": f.normal(6)})
    f = Forms("FastGelu")
    yield f("bare", {"x": f.normal(2, 3, 6)})
    f = Forms("BiasSoftmax")
    yield f(
        "broadcast", {"x": f.normal(2, 3, 4, 5), "bias": f.normal(2, 1, 1, 5)}, axis=3, is_inner_broadcast=0
    )
    f = Forms("Trilu")
    yield f("upper", {"x": f.normal(2, 3, 4, 5)}, upper=1)
    yield f("lower", {"x": f.normal(4, 5), "k": np.array(1, np.int64)}, upper=0)
    f = Forms("Inverse")
    yield f("batch", {"x": f.normal(2, 3, 4, 4) + 3 * np.eye(4, dtype=np.float32)})


def products() -> Iterator[Case]:
    for op in ("FusedMatMul", "TransposeMatMul"):
        f = Forms(op)
        for left in (0, 1):
            for right in (0, 1):
                a = f.normal(2, *((5, 3) if left else (3, 5)))
                b = f.normal(*((4, 5) if right else (5, 4)))
                yield f(f"{left}{right}", {"a": a, "b": b}, transA=left, transB=right, alpha=0.5)
                wide = f.normal(2, *b.shape)
                yield f(f"batch_{left}{right}", {"a": a, "b": wide}, transA=left, transB=right)
    f = Forms("FusedMatMul")
    yield f("moved_batch", {"a": f.normal(3, 2, 5), "b": f.normal(2, 5, 4)}, transBatchA=1)
    yield f("vector", {"a": f.normal(2, 3, 5), "b": f.normal(5)})
    f = Forms("FusedGemm")
    for activation in ("Relu", "Sigmoid", "LeakyRelu"):
        inputs = {"a": f.normal(3, 5), "b": f.normal(4, 5), "c": f.normal(4)}
        yield f(activation.lower(), inputs, transB=1, activation=activation)
    yield f("bare", {"a": f.normal(5, 3), "b": f.normal(5, 4)}, transA=1, activation="Tanh", alpha=0.5)
    yield f(
        "wide", {"a": f.normal(3, 5), "b": f.normal(5, 4), "c": f.normal(3, 1)}, activation="Relu", beta=0.5
    )
    f = Forms("MatMulNBits")
    for bits in (4,):
        inputs = {"a": f.normal(2, 3, 32), "b": f.bytes(6, 2, 8), "scales": f.positive(12)}
        yield f(f"{bits}_bits", inputs, parameters=("b", "scales"), K=32, N=6, bits=bits, block_size=16)


def convolutions() -> Iterator[Case]:
    f = Forms("FusedConv")
    x, w, b = f.normal(2, 4, 5, 5), f.normal(6, 4, 3, 3), f.normal(6)
    for activation in ("Relu", "Sigmoid", "Tanh"):
        yield f(activation.lower(), {"x": x, "w": w, "b": b}, activation=activation, pads=[1, 1, 1, 1])
    yield f("clip", {"x": x, "w": w, "b": b}, activation="Clip", activation_params=[-0.5, 0.5])
    yield f("leaky", {"x": x, "w": w}, activation="LeakyRelu", activation_params=[0.2])
    yield f("sum", {"x": x, "w": w, "b": b, "z": f.normal(2, 6, 3, 3)}, activation="Relu")
    yield f("groups", {"x": x, "w": f.normal(6, 2, 3, 3), "b": b}, activation="Relu", group=2)
    yield f("depthwise", {"x": x, "w": f.normal(4, 1, 3, 3)}, activation="Relu", group=4)
    for op in ("NhwcConv", "NhwcFusedConv"):
        f = Forms(op)
        more = {"activation": "Relu"} if "Fused" in op else {}
        yield f("plain", {"x": f.normal(2, 5, 5, 4), "w": f.normal(6, 4, 3, 3), "b": f.normal(6)}, **more)
        yield f("groups", {"x": f.normal(2, 5, 5, 4), "w": f.normal(6, 2, 3, 3)}, group=2, **more)
    f = Forms("GridSample")
    grid = f.random.uniform(-1, 1, (2, 3, 3, 2)).astype(np.float32)
    yield f("bilinear", {"x": f.normal(2, 4, 5, 5), "grid": grid}, mode="bilinear", padding_mode="zeros")
    yield f("border", {"x": f.normal(2, 4, 5, 5), "grid": grid}, mode="nearest", padding_mode="border")


def normalisations() -> Iterator[Case]:
    for op in ("SkipLayerNormalization", "SkipSimplifiedLayerNormalization"):
        f = Forms(op)
        simplified = "Simplified" in op
        x, skip, gamma, beta, bias = (
            f.normal(2, 3, 6),
            f.normal(2, 3, 6),
            f.positive(6),
            f.normal(6),
            f.normal(6),
        )
        inputs = {"x": x, "skip": skip, "gamma": gamma}
        if not simplified:
            yield f("beta", inputs | {"beta": beta})
            yield f("bias", inputs | {"beta": beta, "bias": bias})
        else:
            yield f("bias", inputs | {"bias": bias})
        yield f("bare", inputs)
        yield f("sum", inputs, (FLOAT, 0, 0, FLOAT))
        yield f("flat", {"x": x[0], "skip": skip[0], "gamma": gamma})
        yield f("broadcast", inputs | {"skip": f.normal(1, 3, 6)})
        yield f("shared", inputs | {"skip": f.normal(3, 6)})
    f = Forms("GroupNorm")
    for last, shape in ((1, (2, 3, 3, 8)), (0, (2, 8, 3, 3))):
        for swish in (0, 1):
            inputs = {"x": f.normal(*shape), "gamma": f.positive(8), "beta": f.normal(8)}
            yield f(f"{last}{swish}", inputs, groups=4, activation=swish, channels_last=last)
    f = Forms("SkipGroupNorm")
    inputs = {
        "x": f.normal(2, 3, 3, 8),
        "gamma": f.positive(8),
        "beta": f.normal(8),
        "skip": f.normal(2, 3, 3, 8),
    }
    yield f("plain", inputs, groups=4, activation=0)


def attention() -> Iterator[Case]:
    f = Forms("Attention")
    inputs = {"x": f.normal(2, 3, 8), "w": f.normal(8, 24) * np.float32(0.3), "b": f.normal(24)}
    yield f("plain", inputs, num_heads=2)
    yield f("unidirectional", inputs, num_heads=4, unidirectional=1)
    sizes = {"w": f.normal(8, 20) * np.float32(0.3), "b": f.normal(20)}
    yield f("sizes", inputs | sizes, num_heads=2, qkv_hidden_sizes=[8, 8, 4])
    f = Forms("MultiHeadAttention")
    inputs = {"q": f.normal(2, 3, 8), "k": f.normal(2, 4, 8), "v": f.normal(2, 4, 8)}
    yield f("plain", inputs, num_heads=2)
    yield f("bias", inputs | {"b": f.normal(24)}, num_heads=4)
    yield f("wide_values", inputs | {"v": f.normal(2, 4, 12)}, num_heads=2)
    f = Forms("GroupQueryAttention")
    lengths = {"seqlens": np.full(2, 2, np.int32), "total": np.array(3, np.int32)}
    inputs = {"q": f.normal(2, 3, 32), "k": f.normal(2, 3, 16), "v": f.normal(2, 3, 16)}
    past = {"past_k": f.normal(2, 2, 3, 8) * 0, "past_v": f.normal(2, 2, 3, 8) * 0}
    parameters = (*lengths, *past)
    yield f(
        "shared",
        inputs | lengths,
        (FLOAT, FLOAT, FLOAT),
        omitted=(3, 4),
        parameters=parameters,
        num_heads=4,
        kv_num_heads=2,
    )
    f = Forms("RotaryEmbedding")
    angles = f.normal(8, 4)
    inputs = {
        "x": f.normal(2, 3, 16),
        "position": np.arange(3)[None].repeat(2, 0),
        "cos": np.cos(angles),
        "sin": np.sin(angles),
    }
    yield f("flat", inputs, parameters=("position", "cos", "sin"))
    yield f(
        "heads", inputs | {"x": f.normal(2, 2, 3, 8)}, parameters=("position", "cos", "sin"), interleaved=1
    )


def scale(value: float) -> np.ndarray:
    return np.array(value, np.float32)


ZERO = np.array(120, np.uint8)


def quantized() -> Iterator[Case]:
    for op in ("QLinearAdd", "QLinearMul"):
        f = Forms(op)
        for form, shape in (("same", (2, 3, 4, 5)), ("channel", (3, 1, 1)), ("last", (5,))):
            inputs = {
                "a": f.bytes(2, 3, 4, 5),
                "a_scale": scale(0.1),
                "a_zero": ZERO,
                "b": f.bytes(*shape),
                "b_scale": scale(0.2),
                "b_zero": ZERO,
                "y_scale": scale(0.3),
                "y_zero": ZERO,
            }
            yield f(form, inputs, (UINT8,))
    for op in ("QLinearSigmoid", "QLinearLeakyRelu"):
        f = Forms(op)
        inputs = {
            "x": f.bytes(2, 3, 4),
            "x_scale": scale(0.1),
            "x_zero": ZERO,
            "y_scale": scale(0.01),
            "y_zero": ZERO,
        }
        yield f("plain", inputs, (UINT8,))
    f = Forms("QLinearSoftmax")
    inputs = {
        "x": f.bytes(2, 3, 4),
        "x_scale": scale(0.1),
        "x_zero": ZERO,
        "y_scale": scale(0.004),
        "y_zero": ZERO,
    }
    yield f("plain", inputs, (UINT8,), opset=13, axis=-1)
    f = Forms("QLinearReduceMean")
    inputs = {
        "x": f.bytes(2, 3, 4),
        "x_scale": scale(0.1),
        "x_zero": ZERO,
        "y_scale": scale(0.1),
        "y_zero": ZERO,
    }
    yield f("kept", inputs, (UINT8,), axes=[2], keepdims=1)
    yield f("dropped", inputs, (UINT8,), axes=[0], keepdims=0)
    f = Forms("QLinearConcat")
    for axis, shape in ((1, (2, 4, 4)), (2, (2, 3, 2))):
        inputs = {
            "y_scale": scale(0.1),
            "y_zero": ZERO,
            "a": f.bytes(2, 3, 4),
            "a_scale": scale(0.1),
            "a_zero": ZERO,
            "b": f.bytes(*shape),
            "b_scale": scale(0.2),
            "b_zero": ZERO,
        }
        yield f(f"{axis}", inputs, (UINT8,), axis=axis)
    f = Forms("QLinearWhere")
    inputs = {
        "condition": f.random.integers(0, 2, (3, 4)).astype(bool),
        "a": f.bytes(2, 3, 4),
        "a_scale": scale(0.1),
        "a_zero": ZERO,
        "b": f.bytes(2, 1, 4),
        "b_scale": scale(0.2),
        "b_zero": ZERO,
        "y_scale": scale(0.2),
        "y_zero": ZERO,
    }
    yield f("broadcast", inputs, (UINT8,))
    f = Forms("QGemm")
    inputs = {
        "a": f.bytes(3, 5),
        "a_scale": scale(0.1),
        "a_zero": ZERO,
        "b": f.signed(5, 4),
        "b_scale": scale(0.05),
        "b_zero": np.array(0, np.int8),
        "c": f.random.integers(-90, 90, 4).astype(np.int32),
    }
    yield f("float", inputs, (FLOAT,))
    yield f("bytes", inputs | {"y_scale": scale(0.5), "y_zero": ZERO}, (UINT8,))
    f = Forms("MatMulInteger16")
    inputs = {"a": f.signed(3, 5).astype(np.int16), "b": f.signed(5, 4).astype(np.int16)}
    yield f("plain", inputs, (INT32,))
    f = Forms("MatMulIntegerToFloat")
    inputs = {
        "a": f.bytes(2, 3, 5),
        "b": f.bytes(5, 4),
        "a_scale": scale(0.1),
        "b_scale": f.positive(4),
        "a_zero": ZERO,
        "b_zero": f.bytes(4),
        "bias": f.normal(4),
    }
    yield f("columns", inputs, (FLOAT,))
    f = Forms("DynamicQuantizeMatMul")
    inputs = {"a": f.normal(2, 3, 5), "b": f.bytes(5, 4), "b_scale": f.positive(4), "b_zero": f.bytes(4)}
    yield f("columns", inputs, (FLOAT,))


def quantized_maps() -> Iterator[Case]:
    f = Forms("QLinearConv")
    for last, shape in ((0, (2, 4, 5, 5)), (1, (2, 5, 5, 4))):
        inputs = {
            "x": f.bytes(*shape),
            "x_scale": scale(0.1),
            "x_zero": ZERO,
            "w": f.signed(6, 4, 3, 3),
            "w_scale": f.positive(6) * np.float32(0.1),
            "w_zero": np.zeros(6, np.int8),
            "y_scale": scale(2),
            "y_zero": ZERO,
            "b": f.random.integers(-90, 90, 6).astype(np.int32),
        }
        yield f(f"{last}", inputs, (UINT8,), channels_last=last)
    for op in ("QLinearAveragePool", "QLinearGlobalAveragePool"):
        f = Forms(op)
        more = {"kernel_shape": [2, 2]} if op == "QLinearAveragePool" else {}
        for last in (0, 1):
            inputs = {
                "x": f.bytes(2, 4, 4, 4),
                "x_scale": scale(0.1),
                "x_zero": ZERO,
                "y_scale": scale(0.1),
                "y_zero": ZERO,
            }
            yield f(f"{last}", inputs, (UINT8,), channels_last=last, **more)
    f = Forms("NhwcMaxPool")
    yield f("plain", {"x": f.signed(2, 4, 4, 3)}, (INT8,), kernel_shape=[2, 2])


def others() -> Iterator[Case]:
    f = Forms("QuantizeLinear")
    x = f.normal(2, 4, 5)
    yield f("whole", {"x": x, "y_scale": scale(0.05), "y_zero": ZERO}, (UINT8,))
    yield f("axis", {"x": x, "y_scale": f.positive(4), "y_zero": f.bytes(4)}, (UINT8,), axis=1)
    f = Forms("DequantizeLinear")
    x = f.bytes(2, 4, 5)
    yield f("whole", {"x": x, "x_scale": scale(0.05), "x_zero": ZERO}, (FLOAT,))
    yield f("axis", {"x": x, "x_scale": f.positive(5), "x_zero": f.bytes(5)}, (FLOAT,), axis=2)
