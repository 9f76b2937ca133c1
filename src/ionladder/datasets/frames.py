"""Frames of a version on this machine: found, held to their checksum, and never loaded whole."""

from __future__ import annotations

from pathlib import Path

from ionladder.core.errors import DataChangedError, DataMissingError
from ionladder.core.hashing import sha256_file
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.checksums import read_checksums
from ionladder.datasets.manifest import version_key

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
