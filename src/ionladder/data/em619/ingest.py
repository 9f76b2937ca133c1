"""em619: from upstream's workbook and its overlays of five images to tables and paths."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ionladder.config import DatasetVersion
from ionladder.data.ingest import Check, Finding, Outcome, run_checks
from ionladder.data.litraj.common import (
    ANION_CLASSES,
    OFFICIAL,
    composition_of,
    fold_columns,
    folds_check,
)
from ionladder.data.litraj.xyz import SYMBOLS, PeriodicCell
from ionladder.data.registry import get_dataset
from ionladder.data.store import BuiltVersion, StreamedWriter, table_from_columns, table_from_rows
from ionladder.data.xlsx import read_sheet
from ionladder.errors import IngestError, Problem, first_few, visible
from ionladder.specs import Array, arrow_schema

N_IMAGES = 5
WORKBOOK = "TABULATION-GIT-HUB.xlsx"
SHEET = "COMPLETE-TABUATION"
_OVERLAYS = {s: f"RAW-Em-5-images-{s.upper()}.json" for s in ("train", "test")}
_PRINTED = {  # column of ours → header of the sheet
    "id": "sys_name",
    "composition": "COMPOSITION",
    "family": "CLASS",
    "functional": "XC",
    "crystal_system": "CRYSTAL SYSTEM",
    "space_group": "SPACE GROUP",
    "path": "PATH INFO",
}
_BARRIER = "MIGRATION BARRIER(eV)"
_FUNCTIONALS = ("GGA", "GGA+U", "SCAN", "LDA")
_SYSTEMS = "Triclinic Monoclinic Orthorhombic Tetragonal Trigonal Hexagonal Cubic".split()
_MULTIVALENT = ("Al", "Ca", "Mg", "Sr", "Zn")
_ANION_NUMBERS = [SYMBOLS.index(symbol) for symbol in ANION_CLASSES]
_SAME_EV = 1e-9
_STRAIGHT_ANG = 1e-3
_APART_ANG = 0.5
_SHELL = 1.25
_IMAGES = np.array([(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)])
_STEP = "Compare the files with their upstream copies, or report it upstream."

_Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Overlay:
    """One path as upstream writes it, taken apart.

    Attributes:
        numbers: Atomic number of every atom, the moving ion first, shape (n_atoms,).
        cell_ang: Lattice vectors as rows, Å.
        positions_ang: Shape (5, n_atoms, 3), Å.
    """

    numbers: npt.NDArray[np.uint8]
    cell_ang: Array
    positions_ang: Array


def build(raw: Path, pinned: DatasetVersion, work: Path) -> BuiltVersion:
    """Read, check and tabulate the workbook and the two overlay files.

    Args:
        raw: Folder with the three verified files.
        pinned: What ``params.yaml`` says of the version.
        work: Folder for the paths.

    Raises:
        IngestError: A sheet, column or path is missing or malformed, all named; or every finding
            of the checks on what was read.
    """
    dataset = get_dataset(pinned.dataset)
    printed = _read_table(raw)
    rows, problems = _read_paths(raw, printed)
    absent = sorted(printed.keys() - {row["id"] for row in rows})
    if absent and not problems:
        found = f"none for {len(absent)} of them ({first_few(absent)})"
        problems.append(Problem(WORKBOOK, "a path for every row", found, _STEP))
    if problems:
        raise IngestError(problems)
    rows.sort(key=lambda row: row["id"])
    systems = {name: n for n, name in enumerate(sorted({r["chemsys"] for r in rows}), start=1)}
    known = Counter(row["composition"] for row in rows if row["subset"] == "train")
    for row in rows:
        row["split_name"], row["component"] = OFFICIAL, systems[row["chemsys"]]
        row["is_multivalent"] = row["working_ion"] in _MULTIVALENT
        row["composition_in_train"] = known[row["composition"]] > (row["subset"] == "train")
    splits = {name: [row[name] for row in rows] for name in ("id", "subset", "component")}
    folds = fold_columns(splits, pinned.folds, scheme="chemsys")
    checks = run_checks(dataset, _CHECKS, rows)
    checks += run_checks(dataset, [_counts_check(pinned)], rows)
    checks += run_checks(
        dataset, [folds_check("all paths of its chemical system")], (splits, folds)
    )
    (spec,) = dataset.frames
    with StreamedWriter(work / f"{spec.name}.parquet", spec, {"dataset": dataset.name}) as writer:
        writer.write(_images(rows, arrow_schema(spec.columns)))
    return BuiltVersion(
        tables={
            table.name: table_from_columns(table, folds)
            if table.name == "folds"
            else table_from_rows(table, rows)
            for table in dataset.tables
        },
        checks=tuple(checks),
        summary=_summary(rows),
        frames={spec.name: writer.table},
    )


def _read_table(raw: Path) -> dict[str, _Row]:
    """Path → what the workbook prints of it.

    Raises:
        IngestError: The sheet or a column is missing, a name stands twice, or a cell is bad.
    """
    found, problems = {}, []
    cells = read_sheet(raw / WORKBOOK, SHEET, [*_PRINTED.values(), _BARRIER])
    for line, row in enumerate(cells, start=2):
        at = f"{WORKBOOK}, {SHEET}, row {line}"
        printed: _Row = {name: row[header] for name, header in _PRINTED.items()}
        printed |= {"barrier_ev": _barrier(row[_BARRIER]), "is_in_order": True}
        if printed["space_group"] in _SYSTEMS:
            pair = printed["space_group"], printed["crystal_system"]
            printed |= {"crystal_system": pair[0], "space_group": pair[1], "is_in_order": False}
        if printed["id"] in found or not printed["id"]:
            problems.append(Problem(at, "a name of its own", repr(printed["id"]), _STEP))
        if math.isnan(printed["barrier_ev"]):
            expected, cell = "a barrier of 0 eV or more", repr(visible(row[_BARRIER]))
            problems.append(Problem(f"{at}, {_BARRIER}", expected, cell, _STEP))
        found[printed["id"]] = printed
    if problems:
        raise IngestError(problems)
    return found


def _barrier(text: object) -> float:
    """A barrier in eV; NaN for anything but a finite number of 0 or more."""
    try:
        value = float(str(text))
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and value >= 0 else math.nan


def _read_paths(raw: Path, printed: Mapping[str, _Row]) -> tuple[list[_Row], list[Problem]]:
    """A row for every path of both files, with what the workbook says of it; and all problems."""
    rows, problems, seen = [], [], set()
    for subset, file in _OVERLAYS.items():
        try:
            items = json.loads((raw / file).read_bytes())
            if not isinstance(items, list):
                raise ValueError("no list of paths")  # noqa: TRY301, TRY004 - told in one place
        except (ValueError, RecursionError) as error:
            problems.append(Problem(file, "a list of paths in JSON", str(error), _STEP))
            continue
        for place, item in enumerate(items):
            name = str(item.get("sys_name") if isinstance(item, dict) else item)
            at = f"{file}, path {place} ({visible(name)})"
            try:
                overlay = take_apart(item["atoms"])
                if name not in printed or name in seen:
                    raise ValueError("one that the workbook lacks, or a second one")  # noqa: TRY301
                if not abs(_barrier(item["target"]) - printed[name]["barrier_ev"]) <= _SAME_EV:
                    raise ValueError(f"target {item['target']}, not that of the workbook")  # noqa: TRY301
            except (KeyError, TypeError, ValueError) as error:
                expected = f"a path of {WORKBOOK} as an overlay of {N_IMAGES} images"
                problems.append(Problem(at, expected, visible(str(error)), _STEP))
                continue
            seen.add(name)
            facts = {"subset": subset, "class_of_path": str(item.get("class")).strip()}
            rows.append({**printed[name], **facts, **_geometry(overlay), "overlay": overlay})
    return rows, problems


# A path: the five places of the moving ion, then the atoms that stay where they are


def take_apart(atoms: Mapping[str, Any]) -> Overlay:
    """The images of an overlay.

    The rule, which all 619 paths follow: the first five sites are one element, equally spaced on a
    straight line to 0.001 Å. They are the moving ion in the five images; every other site is in
    all of them. Coordinates are fractional, and the line is not wrapped into the cell.

    Args:
        atoms: ``lattice_mat``, ``coords``, ``elements`` and ``cartesian`` of a JARVIS structure.

    Raises:
        ValueError: Sites break the rule, or are no sites; the message says how.
        KeyError: A field is missing.

    Example:
        >>> sites = [[x, 0, 0] for x in (0, 0.1, 0.2, 0.3, 0.4)] + [[0.5, 0.5, 0.5]]
        >>> atoms = {"lattice_mat": np.eye(3) * 10, "coords": sites, "cartesian": False}
        >>> overlay = take_apart(atoms | {"elements": ["Li"] * 5 + ["O"]})
        >>> overlay.numbers.tolist(), overlay.positions_ang[2, 0].tolist()
        ([3, 8], [2.0, 0.0, 0.0])
    """
    cell, sites = (np.array(atoms[key], dtype=np.float64) for key in ("lattice_mat", "coords"))
    elements = [str(symbol).strip() for symbol in atoms["elements"]]
    if cell.shape != (3, 3) or sites.shape != (len(elements), 3) or not np.isfinite(sites).all():
        raise ValueError(f"a cell of shape {cell.shape} and sites of shape {sites.shape}")
    if len(set(elements[:N_IMAGES])) != 1 or len(elements) <= N_IMAGES:
        first = first_few(elements, limit=N_IMAGES + 1)
        raise ValueError(f"sites {first}, where {N_IMAGES} of one ion come first: an image is gone")
    unknown = sorted({symbol for symbol in elements if symbol not in SYMBOLS[1:]})
    if unknown:
        raise ValueError(f"unknown elements {first_few(unknown)}")
    positions = sites if atoms["cartesian"] else sites @ cell
    PeriodicCell(cell)  # has a volume
    steps = np.diff(positions[:N_IMAGES], axis=0)
    bend = float(np.abs(steps - steps[0]).max())
    if bend > _STRAIGHT_ANG:
        raise ValueError(f"images {bend:.3f} Å off a straight line of equal steps")
    images = np.stack([np.vstack([ion, positions[N_IMAGES:]]) for ion in positions[:N_IMAGES]])
    numbers = [SYMBOLS.index(symbol) for symbol in elements[N_IMAGES - 1 :]]
    return Overlay(
        numbers=np.array(numbers, dtype=np.uint8), cell_ang=cell, positions_ang=images.round(8)
    )


def _geometry(path: Overlay) -> _Row:
    """The columns of ``entries`` that follow from the images."""
    made, cell = composition_of(path.numbers), PeriodicCell(path.cell_ang)
    ion, frame = path.positions_ang[:, 0], path.positions_ang[0, 1:]
    # Every periodic image within reach of the ion, so that small cells count as they should.
    vectors = cell.minimum_image(ion[:, None] - frame)[:, :, None] + _IMAGES @ cell.basis
    apart = np.sqrt(np.einsum("ijkl,ijkl->ijk", vectors, vectors))
    is_anion = np.isin(path.numbers[1:], _ANION_NUMBERS)
    anions, nearest = apart[:, is_anion].reshape(N_IMAGES, -1), apart.min(axis=2)
    closest = anions.min(axis=1, initial=math.inf)
    others = cell.distances(frame[:, None], frame[None]) if len(frame) > 1 else np.array([[9.0]])
    np.fill_diagonal(others, math.inf)
    far = 10.0  # no atom of the kind in any cell
    cations = nearest[:, ~is_anion].min(axis=1, initial=far)
    return {
        "formula": made.formula,
        "formula_norm": made.formula_norm,
        "chemsys": made.chemsys,
        "working_ion": SYMBOLS[path.numbers[0]],
        "n_atoms": made.n_atoms,
        "volume_ang3": round(abs(float(np.linalg.det(path.cell_ang))), 6),
        "path_length_ang": round(float(np.linalg.norm(ion[-1] - ion[0])), 6),
        "anion_distance_ang": np.minimum(closest, far).round(6).tolist(),
        "cation_distance_ang": cations.round(6).tolist(),
        "coordination": (anions <= _SHELL * closest[:, None]).sum(axis=1).tolist(),
        "closest_ang": round(min(float(nearest.min()), float(others.min())), 6),
    }


def _images(rows: Sequence[_Row], schema: Any) -> Any:
    """The table of paths, image by image."""
    import pyarrow as pa

    images = [
        {
            "id": row["id"],
            "image": image,
            "numbers": row["overlay"].numbers,
            "cell_ang": row["overlay"].cell_ang.ravel(),
            "moving_ion": 0,
            "positions_ang": row["overlay"].positions_ang[image].ravel(),
        }
        for row in rows
        for image in range(N_IMAGES)
    ]
    return pa.Table.from_pylist(images, schema=schema)


# What every version must fulfil, but for the paths that oddities.yaml names


def _by_row(
    name: str, description: str, expected: str, is_good: Any, shown: Sequence[str]
) -> Check[list[_Row]]:
    def run(rows: list[_Row]) -> Outcome:
        findings = [
            Finding(
                entry=row["id"],
                place=f"{WORKBOOK}, {row['id']}",
                expected=expected,
                found=", ".join(f"{key} {row[key]}" for key in shown),
            )
            for row in rows
            if not is_good(row)
        ]
        detail = f"{len(rows) - len(findings)} of {len(rows)} paths"
        return Outcome(findings=findings, detail=detail)

    return Check(name, description, run)


_CHECKS = (
    _by_row(
        "functionals_are_known",
        "Every barrier names its functional.",
        " or ".join(_FUNCTIONALS),
        lambda row: row["functional"] in _FUNCTIONALS,
        ["functional"],
    ),
    _by_row(
        "symmetry_columns_are_in_order",
        "The column of crystal systems holds one of the seven.",
        "one of the seven crystal systems",
        lambda row: row["is_in_order"] and row["crystal_system"] in _SYSTEMS,
        ["crystal_system", "space_group"],
    ),
    _by_row(
        "classes_agree",
        "The workbook and the overlays name the same class.",
        "the same class in both files",
        lambda row: row["family"] == row["class_of_path"],
        ["family", "class_of_path"],
    ),
    _by_row(
        "atoms_are_apart",
        "No two atoms of an image are nearer than 0.5 Å.",
        f"{_APART_ANG} Å between any two atoms of an image, at least",
        lambda row: row["closest_ang"] >= _APART_ANG,
        ["closest_ang"],
    ),
)


def _counts(rows: Sequence[_Row]) -> dict[str, list[int]]:
    """Counts of the train and of the test subset."""
    parts = [[row for row in rows if row["subset"] == name] for name in _OVERLAYS]

    def different(column: str) -> list[int]:
        return [len({row[column] for row in part}) for part in parts]

    return {
        "entries": [len(part) for part in parts],
        "li_paths": [sum(row["working_ion"] == "Li" for row in part) for part in parts],
        "chemical_systems": different("chemsys"),
        "cell_formulas": different("formula"),
        "printed_compositions": different("composition"),
        "composition_in_train": [sum(row["composition_in_train"] for row in p) for p in parts],
        "atoms_within_half_an_angstrom": [
            sum(row["closest_ang"] < _APART_ANG for row in part) for part in parts
        ],
    }


def _counts_check(pinned: DatasetVersion) -> Check[list[_Row]]:
    def run(rows: list[_Row]) -> Outcome:
        counts = _counts(rows)
        sums = {name: sum(of) for name, of in counts.items()}
        sums |= dict(zip(_OVERLAYS, counts["entries"], strict=True))
        sums |= {"test_systems": counts["chemical_systems"][1]}
        sums |= {"test_composition_in_train": counts["composition_in_train"][1]}
        findings = [
            Finding(
                entry=None,
                place=f"params.yaml, {pinned.key}, expected.{name}",
                expected=str(count),
                found=str(sums.get(name, f"known counts: {', '.join(sums)}")),
            )
            for name, count in pinned.expected.items()
            if sums.get(name) != count
        ]
        detail = ", ".join(f"{count} {name}" for name, count in sums.items())
        return Outcome(findings=findings, detail=detail)

    return Check("counts_are_as_expected", "Counts are those that params.yaml expects.", run)


def _summary(rows: Sequence[_Row]) -> dict[str, Any]:
    """Counts per subset, label histogram, and how often classes, systems and ions occur."""
    edges = np.arange(0.0, np.ceil(max(row["barrier_ev"] for row in rows)) + 0.25, 0.5)
    of_subset = {
        name: [row["barrier_ev"] for row in rows if row["subset"] == name] for name in _OVERLAYS
    }

    def spread(column: str) -> dict[str, list[int]]:
        counted = Counter((row[column], row["subset"]) for row in rows)
        total = Counter(row[column] for row in rows)
        kinds = sorted(total, key=lambda kind: (-total[kind], kind))
        return {kind: [counted[kind, name] for name in _OVERLAYS] for kind in kinds}

    return {
        "subsets": list(_OVERLAYS),
        "counts": _counts(rows),
        "label_histogram": {"edges": edges.tolist()}
        | {name: np.histogram(v, edges)[0].tolist() for name, v in of_subset.items()},
        "family": spread("family"),
        "crystal_system": spread("crystal_system"),
        "working_ion": spread("working_ion"),
        "functional": spread("functional"),
    }
