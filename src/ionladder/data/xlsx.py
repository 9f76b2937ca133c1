"""Sheets of xlsx workbooks as text, cell by cell, read without a spreadsheet program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ionladder.data.archives import ZipMembers
from ionladder.errors import IngestError, first_few

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

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
    step = "Compare the workbook with its upstream copy, or correct the name."
    with ZipMembers(path) as archive:
        places = _sheets(archive, path)
        name = next(iter(places), "") if sheet is None else sheet
        if name not in places:
            found = f"only {first_few(places, limit=10)}"
            raise IngestError(path.name, f"the sheet {name!r}", found, step)
        strings: list[str] = []
        if "xl/sharedStrings.xml" in archive.names:
            shared = _xml(archive, "xl/sharedStrings.xml", path)
            strings = [_text(item) for item in shared.iter(f"{_MAIN}si")]
        root = _xml(archive, places[name], path)
    try:
        cells = [dict(_cells(row, strings, strip)) for row in root.iter(f"{_MAIN}row")]
    except (IndexError, ValueError, TypeError) as error:
        raise IngestError(f"{path.name}, {name}", "cells of a sheet", str(error), step) from error
    header, *rows = [row for row in cells if any(row.values())] or [{}]
    absent = [title for title in required if title not in header.values()]
    if absent:
        found = f"no {first_few(absent)}; there are {first_few(header.values(), limit=20)}"
        raise IngestError(f"{path.name}, {name}", "the columns that are asked for", found, step)
    return [{title: row.get(column, "") for column, title in header.items()} for row in rows]


def _sheets(archive: ZipMembers, path: Path) -> Mapping[str, str]:
    """Name of every sheet → its member."""
    links = {
        link.get("Id"): str(link.get("Target")).removeprefix("/xl/")
        for link in _xml(archive, "xl/_rels/workbook.xml.rels", path)
    }
    sheets = _xml(archive, "xl/workbook.xml", path).iter(f"{_MAIN}sheet")
    return {str(sheet.get("name")): f"xl/{links.get(sheet.get(_LINK))}" for sheet in sheets}


def _xml(archive: ZipMembers, member: str, path: Path) -> Element:
    """A member as XML, which may declare no entities of its own."""
    data = archive.read(member)
    step = "Save it as .xlsx again, or compare it with its upstream copy."
    try:
        if b"<!DOCTYPE" in data:
            raise IngestError(f"{path.name}, {member}", "a plain sheet", "a DOCTYPE", step)
        return ET.fromstring(data)  # noqa: S314 - without a DOCTYPE nothing expands
    except ET.ParseError as error:
        raise IngestError(f"{path.name}, {member}", "XML", str(error), step) from error


def _cells(row: Element, strings: Sequence[str], strip: bool) -> Iterator[tuple[str, str]]:
    for cell in row.iter(f"{_MAIN}c"):
        column = _COLUMN.match(cell.get("r") or "")
        if column is None:
            raise ValueError(f"a cell without a place ({cell.get('r')})")
        kind, value = cell.get("t"), cell.findtext(f"{_MAIN}v") or ""
        if kind == "s":
            value = strings[int(value)]
        value = _text(cell) if kind == "inlineStr" else value
        yield column[0], value.strip() if strip else value


def _text(item: Element) -> str:
    """The text of a string in pieces; the reading aid for Japanese is none of it."""
    pieces = [*item.iterfind(f"{_MAIN}t"), *item.iterfind(f"{_MAIN}r/{_MAIN}t")]
    pieces += item.iterfind(f"{_MAIN}is/{_MAIN}t")
    return "".join(piece.text or "" for piece in pieces)
