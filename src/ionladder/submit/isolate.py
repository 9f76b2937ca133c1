"""What the process that reads a contribution may use, and what it may not do at all."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one checking process.

    Attributes:
        cpu_s: CPU-seconds.
        wall_s: Seconds on the clock.
        memory_bytes: Address space, which is more than what is resident.
        file_bytes: Largest file it may write, its answer included.
        open_files: Files open at a time.
    """

    cpu_s: int = 60
    wall_s: int = 180
    memory_bytes: int = 1_000_000_000
    file_bytes: int = 4_000_000
    open_files: int = 128


_FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pickle.find_class",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
    }
)


def bind_this_process(limits: Limits) -> None:
    """Put this process under limits that it cannot lift again.

    A limit that the system does not know (memory on macOS) is passed over.
    """
    import resource

    for name, value in (
        ("RLIMIT_CORE", 0),
        ("RLIMIT_CPU", limits.cpu_s),
        ("RLIMIT_AS", limits.memory_bytes),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_NOFILE", limits.open_files),
    ):
        which = getattr(resource, name, None)
        if which is None:
            continue
        _, hard = resource.getrlimit(which)
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(which, (wanted, wanted))
        except (OSError, ValueError):
            continue


def forbid_side_doors() -> None:
    """From now on, this process starts no other, opens no connection and unpickles nothing.

    Checking data needs none of these. The hook stands behind the parsers' own care: it is no
    sandbox, since native code does not ask it.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN:
        msg = f"checking a submission asked for {event}, which it never needs"
        raise PermissionError(msg)
