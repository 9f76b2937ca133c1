"""Tables of boards: every cell has its column, units and directions are right, dashes sort last."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ionladder.board.model import Board, parse_analysis, parse_board
from ionladder.data import registry
from ionladder.repo import read_json, to_json
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.tables import (
    STEPS,
    board_tables,
    heat_of,
    metric_groups,
    sensitivity,
    target_table,
)
from ionladder.site.text import use_title
from ionladder.specs import MetricUse, Primary, Task
from unit.site.synthetic_barriers import TARGETS, add_board, barriers, receipt
from unit.site.synthetic_barriers import TASK as BARRIERS
from unit.site.synthetic_barriers import leaderboard as barriers_json
from unit.site.synthetic_board import TASK, Entry, leaderboard, make_repository, typical
from unit.site.synthetic_experiment import add_analysis


def board(entries: list[Entry]) -> Board:
    return parse_board(leaderboard(entries), TASK, shown_as="leaderboard/obelix.json")


def test_every_cell_has_its_column() -> None:
    for table in board_tables(board(typical())):
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}
        assert len(table.kinds) == len(table.columns)


def test_each_subset_is_ordered_by_its_own_error_with_missing_ones_last() -> None:
    first, *others = typical()
    for table in board_tables(board([replace(first, value=None), *others]))[1:]:
        shown = [float(row.primary.sort) for row in table.rows if row.primary.sort]
        assert shown == sorted(shown)
        assert table.rows[-1].row.submission == "hgb-l1"


def test_missing_numbers_are_dashes_that_sort_last_never_zeros() -> None:
    (table, *_) = board_tables(board([Entry(name="empty", value=None)]))
    (row,) = table.rows
    assert (row.primary.text, row.primary.sort) == ("–", "")
    assert all(cell.text != "0.00" for cell in row.cells)


def test_screening_metrics_are_grouped_by_threshold_and_lose_it_from_their_name() -> None:
    groups = metric_groups(board(typical()))
    assert [group.title for group in groups] == [
        "Other measures of error",
        "Screening, σ ≥ 10⁻⁴",
        "Screening, σ ≥ 10⁻³",
    ]
    assert [c.label for c in groups[1].columns][-1] == "Enrichment, top 12"


def test_only_verified_rows_are_the_best_of_a_column() -> None:
    shown = [*typical(), Entry(name="oracle", value=0.5, kind="reference", tie_group=None)]
    table = board_tables(board(shown))[0]
    best = {row.row.submission for row in table.rows for cell in row.cells if cell.is_best}
    assert best == {"hgb-l1"}


def test_a_score_below_the_floor_is_marked_and_never_accused() -> None:
    table = board_tables(board([Entry(name="too-good", value=0.2), Entry(name="b")]))[0]
    assert [row.row.is_below_floor for row in table.rows] == [True, False]


def test_the_board_shows_how_much_reducible_error_is_closed() -> None:
    table = board_tables(board([Entry(name="a", value=1.285)]))[0]
    keys = [column.key for _, column in table.columns]
    cells = dict(zip(keys, table.rows[0].cells, strict=True))
    assert cells["reducible"].text == "50 %"
    assert cells["probability-best"].text == "25 %"


@pytest.mark.parametrize(
    "values", [[], [None], [0.0], [1.0, 1.0], [float("inf"), 2.0], [-3.0, 4.0], [1e-9, 1e9]]
)
def test_shades_are_few_ordered_and_explained(values: list[float | None]) -> None:
    heat = heat_of(values, baseline=2.0)
    assert len(heat.edges) < STEPS
    assert list(heat.edges) == sorted(set(heat.edges))
    assert len(heat.legend) == (len(heat.edges) + 1 if heat.edges else 0)
    shades = [heat.shade(value) for value in (0.0, 1.0, 5.0)]
    assert shades == sorted(shades)


def test_where_larger_is_better_the_small_numbers_are_dark() -> None:
    heat = heat_of([0.0, 0.5, 1.0], is_larger_worse=False)
    assert heat.shade(0.0) > heat.shade(0.9)


# How firm a board is


def test_groups_that_decide_the_first_place_are_named(tmp_path: Path) -> None:
    deciding = {"entries": ["mvq", "<b>"], "leader": "rf-paper"}
    found = {
        "leader": "hgb-l1",
        "n_groups": 42,
        "share_leader_stays": 0.976190,
        "n_deciding": 1,
        "deciding": [{**deciding, "score": 1.5, "score_of_leader": 1.6}],
    }
    layout = add_analysis(make_repository(tmp_path, typical()), "obelix", robustness=found)
    firm = render_pages(load_site(layout))["obelix/"].split("{: #firmness }")[1]
    assert "<b>98 %</b>" in firm
    assert "<code>mvq</code>, <code>&lt;b&gt;</code>: " in firm
    assert "<bdi>Random forest</bdi></a> (1.50 against 1.60)" in firm


def test_ranks_by_other_measures_follow_the_order_of_the_board(tmp_path: Path) -> None:
    views = [
        {"metric": "mae", "subset": "all", "agreement": 1.0},
        {"metric": "mae", "subset": "cif", "agreement": None},
    ]
    found = {"views": views, "ranks": {"rf-paper": [2, None], "hgb-l1": [1, 1]}}
    analysis = parse_analysis({"sensitivity": found}, shown_as="x")
    shown = sensitivity(board(typical()), analysis)
    assert shown is not None
    assert [ranks for _, ranks in shown["rows"]] == [[1, 1], [2, None]]
    layout = add_analysis(make_repository(tmp_path, typical()), "obelix", sensitivity=found)
    page = render_pages(load_site(layout))["obelix/"].split('il-sensitivity">')[1]
    heads = page.split("</thead>")[0]
    assert '<th scope="col" class="il-number il-first">MAE</th>' in heads
    assert 'MAE<span class="il-unit">with CIF</span>' in heads
    agreement = page.split("Agreement</th>")[1].split("</tr>")[0]
    assert agreement == '<td class="il-number">1.00</td><td class="il-number">–</td>'


def test_without_an_analysis_nothing_is_claimed() -> None:
    nothing = parse_analysis(None, shown_as="x")
    assert sensitivity(board(typical()), nothing) is None


# Targets with metrics of their own: no empty columns, the right units, who counts how much


BARRIER, PATH, ATOMS = TARGETS
OWN = (
    MetricUse(name="mae_clipped", metric="mae", title="MAE"),
    MetricUse(name="slope", metric="r2", title="R² of paths", targets=(PATH,)),
    MetricUse(
        name="weighed", metric="mae", title="MAE of forces", targets=(ATOMS,), weight="n_atoms"
    ),
    MetricUse(
        name="converged",
        metric="mae",
        title="MAE again",
        targets=(BARRIER, PATH),
        only="converged",
    ),
)
KNOWN = {
    BARRIER: ("mae_clipped", "converged"),
    PATH: ("mae_clipped", "slope", "converged"),
    ATOMS: ("mae_clipped", "weighed"),
    "mean": ("mae_clipped",),
}


def task(primary: str) -> Task:
    """The barriers' task, with metrics that hold for some targets only."""
    units = {PATH: "Å", ATOMS: "eV/Å"}
    return replace(
        BARRIERS,
        metrics=OWN,
        primary=Primary(target=primary, metric="mae_clipped", subset="all"),
        targets=tuple(
            replace(t, error_unit=units.get(t.name, t.error_unit)) for t in BARRIERS.targets
        ),
    )


