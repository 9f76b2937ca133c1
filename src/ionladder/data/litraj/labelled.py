"""LiTraj: ingest of labelled structures, split by split."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import combinations, islice, pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.archives import ZipMembers
from ionladder.data.ingest import Check, Finding, Outcome, grouped_folds, run_checks
from ionladder.data.litraj.tasks import OFFICIAL, PARTS, STRUCTURES
from ionladder.data.litraj.xyz import SYMBOLS, Frame, iter_frames
from ionladder.data.store import (
    BuiltVersion,
    CheckResult,
    StreamedTable,
    StreamedWriter,
    read_blocks,
    table_from_columns,
)
from ionladder.errors import IngestError, Problem, first_few
from ionladder.specs import Dataset

if TYPE_CHECKING:
    import pyarrow as pa


# Materials that stand in several parts of a split: measured and shown, never refused


NAME = "material_overlap_is_known"


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How parts of a split share materials.

    Attributes:
        materials: Part → its number of materials.
        shared: Two parts → materials that both have, sorted.
        entries: Two parts → entries of the second part whose material the first has too.
    """

    materials: Mapping[str, int]
    shared: Mapping[tuple[str, str], tuple[str, ...]]
    entries: Mapping[tuple[str, str], int]

    @property
    def check(self) -> CheckResult:
        """The measurement as a check, which cannot fail."""
        counted = "; ".join(
            f"{one} and {other} share {len(found)} of {self.materials[other]} materials"
            f" ({self.entries[one, other]} entries of {other})"
            + (f": {first_few(found)}" if found else "")
            for (one, other), found in self.shared.items()
        )
        return CheckResult(
            name=NAME,
            description="Materials that stand in several parts are counted; they are not refused.",
            detail=counted,
        )

    @property
    def summary(self) -> dict[str, Any]:
        """The same for the dataset card."""
        return {
            "materials": dict(self.materials),
            "shared": {
                f"{one}|{other}": {
                    "materials": len(found),
                    "entries": self.entries[one, other],
                    "first": list(found[:3]),
                }
                for (one, other), found in self.shared.items()
            },
        }


def material_overlap(
    entries: Iterable[tuple[str, str]], *, parts: tuple[str, ...] = PARTS
) -> Overlap:
    """Count materials that stand in two parts.

    Args:
        entries: Part and material of every entry.
        parts: The parts, in the order in which they are compared.

    Example:
        >>> found = material_overlap([("train", "mp-1"), ("test", "mp-1"), ("test", "mp-2")])
        >>> found.shared["train", "test"], found.entries["train", "test"]
        (('mp-1',), 1)
    """
    counts: dict[str, dict[str, int]] = {part: {} for part in parts}
    for part, material in entries:
        counts[part][material] = counts[part].get(material, 0) + 1
    shared = {
        (one, other): tuple(sorted(set(counts[one]) & set(counts[other])))
        for one, other in combinations(parts, 2)
    }
    return Overlap(
        materials={part: len(found) for part, found in counts.items()},
        shared=shared,
        entries={
            (one, other): sum(counts[other][material] for material in found)
            for (one, other), found in shared.items()
        },
    )


# The index of a LiTraj archive: a CSV whose columns are known by name, in whatever order


