"""A valid submission passes; break one thing and its error says where, what and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tiny
from ionladder.errors import SubmissionError
from ionladder.submit.validate import Submission, read_submission

LINES = tiny.predictions().to_csv(index=False).splitlines()


def read(folder: Path) -> Submission:
    return read_submission(folder, tiny.TASK, tiny.EXPECTATIONS, shown_as=f"sub/{folder.name}")


def csv_with(change: Callable[[list[str]], list[str]]) -> str:
    return "\n".join(change(list(LINES))) + "\n"


def replace_row(identifier: str, row: str) -> str:
    return csv_with(
        lambda lines: [row if line.startswith(f"{identifier},") else line for line in lines]
    )


def test_a_valid_submission_is_read_with_its_ids_as_text(tmp_path: Path) -> None:
    submission = read(tiny.write_submission(tmp_path / "good"))
    rows = submission.predictions.rows
    assert rows["id"].tolist() == ["019", "5e2", "7cr", "aaa", "max", "zzz"]
    assert rows["log10_sigma"].tolist() == [-3.0, -5.0, -14.0, -2.0, -7.0, -4.0]
    assert rows["seed"].tolist() == [0] * 6
    assert submission.card.model == "Tiny model"
    assert submission.cv_predictions is None


def test_parquet_predictions_read_the_same_as_csv(tmp_path: Path) -> None:
    folder = tiny.write_submission(tmp_path / "good")
    from_csv = read(folder).predictions.rows
    (folder / "predictions.csv").unlink()
    pq.write_table(
        pa.Table.from_pandas(tiny.predictions(), preserve_index=False),
        folder / "predictions.parquet",
    )
    pd.testing.assert_frame_equal(read(folder).predictions.rows, from_csv)


@pytest.mark.parametrize(
    ("csv", "expected"),
    [
        ("", "found an empty file"),
        (csv_with(lambda lines: [*lines, "t01,-3"]), "training ids"),
        (replace_row("max", "max,3.2 eV"), "max: '3.2 eV'"),
        (replace_row("max", "max,99"), "between -60 and 20 log10(S/cm)"),
        (
            csv_with(lambda lines: [lines[0] + ",comment", *(f"{x},1" for x in lines[1:])]),
            "also comment",
        ),
        (replace_row("max", "max,-7,4"), "2 cells in every row"),
    ],
)
def test_a_broken_prediction_file_is_an_error(tmp_path: Path, csv: str, expected: str) -> None:
    folder = tiny.write_submission(tmp_path / "bad", csv=csv)
    with pytest.raises(SubmissionError) as caught:
        read(folder)
    assert expected in str(caught.value)
    assert "sub/bad/predictions.csv" in str(caught.value)


def test_all_problems_of_a_submission_come_at_once(tmp_path: Path) -> None:
    csv = csv_with(lambda lines: [lines[0], "019,oops", "5e2,inf", *lines[3:], "t01,-3"])
    card = tiny.CARD.replace("inputs: composition", "inputs: magic") + "colour: red\n"
    folder = tiny.write_submission(tmp_path / "Bad Name", card=card, csv=csv)
    (folder / "model.pkl").write_bytes(b"x")
    with pytest.raises(SubmissionError) as caught:
        read(folder)
    text = str(caught.value)
    for expected in (
        "'bad-name'",
        "model.pkl",
        "field `inputs`",
        "field `colour`",
        "019: 'oops'",
        "5e2: 'inf'",
        "1 unknown (t01)",
    ):
        assert expected in text
    assert len(caught.value.problems) == 7


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("- a\n- b\n", "found a list"),
        (tiny.CARD.replace("model: Tiny model\n", ""), "field `model`: expected a value"),
        (tiny.CARD + "modle: x\n", "Did you mean `model`?"),
        (tiny.CARD + "code_url: javascript:alert(1)\n", "field `code_url`"),
        (tiny.CARD + "notes: [unclosed\n", "expected valid YAML"),
        (
            tiny.CARD.replace("  - name: A. Author\n", "  - orcid: 0000-0000-0000-0000\n"),
            "field `authors.0.name`",
        ),
    ],
)
def test_a_broken_card_is_an_error(tmp_path: Path, card: str, expected: str) -> None:
    with pytest.raises(SubmissionError) as caught:
        read(tiny.write_submission(tmp_path / "bad", card=card))
    assert expected in str(caught.value)
    assert "sub/bad/submission.yaml" in str(caught.value)


def test_a_missing_prediction_file_says_how_to_get_a_template(tmp_path: Path) -> None:
    folder = tiny.write_submission(tmp_path / "bad")
    (folder / "predictions.csv").unlink()
    with pytest.raises(SubmissionError, match="ionladder new tiny NAME"):
        read(folder)


def test_every_seed_must_cover_the_exact_ids(tmp_path: Path) -> None:
    two_seeds = pd.concat([tiny.predictions().assign(seed=seed) for seed in (0, 1)])
    good = tiny.write_submission(tmp_path / "good", csv=two_seeds.to_csv(index=False))
    assert read(good).predictions.rows["seed"].nunique() == 2
    bad = tiny.write_submission(tmp_path / "bad", csv=two_seeds.iloc[:-1].to_csv(index=False))
    with pytest.raises(SubmissionError, match=r"seed 1: expected a row for each of the 6 ids"):
        read(bad)


def cv_table(folds: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(folds.assign(log10_sigma=-5.0), preserve_index=False)


def test_cv_predictions_must_follow_the_frozen_folds(tmp_path: Path) -> None:
    folder = tiny.write_submission(tmp_path / "good")
    path = folder / "cv_predictions.parquet"
    pq.write_table(cv_table(tiny.FOLDS), path)
    cv = read(folder).cv_predictions
    assert cv is not None
    assert len(cv.rows) == 8

    moved = tiny.FOLDS.assign(fold=[1, *tiny.FOLDS["fold"][1:]])
    pq.write_table(cv_table(moved), path)
    with pytest.raises(SubmissionError, match="id t01: expected fold 0; found fold 1"):
        read(folder)

    pq.write_table(cv_table(tiny.FOLDS.iloc[1:]), path)
    with pytest.raises(SubmissionError, match=r"scheme grouped, repeat 0.*1 missing \(t01\)"):
        read(folder)

    pq.write_table(cv_table(tiny.FOLDS.assign(scheme="mine")), path)
    with pytest.raises(SubmissionError, match="expected one of grouped; found 'mine'"):
        read(folder)
