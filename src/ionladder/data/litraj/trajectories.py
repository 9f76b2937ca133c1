"""LiTraj: ingest of trajectories with energies and forces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.data.archives import ZipMembers
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.litraj.labelled import Tick, material_overlap, parse_edge_id, progress
from ionladder.data.litraj.tasks import (
    FRAMES,
    OFFICIAL,
    OFFSETS,
    PARTS,
    TABLES,
    U_METALS,
    frames_name,
)
from ionladder.data.litraj.xyz import (
    SYMBOLS,
    Frame,
    array,
    iter_frames,
    letter_about,
    number,
    numbers,
)
from ionladder.data.store import (
    SMALLEST_FORCE_EV_PER_ANG,
    BuiltVersion,
    CheckResult,
    StreamedTable,
    StreamedWriter,
    read_blocks,
)
from ionladder.errors import IngestError, Problem, first_few
from ionladder.repo import read_parquet, replacing, sha256_bytes, sha256_file, write_text
from ionladder.specs import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.config import DatasetVersion
    from ionladder.specs import Dataset


# What MPLiTrj is held to once it is read, and what its card says of it


_MAX_EV_PER_ATOM = 100.0
_SUBSETS = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class ReadParts:
    """What checks look at: parts as read, and how many configurations each must have."""

    parts: Mapping[str, Part]
    expected: Mapping[str, int]


def _counts(read: ReadParts) -> Outcome:
    findings = [
        Finding(
            entry=None,
            place=f"part {name}",
            expected=f"{read.expected[name]:,} configurations, as upstream counts them",
            found=f"{part.frames.rows:,}",
        )
        for name, part in read.parts.items()
        if name in read.expected and part.frames.rows != read.expected[name]
    ]
    found = ", ".join(f"{name} {part.frames.rows:,}" for name, part in read.parts.items())
    return Outcome(findings=findings, detail=found)


def _columns(read: ReadParts) -> Outcome:
    """Nothing is objected to; what was passed over is named."""
    names = sorted({name for part in read.parts.values() for name in part.skipped})
    passed = f"passed over: {first_few(names, limit=20)}" if names else "none passed over"
    return Outcome(detail=f"columns of atoms beyond species, pos and forces: {passed}")


def _energies(read: ReadParts) -> Outcome:
    import pyarrow.compute as pc

    findings = []
    for name, part in read.parts.items():
        if not part.frames.rows:
            continue
        atoms = part.entries["n_atoms"].cast("float64")
        size = pc.abs(pc.divide(part.entries["energy_ev"], atoms))
        largest = pc.max(size).as_py()
        if largest > _MAX_EV_PER_ATOM:
            row = pc.index(size, largest).as_py()
            findings.append(
                Finding(
                    entry=part.entries["id"][row].as_py(),
                    place=f"part {name}, frame {row + 1}",
                    expected=f"an energy within ±{_MAX_EV_PER_ATOM:g} eV per atom",
                    found=f"{largest:g}",
                )
            )
    return Outcome(findings=findings, detail=f"all within ±{_MAX_EV_PER_ATOM:g} eV per atom")


CHECKS: tuple[Check[ReadParts], ...] = (
    Check(
        name="counts_are_upstreams",
        description="Every part has as many configurations as upstream states.",
        run=_counts,
    ),
    Check(
        name="energies_are_plausible",
        description="No energy is further from zero than any cohesive energy could be.",
        run=_energies,
    ),
    Check(
        name="columns_are_known",
        description="Columns of atoms that nothing is done with are named, not refused.",
        run=_columns,
    ),
)


def repeated(parts: Mapping[str, Part]) -> CheckResult:
    """Configurations that occur more than once, atom by atom, within or across subsets."""
    digests = {name: part.entries["content_sha256_16"].to_pylist() for name, part in parts.items()}
    train = {*digests["train"], *digests["val"]}
    across = sum(digest in train for digest in digests["test"])
    n_all = sum(map(len, digests.values()))
    n_different = len({digest for column in digests.values() for digest in column})
    return CheckResult(
        name="repeated_configurations_are_known",
        description="Equal configurations are counted; they are not refused.",
        detail=(
            f"{n_all - n_different:,} of {n_all:,} equal an earlier one; {across:,} test "
            "configurations equal a training one"
        ),
    )


def summarise(parts: Mapping[str, Part], tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Counts for the manifest and the dataset card."""
    import pyarrow.compute as pc

    def count(name: str) -> list[int]:
        """How many rows of train and test have a flag."""
        splits, labels = tables["splits"], tables["labels"]
        column = (splits if name in splits.column_names else labels)[name]
        subset = splits["subset"].cast("string")
        return [pc.sum(pc.and_(column, pc.equal(subset, one))).as_py() or 0 for one in _SUBSETS]

    subset = tables["splits"]["subset"].cast("string")
    systems = pc.unique(tables["entries"]["chemsys"]).to_pylist()
    elements = {element for system in systems for element in system.split("-")}
    return {
        "subsets": list(_SUBSETS),
        "counts": {
            "entries": [pc.sum(pc.equal(subset, one)).as_py() or 0 for one in _SUBSETS],
            "atoms": pc.sum(tables["entries"]["n_atoms"]).as_py() or 0,
            "elements": len(elements),
            "chemical_systems": len(systems),
            "with_stress": count("has_stress"),
            "with_known_path": count("has_path_energy"),
            "with_u_metal": count("has_u_metal"),
            "in_offset_set": count("in_offset_set"),
        },
        "parts": {name: parts[name].frames.rows for name in PARTS},
    }