Row = dict[str, str]
_NEXT_STEP = "Compare the file with its upstream copy."


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index as text.

    Attributes:
        rows: Column → text, of every row in file order; optional columns may be absent.
        unknown: Columns that nobody asked for.
    """

    rows: tuple[Row, ...]
    unknown: tuple[str, ...]

    @property
    def columns(self) -> frozenset[str]:
        """Columns that were asked for and are there."""
        return frozenset(self.rows[0]) if self.rows else frozenset()


def read_index(
    data: bytes, *, required: Sequence[str], optional: Sequence[str] = (), where: str
) -> Index:
    """Read an index.

    Args:
        data: The file.
        required: Columns that it must have.
        optional: Columns that it may have.
        where: Its name, for letters.

    Raises:
        IngestError: Not UTF-8, no CSV, a column that is missing or there twice, or rows of another
            length; all listed.

    Example:
        >>> read_index(b"em,material_id\\n0.4,mp-1\\n", required=["material_id", "em"],
        ...            where="index").rows
        ({'material_id': 'mp-1', 'em': '0.4'},)
    """
    lines = _lines(data, where)
    header = lines[0] if lines else []
    problems = [
        _problem(f"{where}, header", f"one column {name}", f"only {first_few(header, limit=20)}")
        for name in required
        if name not in header
    ]
    problems += [
        _problem(f"{where}, header", "each column once", f"{name} {count} times")
        for name, count in Counter(header).items()
        if count > 1
    ]
    short = [i for i, fields in enumerate(lines[1:], start=2) if len(fields) != len(header)]
    if short:
        found = f"another number in {len(short)} rows (row {first_few(short)})"
        problems.append(_problem(where, f"{len(header)} fields in every row", found))
    if problems:
        raise IngestError(problems)
    wanted = [name for name in (*required, *optional) if name in header]
    places = [header.index(name) for name in wanted]
    rows = tuple(
        {name: fields[place] for name, place in zip(wanted, places, strict=True)}
        for fields in lines[1:]
    )
    return Index(rows=rows, unknown=tuple(name for name in header if name not in wanted))


def _lines(data: bytes, where: str) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise IngestError(_problem(where, "CSV in UTF-8", str(error))) from error


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)


# Files of a LiTraj archive, found by their own names whatever the folder around them is called


def find_members(archive: ZipMembers, names: Sequence[str], *, where: str) -> dict[str, str]:
    """File name → path inside the archive.

    Args:
        archive: The archive.
        names: File names, without folder.
        where: The archive's name, for letters.

    Raises:
        IngestError: Some are not there, or are there twice; all are named.
    """
    places: dict[str, list[str]] = {name: [] for name in names}
    for path in archive.names:
        places.get(PurePosixPath(path).name, []).append(path)
    problems = [
        Problem(
            where=f"{where}, {name}",
            expected="one such file",
            found=first_few(found) if found else f"only {first_few(archive.names)}",
            next_step="Compare the archive with its upstream copy.",
        )
        for name, found in places.items()
        if len(found) != 1
    ]
    if problems:
        raise IngestError(problems)
    return {name: found[0] for name, found in places.items()}


# What follows from the atoms of a cell alone: formulas, chemical system and anion


DUMMY = 0

# Elements that can be the anion, most electronegative first (Pauling), and their class.
ANION_CLASSES: Mapping[str, str] = {
    "F": "fluoride",
    "O": "oxide",
    "Cl": "halide",
    "N": "nitride",
    "Br": "halide",
    "I": "halide",
    "S": "chalcogenide",
    "Se": "chalcogenide",
    "Te": "chalcogenide",
}
OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Atoms of a cell, the dummy atom left out.

    Attributes:
        formula: Reduced formula, as pymatgen writes it.
        formula_norm: Atomic fractions to five decimals, elements in alphabetical order.
        chemsys: Its elements in alphabetical order, joined by hyphens.
        anion: Most frequent element of ``ANION_CLASSES``, the more electronegative of equally
            frequent ones; empty where there is none.
        n_atoms: Number of atoms.
        n_li: Number of Li among them.
    """

    formula: str
    formula_norm: str
    chemsys: str
    anion: str
    n_atoms: int
    n_li: int

    @property
    def anion_class(self) -> str:
        """Class of the anion, or ``other``."""
        return ANION_CLASSES.get(self.anion, OTHER)


def composition_of(counts: Iterable[tuple[int, int]]) -> Composition:
    """The composition of a cell.

    Args:
        counts: Atomic number and how many atoms have it.

    Example:
        >>> found = composition_of([(3, 12), (15, 4), (8, 16), (0, 1)])
        >>> found.formula, found.chemsys, found.anion_class, found.n_atoms
        ('Li3PO4', 'Li-O-P', 'oxide', 32)
    """
    return _composition(tuple(sorted((z, n) for z, n in counts if z != DUMMY and n)))


def normalised_formula(amounts: Mapping[str, int]) -> str:
    """Atomic fractions to five decimals, elements in alphabetical order.

    Example:
        >>> normalised_formula({"O": 2, "Li": 1, "Co": 1})
        'Co0.25000 Li0.25000 O0.50000'
    """
    total = sum(amounts.values())
    return " ".join(f"{symbol}{amounts[symbol] / total:.5f}" for symbol in sorted(amounts))


def reduced_formula(amounts: Mapping[str, int]) -> str:
    """The formula with its smallest whole amounts, as pymatgen writes it.

    Example:
        >>> reduced_formula({"O": 16, "P": 4, "Li": 12})
        'Li3PO4'
    """
    from pymatgen.core.composition import Composition as Reducible

    formula: str = Reducible(amounts).reduced_formula
    return formula


@lru_cache(maxsize=200_000)
def _composition(counts: tuple[tuple[int, int], ...]) -> Composition:
    amounts = {SYMBOLS[z]: n for z, n in counts}
    anions = [symbol for symbol in ANION_CLASSES if symbol in amounts]
    return Composition(
        formula=reduced_formula(amounts),
        formula_norm=normalised_formula(amounts),
        chemsys="-".join(sorted(amounts)),
        anion=max(anions, key=lambda symbol: amounts[symbol], default=""),
        n_atoms=sum(amounts.values()),
        n_li=amounts.get("Li", 0),
    )


# How far the reading of an archive has come


Tick = Callable[[int], None]
"""Called with how many more are done."""


