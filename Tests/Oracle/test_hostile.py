"""Bad files, data and command lines: each ends with its exit code and one line, and changes nothing that was there.

python Tests/Oracle/test_hostile.py                  # every case, then files that grow
python Tests/Oracle/test_hostile.py --only '36 *'    # rows of hostile/case.py
python Tests/Oracle/test_hostile.py --write FOLDER   # the files, to look at

Each runs beside an output of before. A file of up to 30,000 bytes may take 64 MB and a second, whatever it says. What
can be made eight times as large may then take eight times as long (`growth: *`).
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import shlex
from pathlib import Path

import command
from hostile import bombs, data, external, growth, layers, model, output, plans, usage, wire
from hostile.case import ROWS, Case
from hostile.launcher import Launcher
from hostile.runner import Outcome, run, try_case
from tally import Failure, Tally

SMALL_FILE_BYTES = 30_000
MEMORY_OF_SMALL_FILES = 64 << 20
SECONDS_OF_SMALL_FILES = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*", help="titles to try, as a shell pattern")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the files there, and run nothing")
    options = parser.parse_args()
    command.binary()
    modules = (wire, model, layers, usage, external, output, bombs, data, plans)
    every = [case for module in modules for case in module.cases()]
    cases = [case for case in every if fnmatch.fnmatch(case.title, options.only)]
    if options.write:
        write(cases, options.write)
        return
    tally = Tally()
    launcher = Launcher()
    for row in ROWS.keys() - {case.row for case in every}:
        tally.fail(f"row {row:02}", f"no case shows {ROWS[row]}")
    outcomes = tally.run([(case.title, case) for case in cases], lambda case: try_case(case, launcher), workers=1)
    for title, outcome in outcomes:
        megabytes = outcome.ended.peak_bytes >> 20
        cost = f"{outcome.ended.cpu_seconds:5.2f} s {megabytes:4} MB"
        print(f"{title:<45} {outcome.case.file:<22} {outcome.ended.code} {cost}  {outcome.line}")
    tally.run(outcomes, check_cost, workers=1)
    start = growth.start(launcher)
    print(f"\nA network of two layers: {start.compiled}; an empty graph: {start.refused}.")
    print(f"What there is too much of, and {growth.FACTOR} times as much:")
    growing = [(case.title, case) for case in growth.cases() if fnmatch.fnmatch(case.title, options.only)]
    for title, row in tally.run(growing, lambda case: growth.test(case, launcher, start), workers=1):
        print(f"{title:<47} {row}")
    launcher.close()
    tally.finish()


def check_cost(outcome: Outcome) -> None:
    limit = memory_limit(outcome.case)
    if limit and outcome.ended.peak_bytes > limit:
        raise Failure(f"takes {outcome.ended.peak_bytes >> 20} MB, {limit >> 20} are allowed")
    if outcome.input_bytes > SMALL_FILE_BYTES or outcome.case.large:
        return
    if outcome.ended.cpu_seconds > SECONDS_OF_SMALL_FILES:
        raise Failure(f"{outcome.input_bytes} bytes take {outcome.ended.cpu_seconds:.2f} s")
    if outcome.ended.peak_bytes > MEMORY_OF_SMALL_FILES:
        raise Failure(f"{outcome.input_bytes} bytes take {outcome.ended.peak_bytes >> 20} MB")


def memory_limit(case: Case) -> int | None:
    """What `--max-memory` allows, where it is a limit that a process can keep."""
    words = case.arguments
    found = re.fullmatch(r"(\d+)M", words[words.index("--max-memory") + 1]) if "--max-memory" in words else None
    return int(found[1]) << 20 if found else None


def write(cases: list[Case], folder: Path) -> None:
    for case in cases:
        target = folder / case.title.replace(" ", "-").replace("/", "-")
        target.mkdir(parents=True)
        case.make(target)
        line = shlex.join(["fdskd-compile", *case.arguments])
        (target / "command").write_text(f"{line}  # {case.code}\n")


if __name__ == "__main__":
    main()
