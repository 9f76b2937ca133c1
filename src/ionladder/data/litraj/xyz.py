"""Extended XYZ, frame by frame, and shortest distances in periodic cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, product, repeat
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ionladder.errors import IngestError, Problem, first_few, visible, worded

Array = npt.NDArray[np.float64]

#: Element symbols by atomic number; 0 is the dummy atom X.
SYMBOLS: tuple[str, ...] = tuple(
    "X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se "
    "Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy "
    "Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf "
    "Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og".split()
)

MAX_ATOMS = 100_000
_LONGEST_LINE = 1 << 20
_NUMBERS = {symbol.encode(): number for number, symbol in enumerate(SYMBOLS)}
_COUNT = re.compile(rb"[0-9]{1,6}")
_MAX_KEYS = 1000
_QUOTED = r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\''
_NESTED = r"\[[^\[\]]*(?:\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\][^\[\]]*)*\]"
# A key and perhaps a value, each bare or in quotes, a value also in brackets: as ASE writes them.
_PAIR = re.compile(
    rf"\s*(?:{_QUOTED}|([^\s=\"'{{}}]+))"
    rf"(?:=(?:{_QUOTED}|\{{([^{{}}]*)\}}|({_NESTED})|([^\s\"{{}}]*)))?(?=\s|$)"
)
_EXPONENT = re.compile(r"(?<=[0-9.])[dD](?=[-+0-9])")
_BRACKETS = str.maketrans("[](),", "     ")
_TRUTH = {b"T": True, b"F": False, b"True": True, b"False": False}
#: Kind of a column → how a word is read, the type of the array, and what is expected.
# In Å³; a crystal of 100,000 atoms has 10⁶.
_LARGEST_VOLUME = 1e12
_KINDS: Mapping[str, tuple[Callable[[bytes], Any], Any, str]] = {
    "R": (float, np.float64, "finite numbers"),
    "I": (int, np.int64, "whole numbers"),
    "L": (_TRUTH.__getitem__, np.bool_, "T or F"),
    "S": (bytes.decode, object, "text"),
}


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
        skipped: Names of per-atom columns that were not asked for.
    """

    place: int
    info: Mapping[str, str]
    cell_ang: Array
    numbers: npt.NDArray[np.uint8]
    arrays: Mapping[str, npt.NDArray[Any]]
    skipped: tuple[str, ...] = ()


def frame_error(where: str, expected: str, found: str) -> IngestError:
    """The error about one place of an upstream file."""
    return IngestError(upstream_problem(where, expected, found))


