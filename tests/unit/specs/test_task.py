"""A task checks itself: names once, folds once, a restriction that says which column."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tiny
from ionladder.specs import Subset


def test_the_scored_folds_stand_first_among_the_schemes() -> None:
    assert [scheme.scheme for scheme in tiny.TASK.fold_schemes] == ["grouped"]
    assert [scheme.scheme for scheme in tiny.FOLDS_TASK.fold_schemes] == ["grouped", "shuffled"]


def test_a_scheme_is_either_scored_or_beside() -> None:
    with pytest.raises(ValueError, match="names a fold scheme twice"):
        replace(tiny.TASK, scored_folds=tiny.TASK.cross_validation[0])


def test_a_restriction_names_its_column() -> None:
    with pytest.raises(ValueError, match="restricted to a subset without a column"):
        replace(tiny.TASK, entries=Subset(name="some", title="some"))
