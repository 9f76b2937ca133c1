"""Pages that set submissions side by side: two, those of an experiment, and all in charts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from markupsafe import Markup

from ionladder.board.history import Record, former_boards
from ionladder.board.model import Board, Value
from ionladder.receipt import MIN_ROWS, WIDEST
from ionladder.site import charts
from ionladder.site import differences as diffs
from ionladder.site import text as txt
from ionladder.site.charts import CostChart, CostPoint
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
    stands = stands_of(site.history, board, site.times)
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
            "is_dated": is_dated(shown),
        },
        "leader": _leader_by_entry(site, item),
        "agreement": diffs.agreement_table(board, source.table),
        "has_labels": source.table is not None,
        "has_slices": slice_board(item) is not None,
        "absent": source.absent,
    }


# The best score from publication to publication: steps, broken where the rules changed


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A board after one publication.

    Attributes:
        publication: Its number, 1 for the first.
        label: The best submission's model.
        submission: Its name.
        score: Its score with its interval.
        rules: Data and rules of scoring, as printed; scores of equal rules are comparable.
        entered: Verified submissions that came with this publication, and their scores.
        time: When its commit was made; None where git does not know.
    """

    publication: int
    label: str
    score: Value
    rules: str
    entered: Mapping[str, float] = field(default_factory=dict)
    submission: str = ""
    time: datetime | None = None


def stands_of(
    history: Sequence[Record], board: Board, times: Mapping[str, datetime] | None = None
) -> tuple[Stand, ...]:
    """The board after each of its publications; those without a ranked score are left out.

    ``times`` has the time of each commit, where git knows it.
    """
    sign, stands = 1.0 if board.smaller_is_better else -1.0, []
    for changed, records in former_boards(history, board.task.name):
        ranked = {r: r.value for r in records if r.kind == "verified" and r.value is not None}
        if not ranked:
            continue
        best = min(ranked, key=lambda record: sign * ranked[record])
        row = board.entrant(best.submission)
        stand = Stand(
            publication=changed[0].publication,
            label=txt.plain(row.model if row else best.submission),
            score=Value(best.value, best.ci_low, best.ci_high),
            rules=f"data {txt.plain(best.dataset_version, limit=40)}, "
            f"scorer version {txt.plain(best.scorer_version, limit=40)}",
            entered={
                r.submission: ranked[r] for r in changed if r.event == "added" and r in ranked
            },
            submission=best.submission,
            time=(times or {}).get(changed[0].commit or ""),
        )
        stands.append(stand)
    return tuple(stands)


def timeline_chart(board: Board, stands: Sequence[Stand], here: str, *, name: str) -> Markup:
    """The best score after each of at least one publication, for wide and narrow pages.

    ``here`` is the address of the page, from which submissions are linked.
    """
    marks = [mark for stand in stands for mark in _stand_marks(stand, board, here)]

    def draw(is_wide: bool, name: str) -> Markup:
        plot = charts.Plot(780, 300, top=22) if is_wide else charts.Plot(360, 280, top=22)
        places = timeline_places(stands)
        room = max((places[-1] - places[0]) / 20, 0.5)
        x = plot.across(places[0] - room, places[-1] + room)
        at_of = {stand.publication: at for stand, at in zip(stands, places, strict=True)}
        ends = [*charts.score_ends(s.score for s in stands)]
        ends += [value for stand in stands for value in stand.entered.values()]
        y = plot.upright(0.0, charts.axis_reach(ends, baseline=charts.baseline_value(board)))
        plot.axis_left(y, y.ticks(about=5))
        plot.levels(board.levels, y)
        days = [txt.day(s.time) if is_dated(stands) else str(s.publication) for s in stands]
        plot.axis_below(x, charts.fitting(list(zip(places, days, strict=True)), x), kind="")
        plot.titles(
            "date" if is_dated(stands) else "version of the board", charts.value_axis(board)
        )
        parts = [list(part) for _, part in groupby(stands, key=lambda stand: stand.rules)]
        for part in parts[1:]:
            at = x(at_of[part[0].publication]) - 3
            plot.drawn.append(charts.line(at, plot.top - 6, at, plot.bottom, "il-version-line"))
        plot.drawn += [charts.path(_steps(part, x, y, at_of), "il-best-line") for part in parts]
        scored = [(x(at), stand.score) for at, stand in zip(places, stands, strict=True)]
        plot.drawn.append(charts.upright_spreads(scored, y))
        spots = [(x(at_of[publication]), y(value)) for publication, value, *_ in marks]
        shapes = {
            0: charts.dot(0, 0, "verified"),
            1: charts.circle(0, 0, "il-point il-point--open", 3),
        }
        plot.drawn.append(charts.mark_paths(name, spots, [kind for *_, kind, _ in marks], shapes))
        return plot.finish(
            name=name,
            title="The best score from version to version of the board",
            text=f"{len(stands)} versions; best of the last: {stands[-1].label}, "
            f"{txt.number(stands[-1].score.value)}. The table below holds the same numbers.",
            kind="scatter",
        )

    return charts.two_widths(draw, name, charts.named(told for *_, told in marks))


def is_dated(stands: Sequence[Stand]) -> bool:
    """Whether git knows the day of each publication."""
    return all(stand.time is not None for stand in stands)


def timeline_places(stands: Sequence[Stand]) -> list[float]:
    """Where publications stand on the axis: in days where all are dated, else by number."""
    times = [stand.time.timestamp() / 86400 if stand.time else 0.0 for stand in stands]
    return times if is_dated(stands) else [float(stand.publication) for stand in stands]


def _steps(
    part: Sequence[Stand], x: charts.Scale, y: charts.Scale, at_of: Mapping[int, float]
) -> list[tuple[float, float]]:
    """A score holds until the next publication, or to the end of the stretch."""
    heights = [y(stand.score.value or 0.0) for stand in part]
    points = [(x(at_of[part[0].publication]), heights[0])]
    for after, ends in zip(part[1:], pairwise(heights), strict=True):
        points += [(x(at_of[after.publication]), height) for height in ends]
    return [*points, (points[-1][0] + 8, heights[-1])]


def _stand_marks(
    stand: Stand, board: Board, here: str
) -> list[tuple[int, float, int, tuple[str, str]]]:
    """What else entered with a publication, and its best: place, value, kind, name and way."""
    when = f"board version {stand.publication}{f', {txt.day(stand.time)}' if stand.time else ''}"
    others = {name: v for name, v in stand.entered.items() if name != stand.submission}
    marks = []
    for name, value in (others | {stand.submission: stand.score.value or 0.0}).items():
        row, is_best = board.entrant(name), name == stand.submission
        said = f"entered: {txt.plain(row.model if row else name)}"
        said = f"best: {stand.label} ({stand.rules})" if is_best else said
        way = txt.relative(here, txt.submission_url(board.task.name, name)) if row else ""
        said = f"{when}: {said}, {txt.number(value)}"
        marks.append((stand.publication, value, int(not is_best), (said, way)))
    return marks


# The leader entry by entry


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
