"""Looks whether reports leave nothing out, and whether `inspect` says what `compile` does.

    python Tests/Oracle/test_why_not.py [--only 'conv-*']

Every node that makes channels with weights is in a group of channels with all of them, or is listed with the reason why
they stay. Which nodes those are is read off the file, whatever the compiler knows of their operators. And at every rate
`inspect` has the groups, totals, reasons and warnings of a compilation.
"""

from __future__ import annotations

import argparse
import collections
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx

import command
import inlined
from networks import Network, networks
from tally import Failure, Tally
from zeroed import named_constants

RATES = (0.3, 0.7)
#: Parts of a report that a forecast has to have right.
FORECAST = ("groups", "totals", "why_not", "warnings")
#: The inputs that are weights, of the operators of ONNX that make channels with them.
WEIGHTS = {
    "Conv": (1,), "ConvTranspose": (1,), "DeformConv": (1,), "ConvInteger": (1,), "QLinearConv": (3,),
    "Gemm": (0, 1), "MatMul": (0, 1), "MatMulInteger": (0, 1), "QLinearMatMul": (0, 3),
    "LSTM": (1,), "GRU": (1,), "RNN": (1,),
}  # fmt: skip
#: Operators of other domains that act on the channels that come in, one by one.
ACTING = ("QLinearAdd", "QLinearMul", "QLinearWhere", "BiasAdd", "BiasGelu", "FastGelu", "BiasSplitGelu")


@dataclass(frozen=True)
class Case:
    network: Network
    rate: float | None


@dataclass(frozen=True)
class Layer:
    title: str
    op: str
    #: Constants of at least two axes behind what the node reads as weights, and what is computed from them.
    weights: tuple[str, ...]


def weight_inputs(node: onnx.NodeProto) -> Iterator[str]:
    standard = node.domain in ("", "ai.onnx")
    if standard and node.op_type in WEIGHTS:
        yield from (node.input[i] for i in WEIGHTS[node.op_type] if i < len(node.input))
    elif node.op_type not in ACTING and not (standard and onnx.defs.has(node.op_type)):
        yield from node.input


def layers(graph: onnx.GraphProto) -> Iterator[Layer]:
    """The nodes that make channels with weights, in order; of bodies, those that are in the graph itself."""
    shapes = {name: constant.values.shape for name, constant in named_constants(graph)}
    # By value that depends on constants alone: those with two axes or more, and what is computed on the way.
    behind = {name: {name} if len(shape) >= 2 else set() for name, shape in shapes.items()}
    for node in graph.node:
        inputs = [name for name in node.input if name]
        if inputs and all(name in behind for name in inputs):
            sources = set().union(*(behind[name] for name in inputs))
            for output in node.output:
                behind[output] = {output, *sources} if sources else sources
            continue
        weights = [name for name in weight_inputs(node) if behind.get(name)]
        found = sorted(set().union(*(behind[name] for name in weights)))
        if found:
            yield Layer(node.name or node.output[0], node.op_type, tuple(found))


def covered(plan: dict, shapes: dict[str, tuple[int, ...]], shared: set[str]) -> set[str]:
    """Constants with an axis that groups have all slots of, and whose channels are made or acted on there.

    Of weights that several layers share, the axis may be said to read channels, as one of the layers does.
    """
    slots: dict[tuple[str, int], set[int]] = {}
    for group in plan["groups"]:
        for member in group["members"]:
            if member["role"] != "consumer" or member["tensor"] in shared:
                positions = {slot for channel in member["slots"] for slot in channel}
                slots.setdefault((member["tensor"], member["axis"]), set()).update(positions)
    # What is computed from constants is not in the file.
    return {
        name
        for (name, axis), found in slots.items()
        if name not in shapes or len(found) == shapes[name][axis]
    }


def check_complete(network: Network, folder: Path) -> None:
    plan_path = folder / "plan.json"
    done = command.run("inspect", network.path, "--json", "--save-plan", plan_path)
    if done.code != 0:
        raise Failure(done.trouble())
    report, plan = json.loads(done.stdout), json.loads(plan_path.read_text())
    graph = inlined.load(network).graph
    shapes = {name: constant.values.shape for name, constant in named_constants(graph)}
    listed = {o["tensor"] for o in report["why_not"]} | {o["layer"] for o in report["why_not"]}
    found = list(layers(graph))
    readers = collections.Counter(name for layer in found for name in layer.weights)
    grouped = covered(plan, shapes, {name for name, count in readers.items() if count > 1})
    for layer in found:
        if not ({layer.title, *layer.weights} & listed or set(layer.weights) & grouped):
            raise Failure(f"'{layer.title}' ({layer.op}) keeps channels of {layer.weights}, and nothing says why")


def check_forecast(network: Network, rate: float, folder: Path) -> None:
    flags = ("--rate", rate, "--json")
    compiled = command.run(network.path, "-o", folder / "out.onnx", "--check", "0", *flags)
    inspected = command.run("inspect", network.path, *flags)
    expected = 0 if compiled.code == command.NOTHING_PRUNABLE else compiled.code
    if inspected.code != expected:
        raise Failure(f"compile: {compiled.trouble()}; inspect: {inspected.trouble()}")
    if compiled.stdout:
        ours, theirs = json.loads(inspected.stdout), json.loads(compiled.stdout)
        for part in FORECAST:
            if ours[part] != theirs[part]:
                raise Failure(f"inspect forecasts other {part} than compile has")


def test(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        if case.rate is None:
            check_complete(case.network, Path(name))
        else:
            check_forecast(case.network, case.rate, Path(name))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of networks")
    options = parser.parse_args()
    command.binary()
    found = networks(options.only)
    cases = [(f"{n.name} complete", Case(n, None)) for n in found]
    cases += [(f"{n.name} forecast {rate}", Case(n, rate)) for n in found for rate in RATES]
    tally = Tally()
    tally.run(cases, test)
    tally.finish()


if __name__ == "__main__":
    main()
