"""The scores that two other leaderboards print, computed from files in their own layouts."""

import gzip
import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error
from typer.testing import CliRunner

from ionladder.cli.main import app
from ionladder.data import registry
from ionladder.interchange.jarvis import read_contribution, read_labels
from ionladder.interchange.matbench import read_results
from ionladder.interchange.rescore import JARVIS_DECIMALS, jarvis_mae, matbench_mae, rescore
from unit.interchange import peer_files as peer

LABELS = {f"JVASP-{i}": 0.5 * i for i in range(8)}


def as_jarvis_computes(contribution, labels):
    """Their definition in their tools: read_csv, ids as str, inner merge, sklearn, 4 decimals."""
    sent = pd.read_csv(contribution)
    with zipfile.ZipFile(labels) as archive:
        actual = json.loads(archive.read(archive.namelist()[0]))["test"]
    frame = pd.DataFrame({"id": list(actual), "actual": list(actual.values())})
    both = pd.merge(sent.assign(id=sent["id"].astype(str)), frame, on="id")
    return round(float(mean_absolute_error(both["actual"], both["prediction"])), 4)


def both_scores(tmp_path, labels, lines):
    sent = peer.jarvis_zip(tmp_path / peer.JARVIS_NAME, ["id,prediction", *lines])
    parts = {"train": {}, "test": labels}
    truth = peer.jarvis_labels(tmp_path / "tiny_log10_sigma.json.zip", parts)
    score = jarvis_mae(read_contribution(sent), read_labels(truth))
    problems = tuple(str(problem) for problem in score.problems)
    return round(score.value, JARVIS_DECIMALS), as_jarvis_computes(sent, truth), problems


def test_a_jarvis_file_on_half_the_ids_gives_their_number_and_the_error_we_would_write(tmp_path):
    lines = [f"{i},{value + 0.1}" for i, value in list(LABELS.items())[:4]]
    lines += [f"JVASP-x{n},0.0" for n in range(4)]
    ours, theirs, problems = both_scores(tmp_path, LABELS, lines)
    assert ours == theirs == 0.1
    assert "4 missing" in problems[0]
    assert "4 unknown" in problems[1]


def test_one_good_row_many_times_is_their_score_and_our_refusal(tmp_path):
    ours, theirs, problems = both_scores(tmp_path, LABELS, ["JVASP-2,1.02"] * 8)
    assert ours == theirs == 0.02
    assert any("1 repeated (JVASP-2)" in problem for problem in problems)


def test_ids_that_pandas_turns_into_numbers_drop_out_of_their_score(tmp_path):
    labels = {"007": 1.0, "8": 2.0, "12": 3.0}
    ours, theirs, problems = both_scores(tmp_path, labels, ["007,9.0", "8,2.5", "12,3.1"])
    assert ours == theirs == 0.3
    assert problems == ()


TRUTH = {f"mb-tiny-{i}": float(i) for i in range(5)}
SPLITS = {"fold_0": ["mb-tiny-0", "mb-tiny-1", "mb-tiny-2"], "fold_1": ["mb-tiny-3", "mb-tiny-4"]}


def matbench_file(path, offsets, claimed):
    folds = {
        name: peer.fold(
            {i: TRUTH[i] + offsets.get(i, 0.0) for i in ids}, scores={"mae": claimed[name]}
        )
        for name, ids in SPLITS.items()
    }
    return peer.results_gz(path, {"matbench_tiny": folds})


def test_a_matbench_file_gives_the_mean_over_folds_that_their_page_prints(tmp_path):
    offsets = {"mb-tiny-0": 0.3, "mb-tiny-3": 1.0}
    path = matbench_file(tmp_path / "results.json.gz", offsets, {"fold_0": 0.1, "fold_1": 0.5})
    stored = json.loads(gzip.decompress(path.read_bytes()))["tasks"]["matbench_tiny"]["results"]
    theirs = [
        mean_absolute_error([TRUTH[i] for i in part["data"]], list(part["data"].values()))
        for part in stored.values()
    ]
    scores = matbench_mae("matbench_tiny", read_results(path).tasks["matbench_tiny"], TRUTH, SPLITS)
    assert scores.mean == pytest.approx(np.mean(theirs), abs=1e-15)
    assert scores.std == pytest.approx(np.std(theirs), abs=1e-15)
    assert scores.mean == pytest.approx(0.3)
    assert scores.wrong_claims == ()
    # Not the mean over entries, which is (0.3 + 1.0) / 5.
    assert scores.mean != pytest.approx(0.26)


