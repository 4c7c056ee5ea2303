"""Bad files, data and command lines: each ends with its exit code and one line, and changes nothing that was there.

python Tests/Oracle/test_hostile.py                  # every case, then small files that could grow
python Tests/Oracle/test_hostile.py --only 'wire: *'
python Tests/Oracle/test_hostile.py --write FOLDER   # the files, to look at
"""

from __future__ import annotations

import argparse
import fnmatch
from pathlib import Path

import command
from hostile import data, external, growth, structure, usage, wire
from hostile.case import Case
from hostile.runner import Outcome, try_case
from tally import Failure, Tally

#: What a small file may take, beside what the command takes for a network of a hundred bytes.
SMALL_FILE_BYTES = 30_000
MEMORY_OF_SMALL_FILES = 64 << 20
SECONDS_OF_SMALL_FILES = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="*")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    command.binary()
    cases = [
        case
        for module in (wire, structure, external, usage, data)
        for case in module.cases()
        if fnmatch.fnmatch(case.title, options.only)
    ]
    if options.write:
        write(cases, options.write)
        return
    tally = Tally()
    outcomes = tally.run([(case.title, case) for case in cases], try_case)
    for title, outcome in outcomes:
        print(f"{outcome.code}  {title:<55} {outcome.line[:140]}")
    tally.run([(title, outcome) for title, outcome in outcomes if outcome.input_bytes <= SMALL_FILE_BYTES], check_cost)
    growing = [case for case in growth.cases() if fnmatch.fnmatch(case.title, options.only)]
    for title, row in tally.run([(case.title, case) for case in growing], growth.test):
        print(f"{title:<40} {row}")
    tally.finish()


def check_cost(outcome: Outcome) -> None:
    if outcome.cpu_seconds > SECONDS_OF_SMALL_FILES:
        raise Failure(f"{outcome.input_bytes} bytes take {outcome.cpu_seconds:.2f} s")
    if outcome.peak_bytes > MEMORY_OF_SMALL_FILES:
        raise Failure(f"{outcome.input_bytes} bytes take {outcome.peak_bytes >> 20} MB")


def write(cases: list[Case], folder: Path) -> None:
    for number, case in enumerate(cases):
        target = folder / f"{number:03}-{case.section.replace(' ', '-')}"
        target.mkdir(parents=True)
        case.make(target)
        (target / "command").write_text(" ".join(["fdskd-compile", *case.arguments, f"  # {case.title}: {case.code}"]) + "\n")


if __name__ == "__main__":
    main()
