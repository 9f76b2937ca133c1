"""Writing a submission folder: the same bytes for the same predictions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ionladder.core.files import write_text
from ionladder.submissions.metadata import CARD_FILE, Card
from ionladder.submissions.predictions import CV_STEM, PREDICTIONS_STEM

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 6


def write_submission(
    folder: Path,
    *,
    card: dict[str, Any],
    predictions: pd.DataFrame | None,
    cv_predictions: pd.DataFrame | None = None,
) -> None:
    """Write ``submission.yaml``, ``predictions.csv`` and ``cv_predictions.parquet``.

    Floats are rounded to six decimals, rows sorted by seed and id (or scheme, repeat, fold, id).

    Args:
        folder: Submission folder; made if missing, its three files replaced.
        card: Fields of ``submission.yaml``; missing optional fields are left out of the file.
        predictions: Columns ``id``, targets, and optionally ``<target>_std`` and ``seed``; None
            for a task that is scored on folds.
        cv_predictions: Columns ``scheme, repeat, fold, id`` and targets, or None.

    Raises:
        pydantic.ValidationError: The card is not valid (an error of the caller).
    """
    Card.model_validate(card)
    write_text(folder / CARD_FILE, to_yaml(card))
    write_tables(folder, predictions=predictions, cv_predictions=cv_predictions)


def write_tables(
    folder: Path, *, predictions: pd.DataFrame | None, cv_predictions: pd.DataFrame | None
) -> None:
    """Write the tables of a submission without its card, as :func:`write_submission` does."""
    if predictions is not None:
        _write_csv(folder / f"{PREDICTIONS_STEM}.csv", predictions)
    if cv_predictions is not None:
        _write_cv(folder / f"{CV_STEM}.parquet", cv_predictions)


def to_yaml(card: dict[str, Any]) -> str:
    """A card as YAML in the order given, without the fields that are not stated."""
    stated = {name: value for name, value in card.items() if value is not None}
    return yaml.safe_dump(stated, sort_keys=False, allow_unicode=True, width=100)


def _write_csv(path: Path, predictions: pd.DataFrame) -> None:
    keys = [name for name in ("seed", "id") if name in predictions.columns]
    ordered = predictions.sort_values(keys, kind="stable").round(DECIMALS)
    columns = ["id", *(name for name in ordered.columns if name != "id")]
    text = ordered[columns].to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
    write_text(path, text)


def _write_cv(path: Path, cv_predictions: pd.DataFrame) -> None:
    import pyarrow as pa

    from ionladder.core.tables import write_parquet

    keys = ["scheme", "repeat", "fold", "id"]
    targets = [name for name in cv_predictions.columns if name not in keys]
    columns = {
        "scheme": pa.array(cv_predictions["scheme"].astype(str), type=pa.string()),
        "repeat": pa.array(cv_predictions["repeat"].astype("int8")),
        "fold": pa.array(cv_predictions["fold"].astype("int8")),
        "id": pa.array(cv_predictions["id"].astype(str), type=pa.string()),
        **{name: pa.array(cv_predictions[name].astype(float).round(DECIMALS)) for name in targets},
    }
    write_parquet(path, pa.table(columns), sort_by=keys, metadata={})
