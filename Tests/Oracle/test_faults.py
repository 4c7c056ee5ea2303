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
from pathlib import Path

import command
from faults import calls, checkpoints, judge, limits, memory, scenarios, shim
from faults.verdict import Ledger
from tally import Tally

#: Faults of each kind in each scenario, by default.
SAMPLES = 5
ALLOCATIONS = 60
MAPS = 8


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every error of every call, every allocation")
    parser.add_argument("--allocations", type=int, help="so many of a scenario's allocations, spread evenly")
    parser.add_argument("--only", default="*", help="cases by name, such as 'over the old: rename*'")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    command.binary()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tally, ledger = Tally(), Ledger()

    def run(cases: list, test: functools.partial) -> None:
        tally.run([case for case in cases if fnmatch.fnmatch(case[0], options.only)], test)

    compilations = {scenario.name: scenario for scenario in scenarios.compilations()}
    trainings = checkpoints.scenarios()
    plain, everything = compilations["over the old"], compilations["everything over the old"]
    limit = None if options.all else SAMPLES
    with tempfile.TemporaryDirectory() as name:
        library = shim.build(Path(name))
        if library is None:
            print("1 skipped: Tests/Faults/faults.c needs a C compiler, and glibc")
        else:
            run(judge.cases(plain.before), functools.partial(judge.test, library=library))
            shimmed = {"library": library, "ledger": ledger}
            for scenario in compilations.values():
                run(calls.cases(scenario, library, limit), functools.partial(calls.test, **shimmed))
            for scenario in trainings:
                run(calls.cases(scenario, library, limit), functools.partial(checkpoints.test, **shimmed))
            allocations = options.allocations or (None if options.all else ALLOCATIONS)
            samples = {"allocate": allocations, "map": None if options.all else MAPS}
            for scenario in (plain, everything, trainings[0]):
                run(memory.cases(scenario, library, samples), functools.partial(memory.test, **shimmed))
    begin = limits.namespace()
    for scenario in (plain, everything):
        run(limits.limited(scenario, options.all), functools.partial(limits.test, ledger=ledger))
        run(limits.streams(scenario), functools.partial(limits.test, ledger=ledger))
        if begin:
            cases = limits.small(scenario, begin, options.all)
            run(cases, functools.partial(limits.test_small, ledger=ledger))
    run(limits.refused(plain, begin), functools.partial(limits.test_refused, ledger=ledger))
    if begin is None:
        print("1 skipped: file systems that are small or read only, which this user may not mount")
    ledger.print()
    tally.finish()


if __name__ == "__main__":
    main()
