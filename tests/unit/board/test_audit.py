"""Each check of the audit speaks up for one thing changed, and is silent on a clean submission."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from ionladder.board.audit import (
    AuditInputs,
    TargetInputs,
    audit_board,
    check_ahead,
    check_identical,
    check_labels,
    check_names,
    check_near,
    same_rows,
)
from ionladder.pr.check import ASKED
from ionladder.repo import Layout
from ionladder.score import TaskScorer

PHYSICAL = replace(tiny.TASK, targets=(replace(tiny.TASK.targets[0], physical=(-20.0, 0.0)),))
ERRORS = np.array([0.9, -1.2, 1.6, -0.7, 1.1, -1.4])
OTHER_ERRORS = np.array([-0.8, 1.5, 0.9, 1.3, -1.0, 0.6])
TRUTH = tiny.LABELS["log10_sigma"].to_numpy()
CLEAN = TRUTH + ERRORS
OTHER = TRUTH + OTHER_ERRORS
TRAIN = np.array([-4.0, -5.0, -6.0, -7.0])


def scored(root, boards, *, task=PHYSICAL, cv_errors=None):
    """Score submissions of the tiny task; a list of arrays is one array a seed."""
    scorer = TaskScorer(task, "1.0.0", tiny.evaluation_labels(), tiny.SETTINGS, Layout(root))
    found = {}
    for name, values in boards.items():
        seeds = values if isinstance(values, list) else [values]
        table = pd.concat(
            pd.DataFrame({"id": tiny.LABELS["id"], "log10_sigma": seed, "seed": number})
            for number, seed in enumerate(seeds)
        )
        folder = tiny.write_submission(root / name, csv=table.to_csv(index=False))
        card = folder / "submission.yaml"
        card.write_text(card.read_text().replace("Tiny model", f"{name * 7} model"))
        if cv_errors and name in cv_errors:
            cv = tiny.FOLDS.assign(log10_sigma=np.tile(TRAIN + cv_errors[name], 2))
            cv.to_csv(folder / "cv_predictions.csv", index=False)
        found[name] = scorer.score(folder)
    return found


def audit(root, boards, *, crossing=(), task=PHYSICAL):
    return audit_board(
        task, scored(root, boards, task=task), tiny.evaluation_labels(), crossing=crossing
    )


def only(findings):
    (finding,) = findings
    return finding


WILD = np.where(np.arange(6) == 0, 5.0, CLEAN)


@pytest.mark.parametrize(
    ("board", "task", "crossing"),
    [
        ({"a": CLEAN, "b": OTHER}, PHYSICAL, ()),
        ({}, PHYSICAL, ()),
        ({"a": WILD}, tiny.TASK, ()),
        ({"a": CLEAN}, PHYSICAL, tuple(tiny.LABELS["id"])),
    ],
    ids=["clean", "nobody", "no physical range", "all entries cross"],
)
def test_there_is_nothing_to_note(tmp_path, board, task, crossing):
    assert audit(tmp_path, board, task=task, crossing=crossing) == {name: [] for name in board}


def test_predictions_equal_to_some_labels_are_noted_with_their_share(tmp_path):
    values = np.where([True, True, False, False, False, False], TRUTH, CLEAN)
    finding = only(audit(tmp_path, {"a": values, "b": OTHER})["a"])
    assert finding.check == "labels"
    assert finding.evidence["share_equal"] == pytest.approx(2 / 6)
    assert "33%" in finding.sentence


def test_labels_with_a_little_noise_are_noted_by_their_correlation(tmp_path):
    values = TRUTH + 0.2 * ERRORS / np.abs(ERRORS)
    finding = only(audit(tmp_path, {"a": values})["a"])
    assert (finding.check, finding.evidence["share_equal"]) == ("labels", 0.0)
    assert finding.evidence["correlation"] == pytest.approx(np.corrcoef(values, TRUTH)[0, 1])


RNG = np.random.default_rng(5)
MANY = RNG.normal(-6, 2.5, 121)
ONE, TWO, THREE = (0.6 * MANY + RNG.normal(-2, 1.5, 121) for _ in range(3))


def inputs_of(rows, models):
    target = TargetInputs(
        target=tiny.TASK.targets[0],
        of="",
        y_true=MANY,
        upper_limit=np.full(121, np.nan),
        train_median=-6.0,
        y_pred=tuple(np.atleast_2d(row) for row in rows.values()),
        means=np.stack([np.atleast_2d(row).mean(axis=0) for row in rows.values()]),
        label_sd=float(MANY.std()),
    )
    receipts = tuple({"model": models.get(name, name)} for name in rows)
    return AuditInputs(
        tiny.TASK, tuple(rows), receipts, (target,), np.zeros(121, bool), np.ones(len(rows), bool)
    )


def put_at(place, values):
    changed = ONE.copy()
    changed[place] = values[place] if values.ndim else values
    return changed


@pytest.mark.parametrize(
    ("sent", "check"),
    [
        (ONE + RNG.normal(0, 0.05, 121), "near"),  # noise
        (put_at(slice(7, 8), np.array(-19.0)), "near"),  # one value of 121
        (put_at(slice(0, 60), TWO), "near"),  # half of one, half of another
        (-np.sqrt(-np.minimum(ONE, -0.01)), "near"),  # through a curve
        (-5 - ONE + RNG.normal(0, 0.05, 121), "near"),  # turned round
        (np.round(ONE, 1), "near"),
        (0.7 * ONE - 3 + RNG.normal(0, 0.05, 121), "near"),  # scaled, with noise
        ((ONE + MANY) / 2, "near"),  # the mean with the labels
        (0.8 * ONE + 0.2 * MANY, "near"),
        ((ONE + MANY) / 2 + RNG.normal(0, 0.1, 121), "near"),
        ((ONE + TWO + MANY) / 3, "ahead"),
        (MANY + RNG.normal(0, 0.8, 121), "ahead"),  # labels with noise
        (np.tanh(MANY / 4), "labels"),  # labels through a curve
        (-np.exp(MANY / 9), "labels"),
        (ONE + np.ones((2, 1)) * [[1.0], [0.0]] * RNG.normal(0, 1, 121), "identical"),  # a seed
        (0.6 * MANY + RNG.normal(-2, 1.5, 121), None),  # one more of its kind
        ((ONE + TWO) / 2, None),  # an average of two others
        (np.full(121, -6.0), None),
    ],
)
def test_copies_and_blends_are_asked_about_and_models_of_their_own_are_not(sent, check):
    inputs = inputs_of({"a": ONE, "b": TWO, "c": THREE, "sent": sent}, {})
    checks = {"near": check_near, "ahead": check_ahead}
    checks |= {"labels": check_labels, "identical": check_identical}
    found = {name for name, run in checks.items() if any(place == 3 for place, *_ in run(inputs))}
    assert (check in found) if check else not found
    assert not check or check in ASKED


@pytest.mark.parametrize(
    ("model", "is_alike"),
    [
        ("Random forest (OBELiX paper)", True),
        ("random forest - OBELiX paper", True),
        ("R\u0430ndom f\u043erest (OBELiX paper)", True),
        ("Random forests (OBELiX paper)", True),
        ("Randorn forest (OBELiX paper)", True),
        ("Random forest (OBELiX paper) 2", False),
        ("Random forest", False),
        ("", False),
    ],
)
def test_a_name_that_reads_like_anothers_is_asked_about(model, is_alike):
    models = {"a": "Random forest (OBELiX paper)", "b": "CGCNN", "c": model}
    found = {place for place, *_ in check_names(inputs_of({"a": ONE, "b": TWO, "c": TWO}, models))}
    assert found == ({0, 2} if is_alike else set())


def test_a_copy_is_found_with_the_name_of_its_twin_on_both_pages(tmp_path):
    found = audit(tmp_path, {"a": CLEAN, "b": OTHER, "c": CLEAN + 1e-9})
    assert found["b"] == []
    for name, twin in (("a", "c"), ("c", "a")):
        finding = only(found[name])
        assert (finding.check, finding.evidence["twin"]) == ("identical", twin)
        assert f"those of {twin} " in finding.sentence


@pytest.mark.parametrize(
    ("slope", "offset", "decimals"),
    [(1.0, 0.5, 9), (0.5, -2.0, 9), (-1.0, -12.0, 9), (1.0, 0.0, 3)],
    ids=["shifted", "scaled", "mirrored", "rounded"],
)
def test_a_straight_line_is_found_with_its_slope(tmp_path, slope, offset, decimals):
    values = CLEAN * 1.00001 - 3e-7
    found = audit(tmp_path, {"a": values, "b": np.round(slope * values + offset, decimals)})
    finding = next(each for each in found["b"] if each.check == "affine")
    assert finding.evidence["twin"] == "a"
    assert finding.evidence["slope"] == pytest.approx(slope, abs=1e-3)
    assert finding.evidence["offset"] == pytest.approx(offset, abs=1e-2)
    assert next(each for each in found["a"] if each.check == "affine").evidence["twin"] == "b"


def test_references_are_explained_as_such(tmp_path):
    found = audit(tmp_path, {"a": CLEAN, "median": CLEAN})
    assert "reference of this task" in only(found["a"]).sentence
    found = audit(tmp_path / "equal", dict.fromkeys("ab", np.full(6, -5.0)))
    assert [finding.check for finding in found["a"]] == ["identical", "constant"]
    flat = {"b": np.full(6, -5.0) + 0.01 * ERRORS, "median": np.full(6, -5.2)}
    found = audit(tmp_path / "flat", flat)
    mine, reference = only(found["b"]), only(found["median"])
    assert mine.check == reference.check == "constant"
    assert "Worth checking" in mine.sentence
    assert "reference of this task" in reference.sentence
    assert mine.evidence["prediction_sd"] == pytest.approx(0.01 * ERRORS.std())


def test_another_unit_or_a_turned_sign_is_asked_about(tmp_path):
    found = audit(tmp_path, {"mirrored": -18.0 - TRUTH, "milli": CLEAN + 9.0})
    assert only(found["mirrored"]).evidence["correlation"] == pytest.approx(-1.0)
    assert only(found["milli"]).check == "units"
    assert {"labels", "units", "order"} <= ASKED


def test_unphysical_values_are_counted_over_all_seeds(tmp_path):
    wild = CLEAN.copy()
    wild[[0, 3]] = 0.5, -25.0
    assert only(audit(tmp_path / "u", {"a": [CLEAN, wild]})["a"]).check == "units"
    finding = only(audit(tmp_path, {"a": [*[CLEAN] * 7, wild]})["a"])
    assert finding.check == "physical"
    assert (finding.evidence["n_outside"], finding.evidence["n"]) == (2, 48)
    assert (finding.evidence["smallest"], finding.evidence["largest"]) == (-25.0, 0.5)


def test_a_small_error_on_crossing_entries_is_noted_with_the_numbers_of_a_constant(tmp_path):
    crossing = ("019", "zzz")
    there = tiny.LABELS["id"].isin(crossing).to_numpy()
    values = TRUTH + np.where(there, 0.1, ERRORS)
    finding = only(audit(tmp_path, {"a": values, "b": OTHER}, crossing=crossing)["a"])
    assert finding.check == "crossing"
    assert finding.evidence["n_crossing"] == 2
    constant = np.abs(np.median(TRAIN) - TRUTH)
    assert finding.evidence["error_crossing"] == pytest.approx(0.1)
    others = np.abs(ERRORS[~there]).mean()
    assert finding.evidence["error_elsewhere"] == pytest.approx(others, abs=0.05)
    median = (constant[there].mean(), constant[~there].mean())
    assert finding.evidence["median_error_crossing"] == pytest.approx(median[0], abs=0.05)
    assert finding.evidence["median_error_elsewhere"] == pytest.approx(median[1], abs=0.05)
    assert "no conclusion" in finding.sentence


@pytest.mark.parametrize(
    ("cv_errors", "expected", "word"),
    [
        (np.array([1.0, -1.1, 1.2, -1.3]), [], ""),
        (np.array([4.0, -4.1, 4.2, -4.3]), ["cv_and_test"], "smaller"),
        (np.array([0.2, -0.21, 0.22, -0.23]), ["cv_and_test"], "larger"),
    ],
    ids=["alike", "test smaller", "test larger"],
)
def test_folds_and_test_contradict_each_other_when_their_intervals_lie_far_apart(
    tmp_path, cv_errors, expected, word
):
    board = scored(tmp_path, {"a": CLEAN}, cv_errors={"a": cv_errors})
    found = audit_board(PHYSICAL, board, tiny.evaluation_labels())["a"]
    assert [finding.check for finding in found] == expected
    if expected:
        assert f"is {word} than" in found[0].sentence
        assert found[0].evidence["cross_validated"] == pytest.approx(np.abs(cv_errors).mean())


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A board on which most checks speak."""
    board = {"copy": CLEAN, "flat": np.full(6, -5.0), "labels": TRUTH, "line": 0.5 * CLEAN - 1}
    wild = np.where(np.arange(6) == 0, 5.0, OTHER)
    return scored(tmp_path_factory.mktemp("mixed"), board | {"original": CLEAN, "wild": wild})


@given(order=st.permutations(["copy", "flat", "labels", "line", "original", "wild"]))
def test_the_order_of_submissions_is_irrelevant(mixed, order):
    labels = tiny.evaluation_labels()
    expected = audit_board(PHYSICAL, mixed, labels, crossing=("019",))
    board = {name: mixed[name] for name in order}
    shuffled = audit_board(PHYSICAL, board, labels, crossing=("019",))
    assert shuffled == expected
    assert list(shuffled) == sorted(order)


@given(
    rows=st.lists(
        st.lists(st.sampled_from([0.0, -0.0, 1.0, 1.0 + 1e-9, 2.0]), min_size=3, max_size=3),
        min_size=1,
        max_size=8,
    )
)
def test_rows_are_the_same_when_no_value_differs_by_half_a_millionth(rows):
    values = np.array(rows)
    kinds = same_rows(values)
    for i in range(len(rows)):
        for j in range(len(rows)):
            assert (kinds[i] == kinds[j]) == (np.abs(values[i] - values[j]).max() < 5e-7)
