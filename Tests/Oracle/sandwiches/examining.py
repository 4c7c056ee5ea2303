"""Compiles a sandwich, takes channels out at random as well, and compares with the zeroed input."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx

import command
import equality
import precise
from networks import HALF_TOLERANCE, TOLERANCE
from tally import Failure
from zeroed import zeroed

from . import makers
from .draws import random
from .engine import Untried
from .recipes import Sandwich

RATES = (0.3, 0.5)
#: Takes one of two channels, too, which is the least that an axis can have.
LARGE_RATE = 0.7
REJECTED = 1
#: Below this a removal has no effect on what comes out, so that nothing is proven.
EFFECT = 1e-6


@dataclass
class Found:
    """What came out of one sandwich that is right."""

    name: str
    case: str
    operator: str
    made: frozenset[str]
    #: cut, pinned, or hollow: what comes out is no number, or does not depend on what was removed.
    state: str = "pinned"
    #: Axes that lost channels, and how many channels did in all.
    cut: set[str] = field(default_factory=set)
    removed: int = 0
    runs: int = 0


def examine(sandwich: Sandwich, folder: Path) -> Found:
    """- Raises Failure: where the result computes anything else, or the command ends otherwise."""
    source = folder / "in.onnx"
    onnx.save(sandwich.model, source)
    found = Found(sandwich.name, sandwich.case.name, sandwich.case.operator, sandwich.made)
    feeds, before = outputs_of(sandwich)
    if distance(before, sandwich.engine.run(sandwich.model, feeds)) > 0:
        raise Untried("it gives other numbers each time")
    if sandwich.recipe.kind == "silent":
        plan, result = compiled(source, folder, 0)
        if result is not None:
            compare(sandwich, sandwich.model, before, result, feeds, "at rate 0")
            note(found, sandwich, plan, before, None)
        return found
    draw = random(sandwich.name, "rate")
    rate = float(draw.choice(RATES))
    plan, result = compiled(source, folder, rate)
    if result is None:
        rate = LARGE_RATE
        plan, result = compiled(source, folder, rate)
    if result is None:
        return found
    reference = zeroed(sandwich.model, plan)
    after = sandwich.engine.run(reference, feeds)
    compare(sandwich, reference, after, result, feeds, f"at rate {rate}")
    note(found, sandwich, plan, before, after)
    for group in plan["groups"]:
        redraw(group, draw)
    if not any(group["removed"] for group in plan["groups"]):
        return found
    (folder / "plan.json").write_text(json.dumps(plan))
    output = folder / "drawn.onnx"
    done = command.run("apply", folder / "plan.json", source, "-o", output, "--check", "0")
    if done.code != 0:
        raise Failure(f"members at random: {done.trouble()}")
    reference = zeroed(sandwich.model, plan)
    after = sandwich.engine.run(reference, feeds)
    compare(sandwich, reference, after, onnx.load(output), feeds, "with members at random")
    note(found, sandwich, plan, before, after)
    return found


def outputs_of(sandwich: Sandwich) -> tuple[list[dict], list[list]]:
    """The inputs that the sandwich runs on, with its outputs: other lengths may follow from the second."""
    try:
        return list(sandwich.feeds), sandwich.engine.run(sandwich.model, sandwich.feeds)
    except Exception:
        feeds = list(sandwich.feeds[:1])
        return feeds, sandwich.engine.run(sandwich.model, feeds)


def compiled(source: Path, folder: Path, rate: float) -> tuple[dict, onnx.ModelProto | None]:
    output, plan = folder / "out.onnx", folder / "plan.json"
    done = command.run(source, "-o", output, "--rate", rate, "--check", "0", "--save-plan", plan)
    if done.code == command.NOTHING_PRUNABLE:
        return {}, None
    if done.code == REJECTED and not is_accepted(source):
        raise Untried("ONNX's checker refuses it as well: the node model contradicts its own shapes")
    if done.code != 0:
        raise Failure(f"rate {rate}: {done.trouble()}")
    return json.loads(plan.read_text()), onnx.load(output)


def is_accepted(source: Path) -> bool:
    try:
        onnx.checker.check_model(str(source), full_check=True)
    except Exception:  # it raises what it likes
        return False
    return True


def redraw(group: dict, draw: np.random.Generator) -> None:
    """Other members of the group, or none."""
    size = group["size"]
    count = int(draw.integers(1, size)) if size > 1 and draw.random() < 0.9 else 0
    order = draw.permutation(size).tolist()
    group["removed"], group["kept"] = sorted(order[:count]), sorted(order[count:])


def compare(
    sandwich: Sandwich,
    reference: onnx.ModelProto,
    expected: list[list],
    result: onnx.ModelProto,
    feeds: list[dict],
    when: str,
) -> None:
    try:
        given = sandwich.engine.run(result, feeds)
    except Exception as error:
        raise Failure(f"{when}: the result does not run: {' '.join(str(error).split())[:200]}") from error
    worst = distance(expected, given)
    tolerance = TOLERANCE if makers.is_exact(sandwich.model) else HALF_TOLERANCE
    if worst <= tolerance or agrees_in_double(reference, result, feeds, worst):
        return
    raise Failure(f"{when}: outputs differ by {worst:.1e} of their largest magnitude")


def distance(first: list[list], second: list[list]) -> float:
    """Of the results that are numbers in `first`: zero times infinity is none, and says nothing."""
    pairs = [(x, y) for a, b in zip(first, second, strict=True) for x, y in zip(a, b, strict=True)]
    pairs = [(x, y) for x, y in pairs if is_finite(x)]
    return max((equality.distance(np.asarray(x), np.asarray(y)) for x, y in pairs), default=0.0)


def agrees_in_double(
    first: onnx.ModelProto, second: onnx.ModelProto, feeds: list[dict], worst: float
) -> bool:
    """Another order of summation can matter where large numbers cancel; it does not in double precision."""
    if worst > 1e-2:
        return False
    try:
        return all(precise.distance(first, second, feed) <= 1e-9 for feed in feeds)
    except Exception:  # the reference implementation lacks it
        return False


def note(found: Found, sandwich: Sandwich, plan: dict, before: list[list], after: list[list] | None) -> None:
    """What a comparison that agreed has proven."""
    removed, cut = 0, set()
    for group in plan["groups"]:
        if group["removed"]:
            removed += len(group["removed"])
            names = [member["tensor"].split("/") for member in group["members"]]
            cut |= {
                f"{parts[1]}/{parts[2]}" for parts in names if parts[0] in ("make", "read") and len(parts) > 3
            }
    found.runs += 1
    finite = all(is_finite(x) for row in before for x in row)
    shows = after is None or distance(before, after) > EFFECT
    if removed and finite and shows:
        found.state = "cut"
        found.cut |= cut & sandwich.made
        found.removed += removed
    elif removed and found.state == "pinned":
        found.state = "hollow"


def is_finite(value: object) -> bool:
    array = np.asarray(value)
    return array.dtype.kind not in "fV" or bool(np.isfinite(array.astype(np.float64)).all())
