"""The tables of a dataset version: loading, schemas, manifests, frames."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from ionladder.config import DatasetVersion
from ionladder.data.registry import get_dataset
from ionladder.errors import BaselineError, DataChangedError, DataMissingError, Problem, first_few
from ionladder.repo import (
    Layout,
    column_hashes,
    content_hash,
    read_checksums,
    read_json,
    read_parquet,
    sha256_bytes,
    sha256_file,
)
from ionladder.specs import Array, Column, Dataset, Table, Task, arrow_schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


# Tables too large to hold: written block by block, hashed on the way, and hashed again


_TEXTS = ("string", "category")
_WIDE = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "u1"}


@dataclass(frozen=True, kw_only=True)
class StreamedTable:
    """A table that was written block by block.

    Attributes:
        path: Where it lies.
        rows: Rows written.
        column_sha256: Column name → hash of its content, whatever the blocks were.
    """

    path: Path
    rows: int
    column_sha256: Mapping[str, str]

    @property
    def content_sha256(self) -> str:
        """Hash of the column names and column hashes."""
        lines = [f"{name}={digest}" for name, digest in sorted(self.column_sha256.items())]
        return sha256_bytes("\n".join(lines).encode("utf-8"))


class StreamedWriter:
    """Writes one table block by block; nothing but the present block is held.

    Rows must come in strictly ascending order of the key. Each block becomes a row group.

    Args:
        path: The file; made anew.
        spec: Its columns.
        metadata: File metadata (dataset, version, …).

    Example:
        >>> with StreamedWriter(path, spec, {}) as writer:  # doctest: +SKIP
        ...     for block in blocks:
        ...         writer.write(block)
        >>> writer.table.rows  # doctest: +SKIP
        929066
    """

    def __init__(self, path: Path, spec: Table, metadata: Mapping[str, str]) -> None:
        import pyarrow.parquet as pq

        self._spec = spec
        self._schema = arrow_schema(spec.columns)
        self._digest = ContentDigest(spec)
        self._path = path
        self._last: tuple[object, ...] | None = None
        schema = self._schema.with_metadata(dict(sorted(metadata.items())))
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", **_encodings(spec))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, block: pa.Table) -> None:
        """Write some rows.

        Raises:
            ValueError: Keys do not ascend, or the columns are not those of the table.
        """
        if not block.num_rows:
            return
        block = block.select([column.name for column in self._spec.columns]).cast(self._schema)
        self._require_order(block)
        self._digest.update(block)
        self._writer.write_table(block, row_group_size=block.num_rows)

    @property
    def table(self) -> StreamedTable:
        """What has been written so far."""
        return StreamedTable(
            path=self._path, rows=self._digest.rows, column_sha256=self._digest.columns()
        )

    def _require_order(self, block: pa.Table) -> None:
        keys = list(zip(*(block[name].to_pylist() for name in self._spec.key), strict=True))
        before = [self._last, *keys[:-1]] if self._last is not None else keys[:-1]
        after = keys if self._last is not None else keys[1:]
        for one, other in zip(before, after, strict=True):
            if not one < other:
                msg = f"{self._spec.name}: key {other} does not follow {one}"
                raise ValueError(msg)
        self._last = keys[-1]


def _encodings(spec: Table) -> dict[str, Any]:
    """How columns are packed: texts by dictionary, numbers of continuous quantities by byte.

    Measured figures repeat so seldom that a dictionary of them is larger than they are; their bytes
    of equal rank are alike, and pack well side by side.
    """
    texts = [column.name for column in spec.columns if column.type in _TEXTS]
    real = {
        f"{column.name}.list.element" if column.type.startswith("list") else column.name
        for column in spec.columns
        if "float" in column.type
    }
    return {
        "use_dictionary": texts or False,
        "column_encoding": dict.fromkeys(sorted(real), "BYTE_STREAM_SPLIT"),
    }


class ContentDigest:
    """The content hash of a table seen block by block, independent of where blocks end.

    Every column is hashed by names, validity, lengths of lists and values, numbers as 64-bit.
    """

    def __init__(self, spec: Table) -> None:
        self._parts = {column.name: _ColumnDigest(column) for column in spec.columns}
        self.rows = 0

    def update(self, block: pa.Table) -> None:
        """Feed the next rows."""
        self.rows += block.num_rows
        for name, part in self._parts.items():
            for chunk in block[name].chunks:
                part.update(chunk)

    def columns(self) -> dict[str, str]:
        """Column name → 64 hexadecimal digits."""
        return {name: part.hexdigest(self.rows) for name, part in self._parts.items()}


class _ColumnDigest:
    def __init__(self, column: Column) -> None:
        self._name = column.name
        self._valid, self._lengths, self._values = (hashlib.sha256() for _ in range(3))

    def update(self, array: pa.Array) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        self._valid.update(np.asarray(array.is_valid()).astype(np.uint8).tobytes())
        if pa.types.is_list(array.type):
            lengths = pc.fill_null(pc.list_value_length(array), 0)
            self._lengths.update(np.asarray(lengths).astype("<i8").tobytes())
            array = array.flatten()
        self._values.update(_canonical(array, self._lengths))

    def hexdigest(self, rows: int) -> str:
        parts = (self._valid, self._lengths, self._values)
        text = "\n".join([self._name, str(rows), *(part.hexdigest() for part in parts)])
        return sha256_bytes(text.encode("utf-8"))


def _canonical(array: pa.Array, lengths: hashlib._Hash) -> bytes | memoryview:
    """Values in a form that does not depend on their width; lengths of texts go to ``lengths``."""
    import pyarrow as pa

    if pa.types.is_string(array.type):
        encoded = [(text or "").encode("utf-8") for text in array.to_pylist()]
        lengths.update(np.array([len(text) for text in encoded], dtype="<i8").tobytes())
        return b"".join(encoded)
    nothing = False if pa.types.is_boolean(array.type) else 0
    values = array.fill_null(nothing).to_numpy(zero_copy_only=False)
    wide = values.astype(_WIDE[values.dtype.kind])  # a copy, free to change
    if wide.dtype.kind == "f":
        wide += 0.0  # -0 counts as 0
        unknown = np.isnan(wide)
        if unknown.any():
            wide[unknown] = np.nan
    data: memoryview = wide.data
    return data


def digest_blocks(spec: Table, path: Path, blocks: Iterable[pa.Table]) -> StreamedTable:
    """The content of a table that is read block by block."""
    digest = ContentDigest(spec)
    for block in blocks:
        digest.update(block)
    return StreamedTable(path=path, rows=digest.rows, column_sha256=digest.columns())


def read_blocks(path: Path, columns: Iterable[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a parquet file, one after the other, on one thread."""
    import pyarrow.parquet as pq

    names = None if columns is None else list(columns)
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=names, use_threads=False)


