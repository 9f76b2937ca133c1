"""nebDFT2k: from the archive to hops, paths and tables."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.archives import ZipMembers
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.litraj.labelled import (
    SUBSET,
    Edge,
    Overlap,
    fold_columns,
    material_overlap,
    normalised_formula,
    parse_edge_id,
    progress,
    reduced_formula,
    split_columns,
)
from ionladder.data.litraj.tasks import PARTS
from ionladder.data.litraj.xyz import (
    SYMBOLS,
    Frame,
    PeriodicCell,
    array,
    exchanged_atoms,
    iter_frames,
    number,
)
from ionladder.data.nebdft2k.spec import (
    CENTROIDS,
    DATASET,
    ENTRIES,
    FOLDS,
    FRAMES,
    LABELS,
    PATHS_INIT,
    PATHS_RELAXED,
    SCHEME,
    SPLITS,
)
from ionladder.data.store import (
    BuiltVersion,
    CheckResult,
    StreamedTable,
    StreamedWriter,
    table_from_columns,
    table_from_rows,
)
from ionladder.errors import IngestError, Problem, first_few, visible
from ionladder.specs import Array, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa


# The index of nebDFT2k: one row a hop, read as text and believed cell by cell


COLUMNS = (
    "material_id",
    "edge_id",
    "chemsys",
    "has_specific_TM",
    "em_bvse",
    "em_dft",
    "_split",
)
_TRUTH = {"True": True, "False": False, "1": True, "0": False}
_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """One hop as the index states it.

    Attributes:
        id: Its edge_id.
        edge: The same, taken apart.
        chemsys: Its elements, sorted.
        has_specific_tm: Upstream's flag.
        em_bvse_ev: Barrier by bond valences, eV.
        em_dft_ev: Barrier by DFT, eV.
        part: train, val or test.
    """

    id: str
    edge: Edge
    chemsys: str
    has_specific_tm: bool
    em_bvse_ev: float
    em_dft_ev: float
    part: str


def read_index(data: bytes, *, where: str) -> tuple[list[IndexRow], list[Problem]]:
    """Rows of the index in file order, and everything wrong with the others.

    Columns may stand in any order, and further ones (pandas' own row numbers) are passed over.

    Args:
        data: The file.
        where: Its name in letters.
    """
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return [], [_problem(where, "a CSV file in UTF-8", str(error))]
    header = lines[0] if lines else []
    absent = [name for name in COLUMNS if header.count(name) != 1]
    if absent:
        found = f"without or more than once: {first_few(absent, limit=len(COLUMNS))}"
        return [], [_problem(f"{where}, header", f"each of {', '.join(COLUMNS)} once", found)]
    rows: list[IndexRow] = []
    problems: list[Problem] = []
    for line, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(header):
            found = f"{len(cells)} cells"
            problems.append(_problem(f"{where}, line {line}", f"{len(header)} cells", found))
            continue
        row = _row(dict(zip(header, cells, strict=True)))
        if isinstance(row, IndexRow):
            rows.append(row)
        else:
            problems += [_problem(f"{where}, line {line}, {a}", b, c) for a, b, c in row]
    return rows, problems + _repeated(rows, where)


def _row(cells: dict[str, str]) -> IndexRow | list[tuple[str, str, str]]:
    """A row, or its bad cells as (column, expected, found)."""
    bad = []
    edge = None
    try:
        edge = parse_edge_id(cells["edge_id"])
    except ValueError:
        bad.append(("edge_id", "material_source_target_x_y_z", repr(cells["edge_id"])))
    if edge is not None and edge.material_id != cells["material_id"]:
        bad.append(("material_id", f"{edge.material_id} as in edge_id", cells["material_id"]))
    barriers = {name: _number(cells[name]) for name in ("em_bvse", "em_dft")}
    for name, value in barriers.items():
        if value is None:
            bad.append((name, "a finite number in eV, 0 or more", repr(cells[name])))
    if cells["has_specific_TM"] not in _TRUTH:
        bad.append(("has_specific_TM", "True or False", repr(cells["has_specific_TM"])))
    if cells["_split"] not in PARTS:
        bad.append(("_split", " or ".join(PARTS), repr(cells["_split"])))
    em_bvse, em_dft = barriers["em_bvse"], barriers["em_dft"]
    if bad or edge is None or em_bvse is None or em_dft is None:
        return bad
    return IndexRow(
        id=cells["edge_id"],
        edge=edge,
        chemsys="-".join(sorted(cells["chemsys"].split("-"))),
        has_specific_tm=_TRUTH[cells["has_specific_TM"]],
        em_bvse_ev=em_bvse,
        em_dft_ev=em_dft,
        part=cells["_split"],
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 and "_" not in text else None


def _repeated(rows: Iterable[IndexRow], where: str) -> list[Problem]:
    counts = Counter(row.id for row in rows)
    twice = [name for name, count in counts.items() if count > 1]
    if not twice:
        return []
    found = f"{len(twice)} of them more than once ({first_few(twice)})"
    return [_problem(f"{where}, edge_id", "every hop once", found)]


def count_problems(rows: Sequence[IndexRow], expected: int | None, *, where: str) -> list[Problem]:
    """Another number of hops than ``params.yaml`` states."""
    if expected is None or len(rows) == expected:
        return []
    return [_problem(where, f"{expected:,} hops", f"{len(rows):,}")]


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=visible(found), next_step=_NEXT_STEP)


# The centroids file of nebDFT2k: one supercell a hop, in the order of the index


_DUMMY = 0
_SAME_EV = 0.01
_CENTROIDS_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True, eq=False)
class Centroid:
    """A supercell with a dummy atom at the centre of a hop.

    Whether the Li ions at the two ends of the hop are kept or left out is not stated upstream, and
    nothing here depends on it.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,); the dummy atom is 0.
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        positions_ang: Shape (n_atoms, 3), Å.
        em_agrees: Whether its barrier is that of the index within 0.01 eV; None where it has none.
    """

    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    positions_ang: Array
    em_agrees: bool | None


def read_centroids(
    archive: ZipMembers, name: str, rows: Sequence[IndexRow]
) -> tuple[dict[str, Centroid], list[Problem]]:
    """Centroids by hop, and everything wrong with the file.

    Args:
        archive: The archive.
        name: The member.
        rows: The index, whose order the file has.
    """
    found: dict[str, Centroid] = {}
    problems: list[Problem] = []
    n_frames = 0
    try:
        with archive.open(name) as stream:
            for frame in iter_frames(stream, where=name):
                n_frames += 1
                if n_frames > len(rows):
                    continue
                row = rows[n_frames - 1]
                problems += _frame_problems(frame, row, name)
                found[row.id] = _centroid(frame, row, name)
    except IngestError as error:
        problems += error.problems
    if n_frames != len(rows) and not problems:
        problems.append(
            _centroids_problem(name, f"a frame for each of the {len(rows)} hops", str(n_frames))
        )
    return found, problems


def _centroid(frame: Frame, row: IndexRow, where: str) -> Centroid:
    agrees = None
    if "em" in frame.info:
        agrees = abs(number(frame, "em", where=where) - row.em_dft_ev) <= _SAME_EV
    return Centroid(
        numbers=frame.numbers,
        cell_ang=frame.cell_ang,
        positions_ang=frame.arrays["pos"],
        em_agrees=agrees,
    )


def _frame_problems(frame: Frame, row: IndexRow, where: str) -> list[Problem]:
    problems = []
    place = f"{where}, frame {frame.place}"
    stated = frame.info.get("edge_id", row.id)
    if stated != row.id:
        expected = f"edge_id={row.id}, as row {frame.place} of the index"
        problems.append(_centroids_problem(place, expected, stated))
    dummies = np.flatnonzero(frame.numbers == _DUMMY)
    if len(dummies) != 1:
        problems.append(_centroids_problem(place, "one dummy atom X", str(len(dummies))))
    return problems


def _centroids_problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_CENTROIDS_NEXT_STEP)


# One hop of nebDFT2k: its initial and its relaxed path, held against each other


_LI = SYMBOLS.index("Li")
_SAME_ANG = 1e-4
_FEWEST_IMAGES = 3
_HOPS_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True, eq=False)
class Hop:
    """A hop whose two paths fit together.

    Attributes:
        id: Its edge_id.
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        moving_ion: Position of the moving ion, from 0.
        init_ang: Initial positions, shape (n_images, n_atoms, 3), Å.
        relaxed_ang: Relaxed positions, same shape.
        energies_ev: Total energies of the relaxed images, shape (n_images,), eV.
        forces_ev_per_ang: Their forces, shape of the positions; None where a frame has none.
    """

    id: str
    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    moving_ion: int
    init_ang: Array
    relaxed_ang: Array
    energies_ev: Array
    forces_ev_per_ang: Array | None

    @property
    def barrier_ev(self) -> float:
        """Largest minus smallest energy, upstream's definition."""
        return float(self.energies_ev.max() - self.energies_ev.min())

    @property
    def saddle_ev(self) -> float:
        """Largest energy minus that of the first image."""
        return float(self.energies_ev.max() - self.energies_ev[0])

    @property
    def length_ang(self) -> float:
        """Shortest periodic distance between the ends of the initial path of the moving ion."""
        ion = self.init_ang[:, self.moving_ion]
        return float(PeriodicCell(self.cell_ang).distances(ion[-1], ion[0]))


