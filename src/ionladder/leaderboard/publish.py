"""Scoring a task and writing all that is published of it: receipts, board, analysis, history."""

from __future__ import annotations

from dataclasses import dataclass

from ionladder.core.paths import Layout
from ionladder.datasets.crossing import crossing_ids
from ionladder.datasets.experiment_parts import experiment_columns
from ionladder.leaderboard.analysis import analyse
from ionladder.leaderboard.assemble import assemble
from ionladder.leaderboard.audit import audit_board, audit_json
from ionladder.leaderboard.comparison import compare
from ionladder.leaderboard.experiments import experiment_tables
from ionladder.leaderboard.history import Record
from ionladder.leaderboard.history_file import read_history, record_publication
from ionladder.leaderboard.write import write_analysis, write_leaderboard, write_receipts
from ionladder.scoring.score import TaskScorer, TaskScores, submission_folders
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import Task


@dataclass(frozen=True, kw_only=True)
class Published:
    """What a run published.

    Attributes:
        scores: What was scored, and what was refused with its problems.
        records: What was added to the history.
    """

    scores: TaskScores
    records: tuple[Record, ...]


def publish(layout: Layout, task: Task, version: str, settings: ScoringSettings) -> Published:
    """Score every submission of a task and write its files under ``leaderboard/``.

    Raises:
        HistoryError: The history is damaged; nothing is written.
        DataMissingError: The labels are not on this machine; nothing is written.
        DataChangedError: They are not those of the released version.
    """
    history = read_history(layout)
    scorer = TaskScorer.open(layout, task, version, settings)
    result = scorer.score_all(submission_folders(layout, task.name))
    comparison = compare(task, result.scored, settings)
    board = assemble(
        task,
        result.scored,
        scorer.floors(),
        comparison,
        dataset_version=version,
        settings=settings,
    )
    analysis = analyse(
        task,
        result.scored,
        comparison,
        scorer.groups(),
        dataset_version=version,
        settings=settings,
    )
    crossing = crossing_ids(layout, task, version)
    findings = audit_board(task, result.scored, scorer.labels, crossing=crossing)
    analysis["audit"] = audit_json(findings)
    if task.experiments:
        slices = scorer.labels.slices
        columns = None if slices is None else experiment_columns(layout, task, version, slices)
        analysis["experiments"] = experiment_tables(task, result.scored, scorer, columns, settings)
    receipts = {name: scored.receipt for name, scored in result.scored.items()}
    write_receipts(layout, task.name, receipts, result.refused)
    write_analysis(layout, analysis)
    write_leaderboard(layout, board)
    records = record_publication(layout, history, board, receipts)
    return Published(scores=result, records=tuple(records))
