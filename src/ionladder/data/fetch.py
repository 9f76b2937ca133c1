"""Fetching pinned files from a mirror or upstream, verified before use."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ionladder import errors
from ionladder.config import DatasetVersion
from ionladder.errors import (
    ConfigError,
    DataChangedError,
    DataMissingError,
    FetchError,
    Problem,
    ReferenceMissingError,
)
from ionladder.repo import Layout, sha256_file, write_text

if TYPE_CHECKING:
    from requests import Response

    from ionladder.submit.card import PublishedFile

MIRROR_VARIABLE = "IONLADDER_MIRROR"
TIMEOUT_S = 30.0
_MOST_BYTES = 1_000_000_000  # of one file whose publisher states no size
_BLOCK_BYTES = 1 << 20
_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_RANGE_NOT_SATISFIABLE = 416
_WORTH_RETRYING = (408, _RANGE_NOT_SATISFIABLE, 425, 429)


class _NotReachedError(Exception):
    """One file could not be read where it should be; the message says why."""


class _NoConnectionError(_NotReachedError):
    """Its host does not answer at all, so its other files are not asked for."""


@dataclass(frozen=True)
class Fetched:
    """What one fetch did.

    Attributes:
        brought: Names of the files that were brought, in the order of the version.
        digests: File name → SHA-256 of its bytes, for every file of the version.
    """

    brought: list[str]
    digests: dict[str, str]


def fetch_version(layout: Layout, version: DatasetVersion, *, progress: bool = False) -> Fetched:
    """Bring the files of a version into its ``raw`` folder: all of them, verified, or none.

    Files already there with the pinned bytes are kept. The others arrive under another name and
    are moved only when every one of them is good; a download that broke off is continued by the
    next call, as long as the server still has the same file. Of a version fetched on demand, a
    file that is there under its final name is never replaced.

    Raises:
        UnreachableError: Files could not be reached.
        FetchError: There is no room, or files have other bytes than pinned.
    """
    into = layout.raw_dir(version.dataset, version.version)
    digests = {name: sha256_file(into / name) for name in version.files if (into / name).is_file()}
    kept = [
        name for name in digests if version.is_on_demand or digests[name] == version.files[name]
    ]
    wanted = [name for name in version.files if name not in kept]
    parts = {name: into / f".{name}.part" for name in wanted}
    if wanted and version.is_on_demand:
        _require_room(version, into, parts.values())
    into.mkdir(parents=True, exist_ok=True)
    try:
        unreached = _receive(layout, version, parts, digests, progress=progress)
        changed = [
            _changed(
                version,
                name,
                into / name if name in kept else _place_of(layout, version, name),
                found,
            )
            for name, found in digests.items()
            if version.files[name] not in (None, found)
        ]
        if changed:
            raise FetchError(changed + unreached)
        if unreached:
            raise errors.UnreachableError(unreached)
        for name, part in parts.items():
            part.replace(into / name)
    finally:
        for name, part in parts.items():
            if name in digests or not part.is_file():  # nothing in it that could be continued
                part.unlink(missing_ok=True)
                _note(part).unlink(missing_ok=True)
        with suppress(OSError):
            into.rmdir()
    return Fetched(brought=wanted, digests={name: digests[name] for name in version.files})


def _receive(
    layout: Layout,
    version: DatasetVersion,
    parts: dict[str, Path],
    digests: dict[str, str],
    *,
    progress: bool,
) -> list[Problem]:
    """Take files to their temporary names and note their digests; what could not be reached."""
    problems: list[Problem] = []
    no_connection = ""
    for name, part in parts.items():
        digests.pop(name, None)
        place = _place_of(layout, version, name)
        try:
            most = max(2 * version.download_bytes, _MOST_BYTES)
            _take(place, part, no_connection, most=most, progress=progress)
        except _NotReachedError as error:
            if isinstance(error, _NoConnectionError):
                no_connection = str(error)
            problems.append(_unreached(version, name, place, str(error)))
        else:
            digests[name] = sha256_file(part)
    return problems


def _require_room(version: DatasetVersion, into: Path, parts: Iterable[Path]) -> None:
    """Refuse before the first byte what would fill the disk."""
    arrived = sum(part.stat().st_size for part in parts if part.is_file())
    needed = max(version.download_bytes - arrived, 0) + version.ingested_bytes
    nearest = next(folder for folder in [into, *into.absolute().parents] if folder.is_dir())
    free = shutil.disk_usage(nearest).free
    if free < needed:
        raise FetchError(
            f"{version.dataset} {version.version}",
            f"{needed / 1e9:.1f} GB of free disk space for the archive and its tables",
            f"{free / 1e9:.1f} GB",
            "Nothing was written. Make room, or clone the repository to a larger disk.",
        )


def _unreached(version: DatasetVersion, name: str, place: str | Path, reason: str) -> Problem:
    place_in_mirror = f"a folder or URL that holds {version.mirror_path(name)}"
    step = f"Connect to the network, or set {MIRROR_VARIABLE} to {place_in_mirror}."
    if version.path:
        step = "Restore the file from git."
    where = f"{version.dataset} {version.version}, {name}"
    return Problem(where, f"to reach {place}", reason, step)


def _changed(version: DatasetVersion, name: str, place: str | Path, found: str) -> Problem:
    return Problem(
        f"{version.dataset} {version.version}, {name} from {place}",
        f"SHA-256 {version.files[name]}",
        found,
        "Nothing was written. The file was damaged on its way, or is not the pinned one: try "
        "another mirror, and never change the pin without looking at what changed.",
    )


# One file: where it is taken from, and how


def _place_of(layout: Layout, version: DatasetVersion, name: str) -> str | Path:
    """Where to take a file from: this repository, the mirror when one is set, or upstream.

    ``IONLADDER_MIRROR`` is a folder, or an http, https or file URL; below it a file stands at
    ``<dataset>/<tag>/<file>``.

    Raises:
        ConfigError: The mirror is a URL of another kind.
    """
    if version.path:
        return layout.root / version.path / name
    mirror = os.environ.get(MIRROR_VARIABLE, "").strip()
    address = f"{mirror.rstrip('/')}/{version.mirror_path(name)}" if mirror else version.url(name)
    scheme = urlsplit(address).scheme if "://" in address else ""
    if scheme in ("http", "https"):
        return address
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    if scheme == "" and mirror:
        return Path(mirror) / version.mirror_path(name)
    raise ConfigError(
        MIRROR_VARIABLE if mirror else f"{version.dataset} {version.version}, base_url",
        "a folder, or an http, https or file URL",
        repr(mirror or version.base_url),
        "Correct it, or unset it to use the upstream address.",
    )


def _take(place: str | Path, part: Path, no_connection: str, *, most: int, progress: bool) -> None:
    """Copy or download one file; a host that stumbles is asked again, a refusal is believed.

    Raises:
        _NotReachedError: It failed every time, or was refused.
    """
    if isinstance(place, Path):
        try:
            shutil.copyfile(place, part)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise _NotReachedError((error.strerror or str(error)).lower()) from error
        return
    if no_connection:
        raise _NotReachedError(no_connection)
    import requests

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _download(place, part, most=most, progress=progress)
        except requests.RequestException as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            is_refusal = status in range(400, 500) and status not in _WORTH_RETRYING
            if attempt == _ATTEMPTS or is_refusal:
                kind = _NoConnectionError if status is None else _NotReachedError
                raise kind(_reason(error, status)) from error
            time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        else:
            return


def _reason(error: Exception, status: int | None) -> str:
    """The reason in a few words; the long chains of the libraries help nobody."""
    from requests import ConnectionError, Timeout  # noqa: A004
    from requests.exceptions import ChunkedEncodingError, SSLError

    if status is not None:
        return f"HTTP status {status}"
    reasons = {
        Timeout: f"no answer within {TIMEOUT_S:.0f} s",
        SSLError: "a failed certificate check",
        ChunkedEncodingError: "a connection that ended too early",
        ConnectionError: "no connection",
    }
    known = [text for kind, text in reasons.items() if isinstance(error, kind)]
    return [*known, *str(error).splitlines(), type(error).__name__][0]


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _download(url: str, part: Path, *, most: int, progress: bool) -> None:
    """Download a file, or the rest of it.

    The rest is asked for only where the server named the file (by an ETag or a date) when it sent
    the beginning, and is taken only if it still has the same one.

    Raises:
        requests.RequestException: The server does not answer, refuses, or stops early; what
            arrived is kept.
        _NotReachedError: It sends more than ``most`` bytes, unpacked; nothing is kept.
    """
    import requests

    validator, have = None, 0
    with suppress(OSError, ValueError, KeyError, TypeError):
        validator = json.loads(_note(part).read_text(encoding="utf-8"))["validator"]
        have = part.stat().st_size if validator else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": str(validator)}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        if answer.status_code == _RANGE_NOT_SATISFIABLE:
            if answer.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
                return
            part.unlink(missing_ok=True)
        answer.raise_for_status()
        if not (have and answer.status_code == requests.codes.partial_content):
            have = 0
            part.unlink(missing_ok=True)
            write_text(_note(part), json.dumps({"validator": _validator(answer)}))
        total = have + int(answer.headers.get("Content-Length", 0)) or None
        name = part.name.removeprefix(".").removesuffix(".part")
        with part.open("ab") as stream, _bar(name, have, total, shown=progress) as advance:
            for block in answer.iter_content(_BLOCK_BYTES):
                if stream.tell() + len(block) > most:
                    part.unlink(missing_ok=True)
                    raise _NotReachedError(f"more than {most / 1e9:g} GB, and no end of it")
                stream.write(block)
                advance(len(block))
    arrived = part.stat().st_size
    if total is not None and arrived != total:
        msg = f"the connection ended after {arrived} of {total} bytes"
        raise requests.exceptions.ChunkedEncodingError(msg)


def _validator(answer: Response) -> str | None:
    """What a later request may name the file by; a weak ETag promises no equal bytes."""
    named = (answer.headers.get(name) for name in ("ETag", "Last-Modified"))
    return next((value for value in named if value and not value.startswith("W/")), None)


@contextmanager
def _bar(
    name: str, have: int, total: int | None, *, shown: bool
) -> Iterator[Callable[[int], None]]:
    if not shown:
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total, completed=have)
        yield lambda count: bar.advance(task, count)


# Files that submissions name instead of holding them


def referenced_file(layout: Layout, source: PublishedFile, *, fetch: bool) -> Path:
    """A file of predictions that others publish, with the SHA-256 that a card names.

    One that lies in a ``raw`` folder already, of a dataset for example, is taken from there.

    Args:
        layout: The repository.
        source: Where it is published.
        fetch: Whether it may be asked for in the mirror and upstream.

    Raises:
        ReferenceMissingError: It is not on this machine, and may not or cannot be fetched, or has
            other bytes.
    """
    folder, _, name = source.path.rpartition("/")
    here = layout.root.glob(f"data/*/*/raw/{name}")
    if found := next((path for path in sorted(here) if sha256_file(path) == source.sha256), None):
        return found
    usual = f"{source.repository.rpartition('/')[2].lower()}/{source.commit[:7]}"
    dataset, _, tag = (source.mirror or usual).partition("/")
    version = DatasetVersion.model_construct(
        dataset=dataset,
        version=source.commit[:8],
        tag=tag,
        commit=source.commit,
        base_url=f"https://raw.githubusercontent.com/{source.repository}/{source.commit}",
        folders={name: folder} if folder else {},
        files={name: source.sha256},
    )
    problems = [
        Problem(
            f"{source.repository} at {source.commit[:8]}, {source.path}",
            "this file on this machine",
            "none",
            "Run `ionladder leaderboard` or `ionladder score` where it can be reached.",
        )
    ]
    if fetch:
        try:
            fetch_version(layout, version)
            return layout.raw_dir(dataset, version.version) / name
        except FetchError as error:
            problems = list(error.problems)
    raise ReferenceMissingError(problems)


# The fetched files of a version, held to their pins


def missing_raw(layout: Layout, pinned: DatasetVersion) -> list[str]:
    """Names of the pinned files that are not on this machine."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [name for name in pinned.files if not (folder / name).is_file()]


def changed_raw(layout: Layout, pinned: DatasetVersion) -> list[Problem]:
    """Files that are here with other bytes than pinned."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    step = f"Run `ionladder fetch {pinned.key}` to replace it with the pinned bytes."
    return [
        Problem(layout.relative(folder / name), f"SHA-256 {digest}", actual, step)
        for name, digest in pinned.files.items()
        if (folder / name).is_file() and (actual := sha256_file(folder / name)) != digest
    ]


def require_raw(layout: Layout, pinned: DatasetVersion) -> None:
    """Make sure that every pinned file is here, with the pinned bytes.

    Raises:
        DataMissingError: Some are not here.
        DataChangedError: Some have other bytes.
    """
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    expected = f"a file of {pinned.dataset} {pinned.version}"
    step = f"Run `ionladder fetch {pinned.key}` first."
    missing = [
        Problem(layout.relative(folder / name), expected, "no such file", step)
        for name in missing_raw(layout, pinned)
    ]
    if missing:
        raise DataMissingError(missing)
    changed = changed_raw(layout, pinned)
    if changed:
        raise DataChangedError(changed)
