"""The audit of a board: what a careful reader would want to know about a submission, as notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ionladder.leaderboard.audit_checks import (
    Found,
    check_constant,
    check_labels,
    check_physical,
)
from ionladder.leaderboard.audit_inputs import audit_inputs
from ionladder.leaderboard.audit_scores import check_crossing, check_cv_and_test
from ionladder.leaderboard.audit_twins import check_affine, check_identical
from ionladder.leaderboard.findings import CHECKS, Finding
from ionladder.specs.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from ionladder.datasets.labels import EvaluationLabels
    from ionladder.leaderboard.audit_inputs import AuditInputs
    from ionladder.scoring.score import Scored

__all__ = ["CHECKS", "Finding", "audit_board", "audit_json"]

_FUNCTIONS: dict[str, Callable[[AuditInputs], Found]] = {
    "labels": check_labels,
    "identical": check_identical,
    "affine": check_affine,
    "constant": check_constant,
    "physical": check_physical,
    "crossing": check_crossing,
    "cv_and_test": check_cv_and_test,
}


def audit_board(
    task: Task,
    scored: Mapping[str, Scored],
    labels: EvaluationLabels,
    *,
    crossing: Collection[str] = (),
) -> dict[str, list[Finding]]:
    """Look at every submission of a board, and at all of them together.

    Args:
        task: The task.
        scored: Name → scored submission; the order has no influence.
        labels: What they were scored against.
        crossing: Test entries whose composition is also in the training set
            (:func:`ionladder.datasets.crossing.crossing_ids`); none where that cannot be said.

    Returns:
        Name → findings, in the order of :data:`CHECKS`; submissions by name, each of them once,
        with an empty list where there is nothing to note.
    """
    inputs = audit_inputs(task, scored, labels, crossing)
    findings: dict[str, list[Finding]] = {name: [] for name in inputs.names}
    for check in CHECKS:
        for name, finding in _FUNCTIONS[check.name](inputs):
            findings[name].append(finding)
    return findings


def audit_json(findings: Mapping[str, Sequence[Finding]]) -> dict[str, list[dict[str, Any]]]:
    """The key ``audit`` of ``leaderboard/analysis/<task>.json``: floats as receipts print them."""
    from ionladder.scoring.receipt import rounded

    return {
        name: [
            {
                "check": finding.check,
                "title": finding.title,
                "sentence": finding.sentence,
                "evidence": {
                    key: rounded(value) if isinstance(value, float) else value
                    for key, value in finding.evidence.items()
                },
            }
            for finding in items
        ]
        for name, items in findings.items()
    }
