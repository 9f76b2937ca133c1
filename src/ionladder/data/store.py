"""The tables of a dataset version: loading, schemas, manifests, frames."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from ionladder import errors as err
from ionladder import repo
from ionladder.config import DatasetVersion, version_key
from ionladder.data.registry import get_dataset
from ionladder.repo import Layout
from ionladder.specs import Array, Dataset, Table, Task, arrow_schema

if TYPE_CHECKING:
    from hashlib import _Hash

    import pandas as pd
    import pyarrow as pa

Manifest = dict[str, Any]
STRUCTURES = "structures"
#: A true force below this has no direction worth comparing: it is far below any model's error.
SMALLEST_FORCE_EV_PER_ANG = 1e-3

# Bytes and content that were found good in this process: no file is hashed twice.
_good: set[tuple[str, int, int, str]] = set()


# What an ingest hands over: tables in memory, the checks they passed, and a summary


@dataclass(frozen=True)
class CheckResult:
    """One integrity check that a version passed.

    Attributes:
        name: Its name.
        description: What it makes sure of, one sentence.
        detail: What was counted or compared.
        excused: Known oddities it met: name in the dataset's oddities, and id.
    """

    name: str
    description: str
    detail: str
    excused: frozenset[tuple[str, str]] = frozenset()

    @property
    def allowed(self) -> tuple[str, ...]:
        """Ids of the oddities it met, sorted."""
        return tuple(sorted({entry for _, entry in self.excused}))


@dataclass(frozen=True, kw_only=True)
class BuiltVersion:
    """A dataset version in memory.

    Attributes:
        tables: Table name → table, in the order of the dataset's declaration.
        checks: Checks passed, in order.
        summary: Counts and distributions for the dataset card, JSON-ready.
        frames: Tables of frames that were written while the raw files were read.
    """

    tables: Mapping[str, pa.Table]
    checks: tuple[CheckResult, ...]
    summary: Mapping[str, Any]
    frames: Mapping[str, StreamedTable] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StreamedTable:
    """A table that was written block by block.

    Attributes:
        path: Where it lies.
        rows: Rows written.
        column_sha256: Column name → hash of its content, block after block.
    """

    path: Path
    rows: int
    column_sha256: Mapping[str, str]

    @property
    def content_sha256(self) -> str:
        """Hash of the column names and column hashes."""
        return repo.joined_hash(dict(sorted(self.column_sha256.items())))


class StreamedWriter:
    """Writes one table block by block; nothing but the present block is held.

    Rows must come in strictly ascending order of the key. Each block becomes a row group.

    Args:
        folder: Where the file is written, or written over; it bears the name of the table.
        spec: Its columns.
        metadata: File metadata (dataset, version, …).

    Example:
        >>> with StreamedWriter(folder, spec, {}) as writer:  # doctest: +SKIP
        ...     for block in blocks:
        ...         writer.write(block)
        >>> writer.table.rows  # doctest: +SKIP
        929066
    """

    def __init__(self, folder: Path, spec: Table, metadata: Mapping[str, str]) -> None:
        import pyarrow.parquet as pq

        self.spec, self._path = spec, folder / f"{spec.name}.parquet"
        self._digest = _BlockDigest(spec)
        self._last: tuple[object, ...] | None = None
        # A dictionary of measured figures is larger than they are; their bytes of equal rank are
        # alike, and pack well side by side.
        texts = [c.name for c in spec.columns if c.type in ("string", "category")]
        real = [
            f"{c.name}.list.element" if c.type.startswith("list") else c.name
            for c in spec.columns
            if "float" in c.type
        ]
        self._schema = arrow_schema(spec.columns)
        self._writer = pq.ParquetWriter(
            self._path,
            self._schema.with_metadata(dict(sorted(metadata.items()))),
            compression="zstd",
            use_dictionary=texts or False,
            column_encoding=dict.fromkeys(real, "BYTE_STREAM_SPLIT"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, block: pa.Table) -> None:
        """Write some rows.

        Raises:
            ValueError: Keys do not ascend, or the columns are not those of the table.
        """
        if not block.num_rows:
            return
        block = block.select([column.name for column in self.spec.columns]).cast(self._schema)
        for key in zip(*(block[name].to_pylist() for name in self.spec.key), strict=True):
            if self._last is not None and not self._last < key:
                raise ValueError(f"{self.spec.name}: key {key} does not follow {self._last}")
            self._last = key
        self._digest.update(block)
        self._writer.write_table(block, row_group_size=block.num_rows)

    @property
    def table(self) -> StreamedTable:
        """What has been written so far."""
        return self._digest.table(self._path)


class _BlockDigest:
    """The content hash of a table seen block by block, independent of where blocks end.

    Every column is hashed by name, validity, lengths of lists and texts, and values; numbers as
    64-bit, so that neither their width nor the file's row groups count.
    """

    def __init__(self, spec: Table) -> None:
        self._parts = {c.name: [hashlib.sha256() for _ in range(3)] for c in spec.columns}
        self._rows = 0

    def update(self, block: pa.Table) -> None:
        """Feed the next rows."""
        self._rows += block.num_rows
        for name, parts in self._parts.items():
            for chunk in block[name].chunks:
                _feed(chunk, *parts)

    def table(self, path: Path) -> StreamedTable:
        lines = {
            name: "\n".join([name, str(self._rows), *(part.hexdigest() for part in parts)])
            for name, parts in self._parts.items()
        }
        hashes = {name: repo.sha256_bytes(text.encode()) for name, text in lines.items()}
        return StreamedTable(path=path, rows=self._rows, column_sha256=hashes)


def _feed(array: pa.Array, valid: _Hash, lengths: _Hash, values: _Hash) -> None:
    """Feed one chunk of a column to its three hashes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    valid.update(np.asarray(array.is_valid()).astype(np.uint8).tobytes())
    if pa.types.is_list(array.type):
        counts = pc.fill_null(pc.list_value_length(array), 0)
        lengths.update(np.asarray(counts).astype("<i8").tobytes())
        array = array.flatten()
    if pa.types.is_string(array.type):
        encoded = [(text or "").encode() for text in array.to_pylist()]
        lengths.update(np.array([len(text) for text in encoded], dtype="<i8").tobytes())
        values.update(b"".join(encoded))
        return
    filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
    numbers = filled.to_numpy(zero_copy_only=False)
    wide = numbers.astype({"f": "<f8", "i": "<i8", "u": "<i8", "b": "u1"}[numbers.dtype.kind])
    if wide.dtype.kind == "f":
        wide += 0.0  # -0 counts as 0
        wide[np.isnan(wide)] = np.nan
    values.update(wide.data)


