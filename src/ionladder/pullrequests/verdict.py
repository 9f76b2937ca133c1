"""A verdict on one submission from a process of its own, which nothing else depends on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ionladder
from ionladder.core.errors import PullRequestError
from ionladder.core.problems import Problem
from ionladder.pullrequests.limits import Limits
from ionladder.pullrequests.report import letters, parse_submission

# The package that runs here also runs there: `-I` would otherwise look for an installed one.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from ionladder.pullrequests.worker import main; main()"
)
_MAX_LOG_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the checking process is asked.

    Attributes:
        root: The repository whose parameters and tables count.
        task: The task.
        name: The submission.
        is_new: Whether the main branch has none of this name.
        board: Folder with ``submissions/`` as the base has them.
        sent: Folder with the submission, likewise.
    """

    root: Path
    task: str
    name: str
    is_new: bool
    board: Path
    sent: Path

    @property
    def shown(self) -> str:
        return f"submissions/{self.task}/{self.name}"


def ask(question: Question, limits: Limits) -> dict[str, Any]:
    """Let a fresh process check and score a submission.

    It gets an empty environment, a folder of its own, and limits on time, memory and files. Its
    answer is read as a stranger's. A process that breaks a limit is a reason to refuse; one that
    fails in another way leaves the submission unchecked, for a maintainer to look at.

    Returns:
        A submission of a report (:class:`ionladder.pullrequests.report.SubmissionReport`).
    """
    known = {"task": question.task, "name": question.name, "is_new": question.is_new}
    with (
        tempfile.TemporaryDirectory(prefix="ionladder-check-") as folder,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as log,
    ):
        code = _run(question, limits, Path(folder), answer, log)
        if code:
            outcome, problem = _failure(question, limits, code, _text(log))
            return known | {"outcome": outcome, "problems": letters([problem])}
        answer.seek(0)
        try:
            said = _loaded(answer.read(limits.file_bytes + 1)) | known
            return parse_submission(_dumped(said), where=f"{question.shown}, the answer")
        except PullRequestError as error:
            return known | {"outcome": "unchecked", "problems": letters(error.problems)}


def _run(
    question: Question, limits: Limits, folder: Path, answer: IO[bytes], log: IO[bytes]
) -> int:
    """Run the process to its end, or to the end of its time.

    Returns:
        Its exit code; the negative number of the signal that ended it.
    """
    package = Path(ionladder.__file__).resolve().parents[1]
    asked = {
        "root": str(question.root),
        "task": question.task,
        "name": question.name,
        "board": str(question.board),
        "sent": str(question.sent),
        "limits": vars(limits),
    }
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
        [sys.executable, "-I", "-c", _PROGRAM, str(package)],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=log,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(_dumped(asked), timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the caller's: no tokens, no paths, one thread."""
    return {
        # The system's allocator: others reserve a gigabyte of addresses, which the limit counts.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "ARROW_IO_THREADS": "1",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": os.defpath,
        "TMPDIR": str(folder),
    }


def _failure(question: Question, limits: Limits, code: int, log: str) -> tuple[str, Problem]:
    """What an exit code means: a limit that was broken, or a fault of ours."""
    if code in {-signal.SIGKILL, -signal.SIGXCPU}:
        return "refused", Problem(
            where=question.shown,
            expected=f"a check within {limits.cpu_s} CPU-seconds and {limits.wall_s} seconds",
            found="a longer one, which was ended",
            next_step="Send one row per id and only the columns that the task asks for.",
        )
    if "MemoryError" in log:
        return "refused", Problem(
            where=question.shown,
            expected=f"a check within {limits.memory_bytes // 1_000_000} MB of address space",
            found="a larger one, which was ended",
            next_step="Send one row per id and only the columns that the task asks for.",
        )
    last = ascii(log.strip().splitlines()[-1][:_MAX_LOG_CHARACTERS]) if log.strip() else "no word"
    return "unchecked", Problem(
        where=question.shown,
        expected="a verdict",
        found=f"a check that failed by itself (exit code {code}: {last})",
        next_step="This is a fault of the check, not of the submission: a maintainer looks at it.",
    )


def _text(log: IO[bytes]) -> str:
    """The end of what the process wrote beside its answer."""
    log.seek(0, os.SEEK_END)
    log.seek(max(log.tell() - 20_000, 0))
    return log.read().decode("utf-8", errors="replace")


def _loaded(data: bytes) -> dict[str, Any]:
    import orjson

    try:
        loaded = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _dumped(value: dict[str, Any]) -> bytes:
    import orjson

    return orjson.dumps(value)
