"""Charts that answer questions: with no model, one, two and a hundred, whoever named them."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from ionladder.repo import Layout, read_json, to_json
from ionladder.site.board import parse_board
from ionladder.site.charts import (
    CostChart,
    CostPoint,
    Course,
    Mark,
    Point,
    Residuals,
    Stand,
    cost_chart,
    course_chart,
    hides_names,
    hover_of,
    place_labels,
    residual_chart,
)
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from ionladder.site.sections import AGREEMENT_SHOWN_MODELS as SHOWN_MODELS
from ionladder.site.sections import distances, rank_correlations, stands_of
from ionladder.site.tables import STEPS, heat_of
from unit.site.synthetic_board import HOSTILE, TASK, Entry, leaderboard, make_repository, typical
from unit.site.synthetic_history import add_history
from unit.site.test_entry_pages import with_data

URL = "charts/obelix/"
TICKS = ((0.1, "0.1 s"), (1.0, "1 s"), (10.0, "10 s"), (100.0, "100 s"))


def page_of(root: Path, entries: list[Entry]) -> str:
    return render_pages(load_site(make_repository(root, entries)))[URL]


def svgs(text: str) -> list[ET.Element]:
    parts = str(text).split("<svg")[1:]
    return [ET.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in parts]


def circles(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [item for item in svg.iter() if kind in (item.get("class") or "").split()]


def costly(n: int) -> list[Entry]:
    """Submissions that state both costs, each ten per cent more than the one before."""
    return [
        Entry(
            name=f"m{i:03}",
            model=f"Model {i}",
            value=1.0 + i / 50,
            card={"training_time_s": 0.5 * 1.1**i, "parameters": int(10 * 1.2**i)},
        )
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 2, 100])
def test_every_row_that_states_its_cost_is_drawn_and_listed(tmp_path: Path, n: int) -> None:
    page = page_of(tmp_path, costly(n))
    time = page.split("{: #training-time-s }")[1].split("{: #parameters }")[0]
    (wide, narrow) = [s for s in svgs(time) if "il-chart--scatter" in (s.get("class") or "")]
    assert len(circles(wide, "il-dot--verified")) == n
    assert len(circles(narrow, "il-dot--verified")) == n
    assert time.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == n


def test_without_a_submission_the_charts_say_so(tmp_path: Path) -> None:
    page = page_of(tmp_path, [])
    assert "No submission has been scored on this task yet." in page
    assert "No ranked score of this board has been recorded yet." in page
    assert "il-chart--scatter" not in page


def test_costs_that_nobody_states_are_counted_or_named_as_missing(tmp_path: Path) -> None:
    entries = [*costly(2), Entry(name="silent"), Entry(name="silent-too", value=1.7)]
    assert "2 of 4 rows do not state it and are not drawn" in page_of(tmp_path, entries)
    (tmp_path / "other").mkdir()
    silent = page_of(tmp_path / "other", [Entry(name="silent")])
    assert silent.count("No row of the board states it") == 2


def test_a_cheaper_model_stands_further_left_and_a_worse_one_higher() -> None:
    def point(cost: float, value: float) -> CostPoint:
        return CostPoint(label="m", kind="verified", cost=cost, shown_cost="", value=value)

    chart = CostChart(
        points=[point(1, 2.0), point(10, 1.0), point(100, 3.0)],
        cost_axis="time",
        value_axis="MAE",
        ticks=TICKS,
        floor=Mark(label="floor", value=0.4, low=0.3, high=0.5),
    )
    dots = circles(svgs(cost_chart(chart, name="c"))[0], "il-dot--verified")
    x, y = ([float(dot.get(key) or "") for dot in dots] for key in ("cx", "cy"))
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    assert x[0] < x[1] < x[2]
    assert y[1] > y[0] > y[2]


@pytest.mark.parametrize("cost", [0.0, 1e-300, 1e300])
def test_absurd_costs_and_scores_are_drawn_within_the_frame(cost: float) -> None:
    points = [
        CostPoint(
            label="odd", kind="verified", cost=cost, shown_cost="", value=1e9, low=0, high=1e9
        ),
        CostPoint(label="other", kind="reference", cost=1.0, shown_cost="", value=2.0),
    ]
    chart = CostChart(points=points, cost_axis="time", value_axis="MAE", ticks=TICKS, baseline=2.0)
    for svg in svgs(cost_chart(chart, name="c")):
        width, height = (float(part) for part in (svg.get("viewBox") or "").split()[2:])
        for item in svg.iter("{*}circle"):
            assert 0 <= float(item.get("cx") or "") <= width
            assert 0 <= float(item.get("cy") or "") <= height


def test_labels_cover_neither_marks_nor_each_other() -> None:
    rng = np.random.default_rng(7)
    marks = [(x, y - 20, x + 8, y + 20) for x, y in rng.uniform(50, 350, (30, 2))]
    placed = place_labels(marks, ["a label"] * 30, left=0, right=400, top=0, bottom=400)
    width = 6.0 * len("a label")
    start = {"start": 0.0, "middle": -width / 2, "end": -width}
    boxes = [
        (p.x + start[p.anchor], p.y - 10.5, p.x + start[p.anchor] + width, p.y + 2.5)
        for p in placed
        if p is not None
    ]
    assert 3 < len(boxes) <= 30
    for i, a in enumerate(boxes):
        for b in [*boxes[:i], *marks]:
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]


@pytest.mark.parametrize(
    ("costs", "hides"),
    [([1.0, 1e4], False), ([1.0] * 9, True), ([10.0**i for i in range(26)], True)],
)
def test_it_is_known_whether_a_mark_bears_no_name(costs: list[float], hides: bool) -> None:
    points = [
        CostPoint(label=f"m{i}", kind="verified", cost=cost, shown_cost="", value=1.0)
        for i, cost in enumerate(costs)
    ]
    chart = CostChart(points=points, cost_axis="time", value_axis="MAE", ticks=())
    assert hides_names(chart) is hides
    drawn = cost_chart(chart, name="c")
    assert all(drawn.count(f">m{i}</text>") == 2 for i in range(len(points))) is not hides


def test_the_page_says_that_names_were_left_out(tmp_path: Path) -> None:
    for n in (1, 100):
        (tmp_path / str(n)).mkdir()
        page = page_of(tmp_path / str(n), costly(n))
        assert ("Names that find no room are left out" in page) is (n > 1)


def test_hostile_names_stay_text_on_charts(tmp_path: Path) -> None:
    entries = [
        Entry(name=f"h{i}", value=1 + i / 9, model=text[:190], card={"training_time_s": 2.0 + i})
        for i, text in enumerate(HOSTILE.values())
        if text.isprintable()
    ]
    page = page_of(tmp_path, entries)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page or "&#60;script&#62;" in page
    assert svgs(page)  # every chart is well-formed


def stands(*values: tuple[float, str]) -> list[Stand]:
    return [
        Stand(publication=i, label=f"m{i}", value=v, low=v * 0.8, high=v * 1.2, rules=rules)
        for i, (v, rules) in enumerate(values, start=1)
    ]


def test_the_course_is_broken_where_data_or_scorer_changed() -> None:
    same = course_chart(Course(stands=stands((2, "a"), (1, "a")), axis="MAE"), name="c")
    broken = course_chart(Course(stands=stands((2, "a"), (1, "b"), (1, "b")), axis="MAE"), name="c")
    assert [len(circles(svgs(c)[0], "il-best-line")) for c in (same, broken)] == [1, 2]
    assert [len(circles(svgs(c)[0], "il-version-line")) for c in (same, broken)] == [0, 1]


def test_the_best_after_each_publication_is_that_of_the_board_then(tmp_path: Path) -> None:
    first = [Entry(name="a", value=2.0), Entry(name="b", value=3.0)]
    second = [*first, Entry(name="c", value=1.5), Entry(name="ref", value=0.1, kind="reference")]
    third = [replace(entry, value=(entry.value or 0) + 1) for entry in second if entry.name != "c"]
    layout = make_repository(tmp_path, first)
    history = add_history(layout, first, second, third)
    found = stands_of(history, parse_board(leaderboard(first), TASK, shown_as="board"))
    assert [(s.publication, s.label, s.value) for s in found] == [
        (1, "a", 2),
        (2, "c", 1.5),
        (3, "a", 3),
    ]
    assert [len(s.entered) for s in found] == [2, 1, 0]
    assert len({s.rules for s in found}) == 3
    page = render_pages(load_site(layout))[URL]
    course = page.split("{: #course }")[1].split("{: #agreement }")[0]
    assert "no dates, and none are made up" in " ".join(course.split()).replace("holds ", "")
    assert course.count('<th scope="row"') == 3


def test_a_board_published_once_has_a_sentence_instead_of_a_course(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    add_history(layout, typical())
    page = render_pages(load_site(layout))[URL]
    assert "The board has been published once" in page


def test_distances_and_rank_correlations_are_those_of_numpy_and_scipy() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.normal(size=(4, 30)), rng.normal(size=(4, 30))
    one[2, 5] = np.nan
    two[3] = 1.0
    apart, order = distances([one, two]), rank_correlations([one, two])
    expected = (np.nanmean(abs(one[0] - one[2])) + np.mean(abs(two[0] - two[2]))) / 2
    assert apart[0, 2] == pytest.approx(expected)
    assert np.allclose(apart, apart.T)
    rho = (spearmanr(one[0], one[1])[0] + spearmanr(two[0], two[1])[0]) / 2
    assert order[0, 1] == pytest.approx(rho)
    assert np.isnan(rank_correlations([two])[3, 0])


def test_models_are_compared_where_labels_are_and_a_sentence_stands_where_not(
    tmp_path: Path,
) -> None:
    pages = render_pages(load_site(with_data(tmp_path)))
    table = pages["charts/bvel-proto/"].split("{: #agreement }")[1]
    assert table.split("<tbody>")[1].split("</tbody>")[0].count("<tr") == 3
    assert 'title="Random forest, site features and' in html.unescape(table)
    missing = html.unescape(pages[URL].split("{: #agreement }")[1])
    assert "so predictions are not compared here" in missing
    assert SHOWN_MODELS < 20


@pytest.mark.parametrize(
    "values", [[], [None], [0.0], [1.0, 1.0], [float("inf"), 2.0], [-3.0, 4.0], [1e-9, 1e9]]
)
def test_shades_are_few_ordered_and_explained(values: list[float | None]) -> None:
    heat = heat_of(values, baseline=2.0)
    assert len(heat.edges) < STEPS
    assert list(heat.edges) == sorted(set(heat.edges))
    assert len(heat.legend) == (len(heat.edges) + 1 if heat.edges else 0)
    steps = [heat.step(value) for value in (0.0, 1.0, 5.0)]
    assert steps == sorted(steps)  # type: ignore[type-var]


def test_where_larger_is_better_the_small_numbers_are_dark() -> None:
    heat = heat_of([0.0, 0.5, 1.0], is_larger_worse=False)
    assert (heat.step(0.0) or 0) > (heat.step(0.9) or 0)


def test_undetermined_parts_are_hatched_on_the_board(tmp_path: Path) -> None:
    from unit.site.test_slices import with_slices

    page = render_pages(load_site(with_slices(tmp_path, typical())))["obelix/"]
    slices = page.split("{: #slices }")[1]
    assert slices.count('il-heat--open"') == 2 * len(typical()) + 1  # and the legend's
    assert "undetermined" in slices


def points(*pairs: tuple[float, float], limit: float | None = None) -> list[Point]:
    return [
        Point(id=str(i), y_true=a, y_pred=b, upper_limit=limit, name="LiX")
        for i, (a, b) in enumerate(pairs)
    ]


def residuals(*pairs: tuple[float, float], **options: Any) -> Residuals:
    limit = options.pop("limit", None)
    shown = points(*pairs, limit=limit)
    hovers = [hover_of(point, "measured") for point in shown]
    return Residuals(points=shown, hovers=hovers, axis="y", error_unit="eV", **options)


def test_a_prediction_that_is_too_large_stands_above_zero() -> None:
    svg = svgs(residual_chart(residuals((-5, -3), (-4, -4), (-2, -5), band=1.0), name="r"))[0]
    (zero,) = circles(svg, "il-zero")
    level = float(zero.get("y1") or "")
    above, on, below = (float(dot.get("cy") or "") for dot in circles(svg, "il-point"))
    assert above < level < below
    assert on == level


def test_the_residual_of_a_limit_says_at_least() -> None:
    chart = residual_chart(residuals((-15, -7), limit=-10.0), name="r")
    assert "LiX (0): measured at most −10.00, predicted −7.00: at least +3.00 eV" in chart


def test_one_entry_outside_the_axes_is_said_in_the_singular() -> None:
    drawn = residual_chart(residuals((-5.0, -5.0), (-3.0, 60.0)), name="r")
    assert " 1 entry lies outside the axes." in drawn


def test_the_median_difference_is_the_median() -> None:
    assert residuals((0, 1), (0, 2), (0, 9)).middle == 2
    assert residuals((0, 1), (0, 2)).middle == 1.5


@pytest.mark.parametrize("pairs", [[(1.0, 1.0)], [(0.0, 0.0)] * 3, [(0.0, 1e12), (1.0, 1.0)]])
def test_residuals_of_a_few_or_absurd_predictions_render(pairs: list[tuple[float, float]]) -> None:
    ET.fromstring(str(residual_chart(residuals(*pairs), name="r")))


def test_infinite_intervals_do_not_break_the_page(tmp_path: Path) -> None:
    layout: Layout = make_repository(tmp_path, costly(3))
    path = layout.leaderboard_json(TASK.name)
    board = read_json(path)
    board["rows"][0]["mae_ci_high"] = board["rows"][0]["subsets"]["all"]["mae_ci_high"] = 1e300
    path.write_text(to_json(board))
    assert svgs(render_pages(load_site(layout))[URL])


def test_a_mark_without_a_spread_needs_no_group_around_it() -> None:
    svg = svgs(residual_chart(residuals((-5, -3), (-4, -4)), name="r"))[0]
    marks = circles(svg, "il-point")
    assert len(marks) == 2
    assert all(mark[0].tag.endswith("title") for mark in marks)
    assert not [g for g in svg.iter() if g.tag.endswith("}g") or g.tag == "g" if len(g) == 2]
