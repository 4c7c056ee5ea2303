"""Runs examples/cifar10/compare.py with a stand-in for the compiler, whose accuracies are known.

    python Tests/Oracle/test_compare.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from networks import ROOT
from tally import Failure, Tally

SCRIPT = ROOT / "examples" / "cifar10" / "compare.py"

#: Writes the report of a training with an accuracy of 90% + the seed in percent, and keeps its arguments; as `sfp` it
#: fails as a gate does, with a report.
STAND_IN = """#!{python}
import json, pathlib, sys
words = sys.argv[1:]
value = lambda flag: words[words.index(flag) + 1]
folder = pathlib.Path(__file__).parent
with open(folder / "log", "a") as log:
    log.write(json.dumps(words) + "\\n")
def stage(accuracy):
    return {{"accuracy": accuracy, "loss": 0.5}}
seed = int(value("--seed"))
pathlib.Path(value("--report")).write_text(json.dumps({{
    "totals": {{"before": {{"parameters": 200000, "macs": 4000000}}, "after": {{"parameters": 100000, "macs": 3000000}}}},
    "timing": {{"total_seconds": 90 + seed}},
    "training": {{
        "teacher": stage(0.92), "before_removal": stage(0.8), "after_removal": None, "final": stage(0.9 + seed / 100)
    }},
}}))
sys.exit(3 if value("--method") == "sfp" else 0)
"""


class Bench:
    """A folder with the stand-in, and what it was called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data").mkdir()
        (folder / "net.onnx").write_bytes(b"")
        self.binary = folder / "stand-in"
        self.binary.write_text(STAND_IN.format(python=sys.executable))
        self.binary.chmod(0o755)

    def compare(self, *flags: str, code: int = 0) -> tuple[str, str]:
        """What is printed on the two streams."""
        words = ["--data", self.folder / "data", "--model", self.folder / "net.onnx", "--binary", self.binary]
        done = subprocess.run(
            [sys.executable, SCRIPT, *words, "--out", self.folder / "out", *flags], capture_output=True, text=True
        )
        if done.returncode != code:
            raise Failure(f"exit code {done.returncode}, not {code}: {done.stderr[-300:]}")
        return done.stdout, done.stderr

    @property
    def calls(self) -> list[list[str]]:
        log = self.folder / "log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def expect(condition: bool, finding: str) -> None:
    if not condition:
        raise Failure(finding)


def test_methods(bench: Bench) -> None:
    printed, _ = bench.compare("--methods", "l1,fd-skd", "--seeds", "0,1,2", "--mean", "0.5", "--std", "0.25")
    row = "| fd-skd | 91.00 ± 1.00 | -1.00 | 80.00 ± 0.00 | 0.1M (-50.0%) | 3M (-25.0%) | 1 min 31 s | 3 |"
    expect(row in printed, f"the table is {printed}")
    expect("92.00% as it came; rate 0.3, 20 epochs" in printed, f"the head is {printed}")
    expect((bench.folder / "out" / "methods.md").read_text() == printed, "the file is not what is printed")
    expect(len(bench.calls) == 6, f"{len(bench.calls)} runs")
    call = bench.calls[1]
    for flag, value in {"--method": "fd-skd", "--epochs": "20", "--lr": "0.01", "--seed": "0", "--mean": "0.5"}.items():
        expect(call[call.index(flag) + 1] == value, f"{flag} in {call}")


def test_resumes(bench: Bench) -> None:
    first, _ = bench.compare("--methods", "fd", "--seeds", "0")
    expect("| 90.00 |" in first, f"one run has no spread: {first}")
    bench.compare("--methods", "fd", "--seeds", "0,1")
    expect([call[call.index("--seed") + 1] for call in bench.calls] == ["0", "1"], f"runs {bench.calls}")
    _, trouble = bench.compare("--methods", "fd", "--seeds", "0", "--epochs", "5", code=1)
    expect("made with other flags" in trouble and len(bench.calls) == 2, f"other flags: {trouble}")


def test_failure(bench: Bench) -> None:
    printed, trouble = bench.compare("--methods", "sfp,fd", "--seeds", "0", code=1)
    expect("| sfp |  |  |  |  |  |  | 0, 1 failed |" in printed and "| fd | 90.00 |" in printed, printed)
    expect("sfp-seed0: failed, exit code 3" in trouble, trouble)
    bench.compare("--methods", "sfp,fd", "--seeds", "0", code=1)
    expect(len(bench.calls) == 3, "what failed is tried again, and only that")


def test_tables(bench: Bench) -> None:
    printed, _ = bench.compare("--table", "4", "--seeds", "0", "--", "--prune-interval", "1")
    rates = [call[call.index("--decay-rate") + 1] if "--decay-rate" in call else None for call in bench.calls]
    expect(rates == ["0.2", "0.02", "0", None], f"rates {rates}")
    expect(all(call[-2:] == ["--prune-interval", "1"] for call in bench.calls), "flags behind -- are lost")
    expect("| d_r annealed | 90.00 |" in printed, printed)
    bench.compare("--table", "5", "--seeds", "0")
    expect([call[-1] for call in bench.calls[4:]] == ["sigmoid", "linear"], f"{bench.calls[4:]}")
    printed, _ = bench.compare("--scopes", "--methods", "fd,fd-skd", "--seeds", "0")
    expect("| fd channel |" in printed and "| fd-skd filter |" in printed, printed)
    bench.compare("--table", "5", "--methods", "sfp", code=2)


def test_no_report(bench: Bench) -> None:
    bench.compare("--methods", "fd", "--seeds", "0")
    (bench.folder / "out" / "methods-fd-seed0.json").write_text('{"training": null}')
    _, trouble = bench.compare("--methods", "fd", "--seeds", "0", code=1)
    expect("tells of no training" in trouble, trouble)


def in_folder(test: Callable[[Bench], None]) -> None:
    with tempfile.TemporaryDirectory() as name:
        test(Bench(Path(name)))


def main() -> None:
    tally = Tally()
    tests = (test_methods, test_resumes, test_failure, test_tables, test_no_report)
    tally.run([(test.__name__, test) for test in tests], in_folder)
    tally.finish()


if __name__ == "__main__":
    main()