def read_hop(
    archive: ZipMembers, row: IndexRow, *, init: str, relaxed: str
) -> tuple[Hop | None, list[Problem]]:
    """Read both paths of a hop.

    Args:
        archive: The archive.
        row: The hop in the index.
        init: Member with the initial path.
        relaxed: Member with the relaxed path.

    Returns:
        The hop and no problems, or None and everything wrong with it.
    """
    paths: list[list[Frame]] = []
    problems: list[Problem] = []
    for name, wanted in ((init, ("pos", "freezed")), (relaxed, ("pos", "forces"))):
        try:
            with archive.open(name) as stream:
                paths.append(list(iter_frames(stream, where=name, wanted=wanted)))
        except IngestError as error:
            problems += error.problems
    if problems:
        return None, problems
    first, second = paths
    problems = [
        *_path_problems(first, init),
        *_path_problems(second, relaxed),
        *_pair_problems(first, second, init, relaxed),
        *_material_problems(first, row, init),
        *_material_problems(second, row, relaxed),
    ]
    if problems:
        return None, problems
    try:
        hop = _hop(row, first, second, init=init, relaxed=relaxed)
    except IngestError as error:
        return None, list(error.problems)
    problems = _order_problems(hop, relaxed)
    return (None, problems) if problems else (hop, [])


