"""Pages of boards: the home page, each task's board, and boards that wait for their data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup

from ionladder.board.model import Board, Pair, Row, read_board, to_csv
from ionladder.metrics import get_metric
from ionladder.receipt import MIN_ROWS
from ionladder.repo import to_rows
from ionladder.site import tables as tbl
from ionladder.site import text as txt
from ionladder.site.charts import interval_chart
from ionladder.site.context import Site, TaskSite, WaitingTask
from ionladder.site.differences import pair_rows
from ionladder.site.files import API, PREDICTIONS
from ionladder.site.pages import Page
from ionladder.site.pages.changes import versions
from ionladder.site.pages.models import purposes
from ionladder.site.slices import slice_board
from ionladder.specs import Contrast

TOP_ROWS = 10
CHART_ROWS = 40
HOME_CHART_ROWS = 30
HOME_CHART_ROWS_OF_MANY = 12
"""Rows of each chart where the home page shows several tasks."""
NAMED_ROWS = 3
_SENT = {
    "values": "one number per target and entry, in predictions.csv or predictions.parquet",
    "paths": "every image of every test hop with its energy, in predictions.parquet or "
    "predictions.extxyz",
    "frames": "energy and forces of every test configuration, in predictions.parquet",
}


def pages(site: Site) -> Iterator[Page]:
    """The home page, one board a task, and one page a waiting task at its board's address."""
    n_rows = HOME_CHART_ROWS if len(site.tasks) == 1 else HOME_CHART_ROWS_OF_MANY
    filled = sorted(site.tasks, key=lambda item: not item.board.scored)
    tasks = [_overview(site, item, n_rows, txt.HOME) for item in filled]
    waiting = [_waiting(item) for item in site.waiting]
    shared = {"n_chart": n_rows, "n_rows": TOP_ROWS, "units": txt.UNITS}
    yield Page(txt.HOME, "home", {"tasks": tasks, "waiting": waiting, **shared})
    for item in site.tasks:
        here = txt.board_url(item.task.name)
        context = _board(site, item, here)
        bodies = [table.body for table in context["tables"]]
        bodies += [context["by_target"]["body"]] if context["by_target"] else []
        files = {body.file: body.document for body in bodies if body.file}
        yield Page(here, "leaderboard", context, files)
    yield Page("waiting/", "waiting_list", {"waiting": waiting})
    for waiting_task in site.waiting:
        yield Page(txt.board_url(waiting_task.task.name), "waiting", _waiting(waiting_task))


def board_documents(site: Site) -> dict[str, str]:
    """Address in the site → text: rows of boards as tables, and what was found out about them."""
    found: dict[str, str] = {}
    for item in site.tasks:
        board, analysis = read_board(site.layout, item.task.name)
        texts = {"CSV": to_csv(board.get("rows", ())), "Analysis": to_rows(analysis, deepest=0)}
        found |= {way: texts[kind] for kind, way in _downloads(item).items() if kind in texts}
    return found


def _downloads(item: TaskSite) -> dict[str, str]:
    """Kind of file → its address: the analysis, the rows, and the board, which the API has."""
    name = item.task.name
    rows = {"CSV": f"data/{name}.csv", "JSON": f"{API}{name}.json"} if item.is_scored else {}
    return ({"Analysis": f"data/{name}.analysis.json"} if item.analysis.content else {}) | rows


def _overview(site: Site, item: TaskSite, n_rows: int, here: str) -> dict[str, Any]:
    """The names and the picture that sum a board up."""
    board, name = item.board, f"ladder-{item.task.name}"
    confidence, shown = site.params.scoring.confidence, board.scored[:n_rows]
    leaders = board.leaders
    return {
        "item": item,
        "board": board,
        "leaders": [linked_names(board, rows, here) for rows in (leaders[:1], leaders[1:]) if rows],
        "chart": interval_chart(board, shown, here, confidence=confidence, name=name)
        if shown
        else None,
    }


def _waiting(item: WaitingTask) -> dict[str, Any]:
    version = item.version
    return {
        "task": item.task,
        "dataset": item.dataset,
        "version": version,
        "metrics": [(use, get_metric(use.metric)) for use in item.task.metrics],
        "sent": _SENT[item.task.predicts],
        "download": txt.byte_count(version.download_bytes),
        "room": txt.byte_count(version.download_bytes + version.ingested_bytes),
    }


