"""A valid submission passes; break one thing and its error says where, what and what to do."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

import tiny
from ionladder.data.registry import get_task
from ionladder.errors import SubmissionError
from ionladder.repo import to_json
from ionladder.submit.card import CARD_FILE, Card, editor_schema
from ionladder.submit.predictions import KnownIds, changed_ids
from ionladder.submit.units import unit_problem
from ionladder.submit.validate import SCHEMA_FILE, read_submission, write_template

LINES = tiny.predictions().to_csv(index=False).splitlines()


def read(folder):
    return read_submission(folder, tiny.TASK, tiny.EXPECTATIONS, shown_as=f"sub/{folder.name}")


def csv_with(change):
    return "\n".join(change(list(LINES))) + "\n"


def replace_row(identifier, row):
    return csv_with(
        lambda lines: [row if line.startswith(f"{identifier},") else line for line in lines]
    )


def test_a_valid_submission_is_read_with_its_ids_as_text(tmp_path):
    folder = tiny.write_submission(tmp_path / "good")
    submission = read(folder)
    rows = submission.predictions.rows
    assert rows["id"].tolist() == ["019", "5e2", "7cr", "aaa", "max", "zzz"]
    assert rows["log10_sigma"].tolist() == [-3.0, -5.0, -14.0, -2.0, -7.0, -4.0]
    assert rows["seed"].tolist() == [0] * 6
    assert submission.card.model == "Tiny model"
    assert submission.cv_predictions is None
    (folder / "predictions.csv").unlink()
    tiny.predictions().to_parquet(folder / "predictions.parquet", index=False)
    pd.testing.assert_frame_equal(read(folder).predictions.rows, rows)
    (folder / "predictions.parquet").unlink()
    with pytest.raises(SubmissionError, match="ionladder new tiny NAME"):
        read(folder)


CARD = tiny.CARD


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"csv": ""}, "found an empty file"),
        ({"csv": csv_with(lambda lines: [*lines, "t01,-3"])}, "training ids"),
        ({"csv": replace_row("max", "max,3.2 eV")}, "max: '3.2 eV'"),
        ({"csv": replace_row("max", "max,99")}, "between -60 and 20 log10(S/cm)"),
        ({"csv": replace_row("max", "max,-7,4")}, "2 cells in every row"),
        ({"card": "- a\n- b\n"}, "found a list"),
        ({"card": CARD.replace("model: Tiny model\n", "")}, "field `model`: expected a value"),
        ({"card": CARD + "modle: x\n"}, "Did you mean `model`?"),
        ({"card": CARD + "code_url: javascript:alert(1)\n"}, "field `code_url`"),
        ({"card": CARD + "notes: [unclosed\n"}, "a bracket that is never closed"),
        ({"card": CARD.replace("name: A. Author", "orcid: '1'")}, "field `authors.0.name`"),
    ],
    ids=range(11),
)
def test_a_broken_file_is_an_error(tmp_path, files, expected):
    with pytest.raises(SubmissionError) as caught:
        read(tiny.write_submission(tmp_path / "bad", **files))
    assert expected in str(caught.value)
    file = "predictions.csv" if "csv" in files else "submission.yaml"
    assert f"sub/bad/{file}" in str(caught.value)


def test_all_problems_of_a_submission_come_at_once(tmp_path):
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


def test_every_seed_must_cover_the_exact_ids(tmp_path):
    two_seeds = pd.concat([tiny.predictions().assign(seed=seed) for seed in (0, 1)])
    good = tiny.write_submission(tmp_path / "good", csv=two_seeds.to_csv(index=False))
    assert read(good).predictions.rows["seed"].nunique() == 2
    bad = tiny.write_submission(tmp_path / "bad", csv=two_seeds.iloc[:-1].to_csv(index=False))
    with pytest.raises(SubmissionError, match=r"seed 1: expected a row for each of the 6 ids"):
        read(bad)


def cv_table(folds):
    return pa.Table.from_pandas(folds.assign(log10_sigma=-5.0), preserve_index=False)


def test_cv_predictions_must_follow_the_frozen_folds(tmp_path):
    folder = tiny.write_submission(tmp_path / "good")
    path = folder / "cv_predictions.parquet"
    pq.write_table(cv_table(tiny.FOLDS), path)
    assert len(read(folder).cv_predictions.rows) == 8

    pq.write_table(cv_table(tiny.FOLDS.assign(fold=[1, *tiny.FOLDS["fold"][1:]])), path)
    with pytest.raises(SubmissionError, match="id t01: expected fold 0; found fold 1"):
        read(folder)

    pq.write_table(cv_table(tiny.FOLDS.iloc[1:]), path)
    with pytest.raises(SubmissionError, match=r"scheme grouped, repeat 0.*1 missing \(t01\)"):
        read(folder)

    pq.write_table(cv_table(tiny.FOLDS.assign(scheme="mine")), path)
    with pytest.raises(SubmissionError, match="expected one of grouped; found 'mine'"):
        read(folder)


def test_a_template_is_a_valid_card_and_leads_editors_to_the_committed_schema(tmp_path, repository):
    """``ionladder schema submission`` writes the schema."""
    folder = tmp_path / "submissions" / "tiny" / "mine"
    folder.parent.mkdir(parents=True)
    write_template(folder, tiny.TASK, ["a"], tiny.FOLDS, shown_as="mine")
    text = (folder / CARD_FILE).read_text(encoding="utf-8")
    assert Card.model_validate(yaml.safe_load(text)).model == "mine"
    path = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (folder / path).resolve() == (tmp_path / SCHEMA_FILE).resolve()
    schema = editor_schema()
    assert (repository / SCHEMA_FILE).read_text(encoding="utf-8") == to_json(schema)
    assert schema["additionalProperties"] is False
    required = [name for name, field in Card.model_fields.items() if field.is_required()]
    assert schema["required"] == required


# --- Ids and columns: what was probably meant is guessed, and ids are placed in order at once

SIGMA = get_task("obelix").targets[0]
BARRIER = get_task("bvel-proto").targets[0]


def guess(values, target):
    return str(unit_problem(np.array(values), target, where="p.csv"))


def errors(folder, frame, target=SIGMA):
    task = replace(tiny.TASK, targets=(replace(tiny.TASK.targets[0], physical=target.physical),))
    tiny.write_submission(folder, csv=frame.to_csv(index=False))
    with pytest.raises(SubmissionError) as caught:
        read_submission(folder, task, tiny.EXPECTATIONS, shown_as="mine")
    return [str(problem) for problem in caught.value.problems]


@given(st.lists(st.floats(-20, 0)))
@example([-3.0, 0.5])
@example([0.0])
@example([float("nan")])
def test_no_physical_prediction_is_refused_for_its_unit(values):
    assert unit_problem(np.array(values), SIGMA, where="p.csv") is None


@pytest.mark.parametrize(
    ("missing", "unknown", "said"),
    [
        (["5e2", "019"], ["500.0", "19"], "2 of yours look turned into numbers by a spreadsheet"),
        (["12", "13", "abc"], ["0012", "0013", "ABC"], "2 of yours look zero-padded ('0012'"),
        (["max", "mdp"], ["MAX", "mdp "], "2 of yours look written otherwise ('MAX' for 'max')"),
        (["max"], ["MAX"], "'MAX' looks like 'max': ids are case-sensitive, without blanks."),
    ],
)
def test_the_usual_change_is_named(missing, unknown, said):
    assert said in str(changed_ids(missing, unknown))


@pytest.mark.parametrize("header", ["pred", "y_pred", "Prediction", "log_sigma"])
def test_a_header_that_was_meant_is_named(tmp_path, header):
    frame = tiny.predictions().rename(columns={"log10_sigma": header}).assign(comment="x")
    (error,) = errors(tmp_path / "mine", frame)
    assert f"Column `{header}`: did you mean `log10_sigma`?" in error


def test_ids_are_placed_in_the_order_of_python_only_where_each_is_there_once_a_turn():
    known = KnownIds(["é", "z", "Z", "😀", "0", "z"])
    assert known.in_order.to_pylist() == sorted(known)
    known = KnownIds(["max", "019", "5e2"])
    ids = pa.array(["5e2", "max", "019", "019", "max", "5e2"])
    order = known.exact_order(ids, np.array([1, 0, 0, 1, 1, 0]), 2)
    assert order.tolist() == [2, 5, 1, 3, 0, 4]
    for other in (["019", "5e2", "5e2"], ["019", "5e2", "t01"], ["019", "5e2", "max", "max"]):
        assert known.exact_order(pa.array(other), np.zeros(len(other), dtype=np.int64), 1) is None


# --- Submissions of tasks that are scored on the frozen folds: what they hold, what is refused


def read_folds(folder):
    return read_submission(
        folder, tiny.FOLDS_TASK, tiny.FOLDS_EXPECTATIONS, shown_as=f"sub/{folder.name}"
    )


def rows(*schemes):
    """Predictions that tell repeat and id apart, rows in no order."""
    table = tiny.BOTH_SCHEMES[tiny.BOTH_SCHEMES["scheme"].isin(schemes)]
    number = table["id"].str[1:].astype(int)
    return table.assign(log10_sigma=-number - table["repeat"] / 10).sample(frac=1, random_state=1)


def test_the_scored_scheme_becomes_one_seed_a_repeat(tmp_path):
    submission = read_folds(tiny.folds_submission(tmp_path / "good", rows("grouped", "shuffled")))
    scored = submission.predictions.rows
    assert list(scored.columns) == ["id", "seed", "log10_sigma"]
    assert scored["id"].tolist() == list(tiny.TRAIN_IDS) * 2
    assert scored["seed"].tolist() == [0] * 4 + [1] * 4
    assert scored["log10_sigma"].tolist() == [-1.0, -2.0, -3.0, -4.0, -1.1, -2.1, -3.1, -4.1]
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
        read_folds(tiny.folds_submission(tmp_path / "bad", table))
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
    assert len(read_folds(folder).predictions.rows) == len(tiny.FOLDS)