# The frozen offset set: training configurations on which the energy zero of a model is fitted


N_CONFIGURATIONS = 2000
N_PER_ELEMENT = 20


def draw_offset_set(
    ids: Sequence[str],
    chemsys: Sequence[str],
    *,
    seed: int,
    size: int = N_CONFIGURATIONS,
    per_element: int = N_PER_ELEMENT,
) -> frozenset[str]:
    """Draw the set.

    Args:
        ids: Training configurations.
        chemsys: Their chemical systems (``Li-O``).
        seed: Enters the hashes.
        size: Configurations drawn from all.
        per_element: Configurations that every element has at least, or all that have it.

    Example:
        >>> chosen = draw_offset_set(["a", "b", "c"], ["Li", "Li", "O"], seed=1, size=1)
        >>> sorted(chosen)
        ['a', 'b', 'c']
    """
    ranks = {entry: sha256_bytes(f"{seed}|offset|{entry}".encode()) for entry in ids}
    order = sorted(range(len(ids)), key=lambda row: ranks[ids[row]])
    chosen = set(order[:size])
    waiting: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    # Beyond the first draw, no element can need more than its first few in the same order.
    for row in order:
        for element in chemsys[row].split("-"):
            counts[element] = counts.get(element, 0) + (row in chosen)
            queue = waiting.setdefault(element, [])
            if row not in chosen and len(queue) < per_element:
                queue.append(row)
    for element in sorted(waiting):
        for row in waiting[element]:
            if counts[element] >= per_element:
                break
            if row not in chosen:
                chosen.add(row)
                for other in chemsys[row].split("-"):
                    counts[other] += 1
    return frozenset(ids[row] for row in chosen)


def write_offset_set(
    frames: Sequence[StreamedTable],
    chosen: frozenset[str],
    path: Path,
    *,
    metadata: dict[str, str],
) -> StreamedTable:
    """Copy the chosen configurations from the frames of the training parts.

    Args:
        frames: Tables of frames, in the order of their ids.
        chosen: Ids.
        path: The new table.
        metadata: Its file metadata.
    """
    spec = {table.name: table for table in FRAMES}[OFFSETS]
    columns = [column.name for column in spec.columns]
    with StreamedWriter(path, spec, metadata) as writer:
        for table in frames:
            for block in read_blocks(table.path, columns):
                writer.write(_rows(block, chosen))
    return writer.table


