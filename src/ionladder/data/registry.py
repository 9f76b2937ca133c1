"""The datasets and tasks of this package, read from the folders ``data/**/<name>/dataset.yaml``.

A folder with a ``dataset.yaml`` is a dataset; its name is the dataset's. Beside that file may lie

- more ``*.yaml`` files, merged into it (long lists: ``oddities.yaml``, ``experiment.yaml``);
- ``columns.csv``: the columns of its tables, one a row, in order (``table``: one name, or several
  with blanks between; ``name``; ``type``; ``unit``; ``nullable``: yes; ``role``; ``description``);
- ``reported.csv``: rows quoted from publications (``task``: one name, or several with blanks
  between; then the fields of :class:`ionladder.specs.Reported`; ``test_<subset>`` columns hold
  its values);
- Python where code is needed: ``ingest.py``, ``slices.py``, ``crystals.py``; datasets that share
  it have it in the folder above theirs.

Keys are the fields of :class:`ionladder.specs.Dataset`, and four more:

``extends``
    Path of another YAML file, or of several, whose content this one is merged over, mapping by
    mapping.
``columns``
    Path of the columns, in place of ``columns.csv``, where several datasets share them.
``slice_columns``
    Name → fields of :class:`ionladder.specs.SliceColumn`, or only its ``column``. What no rule
    there says is derived by ``slices.py``.
``tasks``
    Name → fields of :class:`ionladder.specs.Task`. A task with ``like: other`` has the fields of
    that task of this file unless it has its own.

What has a name (facts, tables, frames, published files, targets, metrics, subsets, slices, fold
schemes, experiments) is written as a mapping from name to fields. ``targets``, ``metrics``,
``subsets``, ``slices`` and ``cross_validation`` may stand beside ``tasks``, for all of them: a
task then lists their names, or leaves the list out and has them all. An item of such a list may
be a mapping with ``name`` whose other fields replace those of that name.

An unknown key is an error that names file and key. ``data/bvel_proto`` is a complete example.
"""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.errors import ConfigError, Problem, did_you_mean, field_problem, worded
from ionladder.repo import read_mapping
from ionladder.specs import Dataset, Task

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.data.slices import SliceInputs

_HERE = Path(__file__).parent
_SHARED = ("targets", "metrics", "subsets", "slices", "cross_validation")
_NAMED = {"tables": "name", "frames": "name", "published": "name", "facts": "column"}
_Fields = dict[str, Any]
_Files = Mapping[Path, _Fields]


@cache
def _folders() -> dict[str, Path]:
    """Dataset name → its folder, in alphabetical order."""
    return {path.parent.name: path.parent for path in sorted(_HERE.rglob("dataset.yaml"))}


@cache
def _read(folder: Path) -> tuple[Dataset, dict[str, Task]]:
    """The dataset of a folder and its tasks.

    Raises:
        ConfigError: A file cannot be read, or a field is missing, unknown or wrong.
    """
    paths = (folder / "dataset.yaml", *sorted(folder.glob("*.yaml")))
    files = {path: _yaml(path) for path in paths}
    raw: _Fields = {}
    for part in files.values():
        raw = _merge(raw, part)
    tasks = raw.pop("tasks", {})
    shared = {key: raw.pop(key, {}) for key in _SHARED}
    columns = _columns((folder / raw.pop("columns", "columns.csv")).resolve())
    for key, field in _NAMED.items():
        raw[key] = _named(raw.get(key, {}), field)
        for item in raw[key] if key != "facts" else ():
            item["columns"] = columns.pop(item["name"], [])
            keys = [column["name"] for column in item["columns"] if column.get("role") == "key"]
            item.setdefault("key", keys)
    derived = raw.get("slice_columns", {}).items()
    raw["slice_columns"] = {n: {"column": v} if isinstance(v, str) else v for n, v in derived}
    dataset = _checked(Dataset, {"name": folder.name, **raw}, folder, files, ())
    if columns:
        where, names = _shown(folder / "columns.csv"), ", ".join(columns)
        raise ConfigError(worded("tables-unnamed", where, names=names))
    reported = _reported(folder / "reported.csv")
    found = {}
    for name in tasks:
        fields = _task(name, tasks, shared)
        fields = {"dataset": folder.name, "name": name, **fields}
        if name in reported:
            fields["reported"] = reported[name]
        found[name] = _checked(Task, fields, folder, files, ("tasks", name))
    return dataset, found