def _hop(
    row: IndexRow, first: Sequence[Frame], second: Sequence[Frame], *, init: str, relaxed: str
) -> Hop:
    has_forces = all("forces" in frame.arrays for frame in second)
    return Hop(
        id=row.id,
        numbers=first[0].numbers,
        cell_ang=first[0].cell_ang,
        moving_ion=_moving_ion(first, init),
        init_ang=np.stack([frame.arrays["pos"] for frame in first]),
        relaxed_ang=np.stack([frame.arrays["pos"] for frame in second]),
        energies_ev=np.array([number(frame, "energy", where=relaxed) for frame in second]),
        forces_ev_per_ang=np.stack([frame.arrays["forces"] for frame in second])
        if has_forces
        else None,
    )


def _moving_ion(frames: Sequence[Frame], where: str) -> int:
    """The one atom that ``freezed`` leaves free, the same Li ion in every image.

    Raises:
        IngestError: There is no such column, or it says otherwise.
    """
    free = {tuple(np.flatnonzero(~array(f, "freezed", where=where).astype(bool))) for f in frames}
    ions = sorted({int(place) for places in free for place in places})
    if len(free) == 1 and len(ions) == 1 and frames[0].numbers[ions[0]] == _LI:
        return ions[0]
    shown = first_few(f"{SYMBOLS[frames[0].numbers[i]]} at {i}" for i in ions) or "none"
    raise IngestError(
        _hops_problem(
            f"{where}, freezed", "one free atom, a Li ion, the same in every image", shown
        )
    )


