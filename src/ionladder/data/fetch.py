"""Fetching pinned files from a mirror or upstream, verified before use."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ionladder.config import DatasetVersion, Source
from ionladder.errors import (
    ConfigError,
    DataChangedError,
    DataMissingError,
    FetchError,
    Problem,
    UnreachableError,
)
from ionladder.repo import Layout, sha256_file, write_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from requests import Response


# One file over HTTP, continued where it broke off


TIMEOUT_S = 30.0
_BLOCK_BYTES = 1 << 20
_PARTIAL_CONTENT = 206
_RANGE_NOT_SATISFIABLE = 416
_VALIDATORS = ("ETag", "Last-Modified")


@dataclass(frozen=True)
class Received:
    """What has arrived of a file, and the server's word for which file it was.

    Attributes:
        path: The bytes so far.
    """

    path: Path

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def validator(self) -> str | None:
        """The ETag or date that the server gave the file; None where a rest cannot be asked for."""
        try:
            found = json.loads(self._note.read_text(encoding="utf-8"))["validator"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return found if isinstance(found, str) else None

    def begin(self, validator: str | None) -> None:
        """Start anew with a file of this name for it."""
        self.path.unlink(missing_ok=True)
        write_text(self._note, json.dumps({"validator": validator}))

    def discard(self) -> None:
        """Forget what has arrived."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def download(url: str, received: Received, *, progress: bool) -> None:
    """Download a file, or the rest of it.

    The rest is asked for only where the server named the file when it sent the beginning, and is
    taken only if it still has the same one; otherwise the download starts anew.

    Raises:
        requests.RequestException: The server does not answer, refuses, or stops early; what
            arrived is kept.
    """
    import requests

    have = received.size if received.validator else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": str(received.validator)}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        if have and answer.status_code == _RANGE_NOT_SATISFIABLE and _length(answer) == have:
            return
        if answer.status_code == _RANGE_NOT_SATISFIABLE:
            received.discard()
        answer.raise_for_status()
        if not (have and answer.status_code == _PARTIAL_CONTENT):
            have = 0
            received.begin(_validator(answer))
        total = have + int(answer.headers.get("Content-Length", 0)) or None
        _save(answer, received, have, total, progress=progress)
    if total is not None and received.size != total:
        msg = f"the connection ended after {received.size} of {total} bytes"
        raise requests.exceptions.ChunkedEncodingError(msg)


def _save(
    answer: Response, received: Received, have: int, total: int | None, *, progress: bool
) -> None:
    with received.path.open("ab") as stream, _shown(received, have, total, progress) as advance:
        for block in answer.iter_content(_BLOCK_BYTES):
            stream.write(block)
            advance(len(block))


def _validator(answer: Response) -> str | None:
    """What a later request may name the file by; a weak ETag promises no equal bytes."""
    named = [answer.headers[name] for name in _VALIDATORS if name in answer.headers]
    return next((value for value in named if not value.startswith("W/")), None)


def _length(answer: Response) -> int | None:
    """The whole length that a server states when it has no such range (``bytes */1234``)."""
    text = answer.headers.get("Content-Range", "").rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _shown(
    received: Received, have: int, total: int | None, progress: bool
) -> AbstractContextManager[Callable[[int], None]]:
    if not progress:
        return nullcontext(lambda _count: None)
    return _bar(received.path.name.removeprefix(".").removesuffix(".part"), have, total)


@contextmanager
def _bar(name: str, have: int, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total, completed=have)
        yield lambda count: bar.advance(task, count)


# Where a pinned file is taken from: its upstream address, or a mirror that stands in for it


MIRROR_VARIABLE = "IONLADDER_MIRROR"


@dataclass(frozen=True)
class Place:
    """Where one file is taken from: a web address, or a path on this machine."""

    location: str | Path

    def __str__(self) -> str:
        return str(self.location)


