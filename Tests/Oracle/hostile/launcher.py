"""Starts commands from a small process of its own, and measures each.

Linux counts the memory of the process that starts another one into the peak of the new one: a test that holds ONNX
Runtime could not see less than a hundred megabytes. The process of `python -I -S launcher.py` holds nothing.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """One process that has ended."""

    #: Negative where a signal ended it.
    code: int
    stdout: bytes
    stderr: str
    #: Of all its threads, in user and kernel mode.
    cpu_seconds: float
    peak_bytes: int
    timed_out: bool


class Launcher:
    """One process that starts others, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, command: list[object], folder: Path, scratch: Path, timeout: float) -> Ended:
        """Runs the command in `folder`; what it prints goes through files in `scratch`."""
        output, error = scratch / "stdout", scratch / "stderr"
        request = [[str(word) for word in command], str(folder), str(output), str(error), timeout]
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the launcher ended on {request[0]}")
        status, seconds, kilobytes, timed_out = json.loads(answer)
        return Ended(
            os.waitstatus_to_exitcode(status),
            output.read_bytes(),
            error.read_bytes().decode(errors="replace"),
            seconds,
            kilobytes * 1024,
            timed_out,
        )

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()


def serve() -> None:
    for line in sys.stdin.buffer:
        command, folder, output, error, timeout = json.loads(line)
        files = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, error, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ]
        os.chdir(folder)
        process = os.posix_spawn(command[0], command, os.environ, file_actions=files)
        os.chdir("/")
        killed = threading.Event()

        def kill() -> None:
            killed.set()
            os.kill(process, signal.SIGKILL)

        timer = threading.Timer(timeout, kill)
        timer.start()
        _, status, usage = os.wait4(process, 0)
        timer.cancel()
        answer = [status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, killed.is_set()]
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    serve()
