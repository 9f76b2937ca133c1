"""The stored differences of an experiment as objects that its page reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

from ionladder.core.errors import SiteError
from ionladder.core.problems import Problem
from ionladder.site.analysis import Analysis
from ionladder.site.board import Board, Value
from ionladder.specs.experiment import Clause, Contrast, Experiment

State = Literal["lower", "higher", "open"]

_Key = tuple[str, str, str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The score of one submission minus that of another, on the same entries.

    Attributes:
        submission, other: The two.
        n, n_groups: Entries and groups of related entries; None where nobody recorded them.
        value: The difference, with its interval for this pair alone; all None on a part that is
            too small.
        probability_better: Share of resamples in which ``submission`` is the better one.
    """

    submission: str
    other: str
    n: int | None
    n_groups: int | None
    value: Value
    probability_better: float | None = None

    @property
    def state(self) -> State:
        """The side of zero where the interval lies; ``open`` where it holds zero or has no end."""
        low, high = self.value.low, self.value.high
        if low is None or high is None:
            return "open"
        return "higher" if low > 0 else "lower" if high < 0 else "open"

    @property
    def half_width(self) -> float | None:
        """Half of the interval: about the smallest difference that it would tell from zero."""
        if self.value.low is None or self.value.high is None:
            return None
        return (self.value.high - self.value.low) / 2


@dataclass(frozen=True, kw_only=True)
class Found:
    """A contrast whose rows are on the board; ``n_candidates`` may have stood on its first side."""

    contrast: Contrast
    difference: Difference
    n_candidates: int


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What is known of an experiment's pairs.

    Attributes:
        has_parts: Whether differences on parts were recorded.
    """

    board: Board
    known: Mapping[_Key, Difference] = field(default_factory=dict)
    has_parts: bool = False

    def of(
        self, submission: str, other: str, item: str | None = None, part: str | None = None
    ) -> Difference | None:
        """A difference on the whole test set, or on a part of a slice; None where unknown."""
        return self.known.get((submission, other, item, part))

    def best(self, submissions: Iterable[str]) -> str | None:
        """The one that stands first on the board; None where none of them does."""
        rows = [row for name in submissions if (row := self.board.entrant(name)) is not None]
        scored = [row for row in rows if self.board.primary(row).value is not None]
        return min(scored, key=lambda row: row.order).submission if scored else None

    def found(self, clause: Clause) -> list[Found]:
        """The contrasts of a clause of which both rows are on the board."""
        rows = []
        for contrast in clause.contrasts:
            best = self.best(contrast.submissions)
            difference = self.of(best, contrast.other) if best else None
            if difference is not None and difference.value.value is not None:
                candidates = [name for name in contrast.submissions if self.board.entrant(name)]
                rows.append(
                    Found(contrast=contrast, difference=difference, n_candidates=len(candidates))
                )
        return rows

    def among(self, submissions: Iterable[str]) -> Iterator[Difference]:
        """Every two of some submissions that are known, each pair once."""
        for pair in combinations(submissions, 2):
            difference = self.of(*pair) or self.of(*reversed(pair))
            if difference is not None:
                yield difference


def read_differences(board: Board, analysis: Analysis, experiment: Experiment) -> Differences:
    """The differences of an experiment, from the analysis of its board.

    Pairs of the whole test set that the experiment does not ask for are those of the board.

    Raises:
        SiteError: The analysis holds something else under the experiment's name.
    """
    known: dict[_Key, Difference] = {
        (name, pair.other, None, None): Difference(
            submission=name,
            other=pair.other,
            n=None,
            n_groups=None,
            value=Value(_finite(pair.difference), _finite(pair.low), _finite(pair.high)),
            probability_better=pair.probability_better,
        )
        for name, pairs in analysis.pairs.items()
        for pair in pairs
    }
    table = (analysis.content.get("experiments") or {}).get(experiment.name)
    if table is None:
        return Differences(board=board, known=known)
    try:
        rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        asked = {
            (row["submission"], row["other"], row["slice"], row["part"]): _difference(row)
            for row in rows
        }
    except (KeyError, TypeError, ValueError) as error:
        raise SiteError(
            Problem(
                where=f"leaderboard/analysis/{board.task.name}.json",
                expected=f"the differences of the experiment {experiment.name!r}",
                found=f"{type(error).__name__}: {error}",
                next_step="Write it again with `ionladder leaderboard`.",
            )
        ) from error
    return Differences(board=board, known=known | asked, has_parts=True)


def _difference(row: Mapping[str, Any]) -> Difference:
    return Difference(
        submission=row["submission"],
        other=row["other"],
        n=row["n"],
        n_groups=row["n_groups"],
        value=Value(*(_finite(row[name]) for name in ("difference", "ci_low", "ci_high"))),
        probability_better=row["probability_better"],
    )


def _finite(value: float | None) -> float | None:
    """A number, or None where there is none: an end at infinity bounds nothing."""
    return value if value is not None and math.isfinite(value) else None
