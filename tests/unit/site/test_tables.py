"""Boards are read as they stand; in tables every cell has its column, and dashes sort last."""

import copy
from dataclasses import replace

import pytest

from ionladder.board.model import parse_board
from ionladder.errors import SiteError
from ionladder.site import tables
from ionladder.specs import MetricUse, PrimaryMetric
from unit.site.synthetic_board import BARRIERS, TARGETS, TASK, Entry, barriers, leaderboard, typical


def board(entries):
    return parse_board(leaderboard(entries), TASK, shown_as="leaderboard/obelix.json")


# Reading


def test_a_board_keeps_the_order_of_its_file_and_knows_who_leads():
    entries = typical()
    read = board(entries)
    assert [row.submission for row in read.scored] == [entry.name for entry in entries]
    assert len(read.of_kind("reported")) == len(TASK.reported)
    assert [row.submission for row in read.leaders] == ["hgb-l1", "rf-paper", "rf-paper-cif"]
    assert read.baseline is not None
    assert read.baseline.submission == "space-group-median", "the best of the references"
    reference = Entry(name="train-median", kind="reference", value=0.1, tie_group=None)
    shown = board([reference, Entry(name="model", value=2.0)])
    assert [row.submission for row in shown.leaders] == ["model"], "a reference never leads"
    assert (board([]).leaders, board([]).baseline, board([]).drawn_values) == ((), None, [])


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"floors": None}, "floors"),
        ({"dataset_version": None}, "dataset_version"),
        ({"task": "other"}, "the task 'other'"),
        ({"rows": [{"kind": "sponsored"}]}, "sponsored"),
    ],
)
def test_what_is_no_board_of_the_task_is_refused(change, found):
    data = copy.deepcopy(leaderboard(typical())) | change
    if "rows" in change:
        data["rows"] = [leaderboard(typical())["rows"][0] | change["rows"][0]]
    data = {key: value for key, value in data.items() if value is not None}
    with pytest.raises(SiteError, match=rf"leaderboard/obelix\.json.*{found}"):
        parse_board(data, TASK, shown_as="leaderboard/obelix.json")


# Cells


def test_every_cell_has_its_column_and_each_subset_its_own_order():
    first, *others = typical()
    for place, table in enumerate(
        tables.board_tables(board([replace(first, value=None), *others]))
    ):
        assert {len(row.cells) for row in table.rows} == {len(table.columns) + 4}
        shown = [float(row.cells[2].sort) for row in table.rows if row.cells[2].sort]
        assert shown == sorted(shown)
        if place:
            assert table.rows[-1].row.submission == "hgb-l1", "missing ones last"
            assert (table.rows[-1].cells[2].text, table.rows[-1].cells[2].sort) == ("–", "")
            assert all(cell.text != "0.00" for cell in table.rows[-1].cells)


def test_only_verified_rows_are_the_best_of_a_column_and_those_below_the_floor_are_marked():
    oracle = Entry(name="oracle", value=0.2, kind="reference", tie_group=None)
    table = tables.board_tables(board([*typical(), oracle, Entry(name="half", value=1.285)]))[0]
    rows = {row.row.submission: row for row in table.rows}
    assert {name for name, row in rows.items() for cell in row.cells if cell.is_best} == {"half"}
    assert [name for name, row in rows.items() if row.row.below_floor] == ["oracle"]
    keys = [column.key for _, column in table.columns]
    cells = dict(zip(keys, rows["half"].cells[4:], strict=True))
    assert (cells["reducible"].text, cells["probability-best"].text) == ("50 %", "25 %")


def test_rows_beyond_the_first_are_data_formatted_as_those_of_the_page():
    many = [Entry(name=f"m-{i:03d}", value=1.0 + i % 90 / 7, model=f"<{i}>") for i in range(120)]
    for table in tables.board_tables(board(many)):
        body, n = table.body, len(table.rows)
        whole = replace(body, most=n).html
        assert (
            body.n_first == body.html.count("<tr") == (tables.FIRST_ROWS if table.is_ranked else 10)
        )
        document = body.document
        assert len(document["rows"]) == n - body.n_first
        names, ends = document["attributes"], document["ends"]
        for row, (values, *cells) in zip(table.rows[body.n_first :], document["rows"], strict=True):
            assert dict(zip(names, values, strict=True)) == dict.fromkeys(names) | row.attributes
            for (start, end), own in zip(ends, cells, strict=True):
                assert f">{start}{own}{end}</" in whole
        for column, places in enumerate(document["order"]):
            keys = [row.cells[column].sort for row in table.rows]
            assert [place is None for place in places] == [not key for key in keys]
            by_value = float if column == 2 else str
            known = {by_value(key): place for key, place in zip(keys, places, strict=True) if key}
            if column in (1, 2):
                assert list(dict(sorted(known.items())).values()) == list(range(len(known)))
    assert not tables.board_tables(board(many[:100]))[0].body.file


