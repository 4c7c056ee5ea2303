"""Trains as PyTorch trains, and twice the same: the execution engine alone, by `engine-probe`.

python Tests/Oracle/test_training.py
python Tests/Oracle/test_training.py --cifar cifar-10-batches-bin --networks resnet20.onnx --zoo FOLDER

Fifty steps are made again and again, on one thread and on two: every number of the network has to have the same bits.
Small networks are compared with PyTorch (training/compare.py: outputs, gradients, running statistics, steps of SGD).
With `--cifar`, so are `--networks` on real images, and with `--zoo`, the networks NAME.train.onnx there (torchvision's,
exported with their normalisations) on random ones. Without PyTorch, what needs it is skipped, and the output says so;
the Swift suite "Training beside PyTorch" compares small networks with what PyTorch computed before.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

from networks import ROOT
from tally import Failure, Tally

PROBE = Path(os.environ.get("ENGINE_PROBE", ROOT / ".build/release/engine-probe")).absolute()
COMPARE = Path(__file__).resolve().parent / "training/compare.py"
DIGITS = ROOT / "examples/digits"
#: Fixtures that are classifiers of [3, 12, 12], one for each way in which gradients meet.
FIXTURES = (
    "conv-grouped",
    "conv-depthwise",
    "residual-option-a",
    "residual-projection",
    "dense-block",
    "inverted-residual",
    "se-gate-conv",
    "shufflenet-unit",
    "vgg-flatten",
)
ZOO = ("mobilenet_v2", "densenet121", "efficientnet_b0", "shufflenet_v2_x1_0", "resnet50")
STEPS = 50


def run(*command: object) -> str:
    environment = os.environ | {"OMP_WAIT_POLICY": "passive", "ENGINE_PROBE": str(PROBE)}
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment)
    if process.returncode != 0:
        raise Failure(" ".join((process.stdout + process.stderr).split())[-400:])
    return process.stdout


def test_repetition(case: tuple[str, tuple[object, ...], int]) -> None:
    """Two processes, the same numbers."""
    _, network, threads = case
    command = (PROBE, "steps", *network, "--threads", threads, "--count", STEPS, "--digest")
    once, again = run(*command), run(*command)
    losses = [float(value) for value in re.findall(r"^loss (\S+)$", once, re.MULTILINE)]
    if len(losses) != STEPS or not np.isfinite(losses).all():
        raise Failure(f"{len(losses)} losses, of which {np.isfinite(losses).sum()} are numbers")
    if not sum(losses[-5:]) < sum(losses[:5]):
        raise Failure(f"the loss goes from {losses[0]} to {losses[-1]}: nothing is learned")
    if not re.search(r"^digest [0-9a-f]+$", once, re.MULTILINE):
        raise Failure("no digest")
    if once != again:
        raise Failure(f"{STEPS} steps differ from the same steps again")


def repetitions(options: argparse.Namespace) -> list[tuple[str, tuple]]:
    cases: list[tuple[str, tuple[object, ...]]] = [
        ("digits", (DIGITS / "digits.onnx", "--data", DIGITS / "digits-test.npz", "--batch-size", 32)),
        ("inverted-residual", (ROOT / "Tests/Fixtures/inverted-residual.onnx", "--batch-size", 16)),
        ("dense-block", (ROOT / "Tests/Fixtures/dense-block.onnx", "--batch-size", 16)),
    ]
    if options.cifar:
        cases += [(Path(p).stem, (p, "--data", options.cifar, "--batch-size", 128)) for p in options.networks]
    return [(f"{name}, {t} threads", (name, network, t)) for name, network in cases for t in (1, 2)]


def test_comparison(arguments: tuple[object, ...]) -> None:
    output = run(sys.executable, COMPARE, *arguments)
    counts = re.search(r": (\d+) passed, (\d+) exceptions of float, (\d+) failed", output)
    if counts is None or int(counts[1]) == 0 or int(counts[3]) != 0:
        raise Failure(" ".join(output.split())[-400:])
    print("   " + output.splitlines()[-1])


def comparisons(options: argparse.Namespace, folder: Path) -> list[tuple[str, tuple]]:
    cases: list[tuple[str, tuple]] = []
    for name in FIXTURES:
        path = ROOT / f"Tests/Fixtures/{name}.onnx"
        graph = onnx.load(path).graph
        constants = {tensor.name for tensor in graph.initializer}
        (port,) = [value for value in graph.input if value.name not in constants]
        shape = [dim.dim_value for dim in port.type.tensor_type.shape.dim][1:]
        random = np.random.default_rng(3)
        data = folder / f"{name}.npz"
        np.savez(data, x=random.standard_normal((64, *shape), np.float32), y=random.integers(0, 5, 64))
        cases.append((name, (path, "--data", data, "--batch-size", 32)))
        cases.append((f"{name}, ten steps", (path, "--data", data, "--batch-size", 32, "--steps", 10)))
    if options.cifar:
        for path in options.networks:
            cases.append((Path(path).stem, (path, "--data", options.cifar, "--batch-size", 128)))
            steps = ("--batch-size", 128, "--steps", 10)
            cases.append((f"{Path(path).stem}, ten steps", (path, "--data", options.cifar, *steps)))
    if options.zoo:
        for name in ZOO:
            if (path := options.zoo / f"{name}.train.onnx").exists():
                cases.append((name, (path, "--random", 4)))
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cifar", type=Path, help="CIFAR-10's binary folder")
    parser.add_argument("--networks", nargs="+", default=[], help="networks that take its images")
    parser.add_argument("--zoo", type=Path, help="folder with NAME.train.onnx")
    options = parser.parse_args()
    if not PROBE.exists():
        raise SystemExit(f"{PROBE} does not exist: swift build -c release --product engine-probe")
    tally = Tally()
    tally.run(repetitions(options), test_repetition)
    with tempfile.TemporaryDirectory() as folder:
        cases = comparisons(options, Path(folder))
        if importlib.util.find_spec("torch") is None:
            print(f"{len(cases)} skipped: PyTorch is not installed")
        else:
            tally.run(cases, test_comparison)
    tally.finish()


if __name__ == "__main__":
    main()
