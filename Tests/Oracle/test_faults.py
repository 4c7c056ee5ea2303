"""Calls of the system fail in turn, files and memory are limited, the process is killed: files are old or new, never a mix.

python Tests/Oracle/test_faults.py                    # a minute: of each kind of fault some
python Tests/Oracle/test_faults.py --all              # every error of every call, every allocation: an hour and more
python Tests/Oracle/test_faults.py --all --allocations 2000
python Tests/Oracle/test_faults.py --only 'over the old: rename*'

Tests/Faults/faults.c makes the faults. Whatever it does, an output has its old bytes or all of its new ones, with the
weights that belong to it; no temporary file stays, unless the process was killed, and then the next run removes it; every
file that was opened is closed; the status is 0 or 4, and a failure is one line that names the file. A training that fails
has checkpoints to go on from. Where there is no memory Swift traps: then, and only then, an end by a signal passes.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import command
from faults import calls, checkpoints, judge, limits, memory, scenarios, shim
from faults.verdict import Ledger
from tally import Tally

#: Faults of each kind in each scenario, by default; in the simplest one, more than there are calls.
SAMPLES = 5
EVERY_CALL = 50
ALLOCATIONS = 60
MAPS = 8


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every error of every call, every allocation")
    parser.add_argument("--allocations", type=int, help="so many of a scenario's allocations, spread evenly")
    parser.add_argument("--only", default="*", help="cases by name, such as 'over the old: rename*'")
    return parser.parse_args()


class Session:
    """One run of the tests: what is wanted of them, and what came out."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.tally, self.ledger = options, Tally(), Ledger()
        compilations = scenarios.compilations()
        self.plain, self.everything = (
            next(scenario for scenario in compilations if scenario.name == name)
            for name in ("over the old", "everything over the old")
        )
        self.compilations, self.trainings = compilations, checkpoints.scenarios()

    def run(self, title: str, cases: list, test: Callable, **context: object) -> None:
        chosen = [case for case in cases if fnmatch.fnmatch(case[0], self.options.only)]
        started = time.perf_counter()
        self.tally.run(chosen, functools.partial(test, **context))
        if chosen:
            print(f"{title}: {len(chosen)} cases, {time.perf_counter() - started:.0f} s", flush=True)

    def fail_calls(self, library: Path) -> None:
        self.run("judge", judge.cases(self.plain.before), judge.test, library=library)
        context = {"library": library, "ledger": self.ledger}
        for scenario in self.compilations:
            limit = EVERY_CALL if scenario is self.plain else SAMPLES
            limit = None if self.options.all else limit
            self.run(scenario.name, calls.cases(scenario, library, limit), calls.test, **context)
        limit = None if self.options.all else SAMPLES
        for scenario in self.trainings:
            self.run(scenario.name, calls.cases(scenario, library, limit), checkpoints.test, **context)
        allocations = self.options.allocations or (None if self.options.all else ALLOCATIONS)
        samples = {"allocate": allocations, "map": None if self.options.all else MAPS}
        for scenario in (self.plain, self.everything, self.trainings[0]):
            cases = memory.cases(scenario, library, samples)
            self.run(f"{scenario.name}, memory", cases, memory.test, **context)

    def limit(self, mounts: tuple[str, ...] | None) -> None:
        is_thorough = self.options.all
        for scenario in (self.plain, self.everything):
            cases = limits.limited(scenario, is_thorough) + limits.streams(scenario)
            self.run(f"{scenario.name}, limits", cases, limits.test, ledger=self.ledger)
            if mounts:
                cases = limits.small(scenario, mounts, is_thorough)
                self.run(f"{scenario.name}, small file systems", cases, limits.test_small, ledger=self.ledger)
        self.run("refused", limits.refused(self.plain, mounts), limits.test_refused, ledger=self.ledger)
        if self.options.only == "*":
            for kind in limits.KINDS if mounts else limits.KINDS[:-1]:
                if not self.ledger.has_both(kind):
                    self.tally.fail(kind, "no limit is met, or all are")


def main() -> None:
    options = arguments()
    command.binary()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    session = Session(options)
    with tempfile.TemporaryDirectory() as name:
        library = shim.build(Path(name))
        if library:
            session.fail_calls(library)
        else:
            print("1 skipped: Tests/Faults/faults.c needs a C compiler, and glibc")
    mounts = limits.namespace()
    if mounts is None:
        print("1 skipped: file systems that are small or read only, which this user may not mount")
    session.limit(mounts)
    session.ledger.print()
    session.tally.finish()


if __name__ == "__main__":
    main()
