"""Counts every network before and after by its shapes, and compares with the figures in the report.

    python Tests/Oracle/test_counts.py [--only 'conv-*']

The figures "after" are counted in the file that was written, not taken from what the compiler meant to do.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import onnx

import command
import inlined
from counts import PRODUCTS, Count, count_nodes, countable, total_parameters
from networks import Network, networks
from tally import Failure, Tally

RATE, CRITERION = 0.3, "l2"


def compare_layer(layer: dict, when: str, count: Count | None) -> None:
    figures = layer[when]
    title = f"layer '{layer['name']}' {when}"
    if figures is None:
        if count is not None:
            raise Failure(f"{title}: reported as gone, and it is in the file")
        return
    if count is None:
        raise Failure(f"{title}: not in the file")
    if layer["op"] not in PRODUCTS:
        return
    expected = {"macs": count.macs, "flops": None if count.macs is None else 2 * count.macs}
    if layer["op"] == "Conv":
        expected |= {"paper_params": count.paper_params, "paper_flops": count.paper_flops}
    for key, value in expected.items():
        if figures[key] is None and open_shape(layer, when):
            continue
        if value is not None and figures[key] != value:
            raise Failure(f"{title}: {key} is {figures[key]} in the report, {value} by count")
    # A shared parameter is counted with the node that uses it first, so that less is right, more is not.
    parameters = sum(count.parameters.values())
    if figures["parameters"] is not None and figures["parameters"] > parameters:
        raise Failure(f"{title}: {figures['parameters']} parameters in the report, {parameters} by count")


def open_shape(layer: dict, when: str) -> bool:
    """Whether the compiler could not know the output's shape, but for its batch size: then it need not count."""
    shape = (layer["output_shape"] or {}).get(when)
    return shape is None or any(isinstance(length, str) for length in shape[1:])


def compare_totals(
    totals: dict, when: str, model: onnx.ModelProto, counts: list[tuple[str, Count]]
) -> None:
    if not countable(model):
        return
    expected = {"parameters": total_parameters(counts)}
    macs = [count.macs for _, count in counts]
    if None not in macs and not totals["uncounted_nodes"]:
        expected |= {"macs": sum(macs), "flops": 2 * sum(macs)}
    paper = [count.paper_params for _, count in counts if count.paper_params is not None]
    if paper and "ConvTranspose" not in {count.op for _, count in counts}:
        expected["paper_params"] = sum(paper)
    for key, value in expected.items():
        if totals[when][key] != value:
            raise Failure(f"total {when}: {key} is {totals[when][key]} in the report, {value} by count")


def test(network: Network) -> None:
    with tempfile.TemporaryDirectory() as name:
        compiled = command.compile_network(network.path, Path(name), RATE, CRITERION)
        if isinstance(compiled, command.Run):
            if compiled.code == command.NOTHING_PRUNABLE and network.pinned is not False:
                return
            raise Failure(compiled.trouble())
        models = {"before": inlined.load(network), "after": onnx.load(compiled.output)}
    for when, model in models.items():
        counts = count_nodes(model)
        names = Counter(name for name, _ in counts)
        by_name = dict(counts)
        for layer in compiled.report["layers"]:
            # Nodes of different bodies may have one name: those are compared in the totals alone.
            if names[layer["name"]] < 2:
                compare_layer(layer, when, by_name.get(layer["name"]))
        reported = {layer["name"] for layer in compiled.report["layers"]}
        missing = [
            n for n, count in counts if count.op in PRODUCTS and count.macs != 0 and n not in reported
        ]
        if missing:
            raise Failure(f"not among the report's layers: {missing}")
        compare_totals(compiled.report["totals"], when, model, counts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of networks")
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    tally.run([(network.name, network) for network in networks(options.only)], test)
    tally.finish()


if __name__ == "__main__":
    main()
