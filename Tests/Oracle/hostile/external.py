"""Weights in other files: where those may lie, and what they must be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .case import COMPILE, Case
from .networks import model

NUMBERS = numpy_helper.to_array(model().graph.initializer[0]).tobytes()


def outside(tensor: TensorProto, **entries: object) -> None:
    """The tensor's numbers are in a file, as the entries say."""
    tensor.ClearField("raw_data")
    del tensor.external_data[:]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)


def written(prepare: Callable[[Path], object] | None = None, **entries: object) -> Callable[[Path], None]:
    """in.onnx, whose first weight is in a file, and that file unless `prepare` makes another."""

    def make(folder: Path) -> None:
        proto = model()
        outside(proto.graph.initializer[0], **{"location": "w.bin"} | entries)
        (folder / "in.onnx").write_bytes(proto.SerializeToString())
        if prepare is None:
            (folder / "w.bin").write_bytes(NUMBERS)
        else:
            prepare(folder)

    return make


def folder_link(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "w.bin").write_bytes(NUMBERS)
    (folder / "linked").symlink_to("real")


def file_link(folder: Path) -> None:
    (folder / "real.bin").write_bytes(NUMBERS)
    (folder / "w.bin").symlink_to("real.bin")


def hard_link(folder: Path) -> None:
    (folder / "real.bin").write_bytes(NUMBERS)
    os.link(folder / "real.bin", folder / "w.bin")


def hidden_in_attribute(folder: Path) -> None:
    tensor = numpy_helper.from_array(np.ones(4, np.float32), "t")
    outside(tensor, location="../secret")
    proto = model([helper.make_node("Constant", [], ["k"], value=tensor), helper.make_node("Identity", ["c"], ["y"])])
    (folder / "in.onnx").write_bytes(proto.SerializeToString())


def hidden_in_body(folder: Path) -> None:
    tensor = numpy_helper.from_array(np.ones((1, 4, 8, 8), np.float32), "t")
    outside(tensor, location="/etc/passwd")
    outputs = [helper.make_tensor_value_info("t", 1, None)]
    body = helper.make_graph([], "body", [], outputs, [tensor])
    other = helper.make_graph([helper.make_node("Identity", ["c"], ["t2"])], "other", [], [helper.make_tensor_value_info("t2", 1, None)])
    condition = numpy_helper.from_array(np.array(True), "k")
    proto = model([helper.make_node("If", ["k"], ["y"], then_branch=body, else_branch=other)], [condition])
    (folder / "in.onnx").write_bytes(proto.SerializeToString())


def hidden_in_sparse(folder: Path) -> None:
    values = numpy_helper.from_array(np.ones(2, np.float32), "sparse")
    outside(values, location="../secret")
    indices = numpy_helper.from_array(np.array([0, 2], np.int64), "i")
    proto = model()
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4]))
    (folder / "in.onnx").write_bytes(proto.SerializeToString())


def cases() -> list[Case]:
    def case(name: str, make: Callable[[Path], None], says: str, code: int = 1) -> Case:
        return Case("external data", name, make, code, says, COMPILE, ("*.data",) if code == 0 else ())

    def nothing(folder: Path) -> None:
        pass

    return [
        case("a file beside the model", written(), "", 0),
        case("keys that nobody knows", written(comment="hello"), "", 0),
        case("a file in the folder above", written(nothing, location="../w.bin"), r"'w1'.*\.\."),
        case("an absolute path", written(nothing, location="/etc/passwd"), "'w1'.*/etc/passwd"),
        case("no path", written(nothing, location=""), "'w1'"),
        case("a path of Windows", written(nothing, location="..\\w.bin"), "'w1'"),
        case("a drive of Windows", written(nothing, location="C:\\w.bin"), "'w1'"),
        case("a symbolic link", written(file_link), "'w1'.*link|link.*'w1'"),
        case("a folder that is a link", written(folder_link, location="linked/w.bin"), "'w1'.*link|link.*'w1'"),
        case("a hard link", written(hard_link), "'w1'"),
        case("a FIFO", written(lambda f: os.mkfifo(f / "w.bin")), "'w1'"),
        case("a folder", written(lambda f: (f / "w.bin").mkdir()), "'w1'"),
        case("a file that is not there", written(nothing), "w.bin"),
        case("a negative offset", written(offset=-4), "'w1'.*-4"),
        case("an offset that is no number", written(offset="x"), "'w1'.*'?x'?"),
        case("an offset past the end", written(offset=1 << 40), "'w1'"),
        case("an offset that wraps", written(offset=(1 << 64) - 4), "'w1'"),
        case("a length that wraps", written(offset=4, length=(1 << 63) - 1), "'w1'"),
        case("a length that is not the tensor's", written(length=100), "'w1'.*100"),
        case("a file that is too short", written(lambda f: (f / "w.bin").write_bytes(bytes(100))), "w1|w.bin"),
        case("an address in memory", written(nothing, location="*/_ORT_MEM_ADDR_/*"), "'w1'"),
        case("a checksum of other numbers", written(checksum="0" * 40), "w1|w.bin"),
        case("a path in an attribute", hidden_in_attribute, r"\.\./secret"),
        case("a path in a body", hidden_in_body, "/etc/passwd"),
        case("a path in a sparse tensor", hidden_in_sparse, r"\.\./secret"),
    ]
