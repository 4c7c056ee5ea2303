"""The valid networks that bad ones are made from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import Message
from onnx import TensorProto, helper, numpy_helper

FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"

_random = np.random.default_rng(0)


def weight(name: str, *dims: int) -> TensorProto:
    return numpy_helper.from_array(_random.standard_normal(dims).astype(np.float32), name)


def integers(name: str, values: object) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)


def convolutions() -> list[onnx.NodeProto]:
    """From x to c, with 8 channels between."""
    return [
        helper.make_node("Conv", ["x", "w1"], ["a"], name="first", pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"], name="relu"),
        helper.make_node("Conv", ["b", "w2"], ["c"], name="second", pads=[1] * 4),
    ]


WEIGHTS = [weight("w1", 8, 3, 3, 3), weight("w2", 4, 8, 3, 3)]


def model(
    nodes: Sequence[onnx.NodeProto] | None = None,
    weights: Sequence[TensorProto] = (),
    output: str | None = None,
    input_dims: Sequence[object] = (1, 3, 8, 8),
    opset: int = 17,
) -> onnx.ModelProto:
    """Two convolutions, with other nodes and weights behind."""
    nodes = [*convolutions(), *(nodes or [])]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, input_dims)],
        [helper.make_tensor_value_info(output or nodes[-1].output[0], TensorProto.FLOAT, None)],
        [*WEIGHTS, *weights],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    if len(nodes) < 100 and not any(node.domain for node in nodes):
        # ONNX's checker wants to know the shape of an output.
        inferred = onnx.shape_inference.infer_shapes(proto).graph.output[0]
        proto.graph.output[0].CopyFrom(inferred)
    return proto


def bytes_of(proto: Message) -> bytes:
    return proto.SerializeToString()


def changed(change: Callable[[onnx.ModelProto], object], *arguments: object) -> Callable[[Path], None]:
    """Writes the network after a change."""

    def make(folder: Path) -> None:
        proto = model(*arguments)
        change(proto)
        (folder / "in.onnx").write_bytes(proto.SerializeToString())

    return make


def saved(proto: onnx.ModelProto) -> Callable[[Path], object]:
    return lambda folder: (folder / "in.onnx").write_bytes(proto.SerializeToString())


def fixture(name: str) -> Callable[[Path], object]:
    return lambda folder: shutil.copy(FIXTURES / f"{name}.onnx", folder / "in.onnx")


def long_sums(folder: Path) -> None:
    """in.onnx: sums of 3,000 products, which another order of summation changes on every machine."""
    random = np.random.default_rng(0)
    shapes = {"wide": (16, 3000), "back": (3000, 8)}
    weights = [
        numpy_helper.from_array(random.standard_normal(shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    nodes = [helper.make_node("MatMul", ["x", "wide"], ["a"]), helper.make_node("MatMul", ["a", "back"], ["y"])]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("x", 16), ("y", 8))
    ]
    graph = helper.make_graph(nodes, "long-sums", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, folder / "in.onnx")


def classifier(folder: Path) -> None:
    """in.onnx: images [n, 3, 8, 8] to four logits."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["y"]),
    ]
    saved(model(nodes, input_dims=("n", 3, 8, 8)))(folder)
