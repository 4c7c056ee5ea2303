"""Data sets that cannot be read or do not go with the network, and gates that close (rows 52 to 56 and 59)."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from tally import Failure

from . import networks
from .case import Case
from .networks import FIXTURES, classifier

DATASETS = FIXTURES / "datasets"
#: Rows of the folders of Tests/Fixtures/datasets whose files are all bad.
FOLDERS = {"npz-bad": 52, "npy-bad": 53, "idx-bad": 54, "cifar-bad": 54, "images-bad": 55}
#: Files in those folders that are about the samples, not about the format.
ABOUT_SAMPLES = ("counts", "empty", "label", "test-only")
IMAGES = np.random.default_rng(1).standard_normal((8, 3, 8, 8)).astype(np.float32)
LABELS = np.arange(8) % 4


def training(data: str, *more: str) -> tuple[str, ...]:
    return ("in.onnx", "-o", "out.onnx", "--rate", "0.5", "--data", data, "--epochs", "1", "--batch-size", "4", *more)


def fixture(path: Path) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        classifier(folder)
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            shutil.copy(path, folder / path.name)

    return make


def fixtures() -> list[Case]:
    """One of each: where a folder is bad, a file in it is named."""
    found = []
    for kind, usual in FOLDERS.items():
        for path in sorted((DATASETS / kind).iterdir()):
            row = 56 if path.stem.startswith(ABOUT_SAMPLES) else usual
            found.append(Case(row, f"{kind}/{path.name}", fixture(path), 1, "", training(path.name), file=path.name))
    return found


def arrays(**values: np.ndarray) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        classifier(folder)
        np.savez(folder / "data.npz", **values)

    return make


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """An archive of right arrays, after a change of its bytes."""

    def make(folder: Path) -> None:
        arrays(x=IMAGES, y=LABELS)(folder)
        path = folder / "data.npz"
        path.write_bytes(change(path.read_bytes()))

    return make


def zeros(folder: Path) -> None:
    """400 megabytes of zeros in 400 kilobytes."""
    classifier(folder)
    header = np.lib.format.header_data_from_array_1_0(np.zeros((0, 3, 8, 8), np.float32)) | {"shape": (500_000, 3, 8, 8)}
    with zipfile.ZipFile(folder / "data.npz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for _ in range(20):
            file.write(bytes(19_200_000))


def archives() -> list[Case]:
    """Row 52 and row 53: npz files, and arrays that are converted."""

    def bad(row: int, name: str, make: Callable[[Path], object], says: str = "") -> Case:
        return Case(row, name, make, 1, says, training("data.npz"), file="data.npz")

    def good(name: str, images: np.ndarray, labels: np.ndarray = LABELS) -> Case:
        return Case(53, name, arrays(x=images, y=labels), 0, "", training("data.npz"))

    not_a_number = IMAGES.copy()
    not_a_number[5, 1, 2, 3] = np.nan
    bomb = Case(52, "400 MB in 400 kB", zeros, 4, "", training("data.npz", "--max-memory", "256M"), file="data.npz", large=True)
    return [
        bomb,
        bad(52, "a flipped bit", rewritten(lambda data: data[:500] + bytes([data[500] ^ 1]) + data[501:])),
        bad(52, "the first half", rewritten(lambda data: data[: len(data) // 2])),
        bad(52, "a text", rewritten(lambda data: b"x,y\n1,2\n")),
        bad(52, "no byte", rewritten(lambda data: b"")),
        bad(52, "other arrays", arrays(a=IMAGES, b=LABELS)),
        bad(52, "pickled arrays", arrays(x=np.array([{}] * 8, object), y=LABELS)),
        good("big-endian", IMAGES.astype(">f4"), LABELS.astype(">i8")),
        good("Fortran's order", np.asfortranarray(IMAGES)),
        good("doubles", IMAGES.astype(np.float64)),
        good("halves", IMAGES.astype(np.float16)),
        bad(53, "a sample that is no number", arrays(x=not_a_number, y=LABELS), "5|nan"),
        bad(53, "complex numbers", arrays(x=IMAGES.astype(np.complex64), y=LABELS)),
        bad(56, "another shape", arrays(x=IMAGES[:, :, :4], y=LABELS), r"\[3, 4, 8\].*\[3, 8, 8\]"),
        bad(56, "another rank", arrays(x=IMAGES[0], y=LABELS[:3])),
        bad(56, "a label of 90", arrays(x=IMAGES, y=LABELS + 90), "label 9[0-3]"),
        bad(56, "a label of -1", arrays(x=IMAGES, y=LABELS - 1), "-1"),
        bad(56, "fewer labels", arrays(x=IMAGES, y=LABELS[:5]), "8.*5|5.*8"),
        bad(56, "no samples", arrays(x=IMAGES[:0], y=LABELS[:0])),
        Case(56, "no file", classifier, 1, "", training("gone.npz"), file="gone.npz"),
        Case(56, "an empty folder", empty_folder, 1, "", training("empty"), file="empty"),
    ]  # fmt: skip


def empty_folder(folder: Path) -> None:
    classifier(folder)
    (folder / "empty").mkdir()


def gates() -> list[Case]:
    """Row 59: no output, and a report all the same."""

    def own_answers(folder: Path) -> None:
        """Labels that the network has right, all of them."""
        classifier(folder)
        images = np.random.default_rng(1).standard_normal((64, 3, 8, 8)).astype(np.float32)
        session = onnxruntime.InferenceSession(folder / "in.onnx", providers=["CPUExecutionProvider"])
        (logits,) = session.run(None, {"x": images})
        np.savez(folder / "data.npz", x=images, y=logits.argmax(axis=1))

    def verify(folder: Path) -> None:
        report = json.loads((folder / "r.json").read_text())
        if report["totals"]["after"]["parameters"] is None:
            raise Failure("the report says nothing of the network")

    report = ("--report", "r.json")
    accuracy = training("data.npz", "--rate", "0.9", "--lr", "1e-9", "--max-accuracy-drop", "0", "--val-data", "data.npz", *report)
    check = ("in.onnx", "-o", "out.onnx", "--rate", "0.5", "--check-rtol", "0", "--check-atol", "0", *report)
    target = ("in.onnx", "-o", "out.onnx", "--target-params", "0.001", *report)
    return [
        Case(59, "an accuracy that falls", own_answers, 3, "accuracy", accuracy, writes=("r.json",), verify=verify),
        Case(59, "outputs that differ by anything", networks.long_sums, 3, "check|differ", check, writes=("r.json",), verify=verify),
        Case(59, "a target out of reach", classifier, 3, "parameters", target, writes=("r.json",)),
    ]


def cases() -> list[Case]:
    return [*fixtures(), *archives(), *gates()]
