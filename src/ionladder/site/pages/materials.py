"""Pages of materials: each board's entries, a page for each entry, the index that is searched."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from markupsafe import Markup

from ionladder.board.model import Row
from ionladder.errors import DataMissingError
from ionladder.repo import Layout
from ionladder.site import charts
from ionladder.site import text as txt
from ionladder.site.context import DatasetSite, EntryChoice, Site, TaskSite
from ionladder.site.files import PREDICTIONS
from ionladder.site.pages import Page
from ionladder.site.tables import TableCell, error_cell
from ionladder.site.text import Facts
from ionladder.specs import Dataset, Target

if TYPE_CHECKING:
    from ionladder.entries import EntryTable

TOP = 15
MOST_MODELS = 30
"""Submissions that the page of an entry lists, from the first of the board on."""
LARGEST_INDEXED = 2_000
"""Of datasets with more entries, the index holds those that have a page."""
INDEX, MAPS = "data/materials.json", "data/map/"
MAPPED_MODELS = 12
"""Models whose predictions the map of a board holds, from the first of the board on."""
MOST_KINDS = 40
"""Columns of text with more kinds than this are no colours of the map."""
ALIASES = Path(__file__).parents[1] / "aliases.yaml"
_CELL = ("a_ang", "b_ang", "c_ang", "alpha_deg", "beta_deg", "gamma_deg", "volume_ang3")
_SEARCHED = ("composition", "prototype", "working_ion")
_SYSTEMS = dict(
    zip(
        (2, 15, 74, 142, 167, 194, 230),
        "triclinic monoclinic orthorhombic tetragonal trigonal hexagonal cubic".split(),
        strict=True,
    )
)
_SHOWN = {"doi": txt.doi_link, "formula": txt.formula, "text": txt.isolated}
_UNIT = re.compile(r"_(?:ang3?|deg|ev)$")
_DOTS = ("verified", "reference")
_PART = re.compile(r"([A-Z][a-z]?)([\d.]+)")
_SITE = re.compile(r"^ +([A-Z][a-z]?\S*) +(\S+) +(\d+) +(\S+) +(\S+) +(\S+) +(\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Entries:
    """The entries of one board; templates ask it for each of them.

    Attributes:
        facts: Entry id → column → value, for every entry that a page names.
        rows: Submission → its row of the board.
    """

    item: TaskSite
    table: EntryTable
    choice: EntryChoice
    facts: Facts
    rows: Mapping[str, Row]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Entry → its position in the table."""
        return {entry: place for place, entry in enumerate(self.table.ids)}

    def name(self, entry: str) -> str:
        """The formula that names an entry."""
        return txt.name_of(self.item.dataset, self.facts, entry)

    def fact(self, entry: str, column: str) -> list[Any]:
        """A fact's values: none, one or several."""
        value = self.facts.get(entry, {}).get(column)
        return list(value) if isinstance(value, list) else [] if value is None else [value]

    def dois(self, entry: str) -> list[str]:
        """Where an entry was published."""
        columns = [fact.column for fact in self.item.dataset.facts if fact.kind == "doi"]
        return [doi for column in columns for doi in self.fact(entry, column)]

    def best(self, place: int) -> tuple[TableCell, Row] | None:
        """The smallest error of an entry, and the row that makes it; None where there is none."""
        errors = self.table.errors[:, place]
        if not len(errors) or errors[0] != errors[0]:
            return None
        best = int(errors.argmin())
        return error_cell(self.table, place, best), self.rows[self.table.names[best]]

    def models(self, place: int) -> list[tuple[Row, list[tuple[float, float]], TableCell]]:
        """The board's first submissions on an entry, best first: predictions, and the error.

        Each prediction comes with its difference to the label.
        """
        table, lines = self.table, []
        for i in self.ordered(place):
            predicted = [
                (float(rows[i, place]), float(rows[i, place]) - float(table.labels[key][place]))
                for key, rows in table.predictions.items()
            ]
            lines.append((self.rows[table.names[i]], predicted, error_cell(table, place, i)))
        return lines

    def ordered(self, place: int) -> list[int]:
        """The board's first submissions by their error on an entry, the smallest first."""
        errors, names = self.table.errors[:MOST_MODELS, place], self.table.names
        orders = [self.rows[name].order for name in names[:MOST_MODELS]]
        return [int(i) for i in np.lexsort((np.array(orders), errors))]


