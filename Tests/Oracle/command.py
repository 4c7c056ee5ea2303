"""Runs the compiler as a user would, and hands back what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from networks import ROOT

#: Longer than anything here takes: a hang is a failure, not a wait.
TIMEOUT_IN_SECONDS = 120
NOTHING_PRUNABLE = 3


def binary() -> Path:
    path = Path(os.environ.get("FDSKD_COMPILE", ROOT / ".build" / "release" / "fdskd-compile")).absolute()
    if not path.exists():
        raise SystemExit(f"{path} does not exist: build it (make build), or name another in FDSKD_COMPILE")
    return path


@dataclass(frozen=True)
class Run:
    """One run of the command."""

    code: int
    stdout: bytes
    stderr: str
    seconds: float

    def trouble(self) -> str:
        """The exit code with the first diagnostic, or the last line there was."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("error")]
        return f"exit code {self.code}: {(errors or lines[-1:] or ['nothing on stderr'])[0]}"


def run(
    *arguments: object,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
    timeout: float = TIMEOUT_IN_SECONDS,
) -> Run:
    started = time.perf_counter()
    process = subprocess.run(
        [binary(), *map(str, arguments)],
        capture_output=True,
        timeout=timeout,
        env=os.environ | (env or {}),
        cwd=cwd,
        umask=umask,
    )
    seconds = time.perf_counter() - started
    return Run(process.returncode, process.stdout, process.stderr.decode(errors="replace"), seconds)


@dataclass(frozen=True)
class Compiled:
    """A run of `compile` with its files."""

    run: Run
    output: Path
    report: dict
    plan: dict


def compile_network(path: Path, folder: Path, rate: float, criterion: str, *flags: object) -> Run | Compiled:
    """`fdskd-compile PATH -o ... --save-plan ... --json`: the run alone where it did not exit with 0."""
    output, plan = folder / "out.onnx", folder / "plan.json"
    done = run(
        path, "-o", output, "--rate", rate, "--criterion", criterion, "--save-plan", plan, "--json", *flags
    )
    if done.code != 0:
        return done
    return Compiled(done, output, json.loads(done.stdout), json.loads(plan.read_text()))