def digest_frames(spec: Table, path: Path) -> StreamedTable:
    """The content of a table of frames, read again block by block."""
    digest = _BlockDigest(spec)
    for block in read_blocks(path):
        digest.update(block)
    return digest.table(path)


def read_blocks(path: Path, columns: Iterable[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a parquet file, one after the other, on one thread."""
    import pyarrow.parquet as pq

    names = None if columns is None else list(columns)
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=names, use_threads=False)


def table_from_columns(spec: Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Make a table with exactly the declared columns, sorted by its key.

    Raises:
        KeyError: A declared column is not given.
        ValueError: A column that allows no missing value has one, or lengths differ.
    """
    import pyarrow as pa

    schema = arrow_schema(spec.columns)
    arrays = []
    for column in spec.columns:
        array = pa.array(columns[column.name], type=schema.field(column.name).type)
        if not column.nullable and array.null_count:
            raise ValueError(f"{spec.name}.{column.name} must not have missing values")
        arrays.append(array)
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in spec.key])


def table_from_rows(spec: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make a table from rows, as :func:`table_from_columns` does from columns."""
    names = [column.name for column in spec.columns]
    return table_from_columns(spec, {name: [row[name] for row in rows] for name in names})


# ``manifest.json``: what a released version is, by content, with no date and no path in it


def make_manifest(dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """Describe a built version; equal tables give equal text."""
    met = {pair for check in built.checks for pair in check.excused}
    tables, frames = built.tables, built.frames
    described = {t.name: describe_table(t, tables[t.name]) for t in dataset.tables}
    streamed = [(table, frames[table.name]) for table in dataset.frames]
    blocks = {t.name: _described(t, made.rows, made.column_sha256) for t, made in streamed}
    return {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source": source_of(pinned),
        "licence": dataset.licence,
        "licence_url": dataset.licence_url,
        "citation": dataset.citation,
        "tables": described,
        **({"frames": blocks} if blocks else {}),
        "checks": [
            {
                "name": check.name,
                "description": check.description,
                "result": "passed",
                "allowed": list(check.allowed),
                "detail": check.detail,
            }
            for check in built.checks
        ],
        "oddities": [
            {"check": oddity.check, "ids": ids, "reason": oddity.reason}
            for oddity in dataset.oddities
            if (ids := [entry for entry in oddity.ids if (oddity.check, entry) in met])
        ],
        "summary": dict(built.summary),
    }


def source_of(pinned: DatasetVersion) -> dict[str, Any]:
    """Where a version comes from, as manifests say it."""
    return {
        "tag": pinned.tag,
        "commit": pinned.commit,
        "base_url": pinned.base_url,
        **({"path": pinned.path} if pinned.path else {}),
        "files": dict(sorted(pinned.files.items())),
    }


def describe_table(spec: Table, table: pa.Table) -> dict[str, Any]:
    """Rows, key, content hash and columns (each with its own hash) of one table."""
    return _described(spec, table.num_rows, repo.column_hashes(table, key=list(spec.key)))


def _described(spec: Table, rows: int, hashes: Mapping[str, str]) -> dict[str, Any]:
    names = ("name", "type", "unit", "description", "nullable", "role")
    return {
        "rows": rows,
        "key": list(spec.key),
        "content_sha256": repo.joined_hash(dict(sorted(hashes.items()))),
        "columns": [
            {**{name: getattr(column, name) for name in names}, "sha256": hashes[column.name]}
            for column in spec.columns
        ],
    }


def read_manifest(layout: Layout, dataset: str, version: str) -> Manifest | None:
    """The committed manifest of a version, or None where there is none.

    Raises:
        DataChangedError: The file is there and is not JSON.
    """
    path = layout.manifest(dataset, version)
    if not path.is_file():
        return None
    manifest: Manifest = repo.read_json(path)
    return manifest


def require_manifest(layout: Layout, dataset: str, version: str) -> Manifest:
    """The committed manifest of a version.

    Raises:
        DataMissingError: There is none.
        DataChangedError: It is damaged.
    """
    manifest = read_manifest(layout, dataset, version)
    if manifest is None:
        where = layout.relative(layout.manifest(dataset, version))
        of, key = f"{dataset} {version}", version_key(dataset, version)
        raise err.DataMissingError(err.worded("no-manifest", where, of=of, key=key))
    return manifest


def released_problems(committed: Manifest, fresh: Manifest, *, where: str) -> list[err.Problem]:
    """Tables whose content differs from the released one, with the columns that do."""
    problems = []
    old, new = ({**m["tables"], **m.get("frames", {})} for m in (committed, fresh))
    for name in {**old, **new}:
        released, built, place = old.get(name), new.get(name), f"{where}, table {name}"
        if released is None or built is None:
            expected = "the released tables"
            found = "a new table" if released is None else "no such table"
        elif released["content_sha256"] != built["content_sha256"]:
            columns = err.first_few(differing_columns(released, built), limit=12)
            expected = f"the {released['rows']} released rows"
            found = f"{built['rows']} rows that differ in {columns}"
        else:
            continue
        problems.append(err.worded("released-changed", place, expected=expected, found=found))
    return problems


def differing_columns(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Columns of two described tables whose content hashes differ, in declared order."""
    old, new = ({c["name"]: c["sha256"] for c in table["columns"]} for table in (one, other))
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


# Tables read back, each held to the content hash in its version's manifest


@dataclass(frozen=True)
class TaskInputs:
    """What a model may see: every entry's inputs, and the labels of training entries only.

    Of a task that only some entries take part in, no other entry is here.

    Attributes:
        entries: Inputs of all entries, indexed by id.
        structures: Crystal structures, indexed by id, or None where the dataset has none.
        train_ids: Training entries, sorted.
        test_ids: Entries to predict after training on all of ``train_ids``, sorted; none where the
            task is scored on folds.
        train_labels: Columns of ``labels`` for training entries, indexed by id.
        split: ``subset``, ``in_cif``, ``component`` of every entry, indexed by id.
        folds: Frozen folds of the training entries: ``scheme``, ``repeat``, ``fold``, ``id``.
        targets: Label columns to predict, in the order of the task.
    """

    entries: pd.DataFrame
    structures: pd.DataFrame | None
    train_ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    train_labels: pd.DataFrame
    split: pd.DataFrame
    folds: pd.DataFrame
    targets: tuple[str, ...]

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Targets, and what says which of their labels are only limits: limits and censoring."""
        beside = [*(f"{name}_limit" for name in self.targets), "censoring"]
        return (*self.targets, *(name for name in beside if name in self.train_labels))


def read_table(layout: Layout, dataset: str, version: str, name: str) -> pa.Table:
    """Read one table of a version.

    Raises:
        DataMissingError: It is not on this machine.
        DataChangedError: Its columns or content are not those of the manifest.
    """
    spec, key = get_dataset(dataset).table(name), version_key(dataset, version)
    path = layout.table(dataset, version, name)
    if layout.cache is not None and not path.is_file():
        from ionladder.data.ingest import bring

        bring(layout, dataset, version)
    _require_file(path, f"{name} of {dataset} {version}", key)
    shown, of = layout.relative(path), f"{dataset} {version}"
    recorded = require_manifest(layout, dataset, version)["tables"][name]
    table = repo.read_parquet(path, shown_as=shown)
    stamp = _stamp(path, recorded["content_sha256"])
    if stamp in _good:
        return table
    declared = {field.name: str(field.type) for field in arrow_schema(spec.columns)}
    found = {field.name: str(field.type) for field in table.schema}
    problems = []
    for column in {**declared, **found}:
        kinds = (declared.get(column, "no such column"), found.get(column, "nothing"))
        if kinds[0] != kinds[1]:
            facts = dict(zip(("expected", "found"), kinds, strict=True))
            problems.append(err.worded("table-columns", f"{shown}, column {column!r}", **facts))
    if problems:
        raise err.DataChangedError(problems)
    if repo.content_hash(table, key=list(spec.key)) != recorded["content_sha256"]:
        columns = err.first_few(differing_columns(recorded, describe_table(spec, table)), limit=12)
        facts = {"of": of, "columns": columns, "key": key}
        raise err.DataChangedError(err.worded("table-content", shown, **facts))
    _good.add(stamp)
    return table


def read_tables(
    layout: Layout, dataset: str, version: str, names: Collection[str] | None = None
) -> dict[str, pa.Table]:
    """Tables of a version by name, those it has of the names given; all of them without names."""
    known = table_paths(layout, dataset, version)
    wanted = [name for name in known if names is None or name in names]
    return {name: read_table(layout, dataset, version, name) for name in wanted}


def table_paths(layout: Layout, dataset: str, version: str) -> dict[str, Path]:
    """Name → file of every table of a version.

    Where an installed package has no pymatgen, the structures are left out unless they are here.
    """
    paths = {t.name: layout.table(dataset, version, t.name) for t in get_dataset(dataset).tables}
    can_read = layout.cache is None or repo.has_pymatgen()
    return {n: path for n, path in paths.items() if n != STRUCTURES or can_read or path.is_file()}


def require_frames(layout: Layout, dataset: str, version: str, name: str) -> Path:
    """The file of one table of frames, with the bytes that ingest wrote.

    The content was held to the manifest when it was written, and ``ionladder verify`` holds it
    again; here the bytes are held to SHA256SUMS, which is many times faster.

    Raises:
        DataMissingError: It is not on this machine.
        DataChangedError: It has other bytes.
    """
    path, key = layout.frames(dataset, version, name), version_key(dataset, version)
    _require_file(path, f"{name} of {dataset} {version}", key)
    expected = repo.read_checksums(layout, dataset, version).get(f"frames/{path.name}")
    stamp = _stamp(path, str(expected))
    if stamp not in _good and (found := repo.sha256_file(path)) != expected:
        facts = {"sha256": expected, "found": found, "key": key}
        raise err.DataChangedError(err.worded("frames-changed", layout.relative(path), **facts))
    _good.add(stamp)
    return path


def _stamp(path: Path, digest: str) -> tuple[str, int, int, str]:
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size, digest


def _require_file(path: Path, what: str, key: str) -> None:
    if not path.is_file():
        raise err.DataMissingError(err.worded("no-table", what, key=key))


def load_inputs(layout: Layout, task: Task, version: str) -> TaskInputs:
    """Read what a model of a task may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    tables = read_tables(layout, task.dataset, version)
    split_rows = split_of_task(tables["splits"], task)
    if task.entries is not None:
        taking_part = split_rows["id"].to_pylist()
        for name in tables.keys() & {"entries", STRUCTURES, "folds"}:
            tables[name] = rows_of(tables[name], taking_part)
    frames = {name: to_frame(table) for name, table in tables.items()}
    split = to_frame(split_rows).set_index("id")
    train, test = (tuple(sorted(split.index[split["subset"] == s])) for s in ("train", "test"))
    structures = frames.get(STRUCTURES)
    return TaskInputs(
        entries=frames["entries"].set_index("id"),
        structures=None if structures is None else structures.set_index("id"),
        train_ids=train,
        test_ids=() if task.scored_folds else test,
        train_labels=frames["labels"].set_index("id").loc[list(train)],
        split=split,
        folds=frames["folds"],
        targets=tuple(target.name for target in task.targets),
    )


def split_of_task(splits: pa.Table, task: Task) -> pa.Table:
    """Rows of ``splits`` that take part in a task, without the name of the split.

    Args:
        splits: The whole table of a version.
        task: Names the split, and the entries where not all of it take part.
    """
    rows = rows_with(splits, "split_name", task.split).drop_columns("split_name")
    if task.entries is None or task.entries.column is None:
        return rows
    return rows_with(rows, task.entries.column, task.entries.equals)


def rows_with(table: pa.Table, column: str, value: object) -> pa.Table:
    """The rows of a table that have a value in a column, in the order of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.equal(_plain(table[column]), pa.scalar(value)))


def rows_of(table: pa.Table, ids: Sequence[str]) -> pa.Table:
    """The rows of a table whose ``id`` is among ``ids``, in the order of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["id"], value_set=pa.array(ids, type=table["id"].type)))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A pandas frame; text of few values becomes plain text, so that ``==`` is never a surprise."""
    import pyarrow as pa

    columns = [_plain(column) for column in table.columns]
    frame: pd.DataFrame = pa.table(columns, names=table.column_names).to_pandas()
    return frame


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


# What a model that predicts arrays may see: tables, and frames without held-out labels


@dataclass(frozen=True, kw_only=True)
class ArrayInputs(TaskInputs):
    """Inputs of every entry, and the labels and true arrays of training entries only.

    Attributes:
        task: The task to predict.
        frames: Table of frames → its file and its columns.
    """

    task: Task
    frames: Mapping[str, tuple[Path, Table]]

    def blocks(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        subset: Literal["train", "test"] = "train",
    ) -> Iterator[pa.Table]:
        """Rows of a table of frames, block by block, in the order of its key.

        Args:
            table: The table.
            columns: Its columns to read; None: all that may be seen.
            subset: ``train``: rows of training entries, labels included; ``test``: rows of the
                entries to predict, keys and inputs only.

        Raises:
            BaselineError: There is no such table or column, or it is a label of held-out entries.

        Example:
            >>> for block in inputs.blocks("paths_init", subset="test"):  # doctest: +SKIP
            ...     positions = block["positions_ang"]
        """
        path, names = self._columns(table, columns, subset)
        ids = frozenset(self.train_ids if subset == "train" else self.test_ids)
        for block in read_blocks(path, list(dict.fromkeys(["id", *names]))):
            mask = [name in ids for name in block["id"].to_pylist()]
            if any(mask):
                yield (block if all(mask) else block.filter(mask)).select(names)

    def _columns(
        self, table: str, columns: Sequence[str] | None, subset: str
    ) -> tuple[Path, list[str]]:
        where = f"frames {table}"
        if table not in self.frames:
            known = err.first_few(sorted(self.frames)) or "no table of frames"
            facts = {"expected": f"one of {known}", "found": repr(table)}
            raise err.BaselineError(err.worded("model-asks", where, **facts))
        path, spec = self.frames[table]
        seen = [c.name for c in spec.columns if subset == "train" or c.role in ("key", "input")]
        refused = [name for name in columns or () if name not in seen]
        if refused:
            expected = f"columns of {subset} rows: {', '.join(seen)}"
            found = err.first_few(refused)
            raise err.BaselineError(err.worded("model-asks", where, expected=expected, found=found))
        return path, seen if columns is None else list(columns)


def load_array_inputs(layout: Layout, task: Task, version: str) -> ArrayInputs:
    """Read what a model that predicts arrays may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    frames = {
        spec.name: (require_frames(layout, task.dataset, version, spec.name), spec)
        for spec in get_dataset(task.dataset).frames
    }
    return ArrayInputs(**vars(load_inputs(layout, task, version)), task=task, frames=frames)


