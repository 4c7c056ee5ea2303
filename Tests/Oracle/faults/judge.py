"""Do these tests find what they are there to find? Programs that publish a file badly stand in for the compiler.

Each gets the faults that the compiler gets, and has to fail in the way that is known of it. The one that publishes well
has to pass.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tally import Failure

from . import calls
from .scenarios import Entry, Scenario
from .verdict import Ledger

GOOD = """
import os, signal, sys, time
folder = sys.argv[1]
target, temporary = folder + "/out.onnx", folder + "/.fdskd-tmp-%d" % os.getpid()
signal.signal(signal.SIGTERM, lambda *_: (remove(), os._exit(143)))

def remove():
    if os.path.lexists(temporary):
        os.unlink(temporary)

def publish(content):
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        while content:
            content = content[os.write(file, content):]
        os.fchmod(file, 0o640)
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(temporary, target)

try:
    for name in os.listdir(folder):
        if name.startswith(".fdskd-tmp-"):
            os.unlink(folder + "/" + name)
    with open(folder + "/in.onnx", "rb") as file:
        content = file.read()
    publish(content)
except OSError as error:
    try:
        remove()
    except OSError:
        pass
    print("error[output-write]: %s: %s" % (target, error), file=sys.stderr)
    sys.exit(4)
"""

SHORT_IS_AN_ERROR = "if os.write(file, content) < len(content): raise OSError\n        while False:"


@dataclass(frozen=True)
class StandIn:
    #: What is put in the place of what, in the program that publishes well.
    old: str
    new: str
    #: Part of what is said of it, for one fault at least.
    finding: str


STAND_INS = {
    "writes in place": StandIn('folder + "/.fdskd-tmp-%d" % os.getpid()', 'folder + "/out.onnx"', "neither the old"),
    "keeps what fails": StandIn("        remove()\n    except", "        pass\n    except", "behind"),
    "does not sweep": StandIn("os.unlink(folder", "str(folder", "is still there"),
    "takes a failure for success": StandIn("sys.exit(4)", "sys.exit(0)", "neither the old"),
    "takes a short write for a whole one": StandIn("content[os.write", "content[:0 * os.write", "neither the old"),
    "gives up on a short write": StandIn("while content:", SHORT_IS_AN_ERROR, "no reason to fail"),
    "has a status of its own": StandIn("sys.exit(4)", "sys.exit(1)", "another kind of error"),
    "says nothing": StandIn("    print(", "    dict(sep=", "not one diagnostic"),
    "names no file": StandIn("(target, error)", "(1, 2)", "names no file"),
    "loses the mode": StandIn("os.fchmod(", "(", "the mode of"),
    "does not close": StandIn("os.close(file)", "pass", "has not closed"),
    "crashes": StandIn("sys.exit(4)", "os.abort()", "signal 6"),
    "waits": StandIn("sys.exit(4)", "time.sleep(60)", "hangs"),
    "leaves all as it is when asked to go": StandIn("(remove(), os._exit(143))", "os._exit(143)", "behind"),
}  # fmt: skip


def scenario(program: str, files: Mapping[str, Entry]) -> Scenario:
    """A program that publishes `in.onnx` under the name of `out.onnx`."""
    after = files | {"out.onnx": Entry(files["out.onnx"].mode, files["in.onnx"].content)}
    return Scenario("stand-in", ("-ISc", program, "{}"), files, after, program=Path(sys.executable), timeout=3)


def cases(files: Mapping[str, Entry]) -> list[tuple[str, tuple[Scenario, str | None]]]:
    found: list[tuple[str, tuple[Scenario, str | None]]] = [("judge: all is well", (scenario(GOOD, files), None))]
    for name, stand_in in STAND_INS.items():
        assert GOOD.count(stand_in.old) == 1, name
        program = GOOD.replace(stand_in.old, stand_in.new)
        found.append((f"judge: {name}", (scenario(program, files), stand_in.finding)))
    return found


def test(case: tuple[Scenario, str | None], library: Path) -> None:
    scenario, finding = case
    findings = []
    for name, fault in calls.cases(scenario, library, limit=20):
        try:
            calls.test(fault, library, Ledger())
        except Failure as failure:
            findings.append(f"{name}: {failure}")
            if finding is None or finding in str(failure):
                break
    if finding is None and findings:
        raise Failure(f"what publishes well is found to fail: {findings[0]}")
    if finding is not None and not any(finding in found for found in findings):
        raise Failure(f"'{finding}' was not found, but {findings}")
