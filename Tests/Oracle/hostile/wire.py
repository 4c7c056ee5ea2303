"""Files that are no protobuf, or protobuf that no writer of ONNX makes."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

from .case import Case, content
from .networks import bytes_of, model

GRAPH, NODE, INITIALIZER = 7, 1, 5


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field_number: int, value: int) -> bytes:
    return varint(field_number << 3) + varint(value)


HEAD = number(1, 8) + field(8, number(2, 17))


def nested(depth: int) -> bytes:
    """If nodes inside of If nodes: graph, node, attribute, graph."""
    graph = b""
    for _ in range(depth):
        graph = field(1, field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph) + number(20, 5)))
    return HEAD + field(GRAPH, graph)


def nested_types(depth: int) -> bytes:
    """sequence(sequence(…)): the type of an input."""
    kind = field(1, number(1, 1))
    for _ in range(depth):
        kind = field(4, field(1, kind))
    return HEAD + field(GRAPH, field(11, field(1, b"x") + field(2, kind)))


def packed(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def sparse(folder: Path) -> None:
    with (folder / "in.onnx").open("wb") as file:
        file.truncate(2 << 30)


def cases() -> list[Case]:
    valid = bytes_of(model())
    named = valid.replace(b"relu", b"re\0u"), valid.replace(b"relu", b"re\xff\xfe")
    lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 102400\n"

    def case(name: str, data: bytes, says: str, code: int = 1, *more: str) -> Case:
        return Case("wire", name, content(data), code, says, (*Case.__dataclass_fields__["arguments"].default, *more))

    return [
        case("an empty file", b"", "empty"),
        case("a text", b"Not Found\n", "text"),
        case("a PyTorch archive", packed("archive/data.pkl", b"\x80\x02"), "(?i)pytorch|zip"),
        case("a zip archive", packed("model.onnx", valid), "(?i)zip"),
        case("a gzip file", gzip.compress(valid, mtime=0), "(?i)gzip"),
        case("an ORT flatbuffer", b"\x24\0\0\0ORTM" + bytes(64), "(?i)ort"),
        case("a Git LFS pointer", lfs, "(?i)lfs"),
        case("graphs in graphs, 9,000 deep", nested(9_000 // 3), "deep|nest|levels"),
        case("types in types, 5,000 deep", nested_types(5_000), "deep|nest|levels"),
        case("five million empty nodes", HEAD + field(GRAPH, field(NODE, b"") * 5_000_000), "memory", 4, "--max-memory", "512M"),
        case("five million empty initializers", HEAD + field(GRAPH, field(INITIALIZER, b"") * 5_000_000), "memory", 4),
        case("a graph given 100,000 times", valid + field(GRAPH, field(2, b"g")) * 100_000, "graph"),
        Case("wire", "two gigabytes", sparse, 4, "GiB|bytes"),
        case("a length past the end", HEAD + b"\x3a\x7f\x0a", "end|bytes|trunc"),
        case("a number of eleven bytes", HEAD + b"\x28" + b"\xff" * 10 + b"\x01", "varint"),
        case("field number 0", HEAD + b"\x02\x00", "field"),
        case("a group", HEAD + b"\x3b\x3c", "wire type|group"),
        case("ir_version as text", field(1, b"8") + valid[2:], "ir_version.*written as text"),
        case("NUL in a name", named[0], "NUL|zero"),
        case("a name that is not UTF-8", named[1], "UTF-8"),
        case("fields that nobody knows", valid + field(2000, b"abc"), "", 0),
        case("the first half of a network", valid[: len(valid) // 2], "end|bytes|trunc"),
    ]
