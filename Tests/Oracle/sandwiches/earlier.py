"""Forms that operators had in earlier operator sets, of which ONNX's own tests have the last only.

What an old form reduces, normalises or repeats is stated in other attributes than today, or by default.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from onnx import TensorProto

from .cases import Case, single
from .draws import random

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64

draw = random("earlier")


def normal(*shape: int) -> np.ndarray:
    return draw.standard_normal(shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return draw.uniform(0.5, 1.5, shape).astype(np.float32)


def form(
    op: str,
    opset: int,
    what: str,
    inputs: dict[str, np.ndarray],
    outputs: tuple[int, ...] = (FLOAT,),
    **rest: object,
) -> Case:
    return single(f"opset{opset}_{op.lower()}_{what}", op, inputs, outputs, opset=opset, **rest)


def cases() -> list[Case]:
    # The order in which numbers are drawn does not depend on which cases are asked for.
    global draw
    draw = random("earlier")
    groups = (shapes, reductions, normalisations, selections, maps, recurrent)
    return sorted((case for group in groups for case in group()), key=lambda case: case.name)


def shapes() -> Iterator[Case]:
    x = normal(2, 4, 1, 6)
    yield form("Squeeze", 11, "axes", {"x": x}, axes=[2])
    yield form("Squeeze", 11, "all", {"x": x})
    yield form("Unsqueeze", 11, "axes", {"x": normal(2, 4)}, axes=[0, 3])
    yield form("Slice", 9, "axes", {"x": normal(3, 6, 5)}, axes=[1, 2], starts=[1, -4], ends=[100, -1])
    yield form("Split", 11, "sizes", {"x": normal(2, 6)}, (FLOAT, FLOAT), axis=1, split=[2, 4])
    yield form("Split", 11, "equal", {"x": normal(2, 6)}, (FLOAT, FLOAT, FLOAT), axis=1)
    for mode in ("constant", "reflect", "edge"):
        yield form(
            "Pad", 10, mode, {"x": normal(2, 3, 4, 4)}, mode=mode, pads=[0, 1, 2, 0, 0, 1, 0, 1], value=0.5
        )
    yield form(
        "Upsample", 9, "nearest", {"x": normal(2, 3, 4, 4), "scales": np.array([1, 1, 2, 2], np.float32)}
    )
    yield form("Upsample", 7, "linear", {"x": normal(2, 3, 4, 4)}, mode="linear", scales=[1.0, 1.0, 2.0, 1.5])
    yield form(
        "Resize", 10, "nearest", {"x": normal(2, 3, 4, 4), "scales": np.array([1, 1, 0.5, 2], np.float32)}
    )
    yield form("Flatten", 9, "middle", {"x": normal(2, 3, 4)}, axis=2)
    yield form("Clip", 10, "both", {"x": normal(2, 3, 4)}, min=-0.5, max=0.5)
    yield form("Clip", 10, "neither", {"x": normal(2, 3, 4)})


def reductions() -> Iterator[Case]:
    x = positive(2, 3, 4)
    for op in (
        "Sum",
        "Mean",
        "Max",
        "Min",
        "Prod",
        "L1",
        "L2",
        "SumSquare",
        "LogSum",
        "LogSumExp",
    ):
        yield form(f"Reduce{op}", 11, "kept", {"x": x}, axes=[1], keepdims=1)
        yield form(f"Reduce{op}", 11, "dropped", {"x": x}, axes=[-1, 0], keepdims=0)
        yield form(f"Reduce{op}", 11, "all", {"x": x})
    for op in ("Sum", "Mean"):
        none = {"x": x, "axes": np.zeros(0, np.int64)}
        yield form(f"Reduce{op}", 18, "noop", none, noop_with_empty_axes=1)
        yield form(f"Reduce{op}", 18, "empty", none, noop_with_empty_axes=0, keepdims=0)
    for op in ("ArgMax", "ArgMin"):
        yield form(op, 11, "dropped", {"x": x}, (INT64,), axis=-1, keepdims=0)
        yield form(op, 12, "last", {"x": x}, (INT64,), axis=1, select_last_index=1)
    for op in ("Softmax", "LogSoftmax", "Hardmax"):
        for axis in (0, 1, 2):
            yield form(op, 11, f"{axis}", {"x": x}, axis=axis)
        yield form(op, 11, "default", {"x": normal(2, 3, 4, 5)})


def normalisations() -> Iterator[Case]:
    x = normal(4, 3, 5, 5)
    parameters = {"scale": positive(3), "b": normal(3), "mean": normal(3), "var": positive(3)}
    yield form("BatchNormalization", 9, "plain", {"x": x} | parameters)
    yield form("BatchNormalization", 9, "saved", {"x": x} | parameters, (FLOAT,) * 5)
    yield form("BatchNormalization", 14, "training", {"x": x} | parameters, (FLOAT,) * 3, training_mode=1)
    yield form("BatchNormalization", 15, "flat", {"x": x[:, :, 0, 0]} | parameters)
    wide = {
        "scale": positive(3, 2, 2),
        "b": normal(3, 2, 2),
        "mean": normal(3, 2, 2),
        "var": positive(3, 2, 2),
    }
    yield form("BatchNormalization", 7, "features", {"x": x[:, :, :2, :2]} | wide, spatial=0)
    yield form("InstanceNormalization", 6, "plain", {"x": x, "scale": positive(3), "b": normal(3)})
    yield form("LRN", 12, "plain", {"x": x}, size=3)
    for axis in (0, 1, 2):
        yield form("LpNormalization", 12, f"{axis}", {"x": positive(2, 3, 4)}, axis=axis, p=1 + axis % 2)
    yield form("MeanVarianceNormalization", 9, "default", {"x": x})
    yield form("MeanVarianceNormalization", 13, "across", {"x": x}, axes=[1, 2, 3])
    for axis in (-1, 1):
        scale = {"scale": positive(4) if axis == -1 else positive(3, 4)}
        yield form(
            "LayerNormalization",
            17,
            f"{axis}".replace("-", "last"),
            {"x": normal(2, 3, 4)} | scale,
            axis=axis,
        )
    # A scale for each sample: broadcast to X, of which it has all axes.
    yield form("LayerNormalization", 17, "samples", {"x": normal(2, 3, 4), "scale": positive(2, 3, 4)})
    yield form(
        "LayerNormalization", 17, "rows", {"x": normal(2, 3, 4), "scale": positive(3, 1), "b": normal(3, 4)}
    )
    yield form(
        "GroupNormalization",
        18,
        "groups",
        {"x": normal(2, 8, 3), "scale": positive(4), "b": normal(4)},
        num_groups=4,
    )
    yield form(
        "GroupNormalization",
        21,
        "channels",
        {"x": normal(2, 8, 3), "scale": positive(8), "b": normal(8)},
        num_groups=4,
    )


def selections() -> Iterator[Case]:
    x, rows = normal(5, 4, 3), np.array([[0, 2], [4, 1]], np.int64)
    yield form("TopK", 9, "attribute", {"x": x}, (FLOAT, INT64), axis=1, k=2)
    yield form("TopK", 10, "input", {"x": x, "k": np.array([2], np.int64)}, (FLOAT, INT64), axis=-1)
    yield form("Gather", 11, "matrix", {"x": x, "indices": rows}, axis=0)
    yield form("Gather", 11, "vector", {"x": x, "indices": np.array([-1, 0, 2], np.int64)}, axis=1)
    yield form("Gather", 11, "repeated", {"x": x, "indices": np.array([1, 1, 3, 1], np.int64)}, axis=1)
    index = draw.integers(0, 4, (5, 4, 3)).astype(np.int64)
    yield form("GatherElements", 11, "whole", {"x": x, "indices": index}, axis=1)
    yield form("GatherElements", 11, "part", {"x": x, "indices": index[:3, :2]}, axis=1)
    places = np.argsort(draw.random((5, 4, 3)), 1).astype(np.int64)
    for opset, op in ((9, "Scatter"), (11, "ScatterElements")):
        yield form(op, opset, "whole", {"x": x, "indices": places, "updates": normal(5, 4, 3)}, axis=1)
        part = {"x": x, "indices": places[:, :2], "updates": normal(5, 2, 3)}
        yield form(op, opset, "part", part, axis=1)
    for reduction in ("add", "mul", "max", "min"):
        twice = {"x": x, "indices": index, "updates": normal(5, 4, 3)}
        yield form("ScatterElements", 18, reduction, twice, axis=1, reduction=reduction)
    slices = {"x": x, "indices": np.array([[4], [0], [2]], np.int64), "updates": normal(3, 4, 3)}
    yield form("ScatterND", 11, "rows", slices)
    for reduction in ("add", "mul", "max", "min"):
        yield form("ScatterND", 18, reduction, slices, reduction=reduction)
    every = np.array([[3], [1], [0], [4], [2]], np.int64)
    yield form("ScatterND", 11, "every_row", {"x": x, "indices": every, "updates": normal(5, 4, 3)})
    deep = np.array([[[0, 1], [4, 2]], [[2, 3], [1, 0]]], np.int64)
    yield form("ScatterND", 13, "deep", {"x": x, "indices": deep, "updates": normal(2, 2, 3)})
    yield form("GatherND", 12, "batch", {"x": x, "indices": draw.integers(0, 4, (5, 2, 1))}, batch_dims=1)
    yield form("GatherND", 12, "deep", {"x": x, "indices": deep})
    yield form("Compress", 9, "axis", {"x": x, "condition": np.array([True, False, True, True])}, axis=1)
    yield form("OneHot", 9, "middle", {"x": rows, "depth": np.array(5), "values": normal(2)}, axis=1)
    lengths = np.array([2, 5, 1, 3], np.int64)
    yield form("ReverseSequence", 10, "time", {"x": x, "lengths": lengths}, batch_axis=1, time_axis=0)
    yield form("CumSum", 11, "reverse", {"x": x, "axis": np.array(1)}, exclusive=1, reverse=1)
    yield form("Unique", 11, "axis", {"x": x}, (FLOAT, INT64, INT64, INT64), axis=1)
    yield form(
        "Dropout",
        12,
        "random",
        {"x": x, "ratio": np.array(0.5, np.float32), "t": np.array(True)},
        (FLOAT,),
        seed=3,
    )
    yield form("Dropout", 10, "mask", {"x": x}, (FLOAT, TensorProto.BOOL), ratio=0.3)


def maps() -> Iterator[Case]:
    x = normal(2, 4, 6, 6)
    yield form("MaxPool", 8, "indices", {"x": x}, (FLOAT, INT64), kernel_shape=[2, 2], strides=[2, 2])
    yield form("MaxPool", 10, "dilated", {"x": x}, kernel_shape=[2, 2], dilations=[2, 2], ceil_mode=1)
    yield form(
        "AveragePool", 10, "padded", {"x": x}, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1
    )
    yield form("LpPool", 11, "plain", {"x": x}, kernel_shape=[3, 3], p=3)
    yield form("GlobalLpPool", 2 + 5, "plain", {"x": x}, p=2)
    for mode in ("DCR", "CRD"):
        yield form("DepthToSpace", 11, mode.lower(), {"x": normal(2, 8, 3, 3)}, blocksize=2, mode=mode)
    yield form("SpaceToDepth", 13, "plain", {"x": normal(2, 3, 4, 4)}, blocksize=2)
    for group, share in ((1, 4), (2, 2), (4, 1)):
        kernel = {"w": normal(8, share, 3, 3), "b": normal(8)}
        yield form("Conv", 11, f"groups{group}", {"x": x} | kernel, group=group)
        turned = {"w": normal(4, 8 // group, 3, 3), "b": normal(8)}
        yield form("ConvTranspose", 11, f"groups{group}", {"x": x} | turned, group=group)
    regions = np.array([[0, 0, 3, 3], [1, 1, 5, 5], [0, 2, 4, 5]], np.float32)
    inputs = {"x": x, "rois": regions, "batch": np.array([0, 1, 1], np.int64)}
    yield form("RoiAlign", 10, "average", inputs, output_height=2, output_width=2, sampling_ratio=2)
    yield form("RoiAlign", 16, "maximum", inputs, output_height=2, output_width=2, mode="max")
    rows = np.concatenate([np.array([[0], [1], [1]], np.float32), regions], 1)
    yield form("MaxRoiPool", 7, "plain", {"x": x, "rois": rows}, pooled_shape=[2, 2])
    grid = draw.uniform(-1, 1, (2, 3, 3, 2)).astype(np.float32)
    yield form(
        "GridSample", 16, "bilinear", {"x": x, "grid": grid}, mode="bilinear", padding_mode="reflection"
    )
    pooled = np.sort(draw.permutation(72)[:32]).reshape(1, 2, 4, 4).astype(np.int64)
    yield form(
        "MaxUnpool",
        11,
        "plain",
        {"x": normal(1, 2, 4, 4), "indices": pooled},
        kernel_shape=[2, 2],
        strides=[2, 2],
    )


def recurrent() -> Iterator[Case]:
    for op, gates, cells in (("LSTM", 4, 2), ("GRU", 3, 1), ("RNN", 1, 1)):
        for direction, count in (("forward", 1), ("bidirectional", 2)):
            inputs = {
                "x": normal(5, 2, 4),
                "w": normal(count, gates * 3, 4),
                "r": normal(count, gates * 3, 3),
                "b": normal(count, gates * 6),
            }
            outputs = (FLOAT,) * (1 + cells)
            more = {"linear_before_reset": 1} if op == "GRU" else {}
            yield form(op, 7, direction, inputs, outputs, hidden_size=3, direction=direction, **more)
