"""Predictions of one submission: read, checked for exact coverage, sorted; written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from ionladder.errors import ConfigError, Problem, first_few, worded
from ionladder.repo import sha256_bytes, sha256_file, write_parquet, write_text
from ionladder.specs import Task
from ionladder.submit import tables
from ionladder.submit.card import CARD_FILE, Card
from ionladder.submit.tables import Places

if TYPE_CHECKING:
    import pandas as pd

PREDICTIONS_STEM = "predictions"
CV_STEM = "cv_predictions"
#: Energies beside ``predictions.parquet`` that the scored ones are brought to one zero with.
OFFSETS_FILE = "offset_predictions.parquet"
FOLD_KEYS = ("scheme", "repeat", "fold", "id")
MAX_SEEDS = 100
DECIMALS = 6


# Ids: those of a submission are those of the task, each once per seed


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
    wanted = expected if isinstance(expected, frozenset) else frozenset(expected)
    different = set(ids)
    if len(ids) == len(wanted) == len(different) and wanted.issuperset(different):
        return []
    missing, unknown = sorted(wanted - different), sorted(different - wanted)
    others = {name: different.intersection(them) for name, them in (elsewhere or {}).items()}
    for name, shared in others.items():
        # One problem where every id is of another part of the data: nothing else is wrong then.
        if unknown and len(missing) == len(wanted) and shared.issuperset(unknown):
            asked = "the test ids" if name == "training" else "those that are asked for"
            facts = {"of": len(wanted), "n": len(unknown), "part": name, "asked": asked}
            return [worded("ids-of-another-part", where, ids=first_few(unknown), **facts)]
    problems = []
    changed = changed_ids(missing, unknown)
    if missing:
        n_found = len(wanted) - len(missing)
        facts = {"of": f"{len(wanted):,}", "n": f"{n_found:,}", "missing": f"{len(missing):,}"}
        facts |= {"ids": first_few(missing), "step": changed or "Add rows for the missing ids."}
        problems.append(worded("ids-missing", where, **facts))
    if unknown:
        only = "only ids of this task's test set" if elsewhere else "only known ids"
        step = changed or "Remove these rows."
        for name, shared in reversed(others.items()):
            if n_shared := len(shared.intersection(unknown)):
                step = f"{n_shared:,} of them are {name} ids; send predictions for the test ids."
        found = f"{len(unknown):,} unknown ({first_few(unknown)})"
        problems.append(Problem(where, only, found, step))
    if repeated := sorted(name for name, times in Counter(ids).items() if times > 1):
        facts = {"n": f"{len(repeated):,}", "ids": first_few(repeated)}
        problems.append(worded("ids-repeated", where, **facts))
    return problems


def once(problems: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """Problems of several parts of a file, each different one once, with the parts that have it.

    Args:
        problems: Part (``seed 3``; empty for the whole file) → its problems.
    """
    parts: dict[tuple[str, ...], list[str]] = {}
    for part, found in problems.items():
        for problem in found:
            parts.setdefault(tuple(vars(problem).values()), []).append(part)
    return [
        Problem(f"{where}, {first_few(names)}" if any(names) else where, *texts)
        for (where, *texts), names in parts.items()
    ]


#: How ids are changed on their way → words for one of them, for several, and what to do.
_BY = "by a spreadsheet"
_AS_WRITTEN = "send ids as the task writes them"
_CHANGES = {
    "number": (f" turned into a number {_BY}", f"turned into numbers {_BY}", "keep ids as text"),
    "padded": (" zero-padded", "zero-padded", _AS_WRITTEN),
    "ending": (" with an ending", "given an ending", _AS_WRITTEN),
    "case": ("", "written otherwise", "ids are case-sensitive, without blanks"),
    "slip": (" mistyped", "mistyped", "correct it by the task's ids"),
}


def changed_ids(missing: Collection[str], unknown: Sequence[str]) -> str | None:
    """How ids were changed on their way, with an example, or None.

    Args:
        missing: Ids that were expected and did not come.
        unknown: Ids that came and were not expected.

    Example:
        >>> changed_ids(["019", "5e2"], ["19"])
        "'19' looks like '019' turned into a number by a spreadsheet: keep ids as text."
        >>> changed_ids(["miller_1_1_0"], ["miller_1_0_1"])
        "'miller_1_0_1' looks like 'miller_1_1_0' mistyped: correct it by the task's ids."
        >>> changed_ids(["19", "20"], ["0019", "0020"])
        "2 of yours look zero-padded ('0019' for '19'): send ids as the task writes them."
    """
    by_value = {_as_number(name): name for name in missing}
    by_value.pop(None, None)
    by_fold = {name.strip().casefold(): name for name in missing}
    pairs: dict[str, list[tuple[str, str]]] = {}
    known = set(missing)
    for other in unknown:
        stem = re.sub(r"\.(?:cif|vasp|json|xyz|poscar)$", "", other, flags=re.IGNORECASE)
        if stem in known:
            pairs.setdefault("ending", []).append((other, stem))
            continue
        if (original := by_value.get(_as_number(other))) is not None:
            is_padded = other.lstrip("0") == original.lstrip("0") and len(other) > len(original)
            pairs.setdefault("padded" if is_padded else "number", []).append((other, original))
        elif (original := by_fold.get(other.strip().casefold())) is not None:
            pairs.setdefault("case", []).append((other, original))
        elif len(unknown) <= _MOST_SLIPS and len(missing) <= _MOST_MISSING:
            alike = [name for name in missing if _is_slip(other, name)]
            if len(alike) == 1:
                pairs.setdefault("slip", []).append((other, alike[0]))
    if not pairs:
        return None
    kind, found = max(pairs.items(), key=lambda item: len(item[1]))
    one, several, step = _CHANGES[kind]
    other, original = found[0]
    if len(found) == 1:
        return f"{other!r} looks like {original!r}{one}: {step}."
    return f"{len(found):,} of yours look {several} ({other!r} for {original!r}): {step}."


_MOST_SLIPS, _MOST_MISSING, _SHORTEST = 20, 1000, 4


def _n_shared(one: str, other: str) -> int:
    """Characters that two texts have in common from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _is_slip(one: str, other: str) -> bool:
    """Whether two ids differ by one character, or by the order of neighbouring ones."""
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    begin = _n_shared(one, other)
    end = _n_shared(one[begin:][::-1], other[begin:][::-1])
    rest, others = one[begin : len(one) - end], other[begin : len(other) - end]
    return max(len(rest), len(others)) <= 1 or (
        len(rest) <= _SHORTEST and sorted(rest) == sorted(others)
    )


