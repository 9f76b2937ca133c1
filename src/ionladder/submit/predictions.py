"""Predictions: reading tables, checking ids, columns and folds."""

from __future__ import annotations

import codecs
import csv
import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import yaml

from ionladder.errors import MAX_LISTED, ConfigError, Problem, first_few
from ionladder.repo import sha256_bytes, sha256_file, write_text
from ionladder.specs import Target, Task
from ionladder.submit.card import CARD_FILE, Card
from ionladder.submit.parquet import header_problems, read_parquet, row_count_problems, unreadable

if TYPE_CHECKING:
    import pandas as pd


# Guesses at why predictions are not what a task wants: another unit, another column, other ids


# No barrier has a median of 50 eV: what moves at all does so below 20. In meV, 50 is small.
_LARGE_EV = 50.0
_LOG_UNIT = re.compile(r"^log10\((?P<linear>.+)\)$")
_USUAL_HEADERS = {
    "id": ("id", "ids", "entry_id", "material_id", "entry", "index", "name"),
    "prediction": ("prediction", "predictions", "predicted", "pred", "preds", "y_pred", "y_hat"),
}


def unit_guess(values: npt.NDArray[np.float64], target: Target, *, where: str) -> Problem | None:
    """A unit that the values betray, or None.

    Args:
        values: Predictions of one target, shape (n,); NaN where a cell is no number.
        target: The target. A log10 whose physical range ends at zero cannot have all its values
            above zero; an energy in eV cannot be large throughout.
        where: File and column, for the message.

    Example:
        >>> from ionladder.data.registry import get_task
        >>> sigma = np.array([1e-4, 3e-7])
        >>> print(unit_guess(sigma, get_task("obelix").targets[0], where="predictions.csv"))
        predictions.csv: expected log10_sigma in log10(S/cm); found values that look like σ in S/cm,
        3e-07 to 0.0001. Take log10 of every value.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return None
    span = f"{known.min():.3g} to {known.max():.3g}"
    expected = f"{target.name} in {target.unit}"
    log = _LOG_UNIT.match(target.unit)
    is_negative = target.physical is not None and target.physical[1] <= 0
    if log and is_negative and known.min() > 0 and known.max() <= 1:
        return Problem(
            where=where,
            expected=expected,
            found=f"values that look like σ in {log['linear']}, {span}",
            next_step="Take log10 of every value.",
        )
    if target.unit == "eV" and known.max() > _LARGE_EV and float(np.median(known)) > _LARGE_EV:
        return Problem(
            where=where,
            expected=expected,
            found=f"values that look like meV, {span}",
            next_step="Divide every value by 1000.",
        )
    return None


def meant_column(name: str, unknown: Sequence[str], *, is_only_target: bool) -> str | None:
    """The header that was probably meant to be a column, or None.

    Args:
        name: The column that is missing.
        unknown: Headers that nothing else needs.
        is_only_target: Whether it is the one target of its task, which any usual word for
            predictions may then stand for.

    Example:
        >>> meant_column("log10_sigma", ["comment", "pred"], is_only_target=True)
        'pred'
        >>> meant_column("id", ["ID", "value"], is_only_target=False)
        'ID'
    """
    words = _USUAL_HEADERS["id"] if name == "id" else ()
    if is_only_target:
        words = _USUAL_HEADERS["prediction"]
    usual = [header for header in unknown if header.strip().casefold() in words]
    close = difflib.get_close_matches(name, unknown, n=1, cutoff=0.4)
    if usual or close:
        return (usual or close)[0]
    return unknown[0] if len(unknown) == 1 else None


def changed_ids(missing: Collection[str], unknown: Sequence[str]) -> str | None:
    """How ids were changed on their way, with an example, or None.

    Args:
        missing: Ids that were expected and did not come.
        unknown: Ids that came and were not expected.

    Example:
        >>> changed_ids(["019", "5e2"], ["19"])
        "'19' looks like '019' turned into a number by a spreadsheet: keep ids as text."
        >>> changed_ids(["19", "20"], ["0019", "0020"])
        "2 of yours look zero-padded ('0019' for '19'): send ids as the task writes them."
    """
    by_value = {_as_number(identifier): identifier for identifier in missing}
    by_value.pop(None, None)
    by_fold = {identifier.strip().casefold(): identifier for identifier in missing}
    pairs: dict[str, list[tuple[str, str]]] = {}
    for other in unknown:
        original = by_value.get(_as_number(other))
        if original is not None:
            is_padded = other.lstrip("0") == original.lstrip("0") and len(other) > len(original)
            pairs.setdefault("padded" if is_padded else "number", []).append((other, original))
        elif (original := by_fold.get(other.strip().casefold())) is not None:
            pairs.setdefault("case", []).append((other, original))
    if not pairs:
        return None
    kind, found = max(pairs.items(), key=lambda item: len(item[1]))
    one, several, step = _CHANGES[kind]
    other, original = found[0]
    if len(found) == 1:
        return f"{other!r} looks like {original!r}{one}: {step}."
    return f"{len(found):,} of yours look {several} ({other!r} for {original!r}): {step}."


_CHANGES = {
    "number": (
        " turned into a number by a spreadsheet",
        "turned into numbers by a spreadsheet",
        "keep ids as text",
    ),
    "padded": (" zero-padded", "zero-padded", "send ids as the task writes them"),
    "case": ("", "written otherwise", "ids are case-sensitive, without blanks"),
}


def _as_number(identifier: str) -> float | None:
    try:
        return float(identifier)
    except ValueError:
        return None


# From contributed cells to ids, seeds and finite numbers, with every bad cell named


_INTEGER_END = 2**31
_NO_TEXTS = pa.array([], type=pa.string())
_BLOCK = 4096
_KEYS = ("id", "scheme", "repeat", "fold")
_HEADER_LINES = 2  # a data row of index 0 stands on line 2 of a CSV file


def column_problems(
    names: Sequence[str], *, required: Sequence[str], optional: Sequence[str], shown_as: str
) -> list[Problem]:
    """Missing and unknown columns, each with the nearest name as a hint."""
    problems = []
    known = [*required, *optional]
    unknown = [name for name in names if name not in known]
    free, targets = list(unknown), [name for name in required if name not in _KEYS]
    for name in required:
        if name in names:
            continue
        is_only_target = name == required[-1] and len(targets) == 1
        meant = meant_column(name, free, is_only_target=is_only_target)
        hint = f"Add the column `{name}`."
        if meant is not None:
            free.remove(meant)
            hint = f"Column `{meant}`: did you mean `{name}`? Rename `{meant}` to `{name}`."
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"a column `{name}`",
                found=f"columns {first_few(names, limit=8)}",
                next_step=hint,
            )
        )
    if unknown and not problems:
        problems.append(
            Problem(
                where=f"{shown_as}, header",
                expected=f"only the columns {', '.join(known)}",
                found=f"also {first_few(unknown)}",
                next_step="Remove the extra columns; `notes` in submission.yaml takes remarks.",
            )
        )
    return problems


def text_column(table: pa.Table, name: str, *, shown_as: str) -> tuple[pa.Array, list[Problem]]:
    """A column of ids as text; ids stored as numbers or empty cells are problems."""
    column = table.column(name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _NO_TEXTS, [
            Problem(
                where=f"{shown_as}, column `{name}`",
                expected="text",
                found=f"values of type {column.type}",
                next_step="Store ids as text: '019' and '5e2' are not numbers.",
            )
        ]
    if pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    values = column.combine_chunks()
    lengths = pc.binary_length(values)
    if not lengths.null_count and (pc.min(lengths).as_py() or 0) > 0:
        return values, []
    is_empty = pc.fill_null(pc.equal(lengths, 0), True)
    empty = np.flatnonzero(is_empty.to_numpy(zero_copy_only=False))
    return values, [
        Problem(
            where=f"{shown_as}, {_rows(empty)}, column `{name}`",
            expected="an id",
            found="an empty cell",
            next_step="Fill in the id or remove the row.",
        )
    ]


def number_column(
    table: pa.Table,
    name: str,
    *,
    shown_as: str,
    ids: pa.Array,
    low: float,
    high: float,
    unit: str,
    guess: Callable[[npt.NDArray[np.float64]], Problem | None] | None = None,
) -> tuple[npt.NDArray[np.float64], list[Problem]]:
    """A column of finite numbers within ``[low, high]``; bad cells are named by row and id.

    Where ``guess`` knows from all values what is wrong, it speaks instead of the range.

    Returns:
        Values of shape (n_rows,), NaN in bad cells, and the problems.
    """
    column = table.column(name)
    values, unparsed = _parse(column)
    guessed = guess(values) if guess else None
    # Of values with a gap, neither end is a number that could lie in the range.
    if guessed is None and not len(unparsed) and low <= values.min() and values.max() <= high:
        return values, []
    is_gap = ~np.isfinite(values)
    is_gap[unparsed] = False
    problems = [] if guessed is None else [guessed]
    is_outside = np.isfinite(values) & ((values < low) | (values > high))
    for rows, expected, next_step in (
        (
            unparsed,
            f"a number in {unit}",
            "Write plain decimal numbers without unit, with a point (1.5e-3 is fine).",
        ),
        (
            np.flatnonzero(is_gap),
            "a finite number",
            "Predict a number for every id: gaps are not scored around.",
        ),
        (
            np.flatnonzero(is_outside & (guessed is None)),
            f"a value between {low:g} and {high:g} {unit}",
            f"Check the unit: the task wants {unit}.",
        ),
    ):
        if len(rows) == 0:
            continue
        listed = [int(row) for row in rows[:MAX_LISTED]]
        cells = first_few(
            (f"{ids[row].as_py()}: {column[row].as_py()!r}" for row in listed), total=len(rows)
        )
        problems.append(
            Problem(
                where=f"{shown_as}, {_rows(rows)}, column `{name}`",
                expected=expected,
                found=f"{len(rows)} other value{'s' if len(rows) > 1 else ''} ({cells})",
                next_step=next_step,
            )
        )
    return values, problems


def integer_column(
    table: pa.Table, name: str, *, shown_as: str
) -> tuple[npt.NDArray[np.int64], list[Problem]]:
    """A column of whole numbers from 0 to 2³¹ − 1 (seeds, repeats, folds)."""
    values, _ = _parse(table.column(name))
    with np.errstate(invalid="ignore"):
        is_whole = np.isfinite(values) & (values >= 0) & (values < _INTEGER_END) & (values % 1 == 0)
    bad = np.flatnonzero(~is_whole)
    if len(bad) == 0:
        return values.astype(np.int64), []
    listed = [int(row) for row in bad[:MAX_LISTED]]
    shown = first_few((repr(table.column(name)[row].as_py()) for row in listed), total=len(bad))
    return np.zeros(len(values), dtype=np.int64), [
        Problem(
            where=f"{shown_as}, {_rows(bad)}, column `{name}`",
            expected="a whole number, 0 or larger",
            found=shown,
            next_step="Number them 0, 1, 2, …",
        )
    ]


def _parse(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Numbers of a column, and the rows whose cell is not a number at all."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        numbers = column.cast(pa.float64(), safe=False) if _is_number(column.type) else None
        if numbers is None:
            return np.full(len(column), np.nan), np.arange(len(column))
        return numbers.to_numpy(zero_copy_only=False), np.array([], dtype=np.int64)
    trimmed = pc.utf8_trim_whitespace(column)
    try:
        return pc.cast(trimmed, pa.float64()).to_numpy(), np.array([], dtype=np.int64)
    except pa.ArrowInvalid:
        return _parse_in_blocks(trimmed)


def _parse_in_blocks(
    texts: pa.ChunkedArray,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """As :func:`_parse`, cell by cell only where a block holds a cell that is not a number."""
    values = np.full(len(texts), np.nan)
    bad: list[int] = []
    for start in range(0, len(texts), _BLOCK):
        block = texts.slice(start, _BLOCK)
        try:
            values[start : start + len(block)] = pc.cast(block, pa.float64()).to_numpy()
            continue
        except pa.ArrowInvalid:
            parsed = [_number(text) for text in block.to_pylist()]
        bad += [start + row for row, value in enumerate(parsed) if value is None]
        values[start : start + len(block)] = [np.nan if v is None else v for v in parsed]
    return values, np.array(bad, dtype=np.int64)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _number(text: str | None) -> float | None:
    """One cell as a number by Arrow's rules, which know no underscores or other scripts."""
    if text is None:
        return float("nan")
    try:
        value = pa.scalar(text).cast(pa.float64()).as_py()
    except pa.ArrowInvalid:
        return None
    return float(value)


