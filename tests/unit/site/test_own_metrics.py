"""Targets with metrics of their own: no empty columns, the right units, and who counts how much."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ionladder.data import registry
from ionladder.repo import Layout, read_json, to_json
from ionladder.site.board import parse_board
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.tables import metric_groups
from ionladder.site.text import use_title
from ionladder.specs import MetricUse, Primary, Task
from unit.site.synthetic_barriers import TARGETS, add_board, barriers, leaderboard, receipt
from unit.site.synthetic_barriers import TASK as BARRIERS
from unit.site.synthetic_board import make_repository, typical

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


def scores(value: float, known: tuple[str, ...]) -> dict[str, Any]:
    """One score for every metric, null for those that the target does not have."""
    return {use.name: value if use.name in known else None for use in OWN}


def board_of(primary: str) -> dict[str, Any]:
    """The content of a board that ranks by one target."""
    board = leaderboard(barriers())
    board["primary"] |= {"target": primary, "metric": "mae_clipped"}
    for row in board["rows"]:
        value = row["mae_clipped"]
        row.update(scores(value, KNOWN[primary]))
        row["targets"] = {t: {"n": 162, **scores(value, KNOWN[t])} for t in TARGETS}
        row["subsets"] = {
            s.name: {"n": 162, **scores(value, KNOWN[primary])} for s in BARRIERS.subsets
        }
    return board


def site_of(root: Path, primary: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Pages of a repository whose barriers' task is the one above."""
    layout: Layout = add_board(make_repository(root, typical()), barriers())
    layout.leaderboard_json(BARRIERS.name).write_text(to_json(board_of(primary)))
    for entry in barriers():
        path = layout.receipt(BARRIERS.name, entry.name)
        content = {**read_json(path), **receipt(entry)}
        content["targets"] = {
            t: {
                subset.name: {
                    "n": 162,
                    "n_groups": 95,
                    "metrics": {
                        name: {"value": value}
                        for name, value in scores(entry.value or 0.0, KNOWN[t]).items()
                    },
                }
                for subset in BARRIERS.subsets
            }
            for t in TARGETS
        }
        path.write_text(to_json(content))
    tasks = {**registry.all_tasks(), BARRIERS.name: task(primary)}
    monkeypatch.setattr(registry, "all_tasks", lambda: tasks)
    return render_pages(load_site(layout))


def section(page: str, name: str) -> str:
    return html.unescape(page.split(f"{{: #{name} }}", 1)[1].split("\n## ", 1)[0])


def test_metrics_of_other_targets_have_no_column_on_the_board() -> None:
    board = parse_board(board_of(BARRIER), task(BARRIER), shown_as="board")
    keys = [column.key for group in metric_groups(board) for column in group.columns]
    assert keys == ["converged"]


def test_an_empty_board_keeps_its_columns() -> None:
    empty = {**board_of(BARRIER), "rows": []}
    board = parse_board(empty, task(BARRIER), shown_as="board")
    keys = [column.key for group in metric_groups(board) for column in group.columns]
    assert keys == ["slope", "weighed", "converged"]


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


def test_the_other_targets_stand_with_their_own_metrics_and_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = section(site_of(tmp_path, BARRIER, monkeypatch)["bvel-proto/"], "targets")
    heads = re.findall(r'<th scope="colgroup"[^>]*>([^<]+)<', part)
    assert heads == [t.symbol for t in BARRIERS.targets if t.name != BARRIER]
    columns = re.findall(r'<th scope="col" class="il-number( il-first)?"[^>]*>(.*?)</th>', part)
    titles = [re.sub(r"<.*", "", text).split("\xa0")[0] for _, text in columns[1:]]
    assert titles == [
        *("MAE", "R² of paths", "MAE again, converged only"),
        *("MAE", "MAE of forces, weighed by n_atoms"),
    ]
    units = [re.findall(r'il-unit">([^<]+)<', text) for _, text in columns]
    assert units == [["eV"], ["Å"], [], ["Å"], ["eV/Å"], ["eV/Å"]]
    assert "The board ranks by MAE of E_1D." in part
    assert "the mean" not in part


def test_a_board_that_ranks_by_the_mean_shows_every_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KNOWN, "mean", ("mae_clipped",))
    part = section(site_of(tmp_path, "mean", monkeypatch)["bvel-proto/"], "targets")
    assert part.count('scope="colgroup"') == 3
    assert "The board ranks by the mean." in part


def test_the_page_of_a_submission_has_each_target_s_metrics_in_its_own_unit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site_of(tmp_path, BARRIER, monkeypatch)[f"submissions/bvel-proto/{barriers()[0].name}/"]
    forces = page.split(f'id="scores-{ATOMS}"')[1].split("</section>")[0]
    rows = re.findall(r"<abbr title=[^>]*>([^<]+)</abbr>", forces)
    assert rows == ["MAE", "MAE of forces, weighed by n_atoms"]
    assert forces.count('<span class="il-unit">eV/Å</span>') == 2
