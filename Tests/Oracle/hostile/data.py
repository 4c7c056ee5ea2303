"""Data sets that cannot be read, or do not go with the network."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime

from .case import Case
from .networks import ROOT_FIXTURES, classifier

BAD = ("cifar-bad", "idx-bad", "images-bad", "npy-bad", "npz-bad")

def fixture(path: Path):
    def make(folder: Path) -> None:
        classifier(folder)
        target = folder / path.name
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            shutil.copy(path, target)

    return make


def arrays(**values: np.ndarray):
    def make(folder: Path) -> None:
        classifier(folder)
        np.savez(folder / "data.npz", **values)

    return make


def own_answers(folder: Path) -> None:
    """Labels that the network has right, all of them."""
    classifier(folder)
    images = np.random.default_rng(1).standard_normal((64, 3, 8, 8)).astype(np.float32)
    session = onnxruntime.InferenceSession(folder / "in.onnx", providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"x": images})
    np.savez(folder / "data.npz", x=images, y=logits.argmax(axis=1))


def training(data: str, *more: str) -> tuple[str, ...]:
    return ("in.onnx", "-o", "out.onnx", "--rate", "0.5", "--data", data, "--epochs", "1", "--batch-size", "4", *more)


def cases() -> list[Case]:
    found = []
    for kind in BAD:
        for path in sorted((ROOT_FIXTURES / "datasets" / kind).iterdir()):
            found.append(Case("data", f"{kind} {path.name}", fixture(path), 1, path.name, training(path.name)))
    images = np.zeros((8, 3, 8, 8), np.float32)
    labels = np.arange(8) % 4
    gate = training("data.npz", "--rate", "0.9", "--lr", "1e-9", "--max-accuracy-drop", "0", "--report", "r.json")
    broken = images.copy()
    broken[5, 1, 2, 3] = np.nan
    few = {"x": images[:1], "y": labels[:1]}
    return found + [
        Case("data", "a sample that is not a number", arrays(x=broken, y=labels), 1, "data.npz.*5|sample 5", training("data.npz")),
        Case("data", "samples of another shape", arrays(x=images[:, :, :4], y=labels), 1, "data.npz", training("data.npz")),
        Case("data", "a label that the network does not know", arrays(x=images, y=labels + 90), 1, "label", training("data.npz")),
        Case("data", "labels that are too few", arrays(x=images, y=labels[:5]), 1, "data.npz", training("data.npz")),
        Case("data", "no data", arrays(**few), 1, "data.npz|gone", training("gone.npz")),
        Case("data", "an accuracy that falls too far", own_answers, 3, "accuracy", gate, ("r.json",)),
    ]
