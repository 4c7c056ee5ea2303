"""What must hold of every plan: it names each channel once, and removes what was asked."""

from __future__ import annotations

import math
from fractions import Fraction

import onnx

from tally import Failure
from zeroed import tensors


def removable(rate: float, size: int) -> int:
    """floor(rate x size) in exact arithmetic (0.7 of 90 is 63), of which one channel always stays."""
    return min(math.floor(Fraction(str(rate)) * size), size - 1)


def check_plan(plan: dict, model: onnx.ModelProto, rate: float) -> None:
    """- Raises Failure: naming the group, where the plan contradicts itself, the model or the rate."""
    shapes = {name: constant.values.shape for name, constant in tensors(model, plan).items()}
    claimed: dict[tuple[str, int, str], set[int]] = {}
    for group in plan["groups"]:
        title, size = f"plan, group '{group['id']}'", group["size"]
        if sorted(group["kept"] + group["removed"]) != list(range(size)):
            raise Failure(f"{title}: kept and removed are not each of {size} channels once")
        if len(group["removed"]) < removable(rate, size):
            raise Failure(f"{title}: {len(group['removed'])} of {size} removed at rate {rate}")
        # A weight that makes channels and reads them, as in tied autoencoders, counts as a consumer.
        makes = any(
            m["role"] != "consumer" or is_read_twice(model.graph, m["tensor"]) for m in group["members"]
        )
        if group["removed"] and not makes:
            raise Failure(f"{title}: nothing makes its channels")
        for member in group["members"]:
            check_member(member, size, shapes, claimed, title)


def is_read_twice(graph: onnx.GraphProto, tensor: str) -> bool:
    """Whether several nodes read a tensor, or what one node makes of it alone."""
    readers = [node for node in graph.node if tensor in node.input]
    if len(readers) != 1 or len(readers[0].output) != 1:
        return len(readers) > 1
    return is_read_twice(graph, readers[0].output[0])


def check_member(
    member: dict,
    size: int,
    shapes: dict[str, tuple],
    claimed: dict[tuple[str, int, str], set[int]],
    title: str,
) -> None:
    tensor, axis = member["tensor"], member["axis"]
    if tensor not in shapes:
        raise Failure(f"{title}: '{tensor}' is no constant of the model")
    if axis >= len(shapes[tensor]):
        raise Failure(f"{title}: '{tensor}' has no axis {axis}")
    if len(member["slots"]) != size:
        raise Failure(f"{title}: '{tensor}' has slots for {len(member['slots'])} of {size} channels")
    positions = [position for slots in member["slots"] for position in slots]
    if any(not 0 <= position < shapes[tensor][axis] for position in positions):
        raise Failure(f"{title}: a slot of '{tensor}' is past the end of its axis {axis}")
    if len(set(positions)) != len(positions):
        raise Failure(f"{title}: two channels share a slot of '{tensor}', axis {axis}")
    # A vector that several layers read is in several groups: each layer gets a copy of its own.
    if member["role"] != "consumer" and math.prod(shapes[tensor]) == shapes[tensor][axis]:
        return
    # The same axis of the same tensor twice is right for one in several roles or in several groups' parts.
    others = claimed.setdefault((tensor, axis, member["role"]), set())
    if others & set(positions):
        raise Failure(f"{title}: '{tensor}', axis {axis}, belongs to another group as well")
    others.update(positions)


def prunable_producers(plan: dict) -> dict[str, dict]:
    """By tensor, a group that removes filters of it."""
    return {
        member["tensor"]: group
        for group in plan["groups"]
        for member in group["members"]
        if member["role"] == "producer" and any(member["slots"][channel] for channel in group["removed"])
    }
