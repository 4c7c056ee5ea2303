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
from .verdict import Ledger, check_ending

SAMPLES = 64
TRAIN = (
    "{}/in.onnx", "-o", "{}/out.onnx", "--rate", "0.3", "--data", "{}/data.npz", "--epochs", "3",
    "--batch-size", "32", "--threads", "1", "--progress", "never", "--checkpoint", "{}/checkpoints",
)  # fmt: skip
FOLDER = "checkpoints"


def data() -> bytes:
    images = np.load(ROOT / "examples/digits/digits-train.npz")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.npz"
        np.savez(path, images=images["images"][:SAMPLES], labels=images["labels"][:SAMPLES])
        return path.read_bytes()


def scenarios() -> list[Scenario]:
    """A training from the start, and one that goes on from the first of three epochs."""
    before = {"in.onnx": Entry(0o640, DIGITS.read_bytes()), "data.npz": Entry(0o640, data())}
    whole = completed(Scenario("training", TRAIN, before, faulty=FOLDER))
    checkpoints = {name: entry for name, entry in whole.after.items() if name.startswith(FOLDER)}
    # The two last are kept; without the later one, training goes on from the earlier.
    first = min(checkpoints)
    resumed = Scenario(
        "going on", (*TRAIN, "--resume"), before | {first: checkpoints[first]}, faulty=FOLDER
    )
    return [whole, completed(resumed)]


def cases(scenario: Scenario, library: Path, is_thorough: bool) -> list[tuple[str, Case]]:
    return calls.cases(scenario, library, is_thorough)


def test(case: Case, library: Path, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder:
        done = calls.run(case, folder, library, ledger)
        is_killed = case.fault.action == "kill"
        if not is_killed:
            check_ending(scenario, done, folder)
        if case.is_harmless and done.code != 0:
            raise Failure(f"is no reason to fail: {done.trouble()}")
        found = entries(folder)
        strays = [name for name in found if Path(name).name.startswith(TEMPORARY)]
        if strays and not is_killed and case.fault.call != "unlink":
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
    done = again.run(folder)
    if done.code != 0:
        raise Failure(f"cannot go on: {done.trouble()}")
    check_output(scenario, entries(folder), done)
    left = [name for name in entries(folder) if Path(name).name.startswith(TEMPORARY)]
    if left:
        raise Failure(f"the run that goes on leaves {', '.join(left)}")