def scores(value: float, target: str) -> dict[str, Any]:
    """One score for every metric, null for those that the target does not have."""
    return {use.name: value if use.name in KNOWN[target] else None for use in OWN}


def board_json(primary: str) -> dict[str, Any]:
    """The content of a board that ranks by one target, or by the mean."""
    content = barriers_json(barriers())
    content["primary"] |= {"target": primary, "metric": "mae_clipped"}
    for row in content["rows"]:
        value = row["mae_clipped"]
        row.update(scores(value, primary))
        row["targets"] = {t: {"n": 162, **scores(value, t)} for t in TARGETS}
        row["subsets"] = {s.name: {"n": 162, **scores(value, primary)} for s in BARRIERS.subsets}
    return content


def own_board(primary: str, *, rows: bool = True) -> Board:
    content = board_json(primary) if rows else {**board_json(primary), "rows": []}
    return parse_board(content, task(primary), shown_as="board")


def test_metrics_of_other_targets_have_no_column_but_on_an_empty_board() -> None:
    def keys(shown: Board) -> list[str]:
        return [column.key for group in metric_groups(shown) for column in group.columns]

    assert keys(own_board(BARRIER)) == ["converged"]
    assert keys(own_board(BARRIER, rows=False)) == ["slope", "weighed", "converged"]