def _rows(block: pa.Table, chosen: frozenset[str]) -> pa.Table:
    mask = [entry in chosen for entry in block["id"].to_pylist()]
    return block.filter(mask) if any(mask) else block.slice(0, 0)


# One configuration of MPLiTrj: held to its layout, named, and put into columns


Array = npt.NDArray[np.float64]

_SYMMETRY = 1e-6
# Places of a 3×3 matrix, row by row, that mean the same: xx, yy, zz, yz, xz, xy.
_VOIGT = ((0, 0), (4, 4), (8, 8), (5, 7), (2, 6), (1, 3))
_SIDES = _VOIGT[3:]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One configuration.

    Attributes:
        id: Part and row.
        material_id, path_id: As stated in the file, or None.
        frame: Its cell, atomic numbers, positions and forces.
        energy_ev: Total energy, eV.
        stress: xx, yy, zz, yz, xz, xy in eV/Å³, or None.
        skipped: Per-atom columns passed over.
    """

    id: str
    material_id: str | None
    path_id: str | None
    frame: Frame
    energy_ev: float
    stress: Array | None
    skipped: tuple[str, ...]


def read_row(frame: Frame, identifier: str, *, where: str) -> Row:
    """Take from a frame what MPLiTrj states of it.

    Raises:
        IngestError: Energy or forces are missing, the stress is no symmetric 3×3 matrix, or
            ``edge_id`` is none; the letter names the file and the frame.
    """
    forces = array(frame, "forces", where=where)
    at = f"{where}, frame {frame.place}"
    if forces.shape != (len(frame.numbers), 3):
        found = f"forces of shape {forces.shape}"
        raise letter_about(where=at, expected="three force components an atom", found=found)
    path, material = frame.info.get("edge_id"), frame.info.get("material_id")
    if path is not None:
        try:
            edge = parse_edge_id(path)
        except ValueError as error:
            expected = "material_source_target_x_y_z"
            raise letter_about(
                where=f"{at}, edge_id", expected=expected, found=repr(path)
            ) from error
        material = material or edge.material_id
    return Row(
        id=identifier,
        material_id=material,
        path_id=path,
        frame=frame,
        energy_ev=number(frame, "energy", where=where),
        stress=_stress(frame, where=where),
        skipped=frame.skipped,
    )


def _stress(frame: Frame, *, where: str) -> Array | None:
    """The stress in Voigt order, from the matrix in the file."""
    if "stress" not in frame.info:
        return None
    values = numbers(frame, "stress", 9, where=where)
    apart = max(abs(values[one] - values[other]) for one, other in _SIDES)
    if apart > _SYMMETRY * max(1.0, *map(abs, values)):
        raise letter_about(
            where=f"{where}, frame {frame.place}, stress",
            expected="a symmetric 3×3 matrix, row by row: xx xy xz yx yy yz zx zy zz",
            found=f"one whose sides differ by {apart:.3g} eV/Å³",
        )
    return np.array([(values[one] + values[other]) / 2 for one, other in _VOIGT])


def content_sha256_16(frame: Frame) -> str:
    """Sixteen hexadecimal digits that tell a configuration from any other.

    Atomic numbers as bytes, then cell and positions as little-endian float64; -0 counts as 0.
    """
    parts = (frame.cell_ang, frame.arrays["pos"])
    data = b"".join((values + 0.0).astype("<f8").tobytes() for values in parts)
    return hashlib.sha256(frame.numbers.tobytes() + data).hexdigest()[:16]


@dataclass(frozen=True)
class _Composition:
    formula: str
    chemsys: str
    has_u_metal: bool


@lru_cache(maxsize=4096)
def _composition(numbers: bytes) -> _Composition:
    """What a configuration is made of, from its atomic numbers in the order of its atoms.

    Example:
        >>> _composition(bytes([3, 8, 3])).formula
        'Li2O'
    """
    counts = np.bincount(np.frombuffer(numbers, dtype=np.uint8), minlength=1)
    present = sorted((SYMBOLS[z], int(counts[z])) for z in np.flatnonzero(counts) if z)
    return _Composition(
        formula="".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in present),
        chemsys="-".join(symbol for symbol, _ in present),
        has_u_metal=any(symbol in U_METALS for symbol, _ in present),
    )


def frame_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as the columns of a table of frames."""
    import pyarrow as pa

    n_atoms = np.array([len(row.frame.numbers) for row in rows])
    stresses = [None if row.stress is None else row.stress.tolist() for row in rows]
    cells = np.concatenate([row.frame.cell_ang.ravel() for row in rows])
    return pa.table(
        {
            "id": pa.array([row.id for row in rows], pa.string()),
            "numbers": _lists([row.frame.numbers for row in rows], n_atoms, np.uint8),
            "cell_ang": pa.ListArray.from_arrays(
                pa.array(np.arange(0, len(cells) + 1, 9, dtype=np.int32)), pa.array(cells)
            ),
            "positions_ang": _lists(
                [row.frame.arrays["pos"].ravel() for row in rows], 3 * n_atoms, np.float32
            ),
            "energy_ev": pa.array([row.energy_ev for row in rows], pa.float64()),
            "forces_ev_per_ang": _lists(
                [row.frame.arrays["forces"].ravel() for row in rows], 3 * n_atoms, np.float32
            ),
            "stress_ev_per_ang3": pa.array(stresses, pa.list_(pa.float64())),
        }
    )


