"""What every registered dataset promises, whoever adds it."""

import re

import pytest

from ionladder.data.registry import all_datasets, all_tasks
from ionladder.data.versions import KINDS
from ionladder.specs import arrow_schema

DATASETS = list(all_datasets().values())
TASKS = list(all_tasks().values())
REQUIRED_TABLES = {"entries", "labels", "splits", "folds"}
_SUFFIXES = "_ang:Å _ang3:Å³ _deg:° _s_per_cm:S/cm _ev:eV _ev_per_ang:eV/Å _ev_per_ang3:eV/Å³"
UNIT_SUFFIXES = dict(pair.split(":") for pair in _SUFFIXES.split())

datasets = pytest.mark.parametrize("dataset", DATASETS, ids=lambda d: d.name)
tasks = pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)


@datasets
def test_name_licence_and_citation_are_given(dataset):
    assert re.fullmatch(r"[a-z0-9][a-z0-9_]*", dataset.name)
    for value in (dataset.title, dataset.summary, dataset.licence, dataset.citation):
        assert value.strip()
    assert dataset.homepage.startswith("https://")
    assert dataset.licence_url.startswith("https://")
    assert dataset.bibtex.lstrip().startswith("@")


@datasets
def test_the_tables_that_scoring_needs_are_declared_once(dataset):
    names = [table.name for table in dataset.tables]
    assert len(names) == len(set(names))
    assert set(names) >= REQUIRED_TABLES


@datasets
def test_columns_have_types_units_descriptions_roles_and_keys(dataset):
    for table in (*dataset.tables, *dataset.frames):
        _check_columns(table)
        _check_roles(table)
        _check_keys(table)


def _check_columns(table):
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert arrow_schema(table.columns).names == names
    for column in table.columns:
        assert column.description.strip().endswith((".", ")")) or ":" in column.description
        suffixes = [suffix for suffix in UNIT_SUFFIXES if column.name.endswith(suffix)]
        if suffixes:
            assert column.unit == UNIT_SUFFIXES[max(suffixes, key=len)], column.name


def _check_roles(table):
    for column in table.columns:
        assert column.role == "key" or column.role in KINDS
    if table.name == "labels":
        assert {column.role for column in table.columns} == {"key", "label"}
    if table.name in ("splits", "folds"):
        assert {column.role for column in table.columns} == {"key", "split"}


def _check_keys(table):
    by_name = {column.name: column for column in table.columns}
    assert "id" in table.key
    for name in table.key:
        assert not by_name[name].nullable
        assert by_name[name].type != "category"  # cannot be sorted by
    assert {c.name for c in table.columns if c.role == "key"} <= set(table.key)
    assert by_name["id"].type == "string"


@tasks
def test_a_task_names_columns_frames_and_slices_that_its_dataset_has(task):
    dataset = all_datasets()[task.dataset]
    labels = {column.name for column in dataset.table("labels").columns}
    splits = {column.name for column in dataset.table("splits").columns}
    entries = {column.name for column in dataset.table("entries").columns}
    for target in task.targets:
        assert target.name in labels or target.ideal is not None
        assert target.given_by is None or target.given_by in labels
        assert target.limit_column is None or target.limit_column in labels
    assert task.group_column in splits
    assert task.replicate_column is None or task.replicate_column in entries
    for subset in task.subsets:
        assert subset.column is None or subset.column in labels | splits
    assert task.entries is None or task.entries.column in splits
    assert not task.scored_folds or task.scored_folds.is_primary
    if task.predicts == "values":
        assert sum(scheme.is_primary for scheme in task.fold_schemes) == 1
    frames = {table.name for table in dataset.frames}
    for name in (task.truth, task.given, task.offsets):
        assert name is None or name in frames
    if task.predicts != "values":
        assert not task.fold_schemes, "arrays are not predicted on folds"
    if task.slices:
        assert {rule.column for rule in dataset.slice_columns.values()} <= labels | splits | entries
    columns = [item.column for item in task.slices]
    assert len(columns) == len(set(columns))
    for item in task.slices:
        values = [value for value, _ in item.values or ()]
        assert len(values) == len(set(values))
