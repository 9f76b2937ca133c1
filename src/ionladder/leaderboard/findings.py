"""What the audit of a submission looks at, and what it notes: plain text, for pages as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Evidence = float | int | str


def printed(value: float, form: str) -> str:
    """A number as a sentence prints it, with a true minus.

    Example:
        >>> printed(-38.06, ".3g"), printed(0.5, "+.4g")
        ('−38.1', '+0.5')
    """
    return format(value, form).replace("-", "−")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the audit saw: a note for readers, never an accusation.

    Attributes:
        check: Name of the check (``affine``).
        title: The finding in a few words.
        sentence: What was seen with its number, then innocent explanations worth checking.
        evidence: The numbers behind it, by name; text for names of submissions and targets.
    """

    check: str
    title: str
    sentence: str
    evidence: Mapping[str, Evidence]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of the audit.

    Attributes:
        name: Key in findings.
        title: As printed, in a list of all checks.
    """

    name: str
    title: str


CHECKS = (
    Check(name="labels", title="predictions equal or very close to the labels"),
    Check(name="identical", title="the same predictions as another submission"),
    Check(name="affine", title="predictions on a straight line with those of another submission"),
    Check(name="constant", title="nearly the same prediction for every entry"),
    Check(name="physical", title="values outside the physical range"),
    Check(
        name="crossing",
        title="a smaller error on entries whose composition is also in the training set, where "
        "there are any",
    ),
    Check(
        name="cv_and_test",
        title="a cross-validated and a test score that contradict each other, where both are known",
    ),
)
"""Every check, in the order in which findings are listed."""
