"""Time and memory of whole runs of the compiler, beside Python's `onnx.load` and `onnx.save`.

    make bench
    python Tests/Benchmarks/bench.py [--runs 7] [--rate 0.3] [--criterion l2] [MODEL.onnx ...]

The two take turns, so that a busy machine is busy for both; the medians are shown. Times are of whole
processes, from start to end; `load+save` is what Python spent after its imports. Peaks are resident memory
as the kernel counts it (wait4). Without models: a network shaped like ResNet-50, chains of 1, 10 and 100
MB, and graphs of 500 to 20,000 nodes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# Nothing large is imported here: a process starts with its parent's peak.
FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
SPECS = (
    "resnet50",
    "megabytes:1",
    "megabytes:10",
    "megabytes:100",
    "nodes:500",
    "nodes:5000",
    "nodes:20000",
)
BASELINE = """
import sys, time, onnx
started = time.perf_counter()
onnx.save(onnx.load(sys.argv[1]), sys.argv[2])
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Measure:
    seconds: float
    peak_megabytes: float
    stdout: str


def measure(arguments: list[object]) -> Measure:
    """Runs a process to its end. Its output goes to a file: a pipe could make it wait."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen([str(a) for a in arguments], stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        text = out.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}:\n{text[-2000:]}")
    return Measure(seconds, usage.ru_maxrss / 1000, text)


def compare(model: Path, folder: Path, options: argparse.Namespace) -> str:
    """One line of the table."""
    ours, theirs = [], []
    flags = ["--rate", options.rate, "--criterion", options.criterion, "--quiet"]
    for _ in range(options.runs):
        ours.append(measure([options.binary, model, "-o", folder / "small.onnx", *flags]))
        theirs.append(measure([sys.executable, "-c", BASELINE, model, folder / "copy.onnx"]))
    size = model.stat().st_size / 1e6
    seconds, peak = (
        statistics.median(getattr(m, key) for m in ours) for key in ("seconds", "peak_megabytes")
    )
    python, python_peak = (
        statistics.median(getattr(m, key) for m in theirs) for key in ("seconds", "peak_megabytes")
    )
    load_save = statistics.median(float(m.stdout.split()[-1]) for m in theirs)
    return (
        f"{model.stem:18} {size:8.1f} {seconds:9.3f} {peak:8.0f} {peak / size:7.1f}x"
        f" {python:9.3f} {load_save:9.3f} {python_peak:8.0f} {seconds / python:8.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--rate", default="0.3")
    parser.add_argument("--criterion", default="l2")
    parser.add_argument("--binary", type=Path, default=ROOT / ".build" / "release" / "fdskd-compile")
    options = parser.parse_args()
    if not options.binary.exists():
        raise SystemExit(f"{options.binary} does not exist: swift build -c release")

    print(f"{'':18} {'file':>8} {'fdskd-compile':>27} {'python':>28} {'ratio':>8}")
    print(
        f"{'network':18} {'MB':>8} {'s':>9} {'peak MB':>8} {'of file':>8}"
        f" {'s':>9} {'load+save':>9} {'peak MB':>8} {'of s':>8}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for model in options.models:
            print(compare(model, folder, options), flush=True)
        for spec in () if options.models else SPECS:
            path = folder / f"{spec.replace(':', '-')}.onnx"
            subprocess.run([sys.executable, FOLDER / "models.py", spec, path], check=True)
            print(compare(path, folder, options), flush=True)
            path.unlink()


if __name__ == "__main__":
    main()
