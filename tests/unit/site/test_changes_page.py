"""The changes page and the feed: newest first, dated by commits, honest when nothing has moved."""

import os
import re
import subprocess
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from ionladder.board.history import append_records
from ionladder.errors import HistoryError
from ionladder.site.context import load_site
from ionladder.site.pages import changes
from ionladder.site.pages.changes import FEED, feed_document
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_board import HOSTILE, Entry, add_history, make_repository, typical

BOARD = [Entry(name="a", value=1.5), Entry(name="b", value=2.0, tie_group=2, ranks=(2, 2))]
ATOM, XHTML = "{http://www.w3.org/2005/Atom}", "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def layout(tmp_path):
    return make_repository(tmp_path, BOARD)


def page(layout):
    return render_pages(load_site(layout))["changes/"]


def row(text, name):
    """The row of a submission as text, tags and spaces squeezed."""
    lines = [line for line in text.splitlines() if line.startswith("<tr>")]
    (found,) = [line for line in lines if f">{name}<" in line]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def test_a_change_shows_both_values_difference_group_and_why(layout):
    moved = [replace(BOARD[0], value=1.512), replace(BOARD[1], tie_group=1, ranks=(1, 2))]
    add_history(layout, [*BOARD, Entry(name="gone", value=2.5)], moved)
    text = page(layout)
    assert row(text, "a") == (
        "a 1.500 1.050–2.100 1.512 1.058–2.117 +0.012 1–2 1 "
        "data: version 1.2.0 → 1.2.0.1, other labels"
    )
    assert row(text, "b").startswith("b 2.00 1.40–2.80 2.00 1.40–2.80 ±0.00 2 → 1–2 2 → 1 data")
    assert row(text, "gone").startswith("gone 2.50 1.75–3.50 – – ")
    assert "submissions/obelix/gone/" not in text
    assert "1 submission is in another group than before" in text
    assert text.index("#obelix-2") < text.index("#obelix-1")


def test_those_scored_again_with_the_same_result_are_counted_not_listed(layout):
    add_history(layout, BOARD, [replace(BOARD[0], value=1.4), BOARD[1]])
    assert "1 submission was scored again and stayed as before (data: version" in page(layout)


def test_old_publications_are_counted_and_the_whole_history_is_a_file(layout, monkeypatch):
    monkeypatch.setattr(changes, "MOST_VERSIONS", 2)
    records = add_history(layout, *([replace(BOARD[0], value=1.0 + n)] for n in range(5)))
    assert "not shown" not in page(layout), "each is the last on its version of the data"
    layout.history.unlink()
    append_records(layout, [record._replace(dataset_version="1.2.0") for record in records])
    assert "3 older versions not shown" in page(layout)
    render_site(load_site(layout))
    copied = layout.generated_docs_dir / "data" / "history.jsonl"
    assert copied.read_bytes() == layout.history.read_bytes()
    assert not (layout.generated_docs_dir / FEED).exists(), "no dates outside git"
    assert not any("feed.xml" in text for text in render_pages(load_site(layout)).values())
    layout.history.write_text("{\n")
    with pytest.raises(HistoryError, match=r"leaderboard/history\.jsonl, line 1"):
        load_site(layout)


