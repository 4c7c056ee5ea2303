"""Calls of the system fail in turn, files and memory are limited, the process is killed: files are old or new, never a mix.

python Tests/Oracle/test_faults.py          # every call on a file, a sample of allocations
python Tests/Oracle/test_faults.py --all    # every error of every call, every allocation: hours

Tests/Faults/faults.c makes the faults. Whatever it does, an output has its old bytes or all of its new ones, with the
weights that belong to it; no temporary file stays, unless the process was killed, and then the next run removes it; the
status is 0 or 4, and a failure is one line that names the file. A training that fails has checkpoints to go on from.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import tempfile
from pathlib import Path

import command
from faults import calls, checkpoints, limits, memory, scenarios, shim
from faults.verdict import Ledger
from tally import Tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every error of every call, every allocation")
    parser.add_argument("--only", default="*", help="cases by name, such as 'over the old: rename*'")
    options = parser.parse_args()
    command.binary()
    tally, ledger = Tally(), Ledger()

    def run(cases: list, test: functools.partial) -> None:
        tally.run([case for case in cases if fnmatch.fnmatch(case[0], options.only)], test)

    found = scenarios.compilations()
    plain, everything = (next(s for s in found if s.name == name) for name in ("over the old", "everything over the old"))
    with tempfile.TemporaryDirectory() as name:
        library = shim.build(Path(name))
        if library is None:
            print("1 skipped: Tests/Faults/faults.c needs a C compiler, and glibc")
        else:
            shimmed = {"library": library, "ledger": ledger}
            for scenario in found:
                run(calls.cases(scenario, library, options.all), functools.partial(calls.test, **shimmed))
            for scenario in checkpoints.scenarios():
                cases = checkpoints.cases(scenario, library, options.all)
                run(cases, functools.partial(checkpoints.test, **shimmed))
            run(memory.cases(everything, library, options.all), functools.partial(memory.test, **shimmed))
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
