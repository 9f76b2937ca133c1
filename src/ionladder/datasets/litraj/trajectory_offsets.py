"""The frozen offset set: training configurations on which the energy zero of a model is fitted.

Configurations are taken in the order of ``sha256("<seed>|offset|<id>")``: first so many of all,
then, for every element in alphabetical order, further ones that have it until it has enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.hashing import sha256_bytes
from ionladder.datasets.litraj.trajectory_tables import FRAMES, OFFSETS
from ionladder.datasets.streamed import StreamedTable, StreamedWriter, read_blocks

if TYPE_CHECKING:
    import pyarrow as pa

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
