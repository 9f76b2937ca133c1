"""Claims: every value beside a published number, recomputed from stored predictions and labels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionladder.board.claims import beside, convention_scores, read_claims
from ionladder.board.model import read_board
from ionladder.cli import boards, contributor
from ionladder.config import load_params
from ionladder.data.registry import all_tasks, get_task
from ionladder.errors import ConfigError
from ionladder.repo import Layout
from ionladder.score import TaskScorer

LAYOUT = Layout(Path(__file__).resolve().parents[2])
CLAIMS = {name: read_claims(name) for name in ("obelix", "litraj")}
OBELIX = [claim for claim in CLAIMS["obelix"] if claim.task]


def analysis(task):
    found: dict[str, Any] = read_board(LAYOUT, task)[1].get("conventions", {})
    return found


def recomputed(claim, name):
    """Mean over seeds of the MAE, from the files alone."""
    folder = LAYOUT.submission_dir(claim.task, name)
    data = LAYOUT.version_dir("obelix", "1.2.0")
    truth, split = (pd.read_parquet(data / f"{n}.parquet") for n in ("labels", "splits"))
    rows = truth.merge(split, on="id").set_index("id")
    if claim.place == "test":
        predicted = pd.read_csv(folder / "predictions.csv", dtype={"id": str})
    else:
        predicted = pd.read_parquet(folder / "cv_predictions.parquet")
        predicted = predicted[predicted["scheme"] == claim.place]
    rows = rows.loc[predicted["id"]].reset_index()
    y_true, limit = rows["log10_sigma"], rows["log10_sigma_limit"]
    y_true = limit.fillna(y_true) if claim.censored == "limit" else y_true
    is_kept = limit.isna() if claim.censored == "dropped" else limit.notna() | True
    if claim.subset == "cif":
        is_kept &= rows["in_cif"]
    errors = np.abs(predicted["log10_sigma"].to_numpy() - y_true.to_numpy())[is_kept]
    return float(errors.mean()), rows.loc[is_kept, "id"].nunique()


@pytest.mark.data
def test_every_value_beside_a_claim_follows_from_stored_predictions():
    n_values = 0
    for claim in OBELIX:
        for name, (value, n) in beside(claim, analysis(claim.task)).items():
            if name != claim.same:
                assert (value, n) == pytest.approx(recomputed(claim, name), abs=2e-6), claim.model
                n_values += 1
    assert n_values >= 40


@pytest.mark.data
@pytest.mark.parametrize(
    ("censored", "values"),
    [("limit", {"hgb-l1": 1.281, "rf-paper": 1.331}), ("dropped", {"hgb-l1": 1.253})],
)
def test_the_known_numbers_under_other_conventions(censored, values):
    task, params = get_task("obelix"), load_params(LAYOUT)
    how = (LAYOUT, task, params.task_versions["obelix"], params.scoring)
    scorer = TaskScorer.open(*how)
    scored = {name: scorer.score(LAYOUT.submission_dir("obelix", name)) for name in values}
    found = convention_scores(task, scored, scorer)[censored]
    other = TaskScorer.open(*how, censored=censored)
    for name, value in values.items():
        assert found[name]["test"]["all"][0] == pytest.approx(value, abs=5e-4)
        evaluation = other.score(LAYOUT.submission_dir("obelix", name)).evaluation
        direct = evaluation.score("log10_sigma", "all", "mae").value
        assert found[name]["test"]["all"][0] == pytest.approx(direct, abs=1e-6)


def test_authors_own_predictions_give_the_number_that_they_print():
    own = [claim for claims in CLAIMS.values() for claim in claims if claim.same]
    assert {claim.same for claim in own} == {"catboost-screening", "model-3"}
    for claim in own:
        value, _ = beside(claim, analysis(claim.task))[claim.same]
        assert f"{value:.{len(claim.value.partition('.')[2])}f}" == claim.value


def test_claims_name_boards_places_and_subsets_that_there_are():
    assert len(CLAIMS["obelix"]) + len(CLAIMS["litraj"]) >= 12
    for claim in (claim for claims in CLAIMS.values() for claim in claims if claim.task):
        task = all_tasks()[claim.task]
        assert claim.place in {"test", *(cv.scheme for cv in task.cross_validation)}
        assert claim.subset in {subset.name for subset in task.subsets}
        assert claim.ours, "nothing to set beside"
    with pytest.raises(ConfigError, match="expected one of litraj, obelix; found 'obelx'"):
        read_claims("obelx")


@pytest.mark.data
def test_commands_say_what_was_counted_how(capsys):
    boards.claims("obelix")
    printed = capsys.readouterr().out
    assert "hgb-l1 1.281 (n = 121), rf-paper 1.331 (n = 121)" in printed
    boards.claims("litraj", json=True)
    assert len(json.loads(capsys.readouterr().out)) == len(CLAIMS["litraj"])
    contributor.score(LAYOUT.submission_dir("obelix", "hgb-l1"), convention="limit", json=True)
    receipt = json.loads(capsys.readouterr().out)
    assert receipt["convention"] == "limit"
    contributor.score(LAYOUT.submission_dir("obelix", "hgb-l1"), convention="dropped")
    assert "Upper limits: dropped. Not comparable with the board" in capsys.readouterr().out
