"""Predicted migration paths: their files, read into one table of images, and checked hop by hop."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data.litraj.xyz import Frame, PeriodicCell, exchanged_atoms, iter_frames
from ionladder.data.store import GivenPath, read_given_paths
from ionladder.errors import IngestError, Problem, first_few, visible, worded
from ionladder.repo import sha256_file
from ionladder.specs import Array
from ionladder.submit.arrays import ID, ArrayColumn, array_file_problems, is_list
from ionladder.submit.predictions import coverage_problems
from ionladder.submit.tables import read_columns

PARQUET, EXTXYZ = "predictions.parquet", "predictions.extxyz"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind))


def _is_flag(kind: pa.DataType) -> bool:
    return bool(pa.types.is_boolean(kind) or pa.types.is_null(kind))


_POSITIONS = "coordinates x1 y1 z1 x2 … in Å, a list of float32 or float64 numbers"
PATH_COLUMNS = (
    ID._replace(words="the hop, as text"),
    ArrayColumn("image", pa.types.is_integer, "the place on the path, a whole number from 0"),
    ArrayColumn("energy_ev", _is_number, "the energy in eV, a float64 number"),
    ArrayColumn("positions_ang", is_list, _POSITIONS),
    ArrayColumn("converged", _is_flag, "true or false, the same for every image of a hop"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictedPath:
    """The checked path of a hop that converged.

    Attributes:
        energies_ev: Shape (n_images,), eV.
        positions_ang: Shape (n_images, n_atoms, 3), Å.
    """

    energies_ev: Array
    positions_ang: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class PathFile:
    """A checked file.

    Attributes:
        path: The file.
        sha256: SHA-256 of its bytes.
        paths: Hop → its path, of the hops that converged.
    """

    path: Path
    sha256: str
    paths: Mapping[str, PredictedPath]


class _Image(NamedTuple):
    """One row, before anything is believed.

    Attributes:
        id: The hop.
        image: The place on the path.
        energy_ev: NaN where none is given.
        positions_ang: Flat coordinates x1 y1 z1 …; empty where none are given.
        converged: 1 or 0, NaN where it is not said.
        numbers: Atomic numbers, where the format has them.
        cell_ang: The cell, shape (3, 3), where the format has one.
    """

    id: str
    image: int
    energy_ev: float
    positions_ang: Array
    converged: float
    numbers: npt.NDArray[np.uint8] | None = None
    cell_ang: Array | None = None


def read_path_file(
    folder: Path,
    given: Mapping[str, GivenPath],
    *,
    train_ids: Collection[str],
    task: str,
    shown_as: str,
) -> tuple[PathFile | None, list[Problem]]:
    """Read and check ``predictions.parquet`` or ``predictions.extxyz``.

    Args:
        folder: The submission.
        given: Hop → the path it starts from: exactly the hops to predict.
        train_ids: Hops of the train subset, to recognise a mix-up.
        task: Name of the task, for errors.
        shown_as: The folder in errors.

    Returns:
        The file and no problems, or None and everything wrong with it.
    """
    path, problems = _find(folder, task, shown_as)
    if path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    read = _read_parquet if path.name == PARQUET else _read_extxyz
    images, problems = read(path, list(given.values()), file)
    if problems:
        return None, problems
    hops: dict[str, list[_Image]] = {}
    for image in images:
        hops.setdefault(image.id, []).append(image)
    parts = {"training": train_ids}
    problems = coverage_problems(list(hops), expected=given, where=file, elsewhere=parts)
    known = {name: rows for name, rows in hops.items() if name in given}
    cases = (case for name, rows in known.items() for case in _row_cases(rows, given[name]))
    problems += _problems(cases, file)
    if problems:
        return None, problems
    # Converged hops, images in their order, hops in that of the given paths.
    paths = {}
    for name, asked in given.items():
        rows = sorted(hops[name], key=lambda row: row.image)
        if rows[0].converged == 1:
            positions = np.stack([row.positions_ang for row in rows])
            paths[name] = PredictedPath(
                energies_ev=np.array([row.energy_ev for row in rows]),
                positions_ang=positions.reshape(asked.positions_ang.shape),
            )
    cases = (case for name, one in paths.items() for case in _path_cases(one, given[name]))
    problems = _problems(cases, file)
    if problems:
        return None, problems
    return PathFile(path=path, sha256=sha256_file(path), paths=paths), []


def _find(folder: Path, task: str, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """The one file of predictions, a regular file."""
    paths = [folder / name for name in (PARQUET, EXTXYZ)]
    present = [path for path in paths if path.is_symlink() or path.exists()]
    if len(present) == 1 and not present[0].is_symlink() and present[0].is_file():
        return present[0], []
    if len(present) == 1:
        return None, [worded("paths-linked", shown_as, name=present[0].name)]
    if present:
        return None, [worded("paths-twice", shown_as)]
    others = sorted(path.name for path in folder.glob("predictions.*"))
    found = f"neither, but {first_few(others)}" if others else "neither"
    return None, [worded("paths-absent", shown_as, found=found, task=task)]


# Two formats, one table of images


_Read = tuple[list[_Image], list[Problem]]


def _read_parquet(path: Path, given: Sequence[GivenPath], shown_as: str) -> _Read:
    n_rows = sum(one.n_images for one in given)
    n_numbers = sum(one.positions_ang.size for one in given)
    sizes = {"n_rows": n_rows, "n_numbers": n_numbers}
    problems = array_file_problems(path, PATH_COLUMNS, shown_as=shown_as, **sizes)
    if problems:
        return [], problems
    table, problems = read_columns(path, [c.name for c in PATH_COLUMNS], shown_as=shown_as)
    if table is None:
        return [], problems
    problems = [
        worded("images-unsaid", f"{shown_as}, column `{name}`", words=words, n=n)
        for name, _, words, *_ in PATH_COLUMNS[:2]
        if (n := table[name].null_count)
    ]
    if problems:
        return [], problems
    positions = table["positions_ang"].combine_chunks()
    ends = np.cumsum(pc.fill_null(pc.list_value_length(positions), 0).to_numpy())
    flat = positions.flatten().cast(pa.float64()).to_numpy(zero_copy_only=False)
    energies, converged = (
        table[name].cast(pa.float64(), safe=False).to_numpy() for name in ("energy_ev", "converged")
    )
    columns = (table["id"].to_pylist(), table["image"].to_pylist(), energies.tolist())
    return list(map(_Image, *columns, np.split(flat, ends[:-1]), converged.tolist())), []


_TRUTH = {"T": 1.0, "True": 1.0, "true": 1.0, "F": 0.0, "False": 0.0, "false": 0.0}
_BYTES_PER_ATOM = 400  # further columns of other programs are passed over
_BYTES_PER_FRAME = 4_000
_SPARE_BYTES = 1_000_000
_FORMAT = "Write the frames with ASE's `write(..., format='extxyz')`, positions and cell in Å."


def _read_extxyz(path: Path, given: Sequence[GivenPath], shown_as: str) -> _Read:
    """One frame an image, as ASE writes them."""
    n_frames = sum(one.n_images for one in given)
    n_atoms = sum(one.positions_ang.size // 3 for one in given)
    limit = n_atoms * _BYTES_PER_ATOM + n_frames * _BYTES_PER_FRAME + _SPARE_BYTES
    size = path.stat().st_size
    if not 0 < size <= limit:
        return [], [worded("frames-too-large", shown_as, most=limit // 1000000 + 1, size=size)]
    images: list[_Image] = []
    wrong: dict[tuple[str, str], list[tuple[int, str]]] = {}
    try:
        with path.open("rb") as stream:
            for frame in iter_frames(stream, where=shown_as):
                if frame.place > 2 * n_frames:
                    facts = {"expected": f"{n_frames:,} frames", "found": "more than twice as many"}
                    return [], [worded("frame-info", shown_as, **facts)]
                for fault in _info_faults(frame.info):
                    said = visible(frame.info.get(fault[0], "nothing"), limit=80)
                    wrong.setdefault(fault, []).append((frame.place, said))
                images += [] if wrong else [_image_of(frame)]
    except (IngestError, ValueError, OverflowError) as error:
        if not isinstance(error, IngestError):
            return [], [worded("no-extxyz", shown_as, error=str(error)[:160])]
        return [], [Problem(p.where, p.expected, p.found, _FORMAT) for p in error.problems]
    problems = []
    for (key, expected), cases in wrong.items():
        where = f"{shown_as}, frame {first_few(place for place, _ in cases)}, {key}"
        more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
        found = f"{cases[0][1]!r}{more}"
        problems.append(worded("frame-info", where, expected=expected, found=found))
    return images, problems


def _info_faults(info: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keys that do not say which image it is, what its energy is, or whether it converged."""
    image = info.get("image", "")
    if not info.get("edge_id"):
        yield "edge_id", "an edge_id"
    if not (image.isascii() and image.isdigit() and len(image) < 6):
        yield "image", "a whole number from 0"
    if "converged" in info and info["converged"] not in _TRUTH:
        yield "converged", "T or F"
    if _number(info.get("energy", "nan")) is None:
        yield "energy", "a number in eV"


