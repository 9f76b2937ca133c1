"""em619: from upstream's workbook and its overlays of five images to tables and paths."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ionladder.config import DatasetVersion
from ionladder.data import ingest, store
from ionladder.data.archives import read_sheet
from ionladder.data.ingest import counts_check, row_checks, run_checks
from ionladder.data.litraj import common
from ionladder.data.litraj.xyz import SYMBOLS, PeriodicCell, upstream_problem
from ionladder.data.registry import get_dataset
from ionladder.data.slices import ANION_CLASSES
from ionladder.errors import IngestError, Problem, first_few, visible
from ionladder.specs import arrow_schema

N_IMAGES = 5
WORKBOOK = "TABULATION-GIT-HUB.xlsx"
SHEET = "COMPLETE-TABUATION"
BARRIER = "MIGRATION BARRIER(eV)"
PRINTED = {  # column of ours → header of the sheet
    "id": "sys_name",
    "composition": "COMPOSITION",
    "family": "CLASS",
    "functional": "XC",
    "crystal_system": "CRYSTAL SYSTEM",
    "space_group": "SPACE GROUP",
    "path": "PATH INFO",
}
_OVERLAYS = {s: f"RAW-Em-5-images-{s.upper()}.json" for s in ("train", "test")}
_SYSTEMS = "Triclinic Monoclinic Orthorhombic Tetragonal Trigonal Hexagonal Cubic".split()
_MULTIVALENT = ("Al", "Ca", "Mg", "Sr", "Zn")
_ANION_NUMBERS = [SYMBOLS.index(symbol) for symbol in ANION_CLASSES]
_SAME_EV = 1e-9
_STRAIGHT_ANG = 1e-3
_APART_ANG = 0.5
_FAR_ANG = 10.0
_SHELL = 1.25
_IMAGES = np.array([(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)])


_Row = dict[str, Any]


def build(raw: Path, pinned: DatasetVersion, work: Path) -> store.BuiltVersion:
    """Read, check and tabulate the workbook and the two overlay files.

    Args:
        raw: Folder with the three verified files.
        pinned: What ``params.yaml`` says of the version.
        work: Folder for the paths.

    Raises:
        IngestError: A sheet, column or path is missing or malformed, all named; or every finding
            of the checks on what was read.
    """
    import pyarrow as pa

    dataset = get_dataset(pinned.dataset)
    rows = sorted(_read(raw), key=lambda row: row["id"])
    systems = sorted({row["chemsys"] for row in rows})
    known = Counter(row["composition"] for row in rows if row["subset"] == "train")
    for row in rows:
        row["split_name"], row["component"] = common.OFFICIAL, systems.index(row["chemsys"]) + 1
        row["is_multivalent"] = row["working_ion"] in _MULTIVALENT
        row["composition_in_train"] = known[row["composition"]] > (row["subset"] == "train")
    splits = {name: [row[name] for row in rows] for name in ("id", "subset", "component")}
    folds = common.fold_columns(splits, pinned.folds, scheme="chemsys")
    summary = _summary(rows)
    of_rows = [*row_checks(WORKBOOK, _RULES), counts_check(pinned, _totals(summary["counts"]))]
    checks = run_checks(dataset, of_rows, rows)
    whole = common.folds_check("all paths of its chemical system")
    checks += run_checks(dataset, [whole], (splits, folds))
    (spec,) = dataset.frames
    images = [image for row in rows for image in row["overlay"].rows()]
    with store.StreamedWriter(work, spec, {"dataset": dataset.name}) as writer:
        writer.write(pa.Table.from_pylist(images, schema=arrow_schema(spec.columns)))
    tables = {t.name: store.table_from_rows(t, rows) for t in dataset.tables if t.name != "folds"}
    tables["folds"] = store.table_from_columns(dataset.table("folds"), folds)
    return store.BuiltVersion(
        tables={table.name: tables[table.name] for table in dataset.tables},
        checks=tuple(checks),
        summary=summary,
        frames={spec.name: writer.table},
    )


# The workbook says what a path is, the overlays where its atoms are


def _read(raw: Path) -> list[_Row]:
    """A row for every path.

    Raises:
        IngestError: All that keeps rows of the workbook and paths of the overlays from each other.
    """
    printed, problems = _printed(raw)
    rows: dict[str, _Row] = {}
    for subset, file in _OVERLAYS.items():
        try:
            items = [dict(item) for item in json.loads((raw / file).read_bytes())]
        except (ValueError, TypeError, RecursionError) as error:
            problems.append(upstream_problem(file, "a list of paths in JSON", error))
            continue
        for place, item in enumerate(items):
            name = str(item.get("sys_name"))
            where = f"{file}, path {place} ({visible(name)})"
            if name not in printed or name in rows:
                problems.append(upstream_problem(where, f"a path of {WORKBOOK}, once", name))
                continue
            try:
                rows[name] = {**printed[name], "subset": subset, **_of_path(item, printed[name])}
            except (KeyError, TypeError, ValueError) as error:
                expected = f"an overlay of {N_IMAGES} images with the workbook's barrier"
                problems.append(upstream_problem(where, expected, error))
    if not problems and (absent := sorted(printed.keys() - rows.keys())):
        problems.append(upstream_problem(WORKBOOK, "paths for its rows only", first_few(absent)))
    if problems:
        raise IngestError(problems)
    return list(rows.values())


def _printed(raw: Path) -> tuple[dict[str, _Row], list[Problem]]:
    """Path → what the workbook prints of it; and all that is wrong with its rows."""
    printed: dict[str, _Row] = {}
    problems = []
    sheet = read_sheet(raw / WORKBOOK, SHEET, [*PRINTED.values(), BARRIER])
    for line, cells in enumerate(sheet, start=2):
        where = f"{WORKBOOK}, row {line}"
        row: _Row = {name: cells[header] for name, header in PRINTED.items()}
        barrier = common.barrier_of(cells[BARRIER])
        row |= {"barrier_ev": barrier, "printed_system": row["crystal_system"]}
        if row["space_group"] in _SYSTEMS:
            row |= {"crystal_system": row["space_group"], "space_group": row["crystal_system"]}
        if row["id"] in printed or not row["id"]:
            problems.append(upstream_problem(where, "a name of its own", repr(row["id"])))
        if math.isnan(barrier):
            found = repr(cells[BARRIER])
            problems.append(upstream_problem(where, "a barrier of 0 eV or more", found))
        printed[row["id"]] = row
    return printed, problems


def _of_path(item: Mapping[str, Any], printed: _Row) -> _Row:
    """What an overlay adds to a row.

    Raises:
        ValueError: It breaks the rule, or has another barrier than the workbook.
        KeyError: It lacks a field.
    """
    if not abs(common.barrier_of(item["target"]) - printed["barrier_ev"]) <= _SAME_EV:
        raise ValueError(f"target {item['target']}, not that of the workbook")
    overlay = take_apart(item["atoms"], printed["id"])
    family = str(item.get("class")).strip()
    return {"other_family": family, "overlay": overlay, **_geometry(overlay)}


def take_apart(atoms: Mapping[str, Any], name: str = "") -> store.GivenPath:
    """The images of an overlay.

    The rule, which all 619 paths follow: the first five sites are one element, equally spaced on a
    straight line to 0.001 Å. They are the moving ion in the five images; every other site is in
    all of them. Coordinates are fractional, and the line is not wrapped into the cell.

    Args:
        atoms: ``lattice_mat``, ``coords``, ``elements`` and ``cartesian`` of a JARVIS structure.
        name: Id of the path.

    Returns:
        Its images, the moving ion first.

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
    if unknown := sorted({symbol for symbol in elements if symbol not in SYMBOLS[1:]}):
        raise ValueError(f"unknown elements {first_few(unknown)}")
    PeriodicCell(cell)  # has a volume
    positions = sites if atoms["cartesian"] else sites @ cell
    steps = np.diff(positions[:N_IMAGES], axis=0)
    if (bend := float(np.abs(steps - steps[0]).max())) > _STRAIGHT_ANG:
        raise ValueError(f"images {bend:.3f} Å off a straight line of equal steps")
    images = np.stack([np.vstack([ion, positions[N_IMAGES:]]) for ion in positions[:N_IMAGES]])
    numbers = np.array([SYMBOLS.index(s) for s in elements[N_IMAGES - 1 :]], dtype=np.uint8)
    made: _Row = {"numbers": numbers, "cell_ang": cell, "positions_ang": images.round(8)}
    return store.GivenPath(id=name, moving_ion=0, **made)