def _path_problems(frames: Sequence[Frame], where: str) -> list[Problem]:
    """Images of one path that differ in atoms or cell, or a path too short to have a barrier."""
    if len(frames) < _FEWEST_IMAGES:
        return [_hops_problem(where, f"{_FEWEST_IMAGES} images or more", str(len(frames)))]
    others = [
        (frame.place, what)
        for frame in frames[1:]
        if (what := _difference(frames[0], frame)) is not None
    ]
    if not others:
        return []
    place, what = others[0]
    return [_hops_problem(f"{where}, frame {place}", "the atoms and cell of the first image", what)]


def _pair_problems(
    first: Sequence[Frame], second: Sequence[Frame], init: str, relaxed: str
) -> list[Problem]:
    if len(first) != len(second):
        expected = f"as many images as {init} has ({len(first)})"
        return [_hops_problem(relaxed, expected, str(len(second)))]
    what = _difference(first[0], second[0]) if first else None
    return [] if what is None else [_hops_problem(relaxed, f"the atoms and cell of {init}", what)]


def _difference(one: Frame, other: Frame) -> str | None:
    if len(one.numbers) != len(other.numbers):
        return f"{len(other.numbers)} atoms, not {len(one.numbers)}"
    differ = np.flatnonzero(one.numbers != other.numbers)
    if len(differ):
        same = sorted(one.numbers) == sorted(other.numbers)
        how = "the same atoms in another order" if same else "other elements"
        return f"{how} ({SYMBOLS[other.numbers[differ[0]]]} at {differ[0]})"
    if np.abs(one.cell_ang - other.cell_ang).max() > _SAME_ANG:
        return "another cell"
    return None


def _material_problems(frames: Sequence[Frame], row: IndexRow, where: str) -> list[Problem]:
    """Frames that name another material, or hold other elements than the index says."""
    stated = {frame.info.get("material_id", row.edge.material_id) for frame in frames}
    problems = []
    if stated != {row.edge.material_id}:
        expected = f"material_id={row.edge.material_id}"
        problems.append(_hops_problem(where, expected, first_few(sorted(stated))))
    elements = "-".join(sorted({SYMBOLS[number] for number in frames[0].numbers}))
    if elements != row.chemsys:
        problems.append(_hops_problem(where, f"the elements {row.chemsys} of the index", elements))
    return problems


def _order_problems(hop: Hop, where: str) -> list[Problem]:
    """Atoms that stand in each other's places in the first image, and a cell without volume."""
    try:
        cell = PeriodicCell(hop.cell_ang)
    except ValueError as error:
        return [_hops_problem(where, "a cell with a volume", str(error))]
    swapped = exchanged_atoms(cell, hop.relaxed_ang[0], hop.init_ang[0])
    if not len(swapped):
        return []
    expected = "atoms in the order of the initial path"
    return [_hops_problem(f"{where}, frame 1", expected, f"atoms {first_few(swapped)} exchanged")]


def _hops_problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_HOPS_NEXT_STEP)


# Frames of nebDFT2k, written hop by hop while the archive is read


_HOPS_PER_BLOCK = 64
_SPECS = {spec.name: spec for spec in FRAMES}


