"""One part of MPLiTrj: streamed from the zip into a table of frames, and found again after a kill.

A part is finished when its marker is written, after its frames and its entries. The marker names
the member by size and CRC and the format of what was written, so a later run takes a part as it is
only if both are the same; anything else is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.files import replacing, write_text
from ionladder.core.hashing import sha256_file
from ionladder.core.tables import read_parquet
from ionladder.datasets.litraj.progress import Tick
from ionladder.datasets.litraj.trajectory_rows import entry_table, frame_table, read_row
from ionladder.datasets.litraj.trajectory_tables import FRAMES, frames_name
from ionladder.datasets.streamed import StreamedTable, StreamedWriter
from ionladder.sources.extxyz import iter_frames

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.datasets.litraj.trajectory_rows import Row
    from ionladder.sources.zips import ZipMembers

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
