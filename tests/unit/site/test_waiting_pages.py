"""Boards and cards of data that nobody has fetched: what they promise, and how to get there."""

from __future__ import annotations

import pytest

from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.page_tree import tree_of, words
from unit.site.synthetic_board import make_repository, typical

WAITING = {
    "bvel13k": ["bvel13k"],
    "nebdft2k": ["nebdft2k-barrier", "nebdft2k-path"],
    "mplitrj": ["mplitrj"],
}


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return make_repository(tmp_path_factory.mktemp("waiting"), typical())


@pytest.fixture(scope="module")
def pages(layout: Layout) -> dict[str, str]:
    return render_pages(load_site(layout))


@pytest.mark.parametrize("name", WAITING)
def test_the_card_speaks_of_the_fetch_as_of_something_to_come(
    pages: dict[str, str], name: str
) -> None:
    page = pages[f"datasets/{name}/"]
    text = words(tree_of(page.split("---", 2)[2]))
    assert "Versions keptnone yet" in text
    assert "Checksnot ingested yet" in text
    assert f"ionladder fill {name} fetches the data" in text
    assert "fetched from their publishers and checked" in text
    assert "The first fetch pins their bytes" in text
    for wrong in ("passed at ingest", "pinned commit", "Run ionladder fetch", "had passed"):
        assert wrong not in text


@pytest.mark.parametrize("name", WAITING)
def test_the_card_lists_the_columns_and_leads_back_to_its_boards(
    pages: dict[str, str], name: str
) -> None:
    page = pages[f"datasets/{name}/"]
    for board in WAITING[name]:
        assert f'<a href="../../{board}/">' in page
        assert f'<a href="../datasets/{name}/">About the data</a>' in pages[f"{board}/"]
    tables = page.split("{: #tables }")[1].split("\n## ")[0]
    assert "Tables that it will have" in page
    assert "<b>entries</b>: " in tables
    assert "<b>labels</b>: " in tables
    assert "Columns of frames/" in tables
    assert " rows, " not in tables


def test_a_value_by_cross_validation_that_is_quoted_has_a_column(pages: dict[str, str]) -> None:
    def reported(board: str) -> list[list[str]]:
        part = pages[f"{board}/"].split("{: #reported }")[1].split("\n## ")[0]
        return [[words(cell) for cell in row] for row in tree_of(part).iter("tr")]

    head, *rows = reported("nebdft2k-barrier")
    place = next(i for i, title in enumerate(head) if title.startswith("Cross-validation"))
    assert {row[place] for row in rows if "by cross-validation" in row[-1]} >= {"0.480", "0.313"}
    assert all((row[place] == "–") is ("by cross-validation" not in row[-1]) for row in rows)
    assert not any("Cross-validation" in title for title in reported("nebdft2k-path")[0])
