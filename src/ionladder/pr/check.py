"""Checking a pull request, and commenting on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ionladder
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.errors import Problem, PullRequestError, first_few
from ionladder.git import list_files, read_objects, resolve_commit
from ionladder.pr.changes import ABSENT, REGULAR, Change, PullRequest, read_pull_request
from ionladder.pr.report import (
    FORMAT,
    Letter,
    Report,
    SubmissionReport,
    Verdict,
    letters,
    parse_submission,
    render,
)
from ionladder.pr.rules import (
    ALLOWED,
    DEPTH,
    README,
    ROOT,
    Board,
    Folder,
    audit_questions,
    file_problems,
    folder_problems,
    folder_questions,
    group_folders,
)
from ionladder.repo import Layout
from ionladder.specs import Task
from ionladder.submit.isolate import Limits

# From git objects to files in an empty folder: what the guard let through, and nothing else


_FILE_MODE = 0o644
_KNOWN = {*ALLOWED, README}


def read_board(request: PullRequest, tasks: Mapping[str, Task]) -> Board:
    """The submissions of the main branch: those of the base, and those of the merge base.

    Both count, because a submission that came or went while the pull request was open belongs to
    somebody else in either case.
    """
    names: dict[str, set[str]] = {task: set() for task in tasks}
    for commit in {request.base, request.merge_base}:
        for file in list_files(request.root, commit, ROOT):
            parts = file.path.split("/")
            if len(parts) == DEPTH and parts[1] in names:
                names[parts[1]].add(parts[2])
    return Board(
        names={task: frozenset(found) for task, found in names.items()},
        reserved={task: frozenset(spec.references) for task, spec in tasks.items()},
    )


def write_board(request: PullRequest, task: str, target: Path) -> None:
    """Write the submissions of a task as the base has them, below ``target/submissions``."""
    _write(request, _files_of(request, f"{ROOT}/{task}"), target)


def write_folder(request: PullRequest, folder: Folder, target: Path) -> Path:
    """Write one submission as it would be after a merge, below ``target/submissions``.

    Args:
        request: The pull request.
        folder: A folder that the guard let through.
        target: An empty folder, or one that has no such submission.

    Returns:
        The submission's folder; it may be missing where the pull request removes every file.
    """
    files = {} if folder.is_new else _files_of(request, folder.path)
    for change in folder.changes:
        if change.new_mode == ABSENT:
            files.pop(change.path, None)
        else:
            files[change.path] = change.object_id
    _write(request, files, target)
    return target / folder.path


def _files_of(request: PullRequest, folder: str) -> dict[str, str]:
    """Path → object of the files of submissions, as the base has them."""
    return {
        file.path: file.object_id
        for file in list_files(request.root, request.base, folder)
        if file.mode == REGULAR and _is_ours(file.path)
    }


def _write(request: PullRequest, files: Mapping[str, str], target: Path) -> None:
    contents = read_objects(request.root, files.values())
    for path, object_id in files.items():
        if not _is_ours(path):
            msg = f"the guard let {path!r} through"
            raise AssertionError(msg)
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(place, flags, _FILE_MODE), "wb") as stream:
            stream.write(contents[object_id])


def _is_ours(path: str) -> bool:
    """Whether a path has the shape of a submission's file; the last word before writing."""
    parts = path.split("/")
    is_plain = all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    return is_plain and len(parts) == DEPTH and parts[0] == ROOT and parts[3] in _KNOWN


# The guard: which changes of a pull request a submission may consist of. Pure, no I/O


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """What the guard says.

    Attributes:
        refusals: Why the pull request is no submission; empty when it is one.
        questions: What a maintainer has to decide before it is merged.
        folders: The submissions it touches; empty when anything is refused.
    """

    refusals: tuple[Problem, ...]
    questions: tuple[Problem, ...]
    folders: tuple[Folder, ...]


def guard(changes: Sequence[Change], board: Board) -> Guarded:
    """Hold the changes of a pull request to the rules, and gather all that is wrong with them."""
    folders = group_folders(changes, board)
    refusals = [*file_problems(changes, board), *folder_problems(folders, board)]
    return Guarded(
        refusals=tuple(refusals),
        questions=tuple(folder_questions(folders, board)),
        folders=() if refusals else tuple(folders),
    )


# A verdict on one submission from a process of its own, which nothing else depends on


# The package that runs here also runs there: `-I` would otherwise look for an installed one.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ionladder.pr.worker import main; main()"
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
        A submission of a report (:class:`ionladder.pr.report.SubmissionReport`).
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


# The check of a pull request, from two revisions to a report


DEFAULT_LIMITS = Limits()


def guard_pull_request(layout: Layout, params: Params, base: str, head: str) -> Guarded:
    """Only the guard: paths, kinds, sizes and names, without reading any contributed file.

    Raises:
        PullRequestError: A revision is missing, or the two have no single merge base.
    """
    return _guarded(params, read_pull_request(layout.root, base, head))


