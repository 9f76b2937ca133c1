"""Charts put their marks where the numbers say, held against their own axis labels."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from ionladder.board.model import Value, parse_board
from ionladder.repo import read_json, to_json
from ionladder.site import charts, charts_entries
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.stats.calibration import CURVE_LEVELS
from unit.site import synthetic_board as made

HALF_PIXEL = 0.15  # coordinates are written with one decimal


def svgs(text):
    """Every drawing in some HTML; an error where one is not well-formed."""
    parts = str(text).split("<svg")[1:]
    return [ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in parts]


def find(svg, kind):
    return [item for item in svg.iter() if kind in (item.get("class") or "").split()]


def at(item, key):
    return float(item.get(key) or "")


def from_ticks(svg, value):
    """Where a value belongs, judged from two printed tick labels only."""
    labels = {float((t.text or "").replace("−", "-")): at(t, "x") for t in find(svg, "il-tick")}
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


def every_chart(label):
    """Each kind of chart, with a label wherever it takes one."""
    shown = board([made.Entry(name="odd", model=label, value=1e9), *made.typical()])
    points = [
        charts.CostPoint(
            label=label, kind="verified", cost=cost, shown_cost=label, score=Value(1e9, 0, 9)
        )
        for cost in (0.0, 1e-300, 1e300)
    ]
    plots = charts_entries.PredictionPlots(
        points=[charts_entries.Point(id=label, y_true=0.0, y_pred=1e12)], axis=label
    )
    series = [charts_entries.Series(title=label, kind="solid", counts=(1, 2), marked=(1, 0))]
    stand = charts.Stand(publication=1, label=label, score=Value(1.0), rules=label)
    cost = charts.CostChart(board=shown, points=points, axis=label, ticks=((1.0, label),))
    return {
        "intervals": charts.interval_chart(shown, shown.scored, "x/", confidence=0.95, name="a"),
        "empty": charts.interval_chart(board([]), [], "x/", confidence=0.95, name="a"),
        "difficulty": charts.difficulty_chart(
            [(label, [Value(1.0)], "x/")], [label], label, name="a"
        ),
        "cost": cost.draw(name="a"),
        "timeline": charts.timeline_chart(shown, [stand], "x/", name="a"),
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
        named = {item.get("id"): item.text for item in svg if item.tag in {"title", "desc"}}
        assert svg.get("role") in {"img", "group"}
        assert set((svg.get("aria-labelledby") or "").split()) == named.keys()
        assert all(named.values())
        width, height = (float(part) for part in (svg.get("viewBox") or "").split()[2:])
        for dot in svg.iter("circle"):
            assert 0 <= at(dot, "cx") <= width
            assert 0 <= at(dot, "cy") <= height


@pytest.mark.parametrize("width", [0, 1], ids=["wide", "narrow"])
def test_floor_and_rows_stand_at_their_numbers(width):
    svg = drawn(made.typical())[width]
    floor, achievable = find(svg, "il-floor-line")
    assert at(floor, "x1") == at(floor, "x2")
    assert at(floor, "x1") == pytest.approx(from_ticks(svg, 0.407753), abs=HALF_PIXEL)
    assert at(achievable, "x1") == pytest.approx(from_ticks(svg, 1.061), abs=HALF_PIXEL)
    span = find(svg, "il-whisker")[0]
    for key, value in (("x1", 1.496 * 0.7), ("x2", 1.496 * 1.4)):
        assert at(span, key) == pytest.approx(from_ticks(svg, value), abs=HALF_PIXEL)
    assert at(find(svg, "il-dot--verified")[0], "cx") == pytest.approx(
        from_ticks(svg, 1.496), abs=HALF_PIXEL
    )
    assert len(find(svg, "il-dot--reference")) == 4, "hollow diamonds: colour is not needed"
    absurd = drawn([made.Entry(name="absurd", value=1e6, tie_group=2), *made.typical()])[width]
    assert len(find(absurd, "il-beyond")) == 1
    labels = [float((tick.text or "").replace("−", "-")) for tick in find(absurd, "il-tick")]
    assert max(labels) < 10, "one absurd row does not squeeze the others"


def test_a_cheaper_model_stands_further_left_and_a_worse_one_higher():
    points = [
        charts.CostPoint(label="m", kind="verified", cost=cost, shown_cost="", score=Value(value))
        for cost, value in ((1, 2.0), (10, 1.0), (100, 3.0))
    ]
    chart = charts.CostChart(
        board=board(made.typical()), points=points, axis="t", ticks=((10.0, "10 s"),)
    )
    dots = find(svgs(chart.draw(name="c"))[0], "il-dot")
    x, y = ([at(dot, key) for dot in dots] for key in ("cx", "cy"))
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    assert x[0] < x[1] < x[2]
    assert y[1] > y[0] > y[2]


def test_the_best_after_each_publication_is_that_of_the_board_then(tmp_path):
    first = [made.Entry(name="a", value=2.0), made.Entry(name="b", value=3.0)]
    second = [
        *first,
        made.Entry(name="c", value=1.5),
        made.Entry(name="ref", value=0.1, kind="reference"),
    ]
    third = [replace(entry, value=(entry.value or 0) + 1) for entry in second if entry.name != "c"]
    history = made.add_history(made.make_repository(tmp_path, first), first, second, third)
    found = charts.stands_of(history, board(first))
    assert [(s.publication, s.label, s.score.value) for s in found] == [
        (1, "a", 2),
        (2, "c", 1.5),
        (3, "a", 3),
    ]
    assert [len(s.entered) for s in found] == [2, 1, 0]
    assert len({s.rules for s in found}) == 3


# Entries


def plots(*pairs, limit=None, **options):
    points = [
        charts_entries.Point(id=str(i), y_true=a, y_pred=b, upper_limit=limit, name="LiX")
        for i, (a, b) in enumerate(pairs)
    ]
    return charts_entries.PredictionPlots(points=points, axis="y", error_unit="eV", **options)


def test_a_limit_is_drawn_at_the_limit_and_points_to_smaller_values():
    points = [
        charts_entries.Point(id="ux3", y_true=-15.0, y_pred=-8.0, upper_limit=-10.0),
        charts_entries.Point(id="7cr", y_true=-17.0, y_pred=-11.0, y_pred_sd=0.5),
        charts_entries.Point(id="max", y_true=-3.0, y_pred=-3.5, is_filled=False, name="<b>"),
    ]
    chart = charts_entries.PredictionPlots(points=points, axis="log₁₀ σ").parity(name="p")
    (svg,) = svgs(chart)
    assert (
        "ux3: measured &lt; −10 (scored as −15), predicted −8.00; "
        "error 7.00 as scored, 2.00 above the limit" in chart
    )
    assert "7cr: measured −17.00, predicted −11.00 ± 0.50 over seeds" in chart
    assert "<b>" not in chart
    assert find(svg, "il-point--limit")[0].get("d", "").endswith("l-7 -4.5z")
    assert [len(find(svg, kind)) for kind in ("il-point--open", "il-spread")] == [1, 1]
    residuals = plots((-15, -7), limit=-10.0).residuals(name="r")
    assert "3.00 above the limit: at least +3.00 eV" in residuals
    absurd = plots((-5, -5), (-3, 60))
    assert absurd.range[1] < 10
    assert "1 entry lies outside the axes" in absurd.parity(name="p")


def test_marks_stand_on_the_identity_line_when_prediction_equals_label():
    (svg,) = svgs(plots((-12, -12), (-7.5, -7.5), (-3, -3), band=1.0).parity(name="p"))
    (identity,) = find(svg, "il-identity")
    x1, y1, x2, y2 = (at(identity, key) for key in ("x1", "y1", "x2", "y2"))
    for mark in find(svg, "il-point"):
        share = (at(mark, "cx") - x1) / (x2 - x1)
        assert at(mark, "cy") == pytest.approx(y1 + share * (y2 - y1), abs=0.2)
    corners = [p.split(",") for p in find(svg, "il-near-band")[0].get("points", "").split()]
    assert float(corners[0][1]) - float(corners[1][1]) == pytest.approx((y1 - y2) / 9, abs=0.3)


def test_a_box_reaches_from_quartile_to_quartile_on_a_logarithmic_axis():
    none = dict.fromkeys(QUANTILES)
    chart = charts_entries.boxes_chart(
        [("garnet <b>", 44, [QUANTILES]), ("x", 0, [none])], ["E"], "E", name="b"
    )
    svg = svgs(chart)[0]
    labels = {float(t.text or ""): at(t, "x") for t in find(svg, "il-tick")}
    (box,) = find(svg, "il-box")
    assert at(box, "x") == pytest.approx(labels[0.3], abs=HALF_PIXEL)
    assert at(box, "x") + at(box, "width") == pytest.approx(labels[3.0], abs=2 * HALF_PIXEL)
    (middle,) = find(svg, "il-box-median")
    assert at(middle, "x1") == pytest.approx(labels[1.0], abs=HALF_PIXEL)
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
    assert [len(find(svg, "il-dot--verified")) for svg in scatter] == [98, 98]
    assert time.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == 98
    assert "2 of " in time
    # The front is named and every mark leads to its page.
    assert [len(find(svg, "il-front-line")) for svg in scatter] == [1, 1]
    assert time.count('href="../../submissions/') >= 2 * 98
    assert "The models on the line are named" in page
    assert "<script>alert" not in page
    assert "<img" not in page
