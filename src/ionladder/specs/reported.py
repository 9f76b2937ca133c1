"""A number quoted from a publication: shown beside verified rows, never ranked with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One row of a published table.

    Attributes:
        model: Model name as the source prints it.
        source: The publication, one line.
        table: Table (and row) in the source.
        as_printed: The test cell as the source prints it (``1.54 (1.82)``).
        test: Subset name → primary metric value on it, with the meaning the source gives it;
            a subset that the source does not report is absent.
        cv: Cross-validation value (mean over folds), or None when not reported.
        cv_spread: Its printed spread, or None.
        inputs: ``composition``, ``structure`` or ``both``; None for the experiment row.
        trained_on: What it was trained on, in words.
        verified_by: Name of the submission that reproduces the same model here, or None.
        verdict: What is known about reproducing it, one or two sentences.
    """

    model: str
    source: str
    table: str
    as_printed: str
    test: Mapping[str, float] = field(default_factory=dict)
    cv: float | None = None
    cv_spread: float | None = None
    inputs: str | None = None
    trained_on: str | None = None
    verified_by: str | None = None
    verdict: str = ""
