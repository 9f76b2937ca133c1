"""The differences that an experiment asks for, on the whole test set and on parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.scoring.evaluate import primary_metric
from ionladder.scoring.receipt import rounded
from ionladder.scoring.score import Scored, TaskScorer
from ionladder.scoring.slices import MIN_ROWS
from ionladder.specs.experiment import Experiment
from ionladder.specs.metric import Array
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task
from ionladder.statistics.groups import make_groups
from ionladder.statistics.pairs import paired_differences
from ionladder.statistics.resamples import Resamples
from ionladder.statistics.standing import GroupScore, make_standings

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("submission", "other", "slice", "part", "n", "n_groups"),
    *("difference", "ci_low", "ci_high", "probability_better"),
)
_FEWEST_GROUPS = 2

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where differences are taken: everywhere (both names None), or on a part of a slice."""

    item: str | None
    part: str | None
    inside: npt.NDArray[np.bool_]


def experiment_tables(
    task: Task,
    scored: Mapping[str, Scored],
    scorer: TaskScorer,
    columns: pd.DataFrame | None,
    settings: ScoringSettings,
) -> dict[str, Any]:
    """The key ``experiments`` of ``leaderboard/analysis/<task>.json``.

    Args:
        task: The task; its experiments name the pairs.
        scored: Its scored submissions. Pairs of which one is missing are left out.
        scorer: Knows the errors of entries and their groups.
        columns: One text column per part, indexed by id; None where there are no parts.
        settings: Interval settings.

    Returns:
        Experiment → ``columns`` and ``rows``: the score of ``submission`` minus that of ``other``,
        with the interval for this pair alone. ``slice`` and ``part`` are null for the whole test
        set. Parts under eight entries or two groups have no difference, as on receipts.
    """
    groups = {entry: n for n, ids in enumerate(scorer.groups()) for entry in ids}
    ids = scorer.labels.test["id"].sort_values().tolist()
    group = np.array([groups.get(entry, -1) for entry in ids], dtype=np.int64)
    aligned = None if columns is None else columns.loc[ids]
    _, metric = primary_metric(task)
    sign = 1.0 if metric.direction == "minimize" else -1.0
    tables = {}
    for experiment in task.experiments:
        names = [name for name in experiment.submissions if name in scored]
        errors = {
            name: found
            for name in names
            if (found := scorer.entry_errors(scored[name])) is not None
        }
        rows = [
            row
            for place in _places(experiment, group >= 0, aligned)
            for row in _rows(
                errors,
                experiment.pairs if place.item is None else experiment.arm_pairs,
                place,
                group,
                sign=sign,
                settings=settings,
            )
        ]
        tables[experiment.name] = {"columns": list(COLUMNS), "rows": rows}
    return tables


def _places(
    experiment: Experiment, everywhere: npt.NDArray[np.bool_], columns: pd.DataFrame | None
) -> Iterator[_Place]:
    yield _Place(item=None, part=None, inside=everywhere)
    for item in experiment.parts if columns is not None else ():
        values = columns[item.column].to_numpy(dtype=object)  # type: ignore[index]
        for part, _ in item.values or ():
            yield _Place(item=item.name, part=part, inside=everywhere & (values == part))


def _rows(
    errors: Mapping[str, Array],
    pairs: Pairs,
    place: _Place,
    group: npt.NDArray[np.int64],
    *,
    sign: float,
    settings: ScoringSettings,
) -> Iterator[list[Any]]:
    """One row a pair whose two submissions are scored."""
    known = [pair for pair in pairs if pair[0] in errors and pair[1] in errors]
    if not known:
        return
    names = sorted({name for pair in known for name in pair})
    # Labels are missing for everybody alike.
    inside = place.inside & ~np.isnan(errors[names[0]]).any(axis=0)
    groups = make_groups(group[inside])
    counts = [int(inside.sum()), groups.n_groups]
    is_small = place.item is not None and counts[0] < MIN_ROWS
    if is_small or counts[1] < _FEWEST_GROUPS:
        yield from ([*pair, place.item, place.part, *counts, *[None] * 4] for pair in known)
        return
    scores = [
        GroupScore(
            sums=groups.sums(sign * errors[name][:, inside].mean(axis=0))[None, :],
            sizes=groups.sizes[None, :],
            per_seed=sign * errors[name][:, inside].mean(axis=1),
        )
        for name in names
    ]
    resamples = Resamples(n_resamples=settings.resamples, seed=settings.seed)
    standings = make_standings(scores, resamples)
    for first, second in known:
        found = paired_differences(
            standings, names.index(first), [names.index(second)], confidence=settings.confidence
        )
        ends = sorted((sign * found.ci_low[0], sign * found.ci_high[0]))
        numbers = (sign * found.difference[0], *ends, found.probability_smaller[0])
        yield [first, second, place.item, place.part, *counts, *map(rounded, numbers)]
