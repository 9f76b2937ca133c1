"""The changes page and the feed: newest first, dated by commits, honest when nothing has moved."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ionladder.board.history import append_records
from ionladder.errors import HistoryError
from ionladder.git import commit_times
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages import changes
from ionladder.site.pages.changes import FEED, feed_document
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_board import HOSTILE, Entry, make_repository, typical
from unit.site.synthetic_history import add_history

BOARD = [Entry(name="a", value=1.5), Entry(name="b", value=2.0, tie_group=2, ranks=(2, 2))]
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"


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


def test_a_change_shows_both_values_difference_tie_group_and_why(layout: Layout) -> None:
    moved = [replace(BOARD[0], value=1.512), replace(BOARD[1], tie_group=1, ranks=(1, 2))]
    add_history(layout, BOARD, moved)
    text = page(layout)
    assert row(text, "a") == (
        "a 1.500 1.050–2.100 1.512 1.058–2.117 +0.012 1–2 1 "
        "data: version 1.2.0 → 1.2.0.1, other labels"
    )
    assert row(text, "b").startswith("b 2.00 1.40–2.80 2.00 1.40–2.80 ±0.00 2 → 1–2 2 → 1 data")
    assert "1 submission is in another tie group than before" in text
    assert text.index("#obelix-2") < text.index("#obelix-1")


def test_those_scored_again_with_the_same_result_are_counted_not_listed(layout: Layout) -> None:
    add_history(layout, BOARD, [replace(BOARD[0], value=1.4), BOARD[1]])
    text = page(layout)
    assert "1 submission was scored again and stayed as before (data: version" in text
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


def test_a_damaged_history_is_named(layout: Layout) -> None:
    layout.history.write_text("{\n")
    with pytest.raises(HistoryError, match=r"leaderboard/history\.jsonl, line 1"):
        load_site(layout)


def git(root: Path, *arguments: str, date: str = "2026-01-02T03:04:05+02:00") -> str:
    """Run git as somebody, at a time."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    environment = os.environ | {
        "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": date,
    }
    done = subprocess.run(
        ["git", *who, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(root: Path, date: str) -> str:
    """An empty commit of a time; its hash."""
    git(root, "commit", "--allow-empty", "--quiet", "--message", "x", date=date)
    return git(root, "rev-parse", "HEAD")


def published(root: Path, *boards: Sequence[Entry]) -> tuple[Layout, list[str]]:
    """A repository whose boards were published one after the other, each on a commit of its day."""
    layout = make_repository(root, list(boards[-1]))
    records = add_history(layout, *boards)
    git(root, "init", "--quiet")
    commits = [commit(root, f"2026-01-{n + 1:02}T12:00:00+02:00") for n in range(len(boards))]
    layout.history.unlink()
    append_records(
        layout, [record._replace(commit=commits[record.publication - 1]) for record in records]
    )
    return layout, commits


def feed_of(layout: Layout) -> dict[str, str]:
    return feed_document(load_site(layout))


def entries_of(layout: Layout) -> list[ET.Element]:
    return list(ET.fromstring(feed_of(layout)[FEED]).iter(f"{ATOM}entry"))


def text_of(entry: ET.Element, tag: str) -> str:
    return entry.findtext(f"{ATOM}{tag}") or ""


def test_the_feed_has_what_atom_requires_dated_by_commits_newest_first(tmp_path: Path) -> None:
    layout, _ = published(tmp_path, typical()[:2], typical()[:3])
    feed = ET.fromstring(feed_of(layout)[FEED])
    elements = [feed, *feed.iter(f"{ATOM}entry")]
    for element in elements:
        for tag in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{tag}")) == 1
        moment = text_of(element, "updated")
        assert datetime.fromisoformat(moment).tzinfo is not None
        assert text_of(element, "id").startswith("urn:uuid:")
    assert len({text_of(element, "id") for element in elements}) == len(elements)
    assert [text_of(element, "updated") for element in elements[1:]] == [
        "2026-01-02T10:00:00Z",
        "2026-01-01T10:00:00Z",
    ]
    assert "1 entered" in text_of(elements[1], "title")
    assert "the board begins with 2 submissions" in text_of(elements[2], "title")
    assert text_of(feed, "updated") == text_of(elements[1], "updated")
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "IonLadder"
    for entry in elements[1:]:
        content = entry.find(f"{ATOM}content")
        assert content is not None
        assert content.get("type") == "xhtml"
        assert [child.tag for child in content] == [f"{XHTML}div"]


def test_links_of_the_feed_lead_to_pages_and_places_of_the_site(tmp_path: Path) -> None:
    layout, _ = published(tmp_path, typical()[:2], typical()[:3])
    render_site(load_site(layout))
    pages = layout.generated_docs_dir
    feed = ET.parse(pages / FEED).getroot()
    links = [link.get("href", "") for link in feed.iter(f"{ATOM}link")]
    links += [link.get("href", "") for link in feed.iter(f"{XHTML}a")]
    assert len(links) > 5
    for link in links:
        way, _, anchor = link.partition("#")
        target = pages / way / "index.md" if way.endswith("/") else pages / way
        assert target.is_file(), link
        assert f"#{anchor}" in target.read_text(), link


def test_a_publication_whose_commit_is_not_here_has_no_date_and_no_entry(tmp_path: Path) -> None:
    layout, _ = published(tmp_path, typical()[:2], typical()[:3])
    text = layout.history.read_text().replace(git(tmp_path, "rev-parse", "HEAD"), "f" * 40)
    layout.history.write_text(text)
    assert [text_of(entry, "updated") for entry in entries_of(layout)] == ["2026-01-01T10:00:00Z"]


def test_outside_git_there_is_no_feed_and_nothing_links_to_one(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    add_history(layout, typical())
    assert feed_of(layout) == {}
    render_site(load_site(layout))
    assert not (layout.generated_docs_dir / FEED).exists()
    assert not any("feed.xml" in text for text in render_pages(load_site(layout)).values())


def test_hostile_words_stay_words_in_the_feed(tmp_path: Path) -> None:
    gone = [Entry(name=text.encode("utf-8", "replace").decode()) for text in HOSTILE.values()]
    layout, _ = published(tmp_path, [*typical(), *gone], typical())
    text = feed_of(layout)[FEED]
    feed = ET.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in feed.iter()}
    assert tags.isdisjoint({"script", "img", "b"})
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text


def test_times_of_commits_are_known_or_left_out(tmp_path: Path) -> None:
    assert commit_times(tmp_path, ["a" * 40]) == {}
    git(tmp_path, "init", "--quiet")
    here = commit(tmp_path, "2026-03-04T05:06:07-03:00")
    assert commit_times(tmp_path, ["a" * 40, "--all", "HEAD"]) == {}
    times = commit_times(tmp_path, ["a" * 40, here])
    assert {key: time.isoformat() for key, time in times.items()} == {
        here: "2026-03-04T08:06:07+00:00"
    }
