"""The fetched files of a version, held to their pins."""

from __future__ import annotations

from ionladder.core.errors import DataChangedError, DataMissingError
from ionladder.core.hashing import sha256_file
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.specs.params import DatasetVersion


def missing_raw(layout: Layout, pinned: DatasetVersion) -> list[str]:
    """Names of the pinned files that are not on this machine."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [name for name in pinned.source.files if not (folder / name).is_file()]


def changed_raw(layout: Layout, pinned: DatasetVersion) -> list[Problem]:
    """Files that are here with other bytes than pinned."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [
        Problem(
            where=layout.relative(folder / name),
            expected=f"SHA-256 {digest}",
            found=actual,
            next_step=f"Run `ionladder fetch {pinned.key}` to replace it with the pinned bytes.",
        )
        for name, digest in pinned.source.files.items()
        if (folder / name).is_file() and (actual := sha256_file(folder / name)) != digest
    ]


def require_raw(layout: Layout, pinned: DatasetVersion) -> None:
    """Make sure that every pinned file is here, with the pinned bytes.

    Raises:
        DataMissingError: Some are not here.
        DataChangedError: Some have other bytes.
    """
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    missing = missing_raw(layout, pinned)
    if missing:
        raise DataMissingError(
            [
                Problem(
                    where=layout.relative(folder / name),
                    expected=f"a file of {pinned.dataset} {pinned.version}",
                    found="no such file",
                    next_step=f"Run `ionladder fetch {pinned.key}` first.",
                )
                for name in missing
            ]
        )
    changed = changed_raw(layout, pinned)
    if changed:
        raise DataChangedError(changed)