class FramesWriter:
    """Writes the three tables of frames; hops must come in ascending order of their ids.

    Args:
        folder: Where the files lie until the version is put in place.
        metadata: File metadata.
    """

    def __init__(self, folder: Path, metadata: Mapping[str, str]) -> None:
        self._writers = {
            name: StreamedWriter(folder / f"{name}.parquet", spec, metadata)
            for name, spec in _SPECS.items()
        }
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _SPECS}
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        for writer in self._writers.values():
            writer.__exit__(kind, error, trace)

    def write(self, hop: Hop, centroid: Centroid) -> None:
        """Write one hop."""
        self._rows[CENTROIDS].append(_centroid_row(hop.id, centroid))
        for image in range(len(hop.energies_ev)):
            self._rows[PATHS_INIT].append(_init_row(hop, image))
            self._rows[PATHS_RELAXED].append(_relaxed_row(hop, image))
        self._waiting += 1
        if self._waiting >= _HOPS_PER_BLOCK:
            self._flush()

    @property
    def tables(self) -> dict[str, StreamedTable]:
        """What has been written, once the writer is closed."""
        return {name: writer.table for name, writer in self._writers.items()}

    def _flush(self) -> None:
        for name, writer in self._writers.items():
            writer.write(_block(name, self._rows[name]))
            self._rows[name] = []
        self._waiting = 0


def _block(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=arrow_schema(_SPECS[name].columns))


def _centroid_row(name: str, centroid: Centroid) -> dict[str, Any]:
    return {
        "id": name,
        "numbers": centroid.numbers,
        "cell_ang": centroid.cell_ang.ravel(),
        "positions_ang": centroid.positions_ang.ravel(),
    }


def _init_row(hop: Hop, image: int) -> dict[str, Any]:
    return {
        "id": hop.id,
        "image": image,
        "numbers": hop.numbers,
        "cell_ang": hop.cell_ang.ravel(),
        "moving_ion": hop.moving_ion,
        "positions_ang": hop.init_ang[image].ravel(),
    }


def _relaxed_row(hop: Hop, image: int) -> dict[str, Any]:
    forces = hop.forces_ev_per_ang
    return {
        "id": hop.id,
        "image": image,
        "energy_ev": hop.energies_ev[image],
        "positions_ang": hop.relaxed_ang[image].ravel(),
        "forces_ev_per_ang": None if forces is None else forces[image].ravel().astype(np.float32),
    }


# From the hops of the archive to the rows of nebDFT2k's tables


Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HopFacts:
    """What the tables keep of a hop whose frames have been written.

    Attributes:
        row: The hop in the index.
        counts: Element → atoms in an image.
        n_images: Images of the path.
        moving_ion: Position of the moving ion, from 0.
        length_ang: Length of the hop, Å.
        barrier_ev: Largest minus smallest energy of the relaxed path, eV.
        saddle_ev: Largest energy minus that of the first image, eV.
        em_agrees: Whether the centroid's barrier is that of the index; None where it states none.
    """

    row: IndexRow
    counts: Mapping[str, int]
    n_images: int
    moving_ion: int
    length_ang: float
    barrier_ev: float
    saddle_ev: float
    em_agrees: bool | None


def facts_of(row: IndexRow, hop: Hop, *, em_agrees: bool | None) -> HopFacts:
    """The few numbers that outlive the frames of a hop."""
    return HopFacts(
        row=row,
        counts=Counter(SYMBOLS[number] for number in hop.numbers.tolist()),
        n_images=len(hop.energies_ev),
        moving_ion=hop.moving_ion,
        length_ang=round(hop.length_ang, 6),
        barrier_ev=hop.barrier_ev,
        saddle_ev=hop.saddle_ev,
        em_agrees=em_agrees,
    )


