"""The comparison page and the files it loads, for boards of every size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ionladder.entries import EntryTable
from ionladder.repo import Layout
from ionladder.site import differences as compared
from ionladder.site.context import load_site
from ionladder.site.differences import compare_documents
from ionladder.site.pages.compare import MOST_ROWS
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_barriers import add_board, barriers
from unit.site.synthetic_board import Entry, hostile, make_repository, typical
from unit.site.test_entry_pages import with_data

COLUMNS = ["submission", "other", "difference", "ci_low", "ci_high", "probability_better"]


def with_pairs(layout: Layout, task: str, *rows: tuple[object, ...]) -> Layout:
    """Add an analysis that holds nothing but pairs."""
    path = layout.analysis_json(task)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pairs": {"columns": COLUMNS, "rows": rows}}), encoding="utf-8")
    return layout


def page_of(layout: Layout, task: str = "obelix") -> str:
    return render_pages(load_site(layout))[f"compare/{task}/"]


def documents(layout: Layout) -> dict[str, dict[str, object]]:
    site = load_site(layout)
    made = compare_documents(site, render_pages(site).keys())
    return {place: json.loads(text) for place, text in made.items()}


@pytest.mark.parametrize("entries", [[], typical()[:1], [Entry(name="none", value=None)]])
def test_a_board_with_too_few_submissions_says_so(tmp_path: Path, entries: list[Entry]) -> None:
    page = page_of(make_repository(tmp_path, entries))
    assert "fewer than two submissions" in page
    assert "data-compare" not in page


def test_everybody_stands_against_the_leader_seen_from_the_other(tmp_path: Path) -> None:
    pairs = (
        ("hgb-l1", "rf-paper", -0.09, -0.2, 0.02, 0.9),
        ("hgb-l1", "mlp-paper", -0.75, -1.2, -0.3, 1.0),
    )
    page = page_of(with_pairs(make_repository(tmp_path, typical()), "obelix", *pairs))
    rows = page.split("il-against")[1].split("<tbody>")[1].split("</tbody>")[0].split("<tr ")[1:]
    assert len(rows) == len(typical()) - 1
    by_name = {row.split('data-sort="')[1].split('"')[0]: row for row in rows}
    assert "+0.09" in by_name["rf-paper"]
    assert "−0.02 to +0.20" in by_name["rf-paper"]
    assert "not resolved" in by_name["rf-paper"]
    assert "10 %" in by_name["rf-paper"]
    assert ">worse<" in by_name["mlp-paper"]
    assert ">–<" in by_name["train-mean"], "a pair that is not stored is a dash"
    assert "?a=hgb-l1&amp;b=rf-paper" in by_name["rf-paper"]


def test_a_table_of_many_is_cut_and_says_so_while_all_can_be_chosen(tmp_path: Path) -> None:
    many = [Entry(name=f"m{i:04d}", value=1 + i / 1000) for i in range(MOST_ROWS + 51)]
    page = page_of(make_repository(tmp_path, many))
    assert page.count("<option ") == len(many)
    assert page.split("<tbody>")[1].count("<tr ") == MOST_ROWS
    assert "50 more can be chosen" in page


def test_files_hold_pairs_scores_on_parts_and_errors(tmp_path: Path) -> None:
    layout = with_pairs(
        with_data(tmp_path), "bvel-proto", ("rf-sites", "hgb-bonds", -0.03, -0.08, 0.02, 0.9)
    )
    made = documents(layout)
    board = made["compare/bvel-proto/board.json"]
    entries = made["compare/bvel-proto/entries.json"]
    first = made["compare/bvel-proto/of/rf-sites.json"]
    second = made["compare/bvel-proto/of/hgb-bonds.json"]
    assert board["missing"] is None
    assert first["pairs"] == {"hgb-bonds": [-0.03, -0.08, 0.02, 0.9]}
    assert second["pairs"] == {"rf-sites": [0.03, -0.02, 0.08, pytest.approx(0.1)]}
    for one in (first, second):
        assert len(one["parts"]) == len(board["parts"])  # type: ignore[arg-type]
        assert len(one["errors"]) == len(entries["ids"])  # type: ignore[arg-type]
    assert all(href.startswith("../../entries/bvel-proto/") for href in entries["hrefs"])  # type: ignore[attr-defined]


def test_without_labels_files_say_why_there_are_no_errors(tmp_path: Path) -> None:
    layout = add_board(make_repository(tmp_path, typical()), barriers())
    made = documents(layout)
    assert "were not on the machine" in str(made["compare/obelix/board.json"]["missing"])
    assert "compare/obelix/entries.json" not in made
    assert "errors" not in made["compare/obelix/of/rf-paper.json"]


def test_hostile_names_stay_one_line_of_text_in_files(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [*typical(), *hostile()])
    board = documents(layout)["compare/obelix/board.json"]
    models = [line["model"] for line in board["submissions"].values()]  # type: ignore[attr-defined]
    assert all(model.isprintable() and len(model) <= 80 for model in models)


def test_every_file_is_written_beside_the_page(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    render_site(load_site(layout))
    folder = layout.generated_docs_dir / "compare" / "obelix"
    assert {path.stem for path in (folder / "of").iterdir()} == {e.name for e in typical()}


def test_of_many_entries_a_bounded_number_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 50
    monkeypatch.setattr(compared, "MOST_ENTRIES", 10)
    spread = np.arange(n, dtype=float)
    table = EntryTable(
        ids=tuple(f"e{i:02d}" for i in range(n)),
        names=(),
        labels={},
        limits={},
        predictions={},
        errors=np.empty((0, n)),
        typical_error=spread,
        spread=spread,
    )
    chosen = compared.chosen_entries(table)
    assert len(chosen) == 10
    assert chosen[-5:] == [45, 46, 47, 48, 49], "those on which models differ most"
    assert chosen[0] == 0, "and a spread over the others"
