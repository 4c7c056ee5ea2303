"""Runs two networks on the same random inputs and measures how far their outputs are apart.

    python Tests/Oracle/equality.py a.onnx b.onnx

Shapes and types come from the first graph; dimensions without a length get one by their name and place.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from networks import TOLERANCE

BATCH_SIZES = (2, 3)
#: By a part of the dimension's name.
LENGTHS = {"height": 24, "width": 20, "time": 10, "seq": 10, "length": 10}
IMAGE_CHANNELS, IMAGE_SIZE, ANY_LENGTH = 3, 64, 16
#: Integers are indices of tokens or classes: small enough for every table.
LARGEST_INTEGER = 4


class Mystery(OpRun):
    """The operator that `unknown-op` holds: it mixes channels, so that any that went missing shows."""

    op_domain = "com.example"

    def _run(self, x: np.ndarray, strength: float = 1.0, labels: object = None) -> tuple[np.ndarray]:
        return ((x * np.float32(strength) + x[:, ::-1]).astype(x.dtype),)


Model = onnx.ModelProto | Path

#: Outputs smaller than this are compared as if they were as large: a saturated Sigmoid leaves 1e-7, of which
#: single precision keeps no digit.
SMALLEST_SCALE = 1e-2


def inputs_for(
    graph: onnx.GraphProto, batch: int, seed: int, shapes: dict[str, list[int]] | None = None
) -> dict:
    """Random values for each input that is not an initializer; `shapes` overrides what the graph says."""
    random = np.random.default_rng(seed)
    constants = {tensor.name for tensor in graph.initializer}
    feeds = {}
    for value in graph.input:
        if value.name in constants:
            continue
        tensor = value.type.tensor_type
        shape = (shapes or {}).get(value.name) or [
            dim.dim_value if dim.dim_value > 0 else length(dim.dim_param, axis, len(tensor.shape.dim), batch)
            for axis, dim in enumerate(tensor.shape.dim)
        ]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        if dtype == np.bool_ and not shape:  # the condition of an If: both branches get their turn
            feeds[value.name] = np.array(seed % 2 == 0)
        elif dtype == np.bool_:
            feeds[value.name] = random.integers(0, 2, shape).astype(np.bool_)
        elif np.issubdtype(dtype, np.integer):
            feeds[value.name] = random.integers(0, LARGEST_INTEGER, shape).astype(dtype)
        else:
            feeds[value.name] = random.standard_normal(shape).astype(dtype)
    return feeds


def length(name: str, axis: int, rank: int, batch: int) -> int:
    """A length for a dimension that the graph leaves open."""
    for part, size in LENGTHS.items():
        if part in name.lower():
            return size
    if axis == 0 or "batch" in name.lower():
        return batch
    if rank == 4:
        return IMAGE_CHANNELS if axis == 1 else IMAGE_SIZE
    return ANY_LENGTH


class Runner:
    """A network ready to run: in ONNX Runtime, or in ONNX's reference implementation where that cannot."""

    def __init__(self, model: Model, *, reference: bool = False, optimizes: bool = True) -> None:
        if reference:
            loaded = onnx.load(model) if isinstance(model, Path) else model
            evaluator = ReferenceEvaluator(loaded, new_ops=[Mystery])
            self.names = evaluator.output_names
            self.run = lambda feeds: evaluator.run(None, feeds)
            return
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        if not optimizes:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        source = str(model) if isinstance(model, Path) else model.SerializeToString()
        session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self.names = [output.name for output in session.get_outputs()]
        self.run = lambda feeds: session.run(None, feeds)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, relative to the largest magnitude in `a`; infinite where shapes differ."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype != b.dtype:
        return float("inf")
    if a.size == 0:
        return 0.0
    if a.dtype.kind not in "fV" and a.dtype.name != "bfloat16":
        return 0.0 if np.array_equal(a, b) else float("inf")
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return float("inf")
    if not finite.any():
        return 0.0
    a, b = a[finite], b[finite]
    return float(np.abs(a - b).max() / max(np.abs(a).max(), SMALLEST_SCALE))


def given_shapes(path: Path) -> dict[str, list[int]]:
    """Input shapes in MODEL.shapes.json, for networks that only run at some sizes: {"x": [1, 3, 48, 320]}."""
    sidecar = path.with_suffix(".shapes.json")
    return json.loads(sidecar.read_text()) if sidecar.exists() else {}


def largest_distance(
    a: Model,
    b: Model,
    graph: onnx.GraphProto,
    *,
    batches: Sequence[int] = BATCH_SIZES,
    shapes: dict[str, list[int]] | None = None,
    reference: bool = False,
) -> float:
    """Over all outputs and batch sizes; infinite where the outputs' names, shapes or types differ."""
    first, second = Runner(a, reference=reference), Runner(b, reference=reference)
    if list(first.names) != list(second.names):
        return float("inf")
    worst = 0.0
    for seed, batch in enumerate(batches):
        feeds = inputs_for(graph, batch, seed, shapes)
        for x, y in zip(first.run(feeds), second.run(feeds), strict=True):
            worst = max(worst, distance(x, y))
    return worst


def main(a: str, b: str) -> None:
    first = Path(a)
    found = largest_distance(first, Path(b), onnx.load(first).graph, shapes=given_shapes(first))
    print(f"largest difference {found:.2e} of the output's largest magnitude")
    raise SystemExit(0 if found <= TOLERANCE else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