def _geometry(path: store.GivenPath) -> _Row:
    """The columns of ``entries`` that follow from the images."""
    made, cell = common.composition_of(path.numbers), PeriodicCell(path.cell_ang)
    ion, frame = path.positions_ang[:, 0], path.positions_ang[0, 1:]
    # Every periodic image within reach of the ion, so that small cells count as they should.
    vectors = cell.minimum_image(ion[:, None] - frame)[:, :, None] + _IMAGES @ cell.basis
    apart = np.sqrt(np.einsum("ijkl,ijkl->ijk", vectors, vectors))
    is_anion = np.isin(path.numbers[1:], _ANION_NUMBERS)
    anions = apart[:, is_anion].reshape(N_IMAGES, -1)
    closest = anions.min(axis=1, initial=_FAR_ANG)
    cations = apart[:, ~is_anion].min(axis=(1, 2), initial=_FAR_ANG)
    others = cell.distances(frame[:, None], frame[None])
    np.fill_diagonal(others, math.inf)
    return {
        "formula": made.formula,
        "formula_norm": made.formula_norm,
        "chemsys": made.chemsys,
        "working_ion": SYMBOLS[path.numbers[0]],
        "n_atoms": made.n_atoms,
        "volume_ang3": round(abs(float(np.linalg.det(path.cell_ang))), 6),
        "path_length_ang": round(float(np.linalg.norm(ion[-1] - ion[0])), 6),
        "anion_distance_ang": closest.round(6).tolist(),
        "cation_distance_ang": cations.round(6).tolist(),
        "coordination": (anions <= _SHELL * closest[:, None]).sum(axis=1).tolist(),
        "closest_ang": round(min(float(apart.min()), float(others.min())), 6),
    }


