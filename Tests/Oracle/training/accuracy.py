"""Does `fdskd-compile evaluate` find the accuracy that ONNX Runtime finds, on a whole data set?

    swift build -c release --product fdskd-compile
    python Tests/Oracle/training/accuracy.py MODEL.onnx ... --data cifar-10-batches-bin

The data set is CIFAR-10's binary folder, of which the test half is read, normalised as most of its networks want it.
Top-1 may differ by 0.05 points (five images of ten thousand: near ties fall either way), the loss by 1e-4 of itself.
FDSKD_COMPILE names another binary.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import command  # noqa: E402

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BATCH = 125


def test_half(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    raw = np.fromfile(folder / "test_batch.bin", np.uint8).reshape(-1, 3073)
    return raw[:, 1:].reshape(-1, 3, 32, 32), raw[:, 0].astype(np.int64)


def reference(model: str, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Top-1 and mean cross-entropy by ONNX Runtime's logits."""
    mean, deviation = (np.array(v, np.float32).reshape(1, 3, 1, 1) for v in (MEAN, DEVIATION))
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    logits = np.concatenate(
        [
            session.run(None, {name: (images[i : i + BATCH].astype(np.float32) / 255 - mean) / deviation})[0]
            for i in range(0, len(images), BATCH)
        ]
    ).astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    loss = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(len(labels)), labels]
    return float((logits.argmax(axis=1) == labels).mean()), float(loss.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    images, labels = test_half(options.data)
    failed = 0
    for model in options.models:
        top1, loss = reference(model, images, labels)
        done = command.run(
            "evaluate", model, "--data", options.data, "--json", "--batch-size", BATCH,
            "--mean", ",".join(map(str, MEAN)), "--std", ",".join(map(str, DEVIATION)), timeout=1800,
        )  # fmt: skip
        if done.code != 0:
            failed += 1
            print(f"FAILED {model}: {done.trouble()}")
            continue
        ours = json.loads(done.stdout)
        same = ours["samples"] == len(labels) and abs(ours["top1"] - top1) <= 0.0005
        same = same and abs(ours["loss"] - loss) <= 1e-4 * loss
        failed += not same
        print(
            f"{'ok    ' if same else 'FAILED'} {Path(model).name}: top-1 {ours['top1']:.2%}, ONNX Runtime {top1:.2%};"
            f" loss {ours['loss']:.5f}, ONNX Runtime {loss:.5f}",
            flush=True,
        )
    print(f"{len(options.models) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


if __name__ == "__main__":
    main()
