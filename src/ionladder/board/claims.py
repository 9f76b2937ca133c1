"""Published numbers, the conventions they were counted by, and our models under the same ones.

The numbers are rows of ``claims.csv`` in a folder below ``data/``; :class:`Claim` says its columns.
Our models are scored under every convention when a board is; the scores stand in its analysis.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from ionladder import evaluation
from ionladder.data import registry
from ionladder.errors import ConfigError, did_you_mean
from ionladder.receipt import rounded
from ionladder.score import Scored, TaskScorer
from ionladder.specs import Censored, Task

#: Place of a score: the scored entries; other places are fold schemes, on training entries.
TEST = "test"
_DATA = Path(registry.__file__).parent


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One published number and how it was counted.

    Attributes:
        model: The model, as its source names it.
        source: The publication or repository, one line.
        value: The number, as printed.
        metric: Its metric, with the unit.
        test: What it was measured on, in words; ``n``, how many entries; ``split`` and ``seeds``,
            how these were chosen and how often the model was trained. Empty: not stated.
        censored: What was done with upper limits; empty where there are none.
        task: Board on which the same convention can be counted; empty where there is none.
        place: ``test`` or a fold scheme of that board.
        subset: Subset of that board.
        ours: Submissions of that board to set beside, the nearest relation first.
        same: Submission that holds the authors' own predictions, or empty.
        verdict: Whether it is comparable with the numbers of a board.
        sentence: Why, in one plain sentence.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    model: str
    source: str
    value: str
    metric: str
    test: str
    n: str = ""
    split: str = ""
    seeds: str = ""
    censored: Censored | Literal[""] = ""
    task: str = ""
    place: str = TEST
    subset: str = "all"
    ours: tuple[str, ...] = ()
    same: str = ""
    verdict: Literal["comparable", "not comparable"]
    sentence: str


def read_claims(name: str) -> list[Claim]:
    """The claims of a folder below ``data/`` (``obelix``, ``litraj``), in file order.

    Raises:
        ConfigError: There is no such file; the error names those there are.

    Example:
        >>> read_claims("obelix")[0].model
        'RF'
    """
    from pydantic import TypeAdapter

    known = {path.parent.name: path for path in sorted(_DATA.rglob("claims.csv"))}
    if name not in known:
        step = did_you_mean(name, known)
        raise ConfigError("claims", f"one of {', '.join(known)}", repr(name), step)
    with known[name].open(encoding="utf-8", newline="") as stream:
        rows = [{k: cell for k, cell in row.items() if cell} for row in csv.DictReader(stream)]
    read = TypeAdapter(Claim).validate_python
    return [read({**row, "ours": row.get("ours", "").split()}) for row in rows]


def convention_scores(
    task: Task, scored: Mapping[str, Scored], scorer: TaskScorer
) -> dict[str, Any]:
    """The primary metric of every submission under every convention for upper limits.

    Returns:
        Convention → submission → place → subset → [value, entries counted]; the first convention
        alone for a task without upper limits; empty where the primary metric is no plain mean
        over entries.
    """
    if not evaluation.is_sliceable(task):
        return {}
    schemes = [cv.scheme for cv in task.cross_validation]
    has_limits = any(target.limit_column for target in task.targets)
    found: dict[str, Any] = {}
    for censored in get_args(Censored) if has_limits else get_args(Censored)[:1]:
        prepared = [
            evaluation.Prepared(evaluation.under_convention(part, task, censored), task)
            for part in (scorer.labels.test, scorer.labels.train)
        ]
        for name, one in scored.items():
            if one.conventions is not None:
                found.setdefault(censored, {})[name] = one.conventions[censored]
                continue
            tested = evaluation.align_checked(prepared[0].known, one.submission.predictions, task)
            places = {TEST: _values(prepared[0], tested)}
            cv = one.submission.cv_predictions
            for scheme in schemes if cv else ():
                rows = cv.rows[cv.rows["scheme"] == scheme]  # type: ignore[union-attr]
                if len(rows):
                    rows = rows.rename(columns={"repeat": "seed"})
                    places[scheme] = _values(
                        prepared[1], evaluation.align(prepared[1].known, rows, task)
                    )
            found.setdefault(censored, {})[name] = places
    return found


def _values(
    prepared: evaluation.Prepared, aligned: evaluation.Aligned
) -> dict[str, list[float | None]]:
    errors, found = prepared.primary_errors(aligned.y_pred), {}
    for subset in prepared.task.subsets:
        inside = errors[:, prepared.rows(subset.name).index]
        counted = np.isfinite(inside[0])
        if counted.any():
            found[subset.name] = [rounded(float(inside[:, counted].mean())), int(counted.sum())]
    return found


def beside(claim: Claim, conventions: Mapping[str, Any]) -> dict[str, tuple[float, int]]:
    """Submission → its score under the convention of a claim, with the entries counted.

    The authors' own predictions come first; whoever has no such score is left out.

    Args:
        claim: The claim.
        conventions: Key ``conventions`` of the analysis of its board.
    """
    of_all = conventions.get(claim.censored or "imputed", {})
    names: Iterable[str] = filter(None, dict.fromkeys([claim.same, *claim.ours]))
    places = {name: of_all.get(name, {}).get(claim.place, {}) for name in names}
    subset = claim.subset
    return {name: tuple(place[subset]) for name, place in places.items() if subset in place}
