"""A change names its difference, its tie group and every cause; nothing is explained by nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.board.history import Change, Record, new_records, publications, since
from unit.leaderboard.records import board_of, standing


def publish(*boards: tuple[Record, ...]) -> list[Record]:
    history: list[Record] = []
    for board in boards:
        history += new_records(history, board_of(*board), task="tiny", commit=None)
    return history


def change(**changed: Any) -> Change:
    """How one submission changed between two publications, alone on its board."""
    history = publish((standing(),), (standing(**changed),))
    (found,) = publications(history)[1].changes
    return found


@pytest.mark.parametrize(
    ("changed", "causes", "words"),
    [
        (
            {"dataset_version": "1.1.0", "labels_sha256": "m" * 64, "value": 1.6},
            ["data"],
            "data: version 1.0.0 → 1.1.0, other labels",
        ),
        (
            {"dataset_version": "1.1.0"},
            ["data"],
            "data: version 1.0.0 → 1.1.0, same labels and split",
        ),
        (
            {"labels_sha256": "m" * 64, "split_sha256": "t" * 64},
            ["data"],
            "data: version 1.0.0 as before, other labels and other split",
        ),
        ({"scorer_version": "2", "value": 1.6}, ["scorer"], "scorer: version 1 → 2"),
        (
            {"scorer_version": "2", "metric": "log10_sigma/rmse/all", "value": 2.5},
            ["scorer"],
            "scorer: version 1 → 2, log10_sigma/mae/all → log10_sigma/rmse/all",
        ),
        (
            {"predictions_sha256": "q" * 64, "cv_predictions_sha256": "v" * 64, "value": 1.6},
            ["submission"],
            "submission: other predictions and cross-validation predictions",
        ),
        ({"kind": "reference", "rank": None}, ["kind"], "kind: now reference"),
        (
            {"value": 1.6},
            ["unexplained"],
            "unexplained: data, scorer and submission have no new version",
        ),
        ({"ci_low": 0.9}, ["unexplained"], "unexplained: data, scorer and submission"),
        ({"rank": 2, "rank_low": 2}, ["unexplained"], "unexplained: data, scorer and submission"),
        (
            {"metric": "log10_sigma/rmse/all"},
            ["unexplained"],
            "unexplained: log10_sigma/mae/all → log10_sigma/rmse/all without a new scorer version",
        ),
        (
            {"dataset_version": "1.1.0", "metric": "log10_sigma/rmse/all"},
            ["data", "unexplained"],
            "data: version 1.0.0 → 1.1.0, same labels and split; unexplained: log10_sigma/mae/all",
        ),
        (
            {
                "dataset_version": "1.1.0",
                "scorer_version": "2",
                "predictions_sha256": "q" * 64,
            },
            ["data", "scorer", "submission"],
            "data: version 1.0.0 → 1.1.0, same labels and split; scorer: version 1 → 2; submission",
        ),
    ],
)
def test_every_cause_is_named(changed: dict[str, Any], causes: list[str], words: str) -> None:
    found = change(**changed)
    assert list(found.causes) == causes
    assert "; ".join(found.reasons).startswith(words)


def test_a_place_that_changed_because_of_others_says_so() -> None:
    history = publish((standing("a"),), (standing("new"), standing("a", rank=2, tie_group=2)))
    entered, moved = publications(history)[1].changes
    assert entered.reasons == ("submission: entered the board",)
    assert moved.reasons == ("others: the board around it changed",)
    assert moved.difference == 0.0
    assert moved.tie_group_changed
    assert not entered.tie_group_changed


def test_a_submission_that_left_has_no_number_and_no_difference() -> None:
    history = publish((standing("a"), standing("b")), (standing("b"),))
    (left,) = publications(history)[1].changes
    assert left.reasons == ("submission: left the board",)
    assert (left.difference, left.tie_group_changed, left.has_moved) == (None, False, True)


def test_a_submission_that_returned_is_not_compared_with_its_absence() -> None:
    history = publish((standing("a"), standing("b")), (standing("b"),), (standing("a"),))
    back = publications(history)[2].changes[0]
    assert (back.before, back.difference) == (None, None)


def test_other_hashes_with_the_same_number_did_not_move() -> None:
    found = change(dataset_version="1.1.0")
    assert not found.has_moved
    assert found.difference == 0.0


def test_numbers_of_different_measures_are_not_subtracted() -> None:
    assert change(metric="log10_sigma/rmse/all", scorer_version="2", value=2.0).difference is None


@pytest.mark.parametrize(
    ("changed", "digits"),
    [
        ({"value": 1.75}, 2),
        ({"value": 1.512}, 3),
        ({"value": 1.500004}, 6),
        ({"value": 3.9}, 2),
        ({"ci_low": 1.0021}, 4),
        ({"value": None}, 2),
        ({"rank": 2}, 2),
    ],
)
def test_a_change_is_shown_with_enough_digits_to_be_seen(
    changed: dict[str, Any], digits: int
) -> None:
    assert change(**changed).digits == digits


def test_publications_of_several_tasks_stand_apart_in_the_order_they_began() -> None:
    tiny = publish((standing(),), (standing(value=1.4),))
    other = [record._replace(task="other") for record in tiny]
    mixed = [tiny[0], other[0], other[1], tiny[1]]
    found = [(each.task, each.number) for each in publications(mixed)]
    assert found == [("tiny", 1), ("other", 1), ("other", 2), ("tiny", 2)]
    assert [(p.task, p.number) for p in since(publications(mixed), mixed[3:])] == [("tiny", 2)]


@given(st.lists(st.floats(0, 9).map(lambda value: round(value, 6)), min_size=1, max_size=8))
def test_differences_add_up_to_the_whole_way(values: list[float]) -> None:
    history = publish(*((standing(value=value),) for value in values))
    found = [c.difference for p in publications(history)[1:] for c in p.changes]
    assert sum(d for d in found if d is not None) == pytest.approx(values[-1] - values[0])
