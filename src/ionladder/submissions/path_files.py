"""The file of predicted paths in a submission: found, read, checked; and the template of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ionladder.core.hashing import sha256_file
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.paths import GivenPath, read_given_paths
from ionladder.submissions import path_extxyz, path_parquet
from ionladder.submissions.path_checks import row_problems
from ionladder.submissions.path_geometry import geometry_problems
from ionladder.submissions.path_rows import EXTXYZ, PARQUET, PathRows, PredictedPath

Reader = Callable[..., tuple[PathRows | None, list[Problem]]]
_READERS: Mapping[str, Reader] = {PARQUET: path_parquet.read_rows, EXTXYZ: path_extxyz.read_rows}


@dataclass(frozen=True, kw_only=True, eq=False)
class PathFile:
    """A checked file.

    Attributes:
        path: The file.
        sha256: SHA-256 of its bytes.
        paths: Hop → its path, of the hops that converged.
    """

    path: Path
    sha256: str
    paths: Mapping[str, PredictedPath]


def read_path_file(
    folder: Path,
    given: Mapping[str, GivenPath],
    *,
    train_ids: Collection[str],
    task: str,
    shown_as: str,
) -> tuple[PathFile | None, list[Problem]]:
    """Read and check ``predictions.parquet`` or ``predictions.extxyz``.

    Args:
        folder: The submission.
        given: Hop → the path it starts from: exactly the hops to predict.
        train_ids: Hops of the train subset, to recognise a mix-up.
        task: Name of the task, for letters.
        shown_as: The folder in letters.

    Returns:
        The file and no problems, or None and everything wrong with it.
    """
    path, problems = _find(folder, task, shown_as)
    if path is None:
        return None, problems
    file = f"{shown_as}/{path.name}"
    rows, problems = _READERS[path.name](path, given.values(), shown_as=file)
    if rows is None:
        return None, problems
    problems = row_problems(rows, given, train_ids=train_ids, shown_as=file)
    if problems:
        return None, problems
    paths = _paths(rows, given)
    problems = geometry_problems(paths, given, shown_as=file)
    if problems:
        return None, problems
    return PathFile(path=path, sha256=sha256_file(path), paths=paths), []


def _find(folder: Path, task: str, shown_as: str) -> tuple[Path | None, list[Problem]]:
    """The one file of predictions, a regular file."""
    present = [
        folder / name
        for name in _READERS
        if (folder / name).is_symlink() or (folder / name).exists()
    ]
    if len(present) == 1 and not present[0].is_symlink() and present[0].is_file():
        return present[0], []
    if len(present) == 1:
        found, step = f"{present[0].name} as a link or special file", "Put the file itself here."
    elif present:
        found, step = "both", "Keep the one that holds the final predictions."
    else:
        others = sorted(item.name for item in folder.glob("predictions.*"))
        found = f"neither, but {first_few(others)}" if others else "neither"
        step = f"`ionladder new {task} NAME` writes a template with every image."
    return None, [
        Problem(where=shown_as, expected=f"{PARQUET} or {EXTXYZ}", found=found, next_step=step)
    ]


def _paths(rows: PathRows, given: Mapping[str, GivenPath]) -> dict[str, PredictedPath]:
    """Converged hops, images in their order, hops in that of the given paths."""
    by_hop = rows.by_hop
    paths = {}
    for name, asked in given.items():
        places = by_hop[name]
        if rows.converged[places[0]] != 1:
            continue
        ordered = [places[i] for i in np.argsort(rows.images[places], kind="stable")]
        stacked = np.stack([rows.positions_ang[row] for row in ordered])
        paths[name] = PredictedPath(
            energies_ev=rows.energies_ev[ordered],
            positions_ang=stacked.reshape(asked.positions_ang.shape),
        )
    return paths


def write_template(folder: Path, given: Path, ids: Iterable[str]) -> str:
    """Write a file to fill in: every image at its initial place, energy and ``converged`` empty.

    Args:
        folder: The submission.
        given: The table of frames with the initial paths.
        ids: Hops to predict.

    Returns:
        Its name.
    """
    paths = list(read_given_paths(given, frozenset(ids)))
    images = [(path, image) for path in paths for image in range(path.n_images)]
    path_parquet.write_rows(
        folder / PARQUET,
        ids=[path.id for path, _ in images],
        images=[image for _, image in images],
        energies_ev=[None] * len(images),
        positions_ang=[path.positions_ang[image] for path, image in images],
        converged=[None] * len(images),
    )
    return PARQUET
