"""The analysis file of a board as objects that pages read: pairs, robustness, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ionladder.core.errors import SiteError
from ionladder.core.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One submission against another.

    Attributes:
        other: The other submission.
        difference: Its score minus the other's, in the unit of the primary metric.
        low, high: Interval of the difference, None where there is none.
        probability_better: Share of resamples in which it is the better one.
    """

    other: str
    difference: float | None
    low: float | None
    high: float | None
    probability_better: float | None

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the difference leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What a board says beyond its rows.

    Attributes:
        pairs: Submission → its pairs, best opponent first.
        robustness: Who leads without single groups; None with fewer than two ranked submissions.
        sensitivity: Ranks under other metrics and subsets.
        content: The whole file, for sections that other modules read.
    """

    pairs: Mapping[str, Sequence[Pair]] = field(default_factory=dict)
    robustness: Mapping[str, Any] | None = None
    sensitivity: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)


def parse_analysis(data: Mapping[str, Any] | None, *, shown_as: str) -> Analysis:
    """Read an analysis file's content; parts that it does not have stay empty.

    Raises:
        SiteError: It is not the content of an analysis.
    """
    if data is None:
        return Analysis()
    try:
        return Analysis(
            pairs=_pairs(data.get("pairs") or {"columns": [], "rows": []}),
            robustness=data.get("robustness"),
            sensitivity=data.get("sensitivity") or {},
            content=data,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SiteError(
            Problem(
                where=shown_as,
                expected="an analysis of a leaderboard",
                found=f"{type(error).__name__}: {error}",
                next_step="Write it again with `ionladder leaderboard`.",
            )
        ) from error


def _pairs(table: Mapping[str, Any]) -> dict[str, list[Pair]]:
    pairs: dict[str, list[Pair]] = {}
    for values in table["rows"]:
        row = dict(zip(table["columns"], values, strict=True))
        difference, low, high = row["difference"], row["ci_low"], row["ci_high"]
        share = row["probability_better"]
        pairs.setdefault(row["submission"], []).append(
            Pair(
                other=row["other"],
                difference=difference,
                low=low,
                high=high,
                probability_better=share,
            )
        )
        pairs.setdefault(row["other"], []).append(
            Pair(
                other=row["submission"],
                difference=_negative(difference),
                low=_negative(high),
                high=_negative(low),
                probability_better=None if share is None else 1.0 - share,
            )
        )
    return pairs


def _negative(value: float | None) -> float | None:
    return None if value is None else -value