def place_of(source: Source, name: str) -> Place:
    """Where to take a file from: the mirror when one is set, otherwise upstream.

    ``IONLADDER_MIRROR`` is a folder, or an http, https or file URL; below it a file stands at
    ``<dataset>/<tag>/<file>``.

    Raises:
        ConfigError: The mirror is a URL of another kind.
    """
    mirror = os.environ.get(MIRROR_VARIABLE, "").strip()
    address = f"{mirror.rstrip('/')}/{source.mirror_path(name)}" if mirror else source.url(name)
    scheme = urlsplit(address).scheme if "://" in address else ""
    if scheme in ("http", "https"):
        return Place(address)
    if scheme == "file":
        return Place(Path(url2pathname(urlsplit(address).path)))
    if scheme == "" and mirror:
        return Place(Path(mirror) / source.mirror_path(name))
    raise ConfigError(
        Problem(
            where=MIRROR_VARIABLE if mirror else f"{source.dataset} {source.version}, base_url",
            expected="a folder, or an http, https or file URL",
            found=repr(mirror or source.base_url),
            next_step="Correct it, or unset it to use the upstream address.",
        )
    )


# Pinned files brought to this machine: whole, verified, and all of a version or none


_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_CLIENT_ERRORS = range(400, 500)
_WORTH_RETRYING = (408, 425, 429)


class _NotReachedError(Exception):
    """One file could not be read where it should be; the message says why."""


class _NoConnectionError(_NotReachedError):
    """Its host does not answer at all, so its other files are not asked for."""


