"""Extended XYZ read frame by frame: what ASE writes, at several times the speed of its reader.

A frame is a line with the number of atoms, a line of ``key=value`` pairs with ``Lattice`` and
``Properties``, and one line an atom with the columns that ``Properties`` declares. Numbers are read
by correctly rounded conversions, so they equal what ASE reads to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, repeat
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ionladder.core.errors import IngestError
from ionladder.core.problems import first_few, visible
from ionladder.sources.extxyz_atoms import SYMBOLS, read_closely, read_plain
from ionladder.sources.extxyz_lines import Layout, Place, letter_about, read_layout, read_pairs

__all__ = ["SYMBOLS", "Frame", "array", "iter_frames", "number", "numbers", "text"]

Array = npt.NDArray[np.float64]

MAX_ATOMS = 100_000
_LONGEST_LINE = 1 << 20
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One configuration.

    Attributes:
        place: Its place in the file, from 1.
        info: Key → raw text of the comment line, quotes removed; ``T`` for a key without value.
            ``Lattice`` and ``Properties`` are not among them.
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        numbers: Atomic numbers, shape (n_atoms,), uint8; 0 for the dummy atom ``X``.
        arrays: Name → per-atom array of the wanted columns that the frame has: ``pos`` (n_atoms, 3)
            float64 in Å, ``forces`` (n_atoms, 3), ``freezed`` (n_atoms,) bool, …; all finite.
        skipped: Names of per-atom columns that nobody asked for.
    """

    place: int
    info: Mapping[str, str]
    cell_ang: Array
    numbers: npt.NDArray[np.uint8]
    arrays: Mapping[str, npt.NDArray[Any]]
    skipped: tuple[str, ...] = ()


def iter_frames(
    stream: BinaryIO, *, where: str, wanted: Collection[str] = ("pos",)
) -> Iterator[Frame]:
    """The frames of a file, one after the other; about a megabyte of text is held.

    Args:
        stream: The file, as bytes.
        where: Its name in letters.
        wanted: Per-atom columns to read; others are passed over and named in ``skipped``.

    Raises:
        IngestError: A frame is malformed, cut short, or has a number that is not finite; the
            letter names the file, the frame and the line.

    Example:
        >>> import io
        >>> info = b'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 em=0.4'
        >>> lines = b"1\\n" + info + b"\\nLi 0 1 2\\n"
        >>> frame = next(iter_frames(io.BytesIO(lines), where="hops.xyz"))
        >>> frame.info["em"], frame.numbers.tolist(), frame.arrays["pos"].tolist()
        ('0.4', [3], [[0.0, 1.0, 2.0]])
    """
    asked = frozenset(wanted)
    frames = _written_frames(stream, where)
    is_end = False
    while not is_end:
        block: list[_Written] = []
        n_bytes, failure = 0, None
        try:
            while n_bytes < _BLOCK_BYTES and not is_end:
                written = next(frames, None)
                is_end = written is None
                if written is not None:
                    block.append(written)
                    n_bytes += sum(map(len, written.lines))
        except IngestError as error:
            failure = error
        # Whatever is wrong further on, the frames before it come first.
        yield from _read_block(block, asked)
        if failure is not None:
            raise failure


@dataclass(frozen=True, kw_only=True)
class _Written:
    """A frame as it stands in the file."""

    at: Place
    comment: bytes
    lines: list[bytes]


def _written_frames(stream: BinaryIO, where: str) -> Iterator[_Written]:
    lines, place = 0, 0
    while first := stream.readline(_LONGEST_LINE):
        if not first.strip():
            _require_end(stream, where, lines)
            return
        place += 1
        at = Place(where=where, frame=place, line=lines + 1)
        n_atoms = _count(first, at)
        comment = stream.readline(_LONGEST_LINE)
        rows = list(map(stream.readline, repeat(_LONGEST_LINE, n_atoms)))
        yield _Written(at=at, comment=comment, lines=rows)
        lines += n_atoms + 2


@dataclass(frozen=True, kw_only=True)
class _Head:
    """What the second line of a frame says."""

    info: Mapping[str, str]
    cell_ang: Array
    layout: Layout


def _read_block(block: list[_Written], asked: frozenset[str]) -> Iterator[Frame]:
    """Read some frames, those of one layout together where they are plain."""
    heads: list[_Head] = []
    failure = None
    for written in block:
        try:
            heads.append(_head(written.comment, written.at))
        except IngestError as error:
            failure = error
            break
    start = 0
    for layout, group in groupby(heads, key=lambda head: head.layout):
        together = list(group)
        end = start + len(together)
        yield from _read_group(block[start:end], together, layout, asked)
        start = end
    if failure is not None:
        raise failure


