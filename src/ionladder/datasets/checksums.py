"""SHA256SUMS: the bytes of a version's tables as they were written on this machine."""

from __future__ import annotations

from ionladder.core.files import write_text
from ionladder.core.hashing import sha256_file
from ionladder.core.paths import Layout


def write_checksums(layout: Layout, dataset: str, version: str) -> None:
    """Write the SHA-256 of every table of a version, in the format of ``sha256sum``."""
    paths = sorted(layout.version_dir(dataset, version).glob("*.parquet"))
    lines = (f"{sha256_file(path)}  {path.name}\n" for path in paths)
    write_text(layout.checksums(dataset, version), "".join(lines))