# Migration paths from tables of frames: one path at a time, its images stacked in their order


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenPath:
    """The path that a prediction starts from.

    Attributes:
        id: The hop.
        numbers: Atomic numbers, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, shape (3, 3), Å.
        positions_ang: Shape (n_images, n_atoms, 3), Å, images in the order of the path.
        moving_ion: Position of the moving ion in the list of atoms, from 0.
    """

    id: str
    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    positions_ang: Array
    moving_ion: int

    @property
    def n_images(self) -> int:
        return int(self.positions_ang.shape[0])

    @property
    def n_atoms(self) -> int:
        return int(self.positions_ang.shape[1])

    def rows(self) -> list[dict[str, Any]]:
        """Rows of a table of given paths, one an image."""
        cell, images = self.cell_ang.ravel(), enumerate(self.positions_ang)
        shared = {"id": self.id, "numbers": self.numbers, "moving_ion": self.moving_ion}
        return [
            {**shared, "cell_ang": cell, "image": image, "positions_ang": positions.ravel()}
            for image, positions in images
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class TruePath:
    """The path that a prediction is compared with.

    Attributes:
        id: The hop.
        positions_ang: Shape (n_images, n_atoms, 3), Å.
        energies_ev: Total energies, shape (n_images,), eV.
    """

    id: str
    positions_ang: Array
    energies_ev: Array


def read_given_paths(path: Path, ids: Collection[str] | None = None) -> Iterator[GivenPath]:
    """Paths of a table with ``id, image, numbers, cell_ang, moving_ion, positions_ang``.

    Args:
        path: The table, sorted by id and image.
        ids: Only these; None: every path.
    """
    columns = ("id", "image", "numbers", "cell_ang", "moving_ion", "positions_ang")
    for block in read_blocks(path, columns):
        yield from given_paths_of(block, ids)


def given_paths_of(block: pa.Table, ids: Collection[str] | None = None) -> Iterator[GivenPath]:
    """Paths of rows in memory: whole paths, sorted by id and image."""
    for name, rows in _hops(block, ids):
        yield GivenPath(
            id=name,
            numbers=_first_list(rows, "numbers").astype(np.uint8),
            cell_ang=_first_list(rows, "cell_ang").astype(np.float64).reshape(3, 3),
            positions_ang=_stacked(rows),
            moving_ion=int(rows["moving_ion"][0].as_py()),
        )


def read_true_paths(path: Path, ids: Collection[str] | None = None) -> Iterator[TruePath]:
    """Paths of a table with ``id, image, energy_ev, positions_ang``; arguments likewise."""
    for block in read_blocks(path, ("id", "image", "energy_ev", "positions_ang")):
        for name, rows in _hops(block, ids):
            yield TruePath(
                id=name,
                positions_ang=_stacked(rows),
                energies_ev=rows["energy_ev"].to_numpy().astype(np.float64),
            )


def _hops(block: pa.Table, ids: Collection[str] | None) -> Iterator[tuple[str, pa.Table]]:
    """Id and rows of every path of a block; a path lies in one block."""
    wanted = None if ids is None else frozenset(ids)
    names = np.array(block["id"].to_pylist(), dtype=object)
    starts = np.flatnonzero(np.append(True, names[1:] != names[:-1]))
    for start, end in zip(starts.tolist(), np.append(starts[1:], len(names)).tolist(), strict=True):
        if wanted is None or names[start] in wanted:
            yield str(names[start]), block.slice(start, end - start).combine_chunks()


def _first_list(rows: pa.Table, name: str) -> npt.NDArray[np.generic]:
    values: npt.NDArray[np.generic] = rows[name].chunk(0)[0].values.to_numpy()
    return values


def _stacked(rows: pa.Table) -> Array:
    flat = rows["positions_ang"].chunk(0).flatten().to_numpy()
    stacked: Array = flat.astype(np.float64, copy=False).reshape(rows.num_rows, -1, 3)
    return stacked
