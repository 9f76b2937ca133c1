"""Predicted migration paths: reading and checking them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ionladder.data.litraj.xyz import Frame, PeriodicCell, exchanged_atoms, iter_frames
from ionladder.data.store import GivenPath, read_given_paths
from ionladder.errors import IngestError, Problem, first_few
from ionladder.repo import sha256_file
from ionladder.specs import Array
from ionladder.submit.parquet import (
    DAMAGED,
    footer_bytes,
    header_problems,
    is_text,
    opened,
    plain_texts,
    text_problems,
    unpacked_bytes,
    unreadable,
)
from ionladder.submit.predictions import coverage_problems

# Predicted paths as rows, one an image, whichever format they came in


PARQUET, EXTXYZ = "predictions.parquet", "predictions.extxyz"
ID, IMAGE, ENERGY, POSITIONS, CONVERGED = (
    "id",
    "image",
    "energy_ev",
    "positions_ang",
    "converged",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class PathRows:
    """Images in the order of the file, before anything is believed.

    Attributes:
        ids: Hop of each image.
        images: Its place on the path, from 0, shape (n_rows,).
        energies_ev: Its energy, NaN where none is given, shape (n_rows,).
        positions_ang: Its flat coordinates x1 y1 z1 …; empty where none are given.
        converged: 1 or 0, NaN where it is not said, shape (n_rows,).
        numbers: Its atomic numbers, where the format has them.
        cells_ang: Its cell, shape (3, 3), where the format has one.
    """

    ids: Sequence[str]
    images: npt.NDArray[np.int64]
    energies_ev: Array
    positions_ang: Sequence[Array]
    converged: Array
    numbers: Sequence[npt.NDArray[np.uint8]] | None = None
    cells_ang: Sequence[Array] | None = None

    @property
    def by_hop(self) -> Mapping[str, list[int]]:
        """Row numbers of every hop, in the order of the file."""
        found: dict[str, list[int]] = {}
        for row, name in enumerate(self.ids):
            found.setdefault(name, []).append(row)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictedPath:
    """The checked path of a hop that converged.

    Attributes:
        energies_ev: Shape (n_images,), eV.
        positions_ang: Shape (n_images, n_atoms, 3), Å.
    """

    energies_ev: Array
    positions_ang: Array


# Predicted paths held to the hops of a task: exactly their images, their atoms, finite numbers


_SAME_ANG = 1e-3


def row_problems(
    rows: PathRows,
    given: Mapping[str, GivenPath],
    *,
    train_ids: Collection[str],
    shown_as: str,
) -> list[Problem]:
    """Everything wrong with the rows, so that none means: every hop is whole.

    Args:
        rows: The rows.
        given: Hop → the path it starts from: the hops of the task, each with its images and atoms.
        train_ids: Hops of the train subset, to recognise a mix-up.
        shown_as: The file in letters.
    """
    by_hop = rows.by_hop
    problems = coverage_problems(
        list(by_hop), expected=given, where=shown_as, elsewhere={"training": train_ids}
    )
    known = {name: places for name, places in by_hop.items() if name in given}
    problems += _image_problems(rows, known, given, shown_as)
    problems += _converged_problems(rows, known, shown_as)
    problems += _atom_problems(rows, known, given, shown_as)
    problems += _finite_problems(rows, known, shown_as)
    return problems


def _image_problems(
    rows: PathRows,
    by_hop: Mapping[str, list[int]],
    given: Mapping[str, GivenPath],
    shown_as: str,
) -> list[Problem]:
    """Images that are missing, there twice, or of no such number."""
    wrong: dict[str, list[str]] = {"missing": [], "repeated": [], "unknown": []}
    for name, places in by_hop.items():
        images = rows.images[places].tolist()
        asked = set(range(given[name].n_images))
        if asked - set(images):
            wrong["missing"].append(f"{name}: {_listed(asked - set(images))} of {len(asked)}")
        if len(set(images)) < len(images):
            wrong["repeated"].append(f"{name}: {_listed(i for i in images if images.count(i) > 1)}")
        if set(images) - asked:
            wrong["unknown"].append(f"{name}: {_listed(set(images) - asked)}")
    steps = {
        "missing": "Send every image of the initial path: leaving images out is not scored around.",
        "repeated": "Keep one row per image.",
        "unknown": "Keep the images of the initial path, numbered from 0.",
    }
    return [
        Problem(
            where=f"{shown_as}, image",
            expected="every image of the initial path once, in each hop",
            found=f"{what} images in {len(hops)} hop(s) ({first_few(hops)})",
            next_step=steps[what],
        )
        for what, hops in wrong.items()
        if hops
    ]


def _converged_problems(
    rows: PathRows, by_hop: Mapping[str, list[int]], shown_as: str
) -> list[Problem]:
    """Hops that do not say whether they converged, or say both."""
    open_, mixed = [], []
    for name, places in by_hop.items():
        said = rows.converged[places]
        if np.isnan(said).any():
            open_.append(name)
        elif said.min() != said.max():
            mixed.append(name)
    return [
        Problem(
            where=f"{shown_as}, converged",
            expected="true or false, the same for every image of a hop",
            found=f"{what} in {len(hops)} hop(s) ({first_few(hops)})",
            next_step="Say false for a hop whose path cannot be used; it then counts as failed.",
        )
        for what, hops in (("nothing", open_), ("both", mixed))
        if hops
    ]


def _atom_problems(
    rows: PathRows,
    by_hop: Mapping[str, list[int]],
    given: Mapping[str, GivenPath],
    shown_as: str,
) -> list[Problem]:
    """Images with another number of atoms, other elements, or another cell."""
    counts, elements, cells = [], [], []
    for name, places in by_hop.items():
        asked = given[name]
        for row in places:
            image, found = int(rows.images[row]), len(rows.positions_ang[row])
            if found != 3 * asked.n_atoms:
                if found or rows.converged[row] != 0:
                    counts.append(f"{name} image {image}: {found} for {asked.n_atoms} atoms")
                continue
            if rows.numbers is not None and (rows.numbers[row] != asked.numbers).any():
                elements.append(f"{name} image {image}")
            if rows.cells_ang is not None and not _is_same(rows.cells_ang[row], asked.cell_ang):
                cells.append(f"{name} image {image}")
    return [
        Problem(
            where=f"{shown_as}, {where}",
            expected=expected,
            found=f"other in {len(found)} image(s) ({first_few(found)})",
            next_step=step,
        )
        for where, expected, found, step in (
            (
                POSITIONS,
                "three numbers for every atom of the initial path",
                counts,
                "Send all atoms of the supercell in the order of the initial path.",
            ),
            (
                "elements",
                "the elements of the initial path, atom by atom",
                elements,
                "Keep the order of the atoms: programs that sort by element change it.",
            ),
            (
                "Lattice",
                "the cell of the initial path",
                cells,
                "Relax atoms in the given cell; the DFT path has the same.",
            ),
        )
        if found
    ]


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= _SAME_ANG)


def _finite_problems(
    rows: PathRows, by_hop: Mapping[str, list[int]], shown_as: str
) -> list[Problem]:
    """Converged hops with an energy or a coordinate that is no finite number."""
    wrong: dict[str, list[str]] = {ENERGY: [], POSITIONS: []}
    for name, places in by_hop.items():
        for row in places:
            if rows.converged[row] != 1:
                continue
            if not np.isfinite(rows.energies_ev[row]):
                wrong[ENERGY].append(f"{name} image {int(rows.images[row])}")
            if not np.isfinite(rows.positions_ang[row]).all():
                wrong[POSITIONS].append(f"{name} image {int(rows.images[row])}")
    return [
        Problem(
            where=f"{shown_as}, {column}",
            expected="finite numbers in every image of a converged hop",
            found=f"none, NaN or infinity in {len(found)} image(s) ({first_few(found)})",
            next_step="Set converged to false for a hop whose path cannot be used.",
        )
        for column, found in wrong.items()
        if found
    ]


def _listed(values: Iterable[int]) -> str:
    return first_few(sorted(set(values)))


# Predicted paths as extended XYZ: one frame an image, as ASE writes them


_TRUTH = {"T": 1.0, "True": 1.0, "true": 1.0, "F": 0.0, "False": 0.0, "false": 0.0}
_BYTES_PER_ATOM = 400  # further columns of other programs are passed over
_BYTES_PER_FRAME = 4_000
_SPARE_BYTES = 1_000_000
_NEXT_STEP = (
    "Every frame needs edge_id=, image=, energy= and converged= in its second line; a hop without "
    "a path may leave energy out."
)


def read_rows(
    path: Path, given: Iterable[GivenPath], *, shown_as: str
) -> tuple[PathRows | None, list[Problem]]:
    """Read the file; arguments and result as for parquet."""
    paths = list(given)
    n_frames = sum(one.n_images for one in paths)
    n_atoms = sum(one.positions_ang.size // 3 for one in paths)
    limit = n_atoms * _BYTES_PER_ATOM + n_frames * _BYTES_PER_FRAME + _SPARE_BYTES
    size = path.stat().st_size
    if not 0 < size <= limit:
        expected = f"between 1 byte and {limit // 1_000_000 + 1} MB"
        return None, [_problem(shown_as, expected, f"{size:,} bytes")]
    frames: list[Frame] = []
    try:
        with path.open("rb") as stream:
            for frame in iter_frames(stream, where=shown_as):
                frames.append(frame)
                if len(frames) > 2 * n_frames:
                    found = "more than twice as many"
                    return None, [_problem(shown_as, f"{n_frames:,} frames", found)]
    except IngestError as error:
        return None, [
            Problem(where=p.where, expected=p.expected, found=p.found, next_step=_FORMAT)
            for p in error.problems
        ]
    problems = _info_problems(frames, shown_as)
    return (None, problems) if problems else (_rows(frames), [])


_FORMAT = "Write the frames with ASE's `write(..., format='extxyz')`, positions and cell in Å."


def _info_problems(frames: list[Frame], shown_as: str) -> list[Problem]:
    """Frames that do not say which image they are, what its energy is, or whether it converged."""
    wrong: dict[tuple[str, str], list[Frame]] = {}
    for frame in frames:
        info = frame.info
        if not info.get("edge_id"):
            wrong.setdefault(("edge_id", "an edge_id"), []).append(frame)
        if not _is_count(info.get("image", "")):
            wrong.setdefault(("image", "a whole number from 0"), []).append(frame)
        if "converged" in info and info["converged"] not in _TRUTH:
            wrong.setdefault(("converged", "T or F"), []).append(frame)
        if "energy" in info and _number(info["energy"]) is None:
            wrong.setdefault(("energy", "a number in eV"), []).append(frame)
    return [
        _problem(
            f"{shown_as}, frame {first_few(frame.place for frame in found)}, {key}",
            expected,
            f"{found[0].info.get(key, 'nothing')!r}"
            + (f" and {len(found) - 1} more" if len(found) > 1 else ""),
        )
        for (key, expected), found in wrong.items()
    ]


def _rows(frames: list[Frame]) -> PathRows:
    return PathRows(
        ids=[frame.info["edge_id"] for frame in frames],
        images=np.array([int(frame.info["image"]) for frame in frames], dtype=np.int64),
        energies_ev=np.array([_number(frame.info.get("energy", "nan")) for frame in frames]),
        positions_ang=[frame.arrays["pos"].ravel() for frame in frames],
        converged=np.array([_TRUTH.get(f.info.get("converged", ""), np.nan) for f in frames]),
        numbers=[frame.numbers for frame in frames],
        cells_ang=[frame.cell_ang for frame in frames],
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)


# Whether predicted paths lie where they can: near the initial path, atoms in their own places


FARTHEST_ANG = 5.0
"""No atom of a relaxed path lies farther from its place on the initial one."""
_DRIFT_ANG = 0.5
_RIGID_ANG = 0.25
_HIGHEST_EV = 100.0
_REVERSED_ANG = 1.0

_Case = tuple[str, str]
"""What a hop looks like, and the detail that shows it."""

_EXPLAINED = {
    "fractional": (
        "Cartesian coordinates in Å",
        "Multiply fractional coordinates by the cell.",
    ),
    "transposed": (
        "coordinates as x1 y1 z1 x2 y2 z2 …",
        "All x stand first here: write positions row by row.",
    ),
    "permuted": (
        "atoms in the order of the initial path",
        "Bring them into that order: the atoms named stand in each other's places.",
    ),
    "shifted": (
        "atoms in the frame of the initial path",
        "Every atom is moved alike: subtract that shift.",
    ),
    "reversed": (
        "images in the order of the initial path",
        "The last image lies where the first should be: turn the path around.",
    ),
    "far": (
        f"atoms within {FARTHEST_ANG:g} Å of the initial path (shortest periodic distance)",
        "Atoms look permuted or shifted; where a relaxation blew up, set converged to false.",
    ),
}


def geometry_problems(
    paths: Mapping[str, PredictedPath], given: Mapping[str, GivenPath], *, shown_as: str
) -> list[Problem]:
    """Hops that look permuted, shifted, turned around or blown up, with a guess for each kind.

    Args:
        paths: Converged hops.
        given: Hop → the path it starts from.
        shown_as: The file in letters.
    """
    cases: dict[str, list[str]] = {}
    for name, path in paths.items():
        found = _case(path.positions_ang, given[name])
        if found is not None:
            kind, detail = found
            cases.setdefault(kind, []).append(f"{name}: {detail}")
    return [
        Problem(
            where=f"{shown_as}, {POSITIONS}",
            expected=expected,
            found=f"otherwise in {len(cases[kind])} hop(s) ({first_few(cases[kind], limit=3)})",
            next_step=step,
        )
        for kind, (expected, step) in _EXPLAINED.items()
        if kind in cases
    ] + _energy_problems(paths, shown_as)


def _case(positions: Array, given: GivenPath) -> _Case | None:
    cell = PeriodicCell(given.cell_ang)
    vectors = cell.minimum_image(positions - given.positions_ang)
    distances = np.sqrt(np.einsum("ijk,ijk->ij", vectors, vectors))
    farthest = float(distances.max())
    if farthest > FARTHEST_ANG:
        guess = _written_otherwise(positions, given, cell)
        if guess is not None:
            return guess
    swapped = exchanged_atoms(cell, positions[0], given.positions_ang[0])
    if swapped:
        return "permuted", f"atoms {first_few(swapped, limit=3)}"
    shift = _shift(vectors, distances)
    if shift is not None:
        return "shifted", "({:.2f}, {:.2f}, {:.2f}) Å".format(*shift)
    if _is_turned_around(positions, distances, given, cell):
        return "reversed", f"moving ion {distances[0, given.moving_ion]:.1f} Å off in image 0"
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


def _written_otherwise(positions: Array, given: GivenPath, cell: PeriodicCell) -> _Case | None:
    """Right coordinates in another form."""
    n_images, n_atoms, _ = positions.shape
    forms = {
        "fractional": positions @ given.cell_ang,
        "transposed": positions.reshape(n_images, 3, n_atoms).transpose(0, 2, 1),
    }
    for kind, form in forms.items():
        farthest = float(cell.distances(form, given.positions_ang).max())
        if farthest < FARTHEST_ANG / 2:
            return kind, f"within {farthest:.1f} Å when read so"
    return None


def _is_turned_around(
    positions: Array, distances: Array, given: GivenPath, cell: PeriodicCell
) -> bool:
    """Whether the moving ion follows the initial path far better from its other end."""
    ends, ion = [0, -1], given.moving_ion
    along = distances[ends, ion]
    against = cell.distances(positions[ends, ion], given.positions_ang[ends[::-1], ion])
    return bool(along.min() > _REVERSED_ANG and against.max() < along.min() / 2)


def _energy_problems(paths: Mapping[str, PredictedPath], shown_as: str) -> list[Problem]:
    """Energies that span more than any path does."""
    spans = {name: float(np.ptp(path.energies_ev)) for name, path in paths.items()}
    wide = [f"{name}: {span:.4g}" for name, span in spans.items() if span > _HIGHEST_EV]
    if not wide:
        return []
    return [
        Problem(
            where=f"{shown_as}, {ENERGY}",
            expected=f"energies of one path within {_HIGHEST_EV:g} eV",
            found=f"more in {len(wide)} hop(s) ({first_few(wide)})",
            next_step="Send total energies of the supercell in eV, not meV or kJ/mol.",
        )
    ]


# Predicted paths as a parquet file: judged by its table of contents, then read


COLUMNS = {
    ID: "the hop, as text",
    IMAGE: "the place on the path, a whole number from 0",
    ENERGY: "the energy in eV, a float64 number",
    POSITIONS: "coordinates x1 y1 z1 x2 … in Å, a list of float32 or float64 numbers",
    CONVERGED: "true or false, the same for every image of a hop",
}
_MAX_FOOTER_BYTES = 5_000_000
_BYTES_PER_NUMBER = 12  # eight of a float64, and what lists add to it
_BYTES_PER_ROW = 400
_PATH_PARQUET_SPARE_BYTES = 1_000_000


def path_parquet_read_rows(
    path: Path, given: Iterable[GivenPath], *, shown_as: str
) -> tuple[PathRows | None, list[Problem]]:
    """Read the file, once what it says of itself is sensible.

    Args:
        path: The file; there.
        given: The paths that are predicted; they set how large it may be.
        shown_as: Its path in letters.
    """
    paths = list(given)
    n_rows = sum(one.n_images for one in paths)
    n_numbers = sum(one.positions_ang.size for one in paths)
    limit = n_numbers * _BYTES_PER_NUMBER + n_rows * _BYTES_PER_ROW + _PATH_PARQUET_SPARE_BYTES
    if path.stat().st_size > limit or footer_bytes(path) > _MAX_FOOTER_BYTES:
        return None, [_too_large(shown_as, limit)]
    try:
        with path.open("rb") as data, opened(data) as file:
            problems = _judge(file, 2 * n_rows, shown_as)
            names = file.schema_arrow.names
        if problems:
            return None, problems
        # The table of contents may lie; the headers of pages are what is unpacked by.
        lists = {names.index(POSITIONS): 2 * (n_numbers + n_rows)}
        if unpacked_bytes(path, range(len(names)), lists=lists) > limit:
            return None, [_too_large(shown_as, limit)]
        # Read so, every different text is stored once: a long one repeated fills no memory.
        with path.open("rb") as data, opened(data, read_dictionary=[ID]) as file:
            table = file.read(columns=list(COLUMNS), use_threads=False)
        problems = text_problems(table, shown_as)
        if problems:
            return None, problems
        table = plain_texts(table)
        table.validate(full=True)
    except DAMAGED as error:
        return None, [unreadable(shown_as, "a parquet file", str(error))]
    return _path_parquet_rows(table.combine_chunks(), shown_as)


def write_rows(
    path: Path,
    *,
    ids: Sequence[str],
    images: Sequence[int],
    energies_ev: Sequence[float | None],
    positions_ang: Sequence[Array],
    converged: Sequence[bool | None],
) -> None:
    """Write a file in this format; None is an empty cell, for a template.

    Args:
        path: The file.
        ids: Hop of each row.
        images: Its image, from 0.
        energies_ev: Its energy, eV.
        positions_ang: Its coordinates, any shape, Å; kept as float32, good to about 1e-6 Å.
        converged: Whether the path of the hop can be used.
    """
    flat = [np.asarray(row, dtype=np.float32).ravel() for row in positions_ang]
    table = pa.table(
        {
            ID: pa.array(ids, type=pa.string()),
            IMAGE: pa.array(images, type=pa.int16()),
            ENERGY: pa.array(energies_ev, type=pa.float64()),
            POSITIONS: pa.array(flat, type=pa.list_(pa.float32())),
            CONVERGED: pa.array(converged, type=pa.bool_()),
        }
    )
    pq.write_table(table, path, compression="zstd")


def _judge(file: pq.ParquetFile, max_rows: int, shown_as: str) -> list[Problem]:
    """What a file says of itself that keeps it from being read."""
    schema, metadata = file.schema_arrow, file.metadata
    problems = header_problems(list(schema.names), shown_as)
    if not problems:
        problems = _column_problems(schema, shown_as)
    if not 0 < metadata.num_rows <= max_rows:
        problems.append(
            Problem(
                where=shown_as,
                expected=f"a row for each of the {max_rows // 2:,} images",
                found=f"{metadata.num_rows:,} rows",
                next_step="Write one row per image of every hop.",
            )
        )
    return problems


def _column_problems(schema: pa.Schema, shown_as: str) -> list[Problem]:
    problems = [
        Problem(
            where=f"{shown_as}, header",
            expected=f"a column `{name}`: {words}",
            found=f"columns {first_few(schema.names, limit=8)}",
            next_step=f"Add the column `{name}`.",
        )
        for name, words in COLUMNS.items()
        if name not in schema.names
    ]
    extra = [name for name in schema.names if name not in COLUMNS]
    if extra:
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"only the columns {', '.join(COLUMNS)}",
                found=f"also {first_few(extra)}",
                next_step="Remove or rename these columns.",
            )
        )
    for field in schema:
        if field.name in COLUMNS and not _will_do(field):
            swapped = [n for n in COLUMNS if n != field.name and _will_do(field.with_name(n))]
            hint = f" Did you mean `{swapped[0]}`?" if len(swapped) == 1 else ""
            problems.append(
                Problem(
                    where=f"{shown_as}, column `{field.name}`",
                    expected=COLUMNS[field.name],
                    found=f"values of type {field.type}",
                    next_step=f"Write the column with that type.{hint}",
                )
            )
    return problems


def _will_do(field: pa.Field) -> bool:
    kind = field.type
    is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(
        {
            ID: is_text(kind),
            IMAGE: pa.types.is_integer(kind),
            ENERGY: is_number or pa.types.is_null(kind),
            POSITIONS: is_list and pa.types.is_floating(kind.value_type),
            CONVERGED: pa.types.is_boolean(kind) or pa.types.is_null(kind),
        }[field.name]
    )


def _path_parquet_rows(table: pa.Table, shown_as: str) -> tuple[PathRows | None, list[Problem]]:
    """Cells as arrays; a hop or image that is not named is a problem at once."""
    problems = [
        Problem(
            where=f"{shown_as}, column `{name}`",
            expected=f"{COLUMNS[name]}, in every row",
            found=f"{table[name].null_count:,} empty cells",
            next_step="Say for every row which image it is.",
        )
        for name in (ID, IMAGE)
        if table[name].null_count
    ]
    if problems:
        return None, problems
    lengths = pc.fill_null(pc.list_value_length(table[POSITIONS]), 0)
    ends = np.cumsum(lengths.to_numpy())
    flat = table[POSITIONS].combine_chunks().flatten().cast(pa.float64())
    coordinates = flat.to_numpy(zero_copy_only=False)
    return PathRows(
        ids=table[ID].to_pylist(),
        images=table[IMAGE].to_numpy().astype(np.int64),
        energies_ev=_numbers(table, ENERGY),
        positions_ang=np.split(coordinates, ends[:-1]),
        converged=_numbers(table, CONVERGED),
    ), []


def _numbers(table: pa.Table, name: str) -> Array:
    column = table[name]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values: Array = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _too_large(shown_as: str, limit: int) -> Problem:
    return Problem(
        where=shown_as,
        expected=f"a parquet file of at most {limit // 1_000_000 + 1} MB, packed and unpacked",
        found="a larger one, or something else",
        next_step="Keep only the columns and rows that the task asks for.",
    )


# The file of predicted paths in a submission: found, read, checked; and the template of one


Reader = Callable[..., tuple[PathRows | None, list[Problem]]]
_READERS: Mapping[str, Reader] = {PARQUET: path_parquet_read_rows, EXTXYZ: read_rows}


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
        task: Name of the task, for letters.
        shown_as: The folder in letters.

    Returns:
        The file and no problems, or None and everything wrong with it.
    """
    path, problems = _find(folder, task, shown_as)
    if path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    rows, problems = _READERS[path.name](path, given.values(), shown_as=file)
    if rows is None:
        return None, problems
    problems = row_problems(rows, given, train_ids=train_ids, shown_as=file)
    if problems:
        return None, problems
    paths = _paths(rows, given)
    problems = geometry_problems(paths, given, shown_as=file)
    if problems:
        return None, problems
    return PathFile(path=path, sha256=sha256_file(path), paths=paths), []


