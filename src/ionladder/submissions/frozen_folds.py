"""Out-of-fold predictions held to the frozen folds: every entry in its fold, once a repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ionladder.core.problems import Problem, first_few
from ionladder.submissions.coverage import coverage_problems

if TYPE_CHECKING:
    import pandas as pd


def fold_problems(columns: Mapping[str, Any], folds: pd.DataFrame, file: str) -> list[Problem]:
    """Compare rows with the frozen folds.

    Args:
        columns: ``scheme, repeat, fold, id`` of the rows, each a list or an array.
        folds: The frozen folds, with the same columns.
        file: The file as messages name it.

    Returns:
        Unknown schemes and repeats, entries missing, unknown or repeated, and entries in another
        fold; empty when the rows are the frozen ones.
    """
    import pandas as pd

    if _follows_exactly(columns, folds):
        return []
    rows = pd.DataFrame(columns)
    known = set(folds["scheme"])
    problems = []
    unknown_schemes = sorted(set(rows["scheme"]) - known)
    if unknown_schemes:
        problems.append(
            Problem(
                where=f"{file}, column `scheme`",
                expected=f"one of {', '.join(sorted(known))}",
                found=first_few(map(repr, unknown_schemes)),
                next_step="Use the frozen folds in folds.parquet of the dataset version.",
            )
        )
    frozen = folds[folds["scheme"].isin(rows["scheme"].unique())]
    for (scheme, repeat), part in frozen.groupby(["scheme", "repeat"], observed=True):
        mine = rows[(rows["scheme"] == scheme) & (rows["repeat"] == repeat)]
        where = f"{file}, scheme {scheme}, repeat {repeat}"
        cover = coverage_problems(mine["id"].tolist(), expected=set(part["id"]), where=where)
        problems += cover
        if cover:
            continue
        both = mine.merge(part, on="id", suffixes=("", "_frozen"))
        wrong = both[both["fold"] != both["fold_frozen"]]
        if len(wrong):
            problems.append(
                Problem(
                    where=f"{where}, id {wrong['id'].iloc[0]}",
                    expected=f"fold {wrong['fold_frozen'].iloc[0]}",
                    found=f"fold {wrong['fold'].iloc[0]} ({len(wrong)} rows differ)",
                    next_step="Predict each entry from the training part of its frozen fold.",
                )
            )
    extra = rows.merge(folds[["scheme", "repeat"]].drop_duplicates(), how="left", indicator=True)
    unknown = extra[(extra["_merge"] == "left_only") & extra["scheme"].isin(known)]
    if len(unknown):
        problems.append(
            Problem(
                where=f"{file}, column `repeat`",
                expected=f"repeats {sorted(set(folds['repeat']))}",
                found=first_few(sorted(set(unknown["repeat"]))),
                next_step="Remove the rows of the other repeats.",
            )
        )
    return problems


def _follows_exactly(columns: Mapping[str, Any], folds: pd.DataFrame) -> bool:
    """Whether the rows are those of the frozen folds; which rows are wrong costs far more."""
    keys = ("scheme", "repeat", "fold", "id")
    mine = list(zip(*(as_list(columns[key]) for key in keys), strict=True))
    frozen = folds[folds["scheme"].isin(set(columns["scheme"]))]
    if len(mine) != len(frozen):
        return False
    return set(mine) == set(zip(*(frozen[key].tolist() for key in keys), strict=True))


def as_list(column: Any) -> list[Any]:
    """A list of a column that is a list or an array."""
    values: list[Any] = column if isinstance(column, list) else column.tolist()
    return values
