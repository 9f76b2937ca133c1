"""Checking a pull request from two revisions to a report, and commenting on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import ionladder
from ionladder import git
from ionladder.config import Params
from ionladder.data.registry import get_task
from ionladder.errors import Problem, PullRequestError, first_few, worded
from ionladder.git import FileChange
from ionladder.pr import report as shapes
from ionladder.pr import rules
from ionladder.repo import Layout
from ionladder.specs import Task
from ionladder.submit.isolate import ENDED_BY_A_FAULT, ENDED_BY_A_LIMIT, Limits

DEFAULT_LIMITS = Limits()
#: Checks of the audit whose findings are questions; the others are notes for readers.
ASKED = frozenset({"affine", "ahead", "identical", "labels", "names", "near", "order", "units"})

# The two ends of a pull request, and files from git objects: nothing is checked out


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """The two ends of a pull request and what lies between.

    Attributes:
        root: The repository that has the objects.
        base: Commit that it would be merged into.
        head: Its last commit.
        merge_base: The commit where the two part.
        changes: Paths that differ between ``merge_base`` and ``head``, in their order, but for
            those that ``base`` has already as ``head`` has them. One more than may be, or a few
            more, where there are too many.
    """

    root: Path
    base: str
    head: str
    merge_base: str
    changes: tuple[FileChange, ...] = field(repr=False)


def read_pull_request(root: Path, base: str, head: str) -> PullRequest:
    """Compare two revisions as a pull request does; neither is checked out.

    The comparison starts at the merge base, so that what others have merged meanwhile is no
    change of this pull request.

    Raises:
        PullRequestError: A revision is missing, or there is not exactly one merge base.
    """
    base, head = git.resolve_commit(root, base), git.resolve_commit(root, head)
    found = git.merge_bases(root, base, head)
    if len(found) != 1:
        many = f"{len(found)}: the branches were merged into each other"
        none = "none: the histories are unrelated, or this clone is a shallow one"
        where = f"{base[:12]}…{head[:12]}"
        raise PullRequestError(worded("merge-bases", where, found=many if found else none))
    changes = git.changes_between(root, found[0], head, most=rules.MAX_CHANGES)
    if len(changes) <= rules.MAX_CHANGES and base != found[0]:
        changes = git.not_at(root, base, changes)  # merged by squashing or rebasing
    return PullRequest(root=root, base=base, head=head, merge_base=found[0], changes=tuple(changes))


def read_board(request: PullRequest, tasks: Mapping[str, Task]) -> rules.KnownSubmissions:
    """The submissions of the main branch: those of the base, and those of the merge base.

    Both count, because a submission that came or went while the pull request was open belongs to
    somebody else in either case.
    """
    names: dict[str, set[str]] = {task: set() for task in tasks}
    for commit in {request.base, request.merge_base}:
        for file in git.list_files(request.root, commit, rules.ROOT):
            parts = file.path.split("/")
            if len(parts) == rules.DEPTH and parts[1] in names:
                names[parts[1]].add(parts[2])
    return rules.KnownSubmissions(
        names={task: frozenset(found) for task, found in names.items()},
        reserved={task: frozenset(spec.references) for task, spec in tasks.items()},
    )


def write_board(request: PullRequest, task: str, target: Path) -> None:
    """Write the submissions of a task as the base has them, below ``target/submissions``."""
    _write(request, _files_of(request, f"{rules.ROOT}/{task}"), target)


def copy_folder(request: PullRequest, folder: rules.Folder, target: Path) -> Path:
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
        if change.new_mode == git.ABSENT or change.object_id is None:
            files.pop(change.path, None)
        else:
            files[change.path] = change.object_id
    _write(request, files, target)
    return target / folder.path


def _files_of(request: PullRequest, folder: str) -> dict[str, str]:
    """Path → object of the files of submissions, as the base has them."""
    files = git.list_files(request.root, request.base, folder)
    ours = [file for file in files if file.new_mode == git.REGULAR and _is_ours(file.path)]
    return {file.path: file.object_id for file in ours if file.object_id}


def _write(request: PullRequest, files: Mapping[str, str], target: Path) -> None:
    contents = git.read_objects(request.root, files.values())
    for path, object_id in files.items():
        if not _is_ours(path):
            raise AssertionError(f"the guard let {path!r} through")
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(place, flags, 0o644), "wb") as stream:
            stream.write(contents[object_id])


def _is_ours(path: str) -> bool:
    """Whether a path has the shape of a submission's file; the last word before writing."""
    parts = path.split("/")
    is_plain = all(part not in {"", ".", ".."} and "\0" not in part for part in parts)
    is_known = parts[-1] in {*rules.ALLOWED, rules.README}
    return is_plain and is_known and len(parts) == rules.DEPTH and parts[0] == rules.ROOT