def test_every_version_of_a_board_has_a_page_of_what_was_published(layout, monkeypatch):
    gone = Entry(name="gone", value=1.0, tie_group=1, ranks=(1, 2))
    add_history(layout, [*BOARD, gone], [BOARD[0], replace(BOARD[1], value=1.8), gone], BOARD[:2])
    found = render_pages(load_site(layout))
    first, middle, now = (found[f"obelix/at/{n}/"] for n in (1, 2, 3))
    assert re.findall(r'<th scope="row">(?:<[^>]*>)*(\w+)', first) == ["gone", "a", "b"]
    assert row(middle, "b") == "b 1.80 1.26–2.52 2, group 2"
    assert row(first, "gone") == "gone 1.00 0.70–1.40 1–2, group 1"
    assert "submissions/obelix/gone" not in first + middle + now
    told = (
        '<a href="../../../changes/#obelix-2">1 moved</a>',
        "An earlier state",
        "The newest ver",
    )
    assert [words in text for words in told for text in (first, now)] == [1, 0, 1, 0, 0, 1]
    for text in (first, middle, now):
        assert all(part in text for part in ("noindex: true", 'href="../../"', "/history.jsonl"))
        assert text.count("<b>version ") == 1
    assert re.findall(r'href="at/(\d+)/"', found["obelix/"]) == ["3", "2", "1"]
    monkeypatch.setattr(changes, "MOST_VERSIONS", 1)
    monkeypatch.setattr(changes, "MOST_ROWS", 1)
    kept = {url: text for url, text in render_pages(load_site(layout)).items() if "/at/" in url}
    assert kept.keys() == {f"obelix/at/{n}/" for n in (1, 2, 3)}, "the last on each data version"
    assert "The first 1 of 3 submissions" in kept["obelix/at/1/"]


# The feed


def commit(root, date):
    """An empty commit of a time; its hash."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for command in (("init", "-q"), (*who, "commit", "-q", "--allow-empty", "-m", "x")):
        environment = os.environ | {"GIT_COMMITTER_DATE": date}
        subprocess.run(["git", *command], cwd=root, env=environment, check=True)
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def published(root, *boards):
    """A repository whose boards were published one after the other, each on a commit of its day."""
    layout = make_repository(root, boards[-1])
    records = add_history(layout, *boards)
    commits = [commit(root, f"2026-01-{n + 1:02}T12:00:00+02:00") for n in range(len(boards))]
    layout.history.unlink()
    append_records(layout, [r._replace(commit=commits[r.publication - 1]) for r in records])
    return layout, commits


def feed_of(layout):
    return ET.fromstring(feed_document(load_site(layout))[FEED])


def text_of(entry, tag):
    return entry.findtext(f"{ATOM}{tag}") or ""


def test_the_feed_has_what_atom_requires_dated_by_commits_newest_first(tmp_path):
    layout, commits = published(tmp_path, typical()[:2], typical()[:3])
    feed = feed_of(layout)
    newest, oldest = feed.iter(f"{ATOM}entry")
    for element in (feed, newest, oldest):
        assert [len(element.findall(f"{ATOM}{tag}")) for tag in ("id", "title", "updated")] == [
            1
        ] * 3
        assert text_of(element, "id").startswith("urn:uuid:")
    assert len({text_of(element, "id") for element in (feed, newest, oldest)}) == 3
    assert text_of(newest, "updated") == text_of(feed, "updated") == "2026-01-02T10:00:00Z"
    assert text_of(oldest, "updated") == "2026-01-01T10:00:00Z"
    assert "1 entered" in text_of(newest, "title")
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "IonLadder"
    content = newest.find(f"{ATOM}content")
    assert content is not None
    assert (content.get("type"), [c.tag for c in content]) == ("xhtml", [f"{XHTML}div"])
    render_site(load_site(layout))
    links = [link.get("href", "") for link in feed.iter(f"{ATOM}link")]
    links += [link.get("href", "") for link in feed.iter(f"{XHTML}a")]
    assert len(links) > 5
    for link in links:
        way, _, anchor = link.partition("#")
        target = layout.generated_docs_dir / way / ("index.md" if way.endswith("/") else "")
        assert f"#{anchor}" in target.read_text(), link
    layout.history.write_text(layout.history.read_text().replace(commits[1], "f" * 40))
    (left,) = feed_of(layout).iter(f"{ATOM}entry")
    assert text_of(left, "updated") == "2026-01-01T10:00:00Z", "an unknown commit has no date"


def test_hostile_words_stay_words_in_the_feed(tmp_path):
    gone = [Entry(name=text.encode("utf-8", "replace").decode()) for text in HOSTILE.values()]
    layout, _ = published(tmp_path, [*typical(), *gone], typical())
    text = feed_document(load_site(layout))[FEED]
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
    assert tags.isdisjoint({"script", "img", "b"})
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
