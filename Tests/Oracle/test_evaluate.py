"""Evaluates every network that is a classifier of images on random samples, and compares with ONNX Runtime's logits.

python Tests/Oracle/test_evaluate.py
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import command
import networks
from tally import Failure, Tally

SAMPLES = 37
#: Rather small, so that the last batch is not full.
BATCH = 8
compared: list[str] = []
#: As many fixtures have operators that run.
LEAST_COMPARED = 100
#: Networks that must be among those compared: the others are classifiers by chance.
EXPECTED = {"digits", "residual-projection", "vgg-flatten", "inverted-residual", "dense-block"}


@dataclass(frozen=True)
class Case:
    path: Path
    shape: tuple[int, ...]
    batch: int


def classifier(network: networks.Network) -> Case | None:
    """One float input [N, C, H, W] with known C, H, W, and one output [N, K], as the file declares them."""
    graph = network.load().graph
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1 or not network.runs:
        return None
    kinds = [value.type.tensor_type for value in (inputs[0], graph.output[0])]
    dims = [[max(dim.dim_value, 0) for dim in kind.shape.dim] for kind in kinds]
    if any(kind.elem_type != onnx.TensorProto.FLOAT for kind in kinds) or [len(d) for d in dims] != [4, 2]:
        return None
    if any(length == 0 for length in dims[0][1:]) or dims[1][1] < 2:
        return None
    return Case(network.path, tuple(dims[0][1:]), dims[0][0] or BATCH)


def test(case: Case) -> None:
    draw = np.random.default_rng(1)
    x = draw.standard_normal((SAMPLES, *case.shape), dtype=np.float32)
    # Node by node: fused, quantized layers are rounded elsewhere.
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(case.path, options, providers=["CPUExecutionProvider"])
    name, fixed = session.get_inputs()[0].name, isinstance(session.get_inputs()[0].shape[0], int)
    step = case.batch if fixed else SAMPLES
    padded = np.concatenate([x, np.zeros((-SAMPLES % step, *case.shape), np.float32)])
    logits = np.concatenate(
        [session.run(None, {name: padded[start : start + step]})[0] for start in range(0, len(padded), step)]
    )[:SAMPLES].astype(np.float64)
    labels = draw.integers(0, logits.shape[1], SAMPLES)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        np.savez(data, x=x, y=labels)
        done = command.run("evaluate", case.path, "--data", data, "--batch-size", case.batch, "--json")
    if case.path.stem not in EXPECTED and done.stderr.startswith(("error[no-kernel]", "error[unknown-shape]")):
        return  # the node is named
    compared.append(case.path.stem)
    if done.code != 0:
        raise Failure(done.trouble())
    figures = json.loads(done.stdout)
    if ends_with_softmax(case.path):
        logits = np.log(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_odds = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_odds[np.arange(SAMPLES), labels].mean()
    if abs(figures["loss"] - loss) > 1e-4 * max(1, abs(loss)):
        raise Failure(f"the loss is {figures['loss']}, ONNX Runtime's logits give {loss}")
    order = np.argsort(-logits, axis=1, kind="stable")
    for key, count in (("top1", 1), ("top5", 5)):
        share = (order[:, :count] == labels[:, None]).any(axis=1).mean()
        if abs(figures[key] - share) > 1.5 / SAMPLES:  # one near tie may fall the other way
            raise Failure(f"{key} is {figures[key]}, ONNX Runtime's logits give {share}")


def ends_with_softmax(path: Path) -> bool:
    graph = onnx.load(path).graph
    return any(node.op_type == "Softmax" and graph.output[0].name in node.output for node in graph.node)


def main() -> None:
    command.binary()
    onnxruntime.set_default_logger_severity(3)
    found = {network.name: classifier(network) for network in networks.networks()}
    tally = Tally()
    for name in sorted(EXPECTED):
        if found.get(name) is None:
            tally.fail(name, "is no classifier of images")
    tally.run([(name, case) for name, case in sorted(found.items()) if case], test)
    print(f"{len(compared)} compared; the rest has operators that cannot be run")
    if len(compared) < LEAST_COMPARED:
        tally.fail("all", f"only {len(compared)} networks could be compared")
    tally.finish()


if __name__ == "__main__":
    main()
