"""Pinned files brought to this machine: whole, verified, and all of a version or none."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ionladder.core.errors import FetchError, UnreachableError
from ionladder.core.hashing import sha256_file
from ionladder.core.problems import Problem
from ionladder.sources.download import TIMEOUT_S
from ionladder.sources.mirror import MIRROR_VARIABLE, place_of
from ionladder.specs.source import Source

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
