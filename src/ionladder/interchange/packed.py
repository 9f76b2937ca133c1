"""Compressed files of strangers, unpacked in memory within limits that are known beforehand.

A zip holds exactly one file with a plain name; a gzip stream ends where its limit is reached.
Nothing is written to disk, and what an archive says about its own size is never believed.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from pathlib import Path

from ionladder.core.errors import InterchangeError
from ionladder.core.problems import Problem, first_few

MAX_PACKED_BYTES = 20_000_000
MAX_TEXT_BYTES = 64_000_000
MAX_RATIO = 200
ZIP_MAGIC, GZIP_MAGIC, PARQUET_MAGIC = b"PK\x03\x04", b"\x1f\x8b", b"PAR1"

# Tables of numbers compress three- to thirtyfold; below this size a ratio says nothing.
_SMALL_BYTES = 1_000_000
_CENTRAL_HEADER = b"PK\x01\x02"
# More headers than this are not read at all: each would cost a thousand bytes of memory.
_MAX_HEADERS = 64
_IS_ENCRYPTED = 0x1
_AGAIN_STEP = "Make the archive again from the one file that it should hold."


def read_file(path: Path, *, shown_as: str) -> bytes:
    """Bytes of a regular file of at most ``MAX_PACKED_BYTES``; a link is not followed.

    Raises:
        InterchangeError: It is not there, not a regular file, empty, or too large.
    """
    if path.is_symlink() or not path.is_file():
        found = "a link" if path.is_symlink() else "no such file"
        raise refusal(shown_as, "a regular file", found, "Name the file itself.")
    size = path.stat().st_size
    if size == 0:
        raise refusal(shown_as, "predictions", "an empty file", "Export or download it again.")
    if size > MAX_PACKED_BYTES:
        step = "Keep only the predictions of this task."
        raise refusal(shown_as, f"at most {_mb(MAX_PACKED_BYTES)}", _mb(size), step)
    return path.read_bytes()


def unzip(data: bytes, *, suffix: str, shown_as: str) -> tuple[str, bytes]:
    """The one file of a zip archive.

    Args:
        data: The archive.
        suffix: How the name of its file ends (``.csv``).
        shown_as: Name of the archive for messages.

    Returns:
        Name and bytes of the file.

    Raises:
        InterchangeError: It holds none or several files, a folder, a link or a name with a path; is
            encrypted, damaged or cut off; or unpacks to more than the limits allow.
    """
    headers = data.count(_CENTRAL_HEADER)
    if headers > _MAX_HEADERS:
        raise refusal(shown_as, f"one {suffix} file", f"about {headers} files", _AGAIN_STEP)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_member(archive.infolist(), suffix, shown_as)
            limit = _limit(len(data))
            if member.file_size > limit:
                raise _too_large(shown_as, limit)
            with archive.open(member) as stream:
                content = stream.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
        raise refusal(
            shown_as, "a readable zip archive", f"damaged bytes ({error})", "Download it again."
        ) from error
    if len(content) > limit:
        raise _too_large(shown_as, limit)
    return member.filename, content


def gunzip(data: bytes, *, shown_as: str) -> bytes:
    """A gzip stream, unpacked piece by piece until it ends or the limit is reached.

    Raises:
        InterchangeError: It is damaged, cut off, followed by other bytes, or unpacks to more than
            the limits allow.
    """
    limit = _limit(len(data))
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        found = f"damaged bytes ({error})"
        raise refusal(shown_as, "a readable gzip file", found, "Download it again.") from error
    if len(content) > limit:
        raise _too_large(shown_as, limit)
    if not unpacker.eof:
        raise refusal(shown_as, "a whole gzip file", "one that is cut off", "Download it again.")
    if unpacker.unused_data.strip(b"\0"):
        found = f"{len(unpacker.unused_data)} bytes behind it"
        raise refusal(shown_as, "one gzip stream", found, "Compress the file once, on its own.")
    return content


def refusal(where: str, expected: str, found: str, next_step: str) -> InterchangeError:
    """The letter of a file that cannot be read as asked."""
    return InterchangeError(
        Problem(where=where, expected=expected, found=found, next_step=next_step)
    )


def _only_member(members: list[zipfile.ZipInfo], suffix: str, shown_as: str) -> zipfile.ZipInfo:
    if len(members) != 1:
        names = first_few(repr(member.filename) for member in members)
        found = f"{len(members)} ({names})" if members else "an empty archive"
        raise refusal(shown_as, f"exactly one {suffix} file", found, _AGAIN_STEP)
    member = members[0]
    name = member.filename
    # orig_filename still holds what stands behind a NUL, where zipfile cuts the name.
    is_plain = name == member.orig_filename and not set(name) & set("/\\:\0") and name != ".."
    mode = member.external_attr >> 16
    if not is_plain or member.is_dir() or (stat.S_IFMT(mode) not in {0, stat.S_IFREG}):
        found = f"the member {member.orig_filename!r}"
        expected = "a regular file with a plain name, without folders"
        raise refusal(shown_as, expected, found, _AGAIN_STEP)
    if not name.lower().endswith(suffix):
        raise refusal(shown_as, f"one {suffix} file", f"the member {name!r}", _AGAIN_STEP)
    if member.flag_bits & _IS_ENCRYPTED:
        raise refusal(shown_as, "a file without a password", "an encrypted one", _AGAIN_STEP)
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        found = f"method {member.compress_type}"
        raise refusal(shown_as, "a stored or deflated file", found, _AGAIN_STEP)
    return member


def _limit(packed_bytes: int) -> int:
    """Largest size to unpack to: absolute, and in proportion to what there is."""
    return min(MAX_TEXT_BYTES, max(_SMALL_BYTES, MAX_RATIO * packed_bytes))


def _too_large(shown_as: str, limit: int) -> InterchangeError:
    return refusal(
        shown_as,
        f"at most {_mb(limit)} when unpacked ({MAX_RATIO} times its size, {_mb(MAX_TEXT_BYTES)})",
        "more",
        "Keep only the predictions of this task.",
    )


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"
