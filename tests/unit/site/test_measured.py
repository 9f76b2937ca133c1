"""The methods page shows what was measured, and says so where nothing was."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from ionladder.errors import SiteError
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.measured import (
    COVERAGE,
    SEPARATION,
    coverage_tables,
    read_measured,
    separation_tables,
)
from ionladder.site.render import render_pages
from unit.site.synthetic_board import make_repository, typical

REPOSITORY = Layout(Path(__file__).resolve().parents[3])


def test_committed_results_fill_every_cell_of_their_tables() -> None:
    coverage = read_measured(REPOSITORY, COVERAGE)
    separation = read_measured(REPOSITORY, SEPARATION)
    tables = coverage_tables(coverage) + separation_tables(separation)
    assert len({table["key"] for table in tables}) == len(tables)
    for table in tables:
        assert table["rows"], table["key"]
        if table["key"] not in {"separation", "coverage-seeds"}:
            assert all(cell is not None for _, cells in table["rows"] for cell in cells), table[
                "key"
            ]


def test_captions_count_in_one_style_and_in_the_singular() -> None:
    coverage = read_measured(REPOSITORY, COVERAGE)
    separation = read_measured(REPOSITORY, SEPARATION)
    tables = coverage_tables(coverage) + separation_tables(separation)
    words = " | ".join(
        [t["caption"] for t in tables] + [title for t in tables for title, _ in t["rows"]]
    )
    assert not re.search(r"\d,\d{3}", words)
    assert re.search("\\d\u202f000 simulated boards", words)
    assert "better by 1 decade than" in words
    assert "1 decades" not in words


def test_a_cell_holds_the_percentage_of_its_record() -> None:
    coverage = read_measured(REPOSITORY, COVERAGE)
    record = next(row for row in coverage["tables"]["mae"] if row["method"] == coverage["method"])
    title, cells = coverage_tables(coverage)[0]["rows"][0]
    assert title == coverage["method"]
    assert float(cells[0].text) == pytest.approx(100 * record["coverage"])
    assert cells[0].detail == f"{record['median_width']:.2f} wide"


def test_measured_tables_stand_on_the_methods_page(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    shutil.copytree(REPOSITORY.benchmarks_results, layout.benchmarks_results)
    page = render_pages(load_site(layout))["methods/"]
    for key in ("coverage", "coverage-seeds", "separation", "power-0-5"):
        assert f'id="{key}-table"' in page
    assert "is missing" not in page


def test_without_results_the_page_claims_nothing(tmp_path: Path) -> None:
    page = render_pages(load_site(make_repository(tmp_path, typical())))["methods/"]
    assert "`benchmarks/results/coverage.json` is missing" in page
    assert "`benchmarks/results/separation.json` is missing" in page
    assert "<table" in page  # the metrics


def test_damaged_results_are_a_letter_that_names_them(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    layout.benchmarks_results.mkdir(parents=True)
    (layout.benchmarks_results / COVERAGE).write_text('{"seed": ')
    with pytest.raises(SiteError, match=r"benchmarks/results/coverage\.json"):
        render_pages(load_site(layout))


def test_results_are_small_and_without_a_date() -> None:
    for name in (COVERAGE, SEPARATION):
        path = REPOSITORY.benchmarks_results / name
        assert path.stat().st_size < 200_000
        assert not {"date", "created", "time"} & set(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("shuffled", "said"),
    [
        pytest.param([1.0, 1.13], "take 0.65 to 0.78 decades off the error", id="a range"),
        pytest.param([1.0, 1.0], "take 0.78 decades off the error", id="all alike"),
        pytest.param([None, None], None, id="nothing to compare"),
    ],
)
def test_what_shuffled_folds_flatter_by_is_read_off_the_board(
    tmp_path: Path, shuffled: list[float | None], said: str | None
) -> None:
    layout = make_repository(tmp_path, typical())
    path = layout.leaderboard_json("obelix")
    board = json.loads(path.read_text())
    verified = [row for row in board["rows"] if row["kind"] == "verified"]
    for place, row in enumerate(verified):
        row["cv_kfold_shuffled_mae"] = shuffled[min(place, 1)]
    path.write_text(json.dumps(board))
    page = render_pages(load_site(layout))["methods/"]
    if said is None:
        assert "shuffled folds instead" not in page
    else:
        assert said in page


def test_a_trivial_reference_of_all_boards_is_named_once(tmp_path: Path) -> None:
    page = render_pages(load_site(make_repository(tmp_path, typical())))["methods/"]
    assert "trivial reference (train-median on every board), 1 is" in page
