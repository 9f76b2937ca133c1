"""Reading tables that other tools wrote."""

from __future__ import annotations

import difflib
import io
import math
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.errors import InterchangeError, Problem, first_few
from ionladder.specs import Target, Task
from ionladder.submit.tables import read_table

if TYPE_CHECKING:
    import pyarrow as pa


# What every reader of foreign predictions yields: cells as text, not yet believed


MAX_ROWS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """Predictions of a foreign file under our column names.

    Cells are the text of the file, so that the checks of submissions can quote them.

    Attributes:
        predictions: Column → cells: ``id``, targets, and where given ``<target>_std`` and
            ``seed``; empty where the file predicts no test entries.
        cv_predictions: The same for the frozen folds, with ``scheme``, ``repeat`` and ``fold``.
        notes: What the reader should know about the conversion, one sentence each.
    """

    predictions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cv_predictions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_text_table(text: bytes, *, shown_as: str) -> pa.Table:
    """A CSV in memory as a table of text, read as every contributed CSV is read.

    Raises:
        InterchangeError: All that keeps it from being a table.
    """
    with tempfile.TemporaryDirectory(prefix="ionladder-") as folder:
        path = Path(folder) / "table.csv"
        path.write_bytes(text)
        table, problems = read_table(path, shown_as=shown_as, allowed=(), max_rows=MAX_ROWS)
    if table is None:
        raise InterchangeError(problems)
    return table


# Compressed files of contributors, unpacked in memory within limits that are known beforehand


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
    """The error of a file that cannot be read as asked."""
    return InterchangeError(Problem(where, expected, found, next_step))


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


# Predictions that come one target at a time, put side by side by id


@dataclass(frozen=True, kw_only=True)
class Column:
    """One prediction of one target.

    Attributes:
        id: Entry id.
        fold: Fold that it stood in; 0 where there are none.
        cells: Column name → cell: the target and, where stated, its standard deviation.
    """

    id: str
    fold: int = 0
    cells: Mapping[str, str]


def merge_targets(
    parts: Mapping[str, Sequence[Column]], task: Task, *, where: str, is_folded: bool = False
) -> dict[str, list[str]]:
    """Put the targets of a task side by side, in the order of the first one.

    Args:
        parts: Target → its predictions; nothing gives nothing.
        task: The task; all its targets must be there.
        where: File and part, for messages.
        is_folded: Whether an entry is told by id and fold, and a column ``fold`` is wanted.

    Returns:
        Column → cells. Repeated ids are kept, for the checks of submissions to name, where there
        is one target only.

    Raises:
        InterchangeError: A target is missing, or targets are given for different entries.
    """
    if not parts:
        return {}
    absent = [target.name for target in task.targets if target.name not in parts]
    if absent:
        expected = f"predictions of {', '.join(target.name for target in task.targets)}"
        step = "Give a file (or a task of the file) for each target."
        raise refusal(where, expected, f"none of {', '.join(absent)}", step)
    first, *others = (parts[target.name] for target in task.targets)
    rows: list[dict[str, str]] = [
        {"id": item.id, "fold": str(item.fold), **item.cells} for item in first
    ]
    for target, other in zip(task.targets[1:], others, strict=True):
        by_key = {(item.id, item.fold): item.cells for item in other}
        keys = [(item.id, item.fold) for item in first]
        differing = sorted({key[0] for key in by_key.keys() ^ set(keys)})
        if differing or len(by_key) != len(other) or len(set(keys)) != len(keys):
            found = first_few(differing) if differing else "repeated ids"
            expected = f"{target.name} for the same entries as {task.targets[0].name}, each once"
            raise refusal(where, expected, f"a difference in {found}", "Predict all for each id.")
        for row, key in zip(rows, keys, strict=True):
            row.update(by_key[key])
    return _as_columns(rows, task, where, is_folded=is_folded)


def _as_columns(
    rows: Sequence[Mapping[str, str]], task: Task, where: str, *, is_folded: bool
) -> dict[str, list[str]]:
    names = ["id", *(["fold"] if is_folded else [])]
    for target in task.targets:
        std = f"{target.name}_std"
        stated = sum(std in row for row in rows)
        if 0 < stated < len(rows):
            found = f"{stated} of {len(rows)}"
            step = "State one for every entry, or for none."
            raise refusal(where, f"a standard deviation of {target.name} each", found, step)
        names += [target.name, *([std] if stated else [])]
    return {name: [row[name] for row in rows] for name in names}


