"""The report on a pull request: bounded and typed, read as if anybody had written it; its summary.

Contributors' words are shown as code, which GitHub's Markdown reads nothing into.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.errors import Problem, PullRequestError, worded
from ionladder.site.text import interval, number, plain, ranks, web_address
from ionladder.specs import Task

FORMAT = 1
REPORT_FILE = "report.json"
MAX_REPORT_BYTES = 6_000_000
MAX_ARCHIVE_BYTES = 1_000_000
MAX_PROBLEMS = 100
#: Characters of one part of a problem. With these, what we write is never too large to be read.
MAX_PROBLEM_PART = 500

Verdict = Literal["good", "refused", "needs a maintainer"]
Outcome = Literal["scored", "refused", "unchecked", "withdrawn"]

_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
_Key = Annotated[str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Line = Annotated[str, StringConstraints(max_length=400)]
_Text = Annotated[str, StringConstraints(max_length=20_000)]
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Many = Field(max_length=500)


class _Shape(BaseModel):
    # Receipts may gain keys; what is not named here is not read.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


_AnyShape = TypeVar("_AnyShape", bound=_Shape)


class ProblemShape(_Shape):
    """A problem, as text."""

    where: _Text
    expected: _Text
    found: _Text
    next_step: _Text

    @property
    def problem(self) -> Problem:
        return Problem(self.where, self.expected, self.found, self.next_step)


_Problems = Annotated[list[ProblemShape], _Many]


class ScoreShape(_Shape):
    """One metric on one subset; None is undefined."""

    value: _Number | None
    ci_low: _Number | None
    ci_high: _Number | None
    seed_sd: _Number | None


class SubsetShape(_Shape):
    """All metrics on one subset."""

    n: _Count
    metrics: Annotated[dict[_Key, ScoreShape], _Many]


class ReceiptShape(_Shape):
    """The part of a receipt that a summary shows; scores by target and subset."""

    model: _Line
    dataset: _Key
    dataset_version: _Key
    n_expected: _Count
    n_scored: _Count
    n_seeds: _Count
    targets: Annotated[dict[_Key, Annotated[dict[_Key, SubsetShape], _Many]], _Many]


class StandingShape(_Shape):
    """Where a submission would stand on the board of the base.

    Attributes:
        rank, rank_low, rank_high: Its rank and the range of it.
        n_ranked: Submissions that are ranked, itself included.
        tie_group: 1 in the top group: nobody is significantly better.
        probability_best: In which share of resampled test sets it leads the top group.
        leader: Who would lead.
        tied_with: Others that it is not separated from, by rank.
    """

    rank: _Count
    rank_low: _Count
    rank_high: _Count
    n_ranked: _Count
    tie_group: _Count = 1
    probability_best: _Share | None = None
    leader: _Name
    tied_with: Annotated[list[_Name], Field(max_length=10_000)]


class SliceShape(_Shape):
    """The primary metric on one part of the test set, both named as the task names them."""

    slice: _Key
    part: _Line
    n: _Count
    value: _Number
    ci_low: _Number | None
    ci_high: _Number | None


class NoteShape(_Shape):
    """A finding of the audit."""

    check: _Key
    title: _Line
    sentence: _Text


class SubmissionReport(_Shape):
    """What was found about one submission.

    Attributes:
        outcome: ``unchecked`` when the labels are not here or the check itself failed.
        problems: Why it is not scored.
        worst_slices: Where it does worst by the primary metric, worst first.
        former: Primary score of the submission that it would replace.
    """

    task: _Key
    name: _Name
    is_new: bool
    outcome: Outcome
    problems: _Problems = []
    receipt: ReceiptShape | None = None
    standing: StandingShape | None = None
    worst_slices: Annotated[list[SliceShape], Field(max_length=20)] = []
    former: ScoreShape | None = None
    audit: Annotated[list[NoteShape], _Many] = []


class Report(_Shape):
    """What was found about a pull request."""

    format: Literal[1]
    verdict: Verdict
    base: _Commit
    merge_base: _Commit
    head: _Commit
    refusals: _Problems
    questions: _Problems
    submissions: Annotated[list[SubmissionReport], Field(max_length=20)]


def records(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Problems as a report holds them: the first ones, none of them endless, and how many more."""
    rest = len(problems) - MAX_PROBLEMS
    more = worded("more-problems", "here", n=rest)
    kept = [*problems[:MAX_PROBLEMS], *([more] if rest > 0 else [])]
    return [{name: _cut(text) for name, text in vars(problem).items()} for problem in kept]


