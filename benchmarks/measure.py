"""What a process costs: CPU seconds and peak memory of the whole of it, start-up included, as the kernel counted them."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process, from its start to its end."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    peak: float
    """Most resident memory in MB (10^6 bytes). It can't be less than that of the process that measures: keep that one small."""


class Failed(Exception):
    """A measured process didn't do what it should; the figures would mean nothing."""


def measure(command: Sequence[str], *, environment: Mapping[str, str], errors: Path) -> Cost:
    """Run a command to its end. What it writes to stderr goes to `errors`; an exit code other than 0 is an error."""
    with errors.open("wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # so that subprocess doesn't wait for it too
    if process.returncode:
        last = errors.read_text(encoding="utf-8", errors="replace")[-2_000:]
        raise Failed(f"exit code {process.returncode} from {' '.join(command)}\n{last}")
    return Cost(cpu=used.ru_utime + used.ru_stime, wall=wall, peak=used.ru_maxrss * 1_024 / 1e6)
