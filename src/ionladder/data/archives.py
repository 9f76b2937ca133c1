"""Reading archives and workbooks that may be damaged or hostile: nothing is written to disk."""

from __future__ import annotations

import csv
import io
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self, cast
from xml.etree import ElementTree as ET

from ionladder.errors import IngestError, Problem, first_few, worded

_COMPANIONS = ("__MACOSX", ".DS_Store")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError),
    *(NotImplementedError, ValueError),
)


PAGE = "an HTML page, such as a login or a proxy answers, instead of the file"


def is_page(path: Path) -> bool:
    """Whether a file that should be an archive or a table begins as HTML does."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        start = stream.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """How much an archive may hold before it is refused.

    Attributes:
        members: Largest number of members, folders included.
        total_bytes: Largest sum of the sizes that the members declare.
        ratio: Largest size of a member of a zip archive, over its compressed size; text of
            numbers stays below 20.
        small_bytes: Members up to this size may have any ratio.
    """

    members: int = 200_000
    total_bytes: int = 64_000_000_000
    ratio: int = 200
    small_bytes: int = 1_000_000


_TAR_LIMITS = ArchiveLimits(members=10_000, total_bytes=200_000_000)


def read_tar(path: Path, *, limits: ArchiveLimits = _TAR_LIMITS) -> dict[str, bytes]:
    """Read the regular files of a (compressed) tar archive.

    Each header is judged before its data are decompressed. Folders are passed over, and so are
    the companions that macOS adds.

    Returns:
        Member path → bytes, in archive order.

    Raises:
        IngestError: The archive is damaged, too large, names a file twice, or holds a member with
            an absolute path, with ``..``, or of another kind than file or folder.
    """
    contents: dict[str, bytes] = {}
    count = total = 0
    with _damage_told(path, None, "a readable tar archive"), tarfile.open(path, "r:*") as archive:
        for member in archive:
            count, total = count + 1, total + max(member.size, 0)
            problems = [
                *_too_much(path, count, total, limits),
                *_bad_name(path, member.name, member.name in contents),
            ]
            if not (member.isreg() or member.isdir()):
                is_link = member.issym() or member.islnk()
                special = "a device or another special member"
                found = f"a link to {member.linkname!r}" if is_link else special
                problems.append(_problem(path, member.name, "a regular file", found))
            if problems:
                raise IngestError(problems[:1])
            if member.isdir() or _is_companion(member.name):
                continue
            stream = archive.extractfile(member)
            data = contents[member.name] = stream.read() if stream is not None else b""
            if len(data) != member.size:
                found = f"only {len(data)}"
                raise IngestError(_problem(path, member.name, f"{member.size} bytes", found))
    return contents


class ZipMembers:
    """The regular files of a zip archive.

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

    def __init__(self, path: Path, *, limits: ArchiveLimits | None = None) -> None:
        self.path = path
        if is_page(path):
            raise IngestError(_problem(path, None, "a readable zip archive", PAGE))
        with _damage_told(path, None, "a readable zip archive"):
            self._archive = zipfile.ZipFile(path)
        infos = self._archive.infolist()
        problems = list(_zip_problems(path, infos, limits or ArchiveLimits()))
        if problems:
            self._archive.close()
            raise IngestError(problems)
        files = (info for info in infos if not info.is_dir() and not _is_companion(info.filename))
        self._infos = {info.filename: info for info in files}
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
        if name not in self._infos:
            raise IngestError(_problem(self.path, None, f"a member {name!r}", "none"))
        with _damage_told(self.path, name, "whole, undamaged bytes"):
            member = cast("BinaryIO", self._archive.open(self._infos[name]))
        stream = _Checked(self.path, name, member)
        return cast("BinaryIO", io.BufferedReader(stream, 1 << 18))

    def read(self, name: str) -> bytes:
        """A member as bytes; for small ones.

        Raises:
            IngestError: As for :meth:`open`.
        """
        with self.open(name) as stream:
            return stream.read()


class _Checked(io.RawIOBase):
    """A member of a zip archive that tells its damage as an error with a next step."""

    def __init__(self, path: Path, name: str, stream: BinaryIO) -> None:
        self._path, self._name, self._stream = path, name, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        with _damage_told(self._path, self._name, "whole, undamaged bytes"):
            data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextmanager
def _damage_told(path: Path, member: str | None, expected: str) -> Iterator[None]:
    """Say which bytes are damaged where reading them fails."""
    try:
        yield
    except _DAMAGE as error:
        found = f"damaged bytes ({str(error) or type(error).__name__})"
        raise IngestError(_problem(path, member, expected, found)) from error


