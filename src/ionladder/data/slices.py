"""Slices of entries by composition, structure and label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ionladder.data import store
from ionladder.data.registry import get_dataset, part_columns_of, slice_columns_of
from ionladder.repo import Layout, content_hash
from ionladder.specs import Array, SliceColumn, Task

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# How far a composition lies from others: the Element Mover's Distance, in closed form


#: Elements in the order of the modified Pettifor scale; the place is the position on the line.
SCALE = (
    "He Ne Ar Kr Xe Rn Fr Cs Rb K Na Li Ra Ba Sr Ca Eu Yb Lu Tm Y Er Ho Dy Tb Gd Sm Pm Nd Pr Ce La "
    "Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Sc Zr Hf Ti Ta Nb V Cr Mo W Re Tc Os Ru Ir Rh Pt "
    "Pd Au Ag Cu Ni Co Fe Mn Mg Zn Cd Hg Be Al Ga In Tl Pb Sn Ge Si B C N P As Sb Bi Po Te Se S O "
    "At I Br Cl F H"
).split()

DECIMALS = 4
_PLACE = {element: place for place, element in enumerate(SCALE)}
_AMOUNT = re.compile(r"([A-Z][a-z]?)\s*(\d+(?:\.\d*)?|\.\d+)?\s*")
#: Distances computed at a time: few enough to stay in the processor's cache.
_BLOCK_CELLS = 1 << 17


@dataclass(frozen=True)
class Neighbours:
    """The nearest of some known compositions, for each composition asked about.

    Attributes:
        distances: Element Mover's Distances, shape (n, k), ascending in each row.
        places: Which known compositions these are, shape (n, k); of equally near ones, the
            earlier first.
    """

    distances: Array
    places: npt.NDArray[np.int64]


def composition_matrix(formulas: Sequence[str]) -> Array:
    """Atomic fractions on the scale, one row a formula.

    Args:
        formulas: Elements with amounts, without brackets (``Li0.5O0.5``, ``Li3 P1 S4``).

    Returns:
        Shape (n_formulas, n_elements); each row sums to 1.

    Raises:
        ValueError: A formula is something else, or names an element that the scale lacks.

    Example:
        >>> matrix = composition_matrix(["Li2O"])
        >>> matrix[0, SCALE.index("O")].round(3), matrix.sum()
        (np.float64(0.333), np.float64(1.0))
    """
    matrix = np.zeros((len(formulas), len(SCALE)))
    for row, formula in enumerate(formulas):
        position = 0
        while position < len(formula):
            token = _AMOUNT.match(formula, position)
            if token is None or token[1] not in _PLACE:
                msg = f"{formula!r} is not a formula of known elements (character {position + 1})"
                raise ValueError(msg)
            matrix[row, _PLACE[token[1]]] += float(token[2] or 1)
            position = token.end()
    totals = matrix.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        raise ValueError(f"{formulas[int(np.argmin(totals))]!r} holds no atoms")
    fractions: Array = matrix / totals
    return fractions


def element_movers_distance(one: str, other: str) -> float:
    """The Element Mover's Distance between two formulas, in places of the scale.

    Reference:
        Hargreaves, Dyer, Gaultois, Kurlin and Rosseinsky 2020, doi 10.1021/acs.chemmater.0c03381

    Example:
        Sodium stands next to lithium, and half of the atoms change:

        >>> element_movers_distance("NaCl", "LiCl")
        0.5
    """
    return float(_distances(composition_matrix([one]), composition_matrix([other]))[0, 0])


def nearest(formulas: Sequence[str], known: Sequence[str], *, count: int = 1) -> Neighbours:
    """The nearest known compositions of each formula.

    Equal formulas are computed once, and distances block by block, so that memory does not grow
    with the product of both numbers.

    Args:
        formulas: Compositions asked about, as :func:`composition_matrix` reads them.
        known: Compositions to be near to, at least one, in the order that settles ties.
        count: How many neighbours; fewer are returned when fewer are known.

    Returns:
        Distances to four decimals, so that ties do not hang on the last bit.

    Example:
        >>> found = nearest(["LiCl"], ["LiF", "NaCl", "Na2Cl2"], count=2)
        >>> found.distances.tolist(), found.places.tolist()
        ([[0.5, 0.5]], [[0, 1]])
    """
    asked, back = _unique(formulas)
    kinds, kind_of = _unique(known)
    mine, theirs = composition_matrix(asked), composition_matrix(kinds)
    step = max(_BLOCK_CELLS // len(kinds), 1)
    blocks = (_distances(mine[at : at + step], theirs) for at in range(0, len(asked), step))
    rows = [_nearest_in(to_kinds[kind_of], count) for block in blocks for to_kinds in block]
    found = _stacked(rows)
    return Neighbours(found.distances[back], found.places[back])


def nearest_of_other_groups(
    formulas: Sequence[str], groups: Sequence[object], *, count: int = 1
) -> Neighbours:
    """The nearest, of some compositions themselves, that belong to other groups.

    Args:
        formulas: Compositions, as :func:`composition_matrix` reads them.
        groups: Group of each.
        count: How many neighbours; a distance is infinite where there are no more of them.

    Example:
        >>> nearest_of_other_groups(["LiCl", "LiCl", "NaCl"], ["a", "a", "b"]).places.tolist()
        [[2], [2], [0]]
    """
    kinds, kind_of = _unique(formulas)
    number = np.unique(np.asarray(groups), return_inverse=True)[1]
    matrix, rows = composition_matrix(kinds), []
    for row, kind in enumerate(kind_of):
        apart = _distances(matrix[kind : kind + 1], matrix)[0][kind_of]
        apart[number == number[row]] = np.inf
        rows.append(_nearest_in(apart, count))
    return _stacked(rows)


def _nearest_in(apart: Array, count: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """The smallest distances and their places, ascending; of equal ones, the earlier first."""
    near = np.arange(len(apart))
    if len(apart) > count:
        near = np.flatnonzero(apart <= np.partition(apart, count - 1)[count - 1])
    places = near[np.argsort(apart[near], kind="stable")][:count]
    return apart[places], places


def _stacked(rows: Sequence[tuple[Array, npt.NDArray[np.int64]]]) -> Neighbours:
    if not rows:
        return Neighbours(np.empty((0, 0)), np.empty((0, 0), dtype=np.int64))
    return Neighbours(*(np.array(part) for part in zip(*rows, strict=True)))


def _unique(formulas: Sequence[str]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct formulas in the order of first appearance, and which of them each one is."""
    number: dict[str, int] = {}
    which = [number.setdefault(formula, len(number)) for formula in formulas]
    return list(number), np.array(which, dtype=np.int64)


