"""A CSV that pandas wrote beside OBELiX's own tables: its index, its headers, its unit.

Ids stand under ``ID``, ``id`` or in the unnamed index column. Predictions stand under the name of
the target, or near it, or under a header such as ``Ionic conductivity (S cm-1)``, which says that
they are σ where the task wants log10 σ; they are converted only when that is asked for.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.problems import first_few
from ionladder.interchange.foreign import Foreign, read_text_table
from ionladder.interchange.packed import read_file, refusal
from ionladder.specs.task import Target, Task

if TYPE_CHECKING:
    import pyarrow as pa

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
            raise _sigma_letter(target, where, cells)
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
        >>> from ionladder.datasets.registry import get_task
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


def _sigma_letter(target: Target, where: str, cells: Sequence[str]) -> Exception:
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