def upstream_problem(where: str, expected: str, found: object) -> Problem:
    """What is wrong with a file of upstream; three texts as of any problem."""
    return worded("upstream-file", where, expected=expected, found=found)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A frame of a file and the number of its first line, both from 1."""

    where: str
    frame: int
    line: int

    def error(self, offset: int, expected: str, found: str) -> IngestError:
        where = f"{self.where}, frame {self.frame}, line {self.line + offset}"
        return frame_error(where, expected, found)


def cut_frames(stream: BinaryIO, n_frames: int) -> Iterator[tuple[bytes, int, int]]:
    """The text of so many frames at a time, and the place and line of the first, from 1.

    What follows where no frame begins is cut off behind the first line that is not blank:
    :func:`iter_frames` refuses it, as in the whole file.
    """
    place = line = 1
    is_frame = True
    while is_frame:
        lines: list[bytes] = []
        while is_frame and len(lines) < n_frames:
            first = stream.readline(_LONGEST_LINE)
            is_frame = bool(_COUNT.fullmatch(first.strip())) and 0 < int(first) <= MAX_ATOMS
            rest = map(stream.readline, repeat(_LONGEST_LINE, is_frame and int(first) + 1))
            lines.append(first + b"".join(rest))
        if first and not is_frame:
            blank = iter(lambda: stream.readline(_LONGEST_LINE), b"")
            lines.append(next((one for one in blank if one.strip()), b""))
        if text := b"".join(lines):
            yield text, place, line
        place, line = place + len(lines), line + text.count(b"\n")


def iter_frames(
    stream: BinaryIO,
    *,
    where: str,
    wanted: Collection[str] = ("pos",),
    first: tuple[int, int] = (1, 1),
) -> Iterator[Frame]:
    """The frames of a file, one after the other; one of them is held at a time.

    Args:
        stream: The file, as bytes.
        where: Its name in errors.
        wanted: Per-atom columns to read; others are passed over and named in ``skipped``.
        first: Place and line of the first frame, where the stream is a piece of the file.

    Raises:
        IngestError: A frame is malformed, cut short, or has a number that is not finite; the
            error names the file, the frame and the line.

    Example:
        >>> import io
        >>> info = b'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 em=0.4'
        >>> lines = b"1\\n" + info + b"\\nLi 0 1 2\\n"
        >>> frame = next(iter_frames(io.BytesIO(lines), where="hops.xyz"))
        >>> frame.info["em"], frame.numbers.tolist(), frame.arrays["pos"].tolist()
        ('0.4', [3], [[0.0, 1.0, 2.0]])
    """
    line = first[1]
    for place in count(first[0]):
        head = stream.readline(_LONGEST_LINE)
        if not head.strip():
            # Blank lines may end a file, and nothing else may follow them.
            if head and any(map(bytes.strip, iter(lambda: stream.readline(_LONGEST_LINE), b""))):
                raise frame_error(f"{where}, line {line}", "a number of atoms", "a blank line")
            return
        at = _Place(where=where, frame=place, line=line)
        n_atoms = _count(head.strip(), at)
        info = _pairs(stream.readline(_LONGEST_LINE), at)
        layout, cell = _layout(info.pop("Properties"), at), _cell(info.pop("Lattice"), at)
        words = _words(list(map(stream.readline, repeat(_LONGEST_LINE, n_atoms))), layout, at)
        yield Frame(
            place=place,
            info=info,
            cell_ang=cell,
            numbers=_atomic_numbers(words[layout["species"][0]], at),
            arrays={n: _array(words, layout, n, at) for n in layout if n in wanted},
            skipped=tuple(n for n in layout if n not in wanted and n not in ("species", "pos")),
        )
        line += n_atoms + 2


def info_number(frame: Frame, key: str, *, where: str) -> float:
    """A finite number of the comment line.

    Raises:
        IngestError: It is not there, or no such number.
    """
    return numbers(frame, key, 1, where=where)[0]


def numbers(frame: Frame, key: str, size: int, *, where: str) -> tuple[float, ...]:
    """Finite numbers of the comment line, separated by blanks or commas.

    Args:
        frame: The frame.
        key: Their name.
        size: How many there are.
        where: The file, for errors.

    Raises:
        IngestError: They are not there, have another count, or one is not finite.
    """
    at, named = f"{where}, frame {frame.place}", f"{where}, frame {frame.place}, {key}"
    if key not in frame.info:
        found = f"only {first_few(sorted(frame.info), limit=20) or 'a cell'}"
        raise frame_error(at, f"a value of {key}", found)
    values = _floats(frame.info[key])
    if values is None or len(values) != size:
        found = repr(visible(frame.info[key]))
        raise frame_error(named, f"{size} finite number(s)", found)
    return tuple(values)


def array(frame: Frame, key: str, *, where: str) -> npt.NDArray[Any]:
    """A per-atom array.

    Raises:
        IngestError: The frame has no such column.
    """
    if key not in frame.arrays:
        found = f"only {first_few([*frame.arrays, *frame.skipped], limit=20)}"
        raise frame_error(f"{where}, frame {frame.place}", f"a column {key} for every atom", found)
    return frame.arrays[key]


def _count(line: bytes, at: _Place) -> int:
    if _COUNT.fullmatch(line) and 0 < int(line) <= MAX_ATOMS:
        return int(line)
    found = repr(line[:60].decode("utf-8", "replace"))
    raise at.error(0, f"a number of atoms from 1 to {MAX_ATOMS}", found)


def _pairs(line: bytes, at: _Place) -> dict[str, str]:
    """Key → text of a comment line, quotes removed; ``T`` for a key without value."""
    try:
        written = line.decode("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise at.error(1, "text in UTF-8", "other bytes") from error
    pairs: dict[str, str] = {}
    end = 0
    while end < len(written):
        hit = _PAIR.match(written, end)
        parts = hit.groups() if hit else ()
        quoted = [text and re.sub(r"\\(.)", r"\1", text) for text in (*parts[:2], *parts[3:5])]
        key = next((text for text in (*quoted[:2], *parts[2:3]) if text is not None), "")
        if hit is None or key in pairs or len(pairs) >= _MAX_KEYS:
            found = repr(visible(written[end : end + 60]))
            raise at.error(1, f"key=value pairs, each once and at most {_MAX_KEYS}", found)
        pairs[key] = next((v for v in (*quoted[2:], *parts[5:]) if v is not None), "T")
        end = hit.end()
    if not {"Lattice", "Properties"} <= set(pairs):
        raise at.error(1, "Lattice and Properties", f"only {first_few(pairs, limit=20)}")
    return pairs


#: Column → its first word in an atom line, one past its last, and its kind.
_Layout = Mapping[str, tuple[int, int, str]]
#: Words of the atom lines, column by column.
_Words = list[tuple[bytes, ...]]


def _layout(properties: str, at: _Place) -> _Layout:
    layout = _declared(properties)
    if layout is None:
        raise at.error(1, "Properties with species:S:1 and pos:R:3", repr(properties))
    return layout


@lru_cache(maxsize=64)
def _declared(properties: str) -> _Layout | None:
    """The columns that ``Properties`` declares; None where it declares nothing usable."""
    words = properties.split(":")
    layout: dict[str, tuple[int, int, str]] = {}
    start = 0
    for name, kind, size in zip(words[::3], words[1::3], words[2::3], strict=False):
        if kind not in _KINDS or not re.fullmatch("[1-9][0-9]?", size) or name in layout:
            return None
        layout[name] = (start, start + int(size), kind)
        start += int(size)
    needed = [layout.get(name, (0, 0, "")) for name in ("species", "pos")]
    is_good = [(end - first, kind) for first, end, kind in needed] == [(1, "S"), (3, "R")]
    return layout if is_good and len(words) % 3 == 0 else None


def _cell(lattice: str, at: _Place) -> Array:
    values = _floats(lattice)
    cell = np.reshape(values if values and len(values) == 9 else [0.0] * 9, (3, 3))
    with np.errstate(over="ignore", invalid="ignore"):
        if not 0 < abs(np.linalg.det(cell)) < _LARGEST_VOLUME:
            expected = "a Lattice of nine finite numbers that enclose a volume"
            raise at.error(1, expected, repr(visible(lattice, limit=80)))
    return cell


def _floats(text: str) -> list[float] | None:
    """Finite numbers between blanks, commas or brackets, also with the exponents of Fortran.

    Python reads 1_0 as 10, which no other program does.
    """
    try:
        values = list(map(float, _EXPONENT.sub("e", text.translate(_BRACKETS)).split()))
    except ValueError:
        return None
    return values if "_" not in text and np.isfinite(values).all() else None


def _words(lines: list[bytes], layout: _Layout, at: _Place) -> _Words:
    """Words of the atom lines, column by column; every line has as many as declared."""
    rows = list(map(bytes.split, lines))
    width = max(end for _, end, _ in layout.values())
    if set(map(len, rows)) != {width}:
        first = next(i for i, row in enumerate(rows) if len(row) != width)
        found = f"{len(rows[first])} words" if any(rows[first:]) else "the end of the file"
        raise at.error(first + 2, f"an atom line of {width} words", found)
    return list(zip(*rows, strict=True))


def _atomic_numbers(symbols: tuple[bytes, ...], at: _Place) -> npt.NDArray[np.uint8]:
    try:
        return np.array([_NUMBERS[symbol] for symbol in symbols], dtype=np.uint8)
    except KeyError:
        first = next(i for i, symbol in enumerate(symbols) if symbol not in _NUMBERS)
        found = repr(symbols[first][:60].decode("utf-8", "replace"))
        raise at.error(first + 2, "an element symbol or X", found) from None


def _array(words: _Words, layout: _Layout, name: str, at: _Place) -> npt.NDArray[Any]:
    """A declared column, or several side by side, as an array."""
    start, end, kind = layout[name]
    columns = words[start:end]
    values = _values(columns, kind)
    if values is None:
        flat = [word for row in zip(*columns, strict=True) for word in row]
        bad = next(i for i, word in enumerate(flat) if _values([(word,)], kind) is None)
        found = repr(visible(flat[bad].decode("utf-8", "replace"), limit=60))
        raise at.error(bad // (end - start) + 2, f"{_KINDS[kind][2]} in {name}", found)
    return np.ascontiguousarray(values[:, 0] if end - start == 1 else values)


def _values(columns: _Words, kind: str) -> npt.NDArray[Any] | None:
    """Words of one kind as an array, shape (n_atoms, n_columns); None where one is none of it."""
    read, dtype, _ = _KINDS[kind]
    try:
        values = np.array([list(map(read, column)) for column in columns], dtype=dtype).T
    except (ValueError, KeyError, OverflowError):
        return None
    is_good = kind != "R" or bool(np.isfinite(values).all())
    is_plain = kind not in "RI" or not any(b"_" in b"".join(column) for column in columns)
    return values if is_good and is_plain else None


# Shortest vectors between periodic images


_STEPS = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
# A step of the reduction must shorten a vector by more than rounding does, or it would go on.
_SHORTER = 1 - 1e-12


class PeriodicCell:
    """A cell, made ready to find minimum images in it.

    Among the 27 neighbours of a vector wrapped into a Minkowski-reduced basis is the shortest one,
    however skewed the cell is. A wrapped vector no longer than half of the shortest lattice vector
    is the shortest already; in supercells nearly every displacement is, so only the others are
    searched.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: The vectors span no volume.

    Example:
        >>> cell = PeriodicCell(np.diag([4.0, 4.0, 10.0]))
        >>> cell.minimum_image(np.array([3.0, 0.0, 6.0])).tolist()
        [-1.0, 0.0, -4.0]
    """

    def __init__(self, cell_ang: Array) -> None:
        self.basis = reduced_basis(cell_ang)
        self._inverse = np.linalg.inv(self.basis)
        self._images = _STEPS @ self.basis
        self._safe = 0.5 * float(np.linalg.norm(self.basis[0]))

    def minimum_image(self, vectors_ang: Array) -> Array:
        """The shortest periodic image of every vector.

        Args:
            vectors_ang: Shape (…, 3), Å, finite.

        Returns:
            Vectors of the shape given; of two images of equal length either one.
        """
        wrapped: Array = vectors_ang - np.rint(vectors_ang @ self._inverse) @ self.basis
        flat = wrapped.reshape(-1, 3)
        far = np.flatnonzero(np.einsum("ij,ij->i", flat, flat) > self._safe**2)
        if len(far):
            candidates = flat[far, None, :] + self._images
            nearest = np.einsum("ijk,ijk->ij", candidates, candidates).argmin(axis=1)
            flat[far] = candidates[np.arange(len(far)), nearest]
        return flat.reshape(wrapped.shape)

    def distances(self, one_ang: Array, other_ang: Array) -> Array:
        """Minimum-image distances between positions, shape of their difference without the last."""
        vectors = self.minimum_image(one_ang - other_ang)
        lengths: Array = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
        return lengths


def reduced_basis(cell_ang: Array) -> Array:
    """A Minkowski-reduced basis of the lattice, shortest vector first.

    Args:
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.

    Raises:
        ValueError: They are not finite, or span no volume.

    Reference:
        Nguyen and Stehlé, ACM Trans. Algorithms 5, 46 (2009), greedy algorithm.

    Example:
        >>> reduced_basis(np.array([[2.0, 0.0, 0.0], [4.0, 3.0, 0.0], [0.0, 3.0, 4.0]])).tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    """
    basis = np.array(cell_ang, dtype=np.float64)
    lengths = np.linalg.norm(basis, axis=-1)
    if basis.shape != (3, 3) or not np.isfinite(basis).all() or not lengths.all():
        raise ValueError("a cell needs three lattice vectors of finite length")
    if abs(np.linalg.det(basis)) < 1e-9 * lengths.prod():
        raise ValueError("the lattice vectors span no volume")
    longest = 1
    while longest < 3:
        # Shorten a vector by the lattice vector of the shorter ones that lies closest to it.
        basis = basis[np.argsort(np.linalg.norm(basis, axis=1), kind="stable")]
        plane, vector = basis[:longest], basis[longest]
        near = np.rint(np.linalg.solve(plane @ plane.T, plane @ vector))
        candidates = vector - (near + _STEPS[:, :longest]) @ plane
        best = candidates[np.linalg.norm(candidates, axis=1).argmin()]
        if best @ best < _SHORTER * (vector @ vector):
            basis[longest] = best
            longest = 1
        else:
            longest += 1
    return basis


_MOVED_ANG = 1.0
_FOUND_ANG = 0.75


def exchanged_atoms(cell: PeriodicCell, positions_ang: Array, reference_ang: Array) -> list[int]:
    """Atoms of one configuration that are where others of them should be.

    An atom counts if it is more than 1 Å from its own place and within 0.75 Å of that of another
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
    leads_to = np.where(between.min(axis=1) < _FOUND_ANG, between.argmin(axis=1), -1)
    on_ring = []
    for start in range(len(moved)):
        at = leads_to[start]
        for _ in range(len(moved)):
            if at < 0 or at == start:
                break
            at = leads_to[at]
        if at == start:
            on_ring.append(int(moved[start]))
    return on_ring
