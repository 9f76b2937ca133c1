"""The report of a check, read as if a stranger had written it: bounded, typed, nothing extra used.

What the checking process prints and what a workflow hands on is held to these shapes before a word
of it is believed. Numbers stay numbers, so that they are formatted again where they are shown.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.core.errors import PullRequestError
from ionladder.core.problems import Problem

FORMAT = 1
REPORT_FILE = "report.json"
MAX_REPORT_BYTES = 6_000_000
MAX_ARCHIVE_BYTES = 1_000_000
MAX_LETTERS = 100
MAX_LETTER_PART = 500
"""Characters of one part of a letter. With these, what we write is never too large to be read."""

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
_MANY = 500


class _Shape(BaseModel):
    # Receipts may gain keys; what is not named here is not read.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


_AnyShape = TypeVar("_AnyShape", bound=_Shape)


class Letter(_Shape):
    """A problem, as text."""

    where: _Text
    expected: _Text
    found: _Text
    next_step: _Text

    @property
    def problem(self) -> Problem:
        return Problem(
            where=self.where, expected=self.expected, found=self.found, next_step=self.next_step
        )


class ScoreShape(_Shape):
    """One metric on one subset; None is undefined."""

    value: _Number | None
    ci_low: _Number | None
    ci_high: _Number | None
    seed_sd: _Number | None


class SubsetShape(_Shape):
    """All metrics on one subset."""

    n: _Count
    metrics: Annotated[dict[_Key, ScoreShape], Field(max_length=_MANY)]


class ReceiptShape(_Shape):
    """The part of a receipt that a summary shows."""

    model: _Line
    dataset: _Key
    dataset_version: _Key
    n_expected: _Count
    n_scored: _Count
    n_seeds: _Count
    targets: Annotated[
        dict[_Key, Annotated[dict[_Key, SubsetShape], Field(max_length=_MANY)]],
        Field(max_length=_MANY),
    ]


class Standing(_Shape):
    """Where a submission would stand on the board of the base.

    Attributes:
        rank, rank_low, rank_high: Its rank and the range of it.
        n_ranked: Submissions that are ranked, itself included.
        probability_best: In which share of resampled test sets it is best.
        leader: Who would lead.
        tied_with: Others of its tie group, by rank.
    """

    rank: _Count
    rank_low: _Count
    rank_high: _Count
    n_ranked: _Count
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


class Note(_Shape):
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
    problems: Annotated[list[Letter], Field(max_length=_MANY)] = []
    receipt: ReceiptShape | None = None
    standing: Standing | None = None
    worst_slices: Annotated[list[SliceShape], Field(max_length=20)] = []
    former: ScoreShape | None = None
    audit: Annotated[list[Note], Field(max_length=_MANY)] = []


class Report(_Shape):
    """What was found about a pull request."""

    format: Literal[1]
    verdict: Verdict
    base: _Commit
    merge_base: _Commit
    head: _Commit
    refusals: Annotated[list[Letter], Field(max_length=_MANY)]
    questions: Annotated[list[Letter], Field(max_length=_MANY)]
    submissions: Annotated[list[SubmissionReport], Field(max_length=20)]


def letters(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Problems as a report holds them: the first ones, none of them endless, and how many more."""
    rest = len(problems) - MAX_LETTERS
    more = Problem(
        where="here",
        expected="no further problem",
        found=f"{rest} more",
        next_step="Mend these first.",
    )
    kept = [*problems[:MAX_LETTERS], *([more] if rest > 0 else [])]
    return [{name: _short(text) for name, text in vars(problem).items()} for problem in kept]


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


def parse_submission(data: bytes, *, where: str) -> dict[str, Any]:
    """Read what the checking process printed: held to :class:`SubmissionReport`, and whole.

    Raises:
        PullRequestError: It is too much, or not of this shape.
    """
    loaded: dict[str, Any] = _load(data, where)
    _validate(SubmissionReport, loaded, where)
    return loaded


def _short(text: str) -> str:
    return text if len(text) <= MAX_LETTER_PART else f"{text[: MAX_LETTER_PART - 1]}…"


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
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if names != [REPORT_FILE]:
                raise _refused(where, expected, ascii(names[:3]))
            with archive.open(REPORT_FILE) as member:
                return member.read(MAX_REPORT_BYTES + 1)
    except _BAD_ARCHIVE as error:
        raise _refused(where, expected, f"a damaged one ({type(error).__name__})") from error


_BAD_ARCHIVE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def _refused(where: str, expected: str, found: str) -> PullRequestError:
    return PullRequestError(
        Problem(
            where=where,
            expected=expected,
            found=found,
            next_step="Nothing of it is used. Look at the run that made it.",
        )
    )
