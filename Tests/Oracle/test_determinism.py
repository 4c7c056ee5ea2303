"""Compiles the same networks under circumstances that must not matter, and compares SHA-256 of all that is written.

python Tests/Oracle/test_determinism.py

Circumstances: time, folder, order of files in a folder, TZ and LANG, umask, hash seeds, OPENBLAS_CORETYPE, the number of
threads. Trained networks promise less: the same bytes on the same machine with the same number of threads, so that only
what is not the arithmetic varies (training_repeats.py).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import command
import networks
import training_repeats
from tally import Failure, Tally

#: One for each thing whose order or rounding could slip in: sums, Gram matrices, shuffles, subgraphs.
NAMES = (
    "conv-chain",
    "conv-grouped-residual",
    "dense-block-dynamo",
    "digits",
    "equal-scores",
    "external-data",
    "half-precision",
    "if-with-weights",
    "metadata",
    "residual-option-a-folded",
    "shufflenet-unit",
    "two-outputs",
)
CRITERIA = ("l1", "l2", "gm")


@dataclass(frozen=True)
class Circumstance:
    name: str
    env: dict[str, str] = field(default_factory=dict)
    umask: int = -1
    #: The input is a copy, given by a relative name.
    is_copied: bool = False


def circumstances() -> Iterator[Circumstance]:
    yield Circumstance("a second run")
    for core in ("Haswell", "SkylakeX", "Nehalem"):
        yield Circumstance(f"OPENBLAS_CORETYPE={core}", {"OPENBLAS_CORETYPE": core})
    for threads in ("1", "2", "3"):
        yield Circumstance(f"{threads} threads", {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads})
    yield Circumstance("another folder, files in another order", is_copied=True)
    yield Circumstance("LANG and TZ", {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Apia"})
    yield Circumstance("umask 077", umask=0o077)
    yield Circumstance("hash seeds fixed", {"SWIFT_DETERMINISTIC_HASHING": "1"})
    yield Circumstance("no home, no terminal", {"HOME": "/nonexistent", "TERM": "dumb", "NO_COLOR": "1"})


def supports_avx512() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "avx512f" in cpuinfo.read_text()


def digests(path: Path, criterion: str, circumstance: Circumstance) -> dict[str, str]:
    """SHA-256 of everything written, and of the report without its timing and rounding."""
    with tempfile.TemporaryDirectory() as name:
        folder, source = Path(name), path
        if circumstance.is_copied:
            (folder / "ein Ordner, ça").mkdir()
            for file in sorted(path.parent.glob(f"{path.stem}.*"), reverse=True):
                shutil.copy(file, folder / "ein Ordner, ça")
            source = Path("ein Ordner, ça") / path.name
        out = folder / "out"
        out.mkdir()
        done = command.run(
            source, "-o", out / "out.onnx", "--rate", "0.3", "--criterion", criterion,
            "--save-plan", out / "plan.json", "--json",
            env=circumstance.env, cwd=folder if circumstance.is_copied else None, umask=circumstance.umask,
        )  # fmt: skip
        if done.code != 0:
            raise Failure(done.trouble())
        report = json.loads(done.stdout)
        report.pop("timing")
        # How networks that are run round depends on the processor; whether they agree does not.
        if report["check"]:
            report["check"].pop("max_relative_error")
        for key in ("input", "output"):
            report[key].pop("path")
        files = {
            str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(out.rglob("*"))
            if file.is_file()
        }
        text = json.dumps(report).encode()
        return files | {"report": hashlib.sha256(text).hexdigest()}


@dataclass(frozen=True)
class Case:
    path: Path
    criterion: str


def test(case: Case) -> None:
    plain = digests(case.path, case.criterion, Circumstance("plain"))
    for circumstance in circumstances():
        if circumstance.name.endswith("SkylakeX") and not supports_avx512():
            continue  # its kernels would be illegal instructions here
        found = digests(case.path, case.criterion, circumstance)
        if found != plain:
            differing = sorted(
                name for name in plain.keys() | found.keys() if plain.get(name) != found.get(name)
            )
            raise Failure(f"{circumstance.name}: other bytes in {', '.join(differing)}")


def main() -> None:
    command.binary()
    known = {network.name: network.path for network in networks.networks()}
    cases = [
        (f"{name} {criterion}", Case(known[name], criterion)) for name in NAMES for criterion in CRITERIA
    ]
    tally = Tally()
    tally.run(cases, test)
    tally.run(training_repeats.cases(), training_repeats.test)
    tally.finish()


if __name__ == "__main__":
    main()