def _task(name: str, tasks: _Fields, shared: _Fields) -> _Fields:
    """The fields of one task, with what it shares with others filled in."""
    fields = dict(tasks[name])
    while "like" in fields:
        fields = {**tasks[fields.pop("like")], **fields}
    for key in _SHARED:
        listed = fields.get(key, list(shared[key]))
        known = {**_common().get(key, {}), **shared[key]}
        if isinstance(listed, Mapping):
            listed = [{"name": item, **values} for item, values in listed.items()]
        fields[key] = [_shared_item(key, item, known) for item in listed]
    for key, source in (("entries", "subsets"), ("scored_folds", "cross_validation")):
        if fields.get(key) is not None:
            fields[key] = _shared_item(source, fields[key], shared[source])
    fields["experiments"] = _named(fields.get("experiments", {}), "name")
    for experiment in fields["experiments"]:
        experiment["questions"] = _named(experiment.get("questions", {}), "name")
        experiment["parts"] = [
            _shared_item("slices", {"name": part, **values}, {})
            for part, values in experiment.get("parts", {}).items()
        ]
        experiment["reported"] = list(experiment.get("reported", {}).items())
        for family in experiment.get("families", ()):
            family["arms"] = list(family["arms"].items())
    return fields


@cache
def _common() -> _Fields:
    """What tasks of every dataset may name: ``data/common.yaml``."""
    return _yaml(_HERE / "common.yaml")


def _shared_item(key: str, item: Any, known: _Fields) -> _Fields:
    """One target, metric, subset, slice or fold scheme, from its name or from its own fields."""
    own = {"name": item} if isinstance(item, str) else dict(item)
    fields = {**known.get(own["name"], {}), **own}
    if key == "cross_validation":
        fields["scheme"] = fields.pop("name")
    if key == "metrics":
        fields.setdefault("metric", fields["name"])
    if key == "slices":
        fields.setdefault("column", fields["name"])
        if isinstance(fields.get("values"), Mapping):
            fields["values"] = list(fields["values"].items())
    return fields


def _named(items: Any, field: str) -> list[_Fields]:
    """A mapping from name to fields as a list of fields with the name among them."""
    return [
        {field: name, **({"description": values} if isinstance(values, str) else values)}
        for name, values in items.items()
    ]


def _yaml(path: Path) -> _Fields:
    """One YAML file, over those that it extends."""
    mapping, problems = read_mapping(path, shown_as=_shown(path))
    if problems:
        raise ConfigError(problems)
    base = mapping.pop("extends", [])
    merged: _Fields = {}
    for other in [base] if isinstance(base, str) else base:
        merged = _merge(merged, _yaml((path.parent / other).resolve()))
    return _merge(merged, mapping)


def _merge(base: _Fields, over: _Fields) -> _Fields:
    """Two mappings as one: inner mappings are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _rows(path: Path) -> Iterator[_Fields]:
    """The rows of a CSV without their empty cells; none where there is no such file."""
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                yield {name: cell for name, cell in row.items() if cell}


def _columns(path: Path) -> dict[str, list[_Fields]]:
    columns: dict[str, list[_Fields]] = {}
    for row in _rows(path):
        for table in row.pop("table", "").split():
            columns.setdefault(table, []).append(row)
    return columns


def _reported(path: Path) -> dict[str, list[_Fields]]:
    rows: dict[str, list[_Fields]] = {}
    for row in _rows(path):
        test = {key[5:]: row.pop(key) for key in list(row) if key.startswith("test_")}
        for task in row.pop("task").split():
            rows.setdefault(task, []).append({**row, "test": test})
    return rows


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _checked(kind: Any, fields: _Fields, folder: Path, files: _Files, at: Any) -> Any:
    """The fields as an object of that class.

    Raises:
        ConfigError: Every field that is missing, unknown or wrong, with its file.
    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(fields)
    except ValidationError as error:
        raise ConfigError([_problem(item, folder, files, at) for item in error.errors()]) from error


