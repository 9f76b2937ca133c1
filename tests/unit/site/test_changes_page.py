"""The changes page: newest first, differences that can be seen, honest when nothing has moved."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ionladder.errors import HistoryError
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages import changes
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_board import Entry, make_repository
from unit.site.synthetic_history import add_history

BOARD = [Entry(name="a", value=1.5), Entry(name="b", value=2.0, tie_group=2, ranks=(2, 2))]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return make_repository(tmp_path, BOARD)


def page(layout: Layout) -> str:
    return render_pages(load_site(layout))["changes/"]


def row(text: str, name: str) -> str:
    """The row of a submission as text, tags and spaces squeezed."""
    lines = [line for line in text.splitlines() if line.startswith("<tr>")]
    (found,) = [line for line in lines if f">{name}<" in line]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def test_without_a_history_the_page_says_so_and_offers_no_file(layout: Layout) -> None:
    text = page(layout)
    assert "No score has been recorded yet" in text
    assert "history.jsonl" not in text


def test_a_first_publication_lists_who_entered_and_says_that_nothing_moved(
    layout: Layout,
) -> None:
    add_history(layout, BOARD)
    text = page(layout)
    assert "The board began with 2 submissions" in text
    assert 'href="../submissions/obelix/a/"' in text
    assert "Nothing has moved yet" in text
    assert "<table" not in text


def test_a_newcomer_alone_has_moved_nothing(layout: Layout) -> None:
    add_history(layout, BOARD[:1], BOARD)
    text = page(layout)
    assert "Nothing has moved yet" in text
    assert row(text, "b").startswith("b – 2.00 1.40–2.80 – – → 2 – → 2 submission&#58; entered")


def test_a_change_shows_both_values_difference_tie_group_and_why(layout: Layout) -> None:
    moved = [replace(BOARD[0], value=1.512), replace(BOARD[1], tie_group=1, ranks=(1, 2))]
    add_history(layout, BOARD, moved)
    text = page(layout)
    assert row(text, "a") == (
        "a 1.500 1.050–2.100 1.512 1.058–2.117 +0.012 1–2 1 "
        "data&#58; version 1.2.0 → 1.2.0.1, other labels"
    )
    assert row(text, "b").startswith("b 2.00 1.40–2.80 2.00 1.40–2.80 ±0.00 2 → 1–2 2 → 1 data")
    assert "1 submission is in another tie group than before" in text
    assert text.index("#obelix-2") < text.index("#obelix-1")


def test_those_scored_again_with_the_same_result_are_counted_not_listed(layout: Layout) -> None:
    add_history(layout, BOARD, [replace(BOARD[0], value=1.4), BOARD[1]])
    text = page(layout)
    assert "1 submission was scored again and stayed as before (data&#58; version" in text
    assert "No submission that stayed is in another tie group" in text


def test_a_submission_that_has_gone_is_named_without_a_link(layout: Layout) -> None:
    gone = Entry(name="gone", value=2.5)
    add_history(layout, [*BOARD, gone], BOARD)
    text = page(layout)
    assert row(text, "gone").startswith("gone 2.50 1.75–3.50 – – ")
    assert "submissions/obelix/gone/" not in text
    assert "OBELiX 1.2.0.1, scorer version 1" in text


def test_old_publications_are_counted_and_left_to_the_command(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SHOWN_PUBLICATIONS", 2)
    add_history(layout, *([replace(BOARD[0], value=1.0 + n)] for n in range(5)))
    text = page(layout)
    assert "3 older publications not shown" in text
    assert "#obelix-5" in text
    assert "#obelix-3" not in text


def test_the_history_can_be_downloaded_as_it_is(layout: Layout) -> None:
    add_history(layout, BOARD)
    render_site(load_site(layout))
    copied = layout.generated_docs_dir / "data" / "history.jsonl"
    assert copied.read_bytes() == layout.history.read_bytes()
    assert 'href="../data/history.jsonl"' in page(layout)


def test_a_damaged_history_is_a_letter_that_names_it(layout: Layout) -> None:
    layout.history.write_text("{\n")
    with pytest.raises(HistoryError, match=r"leaderboard/history\.jsonl, line 1"):
        load_site(layout)