def _zip_problems(
    path: Path, infos: list[zipfile.ZipInfo], limits: ArchiveLimits
) -> Iterator[Problem]:
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    yield from _too_much(path, len(infos), total, limits)
    if len(infos) > limits.members:
        return
    if packed > path.stat().st_size:
        yield _problem(path, None, "members that do not overlap", f"{packed} packed bytes")
    seen: set[str] = set()
    for info in infos:
        key = unicodedata.normalize("NFC", info.filename.rstrip("/")).casefold()
        yield from _bad_name(path, info.filename, key in seen)
        seen.add(key)
        for expected, found in _objections(info, limits):
            yield _problem(path, info.filename, expected, found)


def _objections(info: zipfile.ZipInfo, limits: ArchiveLimits) -> Iterator[tuple[str, str]]:
    """What is expected of a member, and what it is instead."""
    if info.orig_filename != info.filename:
        yield "a plain name", repr(info.orig_filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        yield "a regular file", "a link" if kind == stat.S_IFLNK else "a special file"
    if info.flag_bits & 1:
        yield "plain bytes", "an encrypted member"
    if info.compress_type not in _METHODS:
        yield "a stored or deflated member", f"compression method {info.compress_type}"
    is_large = info.file_size > limits.small_bytes
    if is_large and info.file_size > limits.ratio * max(info.compress_size, 1):
        found = f"{info.file_size} bytes from {info.compress_size}"
        yield f"at most {limits.ratio} bytes from one", found


def _too_much(path: Path, count: int, total: int, limits: ArchiveLimits) -> Iterator[Problem]:
    if count > limits.members:
        yield _problem(path, None, f"at most {limits.members} members", "more")
    if total > limits.total_bytes:
        expected = f"at most {limits.total_bytes} bytes unpacked"
        yield _problem(path, None, expected, f"at least {total}")


def _bad_name(path: Path, name: str, is_second: bool) -> Iterator[Problem]:
    parts = PurePosixPath(name).parts
    if not parts:
        yield _problem(path, name, "a plain name", repr(name))
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        yield _problem(path, name, "a path inside the archive", "a path that leaves it")
    if is_second:
        yield _problem(path, name, "each name once", "a second copy")


def _is_companion(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part in _COMPANIONS for part in parts) or parts[-1].startswith("._")


def _problem(path: Path, member: str | None, expected: str, found: str) -> Problem:
    where = path.name if member is None else f"{path.name}, member {member!r}"
    step = "Do not unpack it by hand; compare the archive with its upstream copy."
    return Problem(where, expected, found, step)


# Tables of text, read by the names of their columns


def read_csv(
    data: bytes, *, required: Sequence[str], optional: Sequence[str] = (), where: str
) -> tuple[list[dict[str, str]], list[str]]:
    """Rows of a CSV of upstream whose columns are known by name, in any order.

    Args:
        data: The file.
        required: Columns that it must have.
        optional: Columns that it may have.
        where: Its name, for errors.

    Returns:
        Column → text, of every row in file order; and the columns that were not asked for.

    Raises:
        IngestError: Not UTF-8, no CSV, a column that is missing or there twice, or rows of another
            length; all listed.

    Example:
        >>> read_csv(b"em,mass,id\\n0.4,7,mp-1\\n", required=["id", "em"], where="index")
        ([{'id': 'mp-1', 'em': '0.4'}], ['mass'])
    """
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        facts = {"expected": "CSV in UTF-8", "found": error}
        raise IngestError(worded("upstream-file", where, **facts)) from error
    header, *rows = lines or [[]]
    counts = Counter(header)
    at, only = f"{where}, header", f"only {first_few(header, limit=20)}"
    wrong = [(at, f"one column {name}", only) for name in required if name not in counts]
    twice = [f"{name} {n} times" for name, n in counts.items() if n > 1]
    wrong += [(at, "each column once", found) for found in twice]
    short = [line for line, fields in enumerate(rows, start=2) if len(fields) != len(header)]
    if short:
        found = f"another number in {len(short)} rows (row {first_few(short)})"
        wrong.append((where, f"{len(header)} fields in every row", found))
    if wrong:
        raise IngestError([worded("upstream-file", at, expected=e, found=f) for at, e, f in wrong])
    wanted = [name for name in dict.fromkeys((*required, *optional)) if name in counts]
    places = {name: header.index(name) for name in wanted}
    index = [{name: fields[place] for name, place in places.items()} for fields in rows]
    return index, [name for name in header if name not in wanted]


# Sheets of xlsx workbooks as text, cell by cell, read without a spreadsheet program


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMN = re.compile(r"[A-Z]{1,3}")


def read_sheet(
    path: Path, sheet: str | None = None, required: Sequence[str] = (), *, strip: bool = True
) -> list[dict[str, str]]:
    """The rows of one sheet below its header, as header → text of the cell.

    Numbers are the text that the file holds, 17 digits where they need them; formulas are their
    stored values; booleans are 0 and 1. Rows without any cell are dropped.

    Args:
        path: The workbook.
        sheet: Name of the sheet; None for the first one.
        required: Headers that must be there.
        strip: Whether blanks around a cell are dropped.

    Returns:
        A mapping for each row; an empty cell is an empty text.

    Raises:
        IngestError: It is no workbook, or lacks the sheet or headers; what there is instead is
            named.

    Example:
        >>> rows = read_sheet(path, "Sheet1", ["name"])  # doctest: +SKIP
        >>> rows[0]["name"]  # doctest: +SKIP
        'Li3PO4'
    """
    with ZipMembers(path) as archive:
        places = _sheets(archive, path)
        name = next(iter(places), "") if sheet is None else sheet
        if name not in places:
            known = first_few(places, limit=10)
            raise IngestError(worded("no-sheet", path.name, name=name, known=known))
        strings: list[str] = []
        if "xl/sharedStrings.xml" in archive.names:
            shared = _xml(archive, "xl/sharedStrings.xml", path)
            strings = [_text(item) for item in shared.iter(f"{_MAIN}si")]
        root = _xml(archive, places[name], path)
    try:
        cells = [dict(_cells(row, strings, strip)) for row in root.iter(f"{_MAIN}row")]
    except (IndexError, ValueError, TypeError) as error:
        raise IngestError(worded("sheet-unread", f"{path.name}, {name}", error=error)) from error
    header, *rows = [row for row in cells if any(row.values())] or [{}]
    if absent := first_few(title for title in required if title not in header.values()):
        where, known = f"{path.name}, {name}", first_few(header.values(), limit=20)
        raise IngestError(worded("sheet-columns", where, absent=absent, known=known))
    return [{title: row.get(column, "") for column, title in header.items()} for row in rows]


def _sheets(archive: ZipMembers, path: Path) -> Mapping[str, str]:
    """Name of every sheet → its member."""
    links = {
        link.get("Id"): str(link.get("Target")).removeprefix("/xl/")
        for link in _xml(archive, "xl/_rels/workbook.xml.rels", path)
    }
    sheets = _xml(archive, "xl/workbook.xml", path).iter(f"{_MAIN}sheet")
    return {str(sheet.get("name")): f"xl/{links.get(sheet.get(_LINK))}" for sheet in sheets}


def _xml(archive: ZipMembers, member: str, path: Path) -> ET.Element:
    """A member as XML, which may declare no entities of its own."""
    data = archive.read(member)
    step = "Save it as .xlsx again, or compare it with its upstream copy."
    try:
        if b"<!DOCTYPE" in data:
            raise IngestError(f"{path.name}, {member}", "a plain sheet", "a DOCTYPE", step)
        return ET.fromstring(data)  # noqa: S314 - without a DOCTYPE nothing expands
    except ET.ParseError as error:
        raise IngestError(f"{path.name}, {member}", "XML", str(error), step) from error


def _cells(row: ET.Element, strings: Sequence[str], strip: bool) -> Iterator[tuple[str, str]]:
    for cell in row.iter(f"{_MAIN}c"):
        column = _COLUMN.match(cell.get("r") or "")
        if column is None:
            raise ValueError(f"a cell without a place ({cell.get('r')})")
        kind, value = cell.get("t"), cell.findtext(f"{_MAIN}v") or ""
        if kind == "s":
            value = strings[int(value)]
        value = _text(cell) if kind == "inlineStr" else value
        yield column[0], value.strip() if strip else value


def _text(item: ET.Element) -> str:
    """The text of a string in pieces; the reading aid for Japanese is none of it."""
    pieces = [*item.iterfind(f"{_MAIN}t"), *item.iterfind(f"{_MAIN}r/{_MAIN}t")]
    pieces += item.iterfind(f"{_MAIN}is/{_MAIN}t")
    return "".join(piece.text or "" for piece in pieces)
