"""Pages that set submissions side by side: two, those of an experiment, and all in charts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ionladder.board.model import Board, Value
from ionladder.receipt import MIN_ROWS, WIDEST
from ionladder.site import charts
from ionladder.site import differences as diffs
from ionladder.site import text as txt
from ionladder.site.charts import CostChart, CostPoint, timeline_chart
from ionladder.site.charts_entries import ALL_ELEMENTS, Cell, distance_chart, periodic_table
from ionladder.site.context import Site, TaskSite
from ionladder.site.pages import Page
from ionladder.site.slices import slice_board
from ionladder.site.tables import heat_of, measures
from ionladder.specs import Experiment
from ionladder.stats import intervals

_ELEMENT = re.compile(r"[A-Z][a-z]?")
_FEWEST_POINTS = 20
MOST_ROWS = 200
#: Rows of a board that the charts of cost draw and list, from the first on.
DRAWN_ROWS = 100
SHOWN_PUBLICATIONS = 60
_SECONDS, _COUNTS = (tuple(ticks.items()) for ticks in txt.WORDS["cost_ticks"])


def pages(site: Site) -> Iterator[Page]:
    """For each task its charts, its comparison of two, and a page for each of its experiments."""
    for item in site.tasks:
        name = item.task.name
        yield Page(txt.charts_url(name), "charts", _charts(site, item))
        yield Page(txt.compare_url(name), "compare", _compare(item))
        for experiment in item.task.experiments:
            here = txt.experiment_url(name, experiment.name)
            yield Page(here, "experiment", _experiment(site, item, experiment))


def _compare(item: TaskSite) -> dict[str, Any]:
    """Everybody against the leader, and the options of the form."""
    board = item.board
    leader = next(iter(board.of_kind("verified")), None)
    name = (leader.submission if leader else None) or ""
    pairs = {pair.other: pair.turned() for pair in item.analysis.pairs.get(name, ())}
    scale = charts.difference_scale(pair.score for pair in pairs.values())
    others = [row for row in board.scored if row is not leader]
    shown = others[:MOST_ROWS] if leader else []
    return {
        "board": board,
        "leader": leader,
        "rows": [(row, pairs.get(row.submission or "")) for row in shown],
        "n_hidden": len(others) - len(shown),
        "scale": scale,
        "axis": charts.spark_axis(scale),
    }


class _Scores(dict[str, str]):
    """Submission → its present score as a caveat prints it; a dash where it has none."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    def __missing__(self, name: str) -> str:
        row = self._board.entrant(name)
        return txt.number(self._board.primary(row).value if row else None, digits=3)


