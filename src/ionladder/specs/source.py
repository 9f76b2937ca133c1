"""Where a dataset version comes from: pinned addresses and the hashes their bytes must have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Pinned upstream files of one dataset version.

    Attributes:
        dataset: Dataset name (``obelix``).
        version: Dataset version (``1.2.0``).
        tag: Upstream tag; also the folder name inside a mirror.
        commit: Upstream commit the base URL points at.
        base_url: Address of the folder that holds the files.
        files: File name → SHA-256 of its bytes; None where the first fetch has yet to pin it.
    """

    dataset: str
    version: str
    tag: str
    commit: str
    base_url: str
    files: Mapping[str, str | None]

    def __post_init__(self) -> None:
        for name, digest in self.files.items():
            if "/" in name or name.startswith("."):
                msg = f"source file {name!r} must be a plain file name"
                raise ValueError(msg)
            if digest is not None and not _SHA256.match(digest):
                msg = f"source file {name!r} needs a SHA-256 (64 hexadecimal digits): {digest!r}"
                raise ValueError(msg)

    @property
    def is_pinned(self) -> bool:
        """Whether the bytes of every file are known."""
        return None not in self.files.values()

    def url(self, name: str) -> str:
        """Upstream address of one file."""
        return f"{self.base_url.rstrip('/')}/{name}"

    def mirror_path(self, name: str) -> str:
        """Path of one file inside a mirror: ``<dataset>/<tag>/<file>``."""
        return f"{self.dataset}/{self.tag}/{name}"
