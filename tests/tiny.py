"""A six-entry task that can be scored with pencil and paper."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels
from ionladder.repo import Layout
from ionladder.score import TaskScorer
from ionladder.specs import CrossValidation, MetricUse, PrimaryMetric, Subset, Target, Task
from ionladder.submit.validate import Expectations

TASK = Task(
    name="tiny",
    title="Tiny",
    question="How well does a model predict six numbers?",
    dataset="tiny",
    split="official",
    targets=(
        Target(
            name="log10_sigma",
            symbol="log₁₀ σ",
            unit="log10(S/cm)",
            error_unit="decades",
            description="Conductivity.",
            plausible=(-60.0, 20.0),
            limit_column="log10_sigma_limit",
        ),
    ),
    metrics=(
        MetricUse(name="mae", metric="mae", title="MAE"),
        MetricUse(name="mae_censored", metric="mae_censored", title="MAE, censored-aware"),
        MetricUse(name="rmse", metric="rmse", title="RMSE"),
        MetricUse(name="spearman", metric="spearman", title="Spearman"),
        MetricUse(name="recall_1e-4", metric="recall", title="Recall", options={"threshold": -4.0}),
    ),
    subsets=(
        Subset(name="all", title="all test entries"),
        Subset(name="cif", title="with CIF", column="in_cif", equals=True),
        Subset(name="uncensored", title="uncensored", column="censoring", equals="none"),
    ),
    primary=PrimaryMetric(target="log10_sigma", metric="mae", subset="all"),
    group_column="component",
    replicate_column="replicate_group",
    cross_validation=(
        CrossValidation(scheme="grouped", title="grouped", is_primary=True, note=""),
    ),
    references=("median",),
)

# The same four training entries, predicted out of fold; another scheme may stand beside.
FOLDS_TASK = replace(
    TASK,
    name="tiny-folds",
    scored_folds=TASK.cross_validation[0],
    cross_validation=(
        CrossValidation(scheme="shuffled", title="shuffled", is_primary=False, note=""),
    ),
)

# Four groups of related entries; one label is only known to be below 1e-10 S/cm.
LABELS = pd.DataFrame(
    {
        "id": ["019", "5e2", "7cr", "aaa", "max", "zzz"],
        "log10_sigma": [-4.0, -6.0, -15.0, -3.0, -8.0, -5.0],
        "log10_sigma_limit": [np.nan, np.nan, -10.0, np.nan, np.nan, np.nan],
        "censoring": ["none", "none", "left", "none", "none", "none"],
        "in_cif": [True, True, False, True, False, False],
        "component": [0, 0, 1, 2, 3, 3],
    }
)

TRAIN_IDS = ("t01", "t02", "t03", "t04")

FOLDS = pd.DataFrame(
    {
        "scheme": ["grouped"] * 8,
        "repeat": [0] * 4 + [1] * 4,
        "fold": [0, 0, 1, 1, 0, 1, 0, 1],
        "id": [*TRAIN_IDS, *TRAIN_IDS],
    }
)

BOTH_SCHEMES = pd.concat([FOLDS, FOLDS.assign(scheme="shuffled")], ignore_index=True)

SETTINGS = ScoringSettings(resamples=500, seed=7, confidence=0.95)

EXPECTATIONS = Expectations(test_ids=tuple(LABELS["id"]), train_ids=TRAIN_IDS, folds=FOLDS)

FOLDS_EXPECTATIONS = Expectations(test_ids=TRAIN_IDS, train_ids=TRAIN_IDS, folds=BOTH_SCHEMES)

CARD = """\
model: Tiny model
description: Predicts the label plus one decade.
authors:
  - name: A. Author
training_data: tiny train split
inputs: composition
licence: MIT
"""


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
    train = pd.DataFrame(
        {
            "id": TRAIN_IDS,
            "log10_sigma": [-4.0, -5.0, -6.0, -7.0],
            "log10_sigma_limit": [np.nan] * 4,
            "censoring": "none",
            "in_cif": True,
            "component": [10, 11, 12, 13],
        }
    )
    replicates = pd.DataFrame(
        {
            "id": ["019", "5e2", "t01", "t02"],
            "log10_sigma": [-4.0, -6.0, -4.0, -5.0],
            "replicate_group": [0, 0, 1, 1],
        }
    )
    return EvaluationLabels(
        test=labels,
        train=train,
        replicates=replicates,
        labels_sha256="l" * 64,
        split_sha256="s" * 64,
        folds=FOLDS,
    )


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
