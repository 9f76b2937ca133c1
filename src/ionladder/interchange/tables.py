"""Reading files that other tools wrote: packed or plain, as tables of text not yet believed."""

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

import numpy as np

from ionladder.errors import InterchangeError, first_few, worded
from ionladder.specs import Target, Task
from ionladder.submit import units
from ionladder.submit.tables import INDEX_HEADERS, read_submitted_table

if TYPE_CHECKING:
    import pyarrow as pa

#: One row of a foreign file: column → cell.
Cells = Mapping[str, str]

MAX_ROWS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """Predictions of a foreign file under our column names.

    Cells are the text of the file, so that the checks of submissions can quote them.

    Attributes:
        predictions: Column → cells: ``id``, targets, and where given ``<target>_std`` and
            ``seed``; empty where the file predicts no test entries.
        cv_predictions: Column → cells for the frozen folds, ``scheme, repeat, fold`` among them.
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
        table, problems = read_submitted_table(
            path, shown_as=shown_as, allowed=(), max_rows=MAX_ROWS
        )
    if table is None:
        raise InterchangeError(problems)
    return table


# --- Packed files, unpacked in memory within limits that are known beforehand

MAX_PACKED_BYTES = 20_000_000
MAX_TEXT_BYTES = 64_000_000
MAX_RATIO = 200
GZIP_MAGIC = b"\x1f\x8b"

# Tables of numbers compress three- to thirtyfold; below this size a ratio says nothing.
_SMALL_BYTES = 1_000_000
_CENTRAL_HEADER = b"PK\x01\x02"
# More headers than this are not read at all: each would cost a thousand bytes of memory.
_MAX_HEADERS = 64

_DOWNLOAD_AGAIN = "Download it again."

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError)


def read_file(path: Path) -> bytes:
    """Bytes of a regular file of at most ``MAX_PACKED_BYTES``; a link is not followed.

    Raises:
        InterchangeError: It is not there, not a regular file, empty, or too large.
    """
    name = path.name
    if path.is_symlink() or not path.is_file():
        found = "a link" if path.is_symlink() else "no such file"
        raise InterchangeError(name, "a regular file", found, "Name the file itself.")
    size = path.stat().st_size
    if size == 0:
        raise InterchangeError(worded("file-empty", name))
    if size > MAX_PACKED_BYTES:
        most, found = _mb(MAX_PACKED_BYTES), _mb(size)
        raise InterchangeError(worded("packed-too-large", name, most=most, found=found))
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
    if (headers := data.count(_CENTRAL_HEADER)) > _MAX_HEADERS:
        raise _packed_badly(shown_as, f"one {suffix} file", f"about {headers} files")
    limit = _limit(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_member(archive.infolist(), suffix, shown_as)
            content = b""
            if member.file_size <= limit:
                with archive.open(member) as stream:
                    content = stream.read(limit + 1)
    except _DAMAGE as error:
        raise InterchangeError(worded("zip-damaged", shown_as, error=error)) from error
    _require_size(max(member.file_size, len(content)), limit, shown_as)
    return member.filename, content


def gunzip(data: bytes, *, shown_as: str) -> bytes:
    """A gzip stream, unpacked until it ends or the limit is reached.

    Raises:
        InterchangeError: It is damaged, cut off, followed by other bytes, or unpacks to more than
            the limits allow.
    """
    limit = _limit(data)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        found = f"damaged bytes ({error})"
        raise InterchangeError(shown_as, "a readable gzip file", found, _DOWNLOAD_AGAIN) from error
    _require_size(len(content), limit, shown_as)
    if not unpacker.eof:
        raise InterchangeError(worded("gzip-cut-off", shown_as))
    if unpacker.unused_data.strip(b"\0"):
        raise InterchangeError(worded("gzip-followed", shown_as, n=len(unpacker.unused_data)))
    return content


#: Files that a system puts beside what somebody packs.
_COMPANION = re.compile(r"(?:^|/)(?:__MACOSX/.*|\.[^/\\]*|Icon\r|Thumbs\.db|desktop\.ini)$")


def _only_member(members: list[zipfile.ZipInfo], suffix: str, shown_as: str) -> zipfile.ZipInfo:
    members = [member for member in members if not _COMPANION.search(member.filename)]
    if len(members) != 1:
        names = first_few(repr(member.filename) for member in members)
        found = f"{len(members)} ({names})" if members else "an empty archive"
        raise _packed_badly(shown_as, f"exactly one {suffix} file", found)
    member = members[0]
    name, kind = member.filename, stat.S_IFMT(member.external_attr >> 16)
    # orig_filename still holds what stands behind a NUL, where zipfile cuts the name.
    is_plain = name == member.orig_filename and not set(name) & set("/\\:\0") and name != ".."
    is_packed_plainly = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    is_file = is_plain and not member.is_dir() and kind in {0, stat.S_IFREG}
    whole = f"the member {member.orig_filename!r}"
    for is_good, expected, found in (
        (is_file, "a regular file with a plain name, without folders", whole),
        (name.lower().endswith(suffix), f"one {suffix} file", whole),
        (not member.flag_bits & 1, "a file without a password", "an encrypted one"),
        (is_packed_plainly, "a stored or deflated file", f"method {member.compress_type}"),
    ):
        if not is_good:
            raise _packed_badly(shown_as, expected, found)
    return member


def _packed_badly(where: str, expected: str, found: str) -> InterchangeError:
    return InterchangeError(worded("packed-badly", where, expected=expected, found=found))


def _limit(packed: bytes) -> int:
    """Largest size to unpack to: absolute, and in proportion to what there is."""
    return min(MAX_TEXT_BYTES, max(_SMALL_BYTES, MAX_RATIO * len(packed)))


def _require_size(size: int, limit: int, shown_as: str) -> None:
    if size > limit:
        most = f"{_mb(limit)} when unpacked ({MAX_RATIO} times its size, {_mb(MAX_TEXT_BYTES)})"
        raise InterchangeError(worded("packed-too-large", shown_as, most=most, found="more"))


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"


# --- Predictions that come one target at a time, put side by side


def merge_targets(
    parts: Mapping[str, Sequence[Cells]], task: Task, *, where: str, keys: tuple[str, ...] = ("id",)
) -> dict[str, list[str]]:
    """Put the targets of a task side by side, in the order of the first one.

    Args:
        parts: Target → rows with the keys, the target and, where stated, its standard deviation;
            nothing gives nothing.
        task: The task; all its targets must be there.
        where: File and part, for messages.
        keys: Columns that tell rows apart, ``id`` last.

    Returns:
        Column → cells. Repeated ids are kept, for the checks of submissions to name, where there
        is one target only.

    Raises:
        InterchangeError: A target is missing, or targets are given for different entries.
    """
    if not parts:
        return {}
    names = [target.name for target in task.targets]
    if absent := [name for name in names if name not in parts]:
        facts = {"names": ", ".join(names), "absent": ", ".join(absent)}
        raise InterchangeError(worded("targets-absent", where, **facts))
    rows = list(parts[names[0]])
    order = [tuple(row[key] for key in keys) for row in rows]
    for name in names[1:]:
        by_key = {tuple(row[key] for key in keys): row for row in parts[name]}
        differing = sorted({key[-1] for key in by_key.keys() ^ set(order)})
        if differing or not len(by_key) == len(parts[name]) == len(order):
            found = first_few(differing) if differing else "repeated ids"
            facts = {"name": name, "first": names[0], "found": found}
            raise InterchangeError(worded("targets-differ", where, **facts))
        rows = [{**row, **by_key[key]} for row, key in zip(rows, order, strict=True)]
    columns = [*keys]
    for name in names:
        stated = sum(f"{name}_std" in row for row in rows)
        if 0 < stated < len(rows):
            raise InterchangeError(worded("std-partly", where, name=name, n=stated, of=len(rows)))
        columns += [name, f"{name}_std"] if stated else [name]
    return {name: [row[name] for row in rows] for name in columns}


# --- A CSV that pandas wrote beside OBELiX's own tables: its index, its headers, its unit

_ID_HEADERS = ("id", "entry_id", "material_id", "index")
_FOLD_HEADERS = ("scheme", "repeat", "fold")
_PREDICTION_HEADERS = ("prediction", "predictions", "predicted", "pred", "y_pred")
_PREDICTED = re.compile(r"(?:^|[^a-z])(?:y_?)?(?:pred|hat(?![a-z])|estim|output)", re.IGNORECASE)
_CLOSE, _ALIKE = 0.8, 0.7


def read_frame(
    path: Path,
    task: Task,
    *,
    columns: Mapping[str, str] | None = None,
    is_log10_asked: bool = False,
    unit: str | None = None,
) -> Foreign:
    """Read a CSV with one row an entry.

    Args:
        path: The file.
        task: Names the targets and their units.
        columns: Target → header that holds it, where the names alone do not tell.
        is_log10_asked: Whether predictions in a linear unit are to be converted to log10.
        unit: Their unit, where the header does not state it.

    Raises:
        InterchangeError: No table, no ids, no or several columns for a target, or predictions in
            the linear unit that nobody asked to convert.
    """
    data = read_file(path)
    data = gunzip(data, shown_as=path.name) if data.startswith(GZIP_MAGIC) else data
    table = read_text_table(data, shown_as=path.name)
    headers, where, notes = table.column_names, f"{path.name}, header", []
    taken = {"id": _id_header(headers, where)}
    found = {}
    for target in task.targets:
        wanted = (columns or {}).get(target.name)
        header = _header_of(target, task, headers, wanted, where)
        if header == target.name != wanted and (alike := _alike(table, header, task)):
            raise _several(where, header, [*alike, header])
        taken[target.name] = header
        place, cells = f"{path.name}, column `{header}`", table.column(header).to_pylist()
        if _read_header(header, target).form == "?":
            expected = f"{target.name} in {target.unit}"
            raise InterchangeError(worded("unit-unclear", place, expected=expected))
        found[target.name], done = _converted(
            target, header, cells, place, is_log10_asked=is_log10_asked, unit=unit
        )
        if done:
            notes.append(f"`{header}` was converted: {target.name} is {done}.")
        elif header != target.name:
            notes.append(f"`{header}` was taken for {target.name}.")
        if not done and (std := f"{target.name}_std") in headers:
            taken[std] = std
    has_folds = bool(task.scored_folds) and set(_FOLD_HEADERS) <= set(headers)
    others = ("seed", *(_FOLD_HEADERS if has_folds else ()))
    taken |= {name: name for name in others if name in headers}
    found = {n: found.get(n) or table.column(header).to_pylist() for n, header in taken.items()}
    used = {*taken.values()}
    left = [repr(name) if name in INDEX_HEADERS else name for name in headers if name not in used]
    if left:
        notes.append(f"Left out, as no column of a submission: {first_few(left, limit=10)}.")
    if has_folds:
        return Foreign(cv_predictions=found, notes=tuple(notes))
    return Foreign(predictions=found, notes=tuple(notes))


def _id_header(headers: Sequence[str], where: str) -> str:
    named = [name for name in headers if name.strip().casefold() in _ID_HEADERS]
    exact = [name for name in named if name == "id"]
    found = exact or named or [name for name in headers if name in INDEX_HEADERS]
    if len(found) == 1:
        return found[0]
    shown = f"{len(found)} ({first_few(found)})" if found else first_few(headers, limit=8)
    raise InterchangeError(worded("no-id-column", where, found=shown))


def _header_of(
    target: Target, task: Task, headers: Sequence[str], wanted: str | None, where: str
) -> str:
    """The header of a target: the wanted one, else the nearest kind of match that is alone."""
    shown = first_few(headers, limit=8)
    if wanted is not None:
        if wanted in headers:
            return wanted
        close = difflib.get_close_matches(wanted, headers, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else "Name one of these."
        raise InterchangeError(where, f"a column `{wanted}`", shown, hint)
    name = target.name
    near = {name, f"{name}_pred", f"pred_{name}", f"{name}_prediction", f"predicted_{name}"}
    misspelt: list[str] = []
    if len(task.targets) == 1:  # several targets may be a slip away from one another
        near |= set(_PREDICTION_HEADERS)
        # With something behind the name it may be a label or a deviation.
        others = [h for h in headers if not _plain(h).startswith(f"{name}_")]
        misspelt = difflib.get_close_matches(name, others, n=2, cutoff=_CLOSE)
    exact = [header for header in headers if header == name]
    start, names = name.removesuffix("_ev"), {item.name for item in task.targets}
    stated = [header for header in headers if _is_of(target, header) and header not in names]
    if len(names) > 1:
        stated = [header for header in stated if _plain(header).startswith(start)]
    # The name of the dataset's own column beside a prediction: it may well be the label.
    beside = [header for header in headers if _plain(header) in near and header != name]
    if exact and not beside:
        others = [h for h in headers if _PREDICTED.search(h) and not h.endswith("_std")]
        beside = [h for h in others if not _plain(h).startswith((*names,))]
    for matches in ([*beside, *exact], stated, misspelt):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise _several(where, name, matches)
    raise InterchangeError(worded("no-column", where, name=name, shown=shown))


def _several(where: str, name: str, matches: Sequence[str]) -> InterchangeError:
    facts = {"name": name, "found": first_few(matches), "first": matches[0]}
    return InterchangeError(worded("columns-several", where, **facts))


def _alike(table: pa.Table, header: str, task: Task) -> list[str]:
    """Columns that rise and fall with one of a target's own name: one of the two is the label."""
    own = [f"{target.name}{end}" for target in task.targets for end in ("", "_std")]
    mine, found = np.array([_number(cell) for cell in table.column(header).to_pylist()]), []
    for name in (name for name in table.column_names if name not in own):
        theirs = np.array([_number(cell) for cell in table.column(name).to_pylist()])
        with np.errstate(invalid="ignore", divide="ignore"):
            if len(mine) > 2 and np.corrcoef(mine, theirs)[0, 1] > _ALIKE:
                found.append(name)
    return found


