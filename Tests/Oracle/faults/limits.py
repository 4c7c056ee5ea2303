"""Limits and full disks as the system makes them, without the shim: bounds on files, memory and descriptors, a small
file system, one that is read only, folders that are not there, streams that nobody reads."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import command
from tally import Failure

from .scenarios import QUIET, Entry, Scenario, entries
from .verdict import FAILED, Ledger, check_ending, check_files, check_repair, has_trapped

PAGE = 4096
MEBIBYTE = 1 << 20
#: What the ledger calls them; the last one is mounted.
KINDS = ("file size", "address space", "descriptors", "small file system")
#: The dynamic loader could not load the libraries.
LOADER_FAILED = 127


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    kind: str
    #: Goes before the command.
    prefix: tuple[str, ...]
    #: An end by a signal is no failure, as Swift has no other way to say that there is no memory.
    may_trap: bool = False
    #: Statuses that are right; nothing where any clean one is.
    codes: tuple[int, ...] = ()
    #: All files are the new ones, whatever the status.
    is_published: bool = False


def limited(scenario: Scenario, is_thorough: bool) -> list[tuple[str, Case]]:
    """`ulimit`s: sizes around those of the files, and all that the process can be short of."""
    largest = max(len(entry.content) for entry in scenario.after.values())
    sizes = sorted({0, 1, PAGE, largest // 3, largest - 1, largest, 4 * largest})
    least = address_space_of_libraries()
    steps = 60 if is_thorough else 15
    memory = [least + int(2**16 * 65536 ** (step / (steps - 1))) for step in range(steps)]
    found = [(f"--fsize={size}", "file size", False) for size in sizes]
    found += [(f"--as={size}", "address space", True) for size in memory]
    found += [(f"--nofile={number}", "descriptors", False) for number in range(3, 16)]
    return [
        (f"{scenario.name}: {limit}", Case(scenario, kind, ("prlimit", limit), may_trap))
        for limit, kind, may_trap in found
    ]


@functools.cache
def address_space_of_libraries() -> int:
    """The least, to some pages, with which the command starts at all."""
    too_little, enough = 0, 8192 * MEBIBYTE
    while enough - too_little > 16 * PAGE:
        size = (too_little + enough) // 2
        line = ["prlimit", f"--as={size}", str(command.binary()), "--version"]
        fails = subprocess.run(line, capture_output=True, env=os.environ | QUIET).returncode
        too_little, enough = (size, enough) if fails else (too_little, size)
    return enough


#: Mounts a file system of its own over the folder, for this process and its children alone.
SMALL = """
mount -t tmpfs -o "size=$1,mode=755" none "$2" && cp -a "$3/." "$2/" || exit 99
copy=$4; folder=$2; shift 4
"$@"; code=$?
cp -a "$folder/." "$copy/" && exit $code
"""
READ_ONLY = """
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
shift; exec "$@"
"""
NOT_MOUNTED = 99


def namespace() -> tuple[str, ...] | None:
    """The command that begins a name space of mounts, where this user may have one."""
    for flags in (("-m",), ("-rm",)):
        begin = ("unshare", *flags)
        with tempfile.TemporaryDirectory() as name:
            probe = [*begin, "mount", "-t", "tmpfs", "none", name]
            if shutil.which("unshare") and subprocess.run(probe, capture_output=True).returncode == 0:
                return begin
    return None


def streams(scenario: Scenario) -> list[tuple[str, Case]]:
    """Standard streams that are closed or full. What is opened next must not be taken for one of them."""

    def case(name: str, redirection: str, codes: tuple[int, ...]) -> tuple[str, Case]:
        prefix = ("sh", "-c", f'exec "$@" {redirection}', "sh")
        found = Case(scenario, "streams", prefix, codes=codes, is_published=True)
        return f"{scenario.name}: {name}", found

    return [
        case("stdout closed", ">&-", (FAILED,)),
        case("stdout full", ">/dev/full", (FAILED,)),
        case("stdout and stderr full", ">/dev/full 2>&1", (FAILED,)),
        case("stderr closed", "2>&-", (0,)),
        case("stdin closed", "<&-", (0,)),
        case("all closed", "<&- >&- 2>&-", (FAILED,)),
        case("stdin and stdout closed", "<&- >&-", (FAILED,)),
        case("stdout and stderr closed", ">&- 2>&-", (FAILED,)),
    ]


def test(case: Case, ledger: Ledger) -> None:
    scenario = case.scenario
    with scenario.folder() as folder:
        done = scenario.run(folder, prefix=case.prefix)
        if done.code != LOADER_FAILED:
            ledger.add(case.kind, done)
        trapped = has_trapped(done) and case.may_trap
        if case.codes and done.code not in case.codes:
            raise Failure(f"status {done.code}, not {case.codes}: {done.trouble()}")
        if not case.codes and not trapped and done.code != LOADER_FAILED:
            check_ending(scenario, done, folder)
        is_finished = case.is_published or done.code == scenario.code
        check_files(scenario, entries(folder), is_finished, may_leave_more=trapped)
        if trapped:
            check_repair(scenario, folder)


def test_small(case: tuple[Scenario, int, Sequence[str]], ledger: Ledger) -> None:
    """A file system with so many pages besides what the old files take."""
    scenario, pages, begin = case
    used = sum(-(-len(entry.content) // PAGE) + 1 for entry in scenario.before.values())
    size = str((used + pages) * PAGE)
    with (
        scenario.folder() as source,
        tempfile.TemporaryDirectory() as copy,
        replace(scenario, before={}).folder() as folder,
    ):
        prefix = (*begin, "sh", "-c", SMALL, "sh", size, str(folder), str(source), copy)
        done = scenario.run(folder, prefix=prefix)
        if done.code == NOT_MOUNTED:
            raise Failure(f"no file system of {size} bytes: {done.stderr.strip()}")
        ledger.add("small file system", done)
        check_ending(scenario, done, folder)
        check_files(scenario, entries(Path(copy)), done.code == scenario.code)


def small(scenario: Scenario, begin: Sequence[str], is_thorough: bool) -> list[tuple[str, tuple]]:
    changed = (e for name, e in scenario.after.items() if scenario.before.get(name) != e)
    enough = sum(-(-len(entry.content) // PAGE) + 2 for entry in changed)
    stride = 1 if is_thorough else max(1, enough // 12)
    return [
        (f"{scenario.name}: {pages} pages free", (scenario, pages, begin))
        for pages in range(0, enough + stride, stride)
    ]


def test_refused(case: tuple[Scenario, tuple[str, ...]], ledger: Ledger) -> None:
    """A place where nothing can be written: exit 4, all as it was."""
    scenario, prefix = case
    with scenario.folder() as folder:
        for name in ("a-folder", "locked"):
            (folder / name).mkdir()
        folder.chmod(0o555)
        done = scenario.run(folder, prefix=[part.replace("{}", str(folder)) for part in prefix])
        folder.chmod(0o755)
        if done.code == NOT_MOUNTED:
            raise Failure(f"not mounted: {done.stderr.strip()}")
        ledger.add("refused", done)
        check_ending(replace(scenario, code=FAILED), done, folder)
        if entries(folder) != dict(scenario.before):
            raise Failure("files are other ones than before")


def refused(scenario: Scenario, begin: Sequence[str] | None) -> list[tuple[str, tuple]]:
    """Outputs that cannot be. Permissions do not bind root, so that it becomes somebody else."""
    readable = {name: Entry(0o644, entry.content) for name, entry in scenario.before.items()}
    scenario = replace(scenario, before=readable, after=readable)

    def to(output: str) -> Scenario:
        flags = tuple(output if flag == "{}/out.onnx" else flag for flag in scenario.flags)
        return replace(scenario, flags=flags)

    full = ("sh", "-c", 'exec "$@" >/dev/full', "sh")
    found = [
        (f"refused: -o {output}", (to(output), ()))
        for output in ("{}/a-folder", "{}/a-folder/", "{}/missing/out.onnx", "{}/in.onnx/out.onnx", "{}/" + "n" * 300)
    ]
    found.append(("refused: -o -, which is full", (to("-"), full)))
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    found.append(("refused: a folder of another", (scenario, nobody if os.geteuid() == 0 else ())))
    if begin:
        found.append(("refused: a read-only file system", (scenario, (*begin, "sh", "-c", READ_ONLY, "sh", "{}"))))
    return found
