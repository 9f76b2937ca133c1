"""A LiTraj archive of structures with labels, as read: the index, and frames part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ionladder.datasets.litraj.columns import PARTS
from ionladder.datasets.litraj.index import Index, read_index
from ionladder.datasets.litraj.members import find_members
from ionladder.datasets.litraj.parts import Head, Part, read_heads, read_part
from ionladder.datasets.litraj.progress import progress
from ionladder.sources.zips import ZipMembers
from ionladder.specs.params import DatasetVersion


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
