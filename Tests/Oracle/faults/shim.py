"""Tests/Faults/faults.c from this side: how a fault is chosen, and what was counted."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from networks import ROOT

SOURCE = ROOT / "Tests/Faults/faults.c"
#: In the order of the C source; the last two are memory.
KINDS = (
    "open", "list", "stat", "read", "write", "sync", "rename", "link", "unlink", "close", "chmod", "lock",
    "mkdir", "map", "allocate",
)  # fmt: skip
MEMORY_KINDS = ("map", "allocate")
FILE_KINDS = tuple(kind for kind in KINDS if kind not in MEMORY_KINDS)
OPEN_COUNT, FAULT_COUNT, COUNTS = 30, 31, 32


@dataclass(frozen=True)
class Fault:
    """What is to happen at which call."""

    call: str
    number: int
    #: "fail", "keep-failing", "short", "kill" or "terminate".
    action: str = "fail"
    errno: int = 0


@dataclass
class Counter:
    """One run's view of the shim."""

    path: Path
    library: Path

    def environment(self, folder: Path, fault: Fault | None) -> dict[str, str]:
        settings = {
            "LD_PRELOAD": str(self.library),
            "FAULTS_COUNTS": str(self.path),
            "FAULTS_FOLDER": str(folder),
        }
        if fault is not None:
            settings |= {
                "FAULTS_CALL": fault.call,
                "FAULTS_NUMBER": str(fault.number),
                "FAULTS_ACTION": fault.action,
                "FAULTS_ERRNO": str(fault.errno),
            }
        return settings

    @property
    def calls(self) -> dict[str, int]:
        counts = np.fromfile(self.path, np.uint64)
        return {kind: int(counts[index]) for index, kind in enumerate(KINDS)}

    @property
    def faults(self) -> int:
        """How often a call was made to go wrong."""
        return int(np.fromfile(self.path, np.uint64)[FAULT_COUNT])

    @property
    def open_files(self) -> int:
        """Files that were never closed, where the process came to its end by itself."""
        return int(np.fromfile(self.path, np.uint64)[OPEN_COUNT])


@contextmanager
def counter(library: Path) -> Iterator[Counter]:
    with tempfile.NamedTemporaryFile(prefix="fdskd-counts-") as file:
        np.zeros(COUNTS, np.uint64).tofile(file.name)
        yield Counter(Path(file.name), library)


def build(folder: Path) -> Path | None:
    """The library, or nothing where there is no C compiler, or no glibc."""
    library = folder / "faults.so"
    command = ["cc", "-O1", "-shared", "-fPIC", str(SOURCE), "-o", str(library), "-ldl"]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return library if done.returncode == 0 else None
