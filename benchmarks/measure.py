"""CPU-seconds and peak memory of a command, its child processes included."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# ru_maxrss is in kilobytes on Linux and in bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a command cost.

    Attributes:
        cpu_s: User and system CPU-seconds of the command and the children it waited for.
        peak_rss_mb: Largest resident memory of any one of these processes, in 10⁶ bytes.
        exit_code: Its exit code.
        output: What it printed, both streams.
    """

    cpu_s: float
    peak_rss_mb: float
    exit_code: int
    output: str


def measure(
    command: Sequence[str], *, folder: Path, variables: Mapping[str, str] | None = None
) -> Cost:
    """Run a command with one thread per process and say what it cost."""
    environment = {**os.environ, **ONE_THREAD, **(variables or {})}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_rss_mb=usage.ru_maxrss * _RSS_UNIT / 1e6,
        exit_code=process.returncode,
        output=output,
    )


def measure_or_exit(
    command: Sequence[str], *, folder: Path, variables: Mapping[str, str] | None = None
) -> Cost:
    """As :func:`measure`; a command that fails ends the benchmark with what it printed."""
    cost = measure(command, folder=folder, variables=variables)
    if cost.exit_code != 0:
        sys.exit(f"{' '.join(command)} ended with exit code {cost.exit_code}:\n{cost.output}")
    return cost
