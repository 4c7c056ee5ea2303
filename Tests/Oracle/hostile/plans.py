"""Plans that are none, or that do not fit the model (row 60)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from .case import Case
from .networks import bytes_of, model

APPLY = ("apply", "p.json", "in.onnx", "-o", "out.onnx")
CHANNELS = range(8)
MODEL = bytes_of(model())


def plan(change: Callable[[dict], object] = lambda plan: None) -> str:
    """What `--save-plan` writes for the network of two layers, changed."""
    slots = [[channel] for channel in CHANNELS]
    group = {
        "id": "first",
        "size": len(CHANNELS),
        "kept": [1, 2, 5, 7],
        "removed": [0, 3, 4, 6],
        "scores": [1.0] * len(CHANNELS),
        "members": [
            {"tensor": "w1", "axis": 0, "role": "producer", "slots": slots},
            {"tensor": "w2", "axis": 1, "role": "consumer", "slots": slots},
        ],
    }
    whole = {"schema_version": 1, "input_sha256": hashlib.sha256(MODEL).hexdigest(), "groups": [group]}
    change(whole)
    return json.dumps(whole)


def cases() -> list[Case]:
    def files(text: str | bytes | None) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            (folder / "in.onnx").write_bytes(MODEL)
            if text is not None:
                (folder / "p.json").write_bytes(text.encode() if isinstance(text, str) else text)

        return make

    def refused(name: str, text: str | bytes | None, says: str, code: int = 1, file: str = "p.json") -> Case:
        return Case(60, name, files(text), code, says, APPLY, file=file)

    def changed(name: str, change: Callable[[dict], object], says: str, file: str = "p.json") -> Case:
        return refused(name, plan(change), says, file=file)

    def group(name: str, key: str, value: object, says: str, file: str = "p.json") -> Case:
        return changed(name, lambda plan: plan["groups"][0].update({key: value}), says, file)

    def member(name: str, place: int, key: str, value: object, says: str, file: str = "p.json") -> Case:
        return changed(name, lambda plan: plan["groups"][0]["members"][place].update({key: value}), says, file)

    def folder(path: Path) -> None:
        files(None)(path)
        (path / "p.json").mkdir()

    model_is = "in.onnx"
    return [
        Case(60, "as it was saved", files(plan()), 0, "", APPLY),
        refused("none", None, "cannot be read: No such file", 4),
        Case(60, "a folder", folder, 4, "cannot be read: Is a directory", APPLY, file="p.json"),
        Case(
            60, "a device without end", files(None), 4, "bytes", ("apply", "/dev/zero", *APPLY[2:]), file="/dev/zero",
            large=True,
        ),
        refused("nothing", "", "not JSON"),
        refused("half of it", plan()[: len(plan()) // 2], "not JSON"),
        refused("bytes that are no text", b"\xff\xfe", "not JSON"),
        refused("100,000 lists in lists", "[" * 100_000, "not JSON"),
        changed("of the next version", lambda plan: plan.update(schema_version=2), "schema_version is 2"),
        changed("of another model", lambda plan: plan.update(input_sha256="0" * 64), "another model", model_is),
        changed("the same group twice", lambda plan: plan["groups"].append(plan["groups"][0]), "appears twice"),
        group("of more channels than there are", "size", 2**62, "'first'"),
        group("a channel twice", "removed", [0, 3, 4, 4], "'first'"),
        group("a channel of -1", "removed", [-1, 3, 4, 6], "'first'"),
        group("a channel that is no integer", "removed", [0.5, 3, 4, 6], "a number is no integer"),
        changed(
            "every channel", lambda plan: plan["groups"][0].update(kept=[], removed=list(CHANNELS)), "'first'", model_is
        ),
        member("a tensor that is not there", 0, "tensor", "w9", "'w9'", model_is),
        member("an axis that is not there", 0, "axis", 2**40, "axis", model_is),
        member("slots that lie elsewhere", 1, "slots", [[channel + 1] for channel in CHANNELS], "'w2'", model_is),
        changed(
            "the producer without its consumer", lambda plan: plan["groups"][0]["members"].pop(), "'first'", model_is
        ),
    ]  # fmt: skip
