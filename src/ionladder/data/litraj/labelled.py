"""BVEL13k and nebBVSE122k: from archives of labelled structures to tables, with every check."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.config import DatasetVersion
from ionladder.data import store
from ionladder.data.archives import ZipMembers, read_csv
from ionladder.data.distances import distance_check
from ionladder.data.ingest import Finding, Findings, check, objections, run_checks
from ionladder.data.litraj import common
from ionladder.data.litraj.common import Columns
from ionladder.data.litraj.xyz import Frame, iter_frames
from ionladder.data.store import BuiltVersion, CheckResult, StreamedTable, StreamedWriter
from ionladder.errors import first_few
from ionladder.specs import Dataset

if TYPE_CHECKING:
    import pyarrow as pa
    from pymatgen.core.structure import Structure

Row = Mapping[str, Any]
_Labels = Mapping[str, Sequence[float | None]]

_BLOCK_ROWS = 4096


@dataclass(frozen=True, kw_only=True)
class ArchiveLayout:
    """How the files of an archive are named, and what is read from them.

    Attributes:
        stem: Beginning of every file name (``BVEL13k``).
        id_key: Key that names an entry, in frames and in the index (``material_id``).
        labels: Label keys, in frames and in the index.
        extra: Further keys that frames may have.
        id_in_index: Whether the index must have ``id_key``; otherwise it may.
        allow_inf: Whether ``inf`` is a label: nothing percolates.
    """

    stem: str
    id_key: str
    labels: tuple[str, ...]
    extra: tuple[str, ...] = ()
    id_in_index: bool = True
    allow_inf: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that frames are asked for, each once."""
        return tuple(dict.fromkeys((self.id_key, "material_id", *self.labels, *self.extra)))


@dataclass(frozen=True, kw_only=True)
class LabelledRelease:
    """What the checks look at, and what the tables are made from.

    Attributes:
        layout: What was read.
        pinned: The version; its expected counts.
        index: Rows of the index as text, in file order; optional columns may be absent.
        unknown: Columns of the index and of atoms that were not asked for.
        frames: Every frame without its positions, part by part in file order: the asked keys as
            text (None where a frame has none), the fields of its composition, ``part``, ``place``
            (what an error calls it), ``dummies`` (positions of dummy atoms from the last atom, 0)
            and ``volume_ang3``.
        structures: ``id``, ``numbers``, ``cell_ang`` and ``positions_ang`` of the frames.
    """

    layout: ArchiveLayout
    pinned: DatasetVersion
    index: Sequence[Row]
    unknown: Sequence[str]
    frames: Sequence[Row]
    structures: pa.Table

    def column(self, name: str) -> list[Any]:
        """One value of every frame."""
        return [frame[name] for frame in self.frames]

    @property
    def ids(self) -> list[str]:
        """Id of every frame; empty where it has none."""
        return [frame[self.layout.id_key] or "" for frame in self.frames]

    def which(self, is_wrong: Callable[[Row], bool]) -> list[str]:
        """Ids of the frames of which something is true."""
        return [name for name, f in zip(self.ids, self.frames, strict=True) if is_wrong(f)]


def read_release(raw: Path, pinned: DatasetVersion, layout: ArchiveLayout) -> LabelledRelease:
    """Read an archive; its structures are held in memory, about 13 bytes an atom.

    Args:
        raw: Folder with it.
        pinned: The version.
        layout: What is read.

    Raises:
        IngestError: The archive is damaged or unsafe, a file is missing, or one is malformed.
    """
    import pyarrow as pa

    (name,) = pinned.files
    index_name = f"{layout.stem}_index.csv"
    files = {part: f"{layout.stem}_{part}.xyz" for part in common.PARTS}
    frames: list[Row] = []
    blocks: list[pa.Table] = []
    skipped: set[str] = set()
    with ZipMembers(raw / name) as archive:
        members = common.find_members(archive, [index_name, *files.values()], where=name)
        id_key = layout.id_key if layout.id_in_index else "material_id"
        index, unknown = read_csv(
            archive.read(members[index_name]),
            required=(id_key, "chemsys", "_split", *layout.labels),
            optional=("material_id", layout.id_key),
            where=index_name,
        )
        total = sum(pinned.expected.get(part, 0) for part in common.PARTS)
        with common.progress(f"{layout.stem}: structures", total) as tick:
            for part, file in files.items():
                with archive.open(members[file]) as stream:
                    found = iter_frames(stream, where=members[file])
                    while block := list(islice(found, 2048)):
                        frames += [_described(frame, part, layout) for frame in block]
                        blocks.append(_structures(block, layout.id_key))
                        skipped.update(*(frame.skipped for frame in block))
                        tick(len(block))
    return LabelledRelease(
        layout=layout,
        pinned=pinned,
        index=index,
        unknown=[*sorted(skipped), *(f"index: {column}" for column in unknown)],
        frames=frames,
        structures=pa.concat_tables(blocks).combine_chunks() if blocks else _structures([], ""),
    )