def test_a_claim_that_the_predictions_do_not_bear_out_is_named(tmp_path):
    claims = {"fold_0": 0.001, "fold_1": 0.5}
    path = matbench_file(tmp_path / "r.json.gz", {"mb-tiny-3": 1.0}, claims)
    scores = matbench_mae("matbench_tiny", read_results(path).tasks["matbench_tiny"], TRUTH)
    (problem,) = scores.wrong_claims
    assert problem.where == "matbench_tiny, fold_0, scores.mae"
    assert (problem.expected[:1], problem.found) == ("0", "0.001")


def foreign_tree(root):
    """A checkout of JARVIS-Leaderboard and of matbench, in their exact layouts."""
    labels = root / "jarvis_leaderboard/benchmarks/AI/SinglePropertyPrediction"
    files = root / "jarvis_leaderboard/contributions"
    for folder in (labels, *(files / name for name in ("whole", "quoted", "slip", "mac", "text"))):
        folder.mkdir(parents=True)
    truth = {**LABELS, "JVASP-miller_1_1_0": 9.0}
    peer.jarvis_labels(labels / "tiny_log10_sigma.json.zip", {"train": {}, "test": truth})
    rows = [f"{i},{value + 0.25}" for i, value in truth.items()]
    peer.jarvis_zip(files / "whole" / peer.JARVIS_NAME, ["id,prediction", *rows[::-1]])
    further = [f"{n},{row.split(',')[0]},0,{row.split(',')[1]}" for n, row in enumerate(rows)]
    peer.jarvis_zip(files / "quoted" / peer.JARVIS_NAME, [",id,target,prediction", *further])
    slip = [row.replace("1_1_0", "1_0_1") for row in rows]
    peer.jarvis_zip(files / "slip" / peer.JARVIS_NAME, ["id,prediction", *slip])
    twins = {"x.csv": "\n".join(["id,prediction", *rows]).encode(), "__MACOSX/._x.csv": b"\0"}
    (files / "mac" / peer.JARVIS_NAME).write_bytes(peer.zip_bytes(twins))
    peer.jarvis_zip(files / "text" / peer.JARVIS_NAME, ["id,prediction", *rows[1:], "JVASP-0,none"])
    algorithm = root / "benchmarks/matbench_v0.1_tiny"
    algorithm.mkdir(parents=True)
    matbench_file(algorithm / "results.json.gz", {}, {"fold_0": 0.0, "fold_1": 0.5})
    glass = root / "benchmarks/matbench_v0.1_glass"
    glass.mkdir()
    said = {"mb-glass-1": True, "mb-glass-2": False, "mb-glass-3": True}
    folds = {"fold_0": peer.fold(said, scores={})}
    peer.results_gz(glass / "results.json.gz", {"matbench_glass": folds})
    (root / "labels").mkdir()
    frame = {"columns": ["composition", "gfa"], "data": [["A", True], ["B", False], ["C", False]]}
    packed = gzip.compress(json.dumps({"index": [0, 1, 2], **frame}).encode())
    (root / "labels/matbench_glass.json.gz").write_bytes(packed)
    pd.Series(TRUTH).rename_axis("id").to_csv(root / "labels/matbench_tiny.csv")


def test_a_whole_foreign_leaderboard_is_scored_with_the_cause_of_every_gap(tmp_path):
    foreign_tree(tmp_path)
    rows = {Path(row.file).parent.name: row for row in rescore(tmp_path)}
    for name in ("whole", "quoted", "mac"):
        row = rows[name]
        assert (row.value, row.n_expected, row.n_scored, row.cause) == (0.25, 9, 9, "")
    slip, text = rows["slip"], rows["text"]
    assert (slip.value, slip.joined, slip.n_scored) == (None, 0.25, 8)
    assert "'JVASP-miller_1_0_1' looks like 'JVASP-miller_1_1_0' mistyped" in slip.hint
    assert (text.value, text.joined) == (None, None)
    assert "1 other value" in text.cause
    tiny, glass = rows["matbench_v0.1_tiny"], rows["matbench_v0.1_glass"]
    assert (tiny.metric, tiny.value, tiny.n_scored) == ("mae", 0.0, 5)
    assert "fold_1, scores.mae: 0.5" in tiny.cause
    assert (glass.metric, glass.value, glass.n_expected) == ("rocauc", 0.75, 3)


HEAD = "#Barrier [eV] | delta E [eV] | Max force [eV/Å] \n"
OUTPUTS = "ml_peg/calcs/nebs/li_diffusion/outputs"