def _distances(mine: Array, theirs: Array) -> Array:
    """Areas between cumulative distributions, shape (n_mine, n_theirs)."""
    present = np.flatnonzero(mine.any(axis=0) | theirs.any(axis=0))
    widths = np.diff(present)
    # Between two elements that occur, both cumulative distributions are level: one term a gap.
    one = np.cumsum(mine[:, present], axis=1)[:, :-1] * widths
    other = np.cumsum(theirs[:, present], axis=1)[:, :-1] * widths
    total = np.zeros((len(mine), len(theirs)))
    apart = np.empty_like(total)
    for gap in range(len(widths)):
        np.subtract(one[:, gap, None], other[None, :, gap], out=apart)
        total += np.abs(apart, out=apart)
    return np.round(total, DECIMALS) + 0.0


def quarters(distances: Array) -> list[str]:
    """The quarter of its set that each distance lies in, with the quarter's bounds.

    Equal distances are never parted, so that quarters may differ in size; where a value is so
    frequent that it fills a quarter of its own and more, the quarters that it covers are one.

    Args:
        distances: Shape (n,), finite.

    Example:
        >>> quarters(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 9.5]))[2:]
        ['1st quarter: 0.00 to 0.00', '3rd quarter: 1.00 to 2.00', '3rd quarter: 1.00 to 2.00',
         '4th quarter: 9.50 to 9.50']
    """
    if not len(distances):
        return []
    edges = np.quantile(distances, [0.25, 0.5, 0.75], method="inverted_cdf")
    number = np.searchsorted(edges, distances, side="left")
    names = {}
    for quarter in np.unique(number):
        inside = distances[number == quarter]
        ordinal = ("1st", "2nd", "3rd", "4th")[quarter]
        names[quarter] = f"{ordinal} quarter: {inside.min():.2f} to {inside.max():.2f}"
    return [names[quarter] for quarter in number]


# Slice columns and nearest training entries, derived whenever scoring needs them