def _described(frame: Frame, part: str, layout: ArchiveLayout) -> Row:
    return {
        **{key: frame.info.get(key) for key in layout.keys},
        **common.composition_of(frame.numbers)._asdict(),
        "part": part,
        "place": f"{part}, frame {frame.place}",
        "dummies": (len(frame.numbers) - 1 - np.flatnonzero(frame.numbers == 0)).tolist(),
        "volume_ang3": abs(float(np.linalg.det(frame.cell_ang))),
    }


def _structures(frames: Sequence[Frame], id_key: str) -> pa.Table:
    import pyarrow as pa

    ends = np.cumsum([0, *(len(frame.numbers) for frame in frames)])
    cells = 9 * np.arange(len(frames) + 1)

    def lists(offsets: Any, parts: Sequence[Any], kind: Any) -> pa.ListArray:
        values = np.concatenate([np.empty(0, kind), *(part.ravel() for part in parts)])
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values.astype(kind))

    return pa.table(
        {
            "id": pa.array([frame.info.get(id_key) for frame in frames], pa.string()),
            "numbers": lists(ends, [frame.numbers for frame in frames], np.uint8),
            "cell_ang": lists(cells, [frame.cell_ang for frame in frames], np.float64),
            "positions_ang": lists(3 * ends, [f.arrays["pos"] for f in frames], np.float32),
        }
    )


def _crystals(release: LabelledRelease) -> Iterator[tuple[str, Structure]]:
    """Id and structure of every frame, without dummy atoms."""
    from pymatgen.core.structure import Structure

    table = release.structures
    for start in range(0, table.num_rows, _BLOCK_ROWS):
        for row in table.slice(start, _BLOCK_ROWS).to_pylist():
            numbers = np.array(row["numbers"])
            cell, places = (np.reshape(row[k], (-1, 3)) for k in ("cell_ang", "positions_ang"))
            real = numbers > 0
            atoms = numbers[real].tolist()
            yield row["id"], Structure(cell, atoms, places[real], coords_are_cartesian=True)


# Integrity checks: counts, names, and index and structures compared


def number_of(text: str | None) -> float | None:
    """A label as a number; None for text that is none, and for nan.

    Example:
        >>> number_of("0.4785"), number_of("inf"), number_of("nan"), number_of("0.4 eV")
        (0.4785, inf, None, None)
    """
    try:
        value = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(value) or "_" in (text or "") else value


def same_number(one: str | None, other: str | None) -> bool:
    """Whether two printed numbers agree to the digits of the shorter one.

    Example:
        >>> same_number("0.4785", "0.47851562"), same_number("0.4785", "0.479")
        (True, True)
        >>> same_number("0.4785", "0.4795"), same_number("inf", "inf"), same_number("", "inf")
        (False, True, False)
    """
    a, b = number_of(one), number_of(other)
    if a is None or b is None:
        return False
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= (0.5 * 10.0 ** -min(_decimals(one), _decimals(other))) * (1 + 1e-9) + 1e-15


def _decimals(text: str | None) -> int:
    try:
        exponent = Decimal(text or "").as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