def _problem(item: Any, folder: Path, files: _Files, at: tuple[str, ...]) -> Problem:
    first = next(iter(item["loc"]), "")
    path = folder / "columns.csv" if "columns" in item["loc"] else folder / "dataset.yaml"
    if first == "reported":
        path = folder / "reported.csv"
    for file, content in files.items():
        part: Any = content
        for key in at:
            part = part.get(key, {}) if isinstance(part, dict) else {}
        if path.suffix == ".yaml" and first in part:
            path = file
    item = {**item, "loc": (*at, *item["loc"])}
    step = "Correct it; ionladder/data/registry.py says what may stand there."
    return field_problem(_shown(path), item, step)


def _shown(path: Path) -> str:
    return path.relative_to(_HERE.parent).as_posix() if path.is_relative_to(_HERE) else path.name


# Found by name, from the cheapest file on


def all_datasets() -> dict[str, Dataset]:
    """Every dataset, by name, in alphabetical order."""
    return {name: _read(folder)[0] for name, folder in sorted(_folders().items())}


def all_tasks() -> dict[str, Task]:
    """Every task, by name, in alphabetical order."""
    tasks: dict[str, Task] = {}
    for folder in _folders().values():
        tasks |= _read(folder)[1]
    return dict(sorted(tasks.items()))


def get_dataset(name: str) -> Dataset:
    """The dataset of that name; files of others are not read.

    Raises:
        ConfigError: There is none; the error names the known ones.
    """
    if name in _folders():
        return _read(_folders()[name])[0]
    dataset: Dataset = _find("dataset", name, all_datasets())
    return dataset


def get_task(name: str) -> Task:
    """The task of that name; files of datasets whose name does not begin it are read last.

    Raises:
        ConfigError: There is none; the error names the known ones.
    """
    for dataset, folder in _folders().items():
        if name.startswith(dataset.replace("_", "-")) and name in _read(folder)[1]:
            return _read(folder)[1][name]
    task: Task = _find("task", name, all_tasks())
    return task


def _find(what: str, name: str, known: Mapping[str, Any]) -> Any:
    if name in known:
        return known[name]
    raise ConfigError(what, f"a known {what}", repr(name), did_you_mean(name, known))


def dataset_module(dataset: str, name: str) -> Any:
    """The module ``name`` of a dataset's folder, or of one above it; None where there is none.

    Example:
        >>> dataset_module("obelix", "slices").slice_columns.__name__
        'slice_columns'
    """
    folder = _folders().get(dataset, _HERE / dataset)
    while folder != _HERE:
        if (folder / f"{name}.py").is_file():
            parts = folder.relative_to(_HERE).parts
            return importlib.import_module(".".join(("ionladder", "data", *parts, name)))
        folder = folder.parent
    return None


def slice_columns_of(dataset: str) -> Callable[[SliceInputs], pd.DataFrame] | None:
    """The function ``slice_columns`` of a dataset's ``slices.py``; None without that module.

    It receives the released tables and returns one row per evaluated entry, indexed by id, with a
    text column for every slice that a task of the dataset may name and ``slice_columns`` does not.
    """
    return getattr(dataset_module(dataset, "slices"), "slice_columns", None)


def part_columns_of(dataset: str) -> Callable[[pd.DataFrame], pd.DataFrame] | None:
    """The function ``part_columns`` of a dataset's ``slices.py``, or None.

    It receives structures, indexed by id, and returns one row for each, with a text column for
    every part of an experiment that the slices of a task do not know. It runs where a board is
    published and nowhere else, so it may take its time.
    """
    return getattr(dataset_module(dataset, "slices"), "part_columns", None)