# A verdict on one submission from a process of its own, which nothing else depends on

# The package that runs here also runs there: `-I` would otherwise look for an installed one.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ionladder.pr.worker import main; main()"
)


@dataclass(frozen=True, kw_only=True)
class ReviewQuestion:
    """What the checking process is asked.

    Attributes:
        root: The repository whose parameters and tables count.
        task, name: The submission.
        is_new: Whether the main branch has none of this name.
        board: Folder with ``submissions/`` as the base has them.
        sent: Folder with the submission, likewise.
        beside: Names of other new submissions in ``sent`` that could be scored, with blanks
            between them: the audit compares them too.
    """

    root: Path
    task: str
    name: str
    is_new: bool
    board: Path
    sent: Path
    beside: str = ""

    @property
    def known(self) -> dict[str, Any]:
        """What a report on the submission begins with."""
        return {"task": self.task, "name": self.name, "is_new": self.is_new}


def ask(question: ReviewQuestion, limits: Limits) -> dict[str, Any]:
    """Let a fresh process check and score a submission.

    It gets an empty environment, a folder of its own, and limits on time, memory and files. Its
    answer is not believed either. A process that breaks a limit, or that the operating system
    ends, is a reason to refuse; one that fails in another way leaves the submission unchecked, for
    a maintainer to look at.

    Returns:
        A submission of a report (:class:`ionladder.pr.report.SubmissionReport`).
    """
    where = f"{rules.ROOT}/{question.task}/{question.name}"
    with (
        tempfile.TemporaryDirectory(prefix="ionladder-check-") as folder,
        tempfile.TemporaryFile() as answer,
        tempfile.TemporaryFile() as log,
    ):
        code = _run(question, limits, Path(folder), answer, log)
        if code:
            log.seek(max(log.seek(0, os.SEEK_END) - 20_000, 0))
            text = log.read().decode("utf-8", errors="replace")
            outcome, problem = _failure(where, limits, code, text)
            return question.known | {"outcome": outcome, "problems": shapes.records([problem])}
        answer.seek(0)
        try:
            data = answer.read(limits.file_bytes + 1)
            return shapes.parse_submission(data, question.known, where=f"{where}, the answer")
        except PullRequestError as error:
            problems = shapes.records(error.problems)
            return question.known | {"outcome": "unchecked", "problems": problems}


