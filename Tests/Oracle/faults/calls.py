"""Each call on a file in turn goes wrong, once or from there on, is short, is interrupted, or is the process's last."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from command import Run
from tally import Failure

from .scenarios import Scenario, entries
from .shim import FILE_KINDS, Fault, counter
from .verdict import FAILED, Ledger, check_ending, check_files, check_repair

#: What Linux's manual pages say of these calls, as far as disks and their administrators bring it about.
ERRORS = {
    "open": (errno.EACCES, errno.EMFILE, errno.EIO, errno.ENOSPC),
    "list": (errno.EIO, errno.EMFILE),
    "stat": (errno.EIO, errno.EACCES),
    "read": (errno.EIO,),
    "write": (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT),
    "sync": (errno.EIO, errno.ENOSPC),
    "rename": (errno.EIO, errno.EACCES),
    "link": (errno.EPERM, errno.EIO, errno.EMLINK),
    "unlink": (errno.EIO, errno.EACCES),
    "close": (errno.EIO,),
    "chmod": (errno.EPERM, errno.EIO),
    "lock": (errno.ENOLCK, errno.EWOULDBLOCK),
    "mkdir": (errno.ENOSPC, errno.EACCES),
}
#: A signal may interrupt these; then they are to be made again.
INTERRUPTED = ("open", "read", "write", "sync")
SHORT = ("read", "write")
#: What a file system that is full, dying or poor in features does from some call on.
KEEP_FAILING = {"open": errno.EMFILE, "write": errno.ENOSPC, "sync": errno.EIO, "rename": errno.EIO,
                "link": errno.EPERM, "lock": errno.ENOLCK}  # fmt: skip
#: No output is as it should be where one of these fails, so that the status says so. Others are made for good measure.
NEEDED = ("read", "write", "sync", "rename")
#: The ways in which a call of any kind is the beginning of the end: the process is killed, asked to go, the disk dies.
LAST = (("kill", 0), ("terminate", 0), ("keep-failing", errno.EIO))
TERMINATED = (128 + 15, -15)


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    fault: Fault
    #: All is to go well nevertheless.
    is_harmless: bool = False

    @property
    def kind(self) -> str:
        """What the ledger calls it."""
        return f"{self.fault.call} {self.fault.action}" + (" EINTR" if self.fault.errno == errno.EINTR else "")

    @property
    def name(self) -> str:
        fault = self.fault
        code = f" {errno.errorcode[fault.errno]}" if fault.errno else ""
        return f"{self.scenario.name}: {fault.call} {fault.number} {fault.action}{code}"

    @property
    def may_leave_more(self) -> bool:
        """What cannot be removed stays, and what is killed removes nothing."""
        fault = self.fault
        return fault.action == "kill" or fault.call == "unlink" or (fault.call, fault.action) == ("files", "keep-failing")


def count_calls(scenario: Scenario, library: Path) -> dict[str, int]:
    """How often a run makes each call, when nothing goes wrong."""
    with counter(library) as counts, scenario.folder() as folder:
        run = scenario.run(folder, counts.environment(folder / scenario.faulty, None))
        if run.code != scenario.code:
            raise SystemExit(f"{scenario.name} with the shim, without faults: {run.trouble()}")
        return counts.calls


def faults(calls: dict[str, int], is_thorough: bool) -> Iterator[tuple[Fault, bool]]:
    """Every call of every kind; errors take turns, unless all are wanted. With each, whether it is harmless."""
    for kind in FILE_KINDS:
        for number in range(1, calls[kind] + 1):
            errors = ERRORS[kind]
            chosen = errors if is_thorough else (errors[number % len(errors)],)
            for code in chosen:
                yield Fault(kind, number, "fail", code), False
            if kind in INTERRUPTED:
                yield Fault(kind, number, "fail", errno.EINTR), True
            if kind in SHORT:
                yield Fault(kind, number, "short"), True
            if kind in KEEP_FAILING:
                yield Fault(kind, number, "keep-failing", KEEP_FAILING[kind]), False
    for action, code in LAST:
        for number in range(1, sum(calls[kind] for kind in FILE_KINDS) + 1):
            yield Fault("files", number, action, code), False


def cases(scenario: Scenario, library: Path, limit: int | None) -> list[tuple[str, Case]]:
    """All faults of a scenario, or of each kind of fault so many, spread evenly."""
    groups: dict[str, list[Case]] = {}
    for fault, harmless in faults(count_calls(scenario, library), is_thorough=limit is None):
        case = Case(scenario, fault, harmless)
        groups.setdefault(case.kind, []).append(case)
    return [(case.name, case) for group in groups.values() for case in spread(group, limit)]


def spread(cases: list, limit: int | None) -> list:
    """So many of the cases, with the first and the last."""
    if limit is None or len(cases) <= limit:
        return cases
    return [cases[round(index * (len(cases) - 1) / (limit - 1))] for index in range(limit)]


def run(case: Case, folder: Path, library: Path, ledger: Ledger) -> Run:
    """The run of a case, in which the fault has to have been made, and to have ended it as it should."""
    with counter(library) as counts:
        done = case.scenario.run(folder, counts.environment(folder / case.scenario.faulty, case.fault))
        if counts.faults == 0:
            raise Failure("the call was not made: runs of the same command differ")
        ledger.add(case.kind, done)
        if counts.open_files:
            raise Failure(f"ends with {counts.open_files} files that it has not closed")
    if case.fault.action == "kill":
        if done.code != -9:
            raise Failure(f"was to be killed: {done.trouble()}")
    elif case.fault.action != "terminate" or done.code not in TERMINATED:
        check_ending(case.scenario, done, folder)
    if case.is_harmless and done.code != case.scenario.code:
        raise Failure(f"is no reason to fail: {done.trouble()}")
    if not case.is_harmless and case.fault.call in NEEDED and done.code != FAILED:
        raise Failure(f"is a reason to fail: exit code {done.code}")
    return done


def test(case: Case, library: Path, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder:
        done = run(case, folder, library, ledger)
        check_files(scenario, entries(folder), done.code == scenario.code, case.may_leave_more)
        if case.may_leave_more:
            check_repair(scenario, folder)
