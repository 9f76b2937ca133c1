"""Large archives brought to this machine: resumed where they broke off, with room made sure of."""

from __future__ import annotations

import shutil
from pathlib import Path

from ionladder.core.errors import FetchError
from ionladder.core.hashing import sha256_file
from ionladder.core.problems import Problem
from ionladder.sources.download import Received, download
from ionladder.sources.fetch import changed_bytes, trying, unreached
from ionladder.sources.mirror import place_of
from ionladder.specs.source import Source

_GB = 1e9


def fetch_archives(
    source: Source,
    into: Path,
    *,
    download_bytes: int,
    ingested_bytes: int,
    progress: bool = False,
) -> dict[str, str]:
    """Bring the archives of a source into a folder, and say what bytes they have.

    What arrived before a break is kept beside its final name and continued by the next call, as
    long as the server still has the same file. A file that is already here under its final name
    is taken as it is.

    Args:
        source: Files; with a SHA-256 where the version is pinned.
        into: Folder for the files; made when needed.
        download_bytes: About what the files take, as their publisher states it.
        ingested_bytes: About what is made from them and needs room too.
        progress: Show a progress bar.

    Returns:
        File name → SHA-256 of its bytes.

    Raises:
        UnreachableError: A file could not be reached; what arrived is kept for the next call.
        FetchError: There is no room, or a file has other bytes than pinned.
    """
    absent = [name for name in source.files if not (into / name).is_file()]
    if absent:
        _require_room(source, into, _still_to_come(into, absent, download_bytes) + ingested_bytes)
        into.mkdir(parents=True, exist_ok=True)
        for name in absent:
            _bring(source, name, into, progress=progress)
    digests = {name: sha256_file(into / name) for name in source.files}
    changed = [
        changed_bytes(source, name, str(into / name), digests[name])
        for name, expected in source.files.items()
        if expected is not None and digests[name] != expected
    ]
    if changed:
        raise FetchError(changed)
    return digests


def _bring(source: Source, name: str, into: Path, *, progress: bool) -> None:
    """One file: received under another name, verified where it is pinned, then moved."""
    place = place_of(source, name)
    partial = into / f".{name}.part"
    if isinstance(place.location, Path):
        with unreached(source, name, str(place)):
            shutil.copyfile(place.location, partial)
    else:
        url = place.location
        with unreached(source, name, url):
            trying(lambda: download(url, Received(partial), progress=progress))
    expected, found = source.files[name], sha256_file(partial)
    if expected is not None and found != expected:
        # Other bytes than pinned are no beginning of the right ones.
        Received(partial).discard()
        raise FetchError(changed_bytes(source, name, str(place), found))
    partial.replace(into / name)
    Received(partial).discard()


def _still_to_come(into: Path, names: list[str], download_bytes: int) -> int:
    arrived = sum(Received(into / f".{name}.part").size for name in names)
    return max(download_bytes - arrived, 0)


def _require_room(source: Source, into: Path, needed: int) -> None:
    """Refuse before the first byte what would fill the disk."""
    nearest = next(folder for folder in [into, *into.absolute().parents] if folder.is_dir())
    free = shutil.disk_usage(nearest).free
    if free >= needed:
        return
    raise FetchError(
        Problem(
            where=f"{source.dataset} {source.version}",
            expected=f"{needed / _GB:.1f} GB of free disk space for the archive and its tables",
            found=f"{free / _GB:.1f} GB",
            next_step="Nothing was written. Make room, or clone the repository to a larger disk.",
        )
    )
