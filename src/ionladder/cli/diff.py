"""``ionladder diff``: what changed between two versions of a dataset, cell by cell."""

from __future__ import annotations

from typing import Annotated

import typer


def diff(
    dataset: Annotated[str, typer.Argument(help="Dataset, such as obelix.")],
    old: Annotated[str, typer.Argument(help="Old version, such as 1.1.1.")],
    new: Annotated[str, typer.Argument(help="New version, such as 1.2.0.")],
) -> None:
    """Print every cell that differs between two versions, classed by what it means for scores."""
    from rich.console import Console
    from rich.table import Table

    from ionladder.cli.context import load_context
    from ionladder.datasets.diff import KINDS, consequence, diff_versions, show_value

    context = load_context()
    changes = diff_versions(context.layout, dataset, old, new)
    table = Table(title=f"{dataset} {old} → {new}", title_justify="left", box=None)
    for heading in ("class", "table", "id", "column", old, new):
        table.add_column(heading, overflow="fold")
    for change in changes:
        cells = (change.kind, change.table, change.id, change.column)
        table.add_row(*cells, show_value(change.old), show_value(change.new))
    console = Console(highlight=False, markup=False)
    if changes:
        console.print(table)
    counts = ", ".join(f"{sum(c.kind == kind for c in changes)} {kind}" for kind in KINDS)
    differ = "1 cell differs" if len(changes) == 1 else f"{len(changes)} cells differ"
    console.print(f"{differ}: {counts}. {consequence(changes)}")
