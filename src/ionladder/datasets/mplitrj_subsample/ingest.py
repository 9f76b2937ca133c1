"""From ``MPLiTrj_subsample.zip`` to the tables and frames of MPLiTrj, subsample."""

from __future__ import annotations

from pathlib import Path

from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.litraj.trajectories import build_trajectories
from ionladder.datasets.mplitrj_subsample.spec import DATASET, STEM
from ionladder.specs.params import DatasetVersion


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Build the version; see :func:`ionladder.datasets.litraj.trajectories.build_trajectories`.

    Raises:
        IngestError: A member is missing or malformed, or a check fails.
    """
    return build_trajectories(raw, pinned, work, dataset=DATASET, stem=STEM)
