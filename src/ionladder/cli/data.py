"""``ionladder data``: what a model of a task may see, as CSV and CIF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ionladder.cli.names import task_names

if TYPE_CHECKING:
    import pandas as pd

    from ionladder.datasets.load import TaskInputs


def data(
    task: Annotated[
        str,
        typer.Argument(
            help="Task, for example obelix.",
            autocompletion=task_names,
        ),
    ],
    to: Annotated[
        Path | None, typer.Option(help="Folder to write to.", show_default="build/data/<task>")
    ] = None,
) -> None:
    """Write inputs, training labels and folds as CSV, and structures as CIF.

    Labels of test entries are not among them. Files of the same names are replaced.
    """
    from ionladder.cli.context import load_context
    from ionladder.cli.progress import following
    from ionladder.core.files import write_text
    from ionladder.datasets.crystals import cif_texts
    from ionladder.datasets.load import load_inputs
    from ionladder.datasets.registry import get_task

    context = load_context()
    chosen = get_task(task)
    version = context.version_of(chosen)
    inputs = load_inputs(context.layout, chosen, version)
    folder = to or context.layout.root / "build" / "data" / chosen.name
    for name, table in _tables(inputs).items():
        write_text(folder / name, table.to_csv(lineterminator="\n"))
        print(f"{context.layout.relative(folder / name)}: {len(table)} rows")
    ids = [] if inputs.structures is None else sorted(inputs.structures.index)
    if ids:
        texts = cif_texts(chosen.dataset, inputs.entries, inputs.structures, ids)
        for name, text in following(texts, "Structures", total=len(ids)):
            write_text(folder / "structures" / f"{name}.cif", text)
        print(f"{context.layout.relative(folder / 'structures')}/: {len(ids)} CIF files")
    print(
        f"{chosen.dataset} {version} for {chosen.name}. Read ids as text: "
        'pd.read_csv(…, dtype={"id": str}, keep_default_na=False, na_values=[""]).'
    )


def _tables(inputs: TaskInputs) -> dict[str, pd.DataFrame]:
    """File name → table indexed by id; no test inputs where the task has no test entries."""
    entries = _flat(inputs.entries)
    train, test = list(inputs.train_ids), list(inputs.test_ids)
    tables = {
        "train_inputs.csv": entries.loc[train],
        "train_labels.csv": inputs.train_labels[list(inputs.targets)],
        "folds.csv": inputs.folds.set_index("id"),
    }
    return tables | ({"test_inputs.csv": entries.loc[test]} if test else {})


def _flat(entries: pd.DataFrame) -> pd.DataFrame:
    """Lists as text, joined by a semicolon."""
    flat = entries.copy()
    for name in flat.columns:
        if any(hasattr(value, "tolist") and hasattr(value, "__len__") for value in flat[name]):
            flat[name] = ["; ".join(map(str, value)) for value in flat[name]]
    return flat
