"""``ionladder fetch``: bring the pinned upstream files to this machine."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def fetch(
    keys: Annotated[
        list[str] | None,
        typer.Argument(help="Dataset versions, such as obelix-1-2-0; all when none is named."),
    ] = None,
) -> None:
    """Fetch pinned files, verify their SHA-256 and put them in place, or change nothing.

    IONLADDER_MIRROR names a folder or URL that stands in for the upstream address.
    """
    from ionladder.cli.context import load_context
    from ionladder.core.errors import FetchError, UnreachableError
    from ionladder.core.problems import Problem
    from ionladder.datasets.params import select_versions
    from ionladder.sources.fetch import fetch as fetch_source

    context = load_context()
    unreached: list[Problem] = []
    changed: list[Problem] = []
    for pinned in select_versions(context.params, keys):
        raw = context.layout.raw_dir(pinned.dataset, pinned.version)
        try:
            brought = fetch_source(pinned.source, raw, progress=sys.stderr.isatty())
        except UnreachableError as error:
            unreached += error.problems
        except FetchError as error:
            changed += error.problems
        else:
            kept = len(pinned.source.files) - len(brought)
            print(f"{pinned.key}: {len(brought)} files fetched and verified, {kept} already here")
    if changed:
        raise FetchError(changed + unreached)
    if unreached:
        raise UnreachableError(unreached)
