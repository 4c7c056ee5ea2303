"""A short training, made again where what is not arithmetic is different: the model has to have the same bytes.

The samples are PNG files in class folders, or arrays. Files lie in a file system in memory where there is one, because it
lists them in the order in which they were made; others sort by a hash of the name.
"""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import command
from networks import ROOT
from tally import Failure

DIGITS = ROOT / "examples/digits"
SAMPLES = 64
MEMORY = Path("/dev/shm")


def png(pixels: np.ndarray) -> bytes:
    """A grey image."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(np.uint8))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_arrays(folder: Path, images: np.ndarray, labels: np.ndarray, is_reversed: bool) -> str:
    np.savez(folder / "data.npz", images=images, labels=labels)
    return "data.npz"


def write_folders(folder: Path, images: np.ndarray, labels: np.ndarray, is_reversed: bool) -> str:
    for index in sorted(range(len(images)), reverse=is_reversed):
        path = folder / "data" / str(labels[index]) / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(images[index, 0] * 255))
    return "data"


@dataclass(frozen=True)
class Circumstance:
    name: str
    env: dict[str, str] = field(default_factory=dict)
    umask: int = -1
    is_reversed: bool = False


PLAIN = Circumstance("plain")
CIRCUMSTANCES = (
    Circumstance("a second run, in another folder"),
    Circumstance("files in another order", is_reversed=True),
    Circumstance("LANG and TZ", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Apia"}),
    Circumstance("umask 077", umask=0o077),
    Circumstance("hash seeds fixed", {"SWIFT_DETERMINISTIC_HASHING": "1"}),
)


@dataclass(frozen=True)
class Case:
    threads: int
    write: Callable[[Path, np.ndarray, np.ndarray, bool], str]


def cases() -> list[tuple[str, Case]]:
    return [
        (f"trained on {kind}, {threads} threads", Case(threads, write))
        for kind, write in (("arrays", write_arrays), ("images", write_folders))
        for threads in (1, 2)
    ]


def digest(case: Case, circumstance: Circumstance) -> str:
    arrays = np.load(DIGITS / "digits-train.npz")
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        folder = Path(name)
        data = case.write(folder, arrays["images"][:SAMPLES], arrays["labels"][:SAMPLES], circumstance.is_reversed)
        output = folder / "out.onnx"
        done = command.run(
            DIGITS / "digits.onnx", "-o", output, "--rate", "0.3", "--data", folder / data, "--epochs", "2",
            "--batch-size", "16", "--augment", "crop-flip", "--threads", case.threads, "--progress", "never",
            env=circumstance.env | {"OMP_WAIT_POLICY": "passive"}, umask=circumstance.umask,
        )  # fmt: skip
        if done.code != 0:
            raise Failure(f"{circumstance.name}: {done.trouble()}")
        return hashlib.sha256(output.read_bytes()).hexdigest()


def test(case: Case) -> None:
    plain = digest(case, PLAIN)
    for circumstance in CIRCUMSTANCES:
        if digest(case, circumstance) != plain:
            raise Failure(f"{circumstance.name}: other bytes")
