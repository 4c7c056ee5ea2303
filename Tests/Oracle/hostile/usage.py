"""Command lines, configurations and outputs that cannot be meant."""

from __future__ import annotations

import os
from pathlib import Path

from .case import COMPILE, Case
from .networks import bytes_of, model


def network(folder: Path) -> None:
    (folder / "in.onnx").write_bytes(bytes_of(model()))


def configuration(text: str):
    def make(folder: Path) -> None:
        network(folder)
        (folder / "c.yaml").write_text(text)

    return make


def bomb() -> str:
    lines = ["a0: &a0 [1, 2]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(lines)


def linked(folder: Path) -> None:
    network(folder)
    (folder / "real.onnx").write_bytes(b"old")
    (folder / "out.onnx").unlink(missing_ok=True)
    (folder / "out.onnx").symlink_to("real.onnx")


def private(folder: Path) -> None:
    network(folder)
    (folder / "out.onnx").write_bytes(b"old")
    (folder / "out.onnx").chmod(0o600)


def read_only(folder: Path) -> None:
    network(folder)
    (folder / "locked").mkdir()
    (folder / "locked").chmod(0o500)


def cases() -> list[Case]:
    def rate(text: str) -> Case:
        return Case("usage", f"--rate {text}", network, 2, "rate", ("in.onnx", "-o", "out.onnx", f"--rate={text}"))

    def usage(name: str, says: str, *more: str) -> Case:
        return Case("usage", name, network, 2, says, (*COMPILE, *more))

    def config(name: str, text: str, says: str) -> Case:
        return Case("usage", name, configuration(text), 2, says, ("in.onnx", "-o", "out.onnx", "-c", "c.yaml"))

    def output(name: str, code: int, says: str, path: str, *more: str, make=network, writes: tuple[str, ...] = ()) -> Case:
        return Case("output", name, make, code, says, ("in.onnx", "-o", path, "--rate", "0.5", *more), writes)

    found = [
        *map(rate, ("-0.1", "1", "1.5", "nan", "30%")),
        usage("a pattern that matches nothing", "firts.*'first'|first", "--ignore-layers", "firts"),
        usage("--epochs without --data", "--epochs|--data", "--epochs", "3"),
        config("a key that is not known", "rat: 0.3\n", r"c\.yaml:1.*rate"),
        config("a key twice", "rate: 0.3\nrate: 0.4\n", r"c\.yaml.*rate"),
        config("a value of another type", "rate: [1, 2]\n", r"c\.yaml.*rate"),
        config("aliases of aliases", bomb(), r"c\.yaml.*alias"),
        config("lists in lists, 100,000 deep", "rate: " + "[" * 100_000, r"c\.yaml"),
        output("a folder that is not there", 4, "missing", "missing/out.onnx"),
        output("a folder", 4, "folder", "."),
        output("an existing file, and --no-clobber", 4, "there already", "out.onnx", "--no-clobber"),
        output("the input", 0, "", "in.onnx", writes=("in.onnx",)),
        output("a link", 0, "", "out.onnx", make=linked, writes=("real.onnx",)),
        output("a private file", 0, "", "out.onnx", make=private),
        Case("output", "an input that is not there", network, 4, "gone", ("gone.onnx", "-o", "out.onnx", "--rate", "0.5")),
    ]
    # Root may write everywhere.
    if os.geteuid() != 0:
        found.append(output("a folder that nobody may write to", 4, "locked", "locked/out.onnx", make=read_only))
    return found
