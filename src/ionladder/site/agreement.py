"""How far apart the predictions of two models lie on the average entry."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from ionladder.site.board import Board, Row
from ionladder.site.heat import Heat, heat_of
from ionladder.site.links import relative, submission_url
from ionladder.site.tables import Cell
from ionladder.site.text import exact, inert, number
from ionladder.specs.metric import Array

if TYPE_CHECKING:
    from ionladder.scoring.entry_table import EntryTable

SHOWN_MODELS = 12
_FEWEST_MODELS = 2
_FEWEST_ENTRIES = 3


@dataclass(frozen=True, kw_only=True)
class AgreementTable:
    """Models against models.

    Attributes:
        rows: Number, model, link and one cell for each model; empty on the diagonal.
        n_entries: Entries that the numbers rest on.
        n_hidden: Verified submissions that are not shown.
        heat: What the shades of the cells stand for.
    """

    rows: tuple[tuple[int, Markup, str, tuple[Cell, ...]], ...]
    n_entries: int
    n_hidden: int
    heat: Heat


def agreement_table(board: Board, table: EntryTable | None, here: str) -> AgreementTable | None:
    """The table; None with fewer than two verified models, or where the labels are not here."""
    if table is None:
        return None
    places = {name: place for place, name in enumerate(table.names)}
    verified = [row for row in board.of_kind("verified") if row.submission in places]
    shown = verified[:SHOWN_MODELS]
    if len(shown) < _FEWEST_MODELS:
        return None
    of_models = [places[row.submission or ""] for row in shown]
    targets = [table.predictions[target.name][of_models] for target in board.task.primary_targets]
    apart, order = distances(targets), rank_correlations(targets)
    heat = heat_of(value for value in apart[~np.eye(len(shown), dtype=bool)].tolist())
    return AgreementTable(
        rows=tuple(
            (
                i + 1,
                inert(row.model, limit=80),
                relative(here, submission_url(board.task.name, row.submission or "")),
                tuple(
                    Cell(text="")
                    if i == j
                    else _cell(row, other, apart[i, j], order[i, j], board.unit, heat)
                    for j, other in enumerate(shown)
                ),
            )
            for i, row in enumerate(shown)
        ),
        n_entries=len(table.ids),
        n_hidden=len(verified) - len(shown),
        heat=heat,
    )


def distances(targets: Sequence[Array]) -> Array:
    """Mean absolute difference between the predictions of every two models, shape (m, m).

    Args:
        targets: Predictions of each target, shape (m, n); NaN is passed over.
    """
    found = [
        np.stack([_mean(np.abs(predicted - one), axis=1) for one in predicted])
        for predicted in targets
    ]
    return _mean(np.stack(found), axis=0)


def rank_correlations(targets: Sequence[Array]) -> Array:
    """Spearman's ρ between the predictions of every two models, shape (m, m); NaN for constants."""
    import pandas as pd

    found = []
    for predicted in targets:
        m = len(predicted)
        matrix = np.full((m, m), np.nan)
        for i in range(m):
            for j in range(i + 1):
                both = np.isfinite(predicted[i]) & np.isfinite(predicted[j])
                if both.sum() >= _FEWEST_ENTRIES:
                    ranks = [np.asarray(pd.Series(predicted[k][both]).rank()) for k in (i, j)]
                    if all(np.ptp(of_model) > 0 for of_model in ranks):
                        matrix[i, j] = matrix[j, i] = np.corrcoef(ranks[0], ranks[1])[0, 1]
        found.append(matrix)
    return _mean(np.stack(found), axis=0)


def _mean(values: Array, *, axis: int) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing known: NaN is the answer
        mean: Array = np.nanmean(values, axis=axis)
    return mean


def _cell(row: Row, other: Row, apart: float, order: float, unit: str, heat: Heat) -> Cell:
    rho = number(float(order))
    return Cell(
        text=number(float(apart)),
        sort=exact(float(apart)),
        detail=f"ρ {rho}",
        hint=inert(f"{row.model} and {other.model}: {apart:.4g} {unit}, ρ {rho}", limit=240),
        shade=heat.shade(float(apart)),
    )
