"""``ionladder fetch``: bring the pinned upstream files to this machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ionladder.cli.context import Context
    from ionladder.specs.params import DatasetVersion


def fetch(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            help="Dataset versions, such as obelix-1-2-0; without any, all but those of LiTraj."
        ),
    ] = None,
    pin: Annotated[
        bool,
        typer.Option(
            "--pin",
            help="First fetch of a version without checksums: ingest it and record its bytes.",
        ),
    ] = False,
) -> None:
    """Fetch pinned files, verify their SHA-256 and put them in place, or change nothing.

    IONLADDER_MIRROR names a folder or URL that stands in for the upstream address. Archives of
    LiTraj are fetched only when named; a download that broke off is continued.
    """
    from ionladder.cli.context import load_context
    from ionladder.core.errors import FetchError, UnreachableError
    from ionladder.core.problems import Problem
    from ionladder.datasets.params import select_versions

    context = load_context()
    unreached: list[Problem] = []
    changed: list[Problem] = []
    for version in select_versions(context.params, keys):
        try:
            if version.on_demand is not None:
                _fetch_on_demand(context, version, pin=pin)
            else:
                _fetch_pinned(context, version)
        except UnreachableError as error:
            unreached += error.problems
        except FetchError as error:
            changed += error.problems
    if changed:
        raise FetchError(changed + unreached)
    if unreached:
        raise UnreachableError(unreached)


def _fetch_pinned(context: Context, version: DatasetVersion) -> None:
    from ionladder.sources.fetch import fetch as fetch_source

    raw = context.layout.raw_dir(version.dataset, version.version)
    brought = fetch_source(version.source, raw, progress=sys.stderr.isatty())
    kept = len(version.source.files) - len(brought)
    print(f"{version.key}: {len(brought)} files fetched and verified, {kept} already here")


def _fetch_on_demand(context: Context, version: DatasetVersion, *, pin: bool) -> None:
    from ionladder.datasets.first_fetch import fetch_and_pin, fetch_on_demand, require_pinned

    progress = sys.stderr.isatty()
    if not pin:
        require_pinned(context.layout, version)
        fetch_on_demand(context.layout, version, progress=progress)
        print(f"{version.key}: the archive is here, with the pinned bytes")
        return
    pinned = fetch_and_pin(context.layout, version, progress=progress)
    if pinned.ingested is None:
        print(f"{version.key}: pinned before; the archive is here, with the same bytes")
        return
    rows = ", ".join(f"{count} {name}" for name, count in pinned.ingested.rows.items())
    print(f"{version.key}: {rows}; {pinned.ingested.n_checks} checks passed")
    layout = context.layout
    manifest = layout.relative(layout.manifest(version.dataset, version.version))
    print(
        f"Its bytes are pinned in {layout.relative(layout.pins)}; commit that file and {manifest}."
    )
