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
from .verdict import Ledger, check_ending, check_files, check_repair

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
#: Failing from some call on is what a full or dying disk does.
KEEP_FAILING = {"open": errno.EMFILE, "write": errno.ENOSPC, "sync": errno.EIO, "rename": errno.EIO,
                "link": errno.EPERM, "lock": errno.ENOLCK}  # fmt: skip


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    fault: Fault
    #: All is to go well nevertheless.
    is_harmless: bool = False

    @property
    def kind(self) -> str:
        return f"{self.fault.call} {self.fault.action}" + (" EINTR" if self.fault.errno == errno.EINTR else "")

    @property
    def name(self) -> str:
        fault = self.fault
        code = f" {errno.errorcode[fault.errno]}" if fault.errno else ""
        return f"{self.scenario.name}: {fault.call} {fault.number} {fault.action}{code}"


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
            chosen = errors if is_thorough or kind == "write" else (errors[number % len(errors)],)
            for code in chosen:
                yield Fault(kind, number, "fail", code), False
            if kind in INTERRUPTED:
                yield Fault(kind, number, "fail", errno.EINTR), True
            if kind in SHORT:
                yield Fault(kind, number, "short"), True
            if kind in KEEP_FAILING:
                yield Fault(kind, number, "keep-failing", KEEP_FAILING[kind]), False
    for number in range(1, sum(calls[kind] for kind in FILE_KINDS) + 1):
        yield Fault("files", number, "kill"), False


def cases(scenario: Scenario, library: Path, is_thorough: bool) -> list[tuple[str, Case]]:
    calls = count_calls(scenario, library)
    found = [Case(scenario, fault, harmless) for fault, harmless in faults(calls, is_thorough)]
    return [(case.name, case) for case in found]


def run(case: Case, folder: Path, library: Path, ledger: Ledger) -> Run:
    """The run of a case, in which the fault has to have been made."""
    with counter(library) as counts:
        done = case.scenario.run(folder, counts.environment(folder / case.scenario.faulty, case.fault))
        if counts.faults == 0:
            raise Failure("the call was not made: runs of the same command differ")
    ledger.add(case.kind, done)
    return done


def test(case: Case, library: Path, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder:
        done = run(case, folder, library, ledger)
        if case.fault.action == "kill":
            if done.code != -9:
                raise Failure(f"was to be killed: {done.trouble()}")
        else:
            check_ending(scenario, done, folder)
        if case.is_harmless and done.code != scenario.code:
            raise Failure(f"is no reason to fail: {done.trouble()}")
        # What cannot be removed stays, and what is killed removes nothing.
        may_leave_more = case.fault.action == "kill" or case.fault.call == "unlink"
        check_files(scenario, entries(folder), done.code == scenario.code, may_leave_more)
        if may_leave_more:
            check_repair(scenario, folder)


