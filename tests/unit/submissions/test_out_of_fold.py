"""Submissions of tasks that are scored on the frozen folds: what they hold, what is refused."""

import pytest

import tiny
from ionladder.errors import SubmissionError
from ionladder.submit.validate import read_submission, write_template


def read(folder):
    return read_submission(
        folder, tiny.FOLDS_TASK, tiny.FOLDS_EXPECTATIONS, shown_as=f"sub/{folder.name}"
    )


def rows(*schemes):
    """Predictions that tell repeat and id apart, rows in no order."""
    table = tiny.BOTH_SCHEMES[tiny.BOTH_SCHEMES["scheme"].isin(schemes)]
    number = table["id"].str[1:].astype(int)
    return table.assign(log10_sigma=-number - table["repeat"] / 10).sample(frac=1, random_state=1)


def test_the_scored_scheme_becomes_one_seed_a_repeat(tmp_path):
    submission = read(tiny.folds_submission(tmp_path / "good", rows("grouped", "shuffled")))
    scored = submission.predictions.rows
    assert list(scored.columns) == ["id", "seed", "log10_sigma"]
    assert scored["id"].tolist() == list(tiny.TRAIN_IDS) * 2
    assert scored["seed"].tolist() == [0] * 4 + [1] * 4
    assert scored["log10_sigma"].tolist() == [-1.0, -2.0, -3.0, -4.0, -1.1, -2.1, -3.1, -4.1]
    assert submission.cv_predictions is not None
    assert set(submission.cv_predictions.rows["scheme"]) == {"grouped", "shuffled"}
    assert submission.predictions.sha256 == submission.cv_predictions.sha256
    assert submission.predictions.path.name == "cv_predictions.csv"


ROWS = rows("grouped")


@pytest.mark.parametrize(
    ("table", "where", "words"),
    [
        (rows("shuffled"), "sub/bad/cv_predictions.csv", "no row of that scheme"),
        (ROWS[ROWS["repeat"] == 0], "", "scheme grouped, repeat 1: expected"),
        (ROWS.drop(columns="fold"), "", "a column `fold`"),
    ],
    ids=range(3),
)
def test_every_repeat_is_needed(tmp_path, table, where, words):
    with pytest.raises(SubmissionError) as caught:
        read(tiny.folds_submission(tmp_path / "bad", table))
    (problem,) = caught.value.problems
    assert problem.where.startswith(where)
    assert words in str(problem)


def test_the_template_lists_every_row_of_the_scored_scheme_without_numbers(tmp_path):
    folder = tmp_path / "new-model"
    name = write_template(folder, tiny.FOLDS_TASK, (), tiny.BOTH_SCHEMES, shown_as="sub/new-model")
    assert sorted(path.name for path in folder.iterdir()) == [name, "submission.yaml"]
    lines = (folder / name).read_text().splitlines()
    assert lines[:2] == ["scheme,repeat,fold,id,log10_sigma", "grouped,0,0,t01,"]
    assert len(lines) == 1 + len(tiny.FOLDS)
    (folder / name).write_text("\n".join([lines[0], *(f"{line}-5.0" for line in lines[1:])]) + "\n")
    (folder / "submission.yaml").write_text(tiny.CARD)
    assert len(read(folder).predictions.rows) == len(tiny.FOLDS)
