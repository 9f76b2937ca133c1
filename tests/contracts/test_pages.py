"""Every page has a template of its name and renders on every board, whoever wrote what is on it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import markdown
import pytest
import yaml

from ionladder.data.registry import all_datasets, all_tasks
from ionladder.site.context import load_site
from ionladder.site.pages import page_makers
from ionladder.site.render import hand_written, render_pages
from ionladder.site.text import source_name
from unit.site import synthetic_barriers as three_targets
from unit.site.synthetic_board import TASK, Entry, hostile, make_repository, typical
from unit.site.synthetic_history import add_hostile_history

REPOSITORY = Path(__file__).resolve().parents[2]
TEMPLATES = REPOSITORY / "src" / "ionladder" / "site" / "templates"
EXTENSIONS = ["admonition", "attr_list", "tables", "toc", "pymdownx.superfences"]


def without_numbers() -> list[Entry]:
    """Hostile words, and rows without a number, as if nothing could be computed."""
    return [*hostile(), *(replace(entry, value=None) for entry in typical())]


def many() -> list[Entry]:
    """More rows than charts and the home page show."""
    return [
        Entry(name=f"model-{i:03}", value=1.0 + i / 50, tie_group=1 + i // 9) for i in range(90)
    ]


BOARDS: dict[str, Callable[[], list[Entry]]] = {
    "no submission": list,
    "hostile text, numbers missing": without_numbers,
    "ninety submissions": many,
}


class Checked(HTMLParser):
    """Collects what must not be on a page, and what each table and chart must have."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.complaints: list[str] = []
        self.open_tables: list[set[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "iframe", "object", "embed", "base", "img", "style"}:
            self.complaints.append(f"an element <{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.complaints.append(f"an attribute {name}")
            is_address = name in {"href", "src"}
            if is_address and (value or "").strip().lower().startswith(("javascript", "data:")):
                self.complaints.append(f"an address {value}")
        is_named = given.get("role") in {"img", "group"} and given.get("aria-labelledby")
        if tag == "svg" and given.get("aria-hidden") != "true" and not is_named:
            self.complaints.append("a chart without a name")
        if tag == "table":
            self.open_tables.append(set())
        if self.open_tables:
            self.open_tables[-1].add(tag)
        if tag == "th" and "scope" not in given:
            self.complaints.append("a table head without a scope")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and "caption" not in self.open_tables.pop():
            self.complaints.append("a table without a caption")


@pytest.fixture(
    scope="module",
    params=[
        name if name != "ninety submissions" else pytest.param(name, marks=pytest.mark.slow)
        for name in BOARDS
    ],
    ids=str,
)
def pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Address → Markdown of every generated page, for one kind of board."""
    root = tmp_path_factory.mktemp("repository")
    layout = make_repository(root, BOARDS[request.param]())
    if request.param != "no submission":
        add_hostile_history(layout, BOARDS[request.param]())
    return render_pages(load_site(three_targets.add_board(layout, BOARDS[request.param]())))


def test_every_template_has_its_pages_and_every_page_its_template(tmp_path: Path) -> None:
    templates = {
        path.name.removesuffix(".md.j2")
        for path in TEMPLATES.glob("*.md.j2")
        if path.name not in {"_macros.md.j2", "entry.md.j2"}
    }
    site = load_site(make_repository(tmp_path, typical()))
    assert {page.template for make in page_makers() for page in make(site)} == templates


def test_every_page_begins_with_its_own_title_and_description(pages: dict[str, str]) -> None:
    for url, text in pages.items():
        opening, front, _ = text.split("---\n", 2)
        assert opening == "", url
        meta = yaml.safe_load(front)
        assert meta["title"], url
        assert "<" not in meta["title"], url
        assert meta["description"], url


def test_every_page_says_what_made_it_from_which_data(pages: dict[str, str]) -> None:
    for url, text in pages.items():
        assert "made by <code>ionladder site</code>" in text, url
        assert any(
            f"{title}, scorer version" in text for title in ("OBELiX 1.2.0", "BVEL-proto 1.0.0")
        ), url


def test_no_page_holds_markup_from_others_and_every_table_is_labelled(
    pages: dict[str, str],
) -> None:
    for url, text in pages.items():
        body = text.split("---\n", 2)[2]
        checked = Checked()
        checked.feed(markdown.markdown(body, extensions=EXTENSIONS))
        checked.close()
        assert checked.complaints == [], url
        assert text.count("<table") == text.count('<div class="il-scroll"'), url


def test_pages_are_plain_text_without_control_characters(pages: dict[str, str]) -> None:
    for url, text in pages.items():
        text.encode("utf-8")
        assert {unicodedata.category(c) for c in text if c != "\n"}.isdisjoint(
            {"Cc", "Cf", "Cs", "Co"}
        ), url


def test_navigation_names_only_pages_that_are_made_and_leaves_none_out(tmp_path: Path) -> None:
    site = load_site(make_repository(tmp_path, [Entry(name="only")]))
    made = {source_name(url) for url in render_pages(site)} | set(hand_written(site))
    text = (REPOSITORY / "mkdocs.yml").read_text().replace("!ENV", "")
    config = yaml.safe_load(text)
    named = set(_paths(config["nav"]))
    assert named <= made
    elsewhere = tuple(line.strip().lstrip("/") for line in config["not_in_nav"].split())
    assert {"submissions/", "entries/", "charts/", "compare/"} <= set(elsewhere)
    assert {path for path in made - named if not path.startswith(elsewhere)} == set()


def _paths(nav: list[dict[str, Any]]) -> Iterator[str]:
    """Files that a navigation names, sections opened."""
    for item in nav:
        for target in item.values():
            yield from _paths(target) if isinstance(target, list) else (target,)


def test_every_registered_task_and_dataset_has_its_page(tmp_path: Path) -> None:
    pages = render_pages(load_site(make_repository(tmp_path, [])))
    assert {f"{name}/" for name in all_tasks()} <= set(pages)
    assert {f"datasets/{name}/" for name in all_datasets()} <= set(pages)


def test_the_board_is_complete_and_sorted_without_scripts(tmp_path: Path) -> None:
    entries = typical()
    page = render_pages(load_site(make_repository(tmp_path, entries)))["obelix/"]
    ranked = page.split('id="subset-all"')[1].split("</section>")[0]
    places = [ranked.index(f"/{entry.name}/") for entry in entries]
    assert places == sorted(places)
    for use in TASK.metrics:
        assert use.title.rpartition(", ")[0] in ranked or use.title in ranked


def test_the_page_says_what_reproduces_and_what_does_not(tmp_path: Path) -> None:
    page = render_pages(load_site(make_repository(tmp_path, typical())))["obelix/"]
    reported = page.split("{: #reported }")[1]
    assert "Does not reproduce with the published hyperparameters" in reported
    assert "Reproduces within its seed-to-seed spread" in reported
    assert "1.64 (2.17)" in reported
    assert "2.25" in reported
