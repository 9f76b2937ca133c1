"""One file over HTTP, continued where it broke off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from requests import Response

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
