#!/usr/bin/env python3
"""Compares schemas/onnx.proto with the descriptor inside the installed onnx package.

Every message, field (number, label, type, packing, oneof, default) and enum value has to be the same, in both
directions. Run with a Python that has `onnx`; `protoc-c` has to be on the PATH.
"""

import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2
from onnx import onnx_ml_pb2

ROOT = pathlib.Path(__file__).resolve().parents[2]


def our_file():
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "set"
        schemas = ROOT / "schemas"
        subprocess.run(
            [
                "protoc-c",
                f"--proto_path={schemas}",
                f"--descriptor_set_out={out}",
                str(schemas / "onnx.proto"),
            ],
            check=True,
        )
        files = descriptor_pb2.FileDescriptorSet()
        files.ParseFromString(out.read_bytes())
    return files.file[0]


def their_file():
    file = descriptor_pb2.FileDescriptorProto()
    onnx_ml_pb2.DESCRIPTOR.CopyToProto(file)
    return file


def describe(file):
    """One line per thing that matters on the wire or to presence; names are relative to the package."""
    lines = {f"package {file.package}", f"syntax {file.syntax or 'proto2'}"}

    def enum(prefix, item):
        lines.update(f"enum {prefix}{item.name}.{v.name} = {v.number}" for v in item.value)

    def message(prefix, item):
        name = prefix + item.name
        lines.add(f"message {name}")
        for f in item.field:
            oneof = item.oneof_decl[f.oneof_index].name if f.HasField("oneof_index") else "-"
            kind = f.type_name.removeprefix(
                f".{file.package}."
            ) or descriptor_pb2.FieldDescriptorProto.Type.Name(f.type)
            label = descriptor_pb2.FieldDescriptorProto.Label.Name(f.label)
            lines.add(
                f"field {name}.{f.name} = {f.number} {label} {kind} packed={f.options.packed}"
                f" oneof={oneof} default={f.default_value!r}"
            )
        for nested in item.nested_type:
            message(name + ".", nested)
        for nested in item.enum_type:
            enum(name + ".", nested)

    for item in file.enum_type:
        enum("", item)
    for item in file.message_type:
        message("", item)
    return lines


def main():
    ours, theirs = describe(our_file()), describe(their_file())
    for line in sorted(theirs - ours):
        print(f"only in onnx:                {line}")
    for line in sorted(ours - theirs):
        print(f"only in schemas/onnx.proto:  {line}")
    if ours != theirs:
        return 1
    print(f"schemas/onnx.proto and onnx agree on {len(ours)} facts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