@check
def counts_are_upstreams(release: LabelledRelease) -> Findings:
    """Each part has as many entries as upstream states."""
    frames = Counter(release.column("part"))
    rows = Counter(row["_split"] for row in release.index)
    for what, counts in (("frames", frames), ("rows of the index", rows)):
        for part in sorted({*common.PARTS, *counts}):
            if counts[part] != (n := release.pinned.expected.get(part, 0)):
                yield Finding(f"{part}, {what}", str(n), str(counts[part]))
    return ", ".join(f"{frames[part]} {part}" for part in common.PARTS)


@check
def entries_are_named(release: LabelledRelease) -> Findings:
    """Every entry has a name of its own and a material."""
    key = release.layout.id_key
    wrong: dict[str, list[str]] = {
        f"a {name}": [f["place"] for f in release.frames if len((f[name] or "").split()) != 1]
        for name in (key, "material_id")
    }
    yield from objections("structures", wrong)
    counts = Counter(release.ids)
    if twice := sorted(entry for entry, n in counts.items() if n > 1 and entry):
        yield Finding("structures", f"each {key} once", f"twice: {first_few(twice)}")
    return f"{len(counts)} entries"


@check
def index_agrees(release: LabelledRelease) -> Findings:
    """Index and structures name the same entries, parts and labels, to the printed digits."""
    # By id where the index has one; otherwise by material, part and label.
    key, labels = release.layout.id_key, release.layout.labels
    if not release.index or key not in release.index[0]:
        return (yield from _index_by_material(release))
    rows = {row[key]: row for row in release.index}
    frames = dict(zip(release.ids, release.frames, strict=True))
    both = [entry for entry in rows if entry in frames]
    wrong = {
        "entries that have a structure": [entry for entry in rows if entry not in frames],
        "a row for every structure": [entry for entry in frames if entry not in rows],
        "the part of the structure's file": [
            entry for entry in both if rows[entry]["_split"] != frames[entry]["part"]
        ],
    }
    for label in labels:
        wrong[f"{label} of the structure, to the printed digits"] = [
            entry for entry in both if not same_number(rows[entry][label], frames[entry][label])
        ]
    twice = [name for name, n in Counter(row[key] for row in release.index).items() if n > 1]
    if twice:
        yield Finding("index", f"each {key} once", f"twice: {first_few(twice)}")
    for expected, names in wrong.items():
        if names:
            yield Finding("index", expected, f"not so for {len(names)}: {first_few(names)}")
    return f"{len(both)} entries compared by {key}"


def _index_by_material(release: LabelledRelease) -> Findings:
    """For an index without ids: as many rows of each material in each part, with equal labels."""

    def grouped(rows: Sequence[Row], part: str) -> dict[tuple[str, str], list[Row]]:
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            groups.setdefault((row[part], row["material_id"] or ""), []).append(row)
        return groups

    def agree(one: Sequence[Row], other: Sequence[Row], label: str) -> bool:
        pair = (
            sorted((r[label] for r in rows), key=lambda text: number_of(text) or 0.0)
            for rows in (one, other)
        )
        return all(map(same_number, *pair))

    rows, frames = grouped(release.index, "_split"), grouped(release.frames, "part")
    wrong = [
        f"{group[1]} ({group[0]})"
        for group in sorted({*rows, *frames})
        if len(one := rows.get(group, [])) != len(other := frames.get(group, []))
        or not all(agree(one, other, label) for label in release.layout.labels)
    ]
    yield from objections("index", {"as many rows of each material, with the same labels": wrong})
    return f"{len(rows)} materials of parts compared, without id"


@check
def elements_agree(release: LabelledRelease) -> Findings:
    """The index names the elements of every structure."""
    # Li may have left the cell.
    has_material = bool(release.index) and "material_id" in release.index[0]
    key = "material_id" if has_material else release.layout.id_key
    stated = {row[key]: frozenset(row["chemsys"].split("-")) for row in release.index}

    def is_other(frame: Row) -> bool:
        found, expected = {*frame["chemsys"].split("-"), "Li"}, stated.get(frame[key] or "")
        return expected is not None and found != expected | {"Li"}

    if wrong := release.which(is_other):
        yield Finding("structures", "the elements of the index", f"others: {first_few(wrong)}")
    return f"{len(set(stated.values()))} chemical systems"