def _rows(rows: npt.NDArray[np.int64]) -> str:
    listed = [int(row) + _HEADER_LINES for row in rows[:MAX_LISTED]]
    return "row " + first_few(listed, total=len(rows))


# Exact coverage: the ids of a submission are the ids of the task, each once per seed


def coverage_problems(
    ids: Sequence[str],
    *,
    expected: Collection[str],
    where: str,
    elsewhere: Mapping[str, Collection[str]] | None = None,
) -> list[Problem]:
    """Compare ids with the expected set.

    Args:
        ids: Ids of one seed (or one fold repeat), in file order.
        expected: Ids that must occur, each exactly once.
        where: File, and seed or repeat, for the messages.
        elsewhere: Other id sets by name (``training``), to recognise a mix-up.

    Returns:
        Missing, unknown and repeated ids, one problem each; empty when the cover is exact.

    Example:
        >>> [str(p) for p in coverage_problems(["a", "b", "b"], expected={"a", "b"}, where="p.csv")]
        ['p.csv: expected every id once; found 1 repeated (b). Keep one row per id.']
    """
    if not isinstance(expected, frozenset):
        expected = frozenset(expected)
    if len(ids) == len(expected) and expected.issuperset(ids) and len(set(ids)) == len(ids):
        return []
    different = set(ids)
    missing = sorted(expected - different)
    unknown = sorted(different - expected)
    repeated = sorted(_repeated(ids)) if len(different) < len(ids) else []
    mixed_up = _mixed_up(len(expected), missing, unknown, elsewhere or {}, where)
    if mixed_up is not None:
        return [mixed_up]
    changed = changed_ids(missing, unknown)
    problems = []
    if missing:
        problems.append(
            Problem(
                where=where,
                expected=f"a row for each of the {len(expected):,} ids",
                found=f"{len(expected) - len(missing):,} of them; {len(missing):,} missing "
                f"({first_few(missing)})",
                next_step=changed or "Add rows for the missing ids.",
            )
        )
    if unknown:
        problems.append(
            Problem(
                where=where,
                expected="only ids of this task's test set" if elsewhere else "only known ids",
                found=f"{len(unknown):,} unknown ({first_few(unknown)})",
                next_step=_unknown_hint(unknown, elsewhere or {}, changed),
            )
        )
    if repeated:
        problems.append(
            Problem(
                where=where,
                expected="every id once",
                found=f"{len(repeated):,} repeated ({first_few(repeated)})",
                next_step="Keep one row per id.",
            )
        )
    return problems


