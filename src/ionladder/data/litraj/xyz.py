"""Reading extended XYZ frames."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, product, repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ionladder.errors import IngestError, Problem, first_few, visible

# The second line of an extended XYZ frame, and where in a file a letter points at


_PAIR = re.compile(r'\s*([^\s="{}]+)(?:=(?:"((?:[^"\\]|\\.)*)"|\{([^{}]*)\}|([^\s"{}]+)))?(?=\s|$)')
_ESCAPED = re.compile(r"\\(.)")
_KINDS = "SRIL"
_NEXT_STEP = "Compare the file with its upstream copy."


@dataclass(frozen=True, kw_only=True)
class Place:
    """A frame of a file, and the number of its first line; both from 1."""

    where: str
    frame: int
    line: int

    def error(self, *, expected: str, found: str, offset: int = 0) -> IngestError:
        """A letter about the line that many below the first."""
        where = f"{self.where}, frame {self.frame}, line {self.line + offset}"
        return letter_about(where=where, expected=expected, found=found)


def read_pairs(line: bytes, at: Place) -> dict[str, str]:
    """Key → text of a comment line, quotes removed; ``T`` for a key without value.

    Raises:
        IngestError: It is not UTF-8, no list of ``key=value``, or names a key twice.
    """
    try:
        written = line.decode("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise at.error(expected="text in UTF-8", found="other bytes", offset=1) from error
    pairs: dict[str, str] = {}
    end = 0
    while end < len(written):
        hit = _PAIR.match(written, end)
        if hit is None or hit[1] in pairs:
            rest = visible(written[end : end + 60])
            raise at.error(expected="key=value pairs, each once", found=repr(rest), offset=1)
        quoted, braced, plain = hit[2], hit[3], hit[4]
        if quoted is not None and "\\" in quoted:
            quoted = _ESCAPED.sub(r"\1", quoted)
        pairs[hit[1]] = next((v for v in (quoted, braced, plain) if v is not None), "T")
        end = hit.end()
    return pairs


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the words of an atom line belong: name → first word, one past the last, and kind."""

    species: int
    width: int
    columns: Mapping[str, tuple[int, int, str]]


@lru_cache(maxsize=64)
def read_layout(properties: str) -> Layout | str:
    """The declared columns, or the declaration itself where it is none."""
    words = properties.split(":")
    columns: dict[str, tuple[int, int, str]] = {}
    start = 0
    for name, kind, count in zip(words[::3], words[1::3], words[2::3], strict=False):
        is_known = kind in _KINDS and len(kind) == 1 and count.isdigit() and 0 < int(count) < 100
        if not is_known or name in columns:
            return repr(properties)
        columns[name] = (start, start + int(count), kind)
        start += int(count)
    species, pos = columns.pop("species", None), columns.get("pos")
    if len(words) % 3 or species is None or pos is None:
        return repr(properties)
    if species[2] != "S" or species[1] - species[0] != 1 or pos[2] != "R" or pos[1] - pos[0] != 3:
        return repr(properties)
    return Layout(species=species[0], width=start, columns=columns)


def letter_about(*, where: str, expected: str, found: str) -> IngestError:
    """The letter about one place."""
    return IngestError(Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP))


# Atom lines of extended XYZ frames: of many frames at once by Arrow, or line by line


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
        >>> from ionladder.data.litraj.xyz import read_layout
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


# Extended XYZ read frame by frame: what ASE writes, at several times the speed of its reader


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


# Upstream tables read as text: nothing is guessed, so the id ``5e2`` stays ``5e2``


Row = dict[str, str]

_READERS_NEXT_STEP = (
    "Compare the file with its upstream copy; pin a new version only for bytes you trust."
)