def entry_table(rows: Sequence[Row]) -> pa.Table:
    """Rows as what the tables of entries, labels and splits are made from."""
    import pyarrow as pa

    made = [_composition(row.frame.numbers.tobytes()) for row in rows]
    columns: dict[str, tuple[Any, Sequence[Any]]] = {
        "id": (pa.string(), [row.id for row in rows]),
        "material_id": (pa.string(), [row.material_id for row in rows]),
        "path_id": (pa.string(), [row.path_id for row in rows]),
        "n_atoms": (pa.int32(), [len(row.frame.numbers) for row in rows]),
        "formula": (pa.string(), [one.formula for one in made]),
        "chemsys": (pa.string(), [one.chemsys for one in made]),
        "content_sha256_16": (pa.string(), [content_sha256_16(row.frame) for row in rows]),
        "energy_ev": (pa.float64(), [row.energy_ev for row in rows]),
        "has_stress": (pa.bool_(), [row.stress is not None for row in rows]),
        "has_direction": (pa.bool_(), [_has_direction(row.frame) for row in rows]),
        "has_u_metal": (pa.bool_(), [one.has_u_metal for one in made]),
    }
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})


def _has_direction(frame: Frame) -> bool:
    """Whether the force on an atom is large enough to point somewhere, as it is stored."""
    forces = frame.arrays["forces"].astype(np.float32).astype(np.float64)
    squared = np.einsum("ij,ij->i", forces, forces)
    return bool((squared >= SMALLEST_FORCE_EV_PER_ANG**2).any())


def _lists(parts: Sequence[npt.NDArray[Any]], lengths: npt.NDArray[Any], kind: Any) -> pa.ListArray:
    """Lists from the values of each row."""
    import pyarrow as pa

    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = pa.array(np.concatenate(parts).astype(kind))
    element = pa.field("element", values.type, nullable=False)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=pa.list_(element))


# One part of MPLiTrj: streamed from the zip into a table of frames, and found again after a kill


FORMAT = 1
"""Raised whenever the same member would be written differently."""

