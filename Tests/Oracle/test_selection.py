"""Computes the filters' scores again, with NumPy, and checks that the plan removes the lowest of them.

    python Tests/Oracle/test_selection.py [--only 'conv-*']

FD-SKD Eq. 5-7: p-norms and distances to the geometric median; in every group the floor(rate x size) lowest,
ties by index. Where several layers make a channel, the mean of their scores, each divided by its layer's
mean.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

import command
import inlined
from networks import Network, networks
from plans import removable
from tally import Failure, Tally
from zeroed import named_constants, tensors

CRITERIA = ("l1", "l2", "gm")
RATE = 0.3
#: Both sides compute in double precision.
RELATIVE_TOLERANCE = 1e-9
#: Weights that the network computes from constants are rounded by whoever computes them; by bytes of an element.
COMPUTED_TOLERANCES = {2: 1e-3, 4: 1e-5}


@dataclass(frozen=True)
class Case:
    network: Network
    criterion: str


def layer_scores(weight: np.ndarray, axis: int, slots: list[list[int]], criterion: str) -> np.ndarray | None:
    """One score a channel; nil for geometric medians of channels that have unequal numbers of slots."""
    rows = np.moveaxis(weight.astype(np.float64), axis, 0)
    if criterion == "gm":
        if len({len(positions) for positions in slots}) != 1:
            return None
        filters = np.stack([rows[positions].ravel() for positions in slots])
        return np.array([np.linalg.norm(filters - filters[i], axis=1).sum() for i in range(len(filters))])
    order = 1 if criterion == "l1" else 2
    return np.array([np.linalg.norm(rows[positions].ravel(), order) for positions in slots])


def biases(graph: onnx.GraphProto) -> set[str]:
    """Those of recurrent layers, which have an axis of directions."""
    recurrent = ("RNN", "GRU", "LSTM")
    return {node.input[3] for node in graph.node if node.op_type in recurrent and len(node.input) > 3}


def expected_scores(
    group: dict, weights: dict[str, np.ndarray], unranked: set[str], criterion: str
) -> np.ndarray | None:
    """The group's scores from the weights alone; nil where it has no weights to rank."""
    layers = []
    for member in group["members"]:
        weight = weights[member["tensor"]]
        # As many elements as channels: a bias, which only goes along.
        if member["role"] == "producer" and weight.size > weight.shape[member["axis"]]:
            if member["tensor"] in unranked:
                continue
            layers.append(layer_scores(weight, member["axis"], member["slots"], criterion))
    if not layers or any(layer is None for layer in layers):
        return None
    if len(layers) == 1:
        return layers[0]
    return np.mean([layer / layer.mean() if layer.mean() > 0 else layer for layer in layers], axis=0)


def dequantized(graph: onnx.GraphProto, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights, those that are stored as integers by what they stand for: (q - zero) x scale."""
    numbers = dict(weights)
    for node in graph.node:
        integers = {"DequantizeLinear": 0, "QLinearConv": 3, "QLinearMatMul": 3, "QGemm": 3}.get(node.op_type)
        if integers is None or node.input[integers] not in weights:
            continue
        name, scale, zero_point = [*node.input, ""][integers : integers + 3]
        values = weights[name].astype(np.float64)
        attributes = {a.name: a.i for a in node.attribute}
        columns = node.op_type == "QLinearMatMul" or node.op_type == "QGemm" and not attributes.get("transB")
        axis = attributes.get("axis", 1) if integers == 0 else values.ndim - 1 if columns else 0

        def along(parameter: np.ndarray) -> np.ndarray:
            shape = [1] * values.ndim
            if parameter.size > 1:
                shape[axis] = -1
            return parameter.astype(np.float64).reshape(shape)

        zero = along(weights[zero_point]) if zero_point else 0
        numbers[name] = (values - zero) * along(weights[scale])
    return numbers


def check_group(
    group: dict,
    weights: dict[str, np.ndarray],
    stored: set[str],
    unranked: set[str],
    criterion: str,
    exactly: bool,
) -> None:
    title = f"group '{group['id']}'"
    expected = expected_scores(group, weights, unranked, criterion)
    if expected is not None:
        scores = np.array(group["scores"])
        if scores.shape != expected.shape:
            raise Failure(f"{title}: {len(scores)} scores for {len(expected)} channels")
        error = np.abs(scores - expected).max() / max(np.abs(expected).max(), np.finfo(float).tiny)
        computed = [m["tensor"] for m in group["members"] if m["tensor"] not in stored]
        tolerances = [COMPUTED_TOLERANCES[weights[name].dtype.itemsize] for name in computed]
        if not error <= max(tolerances, default=RELATIVE_TOLERANCE):
            raise Failure(f"{title}: scores are off by {error:.1e}")
    if exactly and group["scores"]:
        order = sorted(range(group["size"]), key=lambda channel: (group["scores"][channel], channel))
        wanted = sorted(order[: removable(RATE, group["size"])])
        if group["removed"] != wanted:
            raise Failure(f"{title}: removes {group['removed']}, the lowest scores are {wanted}")


def test(case: Case) -> None:
    with tempfile.TemporaryDirectory() as name:
        compiled = command.compile_network(case.network.path, Path(name), RATE, case.criterion)
        if isinstance(compiled, command.Run):
            if compiled.code == command.NOTHING_PRUNABLE and case.network.pinned is not False:
                return
            raise Failure(compiled.trouble())
        model = inlined.load(case.network)
        stored = {name for name, _ in named_constants(model.graph)}
        constants = tensors(model, compiled.plan)
        weights = dequantized(model.graph, {name: constant.values for name, constant in constants.items()})
        # Channels that are zero already go whatever the rate.
        exactly = not case.network.name.startswith("zeroed-")
        for group in compiled.plan["groups"]:
            check_group(group, weights, stored, biases(model.graph), case.criterion, exactly)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of networks")
    options = parser.parse_args()
    command.binary()
    cases = [(f"{n.name} {c}", Case(n, c)) for n in networks(options.only) for c in CRITERIA]
    tally = Tally()
    tally.run(cases, test)
    tally.finish()


if __name__ == "__main__":
    main()
