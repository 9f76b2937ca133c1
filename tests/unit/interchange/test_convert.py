"""Foreign predictions become a folder that passes the checks, or an error; never half of one."""

import gzip
from dataclasses import replace

import pytest

import tiny
from ionladder.errors import InterchangeError, SubmissionError
from ionladder.interchange.convert import Choices, read_foreign, write_converted_folder
from ionladder.submit.validate import read_submission
from unit.interchange.peer_files import JARVIS_NAME, fold, jarvis_zip, results_gz, zip_bytes

TEST_IDS = tuple(tiny.LABELS["id"])
PREDICTED = dict(zip(TEST_IDS, (tiny.LABELS["log10_sigma"] + 1.0).tolist(), strict=True))
JARVIS_LINES = ["id,prediction", *(f"{i},{value}" for i, value in PREDICTED.items())]
FIRST = tiny.TASK.targets[0]
TWO = replace(tiny.TASK, targets=(FIRST, replace(FIRST, name="other")))

BY_FOLDS = replace(tiny.TASK, scored_folds=tiny.TASK.cross_validation[0], cross_validation=())


def folds_of(repeat):
    return {
        f"fold_{number}": fold(dict.fromkeys(rows["id"], -5.0))
        for number, rows in tiny.FOLDS[tiny.FOLDS["repeat"] == repeat].groupby("fold")
    }


def convert(tmp_path, *paths, task=tiny.TASK, choices=None):
    return read_foreign(list(paths), task, tiny.EXPECTATIONS, choices=choices)


def written(tmp_path, foreign, name="mine"):
    folder = tmp_path / "submissions" / name
    write_converted_folder(
        folder, foreign, tiny.TASK, tiny.EXPECTATIONS, source="theirs.zip", shown_as=f"sub/{name}"
    )
    return folder


def test_three_formats_of_the_same_predictions_give_the_same_file(tmp_path):
    csv = tmp_path / "mine.csv"
    tiny.predictions().rename(columns={"id": "ID"}).to_csv(csv, index=False)
    files = [
        jarvis_zip(tmp_path / JARVIS_NAME, JARVIS_LINES),
        results_gz(tmp_path / "results.json.gz", {"any_name": {"fold_0": fold(PREDICTED)}}),
        csv,
    ]
    texts = {
        (written(tmp_path, convert(tmp_path, path), f"n{i}") / "predictions.csv").read_text()
        for i, path in enumerate(files)
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.xlsx", zip_bytes({"xl/workbook.xml": b""}), "an Excel workbook"),
        ("x.npz", zip_bytes({"a.npy": b""}), "arrays of NumPy"),
        ("x.json", b'{"019": -3}', "JSON of id"),
        ("x.json.gz", gzip.compress(b'{"019": -3}'), "JSON of id"),
        ("x.parquet", b"PAR1", "predictions.parquet"),
    ],
    ids=range(5),
)
def test_a_file_of_another_kind_is_named(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InterchangeError) as caught:
        convert(tmp_path, tmp_path / name)
    assert said in str(caught.value)
    packed = tmp_path / "x.csv.gz"
    packed.write_bytes(gzip.compress(tiny.predictions().to_csv(index=False).encode()))
    assert convert(tmp_path, packed).predictions["id"] == list(TEST_IDS)


def test_what_is_written_is_a_valid_submission(tmp_path):
    tasks = {
        "tiny__test__log10_sigma": {"fold_0": fold(PREDICTED, std=dict.fromkeys(TEST_IDS, 0.5))},
        "tiny__grouped__r0__log10_sigma": folds_of(0),
        "tiny__grouped__r1__log10_sigma": folds_of(1),
        "matbench_steels": {"fold_0": fold({"mb-1": 1.0})},
    }
    foreign = convert(tmp_path, results_gz(tmp_path / "results.json.gz", tasks))
    folder = written(tmp_path, foreign)
    assert sorted(path.name for path in folder.iterdir()) == [
        "cv_predictions.csv",
        "predictions.csv",
        "submission.yaml",
    ]
    (folder / "submission.yaml").write_text(tiny.CARD)
    submission = read_submission(folder, tiny.TASK, tiny.EXPECTATIONS, shown_as="sub/mine")
    rows = submission.predictions.rows
    assert dict(zip(rows["id"], rows["log10_sigma"], strict=True)) == PREDICTED
    assert rows["log10_sigma_std"].tolist() == [0.5] * 6
    assert submission.cv_predictions is not None
    assert len(submission.cv_predictions.rows) == 8
    assert "claim" in foreign.notes[0]