N_NEIGHBOURS = 3
NOT_GIVEN = "not given"


@dataclass(frozen=True, kw_only=True)
class SliceInputs:
    """What slice columns are derived from; every table is indexed by id.

    Attributes:
        entries: Inputs of all entries.
        structures: Crystal structures, of the entries that have one; None where the dataset has
            no such table.
        labels: Labels of all entries.
        split: ``subset`` and what else the split knows of the entries that take part.
        ids: Entries that are evaluated, ascending.
        train_ids: Training entries that take part, ascending; the same where folds are scored.
        neighbours: Their nearest training entries, as :func:`nearest_entries` gives them.
    """

    entries: pd.DataFrame
    structures: pd.DataFrame | None
    labels: pd.DataFrame
    split: pd.DataFrame
    ids: Sequence[str]
    train_ids: Sequence[str]
    neighbours: pd.DataFrame

    @property
    def nearest_distance(self) -> Array:
        """Distance of every evaluated entry to the nearest training entry, in the order of ids."""
        first = self.neighbours[self.neighbours["place"] == 1].set_index("id")
        return first.loc[list(self.ids), "distance"].to_numpy(np.float64)

    def has_near(self, column: str) -> npt.NDArray[np.bool_]:
        """Whether one of an entry's nearest training entries has its value in a column."""
        near, values = self.neighbours, self.entries[column]
        own, other = (values.loc[near[who]].to_numpy(object) for who in ("id", "neighbour"))
        is_same = own == other
        return np.isin(list(self.ids), near.loc[is_same, "id"].tolist())


_ELEMENT = re.compile(r"[A-Z][a-z]?")
_HALOGENS = {"F": "fluoride", "Cl": "chloride", "Br": "bromide", "I": "iodide"}
_CHALCOGENS = frozenset({"S", "Se", "Te"})
_PAIRS = (
    "F:fluoride O:oxide Cl:halide N:nitride Br:halide I:halide "
    "S:chalcogenide Se:chalcogenide Te:chalcogenide"
)
#: Elements that can be the anion, most electronegative first (Pauling), and their class.
ANION_CLASSES: Mapping[str, str] = dict(pair.split(":") for pair in _PAIRS.split())


def elements_of(formula: str) -> frozenset[str]:
    """Elements of a formula or of a chemical system.

    Example:
        >>> sorted(elements_of("Li0.33333O0.66667")), sorted(elements_of("Li-O-P"))
        (['Li', 'O'], ['Li', 'O', 'P'])
    """
    return frozenset(_ELEMENT.findall(formula))


def anion_kind(elements: AbstractSet[str]) -> str:
    """The anion chemistry that the elements of a compound suggest.

    The rule looks at O, S, Se, Te, N, F, Cl, Br and I only; Te beside O is the cation of a
    tellurate. O alone is a phosphate where there is P, and an oxide otherwise; S alone, or S and
    Se, Se alone, or Te name a sulfide or a selenide; with a halogen these are sulfide halides,
    and O with a halogen an oxyhalide; halogens alone are named, or called a mixed halide; N alone
    is a nitride. Every other combination is mixed; none of these elements (hydrides, phosphides)
    is none of these.

    Example:
        >>> [anion_kind(set(text.split())) for text in ("Li P O", "Li P S Cl", "Li Nd Te O")]
        ['phosphate', 'sulfide halide', 'oxide']
    """
    anions = elements & {"O", "N", *_HALOGENS, *_CHALCOGENS}
    if "O" in anions:
        anions -= {"Te"}
    halogens, chalcogens = anions & set(_HALOGENS), anions & _CHALCOGENS
    kinds = {name for name, part in (("halide", halogens), ("chalcogenide", chalcogens)) if part}
    kinds |= anions & {"O", "N"}
    if kinds == {"O"}:
        return "phosphate" if "P" in elements else "oxide"
    if kinds == {"chalcogenide"}:
        return "sulfide" if chalcogens == {"S"} else "selenide"
    if kinds == {"halide"}:
        return _HALOGENS[next(iter(halogens))] if len(halogens) == 1 else "mixed halide"
    if kinds == {"chalcogenide", "halide"}:
        return "sulfide halide"
    if kinds == {"O", "halide"}:
        return "oxyhalide"
    if kinds == {"N"}:
        return "nitride"
    return "mixed" if kinds else "none of these"


