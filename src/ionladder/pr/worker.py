"""The process that reads a contribution: one submission in, one verdict out, under limits.

:mod:`ionladder.pr.check` starts it; it scores as ``ionladder score`` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ionladder.errors import ConfigError, IonLadderError, SubmissionError, worded
from ionladder.pr.report import records
from ionladder.repo import Layout
from ionladder.submit.card import CARD_FILE, read_card
from ionladder.submit.isolate import Limits, bind_this_process, forbid_side_doors


def main() -> None:
    """Read a question as JSON from the standard input, and answer on the standard output."""
    import orjson

    question = orjson.loads(sys.stdin.buffer.read())
    bind_this_process(Limits(**question["limits"]))
    # Whatever else is printed goes to the log, so that the answer stays alone.
    answer = os.dup(1)
    os.dup2(2, 1)
    forbid_side_doors()
    root, board, sent = (Layout(Path(question[key])) for key in ("root", "board", "sent"))
    beside = question["beside"].split()
    task, name = question["task"], question["name"]
    found = judge(root, task, board=board, sent=sent, name=name, beside=beside)
    with os.fdopen(answer, "wb") as stream:
        stream.write(orjson.dumps(found))


def judge(
    layout: Layout,
    task_name: str,
    *,
    board: Layout,
    sent: Layout,
    name: str,
    beside: Sequence[str] = (),
) -> dict[str, Any]:
    """Check and score one submission, and stand it beside the others of its task.

    Args:
        layout: The repository: its parameters and tables.
        task_name: The task.
        board: Root of the submissions it is compared with.
        sent: Root of the submission to judge.
        name: Its name. One of the same name on the board is the one it would replace.
        beside: Names of others in ``sent`` with which the audit compares it too.

    Returns:
        ``outcome`` and what belongs to it, as :class:`ionladder.pr.report.SubmissionReport`
        describes, with the whole receipt.
    """
    try:
        return _scored(layout, task_name, board, sent, name, beside)
    except SubmissionError as error:
        return {"outcome": "refused", "problems": records(error.problems)}
    except IonLadderError as error:
        # Missing or changed tables, parameters: nothing that the contributor could correct.
        return {"outcome": "unchecked", "problems": records(error.problems)}


def _require_own_predictions(sent: Layout, task: str, name: str) -> None:
    """Leave it to a maintainer whether a file that somebody published elsewhere is fetched.

    Raises:
        ConfigError: The card refers to one.
    """
    folder = sent.submission_dir(task, name)
    where = f"{sent.relative(folder)}/{CARD_FILE}"
    card, _ = read_card(folder / CARD_FILE, shown_as=where)
    if card is not None and card.predictions is not None:
        repository = card.predictions.source.repository
        raise ConfigError(worded("not-fetched", f"{where}, field `predictions`", of=repository))


def _scored(
    layout: Layout, task_name: str, board: Layout, sent: Layout, name: str, beside: Sequence[str]
) -> dict[str, Any]:
    from ionladder.board.build import stand, worst_slices
    from ionladder.config import load_params
    from ionladder.data.registry import get_task
    from ionladder.score import TaskScorer

    task, params = get_task(task_name), load_params(layout)
    version, settings = params.task_versions[task.name], params.scoring
    _require_own_predictions(sent, task_name, name)
    scorer = TaskScorer.open(layout, task, version, settings)
    folder = sent.submission_dir(task.name, name)
    # First the contribution: what is wrong with it is said before anything else is read.
    mine = scorer.score(folder, shown_as=sent.relative(folder))
    others = [scorer.score(sent.submission_dir(task.name, other)) for other in beside]
    among: dict[str, Any] = {"scorer": scorer, "settings": settings}
    among |= {"board": board, "beside": others}
    found = stand(layout, task, version, mine=mine, **among)
    slices, former, audit = worst_slices(mine.receipt, task), found.former, found.audit
    said = {"receipt": mine.receipt, "standing": found.standing(), "worst_slices": slices}
    return {"outcome": "scored", **said, "former": former, "audit": audit}