@contextmanager
def progress(doing: str, total: int) -> Iterator[Tick]:
    """A bar on a terminal, and nothing where output is piped.

    Args:
        doing: What the bar counts (``BVEL13k: structures``).
        total: How many there are in all.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done: bar.advance(task, done)


# Structures of one file of an archive, as parquet that a killed run finds again


_FORM = "1"
_BLOCK = 2048
_ARRAYS = ("numbers", "cell_ang", "positions_ang")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file, read.

    Attributes:
        name: Upstream's name of the part (``train``).
        path: Parquet with one row a frame, in file order: the asked keys as text (missing where a
            frame has none), ``numbers``, ``cell_ang`` and ``positions_ang``.
        skipped: Per-atom columns that were passed over.
    """

    name: str
    path: Path
    skipped: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """A frame without its positions.

    Attributes:
        part: The part it is in.
        row: Its place there, from 0.
        info: Asked key → text, or None.
        composition: Its atoms, the dummy atom left out.
        dummies: Places of dummy atoms, counted from the last atom (0).
        volume_ang3: Volume of the cell.
    """

    part: str
    row: int
    info: dict[str, str | None]
    composition: Composition
    dummies: tuple[int, ...]
    volume_ang3: float

    @property
    def place(self) -> str:
        """How a letter calls it."""
        return f"{self.part}, frame {self.row + 1}"


def read_part(
    archive: ZipMembers,
    member: str,
    *,
    name: str,
    keys: Sequence[str],
    work: Path,
    tick: Tick = lambda _: None,
) -> Part:
    """Read one file of structures, or find what an earlier run read.

    Args:
        archive: The archive.
        member: The file inside it.
        name: Upstream's name of the part.
        keys: Keys of the comment line to keep.
        work: Folder for the result; a file there counts only if it was finished and was made from
            a member of the same size and CRC.
        tick: Called with the number of frames done since the last call.

    Raises:
        IngestError: The archive is damaged, or a frame is malformed.
    """
    path = work / f"part-{name}.parquet"
    origin = json.dumps([_FORM, archive.fingerprint(member), *keys])
    found = _finished(path, origin)
    if found is None:
        skipped = _write(archive, member, keys=keys, origin=origin, path=path, tick=tick)
    else:
        skipped, rows = found
        tick(rows)
    return Part(name=name, path=path, skipped=skipped)


def read_heads(part: Part, keys: Sequence[str]) -> Iterator[Head]:
    """Everything but positions, frame by frame."""
    row = 0
    for block in read_blocks(part.path, [*keys, "numbers", "cell_ang"]):
        texts = [block[key].to_pylist() for key in keys]
        lists = block["numbers"].combine_chunks()
        offsets, flat = lists.offsets.to_numpy(), lists.values.to_numpy()
        cells = block["cell_ang"].combine_chunks().flatten().to_numpy().reshape(-1, 3, 3)
        volumes = np.abs(np.linalg.det(cells)).tolist()
        for i in range(block.num_rows):
            numbers = flat[offsets[i] : offsets[i + 1]]
            counts = np.bincount(numbers)
            present = np.flatnonzero(counts)
            yield Head(
                part=part.name,
                row=row + i,
                info={key: values[i] for key, values in zip(keys, texts, strict=True)},
                composition=composition_of(
                    zip(present.tolist(), counts[present].tolist(), strict=True)
                ),
                dummies=tuple((len(numbers) - 1 - np.flatnonzero(numbers == 0)).tolist()),
                volume_ang3=volumes[i],
            )
        row += block.num_rows