def _read_group(
    block: list[_Written], heads: list[_Head], layout: Layout, asked: frozenset[str]
) -> Iterator[Frame]:
    plain = read_plain([line for one in block for line in one.lines], layout, asked)
    skipped = tuple(name for name in layout.columns if name not in asked and name != "pos")
    start = 0
    for one, head in zip(block, heads, strict=True):
        end = start + len(one.lines)
        atoms = (
            read_closely(one.lines, layout, asked, one.at)
            if plain is None
            else plain.part(start, end)
        )
        yield Frame(
            place=one.at.frame,
            info=head.info,
            cell_ang=head.cell_ang,
            numbers=atoms.numbers,
            arrays=atoms.arrays,
            skipped=skipped,
        )
        start = end


def number(frame: Frame, key: str, *, where: str, allow_inf: bool = False) -> float:
    """A number of the comment line.

    Args:
        frame: The frame.
        key: Its name.
        where: The file, for letters.
        allow_inf: Whether ``inf`` is a value; ``nan`` never is.

    Raises:
        IngestError: It is not there, or no such number.
    """
    return numbers(frame, key, 1, where=where, allow_inf=allow_inf)[0]


def numbers(
    frame: Frame, key: str, count: int, *, where: str, allow_inf: bool = False
) -> tuple[float, ...]:
    """Several numbers of the comment line, separated by blanks or commas.

    Raises:
        IngestError: It is not there, has another count, or a number is not finite.
    """
    written = text(frame, key, where=where)
    values = _floats(written.strip("[]()").replace(",", " "))
    is_good = values is not None and len(values) == count
    if values is None or not is_good or not all(_is_allowed(v, allow_inf) for v in values):
        expected = f"{count} finite number(s)" if not allow_inf else f"{count} number(s)"
        raise letter_about(
            where=f"{where}, frame {frame.place}, {key}",
            expected=expected,
            found=repr(visible(written)),
        )
    return tuple(values)


def text(frame: Frame, key: str, *, where: str) -> str:
    """A text of the comment line.

    Raises:
        IngestError: It is not there; the letter names what is.
    """
    if key not in frame.info:
        found = f"only {first_few(sorted(frame.info), limit=20) or 'a cell'}"
        raise letter_about(
            where=f"{where}, frame {frame.place}", expected=f"a value of {key}", found=found
        )
    return frame.info[key]


def array(frame: Frame, key: str, *, where: str) -> npt.NDArray[Any]:
    """A per-atom array.

    Raises:
        IngestError: The frame has no such column.
    """
    if key not in frame.arrays:
        found = f"only {first_few([*frame.arrays, *frame.skipped], limit=20)}"
        raise letter_about(
            where=f"{where}, frame {frame.place}",
            expected=f"a column {key} for every atom",
            found=found,
        )
    return frame.arrays[key]


def _count(line: bytes, at: Place) -> int:
    shown = line.strip()
    if not shown.isdigit() or len(shown) > len(str(MAX_ATOMS)) or not 0 < int(shown) <= MAX_ATOMS:
        found = repr(shown[:60].decode("utf-8", "replace"))
        raise at.error(expected=f"a number of atoms from 1 to {MAX_ATOMS}", found=found)
    return int(shown)


def _head(comment: bytes, at: Place) -> _Head:
    pairs = read_pairs(comment, at)
    if "Properties" not in pairs or "Lattice" not in pairs:
        raise at.error(
            expected="Lattice and Properties", found=f"only {first_few(pairs, limit=20)}", offset=1
        )
    layout = read_layout(pairs.pop("Properties"))
    if isinstance(layout, str):
        raise at.error(expected="Properties with species:S:1 and pos:R:3", found=layout, offset=1)
    lattice = _floats(pairs.pop("Lattice"))
    if lattice is None or len(lattice) != 9 or not all(map(math.isfinite, lattice)):
        raise at.error(expected="a Lattice of nine finite numbers", found="another", offset=1)
    cell = np.array(lattice, dtype=np.float64).reshape(3, 3)
    return _Head(info=pairs, cell_ang=cell, layout=layout)


def _floats(written: str) -> list[float] | None:
    try:
        return None if "_" in written else list(map(float, written.split()))
    except ValueError:
        return None


def _is_allowed(value: float, allow_inf: bool) -> bool:
    return not math.isnan(value) and (allow_inf or math.isfinite(value))


def _require_end(stream: BinaryIO, where: str, lines: int) -> None:
    """Blank lines may end a file, and nothing else may follow them."""
    while line := stream.readline(_LONGEST_LINE):
        if line.strip():
            raise letter_about(
                where=f"{where}, line {lines + 1}",
                expected="a number of atoms",
                found="a blank line",
            )
