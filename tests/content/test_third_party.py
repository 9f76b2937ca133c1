"""Scores of predictions that others publish, computed again where their files are here."""

import pandas as pd
import pytest

from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.errors import DataMissingError, ReferenceMissingError
from ionladder.score import TaskScorer
from ionladder.submit.predictions import read_predictions


@pytest.mark.parametrize(
    ("task", "name", "expected"),
    [
        ("em619", "model-3", {"mae": 0.2607, "r2": 0.7027, "accuracy_0.5": 0.8333}),
        ("em619", "mace-mp-relaxed", {"mae": 0.3397, "accuracy_0.5": 0.7333}),
        ("em619", "mace-mp-unrelaxed", {"mae_converged": 1.7157}),
        ("em619", "chgnet-relaxed", {"mae": 0.3340, "mae_converged": 0.2434}),
        ("em619", "orb-v3-relaxed", {"mae": 0.2547, "mae_converged": 0.1570}),
        ("em619", "sevennet-ompa-relaxed", {"mae": 0.2733, "mae_converged": 0.1772}),
        ("obelix", "catboost-screening", {"mae": 1.6335, "mae_censored": 1.3029}),
    ],
)
def test_a_third_party_scores_as_was_recomputed_by_hand(layout, task, name, expected):
    spec, params = get_task(task), load_params(layout)
    try:
        scorer = TaskScorer.open(layout, spec, params.task_versions[task], params.scoring)
        scored = scorer.score(layout.submission_dir(task, name))
    except (DataMissingError, ReferenceMissingError) as error:
        pytest.skip(str(error))
    target = spec.primary.target
    found = {key: scored.evaluation.score(target, "all", key).value for key in expected}
    assert found == pytest.approx(expected, abs=5e-5)


def test_a_row_says_how_many_of_its_predictions_were_not_computed(layout):
    folder = layout.submission_dir("em619", "orb-v3-relaxed")
    ids = pd.read_csv(folder / "predictions.csv")["id"].tolist()

    for name, remarks in (
        ("orb-v3-relaxed", ("5 of 60 predictions are marked as not converged.",)),
        ("chgnet-path", ()),
    ):
        where = layout.submission_dir("em619", name)
        table, problems = read_predictions(
            where, get_task("em619"), test_ids=ids, train_ids=(), shown_as=name
        )
        assert not problems
        assert table is not None
        assert table.remarks == remarks
