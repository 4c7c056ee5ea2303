"""Runs a command and writes down its exit code, CPU seconds and peak of memory in bytes.

A process of its own, and a small one: Linux counts the memory of the one that starts a command as the command's.
"""

import os
import sys

pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss * 1024}")