def _board(site: Site, item: TaskSite, here: str) -> dict[str, Any]:
    board = item.board
    tables = tbl.board_tables(board)
    ranked = next(table for table in tables if table.is_ranked)
    others = tbl.siblings(site, item)
    boards = [item, *(other for group in others.values() for other, _ in group)]
    reported = _reported(board)
    return {
        **_overview(site, item, CHART_ROWS, here),
        "tables": tables,
        "by_target": tbl.target_table(board, ranked.rows),
        "fewest": MIN_ROWS,
        "against": _against_reference(item, here),
        "by_slice": slice_board(item),
        "familiarity": tbl.familiarity(item),
        "primary_target": txt.target_title(item.task, item.task.primary.target),
        "robustness": item.analysis.robustness,
        "alike": [
            (pair.submission, pair.other)
            for row in board.of_kind("verified")
            for pair in item.analysis.pairs.get(row.submission or "", ())
            if pair.is_within(board.margin)
            and (other := board.entrant(pair.other))
            and (other.kind, row.order < other.order) == ("verified", True)
        ],
        "purposes": purposes(item, is_whole=False),
        "asked": list(_asked(item)),
        "elsewhere": elsewhere(item, here),
        "reported": reported,
        "outcomes": _outcomes(board),
        "sources": list(dict.fromkeys(str(e["row"].quoted.get("source")) for e in reported)),
        "subset_columns": _reported_subsets(board),
        "siblings": others,
        "versions": versions(site, item),
        "experiments": list(
            dict.fromkeys(link for one in boards for link in tbl.experiment_links(one, here))
        ),
        "downloads": _downloads(item)
        | ({"All predictions": PREDICTIONS} if site.entries[item.task.name].is_here else {}),
    }


def _against_reference(item: TaskSite, here: str) -> dict[str, Any] | None:
    """Which verified models are told from the best trivial reference, by the interval of each pair.

    Returns:
        ``reference`` linked; ``told``, the models better than it, linked (None where none is),
        ``n_told`` of ``n``; the ``best`` model, linked, and its ``score`` minus the reference's.
        None without a reference or without such pairs.
    """
    board, reference = item.board, item.board.baseline
    name = (reference.submission if reference else None) or ""
    pairs = {pair.other: pair.turned() for pair in item.analysis.pairs.get(name, ())}
    rows = [row for row in board.of_kind("verified") if row.submission in pairs]
    if reference is None or not rows:
        return None
    better = "lower" if board.smaller_is_better else "higher"
    told = [row for row in rows if pairs[row.submission or ""].state == better]
    return {
        "reference": linked_names(board, [reference], here),
        "told": linked_names(board, told, here) if told else None,
        "n_told": len(told),
        "n": len(rows),
        "best": linked_names(board, rows[:1], here),
        "score": pairs[rows[0].submission or ""].score,
    }


def _asked(item: TaskSite) -> Iterator[tuple[Contrast, str, Pair]]:
    """Differences that the task asks for, as far as both submissions are on the board."""
    for contrast in item.task.asked:
        for name in contrast.submissions:
            for row, pair in pair_rows(item.board, item.analysis, name):
                if row.submission == contrast.other:
                    yield contrast, name, pair


def elsewhere(item: TaskSite, here: str) -> dict[bool, Markup]:
    """Submissions whose predictions others publish, by whether their file is on this machine."""
    found: dict[bool, list[Row]] = {}
    for entrant in item.entrants.values():
        if entrant.is_here is not None:
            found.setdefault(entrant.is_here, []).append(entrant.row)
    return {is_here: linked_names(item.board, rows, here) for is_here, rows in found.items()}


def _reported_subsets(board: Board) -> list[Any]:
    """Subsets that any publication reports on, in the task's order."""
    rows = board.of_kind("reported")
    return [s for s in board.task.subsets if any((row.subsets or {}).get(s.name) for row in rows)]


def _reported(board: Board) -> list[dict[str, Any]]:
    """Quoted rows, each beside its verified counterpart on what the publication reports.

    Neighbours with equal text share one cell: the first has its span, the others have 0.
    """
    subsets = _reported_subsets(board)
    entries: list[dict[str, Any]] = []
    for row in board.of_kind("reported"):
        counterpart = board.entrant(row.quoted.get("verified_by"))
        pairs = []
        for subset in subsets:
            printed = board.primary(row, subset.name).value
            is_compared = counterpart is not None and printed is not None
            here = board.primary(counterpart, subset.name) if counterpart and is_compared else None
            pairs.append((printed, tbl.value_cell(here) if here else None))
        texts = {key: str(row.quoted.get(key) or "") for key in ("trained_on", "verdict")}
        entries.append({"row": row, "counterpart": counterpart, "pairs": pairs, **texts})
    for key in ("trained_on", "verdict"):
        for _, group in groupby(entries, key=lambda entry: entry[key]):
            first, *rest = group
            first[f"{key}_span"] = 1 + len(rest)
            for entry in rest:
                entry[f"{key}_span"] = 0
    return entries


def _outcomes(board: Board) -> list[tuple[str, list[str]]]:
    """First clause of each verdict → the models it is said of, in the publication's order."""
    outcomes: dict[str, list[str]] = {}
    for row in board.of_kind("reported"):
        clause = re.split(r"[:;.]", str(row.quoted.get("verdict") or ""), maxsplit=1)[0].strip()
        if clause:
            outcomes.setdefault(clause, []).append(row.model)
    return list(outcomes.items())


def linked_names(board: Board, rows: Sequence[Row], here: str) -> Markup:
    """The first few of some rows by name, each linked to its page, and how many more."""
    shown = rows if len(rows) <= NAMED_ROWS + 1 else rows[:NAMED_ROWS]
    links = [
        Markup('<a href="{}"><bdi>{}</bdi></a>').format(
            txt.relative(here, txt.submission_url(board.task.name, row.submission or "")),
            txt.inert(row.model, limit=60),
        )
        for row in shown
    ]
    return txt.listing(links, more=len(rows) - len(shown))