# What an ingest hands over: tables in memory, the checks they passed, and a summary


@dataclass(frozen=True, kw_only=True)
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


# ``manifest.json``: what a released version is, by content, with no date and no path in it


Manifest = dict[str, Any]

_RELEASED = (
    "A released version is immutable. Install the packages of requirements.lock and try again; "
    "bytes that changed upstream get a new version in params.yaml; and if IonLadder's own reading "
    "of them changed on purpose, delete this manifest, ingest again, and say so in CHANGELOG.md"
)


def make_manifest(dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion) -> Manifest:
    """Describe a built version; equal tables give equal text."""
    source = pinned.source
    met = {pair for check in built.checks for pair in check.excused}
    return {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source": {
            "tag": source.tag,
            "commit": source.commit,
            "base_url": source.base_url,
            "files": dict(sorted(source.files.items())),
        },
        "licence": dataset.licence,
        "licence_url": dataset.licence_url,
        "citation": dataset.citation,
        "tables": {
            spec.name: describe_table(spec, built.tables[spec.name]) for spec in dataset.tables
        },
        **_frames(dataset, built),
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


def _frames(dataset: Dataset, built: BuiltVersion) -> dict[str, Any]:
    """The key ``frames``, where a dataset has any."""
    described = {
        spec.name: describe_frames(spec, built.frames[spec.name]) for spec in dataset.frames
    }
    return {"frames": described} if described else {}


def describe_frames(spec: Table, written: StreamedTable) -> dict[str, Any]:
    """The same as :func:`describe_table` for frames, whose hash is taken block by block."""
    return {
        "rows": written.rows,
        "key": list(spec.key),
        "content_sha256": written.content_sha256,
        "columns": _columns(spec, written.column_sha256),
    }


