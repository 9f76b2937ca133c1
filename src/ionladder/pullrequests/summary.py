"""The summary of a check in GitHub's Markdown: the job's page and the comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ionladder.pullrequests.github_text import block, code
from ionladder.pullrequests.report import (
    Letter,
    ReceiptShape,
    Report,
    ScoreShape,
    SliceShape,
    Standing,
    SubmissionReport,
    Verdict,
)
from ionladder.site.text import interval, number, ranks, web_address
from ionladder.specs.task import Task

MARKER = "<!-- ionladder: submission check -->"
"""First line of the comment: how the next run finds it again."""

MAX_CHARACTERS = 60_000
_SHORT = 12

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
        _letters("Why it is refused", report.refusals),
        *(_submission(item, tasks.get(item.task)) for item in report.submissions),
        _letters("For a maintainer", report.questions),
        _footer(report, run),
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    if len(text) <= MAX_CHARACTERS:
        return text
    # Cut between parts: half a code block would let the rest be read as Markdown.
    return "\n\n".join([*parts[:2], "The report is too long for this page.", parts[-1]]) + "\n"


def _submission(item: SubmissionReport, task: Task | None) -> str:
    title = f"#### {code(f'submissions/{item.task}/{item.name}')}"
    parts = [title]
    if item.outcome == "withdrawn":
        parts.append("Every file of it is removed.")
    if item.outcome == "unchecked":
        parts.append("It could not be checked. This is not the fault of the submission.")
    parts.append(_letters("What is wrong" if item.outcome == "refused" else "Why", item.problems))
    if item.outcome == "scored" and item.receipt and task:
        parts += _scores(item, item.receipt, task)
    return "\n\n".join(part for part in parts if part)


def _scores(item: SubmissionReport, receipt: ReceiptShape, task: Task) -> Iterator[str]:
    seeds = f", mean of {receipt.n_seeds} seeds" if receipt.n_seeds > 1 else ""
    yield (
        f"{code(receipt.model)}: {receipt.n_scored} of {receipt.n_expected} entries of "
        f"{code(f'{receipt.dataset} {receipt.dataset_version}')} scored{seeds}."
    )
    yield _place(item.standing) if item.standing else "References are not ranked."
    yield _former(item.former, task)
    subsets = receipt.targets.get(task.primary.target, {})
    primary = subsets.get(task.primary.subset)
    if primary is not None:
        yield _table(
            f"metric, {primary.n} entries",
            [(use.title, primary.metrics.get(use.name)) for use in task.metrics],
        )
    yield _table(
        f"{task.primary_use.title} by subset",
        [
            (f"{subset.title} ({found.n})", found.metrics.get(task.primary.metric))
            for subset in task.subsets
            if (found := subsets.get(subset.name)) is not None
        ],
    )
    yield _worst(item.worst_slices, task)
    if item.audit:
        lines = [f"{note.title}: {note.sentence}" for note in item.audit]
        yield f"The audit notes, for readers and without judging:\n\n{block(lines, limit=1000)}"


def _place(standing: Standing) -> str:
    reach = ranks(standing.rank_low, standing.rank_high)
    place = (
        f"On the board of today it would be **rank {standing.rank}** of {standing.n_ranked} "
        f"(range {reach})"
    )
    best = (
        f" It is best in {100 * standing.probability_best:.1f} % of the resampled test sets."
        if standing.probability_best is not None
        else ""
    )
    if not standing.tied_with:
        return f"{place}, told apart from all others.{best}"
    shown = ", ".join(code(name) for name in standing.tied_with[:10])
    rest = len(standing.tied_with) - 10
    return f"{place}, tied with {shown}{f' and {rest} more' if rest > 0 else ''}.{best}"


def _worst(parts: Sequence[SliceShape], task: Task) -> str:
    """Where it does worst, as a code block: a part is named by the data, or by a stranger."""
    slices = {item.name: item for item in task.slices}
    lines = [
        f"{slices[part.slice].title}: {slices[part.slice].title_of(part.part)} "
        f"({part.n} entries): {_cell(part)}"
        for part in parts
        if part.slice in slices
    ]
    if not lines:
        return ""
    head = f"Worst slices by {task.primary_use.title}, of those with 8 entries or more"
    return f"{head}:\n\n{block(lines)}"


def _former(former: ScoreShape | None, task: Task) -> str:
    if former is None:
        return ""
    return f"It replaces a submission whose {task.primary_use.title} is {_cell(former)}."


def _table(head: str, rows: list[tuple[str, ScoreShape | None]]) -> str:
    """Titles come from the task and cells are numbers: no stranger's word enters a table."""
    lines = [f"| {head} | value and 95 % interval |", "|---|---|"]
    lines += [f"| {title} | {_cell(score)} |" for title, score in rows if score is not None]
    return "\n".join(lines)


def _cell(score: ScoreShape | SliceShape) -> str:
    value = number(score.value, digits=3)
    between = interval(score.ci_low, score.ci_high)
    return f"{value} [{between}]" if between else value


def _letters(title: str, letters: Iterable[Letter]) -> str:
    lines = [str(letter.problem) for letter in letters]
    return f"{title}:\n\n{block(lines, limit=1000)}" if lines else ""


def _footer(report: Report, run: str | None) -> str:
    checked = f"Checked {code(report.head[:_SHORT])} against {code(report.base[:_SHORT])}."
    address = web_address(run) if run else None
    if address is None:
        return checked
    more = " and, where it is good, a preview of its pages" if report.submissions else ""
    return f"{checked} [The run]({address}) has the whole report{more}."
