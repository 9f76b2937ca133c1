"""Reading archives that may be damaged or hostile."""

from __future__ import annotations

import io
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self, TypeVar, cast

from ionladder.errors import IngestError, Problem

# Archives read in memory, member by member, refusing whatever a data archive has no need of


_APPLE_DOUBLE = "._"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an archive may hold before it is refused.

    Attributes:
        members: Largest number of members, folders included.
        total_bytes: Largest sum of the sizes that the members declare.
    """

    members: int = 10_000
    total_bytes: int = 200_000_000


def read_tar(path: Path, *, limits: Limits | None = None) -> dict[str, bytes]:
    """Read the regular files of a (compressed) tar archive; nothing is written to disk.

    Each header is judged before its data are decompressed. Folders are passed over, and so are
    the ``._name`` companions that macOS adds.

    Returns:
        Member path → bytes, in archive order.

    Raises:
        IngestError: The archive is damaged, too large, names a file twice, or holds a member with
            an absolute path, with ``..``, or of another kind than file or folder.
    """
    limits = limits or Limits()
    contents: dict[str, bytes] = {}
    count = total = 0
    try:
        with tarfile.open(path, mode="r:*") as archive:
            for member in archive:
                count += 1
                total += max(member.size, 0)
                _refuse_excess(path.name, count, total, limits)
                _refuse_unsafe(path.name, member)
                if member.isdir() or PurePosixPath(member.name).name.startswith(_APPLE_DOUBLE):
                    continue
                if member.name in contents:
                    raise _refusal(path.name, member.name, "each file once", "a second copy")
                contents[member.name] = _read_member(path.name, archive, member)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        found = f"damaged bytes ({error})"
        raise _refusal(path.name, None, "a readable tar archive", found) from error
    return contents


def _read_member(name: str, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    data = stream.read() if stream is not None else b""
    if len(data) != member.size:
        raise _refusal(name, member.name, f"{member.size} bytes", f"only {len(data)}")
    return data


def _refuse_excess(name: str, count: int, total: int, limits: Limits) -> None:
    if count > limits.members:
        raise _refusal(name, None, f"at most {limits.members} members", "more")
    if total > limits.total_bytes:
        expected = f"at most {limits.total_bytes} bytes unpacked"
        raise _refusal(name, None, expected, f"at least {total}")


def _refuse_unsafe(name: str, member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name:
        raise _refusal(name, member.name, "a path inside the archive", "a path that leaves it")
    if member.issym() or member.islnk():
        raise _refusal(name, member.name, "a regular file", f"a link to {member.linkname!r}")
    if not (member.isreg() or member.isdir()):
        raise _refusal(name, member.name, "a regular file", "a device or another special member")


def _refusal(name: str, member: str | None, expected: str, found: str) -> IngestError:
    where = name if member is None else f"{name}, member {member!r}"
    return IngestError(
        Problem(
            where=where,
            expected=expected,
            found=found,
            next_step="Do not unpack it by hand; compare the archive with its upstream copy.",
        )
    )


# Zip archives read member by member, their whole directory judged before the first byte is


_COMPANIONS = ("__MACOSX", ".DS_Store")
_ZIPS_APPLE_DOUBLE = "._"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
_NEXT_STEP = "Do not unpack it by hand; compare the archive with its upstream copy."

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class ZipLimits:
    """How much an archive may hold before it is refused.

    Attributes:
        members: Largest number of members, folders included.
        total_bytes: Largest sum of the sizes that the members declare.
        ratio: Largest size of a member, over its compressed size; text of numbers stays below 20.
        small_bytes: Members up to this size may have any ratio.
    """

    members: int = 200_000
    total_bytes: int = 64_000_000_000
    ratio: int = 200
    small_bytes: int = 1_000_000


class ZipMembers:
    """The regular files of a zip archive; nothing is ever written to disk.

    Opening it judges every member of the directory and reports all that is wrong. Folders are
    passed over, and so are the companions that macOS adds (``__MACOSX``, ``._name``,
    ``.DS_Store``). A member is never read beyond the size it declares, and its CRC is checked at
    its end.

    Args:
        path: The archive.
        limits: What is refused as too large.

    Raises:
        IngestError: It is no zip archive, is damaged or too large, or has a member that is
            encrypted, a link or a device, packed by an unknown method, or whose path is absolute,
            leaves the archive, has a drive or a backslash, or equals another but for its case.

    Example:
        >>> with ZipMembers(path) as archive:  # doctest: +SKIP
        ...     archive.names
        ('BVEL13k/BVEL13k_index.csv', 'BVEL13k/BVEL13k_train.xyz')
    """

    def __init__(self, path: Path, *, limits: ZipLimits | None = None) -> None:
        self._path = path
        self._archive = self._guarded(None, lambda: zipfile.ZipFile(path))
        infos = self._archive.infolist()
        problems = list(_problems(path, infos, limits or ZipLimits()))
        if problems:
            self._archive.close()
            raise IngestError(problems)
        self._infos = {i.filename: i for i in infos if not i.is_dir() and not _is_companion(i)}
        self.names: tuple[str, ...] = tuple(self._infos)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def open(self, name: str) -> BinaryIO:
        """A member as a stream.

        Raises:
            IngestError: There is no such member; when read, its bytes are damaged or cut short.
        """
        info = self._info(name)
        raw = self._guarded(name, lambda: cast("BinaryIO", self._archive.open(info)))
        return cast("BinaryIO", io.BufferedReader(_Checked(self, name, raw), 1 << 18))

    def read(self, name: str) -> bytes:
        """A member as bytes; for small ones.

        Raises:
            IngestError: As for :meth:`open`.
        """
        with self.open(name) as stream:
            return stream.read()

    def fingerprint(self, name: str) -> str:
        """Size and CRC of a member as text: what recognises it again without reading it.

        Raises:
            IngestError: There is no such member.

        Example:
            >>> archive.fingerprint("BVEL13k/BVEL13k_index.csv")  # doctest: +SKIP
            '412345-0badcafe'
        """
        info = self._info(name)
        return f"{info.file_size}-{info.CRC:08x}"

    def size(self, name: str) -> int:
        """Bytes of a member once unpacked.

        Raises:
            IngestError: There is no such member.
        """
        return self._info(name).file_size

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._infos:
            raise IngestError(_problem(self._path, None, f"a member {name!r}", "none"))
        return self._infos[name]

    def _guarded(self, name: str | None, action: Callable[[], Value]) -> Value:
        """Do it, and say which bytes are damaged where that fails."""
        try:
            return action()
        except _DAMAGE as error:
            expected = "a readable zip archive" if name is None else "whole, undamaged bytes"
            found = f"damaged bytes ({str(error) or type(error).__name__})"
            raise IngestError(_problem(self._path, name, expected, found)) from error


class _Checked(io.RawIOBase):
    """A member whose damage is told as a letter."""

    def __init__(self, archive: ZipMembers, name: str, stream: BinaryIO) -> None:
        self._archive, self._name, self._stream = archive, name, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._archive._guarded(self._name, lambda: self._stream.read(len(buffer)))  # noqa: SLF001
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _problems(path: Path, infos: list[zipfile.ZipInfo], limits: ZipLimits) -> Iterator[Problem]:
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if len(infos) > limits.members:
        yield _problem(path, None, f"at most {limits.members} members", str(len(infos)))
        return
    if total > limits.total_bytes:
        yield _problem(path, None, f"at most {limits.total_bytes} bytes unpacked", str(total))
    if packed > path.stat().st_size:
        yield _problem(path, None, "members that do not overlap", f"{packed} packed bytes")
    seen: dict[str, str] = {}
    for info in infos:
        for expected, found in _objections(info, limits):
            yield _problem(path, info.filename, expected, found)
        key = unicodedata.normalize("NFC", info.filename.rstrip("/")).casefold()
        if key in seen:
            yield _problem(path, info.filename, "each name once", f"also {seen[key]!r}")
        seen[key] = info.filename


def _objections(info: zipfile.ZipInfo, limits: ZipLimits) -> Iterator[tuple[str, str]]:
    """What is expected of a member, and what it is instead."""
    name, inside = PurePosixPath(info.filename), "a path inside the archive"
    if info.orig_filename != info.filename or not name.parts:
        yield "a plain name", repr(info.orig_filename)
    if name.is_absolute() or ".." in name.parts:
        yield inside, "a path that leaves it"
    if "\\" in info.filename or ":" in info.filename:
        yield inside, "a drive or a backslash"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield "a regular file", "a link" if kind == stat.S_IFLNK else "a special file"
    if info.flag_bits & _ENCRYPTED:
        yield "plain bytes", "an encrypted member"
    if info.compress_type not in _METHODS:
        yield "a stored or deflated member", f"compression method {info.compress_type}"
    is_large = info.file_size > limits.small_bytes
    if is_large and info.file_size > limits.ratio * max(info.compress_size, 1):
        found = f"{info.file_size} bytes from {info.compress_size}"
        yield f"at most {limits.ratio} bytes from one", found


def _is_companion(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return any(part in _COMPANIONS for part in parts) or parts[-1].startswith(_ZIPS_APPLE_DOUBLE)


def _problem(path: Path, member: str | None, expected: str, found: str) -> Problem:
    where = path.name if member is None else f"{path.name}, member {member!r}"
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
