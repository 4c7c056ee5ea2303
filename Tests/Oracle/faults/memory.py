"""Allocations fail, one at a time.

Swift ends a process that gets no memory with a trap; the estimate of `--max-memory` is there to keep it from coming to
that. So a trap is no failure here, but whatever happens, files are the old ones or the new ones.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from .calls import count_calls
from .scenarios import Scenario, entries
from .shim import MEMORY_KINDS, Fault, counter
from .verdict import Ledger, check_files, check_repair

#: Allocations that fail by default, of some ten thousand.
SAMPLES = {"allocate": 150, "map": 20}


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    fault: Fault


def cases(scenario: Scenario, library: Path, is_thorough: bool) -> list[tuple[str, Case]]:
    calls = count_calls(scenario, library)
    found = []
    for kind in MEMORY_KINDS:
        stride = 1 if is_thorough else max(1, calls[kind] // SAMPLES[kind])
        for number in range(1, calls[kind] + 1, stride):
            fault = Fault(kind, number, "fail", errno.ENOMEM)
            found.append((f"{scenario.name}: {kind} {number}", Case(scenario, fault)))
    return found


def test(case: Case, library: Path, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder, counter(library) as counts:
        done = scenario.run(folder, counts.environment(folder, case.fault))
        # Threads allocate, so that the last calls are not always made.
        if counts.faults > 0:
            ledger.add(f"{case.fault.call} fail", done)
        has_ended_badly = done.code not in (0, 4)
        check_files(scenario, entries(folder), done.code == scenario.code, has_ended_badly)
        if has_ended_badly:
            check_repair(scenario, folder)