def build_tables(hops: Sequence[HopFacts], folds: FoldSettings) -> dict[str, pa.Table]:
    """The tables of a version; hops in ascending order of their ids."""
    ids, parts = [hop.row.id for hop in hops], [hop.row.part for hop in hops]
    components = _material_numbers(hops)
    splits = {
        **split_columns(ids, parts, components),
        "has_specific_tm": [hop.row.has_specific_tm for hop in hops],
        "material_in_train": _is_material_in_train(hops),
    }
    return {
        "entries": table_from_rows(ENTRIES, [_entry(hop) for hop in hops]),
        "labels": table_from_rows(LABELS, [_label(hop) for hop in hops]),
        "splits": table_from_columns(SPLITS, splits),
        "folds": table_from_columns(
            FOLDS, fold_columns(ids, parts, components, folds, scheme=SCHEME)
        ),
    }


def _entry(hop: HopFacts) -> Row:
    edge = hop.row.edge
    return {
        "id": hop.row.id,
        "material_id": edge.material_id,
        "formula": reduced_formula(hop.counts),
        "formula_norm": normalised_formula(hop.counts),
        "chemsys": hop.row.chemsys,
        "source_site": edge.source,
        "target_site": edge.target,
        "offset_a": edge.offset[0],
        "offset_b": edge.offset[1],
        "offset_c": edge.offset[2],
        "n_atoms": sum(hop.counts.values()),
        "n_images": hop.n_images,
        "moving_ion": hop.moving_ion,
        "hop_length_ang": hop.length_ang,
        "em_bvse_ev": hop.row.em_bvse_ev,
        "has_specific_tm": hop.row.has_specific_tm,
    }


def _label(hop: HopFacts) -> Row:
    return {
        "id": hop.row.id,
        "em_dft_ev": hop.row.em_dft_ev,
        "barrier_ev": hop.barrier_ev,
        "saddle_ev": hop.saddle_ev,
    }


def _material_numbers(hops: Sequence[HopFacts]) -> list[int]:
    """Number of each hop's material, from 1 in the order of its first hop."""
    materials = dict.fromkeys(hop.row.edge.material_id for hop in hops)
    numbers = {material: number for number, material in enumerate(materials, start=1)}
    return [numbers[hop.row.edge.material_id] for hop in hops]


def _is_material_in_train(hops: Sequence[HopFacts]) -> list[bool]:
    """Whether a train hop, other than the hop itself, has its material."""
    is_train = [SUBSET[hop.row.part] == "train" for hop in hops]
    materials = [hop.row.edge.material_id for hop in hops]
    learnt = Counter(name for name, mine in zip(materials, is_train, strict=True) if mine)
    return [learnt[name] > mine for name, mine in zip(materials, is_train, strict=True)]


# Integrity checks of nebDFT2k, and what is only counted


AGREE_EV = 0.01


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the checks look at.

    Attributes:
        hops: Hops in ascending order of their ids.
        tables: The tables made from them.
    """

    hops: Sequence[HopFacts]
    tables: Mapping[str, pa.Table]


def check_barrier_columns(built: Built) -> Outcome:
    """em_dft and em_bvse under each other's name: then em_bvse is what the energies give."""
    as_stated = sum(abs(hop.row.em_dft_ev - hop.barrier_ev) <= AGREE_EV for hop in built.hops)
    as_swapped = sum(abs(hop.row.em_bvse_ev - hop.barrier_ev) <= AGREE_EV for hop in built.hops)
    n_hops = len(built.hops)
    findings = []
    if as_swapped > max(as_stated, n_hops / 2):
        findings.append(
            Finding(
                entry=None,
                place="index, columns em_dft and em_bvse",
                expected="em_dft to be the barrier of the relaxed paths",
                found=f"em_bvse to be it for {as_swapped} of {n_hops} hops, em_dft for "
                f"{as_stated}: the columns look exchanged",
            )
        )
    detail = f"em_dft is the barrier of the relaxed path within {AGREE_EV} eV for {as_stated} hops"
    return Outcome(findings=findings, detail=detail)


