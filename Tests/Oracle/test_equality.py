"""Tests the judge itself on networks pruned by hand: it must accept what is right, and only that.

python Tests/Oracle/test_equality.py
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import numpy_helper

from equality import largest_distance
from networks import FIXTURES, TOLERANCE
from tally import Failure, Tally
from zeroed import zeroed

REMOVED = [0, 3, 7]


def member(tensor: str, axis: int, role: str, size: int = 12, repeats: int = 1) -> dict:
    slots = [list(range(i * repeats, (i + 1) * repeats)) for i in range(size)]
    return {"tensor": tensor, "axis": axis, "role": role, "slots": slots}


def plan(*members: dict) -> dict:
    size = len(members[0]["slots"])
    kept = [i for i in range(size) if i not in REMOVED]
    return {"groups": [{"id": "g", "size": size, "kept": kept, "removed": REMOVED, "members": list(members)}]}


#: Per fixture a plan for its first convolution.
PLANS = {
    "conv-chain": plan(
        member("conv1.weight", 0, "producer"),
        member("conv1.bias", 0, "producer"),
        member("conv2.weight", 1, "consumer"),
    ),
    "flatten-gemm": plan(
        member("conv1.weight", 0, "producer"),
        member("conv1.bias", 0, "producer"),
        member("fc1.weight", 1, "consumer", repeats=16),
    ),
    "conv-depthwise": plan(
        member("conv1.weight", 0, "producer"),
        *(
            member(f"{bn}.{p}", 0, "follower")
            for bn in ("bn1", "bn2")
            for p in ("scale", "bias", "mean", "var")
        ),
        member("depth.weight", 0, "follower"),
        member("point.weight", 1, "consumer"),
    ),
    "sigmoid-then-padding": plan(
        member("conv1.weight", 0, "producer"),
        *(member(f"bn1.{p}", 0, "follower") for p in ("scale", "bias", "mean", "var")),
        member("conv2.weight", 1, "consumer"),
    ),
    "typed-data": plan(
        member("conv1.weight", 0, "producer"),
        member("conv1.bias", 0, "producer"),
        member("conv2.weight", 1, "consumer"),
    ),
    "constants-are-nodes": plan(
        member("conv1.weight", 0, "producer"),
        member("conv1.bias", 0, "producer"),
        member("constant_2", 0, "follower"),
        member("conv2.weight", 1, "consumer"),
    ),
    "sparse-initializer": plan(
        member("conv1.weight", 0, "producer"),
        member("conv1.bias", 0, "producer"),
        member("conv2.weight", 1, "consumer"),
    ),
}


def cut(model: onnx.ModelProto, plan: dict) -> onnx.ModelProto:
    """Removes the plan's slots from initializers: all that the networks above without Constants need."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for group in plan["groups"]:
        for part in group["members"]:
            positions = [p for channel in group["removed"] for p in part["slots"][channel]]
            tensor = tensors[part["tensor"]]
            values = np.delete(numpy_helper.to_array(tensor), positions, part["axis"])
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        for node in model.graph.node:
            for attribute in node.attribute:
                if attribute.name == "group" and attribute.i == group["size"]:
                    attribute.i = len(group["kept"])
    return model


def load(name: str) -> onnx.ModelProto:
    return onnx.load(FIXTURES / f"{name}.onnx")


def accepts_right_removal(name: str) -> None:
    model = load(name)
    found = largest_distance(zeroed(model, PLANS[name]), cut(model, PLANS[name]), model.graph)
    if not found <= TOLERANCE:
        raise Failure(f"differs by {found:.1e}")


def sees_wrong_channel(name: str) -> None:
    model, wrong = load(name), {"groups": [PLANS[name]["groups"][0] | {"removed": [0, 3, 8]}]}
    found = largest_distance(zeroed(model, PLANS[name]), cut(model, wrong), model.graph)
    if found <= 100 * TOLERANCE:
        raise Failure(f"another channel makes a difference of only {found:.1e}")


def zeroing_matters(name: str) -> None:
    """The plan's consumers are found, and the network's output depends on them."""
    model = load(name)
    found = largest_distance(model, zeroed(model, PLANS[name]), model.graph)
    if found <= 100 * TOLERANCE:
        raise Failure(f"zeroing makes a difference of only {found:.1e}")


def main() -> None:
    tally = Tally()
    plain = [name for name in PLANS if name not in ("constants-are-nodes", "sparse-initializer")]
    tests: list[tuple[Callable[[str], None], list[str]]] = [
        (accepts_right_removal, plain),
        (sees_wrong_channel, plain),
        (zeroing_matters, list(PLANS)),
    ]
    for test, names in tests:
        tally.run([(f"{name}, {test.__name__}", name) for name in names], test)
    tally.finish()


if __name__ == "__main__":
    main()