def check_pull_request(
    layout: Layout,
    params: Params,
    base: str,
    head: str,
    *,
    limits: Limits = DEFAULT_LIMITS,
    copy_to: Path | None = None,
) -> dict[str, Any]:
    """Guard a pull request, then validate and score what it adds, each in a process of its own.

    Args:
        layout: The repository that has both revisions; its working tree gives the parameters and
            the tables, and is not changed.
        params: Its parameters.
        base: Revision to merge into.
        head: Revision to merge.
        limits: Bounds of a checking process.
        copy_to: Folder that gets the accepted files if the verdict is good, to show their pages.

    Returns:
        The report, as :class:`ionladder.pr.report.Report` describes it, with the whole
        receipts.

    Raises:
        PullRequestError: A revision is missing, or the two have no single merge base.
    """
    request = read_pull_request(layout.root, base, head)
    guarded = _guarded(params, request)
    submissions = _ask_all(layout, request, guarded.folders, limits)
    seen = [SubmissionReport.model_validate(item) for item in submissions]
    questions = [*guarded.questions, *audit_questions(seen)]
    report = {
        "format": FORMAT,
        "verdict": _verdict(guarded.refusals, questions, submissions),
        "base": request.base,
        "merge_base": request.merge_base,
        "head": request.head,
        "refusals": letters(guarded.refusals),
        "questions": letters(questions),
        "submissions": submissions,
    }
    if copy_to is not None and report["verdict"] == "good":
        for folder in guarded.folders:
            write_folder(request, folder, copy_to)
    return report


def worse(one: Verdict, other: Verdict) -> Verdict:
    """The stricter of two verdicts.

    Example:
        >>> worse("good", "needs a maintainer"), worse("refused", "good")
        ('needs a maintainer', 'refused')
    """
    order: tuple[Verdict, ...] = ("good", "needs a maintainer", "refused")
    return max(one, other, key=order.index)


def _guarded(params: Params, request: PullRequest) -> Guarded:
    tasks = {name: get_task(name) for name in params.task_versions}
    return guard(request.changes, read_board(request, tasks))


def _ask_all(
    layout: Layout, request: PullRequest, folders: Sequence[Folder], limits: Limits
) -> list[dict[str, Any]]:
    """One answer per folder; each stands on the board of the base alone, whatever the others do."""
    answers = []
    with tempfile.TemporaryDirectory(prefix="ionladder-pr-") as room:
        board, sent = Path(room) / "board", Path(room) / "sent"
        for task in sorted({folder.task for folder in folders}):
            write_board(request, task, board)
        for folder in folders:
            question = Question(
                root=layout.root,
                task=folder.task,
                name=folder.name,
                is_new=folder.is_new,
                board=board,
                sent=sent,
            )
            if write_folder(request, folder, sent).exists():
                answers.append(ask(question, limits))
            else:
                known = {"task": folder.task, "name": folder.name, "is_new": folder.is_new}
                answers.append(known | {"outcome": "withdrawn"})
    return answers


def _verdict(
    refusals: Sequence[Problem], questions: Sequence[Problem], submissions: list[dict[str, Any]]
) -> Verdict:
    outcomes = {item["outcome"] for item in submissions}
    if refusals or "refused" in outcomes:
        return "refused"
    return "needs a maintainer" if questions or "unchecked" in outcomes else "good"


# The comment on a pull request: a stranger's report, held to what git itself says


def comment(
    layout: Layout,
    params: Params,
    report: Report,
    tasks: Mapping[str, Task],
    *,
    base: str,
    head: str,
    run: str | None = None,
) -> str:
    """The comment, after the guard has been asked again.

    A pull request from a fork runs its own copy of the workflow, so it can hand on any report.
    But one that changes the workflow is refused by the guard, which runs here from the main
    branch; and with it refused, nothing of the report is used but its head.

    Raises:
        PullRequestError: The report speaks of another commit, or of other submissions.
    """
    wanted = resolve_commit(layout.root, head)
    if report.head != wanted:
        raise _unfit(wanted[:12], report.head[:12])
    guarded = guard_pull_request(layout, params, base, wanted)
    submissions = [] if guarded.refusals else report.submissions
    if not guarded.refusals and _named(guarded) != _reported(report):
        raise _unfit(_listed(_named(guarded)), _listed(_reported(report)))
    questions = [*guarded.questions, *audit_questions(submissions)]
    mine: Verdict = "needs a maintainer" if questions else "good"
    held = report.model_copy(
        update={
            "base": resolve_commit(layout.root, base),
            "verdict": "refused" if guarded.refusals else worse(_own_verdict(report), mine),
            "refusals": [_letter(problem) for problem in guarded.refusals],
            "questions": [_letter(problem) for problem in questions],
            "submissions": submissions,
        }
    )
    return render(held, tasks, run=run)


def _own_verdict(report: Report) -> Verdict:
    """What the outcomes in a report amount to, whatever its headline says."""
    outcomes = {item.outcome for item in report.submissions}
    if "refused" in outcomes:
        return "refused"
    return "needs a maintainer" if "unchecked" in outcomes else report.verdict


def _named(guarded: Guarded) -> set[tuple[str, str]]:
    return {(folder.task, folder.name) for folder in guarded.folders}


def _reported(report: Report) -> set[tuple[str, str]]:
    return {(item.task, item.name) for item in report.submissions}


def _listed(named: set[tuple[str, str]]) -> str:
    return first_few(sorted("/".join(pair) for pair in named)) or "no submission"


def _letter(problem: Problem) -> Letter:
    return Letter.model_validate(vars(problem))


def _unfit(expected: str, found: str) -> PullRequestError:
    return PullRequestError(
        Problem(
            where="the report",
            expected=f"a report on {expected}",
            found=f"one on {found}",
            next_step="Nothing is posted. Run the check again on the head of the pull request.",
        )
    )