@check
def labels_are_numbers(release: LabelledRelease) -> Findings:
    """Every label is a number in eV that is not negative."""
    layout, missing = release.layout, 0
    for key in layout.labels:
        expected = f"{key}: a number in eV, not negative" + (", or inf" if layout.allow_inf else "")
        values = list(map(number_of, release.column(key)))
        missing += sum(value == math.inf for value in values)
        wrong = [
            frame["place"]
            for frame, value in zip(release.frames, values, strict=True)
            if value is None or value < 0 or (value == math.inf and not layout.allow_inf)
        ]
        yield from objections("structures", {expected: wrong})
    counted = f"{len(layout.labels)} label(s) of {len(release.frames)} entries"
    return f"{counted}, {missing} without a finite value"


@check
def cells_are_sound(release: LabelledRelease) -> Findings:
    """Every cell has a volume; no number is infinite."""
    flat = [frame["place"] for frame in release.frames if not frame["volume_ang3"] > 1e-3]
    yield from objections("structures", {"a cell with a volume": flat})
    return f"{len(release.frames)} cells"


@check
def columns_are_known(release: LabelledRelease) -> str:
    """Unknown columns are named and passed over."""
    return f"passed over: {first_few(release.unknown, limit=20) or 'none'}"


_CHECKS = (
    *(counts_are_upstreams, entries_are_named, index_agrees, elements_agree, cells_are_sound),
    *(distance_check(_crystals, pinned_of=lambda release: release.pinned), columns_are_known),
)


# From what was read to the tables of a version


def _build(
    release: LabelledRelease,
    work: Path,
    *,
    dataset: Dataset,
    groups: tuple[str, str, str],
    entries: Columns,
    labels: Columns,
    checked: Sequence[CheckResult],
    counted: Sequence[CheckResult] = (),
) -> BuiltVersion:
    """Tabulate an archive that has passed the checks on its content.

    Args:
        release: What was read.
        work: Folder for structures.
        dataset: Its tables; labels in eV are shown on its card.
        groups: What its folds keep whole: name of the scheme, what the frames of a group have in
            common, and what is held out with an entry, in words (``its whole chemical system``).
        entries: Columns of ``entries`` that only this dataset has.
        labels: Columns of ``labels``, the id left out.
        checked: Results of the checks so far.
        counted: What was only counted; it comes behind the check on folds.

    Raises:
        IngestError: Folds do not cover the training entries, or tear a group apart.
    """
    ids, parts, (scheme, shared_by, together) = release.ids, release.column("part"), groups
    names = release.column(shared_by)
    numbers = {name: number for number, name in enumerate(sorted(set(names)), start=1)}
    shared = ("formula", "formula_norm", "chemsys", "anion_class")
    splits = {
        **common.split_columns(ids, parts, [numbers[name] for name in names]),
        "anion_class": release.column("anion_class"),
    }
    columns: dict[str, Columns] = {
        "entries": {
            "id": ids,
            **{name: release.column(name) for name in shared},
            "volume_ang3": [round(value, 6) for value in release.column("volume_ang3")],
            **entries,
        },
        "labels": {"id": ids, **labels},
        "splits": splits,
        "folds": common.fold_columns(splits, release.pinned.folds, scheme=scheme),
    }
    dealt = (columns["splits"], columns["folds"])
    covered = run_checks(dataset, (common.folds_check(together),), dealt)
    materials = [material or "" for material in release.column("material_id")]
    overlap, overlap_summary = common.material_overlap(parts, materials)
    shown = {c.name: labels[c.name] for c in dataset.table("labels").columns if c.unit == "eV"}
    return BuiltVersion(
        tables={s.name: store.table_from_columns(s, columns[s.name]) for s in dataset.tables},
        checks=(*checked, *covered, *counted, overlap),
        summary={**_summarise(release, shown), "material_overlap": overlap_summary},
        frames={"structures": _write_structures(release, dataset, work)},
    )


