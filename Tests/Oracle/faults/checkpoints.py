"""Faults while a network is trained, in the folder of its checkpoints; what is there afterwards has to be of use."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from command import Run
from networks import ROOT
from tally import Failure

from . import calls
from .calls import Case
from .scenarios import DIGITS, TEMPORARY, Entry, Scenario, completed, entries
from .verdict import Ledger

SAMPLES = 64
FOLDER = "checkpoints"
#: Names without a folder: checkpoints are of use to the same command only.
TRAIN = (
    "in.onnx", "-o", "out.onnx", "--rate", "0.3", "--data", "data.npz", "--epochs", "3", "--batch-size", "32",
    "--threads", "1", "--progress", "never", "--checkpoint", FOLDER,
)  # fmt: skip


def data() -> bytes:
    images = np.load(ROOT / "examples/digits/digits-train.npz")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.npz"
        np.savez(path, images=images["images"][:SAMPLES], labels=images["labels"][:SAMPLES])
        return path.read_bytes()


def scenarios() -> list[Scenario]:
    """A training from the start, and one that goes on from the first of its last two epochs."""
    before = {"in.onnx": Entry(0o640, DIGITS.read_bytes()), "data.npz": Entry(0o640, data())}
    whole = completed(Scenario("training", TRAIN, before, faulty=FOLDER))
    checkpoints = {name: entry for name, entry in whole.after.items() if name.startswith(FOLDER)}
    # The two last are kept; without the later one, training goes on from the earlier.
    first = min(checkpoints)
    resumed = Scenario("going on", (*TRAIN, "--resume"), before | {first: checkpoints[first]}, faulty=FOLDER)
    return [whole, completed(resumed)]


def test(case: Case, library: Path, ledger: Ledger) -> None:
    with case.scenario.folder() as folder:
        done = calls.run(case, folder, library, ledger)
        check_folder(case.scenario, folder, done, case.may_leave_more)


def check_folder(scenario: Scenario, folder: Path, done: Run, may_leave_more: bool) -> None:
    """No strays, the model as it should be or not there, and checkpoints from which the same command goes on."""
    found = entries(folder)
    strays = [name for name in found if Path(name).name.startswith(TEMPORARY)]
    if strays and not may_leave_more:
        raise Failure(f"leaves {', '.join(strays)} behind")
    check_output(scenario, found, done)
    check_going_on(scenario, folder, found)


def check_output(scenario: Scenario, found: dict[str, Entry], done: Run) -> None:
    """The bytes of a training without interruption, or no file."""
    output = found.get("out.onnx")
    if done.code == 0 and output is None:
        raise Failure("ends well and has written no model")
    if output is not None and output.content != scenario.after["out.onnx"].content:
        raise Failure("the model has other bytes than that of a training without faults")


def check_going_on(scenario: Scenario, folder: Path, found: dict[str, Entry]) -> None:
    """The same command with `--resume` ends as if nothing had been; without, where there is no checkpoint yet."""
    has_checkpoint = any(name.endswith(".checkpoint") for name in found)
    flags = tuple(flag for flag in scenario.flags if flag != "--resume")
    again = replace(scenario, flags=(*flags, "--resume") if has_checkpoint else flags)
    if lost := {name for name in scenario.before if name.endswith(".checkpoint")} - found.keys():
        # An older checkpoint goes when two younger ones are there.
        if sum(name.endswith(".checkpoint") for name in found) < 2:
            raise Failure(f"{lost.pop()} is gone, with nothing in its place")
    done = again.run(folder)
    if done.code != 0:
        raise Failure(f"cannot go on: {done.trouble()}")
    check_output(scenario, entries(folder), done)
    left = [name for name in entries(folder) if Path(name).name.startswith(TEMPORARY)]
    if left:
        raise Failure(f"the run that goes on leaves {', '.join(left)}")
