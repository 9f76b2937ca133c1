"""The datasets and tasks of this package, discovered from ``datasets/<name>/spec.py``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import ionladder.datasets
from ionladder.core.errors import ConfigError
from ionladder.core.problems import Problem, did_you_mean
from ionladder.specs.dataset import Dataset
from ionladder.specs.task import Task


@cache
def _specs() -> tuple[tuple[Dataset, tuple[Task, ...]], ...]:
    found = []
    for module in pkgutil.iter_modules(ionladder.datasets.__path__):
        if module.ispkg:
            spec = importlib.import_module(f"ionladder.datasets.{module.name}.spec")
            found.append((spec.DATASET, tuple(spec.TASKS)))
    return tuple(found)


def all_datasets() -> dict[str, Dataset]:
    """Every dataset, by name, in alphabetical order."""
    return {dataset.name: dataset for dataset, _ in sorted(_specs(), key=lambda s: s[0].name)}


def all_tasks() -> dict[str, Task]:
    """Every task, by name, in alphabetical order."""
    tasks = [task for _, of_dataset in _specs() for task in of_dataset]
    return {task.name: task for task in sorted(tasks, key=lambda task: task.name)}


def get_dataset(name: str) -> Dataset:
    """The dataset of that name.

    Raises:
        ConfigError: There is none; the letter names the known ones.
    """
    known = all_datasets()
    if name not in known:
        raise ConfigError(_unknown("dataset", name, known))
    return known[name]


def get_task(name: str) -> Task:
    """The task of that name.

    Raises:
        ConfigError: There is none; the letter names the known ones.
    """
    known = all_tasks()
    if name not in known:
        raise ConfigError(_unknown("task", name, known))
    return known[name]


def _unknown(what: str, name: str, known: dict[str, Dataset] | dict[str, Task]) -> Problem:
    return Problem(
        where=what,
        expected=f"a known {what}",
        found=repr(name),
        next_step=did_you_mean(name, known),
    )