def read_csv(path: Path, *, columns: tuple[str, ...]) -> list[Row]:
    """Read a CSV file as rows of text, with exactly the expected header.

    Args:
        path: UTF-8 file, comma separated.
        columns: The header, in order.

    Returns:
        Rows in file order; every value is the text between the commas, blanks included.

    Raises:
        IngestError: Not UTF-8, another header, or rows of another length, all listed.
    """
    text = _decode(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = list(reader)
    except csv.Error as error:
        raise IngestError(
            _problem(f"{path.name}, line {reader.line_num}", "valid CSV", str(error))
        ) from error
    header = tuple(lines[0]) if lines else ()
    if header != columns:
        raise IngestError(_header_problem(path.name, header, columns))
    problems = [
        _problem(f"{path.name}, row {number}", f"{len(columns)} fields", str(len(fields)))
        for number, fields in enumerate(lines[1:], start=2)
        if len(fields) != len(columns)
    ]
    if problems:
        raise IngestError(problems)
    return [dict(zip(columns, fields, strict=True)) for fields in lines[1:]]


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IngestError(
            _problem(path.name, "text in UTF-8", f"byte {error.start} that is not")
        ) from error


def _header_problem(name: str, header: tuple[str, ...], columns: tuple[str, ...]) -> Problem:
    missing = [column for column in columns if column not in header]
    extra = [column for column in header if column not in columns]
    twice = [column for column, count in Counter(header).items() if count > 1]
    parts = [
        f"{what}: {first_few(names)}"
        for what, names in (("missing", missing), ("unknown", extra), ("twice", twice))
        if names
    ]
    found = "; ".join(parts) or "another order"
    return _problem(f"{name}, header", f"the {len(columns)} known columns", found)


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_READERS_NEXT_STEP)


# Shortest vectors between periodic images, exact for skewed cells and fast for many atoms


MinimumImageArray = npt.NDArray[np.float64]

_MOST_STEPS = 1000
# A step of the reduction must shorten a vector by more than rounding does, or it would go on.
_SHORTER = 1 - 1e-12
_NEIGHBOURS = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))


class PeriodicCell:
    """A cell, made ready to find minimum images in it.

    The lattice gets a Minkowski-reduced basis first (Nguyen and Stehlé, ACM Trans. Algorithms 5,
    46, 2009, greedy algorithm): among the 27 neighbours of a vector wrapped into that basis is the
    shortest one, however skewed the cell is. A wrapped vector no longer than half of the shortest
    lattice vector is the shortest already, since every other image is at least as long; in
    supercells that is nearly every displacement, so only the others are searched.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: The vectors span no volume.

    Example:
        >>> cell = PeriodicCell(np.diag([4.0, 4.0, 10.0]))
        >>> cell.minimum_image(np.array([3.0, 0.0, 6.0])).tolist()
        [-1.0, 0.0, -4.0]
    """

    def __init__(self, cell_ang: MinimumImageArray) -> None:
        self.basis = reduced_basis(np.asarray(cell_ang, dtype=np.float64))
        self._inverse = np.linalg.inv(self.basis)
        self._images = _NEIGHBOURS @ self.basis
        self._safe = 0.5 * float(np.linalg.norm(self.basis[0]))

    def minimum_image(self, vectors_ang: MinimumImageArray) -> MinimumImageArray:
        """The shortest periodic image of every vector.

        Args:
            vectors_ang: Shape (…, 3), Å, finite.

        Returns:
            The same shape; of two images of equal length either one.
        """
        shifts = np.rint(vectors_ang @ self._inverse)
        wrapped: MinimumImageArray = vectors_ang - shifts @ self.basis
        flat = wrapped.reshape(-1, 3)
        far = np.flatnonzero(np.einsum("ij,ij->i", flat, flat) > self._safe**2)
        if len(far):
            candidates = flat[far, None, :] + self._images
            nearest = np.einsum("ijk,ijk->ij", candidates, candidates).argmin(axis=1)
            flat[far] = candidates[np.arange(len(far)), nearest]
        return flat.reshape(wrapped.shape)

    def distances(
        self, one_ang: MinimumImageArray, other_ang: MinimumImageArray
    ) -> MinimumImageArray:
        """Minimum-image distances between positions, shape of their difference without the last."""
        vectors = self.minimum_image(one_ang - other_ang)
        lengths: MinimumImageArray = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
        return lengths


