"""The datasets and tasks of this package, discovered from ``datasets/<name>/spec.py``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import ionladder.data
from ionladder.errors import ConfigError, Problem, did_you_mean
from ionladder.specs import Dataset, Task

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.data.slices import SliceInputs


@cache
def _specs() -> tuple[tuple[Dataset, tuple[Task, ...]], ...]:
    found = []
    for module in pkgutil.iter_modules(ionladder.data.__path__):
        name = f"ionladder.data.{module.name}.spec"
        # A package without a spec is a room that several datasets share.
        if module.ispkg and find_spec(name) is not None:
            spec = importlib.import_module(name)
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


def slice_columns_of(dataset: str) -> Callable[[SliceInputs], pd.DataFrame] | None:
    """The function ``slice_columns`` of ``datasets/<name>/slices.py``; None without that module.

    It receives the released tables and returns one row per evaluated entry, indexed by id, with a
    text column for every slice that a task of the dataset may name.
    """
    name = f"ionladder.data.{get_dataset(dataset).name}.slices"
    if find_spec(name) is None:
        return None
    function: Callable[[SliceInputs], pd.DataFrame] = importlib.import_module(name).slice_columns
    return function


def part_columns_of(dataset: str) -> Callable[[pd.DataFrame], pd.DataFrame] | None:
    """The function ``part_columns`` of ``datasets/<name>/experiment_parts.py``, or None.

    It receives structures, indexed by id, and returns one row for each, with a text column for
    every part of an experiment that the slices of a task do not know. It runs where a board is
    published and nowhere else, so it may take its time.
    """
    name = f"ionladder.data.{get_dataset(dataset).name}.experiment_parts"
    if find_spec(name) is None:
        return None
    function: Callable[[pd.DataFrame], pd.DataFrame] = importlib.import_module(name).part_columns
    return function


def _unknown(what: str, name: str, known: dict[str, Dataset] | dict[str, Task]) -> Problem:
    return Problem(
        where=what,
        expected=f"a known {what}",
        found=repr(name),
        next_step=did_you_mean(name, known),
    )