@pytest.mark.parametrize(
    ("use", "title"),
    [
        (OWN[0], "MAE"),
        (OWN[2], "MAE of forces, weighed by n_atoms"),
        (OWN[3], "MAE again, converged only"),
        (replace(OWN[3], title="MAE, converged hops only"), "MAE, converged hops only"),
        (replace(OWN[2], title="MAE, every atom weighed alike"), "MAE, every atom weighed alike"),
    ],
)
def test_titles_say_once_which_entries_count_how_much(use: MetricUse, title: str) -> None:
    assert use_title(use) == title


def test_the_other_targets_stand_with_their_own_metrics_and_units() -> None:
    shown = own_board(BARRIER)
    table = target_table(shown, board_tables(shown)[0].rows)
    assert table is not None
    assert (table["is_mean"], table["is_grouped"]) == (False, True)
    columns = [[(c.label, c.unit) for c in group["columns"]] for group in table["groups"]]
    assert columns == [
        [("MAE", "Å"), ("R² of paths", ""), ("MAE again, converged only", "Å")],
        [("MAE", "eV/Å"), ("MAE of forces, weighed by n_atoms", "eV/Å")],
    ]
    for _, cells in table["rows"]:
        assert [is_first for _, is_first in cells] == [True, False, False, True, False]


def test_a_board_that_ranks_by_the_mean_shows_every_target() -> None:
    shown = own_board("mean")
    table = target_table(shown, board_tables(shown)[0].rows)
    assert table is not None
    assert table["is_mean"]
    assert [target.name for target in table["targets"]] == TARGETS
    assert target_table(board(typical()), []) is None, "one target is not parted"


def test_the_page_of_a_submission_has_each_target_s_metrics_in_its_own_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = add_board(make_repository(tmp_path, typical()), barriers())
    layout.leaderboard_json(BARRIERS.name).write_text(to_json(board_json(BARRIER)))
    for entry in barriers():
        path = layout.receipt(BARRIERS.name, entry.name)
        content = {**read_json(path), **receipt(entry)}
        for target in TARGETS:
            known = {name: {"value": v} for name, v in scores(entry.value or 0.0, target).items()}
            part = {"n": 162, "n_groups": 95, "metrics": known}
            content["targets"][target] = {subset.name: part for subset in BARRIERS.subsets}
        path.write_text(to_json(content))
    tasks = {**registry.all_tasks(), BARRIERS.name: task(BARRIER)}
    monkeypatch.setattr(registry, "all_tasks", lambda: tasks)
    page = render_pages(load_site(layout))[f"submissions/bvel-proto/{barriers()[0].name}/"]
    forces = page.split(f'id="scores-{ATOMS}"')[1].split("</section>")[0]
    rows = re.findall(r"<abbr title=[^>]*>([^<]+)</abbr>", html.unescape(forces))
    assert rows == ["MAE", "MAE of forces, weighed by n_atoms"]
    assert forces.count('<span class="il-unit">eV/Å</span>') == 2
