"""Runs a case in a folder of its own, and looks at what it leaves."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import command
import onnx
import onnxruntime
from tally import Failure

from .case import OLD, Case
from .launcher import Ended, Launcher

TIMEOUT_IN_SECONDS = 30
DIAGNOSTIC = re.compile(r"error\[[a-z0-9-]+\]: \S")

onnxruntime.set_default_logger_severity(4)


@dataclass(frozen=True)
class Outcome:
    case: Case
    ended: Ended
    #: The diagnostic, or else what was said first.
    line: str
    input_bytes: int


def run(launcher: Launcher, arguments: tuple[object, ...], folder: Path) -> Ended:
    with tempfile.TemporaryDirectory() as scratch:
        return launcher.run([command.binary(), *arguments], folder, Path(scratch), TIMEOUT_IN_SECONDS)


def try_case(case: Case, launcher: Launcher) -> Outcome:
    """Raises a failure where the outcome is not the one that the case tells."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "out.onnx").write_bytes(OLD)
        case.make(folder)
        before = snapshot(folder)
        size = sum(len(entry.content) for name, entry in before.items() if name != "out.onnx")
        with changing(case, folder):
            ended = run(launcher, case.arguments, folder)
        check_ending(case, ended)
        line = check_diagnostic(case, ended)
        check_files(case, folder, before, ended.code)
        if ended.code == 0:
            check_output(case, folder)
        if case.verify:
            case.verify(folder)
        return Outcome(case, ended, line, size)


@contextlib.contextmanager
def changing(case: Case, folder: Path) -> Iterator[None]:
    """Does what the case says is going on meanwhile."""
    if case.meanwhile is None:
        yield
        return
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            case.meanwhile(folder)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def check_ending(case: Case, ended: Ended) -> None:
    last = (ended.stderr.splitlines() or [""])[-1][:300]
    if ended.timed_out:
        raise Failure(f"is not done after {TIMEOUT_IN_SECONDS} s")
    if ended.code < 0:
        raise Failure(f"ends on signal {-ended.code}: {last}")
    if ended.code not in (case.code, case.other):
        raise Failure(f"exit code {ended.code}, not {case.code}: {last}")


def check_diagnostic(case: Case, ended: Ended) -> str:
    """One line that names the file and the place, for a failure; none for a success."""
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error")]
    if ended.code == 0:
        if errors:
            raise Failure(f"an error in a run that succeeds: {errors[0]}")
        said = ended.stderr + ended.stdout.decode(errors="replace")
        if not re.search(case.says, said):
            raise Failure(f"does not say {case.says!r}: {said}")
        return ended.stderr.partition("\n")[0]
    if len(errors) != 1 or not DIAGNOSTIC.match(errors[0]):
        raise Failure(f"is not one diagnostic: {ended.stderr[:300]!r}")
    text = errors[0].partition(": ")[2]
    if not text.startswith(case.file):
        raise Failure(f"does not name {case.file}: {errors[0]}")
    if not re.search(case.says, text):
        raise Failure(f"does not say {case.says!r}: {errors[0]}")
    return errors[0]


@dataclass(frozen=True)
class Entry:
    mode: int
    content: bytes


def snapshot(folder: Path) -> dict[str, Entry]:
    """All that is in a folder: files, links, and what else there may be."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = b""
        if stat.S_ISLNK(status.st_mode):
            content = os.readlink(path).encode()
        elif stat.S_ISREG(status.st_mode):
            # What nobody wrote takes no memory here either.
            content = path.read_bytes() if status.st_blocks else bytes(min(status.st_size, 1))
        found[str(path.relative_to(folder))] = Entry(status.st_mode, content)
    return found


def check_files(case: Case, folder: Path, before: dict[str, Entry], code: int) -> None:
    """Nothing changes, comes or goes but what the case says; modes are what they were."""
    after = snapshot(folder)
    written = {*case.writes, *(["out.onnx"] if code == 0 else [])}
    for name in before.keys() - after.keys():
        raise Failure(f"{name} is gone")
    for name, entry in after.items():
        old = before.get(name)
        if old and old.mode != entry.mode:
            raise Failure(f"{name} had the mode {old.mode:o}, and has {entry.mode:o}")
        is_new = old is None and any(fnmatch.fnmatch(name, pattern) for pattern in written)
        if old != entry and name not in written and not is_new:
            raise Failure(f"{name} was {'changed' if old else 'left behind'}")


def check_output(case: Case, folder: Path) -> None:
    """ONNX's checker and ONNX Runtime take what they took before."""
    if "-o" not in case.arguments:
        return
    name = case.arguments[case.arguments.index("-o") + 1]
    output = folder / name
    if output.read_bytes() == OLD:
        raise Failure("no output was written")
    source = folder / next(word for word in case.arguments if word.endswith(".onnx"))
    for judge in (checker, runtime) if case.loads else (checker,):
        if not output.samefile(source) and judge(source) is not None:
            continue
        if reason := judge(output):
            raise Failure(f"{judge.__name__} refuses the output: {reason[:300]}")


def checker(path: Path) -> str | None:
    """What ONNX's checker has against a model."""
    try:
        onnx.checker.check_model(str(path))
    except Exception as error:  # it raises what it likes
        return str(error) or type(error).__name__
    return None


def runtime(path: Path) -> str | None:
    """What ONNX Runtime has against a model; it computes no constants, which may be larger than memory."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        return str(error) or type(error).__name__
    return None