def _image_of(frame: Frame) -> _Image:
    info, positions = frame.info, frame.arrays["pos"].ravel()
    energy = _number(info.get("energy", "nan")) or 0.0
    converged = _TRUTH.get(info.get("converged", ""), np.nan)
    said = (info["edge_id"], int(info["image"]), energy, positions, converged)
    return _Image(*said, frame.numbers, frame.cell_ang)


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


# What can be wrong with a hop


#: No atom of a relaxed path is farther from its place on the initial one.
FARTHEST_ANG = 5.0
_FARTHEST_CELLS = 3.0
_LARGEST_EV = 1e7
_DRIFT_ANG = 0.5
_RIGID_ANG = 0.25
_HIGHEST_EV = 100.0
_REVERSED_ANG = 1.0
_SAME_ANG = 1e-3

#: Kind of fault, and the hop or image that shows it.
_Case = tuple[str, str]


def _problems(cases: Iterable[_Case], shown_as: str) -> list[Problem]:
    """One problem for each kind of fault, in the order and in the words of ``path_faults.csv``."""
    by_kind: dict[str, list[str]] = {}
    for kind, shown in cases:
        by_kind.setdefault(kind, []).append(shown)
    if not by_kind:
        return []
    with Path(__file__).with_name("path_faults.csv").open(encoding="utf-8", newline="") as stream:
        faults = [row for row in csv.DictReader(stream) if row["kind"] in by_kind]
    problems = []
    for fault in faults:
        hops = by_kind[fault["kind"]]
        expected = fault["expected"].format(farthest=FARTHEST_ANG, highest=_HIGHEST_EV)
        found = f"{fault['found']} in {len(hops)} {fault['unit']}(s) ({first_few(hops)})"
        where = f"{shown_as}, {fault['field']}"
        problems.append(Problem(where, expected, found, fault["next_step"]))
    return problems


