"""Sets node models between layers that make and read channels on all axes, and takes channels out.

    python Tests/Oracle/test_sandwiches.py [--every 40] [--only 'test_conv*'] [--workers 2]
    python Tests/Oracle/test_sandwiches.py --every 1 --page Sources/FDSKD/Documentation.docc/OperatorsProven.md
    python Tests/Oracle/test_sandwiches.py --graphs 10000 [--first 0]
    python Tests/Oracle/test_sandwiches.py --sandwich 'test_gather_0 all' --keep DIR

A tie that is wrong changes what comes out: every result must compute what the input computes with the plan's
consumers zeroed, at a rate and with members drawn at random. Nothing to prune is right. All that is drawn depends
on names alone. `sandwiches/recipes.py` says what the layers are.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import multiprocessing
import os
import tempfile
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import onnx

import command
from sandwiches import cases as onnx_cases
from sandwiches import contributed, earlier, mixtures, page
from sandwiches.cases import Case
from sandwiches.draws import stable
from sandwiches.engine import Untried
from sandwiches.examining import Found, examine
from sandwiches.recipes import Recipe, build, recipes
from tally import Failure, Tally

#: Of so many sandwiches the usual run tries one.
USUALLY_EVERY = 60
CHUNK = 8


@dataclass(frozen=True)
class Task:
    """A sandwich, before it is built."""

    case: Case
    recipe: Recipe

    @property
    def name(self) -> str:
        return f"{self.case.name} {self.recipe}"


@dataclass(frozen=True)
class Outcome:
    name: str
    found: Found | None = None
    failure: str = ""
    untried: str = ""


#: What processes that are forked find: node models are large, and many.
tasks: list[Task] = []


def attempt(name: str, make: Callable, keep: Path | None = None) -> Outcome:
    try:
        with tempfile.TemporaryDirectory() as folder:
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
            return Outcome(name, examine(make(), keep or Path(folder)))
    except Untried as reason:
        return Outcome(name, untried=str(reason))
    except Failure as failure:
        return Outcome(name, failure=str(failure))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return Outcome(
            name, failure=f"{type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"
        )


def attempt_task(index: int) -> Outcome:
    task = tasks[index]
    return attempt(task.name, lambda: build(task.case, task.recipe))


def attempt_mixture(seed: int) -> Outcome:
    return attempt(f"graph {seed}", lambda: mixtures.draw(seed))


def in_processes(
    work: Callable[[int], Outcome], numbers: range, workers: int, tally: Tally
) -> Iterable[Outcome]:
    done = 0
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            for outcome in pool.map(work, numbers, chunksize=CHUNK):
                done += 1
                yield outcome
        except BrokenProcessPool:  # ONNX Runtime can end a process without a word
            last = min(done + CHUNK * workers, len(numbers)) - 1
            tally.fail(f"among numbers {numbers[done]} to {numbers[last]}", "a process died")


def all_cases() -> tuple[list[Case], list[onnx_cases.Left]]:
    found, left = onnx_cases.backend()
    return [*found, *contributed.cases(), *earlier.cases()], left


def report(tally: Tally, outcome: Outcome) -> None:
    if outcome.failure:
        tally.fail(outcome.name, outcome.failure)
        print(f"{outcome.name}: {outcome.failure}", flush=True)
    elif outcome.found:
        tally.passed += 1


def summarize(outcomes: list[Outcome]) -> None:
    states = collections.Counter(outcome.found.state for outcome in outcomes if outcome.found)
    untried = sum(1 for outcome in outcomes if outcome.untried)
    removed = sum(outcome.found.removed for outcome in outcomes if outcome.found)
    print(
        f"{len(outcomes)} sandwiches: {states['cut']} lost channels ({removed} in all), {states['pinned']} keep all,"
        f" {states['hollow']} show nothing; {untried} do not run"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=USUALLY_EVERY, metavar="K", help="one of K")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of node models")
    parser.add_argument("--sandwich", metavar="NAME", help="this one alone")
    parser.add_argument("--graphs", type=int, default=0, metavar="N", help="networks of several, instead")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where one alone leaves its files")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write what was proven")
    parser.add_argument("--untried", action="store_true", help="print what does not run, and why")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    command.binary()
    tally = Tally()
    found, left = all_cases()
    if options.graphs:
        mixtures.prepare(found)
        if options.keep:
            outcomes = [attempt(f"graph {options.first}", lambda: mixtures.draw(options.first), options.keep)]
        else:
            seeds = range(options.first, options.first + options.graphs)
            outcomes = in_processes(attempt_mixture, seeds, options.workers, tally)
    else:
        tasks.extend(
            Task(case, recipe)
            for case in found
            if fnmatch.fnmatch(case.name, options.only)
            for recipe in recipes(case)
        )
        if options.sandwich:
            tasks[:] = [task for task in tasks if task.name == options.sandwich]
        else:
            # In an order in which whatever has been tried when it is stopped is a sample.
            tasks[:] = sorted(
                (task for task in tasks if stable(task.name) % options.every == 0),
                key=lambda task: stable("order", task.name),
            )
        if options.keep:
            outcomes = [attempt(t.name, lambda t=t: build(t.case, t.recipe), options.keep) for t in tasks]
        else:
            outcomes = in_processes(attempt_task, range(len(tasks)), options.workers, tally)
    done = []
    for outcome in outcomes:
        report(tally, outcome)
        if outcome.untried and options.untried:
            print(f"{outcome.name}: {outcome.untried}")
        done.append(outcome)
    summarize(done)
    if options.page:
        options.page.write_text(page.page(found, left, done, options.every))
    tally.finish()


if __name__ == "__main__":
    main()