def test_a_file_of_other_tasks_says_which_it_has(tmp_path):
    tasks = {name: {"fold_0": fold(PREDICTED)} for name in ("matbench_steels", "matbench_glass")}
    path = results_gz(tmp_path / "r.json.gz", tasks)
    with pytest.raises(InterchangeError, match="matbench_steels, matbench_glass"):
        convert(tmp_path, path)
    chosen = convert(tmp_path, path, choices=Choices(matbench_task="matbench_glass"))
    assert list(chosen.predictions) == ["id", "log10_sigma"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"zzz": None}, "1 missing (zzz)", id="a missing id"),
        pytest.param({"nope": "-3"}, "1 unknown (nope)", id="an unknown id"),
        pytest.param({"t01": "-3"}, "training ids", id="a training id"),
        pytest.param({"max": "nan"}, "a finite number", id="NaN"),
        pytest.param({"max": "-3 decades"}, "'-3 decades'", id="a unit in the cell"),
        pytest.param({"max": "1e300"}, "between -60 and 20", id="far away"),
    ],
)
def test_predictions_that_would_be_refused_are_refused_here_and_nothing_is_written(
    tmp_path, change, expected
):
    rows = {i: str(value) for i, value in PREDICTED.items()} | change
    lines = ["id,prediction", *(f"{i},{cell}" for i, cell in rows.items() if cell is not None)]
    foreign = convert(tmp_path, jarvis_zip(tmp_path / JARVIS_NAME, lines))
    with pytest.raises(SubmissionError) as caught:
        written(tmp_path, foreign)
    assert expected in str(caught.value)
    assert caught.value.problems[0].where.startswith("theirs.zip")
    assert list((tmp_path / "submissions").iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    foreign = convert(tmp_path, jarvis_zip(tmp_path / JARVIS_NAME, JARVIS_LINES))
    folder = written(tmp_path, foreign)
    (folder / "predictions.csv").write_text("kept")
    with pytest.raises(InterchangeError, match="one that exists"):
        written(tmp_path, foreign)
    assert (folder / "predictions.csv").read_text() == "kept"
    with pytest.raises(SubmissionError, match="Rename the folder"):
        written(tmp_path, foreign, "My Model")


def jarvis_of(tmp_path, target, lines):
    return jarvis_zip(tmp_path / JARVIS_NAME.replace("log10_sigma", target), lines)


def test_several_targets_come_in_several_files_and_are_joined_by_id(tmp_path):
    first = jarvis_of(tmp_path, "log10_sigma", JARVIS_LINES)
    second = jarvis_of(tmp_path, "other", [JARVIS_LINES[0], *reversed(JARVIS_LINES[1:])])
    found = convert(tmp_path, second, first, task=TWO).predictions
    assert list(found) == ["id", "log10_sigma", "other"]
    assert found["log10_sigma"] == found["other"] == [str(value) for value in PREDICTED.values()]


def test_files_that_do_not_fit_together_are_refused(tmp_path):
    first = jarvis_of(tmp_path, "log10_sigma", JARVIS_LINES)
    gap = jarvis_of(tmp_path, "gap", JARVIS_LINES)
    short = jarvis_of(tmp_path, "other", JARVIS_LINES[:-1])
    table = tmp_path / "x.csv"
    table.write_text("id,log10_sigma\na,1\n")
    for paths, error in (
        ([first], "none of other"),
        ([first, first], "a second one of it"),
        ([gap], "'gap'"),
        ([first, short], "a difference in zzz"),
        ([table, table], "expected one file; found 2"),
    ):
        with pytest.raises(InterchangeError, match=error):
            convert(tmp_path, *paths, task=TWO)


def test_results_of_some_entries_or_in_other_folds_are_refused(tmp_path):
    single = {f"fold_{n}": fold({entry: 1.0}) for n, entry in enumerate(tiny.TRAIN_IDS)}
    for folds, error in (
        ({"fold_0": fold(PREDICTED, std={"zzz": 0.5})}, "1 of 6"),
        (single, "training entries in other folds"),
    ):
        with pytest.raises(InterchangeError, match=error):
            convert(tmp_path, results_gz(tmp_path / "r.json.gz", {"t": folds}))


@pytest.mark.parametrize("kind", ["matbench", "csv"])
def test_a_task_that_is_scored_fold_by_fold_takes_folds_only(tmp_path, kind):
    if kind == "matbench":
        tasks = {f"tiny__grouped__r{i}__log10_sigma": folds_of(i) for i in range(2)}
        path = results_gz(tmp_path / "results.json.gz", tasks)
    else:
        path = tmp_path / "folds.csv"
        tiny.FOLDS.assign(prediction=-5.0).to_csv(path, index=False)
    foreign = convert(tmp_path, path, task=BY_FOLDS)
    folder = tmp_path / "submissions" / "mine"
    about = {"source": "theirs", "shown_as": "mine"}
    write_converted_folder(folder, foreign, BY_FOLDS, tiny.EXPECTATIONS, **about)
    (folder / "submission.yaml").write_text(tiny.CARD)
    submission = read_submission(folder, BY_FOLDS, tiny.EXPECTATIONS, shown_as="sub/mine")
    assert submission.predictions.rows["log10_sigma"].tolist() == [-5.0] * 8
    assert not (folder / "predictions.csv").exists()
