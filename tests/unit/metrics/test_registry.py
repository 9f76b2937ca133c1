"""Finding metrics by name."""

from __future__ import annotations

import pytest

from ionladder.errors import ConfigError
from ionladder.metrics import MAE_METRIC as METRIC
from ionladder.metrics import all_metrics, get_metric


def test_the_registry_holds_one_metric_per_public_module() -> None:
    assert list(all_metrics()) == [
        "enrichment_top12",
        "f1",
        "f1_below",
        "mae",
        "mae_censored",
        "mae_clipped",
        "mae_log1p",
        "median_ae",
        "pearson_r",
        "precision",
        "r2",
        "recall",
        "rmse",
        "roc_auc",
        "slope",
        "spearman",
        "within_one_decade",
    ]


def test_a_metric_is_found_by_name() -> None:
    assert get_metric("mae") is METRIC


def test_changing_the_returned_table_leaves_the_registry_alone() -> None:
    all_metrics().clear()

    assert "mae" in all_metrics()


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        get_metric("precison")

    letter = str(caught.value)
    assert letter.startswith(
        "metric 'precison': expected one of enrichment_top12, f1, f1_below, mae, "
    )
    assert "Did you mean 'precision'?" in letter


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(ConfigError) as caught:
        get_metric("xyz")

    assert "Did you mean" not in str(caught.value)
