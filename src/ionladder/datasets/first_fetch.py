"""The first fetch of a version that upstream publishes without checksums: tables first, then pins.

A wrong archive must never become the pinned one. So the archive is fetched, ingested, and held to
the counts and every other check; only when all of them pass are its bytes recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ionladder.core.errors import ConfigError
from ionladder.core.paths import Layout
from ionladder.datasets.ingest import Ingested, ingest
from ionladder.datasets.pins import add_pin, not_pinned
from ionladder.sources.archives_on_demand import fetch_archives
from ionladder.specs.params import DatasetVersion


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What a first fetch did.

    Attributes:
        ingested: The tables that were made; None where the version was pinned before, and its
            archive is here with the pinned bytes.
        digests: File → SHA-256.
    """

    ingested: Ingested | None
    digests: dict[str, str]


def fetch_on_demand(layout: Layout, version: DatasetVersion, *, progress: bool) -> dict[str, str]:
    """Bring the archive of a version to this machine, as pinned where it is.

    Raises:
        UnreachableError: It could not be reached; what arrived is kept for the next try.
        FetchError: There is no room for it, or its bytes are not the pinned ones.
    """
    if version.on_demand is None:
        msg = f"{version.key} is not fetched on demand"
        raise ValueError(msg)
    return fetch_archives(
        version.source,
        layout.raw_dir(version.dataset, version.version),
        download_bytes=version.on_demand.download_bytes,
        ingested_bytes=version.on_demand.ingested_bytes,
        progress=progress,
    )


def fetch_and_pin(layout: Layout, version: DatasetVersion, *, progress: bool) -> Pinned:
    """Fetch a version, make its tables, and record its bytes once every check has passed.

    Raises:
        UnreachableError: It could not be reached.
        FetchError: There is no room, or the version is pinned and its bytes are others.
        IngestError: A check failed; nothing is pinned, and the archive stays for a closer look.
    """
    was_pinned = version.source.is_pinned
    digests = fetch_on_demand(layout, version, progress=progress)
    if was_pinned:
        return Pinned(ingested=None, digests=digests)
    source = replace(version.source, files=dict(digests))
    done = ingest(layout, replace(version, source=source))
    add_pin(layout, version, digests)
    return Pinned(ingested=done, digests=digests)


def require_pinned(layout: Layout, version: DatasetVersion) -> None:
    """Refuse to fetch or ingest what nobody has looked at.

    Raises:
        ConfigError: The bytes of the version are not pinned.
    """
    if not version.source.is_pinned:
        raise ConfigError(not_pinned(version, where=layout.relative(layout.pins)))