def describe_table(spec: Table, table: pa.Table) -> dict[str, Any]:
    """Rows, key, content hash and columns (each with its own hash) of one table."""
    hashes = column_hashes(table, key=list(spec.key))
    return {
        "rows": table.num_rows,
        "key": list(spec.key),
        "content_sha256": content_hash(table, key=list(spec.key)),
        "columns": _columns(spec, hashes),
    }


def _columns(spec: Table, hashes: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "description": column.description,
            "nullable": column.nullable,
            "role": column.role,
            "sha256": hashes[column.name],
        }
        for column in spec.columns
    ]


def read_manifest(layout: Layout, dataset: str, version: str) -> Manifest | None:
    """The committed manifest of a version, or None where there is none.

    Raises:
        DataChangedError: The file is there and is not JSON.
    """
    path = layout.manifest(dataset, version)
    if not path.is_file():
        return None
    try:
        manifest: Manifest = read_json(path)
    except ValueError as error:
        raise DataChangedError(
            Problem(
                where=layout.relative(path),
                expected="a manifest in JSON",
                found=f"damaged text ({error})",
                next_step=f"Restore it: `git checkout {layout.relative(path)}`.",
            )
        ) from error
    return manifest


def require_manifest(layout: Layout, dataset: str, version: str) -> Manifest:
    """The committed manifest of a version.

    Raises:
        DataMissingError: There is none.
        DataChangedError: It is damaged.
    """
    manifest = read_manifest(layout, dataset, version)
    if manifest is None:
        raise DataMissingError(
            Problem(
                where=layout.relative(layout.manifest(dataset, version)),
                expected=f"the manifest of {dataset} {version}",
                found="no such file",
                next_step=f"Run `ionladder ingest {version_key(dataset, version)}`.",
            )
        )
    return manifest


def version_key(dataset: str, version: str) -> str:
    """The key of a version in ``params.yaml`` and on the command line.

    Example:
        >>> version_key("obelix", "1.2.0")
        'obelix-1-2-0'
    """
    return f"{dataset}-{version}".replace(".", "-").replace("_", "-")


def released_problems(committed: Manifest, fresh: Manifest, *, where: str) -> list[Problem]:
    """Tables whose content differs from the released one, with the columns that do."""
    problems = []
    old, new = ({**m["tables"], **m.get("frames", {})} for m in (committed, fresh))
    for name in [*old, *(name for name in new if name not in old)]:
        released, built = old.get(name), new.get(name)
        if released is None or built is None:
            found = "a new table" if released is None else "no such table"
            problems.append(_released_problem(where, name, "the released tables", found))
        elif released["content_sha256"] != built["content_sha256"]:
            columns = differing_columns(released, built)
            found = f"{built['rows']} rows that differ in {first_few(columns, limit=12)}"
            expected = f"the {released['rows']} released rows"
            problems.append(_released_problem(where, name, expected, found))
    return problems


def differing_columns(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Columns of two described tables whose content hashes differ, in declared order."""
    hashes = [{c["name"]: c["sha256"] for c in table["columns"]} for table in (one, other)]
    names = [*hashes[0], *(name for name in hashes[1] if name not in hashes[0])]
    return [name for name in names if hashes[0].get(name) != hashes[1].get(name)]


def _released_problem(where: str, table: str, expected: str, found: str) -> Problem:
    return Problem(
        where=f"{where}, table {table}", expected=expected, found=found, next_step=f"{_RELEASED}."
    )


# Tables made from rows and held to their declared columns


def table_from_rows(spec: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make a table with exactly the declared columns, sorted by its key.

    Raises:
        ValueError: A row lacks a column, or a column that allows no missing value has one.
    """
    import pyarrow as pa

    schema = arrow_schema(spec.columns)
    arrays = []
    for column in spec.columns:
        values = [row[column.name] for row in rows]
        if not column.nullable and None in values:
            msg = f"{spec.name}.{column.name} must not have missing values"
            raise ValueError(msg)
        arrays.append(pa.array(values, type=schema.field(column.name).type))
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in spec.key])