def _row_cases(rows: Sequence[_Image], given: GivenPath) -> Iterator[_Case]:
    """Images and flags of a hop that are not as asked for, and what is wrong with each image."""
    images = [row.image for row in rows]
    asked = set(range(given.n_images))
    for kind, numbers in (
        ("missing", asked - set(images)),
        ("repeated", {image for image in images if images.count(image) > 1}),
        ("unknown", set(images) - asked),
    ):
        if numbers:
            total = f" of {len(asked)}" if kind == "missing" else ""
            yield kind, f"{given.id}: {first_few(sorted(numbers))}{total}"
    said = {row.converged for row in rows}
    if any(map(np.isnan, said)):
        yield "unsaid", given.id
    elif len(said) > 1:
        yield "mixed", given.id
    for row in rows:
        yield from _image_cases(row, given)


def _image_cases(row: _Image, given: GivenPath) -> Iterator[_Case]:
    """Atoms, elements, cell and numbers of an image that are not those of the initial path."""
    shown, size = f"{given.id} image {row.image}", len(row.positions_ang)
    if size != 3 * given.n_atoms:
        if size or row.converged != 0:
            yield "counts", f"{shown}: {size} for {given.n_atoms} atoms"
    elif row.numbers is not None and (row.numbers != given.numbers).any():
        yield "elements", shown
    elif row.cell_ang is not None and np.abs(row.cell_ang - given.cell_ang).max() > _SAME_ANG:
        yield "cells", shown
    if row.converged == 1:
        if not abs(row.energy_ev) <= _LARGEST_EV:
            yield "energy", shown
        if not np.isfinite(row.positions_ang).all():
            yield "positions", shown


def _path_cases(path: PredictedPath, given: GivenPath) -> Iterator[_Case]:
    """A path that looks permuted, shifted, turned around or blown up; energies too far apart."""
    # A minimum image hides how far away a number is; far beyond it even has no digits left.
    moved = np.abs((path.positions_ang - given.positions_ang) @ np.linalg.inv(given.cell_ang))
    case: _Case | None = ("beyond", f"{moved.max():.3g} cells away")
    if moved.max() <= _FARTHEST_CELLS:
        case = _geometry_case(path.positions_ang, given)
    if case is not None:
        yield case[0], f"{given.id}: {case[1]}"
    span = float(np.ptp(path.energies_ev))
    if span > _HIGHEST_EV:
        yield "wide", f"{given.id}: {span:.4g}"