def _finished(path: Path, origin: str) -> tuple[tuple[str, ...], int] | None:
    """Columns that were passed over, and rows, if the file is the finished one of that origin."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid):
        return None
    metadata = found.metadata or {}
    if metadata.get(b"origin", b"").decode() != origin:
        return None
    return tuple(json.loads(metadata[b"skipped"])), found.num_rows


def _write(
    archive: ZipMembers, member: str, *, keys: Sequence[str], origin: str, path: Path, tick: Tick
) -> tuple[str, ...]:
    import pyarrow.parquet as pq

    schema = _schema(keys)
    draft = path.with_suffix(".tmp")
    skipped: set[str] = set()
    with archive.open(member) as stream, pq.ParquetWriter(draft, schema) as writer:
        frames = iter_frames(stream, where=member)
        while block := list(islice(frames, _BLOCK)):
            skipped.update(*(frame.skipped for frame in block))
            writer.write_table(_table(block, schema, keys))
            tick(len(block))
        named = sorted(skipped)
        writer.add_key_value_metadata({"origin": origin, "skipped": json.dumps(named)})
    draft.replace(path)
    return tuple(named)


def _schema(keys: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    types = (pa.list_(pa.uint8()), pa.list_(pa.float64()), pa.list_(pa.float32()))
    arrays = zip(_ARRAYS, types, strict=True)
    return pa.schema([*((key, pa.string()) for key in keys), *arrays])


def _table(frames: Sequence[Frame], schema: pa.Schema, keys: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    texts = [pa.array([frame.info.get(key) for frame in frames], pa.string()) for key in keys]
    ends = np.cumsum([0, *(len(frame.numbers) for frame in frames)])
    positions = np.concatenate([frame.arrays["pos"] for frame in frames]).astype(np.float32)
    lists = (
        (ends, np.concatenate([frame.numbers for frame in frames])),
        (9 * np.arange(len(frames) + 1), np.concatenate([f.cell_ang.ravel() for f in frames])),
        (3 * ends, positions.ravel()),
    )
    arrays = [
        pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values))
        for offsets, values in lists
    ]
    return pa.Table.from_arrays([*texts, *arrays], schema=schema)


# A LiTraj archive of structures with labels, as read: the index, and frames part by part


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the files of an archive are named, and what is read from them.

    Attributes:
        stem: Beginning of every file name (``BVEL13k``).
        id_key: Key that names an entry, in frames and in the index (``material_id``).
        labels: Label keys, in frames and in the index.
        extra: Further keys that frames may have.
        id_in_index: Whether the index must have ``id_key``; otherwise it may.
    """

    stem: str
    id_key: str
    labels: tuple[str, ...]
    extra: tuple[str, ...] = ()
    id_in_index: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that frames are asked for, each once."""
        return tuple(dict.fromkeys((self.id_key, "material_id", *self.labels, *self.extra)))


@dataclass(frozen=True, kw_only=True)
class Release:
    """What the checks look at, and what the tables are made from.

    Attributes:
        layout: What was read.
        pinned: The version; its expected counts.
        index: The index, as text.
        parts: Upstream's part → its structures.
        heads: Every frame without its positions, part by part in file order.
    """

    layout: Layout
    pinned: DatasetVersion
    index: Index
    parts: Mapping[str, Part]
    heads: tuple[Head, ...]

    def entry(self, head: Head) -> str:
        """Id of a frame; empty where it has none."""
        return head.info[self.layout.id_key] or ""

    def material(self, head: Head) -> str:
        """Material of a frame; empty where it has none."""
        return head.info["material_id"] or ""


def read_release(raw: Path, pinned: DatasetVersion, work: Path, *, layout: Layout) -> Release:
    """Read an archive.

    Args:
        raw: Folder with it.
        pinned: The version.
        work: Folder for structures already read; a later run finds them.
        layout: What is read.

    Raises:
        IngestError: The archive is damaged or unsafe, a file is missing, or one is malformed.
    """
    (name,) = pinned.source.files
    index_name = f"{layout.stem}_index.csv"
    files = {part: f"{layout.stem}_{part}.xyz" for part in PARTS}
    with ZipMembers(raw / name) as archive:
        found = find_members(archive, [index_name, *files.values()], where=name)
        wanted = ("chemsys", "_split", *layout.labels)
        required = (layout.id_key, *wanted) if layout.id_in_index else ("material_id", *wanted)
        index = read_index(
            archive.read(found[index_name]),
            required=required,
            optional=[key for key in ("material_id", layout.id_key) if key not in required],
            where=index_name,
        )
        expected = sum(pinned.expected.get(part, 0) for part in PARTS)
        with progress(f"{layout.stem}: structures", expected) as tick:
            parts = {
                part: read_part(
                    archive, found[file], name=part, keys=layout.keys, work=work, tick=tick
                )
                for part, file in files.items()
            }
    heads = tuple(head for part in parts.values() for head in read_heads(part, layout.keys))
    return Release(layout=layout, pinned=pinned, index=index, parts=parts, heads=heads)


# Rows of ``splits`` and ``folds`` from upstream's parts and groups of entries


SUBSET = {"train": "train", "val": "train", "test": "test"}
"""Upstream's part → subset: models may learn from both train and val."""


def numbered(groups: Sequence[str]) -> list[int]:
    """Number of each entry's group, groups in alphabetical order; from 1.

    Example:
        >>> numbered(["mp-2", "mp-1", "mp-2"])
        [2, 1, 2]
    """
    numbers = {name: place for place, name in enumerate(sorted(set(groups)), start=1)}
    return [numbers[name] for name in groups]


def split_columns(
    ids: Sequence[str], parts: Sequence[str], components: Sequence[int]
) -> dict[str, Sequence[Any]]:
    """Columns of ``splits`` that every dataset has."""
    return {
        "split_name": [OFFICIAL] * len(ids),
        "id": ids,
        "subset": [SUBSET[part] for part in parts],
        "part": parts,
        "component": components,
    }


