"""Counts what passed and what failed; the tests' last line says so, and so does their exit code."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Case = TypeVar("Case")
Result = TypeVar("Result")

#: The work is done by other processes and by ONNX Runtime, outside Python's lock.
WORKERS = min(2, os.cpu_count() or 1)


class Failure(Exception):
    """A finding, in one sentence."""


class Tally:
    def __init__(self) -> None:
        self.passed = 0
        self.failures: list[str] = []

    def run(
        self, cases: Iterable[tuple[str, Case]], test: Callable[[Case], Result], workers: int = WORKERS
    ) -> list[tuple[str, Result]]:
        """Runs `test` on every case; results of those that passed, in the order of the cases."""
        cases = list(cases)
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(test, case) for _, case in cases]
        results = []
        for (name, _), future in zip(cases, futures, strict=True):
            try:
                results.append((name, future.result()))
                self.passed += 1
            except Failure as failure:
                self.fail(name, str(failure))
            except Exception as error:  # a test that cannot look has not passed
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{os.path.basename(place.filename)}:{place.lineno}"
                self.fail(name, f"{type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}")
        return results

    def fail(self, name: str, reason: str) -> None:
        self.failures.append(f"{name}: {reason}")

    def finish(self) -> None:
        """Prints the failures and the last line, and ends the program."""
        for failure in self.failures:
            print(f"FAILED {failure}")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        raise SystemExit(1 if self.failures else 0)