def anion_class(elements: AbstractSet[str]) -> str:
    """The class of the anions among the elements of a chemical system.

    Example:
        >>> [anion_class(set(text.split("-"))) for text in ("Li-O-P", "F-Li-O", "Li-Si")]
        ['oxide', 'mixed', 'other']
    """
    classes = {ANION_CLASSES[name] for name in elements & ANION_CLASSES.keys()}
    return "mixed" if len(classes) > 1 else next(iter(classes), "other")


def declared_columns(inputs: SliceInputs, rules: Mapping[str, SliceColumn]) -> pd.DataFrame:
    """The columns that a dataset declares, and ``train_distance``; one row per evaluated entry."""
    import pandas as pd

    ids = list(inputs.ids)
    columns: dict[str, Any] = {}
    for name, rule in rules.items():
        tables = (inputs.entries, inputs.labels, inputs.split)
        every = next(table[rule.column] for table in tables if rule.column in table)
        values, parts = every.loc[ids], np.array(rule.parts)
        if rule.rule == "flag":
            found: Any = parts[values.to_numpy(int)]
        elif rule.rule == "range":
            found = parts[np.digitize([np.min(value) for value in values], rule.edges)]
        elif rule.rule == "known":
            found = parts[values.isin(set(every.loc[list(inputs.train_ids)])).to_numpy(int)]
        elif rule.rule == "near":
            found = parts[inputs.has_near(rule.column).astype(int)]
        elif rule.rule == "value":
            found = values.map(str, na_action="ignore")
            found = found.fillna(rule.missing) if rule.missing else found
        else:
            read = anion_kind if rule.rule == "anion_kind" else anion_class
            found = [read(elements_of(text)) for text in values]
        columns[name] = found
    if rules:
        columns["train_distance"] = quarters(inputs.nearest_distance)
    return pd.DataFrame(columns, index=pd.Index(ids, name="id"))


@dataclass(frozen=True, kw_only=True)
class SlicedEntries:
    """Evaluated entries taken apart.

    Attributes:
        columns: ``id``, ascending, and one text column per slice; missing where an entry is in no
            part of it. No columns but ``id`` where the dataset declares none.
        neighbours: ``id``, ``place`` (1 is nearest), ``neighbour`` (a training id) and
            ``distance`` (Element Mover's Distance), up to three rows an entry.
        sha256: Content hash of ``columns``.
    """

    columns: pd.DataFrame
    neighbours: pd.DataFrame
    sha256: str


def slice_entries(task: Task, tables: Mapping[str, pa.Table]) -> SlicedEntries:
    """Take the evaluated entries of a task apart.

    Args:
        task: The task.
        tables: The released tables of its dataset version, by name.
    """
    import pyarrow as pa

    split = store.to_frame(store.split_of_task(tables["splits"], task)).set_index("id")
    train = sorted(split.index[split["subset"] == "train"])
    ids = train if task.scored_folds else sorted(split.index[split["subset"] == "test"])
    frames = {
        name: store.to_frame(tables[name]).set_index("id")
        for name in tables.keys() & {"entries", "labels", store.STRUCTURES}
    }
    neighbours = _neighbours(task, frames["entries"], split, ids=ids, train_ids=train)
    inputs = SliceInputs(
        entries=frames["entries"],
        structures=frames.get(store.STRUCTURES),
        labels=frames["labels"],
        split=split,
        ids=ids,
        train_ids=train,
        neighbours=neighbours,
    )
    columns = declared_columns(inputs, get_dataset(task.dataset).slice_columns)
    if (make := slice_columns_of(task.dataset)) is not None:
        columns = columns.join(make(inputs).loc[ids])
    columns = columns.rename_axis("id").reset_index()
    table = pa.Table.from_pandas(columns.astype("string"), preserve_index=False)
    sha256 = content_hash(table, key="id")
    return SlicedEntries(columns=columns, neighbours=neighbours, sha256=sha256)