def _as_number(identifier: str) -> float | None:
    try:
        return float(identifier)
    except ValueError:
        return None


class KnownIds(frozenset[str]):
    """A set of ids that also knows their ascending order: made once, it places rows of many files.

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
        return None if found.null_count else found.to_numpy().astype(np.int64)

    def exact_order(self, ids: pa.Array, turns: Places, n_turns: int) -> Places | None:
        """The rows by turn and id, where every turn has every id once; else None.

        Args:
            ids: Id of every row.
            turns: Turn of every row, 0 … n_turns − 1: which seed of the submission it is of.
            n_turns: Number of turns.
        """
        n_rows = n_turns * len(self)
        places = self.places(ids) if len(ids) == n_rows else None
        if places is None:
            return None
        # As many rows as places: none is left empty where none is taken twice.
        order = np.full(n_rows, -1)
        order[places + turns * len(self)] = np.arange(n_rows)
        return None if (order < 0).any() else order


def text_ranks(texts: pa.Array) -> Places:
    """Rank of every text among the different ones, from 0 upwards.

    Example:
        >>> text_ranks(pa.array(["b", "a", "b"]))
        array([1, 0, 1])
    """
    known = KnownIds(texts.unique().to_pylist())
    ranks: Places = pc.index_in(texts, value_set=known.in_order).to_numpy().astype(np.int64)
    return ranks


# Out-of-fold predictions held to the frozen folds: every entry in its fold, once a repeat


class FrozenFolds:
    """The frozen folds of a dataset version, made ready to hold many files to them.

    Args:
        table: One row for every entry of every repeat: ``scheme, repeat, fold, id``.
    """

    def __init__(self, table: pd.DataFrame | pa.Table) -> None:
        if not isinstance(table, pa.Table):
            table = pa.Table.from_pandas(table[list(FOLD_KEYS)], preserve_index=False)
        texts = {key: table[key].cast(pa.string()).combine_chunks() for key in ("scheme", "id")}
        numbers = {key: table[key].to_numpy().astype(np.int64) for key in ("repeat", "fold")}
        self.columns: dict[str, Any] = {**texts, **numbers}

    @cached_property
    def _known(self) -> tuple[KnownIds, KnownIds, int, int]:
        """Schemes and ids, and one more than the last repeat and fold."""
        schemes, ids = (
            KnownIds(self.columns[key].unique().to_pylist()) for key in ("scheme", "id")
        )
        ends = [int(self.columns[key].max(initial=0)) + 1 for key in ("repeat", "fold")]
        return schemes, ids, ends[0], ends[1]

    @cached_property
    def _frozen(self) -> Places:
        """Keys of the frozen rows, ascending."""
        keys = self._keys_of(self.columns)
        return np.sort(keys) if keys is not None else np.empty(0, dtype=np.int64)

    def _keys_of(self, columns: Mapping[str, Any]) -> Places | None:
        """One number a row, which orders rows as their keys do; None where a key is not frozen."""
        known_schemes, known_ids, n_repeats, n_folds = self._known
        schemes, ids = known_schemes.places(columns["scheme"]), known_ids.places(columns["id"])
        repeats, folds = columns["repeat"], columns["fold"]
        is_beyond = (repeats >= n_repeats).any() or (folds >= n_folds).any()
        if schemes is None or ids is None or is_beyond:
            return None
        keys: Places = ((schemes * n_repeats + repeats) * n_folds + folds) * len(known_ids) + ids
        return keys

    def exact_order(self, columns: Mapping[str, Any]) -> Places | None:
        """The rows by scheme, repeat, fold and id, where they are the frozen ones; else None.

        Rows of a scheme must be all of it. Which rows are wrong costs far more to say: see
        :meth:`problems`.

        Args:
            columns: ``scheme, id`` as Arrow arrays of text, ``repeat, fold`` as NumPy arrays.
        """
        keys = self._keys_of(columns)
        if keys is None:
            return None
        order: Places = np.argsort(keys, kind="stable")
        _, ids, n_repeats, n_folds = self._known
        per_scheme = n_repeats * n_folds * len(ids)
        frozen = self._frozen[np.isin(self._frozen // per_scheme, np.unique(keys // per_scheme))]
        return order if np.array_equal(keys[order], frozen) else None

    def problems(self, columns: Mapping[str, Any], file: str) -> list[Problem]:
        """What keeps rows from being the frozen ones.

        Args:
            columns: The rows.
            file: The file as messages name it.

        Returns:
            Unknown schemes and repeats, entries missing, unknown or repeated, and entries in
            another fold.
        """
        folds, rows = frame_of(self.columns), frame_of(columns)
        ends = {k: [(t[k].min(), t[k].max()) for t in (folds, rows)] for k in ("repeat", "fold")}
        shifted = [k for k, ((a, b), found) in ends.items() if a == 0 and found == (1, b + 1)]
        if shifted:
            return [worded("numbered-from-one", f"{file}, column `{key}`") for key in shifted]
        known, problems = set(folds["scheme"]), []
        if unknown := sorted(set(rows["scheme"]) - known):
            facts = {"known": ", ".join(sorted(known)), "found": first_few(map(repr, unknown))}
            problems.append(worded("fold-scheme", f"{file}, column `scheme`", **facts))
        frozen = folds[folds["scheme"].isin(rows["scheme"].unique())]
        parts: dict[Any, pd.DataFrame] = dict(iter(rows.groupby(["scheme", "repeat"])))
        covers: dict[str, list[Problem]] = {}
        for key, part in frozen.groupby(["scheme", "repeat"], observed=True):
            mine = parts.pop(key, rows.iloc[:0])
            where = f"{file}, scheme {key[0]}, repeat {key[1]}"
            cover = coverage_problems(mine["id"].tolist(), expected=set(part["id"]), where=file)
            covers[where.removeprefix(f"{file}, ")] = cover
            if cover:
                continue
            both = mine.merge(part, on="id", suffixes=("", "_frozen"))
            wrong = both[both["fold"] != both["fold_frozen"]]
            if len(wrong):
                first = wrong.iloc[0]
                facts = {
                    "frozen": first["fold_frozen"],
                    "fold": first["fold"],
                    "n": str(len(wrong)),
                }
                problems.append(worded("fold-other", f"{where}, id {first['id']}", **facts))
        problems += once(covers)
        if extra := sorted({repeat for scheme, repeat in parts if scheme in known}):
            facts = {"known": str(sorted(set(folds["repeat"]))), "found": first_few(extra)}
            problems.append(worded("fold-repeat", f"{file}, column `repeat`", **facts))
        return problems


# A checked file


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
        """The columns as a frame, made when it is first asked for."""
        return frame_of(self.columns)


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
    import pandas as pd

    def values(column: Any) -> Any:
        return column if isinstance(column, np.ndarray) else pd.array(column, dtype="str")

    return pd.DataFrame({name: values(column) for name, column in columns.items()})


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
    target, and where given ``<target>_std`` and the task's flags (``converged``, 0 or 1).

    Returns:
        The table and no problems, or None and all the problems found.
    """
    targets = [target.name for target in task.targets]
    optional = [*(f"{name}_std" for name in targets), "seed", *task.flags]
    n_rows = max(len(test_ids), 1) * MAX_SEEDS
    required = ["id", *targets]
    table, path, problems = _open(folder, PREDICTIONS_STEM, required, optional, n_rows, shown_as)
    if path is None and not problems:
        problems = [worded("no-predictions", shown_as, task=task.name)]
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    ids, problems = tables.text_column(table, "id", shown_as=file)
    if problems:
        return None, problems
    seeds = np.zeros(table.num_rows, dtype=np.int64)
    if has_seeds := "seed" in table.column_names:
        seeds, problems = tables.integer_column(table, "seed", shown_as=file)
    numbers, found = _numbers(table, task, ids, file)
    problems += found
    different, turns = seeds[:1], seeds
    if seeds.any():
        different, turns = np.unique(seeds, return_inverse=True)
    if len(different) > MAX_SEEDS:
        facts = {"most": MAX_SEEDS, "n": str(len(different))}
        problems.append(worded("seeds-too-many", f"{file}, column `seed`", **facts))
    known = KnownIds.of(test_ids)
    order = known.exact_order(ids, turns, len(different))
    if order is None:
        by_turn, elsewhere = {}, {"training": train_ids}
        for turn, seed in enumerate(different[:MAX_SEEDS]):
            given = ids.filter(turns == turn).to_pylist()
            cover = coverage_problems(given, expected=known, where=file, elsewhere=elsewhere)
            by_turn[f"seed {seed}"] = cover
        problems += once(by_turn if has_seeds else {"": next(iter(by_turn.values()))})
    if problems or order is None:
        return None, problems
    columns = _ordered({"seed": seeds, **numbers}, order)
    columns = {"id": known.in_turns(len(different)), **columns}
    remarks = tuple(
        f"{np.sum(columns[flag] == 0)} of {order.size} predictions are marked as not {flag}."
        for flag in task.flags
        if flag in columns and not np.all(columns[flag])
    )
    digest = sha256_file(path)
    return PredictionTable(path=path, sha256=digest, columns=columns, remarks=remarks), []