def check_folds(built: Built) -> Outcome:
    """Folds hold every train hop out once a repeat, and keep materials whole."""
    material = {hop.row.id: hop.row.edge.material_id for hop in built.hops}
    train = {
        row["id"] for row in built.tables["splits"].to_pylist() if str(row["subset"]) == "train"
    }
    held_out: dict[int, list[str]] = {}
    folds_of: dict[tuple[int, str], set[int]] = {}
    for row in built.tables["folds"].to_pylist():
        held_out.setdefault(row["repeat"], []).append(row["id"])
        folds_of.setdefault((row["repeat"], material[row["id"]]), set()).add(row["fold"])
    findings = [
        Finding(
            entry=None, place=f"folds, repeat {n}", expected="every train hop once", found="not"
        )
        for n, ids in sorted(held_out.items())
        if sorted(ids) != sorted(train)
    ]
    findings += [
        Finding(entry=None, place=f"folds, {name}", expected="one fold", found=str(len(folds)))
        for (_, name), folds in sorted(folds_of.items())
        if len(folds) > 1
    ]
    return Outcome(findings=findings, detail=f"{len(held_out)} repeat(s) of {len(train)} hops")


TABLE_CHECKS: tuple[Check[Built], ...] = (
    Check(
        name="barriers_are_not_exchanged",
        description="The columns em_dft and em_bvse of the index stand under their own names.",
        run=check_barrier_columns,
    ),
    Check(
        name="folds_cover_training_once",
        description="In every repeat each train hop is held out once, whole materials together.",
        run=check_folds,
    ),
)


def overlap_of(hops: Sequence[HopFacts]) -> Overlap:
    """How upstream's parts share materials."""
    return material_overlap((hop.row.part, hop.row.edge.material_id) for hop in hops)


def barrier_agreement(hops: Sequence[HopFacts]) -> CheckResult:
    """How often the stated barrier is that of the path: counted, never refused."""
    differ = [h.row.id for h in hops if abs(h.row.em_dft_ev - h.barrier_ev) > AGREE_EV]
    detail = f"{len(differ)} of {len(hops)} hops differ by more than {AGREE_EV} eV"
    return CheckResult(
        name="barrier_is_that_of_the_path",
        description=(
            "The barrier of the index is compared with the largest minus the smallest energy of "
            "the relaxed path; hops that differ are counted, not refused."
        ),
        detail=detail + (f": {first_few(differ)}" if differ else ""),
    )


def centroid_agreement(hops: Sequence[HopFacts]) -> CheckResult:
    """How often the barrier in the centroids file is that of the index: counted, never refused."""
    stated = [hop for hop in hops if hop.em_agrees is not None]
    differ = [hop.row.id for hop in stated if not hop.em_agrees]
    detail = f"{len(stated)} of {len(hops)} centroids state a barrier; {len(differ)} differ"
    return CheckResult(
        name="centroid_barrier_is_that_of_the_index",
        description=(
            "The em of a centroid is compared with em_dft of the index; frames that differ by "
            "more than 0.01 eV are counted, not refused."
        ),
        detail=detail + (f": {first_few(differ)}" if differ else ""),
    )


def summarise(hops: Sequence[HopFacts]) -> dict[str, Any]:
    """Counts for the dataset card."""
    overlap = overlap_of(hops)
    parts: dict[str, int] = {}
    images: dict[str, int] = {}
    for hop in hops:
        parts[hop.row.part] = parts.get(hop.row.part, 0) + 1
        images[str(hop.n_images)] = images.get(str(hop.n_images), 0) + 1
    return {
        "hops": len(hops),
        "parts": parts,
        "images": dict(sorted(images.items())),
        "with_specific_tm": sum(hop.row.has_specific_tm for hop in hops),
        "atoms": {
            "fewest": min(sum(hop.counts.values()) for hop in hops),
            "most": max(sum(hop.counts.values()) for hop in hops),
        },
        "barrier_differs_from_em_dft": sum(
            abs(hop.row.em_dft_ev - hop.barrier_ev) > AGREE_EV for hop in hops
        ),
        "material_overlap": overlap.summary,
    }