# What every version must fulfil, but for the paths that oddities.yaml names; and its counts


_RULES: Mapping[str, ingest.RowRule] = {
    "functionals_are_known": (
        *("Every barrier names its functional.", "GGA, GGA+U, SCAN or LDA", "functional"),
        lambda row: row["functional"] in ("GGA", "GGA+U", "SCAN", "LDA"),
    ),
    "symmetry_columns_are_in_order": (
        "The column of crystal systems holds one of the seven.",
        *("one of the seven, and no space group", "printed_system"),
        lambda row: row["printed_system"] in _SYSTEMS,
    ),
    "classes_agree": (
        "The workbook and the overlays name the same class.",
        *("the class of the workbook in the overlay", "other_family"),
        lambda row: row["family"] == row["other_family"],
    ),
    "atoms_are_apart": (
        f"No two atoms of an image are nearer than {_APART_ANG} Å.",
        *(f"{_APART_ANG} Å between any two atoms of an image, at least", "closest_ang"),
        lambda row: row["closest_ang"] >= _APART_ANG,
    ),
}


def _totals(counts: Mapping[str, list[int]]) -> dict[str, int]:
    """Counts by the names that ``params.yaml`` uses."""
    return {
        **dict(zip(_OVERLAYS, counts["entries"], strict=True)),
        **{name: sum(counts[name]) for name in ("entries", "li_paths")},
        "test_systems": counts["chemical_systems"][1],
        "test_composition_in_train": counts["composition_in_train"][1],
    }


def _summary(rows: Sequence[_Row]) -> dict[str, Any]:
    """Counts per subset, label histogram, and how often classes and crystal systems occur."""
    summary = ingest.counts_by_subset(
        rows,
        {
            "entries": len,
            "li_paths": lambda part: sum(row["working_ion"] == "Li" for row in part),
            "composition_in_train": lambda part: sum(row["composition_in_train"] for row in part),
            "atoms_within_half_an_angstrom": lambda part: sum(
                row["closest_ang"] < _APART_ANG for row in part
            ),
            "chemical_systems": lambda part: len({row["chemsys"] for row in part}),
            "cell_formulas": lambda part: len({row["formula"] for row in part}),
        },
    )
    edges = np.arange(0.0, np.ceil(max(row["barrier_ev"] for row in rows)) + 0.25, 0.5)
    barriers = {n: [row["barrier_ev"] for row in rows if row["subset"] == n] for n in _OVERLAYS}
    summary["label_histogram"] = ingest.label_histogram(barriers, edges.tolist())
    for column in ("family", "crystal_system"):
        counted = Counter((row[column], row["subset"]) for row in rows)
        kinds = [kind for kind, _ in Counter(row[column] for row in rows).most_common()]
        summary[column] = {kind: [counted[kind, name] for name in _OVERLAYS] for kind in kinds}
    return summary
