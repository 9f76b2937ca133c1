"""The published board: complete, honest about its hashes, and the same on every version."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionladder.board.claims import beside, convention_scores, read_claims
from ionladder.board.compare import compare_submissions, pair_table
from ionladder.board.history import receipt_problems
from ionladder.board.model import read_board, read_pairs, stored_board, to_csv
from ionladder.cli import boards, contributor
from ionladder.config import load_params
from ionladder.data.registry import all_tasks, get_task
from ionladder.errors import ConfigError
from ionladder.repo import Layout, read_json, to_json
from ionladder.score import TaskScorer, submission_folders
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.text import submission_url

LAYOUT = Layout(Path(__file__).resolve().parents[2])
PARAMS = load_params(LAYOUT)
TASKS = sorted(PARAMS.task_versions)
FOLDERS = [folder for task in TASKS for folder in submission_folders(LAYOUT, task)]


def board(task="obelix"):
    """A published leaderboard."""
    return read_board(LAYOUT, task)[0]


def row(submission):
    """A row of the OBELiX board."""
    (found,) = [each for each in board()["rows"] if each["submission"] == submission]
    return found


@pytest.mark.parametrize("task", TASKS)
def test_every_submission_has_a_row_and_a_receipt_of_its_files(task):
    assert receipt_problems(LAYOUT, task) == []
    rows = {row["submission"] for row in board(task)["rows"]} - {None}
    assert rows == {folder.name for folder in submission_folders(LAYOUT, task)}


@pytest.mark.parametrize("task", TASKS)
def test_the_flat_table_is_that_of_the_board(task):
    assert LAYOUT.leaderboard_csv(task).read_text() == to_csv(stored_board(board(task))["rows"])


@pytest.mark.parametrize("task", TASKS)
def test_rows_rest_on_the_version_and_labels_that_the_board_names(task):
    published = board(task)
    assert published["dataset_version"] == PARAMS.task_versions[task]
    receipts = [read_json(path) for path in sorted(LAYOUT.receipts_dir(task).iterdir())]
    assert {receipt["dataset_version"] for receipt in receipts} == {published["dataset_version"]}
    assert len({receipt["hashes"]["labels_sha256"] for receipt in receipts}) == 1
    assert len({receipt["hashes"]["split_sha256"] for receipt in receipts}) == 1


def test_the_known_numbers_of_obelix_stand_on_the_board():
    # Measured independently on the published files (medians) and printed in the paper (floor 0.41).
    assert row("train-median")["mae"] == pytest.approx(2.162563, abs=1e-6)
    assert row("train-median-cif")["subsets"]["cif"]["mae"] == pytest.approx(2.815287, abs=1e-6)
    floors = {floor["name"]: floor for floor in board()["floors"]}
    floor = floors["replicate_median_deviation"]
    assert floor["value"] == pytest.approx(0.4077529, abs=5e-7)
    assert (floor["n_groups"], floor["n_entries"]) == (48, 122)
    assert {name: subset["n"] for name, subset in row("train-median")["subsets"].items()} == {
        "all": 121,
        "cif": 67,
        "no_cif": 54,
        "uncensored": 113,
    }


def test_the_random_forest_reproduces_and_the_mlp_is_said_not_to():
    forest, mlp = row("rf-paper"), row("mlp-paper")
    assert (forest["n_seeds"], mlp["n_seeds"]) == (20, 20)
    assert forest["mae"] == pytest.approx(1.586, abs=0.03)
    reported = {
        each["model"]: each
        for each in board()["rows"]
        if each["kind"] == "reported" and each["reported"]["table"] == "Table 2"
    }
    assert reported["RF"]["mae"] == 1.54
    assert reported["RF"]["subsets"]["cif"]["mae"] == 1.82
    assert reported["MLP"]["mae"] == 1.64
    assert reported["MLP"]["reported"]["verified_by"] == "mlp-paper"
    assert "Does not reproduce" in reported["MLP"]["reported"]["verdict"]
    # The printed value lies below every one of the twenty seeds.
    receipt = read_json(LAYOUT.receipt("obelix", "mlp-paper"))
    score = receipt["targets"]["log10_sigma"]["all"]["metrics"]["mae"]
    assert score["seed_min"] > reported["MLP"]["mae"]


def test_reported_rows_are_never_ranked_and_name_their_verified_twin():
    reported = [each for each in board()["rows"] if each["kind"] == "reported"]
    assert len(reported) == 20
    submissions = {folder.name for folder in FOLDERS}
    for each in reported:
        assert each["rank"] is None
        assert each["n_scored"] is None
        assert each["reported"]["source"]
        assert each["reported"]["verdict"]
        assert each["reported"]["verified_by"] in {None, *submissions}


@pytest.mark.data
@pytest.mark.parametrize(
    "version", [v.version for v in PARAMS.versions.values() if v.dataset == "obelix"]
)
def test_all_released_versions_give_identical_scores(version):
    # No label, row or split changed in any release, so any difference is an error of ours.
    task = get_task("obelix")
    scorer = TaskScorer.open(LAYOUT, task, version, PARAMS.scoring)
    for name in ("train-median", "rf-paper"):
        receipt = scorer.score(LAYOUT.submission_dir("obelix", name)).receipt
        published = read_json(LAYOUT.receipt("obelix", name))
        assert receipt.pop("dataset_version") == version
        published.pop("dataset_version")
        # Four structures became disordered in 1.2.0, one of them in the test set: slices by order
        # may differ, scores may not.
        for each in (receipt, published):
            each.pop("slices")
            each["hashes"].pop("slices_sha256")
        assert to_json(receipt) == to_json(published)


# --- Ranks, groups, verdicts and probabilities agree on every board and page; erring never helps

LAYOUT = Layout(Path(__file__).resolve().parents[2])
PARAMS = load_params(LAYOUT)
SCORED = [name for name in sorted(PARAMS.task_versions) if LAYOUT.leaderboard_json(name).is_file()]


@cache
def verified(task):
    rows = read_board(LAYOUT, task)[0]["rows"]
    return {row["submission"]: row for row in rows if row["kind"] == "verified"}


@cache
def pairs_of(task):
    """Pairs both ways."""
    found = [pair for pair, _ in read_pairs(read_board(LAYOUT, task)[1]["pairs"])]
    return {(p.submission, p.other): p for pair in found for p in (pair, pair.turned())}


def better(task, one, other):
    """Whether the stored pair says that one is significantly better."""
    board = read_board(LAYOUT, task)[0]
    is_smaller_better = board["primary"]["direction"] == "minimize"
    return pairs_of(task)[one, other].state == ("lower" if is_smaller_better else "higher")


@pytest.mark.parametrize("task", SCORED)
def test_ranges_groups_and_probabilities_are_those_of_the_pairs(task):
    rows = verified(task)
    for name, row in rows.items():
        others = [other for other in rows if other != name]
        n_better = sum(better(task, other, name) for other in others)
        n_worse = sum(better(task, name, other) for other in others)
        assert (row["rank_low"], row["rank_high"]) == (1 + n_better, len(rows) - n_worse)
        assert row["rank_low"] <= row["rank"] <= row["rank_high"]
        assert (row["tie_group"] == 1) == (n_better == 0) == (row["probability_best"] is not None)
        for other in others:
            if row["tie_group"] == rows[other]["tie_group"]:
                assert pairs_of(task)[name, other].state == "open", (name, other)
        for key, won in (("better_than_references", True), ("worse_than_references", False)):
            judged = {
                r for r in references(task) if better(task, *((name, r)[:: 1 if won else -1]))
            }
            assert set(row[key]) == judged
    shares = [row["probability_best"] for row in rows.values()]
    assert sum(share for share in shares if share is not None) == pytest.approx(1.0, abs=1e-4)


def references(task):
    rows = read_board(LAYOUT, task)[0]["rows"]
    return [row["submission"] for row in rows if row["kind"] == "reference"]


@pytest.fixture(scope="module")
def texts():
    """Address → text of every page, tags removed."""
    pages = render_pages(load_site(LAYOUT))
    return {where: " ".join(re.sub(r"<[^>]*>", " ", text).split()) for where, text in pages.items()}


@pytest.mark.parametrize("task", SCORED)
def test_pages_say_of_every_pair_what_the_board_says(task, texts):
    rows = verified(task)
    for name, row in rows.items():
        (text,) = (text for where, text in texts.items() if submission_url(task, name) in where)
        low, high = row["rank_low"], row["rank_high"]
        assert f"Rank {low}{f'–{high}' if high != low else ''} " in text, name
        assert f"Top group {'yes' if row['tie_group'] == 1 else 'no'} " in text
        table = text[text.index("This one is") :]
        words = re.findall(r"\b(better|worse|not separated|alike within)\b", table)
        listed = [pair for (one, _), pair in pairs_of(task).items() if one == name]
        states = [pair.state != "open" for pair in listed]
        assert sum(word in {"better", "worse"} for word in words[: len(listed)]) == sum(states)


def test_eight_absurd_predictions_do_not_help(tmp_path):
    """Setting 8 of 171 to 6 eV once moved a model from told apart to tied with the leader."""
    task = get_task("bvel-proto")
    scorer = TaskScorer.open(LAYOUT, task, PARAMS.task_versions[task.name], PARAMS.scoring)
    scored = dict(scorer.score_all(submission_folders(LAYOUT, task.name)).scored)
    before = compare_submissions(task, scored, PARAMS.scoring)
    folder = LAYOUT.submission_dir(task.name, "structure-rf")
    frame = pd.read_csv(folder / "predictions.csv", dtype={"id": str})
    group = next(ids for ids in scorer.groups() if len(ids) == 8)
    targets = [target.name for target in task.targets]
    frame.loc[frame["id"].isin(group), targets] = 6.0
    spoilt = tmp_path / "structure-rf"
    spoilt.mkdir()
    frame.to_csv(spoilt / "predictions.csv", index=False)
    (spoilt / "submission.yaml").write_bytes((folder / "submission.yaml").read_bytes())
    scored["structure-rf"] = scorer.score(spoilt)
    after = compare_submissions(task, scored, PARAMS.scoring)
    was, now = (vars(each.ranks["structure-rf"]) for each in (before, after))
    for key in ("rank", "rank_low", "rank_high", "tie_group"):
        assert now[key] >= was[key], key
    assert now["tie_group"] > 1
    row = after.names.index("structure-rf")
    assert after.verdicts.better[after.names.index("structure-hgb"), row]
    assert not (after.verdicts.better[row] & ~before.verdicts.better[row]).any()
    rows = pair_table(after, task.references, confidence=0.95)["rows"]
    assert np.isfinite([r[2] for r in rows]).all()


# --- Claims: every value beside a published number, recomputed from stored predictions and labels

LAYOUT = Layout(Path(__file__).resolve().parents[2])
CLAIMS = {name: read_claims(name) for name in ("obelix", "litraj")}
OBELIX = [claim for claim in CLAIMS["obelix"] if claim.task]


def analysis(task):
    return read_board(LAYOUT, task)[1].get("conventions", {})


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
    assert "hgb-l1 1.281 (n = 121), rf-paper 1.331 (n = 121)" in capsys.readouterr().out
    boards.claims("litraj", json=True)
    assert len(json.loads(capsys.readouterr().out)) == len(CLAIMS["litraj"])
    contributor.score(LAYOUT.submission_dir("obelix", "hgb-l1"), convention="limit", json=True)
    assert json.loads(capsys.readouterr().out)["convention"] == "limit"
    contributor.score(LAYOUT.submission_dir("obelix", "hgb-l1"), convention="dropped")
    assert "Upper limits: dropped. Not comparable with the board" in capsys.readouterr().out
