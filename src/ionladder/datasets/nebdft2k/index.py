"""The index of nebDFT2k: one row a hop, read as text and believed cell by cell."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ionladder.core.problems import Problem, first_few, visible
from ionladder.datasets.litraj.columns import PARTS
from ionladder.datasets.litraj.edges import Edge, parse_edge_id

COLUMNS = (
    "material_id",
    "edge_id",
    "chemsys",
    "has_specific_TM",
    "em_bvse",
    "em_dft",
    "_split",
)
_TRUTH = {"True": True, "False": False, "1": True, "0": False}
_NEXT_STEP = "Compare the archive with its upstream copy, or report it upstream."


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """One hop as the index states it.

    Attributes:
        id: Its edge_id.
        edge: The same, taken apart.
        chemsys: Its elements, sorted.
        has_specific_tm: Upstream's flag.
        em_bvse_ev: Barrier by bond valences, eV.
        em_dft_ev: Barrier by DFT, eV.
        part: train, val or test.
    """

    id: str
    edge: Edge
    chemsys: str
    has_specific_tm: bool
    em_bvse_ev: float
    em_dft_ev: float
    part: str


def read_index(data: bytes, *, where: str) -> tuple[list[IndexRow], list[Problem]]:
    """Rows of the index in file order, and everything wrong with the others.

    Columns may stand in any order, and further ones (pandas' own row numbers) are passed over.

    Args:
        data: The file.
        where: Its name in letters.
    """
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        return [], [_problem(where, "a CSV file in UTF-8", str(error))]
    header = lines[0] if lines else []
    absent = [name for name in COLUMNS if header.count(name) != 1]
    if absent:
        found = f"without or more than once: {first_few(absent, limit=len(COLUMNS))}"
        return [], [_problem(f"{where}, header", f"each of {', '.join(COLUMNS)} once", found)]
    rows: list[IndexRow] = []
    problems: list[Problem] = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(header):
            found = f"{len(cells)} cells"
            problems.append(_problem(f"{where}, line {number}", f"{len(header)} cells", found))
            continue
        row = _row(dict(zip(header, cells, strict=True)))
        if isinstance(row, IndexRow):
            rows.append(row)
        else:
            problems += [_problem(f"{where}, line {number}, {a}", b, c) for a, b, c in row]
    return rows, problems + _repeated(rows, where)


def _row(cells: dict[str, str]) -> IndexRow | list[tuple[str, str, str]]:
    """A row, or its bad cells as (column, expected, found)."""
    bad = []
    edge = None
    try:
        edge = parse_edge_id(cells["edge_id"])
    except ValueError:
        bad.append(("edge_id", "material_source_target_x_y_z", repr(cells["edge_id"])))
    if edge is not None and edge.material_id != cells["material_id"]:
        bad.append(("material_id", f"{edge.material_id} as in edge_id", cells["material_id"]))
    barriers = {name: _number(cells[name]) for name in ("em_bvse", "em_dft")}
    for name, value in barriers.items():
        if value is None:
            bad.append((name, "a finite number in eV, 0 or more", repr(cells[name])))
    if cells["has_specific_TM"] not in _TRUTH:
        bad.append(("has_specific_TM", "True or False", repr(cells["has_specific_TM"])))
    if cells["_split"] not in PARTS:
        bad.append(("_split", " or ".join(PARTS), repr(cells["_split"])))
    em_bvse, em_dft = barriers["em_bvse"], barriers["em_dft"]
    if bad or edge is None or em_bvse is None or em_dft is None:
        return bad
    return IndexRow(
        id=cells["edge_id"],
        edge=edge,
        chemsys="-".join(sorted(cells["chemsys"].split("-"))),
        has_specific_tm=_TRUTH[cells["has_specific_TM"]],
        em_bvse_ev=em_bvse,
        em_dft_ev=em_dft,
        part=cells["_split"],
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 and "_" not in text else None


def _repeated(rows: Iterable[IndexRow], where: str) -> list[Problem]:
    counts = Counter(row.id for row in rows)
    twice = [name for name, count in counts.items() if count > 1]
    if not twice:
        return []
    found = f"{len(twice)} of them more than once ({first_few(twice)})"
    return [_problem(f"{where}, edge_id", "every hop once", found)]


def count_problems(rows: Sequence[IndexRow], expected: int | None, *, where: str) -> list[Problem]:
    """Another number of hops than ``params.yaml`` states."""
    if expected is None or len(rows) == expected:
        return []
    return [_problem(where, f"{expected:,} hops", f"{len(rows):,}")]


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=visible(found), next_step=_NEXT_STEP)