def _experiment(site: Site, item: TaskSite, experiment: Experiment) -> dict[str, Any]:
    """What an experiment found, in a sentence a question, and every difference behind it."""
    board = item.board
    confidence = f"{100 * site.params.scoring.confidence:g} %"
    differences = diffs.read_differences(board, item.analysis, experiment)
    said: dict[str, Any] = {"differences": differences, "confidence": confidence}
    subsets = (None, experiment.subset or None)
    named = set(experiment.submissions)
    printed = diffs.printed_table(experiment, board)
    rows = [row for row in board.scored if row.submission in named]
    mine = board.model_copy(update={"rows": rows})
    models = {model for _, some in experiment.reported for model in some}
    quoted = [row for row in board.of_kind("reported") if row.model in models]
    return {
        "item": item,
        "board": board,
        "mine": mine,
        "experiment": experiment,
        "absent": [name for name in experiment.submissions if not board.entrant(name)],
        "answers": [
            (question, *(diffs.sentence(question, subset=subset, **said) for subset in subsets))
            for question in experiment.questions
        ],
        "subset": next((s for s in item.task.subsets if s.name == experiment.subset), None),
        "asked": diffs.asked_table(experiment, differences),
        "candidates": diffs.candidates(experiment, differences),
        "printed": printed,
        "settings": diffs.settings_tables(experiment),
        "arms": diffs.arms_table(experiment, differences),
        "has_parts": differences.has_parts,
        "cost": cost_part(mine, TRAINING_TIME, by_name=True),
        "n_drawn": min(len(mine.scored), DRAWN_ROWS),
        "resolution": diffs.resolution(experiment, differences),
        "differences": differences,
        "caveats": [caveat.format_map(_Scores(board)) for caveat in experiment.caveats],
        "sources": sorted({str(row.quoted.get("source")) for row in quoted}),
    }


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Something a card may state about what a model costs."""

    key: str
    title: str
    axis: str
    ticks: Sequence[tuple[float, str]]
    shown: Callable[[Any], str]
    note: str


TRAINING_TIME = Cost(
    key="training_time_s",
    title="Training time",
    axis="training time as stated, logarithmic",
    ticks=_SECONDS,
    shown=txt.duration,
    note="Times were stated by those who trained, each on a machine of their own: a factor of "
    "a few says little, a factor of a hundred does.",
)
COSTS = (
    TRAINING_TIME,
    Cost(
        key="parameters",
        title="Trainable parameters",
        axis="trainable parameters as stated, logarithmic",
        ticks=_COUNTS,
        shown=txt.count,
        note="Forests and other models without a fixed set of parameters state none.",
    ),
)


def _charts(site: Site, item: TaskSite) -> dict[str, Any]:
    """Error against cost, the best score over publications, how models agree."""
    board, source = item.board, site.entries[item.task.name]
    here = txt.charts_url(item.task.name)
    stands = charts.stands_of(site.history, board, site.times)
    shown = stands[-SHOWN_PUBLICATIONS:]
    return {
        "board": board,
        "costs": [cost_part(board, cost) for cost in COSTS],
        "n_drawn": min(len(board.scored), DRAWN_ROWS),
        "measures": measures(board, board.scored[:DRAWN_ROWS]),
        "course": {
            "chart": timeline_chart(board, shown, here, name="course") if len(shown) > 1 else None,
            "stands": shown[::-1],
            "n_hidden": len(stands) - len(shown),
            "n_rules": len({stand.rules for stand in shown}),
            "is_dated": charts.is_dated(shown),
        },
        "leader": _leader_by_entry(site, item),
        "agreement": diffs.agreement_table(board, source.table),
        "has_labels": source.table is not None,
        "has_slices": slice_board(item) is not None,
        "absent": source.absent,
    }


def _leader_by_entry(site: Site, item: TaskSite) -> dict[str, Any] | None:
    """The first model's error by element and by distance to the training set; None without labels.

    An element is undetermined with fewer than ``MIN_ROWS`` entries, or where the interval over
    groups spans more than a factor ``WIDEST``, as parts of receipts are.
    """
    board, source = item.board, site.entries[item.task.name]
    leader, table = next(iter(board.of_kind("verified")), None), source.table
    if leader is None or table is None or leader.submission not in table.names:
        return None
    errors = table.errors[table.names.index(leader.submission)]
    known, names = np.isfinite(errors), source.names
    here, pages = txt.charts_url(item.task.name), site.paged[item.dataset.name]
    ways = {entry: txt.relative(here, way) for entry, way in pages.items()}
    points = [
        (names.get(e, e), near[0].distance or 0.0, float(errors[place]), ways.get(e, ""))
        for place, e in enumerate(table.ids)
        if known[place] and (near := table.neighbours.get(e))
    ]
    reach = charts.axis_reach(errors[known].tolist(), baseline=charts.baseline_value(board))
    symbols = [set(_ELEMENT.findall(names.get(entry, ""))) for entry in table.ids]
    scores: dict[str, tuple[Value, int, int]] = {}
    for element in sorted(set().union(*symbols) & ALL_ELEMENTS):
        inside = known & np.array([element in each for each in symbols])
        if inside.any():
            groups = intervals.make_groups(source.groups[inside])
            score = Value(float(errors[inside].mean()))
            if inside.sum() >= MIN_ROWS and groups.n_groups > 1:
                low, high = intervals.error_interval(
                    np.array(score.value),
                    intervals.left_out_means(groups.sums(errors[inside]), groups.sizes),
                    present=groups.n_groups,
                    df=intervals.degrees_of_freedom(groups.sizes),
                    confidence=site.params.scoring.confidence,
                )
                if high <= WIDEST * low:
                    score = Value(score.value, float(low), float(high))
            scores[element] = (score, int(inside.sum()), groups.n_groups)
    told = {e: found for e, found in scores.items() if found[0].low is not None}
    heat = heat_of((s.value for s, _, _ in told.values()), baseline=charts.baseline_value(board))
    cells = {}
    for element, (score, n, n_groups) in scores.items():
        counted = f"{n} entries in {n_groups} group{'s' if n_groups > 1 else ''}"
        said = charts.said_of("error", score) if element in told else "undetermined"
        shade = int(heat.shade(score.value)[-1]) if element in told and heat.edges else 0
        small = txt.number(score.value) if element in told else "?"
        cells[element] = Cell(shade, "", small, f"{said}; {counted}")
    words = f"Mean error of {txt.plain(leader.model)} by element"
    return {
        "row": leader,
        "distance": distance_chart(points, charts.value_axis(board), reach, name="distance")
        if len(points) >= _FEWEST_POINTS
        else None,
        "elements": periodic_table(
            cells, txt.relative(here, txt.EXPLORE), name="by-element", title=words, text=f"{words}."
        )
        if told
        else None,
        "told": sorted(told.items(), key=lambda pair: -(pair[1][0].value or 0.0)),
        "open": [element for element in scores if element not in told],
    }


def cost_part(board: Board, cost: Cost, *, by_name: bool = False) -> dict[str, Any]:
    """One chart of cost with its table, and how many rows do not state it.

    ``by_name`` writes names of submissions beside the marks, which are shorter than those of
    models, so that more of them find room.
    """
    drawn = [row for row in board.scored[:DRAWN_ROWS] if board.primary(row).value is not None]
    sizes = ((row, row.card.get(cost.key)) for row in drawn)
    stated = [(row, float(size)) for row, size in sizes if isinstance(size, int | float)]
    stated.sort(key=lambda pair: (pair[1], pair[0].order))
    chart = CostChart(
        board=board,
        points=[
            CostPoint(
                label=txt.plain(row.submission if by_name else row.model, limit=80),
                kind=row.kind,
                cost=size,
                score=board.primary(row),
            )
            for row, size in stated
        ],
        axis=cost.axis,
        ticks=cost.ticks,
    )
    return {
        "cost": cost,
        "chart": chart.draw(name=f"cost-{cost.key}") if stated else None,
        "hides_names": bool(stated) and chart.hides_names,
        "n_silent": len(drawn) - len(stated),
        "rows": [row for row, _ in stated],
    }