def read_report(path: Path) -> Report:
    """Read a report as a workflow hands it on: JSON, or a zip archive with nothing but it.

    Raises:
        PullRequestError: It is too large, not of this shape, or the archive holds anything else.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_REPORT_BYTES + 1)
    if data.startswith(b"PK"):
        data = _unpack(data, path.name)
    return parse_report(data, where=path.name)


def parse_report(data: bytes, *, where: str) -> Report:
    """Read the bytes of a report.

    Raises:
        PullRequestError: They are too many, or not of this shape.
    """
    return _validate(Report, _load(data, where), where)


def parse_submission(data: bytes, known: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Read what the checking process printed, whole; what is known beforehand is not believed.

    Raises:
        PullRequestError: It is too much, or no :class:`SubmissionReport`.
    """
    loaded = _load(data, where)
    said: dict[str, Any] = {**(loaded if isinstance(loaded, dict) else {}), **known}
    _validate(SubmissionReport, said, where)
    return said


def _cut(text: str) -> str:
    return text if len(text) <= MAX_PROBLEM_PART else f"{text[: MAX_PROBLEM_PART - 1]}…"


def _load(data: bytes, where: str) -> Any:
    import orjson

    if len(data) > MAX_REPORT_BYTES:
        raise _refused(where, f"at most {MAX_REPORT_BYTES // 1_000_000} MB", "more")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _refused(where, "JSON", f"something else ({error.msg})") from error


def _validate(shape: type[_AnyShape], loaded: Any, where: str) -> _AnyShape:
    try:
        return shape.model_validate(loaded)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:64] for part in detail["loc"]) or "the whole"
        found = f"{error.error_count()} other values, first at {place!a}: {detail['msg']}"
        raise _refused(where, "a report of `ionladder pr-check`", found) from error


def _unpack(data: bytes, where: str) -> bytes:
    """The one file of an archive; its stated size is not believed."""
    if len(data) > MAX_ARCHIVE_BYTES:
        raise _refused(where, f"an archive of at most {MAX_ARCHIVE_BYTES // 1_000_000} MB", "more")
    expected = f"an archive with nothing but {REPORT_FILE}"
    damaged = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if names != [REPORT_FILE]:
                raise _refused(where, expected, ascii(names[:3]))
            with archive.open(REPORT_FILE) as member:
                return member.read(MAX_REPORT_BYTES + 1)
    except damaged as error:
        raise _refused(where, expected, f"a damaged one ({type(error).__name__})") from error


def _refused(where: str, expected: str, found: str) -> PullRequestError:
    return PullRequestError(worded("report-refused", where, expected=expected, found=found))


# Text for GitHub's Markdown

_LONGEST = 500


def code(text: object, *, limit: int = _LONGEST) -> str:
    """One line of anybody's words as a code span.

    Example:
        >>> code("@team `x` <b>")
        '`` @team `x` <b> ``'
        >>> code("rf-paper"), code("  ")
        ('`rf-paper`', '` `')
    """
    line = plain(text, limit=limit) or " "
    fence = _fence(line, shortest=1)
    pad = " " if "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(lines: Iterable[object], *, most: int = 50, limit: int = _LONGEST) -> str:
    """Lines of anybody's words as a code block; how many were left out is said.

    Example:
        >>> print(block(["one\\ntwo", "three"], most=1))
        ```text
        one two
        … and 1 more
        ```
    """
    kept = [plain(line, limit=limit) for line in lines]
    if len(kept) > most:
        kept[most:] = [f"… and {len(kept) - most} more"]
    text = "\n".join(kept)
    fence = _fence(text, shortest=3)
    return f"{fence}text\n{text}\n{fence}"


def _fence(text: str, *, shortest: int) -> str:
    return "`" * max(shortest, max(map(len, re.findall("`+", text)), default=0) + 1)


# The summary in Markdown: the job's page and the comment on a pull request

#: First line of the comment: how the next run finds it again.
MARKER = "<!-- ionladder: submission check -->"
MAX_CHARACTERS = 60_000

_HEADLINES: dict[Verdict, str] = {
    "good": "good. It may be merged once this check is green",
    "refused": "refused. The reasons are below; push to the same branch and it is checked again",
    "needs a maintainer": "a maintainer decides. Nothing is wrong that the check could name, but "
    "the points below are for a person",
}


def render(report: Report, tasks: Mapping[str, Task], *, run: str | None = None) -> str:
    """A report as Markdown.

    Args:
        report: The report; nothing in it is trusted.
        tasks: Tasks of this repository, by name. Others are named, without numbers.
        run: Address of the workflow run, whose artefacts hold the report and a preview.
    """
    parts = [
        MARKER,
        f"### Submission check: {_HEADLINES[report.verdict]}",
        _listed("Why it is refused", report.refusals),
        *("\n\n".join(filter(None, _submission(one, tasks))) for one in report.submissions),
        _listed("For a maintainer", report.questions),
        _footer(report, run),
    ]
    text = "\n\n".join(filter(None, parts)) + "\n"
    if len(text) <= MAX_CHARACTERS:
        return text
    # Cut between parts: half a code block would let the rest be read as Markdown.
    return "\n\n".join([*parts[:2], "The report is too long for this page.", parts[-1]]) + "\n"


