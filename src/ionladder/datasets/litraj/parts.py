"""Structures of one file of an archive, as parquet that a killed run finds again.

What a frame says of itself is kept as text, so that checks can judge it, with the frames of all
files, and name everything that is wrong at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ionladder.datasets.litraj.composition import Composition, composition_of
from ionladder.datasets.litraj.progress import Tick
from ionladder.datasets.streamed import read_blocks
from ionladder.sources.extxyz import Frame, iter_frames
from ionladder.sources.zips import ZipMembers

if TYPE_CHECKING:
    import pyarrow as pa

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
