"""An experiment's page: what it found in a sentence a question, and every difference behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ionladder.site.board import Board
from ionladder.site.context import Site, TaskSite
from ionladder.site.differences import (
    arms_table,
    asked_table,
    candidates,
    printed_table,
    read_differences,
    resolution,
    sentence,
)
from ionladder.site.pages import Page
from ionladder.site.pages.charts import DRAWN_ROWS, TRAINING_TIME, cost_part
from ionladder.site.text import (
    board_url,
    charts_url,
    compare_url,
    dataset_url,
    experiment_url,
    number,
    relative,
)
from ionladder.specs import Experiment


class _Scores(dict[str, str]):
    """Submission → its present score as a caveat prints it; a dash where it has none."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    def __missing__(self, name: str) -> str:
        row = self._board.entrant(name)
        return number(self._board.primary(row).value if row else None, digits=3)


def pages(site: Site) -> Iterator[Page]:
    """One page an experiment."""
    for item in site.tasks:
        for experiment in item.task.experiments:
            here = experiment_url(item.task.name, experiment.name)
            yield Page(url=here, context=_context(site, item, experiment, here))


def _context(site: Site, item: TaskSite, experiment: Experiment, here: str) -> dict[str, Any]:
    board = item.board
    confidence = f"{100 * site.params.scoring.confidence:g} %"
    differences = read_differences(board, item.analysis, experiment)
    named = set(experiment.submissions)
    printed = printed_table(experiment, board, here)
    mine = board.model_copy(
        update={"rows": [row for row in board.scored if row.submission in named]}
    )
    present = [name for name in experiment.submissions if board.entrant(name)]
    return {
        "item": item,
        "board": board,
        "mine": mine,
        "experiment": experiment,
        "n_subjects": sum(name in experiment.subjects for name in present),
        "absent": [name for name in experiment.submissions if name not in present],
        "answers": [
            (question, sentence(question, differences, confidence=confidence))
            for question in experiment.questions
        ],
        "asked": asked_table(experiment, differences, here),
        "candidates": candidates(experiment, differences),
        "printed": printed,
        "arms": arms_table(experiment, differences),
        "has_parts": differences.has_parts,
        "cost": cost_part(mine, TRAINING_TIME, here, by_name=True),
        "n_drawn": min(len(mine.scored), DRAWN_ROWS),
        "resolution": resolution(experiment, differences, printed["spread"] if printed else None),
        "caveats": [caveat.format_map(_Scores(board)) for caveat in experiment.caveats],
        "sources": sorted(
            {
                str(row.quoted.get("source"))
                for row in board.of_kind("reported")
                if row.model in experiment.reported
            }
        ),
        "board_href": relative(here, board_url(item.task.name)),
        "charts_href": relative(here, charts_url(item.task.name)),
        "compare_href": relative(here, compare_url(item.task.name)),
        "dataset_href": relative(here, dataset_url(item.dataset.name)),
        "reading_href": relative(here, "reading/"),
        "method_href": relative(here, "methods/"),
    }
