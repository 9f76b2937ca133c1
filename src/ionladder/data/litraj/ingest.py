"""The ingest of every dataset of LiTraj, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ionladder.config import DatasetVersion
from ionladder.data.litraj.labelled import build_bvel13k, build_nebbvse122k
from ionladder.data.litraj.paths import build_paths
from ionladder.data.litraj.trajectories import build_trajectories
from ionladder.data.registry import get_dataset
from ionladder.data.store import BuiltVersion

_BUILDERS: Mapping[str, Callable[..., BuiltVersion]] = {
    "bvel13k": build_bvel13k,
    "nebbvse122k": build_nebbvse122k,
    "nebdft2k": build_paths,
    "mplitrj": partial(build_trajectories, stem="MPLiTrj"),
    "mplitrj_subsample": partial(build_trajectories, stem="MPLiTrj_subsample"),
}


#: Those whose frames are read in blocks, by several processes or machines.
IN_BLOCKS = ("mplitrj", "mplitrj_subsample")


def build(raw: Path, pinned: DatasetVersion, work: Path, **shared: Any) -> BuiltVersion:
    """Read, check and tabulate an archive.

    Args:
        raw: Folder with the archive.
        pinned: The version.
        work: Empty folder for tables of frames.
        shared: For those in blocks, ``map_jobs`` and ``keep`` of
            :func:`ionladder.data.ingest.ingest_version`.

    Raises:
        IngestError: The archive is unsafe, damaged or malformed, or a check on its content fails.
    """
    return _BUILDERS[pinned.dataset](raw, pinned, work, get_dataset(pinned.dataset), **shared)
