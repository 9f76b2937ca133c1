"""``ionladder convert``, ``export`` and ``schema`` as typed, on the benchmark that is in git."""

import gzip
import json
import re
import shlex

import pandas as pd
import pytest
from command import Prompt

import tiny
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.submit.validate import SCHEMA_FILE

TASK = get_task("bvel-proto")
TARGETS = [target.name for target in TASK.targets]


@pytest.fixture
def prompt(repository, monkeypatch, capsys):
    return Prompt(repository, monkeypatch, capsys)


def test_a_submission_survives_the_way_to_jarvis_and_back(prompt, repository, tmp_path):
    """``train-mean`` has one seed, so its receipt must come out the same to the last digit."""
    out = prompt.ok(
        *("export", "bvel-proto", "--format", "jarvis", "--submission", "train-mean"),
        *("--output", str(tmp_path)),
    ).out
    files = sorted(str(path) for path in tmp_path.glob("*.csv.zip"))
    assert len(files) == out.count("\n") == 3
    folder = tmp_path / "train-mean-back"
    converted = prompt.ok("convert", *files, "--task", "bvel-proto", "--to-folder", str(folder)).out
    assert "predictions of 171 test entries" in converted
    (folder / "submission.yaml").write_text(tiny.CARD)
    scored = prompt.ok("score", str(folder), "--task", "bvel-proto", "--json").out
    original = Layout(repository).submission_dir("bvel-proto", "train-mean")
    expected = prompt.ok("score", str(original), "--json").out
    assert json.loads(scored)["targets"] == json.loads(expected)["targets"]


def test_a_matbench_file_on_our_folds_becomes_a_submission(prompt, tmp_path):
    prompt.ok("export", "bvel-proto", "--format", "matbench-folds", "--output", str(tmp_path))
    splits = json.loads((tmp_path / "bvel-proto_validation.json").read_text())["splits"]
    wanted = [name for name in splits if "__test__" in name or "__chemsys__" in name]
    tasks = {
        name: {
            "results": {
                fold: {"data": dict.fromkeys(ids["test"], 1.25), "scores": {}, "parameters": {}}
                for fold, ids in splits[name].items()
            }
        }
        for name in wanted
    }
    path = tmp_path / "My Results.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"tasks": tasks}).encode()))
    folder = tmp_path / "my-results"
    out = prompt.ok("convert", str(path), "--task", "bvel-proto", "--to-folder", str(folder)).out
    assert "its author's claim" in out
    assert "test entries and the frozen folds" in out
    rows = pd.read_csv(folder / "cv_predictions.csv")
    assert rows.columns.tolist() == ["scheme", "repeat", "fold", "id", *TARGETS]
    assert len(rows) == 3 * 686
    (folder / "submission.yaml").write_text(tiny.CARD)
    assert "1 seed, with cross-validation" in (
        prompt.ok("validate", str(folder), "--task", "bvel-proto").out
    )


def test_a_data_frame_is_converted_with_its_columns_named(prompt, tmp_path):
    path = tmp_path / "frame.csv"
    splits = pd.read_parquet("data/bvel_proto/1.2.0/splits.parquet")
    held_out = splits[(splits["split_name"] == TASK.split) & (splits["subset"] == "test")]
    pd.DataFrame({"one": 1.0, "e_2d_ev_pred": 1.5, "e_3d_ev": 2.0}, index=held_out["id"]).to_csv(
        path
    )
    arguments = ("convert", str(path), "--task", "bvel-proto", "--to-folder", str(tmp_path / "f"))
    assert "--column e_1d_ev=HEADER" in prompt.error(*arguments)
    out = prompt.ok(*arguments, "--column", "e_1d_ev=one").out
    assert "`one` was taken for e_1d_ev." in out
    assert "`e_2d_ev_pred` was taken for e_2d_ev." in out
    assert "found 'gap=one'" in prompt.error(*arguments, "--column", "gap=one")


def test_bad_arguments_are_answered_with_errors(prompt, tmp_path):
    missing = str(tmp_path / "none.csv")
    assert "no such file" in prompt.error("convert", missing, "--task", "bvel-proto")
    assert "Did you mean jarvis?" in prompt.error(
        "convert", missing, "--task", "bvel-proto", "--from", "jarvi"
    )
    assert "Did you mean bvel-proto?" in prompt.error("convert", missing, "--task", "bvel-prot")
    assert "--submission" in prompt.error("export", "bvel-proto", "--format", "jarvis")
    misspelt = prompt.error("export", "bvel_proto", "--format", "croisant")
    assert "Did you mean croissant?" in misspelt
    assert "Did you mean obelix?" in prompt.error("export", "obelx", "--format", "croissant")
    assert "Did you mean submission?" in prompt.error("schema", "submissions")


def test_what_can_be_exported_is_listed_with_and_without_a_name(prompt):
    assert {"obelix:", "nebdft2k:", "ionladder:"} <= set(prompt.ok("export").out.split())
    listed = prompt.ok("export", "obelix").out
    assert {"croissant", "matbench-folds", "every-eval-ever", "ro-crate"} <= set(listed.split())
    assert max(map(len, listed.splitlines())) <= 80
    assert "nebdft2k-barrier, nebdft2k-path" in prompt.ok("export", "nebdft2k").out


def test_the_page_on_taking_scores_elsewhere_works_as_written(prompt, repository):
    text = (repository / "docs" / "publish.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    assert len(commands) >= 8
    for program, *arguments in commands:
        assert program == "ionladder"
        prompt.ok(*arguments)
    for name in re.findall(r"build/[\w./-]+[\w-]", text):
        assert (repository / name).exists(), name


def test_an_export_without_a_folder_goes_to_build(prompt, repository):
    out = prompt.ok("export", "obelix", "--format", "croissant").out
    assert out == "build/obelix/croissant.json\n"
    assert json.loads((repository / out.strip()).read_text())["version"] == "1.2.0"


def test_the_schema_is_written_where_the_site_takes_it(prompt, repository):
    before = (repository / SCHEMA_FILE).read_bytes()
    assert prompt.ok("schema", "submission").out == f"{SCHEMA_FILE}\n"
    assert (repository / SCHEMA_FILE).read_bytes() == before
