"""SHA256SUMS: the bytes of a version's tables as they were written on this machine."""

from __future__ import annotations

from ionladder.core.files import write_text
from ionladder.core.hashing import sha256_file
from ionladder.core.paths import Layout


def write_checksums(layout: Layout, dataset: str, version: str) -> None:
    """Write the SHA-256 of every table and of all frames, in the format of ``sha256sum``."""
    folder = layout.version_dir(dataset, version)
    paths = [*sorted(folder.glob("*.parquet")), *sorted(folder.glob("frames/*.parquet"))]
    lines = (f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    write_text(layout.checksums(dataset, version), "".join(lines))


def read_checksums(layout: Layout, dataset: str, version: str) -> dict[str, str]:
    """File → SHA-256; empty where nothing was written, lines of another form are passed over."""
    path = layout.checksums(dataset, version)
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
