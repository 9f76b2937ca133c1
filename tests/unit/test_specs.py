"""A task checks itself; an experiment pairs what it names."""

from dataclasses import replace

import pytest

import tiny
from ionladder.specs import Clause, Contrast, Experiment, Family, Question, Slice, Subset

# A task checks itself: names once, folds once, a restriction that says which column.


def test_a_scheme_is_either_scored_or_beside():
    with pytest.raises(ValueError, match="names a fold scheme twice"):
        replace(tiny.TASK, scored_folds=tiny.TASK.cross_validation[0])


def test_a_restriction_names_its_column():
    with pytest.raises(ValueError, match="restricted to a subset without a column"):
        replace(tiny.TASK, entries=Subset(name="some", title="some"))


# What an experiment names, and in which order it pairs.


EXPERIMENT = Experiment(
    name="e",
    title="E",
    heading="E",
    summary="E.",
    subjects=("a", "b"),
    subject_word="model",
    questions=(
        Question(
            name="q",
            title="Q",
            clauses=(
                Clause(
                    act="x",
                    contrasts=(
                        Contrast(submissions=("a", "b"), other="c"),
                        Contrast(submissions=("b",), other="a"),
                    ),
                ),
            ),
        ),
    ),
    families=(Family(title="F", arms=(("one", "a"), ("two", "b"), ("three", "d"))),),
    beside=("z", "c"),
)


def test_every_pair_is_named_once_and_later_arms_stand_first():
    assert EXPERIMENT.arm_pairs == (("b", "a"), ("d", "a"), ("d", "b"))
    assert EXPERIMENT.pairs == (("a", "c"), ("b", "c"), ("b", "a"), ("d", "a"), ("d", "b"))
    assert EXPERIMENT.submissions == ("a", "b", "c", "d", "z")


def test_a_part_without_named_values_is_refused():
    with pytest.raises(ValueError, match="name the parts of 'p'"):
        replace(EXPERIMENT, parts=(Slice(name="p", title="P", column="p"),))
