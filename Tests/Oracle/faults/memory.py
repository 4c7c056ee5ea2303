"""Allocations fail, one at a time.

Swift ends a process that gets no memory with a trap; the estimate behind `--max-memory` is there to keep it from coming
to that; OpenMP's library exits with 1, oneDNN and C++ abort. So here, and under a limited address space, such an end is no
failure, as long as every file is the old one or the new one and the next run removes temporary files. The ledger says how
many runs ended in which way.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from tally import Failure

from . import checkpoints
from .calls import count_calls, spread
from .scenarios import Scenario, entries
from .shim import MEMORY_KINDS, Fault, counter
from .verdict import Ledger, check_ending, check_files, check_repair, has_trapped


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    fault: Fault


def cases(scenario: Scenario, library: Path, limits: dict[str, int | None]) -> list[tuple[str, Case]]:
    """Of each kind all calls, or so many, spread evenly."""
    calls = count_calls(scenario, library)
    return [
        (f"{scenario.name}: {kind} {number}", Case(scenario, Fault(kind, number, "fail", errno.ENOMEM)))
        for kind in MEMORY_KINDS
        for number in spread(range(1, calls[kind] + 1), limits[kind])
    ]


def test(case: Case, library: Path, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder, counter(library) as counts:
        done = scenario.run(folder, counts.environment(folder, case.fault))
        # Threads allocate, so that the last calls are not always made.
        ledger.add(f"{case.fault.call} fail" if counts.faults else "none: the call was not made", done)
        trapped = has_trapped(done) or done.stderr.startswith("libgomp: ")
        if not trapped:
            check_ending(scenario, done, folder)
            if counts.open_files:
                raise Failure(f"ends with {counts.open_files} files that it has not closed")
        if scenario.faulty == checkpoints.FOLDER:
            checkpoints.check_folder(scenario, folder, done, may_leave_more=trapped)
            return
        found = entries(folder)
        check_files(scenario, found, done.code == scenario.code, may_leave_more=trapped)
        # Where nothing has changed, the next run is like any other.
        if trapped and found != dict(scenario.before):
            check_repair(scenario, folder)
