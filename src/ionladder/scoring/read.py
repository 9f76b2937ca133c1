"""From the labels on this machine to what a task's submissions are checked against."""

from __future__ import annotations

from ionladder.datasets.labels import EvaluationLabels
from ionladder.submissions.known_ids import KnownIds
from ionladder.submissions.validate import Expectations


def expectations_of(labels: EvaluationLabels) -> Expectations:
    """Ids and folds that predictions must cover."""
    return Expectations(
        test_ids=KnownIds(labels.test["id"].tolist()),
        train_ids=frozenset(labels.train["id"]),
        folds=labels.folds,
    )
