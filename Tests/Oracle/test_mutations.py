"""Small models cut off at every byte, and with a bit of every byte flipped: compiled to a valid result, or refused.

python Tests/Oracle/test_mutations.py                           # one byte in fifty
python Tests/Oracle/test_mutations.py --every 1                 # all of them, half an hour
python Tests/Oracle/test_mutations.py --only 'gemm-*' --seed 3  # of some models; other bits

Whatever a file says, the command ends with a documented exit code and one line, an output is only there where the code
is 0, and can then be read, by ONNX's checker too where that takes the input; nothing else is left behind.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import queue
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import command
from hostile import runner
from hostile.case import COMPILE, OLD
from hostile.launcher import Ended, Launcher
from networks import FIXTURES
from tally import Failure, Tally

#: A classifier with convolutions; If in If in Loop; weights in another file; quantized weights; a function.
MODELS = ("scaled-by-width", "gemm-plain", "body-nested", "external-data", "qdq-matmul")
CODES = {0, 1, 2, 3, 4}


@dataclass(frozen=True)
class Mutant:
    model: str
    change: str
    data: bytes

    @property
    def title(self) -> str:
        return f"{self.model} {self.change}"


def mutants(model: str, every: int, seed: int) -> Iterator[Mutant]:
    data = (FIXTURES / f"{model}.onnx").read_bytes()
    for place in range(0, len(data), every):
        yield Mutant(model, f"cut off at byte {place}", data[:place])
        # Another bit from byte to byte.
        bit = (place + seed) % 8
        flipped = data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        yield Mutant(model, f"with bit {bit} of byte {place} flipped", flipped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=50, help="one byte of so many")
    parser.add_argument("--only", default="*", help="models by name, as a shell pattern")
    parser.add_argument("--seed", type=int, default=0, help="of the bits")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    options = parser.parse_args()
    command.binary()
    launchers: queue.SimpleQueue[Launcher] = queue.SimpleQueue()
    for _ in range(options.jobs):
        launchers.put(Launcher())
    tally = Tally()
    for model in fnmatch.filter(MODELS, options.only):
        cases = [(mutant.title, mutant) for mutant in mutants(model, options.every, options.seed)]
        codes = Counter(code for _, code in tally.run(cases, functools.partial(try_mutant, launchers), options.jobs))
        counts = ", ".join(f"exit {code}: {count:,}" for code, count in sorted(codes.items()))
        print(f"{model:<16} {len(cases):>6,} files: {counts}", flush=True)
    tally.finish()


def try_mutant(launchers: queue.SimpleQueue[Launcher], mutant: Mutant) -> int:
    launcher = launchers.get()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for weights in FIXTURES.glob(f"{mutant.model}.weights"):
                shutil.copy(weights, folder)
            (folder / "in.onnx").write_bytes(mutant.data)
            (folder / "out.onnx").write_bytes(OLD)
            before = runner.snapshot(folder)
            ended = runner.run(launcher, COMPILE, folder)
            check(ended, folder, before, launcher)
    finally:
        launchers.put(launcher)
    return ended.code


def check(ended: Ended, folder: Path, before: dict[str, runner.Entry], launcher: Launcher) -> None:
    last = ended.stderr[-300:]
    if ended.timed_out or ended.code not in CODES:
        raise Failure(f"exit code {ended.code}: {last!r}")
    after = runner.snapshot(folder)
    left = {name for name in after if name not in before and not (ended.code == 0 and name.endswith(".data"))}
    changed = {name for name in before if after.get(name) != before[name]}
    if left or changed - ({"out.onnx"} if ended.code == 0 else set()):
        raise Failure(f"exit code {ended.code}; left behind: {sorted(left)}; changed: {sorted(changed)}; {last!r}")
    if ended.code:
        errors = [line for line in ended.stderr.splitlines() if line.startswith("error")]
        if len(errors) != 1 or not runner.DIAGNOSTIC.match(errors[0]) or ": in.onnx: " not in errors[0]:
            raise Failure(f"not one line that names the file: {last!r}")
        return
    if not changed:
        raise Failure("exit code 0, and no output")
    again = runner.run(launcher, ("inspect", "out.onnx", "-q"), folder)
    if again.code != 0:
        raise Failure(f"the result is refused: {again.stderr[-300:]!r}")
    if runner.checker(folder / "in.onnx") is None and (reason := runner.checker(folder / "out.onnx")):
        raise Failure(f"ONNX's checker refuses the output, and took the input: {reason[:300]}")


if __name__ == "__main__":
    main()
