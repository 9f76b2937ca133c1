"""Features of crystals from features of their atoms, each computed once and kept in a cache."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from ionladder.baselines.umlip.atoms import Cell, cell_of_cif
from ionladder.errors import BaselineError, Problem, visible
from ionladder.repo import replacing, sha256_bytes

if TYPE_CHECKING:
    from ionladder.specs import Array

_FORMAT = 2


class Potential(Protocol):
    """What a module of a potential offers."""

    def atom_features(self, cell: Cell) -> Array:
        """Invariant features of every atom, shape (n_atoms, n_features)."""

    def prepare(self) -> None:
        """Import the package and read its weights."""

    def source(self) -> str:
        """Package, version and weights."""

    def __hash__(self) -> int:
        """Modules hash by identity."""


def pooled(features: Array) -> Array:
    """Mean and population standard deviation over atoms, side by side.

    Args:
        features: Shape (n_atoms, n_features).

    Returns:
        Shape (2 n_features,).

    Example:
        >>> pooled(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
        [2.0, 5.0, 1.0, 0.0]
    """
    return np.concatenate([features.mean(axis=0), features.std(axis=0)])


def embedding_table(
    potential: Potential, structures: pd.DataFrame, *, cache: Path | None
) -> pd.DataFrame:
    """Pooled atom features of every crystal.

    Args:
        potential: Whose features.
        structures: Column ``cif_text``, indexed by id.
        cache: Folder where features are kept between runs; None keeps none.

    Returns:
        Indexed like ``structures``; a row of NaN where the potential cannot treat the crystal.
    """
    rows = [_row(potential, text, cache) for text in structures["cif_text"]]
    width = max((len(row) for row in rows), default=0)
    gap = np.full(width, np.nan)
    return pd.DataFrame(
        np.array([row if len(row) else gap for row in rows]), index=structures.index
    )


def _row(potential: Potential, text: str, cache: Path | None) -> Array:
    """Pooled features of one crystal; empty where the potential cannot treat it."""
    if cache is None:
        return _compute(potential, text)
    key = sha256_bytes(f"{_FORMAT} {potential.source()}\n{text}".encode())[:24]
    place = cache / "embeddings" / f"{key}.npy"
    if not place.is_file():
        row = _compute(potential, text)
        with replacing(place) as temporary, temporary.open("wb") as stream:
            np.save(stream, row)
    kept: Array = np.load(place, allow_pickle=False)
    return kept


@lru_cache(maxsize=8)
def _prepare(potential: Potential) -> None:
    """Make sure that the potential works at all: a broken package says nothing about a crystal."""
    try:
        potential.prepare()
    except (ImportError, OSError, RuntimeError, ValueError, AttributeError) as error:
        raise BaselineError(
            Problem(
                where=f"features of {potential.source()}",
                expected="a package that imports and reads its weights",
                found=f"{type(error).__name__}: {visible(str(error), limit=200)}",
                next_step="Install the versions in requirements-umlip.lock (`make test-umlip`).",
            )
        ) from error


@lru_cache(maxsize=1024)
def _compute(potential: Potential, text: str) -> Array:
    _prepare(potential)
    try:
        row = pooled(potential.atom_features(cell_of_cif(text)))
    except ValueError:
        return np.empty(0)
    return row if np.isfinite(row).all() else np.empty(0)
