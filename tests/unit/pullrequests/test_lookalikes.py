"""Look-alike names: symmetric, and blind to nothing but versions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ionladder.pr.rules import is_one_slip_away, skeleton

NAMES = st.text("abm1-_", min_size=1, max_size=8)


def edits(name: str) -> set[str]:
    """Every name one insertion, removal, change or swap away, by brute force."""
    letters = "abm-_"
    cuts = [(name[:i], name[i:]) for i in range(len(name) + 1)]
    found = {a + c + b for a, b in cuts for c in letters}
    found |= {a + b[1:] for a, b in cuts if b and not b[0].isdigit()}
    found |= {a + c + b[1:] for a, b in cuts if b for c in letters}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    return found - {name}


@given(NAMES, NAMES)
def test_a_slip_is_symmetric(one: str, other: str) -> None:
    assert is_one_slip_away(one, other) == is_one_slip_away(other, one)


@given(st.text("abm-_", min_size=5, max_size=8), st.data())
def test_every_single_edit_is_seen(name: str, data: st.DataObject) -> None:
    assert is_one_slip_away(name, data.draw(st.sampled_from(sorted(edits(name)))))


@given(NAMES, NAMES)
def test_two_edits_are_not_a_slip(one: str, other: str) -> None:
    if is_one_slip_away(one, other):
        assert other in edits(one) or one in edits(other)


def test_shapes_are_folded() -> None:
    assert skeleton("corn-net") == skeleton("com_net")
    assert skeleton("mlp") != skeleton("mlq")