# A CSV that pandas wrote beside OBELiX's own tables: its index, its headers, its unit


_ID_HEADERS = ("id", "entry_id", "material_id", "index")
_FOLD_HEADERS = ("scheme", "repeat", "fold")
_INDEX_HEADERS = ("", "Unnamed: 0", "__index_level_0__")
_PREDICTION_HEADERS = ("prediction", "predictions", "predicted", "pred", "y_pred")
_CLOSE = 0.8
_LOG_UNIT = re.compile(r"^log10\((?P<linear>.+)\)$")
_EXPONENTS = str.maketrans({"⁻": "-", "¹": "1", "²": "2", "³": "3", "−": "-"})


def read_frame(
    path: Path,
    task: Task,
    *,
    columns: Mapping[str, str] | None = None,
    is_log10_asked: bool = False,
    shown_as: str | None = None,
) -> Foreign:
    """Read a CSV with one row an entry.

    Args:
        path: The file.
        task: Names the targets and their units.
        columns: Target → header that holds it, where the names alone do not tell.
        is_log10_asked: Whether predictions in the linear unit are to be converted to log10.
        shown_as: Name of the file for messages.

    Raises:
        InterchangeError: No table, no ids, no or several columns for a target, or predictions in
            the linear unit that nobody asked to convert.
    """
    shown_as = shown_as or path.name
    table = read_text_table(read_file(path, shown_as=shown_as), shown_as=shown_as)
    headers = table.column_names
    id_header = _id_header(headers, shown_as)
    found = {"id": table.column(id_header).to_pylist()}
    used, notes = [id_header], []
    for target in task.targets:
        wanted = (columns or {}).get(target.name)
        header = _header_of(target, task, headers, wanted, shown_as)
        cells: list[str] = table.column(header).to_pylist()
        is_linear = _is_linear(target, header, cells)
        where = f"{shown_as}, column `{header}`"
        if is_linear and not is_log10_asked:
            raise _sigma_error(target, where, cells)
        if is_log10_asked:
            cells = _to_log10(target, where, cells)
            notes.append(f"`{header}` was converted: {target.name} is its log10.")
        elif header != target.name:
            notes.append(f"`{header}` was taken for {target.name}.")
        found[target.name] = cells
        used.append(header)
        used += _take_std(table, target, found, is_converted=is_log10_asked)
    if "seed" in headers:
        found["seed"] = table.column("seed").to_pylist()
        used.append("seed")
    folds = _FOLD_HEADERS if set(_FOLD_HEADERS) <= set(headers) and task.scored_folds else ()
    found |= {name: table.column(name).to_pylist() for name in folds}
    used += folds
    left = [repr(name) if name in _INDEX_HEADERS else name for name in headers if name not in used]
    if left:
        notes.append(f"Left out, as no column of a submission: {first_few(left, limit=10)}.")
    if folds:
        return Foreign(cv_predictions=found, notes=tuple(notes))
    return Foreign(predictions=found, notes=tuple(notes))


def linear_unit(target: Target) -> str | None:
    """The unit whose log10 a target is, or None.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> linear_unit(get_task("obelix").targets[0])
        'S/cm'
    """
    match = _LOG_UNIT.match(target.unit)
    return match["linear"] if match else None


def _id_header(headers: Sequence[str], shown_as: str) -> str:
    named = [name for name in headers if name.strip().casefold() in _ID_HEADERS]
    exact = [name for name in named if name == "id"]
    found = exact or named or [name for name in headers if name in _INDEX_HEADERS]
    if len(found) == 1:
        return found[0]
    expected = "one column of ids (`ID`, `id` or the index of a data frame)"
    shown = f"{len(found)} ({first_few(found)})" if found else first_few(headers, limit=8)
    step = "Name the column of ids `id`, and remove or rename the others."
    where = f"{shown_as}, header"
    raise refusal(where, expected, shown, step)


