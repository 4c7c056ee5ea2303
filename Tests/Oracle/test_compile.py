"""Compiles every network at several rates and criteria, and checks each result against the input.

    python Tests/Oracle/test_compile.py [--rates 0.1,0.3,0.5,0.7] [--criteria l1,l2,gm] [--only 'conv-*']

The judge is ONNX Runtime: the result must compute what the input computes with the plan's consumers zeroed.
The report and the plan must match their schemas, ONNX's checker must accept what it accepted of the input,
and the weights that the fixtures declare prunable must have shrunk. FDSKD_ORACLE_MODELS adds folders of
models.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import onnx

import command
import equality
import inlined
import networks
import plans
from networks import ROOT, Network
from tally import Failure, Tally
from zeroed import zeroed


@dataclass(frozen=True)
class Case:
    network: Network
    rate: float
    criterion: str

    @property
    def name(self) -> str:
        return f"{self.network.name} rate {self.rate} {self.criterion}"


@dataclass(frozen=True)
class Row:
    """What the table at the end says of a case."""

    case: Case
    totals: dict | None
    groups: int
    error: float
    seconds: float


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


REPORT, PLAN = validator("report"), validator("plan")


def check_schema(validator: jsonschema.Draft202012Validator, what: str, document: dict) -> None:
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if error:
        raise Failure(f"the {what} does not match its schema at {error.json_path}: {error.message[:200]}")


def check_files(folder: Path, network: Network, expected: set[str]) -> None:
    """Nothing but the files asked for; external data is published beside the model."""
    left = {path.name for path in folder.iterdir() if not path.is_dir()} - expected
    external = any(t.data_location == onnx.TensorProto.EXTERNAL for t in bare(network.path).graph.initializer)
    if left and not external:
        raise Failure(f"files left behind: {sorted(left)}")


def bare(path: Path) -> onnx.ModelProto:
    return onnx.load(path, load_external_data=False)


def check_interface(before: onnx.ModelProto, after: onnx.ModelProto) -> None:
    """What callers see of a network: its inputs, outputs, versions."""
    constants = {tensor.name for tensor in before.graph.initializer}
    inputs = [[v for v in model.graph.input if v.name not in constants] for model in (before, after)]
    if inputs[0] != inputs[1]:
        raise Failure("the inputs have changed")
    if list(before.graph.output) != list(after.graph.output):
        raise Failure("the outputs have changed")
    # Functions may bring operator sets along when they are inlined.
    opsets = list(after.opset_import)[: len(before.opset_import)]
    if before.ir_version != after.ir_version or list(before.opset_import) != opsets:
        raise Failure("the IR version or the opsets have changed")


def check_shrunk(case: Case, before: onnx.ModelProto, after: onnx.ModelProto, plan: dict) -> None:
    """The weights that the fixture declares prunable are in the plan, and smaller in the result."""
    groups = {m["tensor"]: g for g in plan["groups"] for m in g["members"] if m["role"] == "producer"}
    removed = plans.prunable_producers(plan)
    sizes = {t.name: t.dims for t in after.graph.initializer}
    old = {t.name: t.dims for t in before.graph.initializer}
    for name in case.network.prunable:
        if name not in groups:
            raise Failure(f"'{name}' should be prunable, and is not in the plan")
        if plans.removable(case.rate, groups[name]["size"]) == 0:
            continue
        if name not in removed:
            raise Failure(f"no filter of '{name}' was removed")
        if name in old and name in sizes and list(old[name]) == list(sizes[name]):
            raise Failure(f"'{name}' is as large as before")


def test(case: Case) -> Row:
    network = case.network
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compiled = command.compile_network(network.path, folder, case.rate, case.criterion)
        if isinstance(compiled, command.Run):
            if compiled.code == command.NOTHING_PRUNABLE and network.pinned is not False:
                check_files(folder, network, {"plan.json"})
                return Row(case, None, 0, 0.0, compiled.seconds)
            raise Failure(compiled.trouble())
        if network.pinned:
            raise Failure("nothing is prunable here, and the exit code is 0")
        check_schema(REPORT, "report", compiled.report)
        check_schema(PLAN, "plan", compiled.plan)
        check_files(folder, network, {"out.onnx", "plan.json"})

        before, after = inlined.load(network), onnx.load(compiled.output)
        check_interface(network.load(), after)
        plans.check_plan(compiled.plan, before, case.rate)
        check_shrunk(case, before, after, compiled.plan)
        onnx.checker.check_model(str(compiled.output), full_check=network.passes_full_check)
        error = equality.largest_distance(
            zeroed(before, compiled.plan),
            compiled.output,
            before.graph,
            shapes=equality.given_shapes(network.path),
            reference=not network.runs,
        )
        if not error <= network.tolerance:
            raise Failure(f"outputs differ by {error:.1e} of their largest magnitude")
        groups = sum(1 for group in compiled.plan["groups"] if group["removed"])
        return Row(case, compiled.report["totals"], groups, error, compiled.run.seconds)


def print_table(rows: list[Row]) -> None:
    """A line a network and rate; the error is the largest, the time the longest, over the criteria."""
    print(f"{'network':34} {'rate':>4} {'params':>19} {'MACs':>21} {'groups':>6} {'error':>8} {'s':>6}")
    lines: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        lines.setdefault((row.case.network.name, row.case.rate), []).append(row)
    for (name, rate), group in lines.items():
        error, seconds = max(r.error for r in group), max(r.seconds for r in group)
        totals = group[0].totals
        if totals is None:
            print(f"{name:34} {rate:4} {'nothing prunable':>19}")
            continue
        parameters, macs = (
            f"{count(totals['before'][key])} -> {count(totals['after'][key])}"
            for key in ("parameters", "macs")
        )
        print(
            f"{name:34} {rate:4} {parameters:>19} {macs:>21} {group[0].groups:6} {error:8.1e} {seconds:6.2f}"
        )


def count(number: int | None) -> str:
    """Three or four digits and a unit."""
    if number is None:
        return "?"
    for unit in ("", "k", "M", "G"):
        if number < 10_000 or unit == "G":
            return f"{number:.4g}{unit}"
        number /= 1000
    return str(number)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", default="0.3,0.7")
    parser.add_argument("--criteria", default="l1,l2,gm")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of networks")
    options = parser.parse_args()
    command.binary()
    cases = [
        Case(network, float(rate), criterion)
        for network in networks.networks(options.only)
        for rate in options.rates.split(",")
        for criterion in options.criteria.split(",")
    ]
    tally = Tally()
    print_table([row for _, row in tally.run([(case.name, case) for case in cases], test)])
    tally.finish()


if __name__ == "__main__":
    main()
