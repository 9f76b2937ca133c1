"""From ``MPLiTrj_subsample.zip`` to the tables and frames of MPLiTrj, subsample."""

from __future__ import annotations

from pathlib import Path

from ionladder.config import DatasetVersion
from ionladder.data.litraj.trajectories import build_trajectories
from ionladder.data.mplitrj_subsample.spec import DATASET, STEM
from ionladder.data.store import BuiltVersion


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Build the version; see :func:`ionladder.data.litraj.trajectories.build_trajectories`.

    Raises:
        IngestError: A member is missing or malformed, or a check fails.
    """
    return build_trajectories(raw, pinned, work, dataset=DATASET, stem=STEM)
