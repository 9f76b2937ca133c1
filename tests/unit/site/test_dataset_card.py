"""A dataset's card: elements, space groups, the split, and how many cells versions differ in."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pandas as pd
import pytest

from factories import write_repo
from ionladder.data.versions import diff_versions
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages import dataset as card
from ionladder.site.render import render_pages
from unit.data.conftest import SECOND_VERSION, fetch_and_ingest
from unit.site.synthetic_board import make_repository

CARD = "datasets/obelix/"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Two synthetic versions with their tables, nothing scored."""
    layout = write_repo(
        tmp_path_factory.mktemp("cards") / "repo", {"1.0.0": {}, "1.1.0": SECOND_VERSION}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("IONLADDER_MIRROR", raising=False)
        fetch_and_ingest(layout)
    return layout


@pytest.fixture(scope="module")
def page(ingested: Layout) -> str:
    return html.unescape(render_pages(load_site(ingested))[CARD])


def section(page: str, name: str) -> str:
    return page.split(f"{{: #{name} }}", 1)[1].split("\n## ", 1)[0]


def test_the_card_has_the_elements_and_the_space_groups(page: str, ingested: Layout) -> None:
    chemistry = section(page, "chemistry")
    assert chemistry.count("il-chart--elements") == 2
    entries = pd.read_parquet(ingested.table("obelix", "1.1.0", "entries"))
    for group, n in entries["space_group_symbol"].value_counts().items():
        row = re.search(rf'<th scope="row">{re.escape(str(group))}</th>(.*?)</tr>', chemistry)
        assert row is not None, group
        counts = [int(text) for text in re.findall(r'il-number">(\d+)<', row.group(1))]
        assert sum(counts) == n


def test_the_card_counts_the_cells_that_differ_by_what_they_are_to_scores(
    page: str, ingested: Layout
) -> None:
    versions = section(page, "versions")
    changes = diff_versions(ingested, "obelix", "1.0.0", "1.1.0")
    assert f"1.0.0 → 1.1.0: {len(changes)} cells differ." in versions
    assert "Label and split changes force a re-score" in versions
    table = versions.split("Cells that differ")[1].split("</tbody>")[0].split("<tbody>")[1]
    counts = [int(text) for text in re.findall(r'il-number">(\d+)<', table)]
    assert sum(counts) == len(changes)
    kinds = re.findall(r"<td>(label|split|input|note)</td>", table)
    assert kinds == sorted(kinds, key=["label", "split", "input", "note"].index)


def test_versions_too_large_to_compare_say_how_to(
    ingested: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "LARGEST_COUNTED", 3)
    page = render_pages(load_site(ingested))[CARD]
    assert "<code>ionladder diff obelix 1.0.0 1.1.0</code> prints the changes" in page


def test_the_card_says_how_far_the_split_reaches_and_what_crosses_it(page: str) -> None:
    split = section(page, "split")
    for entry in ("2yl", "52b", "8po", "mvq"):
        assert f"<code>{entry}</code>" in split
    counts = [int(text) for text in re.findall(r'il-number">(\d+)<', split)]
    assert sum(counts) == 14  # the synthetic release has as many test entries


def test_the_card_links_its_croissant_file_and_prints_every_table_s_hash(
    page: str, ingested: Layout
) -> None:
    assert 'href="../../api/v1/datasets/obelix/1.1.0/croissant.json"' in page
    manifest = ingested.manifest("obelix", "1.1.0").read_text()
    hashes = set(re.findall(r'"content_sha256": "([0-9a-f]{64})"', manifest))
    assert sum(digest in page for digest in hashes) >= 5


def test_without_tables_the_card_leaves_out_what_it_cannot_count(tmp_path: Path) -> None:
    page = render_pages(load_site(make_repository(tmp_path, [])))[CARD]
    assert "il-chart--elements" not in page
    assert "Space groups" not in page