def _write_structures(release: LabelledRelease, dataset: Dataset, work: Path) -> StreamedTable:
    """Write the structures in ascending order of ids."""
    import pyarrow as pa

    order = np.argsort(np.array(release.ids, dtype=object), kind="stable")
    pinned = release.pinned
    metadata = {"dataset": pinned.dataset, "version": pinned.version, "licence": dataset.licence}
    spec = dataset.table("structures")
    with StreamedWriter(work, spec, metadata) as out:
        for start in range(0, len(order), _BLOCK_ROWS):
            out.write(release.structures.take(pa.array(order[start : start + _BLOCK_ROWS])))
        return out.table


_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)


def _summarise(release: LabelledRelease, labels: _Labels) -> dict[str, Any]:
    """Counts and distributions for the manifest and the dataset card.

    Counts per subset are lists in the order of ``subsets``. Bin i of the histogram holds labels
    with ``edges[i] <= label < edges[i + 1]``; it has one series a target, or one a subset where
    there is only one target.

    Args:
        release: What was read.
        labels: Target → label of every frame, eV, None where it is missing.
    """
    parts = release.column("part")
    subset = [common.SUBSET[part] for part in parts]

    def distinct(column: str) -> list[int]:
        pairs = Counter(one for one, _ in set(zip(subset, release.column(column), strict=True)))
        return [pairs[name] for name in common.SUBSETS]

    atoms = np.array(release.column("n_atoms"), dtype=np.int64)
    return {
        "subsets": list(common.SUBSETS),
        "counts": {
            "entries": [subset.count(name) for name in common.SUBSETS],
            "materials": distinct("material_id"),
            "chemical_systems": distinct("chemsys"),
            "atoms": [int(atoms[np.array(subset) == name].sum()) for name in common.SUBSETS],
        },
        "parts": dict(Counter(parts)),
        "missing_labels": {name: list(values).count(None) for name, values in labels.items()},
        "label_histogram": _histogram(subset, labels),
        "anion_class": dict(Counter(release.column("anion_class"))),
    }


def _histogram(subset: Sequence[str], labels: _Labels) -> dict[str, Any]:
    series = {name: np.array(values, dtype=np.float64) for name, values in labels.items()}
    if len(series) == 1:
        (values,) = series.values()
        series = {name: values[np.array(subset) == name] for name in common.SUBSETS}
    known = {name: values[~np.isnan(values)] for name, values in series.items()}
    largest = max((values.max() for values in known.values() if len(values)), default=0.0)
    edges = [*_EDGES_EV, math.ceil(largest) + 1] if largest >= _EDGES_EV[-1] else [*_EDGES_EV]
    counts = {name: np.histogram(values, edges)[0].tolist() for name, values in known.items()}
    return {"edges": edges, **counts}


# BVEL13k: percolation barriers of structures


_BVEL13K = ArchiveLayout(
    stem="BVEL13k",
    id_key="material_id",
    labels=("E_1D", "E_2D", "E_3D"),
    extra=("E_1D_x_nsites", "E_2D_x_nsites", "E_3D_x_nsites"),
    allow_inf=True,
)


def build_bvel13k(raw: Path, pinned: DatasetVersion, work: Path, dataset: Dataset) -> BuiltVersion:
    """Read, check and tabulate the archive of BVEL13k.

    Args:
        raw: Folder with the archive.
        pinned: The version.
        work: Folder for structures.
        dataset: Its columns.

    Raises:
        IngestError: The archive is unsafe, damaged or malformed, or every finding of the checks.
    """
    from ionladder.data.bond_valence import Barriers, label_row

    release = read_release(raw, pinned, _BVEL13K)
    described = labels_are_numbers.description.replace(".", ", or inf.")
    own = (replace(labels_are_numbers, description=described), products_agree, structures_are_sound)
    checked = run_checks(dataset, (*_CHECKS, *own), release)
    falling, rows = [], []
    for name, frame in zip(release.ids, release.frames, strict=True):
        values = [number_of(frame[label]) for label in _BVEL13K.labels]
        if values != sorted(values, key=lambda value: value or 0.0):
            falling.append(name)
        one, two, three = (None if v is None or math.isinf(v) else v for v in values)
        rows.append(label_row(name, Barriers(e_1d_ev=one, e_2d_ev=two, e_3d_ev=three)))
    columns = [column.name for column in dataset.table("labels").columns if column.name != "id"]
    order = CheckResult(
        "falling_barriers_are_known",
        "Entries without E_1D <= E_2D <= E_3D are counted; they are not refused.",
        f"{len(falling)} of {len(rows)}" + (f": {first_few(falling)}" if falling else ""),
    )
    return _build(
        release,
        work,
        dataset=dataset,
        groups=("chemsys", "chemsys", "its whole chemical system"),
        entries={
            **{name: release.column(name) for name in ("anion", "n_li")},
            "n_sites": release.column("n_atoms"),
        },
        labels={name: [row[name] for row in rows] for name in columns},
        checked=checked,
        counted=(order,),
    )


