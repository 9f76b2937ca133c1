"""Every page has a template of its name and renders on every board, whoever wrote what is on it."""

import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import markdown
import pytest
import yaml

from ionladder.data.registry import all_datasets, all_tasks
from ionladder.site.context import load_site
from ionladder.site.render import hand_written, render_pages
from ionladder.site.text import source_name
from unit.site import synthetic_board as board_of

EXTENSIONS = ["admonition", "attr_list", "tables", "toc", "pymdownx.superfences"]


def without_numbers():
    """Hostile words, and rows without a number, as if nothing could be computed."""
    return [*board_of.hostile(), *(replace(entry, value=None) for entry in board_of.typical())]


BOARDS: dict[str, list[board_of.Entry]] = {
    "no submission": [],
    "hostile text, numbers missing": without_numbers(),
}


class Checked(HTMLParser):
    """Collects what must not be on a page, and what each table and chart must have."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.complaints: list[str] = []
        self.is_chart_begun = False
        self.open_tables: list[set[str]] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if self.is_chart_begun and tag != "title":
            self.complaints.append("a chart without a name")
        self.is_chart_begun = tag == "svg" and given.get("role") in {"img", "group"}
        if tag in {"script", "iframe", "object", "embed", "base", "img", "style"}:
            self.complaints.append(f"an element <{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.complaints.append(f"an attribute {name}")
            is_address = name in {"href", "src"}
            if is_address and (value or "").strip().lower().startswith(("javascript", "data:")):
                self.complaints.append(f"an address {value}")
        if tag == "svg" and given.get("aria-hidden") != "true" and not self.is_chart_begun:
            self.complaints.append("a drawing that is neither named nor hidden")
        if tag == "table":
            self.open_tables.append(set())
        if self.open_tables:
            is_in_head = tag == "td" and "tbody" not in self.open_tables[-1]
            self.open_tables[-1] |= {tag, "td in head"} if is_in_head else {tag}
        # HTML finds it where no cell of the head is a plain one, and no head spans others.
        is_plain = self.open_tables and "td in head" not in self.open_tables[-1]
        if tag == "th" and "scope" not in given and ("colspan" in given or not is_plain):
            self.complaints.append("a table head without a scope")

    def handle_endtag(self, tag):
        if tag == "table" and "caption" not in self.open_tables.pop():
            self.complaints.append("a table without a caption")


@pytest.mark.parametrize("board", BOARDS)
def test_every_page_is_inert_labelled_dated_text(tmp_path, board):
    layout = board_of.make_repository(tmp_path, BOARDS[board])
    if BOARDS[board]:
        board_of.add_hostile_history(layout, BOARDS[board])
    pages = render_pages(load_site(board_of.add_board(layout, BOARDS[board])))
    assert {f"{name}/" for name in all_tasks()} <= set(pages)
    assert {f"datasets/{name}/" for name in all_datasets()} <= set(pages)
    for url, text in pages.items():
        opening, front, body = text.split("---\n", 2)
        meta = yaml.safe_load(front)
        assert (opening, "<" in meta["title"]) == ("", False), url
        assert meta["title"], url
        assert meta["description"], url
        assert "made by <code>ionladder site</code>" in text, url
        assert re.search(r" \d+\.\d+\.\d+, scorer version", text), url
        checked = Checked()
        checked.feed(markdown.markdown(body, extensions=EXTENSIONS))
        checked.close()
        assert checked.complaints == [], url
        assert text.count("<table") == text.count('<div class="il-scroll"'), url
        text.encode("utf-8")
        categories = {unicodedata.category(c) for c in text if c != "\n"}
        assert categories.isdisjoint({"Cc", "Cf", "Cs", "Co"}), url


def test_navigation_names_only_pages_that_are_made_and_leaves_none_out(tmp_path):
    site = load_site(board_of.make_repository(tmp_path, [board_of.Entry(name="only")]))
    made = {source_name(url) for url in render_pages(site)} | set(hand_written(site))
    text = (board_of.REPOSITORY / "mkdocs.yml").read_text().replace("!ENV", "")
    config = yaml.safe_load(text)
    named = set(_paths(config["nav"]))
    assert named <= made
    elsewhere = tuple(line.lstrip("/").rstrip("*/") for line in config["not_in_nav"].split())
    assert {"submissions", "entries", "charts", "compare"} <= set(elsewhere)
    assert {path for path in made - named if not path.startswith(elsewhere)} == set()


def _paths(nav):
    """Files that a navigation names, sections opened."""
    for item in nav:
        for target in item.values():
            yield from _paths(target) if isinstance(target, list) else (target,)