def ml_peg_tree(root, *, unit="eV", **files):
    """Result files and table of ML-PEG 0.7.0's Li diffusion, in their exact layout and names."""
    texts = {"good/b": f"{HEAD}0.31 0.001 0.05\n", "good/c": f"{HEAD}2.4 -1e-05 0.09\n"}
    for name, text in (texts | files).items():
        model, way = name.split("/")
        path = root / OUTPUTS / model / f"li_diffusion_{way}-neb-results.dat"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    names, table = ("Path B error", "Path C error"), root / "ml_peg/app/data/nebs/li_diffusion"
    stated = {"good": (0.04, 0.1), "failed": (math.nan, math.nan), "other": (0.1, 0.2)}
    data = [
        {"MLIP": model, **dict(zip(names, errors, strict=True)), "id": model, "Score": None}
        for model, errors in stated.items()
    ]
    of_metric = {"good": 0.02, "bad": 0.1, "unit": unit, "level_of_theory": "Perdew-Wang"}
    document = {"data": data, "thresholds": dict.fromkeys(names, of_metric)}
    table.mkdir(parents=True)
    (table / "li_diffusion_metrics_table.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("file", "text", "value", "cause"),
    [
        ("failed/b", f"{HEAD}nan nan nan\n", None, "found nan: the run failed"),
        ("other/b", f"{HEAD}0.37 0 0\n", 0.1, ""),
        ("other/c", f"{HEAD}2.4 0 0\n", 0.1, "expected the table's error, 0.2 eV, found 0.1 eV"),
        ("new/b", f"{HEAD}0.27 0 0\n", 0.0, ""),
        ("new/b", f"{HEAD}270 0 0\n", None, "a barrier from 0 to 20 eV, found 270"),
        ("new/b", HEAD.replace("eV", "meV") + "270 0 0\n", None, "the line #Barrier [eV]"),
        ("new/b", f"{HEAD}0.3 0\n", None, "one line of three numbers"),
        ("new/b", f"{HEAD}0.3 x 0\n", None, "one line of three numbers"),
        ("new/d", f"{HEAD}0.3 0 0\n", None, "one of the paths b, c, found path d"),
        ("new/b", "", None, "found an empty file"),
    ],
)
def test_barriers_of_ml_peg_are_held_to_its_table(tmp_path, file, text, value, cause):
    ml_peg_tree(tmp_path, **{file: text})
    rows = {(row.model, row.benchmark[-1]): row for row in rescore(tmp_path)}
    good = rows["good", "b"]
    assert (good.barrier_ev, good.reference_ev, good.cause) == (0.31, 0.27, "")
    assert (good.value, good.joined) == (pytest.approx(0.04), 0.04)
    row = rows[tuple(file.split("/"))]
    assert row.value == (None if value is None else pytest.approx(value))
    assert cause in row.cause
    assert bool(cause) == bool(row.cause)
    if file == "new/b":
        assert (rows["other", "c"].joined, rows["other", "c"].value) == (0.2, None)
        assert "the table alone" in rows["other", "c"].cause


def test_barriers_of_ml_peg_become_reported_rows(tmp_path):
    ml_peg_tree(tmp_path)
    printed = CliRunner().invoke(app, ["rescore", str(tmp_path), "--reported", "em619"]).stdout
    (tmp_path / "reported.csv").write_text(printed)
    rows = {row["model"]: row for row in registry._reported(tmp_path / "reported.csv")["em619"]}
    said = "path b: barrier 0.310 eV, error 0.040 eV; path c: barrier 2.400 eV, error 0.100 eV"
    assert (rows["good"]["as_printed"], rows["good"]["test"]) == (said, {})
    assert rows["other"]["as_printed"] == "path b: error 0.100 eV; path c: error 0.200 eV"
    assert "failed" not in rows
    assert "neither is scored on this board" in rows["good"]["verdict"]
    ml_peg_tree(tmp_path / "meV", unit="meV")
    (wrong,) = [row for row in rescore(tmp_path / "meV") if not row.model]
    assert "errors in eV, found meV" in wrong.cause


def test_the_results_are_the_same_in_any_number_of_processes(tmp_path):
    foreign_tree(tmp_path)
    command = ["rescore", str(tmp_path), "--json", "--workers"]
    printed = [CliRunner().invoke(app, [*command, n]).stdout for n in "0124"]
    assert json.loads(printed[0])
    assert printed == [printed[0]] * 4