def _repeated(ids: Sequence[str]) -> list[str]:
    return [identifier for identifier, count in Counter(ids).items() if count > 1]


def _mixed_up(
    n_expected: int,
    missing: Sequence[str],
    unknown: Sequence[str],
    elsewhere: Mapping[str, Collection[str]],
    where: str,
) -> Problem | None:
    """One letter where every id is of another part of the data: nothing else is wrong then."""
    for name, others in elsewhere.items():
        if unknown and len(missing) == n_expected and set(unknown) <= set(others):
            asked = "the test ids" if name == "training" else "those that are asked for"
            return Problem(
                where=where,
                expected=f"a row for each of the {n_expected:,} ids to predict",
                found=f"{len(unknown):,} {name} ids and none of these ({first_few(unknown)})",
                next_step=f"You sent the {name} ids: send predictions for {asked}.",
            )
    return None


def _unknown_hint(
    unknown: Sequence[str], elsewhere: Mapping[str, Collection[str]], changed: str | None
) -> str:
    for name, others in elsewhere.items():
        shared = len(set(unknown) & set(others))
        if shared:
            return f"{shared:,} of them are {name} ids; send predictions for the test ids."
    return changed or "Remove these rows."


# Ids of a task in their order: made once, they place the rows of many files without reading one


Places = npt.NDArray[np.int64]