def _find(folder: Path, task: str, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """The one file of predictions, a regular file."""
    present = [
        folder / name
        for name in _READERS
        if (folder / name).is_symlink() or (folder / name).exists()
    ]
    if len(present) == 1 and not present[0].is_symlink() and present[0].is_file():
        return present[0], []
    if len(present) == 1:
        found, step = f"{present[0].name} as a link or special file", "Put the file itself here."
    elif present:
        found, step = "both", "Keep the one that holds the final predictions."
    else:
        others = sorted(item.name for item in folder.glob("predictions.*"))
        found = f"neither, but {first_few(others)}" if others else "neither"
        step = f"`ionladder new {task} NAME` writes a template with every image."
    return None, [
        Problem(where=shown_as, expected=f"{PARQUET} or {EXTXYZ}", found=found, next_step=step)
    ]


def _paths(rows: PathRows, given: Mapping[str, GivenPath]) -> dict[str, PredictedPath]:
    """Converged hops, images in their order, hops in that of the given paths."""
    by_hop = rows.by_hop
    paths = {}
    for name, asked in given.items():
        places = by_hop[name]
        if rows.converged[places[0]] != 1:
            continue
        ordered = [places[i] for i in np.argsort(rows.images[places], kind="stable")]
        stacked = np.stack([rows.positions_ang[row] for row in ordered])
        paths[name] = PredictedPath(
            energies_ev=rows.energies_ev[ordered],
            positions_ang=stacked.reshape(asked.positions_ang.shape),
        )
    return paths


def write_template(folder: Path, given: Path, ids: Iterable[str]) -> str:
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
    write_rows(
        folder / PARQUET,
        ids=[path.id for path, _ in images],
        images=[image for _, image in images],
        energies_ev=[None] * len(images),
        positions_ang=[path.positions_ang[image] for path, image in images],
        converged=[None] * len(images),
    )
    return PARQUET
