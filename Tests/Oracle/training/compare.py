"""Does the execution engine train as PyTorch does?

    swift build -c release --product engine-probe
    python Tests/Oracle/training/compare.py MODEL.onnx --data batch.npz [--batch-size 32]
    python Tests/Oracle/training/compare.py MODEL.onnx --random 4 --classes 1000
    python Tests/Oracle/training/compare.py MODEL.onnx --data batch.npz --steps 10

Outputs, the gradient of every parameter and every running statistic after one pass in training mode, or the losses and
the parameters of a number of steps of SGD. Each is measured against PyTorch in double precision: the largest
difference, relative to the largest magnitude of the tensor. It passes at 1e-4 (1e-3 for steps). Beyond that it is an
exception, which passes only if PyTorch in single precision goes as far: what is left is then float's rounding, which
deep networks and statistics of small batches amplify, and a ReLU whose input lies within it lets a whole gradient
through or none. Where that happens depends on the order of additions, so PyTorch runs several times, all numbers that
go in moved by what such a sum is rounded by. Exceptions are listed with both figures.

An .npz has x [N, ...] of float32 and y [N]. Needs `torch`; ENGINE_PROBE names another binary.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import torch
import torch.nn.functional as F

from torch_network import TorchNetwork

ROOT = Path(__file__).resolve().parents[3]
PROBE = os.environ.get("ENGINE_PROBE", str(ROOT / ".build/release/engine-probe"))
# How much farther than PyTorch's floats from the double's result an exception may be: two roundings, drawn anew.
ROUNDING_FACTOR = 3.0
# How often PyTorch's floats are drawn, and how far numbers are moved for it, relative: the rounding of a sum of some
# hundred products.
DRAWS = 10
JITTER = 2.0**-22


class Tally:
    def __init__(self, tolerance: float):
        self.tolerance = tolerance
        self.passed = self.excepted = self.failed = 0
        self.worst = 0.0

    def check(
        self, name: str, ours: np.ndarray, exact: np.ndarray, singles: list[np.ndarray], least: float = 1e-30
    ) -> None:
        if ours.shape != exact.shape:
            self.failed += 1
            print(f"FAIL  {name}: shape {ours.shape}, PyTorch's is {exact.shape}")
            return
        scale = max(np.abs(exact).max(initial=0), least)
        own = np.abs(ours - exact).max(initial=0) / scale
        theirs = max(np.abs(single - exact).max(initial=0) for single in singles) / scale
        self.worst = max(self.worst, own) if own == own else float("nan")
        if own <= self.tolerance:
            self.passed += 1
        elif own <= ROUNDING_FACTOR * theirs:
            self.excepted += 1
            print(f"float {name}: {own:.1e} from double precision, PyTorch's float {theirs:.1e}")
        else:
            self.failed += 1
            print(f"FAIL  {name}: {own:.1e} from double precision, PyTorch's float {theirs:.1e}")


def arrays(folder: Path) -> dict[str, np.ndarray]:
    return {unquote(f.stem): np.load(f) for f in sorted(folder.glob("*.npy"))}


def probe(*arguments: object) -> str:
    environment = {"OMP_WAIT_POLICY": "passive", **os.environ}
    run = subprocess.run([PROBE, *map(str, arguments)], capture_output=True, text=True, env=environment)
    if run.returncode:
        sys.exit(f"engine-probe {arguments[0]}: {run.stderr.strip()}")
    return run.stdout


def jitter(array: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return array * (1 + JITTER * torch.randn(array.shape, generator=generator, dtype=array.dtype))


def one_pass(path: str, trained: set[str], x: np.ndarray, y: np.ndarray, dtype: torch.dtype, draw: int = 0):
    """Output, gradients and constants after a forward and a backward pass, of numbers that are moved if `draw` > 0."""
    network = TorchNetwork(path, trained, dtype)
    samples = torch.from_numpy(x)
    if draw:
        generator = torch.Generator().manual_seed(draw)
        samples = jitter(samples, generator)
        with torch.no_grad():
            for parameter in network.parameters.values():
                parameter.copy_(jitter(parameter, generator))
    output = network(samples)
    F.cross_entropy(output, torch.from_numpy(y)).backward()
    gradients = {name: p.grad.double().numpy() for name, p in network.parameters.items()}
    constants = {n: t.double().numpy() for n, t in network.constants.items() if t.is_floating_point()}
    return output.detach().double().numpy(), gradients, constants


def compare_pass(path: str, x: np.ndarray, y: np.ndarray, data: Path, folder: Path, tally: Tally) -> None:
    probe("gradients", path, "--data", data, "--batch-size", len(x), "--output", folder)
    outputs, gradients = arrays(folder / "outputs"), arrays(folder / "gradients")
    constants = arrays(folder / "constants")
    if not gradients:
        sys.exit("the engine has written no gradient")
    exact = one_pass(path, set(gradients), x, y, torch.float64)
    singles = [one_pass(path, set(gradients), x, y, torch.float32, draw) for draw in range(DRAWS)]
    tally.check("output", next(iter(outputs.values())), exact[0], [single[0] for single in singles])
    # A bias in front of a normalisation has no gradient: what floats give instead is measured against all the others.
    least = 1e-6 * max(np.abs(gradient).max(initial=0) for gradient in exact[1].values())
    for name, ours in gradients.items():
        tally.check(f"gradient of {name}", ours, exact[1][name], [single[1][name] for single in singles], least)
    for name, ours in constants.items():
        # Constants inside of Constant nodes have no counterpart.
        if name in exact[2]:
            tally.check(f"constant {name}", ours, exact[2][name], [single[2][name] for single in singles])


def descent(path: str, trained: set[str], x: np.ndarray, y: np.ndarray, options, dtype: torch.dtype):
    """Losses and parameters of steps of SGD, over the batches in their order."""
    network = TorchNetwork(path, trained, dtype)
    optimizer = torch.optim.SGD(
        network.parameters.values(), lr=options.lr, momentum=options.momentum, weight_decay=options.weight_decay
    )
    losses, size = [], options.batch_size
    for step in range(options.steps):
        first = step % (len(x) // size) * size
        batch = slice(first, first + size)
        optimizer.zero_grad()
        loss = F.cross_entropy(network(torch.from_numpy(x[batch])), torch.from_numpy(y[batch]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses), {n: p.detach().double().numpy() for n, p in network.parameters.items()}


def compare_steps(path: str, x: np.ndarray, y: np.ndarray, data: Path, folder: Path, options, tally: Tally) -> None:
    size = options.batch_size
    printed = probe(
        "steps", path, "--data", data, "--batch-size", size, "--count", options.steps, "--lr", options.lr,
        "--momentum", options.momentum, "--weight-decay", options.weight_decay, "--output", folder,
    )  # fmt: skip
    losses = np.array([float(line.split()[1]) for line in printed.splitlines() if line.startswith("loss ")])
    trained = arrays(folder / "parameters")
    # The probe keeps 16 batches at most.
    x, y = x[: 16 * size], y[: 16 * size]
    exact = descent(path, set(trained), x, y, options, torch.float64)
    single = descent(path, set(trained), x, y, options, torch.float32)
    tally.check("losses", losses, exact[0], [single[0]])
    for name, ours in trained.items():
        tally.check(f"{name} after {options.steps} steps", ours, exact[1][name], [single[1][name]])
    print("losses, engine:  " + " ".join(f"{v:.6f}" for v in losses))
    print("losses, PyTorch: " + " ".join(f"{v:.6f}" for v in exact[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data", help="an .npz with x and y, or CIFAR-10's binary folder")
    parser.add_argument("--random", type=int, metavar="N", help="N seeded random samples instead")
    parser.add_argument("--shape", default="3,224,224", help="of a random sample")
    parser.add_argument("--classes", type=int, default=1000, help="of random labels")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=0, help="compare steps of SGD instead of one pass")
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    options = parser.parse_args()
    if (options.data is None) == (options.random is None):
        parser.error("give either --data or --random")
    x, y = samples(options)
    failed = 0
    for path in options.models:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            count = options.batch_size * (min(options.steps, 16) if options.steps else 1)
            np.savez(folder / "batch.npz", x=x[:count], y=y[:count])
            tally = Tally(1e-3 if options.steps else 1e-4)
            compare = (compare_steps, compare_pass)[options.steps == 0]
            extra = (options,) if options.steps else ()
            compare(path, x[:count], y[:count], folder / "batch.npz", folder, *extra, tally)
        print(
            f"{Path(path).name}: {tally.passed} passed, {tally.excepted} exceptions of float, {tally.failed} failed;"
            f" largest difference {tally.worst:.1e}"
        )
        failed += tally.failed
    sys.exit(failed > 0)


def samples(options) -> tuple[np.ndarray, np.ndarray]:
    if options.random is not None:
        options.batch_size = options.random
        random = np.random.default_rng(1)
        count = options.random * max(options.steps, 1)
        shape = [count, *map(int, options.shape.split(","))]
        return random.standard_normal(shape, np.float32), random.integers(0, options.classes, count)
    if Path(options.data).is_dir():
        raw = np.fromfile(Path(options.data) / "data_batch_1.bin", np.uint8).reshape(-1, 3073)
        x = raw[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
        mean = np.array([0.4914, 0.4822, 0.4465], np.float32).reshape(1, 3, 1, 1)
        return (x - mean) / np.float32(0.25), raw[:, 0].astype(np.int64)
    with np.load(options.data) as archive:
        return archive["x"].astype(np.float32), archive["y"].astype(np.int64)


if __name__ == "__main__":
    main()
