"""Ids and columns: what was probably meant is guessed, and ids are placed in order at once."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tiny
from ionladder.data.registry import get_task
from ionladder.errors import SubmissionError
from ionladder.submit.predictions import KnownIds, changed_ids
from ionladder.submit.units import unit_problem
from ionladder.submit.validate import read_submission

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
    assert order is not None
    assert order.tolist() == [2, 5, 1, 3, 0, 4]
    for other in (["019", "5e2", "5e2"], ["019", "5e2", "t01"], ["019", "5e2", "max", "max"]):
        assert known.exact_order(pa.array(other), np.zeros(len(other), dtype=np.int64), 1) is None
