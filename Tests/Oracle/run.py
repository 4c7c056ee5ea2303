"""Runs all oracle tests, one after the other, and ends with one line for all of them.

    python Tests/Oracle/run.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
#: The judge first; then what takes longest last.
SCRIPTS = (
    "test_equality.py",
    "test_counts.py",
    "test_selection.py",
    "test_why_not.py",
    "test_schemas.py",
    "test_evaluate.py",
    "test_forward.py",
    "test_backend.py",
    "test_compare.py",
    "test_determinism.py",
    "test_hostile.py",
    "test_mutations.py",
    "test_faults.py",
    "test_roundtrip.py",
    "test_random.py",
    "test_sandwiches.py",
    "test_inference.py",
    "test_training.py",
    "test_compile.py",
)


def main() -> None:
    passed = failed = skipped = 0
    for script in SCRIPTS:
        print(f"== {script}", flush=True)
        started = time.perf_counter()
        process = subprocess.run([sys.executable, FOLDER / script], stdout=subprocess.PIPE, text=True)
        print(process.stdout, end="")
        print(f"   {time.perf_counter() - started:.0f} s", flush=True)
        skipped += sum(map(int, re.findall(r"^(\d+) skipped: ", process.stdout, re.MULTILINE)))
        last = re.search(r"^(\d+) passed, (\d+) failed$", process.stdout, re.MULTILINE)
        if last is None or (process.returncode != 0 and last[2] == "0"):
            failed += 1  # it did not come to its end
        if last is not None:
            passed, failed = passed + int(last[1]), failed + int(last[2])
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
