"""Steps of training and inference beside PyTorch and ONNX Runtime.

    make bench-training
    python Tests/Benchmarks/training.py [--rounds 5] [--networks 20,56] [--threads 2]

Networks are the CIFAR-10 ResNets of He et al. (option A), batches of 128 random samples of 3x32x32. Every contestant
is a process of its own; they take turns, a few steps each, so that a busy machine is busy for all. Shown are medians
over the rounds: images a second by the wall clock, milliseconds of processor time (user) an image, and the largest
resident set. Ratios are medians of the rounds' own ratios, PyTorch's or ONNX Runtime's over the engine's.

A step of training is forward, cross-entropy, backward and SGD with momentum and weight decay. PyTorch runs it with its
default layout and with channels_last. Inference is ONNX Runtime's with all its optimisations. Neither has to be
installed: what is not, is left out. A PyTorch process holds PyTorch itself: its peak is also shown less what it held
before there was a network. Everywhere threads sleep while they wait (OMP_WAIT_POLICY=passive).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROBE = os.environ.get("ENGINE_PROBE", str(ROOT / ".build/release/engine-probe"))
BATCH = 128


def resnet(depth: int):
    """ResNet-(6n+2) with option A, as PyTorch's users write it."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Block(nn.Module):
        def __init__(self, before: int, width: int, stride: int):
            super().__init__()
            self.conv1 = nn.Conv2d(before, width, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.widening = (width - before) // 2

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)), inplace=True)
            y = self.bn2(self.conv2(y))
            if self.widening:
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.widening, self.widening))
            return F.relu(y + x, inplace=True)

    blocks, before = [], 16
    for stage, width in enumerate((16, 32, 64)):
        for index in range((depth - 2) // 6):
            blocks.append(Block(before, width, 2 if stage and not index else 1))
            before = width
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    torch.manual_seed(1)
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def export(depth: int, path: Path) -> None:
    """With the normalisations as nodes of their own, which the engine trains."""
    import torch

    network = resnet(depth).eval()
    # As training leaves them: the exporter would write parameters and statistics that are equal as one.
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and tensor.dim() == 1:
            tensor.copy_(torch.rand_like(tensor) + (0.5 if not name.endswith(("bias", "mean")) else -0.5))
    torch.onnx.export(
        network, torch.zeros(2, 3, 32, 32), path, dynamo=False, input_names=["image"], output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}}, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )  # fmt: skip


def measure(step, options: argparse.Namespace, before: int) -> None:
    for _ in range(options.warm_up):
        step()
    used, seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime, []
    for _ in range(options.steps):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"step_seconds": seconds, "user_seconds": usage.ru_utime - used, "peak_bytes": usage.ru_maxrss * 1024}
    print(json.dumps({**figures, "before_bytes": before}))


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def run_torch(options: argparse.Namespace) -> None:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(options.threads)
    before = resident()
    network = resnet(options.depth).train()
    samples, labels = torch.randn(BATCH, 3, 32, 32), torch.randint(0, 10, (BATCH,))
    if options.contestant == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        samples = samples.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(samples), labels).backward()
        optimizer.step()

    measure(step, options, before)


def run_onnxruntime(options: argparse.Namespace) -> None:
    import numpy as np
    import onnxruntime

    before = resident()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    samples = np.random.default_rng(1).standard_normal((BATCH, 3, 32, 32), np.float32)
    measure(lambda: session.run(None, {"image": samples}), options, before)


def contest(contestant: str, depth: int, model: Path, options: argparse.Namespace) -> dict:
    if contestant.startswith("engine"):
        command = [PROBE, "bench", str(model), "--batch-size", str(BATCH)]
        command += ["--inference"] if contestant == "engine, inference" else []
    else:
        command = [sys.executable, __file__, "--contestant", contestant, "--depth", str(depth), "--model", str(model)]
    command += ["--threads", str(options.threads), "--steps", str(options.steps), "--warm-up", str(options.warm_up)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(options.threads)}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    if run.returncode:
        sys.exit(f"{contestant}: {run.stderr.strip()}")
    figures = json.loads(run.stdout.splitlines()[-1])
    figures["rate"] = BATCH / statistics.median(figures["step_seconds"])
    figures["user"] = figures["user_seconds"] / options.steps / BATCH
    return figures


def compare(title: str, engine: str, others: list[str], depth: int, model: Path, options) -> None:
    rounds: dict[str, list[dict]] = {name: [] for name in [engine, *others]}
    for _ in range(options.rounds):
        for name in rounds:
            rounds[name].append(contest(name, depth, model, options))
    print(f"\n{title}")
    print(f"{'':20}{'images/s':>10}{'x':>7}{'user ms/image':>16}{'x':>7}{'peak MB':>10}{'less start':>12}")
    for name, figures in rounds.items():
        median = lambda key: statistics.median(f[key] for f in figures)
        faster = statistics.median(own["rate"] / f["rate"] for own, f in zip(rounds[engine], figures))
        cheaper = statistics.median(f["user"] / own["user"] for own, f in zip(rounds[engine], figures))
        less = statistics.median(f["peak_bytes"] - f.get("before_bytes", 0) for f in figures) / 1e6
        print(
            f"{name:20}{median('rate'):10.1f}{faster:7.2f}{median('user') * 1e3:16.2f}{cheaper:7.2f}"
            f"{median('peak_bytes') / 1e6:10.0f}{less:12.0f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=4, help="measured in one turn")
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--networks", default="20,56")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--depth", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        (run_onnxruntime if options.contestant == "onnxruntime" else run_torch)(options)
        return
    if not importlib.util.find_spec("torch"):
        sys.exit("PyTorch is needed, which writes the networks: pip install torch onnx")
    with tempfile.TemporaryDirectory() as folder:
        for depth in map(int, options.networks.split(",")):
            model = Path(folder) / f"resnet{depth}.onnx"
            # In a process of its own: a process starts with its parent's peak.
            subprocess.run(
                [sys.executable, "-c", f"import training, pathlib; training.export({depth}, pathlib.Path('{model}'))"],
                cwd=Path(__file__).parent, check=True, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            others = ["channels_last", "default layout"]
            compare(f"ResNet-{depth}, training", "engine", others, depth, model, options)
            if importlib.util.find_spec("onnxruntime"):
                compare(f"ResNet-{depth}, inference", "engine, inference", ["onnxruntime"], depth, model, options)


if __name__ == "__main__":
    main()