# From nebDFT2k.zip to the tables and frames of a version, hop by hop, without unpacking it


ARCHIVE = "nebDFT2k.zip"
_FOLDER = "nebDFT2k"
_INDEX = f"{_FOLDER}/nebDFT2k_index.csv"
_CENTROIDS = f"{_FOLDER}/nebDFT2k_centroids.xyz"
_INGEST_NEXT_STEP = (
    "Compare the archive with its upstream copy; fetch it again if it was cut short."
)


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Read, check and tabulate the archive.

    Args:
        raw: Folder with it.
        pinned: What ``params.yaml`` says of the version; ``expected`` may hold ``hops``.
        work: Folder for the frames.

    Raises:
        IngestError: Everything wrong with the index; or everything wrong with any hop or centroid;
            or every finding of the checks on the tables.
    """
    with ZipMembers(raw / ARCHIVE) as archive:
        rows = _index(archive, pinned)
        hops, frames = _read_hops(archive, rows, pinned, work)
    tables = build_tables(hops, pinned.folds)
    results = run_checks(DATASET, TABLE_CHECKS, Built(hops=hops, tables=tables))
    counted = (barrier_agreement(hops), centroid_agreement(hops), overlap_of(hops).check)
    return BuiltVersion(
        tables=tables,
        checks=(*results, *counted),
        summary=summarise(hops),
        frames=frames.tables,
    )


def _index(archive: ZipMembers, pinned: DatasetVersion) -> list[IndexRow]:
    """The index, with every member that it promises.

    Raises:
        IngestError: Everything wrong with it, and every member that is absent.
    """
    absent = [name for name in (_INDEX, _CENTROIDS) if name not in archive.names]
    if absent:
        raise IngestError([_absent(name, archive) for name in absent])
    rows, problems = read_index(archive.read(_INDEX), where=_INDEX)
    if not problems:
        problems = count_problems(rows, pinned.expected.get("hops"), where=_INDEX)
    promised = {name for row in rows for name in _members(row)}
    here = set(archive.names)
    problems += [_absent(name, archive) for name in sorted(promised - here)]
    extra = sorted(here - promised - {_INDEX, _CENTROIDS})
    if extra and not problems:
        found = f"{len(extra)} more ({first_few(extra)})"
        problems.append(_ingest_problem(ARCHIVE, "two paths for each hop of the index", found))
    if problems:
        raise IngestError(problems)
    return rows


def _members(row: IndexRow) -> tuple[str, str]:
    return f"{_FOLDER}/{row.id}_init.xyz", f"{_FOLDER}/{row.id}_relaxed.xyz"


def _read_hops(
    archive: ZipMembers, rows: list[IndexRow], pinned: DatasetVersion, work: Path
) -> tuple[list[HopFacts], FramesWriter]:
    """Read every hop in the order of ids, writing its frames on the way.

    Raises:
        IngestError: Everything wrong with any of them.
    """
    metadata = {"dataset": pinned.dataset, "version": pinned.version, "licence": DATASET.licence}
    centroids, problems = read_centroids(archive, _CENTROIDS, rows)
    facts = []
    with (
        FramesWriter(work, metadata) as frames,
        progress(f"{DATASET.title}: hops", len(rows)) as tick,
    ):
        for row in sorted(rows, key=lambda row: row.id):
            init, relaxed = _members(row)
            hop, found = read_hop(archive, row, init=init, relaxed=relaxed)
            problems += found
            centroid = centroids.get(row.id)
            if hop is not None and centroid is not None:
                frames.write(hop, centroid)
                facts.append(facts_of(row, hop, em_agrees=centroid.em_agrees))
            tick(1)
    if problems:
        raise IngestError(problems)
    return facts, frames


def _absent(name: str, archive: ZipMembers) -> Problem:
    return _ingest_problem(f"{ARCHIVE}, {name}", "this member", f"{len(archive.names)} others")


def _ingest_problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_INGEST_NEXT_STEP)