def _header_of(
    target: Target, task: Task, headers: Sequence[str], wanted: str | None, shown_as: str
) -> str:
    where = f"{shown_as}, header"
    if wanted is not None:
        if wanted in headers:
            return wanted
        close = difflib.get_close_matches(wanted, headers, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else "Name one of these."
        raise refusal(where, f"a column `{wanted}`", first_few(headers, limit=8), hint)
    for matches in (
        [name for name in headers if name == target.name],
        [name for name in headers if _plain(name) in _near_names(target, task)],
        [name for name in headers if _is_linear_header(target, name)],
        _misspelt(target, task, headers),
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            step = f"Say which: --column {target.name}={matches[0]}"
            expected = f"one column that can be {target.name}"
            raise refusal(where, expected, first_few(matches), step)
    step = f"Rename the column, or say which it is: --column {target.name}=HEADER"
    raise refusal(where, f"a column `{target.name}`", first_few(headers, limit=8), step)


def _misspelt(target: Target, task: Task, headers: Sequence[str]) -> list[str]:
    """Headers a slip away from the target's name.

    Not where a task has several targets, whose names are a slip away from one another; and not the
    name with something behind it, which may be a label or a deviation.
    """
    if len(task.targets) > 1:
        return []
    others = [name for name in headers if not _plain(name).startswith(f"{target.name}_")]
    return difflib.get_close_matches(target.name, others, n=2, cutoff=_CLOSE)


def _near_names(target: Target, task: Task) -> set[str]:
    name = target.name
    near = {name, f"{name}_pred", f"pred_{name}", f"{name}_prediction", f"predicted_{name}"}
    return near | set(_PREDICTION_HEADERS) if len(task.targets) == 1 else near


def _plain(header: str) -> str:
    """A header in lower case, everything but letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", header.casefold()).strip("_")


def _is_linear_header(target: Target, header: str) -> bool:
    """Whether a header states the linear unit of a log10 target: ``σ (S cm-1)``, ``S/cm``."""
    unit = linear_unit(target)
    if unit is None or "log" in header.casefold():
        return False
    above, _, below = unit.partition("/")
    written = re.sub(r"[\s·*^_]+", "", header.translate(_EXPONENTS))
    return f"{above}/{below}" in written or f"{above}{below}-1" in written


def _is_linear(target: Target, header: str, cells: Sequence[str]) -> bool:
    """Whether predictions are in the linear unit: the header says so, or every value does.

    A log10 target that is never positive in nature betrays it: all its predictions are.
    """
    if linear_unit(target) is None:
        return False
    if _is_linear_header(target, header):
        return True
    values = [value for value in map(_number, cells) if value is not None]
    is_never_positive = target.physical is not None and target.physical[1] <= 0
    return is_never_positive and bool(values) and min(values) > 0


def _sigma_error(target: Target, where: str, cells: Sequence[str]) -> Exception:
    unit = linear_unit(target)
    values = [value for value in map(_number, cells) if value is not None]
    span = f", {min(values):.3g} to {max(values):.3g}" if values else ""
    return refusal(
        where,
        f"{target.name} in {target.unit}",
        f"predictions that look like σ in {unit}{span}",
        "Add --log10 to have them converted, or take log10 yourself.",
    )


def _to_log10(target: Target, where: str, cells: Sequence[str]) -> list[str]:
    unit = linear_unit(target)
    if unit is None:
        raise refusal(where, f"{target.name} in {target.unit}", "--log10", "Leave --log10 out.")
    values = [_number(cell) for cell in cells]
    low = [c for c, v in zip(cells, values, strict=True) if v is not None and v <= 0]
    if low:
        found = f"{len(low)} that are not positive ({first_few(low)})"
        step = "If they are log10 already, leave --log10 out; a conductivity is above zero."
        raise refusal(where, f"positive numbers in {unit}", found, step)
    pairs = zip(cells, values, strict=True)
    return [cell if value is None else repr(math.log10(value)) for cell, value in pairs]


def _take_std(
    table: pa.Table, target: Target, found: dict[str, list[str]], *, is_converted: bool
) -> list[str]:
    """Take ``<target>_std`` along, unless its predictions were converted and it is of no use."""
    name = f"{target.name}_std"
    if name not in table.column_names or is_converted:
        return []
    found[name] = table.column(name).to_pylist()
    return [name]


def _number(cell: str) -> float | None:
    """A finite number, or None; the checks of submissions name what is none."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