@pytest.mark.parametrize("values", [[], [None], [1.0, 1.0], [float("inf"), 2.0], [1e-9, 1e9]])
def test_shades_are_few_ordered_and_explained(values):
    heat = tables.heat_of(values, baseline=2.0)
    assert len(heat.edges) < tables.STEPS
    assert list(heat.edges) == sorted(set(heat.edges))
    assert len(heat.legend) == (len(heat.edges) + 1 if heat.edges else 0)
    shades = [heat.shade(value) for value in (0.0, 1.0, 5.0)]
    assert shades == sorted(shades)
    inverse = tables.heat_of([0.0, 0.5, 1.0], is_larger_worse=False)
    assert inverse.shade(0.0) > inverse.shade(0.9)


# Targets with metrics of their own: no empty columns, the right units, who counts how much


BARRIER, PATH, ATOMS = TARGETS
OWN = (
    MetricUse(name="mae_clipped", metric="mae", title="MAE"),
    MetricUse(name="slope", metric="r2", title="R² of paths", targets=(PATH,)),
    MetricUse(name="weighed", metric="mae", title="MAE of forces", targets=(ATOMS,), weight="n"),
    MetricUse(
        name="converged", metric="mae", title="MAE", targets=(BARRIER, PATH), only="converged"
    ),
)
KNOWN = {
    BARRIER: ("mae_clipped", "converged"),
    PATH: ("mae_clipped", "slope", "converged"),
    ATOMS: ("mae_clipped", "weighed"),
    "mean": ("mae_clipped",),
}


def task(primary):
    """The barriers' task, with metrics that hold for some targets only."""
    units = {PATH: "Å", ATOMS: "eV/Å"}
    return replace(
        BARRIERS,
        metrics=OWN,
        primary=PrimaryMetric(target=primary, metric="mae_clipped", subset="all"),
        targets=tuple(
            replace(t, error_unit=units.get(t.name, t.error_unit)) for t in BARRIERS.targets
        ),
    )


def scores(value, target):
    """One score for every metric, null for those that the target does not have."""
    return {use.name: value if use.name in KNOWN[target] else None for use in OWN}


def board_json(primary):
    """The content of a board that ranks by one target, or by the mean."""
    content = leaderboard(barriers(), BARRIERS)
    content["primary"] |= {"target": primary, "metric": "mae_clipped"}
    for row in content["rows"]:
        value = row["mae_clipped"]
        row.update(scores(value, primary))
        row["targets"] = {t: {"n": 162, **scores(value, t)} for t in TARGETS}
        row["subsets"] = {s.name: {"n": 162, **scores(value, primary)} for s in BARRIERS.subsets}
    return content


def own_board(primary, **changes):
    return parse_board(board_json(primary) | changes, task(primary), shown_as="board")


def test_metrics_of_other_targets_have_no_column_but_on_an_empty_board():
    def keys(shown):
        return [column.key for group in tables.metric_groups(shown) for column in group.columns]

    assert keys(own_board(BARRIER)) == ["converged"]
    assert keys(own_board(BARRIER, rows=[])) == ["slope", "weighed", "converged"]


def test_the_other_targets_stand_with_their_own_metrics_and_units():
    shown = own_board(BARRIER)
    table = tables.target_table(shown, tables.board_tables(shown)[0].rows)
    assert table is not None
    assert (table["is_mean"], table["is_grouped"]) == (False, True)
    assert [[(c.label, c.unit) for c in group["columns"]] for group in table["groups"]] == [
        [("MAE", "Å"), ("R² of paths", ""), ("MAE, converged only", "Å")],
        [("MAE", "eV/Å"), ("MAE of forces, weighed by n", "eV/Å")],
    ]
    mean = own_board("mean")
    table = tables.target_table(mean, tables.board_tables(mean)[0].rows)
    assert table is not None
    assert table["is_mean"]
    assert [target.name for target in table["targets"]] == TARGETS
