"""What is run under faults: a command line, the files before it, and the files after it when all goes well."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import command
from command import Run
from networks import FIXTURES, ROOT
from tally import Failure

DIGITS = ROOT / "examples/digits/digits.onnx"
TEMPORARY = ".fdskd-tmp-"
#: Beside the mode that a new file would have, so that a mode that is not kept shows.
OLD_MODE = 0o640
OLD_TIME = 1_700_000_000
#: A trap writes no backtrace, which takes seconds.
QUIET = {"SWIFT_BACKTRACE": "enable=no", "OMP_WAIT_POLICY": "passive"}


@dataclass(frozen=True)
class Entry:
    """A file as it lies in a folder; the content of a link is where it leads."""

    mode: int
    content: bytes


def entries(folder: Path) -> dict[str, Entry]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = Entry(0o777, os.readlink(path).encode())
        elif path.is_file():
            found[str(path.relative_to(folder))] = Entry(path.stat().st_mode & 0o777, path.read_bytes())
    return found


@dataclass(frozen=True)
class Scenario:
    name: str
    #: Of the command; `{}` is the folder, which is also the current one.
    flags: tuple[str, ...]
    before: Mapping[str, Entry]
    after: Mapping[str, Entry] = field(default_factory=dict)
    #: Exit status when nothing goes wrong.
    code: int = 0
    #: The folder below which faults are made, inside the scenario's own.
    faulty: str = ""
    #: What runs in place of the compiler.
    program: Path | None = None
    #: Seconds after which it hangs: a hundred times what a run takes.
    timeout: float = 15

    def arguments(self, folder: Path) -> list[str]:
        return [flag.replace("{}", str(folder)) for flag in self.flags]

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder with the files before."""
        with tempfile.TemporaryDirectory(prefix="fdskd-faults-") as name:
            folder = Path(name).resolve()
            # Somebody else has to get in where a test runs as nobody.
            folder.chmod(0o755)
            for relative, entry in self.before.items():
                path = folder / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                if entry.mode == 0o777:
                    path.symlink_to(entry.content.decode())
                else:
                    path.write_bytes(entry.content)
                    path.chmod(entry.mode)
                    # Of files that are just being written the command waits for the end, and looks again.
                    os.utime(path, (OLD_TIME, OLD_TIME))
            yield folder

    def run(self, folder: Path, env: Mapping[str, str] = {}, prefix: Sequence[str] = ()) -> Run:
        started = time.perf_counter()
        program = self.program or command.binary()
        try:
            done = subprocess.run(
                [*prefix, str(program), *self.arguments(folder)], capture_output=True,
                timeout=self.timeout, env=os.environ | QUIET | dict(env), cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"hangs: no end after {expired.timeout:.0f} s") from None
        seconds = time.perf_counter() - started
        return Run(done.returncode, done.stdout, done.stderr.decode(errors="replace"), seconds)


def completed(scenario: Scenario) -> Scenario:
    """The scenario with what it leaves when nothing goes wrong."""
    with scenario.folder() as folder:
        run = scenario.run(folder)
        if run.code != scenario.code:
            raise SystemExit(f"{scenario.name} without faults: {run.trouble()}")
        return replace(scenario, after=entries(folder))


def is_new_report(name: str, entry: Entry, old: Entry | None) -> bool:
    """Whether a file is a whole report, and not the old one; no two runs write the same, as they take their time."""
    if not Path(name).name.startswith("report.") or (old is not None and entry.content == old.content):
        return False
    if name.endswith(".html"):
        return entry.content.startswith(b"<!DOCTYPE html>") and entry.content.rstrip().endswith(b"</html>")
    try:
        return "totals" in json.loads(entry.content)
    except ValueError:
        return False


COMPILE = ("{}/in.onnx", "-o", "{}/out.onnx", "--rate", "0.5")
EVERYTHING = (
    "--save-as-external-data", "--report", "{}/report.html", "--report", "{}/report.json", "--save-plan",
    "{}/plan.json",
)  # fmt: skip


def old(scenario: Scenario) -> dict[str, Entry]:
    """The files of an earlier run of the same command at another rate."""
    flags = tuple("0.2" if flag == "0.5" else flag for flag in scenario.flags)
    found = completed(Scenario(scenario.name, flags, scenario.before)).after
    return {name: Entry(OLD_MODE, entry.content) for name, entry in found.items()}


def compilations() -> list[Scenario]:
    """The ways of publishing: one file or all kinds, fresh or over old files, over a link, from external data."""
    digits = {"in.onnx": Entry(OLD_MODE, DIGITS.read_bytes())}
    fresh = Scenario("fresh", COMPILE, digits)
    everything = Scenario("everything fresh", COMPILE + EVERYTHING, digits)
    replaced = old(fresh)
    linked = {name: entry for name, entry in replaced.items() if name != "out.onnx"} | {
        "out.onnx": Entry(0o777, b"real/model.onnx"),
        "real/model.onnx": replaced["out.onnx"],
    }
    external = {
        "in.onnx": Entry(OLD_MODE, (FIXTURES / "external-data.onnx").read_bytes()),
        "external-data.weights": Entry(OLD_MODE, (FIXTURES / "external-data.weights").read_bytes()),
    }
    return [
        completed(scenario)
        for scenario in (
            fresh,
            Scenario("over the old", COMPILE, replaced),
            everything,
            Scenario("everything over the old", COMPILE + EVERYTHING, old(everything)),
            Scenario("over a link", COMPILE, linked),
            Scenario("external input", COMPILE, external),
            Scenario("after a killed run", COMPILE, replaced | {f"{TEMPORARY}1-1": Entry(0o600, b"half a mod")}),
            Scenario("no clobber", (*COMPILE, "--no-clobber"), replaced, code=4),
        )
    ]
