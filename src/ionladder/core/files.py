"""Writing files whole or not at all, with the same bytes every time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NEW_FILE_MODE = 0o644


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it into place only if the block succeeds.

    A crash, an error or a full disk leaves ``path`` as it was. Nothing is forced to the platter:
    every file written here can be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_NEW_FILE_MODE)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``target`` if the block succeeds.

    On an error ``target`` stays as it was, and nothing else is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    fresh, former = workshop / "fresh", workshop / "former"
    fresh.mkdir()
    try:
        yield fresh
        if target.exists():
            target.rename(former)
        try:
            fresh.rename(target)
        except OSError:
            if former.exists():
                former.rename(target)
            raise
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with ``\\n`` line ends, whole or not at all; the same text is kept."""
    data = text.encode("utf-8")
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def to_json(value: Any) -> str:
    """Serialise as reviewed JSON: two-space indent, keys as given, trailing newline.

    NaN and infinities, which JSON does not know, become null: "not applicable or not stated".
    """
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options).decode("utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write :func:`to_json` of a value, whole or not at all."""
    write_text(path, to_json(value))


def read_json(path: Path) -> Any:
    """Read a JSON file written by :func:`write_json`."""
    import orjson

    return orjson.loads(path.read_bytes())


def write_with(path: Path, writer: Callable[[Path], None]) -> None:
    """Let ``writer`` fill a temporary file, then move it into place."""
    with replacing(path) as temporary:
        writer(temporary)