def _neighbours(
    task: Task,
    entries: pd.DataFrame,
    split: pd.DataFrame,
    *,
    ids: Sequence[str],
    train_ids: Sequence[str],
) -> pd.DataFrame:
    """The nearest entries that a model may have trained on; none where nobody looks for them.

    Where folds are scored, those of other groups: folds keep a group whole.

    Returns:
        ``id, place, neighbour, distance``: up to three rows an entry.
    """
    column = get_dataset(task.dataset).composition_column
    if column is None:
        return _table([], [], _stacked([]))
    if not task.scored_folds:
        return nearest_entries(entries[column], ids=ids, train_ids=train_ids)
    formulas, groups = entries.loc[list(ids), column].tolist(), split.loc[list(ids)]
    of_group = groups[task.group_column].tolist()
    return _table(ids, ids, nearest_of_other_groups(formulas, of_group, count=N_NEIGHBOURS))


def nearest_entries(
    formulas: pd.Series[str], *, ids: Sequence[str], train_ids: Sequence[str]
) -> pd.DataFrame:
    """The nearest training entries of each entry by composition; ties in the order of ids.

    Args:
        formulas: Formula of every entry, indexed by id.
        ids: Entries asked about.
        train_ids: Training entries; with none, the table is empty.

    Returns:
        ``id, place, neighbour, distance``: up to three rows an entry.
    """
    known = sorted(train_ids)
    if not known or not len(ids):
        return _table([], [], _stacked([]))
    asked, offered = formulas.loc[list(ids)].tolist(), formulas.loc[known].tolist()
    return _table(ids, known, nearest(asked, offered, count=N_NEIGHBOURS))


def _table(ids: Sequence[str], known: Sequence[str], found: Neighbours) -> pd.DataFrame:
    """Neighbours as rows, those at infinite distance left out."""
    import pandas as pd

    count = found.distances.shape[1]
    rows = pd.DataFrame(
        {
            "id": np.repeat(np.array(ids, dtype=object), count),
            "place": np.tile(np.arange(1, count + 1), len(ids)),
            "neighbour": np.array(known, dtype=object)[found.places.ravel()],
            "distance": found.distances.ravel(),
        }
    )
    return rows.loc[np.isfinite(found.distances.ravel())].reset_index(drop=True)


# Which part of an experiment each evaluated entry is in: the task's slices, and what is expensive


def experiment_columns(
    layout: Layout, task: Task, version: str, slices: pd.DataFrame
) -> pd.DataFrame:
    """The columns that parts of a task's experiments name.

    Args:
        layout: The repository.
        task: The task.
        version: Dataset version.
        slices: ``id`` and the slice columns of the evaluated entries.

    Returns:
        One row an entry, indexed by id: the slice columns, and those that the dataset derives for
        its experiments alone; an entry without a structure has no value in these.

    Raises:
        DataMissingError: The structures are not on this machine.
        KeyError: A part names a column that nobody derives.
    """
    columns = slices.set_index("id")
    named = {part.column for experiment in task.experiments for part in experiment.parts}
    missing = named - {*columns.columns}
    make = part_columns_of(task.dataset)
    if missing and make is not None:
        table = store.read_table(layout, task.dataset, version, store.STRUCTURES)
        structures = store.to_frame(store.rows_of(table, columns.index.tolist())).set_index("id")
        columns = columns.join(make(structures))
    if unknown := sorted(named - {*columns.columns}):
        msg = f"experiments of {task.name!r} name parts that the dataset does not derive: {unknown}"
        raise KeyError(msg)
    return columns


# Which test entries have a composition that the training set has too


#: Column of ``entries`` with the composition of an entry, reduced so that equal ones are equal.
COMPOSITION = "formula_norm"


def crossing_ids(layout: Layout, task: Task, version: str) -> frozenset[str]:
    """Ids of test entries whose normalised formula also stands in the training set.

    Empty where the dataset names no normalised formula. An entry without one crosses nothing.

    Raises:
        DataMissingError: A table is not on this machine.
        DataChangedError: A table is not the released one.
    """
    tables = store.read_tables(layout, task.dataset, version, ("entries", "splits"))
    if COMPOSITION not in tables["entries"].column_names:
        return frozenset()
    frame = store.to_frame(tables["entries"].select(["id", COMPOSITION])).dropna()
    split = store.rows_with(tables["splits"], "split_name", task.split).select(["id", "subset"])
    both = frame.merge(store.to_frame(split), on="id", validate="one_to_one")
    known = set(both.loc[both["subset"] == "train", COMPOSITION])
    return frozenset(both.loc[((both["subset"] == "test") & both[COMPOSITION].isin(known)), "id"])