def _submission(item: SubmissionReport, tasks: Mapping[str, Task]) -> Iterator[str]:
    yield f"#### {code(f'submissions/{item.task}/{item.name}')}"
    if item.outcome == "withdrawn":
        yield "Every file of it is removed."
    if item.outcome == "unchecked":
        yield "It could not be checked. This is not the fault of the submission."
    yield _listed("What is wrong" if item.outcome == "refused" else "Why", item.problems)
    if item.outcome == "scored" and item.receipt and item.task in tasks:
        yield from _scores(item, item.receipt, tasks[item.task])


def _scores(item: SubmissionReport, receipt: ReceiptShape, task: Task) -> Iterator[str]:
    seeds = f", mean of {receipt.n_seeds} seeds" if receipt.n_seeds > 1 else ""
    yield (
        f"{code(receipt.model)}: {receipt.n_scored} of {receipt.n_expected} entries of "
        f"{code(f'{receipt.dataset} {receipt.dataset_version}')} scored{seeds}."
    )
    yield _place(item.standing) if item.standing else "References are not ranked."
    title = task.primary_use.title
    if item.former is not None:
        yield f"It replaces a submission whose {title} is {cell(item.former)}."
    subsets = receipt.targets.get(task.primary.target, {})
    if (primary := subsets.get(task.primary.subset)) is not None:
        yield _table(f"metric, {primary.n} entries", metrics_of(receipt, task))
    found = [(s.title, subsets[s.name]) for s in task.subsets if s.name in subsets]
    rows = [(f"{name} ({s.n})", s.metrics.get(task.primary.metric)) for name, s in found]
    yield _table(f"{title} by subset", rows)
    # Where it does worst, as a code block: a part is named by the data, or by anybody.
    slices = {one.name: one for one in task.slices}
    if parts := [part for part in item.worst_slices if part.slice in slices]:
        named = [(slices[p.slice].title, slices[p.slice].title_of(p.part), p) for p in parts]
        lines = [f"{one}: {part} ({p.n} entries): {cell(p)}" for one, part, p in named]
        yield f"Worst slices by {title}, of those with 8 entries or more:\n\n{block(lines)}"
    if item.audit:
        lines = [f"{note.title}: {note.sentence}" for note in item.audit]
        yield f"The audit notes, for readers and without judging:\n\n{block(lines, limit=1000)}"


def metrics_of(receipt: ReceiptShape, task: Task) -> list[tuple[str, ScoreShape | None]]:
    """Title → score of every metric of a task, on the subset that it ranks by."""
    primary = receipt.targets.get(task.primary.target, {}).get(task.primary.subset)
    return [(use.title, primary.metrics.get(use.name)) for use in task.metrics] if primary else []


def _place(standing: StandingShape) -> str:
    names = [code(name) for name in standing.tied_with[:10]]
    rest = len(standing.tied_with) - len(names)
    ties = f"not separated from {', '.join(names)}{f' and {rest} more' if rest else ''}"
    return (
        f"On the board of today it would be **rank {standing.rank}** of {standing.n_ranked} "
        f"(range {ranks(standing.rank_low, standing.rank_high)}), "
        f"{'in' if standing.tie_group == 1 else 'not in'} the top group; "
        f"{ties if names else 'separated from all others'}."
    )


def _table(head: str, rows: Iterable[tuple[str, ScoreShape | None]]) -> str:
    """Titles come from the task and cells are numbers: nobody else's word enters a table."""
    lines = [f"| {head} | value and 95 % interval |", "|---|---|"]
    lines += [f"| {title} | {cell(score)} |" for title, score in rows if score is not None]
    return "\n".join(lines)


def cell(score: ScoreShape | SliceShape) -> str:
    """A score with its interval, in three digits."""
    value = number(score.value, digits=3)
    between = interval(score.ci_low, score.ci_high)
    return f"{value} [{between}]" if between else value


def _listed(title: str, problems: Iterable[ProblemShape]) -> str:
    lines = [str(item.problem) for item in problems]
    return f"{title}:\n\n{block(lines, limit=1000)}" if lines else ""


def _footer(report: Report, run: str | None) -> str:
    checked = f"Checked {code(report.head[:12])} against {code(report.base[:12])}."
    address = web_address(run) if run else None
    if address is None:
        return checked
    more = " and, where it is good, a preview of its pages" if report.submissions else ""
    return f"{checked} [The run]({address}) has the whole report{more}."
