"""What a process that reads contributed files may use, and reading tables in such a process."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder import errors
from ionladder.errors import IonLadderError, Problem, worded

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import pyarrow as pa

#: SIGKILL, SIGALRM and SIGXCPU.
ENDED_BY_A_LIMIT = frozenset({9, 14, 24})
#: SIGILL, SIGABRT, SIGBUS, SIGFPE and SIGSEGV: native code met bytes that it was not made for.
ENDED_BY_A_FAULT = frozenset({4, 6, 7, 8, 10, 11})


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


#: Bounds of a process that reads the tables of one submission, beyond what it has at its start.
READING = Limits(cpu_s=60, file_bytes=0)

_FORBIDDEN = frozenset(
    "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.system pickle.find_class socket.bind "
    "socket.connect socket.getaddrinfo subprocess.Popen".split()
)
_is_bound = False


def bind_this_process(limits: Limits) -> None:
    """Put this process under limits that it cannot lift again; tables are then read in it.

    A limit that the system does not know (memory on macOS) is passed over.
    """
    import resource

    global _is_bound  # noqa: PLW0603 - the process has changed, not an object in it
    _is_bound = True
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
        raise PermissionError(f"checking a submission asked for {event}, which it never needs")


#: A table and no problems, or None and the problems found.
Read = tuple["pa.Table | None", list[Problem]]


class ReaderProcess:
    """A function that reads files, called in a child process under limits of its own.

    The child is forked at the first call and serves later ones too; one that broke a limit, or that
    native code ended, makes a problem of that call, and the next call gets another. It answers with
    Arrow's and JSON's bytes: nothing is unpickled. In a process that is bound already, and on a
    system that cannot fork, the function is simply called.

    Args:
        read: The function. Its arguments are what JSON can hold.
        limits: Bounds of one call; memory is counted beyond what the process has at its start.
    """

    def __init__(self, read: Callable[..., Read], limits: Limits = READING) -> None:
        self._read, self._limits = read, limits
        self._parent = 0

    def __call__(self, *arguments: Any, where: str) -> Read:
        """What the function returns or raises; ``where`` names the file in problems about it."""
        if _is_bound or not hasattr(os, "fork"):
            if not _is_bound:
                warnings.warn(_NO_LIMITS, RuntimeWarning, stacklevel=2)
            return self._called(arguments, where)
        if self._parent != os.getpid():
            self._start()
        try:
            self._pipe.send_bytes(json.dumps([where, arguments]).encode())
            return _unpacked(self._pipe.recv_bytes())
        except (EOFError, ConnectionError):
            self._child.join()
            signal_number = -(self._child.exitcode or 0)
            self.close()
        except BaseException:  # an answer that nobody waits for would be taken for the next one
            self.close()
            raise
        if signal_number in ENDED_BY_A_LIMIT:
            return None, [worded("reader-too-slow", where, most=self._limits.cpu_s)]
        return None, [worded("reader-broke-off", where, number=signal_number)]

    def close(self) -> None:
        """End the child, if this process has one."""
        if self._parent == os.getpid():
            self._parent = 0
            self._child.kill()
            self._child.join()
            self._pipe.close()

    def _start(self) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(target=self._serve, args=(theirs,), daemon=True)
        self._child.start()
        theirs.close()
        self._parent = os.getpid()

    def _serve(self, pipe: Connection) -> None:
        """Answer questions until the parent has ended, or a limit is broken."""
        import resource

        import pyarrow as pa

        self._pipe.close()
        faulthandler.disable()  # its fault is told by the parent
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        # The allocator of the system gives back what it can, and reserves no more than is used.
        pa.set_memory_pool(pa.system_memory_pool())
        limits = self._limits
        memory = _address_space() + limits.memory_bytes
        wide = {"cpu_s": 10**9, "wall_s": 10**9, "open_files": 4096}
        bind_this_process(replace(limits, memory_bytes=memory, **wide))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                where, arguments = json.loads(pipe.recv_bytes())
                _, hard = resource.getrlimit(resource.RLIMIT_CPU)
                cpu_s = int(time.process_time()) + 1 + limits.cpu_s
                resource.setrlimit(resource.RLIMIT_CPU, (min(cpu_s, hard), hard))
                signal.alarm(limits.wall_s)
                pipe.send_bytes(self._answer(arguments, where))
                signal.alarm(0)

    def _called(self, arguments: Any, where: str) -> Read:
        try:
            return self._read(*arguments)
        except MemoryError:
            most = f"{self._limits.memory_bytes / 1e9:g}"
            return None, [worded("reader-too-large", where, most=most)]

    def _answer(self, arguments: Any, where: str) -> bytes:
        """A table in Arrow's format, or JSON, after eight bytes that say which."""
        import pyarrow as pa

        answer: dict[str, Any] = {}
        try:
            table, problems = self._called(arguments, where)
            if table is not None:
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, table.schema) as stream:
                    stream.write_table(table)
                return _TABLE + bytes(sink.getvalue())
        except IonLadderError as error:
            answer["raised"], problems = type(error).__name__, list(error.problems)
        except Exception:  # noqa: BLE001 - whatever it is, the parent raises it
            answer["traceback"], problems = traceback.format_exc(), []
        answer["problems"] = [list(vars(problem).values()) for problem in problems]
        return b"json    " + json.dumps(answer).encode()


_TABLE = b"table   "  # as long as Arrow's numbers, which then stand where they may be used
_NO_LIMITS = (
    "This system cannot bound the process that reads parquet files: check files of people you do "
    "not know on Linux or macOS."
)


def _unpacked(data: bytes) -> Read:
    import pyarrow as pa

    if data.startswith(_TABLE):
        return pa.ipc.open_stream(pa.py_buffer(data)[len(_TABLE) :]).read_all(), []
    answer = json.loads(data[len(_TABLE) :])
    if "traceback" in answer:
        raise RuntimeError(answer["traceback"])
    problems = [Problem(*texts) for texts in answer["problems"]]
    if "raised" in answer:
        raise getattr(errors, answer["raised"])(problems)
    return None, problems


def _address_space() -> int:
    """Bytes of address space that this process has; very many where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2**62