_BLOCK_ROWS = 1024
_WANTED = ("pos", "forces")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part that was read.

    Attributes:
        name: ``train``, ``val`` or ``test``.
        frames: Its table of frames.
        entries: One row a configuration, in the order of the file, with what other tables need.
        skipped: Per-atom columns of the file that were passed over.
    """

    name: str
    frames: StreamedTable
    entries: pa.Table
    skipped: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Marker:
    fingerprint: str
    format: int
    rows: int
    column_sha256: dict[str, str]
    entries_sha256: str
    frames_bytes: int
    skipped: list[str]


def read_part(
    archive: ZipMembers,
    member: str,
    part: str,
    work: Path,
    *,
    metadata: dict[str, str],
    tick: Tick | None = None,
) -> Part:
    """Read a part, or find it as an earlier run left it.

    Args:
        archive: The archive.
        member: Its file in there.
        part: Which part it is.
        work: Folder for what is finished; nothing else is written.
        metadata: File metadata of the table of frames.
        tick: Called with the number of configurations done since the last call.

    Raises:
        IngestError: The file is malformed; the letter names the file and the frame.
    """
    fingerprint = archive.fingerprint(member)
    found = _find(work, part, fingerprint)
    if found is not None:
        if tick is not None:
            tick(found.frames.rows)
        return found
    return _make(archive, member, part, work, fingerprint, metadata, tick or (lambda _: None))


def _make(
    archive: ZipMembers,
    member: str,
    part: str,
    work: Path,
    fingerprint: str,
    metadata: dict[str, str],
    tick: Tick,
) -> Part:
    import pyarrow as pa
    import pyarrow.parquet as pq

    frames_path, entries_path, marker_path = _places(work, part)
    marker_path.unlink(missing_ok=True)
    for rest in work.glob(f".{frames_path.stem}.*.part"):
        rest.unlink()  # what a killed run left of this part
    spec = {table.name: table for table in FRAMES}[frames_name(part)]
    entries: list[pa.Table] = []
    skipped: dict[str, None] = {}
    with replacing(frames_path) as temporary:
        with StreamedWriter(temporary, spec, metadata) as writer:
            for block in _blocks(archive, member, part):
                skipped |= dict.fromkeys(name for row in block for name in row.skipped)
                writer.write(frame_table(block))
                entries.append(entry_table(block))
                tick(len(block))
        table = writer.table
    together = pa.concat_tables(entries) if entries else entry_table([])
    with replacing(entries_path) as temporary:
        pq.write_table(together, temporary, compression="zstd")
    marker = _Marker(
        fingerprint=fingerprint,
        format=FORMAT,
        rows=table.rows,
        column_sha256=dict(table.column_sha256),
        entries_sha256=sha256_file(entries_path),
        frames_bytes=frames_path.stat().st_size,
        skipped=list(skipped),
    )
    write_text(marker_path, json.dumps(asdict(marker), indent=2) + "\n")
    return Part(
        name=part,
        frames=StreamedTable(path=frames_path, rows=table.rows, column_sha256=table.column_sha256),
        entries=together,
        skipped=tuple(skipped),
    )


def _blocks(archive: ZipMembers, member: str, part: str) -> Iterator[list[Row]]:
    """Rows of a member, some at a time."""
    with archive.open(member) as stream:
        frames = enumerate(iter_frames(stream, where=member, wanted=_WANTED))
        rows = (read_row(frame, f"{part}-{row:07d}", where=member) for row, frame in frames)
        while block := list(islice(rows, _BLOCK_ROWS)):
            yield block


def _find(work: Path, part: str, fingerprint: str) -> Part | None:
    """A part that an earlier run finished; None where there is none, or another."""
    frames_path, entries_path, marker_path = _places(work, part)
    try:
        marker = _Marker(**json.loads(marker_path.read_text(encoding="utf-8")))
        is_same = (
            (marker.fingerprint, marker.format) == (fingerprint, FORMAT)
            and frames_path.stat().st_size == marker.frames_bytes
            and sha256_file(entries_path) == marker.entries_sha256
        )
    except (OSError, ValueError, TypeError):
        return None
    if not is_same:
        return None
    # The frames themselves are read and hashed again before they are put in place.
    frames = StreamedTable(path=frames_path, rows=marker.rows, column_sha256=marker.column_sha256)
    entries = read_parquet(entries_path)
    return Part(name=part, frames=frames, entries=entries, skipped=tuple(marker.skipped))


def _places(work: Path, part: str) -> tuple[Path, Path, Path]:
    stem = frames_name(part)
    return work / f"{stem}.parquet", work / f"{stem}.entries.parquet", work / f"{stem}.done.json"


# Entries, labels and splits of MPLiTrj, from the rows of its parts


def build_tables(parts: Mapping[str, Part], offset_set: frozenset[str]) -> dict[str, pa.Table]:
    """The tables of a version, each sorted by its key.

    Args:
        parts: Part → what was read.
        offset_set: Ids of the offset set.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pa.concat_tables(
        part.entries.append_column("part", pa.array([name] * len(part.entries), pa.string()))
        for name, part in sorted(parts.items())
    ).combine_chunks()
    subset = pc.if_else(pc.equal(rows["part"], "test"), "test", "train")
    columns: dict[str, Any] = {name: rows[name] for name in rows.column_names}
    columns |= {
        "split_name": pa.array([OFFICIAL] * len(rows), pa.string()),
        "subset": subset,
        "component": _material_numbers(rows),
        "in_offset_set": pa.array([name in offset_set for name in rows["id"].to_pylist()]),
        "has_path_energy": _in_company(rows["path_id"], subset),
        "energy_ev_per_atom": pc.divide(rows["energy_ev"], rows["n_atoms"].cast(pa.float64())),
    }
    empty: dict[str, Any] = {name: [] for name in ("scheme", "repeat", "fold", "id")}
    made = {}
    for spec in TABLES:
        values = empty if spec.name == "folds" else columns
        chosen = {column.name: values[column.name] for column in spec.columns}
        table = pa.table({name: _plain(value) for name, value in chosen.items()})
        made[spec.name] = _with_schema(table, arrow_schema(spec.columns))
    return made