def pages(site: Site) -> Iterator[Page]:
    """The list of each board's entries, a page for each entry listed, and the page of all."""
    for item in site.datasets:
        tasks = [each for each in site.tasks if each.dataset.name == item.dataset.name]
        boards = _read_entries(site, tasks)
        for task in tasks:
            here = txt.entries_url(task.task.name)
            entries = boards.get(task.task.name)
            shared = {"item": task, "board": task.board, "top": TOP, "predictions": PREDICTIONS}
            absent = site.entries[task.task.name].absent
            yield Page(here, "entries", {**shared, "entries": entries, "absent": absent})
        if boards:
            yield from _materials(site, item, list(boards.values()))
    found = [(item, site.paged[item.dataset.name]) for item in site.datasets]
    named = {
        item.dataset.name: txt.formulas(
            site.layout, item.dataset.name, item.current.pinned.version, ways
        )
        for item, ways in found
        if item.current and ways
    }
    tables = {each.task.name: site.entries[each.task.name].table for each in site.tasks}
    maps = [each.task for each in site.tasks if (table := tables[each.task.name]) and table.names]
    context = {"found": found, "names": named, "index": INDEX, "maps": maps, "folder": MAPS}
    yield Page(txt.EXPLORE, "explore", {**context, "predictions": PREDICTIONS})


def _read_entries(site: Site, tasks: Sequence[TaskSite]) -> dict[str, Entries]:
    """Task → its entries, with the facts of all that pages of this dataset name."""
    known = {}
    for item in tasks:
        source = site.entries[item.task.name]
        if source.table is not None and source.choice is not None:
            known[item.task.name] = item, source.table, source.choice
    named: set[str] = set()
    for item, table, choice in known.values():
        places = {*choice.places, *table.hardest(TOP), *table.most_disputed(TOP)}
        own = {table.ids[place] for place in places} | site.paged[item.dataset.name].keys()
        near = (table.neighbours.get(e, ()) + table.replicates.get(e, ()) for e in own)
        named |= own | {other.id for others in near for other in others}
    return {
        name: Entries(
            item=item,
            table=table,
            choice=choice,
            facts=txt.read_facts(site.layout, item.dataset, item.board.dataset_version, named),
            rows={row.submission: row for row in item.board.scored if row.submission},
        )
        for name, (item, table, choice) in known.items()
    }


def _materials(site: Site, item: DatasetSite, boards: Sequence[Entries]) -> Iterator[Page]:
    """One page an entry, over all boards of its dataset."""
    ways = site.paged[item.dataset.name]
    scored = [each for each in boards if each.item.task.scored_folds is None]
    tests = {entry for each in scored for entry in each.table.ids}
    names = {entry: boards[0].name(entry) for entry in ways}
    order = sorted(ways, key=lambda entry: (names[entry], entry))
    cells = _crystals(site.layout, item, order)
    for place, entry in enumerate(order):
        found = [(each, each.places[entry]) for each in boards if entry in each.places]
        first = found[0][0]
        context = {
            "dataset": item.dataset,
            "entry": entry,
            "boards": found,
            "first": first,
            "place": found[0][1],
            "facts": [
                (fact.title, Markup("; ").join(map(_SHOWN[fact.kind], values)))
                for fact in item.dataset.facts
                for values in [first.fact(entry, fact.column)]
            ],
            "part": "test" if entry in tests else "training",
            "test_ids": tests,
            "charts": [_strips(found, target) for target in first.item.task.targets],
            "crystal": cells.get(entry),
            "replicates": next((r for e, _ in found if (r := e.table.replicates.get(entry))), ()),
            "neighbours": next((n for e, _ in found if (n := e.table.neighbours.get(entry))), ()),
            "before": order[place - 1] if place else None,
            "after": order[place + 1] if place + 1 < len(order) else None,
            "same": [e for e in order if e != entry and names[e] == names[entry]],
            "most_models": MOST_MODELS,
            "has_map": bool(first.table.names),
        }
        yield Page(ways[entry], "entry", context)


