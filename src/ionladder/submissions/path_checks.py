"""Predicted paths held to the hops of a task: exactly their images, their atoms, finite numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ionladder.core.problems import Problem, first_few
from ionladder.datasets.paths import GivenPath
from ionladder.submissions.coverage import coverage_problems
from ionladder.submissions.path_rows import ENERGY, POSITIONS, PathRows

_SAME_ANG = 1e-3


def row_problems(
    rows: PathRows,
    given: Mapping[str, GivenPath],
    *,
    train_ids: Collection[str],
    shown_as: str,
) -> list[Problem]:
    """Everything wrong with the rows, so that none means: every hop is whole.

    Args:
        rows: The rows.
        given: Hop → the path it starts from: the hops of the task, each with its images and atoms.
        train_ids: Hops of the train subset, to recognise a mix-up.
        shown_as: The file in letters.
    """
    by_hop = rows.by_hop
    problems = coverage_problems(
        list(by_hop), expected=given, where=shown_as, elsewhere={"training": train_ids}
    )
    known = {name: places for name, places in by_hop.items() if name in given}
    problems += _image_problems(rows, known, given, shown_as)
    problems += _converged_problems(rows, known, shown_as)
    problems += _atom_problems(rows, known, given, shown_as)
    problems += _finite_problems(rows, known, shown_as)
    return problems


def _image_problems(
    rows: PathRows,
    by_hop: Mapping[str, list[int]],
    given: Mapping[str, GivenPath],
    shown_as: str,
) -> list[Problem]:
    """Images that are missing, there twice, or of no such number."""
    wrong: dict[str, list[str]] = {"missing": [], "repeated": [], "unknown": []}
    for name, places in by_hop.items():
        images = rows.images[places].tolist()
        asked = set(range(given[name].n_images))
        if asked - set(images):
            wrong["missing"].append(f"{name}: {_listed(asked - set(images))} of {len(asked)}")
        if len(set(images)) < len(images):
            wrong["repeated"].append(f"{name}: {_listed(i for i in images if images.count(i) > 1)}")
        if set(images) - asked:
            wrong["unknown"].append(f"{name}: {_listed(set(images) - asked)}")
    steps = {
        "missing": "Send every image of the initial path: leaving images out is not scored around.",
        "repeated": "Keep one row per image.",
        "unknown": "Keep the images of the initial path, numbered from 0.",
    }
    return [
        Problem(
            where=f"{shown_as}, image",
            expected="every image of the initial path once, in each hop",
            found=f"{what} images in {len(hops)} hop(s) ({first_few(hops)})",
            next_step=steps[what],
        )
        for what, hops in wrong.items()
        if hops
    ]


def _converged_problems(
    rows: PathRows, by_hop: Mapping[str, list[int]], shown_as: str
) -> list[Problem]:
    """Hops that do not say whether they converged, or say both."""
    open_, mixed = [], []
    for name, places in by_hop.items():
        said = rows.converged[places]
        if np.isnan(said).any():
            open_.append(name)
        elif said.min() != said.max():
            mixed.append(name)
    return [
        Problem(
            where=f"{shown_as}, converged",
            expected="true or false, the same for every image of a hop",
            found=f"{what} in {len(hops)} hop(s) ({first_few(hops)})",
            next_step="Say false for a hop whose path cannot be used; it then counts as failed.",
        )
        for what, hops in (("nothing", open_), ("both", mixed))
        if hops
    ]


def _atom_problems(
    rows: PathRows,
    by_hop: Mapping[str, list[int]],
    given: Mapping[str, GivenPath],
    shown_as: str,
) -> list[Problem]:
    """Images with another number of atoms, other elements, or another cell."""
    counts, elements, cells = [], [], []
    for name, places in by_hop.items():
        asked = given[name]
        for row in places:
            image, found = int(rows.images[row]), len(rows.positions_ang[row])
            if found != 3 * asked.n_atoms:
                if found or rows.converged[row] != 0:
                    counts.append(f"{name} image {image}: {found} for {asked.n_atoms} atoms")
                continue
            if rows.numbers is not None and (rows.numbers[row] != asked.numbers).any():
                elements.append(f"{name} image {image}")
            if rows.cells_ang is not None and not _is_same(rows.cells_ang[row], asked.cell_ang):
                cells.append(f"{name} image {image}")
    return [
        Problem(
            where=f"{shown_as}, {where}",
            expected=expected,
            found=f"other in {len(found)} image(s) ({first_few(found)})",
            next_step=step,
        )
        for where, expected, found, step in (
            (
                POSITIONS,
                "three numbers for every atom of the initial path",
                counts,
                "Send all atoms of the supercell in the order of the initial path.",
            ),
            (
                "elements",
                "the elements of the initial path, atom by atom",
                elements,
                "Keep the order of the atoms: programs that sort by element change it.",
            ),
            (
                "Lattice",
                "the cell of the initial path",
                cells,
                "Relax atoms in the given cell; the DFT path has the same.",
            ),
        )
        if found
    ]


def _is_same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.abs(one - other).max() <= _SAME_ANG)


def _finite_problems(
    rows: PathRows, by_hop: Mapping[str, list[int]], shown_as: str
) -> list[Problem]:
    """Converged hops with an energy or a coordinate that is no finite number."""
    wrong: dict[str, list[str]] = {ENERGY: [], POSITIONS: []}
    for name, places in by_hop.items():
        for row in places:
            if rows.converged[row] != 1:
                continue
            if not np.isfinite(rows.energies_ev[row]):
                wrong[ENERGY].append(f"{name} image {int(rows.images[row])}")
            if not np.isfinite(rows.positions_ang[row]).all():
                wrong[POSITIONS].append(f"{name} image {int(rows.images[row])}")
    return [
        Problem(
            where=f"{shown_as}, {column}",
            expected="finite numbers in every image of a converged hop",
            found=f"none, NaN or infinity in {len(found)} image(s) ({first_few(found)})",
            next_step="Set converged to false for a hop whose path cannot be used.",
        )
        for column, found in wrong.items()
        if found
    ]


def _listed(values: Iterable[int]) -> str:
    return first_few(sorted(set(values)))