def _run(
    question: ReviewQuestion, limits: Limits, folder: Path, answer: IO[bytes], log: IO[bytes]
) -> int:
    """Run the process to its end, or to the end of its time.

    Returns:
        Its exit code; the negative number of the signal that ended it.
    """
    import orjson

    package = Path(ionladder.__file__).resolve().parents[1]
    asked = {name: str(value) for name, value in vars(question).items()} | {"limits": vars(limits)}
    with subprocess.Popen(  # noqa: S603 - this interpreter, our own program
        [sys.executable, "-I", "-c", _PROGRAM, str(package)],
        cwd=folder,
        env=worker_environment(folder),
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=log,
        start_new_session=True,
    ) as process:
        try:
            process.communicate(orjson.dumps(asked), timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return process.returncode


def worker_environment(folder: Path) -> dict[str, str]:
    """Environment of the process: nothing of the caller's, no tokens, no paths, one thread."""
    # The system's allocator: others reserve a gigabyte of addresses, which the limit counts.
    fixed = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8"}
    threads = ("ARROW_IO_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    places = {"HOME": str(folder), "TMPDIR": str(folder), "PATH": os.defpath}
    return {**fixed, **dict.fromkeys(threads, "1"), **places}


def _failure(where: str, limits: Limits, code: int, log: str) -> tuple[str, Problem]:
    """What an exit code means: a limit that was broken, or a fault of ours."""
    expected = ""
    if -code in ENDED_BY_A_LIMIT:
        expected = f"within {limits.cpu_s} CPU-seconds and {limits.wall_s} seconds"
    elif "MemoryError" in log:
        expected = f"within {limits.memory_bytes // 1_000_000} MB of address space"
    if expected:
        found = "a longer one, which was ended" if code < 0 else "a larger one, which was ended"
        return "refused", worded("check-ended", where, limit=expected, found=found)
    if -code in ENDED_BY_A_FAULT:
        return "refused", worded("check-broke-off", where, number=-code)
    last = ascii(log.strip().splitlines()[-1][:300]) if log.strip() else "no word"
    return "unchecked", worded("check-failed-itself", where, code=code, last=last)


# The check, from two revisions to a report


def guard_pull_request(params: Params, request: PullRequest) -> rules.Guarded:
    """Only the guard: paths, kinds, sizes and names, without reading any contributed file."""
    tasks = {name: get_task(name) for name in params.task_versions}
    return rules.guard(request.changes, read_board(request, tasks))


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
    guarded = guard_pull_request(params, request)
    submissions = _ask_all(layout, request, guarded.folders, limits)
    seen = [shapes.SubmissionReport.model_validate(item) for item in submissions]
    questions = [*guarded.questions, *audit_questions(seen)]
    report = {
        "format": shapes.FORMAT,
        "verdict": _verdict(guarded.refusals, questions, seen),
        **{name: getattr(request, name) for name in ("base", "merge_base", "head")},
        "refusals": shapes.records(guarded.refusals),
        "questions": shapes.records(questions),
        "submissions": submissions,
    }
    if copy_to is not None and report["verdict"] == "good":
        for folder in guarded.folders:
            copy_folder(request, folder, copy_to)
    return report


def audit_questions(submissions: Iterable[shapes.SubmissionReport]) -> list[Problem]:
    """What the audit saw that may have an innocent reason, which only the authors can give."""
    asked = ((s.task, s.name, note) for s in submissions for note in s.audit if note.check in ASKED)
    return [
        worded(
            "audit-question", f"{rules.ROOT}/{task}/{name}", title=n.title.lower(), text=n.sentence
        )
        for task, name, n in asked
    ]


def _ask_all(
    layout: Layout, request: PullRequest, folders: Iterable[rules.Folder], limits: Limits
) -> list[dict[str, Any]]:
    """One answer per folder; each stands on the board of the base alone, whatever the others do.

    Only the audit also compares it with those before it, so that two of one model are noticed.
    """
    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="ionladder-pr-") as room:
        board, sent = Path(room) / "board", Path(room) / "sent"
        for task in sorted({folder.task for folder in folders}):
            write_board(request, task, board)
        for folder in folders:
            good = [a for a in answers if (a["task"], a["outcome"]) == (folder.task, "scored")]
            beside = " ".join(str(answer["name"]) for answer in good)
            of: dict[str, Any] = {"task": folder.task, "name": folder.name, "is_new": folder.is_new}
            question = ReviewQuestion(root=layout.root, board=board, sent=sent, beside=beside, **of)
            is_there = copy_folder(request, folder, sent).exists()
            withdrawn = question.known | {"outcome": "withdrawn"}
            answers.append(ask(question, limits) if is_there else withdrawn)
    return answers


def _verdict(
    refusals: Iterable[Problem],
    questions: Iterable[Problem],
    seen: Iterable[shapes.SubmissionReport],
) -> shapes.Verdict:
    outcomes = {item.outcome for item in seen}
    if any(refusals) or "refused" in outcomes:
        return "refused"
    return "needs a maintainer" if any(questions) or "unchecked" in outcomes else "good"


# The comment on a pull request: anybody's report, held to what git itself says


def comment(
    layout: Layout,
    params: Params,
    report: shapes.Report,
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
    request = read_pull_request(layout.root, base, head)
    guarded = guard_pull_request(params, request)
    submissions = [] if guarded.refusals else report.submissions
    named = sorted({f"{folder.task}/{folder.name}" for folder in guarded.folders})
    reported = sorted({f"{item.task}/{item.name}" for item in submissions})
    for wanted, found in (([request.head], [report.head]), (named, reported)):
        if wanted != found:
            texts = [first_few(s[:76] for s in side) or "no submission" for side in (wanted, found)]
            facts = dict(zip(("wanted", "found"), texts, strict=True))
            raise PullRequestError(worded("report-of-another", "the report", **facts))
    questions = [*guarded.questions, *audit_questions(submissions)]
    strictest: tuple[shapes.Verdict, ...] = ("refused", "needs a maintainer", "good")
    verdicts = {_verdict(guarded.refusals, questions, submissions)}
    verdicts |= {report.verdict} if not guarded.refusals else set()
    verdict = next(verdict for verdict in strictest if verdict in verdicts)
    held: dict[str, Any] = {"base": request.base, "verdict": verdict, "submissions": submissions}
    for name, problems in (("refusals", guarded.refusals), ("questions", questions)):
        held[name] = [shapes.ProblemShape(**vars(problem)) for problem in problems]
    return shapes.render(report.model_copy(update=held), tasks, run=run)
