"""The feed of changes: valid Atom, dated by commits only, silent where git knows no date."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from ionladder.board.history import append_records
from ionladder.git import commit_times
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages.changes import FEED, MOST_ENTRIES, feed_document
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_board import HOSTILE, TASK, Entry, make_repository, typical
from unit.site.synthetic_history import add_history

ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"


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


def test_an_entry_is_dated_by_the_commit_of_its_scores_newest_first(tmp_path: Path) -> None:
    layout, _ = published(tmp_path, typical()[:2], typical()[:3])
    entries = entries_of(layout)
    assert [text_of(entry, "updated") for entry in entries] == [
        "2026-01-02T10:00:00Z",
        "2026-01-01T10:00:00Z",
    ]
    assert "1 entered" in text_of(entries[0], "title")
    assert "the board begins with 2 submissions" in text_of(entries[1], "title")


def test_the_feed_has_what_atom_requires(tmp_path: Path) -> None:
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


def test_pages_that_a_feed_reader_looks_at_name_the_feed(tmp_path: Path) -> None:
    layout, _ = published(tmp_path, typical()[:2])
    pages = render_pages(load_site(layout), feed=FEED)
    for url in ("", "changes/", f"{TASK.name}/"):
        assert "\nfeed: feed.xml\n" in pages[url].split("---\n")[1]
    assert 'of <time datetime="2026-01-01">' in pages["changes/"]


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    gone = [Entry(name=text.encode("utf-8", "replace").decode()) for text in HOSTILE.values()]
    layout, _ = published(tmp_path, [*typical(), *gone], typical())
    text = feed_of(layout)[FEED]
    feed = ET.fromstring(text)
    tags = {element.tag.rpartition("}")[2] for element in feed.iter()}
    assert tags.isdisjoint({"script", "img", "b"})
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text


def test_the_feed_is_the_same_twice_and_bounded(tmp_path: Path) -> None:
    boards = [[Entry(name="a", value=1 + n / 10)] for n in range(MOST_ENTRIES)]
    layout, _ = published(tmp_path, *boards[:28], boards[29])
    assert feed_of(layout) == feed_of(layout)
    assert len(entries_of(layout)) <= MOST_ENTRIES


def test_times_of_commits_are_known_or_left_out(tmp_path: Path) -> None:
    assert commit_times(tmp_path, ["a" * 40]) == {}
    git(tmp_path, "init", "--quiet")
    here = commit(tmp_path, "2026-03-04T05:06:07-03:00")
    assert commit_times(tmp_path, ["a" * 40, "--all", "HEAD"]) == {}
    times = commit_times(tmp_path, ["a" * 40, here])
    assert {key: time.isoformat() for key, time in times.items()} == {
        here: "2026-03-04T08:06:07+00:00"
    }