class KnownIds(frozenset[str]):
    """A set of ids that also knows their ascending order.

    Example:
        >>> known = KnownIds(["b", "a"])
        >>> known.places(pa.array(["b", "b", "a"])), known.places(pa.array(["c"]))
        (array([1, 1, 0]), None)
    """

    _given: Sequence[str]

    def __new__(cls, ids: Iterable[str] = ()) -> Self:
        """A set of ids, best given in their order: sorting a million texts takes a second."""
        given = list(ids)
        made = super().__new__(cls, given)
        made._given = given
        return made

    @classmethod
    def of(cls, ids: Collection[str]) -> KnownIds:
        """The ids as such a set, which they may be already."""
        return ids if isinstance(ids, cls) else cls(ids)

    @cached_property
    def in_order(self) -> pa.Array:
        """The ids, ascending."""
        ordered = sorted(self._given)
        return pa.array(ordered if len(ordered) == len(self) else sorted(self), type=pa.string())

    def in_turns(self, n_turns: int) -> pa.Array:
        """The ids, ascending, several times over; the same array for every file of one turn."""
        return self.in_order if n_turns == 1 else pa.concat_arrays([self.in_order] * n_turns)

    def places(self, ids: pa.Array) -> Places | None:
        """Place of every id in the ascending order; None where one of them is not known."""
        # A file often has them in order, which is seen at once.
        if ids.equals(self.in_order):
            return np.arange(len(ids))
        found = pc.index_in(ids, value_set=self.in_order)
        if found.null_count:
            return None
        places: Places = found.to_numpy().astype(np.int64)
        return places

    def exact_order(self, ids: pa.Array, turns: Places, n_turns: int) -> Places | None:
        """The rows by turn and id, where every turn has every id once; else None.

        Args:
            ids: Id of every row.
            turns: Turn of every row, 0 … n_turns − 1: which seed of the submission it is of.
            n_turns: Number of turns.
        """
        n_rows = n_turns * len(self)
        if len(ids) != n_rows:
            return None
        places = self.places(ids)
        if places is None:
            return None
        places += turns * len(self)
        # As many rows as places: none is left empty where none is taken twice.
        order = np.full(n_rows, -1)
        order[places] = np.arange(n_rows)
        return None if (order < 0).any() else order


def text_ranks(texts: pa.Array) -> Places:
    """Rank of every text among the different ones, from 0 upwards.

    Example:
        >>> text_ranks(pa.array(["b", "a", "b"]))
        array([1, 0, 1])
    """
    encoded = texts.dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    of_rows: Places = ranks[encoded.indices.to_numpy()]
    return of_rows


# A checked prediction file: columns as they were read, and the same as a pandas frame