def _plain(values: Any) -> Any:
    import pyarrow as pa

    return pa.array(values, pa.string()) if isinstance(values, list) else values


def _with_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The same columns under the types and metadata of a schema."""
    import pyarrow as pa

    columns = []
    for field in schema:
        column = table[field.name]
        is_text = pa.types.is_dictionary(field.type)
        columns.append(column.dictionary_encode() if is_text else column.cast(field.type))
    return pa.table(columns, schema=schema)


def _material_numbers(rows: pa.Table) -> pa.Array:
    """Number of each configuration's material (else formula), in alphabetical order, from 1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pc.coalesce(rows["material_id"], rows["formula"]).combine_chunks()
    coded = names.dictionary_encode()
    order = np.argsort(np.array(coded.dictionary.to_pylist(), dtype=object), kind="stable")
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    return pa.array(rank[np.asarray(coded.indices)])


def _in_company(paths: pa.ChunkedArray, subset: pa.ChunkedArray) -> pa.Array:
    """Whether a configuration shares its path with another one of its subset."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pc.binary_join_element_wise(paths, subset, "|").combine_chunks()
    codes = np.asarray(pc.fill_null(keys.dictionary_encode().indices, -1))
    counts = np.bincount(codes[codes >= 0], minlength=1)
    return pa.array((codes >= 0) & (counts[codes] > 1))


# From the archive of MPLiTrj, or of its subsample, to tables and frames, with every check


def build_trajectories(
    raw: Path, pinned: DatasetVersion, work: Path, *, dataset: Dataset, stem: str
) -> BuiltVersion:
    """Build a version of MPLiTrj or of its subsample.

    Args:
        raw: Folder with the archive.
        pinned: The version; its counts are contracts.
        work: Folder where finished parts outlive a killed run.
        dataset: Which of the two.
        stem: Name of the archive and of its files (``MPLiTrj``).

    Raises:
        IngestError: Members are missing, a frame is malformed, the disk is full, or a check
            fails; what is finished stays in ``work``, and nothing else is left.
    """
    metadata = {"dataset": pinned.dataset, "version": pinned.version}
    expected = sum(pinned.expected.get(part, 0) for part in PARTS)
    with (
        ZipMembers(raw / f"{stem}.zip") as archive,
        _space_left(work),
        progress(f"{dataset.title}: configurations", expected) as tick,
    ):
        members = find_members(archive.names, stem, archive=f"{stem}.zip")
        parts = {
            part: read_part(archive, members[part], part, work, metadata=metadata, tick=tick)
            for part in PARTS
        }
        # Counts first: nothing is drawn from parts that are not whole.
        results = run_checks(dataset, CHECKS, ReadParts(parts=parts, expected=pinned.expected))
        chosen = _draw(parts, seed=pinned.folds.seed)
        offsets = write_offset_set(
            [parts["train"].frames, parts["val"].frames],
            chosen,
            work / f"{OFFSETS}.parquet",
            metadata=metadata,
        )
    tables = build_tables(parts, chosen)
    overlap = material_overlap(_materials(parts))
    return BuiltVersion(
        tables=tables,
        checks=(*results, overlap.check, repeated(parts)),
        summary={**summarise(parts, tables), "material_overlap": overlap.summary},
        frames={frames_name(part): parts[part].frames for part in PARTS} | {OFFSETS: offsets},
    )


def find_members(names: tuple[str, ...], stem: str, *, archive: str) -> dict[str, str]:
    """The file of each part; the folder may be spelled as upstream's README spells it.

    Raises:
        IngestError: Some are missing, or there are two of one; all of them at once.

    Example:
        >>> names = ("T/T_train.xyz", "T/T_val.xyz", "T/T_test.xyz")
        >>> find_members(names, "T", archive="T.zip")["val"]
        'T/T_val.xyz'
    """
    folders = {stem, stem.replace("MPLiTrj", "MPLiTraj")}
    found: dict[str, str] = {}
    problems = []
    for part in PARTS:
        wanted = {f"{folder}_{part}.xyz" for folder in folders}
        paths = map(PurePosixPath, names)
        hits = [str(p) for p in paths if p.name in wanted and str(p.parent) in folders]
        if len(hits) == 1:
            found[part] = hits[0]
            continue
        problems.append(
            Problem(
                where=archive,
                expected=f"one member {stem}/{stem}_{part}.xyz",
                found=first_few(hits) if hits else f"only {first_few(names, limit=8) or 'nothing'}",
                next_step="Compare the archive with its upstream copy.",
            )
        )
    if problems:
        raise IngestError(problems)
    return found


def _draw(parts: dict[str, Part], *, seed: int) -> frozenset[str]:
    ids: list[str] = []
    systems: list[str] = []
    for part in ("train", "val"):
        ids += parts[part].entries["id"].to_pylist()
        systems += parts[part].entries["chemsys"].to_pylist()
    return draw_offset_set(ids, systems, seed=seed)


def _materials(parts: dict[str, Part]) -> Iterator[tuple[str, str]]:
    """Part and material of every configuration; its formula where no material is stated."""
    for name, part in parts.items():
        columns = (part.entries[column].to_pylist() for column in ("material_id", "formula"))
        for material, formula in zip(*columns, strict=True):
            yield name, material or formula


@contextmanager
def _space_left(work: Path) -> Iterator[None]:
    """Tell a full disk, or one that cannot be written, in a letter."""
    try:
        yield
    except OSError as error:
        raise IngestError(
            Problem(
                where=f"{work.parent.name}/{work.name}",
                expected="room for the frames on this disk",
                found=error.strerror or type(error).__name__,
                next_step="Make room and run the command again: finished parts are kept.",
            )
        ) from error
