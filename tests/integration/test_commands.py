"""The commands end to end in a temporary repository with a small synthetic release."""

import json
import shutil

import numpy as np
import pytest
from command import Prompt, fetch_and_ingest, files_below, fill_in, held_out, use_version

from factories import SIGMA, write_repo
from ionladder.board.model import read_board


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A repository with two ingested versions that differ by one test label and one note."""
    root = tmp_path_factory.mktemp("repo")
    write_repo(
        root,
        {
            "1.0.0": {},
            "1.1.0": {"changes": {("019", SIGMA): "2.5e-09", ("7e5", "note"): "checked again"}},
        },
    )
    fetch_and_ingest(root)
    return root


LATEST = "1.1.0"


def test_from_a_template_to_a_row_on_the_board(layout, prompt):
    assert "submissions/obelix/my-model" in prompt.ok("new", "obelix", "my-model").out
    assert "''" in prompt.error("validate", "submissions/obelix/my-model")

    labels = held_out(layout, LATEST)
    rng = np.random.default_rng(0)
    predictions = labels["log10_sigma"] + rng.normal(0, 1, len(labels))
    fill_in(layout, "my-model", predictions)
    assert "is valid: 14 test entries" in prompt.ok("validate", "submissions/obelix/my-model").out
    both = prompt("validate", "submissions/obelix/none", "submissions/obelix/my-model")
    assert both.code == 1
    assert "my-model is valid" in both.out
    assert "none: expected a folder" in both.err
    assert "\x1b" not in both.out + both.err

    verdict = json.loads(prompt.ok("score", "submissions/obelix/my-model", "--json").out)
    expected = float(np.abs(predictions - labels["log10_sigma"]).mean())
    scores = verdict["targets"]["log10_sigma"]["all"]["metrics"]
    assert scores["mae"]["value"] == pytest.approx(expected, abs=1e-6)
    assert not layout.leaderboard_dir.exists()
    shown = prompt.ok("score", "submissions/obelix/my-model").out
    assert f"{expected:.3f} [" in shown
    assert "14 of 14 entries scored" in shown

    prompt.ok("leaderboard")
    assert json.loads(layout.receipt("obelix", "my-model").read_text()) == verdict
    board = read_board(layout, "obelix")[0]
    assert board["rows"][0]["submission"] == "my-model"
    assert board["rows"][0]["rank"] == 1
    assert {row["kind"] for row in board["rows"]} == {"verified", "reported"}
    prompt.ok("verify")


def test_one_changed_label_changes_exactly_the_scores_that_rest_on_it(layout, prompt):
    for name, offset in (("good", 0.5), ("other", 1.5)):
        fill_in(layout, name, held_out(layout, "1.0.0")["log10_sigma"] + offset)
    receipts = {}
    for version in ("1.0.0", "1.1.0"):
        use_version(layout, version)
        prompt.ok("leaderboard")
        receipts[version] = {
            path.stem: json.loads(path.read_text())
            for path in layout.receipts_dir("obelix").iterdir()
        }
    in_cif = bool(held_out(layout, LATEST).loc["019", "in_cif"])
    touched = {"all", "uncensored", "cif" if in_cif else "no_cif"}
    for name, before in receipts["1.0.0"].items():
        after = receipts["1.1.0"][name]
        assert before["hashes"]["labels_sha256"] != after["hashes"]["labels_sha256"]
        assert before["hashes"]["split_sha256"] == after["hashes"]["split_sha256"]
        old, new = before["targets"]["log10_sigma"], after["targets"]["log10_sigma"]
        assert {subset for subset in old if old[subset] != new[subset]} == touched

    shown = prompt.ok("diff", "obelix", "1.0.0", "1.1.0").out
    assert "019" in shown
    assert "label" in shown
    assert "7e5" in shown
    assert "note" in shown


def test_a_note_alone_leaves_every_score_as_it_was(tmp_path, monkeypatch, capsys):
    versions = {"1.0.0": {}, "1.0.1": {"changes": {("019", "note"): "typo corrected"}}}
    layout = write_repo(tmp_path, versions)
    prompt = Prompt(tmp_path, monkeypatch, capsys)
    prompt.ok("fetch")
    prompt.ok("ingest")
    fill_in(layout, "model", held_out(layout, "1.0.1")["log10_sigma"] + 1.0)
    score = ("score", "submissions/obelix/model", "--json", "--dataset-version")
    one, other = (json.loads(prompt.ok(*score, version).out) for version in ("1.0.0", "1.0.1"))
    assert (one.pop("dataset_version"), other.pop("dataset_version")) == ("1.0.0", "1.0.1")
    assert one == other


def test_a_bad_submission_is_refused_and_nothing_is_written(layout, prompt):
    prompt.ok("new", "obelix", "bad")
    labels = held_out(layout, LATEST)["log10_sigma"]
    path = fill_in(layout, "bad", labels.rename({"5e2": "500.0", "019": "19"}))
    path.write_text(path.read_text().replace("max,", "max,x"))
    before = files_below(layout.root)
    text = prompt.error("score", "submissions/obelix/bad")
    assert "turned into numbers by a spreadsheet" in text
    assert "max: 'x" in text
    assert files_below(layout.root) == before


def test_a_bad_submission_does_not_stop_the_others(layout, prompt):
    for name in ("bad", "good"):
        prompt.ok("new", "obelix", name)
    fill_in(layout, "good", held_out(layout, LATEST)["log10_sigma"])
    result = prompt.ok("leaderboard")
    assert "1 submissions scored" in result.out
    assert "1 refused" in result.out
    assert "submissions/obelix/bad" in result.err
    assert "refused" in json.loads(layout.receipt("obelix", "bad").read_text())


def test_missing_labels_end_in_an_error(layout, prompt):
    layout.table("obelix", "1.1.0", "labels").unlink()
    text = prompt.error("score", "submissions/obelix/model")
    assert text.startswith("labels of obelix 1.1.0: expected the table on this machine")
    assert "ionladder fetch obelix-1-1-0" in text
    assert "ionladder ingest obelix-1-1-0" in text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("new", "obelx", "x"), "obelix"),
        (("new", "obelix", "Bad Name"), "bad-name"),
        (("validate", "submissions/obelix/none"), "no such folder"),
        (("fetch", "obelix-9-9-9"), "obelix-1-0-0"),
        (("diff", "obelix", "1.0.0", "9.9.9"), "9.9.9"),
        (("score", "submissions/obelix/none", "--dataset-version", "9.9.9"), "1.0.0, 1.1.0"),
    ],
)
def test_a_mistyped_argument_gets_an_error(prompt, arguments, expected):
    assert expected in prompt.error(*arguments)


def test_outside_a_repository_the_error_says_where_to_go(tmp_path, monkeypatch, capsys):
    text = Prompt(tmp_path, monkeypatch, capsys).error("leaderboard")
    assert "Change into the cloned repository" in text


@pytest.mark.parametrize(
    "file", ["raw/all.csv", "raw/all_cifs.tar.gz", "labels.parquet", "structures.parquet", None]
)
def test_one_flipped_byte_is_noticed_and_named(layout, prompt, file):
    predictions = fill_in(layout, "model", held_out(layout, LATEST)["log10_sigma"])
    prompt.ok("leaderboard")
    prompt.ok("verify")
    path = layout.version_dir("obelix", LATEST) / file if file else predictions
    data = bytearray(path.read_bytes())
    data[round(0.6 * (len(data) - 1))] ^= 1
    path.write_bytes(data)
    assert layout.relative(path) in prompt.error("verify")


def test_two_submissions_are_compared_on_the_same_entries(layout, prompt):
    labels = held_out(layout, LATEST)["log10_sigma"]
    for name, offset in (("near", 0.5), ("far", 2.0)):
        fill_in(layout, name, labels + offset)
    near, far = (f"submissions/obelix/{name}" for name in ("near", "far"))
    found = json.loads(prompt.ok("compare", near, far, "--json").out)
    assert found["difference"] == pytest.approx(-1.5, abs=1e-6)
    # Every group favours the nearer one, but there are too few to be sure of it.
    assert found["p"] == found["p_adjusted"] > 0.05
    assert (found["ci_low"], found["ci_high"]) == (None, None)
    assert "the data do not separate the two" in prompt.ok("compare", far, near).out
    assert "the same folder twice" in prompt.error("compare", near, near)


def test_a_version_that_is_not_here_is_named_once(layout, prompt):
    shutil.rmtree(layout.version_dir("obelix", "1.0.0"))
    assert prompt.ok("verify").out.count("obelix-1-0-0") == 1
