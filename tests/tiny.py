"""A six-entry task that can be scored with pencil and paper."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from pydantic import TypeAdapter

from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels
from ionladder.repo import Layout
from ionladder.score import TaskScorer
from ionladder.specs import CrossValidation, Task
from ionladder.submit.validate import Expectations

_FACTS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))


def made(name: str, kind: type = Task) -> Any:
    """An object of ``tiny.yaml``, a task unless another kind is named."""
    return TypeAdapter(kind).validate_python(_FACTS[name])


def table(name: str) -> pd.DataFrame:
    """A table of it."""
    return pd.DataFrame(_FACTS[name])


TASK = made("task")
LABELS, TRAIN, REPLICATES, FOLDS = map(table, ("labels", "train", "replicates", "folds"))
TRAIN_IDS = tuple(TRAIN["id"])

# The same four training entries, predicted out of fold; another scheme may stand beside.
FOLDS_TASK = replace(
    TASK,
    name="tiny-folds",
    scored_folds=TASK.cross_validation[0],
    cross_validation=(
        CrossValidation(scheme="shuffled", title="shuffled", is_primary=False, note=""),
    ),
)

BOTH_SCHEMES = pd.concat([FOLDS, FOLDS.assign(scheme="shuffled")], ignore_index=True)

SETTINGS = ScoringSettings(resamples=500, seed=7, confidence=0.95)

EXPECTATIONS = Expectations(test_ids=tuple(LABELS["id"]), train_ids=TRAIN_IDS, folds=FOLDS)

FOLDS_EXPECTATIONS = Expectations(test_ids=TRAIN_IDS, train_ids=TRAIN_IDS, folds=BOTH_SCHEMES)

CARD = _FACTS["card"]


def predictions(offset: float = 1.0) -> pd.DataFrame:
    """Every label plus an offset."""
    return pd.DataFrame({"id": LABELS["id"], "log10_sigma": LABELS["log10_sigma"] + offset})


def write_submission(folder: Path, *, card: str = CARD, csv: str | None = None) -> Path:
    """A valid submission folder, or one with its card or predictions replaced."""
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(card, encoding="utf-8")
    text = predictions().to_csv(index=False) if csv is None else csv
    (folder / "predictions.csv").write_text(text, encoding="utf-8")
    return folder


def evaluation_labels(labels: pd.DataFrame = LABELS) -> EvaluationLabels:
    """The tiny labels as scoring receives them, with two pairs of repeated measurements."""
    hashes = {"labels_sha256": "l" * 64, "split_sha256": "s" * 64}
    return EvaluationLabels(labels, TRAIN, REPLICATES, **hashes, folds=FOLDS)


def folds_submission(folder: Path, rows: pd.DataFrame) -> Path:
    """A submission of out-of-fold predictions: ``scheme, repeat, fold, id, log10_sigma``."""
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD, encoding="utf-8")
    rows.to_csv(folder / "cv_predictions.csv", index=False)
    return folder


def folds_scorer(root: Path) -> TaskScorer:
    """A scorer of the training entries, out of fold."""
    labels = evaluation_labels()
    scored = replace(labels, test=labels.train, folds=BOTH_SCHEMES)
    return TaskScorer(FOLDS_TASK, "1.0.0", scored, SETTINGS, Layout(root))


def scorer(root: Path, labels: pd.DataFrame = LABELS) -> TaskScorer:
    """A scorer for submissions below a folder."""
    return TaskScorer(TASK, "1.0.0", evaluation_labels(labels), SETTINGS, Layout(root))
