"""What works for predicted numbers alone: formats of other projects, folds, notebooks."""

from __future__ import annotations

from ionladder.core.errors import ConfigError
from ionladder.core.problems import Problem
from ionladder.specs.task import Task


def require_numbers(task: Task, *, where: str) -> None:
    """Refuse a task whose submissions hold arrays.

    Args:
        task: The task.
        where: What was asked for, for the letter.

    Raises:
        ConfigError: It predicts paths, or energies and forces.
    """
    if task.predicts == "values":
        return
    raise ConfigError(
        Problem(
            where=where,
            expected="a task that predicts one number per target and entry",
            found=f"{task.name}, whose submissions hold {task.predicts}",
            next_step=f"`ionladder new {task.name} NAME` writes a template of its file.",
        )
    )