@dataclass(frozen=True, kw_only=True)
class PredictionTable:
    """A checked prediction file.

    Attributes:
        path: The file.
        sha256: As :func:`predictions_sha256` gives it.
        columns: Name → values of all rows, which are sorted by seed and id (or scheme, repeat,
            fold and id): texts as an Arrow array, numbers as a NumPy array.
        remarks: How the file was read, where there is more than one way; sentences.
    """

    path: Path
    sha256: str
    columns: Mapping[str, Any] = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.columns["id"])

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The same as a frame, made when it is first asked for."""
        return frame_of(self.columns)


OFFSETS_FILE = "offset_predictions.parquet"
"""Energies beside ``predictions.parquet`` that the scored ones are brought to one zero with."""


def predictions_sha256(path: Path) -> str:
    """SHA-256 of a file of predictions; where offset predictions lie beside it, of both hashes.

    The score rests on both, so that either of them changes what identifies it.
    """
    digest, beside = sha256_file(path), path.with_name(OFFSETS_FILE)
    if not path.name.startswith("predictions.") or not beside.is_file():
        return digest
    return sha256_bytes(f"{digest}\n{sha256_file(beside)}".encode())


def frame_of(columns: Mapping[str, Any]) -> pd.DataFrame:
    """A pandas frame of columns that are Arrow arrays of text or NumPy arrays."""
    import numpy as np
    import pandas as pd

    return pd.DataFrame(
        {
            name: values if isinstance(values, np.ndarray) else pd.array(values, dtype="str")
            for name, values in columns.items()
        }
    )


# Out-of-fold predictions held to the frozen folds: every entry in its fold, once a repeat


Columns = Mapping[str, Any]
"""``scheme, repeat, fold, id`` of rows: texts as an Arrow array, whole numbers as a NumPy array."""


class FrozenFolds:
    """The frozen folds of a dataset version, made ready to hold many files to them.

    Args:
        table: One row for every entry of every repeat: ``scheme, repeat, fold, id``.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    @property
    def n_rows(self) -> int:
        """Rows of all schemes and repeats."""
        return len(self.table)

    def exact_order(self, columns: Columns) -> Places | None:
        """The rows by scheme, repeat, fold and id, where they are the frozen ones; else None.

        Rows of a scheme must be all of it. Which rows are wrong costs far more to say: see
        :meth:`problems`.
        """
        keys = self._keys_of(columns)
        if keys is None:
            return None
        order: Places = np.argsort(keys, kind="stable")
        mine, per_scheme = keys[order], self._sizes[0] * self._sizes[1] * self._sizes[2]
        frozen = self._frozen[np.isin(self._frozen // per_scheme, np.unique(mine // per_scheme))]
        return order if np.array_equal(mine, frozen) else None

    @cached_property
    def _schemes(self) -> KnownIds:
        return KnownIds(_texts(self.table["scheme"]).unique().to_pylist())

    @cached_property
    def _ids(self) -> KnownIds:
        return KnownIds(_texts(self.table["id"]).unique().to_pylist())

    @cached_property
    def _sizes(self) -> tuple[int, int, int]:
        """One more than the last repeat and fold, and the number of ids."""
        if self.table.empty:
            return 1, 1, 1
        return (
            int(self.table["repeat"].max()) + 1,
            int(self.table["fold"].max()) + 1,
            len(self._ids),
        )

    @cached_property
    def _frozen(self) -> Places:
        """Keys of the frozen rows, ascending."""
        columns = {
            "scheme": _texts(self.table["scheme"]),
            "repeat": self.table["repeat"].to_numpy(np.int64),
            "fold": self.table["fold"].to_numpy(np.int64),
            "id": _texts(self.table["id"]),
        }
        keys = self._keys_of(columns)
        return np.sort(keys) if keys is not None else np.empty(0, dtype=np.int64)

    def _keys_of(self, columns: Columns) -> Places | None:
        """One number a row, which orders rows as their keys do; None where a key is not frozen."""
        schemes, ids = self._schemes.places(columns["scheme"]), self._ids.places(columns["id"])
        repeats, folds = columns["repeat"], columns["fold"]
        n_repeats, n_folds, n_ids = self._sizes
        if (
            schemes is None
            or ids is None
            or (repeats >= n_repeats).any()
            or (folds >= n_folds).any()
        ):
            return None
        keys: Places = ((schemes * n_repeats + repeats) * n_folds + folds) * n_ids + ids
        return keys

    def problems(self, columns: Columns, file: str) -> list[Problem]:
        """What keeps rows from being the frozen ones.

        Args:
            columns: The rows.
            file: The file as messages name it.

        Returns:
            Unknown schemes and repeats, entries missing, unknown or repeated, and entries in
            another fold.
        """
        folds = self.table
        rows = frame_of(columns)
        known = set(folds["scheme"])
        problems = []
        unknown_schemes = sorted(set(rows["scheme"]) - known)
        if unknown_schemes:
            problems.append(
                Problem(
                    where=f"{file}, column `scheme`",
                    expected=f"one of {', '.join(sorted(known))}",
                    found=first_few(map(repr, unknown_schemes)),
                    next_step="Use the frozen folds in folds.parquet of the dataset version.",
                )
            )
        frozen = folds[folds["scheme"].isin(rows["scheme"].unique())]
        for (scheme, repeat), part in frozen.groupby(["scheme", "repeat"], observed=True):
            mine = rows[(rows["scheme"] == scheme) & (rows["repeat"] == repeat)]
            where = f"{file}, scheme {scheme}, repeat {repeat}"
            cover = coverage_problems(mine["id"].tolist(), expected=set(part["id"]), where=where)
            problems += cover
            if cover:
                continue
            both = mine.merge(part, on="id", suffixes=("", "_frozen"))
            wrong = both[both["fold"] != both["fold_frozen"]]
            if len(wrong):
                problems.append(
                    Problem(
                        where=f"{where}, id {wrong['id'].iloc[0]}",
                        expected=f"fold {wrong['fold_frozen'].iloc[0]}",
                        found=f"fold {wrong['fold'].iloc[0]} ({len(wrong)} rows differ)",
                        next_step="Predict each entry from the training part of its frozen fold.",
                    )
                )
        extra = rows.merge(
            folds[["scheme", "repeat"]].drop_duplicates(), how="left", indicator=True
        )
        unknown = extra[(extra["_merge"] == "left_only") & extra["scheme"].isin(known)]
        if len(unknown):
            problems.append(
                Problem(
                    where=f"{file}, column `repeat`",
                    expected=f"repeats {sorted(set(folds['repeat']))}",
                    found=first_few(sorted(set(unknown["repeat"]))),
                    next_step="Remove the rows of the other repeats.",
                )
            )
        return problems


def _texts(column: pd.Series) -> pa.Array:
    """A column of text as one Arrow array; pandas hands it over in chunks or as objects."""
    texts = pa.array(column, type=pa.string())
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


# What works for predicted numbers alone: formats of other projects, folds, notebooks


def require_numbers(task: Task, *, where: str) -> None:
    """Refuse a task whose submissions hold arrays.

    Args:
        task: The task.
        where: What was asked for, for the letter.

    Raises:
        ConfigError: It predicts paths, or energies and forces.
    """
    if task.predicts == "values":
        return
    raise ConfigError(
        Problem(
            where=where,
            expected="a task that predicts one number per target and entry",
            found=f"{task.name}, whose submissions hold {task.predicts}",
            next_step=f"`ionladder new {task.name} NAME` writes a template of its file.",
        )
    )


# Reading a contributor's CSV or parquet into text or numbers, before anything is believed


MAX_FILE_BYTES = 50_000_000
_MAX_HEADER = 64 * 1024
_MAX_RAGGED = 100
_PIECE = 1 << 20
_LARGEST_BLOCK = 1 << 20
_SUFFIXES = (".csv", ".parquet")


def find_table(folder: Path, stem: str, *, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """Find ``<stem>.csv`` or ``<stem>.parquet`` in a folder: exactly one, a regular file.

    Returns:
        The path and no problems; None and no problems when there is no such file; or None and
        the problems found.
    """
    paths = [folder / f"{stem}{suffix}" for suffix in _SUFFIXES]
    present = [path for path in paths if path.is_symlink() or path.exists()]
    if len(present) > 1:
        return None, [
            Problem(
                where=shown_as,
                expected=f"one of {stem}.csv and {stem}.parquet",
                found="both",
                next_step="Keep the one that holds the final predictions.",
            )
        ]
    if not present:
        return None, []
    path = present[0]
    if path.is_symlink() or not path.is_file():
        return None, [
            Problem(
                where=f"{shown_as}/{path.name}",
                expected="a regular file",
                found="a link or special file",
                next_step="Put the file itself here.",
            )
        ]
    return path, []


def read_table(
    path: Path, *, shown_as: str, allowed: Sequence[str], max_rows: int
) -> tuple[pa.Table | None, list[Problem]]:
    """Read a CSV (every cell as text) or a parquet file (types as stored).

    Size, column names and row count are checked before the data are loaded, because a small
    compressed file can hold a very large table.

    Args:
        path: The file.
        shown_as: Its path as the contributor knows it.
        allowed: Column names that may occur; others are not loaded, and reported by the caller.
        max_rows: Largest sensible number of rows.

    Returns:
        The table and no problems, or None and the problems found.
    """
    size = path.stat().st_size
    if size == 0:
        return None, [
            Problem(
                where=shown_as,
                expected=f"a header line with {', '.join(allowed[:2])}, …",
                found="an empty file",
                next_step="Write one row per id; `ionladder new` makes a template with all ids.",
            )
        ]
    if size > MAX_FILE_BYTES:
        return None, [
            Problem(
                where=shown_as,
                expected=f"at most {MAX_FILE_BYTES // 1_000_000} MB",
                found=f"{size // 1_000_000} MB",
                next_step="Keep only the columns and rows that the task asks for.",
            )
        ]
    if path.suffix == ".csv":
        return _read_csv(path, shown_as, max_rows)
    return read_parquet(path, shown_as, allowed, max_rows)


def _read_csv(path: Path, shown_as: str, max_rows: int) -> tuple[pa.Table | None, list[Problem]]:
    try:
        _require_utf8(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader([stream.readline(_MAX_HEADER)]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    found_problems = header_problems(header, shown_as)
    if found_problems:
        return None, found_problems
    ragged: list[pa_csv.InvalidRow] = []

    def keep_note(row: pa_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if len(ragged) < _MAX_RAGGED else "error"

    try:
        # In memory of Arrow's own: its reading thread may outlive this call, and must not have to
        # wait for an interpreter that is shutting down.
        copy = pa.BufferOutputStream()
        copy.write(path.read_bytes())
        with pa.BufferReader(copy.getvalue()) as data:
            table = pa_csv.read_csv(
                data,
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    column_names=header,
                    skip_rows=1,
                    encoding="utf8",
                    # Arrow fills a whole block: for a small file it would mostly be empty.
                    block_size=min(path.stat().st_size, _LARGEST_BLOCK),
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=keep_note),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
                ),
            )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        if len(ragged) >= _MAX_RAGGED:
            return None, [_ragged_problem(ragged, header, shown_as)]
        return None, [unreadable(shown_as, "a CSV file in UTF-8", str(error))]
    problems = [_ragged_problem(ragged, header, shown_as)] if ragged else []
    problems += row_count_problems(table.num_rows, max_rows, shown_as)
    return (None, problems) if problems else (table, [])


def _require_utf8(path: Path) -> None:
    """Raise UnicodeDecodeError here: Arrow, on its way to a ragged row, would only print one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
    decoder.decode(b"", final=True)


def _ragged_problem(
    ragged: Sequence[pa_csv.InvalidRow], header: Sequence[str], shown_as: str
) -> Problem:
    """Rows of another length than the header; reading ends at the hundredth of them."""
    lines = first_few(row.number for row in ragged)
    return Problem(
        where=f"{shown_as}, line {lines}",
        expected=f"{len(header)} cells in every row, as in the header",
        found=f"{ragged[0].actual_columns} in the first of these rows",
        next_step="Use a point for decimals, a comma between cells, and quote text "
        "that holds commas.",
    )


# Predictions of one submission: read, checked for exact coverage, sorted by seed and id


PREDICTIONS_STEM = "predictions"
CV_STEM = "cv_predictions"
MAX_SEEDS = 100
# A standard deviation of zero claims to know the answer, and has no likelihood when it is wrong.
_SMALLEST_STD, _LARGEST_STD = 1e-6, 1e6


def read_predictions(
    folder: Path,
    task: Task,
    *,
    test_ids: Collection[str],
    train_ids: Collection[str],
    shown_as: str,
) -> tuple[PredictionTable | None, list[Problem]]:
    """Read ``predictions.csv`` or ``.parquet`` and check it against the task.

    Columns of the result: ``id``, ``seed`` (0 where the file has none), one float64 column per
    target, and ``<target>_std`` where given.

    Returns:
        The table and no problems, or None and all the problems found.
    """
    targets = [target.name for target in task.targets]
    optional = [*(f"{name}_std" for name in targets), "seed"]
    table, path, problems = _open(
        folder,
        PREDICTIONS_STEM,
        required=["id", *targets],
        optional=optional,
        max_rows=max(len(test_ids), 1) * MAX_SEEDS,
        shown_as=shown_as,
    )
    if path is None and not problems:
        problems = [
            Problem(
                where=shown_as,
                expected=f"{PREDICTIONS_STEM}.csv or {PREDICTIONS_STEM}.parquet",
                found="neither",
                next_step=f"`ionladder new {task.name} NAME` writes a template with all ids.",
            )
        ]
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    ids, problems = text_column(table, "id", shown_as=file)
    if problems:
        return None, problems
    seeds, problems = _seeds(table, file)
    columns: dict[str, Any] = {"seed": seeds}
    for column, values, found in _target_columns(table, task, ids, file):
        columns[column] = values
        problems += found
    different, turns = _turns(seeds)
    if len(different) > MAX_SEEDS:
        problems.append(_too_many_seeds(len(different), file))
    known = KnownIds.of(test_ids)
    order = known.exact_order(ids, turns, len(different))
    if order is None:
        is_only = "seed" not in table.column_names
        for turn, seed in enumerate(different[:MAX_SEEDS]):
            problems += coverage_problems(
                ids.filter(turns == turn).to_pylist(),
                expected=known,
                where=file if is_only else f"{file}, seed {seed}",
                elsewhere={"training": train_ids},
            )
    if problems or order is None:
        return None, problems
    columns = {"id": known.in_turns(len(different)), **_ordered(columns, order)}
    return PredictionTable(path=path, sha256=sha256_file(path), columns=columns), []


def read_cv_predictions(
    folder: Path,
    task: Task,
    *,
    folds: FrozenFolds,
    shown_as: str,
) -> tuple[PredictionTable | None, list[Problem]]:
    """Read optional ``cv_predictions`` and check them against the frozen folds.

    Args:
        folder: The submission.
        task: Its task.
        folds: The frozen folds.
        shown_as: Path of the folder for messages.

    Returns:
        The table (columns ``scheme, repeat, fold, id`` and the targets), or None when the
        submission has no such file; and the problems found.
    """
    targets = [target.name for target in task.targets]
    table, path, problems = _open(
        folder,
        CV_STEM,
        required=["scheme", "repeat", "fold", "id", *targets],
        optional=[],
        max_rows=max(folds.n_rows, 1),
        shown_as=shown_as,
    )
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    schemes, problems = text_column(table, "scheme", shown_as=file)
    ids, found = text_column(table, "id", shown_as=file)
    problems += found
    if problems:
        return None, problems
    columns: dict[str, Any] = {"scheme": schemes, "id": ids}
    for name in ("repeat", "fold"):
        columns[name], found = integer_column(table, name, shown_as=file)
        problems += found
    for column, values, found in _target_columns(table, task, ids, file):
        columns[column] = values
        problems += found
    if problems:
        return None, problems
    order = folds.exact_order(columns)
    if order is None:
        return None, folds.problems(columns, file)
    columns = _ordered(columns, order)
    return PredictionTable(path=path, sha256=sha256_file(path), columns=columns), []


def _open(
    folder: Path,
    stem: str,
    *,
    required: list[str],
    optional: list[str],
    max_rows: int,
    shown_as: str,
) -> tuple[pa.Table | None, Path | None, list[Problem]]:
    path, problems = find_table(folder, stem, shown_as=shown_as)
    if path is None:
        return None, None, problems
    file = f"{shown_as}/{path.name}"
    table, problems = read_table(
        path, shown_as=file, allowed=[*required, *optional], max_rows=max_rows
    )
    if table is not None:
        problems = column_problems(
            table.column_names, required=required, optional=optional, shown_as=file
        )
    return (None, path, problems) if problems else (table, path, [])


def _seeds(table: pa.Table, file: str) -> tuple[np.ndarray, list[Problem]]:
    if "seed" not in table.column_names:
        return np.zeros(table.num_rows, dtype=np.int64), []
    return integer_column(table, "seed", shown_as=file)


def _turns(seeds: Places) -> tuple[Places, Places]:
    """The different seeds, ascending, and which of them every row is of."""
    if not seeds.any():
        return seeds[:1], seeds
    different, turns = np.unique(seeds, return_inverse=True)
    return different, turns


def _too_many_seeds(found: int, file: str) -> Problem:
    return Problem(
        where=f"{file}, column `seed`",
        expected=f"at most {MAX_SEEDS} seeds",
        found=str(found),
        next_step="Number the seeds 0, 1, 2, …, the same number for all rows of one training.",
    )


def _target_columns(
    table: pa.Table, task: Task, ids: pa.Array, file: str
) -> list[tuple[str, np.ndarray, list[Problem]]]:
    found = []
    for target in task.targets:
        low, high = target.plausible
        ranges = {target.name: (low, high), f"{target.name}_std": (_SMALLEST_STD, _LARGEST_STD)}
        for column, (smallest, largest) in ranges.items():
            if column not in table.column_names:
                continue
            is_target = column == target.name
            values, problems = number_column(
                table,
                column,
                shown_as=file,
                ids=ids,
                low=smallest,
                high=largest,
                unit=target.unit if is_target else target.error_unit,
                guess=partial(unit_guess, target=target, where=f"{file}, column `{column}`")
                if is_target
                else None,
            )
            found.append((column, values, problems))
    return found


def _ordered(columns: dict[str, Any], order: Places) -> dict[str, Any]:
    """Columns with their rows in an order, in which most files have them already."""
    if np.array_equal(order, np.arange(len(order))):
        return columns
    return {name: values.take(order) for name, values in columns.items()}


# Tasks scored on the frozen folds: which out-of-fold predictions are scored, and what is missing


_OUT_OF_FOLD_KEYS = ("scheme", "repeat", "fold", "id")


def scored_table(cv_predictions: PredictionTable, scheme: str) -> PredictionTable:
    """Out-of-fold predictions of one scheme as scoring takes them: one seed for each repeat.

    Args:
        cv_predictions: Checked rows ``scheme, repeat, fold, id`` and the targets.
        scheme: The fold scheme that the task is scored on.

    Returns:
        The same file with rows ``id``, ``seed`` (the repeat) and the targets, sorted by seed and
        id; empty where the file has no row of the scheme.
    """
    columns = cv_predictions.columns
    targets = [name for name in columns if name not in _OUT_OF_FOLD_KEYS]
    rows = np.flatnonzero(pc.equal(columns["scheme"], scheme).to_numpy(zero_copy_only=False))
    seeds = columns["repeat"][rows]
    order = rows[np.lexsort((text_ranks(columns["id"].take(rows)), seeds))]
    return PredictionTable(
        path=cv_predictions.path,
        sha256=cv_predictions.sha256,
        columns={
            "id": columns["id"].take(order),
            "seed": columns["repeat"][order],
            **{name: columns[name][order] for name in targets},
        },
    )


def absent_folds(task: Task, scheme: str, *, shown_as: str) -> Problem:
    """The letter about a submission without predictions on the folds that are scored.

    Args:
        task: The task.
        scheme: The fold scheme that it is scored on.
        shown_as: Path of the folder, or of the file that lacks the scheme.
    """
    return Problem(
        where=shown_as,
        expected=f"{CV_STEM}.csv or {CV_STEM}.parquet with every repeat of {scheme}",
        found="no row of that scheme",
        next_step=f"This task is scored on the frozen folds: give {CV_STEM} with the columns "
        f"{', '.join([*_OUT_OF_FOLD_KEYS, *(target.name for target in task.targets)])}. "
        f"`ionladder new {task.name} NAME` writes a template.",
    )


def unused_predictions(folder: Path, *, shown_as: str) -> list[Problem]:
    """A problem for each file of test predictions, which such a task has no use for."""
    names = [f"{PREDICTIONS_STEM}.csv", f"{PREDICTIONS_STEM}.parquet"]
    return [
        Problem(
            where=f"{shown_as}/{name}",
            expected=f"no such file: this task is scored on the frozen folds, from {CV_STEM}",
            found="a file that is not used here",
            next_step=f"Remove it; put out-of-fold predictions of the training entries into "
            f"{CV_STEM}.csv.",
        )
        for name in names
        if (folder / name).exists() or (folder / name).is_symlink()
    ]


# Writing a submission folder: the same bytes for the same predictions


DECIMALS = 6


def write_submission(
    folder: Path,
    *,
    card: dict[str, Any],
    predictions: pd.DataFrame | None,
    cv_predictions: pd.DataFrame | None = None,
) -> None:
    """Write ``submission.yaml``, ``predictions.csv`` and ``cv_predictions.parquet``.

    Floats are rounded to six decimals, rows sorted by seed and id (or scheme, repeat, fold, id).

    Args:
        folder: Submission folder; made if missing, its three files replaced.
        card: Fields of ``submission.yaml``; missing optional fields are left out of the file.
        predictions: Columns ``id``, targets, and optionally ``<target>_std`` and ``seed``; None
            for a task that is scored on folds.
        cv_predictions: Columns ``scheme, repeat, fold, id`` and targets, or None.

    Raises:
        pydantic.ValidationError: The card is not valid (an error of the caller).
    """
    Card.model_validate(card)
    write_text(folder / CARD_FILE, to_yaml(card))
    write_tables(folder, predictions=predictions, cv_predictions=cv_predictions)


def write_tables(
    folder: Path, *, predictions: pd.DataFrame | None, cv_predictions: pd.DataFrame | None
) -> None:
    """Write the tables of a submission without its card, as :func:`write_submission` does."""
    if predictions is not None:
        _write_csv(folder / f"{PREDICTIONS_STEM}.csv", predictions)
    if cv_predictions is not None:
        _write_cv(folder / f"{CV_STEM}.parquet", cv_predictions)


def to_yaml(card: dict[str, Any]) -> str:
    """A card as YAML in the order given, without the fields that are not stated."""
    stated = {name: value for name, value in card.items() if value is not None}
    return yaml.safe_dump(stated, sort_keys=False, allow_unicode=True, width=100)


def _write_csv(path: Path, predictions: pd.DataFrame) -> None:
    keys = [name for name in ("seed", "id") if name in predictions.columns]
    ordered = predictions.sort_values(keys, kind="stable").round(DECIMALS)
    columns = ["id", *(name for name in ordered.columns if name != "id")]
    text = ordered[columns].to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
    write_text(path, text)


def _write_cv(path: Path, cv_predictions: pd.DataFrame) -> None:
    import pyarrow as pa

    from ionladder.repo import write_parquet

    keys = ["scheme", "repeat", "fold", "id"]
    targets = [name for name in cv_predictions.columns if name not in keys]
    columns = {
        "scheme": pa.array(cv_predictions["scheme"].astype(str), type=pa.string()),
        "repeat": pa.array(cv_predictions["repeat"].astype("int8")),
        "fold": pa.array(cv_predictions["fold"].astype("int8")),
        "id": pa.array(cv_predictions["id"].astype(str), type=pa.string()),
        **{name: pa.array(cv_predictions[name].astype(float).round(DECIMALS)) for name in targets},
    }
    write_parquet(path, pa.table(columns), sort_by=keys, metadata={})
