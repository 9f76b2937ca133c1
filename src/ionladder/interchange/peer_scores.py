"""Scores as JARVIS-Leaderboard and matbench compute them, to hold their published numbers to.

Both are means of absolute errors, by the metric that our boards use. They differ in which rows
enter: JARVIS takes whatever ids happen to match, matbench the mean over folds of the mean in each.
Our boards refuse partial cover, so a score on a part carries the letter that a submission with
these ids would get.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ionladder.core.problems import Problem
from ionladder.interchange.jarvis import Contribution
from ionladder.interchange.matbench import Fold
from ionladder.metrics.mae import mae
from ionladder.submissions.coverage import coverage_problems

JARVIS_DECIMALS = 4
_CLAIM_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class PeerScore:
    """A score as the other project prints it.

    Attributes:
        value: Unrounded; NaN where no row can be scored.
        n_rows: Rows that entered it.
        n_labels: Labels that there are.
        problems: What our boards would refuse the predictions for; empty for exact cover.
    """

    value: float
    n_rows: int
    n_labels: int
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FoldScores:
    """Mean absolute error of a matbench task.

    Attributes:
        folds: Fold → its score.
        mean: Mean over folds, the number that matbench's pages print.
        std: Standard deviation over folds, with the number of folds below the root.
        wrong_claims: Folds whose stated error differs from the computed one, each as a letter.
    """

    folds: Mapping[str, PeerScore]
    mean: float
    std: float
    wrong_claims: tuple[Problem, ...]


def jarvis_mae(contribution: Contribution, labels: Mapping[str, float]) -> PeerScore:
    """The MAE that JARVIS-Leaderboard prints: an inner join on id, then the mean.

    Ids that match no label and labels that match no id drop out; a repeated id counts as often as
    it stands there. Ids are read as pandas guesses them, so a column of numbers loses its leading
    zeros. That is how the published number comes about, and why it may rest on a part.

    Args:
        contribution: Ids and predictions.
        labels: Id → label.

    Example:
        Half of the labels are met; errors 0.5 and 0.1:

        >>> labels = {"007": 1.0, "8": 2.0, "009": 3.0, "10": 4.0}
        >>> sent = Contribution(
        ...     name="x", ids=("7", "8", "9", "10"), predictions=("9.9", "2.5", "9.9", "4.1"))
        >>> score = jarvis_mae(sent, labels)
        >>> round(score.value, 4), score.n_rows, score.n_labels
        (0.3, 2, 4)
    """
    ids = _as_pandas_reads(contribution.ids)
    pairs = [
        (labels[identifier], float(cell))
        for identifier, cell in zip(ids, contribution.predictions, strict=True)
        if identifier in labels
    ]
    problems = coverage_problems(
        contribution.ids, expected=frozenset(labels), where=contribution.name
    )
    return _score(pairs, len(labels), problems)


def matbench_mae(
    name: str,
    folds: Sequence[Fold],
    labels: Mapping[str, float],
    expected: Mapping[str, Sequence[str]] | None = None,
) -> FoldScores:
    """The MAE that matbench prints: in each fold, then the mean over folds.

    Args:
        name: Name of the task, for messages.
        folds: What was recorded.
        labels: Id → label.
        expected: Fold → ids that it must hold, where the splits are at hand; otherwise the ids of
            all folds together must be those of the labels.
    """
    scores, wrong = {}, []
    for fold in folds:
        where = f"{name}, {fold.name}"
        ids = list(fold.predictions)
        pairs = [(labels[i], float(fold.predictions[i])) for i in ids if i in labels]
        problems = (
            coverage_problems(ids, expected=frozenset(expected[fold.name]), where=where)
            if expected and fold.name in expected
            else []
        )
        scores[fold.name] = _score(pairs, len(ids), problems)
        wrong += _wrong_claim(where, fold.claimed.get("mae"), scores[fold.name].value)
    values = [score.value for score in scores.values()]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))
    return FoldScores(folds=scores, mean=mean, std=spread, wrong_claims=tuple(wrong))


def _as_pandas_reads(ids: Sequence[str]) -> list[str]:
    """Ids as ``read_csv`` guesses their type, then as text again."""
    import pandas as pd

    column = io.StringIO()
    csv.writer(column).writerows([["id"], *([identifier] for identifier in ids)])
    read: list[str] = pd.read_csv(io.StringIO(column.getvalue()))["id"].astype(str).tolist()
    return read


def _score(
    pairs: Sequence[tuple[float, float]], n_labels: int, problems: Sequence[Problem]
) -> PeerScore:
    is_finite = bool(pairs) and all(math.isfinite(value) for pair in pairs for value in pair)
    true, predicted = zip(*pairs, strict=True) if pairs else ((), ())
    return PeerScore(
        value=mae(true, predicted) if is_finite else math.nan,
        n_rows=len(pairs),
        n_labels=n_labels,
        problems=tuple(problems),
    )


def _wrong_claim(where: str, claimed: float | None, value: float) -> list[Problem]:
    """A stated score that its own predictions do not give; NaN equals nothing."""
    if claimed is None or abs(claimed - value) <= _CLAIM_TOLERANCE:
        return []
    return [
        Problem(
            where=f"{where}, scores.mae",
            expected=f"{value:.6g}, which the predictions give",
            found=f"{claimed:.6g}",
            next_step="Trust the predictions; the stated score was not made from them.",
        )
    ]