def read_cv_predictions(
    folder: Path, task: Task, *, folds: FrozenFolds, shown_as: str
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
    required = [*FOLD_KEYS, *(target.name for target in task.targets)]
    table, path, problems = _open(
        folder, CV_STEM, required, [], max(len(folds.columns["id"]), 1), shown_as
    )
    if table is None or path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    columns: dict[str, Any] = {}
    for name in ("scheme", "id"):
        columns[name], found = tables.text_column(table, name, shown_as=file)
        problems += found
    if problems:
        return None, problems
    for name in ("repeat", "fold"):
        columns[name], found = tables.integer_column(table, name, shown_as=file)
        problems += found
    numbers, found = _numbers(table, task, columns["id"], file)
    problems += found
    if problems:
        return None, problems
    order = folds.exact_order(columns)
    if order is None:
        return None, folds.problems(columns, file)
    columns = _ordered({**columns, **numbers}, order)
    return PredictionTable(path=path, sha256=sha256_file(path), columns=columns), []


def _open(
    folder: Path, stem: str, required: list[str], optional: list[str], max_rows: int, shown_as: str
) -> tuple[pa.Table | None, Path | None, list[Problem]]:
    path, problems = tables.find_table(folder, stem, shown_as=shown_as)
    if path is None:
        return None, None, problems
    file, allowed = f"{shown_as}/{path.name}", [*required, *optional]
    table, problems = tables.read_submitted_table(
        path, shown_as=file, allowed=allowed, max_rows=max_rows
    )
    if table is not None:
        problems = tables.column_problems(
            table.column_names, required=required, optional=optional, shown_as=file
        )
    return (None, path, problems) if problems else (table, path, [])


def _numbers(
    table: pa.Table, task: Task, ids: pa.Array, file: str
) -> tuple[dict[str, np.ndarray], list[Problem]]:
    """Predictions of every target, and standard deviations and flags where given."""
    columns: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for target in task.targets:
        for name in (target.name, f"{target.name}_std"):
            if name in table.column_names:
                found = tables.number_column(table, name, target, ids=ids, shown_as=file)
                columns[name] = found[0]
                problems += found[1]
    for name in (name for name in task.flags if name in table.column_names):
        flags, found_here = tables.integer_column(table, name, shown_as=file)
        problems += found_here
        if not found_here and flags.max(initial=0) > 1:
            problems.append(worded("flag", f"{file}, column `{name}`", found=str(flags.max())))
        columns[name] = flags.astype(np.float64)
    return columns, problems


def _ordered(columns: dict[str, Any], order: Places) -> dict[str, Any]:
    """Columns with their rows in an order, in which most files have them already."""
    if np.array_equal(order, np.arange(len(order))):
        return columns
    return {name: values.take(order) for name, values in columns.items()}


# Tasks scored on the frozen folds, and what works for predicted numbers alone


def scored_table(cv_predictions: PredictionTable, scheme: str) -> PredictionTable:
    """Out-of-fold predictions of one scheme as scoring takes them: one seed for each repeat.

    Args:
        cv_predictions: Checked rows ``scheme, repeat, fold, id`` and the targets.
        scheme: The fold scheme that the task is scored on.

    Returns:
        A table of the file with rows ``id``, ``seed`` (the repeat) and the targets, sorted by seed
        and id; empty where the file has no row of the scheme.
    """
    columns = cv_predictions.columns
    rows = np.flatnonzero(pc.equal(columns["scheme"], scheme).to_numpy(zero_copy_only=False))
    order = rows[np.lexsort((text_ranks(columns["id"].take(rows)), columns["repeat"][rows]))]
    targets = {name: columns[name][order] for name in columns if name not in FOLD_KEYS}
    keys = {"id": columns["id"].take(order), "seed": columns["repeat"][order]}
    return PredictionTable(
        path=cv_predictions.path, sha256=cv_predictions.sha256, columns={**keys, **targets}
    )


def absent_folds(task: Task, scheme: str, *, shown_as: str) -> Problem:
    """The problem of a submission without predictions on the folds that are scored.

    Args:
        task: The task.
        scheme: The fold scheme that it is scored on.
        shown_as: Path of the folder, or of the file that lacks the scheme.
    """
    columns = ", ".join([*FOLD_KEYS, *(target.name for target in task.targets)])
    facts = {"scheme": scheme, "columns": columns, "task": task.name}
    return worded("no-scored-folds", shown_as, **facts)


def unused_predictions(folder: Path, *, shown_as: str) -> list[Problem]:
    """A problem for each file of test predictions, which a task scored on folds has no use for."""
    return [
        worded("test-predictions-unused", f"{shown_as}/{path.name}")
        for path in [folder / f"{PREDICTIONS_STEM}{suffix}" for suffix in (".csv", ".parquet")]
        if path.exists() or path.is_symlink()
    ]


def require_numbers(task: Task, *, where: str) -> None:
    """Refuse a task whose submissions hold arrays.

    Args:
        task: The task.
        where: What was asked for, for the message.

    Raises:
        ConfigError: It predicts paths, or energies and forces.
    """
    if task.predicts != "values":
        raise ConfigError(worded("task-of-arrays", where, task=task.name, predicts=task.predicts))


# Writing a submission folder: the same bytes for the same predictions


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
        keys = [name for name in ("seed", "id") if name in predictions.columns]
        rows = predictions.sort_values(keys, kind="stable").round(DECIMALS)
        rows = rows[["id", *(name for name in rows.columns if name != "id")]]
        text = rows.to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
        write_text(folder / f"{PREDICTIONS_STEM}.csv", text)
    if cv_predictions is not None:
        keys, given = list(FOLD_KEYS), cv_predictions
        texts = {key: pa.array(given[key].astype(str), pa.string()) for key in ("scheme", "id")}
        small = {key: pa.array(given[key].astype("int8")) for key in ("repeat", "fold")}
        targets = [name for name in given.columns if name not in keys]
        numbers = {name: pa.array(given[name].astype(float).round(DECIMALS)) for name in targets}
        table = pa.table({**texts, **small, **numbers}).select([*keys, *targets])
        write_parquet(folder / f"{CV_STEM}.parquet", table, sort_by=keys, metadata={})


def to_yaml(card: dict[str, Any]) -> str:
    """A card as YAML in the order given, without the fields that are not stated."""
    stated = {name: value for name, value in card.items() if value is not None}
    return yaml.safe_dump(stated, sort_keys=False, allow_unicode=True, width=100)