def _strips(boards: Sequence[tuple[Entries, int]], target: Target) -> Markup | None:
    """Every prediction of a target as a dot, a line a board, and the label as an upright line.

    The rows of the boards' tables on the page name the dots, in their order.
    """
    shown = [(each, place) for each, place in boards if target.name in each.table.predictions]
    marks = [
        (line, at, value, int(each.rows[each.table.names[i]].kind == "reference"))
        for line, (each, place) in enumerate(shown)
        for at, i in enumerate(each.ordered(place))
        if (value := float(each.table.predictions[target.name][i, place])) == value
    ]
    first, here = shown[0]
    label, limit = (float(of[target.name][here]) for of in (first.table.labels, first.table.limits))
    if not (values := [value for _, _, value, _ in marks] + [label] * (label == label)):
        return None
    tasks = [each.item.task for each, _ in shown]
    columns = (1 + 2 * [own.name for own in task.targets].index(target.name) for task in tasks)
    plot = charts.Plot(420, 66 + 42 * len(shown), left=14, top=22)
    edge = 0.04 * (max(values) - min(values)) or 0.5
    x = plot.across(min(values) - edge, max(values) + edge)
    plot.axis_below(x, x.ticks(about=5))
    if label == label:
        known = label if limit != limit else limit
        at = x(known)
        middles = (plot.top + 42 * line + 27 for line in range(len(shown)))
        parts = [(16, 8), *((middle - 10, 21) for middle in middles)]
        text = "".join(f"M{charts.short(at)} {y:.0f}v{height}" for y, height in parts)
        plot.drawn.append(f'<path class="il-floor-line" d="{text}"/>')
        said = txt.number(label) if limit != limit else txt.limit(limit, label)
        anchor = "end" if x(known) > 210 else "start"
        plot.drawn.append(charts.words(x(known), 12, said, "il-floor-label", anchor=anchor))
    for line, task in enumerate(tasks):
        title = txt.plain(task.title, limit=50)
        plot.drawn.append(charts.words(plot.left, plot.top + 42 * line + 13, title, "il-label"))
    shapes = {k: charts.dot(0, 0, kind, radius=3.5) for k, kind in enumerate(_DOTS)}
    places = [(x(value), plot.top + 42 * a + 27 + (b % 3 - 1) * 6) for a, b, value, _ in marks]
    name, kinds = f"d{first.item.task.targets.index(target)}", [kind for *_, kind in marks]
    plot.drawn.append(charts.mark_paths(name, places, kinds, shapes) if marks else "")
    plot.titles(f"{txt.axis_title(target)}; line: the label")
    text = f"{len(values)} values from {txt.number(min(values))} to {txt.number(max(values))}."
    title = f"{target.symbol}: every prediction beside the label"
    rows = " ".join(f"rows-{task.name}" for task in tasks)
    return plot.finish(
        name=f"dots-{target.name}",
        title=title,
        text=text,
        kind="scatter il-chart--dots",
        data=f' data-rows="{rows}" data-column="{" ".join(map(str, columns))}"',
    )


