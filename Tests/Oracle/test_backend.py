"""Runs ONNX's own tests of operators on the engine, and compares with the results that ONNX expects.

    python Tests/Oracle/test_backend.py [--only 'test_conv*'] [--list]

A test whose operator cannot be run is counted as such: `UNSUPPORTED` names those that may be, so that one that ran
before and does not any more is a failure.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import json
import re
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnx.backend.test.case.node import collect_testcases
from onnx.backend.test.case.test_case import TestCase

import command
import datasets
from tally import Failure, Tally

TensorProto = onnx.TensorProto
TOLERANCE = 1e-4
#: Computed in single precision here, where ONNX rounds after every operation.
HALF_TOLERANCE = {TensorProto.FLOAT16: 3e-3, TensorProto.BFLOAT16: 2e-2}
#: Expected results are written down with four digits or so, and ONNX allows as much.
ROUNDED = ("test_roialign_*", "test_averagepool_*", "test_gridsample_bicubic*")
ROUNDED_TOLERANCE = 1e-3
#: ONNX's formula takes the length before it is rounded down; ONNX Runtime, and PyTorch, that of the result.
DIFFERENT = (
    "test_resize_downsample_scales_linear_align_corners",
    "test_resize_downsample_scales_cubic_align_corners",
)
#: What has no numbers that could be compared: strings, and floats of 8 bits and fewer.
OTHER_TYPES = {
    TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.COMPLEX128, TensorProto.FLOAT8E4M3FN,
    TensorProto.FLOAT8E4M3FNUZ, TensorProto.FLOAT8E5M2, TensorProto.FLOAT8E5M2FNUZ, TensorProto.FLOAT8E8M0,
    TensorProto.FLOAT4E2M1,
}
#: As many must run and agree.
LEAST_RUN = 1550

#: Tests that cannot be run, and why: by pattern of their names. `_expanded` are operators written out as others.
UNSUPPORTED = {
    "test_adagrad*": "training operators",
    "test_adam*": "training operators",
    "test_momentum*": "training operators",
    "test_nesterov_momentum": "training operators",
    "test_affine_grid_*_expanded": "a loop, and shapes that depend on data",
    "test_ai_onnx_ml_*": "operators of ai.onnx.ml",
    "test_bernoulli*": "random numbers",
    "test_bitcast_*": "BitCast",
    "test_*window*": "windows of signals",
    "test_causal_conv_with_state_*": "CausalConvWithState",
    "test_col2im*": "Col2Im",
    "test_compress_*": "the result's shape depends on data",
    "test_det_*": "Det",
    "test_dft*": "DFT",
    "test_*deform_conv*": "DeformConv",
    "test_flexattention*": "FlexAttention",
    "test_gridsample_volumetric_*": "grids in volumes",
    "test_image_decoder_*": "ImageDecoder",
    "test_linear_attention_*": "LinearAttention; written out it is a loop",
    "test_loop11": "loops",
    "test_melweightmatrix": "MelWeightMatrix",
    "test_nonmaxsuppression_*": "the result's shape depends on data",
    "test_nonzero_example": "the result's shape depends on data",
    "test_optional_*": "optional values",
    "test_range_*_expanded": "loops",
    "test_scan*": "loops",
    "test_stft*": "STFT",
    "test_tensorscatter*": "TensorScatter",
    "test_tfidfvectorizer_*": "TfIdfVectorizer",
    "test_training_dropout*": "random numbers",
    "test_unique_*": "the result's shape depends on data",
}


@dataclass(frozen=True)
class Case:
    test: TestCase
    folder: Path


unsupported: collections.Counter[str] = collections.Counter()
ran: list[str] = []
matched: set[str] = set()


def tolerance(case: TestCase) -> float:
    if any(fnmatch.fnmatch(case.name, pattern) for pattern in ROUNDED):
        return ROUNDED_TOLERANCE
    types = {value.type.tensor_type.elem_type for value in [*case.model.graph.input, *case.model.graph.output]}
    return max([TOLERANCE, *(HALF_TOLERANCE[kind] for kind in types & HALF_TOLERANCE.keys())])


def operator(diagnostic: str) -> str:
    """The one that an error names: `node 'x' (Op)` or `node #3 (Op)`."""
    found = re.search(r"node (?:'[^']*'|#\d+) \(([\w.]+)\)", diagnostic)
    return found[1] if found else "?"


def test(case: Case) -> None:
    model = case.folder / f"{case.test.name}.onnx"
    done = command.run(
        "check", model, "--data", case.folder / case.test.name, "--rtol", tolerance(case.test), "--json"
    )
    if done.stderr.startswith(("error[no-kernel]", "error[unknown-shape]")):
        name = operator(done.stderr)
        unsupported[name] += 1
        patterns = {pattern for pattern in UNSUPPORTED if fnmatch.fnmatch(case.test.name, pattern)}
        if not patterns:
            raise Failure(f"{name} does not run: {done.trouble()}")
        matched.update(patterns)
        return
    if done.code != 0:
        figures = json.loads(done.stdout) if done.stdout.strip() else {}
        found = [output["mismatch"] for output in figures.get("outputs", []) if output["mismatch"]]
        raise Failure(f"{done.trouble()}; {found[0] if found else ''}")
    ran.append(case.test.name)


def cases(folder: Path, pattern: str) -> tuple[list[tuple[str, Case]], int]:
    """The tests that have numbers, written into `folder`, and how many have none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their reference results overflow on purpose
        tests = collect_testcases(None)
    found, others = [], 0
    for test in tests:
        if not fnmatch.fnmatch(test.name, pattern) or test.name in DIFFERENT:
            continue
        graph = test.model.graph
        kinds = {value.type.WhichOneof("value") for value in [*graph.input, *graph.output]}
        types = {value.type.tensor_type.elem_type for value in [*graph.input, *graph.output]}
        writable = test.data_sets and kinds == {"tensor_type"} and not types & OTHER_TYPES
        if not writable or not datasets.write(folder / test.name, *test.data_sets[0]):
            others += 1
            continue
        (folder / f"{test.name}.onnx").write_bytes(test.model.SerializeToString())
        found.append((test.name, Case(test, folder)))
    return found, others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*")
    parser.add_argument("--list", action="store_true", help="print what does not run, by operator")
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    with tempfile.TemporaryDirectory() as name:
        found, others = cases(Path(name), options.only)
        tally.run(found, test)
    tally.passed = len(ran)  # what cannot be run has not passed
    missing = sum(unsupported.values())
    print(f"{len(ran)} of {len(found)} ran, {missing} have operators that do not; {others} are not of numbers")
    print(", ".join(f"{name} {count}" for name, count in sorted(unsupported.items())))
    if options.only == "*":
        if len(ran) < LEAST_RUN:
            tally.fail("all", f"only {len(ran)} ran, {LEAST_RUN} did before")
        for gone in sorted(UNSUPPORTED.keys() - matched):
            tally.fail(gone, "every test of it runs now: take it off the list")
    tally.finish()


if __name__ == "__main__":
    main()
