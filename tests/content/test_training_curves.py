"""The committed training curves are those of the trainings that their cards describe."""

from pathlib import Path

import pandas as pd
import pytest

from ionladder.baselines.registry import get_baseline
from ionladder.baselines.runner import CURVE_COLUMNS
from ionladder.repo import Layout

LAYOUT = Layout(Path(__file__).resolve().parents[2])
TABLES = sorted(LAYOUT.training_curve("any").parent.glob("*.csv"))
LARGEST_BYTES = 100_000


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_seed_and_epoch_of_the_card_is_there(path):
    spec, table = get_baseline(path.stem), pd.read_csv(path)
    settings = spec.settings
    epochs = {"training": settings["epochs"]}
    if "pretraining_epochs" in settings:
        epochs["pretraining"] = settings["pretraining_epochs"]

    assert path.stat().st_size < LARGEST_BYTES
    assert tuple(table.columns) == CURVE_COLUMNS
    assert set(table["stage"]) == set(epochs)
    for (stage, _), rows in table.groupby(["stage", "seed"]):
        assert rows["epoch"].tolist() == list(range(1, epochs[stage] + 1))
    for _, rows in table.groupby("stage"):
        assert sorted(set(rows["seed"])) == list(range(spec.n_seeds))


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_training_learnt(path):
    for _, rows in pd.read_csv(path).groupby(["stage", "seed"]):
        assert (rows[["training_loss", "training_mae"]] > 0).all(axis=None)
        assert rows["training_loss"].iloc[-1] < rows["training_loss"].iloc[0]
