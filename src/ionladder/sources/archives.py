"""Archives read in memory, member by member, refusing whatever a data archive has no need of."""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem

_APPLE_DOUBLE = "._"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an archive may hold before it is refused.

    Attributes:
        members: Largest number of members, folders included.
        total_bytes: Largest sum of the sizes that the members declare.
    """

    members: int = 10_000
    total_bytes: int = 200_000_000


def read_tar(path: Path, *, limits: Limits | None = None) -> dict[str, bytes]:
    """Read the regular files of a (compressed) tar archive; nothing is written to disk.

    Each header is judged before its data are decompressed. Folders are passed over, and so are
    the ``._name`` companions that macOS adds.

    Returns:
        Member path → bytes, in archive order.

    Raises:
        IngestError: The archive is damaged, too large, names a file twice, or holds a member with
            an absolute path, with ``..``, or of another kind than file or folder.
    """
    limits = limits or Limits()
    contents: dict[str, bytes] = {}
    count = total = 0
    try:
        with tarfile.open(path, mode="r:*") as archive:
            for member in archive:
                count += 1
                total += max(member.size, 0)
                _refuse_excess(path.name, count, total, limits)
                _refuse_unsafe(path.name, member)
                if member.isdir() or PurePosixPath(member.name).name.startswith(_APPLE_DOUBLE):
                    continue
                if member.name in contents:
                    raise _refusal(path.name, member.name, "each file once", "a second copy")
                contents[member.name] = _read_member(path.name, archive, member)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        found = f"damaged bytes ({error})"
        raise _refusal(path.name, None, "a readable tar archive", found) from error
    return contents


def _read_member(name: str, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    data = stream.read() if stream is not None else b""
    if len(data) != member.size:
        raise _refusal(name, member.name, f"{member.size} bytes", f"only {len(data)}")
    return data


def _refuse_excess(name: str, count: int, total: int, limits: Limits) -> None:
    if count > limits.members:
        raise _refusal(name, None, f"at most {limits.members} members", "more")
    if total > limits.total_bytes:
        expected = f"at most {limits.total_bytes} bytes unpacked"
        raise _refusal(name, None, expected, f"at least {total}")


def _refuse_unsafe(name: str, member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name:
        raise _refusal(name, member.name, "a path inside the archive", "a path that leaves it")
    if member.issym() or member.islnk():
        raise _refusal(name, member.name, "a regular file", f"a link to {member.linkname!r}")
    if not (member.isreg() or member.isdir()):
        raise _refusal(name, member.name, "a regular file", "a device or another special member")


def _refusal(name: str, member: str | None, expected: str, found: str) -> IngestError:
    where = name if member is None else f"{name}, member {member!r}"
    return IngestError(
        Problem(
            where=where,
            expected=expected,
            found=found,
            next_step="Do not unpack it by hand; compare the archive with its upstream copy.",
        )
    )
