"""Metrics that weigh entries, pass over some, or are computed for some targets only."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from ionladder.evaluation import Scorer
from ionladder.specs import MetricUse

TASK, LABELS, SETTINGS = tiny.task("weighted"), tiny.table("weighted_labels"), tiny.SETTINGS
IDS = LABELS["id"]


def scored(force, converged=None):
    rows = pd.DataFrame(
        {
            "id": IDS,
            "force": force,
            "force_rms": force,
            "converged": [1] * 5 if converged is None else converged,
        }
    )
    return Scorer(LABELS, TASK, settings=SETTINGS).score(rows)


def test_weights_make_large_entries_count_more():
    evaluation = scored([1.0, 1.0, 1.0, 1.0, 3.0])

    assert evaluation.score("force", "all", "mae").value == pytest.approx(1.4)
    # (10 + 20 + 30 + 40) · 1 + 100 · 3 over 200 atoms
    assert evaluation.score("force", "all", "mae_by_atom").value == pytest.approx(2.0)
    root = evaluation.score("force_rms", "all", "rmse_by_atom").value
    assert root == pytest.approx(np.sqrt((100 * 1.0 + 100 * 9.0) / 200))


def test_only_flagged_entries_count_where_the_metric_says_so():
    evaluation = scored([1.0, 2.0, 3.0, 4.0, 5.0], converged=[1, 0, 1, 0, 1])

    assert evaluation.score("force", "all", "mae").value == pytest.approx(3.0)
    assert evaluation.score("force", "all", "mae_converged").value == pytest.approx(3.0)
    assert scored([1.0, 9.0, 3.0, 9.0, 5.0], converged=[1, 0, 1, 0, 1]).score(
        "force", "all", "mae_converged"
    ).value == pytest.approx(3.0)


@given(st.lists(st.floats(0, 50), min_size=5, max_size=5))
def test_equal_weights_give_the_plain_mean_with_its_interval(force):
    labels = LABELS.assign(n_atoms=7)
    rows = pd.DataFrame({"id": IDS, "force": force, "force_rms": force, "converged": 1})

    evaluation = Scorer(labels, TASK, settings=SETTINGS).score(rows)
    plain, weighted, flagged = (
        evaluation.score("force", "all", name) for name in ("mae", "mae_by_atom", "mae_converged")
    )

    for other in (weighted, flagged):
        assert other.value == pytest.approx(plain.value, abs=1e-12)
        assert other.ci_low == pytest.approx(plain.ci_low, abs=1e-9)
        assert other.ci_high == pytest.approx(plain.ci_high, abs=1e-9)


@pytest.mark.parametrize(
    "use",
    [
        MetricUse(name="mae", metric="mae", title="MAE", weight="n_atoms"),
        MetricUse(name="mae", metric="mae", title="MAE", only="converged"),
        MetricUse(name="mae", metric="mae", title="MAE", targets=("force_rms",)),
    ],
)
def test_a_task_cannot_rank_by_a_metric_that_weighs_or_passes_over(use):
    with pytest.raises(ValueError, match="ranks by a metric that"):
        replace(TASK, metrics=(use,))
