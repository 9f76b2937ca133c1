"""Charts put their marks where the numbers say, held against their own axis labels."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from ionladder.site.board import Floor, Value
from ionladder.site.charts import (
    NARROW,
    WIDE,
    Boxes,
    BoxRow,
    Ladder,
    LadderRow,
    Mark,
    Parity,
    Point,
    RungRow,
    Rungs,
    Scale,
    Series,
    axis_reach,
    backdrop,
    box,
    boxes_chart,
    draw,
    histogram,
    ladder_chart,
    parity_chart,
    rungs_chart,
    ticks,
    whisker,
    whisker_scale,
)

HALF_PIXEL = 0.15  # coordinates are written with one decimal


def ladder(*rows: LadderRow, baseline: float | None = 2.162563) -> Ladder:
    return Ladder(
        rows=rows or (LadderRow(label="rf", kind="verified", value=1.586, low=1.11, high=2.22),),
        floor=Mark(label="replicate floor", value=0.407753, low=0.303, high=0.524),
        baseline=None if baseline is None else Mark(label="train median", value=baseline),
        axis="MAE / decades",
    )


def find(svg: str, tag: str, kind: str) -> list[ET.Element]:
    root = ET.fromstring(svg)
    return [item for item in root.iter(tag) if kind in (item.get("class") or "").split()]


def from_ticks(svg: str, value: float) -> float:
    """Where a value belongs, judged from two printed tick labels only."""
    labels = {
        float((t.text or "").replace("−", "-")): float(t.get("x") or "")
        for t in find(svg, "text", "il-tick")
    }
    (v0, x0), (v1, x1) = min(labels.items()), max(labels.items())
    return x0 + (value - v0) / (v1 - v0) * (x1 - x0)


@pytest.mark.parametrize("shape", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_floor_line_stands_at_its_value_with_its_interval_as_a_band(shape: object) -> None:
    svg = draw(ladder(), shape, name="test")  # type: ignore[arg-type]
    (line,) = find(svg, "line", "il-floor-line")
    (band,) = find(svg, "rect", "il-floor-band")
    assert float(line.get("x1") or "") == pytest.approx(from_ticks(svg, 0.407753), abs=HALF_PIXEL)
    assert line.get("x1") == line.get("x2")
    left, width = float(band.get("x") or ""), float(band.get("width") or "")
    assert left == pytest.approx(from_ticks(svg, 0.303), abs=HALF_PIXEL)
    assert left + width == pytest.approx(from_ticks(svg, 0.524), abs=2 * HALF_PIXEL)


def test_floor_and_median_are_labelled_with_their_numbers() -> None:
    svg = draw(ladder(), WIDE, name="test")
    assert find(svg, "text", "il-floor-label")[0].text == "replicate floor 0.41"
    assert find(svg, "text", "il-median-label")[0].text == "train median 2.16"


def test_a_rows_dot_and_whisker_stand_at_its_numbers() -> None:
    svg = draw(ladder(), WIDE, name="test")
    (dot,) = find(svg, "circle", "il-dot--verified")
    span = find(svg, "line", "il-whisker")[0]
    assert float(dot.get("cx") or "") == pytest.approx(from_ticks(svg, 1.586), abs=HALF_PIXEL)
    assert float(span.get("x1") or "") == pytest.approx(from_ticks(svg, 1.11), abs=HALF_PIXEL)
    assert float(span.get("x2") or "") == pytest.approx(from_ticks(svg, 2.22), abs=HALF_PIXEL)


def test_references_are_hollow_diamonds_so_that_colour_is_not_needed() -> None:
    row = LadderRow(label="mean", kind="reference", value=2.3)
    svg = draw(ladder(row), WIDE, name="test")
    assert find(svg, "polygon", "il-dot--reference")
    assert not find(svg, "circle", "il-dot")


def test_one_absurd_row_does_not_squeeze_the_others_and_is_marked_as_beyond() -> None:
    rows = [
        LadderRow(label="good", kind="verified", value=1.5, low=1.0, high=2.0),
        LadderRow(label="absurd", kind="verified", value=1e6, low=1e5, high=math.inf),
    ]
    svg = draw(ladder(*rows), WIDE, name="test")
    (good,) = find(svg, "circle", "il-dot")
    assert float(good.get("cx") or "") > WIDE.left + 0.2 * (WIDE.right - WIDE.left)
    assert len(find(svg, "path", "il-beyond")) == 1
    assert "nan" not in svg
    assert "inf" not in svg.replace("interval", "")


def test_only_tie_groups_with_several_members_get_a_bracket() -> None:
    rows = [
        LadderRow(label=str(i), kind="verified", value=1.0 + i, tie_group=group)
        for i, group in enumerate((1, 1, 2))
    ]
    assert len(find(draw(ladder(*rows), WIDE, name="t"), "text", "il-tie-label")) == 1


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "a & b", "W" * 300, "x " * 99])
def test_any_label_leaves_the_drawing_well_formed(label: str) -> None:
    row = LadderRow(label=label, kind="verified", value=1.0, href="a?b&c")
    for shape in (WIDE, NARROW):
        svg = draw(ladder(row), shape, name="test")
        assert "<script" not in svg
        ET.fromstring(svg)


def test_rows_whose_names_begin_alike_keep_what_tells_them_apart() -> None:
    label = "Random forest (OBELiX paper), CIF entries"
    svg = draw(ladder(LadderRow(label=label, kind="verified", value=1.0)), WIDE, name="t")
    assert " ".join(t.text or "" for t in find(svg, "text", "il-label")) == label


def test_an_empty_board_still_has_a_chart() -> None:
    empty = Ladder(rows=(), floor=None, baseline=None, axis="MAE")
    assert "No submission has been scored yet." in ladder_chart(empty, name="t")


def test_every_chart_has_a_name_and_a_description_for_screen_readers() -> None:
    point = Point(id="7cr", y_true=-17.4, y_pred=-10.0)
    charts = [
        draw(ladder(), WIDE, name="a"),
        parity_chart(Parity(points=[point], axis="log₁₀ σ"), name="b"),
    ]
    for svg in charts:
        root = ET.fromstring(svg)
        named = {item.get("id") for item in root if item.tag in {"title", "desc"}}
        assert root.get("role") in {"img", "group"}
        assert set((root.get("aria-labelledby") or "").split()) == named


def test_a_limit_is_drawn_at_the_limit_and_points_to_smaller_values() -> None:
    points = [
        Point(id="ux3", y_true=-15.0, y_pred=-8.0, upper_limit=-10.0),
        Point(id="7cr", y_true=-17.0, y_pred=-11.0, y_pred_sd=0.5),
        Point(id="max", y_true=-3.0, y_pred=-3.5, is_filled=False),
    ]
    svg = parity_chart(Parity(points=points, axis="log₁₀ σ"), name="p")
    (limit,) = find(svg, "path", "il-point--limit")
    assert "ux3: measured at most −10.00, predicted −8.00" in svg
    assert "7cr: measured −17.00, predicted −11.00 ± 0.50 over seeds" in svg
    assert limit.get("d", "").endswith("l-7 -4.5z")
    assert len(find(svg, "circle", "il-point--open")) == 1
    assert len(find(svg, "line", "il-spread")) == 1


def test_parity_marks_stand_on_the_identity_line_when_prediction_equals_label() -> None:
    points = [Point(id=str(v), y_true=v, y_pred=v) for v in (-12.0, -7.5, -3.0)]
    svg = parity_chart(Parity(points=points, axis="y"), name="p")
    (identity,) = find(svg, "line", "il-identity")
    x1, y1, x2, y2 = (float(identity.get(key) or "") for key in ("x1", "y1", "x2", "y2"))
    for mark in find(svg, "circle", "il-point"):
        share = (float(mark.get("cx") or "") - x1) / (x2 - x1)
        assert float(mark.get("cy") or "") == pytest.approx(y1 + share * (y2 - y1), abs=0.2)


def test_a_prediction_far_outside_does_not_stretch_the_parity_axes() -> None:
    points = [Point(id="a", y_true=-5.0, y_pred=-5.0), Point(id="b", y_true=-3.0, y_pred=60.0)]
    parity = Parity(points=points, axis="y")
    assert parity.range[1] < 10
    assert "1 entry lies outside the axes" in parity_chart(parity, name="p")


def test_labels_beyond_the_cap_of_the_score_stand_at_the_edge_and_are_counted() -> None:
    points = [
        Point(id="a", y_true=0.4, y_pred=0.5),
        Point(id="b", y_true=19.0, y_pred=2.0),
        Point(id="c", y_true=1.0, y_pred=7.0),
    ]
    parity = Parity(points=points, axis="E / eV", cap=6.0, known="computed")
    svg = parity_chart(parity, name="p")
    assert parity.range == (0, 6)
    assert parity.n_beyond == 2
    assert "b: computed 19.00, predicted 2.00" in svg
    assert "measured" not in svg


def test_only_targets_with_a_band_get_one_and_it_is_as_wide_as_they_say() -> None:
    points = [Point(id=str(v), y_true=v, y_pred=v) for v in (0.0, 4.0)]
    assert "il-near-band" not in parity_chart(Parity(points=points, axis="E"), name="p")
    svg = parity_chart(Parity(points=points, axis="E", band=1.0), name="p")
    (band,) = find(svg, "polygon", "il-near-band")
    (identity,) = find(svg, "line", "il-identity")
    (x0, y0), (x1, y1), *_ = [
        tuple(float(part) for part in pair.split(",")) for pair in band.get("points", "").split()
    ]
    height = float(identity.get("y1") or "") - float(identity.get("y2") or "")
    assert x0 == x1
    assert y0 - y1 == pytest.approx(height / 4, abs=2 * HALF_PIXEL)


def test_a_box_reaches_from_quartile_to_quartile_on_a_logarithmic_axis() -> None:
    quantiles = {"min": 0.1, "q25": 0.3, "median": 1.0, "q75": 3.0, "max": 10.0}
    row = BoxRow(label="garnet <b>", n=44, boxes=(box(quantiles),))
    chart = boxes_chart(Boxes(rows=[row], panels=["E"], axis="E / eV"), name="b")
    svg = chart.split('<div class="il-narrow">')[0]
    svg = svg[svg.index("<svg") : svg.index("</svg>") + 6]
    ticks_at = {float(t.text or ""): float(t.get("x") or "") for t in find(svg, "text", "il-tick")}
    (drawn,) = find(svg, "rect", "il-box")
    left, width = float(drawn.get("x") or ""), float(drawn.get("width") or "")
    assert left == pytest.approx(ticks_at[0.3], abs=HALF_PIXEL)
    assert left + width == pytest.approx(ticks_at[3.0], abs=2 * HALF_PIXEL)
    (median,) = find(svg, "line", "il-box-median")
    assert float(median.get("x1") or "") == pytest.approx(ticks_at[1.0], abs=HALF_PIXEL)
    assert "<b>" not in svg


def test_a_group_without_labels_has_no_box() -> None:
    assert box(dict.fromkeys(("min", "q25", "median", "q75", "max"))) is None
    empty = BoxRow(label="none", n=0, boxes=(None,))
    chart = boxes_chart(Boxes(rows=[empty], panels=["E"], axis="E"), name="b")
    assert 'class="il-box"' not in chart


def test_each_kind_of_folds_has_a_mark_of_its_own_at_its_error() -> None:
    row = RungRow(label="forest", values=(Value(0.2, 0.1, 0.3), Value(0.4), Value(0.8)))
    rungs = Rungs(rows=[row], kinds=["random", "chemistry", "type"], axis="MAE / eV")
    chart = rungs_chart(rungs, name="r").split('<div class="il-narrow">')[0]
    svg = chart[chart.index("<svg") : chart.index("</svg>") + 6]
    discs, squares = find(svg, "circle", "il-rung"), find(svg, "rect", "il-rung")
    assert [len(discs), len(squares)] == [2, 1]
    places = [float(disc.get("cx") or "") for disc in discs]
    assert places == pytest.approx([from_ticks(svg, 0.2), from_ticks(svg, 0.8)], abs=HALF_PIXEL)
    assert "forest, chemistry: 0.40" in svg


def test_bins_of_unequal_width_can_be_drawn_equally_wide() -> None:
    series = [Series(title="E", kind="solid", counts=(1, 1, 1), marked=(0, 0, 0))]
    chart = histogram([0.0, 0.25, 1.0, 20.0], series, name="h", axis="E", is_even=True)
    svg = chart[chart.index("<svg") : chart.index("</svg>") + 6]
    widths = {bar.get("width") for bar in find(svg, "rect", "il-bar--solid")}
    assert len(widths) == 1
    labels = [t.text for t in find(svg, "text", "il-tick") if not (t.text or "").endswith("%")]
    assert labels == ["0", "0.25", "1", "20"]


def test_whiskers_share_one_axis_and_show_floor_and_median() -> None:
    scale = whisker_scale([1.0, 2.0], baseline=2.1)
    floor = Floor(name="f", value=0.4, low=0.3, high=0.5, n_groups=1, n_entries=2)
    behind = backdrop(scale, floor, 2.1)
    svg = whisker(Value(1.5, 1.0, 2.0), "verified", scale, behind=behind)
    assert find(svg, "line", "il-floor-line")
    assert find(svg, "line", "il-median-line")
    (dot,) = find(svg, "circle", "il-dot")
    assert float(dot.get("cx") or "") == pytest.approx(scale(1.5), abs=HALF_PIXEL)


def test_a_row_without_a_value_draws_only_what_it_is_held_against() -> None:
    svg = whisker(Value(), "verified", Scale(0, 1, 0, 10), behind="")
    assert not find(svg, "circle", "il-dot")


def test_bars_are_shares_of_their_own_set_and_limits_stand_at_the_foot() -> None:
    series = [
        Series(title="train", kind="light", counts=(10, 30), marked=(10, 0)),
        Series(title="test", kind="solid", counts=(5, 5), marked=(0, 0)),
    ]
    svg = histogram([-2.0, -1.0, 0.0], series, name="h", axis="y").split("</div>")[0]
    svg = svg[svg.index("<svg") :]
    (limit,) = find(svg, "rect", "il-bar--limit")
    (train,) = find(svg, "rect", "il-bar--light")
    test = find(svg, "rect", "il-bar--solid")
    heights = [float(bar.get("height") or "") for bar in (limit, train, test[0])]
    assert heights[1] == pytest.approx(3 * heights[0], rel=0.02)
    assert heights[2] == pytest.approx(2 * heights[0], rel=0.02)
    assert "train, −2 to −1: 10 of 40, 10 of them upper limits" in svg


@pytest.mark.parametrize(("low", "high"), [(0, 3.3), (-18, -1), (0, 0.05), (0, 12345)])
def test_ticks_are_round_numbers_inside_the_axis(low: float, high: float) -> None:
    found = ticks(low, high, about=6)
    assert 2 <= len(found) <= 13
    assert all(low <= tick <= high for tick in found)
    steps = {round(b - a, 9) for a, b in pairwise(found)}
    assert len(steps) == 1


def test_an_axis_without_a_baseline_holds_every_finite_number() -> None:
    assert axis_reach([1.0, 50.0, math.inf], baseline=None) == 52.0
