"""nebDFT2k: from the archive of migration paths to tables and frames, hop by hop."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ionladder.config import DatasetVersion
from ionladder.data import store
from ionladder.data.archives import ZipMembers, read_csv
from ionladder.data.ingest import Finding, Findings, check, run_checks
from ionladder.data.litraj import common, xyz
from ionladder.data.litraj.common import Columns, Edge
from ionladder.data.litraj.xyz import Frame, PeriodicCell
from ionladder.data.store import BuiltVersion, GivenPath, StreamedTable, StreamedWriter
from ionladder.errors import IngestError, Problem, first_few
from ionladder.specs import Array, Dataset, arrow_schema

_ARCHIVE = "nebDFT2k.zip"
_INDEX = "nebDFT2k/nebDFT2k_index.csv"
_CENTROIDS = "nebDFT2k/nebDFT2k_centroids.xyz"
_COLUMNS = "material_id edge_id chemsys has_specific_TM em_bvse em_dft _split".split()
_FLAGS = {"True": True, "False": False, "1": True, "0": False}
_AGREE_EV = 0.01
_SAME_ANG = 1e-4
_FEWEST_IMAGES = 3
_HOPS_PER_BLOCK = 64
_LI = xyz.SYMBOLS.index("Li")

_Row = dict[str, Any]


def build_paths(raw: Path, pinned: DatasetVersion, work: Path, dataset: Dataset) -> BuiltVersion:
    """Read, check and tabulate the archive of nebDFT2k, without unpacking it.

    Args:
        raw: Folder with it.
        pinned: What ``params.yaml`` says of the version; ``expected`` may hold ``hops``.
        work: Folder for the frames.
        dataset: Its columns.

    Raises:
        IngestError: Everything wrong with the index; or everything wrong with any hop or centroid;
            or every finding of the checks on the tables.
    """
    with ZipMembers(raw / _ARCHIVE) as archive:
        facts, frames = _read_hops(archive, _read_index(archive, pinned), pinned, work, dataset)
    columns = {name: [row[name] for row in facts] for name in facts[0]}
    materials = columns["material_id"]
    numbers = {name: n for n, name in enumerate(dict.fromkeys(materials), start=1)}
    is_train = [common.SUBSET[part] == "train" for part in columns["part"]]
    n_train = Counter(name for name, learnt in zip(materials, is_train, strict=True) if learnt)
    components = [numbers[name] for name in materials]
    pairs = zip(materials, is_train, strict=True)
    splits = {
        **common.split_columns(columns["id"], columns["part"], components),
        "has_specific_tm": columns["has_specific_tm"],
        # Whether a train hop, other than the hop itself, has its material.
        "material_in_train": [n_train[name] > learnt for name, learnt in pairs],
    }
    folds = common.fold_columns(splits, pinned.folds, scheme="material")
    results = run_checks(dataset, [barriers_are_not_exchanged], facts)
    covered = common.folds_check("all hops of its material")
    results += run_checks(dataset, [covered], (splits, folds))
    counted = [barrier_is_that_of_the_path, centroid_barrier_is_that_of_the_index]
    results += run_checks(dataset, counted, facts)
    overlap, overlap_summary = common.material_overlap(columns["part"], materials)
    made: dict[str, Columns] = {"splits": splits, "folds": folds}
    return BuiltVersion(
        tables={
            spec.name: store.table_from_columns(spec, made.get(spec.name, columns))
            for spec in dataset.tables
        },
        checks=(*results, overlap),
        summary={**_summarise(facts), "material_overlap": overlap_summary},
        frames=frames,
    )


_problem = xyz.upstream_problem


# The index: one row a hop, read as text and believed cell by cell


class _Hop(NamedTuple):
    """One hop as the index states it; ``chemsys`` is sorted, and barriers are in eV."""

    id: str
    edge: Edge
    chemsys: str
    has_specific_tm: bool
    em_bvse_ev: float
    em_dft_ev: float
    part: str

    @property
    def members(self) -> tuple[str, str]:
        """Files of its initial and of its relaxed path."""
        return f"nebDFT2k/{self.id}_init.xyz", f"nebDFT2k/{self.id}_relaxed.xyz"


def _read_index(archive: ZipMembers, pinned: DatasetVersion) -> list[_Hop]:
    """Hops in the order of the index, with every member that it promises.

    Raises:
        IngestError: Everything wrong with it, and every member that is absent.
    """

    def absent(names: set[str]) -> list[Problem]:
        others = f"{len(archive.names)} others"
        return [_problem(f"{_ARCHIVE}, {name}", "this member", others) for name in sorted(names)]

    present = set(archive.names)
    problems = absent({_INDEX, _CENTROIDS} - present)
    if problems:
        raise IngestError(problems)
    rows, _ = read_csv(archive.read(_INDEX), required=_COLUMNS, where=_INDEX)
    hops = []
    for line, cells in enumerate(rows, start=2):
        hop, bad = _hop_of(cells)
        problems += [
            _problem(f"{_INDEX}, line {line}, {column}", expected, cells[column])
            for column, expected in bad.items()
        ]
        hops += [hop] if hop is not None else []
    twice = [name for name, n in Counter(hop.id for hop in hops).items() if n > 1]
    if twice:
        found = f"{len(twice)} of them more than once ({first_few(twice)})"
        problems.append(_problem(f"{_INDEX}, edge_id", "every hop once", found))
    expected = pinned.expected.get("hops", len(hops))
    if not problems and len(hops) != expected:
        problems.append(_problem(_INDEX, f"{expected:,} hops", f"{len(hops):,}"))
    promised = {name for hop in hops for name in hop.members}
    problems += absent(promised - present)
    extra = sorted(present - promised - {_INDEX, _CENTROIDS})
    if extra and not problems:
        found = f"{len(extra)} more ({first_few(extra)})"
        problems.append(_problem(_ARCHIVE, "two paths for each hop of the index", found))
    if problems:
        raise IngestError(problems)
    return hops


def _hop_of(cells: Mapping[str, str]) -> tuple[_Hop | None, dict[str, str]]:
    """The hop of a row; and the columns whose cells are bad, with what is expected there."""
    bad = {}
    edge = common.parse_edge_id(cells["edge_id"])
    if edge is None:
        bad["edge_id"] = "material_source_target_x_y_z"
    elif edge.material_id != cells["material_id"]:
        bad["material_id"] = f"{edge.material_id} as in edge_id"
    barriers = {name: common.barrier_of(cells[name]) for name in ("em_bvse", "em_dft")}
    for name, value in barriers.items():
        if math.isnan(value):
            bad[name] = "a finite number in eV, 0 or more"
    if cells["has_specific_TM"] not in _FLAGS:
        bad["has_specific_TM"] = "True or False"
    if cells["_split"] not in common.PARTS:
        bad["_split"] = " or ".join(common.PARTS)
    if bad or edge is None:
        return None, bad
    return _Hop(
        id=cells["edge_id"],
        edge=edge,
        chemsys="-".join(sorted(cells["chemsys"].split("-"))),
        has_specific_tm=_FLAGS[cells["has_specific_TM"]],
        em_bvse_ev=barriers["em_bvse"],
        em_dft_ev=barriers["em_dft"],
        part=cells["_split"],
    ), {}


# Frames: the centroid of every hop, and its two paths compared with each other


@dataclass(frozen=True, kw_only=True, eq=False)
class _Path:
    """A hop whose two paths fit together.

    Attributes:
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        moving_ion: Position of the moving ion, from 0.
        init_ang: Initial positions, shape (n_images, n_atoms, 3), Å.
        relaxed_ang: Relaxed positions, same shape.
        energies_ev: Total energies of the relaxed images, shape (n_images,), eV.
        forces: Their forces, float32, shape of the positions, eV/Å; None where a frame has none.
    """

    given: GivenPath
    relaxed_ang: Array
    energies_ev: Array
    forces: npt.NDArray[np.float32] | None


def _read_hops(
    archive: ZipMembers, hops: Sequence[_Hop], pinned: DatasetVersion, work: Path, dataset: Dataset
) -> tuple[list[_Row], dict[str, StreamedTable]]:
    """Read every hop in the order of ids, writing its frames on the way.

    Returns:
        A row of facts per hop, with the columns of ``entries`` and ``labels``; and the frames.

    Raises:
        IngestError: Everything wrong with any of them.
    """
    import pyarrow as pa

    metadata = {"dataset": pinned.dataset, "version": pinned.version, "licence": dataset.licence}
    centroids, problems = _read_centroids(archive, hops)
    facts: list[_Row] = []
    with ExitStack() as stack:
        writers = {
            spec.name: stack.enter_context(StreamedWriter(work, spec, metadata))
            for spec in dataset.frames
        }
        waiting: dict[str, list[_Row]] = {name: [] for name in writers}

        def flush() -> None:
            for name, out in writers.items():
                schema = arrow_schema(out.spec.columns)
                out.write(pa.Table.from_pylist(waiting[name], schema=schema))
                waiting[name].clear()

        tick = stack.enter_context(common.progress(f"{dataset.title}: hops", len(hops)))
        for hop in sorted(hops, key=lambda hop: hop.id):
            path, found = _read_path(archive, hop)
            problems += found
            if path is not None and hop.id in centroids:
                for name, rows in _frame_rows(hop, path, centroids[hop.id]).items():
                    waiting[name] += rows
                facts.append(_facts(hop, path, centroids[hop.id]))
                if len(facts) % _HOPS_PER_BLOCK == 0:
                    flush()
            tick(1)
        flush()
        if problems:
            raise IngestError(problems)
    return facts, {name: writer.table for name, writer in writers.items()}


def _frame_rows(hop: _Hop, path: _Path, centroid: Frame) -> dict[str, list[_Row]]:
    """Rows of the three tables of frames."""
    return {
        "centroids": [
            {
                "id": hop.id,
                "numbers": centroid.numbers,
                "cell_ang": centroid.cell_ang.ravel(),
                "positions_ang": centroid.arrays["pos"].ravel(),
            }
        ],
        "paths_init": path.given.rows(),
        "paths_relaxed": [
            {
                "id": hop.id,
                "image": image,
                "energy_ev": path.energies_ev[image],
                "positions_ang": path.relaxed_ang[image].ravel(),
                "forces_ev_per_ang": None if path.forces is None else path.forces[image].ravel(),
            }
            for image in range(path.given.n_images)
        ],
    }


def _facts(hop: _Hop, path: _Path, centroid: Frame) -> _Row:
    """What the tables keep of a hop, and what is checked once all are read."""
    given, made = path.given, common.composition_of(path.given.numbers)
    ion = given.positions_ang[[-1, 0], given.moving_ion]
    return {
        **hop._asdict(),
        **hop.edge._asdict(),
        "formula": made.formula,
        "formula_norm": made.formula_norm,
        "n_atoms": made.n_atoms,
        "n_images": len(path.energies_ev),
        "moving_ion": given.moving_ion,
        "hop_length_ang": round(float(PeriodicCell(given.cell_ang).distances(*ion)), 6),
        "barrier_ev": float(path.energies_ev.max() - path.energies_ev.min()),
        "saddle_ev": float(path.energies_ev.max() - path.energies_ev[0]),
        "em_agrees": None
        if centroid.info.get("em") is None
        else abs(xyz.info_number(centroid, "em", where=_CENTROIDS) - hop.em_dft_ev) <= _AGREE_EV,
    }


def _read_centroids(
    archive: ZipMembers, hops: Sequence[_Hop]
) -> tuple[dict[str, Frame], list[Problem]]:
    """Supercells with a dummy atom at the centre of the hop, by hop; and all that is wrong.

    Whether the Li ions at the two ends of the hop are kept or left out is not stated upstream, and
    nothing here depends on it.
    """
    centroids: dict[str, Frame] = {}
    problems: list[Problem] = []
    n_frames = 0
    try:
        with archive.open(_CENTROIDS) as stream:
            for frame in xyz.iter_frames(stream, where=_CENTROIDS):
                n_frames += 1
                if n_frames > len(hops):
                    continue
                name, at = hops[n_frames - 1].id, f"{_CENTROIDS}, frame {n_frames}"
                stated = frame.info.get("edge_id", name)
                if stated != name:
                    expected = f"edge_id={name}, as row {n_frames} of the index"
                    problems.append(_problem(at, expected, stated))
                n_dummies = int((frame.numbers == 0).sum())
                if n_dummies != 1:
                    problems.append(_problem(at, "one dummy atom X", str(n_dummies)))
                if "em" in frame.info:
                    xyz.info_number(frame, "em", where=_CENTROIDS)
                centroids[name] = frame
    except IngestError as error:
        problems += error.problems
    if n_frames != len(hops) and not problems:
        expected = f"a frame for each of the {len(hops)} hops"
        problems.append(_problem(_CENTROIDS, expected, str(n_frames)))
    return centroids, problems


def _read_path(archive: ZipMembers, hop: _Hop) -> tuple[_Path | None, list[Problem]]:
    """Both paths of a hop and no problems, or None and everything wrong with them."""
    frames: list[list[Frame]] = []
    problems: list[Problem] = []
    for name, extra in zip(hop.members, ("freezed", "forces"), strict=True):
        try:
            with archive.open(name) as stream:
                frames.append(list(xyz.iter_frames(stream, where=name, wanted=("pos", extra))))
        except IngestError as error:
            problems += error.problems
    if not problems:
        problems = list(_path_problems(hop, *frames))
    if problems:
        return None, problems
    (first, second), (init, relaxed) = frames, hop.members
    try:
        given = GivenPath(
            id=hop.id,
            numbers=first[0].numbers,
            cell_ang=first[0].cell_ang,
            positions_ang=_stacked(first, "pos"),
            moving_ion=_moving_ion(first, init),
        )
        path = _Path(
            given=given,
            relaxed_ang=_stacked(second, "pos"),
            energies_ev=np.array([xyz.info_number(f, "energy", where=relaxed) for f in second]),
            forces=_stacked(second, "forces").astype(np.float32)
            if all("forces" in frame.arrays for frame in second)
            else None,
        )
        ends = (path.relaxed_ang[0], given.positions_ang[0])
        swapped = xyz.exchanged_atoms(PeriodicCell(given.cell_ang), *ends)
    except IngestError as error:
        return None, list(error.problems)
    except ValueError as error:
        return None, [_problem(relaxed, "a cell with a volume", str(error))]
    if swapped:
        found = f"atoms {first_few(swapped)} exchanged"
        expected = "atoms in the order of the initial path"
        return None, [_problem(f"{relaxed}, frame 1", expected, found)]
    return path, []


def _stacked(frames: Sequence[Frame], name: str) -> npt.NDArray[Any]:
    return np.stack([frame.arrays[name] for frame in frames])


def _path_problems(hop: _Hop, first: list[Frame], second: list[Frame]) -> Iterator[Problem]:
    """Images, atoms, cells and materials of the two paths that do not fit together."""
    init, relaxed = hop.members
    for name, frames in ((init, first), (relaxed, second)):
        if len(frames) < _FEWEST_IMAGES:
            yield _problem(name, f"{_FEWEST_IMAGES} images or more", str(len(frames)))
            continue
        for place, what in ((frame.place, _difference(frames[0], frame)) for frame in frames[1:]):
            if what:
                at = f"{name}, frame {place}"
                yield _problem(at, "the atoms and cell of the first image", what)
                break
        stated = sorted({f.info.get("material_id", hop.edge.material_id) for f in frames})
        if stated != [hop.edge.material_id]:
            yield _problem(name, f"material_id={hop.edge.material_id}", first_few(stated))
        elements = "-".join(sorted({xyz.SYMBOLS[z] for z in frames[0].numbers}))
        if elements != hop.chemsys:
            yield _problem(name, f"the elements {hop.chemsys} of the index", elements)
    if len(first) != len(second):
        yield _problem(relaxed, f"as many images as {init} has ({len(first)})", str(len(second)))
    elif first and (what := _difference(first[0], second[0])):
        yield _problem(relaxed, f"the atoms and cell of {init}", what)


def _difference(one: Frame, other: Frame) -> str:
    """What differs between the atoms and cells of two frames; empty where nothing does."""
    if len(one.numbers) != len(other.numbers):
        return f"{len(other.numbers)} atoms, not {len(one.numbers)}"
    differ = np.flatnonzero(one.numbers != other.numbers)
    if len(differ):
        is_order = sorted(one.numbers) == sorted(other.numbers)
        how = "the same atoms in another order" if is_order else "other elements"
        return f"{how} ({xyz.SYMBOLS[other.numbers[differ[0]]]} at {differ[0]})"
    return "another cell" if np.abs(one.cell_ang - other.cell_ang).max() > _SAME_ANG else ""


def _moving_ion(frames: Sequence[Frame], where: str) -> int:
    """The one atom that ``freezed`` leaves free, one Li ion in every image.

    Raises:
        IngestError: There is no such column, or it says otherwise.
    """
    held = (xyz.array(frame, "freezed", where=where).astype(bool) for frame in frames)
    free = {tuple(np.flatnonzero(~is_held)) for is_held in held}
    ions = sorted({int(place) for places in free for place in places})
    if len(free) == 1 and len(ions) == 1 and frames[0].numbers[ions[0]] == _LI:
        return ions[0]
    shown = first_few(f"{xyz.SYMBOLS[frames[0].numbers[i]]} at {i}" for i in ions) or "none"
    expected = "one free atom, a Li ion, the same in every image"
    raise IngestError(_problem(f"{where}, freezed", expected, shown))


# Checks on what was read, and what is only counted


def _differ(facts: Sequence[_Row], stated: str) -> list[str]:
    """Hops whose stated barrier is not that of the relaxed path."""
    return [row["id"] for row in facts if abs(row[stated] - row["barrier_ev"]) > _AGREE_EV]


@check
def barriers_are_not_exchanged(facts: Sequence[_Row]) -> Findings:
    """The columns em_dft and em_bvse of the index stand under their own names."""
    # If they did not, em_bvse would be what the energies give.
    as_stated = len(facts) - len(_differ(facts, "em_dft_ev"))
    as_swapped = len(facts) - len(_differ(facts, "em_bvse_ev"))
    if as_swapped > max(as_stated, len(facts) / 2):
        yield Finding(
            "index, columns em_dft and em_bvse",
            "em_dft to be the barrier of the relaxed paths",
            f"em_bvse to be it for {as_swapped} of {len(facts)} hops, em_dft for "
            f"{as_stated}: the columns look exchanged",
        )
    return f"em_dft is the barrier of the relaxed path within {_AGREE_EV} eV for {as_stated} hops"


@check
def barrier_is_that_of_the_path(facts: Sequence[_Row]) -> str:
    """The barrier of the index is compared with the largest minus the smallest energy of the
    relaxed path; hops that differ are counted, not refused.
    """
    differ = _differ(facts, "em_dft_ev")
    detail = f"{len(differ)} of {len(facts)} hops differ by more than {_AGREE_EV} eV"
    return detail + (f": {first_few(differ)}" if differ else "")


@check
def centroid_barrier_is_that_of_the_index(facts: Sequence[_Row]) -> str:
    """The em of a centroid is compared with em_dft of the index; frames that differ by more than
    0.01 eV are counted, not refused.
    """
    stated = [row for row in facts if row["em_agrees"] is not None]
    differ = [row["id"] for row in stated if not row["em_agrees"]]
    detail = f"{len(stated)} of {len(facts)} centroids state a barrier; {len(differ)} differ"
    return detail + (f": {first_few(differ)}" if differ else "")


def _summarise(facts: Sequence[_Row]) -> dict[str, Any]:
    """Counts for the dataset card."""
    atoms = [row["n_atoms"] for row in facts]
    return {
        "hops": len(facts),
        "parts": dict(Counter(row["part"] for row in facts)),
        "images": dict(sorted(Counter(str(row["n_images"]) for row in facts).items())),
        "with_specific_tm": sum(row["has_specific_tm"] for row in facts),
        "atoms": {"fewest": min(atoms), "most": max(atoms)},
        "barrier_differs_from_em_dft": len(_differ(facts, "em_dft_ev")),
    }
