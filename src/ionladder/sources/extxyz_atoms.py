"""Atom lines of extended XYZ frames: of many frames at once by Arrow, or line by line.

Arrow splits and converts plain lines several times faster than Python; its conversion is correctly
rounded too, so both give the same bits. Wherever a line is not plain (a word too many, a number
with an underscore, a column of flags), Python reads the frame, and says what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.core.problems import visible
from ionladder.sources.extxyz_lines import Layout, Place

_SYMBOLS = (
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy "
    "Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf "
    "Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split()
SYMBOLS: tuple[str, ...] = tuple(_SYMBOLS)
"""Element symbols by atomic number; 0 is the dummy atom X."""

_NUMBERS = {symbol.encode(): number for number, symbol in enumerate(SYMBOLS)}
_TRUTH = {b"T": True, b"F": False, b"True": True, b"False": False}

_MOST_BYTES = 1 << 30  # offsets of an Arrow array of texts are 32-bit


@dataclass(frozen=True, kw_only=True)
class Atoms:
    """What the atom lines of one frame, or of several one after the other, say.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,), uint8; 0 for the dummy atom ``X``.
        arrays: Name → array of a wanted column, finite.
    """

    numbers: npt.NDArray[np.uint8]
    arrays: Mapping[str, npt.NDArray[Any]]

    def part(self, start: int, end: int) -> Atoms:
        """Some of the atoms, without a copy."""
        arrays = {name: values[start:end] for name, values in self.arrays.items()}
        return Atoms(numbers=self.numbers[start:end], arrays=arrays)


def read_plain(lines: Sequence[bytes], layout: Layout, asked: Collection[str]) -> Atoms | None:
    """Read atom lines of one layout together; None where a line needs a closer look.

    Args:
        lines: Lines of any number of frames.
        layout: Their layout.
        asked: Wanted columns.

    Example:
        >>> from ionladder.sources.extxyz_lines import read_layout
        >>> layout = read_layout("species:S:1:pos:R:3")
        >>> read_plain([b"Li 0 1 2", b"O 3 4 5"], layout, {"pos"}).numbers.tolist()
        [3, 8]
        >>> read_plain([b"Li 0 1"], layout, {"pos"}) is None
        True
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = {name: place for name, place in layout.columns.items() if name in asked}
    if any(kind != "R" for *_, kind in wanted.values()) or sum(map(len, lines)) > _MOST_BYTES:
        return None
    try:
        texts = pc.ascii_trim_whitespace(pa.array(lines, pa.string()))
        words = pc.ascii_split_whitespace(texts)
        if (np.diff(words.offsets) != layout.width).any():
            return None
        flat, first = words.flatten(), np.arange(len(lines), dtype=np.int64) * layout.width
        symbols = flat.take(pa.array(first + layout.species)).dictionary_encode()
        places = [place for start, end, _ in wanted.values() for place in range(start, end)]
        chosen = flat.take(pa.array((first[:, None] + np.array(places, dtype=np.int64)).ravel()))
        values = chosen.cast(pa.float64()).to_numpy().reshape(len(lines), len(places))
    except pa.ArrowInvalid:
        return None
    known = [_NUMBERS.get(symbol.encode()) for symbol in symbols.dictionary.to_pylist()]
    if None in known or not np.isfinite(values).all():
        return None
    arrays: dict[str, npt.NDArray[Any]] = {}
    begin = 0
    for name, (start, end, _) in wanted.items():
        column = values[:, begin : begin + end - start]
        arrays[name] = np.ascontiguousarray(column[:, 0] if end - start == 1 else column)
        begin += end - start
    return Atoms(numbers=np.array(known, dtype=np.uint8)[symbols.indices], arrays=arrays)


def read_closely(
    lines: Sequence[bytes], layout: Layout, asked: Collection[str], at: Place
) -> Atoms:
    """Read the atom lines of one frame word by word.

    Raises:
        IngestError: A line has another number of words than declared, or a word is not what its
            column holds; the letter names the line.
    """
    columns = _columns([line.split() for line in lines], layout.width, at)
    arrays = {
        name: _array(columns[start:end], kind, name, at)
        for name, (start, end, kind) in layout.columns.items()
        if name in asked
    }
    return Atoms(numbers=_atomic_numbers(columns[layout.species], at), arrays=arrays)


def _columns(rows: list[list[bytes]], width: int, at: Place) -> list[tuple[bytes, ...]]:
    """Words of the atom lines, column by column; every line has as many as declared."""
    if set(map(len, rows)) != {width}:
        first = next(i for i, row in enumerate(rows) if len(row) != width)
        is_end = not any(rows[first:])
        found = "the end of the file" if is_end else f"{len(rows[first])} words"
        raise at.error(expected=f"an atom line of {width} words", found=found, offset=first + 2)
    return list(zip(*rows, strict=True))


def _array(columns: list[tuple[bytes, ...]], kind: str, name: str, at: Place) -> npt.NDArray[Any]:
    """One declared column, or several side by side, as an array."""
    made: npt.NDArray[Any] | None = None
    try:
        if kind == "R":
            made = np.array([list(map(float, column)) for column in columns], dtype=np.float64).T
        elif kind == "I":
            made = np.array([list(map(int, column)) for column in columns], dtype=np.int64).T
        elif kind == "L":
            made = np.array([[_TRUTH[word] for word in column] for column in columns]).T
        else:
            made = np.array([[w.decode() for w in column] for column in columns], dtype=object).T
    except (ValueError, KeyError, OverflowError):
        made = None
    # Python reads 1_0 as 10; no other program writes or reads that.
    is_plain = kind not in "RI" or not any(b"_" in b"".join(column) for column in columns)
    if made is None or not is_plain or (kind == "R" and not np.isfinite(made).all()):
        offset, word = _culprit(columns, kind)
        what = {"R": "finite numbers", "I": "whole numbers", "L": "T or F", "S": "text"}[kind]
        raise at.error(expected=f"{what} in {name}", found=repr(word), offset=offset + 2)
    made = made[:, 0] if len(columns) == 1 else made
    return np.ascontiguousarray(made)


def _culprit(columns: list[tuple[bytes, ...]], kind: str) -> tuple[int, str]:
    """Line (from 0) and word that cannot be read."""
    for line, words in enumerate(zip(*columns, strict=True)):
        for word in words:
            if not _is_readable(word, kind):
                return line, visible(word.decode("utf-8", "replace"), limit=60)
    return 0, "?"


def _is_readable(word: bytes, kind: str) -> bool:
    if b"_" in word and kind in "RI":
        return False
    try:
        if kind == "R":
            return math.isfinite(float(word))
        if kind == "I":
            return abs(int(word)) < 2**63
        word.decode()
    except ValueError:
        return False
    return kind != "L" or word in _TRUTH


def _atomic_numbers(symbols: tuple[bytes, ...], at: Place) -> npt.NDArray[np.uint8]:
    try:
        return np.array([_NUMBERS[symbol] for symbol in symbols], dtype=np.uint8)
    except KeyError as error:
        first = next(i for i, symbol in enumerate(symbols) if symbol not in _NUMBERS)
        found = repr(symbols[first][:60].decode("utf-8", "replace"))
        raise at.error(expected="an element symbol or X", found=found, offset=first + 2) from error
