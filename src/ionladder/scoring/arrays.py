"""Predicted arrays: which reader turns them into one number per target and entry."""

from __future__ import annotations

from importlib import import_module

from ionladder.datasets.labels import EvaluationLabels
from ionladder.specs.task import Task
from ionladder.submissions.validate import ArrayReader


def array_reader(labels: EvaluationLabels, task: Task) -> ArrayReader | None:
    """The reader of a task's arrays; None for a task that predicts numbers.

    Every kind of array has a module of its name here, with a function ``reader(labels, task)``.
    The reader goes through a submission once: it checks each block, compares it with the truth,
    and keeps one number per target and entry.
    """
    if task.predicts == "values":
        return None
    make = import_module(f"ionladder.scoring.{task.predicts}").reader
    found: ArrayReader = make(labels, task)
    return found
