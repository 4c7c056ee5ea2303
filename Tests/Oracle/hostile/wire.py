"""Files that are no protobuf, or protobuf that no writer of ONNX makes (rows 1 to 11)."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import pickle
import zipfile
from pathlib import Path

import numpy as np
import onnx
from tally import Failure

from .case import COMPILE, Case, content
from .networks import FIXTURES, bytes_of, model

#: Fields of ModelProto, GraphProto and TensorProto.
GRAPH, OPSET, METADATA, FUNCTION = 7, 8, 14, 25
NODE, INITIALIZER, INPUT, VALUE_INFO = 1, 5, 11, 13
DIMS, STRING_DATA, EXTERNAL_DATA = 1, 6, 13

VARINT, FIXED64, BYTES, GROUP, END_GROUP, FIXED32 = range(6)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def tag(field_number: int, wire_type: int) -> bytes:
    return varint(field_number << 3 | wire_type)


def field(field_number: int, data: bytes) -> bytes:
    return tag(field_number, BYTES) + varint(len(data)) + data


def number(field_number: int, value: int) -> bytes:
    return tag(field_number, VARINT) + varint(value)


#: Functions are only kept where nothing is removed.
COPY = ("in.onnx", "-o", "out.onnx", "--rate", "0")
#: IR version 8, opset 17.
HEAD = number(1, 8) + field(OPSET, number(2, 17))


def graph(*fields: bytes) -> bytes:
    return HEAD + field(GRAPH, b"".join(fields))


def extended(fields: bytes) -> bytes:
    """The network, with other fields in its graph."""
    return HEAD + field(GRAPH, bytes_of(model().graph) + fields)


def nested_graphs(depth: int, graph_field: int = 6) -> bytes:
    """If nodes inside of If nodes: graph, node, attribute, graph. Field 11 of an attribute is a list of graphs."""
    inner = b""
    for _ in range(depth):
        kind = number(20, 5 if graph_field == 6 else 10)
        inner = field(NODE, field(4, b"If") + field(5, field(1, b"then_branch") + field(graph_field, inner) + kind))
    return graph(inner)


def nested_types(depth: int, wrapper: int = 4, element: int = 1) -> bytes:
    """Sequences of sequences, as the type of an input; maps are fields 5 and 2, optionals 9 and 1."""
    kind = field(1, number(1, 1))
    for _ in range(depth):
        kind = field(wrapper, field(element, kind))
    return graph(field(INPUT, field(1, b"x") + field(2, kind)))


def nested_in_function(depth: int) -> bytes:
    """Functions have their nodes in field 7."""
    inner = field(NODE, field(4, b"Relu"))
    for _ in range(depth):
        inner = field(NODE, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, inner)))
    return HEAD + field(FUNCTION, field(1, b"F") + inner.replace(tag(NODE, BYTES), tag(7, BYTES), 1)) + field(GRAPH, b"")


def archive(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(name, data)
    return file.getvalue()


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.ones(3))
    return file.getvalue()


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(4)


def gigabytes(folder: Path) -> None:
    """Two of them that no disk has to hold."""
    with (folder / "in.onnx").open("wb") as file:
        file.truncate((2 << 30) + 1)


def keeps(data: bytes) -> Case:
    """The output has the bytes."""

    def verify(folder: Path) -> None:
        if data not in (folder / "out.onnx").read_bytes():
            raise Failure("the unknown field is not in the output")

    return verify


def formats() -> list[Case]:
    valid = bytes_of(model())
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 102400\n"
    return [
        Case(3, name, content(data), 1, says)
        for name, data, says in (
            ("a page of a proxy", b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n", "text"),
            ("JSON", b'{"irVersion": "8", "graph": {}}\n', "text"),
            ("a PyTorch archive", archive("archive/data.pkl", b"\x80\x02"), "PyTorch"),
            ("a zip archive of a model", archive("model.onnx", valid), "zip"),
            ("a pickle", pickle.dumps({"state_dict": [1.0]}, protocol=2), "pickle"),
            ("a pickle of PyTorch", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "pickle"),
            ("a gzip file", gzip.compress(valid, mtime=0), "gzip"),
            ("an xz file", lzma.compress(valid), "xz"),
            ("a zstd file", b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
            ("an ORT flatbuffer", b"\x24\0\0\0ORTM" + bytes(64), "ORT|ort"),
            ("a TensorFlow Lite file", b"\x1c\0\0\0TFL3" + bytes(64), "TensorFlow Lite"),
            ("an HDF5 file", b"\x89HDF\r\n\x1a\n" + bytes(64), "HDF5"),
            ("a GGUF file", b"GGUF" + bytes(64), "GGUF"),
            ("a safetensors file", safetensors(), "safetensors"),
            ("a NumPy array", array(), "NumPy"),
            ("a Git LFS pointer", pointer, "LFS"),
        )
    ]


def structure() -> list[Case]:
    """Rows 4 to 7."""
    millions = 5_000_000
    limit = (*COMPILE, "--max-memory", "512M")

    def deep(name: str, data: bytes) -> Case:
        return Case(4, name, content(data), 1, r"byte \d+, in .*deep")

    def many(name: str, data: bytes, arguments: tuple[str, ...] = COMPILE) -> Case:
        return Case(5, name, content(data), 4, r"byte \d+.*memory", arguments, large=True)

    def again(name: str, data: bytes) -> Case:
        return Case(6, name, content(data), 1, r"byte \d+.*more than once")

    strings = number(DIMS, millions) + number(2, 8) + field(8, b"s") + field(STRING_DATA, b"") * millions
    infos = b"".join(field(VALUE_INFO, field(1, b"%d" % i)) for i in range(300_000))
    tensor, attribute = field(8, b"w"), field(1, b"value")
    shape = field(1, number(1, 2))
    return [
        deep("9,000 graphs in graphs", nested_graphs(3_000)),
        deep("9,000 graphs in lists of graphs", nested_graphs(3_000, graph_field=11)),
        deep("5,000 sequences in sequences", nested_types(5_000)),
        deep("5,000 maps in maps", nested_types(5_000, wrapper=5, element=2)),
        deep("5,000 optionals in optionals", nested_types(5_000, wrapper=9)),
        deep("3,000 graphs in a function", nested_in_function(1_000)),
        many("empty nodes", graph(field(NODE, b"") * millions), limit),
        many("empty initializers", graph(field(INITIALIZER, b"") * millions)),
        many("empty strings", graph(field(INITIALIZER, strings)), (*COMPILE, "--max-memory", "256M")),
        many("lengths of one tensor", graph(field(INITIALIZER, field(DIMS, b"\x01" * 40_000_000))), limit),
        many("empty inputs", graph(field(INPUT, b"") * millions)),
        many("empty functions", HEAD + field(FUNCTION, b"") * millions + field(GRAPH, b"")),
        many("empty metadata", HEAD + field(METADATA, b"") * millions + field(GRAPH, b"")),
        Case(5, "value_info within the limit", content(extended(infos)), 0, "", limit, large=True),
        again("100,000 graphs", bytes_of(model()) + field(GRAPH, field(2, b"g")) * 100_000),
        again("two tensors of an attribute", graph(field(NODE, field(5, attribute + field(5, tensor) * 2)))),
        again("two graphs of an attribute", graph(field(NODE, field(5, attribute + field(6, b"") * 2)))),
        again("two types of a value", graph(field(INPUT, field(1, b"x") + field(2, b"") * 2))),
        again("two shapes of a type", graph(field(INPUT, field(2, field(1, field(2, shape) * 2))))),
        again("two parts of a sparse tensor", graph(field(15, field(1, tensor) * 2))),
        Case(7, "a hole of two gigabytes", gigabytes, 4, "2 GiB", large=True),
    ]


def numbers() -> list[Case]:
    """Rows 8 and 9."""
    valid = bytes_of(model())

    def wrong(name: str, data: bytes, says: str) -> Case:
        return Case(8, name, content(data), 1, rf"byte \d+.*({says})")

    def mistyped(name: str, data: bytes, says: str) -> Case:
        return Case(9, name, content(data), 1, rf"byte \d+.*{says}.*written as")

    return [
        wrong("a length past the end of the file", HEAD + tag(GRAPH, BYTES) + varint(1000) + b"\0", "length of 1000"),
        wrong("a length past the end of its message", graph(tag(NODE, BYTES) + varint(5)) + bytes(9), "length of 5"),
        wrong("a length of 2^64-1", HEAD + tag(GRAPH, BYTES) + varint(2**64 - 1), "length of|integer"),
        wrong("a length of 2^63", HEAD + tag(GRAPH, BYTES) + varint(1 << 63), "length of|integer"),
        wrong("an integer of eleven bytes", HEAD + number(5, 0)[:1] + b"\xff" * 10 + b"\x01", "integer"),
        wrong("an integer of more than 64 bits", HEAD + number(5, 0)[:1] + b"\xff" * 9 + b"\x02", "integer"),
        wrong("an integer without end", HEAD + number(5, 0)[:1] + b"\xff", "integer|ends in the middle"),
        wrong("field 0", HEAD + b"\x02\x00", "tag"),
        wrong("a field number of 2^29", HEAD + varint(1 << 32 | VARINT) + b"\x01", "tag"),
        wrong("a group", HEAD + tag(GRAPH, GROUP) + tag(GRAPH, END_GROUP), "group"),
        wrong("the end of a group", HEAD + tag(GRAPH, END_GROUP), "group"),
        wrong("wire type 6", HEAD + tag(GRAPH, 6) + bytes(8), "wire type 6"),
        wrong("wire type 7", HEAD + tag(GRAPH, 7) + bytes(8), "wire type 7"),
        wrong("floats of five bytes", graph(field(INITIALIZER, field(4, bytes(5)))), "whole number"),
        wrong("lengths that break off", graph(field(INITIALIZER, field(DIMS, b"\x80"))), "middle|integer"),
        mistyped("ir_version as text", field(1, b"8") + valid[2:], "ir_version"),
        mistyped("the graph as an integer", HEAD + number(GRAPH, 1), "graph"),
        mistyped("a name as an integer", graph(number(2, 1)), "name"),
        mistyped("raw_data as a float", graph(field(INITIALIZER, tag(9, FIXED32) + bytes(4))), "raw_data"),
        mistyped("floats as doubles", graph(field(INITIALIZER, tag(4, FIXED64) + bytes(8))), "float_data"),
        mistyped("a node as a double", graph(tag(NODE, FIXED64) + bytes(8)), "node"),
    ]


def names() -> list[Case]:
    """Rows 10 and 11."""
    valid, known = bytes_of(model()), field(2000, b"something of tomorrow")
    found = []
    for what, old in (("a node", b"relu"), ("a value", b"w1"), ("an operator", b"Relu"), ("an attribute", b"pads")):
        for kind, new, says in (("NUL", b"\0", "NUL"), ("a byte of Latin 1", b"\xe4", "UTF-8")):
            damaged = valid.replace(old, old[:1] + new + old[2:])
            found.append(Case(10, f"{kind} in the name of {what}", content(damaged), 1, rf"byte \d+.*{says}"))
    surrogate, overlong = valid.replace(b"relu", b"r\xed\xa0\x80"), valid.replace(b"relu", b"re\xc1\xa1")
    proto = model()
    proto.graph.node[1].MergeFromString(known)
    proto.graph.initializer[0].MergeFromString(known)
    return [
        *found,
        Case(10, "half of a surrogate pair", content(surrogate), 1, "UTF-8"),
        Case(10, "a letter in two bytes", content(overlong), 1, "UTF-8"),
        Case(11, "a field of the model", content(valid + known), 0, "ModelProto 2000", verify=keeps(known)),
        Case(11, "fields of a node and a tensor", content(bytes_of(proto)), 0, "NodeProto 2000", verify=keeps(known)),
        Case(11, "fields in a function", content(in_function(known)), 0, "", COPY, verify=keeps(known)),
    ]


def in_function(known: bytes) -> bytes:
    proto = onnx.load(FIXTURES / "local-function.onnx")
    proto.functions[0].MergeFromString(known)
    return bytes_of(proto)


def cases() -> list[Case]:
    valid = bytes_of(model())
    return [
        Case(1, "no byte at all", content(b""), 1, "is empty"),
        Case(1, "one byte", content(b"\x08"), 1, "byte 1"),
        Case(1, "bytes of zero", content(bytes(1000)), 1, "byte 1"),
        Case(2, "the first half", content(valid[: len(valid) // 2]), 1, r"byte \d+.*are left"),
        Case(2, "all but one byte", content(valid[:-1]), 1, r"byte \d+"),
        Case(2, "the end in a hole", content(valid[: len(valid) // 2] + bytes(len(valid) // 2)), 1),
        *formats(),
        *structure(),
        *numbers(),
        *names(),
    ]