def table_from_columns(spec: Table, columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """The same from whole columns, for tables of many rows.

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
            msg = f"{spec.name}.{column.name} must not have missing values"
            raise ValueError(msg)
        arrays.append(array)
    table = pa.Table.from_arrays(arrays, schema=schema)
    return table.sort_by([(name, "ascending") for name in spec.key])


def schema_problems(spec: Table, table: pa.Table, *, where: str) -> list[Problem]:
    """How a table's columns differ from the declared ones: missing, unknown or of another type."""
    expected = {field.name: str(field.type) for field in arrow_schema(spec.columns)}
    found = {field.name: str(field.type) for field in table.schema}
    return [
        Problem(
            where=f"{where}, column {name!r}",
            expected=expected.get(name, "no such column"),
            found=found.get(name, "nothing"),
            next_step="Run `ionladder ingest` for this version again.",
        )
        for name in [*expected, *(name for name in found if name not in expected)]
        if expected.get(name) != found.get(name)
    ]


def require_schema(spec: Table, table: pa.Table, *, where: str) -> None:
    """Hold a table that was read from disk to its declared columns.

    Raises:
        DataChangedError: They differ.
    """
    problems = schema_problems(spec, table, where=where)
    if problems:
        raise DataChangedError(problems)


# Tables read back, each held to the content hash in its version's manifest


STRUCTURES = "structures"


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


def read_table(layout: Layout, dataset: str, version: str, name: str) -> pa.Table:
    """Read one table of a version.

    Raises:
        DataMissingError: It is not on this machine.
        DataChangedError: Its columns or content are not those of the manifest.
    """
    spec = get_dataset(dataset).table(name)
    path = layout.table(dataset, version, name)
    if not path.is_file():
        raise DataMissingError(_missing(dataset, version, name))
    manifest = require_manifest(layout, dataset, version)
    table = read_parquet(path, shown_as=layout.relative(path))
    require_schema(spec, table, where=layout.relative(path))
    _require_content(spec, table, manifest, where=layout.relative(path))
    return table


def load_inputs(layout: Layout, task: Task, version: str) -> TaskInputs:
    """Read what a model of a task may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    dataset = get_dataset(task.dataset)
    names = [table.name for table in dataset.tables]
    tables = {name: read_table(layout, dataset.name, version, name) for name in names}
    split_rows = split_of_task(tables["splits"], task)
    if task.entries is not None:
        taking_part = split_rows["id"].to_pylist()
        for name in ("entries", STRUCTURES, "folds"):
            if name in tables:
                tables[name] = rows_of(tables[name], taking_part)
    frames = {name: to_frame(table) for name, table in tables.items()}
    split = to_frame(split_rows).set_index("id")
    train = tuple(sorted(split.index[split["subset"] == "train"]))
    test = tuple(sorted(split.index[split["subset"] == "test"]))
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

    values = table[column]
    plain = values.cast(pa.string()) if pa.types.is_dictionary(values.type) else values
    return table.filter(pc.equal(plain, pa.scalar(value)))


def rows_of(table: pa.Table, ids: Sequence[str]) -> pa.Table:
    """The rows of a table whose ``id`` is among ``ids``, in the order of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["id"], value_set=pa.array(ids, type=table["id"].type)))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """A pandas frame; text of few values becomes plain text, so that ``==`` is never a surprise."""
    import pyarrow as pa

    columns = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    frame: pd.DataFrame = pa.table(columns, names=table.column_names).to_pandas()
    return frame


def _require_content(spec: Table, table: pa.Table, manifest: Manifest, *, where: str) -> None:
    recorded = manifest["tables"][spec.name]
    if content_hash(table, key=list(spec.key)) == recorded["content_sha256"]:
        return
    columns = differing_columns(recorded, describe_table(spec, table))
    dataset, version = manifest["dataset"], manifest["version"]
    raise DataChangedError(
        Problem(
            where=where,
            expected=f"the content recorded in the manifest of {dataset} {version}",
            found=f"other values in {first_few(columns, limit=12)}",
            next_step=f"Run `ionladder ingest {version_key(dataset, version)}` to rebuild it.",
        )
    )


def _missing(dataset: str, version: str, name: str) -> Problem:
    key = version_key(dataset, version)
    return Problem(
        where=f"{name} of {dataset} {version}",
        expected="the table on this machine",
        found="none (it is never in git)",
        next_step=f"Run `ionladder fetch {key}` and `ionladder ingest {key}`.",
    )


# Frames of a version on this machine: found, held to their checksum, and never loaded whole


SMALLEST_FORCE_EV_PER_ANG = 1e-3
"""A true force below this has no direction worth comparing: it is far below any model's error."""


