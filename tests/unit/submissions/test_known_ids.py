"""Ids are placed in ascending order without being read one by one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ionladder.submit.predictions import KnownIds, text_ranks

KNOWN = KnownIds(["max", "019", "5e2"])


def test_ids_stand_in_the_order_of_python() -> None:
    known = KnownIds(["é", "z", "Z", "😀", "0", "z"])
    assert known.in_order.to_pylist() == sorted(known)


def test_every_turn_has_every_id_once() -> None:
    ids = pa.array(["5e2", "max", "019", "019", "max", "5e2"])
    order = KNOWN.exact_order(ids, np.array([1, 0, 0, 1, 1, 0]), 2)
    assert order is not None
    assert ids.take(order).equals(KNOWN.in_turns(2))
    assert order.tolist() == [2, 5, 1, 3, 0, 4]


@pytest.mark.parametrize(
    "ids",
    [["019", "5e2"], ["019", "5e2", "5e2"], ["019", "5e2", "t01"], ["019", "5e2", "max", "max"]],
)
def test_any_other_cover_has_no_order(ids: list[str]) -> None:
    assert KNOWN.exact_order(pa.array(ids), np.zeros(len(ids), dtype=np.int64), 1) is None


def test_equal_texts_share_a_rank() -> None:
    texts = ["b", "é", "a", "b", "Z"]
    expected = [sorted(set(texts)).index(text) for text in texts]
    assert text_ranks(pa.array(texts)).tolist() == expected