def _geometry_case(positions: Array, given: GivenPath) -> _Case | None:
    """A guess at what is wrong with the positions, and the detail that shows it."""
    cell = PeriodicCell(given.cell_ang)
    vectors = cell.minimum_image(positions - given.positions_ang)
    distances = np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors))
    farthest = float(distances.max())
    if farthest > FARTHEST_ANG:
        # Right coordinates in another form.
        n_images, n_atoms, _ = positions.shape
        for kind, form in (
            ("fractional", positions @ given.cell_ang),
            ("transposed", positions.reshape(n_images, 3, n_atoms).transpose(0, 2, 1)),
        ):
            within = float(cell.distances(form, given.positions_ang).max())
            if within < FARTHEST_ANG / 2:
                return kind, f"within {within:.1f} Å when read so"
    swapped = exchanged_atoms(cell, positions[0], given.positions_ang[0])
    if swapped:
        return "permuted", f"atoms {first_few(swapped, limit=3)}"
    shift = _shift(vectors, distances)
    if shift is not None:
        return "shifted", "({:.2f}, {:.2f}, {:.2f}) Å".format(*shift)
    # The moving ion follows the initial path far better from its other end.
    ends, ion = [0, -1], given.moving_ion
    along = distances[ends, ion]
    against = cell.distances(positions[ends, ion], given.positions_ang[ends[::-1], ion])
    if along.min() > _REVERSED_ANG and against.max() < along.min() / 2:
        return "reversed", f"moving ion {along[0]:.1f} Å off in image 0"
    if farthest > FARTHEST_ANG:
        image, atom = np.unravel_index(int(distances.argmax()), distances.shape)
        return "far", f"atom {atom} in image {image}, {farthest:.1f} Å"
    return None


def _shift(vectors: Array, distances: Array) -> Array | None:
    """The vector that most atoms of an image are moved by, if it is long; None otherwise.

    Forces sum to zero, so a relaxation moves some atoms and leaves the frame where it was.
    """
    # Where most atoms are near their places, no long shift can be common to most of them.
    if ((distances > _DRIFT_ANG - _RIGID_ANG).mean(axis=1) < 0.5).all():
        return None
    shift = np.median(vectors, axis=1)
    rest = np.median(np.linalg.norm(vectors - shift[:, None], axis=2))
    longest: Array = shift[np.linalg.norm(shift, axis=1).argmax()]
    return longest if rest < _RIGID_ANG and np.linalg.norm(longest) > _DRIFT_ANG else None


# Writing paths, and the template of a submission


def write_rows(
    path: Path,
    *,
    ids: Sequence[str],
    images: Sequence[int],
    energies_ev: Sequence[float | None],
    positions_ang: Sequence[Array],
    converged: Sequence[bool | None],
) -> None:
    """Write ``predictions.parquet``; None is an empty cell, for a template.

    Args:
        path: The file.
        ids: Hop of each row.
        images: Its image, from 0.
        energies_ev: Its energy, eV.
        positions_ang: Its coordinates, any shape, Å; kept as float32, good to about 1e-6 Å.
        converged: Whether the path of the hop can be used.
    """
    flat = [np.asarray(row, dtype=np.float32).ravel() for row in positions_ang]
    kinds = (pa.string(), pa.int16(), pa.float64(), pa.list_(pa.float32()), pa.bool_())
    columns = zip((ids, images, energies_ev, flat, converged), kinds, strict=True)
    arrays = [pa.array(values, type=kind) for values, kind in columns]
    names = [column.name for column in PATH_COLUMNS]
    pq.write_table(pa.table(arrays, names=names), path, compression="zstd")


def write_path_template(folder: Path, given: Path, ids: Iterable[str]) -> str:
    """Write a file to fill in: every image at its initial place, energy and ``converged`` empty.

    Args:
        folder: The submission.
        given: The table of frames with the initial paths.
        ids: Hops to predict.

    Returns:
        Its name.
    """
    paths = list(read_given_paths(given, frozenset(ids)))
    images = [(path, image) for path in paths for image in range(path.n_images)]
    ids, places = [path.id for path, _ in images], [image for _, image in images]
    given_ang, gaps = [path.positions_ang[at] for path, at in images], [None] * len(images)
    rows: dict[str, Any] = {"ids": ids, "images": places, "positions_ang": given_ang}
    write_rows(folder / PARQUET, **rows, energies_ev=gaps, converged=gaps)
    return PARQUET