def require_frames(layout: Layout, dataset: str, version: str, name: str) -> Path:
    """The file of one table of frames, with the bytes that ingest wrote.

    The content was held to the manifest when it was written, and ``ionladder verify`` holds it
    again; here the bytes are held to SHA256SUMS, which is many times faster.

    Raises:
        DataMissingError: It is not on this machine.
        DataChangedError: It has other bytes.
    """
    path = layout.frames(dataset, version, name)
    key = version_key(dataset, version)
    if not path.is_file():
        raise DataMissingError(
            Problem(
                where=f"{name} of {dataset} {version}",
                expected="the frames on this machine",
                found="none (they are never in git)",
                next_step=f"Run `ionladder fetch {key}` and `ionladder ingest {key}`.",
            )
        )
    expected = read_checksums(layout, dataset, version).get(f"frames/{path.name}")
    found = sha256_file(path)
    if found != expected:
        raise DataChangedError(
            Problem(
                where=layout.relative(path),
                expected=f"SHA-256 {expected}, as SHA256SUMS says",
                found=found,
                next_step=f"Run `ionladder ingest {key}` to rebuild it.",
            )
        )
    return path


# What a model that predicts arrays may see: tables, and frames without held-out labels


_GIVEN = ("key", "input")


@dataclass(frozen=True, kw_only=True)
class ArrayInputs:
    """Inputs of every entry, and the labels and true arrays of training entries only.

    Attributes:
        task: The task to predict.
        tables: What models that predict numbers see of the same version.
        frames: Table of frames → its file and its columns.
    """

    task: Task
    tables: TaskInputs
    frames: Mapping[str, tuple[Path, Table]]

    @property
    def entries(self) -> pd.DataFrame:
        """Inputs of all entries, indexed by id."""
        return self.tables.entries

    @property
    def split(self) -> pd.DataFrame:
        """``subset`` and what else the split knows of every entry, indexed by id."""
        return self.tables.split

    @property
    def train_ids(self) -> tuple[str, ...]:
        return self.tables.train_ids

    @property
    def test_ids(self) -> tuple[str, ...]:
        return self.tables.test_ids

    @property
    def train_labels(self) -> pd.DataFrame:
        """Columns of ``labels`` for training entries, indexed by id."""
        return self.tables.train_labels

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
        read = list(dict.fromkeys(["id", *names]))
        for block in read_blocks(path, read):
            mask = [name in ids for name in block["id"].to_pylist()]
            if any(mask):
                chosen = block if all(mask) else block.filter(mask)
                yield chosen.select(names)

    def _columns(
        self, table: str, columns: Sequence[str] | None, subset: str
    ) -> tuple[Path, list[str]]:
        if table not in self.frames:
            known = first_few(sorted(self.frames)) or "no table of frames"
            raise BaselineError(_problem(table, f"one of {known}", repr(table)))
        path, spec = self.frames[table]
        seen = [c.name for c in spec.columns if subset == "train" or c.role in _GIVEN]
        refused = [name for name in columns or () if name not in seen]
        if refused:
            raise BaselineError(
                _problem(table, f"columns of {subset} rows: {', '.join(seen)}", first_few(refused))
            )
        return path, seen if columns is None else list(columns)


def load_array_inputs(layout: Layout, task: Task, version: str) -> ArrayInputs:
    """Read what a model of a task may see.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    dataset = get_dataset(task.dataset)
    frames = {
        spec.name: (require_frames(layout, dataset.name, version, spec.name), spec)
        for spec in dataset.frames
    }
    return ArrayInputs(task=task, tables=load_inputs(layout, task, version), frames=frames)


def _problem(table: str, expected: str, found: str) -> Problem:
    return Problem(
        where=f"frames {table}",
        expected=expected,
        found=found,
        next_step="Mend the model: what is held out is never read.",
    )


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
    """The same, of rows in memory: whole paths, sorted by id and image."""
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
    ends = np.append(starts[1:], len(names))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if wanted is None or names[start] in wanted:
            yield str(names[start]), block.slice(start, end - start).combine_chunks()


def _first_list(rows: pa.Table, name: str) -> npt.NDArray[np.generic]:
    values: npt.NDArray[np.generic] = rows[name].chunk(0)[0].values.to_numpy()
    return values


def _stacked(rows: pa.Table) -> Array:
    flat = rows["positions_ang"].chunk(0).flatten().to_numpy()
    stacked: Array = flat.astype(np.float64, copy=False).reshape(rows.num_rows, -1, 3)
    return stacked
