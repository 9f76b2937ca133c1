"""Our frozen splits in matbench's layout: a validation file, and the metadata that belongs to it.

``<task>_validation.json`` is laid out as ``matbench_v0.1_validation.json``: ``{"metadata": …,
"splits": {name: {"fold_0": {"train": [ids], "test": [ids]}}}}``. ``<task>_metadata.json`` says of
each name what matbench's own metadata say: input, target, unit, kind, size. Names are those of
:mod:`ionladder.interchange.matbench_names`. No label is in either file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.core.files import write_json
from ionladder.core.paths import Layout
from ionladder.datasets.load import TaskInputs, load_inputs
from ionladder.interchange.matbench_names import MatbenchName
from ionladder.specs.params import DatasetVersion
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd

Splits = dict[str, dict[str, list[str]]]


def export_matbench_folds(
    layout: Layout, task: Task, pinned: DatasetVersion, folder: Path
) -> list[Path]:
    """Write both files of a task.

    Args:
        layout: The repository.
        task: The task.
        pinned: The dataset version whose splits are written.
        folder: Where to; made when it is not there.

    Raises:
        DataMissingError: A table is not on this machine.
    """
    inputs = load_inputs(layout, task, pinned.version)
    paths = [folder / f"{task.name}_validation.json", folder / f"{task.name}_metadata.json"]
    write_json(paths[0], validation_document(task, pinned, inputs))
    write_json(paths[1], metadata_document(task, inputs))
    return paths


def validation_document(task: Task, pinned: DatasetVersion, inputs: TaskInputs) -> dict[str, Any]:
    """The splits of a task: its test part, where it has one, and every repeat of its folds."""
    return {
        "metadata": {
            "task": task.name,
            "dataset": pinned.dataset,
            "dataset_version": pinned.version,
            "n_splits": pinned.folds.n_folds,
            "n_repeats": pinned.folds.n_repeats,
            "random_state": pinned.folds.seed,
            "shuffle": True,
        },
        "splits": {
            str(name): splits
            for target in inputs.targets
            for name, splits in _splits(task, target, inputs)
        },
    }


def metadata_document(task: Task, inputs: TaskInputs) -> dict[str, Any]:
    """What matbench's metadata say of a task, for each name of the validation file."""
    everything = inputs.structures is not None and set(inputs.structures.index) >= set(
        inputs.entries.index
    )
    document: dict[str, Any] = {}
    for target in task.targets:
        labels = inputs.train_labels[target.name].dropna()
        facts = {
            "input_type": "structure" if everything else "composition",
            "target": target.name,
            "task_type": "regression",
            "unit": target.unit,
            "n_samples": len(inputs.train_ids) + len(inputs.test_ids),
            # Of the training labels: those of the test entries are nobody's to summarise.
            "mad": float((labels - labels.mean()).abs().mean()),
        }
        document |= {str(name): facts for name, _ in _splits(task, target.name, inputs)}
    return document


def _splits(task: Task, target: str, inputs: TaskInputs) -> Iterator[tuple[MatbenchName, Splits]]:
    official = {"train": list(inputs.train_ids), "test": list(inputs.test_ids)}
    if inputs.test_ids:
        yield MatbenchName(task=task.name, target=target), {"fold_0": official}
    accepted = [item.scheme for item in task.fold_schemes]
    for (scheme, repeat), part in inputs.folds.groupby(["scheme", "repeat"], observed=True):
        if scheme in accepted:
            name = MatbenchName(
                task=task.name, target=target, scheme=str(scheme), repeat=int(str(repeat))
            )
            yield name, dict(_folds(part))


def _folds(part: pd.DataFrame) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Each fold held out in turn, ids sorted."""
    ordered = part.sort_values("id")
    for fold in sorted(ordered["fold"].unique()):
        held_out = ordered["fold"] == fold
        yield (
            f"fold_{fold}",
            {
                "train": ordered.loc[~held_out, "id"].tolist(),
                "test": ordered.loc[held_out, "id"].tolist(),
            },
        )
