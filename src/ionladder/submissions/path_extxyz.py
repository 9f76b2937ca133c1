"""Predicted paths as extended XYZ: one frame an image, as ASE writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few
from ionladder.datasets.paths import GivenPath
from ionladder.sources.extxyz import Frame, iter_frames
from ionladder.submissions.path_rows import PathRows

_TRUTH = {"T": 1.0, "True": 1.0, "true": 1.0, "F": 0.0, "False": 0.0, "false": 0.0}
_BYTES_PER_ATOM = 400  # further columns of other programs are passed over
_BYTES_PER_FRAME = 4_000
_SPARE_BYTES = 1_000_000
_NEXT_STEP = (
    "Every frame needs edge_id=, image=, energy= and converged= in its second line; a hop without "
    "a path may leave energy out."
)


def read_rows(
    path: Path, given: Iterable[GivenPath], *, shown_as: str
) -> tuple[PathRows | None, list[Problem]]:
    """Read the file; arguments and result as for parquet."""
    paths = list(given)
    n_frames = sum(one.n_images for one in paths)
    n_atoms = sum(one.positions_ang.size // 3 for one in paths)
    limit = n_atoms * _BYTES_PER_ATOM + n_frames * _BYTES_PER_FRAME + _SPARE_BYTES
    size = path.stat().st_size
    if not 0 < size <= limit:
        expected = f"between 1 byte and {limit // 1_000_000 + 1} MB"
        return None, [_problem(shown_as, expected, f"{size:,} bytes")]
    frames: list[Frame] = []
    try:
        with path.open("rb") as stream:
            for frame in iter_frames(stream, where=shown_as):
                frames.append(frame)
                if len(frames) > 2 * n_frames:
                    found = "more than twice as many"
                    return None, [_problem(shown_as, f"{n_frames:,} frames", found)]
    except IngestError as error:
        return None, [
            Problem(where=p.where, expected=p.expected, found=p.found, next_step=_FORMAT)
            for p in error.problems
        ]
    problems = _info_problems(frames, shown_as)
    return (None, problems) if problems else (_rows(frames), [])


_FORMAT = "Write the frames with ASE's `write(..., format='extxyz')`, positions and cell in Å."


def _info_problems(frames: list[Frame], shown_as: str) -> list[Problem]:
    """Frames that do not say which image they are, what its energy is, or whether it converged."""
    wrong: dict[tuple[str, str], list[Frame]] = {}
    for frame in frames:
        info = frame.info
        if not info.get("edge_id"):
            wrong.setdefault(("edge_id", "an edge_id"), []).append(frame)
        if not _is_count(info.get("image", "")):
            wrong.setdefault(("image", "a whole number from 0"), []).append(frame)
        if "converged" in info and info["converged"] not in _TRUTH:
            wrong.setdefault(("converged", "T or F"), []).append(frame)
        if "energy" in info and _number(info["energy"]) is None:
            wrong.setdefault(("energy", "a number in eV"), []).append(frame)
    return [
        _problem(
            f"{shown_as}, frame {first_few(frame.place for frame in found)}, {key}",
            expected,
            f"{found[0].info.get(key, 'nothing')!r}"
            + (f" and {len(found) - 1} more" if len(found) > 1 else ""),
        )
        for (key, expected), found in wrong.items()
    ]


def _rows(frames: list[Frame]) -> PathRows:
    return PathRows(
        ids=[frame.info["edge_id"] for frame in frames],
        images=np.array([int(frame.info["image"]) for frame in frames], dtype=np.int64),
        energies_ev=np.array([_number(frame.info.get("energy", "nan")) for frame in frames]),
        positions_ang=[frame.arrays["pos"].ravel() for frame in frames],
        converged=np.array([_TRUTH.get(f.info.get("converged", ""), np.nan) for f in frames]),
        numbers=[frame.numbers for frame in frames],
        cells_ang=[frame.cell_ang for frame in frames],
    )


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _problem(where: str, expected: str, found: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP)