def fold_columns(
    ids: Sequence[str],
    parts: Sequence[str],
    components: Sequence[int],
    settings: FoldSettings,
    *,
    scheme: str,
) -> dict[str, list[Any]]:
    """Columns of ``folds``: whole groups of the entries that models may learn from."""
    train = {
        entry: component
        for entry, part, component in zip(ids, parts, components, strict=True)
        if SUBSET[part] == "train"
    }
    rows = [
        (scheme, repeat, fold, entry)
        for repeat in range(settings.n_repeats)
        for entry, fold in grouped_folds(train, settings, repeat=repeat).items()
    ]
    names = ("scheme", "repeat", "fold", "id")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the check on folds looks at: columns of both tables.

    Attributes:
        splits: Columns of ``splits``.
        folds: Columns of ``folds``.
    """

    splits: Mapping[str, Sequence[Any]]
    folds: Mapping[str, Sequence[Any]]


def check_folds(drawn: Drawn) -> Outcome:
    """Each training entry is held out once in every repeat, and no group is in two folds."""
    component = dict(zip(drawn.splits["id"], drawn.splits["component"], strict=True))
    subset = zip(drawn.splits["id"], drawn.splits["subset"], strict=True)
    train = sorted(entry for entry, name in subset if name == "train")
    repeats: dict[int, list[str]] = {}
    places: dict[tuple[int, int], set[int]] = {}
    rows = zip(drawn.folds["repeat"], drawn.folds["fold"], drawn.folds["id"], strict=True)
    for repeat, fold, entry in rows:
        repeats.setdefault(repeat, []).append(entry)
        places.setdefault((repeat, component[entry]), set()).add(fold)
    findings = [
        Finding(entry=None, place=f"folds, repeat {n}", expected="every entry once", found="others")
        for n, entries in repeats.items()
        if sorted(entries) != train
    ]
    torn = sum(len(folds) > 1 for folds in places.values())
    if torn:
        findings.append(
            Finding(entry=None, place="folds", expected="whole groups", found=f"{torn} torn")
        )
    n_folds = len(set(drawn.folds["fold"]))
    return Outcome(findings=findings, detail=f"{len(repeats)} repeat(s) of {n_folds} folds")


# The structures of all parts as one table of frames, in the order of ids


_STRUCTURES_BLOCK = 4096

Indices = npt.NDArray[np.int64]


def write_structures(release: Release, dataset: Dataset, work: Path) -> StreamedTable:
    """Write the structures in ascending order of ids.

    All of them are held for that: about 13 bytes an atom, 0.2 GB for nebBVSE122k.

    Args:
        release: What was read.
        dataset: Its frames table ``structures`` and its licence.
        work: Folder of the file.
    """
    batches = _batches(release)
    ids = np.array([name for batch in batches for name in batch["id"].to_pylist()], dtype=object)
    rows = np.concatenate([np.arange(batch.num_rows) for batch in batches])
    owner = np.repeat(np.arange(len(batches)), [batch.num_rows for batch in batches])
    order = np.argsort(ids, kind="stable")
    metadata = {
        "dataset": release.pinned.dataset,
        "version": release.pinned.version,
        "licence": dataset.licence,
    }
    with StreamedWriter(work / f"{STRUCTURES}.parquet", dataset.table(STRUCTURES), metadata) as out:
        for start in range(0, len(order), _STRUCTURES_BLOCK):
            chosen = order[start : start + _STRUCTURES_BLOCK]
            out.write(_gathered(batches, owner[chosen], rows[chosen]))
        return out.table


def _batches(release: Release) -> list[pa.RecordBatch]:
    """All structures, in the blocks in which they were read."""
    key = release.layout.id_key
    columns = [key, "numbers", "cell_ang", "positions_ang"]
    return [
        batch
        for part in release.parts.values()
        for block in read_blocks(part.path, columns)
        for batch in block.rename_columns(["id", *columns[1:]]).to_batches()
    ]


def _gathered(batches: list[pa.RecordBatch], owner: Indices, rows: Indices) -> pa.Table:
    """Rows from several batches, in the order asked for; no batch is copied whole."""
    import pyarrow as pa

    pieces, places = [], []
    for number in np.unique(owner):
        of_batch = np.flatnonzero(owner == number)
        pieces.append(batches[number].take(pa.array(rows[of_batch])))
        places.append(of_batch)
    back = np.argsort(np.concatenate(places))
    return pa.Table.from_batches(pieces).take(pa.array(back))


# Counts and distributions of a version, for its manifest and the dataset card


SUBSETS = ("train", "test")
_EDGES_EV = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 10, 20)


def summarise(
    release: Release, labels: Mapping[str, Sequence[float | None]], overlap: Overlap
) -> dict[str, Any]:
    """What the card says of an archive of labelled structures.

    Counts per subset are lists in the order of ``subsets``. Bin i of the histogram holds labels
    with ``edges[i] <= label < edges[i + 1]``; it has one series a target, or one a subset where
    there is only one target.

    Args:
        release: What was read.
        labels: Target → label of every frame, eV, None where it is missing.
        overlap: Materials in several parts.
    """
    subset = [SUBSET[head.part] for head in release.heads]
    entries = Counter(subset)
    return {
        "subsets": list(SUBSETS),
        "counts": {
            "entries": [entries[name] for name in SUBSETS],
            "materials": _distinct(subset, [release.material(h) for h in release.heads]),
            "chemical_systems": _distinct(subset, [h.composition.chemsys for h in release.heads]),
            "atoms": [
                sum(h.composition.n_atoms for h in release.heads if SUBSET[h.part] == name)
                for name in SUBSETS
            ],
        },
        "parts": dict(Counter(head.part for head in release.heads)),
        "missing_labels": {t: sum(v is None for v in values) for t, values in labels.items()},
        "label_histogram": _histogram(subset, labels),
        "anion_class": dict(Counter(h.composition.anion_class for h in release.heads)),
        "material_overlap": overlap.summary,
    }


def _distinct(subset: Sequence[str], names: Sequence[str]) -> list[int]:
    pairs = set(zip(subset, names, strict=True))
    return [sum(one == name for one, _ in pairs) for name in SUBSETS]


def _histogram(
    subset: Sequence[str], labels: Mapping[str, Sequence[float | None]]
) -> dict[str, Any]:
    largest = max((v for values in labels.values() for v in values if v is not None), default=0)
    edges = [*_EDGES_EV, math.ceil(largest) + 1] if largest >= _EDGES_EV[-1] else [*_EDGES_EV]
    if len(labels) > 1:
        return {"edges": edges, **{t: _counted(values, edges) for t, values in labels.items()}}
    (values,) = labels.values()
    both = list(zip(subset, values, strict=True))
    return {
        "edges": edges,
        **{name: _counted([v for one, v in both if one == name], edges) for name in SUBSETS},
    }


def _counted(values: Sequence[float | None], edges: Sequence[float]) -> list[int]:
    known = [value for value in values if value is not None]
    return [sum(low <= value < high for value in known) for low, high in pairwise(edges)]


# From an archive of labelled structures to the tables of a version: what such datasets share


Columns = Mapping[str, Sequence[Any]]
"""Column → values, in the order of ``Release.heads``."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Entries that a fold keeps together.

    Attributes:
        scheme: Name of the folds (``chemsys``).
        names: Group of every entry, in the order of ``Release.heads``.
        together: What is held out with an entry, in words (``its whole chemical system``).
    """

    scheme: str
    names: Sequence[str]
    together: str


def build_labelled(
    release: Release,
    work: Path,
    *,
    dataset: Dataset,
    groups: Groups,
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
        groups: What its folds keep whole.
        entries: Columns of ``entries`` that only this dataset has.
        labels: Columns of ``labels``, the id left out.
        checked: Results of the checks so far.
        counted: What was only counted; it stands behind the check on folds.

    Raises:
        IngestError: Folds do not cover the training entries, or tear a group apart.
    """
    heads = release.heads
    shared: Columns = {
        "id": [release.entry(head) for head in heads],
        "formula": [head.composition.formula for head in heads],
        "formula_norm": [head.composition.formula_norm for head in heads],
        "chemsys": [head.composition.chemsys for head in heads],
        "anion_class": [head.composition.anion_class for head in heads],
        "volume_ang3": [round(head.volume_ang3, 6) for head in heads],
    }
    ids, parts = shared["id"], [head.part for head in heads]
    components = numbered(groups.names)
    folds = release.pinned.folds
    columns: dict[str, Columns] = {
        "entries": {**shared, **entries},
        "labels": {"id": ids, **labels},
        "splits": {
            **split_columns(ids, parts, components),
            "anion_class": shared["anion_class"],
        },
        "folds": fold_columns(ids, parts, components, folds, scheme=groups.scheme),
    }
    drawn = Drawn(splits=columns["splits"], folds=columns["folds"])
    covered = run_checks(dataset, (_folds_check(groups),), drawn)
    tables: dict[str, pa.Table] = {
        spec.name: table_from_columns(spec, columns[spec.name]) for spec in dataset.tables
    }
    overlap = material_overlap((head.part, release.material(head)) for head in heads)
    shown = {
        column.name: columns["labels"][column.name]
        for column in dataset.table("labels").columns
        if column.unit == "eV"
    }
    return BuiltVersion(
        tables=tables,
        checks=(*checked, *covered, *counted, overlap.check),
        summary=summarise(release, shown, overlap),
        frames={"structures": write_structures(release, dataset, work)},
    )