@check
def products_agree(release: LabelledRelease) -> Findings:
    """E_nD_x_nsites, where it is given, is E_nD times the number of sites."""
    compared = 0
    for label, product in zip(release.layout.labels, release.layout.extra, strict=True):
        wrong = []
        for name, frame in zip(release.ids, release.frames, strict=True):
            stated, value = number_of(frame[product]), number_of(frame[label])
            if frame[product] is None or value is None:
                continue
            compared += 1
            expected = value * frame["n_atoms"]
            # Labels are printed to four decimals; the product may be of the unrounded one.
            tolerance = 0.5e-4 * (frame["n_atoms"] + 1) + 1e-9
            if stated is None or not (stated == expected or abs(stated - expected) <= tolerance):
                wrong.append(name)
        if wrong:
            said = f"{product} = {label} times the number of sites"
            yield Finding("structures", said, f"not so for {len(wrong)}: {first_few(wrong)}")
    return f"{compared} products compared"


@check
def structures_are_sound(release: LabelledRelease) -> Findings:
    """Every structure holds Li, and no dummy atom."""
    wrong = {
        "no dummy atom X": release.which(lambda frame: bool(frame["dummies"])),
        "Li": release.which(lambda frame: not frame["n_li"]),
    }
    yield from objections("structures", wrong)
    return f"{len(release.frames)} structures"


# nebBVSE122k: barriers of single hops


_NEBBVSE122K = ArchiveLayout(
    stem="nebBVSE122k", id_key="edge_id", labels=("em",), id_in_index=False
)


def build_nebbvse122k(
    raw: Path, pinned: DatasetVersion, work: Path, dataset: Dataset
) -> BuiltVersion:
    """Read, check and tabulate the archive of nebBVSE122k; arguments as for BVEL13k.

    Raises:
        IngestError: The archive is unsafe, damaged or malformed, or every finding of the checks.
    """
    release = read_release(raw, pinned, _NEBBVSE122K)
    own = (labels_are_numbers, hops_are_named, centres_are_marked)
    checked = run_checks(dataset, (*_CHECKS, *own), release)
    edges = [edge for edge in map(common.parse_edge_id, release.ids) if edge is not None]
    return _build(
        release,
        work,
        dataset=dataset,
        groups=("material", "material_id", "all hops of its material"),
        entries={
            **{name: [getattr(edge, name) for edge in edges] for name in edges[0]._fields},
            "n_atoms": release.column("n_atoms"),
        },
        labels={"em_ev": list(map(number_of, release.column("em")))},
        checked=checked,
    )


@check
def hops_are_named(release: LabelledRelease) -> Findings:
    """Every edge_id is a material, two sites and an image, and leads somewhere."""
    unread, other = [], []
    for name, frame in zip(release.ids, release.frames, strict=True):
        edge = common.parse_edge_id(name)
        if edge is None:
            unread.append(f"{frame['place']}: {name!r}")
        elif edge.material_id != frame["material_id"]:
            other.append(name)
    yield from objections("structures", {"an edge_id such as mp-2878_0_11_0_0_1": unread})
    yield from objections("structures", {"an edge_id that begins with the material_id": other})
    return f"{len(release.frames)} hops"


@check
def centres_are_marked(release: LabelledRelease) -> Findings:
    """Every supercell ends with the dummy atom X at the centre of the hop."""
    wrong = release.which(lambda frame: frame["dummies"] != [0])
    yield from objections("structures", {"one dummy atom X, the last": wrong})
    return f"{len(release.frames)} supercells"
