"""A board gets columns on stated uncertainty from the receipts that have some."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import tiny
from ionladder.board.build import uncertainty_columns
from ionladder.receipt import calibration_json as uncertainty
from ionladder.specs import MEAN_OF_TARGETS, Primary
from ionladder.stats.calibration import SCORES

TWO = replace(
    tiny.TASK,
    targets=(tiny.TASK.targets[0], replace(tiny.TASK.targets[0], name="e", limit_column=None)),
    primary=Primary(target=MEAN_OF_TARGETS, metric="mae", subset="all"),
)


def predictions() -> pd.DataFrame:
    return tiny.predictions(1.0).assign(log10_sigma_std=[0.5, 2.0, 1.0, 1.0, 0.8, 1.0], seed=0)


def test_the_columns_of_a_board_are_the_scores_of_its_target() -> None:
    found = uncertainty(tiny.LABELS, predictions(), tiny.TASK)
    columns = uncertainty_columns({"uncertainty": found}, tiny.TASK)
    assert found is not None
    assert columns == {name: found["log10_sigma"][name] for name in SCORES}


def test_a_board_of_several_targets_shows_means_or_nothing() -> None:
    labels = tiny.LABELS.assign(e=1.0)
    rows = predictions().assign(e=1.5, e_std=0.5)
    found = uncertainty(labels, rows, TWO)
    columns = uncertainty_columns({"uncertainty": found}, TWO)
    assert found is not None
    for name in SCORES:
        assert columns[name] == pytest.approx((found["log10_sigma"][name] + found["e"][name]) / 2)
    part = uncertainty(labels, rows.drop(columns="e_std"), TWO)
    assert part is not None
    assert list(part) == ["log10_sigma"]
    assert uncertainty_columns({"uncertainty": part}, TWO) == {}


@pytest.mark.parametrize("receipt", [{}, {"uncertainty": None}])
def test_a_receipt_without_uncertainty_adds_no_columns(receipt: dict[str, Any]) -> None:
    assert uncertainty_columns(receipt, tiny.TASK) == {}