def fetch(source: Source, into: Path, *, progress: bool = False) -> list[str]:
    """Bring the files of a source into a folder.

    Files already there with the pinned bytes are kept. The others are taken to a temporary folder
    near ``into`` (the nearest one above that exists), verified there, and moved only when every
    one of them is good.

    Args:
        source: Files and their SHA-256.
        into: Folder for the files; made when needed.
        progress: Show a progress bar for downloads.

    Returns:
        Names of the files that were brought, in the order of the source.

    Raises:
        UnreachableError: Files could not be reached; nothing was written.
        FetchError: Files arrived with other bytes than pinned; nothing was written.
    """
    wanted = [name for name in source.files if not _is_good(into / name, source.files[name])]
    if not wanted:
        return []
    nearest = next(folder for folder in into.absolute().parents if folder.is_dir())
    staging = Path(tempfile.mkdtemp(prefix=f".{into.name}.", suffix=".part", dir=nearest))
    try:
        _bring(source, wanted, staging, progress=progress)
        into.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            (staging / name).replace(into / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return wanted


def _bring(source: Source, wanted: list[str], staging: Path, *, progress: bool) -> None:
    """Take all wanted files to the staging folder, or raise one error that names every problem."""
    unreached: list[Problem] = []
    changed: list[Problem] = []
    no_connection = ""
    for name in wanted:
        place = place_of(source, name)
        if no_connection:
            unreached.append(_unreached(source, name, str(place), no_connection))
            continue
        try:
            _take(place.location, staging / name, progress=progress)
        except _NotReachedError as error:
            no_connection = str(error) if isinstance(error, _NoConnectionError) else no_connection
            unreached.append(_unreached(source, name, str(place), str(error)))
            continue
        found = sha256_file(staging / name)
        if found != source.files[name]:
            changed.append(changed_bytes(source, name, str(place), found))
    if changed:
        raise FetchError(changed + unreached)
    if unreached:
        raise UnreachableError(unreached)


def _is_good(path: Path, digest: str | None) -> bool:
    return path.is_file() and sha256_file(path) == digest


def _take(location: str | Path, target: Path, *, progress: bool) -> None:
    if isinstance(location, Path):
        _copy(location, target)
    else:
        _download(location, target, progress=progress)


def _copy(path: Path, target: Path) -> None:
    try:
        shutil.copyfile(path, target)
    except OSError as error:
        raise _NotReachedError((error.strerror or str(error)).lower()) from error


def _download(url: str, target: Path, *, progress: bool) -> None:
    """Download one file."""
    from pooch import HTTPDownloader

    download = HTTPDownloader(progressbar=progress, timeout=TIMEOUT_S)
    trying(lambda: download(url, str(target), None))


def trying(download: Callable[[], None]) -> None:
    """Try a download; a host that stumbles is asked again, a refusal is taken at its word.

    Raises:
        _NotReachedError: It failed every time, or was refused.
    """
    import requests

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            download()
        except requests.RequestException as error:
            if attempt == _ATTEMPTS or _is_refusal(error):
                is_answered = getattr(error, "response", None) is not None
                kind = _NotReachedError if is_answered else _NoConnectionError
                raise kind(_reason(error)) from error
            time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        else:
            return


def _is_refusal(error: Exception) -> bool:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status in _CLIENT_ERRORS and status not in _WORTH_RETRYING


def _reason(error: Exception) -> str:
    """The reason in a few words; the long chains of the libraries help nobody."""
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP status {response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "a failed certificate check"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "a connection that ended too early"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error).splitlines()[0]


@contextmanager
def unreached(source: Source, name: str, place: str) -> Iterator[None]:
    """Turn the failure to bring one file into a letter.

    Raises:
        UnreachableError: It could not be reached, or copied.
    """
    try:
        yield
    except _NotReachedError as error:
        raise UnreachableError(_unreached(source, name, place, str(error))) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        reason = (error.strerror or str(error)).lower()
        raise UnreachableError(_unreached(source, name, place, reason)) from error


def _unreached(source: Source, name: str, place: str, reason: str) -> Problem:
    return Problem(
        where=f"{source.dataset} {source.version}, {name}",
        expected=f"to reach {place}",
        found=reason,
        next_step=(
            "Connect to the network, or set "
            f"{MIRROR_VARIABLE} to a folder or URL that holds {source.mirror_path(name)}."
        ),
    )


def changed_bytes(source: Source, name: str, place: str, found: str) -> Problem:
    """The letter about a file that has other bytes than pinned."""
    return Problem(
        where=f"{source.dataset} {source.version}, {name} from {place}",
        expected=f"SHA-256 {source.files[name]}",
        found=found,
        next_step=(
            "Nothing was written. The file was damaged on its way, or is not the pinned one: try "
            "another mirror, and never change the pin without looking at what changed."
        ),
    )


# The fetched files of a version, held to their pins


def missing_raw(layout: Layout, pinned: DatasetVersion) -> list[str]:
    """Names of the pinned files that are not on this machine."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [name for name in pinned.source.files if not (folder / name).is_file()]


def changed_raw(layout: Layout, pinned: DatasetVersion) -> list[Problem]:
    """Files that are here with other bytes than pinned."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [
        Problem(
            where=layout.relative(folder / name),
            expected=f"SHA-256 {digest}",
            found=actual,
            next_step=f"Run `ionladder fetch {pinned.key}` to replace it with the pinned bytes.",
        )
        for name, digest in pinned.source.files.items()
        if (folder / name).is_file() and (actual := sha256_file(folder / name)) != digest
    ]


def require_raw(layout: Layout, pinned: DatasetVersion) -> None:
    """Make sure that every pinned file is here, with the pinned bytes.

    Raises:
        DataMissingError: Some are not here.
        DataChangedError: Some have other bytes.
    """
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    missing = missing_raw(layout, pinned)
    if missing:
        raise DataMissingError(
            [
                Problem(
                    where=layout.relative(folder / name),
                    expected=f"a file of {pinned.dataset} {pinned.version}",
                    found="no such file",
                    next_step=f"Run `ionladder fetch {pinned.key}` first.",
                )
                for name in missing
            ]
        )
    changed = changed_raw(layout, pinned)
    if changed:
        raise DataChangedError(changed)


# Large archives brought to this machine: resumed where they broke off, with room made sure of


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
            _archives_on_demand_bring(source, name, into, progress=progress)
    digests = {name: sha256_file(into / name) for name in source.files}
    changed = [
        changed_bytes(source, name, str(into / name), digests[name])
        for name, expected in source.files.items()
        if expected is not None and digests[name] != expected
    ]
    if changed:
        raise FetchError(changed)
    return digests


def _archives_on_demand_bring(source: Source, name: str, into: Path, *, progress: bool) -> None:
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
