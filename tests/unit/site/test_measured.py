"""The methods page shows what was measured, and says so where nothing was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ionladder.errors import SiteError
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages.methods import (
    COVERAGE,
    SEPARATION,
    coverage_tables,
    read_measured,
    separation_tables,
)
from ionladder.site.render import render_pages
from unit.site.synthetic_board import REPOSITORY, make_repository, typical


def test_committed_results_fill_the_tables_of_the_page(tmp_path: Path) -> None:
    here = Layout(REPOSITORY)
    coverage, separation = (read_measured(here, name) for name in (COVERAGE, SEPARATION))
    assert coverage is not None
    assert separation is not None
    tables = coverage_tables(coverage) + separation_tables(separation)
    record = next(row for row in coverage["tables"]["mae"] if row["method"] == coverage["method"])
    title, cells = tables[0]["rows"][0]
    assert title == coverage["method"]
    assert float(cells[0].text) == pytest.approx(100 * record["coverage"])
    layout = make_repository(tmp_path, typical())
    shutil.copytree(here.benchmarks_results, layout.benchmarks_results)
    page = render_pages(load_site(layout))["methods/"]
    assert len({table["key"] for table in tables}) == len(tables)
    assert all(f'id="{table["key"]}-table"' in page for table in tables)


def test_without_results_the_page_claims_nothing_and_damaged_ones_are_an_error(
    tmp_path: Path,
) -> None:
    layout = make_repository(tmp_path, typical())
    page = render_pages(load_site(layout))["methods/"]
    for name in (COVERAGE, SEPARATION):
        assert f"`benchmarks/results/{name}` is missing" in page
    layout.benchmarks_results.mkdir(parents=True)
    (layout.benchmarks_results / COVERAGE).write_text('{"seed": ')
    with pytest.raises(SiteError, match=r"benchmarks/results/coverage\.json"):
        render_pages(load_site(layout))
