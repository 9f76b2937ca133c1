"""``ionladder compare``: two submissions on the same entries, pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    from ionladder.specs.params import ScoringSettings
    from ionladder.specs.task import Task


def compare(
    submission: Annotated[Path, typer.Argument(help="Submission folder.")],
    other: Annotated[Path, typer.Argument(help="The submission to compare it with.")],
    task: Annotated[
        str | None,
        typer.Option(
            help="Task, if the folders are not under submissions/<task>/.",
            autocompletion=task_names,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare two submissions pair by pair; nothing is written.

    Exit code 0 whatever the outcome.
    """
    from ionladder.cli.context import load_context, task_of
    from ionladder.core.errors import ConfigError
    from ionladder.core.files import to_json
    from ionladder.core.problems import Problem
    from ionladder.leaderboard.comparison import compare as compare_all
    from ionladder.leaderboard.pairs import pair
    from ionladder.scoring.score import TaskScorer

    context = load_context()
    chosen = task_of(submission, task)
    if submission.resolve() == other.resolve():
        raise ConfigError(
            Problem(
                where=str(other),
                expected="another submission",
                found="the same folder twice",
                next_step="Name two submissions of one task.",
            )
        )
    settings = context.params.scoring
    scorer = TaskScorer.open(context.layout, chosen, context.version_of(chosen), settings)
    # Two folders may have one name, as when a contributor compares with the committed version.
    scored = {str(path): scorer.score(path) for path in (submission, other)}
    sides = compare_all(chosen, scored, settings)
    found = pair(sides, str(submission), str(other), confidence=settings.confidence)
    if json:
        print(to_json({"task": chosen.name, "confidence": settings.confidence, **found}), end="")
        return
    print(_sentences(found, chosen, settings))


def _sentences(found: Mapping[str, Any], task: Task, settings: ScoringSettings) -> str:
    low, high = found["ci_low"], found["ci_high"]
    between, is_clear = "no interval with fewer than two groups of entries", False
    if low is not None:
        between = f"{100 * settings.confidence:g} % interval {low:+.3f} to {high:+.3f}"
        is_clear = low > 0 or high < 0
    return (
        f"{task.primary_use.title} of {found['submission']} minus that of {found['other']}: "
        f"{found['difference']:+.3f} {task.primary_targets[0].error_unit}, {between}.\n"
        f"Better in {100 * found['probability_better']:.1f} % of {settings.resamples:,} resampled "
        f"test sets: the data {'tell the two apart' if is_clear else 'do not tell them apart'}."
    )
