"""Findings of the audit that a person looks at before a submission is merged."""

from __future__ import annotations

from collections.abc import Sequence

from ionladder.core.problems import Problem
from ionladder.pullrequests.report import SubmissionReport

ASKED = frozenset({"affine", "identical", "labels"})
"""Checks of the audit whose findings are questions; the others are notes for readers."""


def audit_questions(submissions: Sequence[SubmissionReport]) -> list[Problem]:
    """What the audit saw that may have an innocent reason, which only the authors can give."""
    return [
        Problem(
            where=f"submissions/{item.task}/{item.name}",
            expected="predictions of a model's own",
            found=note.title.lower(),
            next_step=f"{note.sentence} A line in `notes` of submission.yaml settles most.",
        )
        for item in submissions
        for note in item.audit
        if note.check in ASKED
    ]
