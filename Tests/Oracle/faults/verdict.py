"""What a run may leave behind: the old files or the whole new ones, and a diagnostic that names the file."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import onnx

from command import Run
from tally import Failure

from .scenarios import TEMPORARY, Entry, Scenario, entries, is_new_report

FAILED = 4
#: What the command ends with on a signal that a crash raises.
CRASHED = 70


class Ledger:
    """How many faults were made, and how the runs ended; several threads write."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()
        self.endings: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()

    def add(self, fault: str, run: Run) -> None:
        ending = f"signal {-run.code}" if run.code < 0 else f"exit {run.code}"
        with self._lock:
            self.faults[fault] += 1
            self.endings.setdefault(fault, Counter())[ending] += 1

    def has_both(self, fault: str) -> bool:
        """Whether some runs ended well and some did not: a limit that no run meets tests nothing."""
        endings = self.endings.get(fault, Counter())
        return 0 < endings["exit 0"] < endings.total()

    def print(self) -> None:
        print(f"{self.faults.total()} faults:")
        for fault, count in sorted(self.faults.items()):
            endings = ", ".join(f"{ending}: {n}" for ending, n in sorted(self.endings[fault].items()))
            print(f"  {fault:<24} {count:>5}  {endings}")


def has_trapped(run: Run) -> bool:
    """Swift has no other way to say that there is no memory; the command tells it as a crash."""
    return run.code < 0 or run.code == CRASHED


def check_ending(scenario: Scenario, run: Run, folder: Path) -> None:
    """The status of a run that nobody killed, and its diagnostic."""
    if run.code < 0:
        raise Failure(f"ends on signal {-run.code}: {run.trouble()}")
    if run.code == CRASHED:
        raise Failure(f"crashes: {run.trouble()}")
    if run.code not in (scenario.code, FAILED):
        raise Failure(f"is told as another kind of error: {run.trouble()}")
    if run.code == 0:
        return
    lines = run.stderr.splitlines()
    if len(lines) != 1 or not lines[0].startswith("error["):
        raise Failure(f"not one diagnostic but {len(lines)} lines: {' / '.join(lines)[:300]}")
    names = (str(folder), "standard output", "ulimit", *scenario.before, *scenario.after, *filter(None, [scenario.faulty]))
    if not any(name in lines[0] for name in names):
        raise Failure(f"the diagnostic names no file: {lines[0]}")


def check_files(
    scenario: Scenario, found: Mapping[str, Entry], is_finished: bool, may_leave_more: bool = False
) -> None:
    """Every file is the old one or the new one; all are the new ones where the run is `finished`.

    A process that was killed may leave more: temporary files, and the blob of a model that did not follow. Temporary files
    from before may stay or go.
    """
    before, after = scenario.before, scenario.after
    for name, entry in found.items():
        is_temporary = Path(name).name.startswith(TEMPORARY)
        if is_temporary and name in before:
            continue
        if name not in before and name not in after:
            if may_leave_more and is_temporary:
                continue
            raise Failure(f"leaves {name} of {len(entry.content)} bytes behind")
        allowed = [] if is_finished and name in after else [before.get(name)]
        allowed.append(after.get(name))
        is_known = any(e is not None and e.content == entry.content for e in allowed)
        if not is_known and not is_new_report(name, entry, before.get(name)):
            raise Failure(f"{name} has {len(entry.content)} bytes that are neither the old nor the new ones")
        if name in before and entry.mode != before[name].mode:
            raise Failure(f"the mode of {name} was {before[name].mode:o} and is {entry.mode:o}")
    expected = after if is_finished else before
    missing = [name for name in sorted(expected.keys() - found.keys()) if not Path(name).name.startswith(TEMPORARY)]
    if missing:
        raise Failure(f"{', '.join(missing)} is missing")
    check_pair(scenario, found, may_leave_more)


def check_pair(scenario: Scenario, found: Mapping[str, Entry], may_leave_more: bool) -> None:
    """A model has its weights, and weights that nobody asked for are not there."""
    output = found.get("out.onnx")
    new_blobs = {name for name in scenario.after.keys() - scenario.before.keys() if name.endswith(".data")}
    is_new = output is not None and output.content == scenario.after["out.onnx"].content
    if is_new and (missing := new_blobs - found.keys()):
        raise Failure(f"the new model is there without {missing.pop()}")
    if not is_new and not may_leave_more and (stray := new_blobs & found.keys()):
        raise Failure(f"{stray.pop()} is there without its model")
    if output is None:
        return
    with tempfile.TemporaryDirectory() as name:
        for relative, entry in found.items():
            if relative.endswith((".onnx", ".data", ".weights")) and entry.mode != 0o777:
                path = Path(name) / Path(relative).name
                path.write_bytes(entry.content)
        onnx.load(Path(name) / ("model.onnx" if output.mode == 0o777 else "out.onnx"))


def check_repair(scenario: Scenario, folder: Path) -> None:
    """The same command, run again where another ended badly, finishes and cleans up."""
    run = scenario.run(folder)
    if run.code != scenario.code:
        raise Failure(f"the next run fails: {run.trouble()}")
    found = entries(folder)
    if left := [name for name in found if Path(name).name.startswith(TEMPORARY)]:
        raise Failure(f"after the next run {left[0]} is still there")
    try:
        check_files(scenario, found, is_finished=True)
    except Failure as failure:
        raise Failure(f"after the next run: {failure}") from None
