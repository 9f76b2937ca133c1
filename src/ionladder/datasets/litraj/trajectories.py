"""From the archive of MPLiTrj, or of its subsample, to tables and frames, with every check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.checks import run_checks
from ionladder.datasets.litraj.columns import PARTS
from ionladder.datasets.litraj.overlap import material_overlap
from ionladder.datasets.litraj.progress import progress
from ionladder.datasets.litraj.trajectory_checks import CHECKS, ReadParts, repeated, summarise
from ionladder.datasets.litraj.trajectory_offsets import draw_offset_set, write_offset_set
from ionladder.datasets.litraj.trajectory_parts import Part, read_part
from ionladder.datasets.litraj.trajectory_tables import OFFSETS, frames_name
from ionladder.datasets.litraj.trajectory_versions import build_tables
from ionladder.sources.zips import ZipMembers

if TYPE_CHECKING:
    from ionladder.specs.dataset import Dataset
    from ionladder.specs.params import DatasetVersion


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
