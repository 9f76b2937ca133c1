"""Page headers are read strictly: whatever is odd in them is an error, never another number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.submit.parquet import (
    I64,
    STRUCT_LIST,
    TEXT_LIST,
    ThriftError,
    number_at,
    read_fields,
    struct_at,
    structs_at,
)


def test_numbers_texts_truths_and_structures_are_read_and_passed_over() -> None:
    inner = bytes([0x11, 0x12, 0x18, 3, *b"abc", 0x13, 7, 0x16, 0xD8, 0x04, 0])
    fields, end = read_fields(bytes([0x15, 0x05, 0x4C, *inner, 0x04, 0x80, 0x02, 0x07, 0, 99]))
    assert fields == {1: -3, 5: {1: None, 2: None, 3: None, 4: None, 5: 300}, 128: -4}
    assert end == 21


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "ends too early"),
        (b"\x15", "ends too early"),
        (b"\x15\x06", "ends too early"),
        (b"\x18\x7fabc", "ends too early"),
        (b"\x15\x06\x05\x02\x08\x00", "comes twice"),
        (b"\x1b\x15\x02\x00", "kind 11"),
        (b"\x19\xf5\xff\xff\xff\xff\x0f\x02", "ends too early"),
        (b"\x05\x80\x80\x08\x02\x00", "has no number"),
        (b"\x15" + b"\xff" * 12 + b"\x00\x00", "without an end"),
        (b"\x1c" * 14 + b"\x00" * 14, "too deep"),
    ],
)
def test_odd_bytes_are_an_error(data: bytes, message: str) -> None:
    with pytest.raises(ThriftError, match=message):
        read_fields(data)


def test_lists_hold_structures_and_numbers() -> None:
    fields, end = read_fields(bytes([0x19, 0x2C, 0x15, 2, 0, 0x15, 4, 0, 0x19, 0x26, 2, 4, 0]))
    assert fields == {1: [{1: 1}, {1: 2}], 2: [1, 2]}
    assert end == 13
    assert structs_at(fields, 1) == [{1: 1}, {1: 2}]
    with pytest.raises(ThriftError, match="field 3 is not a list"):
        structs_at(fields, 3)


def test_another_kind_than_is_expected_at_a_place_is_an_error() -> None:
    data = bytes([0x19, 0x1C, 0x15, 2, 0, 0])
    assert read_fields(data, {(1,): STRUCT_LIST})[0] == {1: [{1: 1}]}
    for kinds in ({(1,): I64}, {(1,): TEXT_LIST}, {(1, 1): I64}):
        with pytest.raises(ThriftError, match="of kind"):
            read_fields(data, kinds)


@pytest.mark.parametrize("value", [None, -1, 2**31, {}])
def test_a_size_is_a_whole_number_that_fits(value: object) -> None:
    with pytest.raises(ThriftError, match="field 2 is not a size"):
        number_at({2: value}, 2)  # type: ignore[dict-item]


def test_a_structure_is_not_a_number() -> None:
    with pytest.raises(ThriftError, match="field 5 is not a structure"):
        struct_at({5: 1}, 5)


@given(st.binary(max_size=40))
def test_any_bytes_are_fields_or_an_error(data: bytes) -> None:
    try:
        fields, end = read_fields(data)
    except ThriftError:
        return
    assert end > 0
    assert all(isinstance(number, int) for number in fields)
