"""Charts put their marks where the numbers say, held against their own axis labels."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from ionladder.board.model import Value, parse_board
from ionladder.repo import read_json, to_json
from ionladder.site import charts, charts_entries
from ionladder.site.context import load_site
from ionladder.site.pages import compare
from ionladder.site.render import render_pages
from ionladder.stats.calibration import CURVE_LEVELS
from unit.site import synthetic_board as made

HALF_PIXEL = 0.15  # coordinates are written with one decimal
QUARTER = 0.35  # marks are written in halves


def svgs(text):
    """Every drawing in some HTML; an error where one is not well-formed."""
    parts = str(text).split("<svg")[1:]
    return [ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in parts]


def find(svg, kind):
    return [item for item in svg.iter() if kind in (item.get("class") or "").split()]


def at(item, key):
    return float(item.get(key) or "")


def corners(item):
    """The corners of a path of M, m, L, l, H, V, h and v."""
    x, y, found = 0.0, 0.0, []
    for kind, text in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", item.get("d")):
        steps = [float(step) for step in re.findall(r"-?[0-9.]+", text)]
        for a, b in zip(*[iter(steps)] * 2, strict=True) if kind in "MmLl" else [steps * 2]:
            x = a + (x if kind in "mlh" else 0) if kind not in "Vv" else x
            y = b + (y if kind in "mlv" else 0) if kind not in "Hh" else y
            found.append((x, y))
    return found


def marks_of(svg):
    """Marker of each mark, by its last part, and where it stands in the unit of the chart."""
    (group,) = find(svg, "il-marks")
    numbers = [float(number) for number in re.findall(r"-?[0-9.]+", group.get("transform"))]
    a, _, _, d, e, f = numbers if len(numbers) == 6 else (*numbers, 0, 0, *numbers, 0, 0)
    return [
        (path.get("style").rstrip(")")[-1], a * x + e, d * y + f)
        for path in group
        if path.get("style").startswith("marker:")
        for x, y in corners(path)
    ]


def labels_of(svg, *, upright=False):
    """Printed numbers of an axis → where they stand."""
    texts = [each for each in find(svg, "il-tick") if (each.get("y") is None) == upright]
    return {float(t.text.replace("−", "-")): at(t, "y" if upright else "x") for t in texts[0]}


def from_ticks(svg, value, **options):
    """Where a value belongs, judged from two printed tick labels only."""
    labels = labels_of(svg, **options)
    (v0, x0), (v1, x1) = min(labels.items()), max(labels.items())
    return x0 + (value - v0) / (v1 - v0) * (x1 - x0)


def board(entries, **changes):
    return parse_board(made.leaderboard(entries) | changes, made.TASK, shown_as="board")


def drawn(entries, **changes):
    """The board as a picture, for wide and for narrow pages."""
    shown = board(entries, **changes)
    return svgs(charts.interval_chart(shown, shown.scored, "obelix/", confidence=0.95, name="t"))


ODD = made.HOSTILE["script"] + " a & b " + made.HOSTILE["unbroken"]
URL = "charts/obelix/"
QUANTILES = {"min": 0.1, "q25": 0.3, "median": 1.0, "q75": 3.0, "max": 10.0}


def predicted(y_true, y_pred, *, sd=None, limit=None, is_open=None, **changes):
    """The plots of predictions; NaN where a label is no limit."""
    none, task = [np.nan] * len(y_true), made.TASK
    target = replace(task.targets[0], **changes)
    lists = y_true, limit or none, is_open or [False] * len(y_true)
    labelled = charts_entries.Labelled.of(*map(np.array, lists))
    sent = (np.array(each)[labelled.places] for each in (y_pred, sd or none))
    task = replace(task, targets=(target,))
    return charts_entries.PredictionPlots(labelled, *sent, task, target)


def every_chart(label):
    """Each kind of chart, with a label wherever it takes one."""
    shown = board([made.Entry(name="odd", model=label, value=1e9), *made.typical()])
    points = [
        charts.CostPoint(label=label, kind="verified", cost=cost, score=Value(1e9, 0, 9))
        for cost in (0.0, 1e-300, 1e300)
    ]
    plots = predicted([0.0], [1e12], symbol=label)
    series = [charts_entries.Series(title=label, kind="solid", counts=(1, 2), marked=(1, 0))]
    stand = compare.Stand(publication=1, label=label, score=Value(1.0), rules=label)
    cost = charts.CostChart(board=shown, points=points, axis=label, ticks=((1.0, label),))
    return {
        "intervals": charts.interval_chart(shown, shown.scored, "x/", confidence=0.95, name="a"),
        "empty": charts.interval_chart(board([]), [], "x/", confidence=0.95, name="a"),
        "difficulty": charts.difficulty_chart(
            [(label, [Value(1.0)], "x/")], [label], label, name="a"
        ),
        "cost": cost.draw(name="a"),
        "timeline": compare.timeline_chart(shown, [stand], "x/", name="a"),
        "parity": plots.parity(name="a"),
        "residuals": plots.residuals(name="a"),
        "calibration": charts_entries.calibration_chart([0.5] * len(CURVE_LEVELS), 9, name="a"),
        "histogram": charts_entries.histogram([0.0, 1.0, 5.0], series, name="a", axis=label),
        "boxes": charts_entries.boxes_chart([(label, 1, [QUANTILES])], [label], label, name="a"),
        "elements": charts_entries.elements_chart({"D": [1, 0]}, [label], "x/", name="a"),
    }


@pytest.mark.parametrize("kind", every_chart("x"))
def test_charts_have_names_for_screen_readers_whatever_they_show(kind):
    chart = every_chart(ODD)[kind]
    assert "<script" not in str(chart)
    for svg in svgs(chart):
        assert svg.get("role") in {"img", "group"}
        assert [item.tag for item in svg[:2] if item.text] == ["title", "desc"]
        width, height = (float(part) for part in (svg.get("viewBox") or "").split()[2:])
        places = [(float(c.get("cx", 0)), float(c.get("cy", 0))) for c in svg.iter("circle")]
        places += [place[1:] for place in (marks_of(svg) if find(svg, "il-marks") else ())]
        assert all(-0.5 <= x <= width and -0.5 <= y <= height for x, y in places)


@pytest.mark.parametrize("width", [0, 1], ids=["wide", "narrow"])
def test_floor_and_rows_stand_at_their_numbers(width):
    svg = drawn(made.typical())[width]
    floor, achievable = find(svg, "il-floor-line")
    found = [
        x for item in (floor, achievable, find(svg, "il-whisker")[0]) for x, _ in corners(item)
    ]
    values = (0.407753, 0.407753, 1.061, 1.061, 1.496 * 0.7, 1.496 * 1.4)
    assert found == pytest.approx([from_ticks(svg, value) for value in values], abs=HALF_PIXEL)
    assert at(find(svg, "il-dot--verified")[0], "cx") == pytest.approx(
        from_ticks(svg, 1.496), abs=HALF_PIXEL
    )
    assert len(find(svg, "il-dot--reference")) == 4, "hollow diamonds: colour is not needed"
    absurd = drawn([made.Entry(name="absurd", value=1e6, tie_group=2), *made.typical()])[width]
    assert len(find(absurd, "il-beyond")) == 1
    assert max(labels_of(absurd)) < 10, "one absurd row does not squeeze the others"


def test_a_cheaper_model_stands_further_left_and_a_worse_one_higher():
    shared = {"label": "m", "kind": "verified"}
    points = [
        charts.CostPoint(cost=cost, score=Value(value, value - 0.5, 3.5), **shared)
        for cost, value in ((1, 2.0), (10, 1.0), (100, 3.0))
    ]
    chart = charts.CostChart(board=board(made.typical()), points=points, axis="t", ticks=())
    svg = svgs(chart.draw(name="c"))[0]
    _, x, y = zip(*marks_of(svg), strict=True)
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=2 * QUARTER)
    assert x[0] < x[1] < x[2]
    heights = [from_ticks(svg, value, upright=True) - 4 for value in (2.0, 1.0, 3.0, 3.5)]
    assert list(y) == pytest.approx(heights[:3], abs=QUARTER)
    ends = [b / 2 for _, b in corners(find(svg, "il-whisker")[0])]
    assert ends[1::2] == pytest.approx([heights[3]] * 3, abs=QUARTER)


def test_the_best_after_each_publication_is_that_of_the_board_then(tmp_path):
    first = [made.Entry(name="a", value=2.0), made.Entry(name="b", value=3.0)]
    second = [
        *first,
        made.Entry(name="c", value=1.5),
        made.Entry(name="ref", value=0.1, kind="reference"),
    ]
    third = [replace(entry, value=(entry.value or 0) + 1) for entry in second if entry.name != "c"]
    history = made.add_history(made.make_repository(tmp_path, first), first, second, third)
    found = compare.stands_of(history, board(first))
    assert [(s.publication, s.label, s.score.value) for s in found] == [
        (1, "a", 2),
        (2, "c", 1.5),
        (3, "a", 3),
    ]
    assert [len(s.entered) for s in found] == [2, 1, 0]
    assert len({s.rules for s in found}) == 3


# Entries


def test_a_limit_is_drawn_at_the_limit_and_points_to_smaller_values():
    nan = float("nan")
    plots = predicted([-15.0, -17.0, -3.0], [-8.0, -11.0, -3.5], sd=[0.1, 0.5, 0.2],
                      limit=[-10.0, nan, nan], is_open=[False, False, True])  # fmt: skip
    (svg,) = svgs(plots.parity(name="p"))
    shapes = {marker.get("id")[-1]: marker[0] for marker in svg.iter("marker")}
    assert shapes["2"].get("d") == "M0-4.5v9l-7-4.5z"
    assert ["--open" in shapes[k].get("class") for k in "012"] == [False, True, False]
    found = sorted((x, kind) for kind, x, _ in marks_of(svg))
    assert [kind for _, kind in found] == ["0", "2", "1"], "ascending by label"
    assert found[1][0] == pytest.approx(from_ticks(svg, -10.0), abs=QUARTER)
    (spread,) = find(svg, "il-spread")
    ends = [y / 1000 for _, y in corners(spread)]
    assert ends == [-11.5, -10.5, -8.1, -7.9, -3.7, -3.3]
    absurd = predicted([-5.0, -3.0], [-5.0, 60.0])
    assert absurd.range[1] < 10
    assert "1 entry lies outside the axes" in absurd.parity(name="p")
    assert 'data-far="1:60.0000"' in absurd.parity(name="p"), "what the mark cannot say"


@pytest.mark.parametrize("seed", range(4))
def test_marks_of_predictions_stand_where_the_numbers_say(seed):
    random = np.random.default_rng(seed)
    n = 50
    y_true, y_pred = random.normal(-6, 3, n), random.normal(-6, 3, n)
    limit = np.where(random.random(n) < 0.2, y_true + 1, np.nan)
    kinds = 1 * (is_open := random.random(n) < 0.5) + 2 * ~np.isnan(limit)
    plots = predicted(y_true, y_pred, limit=limit.tolist(), is_open=is_open.tolist(), band=1.0)
    shown = np.where(np.isnan(limit), y_true, limit)
    order = sorted(range(n), key=lambda i: (kinds[i], shown[i]))
    parity, residuals = (svgs(draw(name="p"))[0] for draw in (plots.parity, plots.residuals))
    for svg, x, y, low, high in (
        (parity, shown, y_pred, *plots.range),
        (residuals, y_pred, y_pred - shown, -plots.reach, plots.reach),
    ):
        found = marks_of(svg)
        assert [int(kind) for kind, *_ in found] == [kinds[i] for i in order]
        for (_, at_x, at_y), i in zip(found, order, strict=True):
            if plots.span[0] <= x[i] <= plots.span[1]:
                assert at_x == pytest.approx(from_ticks(svg, x[i]), abs=QUARTER)
            if low <= y[i] <= high:
                wanted = from_ticks(svg, y[i], upright=True) - 4
                assert at_y == pytest.approx(wanted, abs=QUARTER)
    (group,) = find(parity, "il-marks")
    read = [y / 10_000 for path in group for _, y in corners(path)]
    assert [f"{y:.2f}" for y in read] == [f"{y_pred[i]:.2f}" for i in order]
    assert read == pytest.approx([y_pred[i] for i in order], abs=1.5e-4), "they can be read"


def test_a_box_reaches_from_quartile_to_quartile_on_a_logarithmic_axis():
    none = dict.fromkeys(QUANTILES)
    chart = charts_entries.boxes_chart(
        [("garnet <b>", 44, [QUANTILES]), ("x", 0, [none])], ["E"], "E", name="b"
    )
    svg = svgs(chart)[0]
    labels = labels_of(svg)
    (box,) = find(svg, "il-box")
    assert at(box, "x") == pytest.approx(labels[0.3], abs=HALF_PIXEL)
    assert at(box, "x") + at(box, "width") == pytest.approx(labels[3.0], abs=2 * HALF_PIXEL)
    (middle,) = find(svg, "il-box-median")
    assert corners(middle)[0][0] == pytest.approx(labels[1.0], abs=HALF_PIXEL)
    assert "<b>" not in chart


def test_bars_are_shares_of_their_own_set_and_limits_stand_at_the_foot():
    series = [
        charts_entries.Series(title="train", kind="light", counts=(10, 30), marked=(10, 0)),
        charts_entries.Series(title="test", kind="solid", counts=(5, 5), marked=(0, 0)),
    ]
    chart = charts_entries.histogram([-2.0, -1.0, 0.0], series, name="h", axis="y")
    svg = svgs(chart)[0]
    bars = [find(svg, f"il-bar--{kind}")[0] for kind in ("limit", "light", "solid")]
    limit, train, test = (at(bar, "height") for bar in bars)
    assert train == pytest.approx(3 * limit, rel=0.02)
    assert test == pytest.approx(2 * limit, rel=0.02)
    assert "train, −2 to −1: 10 of 40, 10 of them upper limits" in chart


# Pages


def costly(n):
    """Submissions that state both costs, each ten per cent more than the one before."""
    names = [text for text in made.HOSTILE.values() if text.isprintable()]
    return [
        made.Entry(
            name=f"m{i:03}",
            model=names[i % len(names)][:190],
            value=1.0 + i / 50,
            card={"training_time_s": 0.5 * 1.1**i, "parameters": int(10 * 1.2**i)},
        )
        for i in range(n)
    ]


def test_every_row_that_states_its_cost_is_drawn_and_listed(tmp_path):
    layout = made.make_repository(
        tmp_path, [*costly(100), made.Entry(name="silent"), made.Entry(name="too")]
    )
    path = layout.leaderboard_json(made.TASK.name)
    content = read_json(path)
    content["rows"][0]["subsets"]["all"]["mae_ci_high"] = 1e300
    path.write_text(to_json(content))
    page = render_pages(load_site(layout))[URL]
    time = page.split("{: #training-time-s }")[1].split("{: #parameters }")[0]
    scatter = [s for s in svgs(time) if "il-chart--scatter" in (s.get("class") or "")]
    assert [len(marks_of(svg)) for svg in scatter] == [98, 98]
    assert time.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == 98
    assert "2 of " in time
    # The front is named, and the rows of the table name every mark.
    assert [len(find(svg, "il-front-line")) for svg in scatter] == [1, 1]
    assert time.count('href="../../submissions/') == 98
    assert 'data-rows="cost-training_time_s-rows"' in time
    assert 'id="cost-training_time_s-rows"' in time
    assert "The models on the line are named" in page
    assert "<script>alert" not in page
    assert "<img" not in page
