"""``ionladder ingest``: turn fetched files into checked tables."""

from __future__ import annotations

from typing import Annotated

import typer


def ingest(
    keys: Annotated[
        list[str] | None,
        typer.Argument(help="Dataset versions, such as obelix-1-2-0; all when none is named."),
    ] = None,
) -> None:
    """Build the tables of dataset versions, run every integrity check, and write them.

    A version whose content differs from its committed manifest is refused, and nothing is written.
    """
    from ionladder.cli.context import load_context
    from ionladder.core.errors import IngestError, IonLadderError
    from ionladder.datasets.first_fetch import require_pinned
    from ionladder.datasets.ingest import ingest as ingest_version
    from ionladder.datasets.params import select_versions

    context = load_context()
    errors: list[IonLadderError] = []
    for pinned in select_versions(context.params, keys):
        try:
            if pinned.on_demand is not None:
                require_pinned(context.layout, pinned)
            done = ingest_version(context.layout, pinned)
        except IonLadderError as error:
            errors.append(error)
            continue
        rows = ", ".join(f"{count} {name}" for name, count in done.rows.items())
        released = "first release" if done.is_first_release else "as released"
        print(f"{pinned.key}: {rows}; {done.n_checks} checks passed; {released}")
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise IngestError([problem for error in errors for problem in error.problems])