def _plain(header: str) -> str:
    """A header in lower case, everything but letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", header.casefold()).strip("_")


def _is_of(target: Target, header: str) -> bool:
    """Whether a header states a unit of the kind that the target has: ``σ (mS cm-1)``, ``S/m``."""
    stated = _read_header(header, target)
    is_kind = stated.unit is not None and stated.unit.kind == units.linear_unit(target)
    return is_kind and not (units.is_linear(target) and bool(stated.form))


def _read_header(header: str, target: Target) -> units.Stated:
    """What a header states, other than by the target's own name, which holds its unit."""
    is_linear = units.is_linear(target)
    return units.read_header(header.replace(target.name, " ") if is_linear else header)


def _converted(
    target: Target,
    header: str,
    cells: list[str],
    where: str,
    *,
    is_log10_asked: bool,
    unit: str | None,
) -> tuple[list[str], str]:
    """Cells in the unit of a target, and what was done to them; as they are where nothing was.

    Raises:
        InterchangeError: The unit is not stated, unknown, of another kind, or stated twice; or
            nobody asked for logarithms.
    """
    stated, kind = _read_header(header, target), units.linear_unit(target)
    expected = f"{target.name} in {target.unit}"
    if is_log10_asked and (units.is_linear(target) or (stated.form and not unit)):
        found = "--log10" if units.is_linear(target) else f"--log10 for {stated}"
        raise InterchangeError(worded("log10-asked", where, expected=expected, found=found))
    given = units.read_unit(unit) if unit else stated.unit
    if unit and (given is None or given.kind != kind):
        known = "eV, meV, kJ/mol, kcal/mol, K, cm-1"
        known = "S/cm, mS/cm, μS/cm, S/m" if kind == "S/cm" else known
        facts = {"name": target.name, "known": known, "unit": unit}
        raise InterchangeError(worded("unit-unknown", "--unit", **facts))
    if unit and stated.unit and stated.unit != given:
        raise InterchangeError(worded("unit-twice", where, unit=unit, stated=stated.unit.name))
    if given and given.kind != kind:
        facts = {"expected": expected, "given": given.name}
        raise InterchangeError(worded("unit-of-another-kind", where, **facts))
    form: units.Form = "" if is_log10_asked else stated.form
    if not (units.is_linear(target) or form or is_log10_asked) and given:
        raise InterchangeError(worded("unit-linear", where, expected=expected, given=given.name))
    if is_log10_asked and given is None:
        raise InterchangeError(worded("unit-unstated", where))
    if given is None and not form.removeprefix("log10"):
        return cells, ""
    values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    if is_log10_asked and (values <= 0).any():
        low = [cell for cell, value in zip(cells, values, strict=True) if value <= 0]
        raise InterchangeError(worded("not-positive", where, n=len(low), cells=first_few(low)))
    new, done = units.converted(values, units.Stated(unit=given, form=form), target)
    if not done:
        return cells, ""
    pairs = zip(cells, new.tolist(), strict=True)
    return [cell if math.isnan(value) else repr(value) for cell, value in pairs], done


def _number(cell: str) -> float:
    """A finite number, or NaN; the checks of submissions name what is none."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in cell else math.nan
