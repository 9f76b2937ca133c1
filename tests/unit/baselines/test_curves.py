"""Training curves: who keeps them, and the table they are written to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ionladder.baselines import runner
from ionladder.baselines.check import check
from ionladder.baselines.curves import COLUMNS, Curve, Watch, watched, write_curves
from ionladder.baselines.registry import get_baseline, load_model
from ionladder.baselines.runner import run
from ionladder.cli.maintainer import _curves, baseline
from ionladder.errors import BaselineError
from ionladder.repo import Layout
from unit.baselines.tiny_task import tiny_inputs

PARAMS = SimpleNamespace(task_versions={"obelix": "1.2.0"})
CURVE = Curve("training", 0, "log10(S/cm)", (0.81234, 0.5, 0.25), (2.0, 1.00006, 1.5), 2)


@dataclass(frozen=True)
class Taught:
    """A model that claims to have been trained for three epochs."""

    watch: Watch | None = None

    def __call__(self, *arguments: object, seed: int) -> np.ndarray:
        if self.watch is not None:
            self.watch(replace(CURVE, seed=seed))
        return np.full(len(arguments[2]), -5.0 - seed)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """An empty repository whose task holds the tiny entries; a baseline is taught in three."""
    spec = replace(get_baseline("rf-paper"), folds=False, n_seeds=3)
    monkeypatch.setattr(runner, "load_inputs", lambda *_: tiny_inputs())
    monkeypatch.setattr(runner, "get_baseline", lambda _: spec)
    monkeypatch.setattr(runner, "load_model", lambda _: Taught())
    return Layout(tmp_path)


def test_a_table_has_a_row_for_every_epoch(tmp_path: Path) -> None:
    layout = Layout(tmp_path)

    path = write_curves(layout, "my-model", [CURVE, replace(CURVE, seed=1, best_epoch=3)])

    assert layout.relative(path) == "benchmarks/results/training_curves/my-model.csv"
    lines = path.read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1:4] == [
        "training,0,1,0.8123,2.0000,log10(S/cm),false",
        "training,0,2,0.5000,1.0001,log10(S/cm),true",
        "training,0,3,0.2500,1.5000,log10(S/cm),false",
    ]
    table = pd.read_csv(path)
    assert table.loc[table["chosen"], "epoch"].tolist() == [2, 3]


def test_a_run_and_a_check_show_the_curve_of_every_training(layout: Layout) -> None:
    written: list[Curve] = []
    again: list[Curve] = []

    run(layout, PARAMS, "rf-paper", "obelix", watch=written.append)
    check(layout, PARAMS, "rf-paper", "obelix", n_seeds=2, watch=again.append)

    assert [curve.seed for curve in written] == [0, 1, 2]
    assert again == written[:2]


def test_who_does_not_ask_is_shown_nothing(layout: Layout) -> None:
    assert run(layout, PARAMS, "rf-paper", "obelix").card.seeds == [0, 1, 2]


def test_a_model_without_epochs_has_no_curve() -> None:
    spec = get_baseline("train-median")

    with pytest.raises(BaselineError, match="ionladder baseline train-median --curves: expected a"):
        watched(load_model(spec), print, name=spec.name)


def test_no_model_of_paths_has_a_curve() -> None:
    with pytest.raises(BaselineError, match="ionladder baseline linear-path --curves: expected a"):
        baseline("linear-path", task="nebdft2k-path", curves=True)


def test_curves_are_written_when_the_training_went_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path)

    with _curves(layout, "my-model", wanted=True) as watch:
        watch(CURVE)

    shown = "benchmarks/results/training_curves/my-model.csv: curves of 1 training written."
    assert shown in capsys.readouterr().out
    assert layout.training_curve("my-model").is_file()


def test_a_training_that_failed_leaves_no_curves(tmp_path: Path) -> None:
    layout = Layout(tmp_path)

    def fail() -> None:
        with _curves(layout, "my-model", wanted=True) as watch:
            watch(CURVE)
            raise MemoryError

    with pytest.raises(MemoryError):
        fail()

    assert not layout.benchmarks_results.exists()


def test_nobody_watches_where_curves_are_not_wanted(tmp_path: Path) -> None:
    with _curves(Layout(tmp_path), "my-model", wanted=False) as watch:
        assert watch is None

    assert list(tmp_path.iterdir()) == []