def _folds_check(groups: Groups) -> Check[Drawn]:
    return Check(
        name="folds_cover_training_once",
        description=f"Each entry of train and val is held out once, with {groups.together}.",
        run=check_folds,
    )


# Ranges that slices of several boards name alike


_LI_SITES = (2, 4, 8)
_LI_NAMES = np.array(["1", "2 to 3", "4 to 7", "8 or more"])
_ATOMS = (20, 40, 80)
_ATOM_NAMES = np.array(["below 20", "20 to 39", "40 to 79", "80 or more"])


def li_site_ranges(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The range of each number of Li sites.

    Example:
        >>> li_site_ranges(np.array([1, 3, 8])).tolist()
        ['1', '2 to 3', '8 or more']
    """
    return _LI_NAMES[np.searchsorted(_LI_SITES, counts, side="right")]


def atom_ranges(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """The range of each number of atoms in a unit cell."""
    return _ATOM_NAMES[np.searchsorted(_ATOMS, counts, side="right")]


# Hops of LiTraj by name: a material, two Li sites of its unit cell, and a periodic image


_EDGE = re.compile(r"(mp-[0-9]+)_([0-9]+)_([0-9]+)_(-?[0-9]+)_(-?[0-9]+)_(-?[0-9]+)")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A hop.

    Attributes:
        material_id: The material (``mp-2878``).
        source: Site of the unit cell that the ion leaves, from 0.
        target: Site of the unit cell that it reaches, from 0.
        offset: Cell in which the target lies, in lattice vectors from that of the source.
    """

    material_id: str
    source: int
    target: int
    offset: tuple[int, int, int]

    def __str__(self) -> str:
        numbers = (self.source, self.target, *self.offset)
        return "_".join((self.material_id, *map(str, numbers)))


def parse_edge_id(text: str) -> Edge:
    """Read ``{material_id}_{source}_{target}_{ox}_{oy}_{oz}``.

    Raises:
        ValueError: It has another form, or leads from a site to itself.

    Example:
        >>> parse_edge_id("mp-1211498_4_5_1_-1_-1").offset
        (1, -1, -1)
    """
    hit = _EDGE.fullmatch(text)
    if hit is None:
        msg = f"no edge_id: {text!r}"
        raise ValueError(msg)
    source, target, *offset = (int(number) for number in hit.groups()[1:])
    if source == target and not any(offset):
        msg = f"an edge_id that leads nowhere: {text!r}"
        raise ValueError(msg)
    first, second, third = offset
    return Edge(material_id=hit[1], source=source, target=target, offset=(first, second, third))


# Integrity checks of an archive: counts, names, and index and structures held together


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
    half = 0.5 * 10.0 ** -min(_decimals(one), _decimals(other))
    return abs(a - b) <= half * (1 + 1e-9) + 1e-15


def check_counts(release: Release) -> Outcome:
    """As many frames and rows of each part as upstream states."""
    frames = Counter(head.part for head in release.heads)
    rows = Counter(row["_split"] for row in release.index.rows)
    findings = []
    for what, counts in (("frames", frames), ("rows of the index", rows)):
        for part in sorted({*PARTS, *counts}):
            expected = release.pinned.expected.get(part, 0)
            if counts[part] != expected:
                findings.append(_finding(f"{part}, {what}", str(expected), str(counts[part])))
    counted = ", ".join(f"{frames[part]} {part}" for part in PARTS)
    return Outcome(findings=findings, detail=counted)


def check_names(release: Release) -> Outcome:
    """Every frame names its entry and its material, and no entry is named twice."""
    key = release.layout.id_key
    findings = []
    for name in dict.fromkeys((key, "material_id")):
        nameless = [head.place for head in release.heads if not _is_name(head.info[name])]
        if nameless:
            findings.append(_finding("structures", f"a {name}", first_few(nameless)))
    counts = Counter(release.entry(head) for head in release.heads)
    twice = sorted(entry for entry, count in counts.items() if count > 1 and entry)
    if twice:
        findings.append(_finding("structures", f"each {key} once", f"twice: {first_few(twice)}"))
    return Outcome(findings=findings, detail=f"{len(counts)} entries")


def check_index(release: Release) -> Outcome:
    """Index and structures name the same entries, in the same part, with the same labels."""
    if release.layout.id_key in release.index.columns:
        return _by_id(release)
    return _by_material(release)


def check_chemsys(release: Release) -> Outcome:
    """The chemical system of the index is that of the atoms; Li may have left the cell."""
    key = "material_id" if "material_id" in release.index.columns else release.layout.id_key
    stated = {row[key]: frozenset(row["chemsys"].split("-")) for row in release.index.rows}
    wrong = []
    for head in release.heads:
        found = frozenset(head.composition.chemsys.split("-")) | {"Li"}
        expected = stated.get(head.info[key] or "")
        if expected is not None and found != expected | {"Li"}:
            wrong.append(release.entry(head))
    findings = [
        _finding("structures", "the elements of the index", f"others: {first_few(wrong)}")
    ] * bool(wrong)
    return Outcome(findings=findings, detail=f"{len(set(stated.values()))} chemical systems")


def check_labels(release: Release, *, allow_inf: bool) -> Outcome:
    """Every label is a number that is not negative; ``inf`` where that is a value."""
    findings = []
    missing = 0
    for key in release.layout.labels:
        values = {head.place: number_of(head.info[key]) for head in release.heads}
        missing += sum(value == math.inf for value in values.values())
        wrong = [
            place
            for place, value in values.items()
            if value is None or value < 0 or (value == math.inf and not allow_inf)
        ]
        if wrong:
            expected = f"{key}: a number in eV, not negative" + (", or inf" if allow_inf else "")
            findings.append(_finding("structures", expected, first_few(wrong)))
    detail = f"{len(release.layout.labels)} label(s) of {len(release.heads)} entries"
    return Outcome(findings=findings, detail=f"{detail}, {missing} without a finite value")


def check_cells(release: Release) -> Outcome:
    """Every cell has a volume."""
    flat = [head.place for head in release.heads if not head.volume_ang3 > 1e-3]
    findings = [_finding("structures", "a cell with a volume", first_few(flat))] * bool(flat)
    return Outcome(findings=findings, detail=f"{len(release.heads)} cells")


def check_columns(release: Release) -> Outcome:
    """Columns nobody asked for are named, and passed over."""
    names = sorted({name for part in release.parts.values() for name in part.skipped})
    unknown = [*names, *(f"index: {name}" for name in release.index.unknown)]
    return Outcome(detail=f"passed over: {first_few(unknown, limit=20) if unknown else 'none'}")


def checks(*, allow_inf: bool) -> tuple[Check[Release], ...]:
    """The checks that every archive of labelled structures has to pass.

    Args:
        allow_inf: Whether ``inf`` is a label: nothing percolates.
    """
    described = (
        ("counts_are_upstreams", "Each part has as many entries as upstream states.", check_counts),
        ("entries_are_named", "Every entry has a name of its own and a material.", check_names),
        (
            "index_agrees",
            "Index and structures name the same entries, parts and labels, to the printed digits.",
            check_index,
        ),
        ("elements_agree", "The index names the elements of every structure.", check_chemsys),
        ("cells_are_sound", "Every cell has a volume; no number is infinite.", check_cells),
        ("columns_are_known", "Unknown columns are named and passed over.", check_columns),
    )
    return (
        *(Check(name=name, description=text, run=run) for name, text, run in described),
        Check(
            name="labels_are_numbers",
            description="Every label is a number in eV that is not negative"
            + (", or inf." if allow_inf else "."),
            run=lambda release: check_labels(release, allow_inf=allow_inf),
        ),
    )


def _by_id(release: Release) -> Outcome:
    key, labels = release.layout.id_key, release.layout.labels
    rows = {row[key]: row for row in release.index.rows}
    heads = {release.entry(head): head for head in release.heads}
    findings = []
    if len(rows) < len(release.index.rows):
        twice = [i for i, n in Counter(row[key] for row in release.index.rows).items() if n > 1]
        findings.append(_finding("index", f"each {key} once", f"twice: {first_few(twice)}"))
    both = [entry for entry in rows if entry in heads]
    places: Mapping[str, Sequence[str]] = {
        "entries that have a structure": [entry for entry in rows if entry not in heads],
        "a row for every structure": [entry for entry in heads if entry not in rows],
        "the part of the structure's file": [
            entry for entry in both if rows[entry]["_split"] != heads[entry].part
        ],
        **{
            f"{label} of the structure, to the printed digits": [
                entry
                for entry in both
                if not same_number(rows[entry][label], heads[entry].info[label])
            ]
            for label in labels
        },
    }
    findings += [
        _finding("index", expected, f"not so for {len(wrong)}: {first_few(wrong)}")
        for expected, wrong in places.items()
        if wrong
    ]
    return Outcome(findings=findings, detail=f"{len(both)} entries compared by {key}")


def _by_material(release: Release) -> Outcome:
    """For an index without ids: as many rows of each material in each part, with equal labels."""
    rows = _grouped((row["_split"], row["material_id"], row) for row in release.index.rows)
    heads = _grouped((h.part, release.material(h), dict(h.info)) for h in release.heads)
    wrong = []
    for group in sorted({*rows, *heads}):
        pairs = rows.get(group, []), heads.get(group, [])
        is_same = len(pairs[0]) == len(pairs[1]) and all(
            same_number(one, other)
            for label in release.layout.labels
            for one, other in zip(*(_ordered(found, label) for found in pairs), strict=True)
        )
        if not is_same:
            wrong.append(f"{group[1]} ({group[0]})")
    findings = [
        _finding("index", "as many rows of each material, with the same labels", first_few(wrong))
    ] * bool(wrong)
    return Outcome(findings=findings, detail=f"{len(rows)} materials of parts compared, without id")


def _grouped(
    items: Iterable[tuple[str, str, Mapping[str, str | None]]],
) -> dict[tuple[str, str], list[Mapping[str, str | None]]]:
    found: dict[tuple[str, str], list[Mapping[str, str | None]]] = {}
    for part, material, row in items:
        found.setdefault((part, material), []).append(row)
    return found


def _ordered(rows: Sequence[Mapping[str, str | None]], label: str) -> list[str | None]:
    return sorted((row[label] for row in rows), key=lambda text: number_of(text) or 0.0)


def _is_name(text: str | None) -> bool:
    return bool(text) and not any(mark.isspace() for mark in text or "")


def _decimals(text: str | None) -> int:
    try:
        exponent = Decimal(text or "").as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _finding(place: str, expected: str, found: str) -> Finding:
    return Finding(entry=None, place=place, expected=expected, found=found)