def _crystals(layout: Layout, item: DatasetSite, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Entry → its CIF, cell and sites; of datasets whose structures may be passed on."""
    from ionladder.data.ingest import cif_texts
    from ionladder.data.store import read_tables

    if item.current is None or item.dataset.withheld:
        return {}
    names = item.dataset.name, item.current.pinned.version
    try:
        tables = read_tables(layout, *names, names=("entries", "structures"))
        entries, structures = (
            tables[name].to_pandas().set_index("id") for name in ("entries", "structures")
        )
        wanted = [entry for entry in ids if entry in structures.index]
        texts = dict(cif_texts(names[0], entries, structures, wanted))
    except (DataMissingError, KeyError):
        return {}
    return {
        entry: {
            "cif": text,
            "cell": [float(entries.loc[entry, column]) for column in _CELL],
            "sites": _SITE.findall(text),
        }
        for entry, text in texts.items()
    }


def entry_files(site: Site) -> dict[str, str]:
    """Address → file: the index, maps, crystal structures, and pages that moved."""
    files = {INDEX: _compact(index_of(site))}
    for item in site.datasets:
        ways = site.paged[item.dataset.name]
        cells = _crystals(site.layout, item, sorted(ways))
        for entry, crystal in cells.items():
            files[f"{ways[entry]}{entry}.cif"] = crystal["cif"]
        for each in site.tasks:
            if each.dataset.name == item.dataset.name and (made := map_of(site, each, cells)):
                files[f"{MAPS}{each.task.name}.json"] = _compact(made)
    for each in site.tasks:
        source, name = site.entries[each.task.name], each.task.name
        if source.choice is None:
            continue
        for entry in source.choice.listed if each.task.scored_folds is None else ():
            old, new = f"{txt.entries_url(name)}{entry}/", site.paged[each.dataset.name][entry]
            if old != new:
                way = txt.relative(old, new)
                files[f"{old}index.html"] = (
                    f'<!doctype html><html lang="en"><title>{entry}: moved</title>'
                    f'<meta name="robots" content="noindex">'
                    f'<meta http-equiv="refresh" content="0; url={way}"><a href="{way}">Moved</a>\n'
                )
    return files


def _compact(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def index_of(site: Site) -> dict[str, Any]:
    """All entries of all datasets that are here and may be shown, column by column.

    Returns:
        ``aliases``, name → query; ``datasets``, each with ``title``, ``unit``, the ``card`` and the
        folder of its pages (``way``), unique ``kinds`` and ``dois``, and one item an entry in
        ``id``, ``formula`` (as published), ``kind`` and ``doi`` (positions), ``label`` (text) and
        ``page`` (``1``: it has one). ``parsed`` has the composition where a formula cannot be read.
    """
    order = {each.dataset.name: place for place, each in reversed(list(enumerate(site.tasks)))}
    shown = sorted(site.datasets, key=lambda item: order.get(item.dataset.name, len(order)))
    found = [part for item in shown if (part := _indexed(site, item))]
    return {"aliases": yaml.safe_load(ALIASES.read_text(encoding="utf-8")), "datasets": found}


def map_of(site: Site, item: TaskSite, crystals: Collection[str]) -> dict[str, Any] | None:
    """What the map of a board's entries is drawn from; None without labels or submissions.

    Args:
        site: The site.
        item: A board.
        crystals: Entries whose structures have a file beside their page.

    Returns:
        ``ids``, ``names``, and for each of them ``1`` where it has a page (``page``), a structure
        (``cif``), or only a limit (``limit``); ``targets`` with their labels, a limit where only
        that is known; ``columns`` with their values; the first ``models`` with their predictions
        of each target and their errors. Of very many entries, those that have a page.
    """
    source, task = site.entries[item.task.name], item.task
    table = source.table
    if table is None or source.choice is None or not table.names:
        return None
    n, ways, unit = len(table.ids), site.paged[item.dataset.name], item.board.unit
    places = list(range(n)) if n <= LARGEST_INDEXED else source.choice.places
    ids = [table.ids[place] for place in places]
    facts = txt.read_facts(site.layout, item.dataset, item.board.dataset_version, ids)
    near = [table.neighbours.get(entry) for entry in ids]
    far = [found[0].distance or 0.0 if found else math.nan for found in near]
    columns = [
        ("distance", "distance to the nearest training composition", "", _rounded(far)),
        ("typical", "median error, verified", unit, _rounded(table.typical_error[places])),
        ("spread", "spread of the predictions", unit, _rounded(table.spread[places])),
        *_properties(item.dataset, [facts[entry] for entry in ids]),
    ]
    keys, models = ("key", "title", "unit", "values"), item.entrants
    return {
        "way": txt.entry_url(item.dataset.name, "").rstrip("/") + "/",
        "unit": unit,
        "ids": ids,
        "names": [txt.plain(txt.name_of(item.dataset, facts, entry), limit=60) for entry in ids],
        "page": [int(entry in ways) for entry in ids],
        "cif": [int(entry in crystals) for entry in ids],
        "limit": table.is_limit[places].astype(int).tolist(),
        "targets": [
            {
                "axis": txt.axis_title(target),
                "known": task.label_words.adjective,
                "labels": _rounded(np.where(np.isnan(limits), labels, limits)[places]),
            }
            for target in task.targets
            for labels, limits in [(table.labels[target.name], table.limits[target.name])]
        ],
        "columns": [dict(zip(keys, found, strict=True)) for found in columns],
        "models": [
            {
                "name": txt.plain(models[name].row.model, limit=60),
                "errors": _rounded(table.errors[i, places]),
                "predicted": [_rounded(table.predictions[t.name][i, places]) for t in task.targets],
            }
            for i, name in enumerate(table.names[:MAPPED_MODELS])
        ],
    }


def _rounded(values: Iterable[float | None]) -> list[float | None]:
    """Four digits of each; None where there is none, or no end of them."""
    return [None if v is None or not math.isfinite(v) else float(f"{v:.4g}") for v in values]


def _properties(
    dataset: Dataset, facts: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str, list[Any]]]:
    """Key, title, unit and values of numbers and kinds that the table of entries has."""
    titles = {fact.column: fact.title.lower() for fact in dataset.facts}
    made = [dict(_PART.findall(str(row.get("formula_norm")))) for row in facts]
    yield "elements", "elements in the formula", "", [len(each) or None for each in made]
    yield "li", "share of Li atoms", "", [float(each.get("Li", 0)) for each in made]
    for column in next(table for table in dataset.tables if table.name == "entries").columns:
        values, name = [row.get(column.name) for row in facts], column.name
        title = titles.get(name) or _UNIT.sub("", name).replace("_", " ")
        if column.role != "input" or name.endswith("_raw"):
            continue
        if column.type.startswith(("int", "float", "uint")):
            yield name, title, column.unit or "", _rounded(values)
        elif column.type in ("string", "category") and 1 < len(set(values)) <= MOST_KINDS:
            yield name, title, "", [txt.plain(value or "not given", limit=40) for value in values]


def _indexed(site: Site, item: DatasetSite) -> dict[str, Any] | None:
    from ionladder.data.store import read_tables

    dataset, ways = item.dataset, site.paged[item.dataset.name]
    tasks = [each for each in site.tasks if each.dataset.name == dataset.name]
    if item.current is None or not tasks or tasks[0].dataset.withheld:
        return None
    try:
        tables = read_tables(
            site.layout, dataset.name, item.current.pinned.version, names=("entries", "labels")
        )
    except DataMissingError:
        return None
    entries, labels = (tables[name].to_pandas().set_index("id") for name in ("entries", "labels"))
    if len(entries) > LARGEST_INDEXED:
        entries = entries.loc[entries.index.isin(list(ways))]
    columns = set(entries.columns)
    formula, *_ = [fact.column for fact in dataset.facts if fact.kind == "formula"]
    target = next(each for task in tasks for each in task.task.primary_targets)
    rows = [{"id": entry, **row} for entry, row in entries.to_dict("index").items()]
    kinds, dois = (
        [_kind(row) for row in rows],
        [
            list(row["dois"]) if "dois" in columns and row["dois"] is not None else []
            for row in rows
        ],
    )
    known, papers = sorted(set(kinds)), sorted({doi for each in dois for doi in each})
    limits = labels[target.limit_column] if target.limit_column in labels else labels[target.name]
    return {
        "title": dataset.title,
        "unit": target.unit,
        "symbol": target.symbol,
        "card": txt.dataset_url(dataset.name),
        "way": txt.entry_url(dataset.name, "").rstrip("/") + "/",
        "kinds": known,
        "dois": papers,
        "id": [row["id"] for row in rows],
        "formula": [str(row[formula]) for row in rows],
        "parsed": {
            place: str(row["formula_norm"]).replace(" ", "")
            for place, row in enumerate(rows)
            if "formula_norm" in columns and not is_formula(str(row[formula]))
        },
        "kind": [bisect_left(known, kind) for kind in kinds],
        "doi": [[bisect_left(papers, doi) for doi in each] for each in dois],
        "label": [
            txt.number(float(labels[target.name].get(row["id"], float("nan"))))
            if not target.limit_column or limits[row["id"]] != limits[row["id"]]
            else f"< {txt.number(float(limits[row['id']]), digits=0)}"
            for row in rows
        ],
        "page": "".join(str(int(row["id"] in ways)) for row in rows),
    }


def _kind(row: Mapping[str, Any]) -> str:
    """Family, crystal system and what else is searched, parted by dots."""
    number = row.get("space_group")
    system = row.get("crystal_system")
    if not system and isinstance(number, int):
        system = next(name for last, name in _SYSTEMS.items() if number <= last)
    values = (row.get("family"), str(system or "").lower(), *(row.get(c) for c in _SEARCHED))
    return " · ".join(dict.fromkeys(txt.plain(value) for value in values if value))


def is_formula(text: str) -> bool:
    """Whether pymatgen reads a text as a composition.

    Example:
        >>> is_formula("Li7P3S11"), is_formula("Xx"), is_formula("(")
        (True, False, False)
    """
    from pymatgen.core.composition import Composition
    from pymatgen.core.periodic_table import Element

    with suppress(ValueError, KeyError):
        return all(isinstance(each, Element) for each in Composition(text, strict=True))
    return False
