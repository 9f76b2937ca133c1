"""MPLiTrj and its subsample: from archives of configurations with forces to tables and frames."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ionladder.data import store
from ionladder.data.archives import ZipMembers
from ionladder.data.ingest import Finding, Findings, check, run_checks
from ionladder.data.litraj import common, xyz
from ionladder.data.store import BuiltVersion, StreamedTable, StreamedWriter
from ionladder.errors import IngestError, first_few, worded
from ionladder.repo import MapJobs, code_sha256, kept_table, sha256_bytes

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.config import DatasetVersion
    from ionladder.specs import Dataset, Table

#: Transition metals that the Materials Project treats with a Hubbard U; MPLiTrj does not.
U_METALS = ("Co", "Cr", "Fe", "Mn", "Mo", "Ni", "V", "W")

_BLOCK_ROWS = 1024
_ENTRY = "entry."
_MAX_EV_PER_ATOM = 100.0
_SYMMETRY = 1e-6
# Places of a 3×3 matrix, row by row, that mean the same: xx, yy, zz, yz, xz, xy.
_VOIGT = np.array([(0, 0), (4, 4), (8, 8), (5, 7), (2, 6), (1, 3)])
_OFFSET_CONFIGURATIONS = 2000
_OFFSET_PER_ELEMENT = 20


def build_trajectories(
    raw: Path,
    pinned: DatasetVersion,
    work: Path,
    dataset: Dataset,
    *,
    stem: str,
    map_jobs: MapJobs = map,
    keep: Path | None = None,
) -> BuiltVersion:
    """Read, check and tabulate a version of MPLiTrj or of its subsample.

    Args:
        raw: Folder with the archive.
        pinned: The version; its counts are contracts.
        work: Folder for the frames.
        dataset: Which of the two.
        stem: Name of the archive and of its files (``MPLiTrj``).
        map_jobs: ``map``, or one that shares blocks; one process reads the archive.
        keep: Folder for the blocks that were read.

    Raises:
        IngestError: Members are missing, a frame is malformed, the disk is full, or a check fails.
    """
    metadata = {"dataset": pinned.dataset, "version": pinned.version}
    total = sum(pinned.expected.get(part, 0) for part in common.PARTS)

    def writer(name: str) -> StreamedWriter:
        return StreamedWriter(work, dataset.table(f"frames_{name}"), metadata)

    with (
        ZipMembers(raw / f"{stem}.zip") as archive,
        _space_left(work),
        common.progress(f"{dataset.title}: configurations", total) as tick,
    ):
        names = {part: f"{stem}_{part}.xyz" for part in common.PARTS}
        members = common.find_members(archive, list(names.values()), where=f"{stem}.zip")

        def texts() -> Iterator[_Text]:
            for part, name in names.items():
                with archive.open(members[name]) as stream:
                    for text in xyz.cut_frames(stream, _BLOCK_ROWS):
                        yield part, members[name], *text

        source = f"{code_sha256()} {pinned.files} {_BLOCK_ROWS}" if keep else ""
        blocks = map_jobs(partial(_read_block, dataset, source, keep), texts())
        parts = _write_parts(blocks, {part: writer(part) for part in names}, tick)
        # Counts first: nothing is drawn from parts that are not whole.
        checks = (counts_are_upstreams, energies_are_plausible, columns_are_known)
        results = run_checks(dataset, checks, (parts, pinned.expected))
        rows = _entries(parts)
        is_train = rows["subset"] == "train"
        ids, systems = (rows.loc[is_train, name].tolist() for name in ("id", "chemsys"))
        chosen = draw_offset_set(ids, systems, seed=pinned.folds.seed)
        rows["in_offset_set"] = rows["id"].isin(chosen)
        offsets = _write_offset_set(parts, chosen, writer("offset"))
    in_order = pd.concat([rows[rows["part"] == part] for part in common.PARTS])
    named = in_order["material_id"].fillna(in_order["formula"])
    overlap, overlap_summary = common.material_overlap(in_order["part"].tolist(), named.tolist())
    columns: dict[str, Any] = {str(name): rows[name] for name in rows}
    nothing: dict[str, Any] = {name: [] for name in ("scheme", "repeat", "fold", "id")}
    return BuiltVersion(
        tables={
            spec.name: store.table_from_columns(spec, nothing if spec.name == "folds" else columns)
            for spec in dataset.tables
        },
        checks=(*results, overlap, *run_checks(dataset, [repeated_configurations_are_known], rows)),
        summary={**_summarise(rows), "material_overlap": overlap_summary},
        frames={f"frames_{name}": parts[name].frames for name in parts}
        | {"frames_offset": offsets},
    )


@contextmanager
def _space_left(work: Path) -> Iterator[None]:
    """Tell a full disk, or one that cannot be written, in an error."""
    try:
        yield
    except OSError as error:
        where, reason = f"{work.parent.name}/{work.name}", error.strerror or type(error).__name__
        raise IngestError(worded("no-room-for-frames", where, reason=reason)) from error


# One configuration: checked, named, and put into columns


_Tick = Callable[[int], None]


class _Entry(NamedTuple):
    """What the tables of entries, labels and splits are made from."""

    id: str
    material_id: str | None
    path_id: str | None
    n_atoms: int
    formula: str
    chemsys: str
    has_u_metal: bool
    content_sha256_16: str
    energy_ev: float
    has_stress: bool
    has_direction: bool


class _Row(NamedTuple):
    entry: _Entry
    frame: xyz.Frame
    stress: list[float] | None


class _Part(NamedTuple):
    """A part that was read: its table of frames, its entries, and columns that were passed over."""

    frames: StreamedTable
    entries: pd.DataFrame
    skipped: set[str]


#: Part, member of the archive, the text of some frames, and place and line of the first.
_Text = tuple[str, str, bytes, int, int]


def _read_block(
    dataset: Dataset, source: str, keep: Path | None, text: _Text
) -> tuple[str, pa.Table]:
    """Part of some frames, and their table, from their text or as it was kept.

    The table has their entries too, under ``entry.`` and their names, and the columns that were
    passed over as its metadata.
    """
    part, member, data, *first = text

    def read() -> pa.Table:
        wanted, at = ("pos", "forces"), (first[0], first[1])
        frames = xyz.iter_frames(BytesIO(data), where=member, wanted=wanted, first=at)
        rows = [_row(frame, f"{part}-{frame.place - 1:07d}", where=member) for frame in frames]
        table = _frame_table(rows, dataset.table(f"frames_{part}"))
        for name in _Entry._fields:
            values = [[getattr(row.entry, name) for row in rows]]
            table = table.append_column(f"{_ENTRY}{name}", values)
        skipped = sorted(set().union(*(row.frame.skipped for row in rows)))
        return table.replace_schema_metadata({"skipped": json.dumps(skipped)})

    return part, kept_table(read, f"{source} {member} {first}", keep)


def _write_parts(
    blocks: Iterable[tuple[str, pa.Table]], outs: Mapping[str, StreamedWriter], tick: _Tick
) -> dict[str, _Part]:
    """Write the frames of every part, and keep what the other tables need of each."""
    entries: dict[str, dict[str, list[Any]]] = {part: {} for part in outs}
    skipped: dict[str, set[str]] = {part: set() for part in outs}
    with ExitStack() as stack:
        for out in outs.values():
            stack.enter_context(out)
        for part, table in blocks:
            skipped[part].update(json.loads(table.schema.metadata[b"skipped"]))
            outs[part].write(table)
            for name in _Entry._fields:
                of_block = table[f"{_ENTRY}{name}"].to_pylist()
                entries[part].setdefault(name, []).extend(of_block)
            tick(table.num_rows)
    return {
        part: _Part(out.table, pd.DataFrame(entries[part], columns=_Entry._fields), skipped[part])
        for part, out in outs.items()
    }


def _write_offset_set(
    parts: Mapping[str, _Part], chosen: frozenset[str], out: StreamedWriter
) -> StreamedTable:
    """Copy the chosen configurations from the frames of the training parts."""
    columns = [column.name for column in out.spec.columns]
    with out:
        for part in ("train", "val"):
            for block in store.read_blocks(parts[part].frames.path, columns):
                out.write(block.filter([entry in chosen for entry in block["id"].to_pylist()]))
    return out.table


def _row(frame: xyz.Frame, identifier: str, *, where: str) -> _Row:
    """Take from a frame what MPLiTrj states of it.

    Raises:
        IngestError: Energy or forces are missing, the stress is no symmetric 3×3 matrix, or
            ``edge_id`` is none; the error names the file and the frame.
    """
    forces = xyz.array(frame, "forces", where=where)
    at, named = f"{where}, frame {frame.place}", f"{where}, frame {frame.place}, edge_id"
    if forces.shape != (len(frame.numbers), 3):
        found = f"forces of shape {forces.shape}"
        raise xyz.frame_error(at, "three force components an atom", found)
    path, material = frame.info.get("edge_id"), frame.info.get("material_id")
    if path is not None:
        edge = common.parse_edge_id(path)
        if edge is None:
            raise xyz.frame_error(named, "material_source_target_x_y_z", repr(path))
        material = material or edge.material_id
    stress = _stress(frame, where=where)
    formula, chemsys, has_u_metal = _made_of(frame.numbers.tobytes())
    stored = forces.astype(np.float32).astype(np.float64)
    entry = _Entry(
        id=identifier,
        material_id=material,
        path_id=path,
        n_atoms=len(frame.numbers),
        formula=formula,
        chemsys=chemsys,
        has_u_metal=has_u_metal,
        content_sha256_16=_content_sha256_16(frame),
        energy_ev=xyz.info_number(frame, "energy", where=where),
        has_stress=stress is not None,
        # Whether the force on an atom is large enough to point somewhere, as it is stored.
        has_direction=bool(((stored**2).sum(axis=1) >= store.SMALLEST_FORCE_EV_PER_ANG**2).any()),
    )
    return _Row(entry, frame, stress)


def _stress(frame: xyz.Frame, *, where: str) -> list[float] | None:
    """The stress as xx, yy, zz, yz, xz, xy, from the matrix in the file."""
    if "stress" not in frame.info:
        return None
    matrix = np.array(xyz.numbers(frame, "stress", 9, where=where))
    pairs = matrix[_VOIGT]
    apart = np.abs(pairs[:, 0] - pairs[:, 1]).max()
    if apart > _SYMMETRY * max(1.0, np.abs(matrix).max()):
        at = f"{where}, frame {frame.place}, stress"
        expected = "a symmetric 3×3 matrix, row by row: xx xy xz yx yy yz zx zy zz"
        raise xyz.frame_error(at, expected, f"one whose sides differ by {apart:.3g} eV/Å³")
    mean: list[float] = ((pairs[:, 0] + pairs[:, 1]) / 2).tolist()
    return mean


def _content_sha256_16(frame: xyz.Frame) -> str:
    """Sixteen hexadecimal digits that tell a configuration from any other.

    Atomic numbers as bytes, then cell and positions as little-endian float64; -0 counts as 0.
    """
    arrays = (frame.cell_ang, frame.arrays["pos"])
    data = b"".join((values + 0.0).astype("<f8").tobytes() for values in arrays)
    return hashlib.sha256(frame.numbers.tobytes() + data).hexdigest()[:16]


@lru_cache(maxsize=4096)
def _made_of(numbers: bytes) -> tuple[str, str, bool]:
    """Formula, chemical system and whether there is a U metal, from the numbers of the atoms.

    Example:
        >>> _made_of(bytes([3, 8, 3]))
        ('Li2O', 'Li-O', False)
    """
    present = dict(sorted(Counter(xyz.SYMBOLS[z] for z in numbers if z).items()))
    formula = "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in present.items())
    return formula, "-".join(present), any(symbol in U_METALS for symbol in present)


def _frame_table(rows: Sequence[_Row], spec: Table) -> pa.Table:
    """Rows as the columns of a table of frames."""
    columns: dict[str, list[Any]] = {
        "id": [row.entry.id for row in rows],
        "numbers": [row.frame.numbers for row in rows],
        "cell_ang": [row.frame.cell_ang.ravel() for row in rows],
        "positions_ang": [_single(row.frame.arrays["pos"]) for row in rows],
        "energy_ev": [row.entry.energy_ev for row in rows],
        "forces_ev_per_ang": [_single(row.frame.arrays["forces"]) for row in rows],
        "stress_ev_per_ang3": [row.stress for row in rows],
    }
    return store.table_from_columns(spec, columns)


def _single(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return values.ravel().astype(np.float32)


# What is checked once all parts are read


#: Parts as read, and how many configurations each must have.
_Subject = tuple[Mapping[str, _Part], Mapping[str, int]]


@check
def counts_are_upstreams(subject: _Subject) -> Findings:
    """Every part has as many configurations as upstream states."""
    parts, expected = subject
    counts = {name: f"{part.frames.rows:,}" for name, part in parts.items()}
    for name, part in parts.items():
        if part.frames.rows != expected.get(name, part.frames.rows):
            wanted = f"{expected[name]:,} configurations, as upstream counts them"
            yield Finding(f"part {name}", wanted, counts[name])
    return ", ".join(f"{n} {c}" for n, c in counts.items())


@check
def energies_are_plausible(subject: _Subject) -> Findings:
    """No energy is further from zero than any cohesive energy could be."""
    limit = f"within ±{_MAX_EV_PER_ATOM:g} eV per atom"
    for name, part in subject[0].items():
        sizes = (part.entries["energy_ev"] / part.entries["n_atoms"]).abs()
        if sizes.max() > _MAX_EV_PER_ATOM:
            row = int(sizes.argmax())
            place, entry = f"part {name}, frame {row + 1}", str(part.entries["id"][row])
            yield Finding(place, f"an energy {limit}", f"{sizes[row]:g}", entry)
    return f"all {limit}"


@check
def columns_are_known(subject: _Subject) -> str:
    """Columns of atoms that nothing is done with are named, not refused."""
    names = sorted({name for part in subject[0].values() for name in part.skipped})
    passed = f"passed over: {first_few(names, limit=20)}" if names else "none passed over"
    return f"columns of atoms beyond species, pos and forces: {passed}"


# The frozen offset set: training configurations on which the energy zero of a model is fitted


def draw_offset_set(
    ids: Sequence[str],
    chemsys: Sequence[str],
    *,
    seed: int,
    size: int = _OFFSET_CONFIGURATIONS,
    per_element: int = _OFFSET_PER_ELEMENT,
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
    split = {system: system.split("-") for system in set(chemsys)}
    elements = [split[system] for system in chemsys]
    chosen = set(order[:size])
    counts = Counter(element for row in chosen for element in elements[row])
    waiting: dict[str, list[int]] = {element: [] for parts in split.values() for element in parts}
    # Beyond the first draw, no element can need more than its first few in the same order.
    for row in order[size:]:
        for element in elements[row]:
            if len(waiting[element]) < per_element:
                waiting[element].append(row)
    for element in sorted(waiting):
        for row in waiting[element]:
            if counts[element] >= per_element:
                break
            if row not in chosen:
                chosen.add(row)
                counts.update(elements[row])
    return frozenset(ids[row] for row in chosen)


# Entries, labels and splits, from the rows of all parts


def _entries(parts: Mapping[str, _Part]) -> pd.DataFrame:
    """One row a configuration in the order of ids, with every column of the tables."""
    named = [parts[name].entries.assign(part=name) for name in sorted(parts)]
    rows = pd.concat(named, ignore_index=True)
    rows["subset"] = rows["part"].map(common.SUBSET)
    rows["split_name"] = common.OFFICIAL
    rows["component"] = pd.factorize(rows["material_id"].fillna(rows["formula"]), sort=True)[0] + 1
    rows["energy_ev_per_atom"] = rows["energy_ev"] / rows["n_atoms"]
    company = rows.groupby(["path_id", "subset"])["id"].transform("size")
    rows["has_path_energy"] = company > 1  # NaN, where no path is stated, is not
    return rows


@check
def repeated_configurations_are_known(rows: pd.DataFrame) -> str:
    """Equal configurations are counted; they are not refused."""
    digests, is_test = rows["content_sha256_16"], rows["subset"] == "test"
    across = digests[is_test].isin(set(digests[~is_test])).sum()
    return (
        f"{len(rows) - digests.nunique():,} of {len(rows):,} equal an earlier one; {across:,} "
        "test configurations equal a training one"
    )


def _summarise(rows: pd.DataFrame) -> dict[str, Any]:
    """Counts for the manifest and the dataset card."""
    systems = rows["chemsys"].unique().tolist()

    def count(flag: str | None = None) -> list[int]:
        """How many rows of train and test have a flag."""
        chosen = rows["subset"] if flag is None else rows.loc[rows[flag], "subset"]
        return [int((chosen == name).sum()) for name in common.SUBSETS]

    return {
        "subsets": list(common.SUBSETS),
        "counts": {
            "entries": count(),
            "atoms": int(rows["n_atoms"].sum()),
            "elements": len({element for system in systems for element in system.split("-")}),
            "chemical_systems": len(systems),
            "with_stress": count("has_stress"),
            "with_known_path": count("has_path_energy"),
            "with_u_metal": count("has_u_metal"),
            "in_offset_set": count("in_offset_set"),
        },
        "parts": {part: int((rows["part"] == part).sum()) for part in common.PARTS},
    }
