"""Small models cut off at every byte, and with a bit of every byte flipped: compiled to a valid result, or refused.

python Tests/Oracle/test_mutations.py                  # every tenth of both
python Tests/Oracle/test_mutations.py --every 1        # all: some 20,000 runs, minutes

Whatever a file says, the command ends with a documented exit code and one line, an output is only there where the code
is 0, and can then be read, and nothing else is left behind.
"""

from __future__ import annotations

import argparse
import functools
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import onnx

import command
from networks import FIXTURES
from tally import Failure, Tally

#: A network of convolutions; one with If and Loop; one whose weights are in another file.
MODELS = ("conv-chain", "body-nested", "external-data")
OLD = b"the output of an earlier run"
CODES = {0, 1, 2, 3, 4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=10, help="try one byte of so many")
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    for name in MODELS:
        data = (FIXTURES / f"{name}.onnx").read_bytes()
        places = range(0, len(data), options.every)
        cases = [(f"{name} cut at byte {n}", data[:n]) for n in places]
        cases += [(f"{name} with bit {bit(n)} of byte {n} flipped", flipped(data, n)) for n in places]
        codes = Counter(code for _, code in tally.run(cases, functools.partial(try_file, name)))
        counts = ", ".join(f"exit {code}: {count}" for code, count in sorted(codes.items()))
        print(f"{name}, {len(data)} bytes, {len(cases)} files: {counts}")
    tally.finish()


def bit(place: int) -> int:
    """Another bit from byte to byte, and not always the same one of a field's first byte."""
    return (place * 5 + place // 8) % 8


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit(place)]) + data[place + 1 :]


def try_file(name: str, data: bytes) -> int:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if name == "external-data":
            shutil.copy(FIXTURES / "external-data.weights", folder)
        (folder / "in.onnx").write_bytes(data)
        (folder / "out.onnx").write_bytes(OLD)
        before = {path.name for path in folder.iterdir()}
        run = command.run("in.onnx", "-o", "out.onnx", "--rate", "0.5", cwd=folder)
        check(run, folder, before)
    return run.code


def check(run: command.Run, folder: Path, before: set[str]) -> None:
    if run.code not in CODES:
        raise Failure(run.trouble())
    output = (folder / "out.onnx").read_bytes()
    new = {path.name for path in folder.iterdir()} - before
    if run.code == 0:
        if output == OLD:
            raise Failure("exit code 0, and no output")
        onnx.load(folder / "out.onnx")
        again = command.run("inspect", "out.onnx", cwd=folder)
        if again.code not in (0, 3):
            raise Failure(f"the result is refused: {again.trouble()}")
        new = {file for file in new if not file.endswith(".data")}
    else:
        if output != OLD:
            raise Failure(f"the old output was changed: {run.trouble()}")
        errors = [line for line in run.stderr.splitlines() if line.startswith("error[")]
        if len(errors) != 1 or "in.onnx" not in errors[0]:
            raise Failure(f"not one line that names the file: {run.stderr[:300]!r}")
    if new:
        raise Failure(f"{', '.join(sorted(new))} left behind: {run.trouble()}")


if __name__ == "__main__":
    main()
