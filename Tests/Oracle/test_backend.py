"""ONNX's own backend tests of nodes, run by the engine: `fdskd-compile check MODEL --data FOLDER`.

    python Tests/Oracle/test_backend.py [--only 'test_conv*'] [--list]

Each case comes with inputs and the outputs that ONNX's reference expects. A case passes where the outputs agree; a case
of an operator that cannot be run has to say so, and its operator has to be in the list below, so that nothing that runs
today stops to unnoticed. `--list` prints which operators have cases that do not run, and why.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

import command
from tally import Failure, Tally

NOT_RUN = Path(__file__).with_name("not_run.txt")
#: Types that the engine does not compute with.
FOREIGN = {"float8", "float4", "float6", "int4", "int2", "complex", "string", "object"}


def skip_reason(case) -> str | None:
    """Why a case says nothing about the engine: random results, or values that are no tensors of numbers."""
    values = [value for inputs, outputs in case.data_sets for value in [*inputs, *outputs]]
    if not all(isinstance(value, (numpy.ndarray, numpy.generic)) for value in values):
        return "a sequence, an optional or a map"
    for value in values:
        if any(word in str(value.dtype) for word in FOREIGN) or value.dtype.kind in "OUSV":
            return f"type {value.dtype}"
    return None


def write(case, folder: Path) -> Path:
    """The model and its data sets, as ONNX lays them out."""
    folder.mkdir()
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    for index, (inputs, outputs) in enumerate(case.data_sets):
        place = folder / f"test_data_set_{index}"
        place.mkdir()
        for kind, values in (("input", inputs), ("output", outputs)):
            for number, value in enumerate(values):
                tensor = numpy_helper.from_array(numpy.asarray(value))
                (place / f"{kind}_{number}.pb").write_bytes(tensor.SerializeToString())
    return folder / "model.onnx"


def operators(case) -> str:
    return ",".join(sorted({node.op_type for node in case.model.graph.node}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", help="names of cases, with * and ?")
    parser.add_argument("--list", action="store_true", help="print what does not run, and why")
    options = parser.parse_args()
    allowed = set(NOT_RUN.read_text().split())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their reference results overflow on purpose
        cases = [case for case in collect_testcases(None) if fnmatch.fnmatch(case.name, options.only)]
    skipped = Counter(reason for case in cases if (reason := skip_reason(case)))
    cases = [case for case in cases if not skip_reason(case)]
    unsupported: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:

        def test(case) -> bool:
            path = write(case, Path(folder) / case.name)
            tolerance = max(case.rtol, 1e-4)
            done = command.run("check", path, "--data", path.parent, "--json", "--rtol", tolerance)
            if done.code == 0:
                return True
            if done.code == 3 and done.stdout:
                found = json.loads(done.stdout)
                raise Failure(next(o["mismatch"] for o in found["outputs"] if o["mismatch"]))
            if done.code != 1:
                raise Failure(done.trouble())
            name = operators(case)
            unsupported[name] += 1
            reasons.setdefault(name, done.trouble())
            if name not in allowed:
                raise Failure(f"does not run: {done.trouble()}")
            return False

        ran = sum(result for _, result in tally.run([(case.name, case) for case in cases], test))
    print(f"{ran} cases ran; {sum(unsupported.values())} of operators that do not run; {sum(skipped.values())} skipped")
    if options.list:
        for name, count in sorted(unsupported.items()):
            print(f"{name} ({count}): {reasons[name]}")
    tally.finish()


if __name__ == "__main__":
    main()