def reduced_basis(cell_ang: MinimumImageArray) -> MinimumImageArray:
    """A Minkowski-reduced basis of the same lattice, shortest vector first.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: They are not finite, or span no volume.

    Example:
        >>> reduced_basis(np.array([[2.0, 0.0, 0.0], [4.0, 3.0, 0.0], [0.0, 3.0, 4.0]])).tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    """
    basis = np.array(cell_ang, dtype=np.float64)
    lengths = np.linalg.norm(basis, axis=1) if basis.shape == (3, 3) else np.zeros(1)
    if not np.isfinite(basis).all() or not lengths.all():
        msg = "a cell needs three lattice vectors of finite length"
        raise ValueError(msg)
    if abs(np.linalg.det(basis)) < 1e-9 * lengths.prod():
        msg = "the lattice vectors span no volume"
        raise ValueError(msg)
    for _ in range(_MOST_STEPS):
        basis = _pair_reduced(basis)
        shorter = basis[2] - _closest_in_plane(basis[2], basis[:2])
        if shorter @ shorter >= _SHORTER * (basis[2] @ basis[2]):
            return basis
        basis[2] = shorter
    return basis


def _pair_reduced(basis: MinimumImageArray) -> MinimumImageArray:
    """Sorted by length, the two shortest vectors as short as integer steps make them."""
    basis = _sorted(basis)
    for _ in range(_MOST_STEPS):
        step = np.rint((basis[1] @ basis[0]) / (basis[0] @ basis[0]))
        shorter = basis[1] - step * basis[0]
        if shorter @ shorter >= _SHORTER * (basis[1] @ basis[1]):
            break
        basis[1] = shorter
        basis = _sorted(basis)
    return basis


def _closest_in_plane(vector: MinimumImageArray, plane: MinimumImageArray) -> MinimumImageArray:
    """The lattice vector of two basis vectors that lies closest to a vector."""
    near = np.rint(np.linalg.solve(plane @ plane.T, plane @ vector))
    steps = near + np.array(list(product((-1.0, 0.0, 1.0), repeat=2)))
    candidates = steps @ plane
    found: MinimumImageArray = candidates[np.linalg.norm(candidates - vector, axis=1).argmin()]
    return found


def _sorted(basis: MinimumImageArray) -> MinimumImageArray:
    return basis[np.argsort(np.linalg.norm(basis, axis=1), kind="stable")]


# Atoms that stand in each other's places: a list of atoms in another order than it should be


_MOVED_ANG = 1.0
_FOUND_ANG = 0.75


def exchanged_atoms(
    cell: PeriodicCell, positions_ang: MinimumImageArray, reference_ang: MinimumImageArray
) -> list[int]:
    """Atoms of one configuration that stand where others of them should stand.

    An atom counts if it lies more than 1 Å from its own place and within 0.75 Å of that of another
    such atom, and if following these places from atom to atom leads back to it. No relaxation of a
    path moves atoms around such a ring, so a ring means that the list is in another order.

    Args:
        cell: The cell.
        positions_ang: Shape (n_atoms, 3), Å.
        reference_ang: The places, same shape and order.

    Returns:
        Their positions in the list, from 0, ascending; empty when the order is right.

    Example:
        >>> places = np.array([[0.0, 0, 0], [2.0, 0, 0], [0.0, 3, 0]])
        >>> exchanged_atoms(PeriodicCell(np.eye(3) * 9), places[[1, 0, 2]], places)
        [0, 1]
    """
    moved = np.flatnonzero(cell.distances(positions_ang, reference_ang) > _MOVED_ANG)
    if len(moved) < 2:
        return []
    between = cell.distances(positions_ang[moved, None], reference_ang[None, moved])
    nearest = between.argmin(axis=1)
    is_found = between[np.arange(len(moved)), nearest] < _FOUND_ANG
    leads_to = {i: int(nearest[i]) for i in range(len(moved)) if is_found[i]}
    return sorted(int(moved[i]) for i in leads_to if _is_on_a_ring(i, leads_to))


def _is_on_a_ring(start: int, leads_to: dict[int, int]) -> bool:
    place = leads_to.get(start)
    for _ in range(len(leads_to)):
        if place is None or place == start:
            break
        place = leads_to.get(place)
    return place == start
