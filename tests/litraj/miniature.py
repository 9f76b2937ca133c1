"""BVEL13k and nebBVSE122k in small, in exactly the layout of upstream's archives.

A miniature is made of plain rows that a test changes before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from writing import csv_text, frame_text, write_zip

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.litraj import ingest

Row = dict[str, Any]

STEP_EV = 0.009765625
BVEL_COLUMNS = ("material_id", "chemsys", "_split", "E_1D", "E_2D", "E_3D")
NEB_COLUMNS = ("material_id", "edge_id", "chemsys", "_split", "em")

# The worked example of upstream: barriers and the number of sites of Li3PO4, mp-2878.
LI3PO4 = "mp-2878"
LI3PO4_EV = {"E_1D": 0.4785, "E_2D": 0.4785, "E_3D": 0.8008}
LI3PO4_HOPS_EV = (0.293, 0.432, 0.391, 0.508)

_HOSTS = (
    ("Li",) * 12 + ("P",) * 4 + ("O",) * 16,
    ("Li", "Y", "Cl", "Cl"),
    ("Li", "P", "O", "O", "O"),
    ("Li", "Si", "S", "S"),
    ("Li", "Al", "F", "F"),
    ("Li", "N"),
    ("Li", "Fe", "O", "O"),
    ("Li", "Zr", "O"),
)


@dataclass(frozen=True, kw_only=True)
class Miniature:
    """An archive before it is written.

    Attributes:
        stem: Beginning of every file name.
        columns: Header of the index.
        index: Rows of the index.
        frames: Part → frames: symbols, positions, cell, info and arrays.
        extra: Further members, by path.
    """

    stem: str
    columns: tuple[str, ...]
    index: list[Row]
    frames: dict[str, list[Row]]
    extra: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, str]:
        """Path inside the archive → text."""
        texts = {
            f"{self.stem}_{part}.xyz": "".join(frame_text(**frame) for frame in frames)
            for part, frames in self.frames.items()
        }
        texts[f"{self.stem}_index.csv"] = csv_text(self.index, columns=self.columns)
        return {f"{self.stem}/{name}": text for name, text in texts.items()} | dict(self.extra)

    def write(self, folder: Path) -> Path:
        """The archive, as upstream packs it."""
        return write_zip(folder / f"{self.stem}.zip", self.members())

    @property
    def counts(self) -> dict[str, int]:
        return {part: len(frames) for part, frames in self.frames.items()}

    def pinned(self) -> DatasetVersion:
        """The version that expects these counts."""
        return pinned(self.stem.lower(), f"{self.stem}.zip", self.counts)


def pinned(dataset: str, file: str, expected: Mapping[str, int]) -> DatasetVersion:
    """A version as ``params.yaml`` states it, its bytes not yet pinned."""
    return DatasetVersion(
        dataset=dataset,
        version="1.0.0",
        tag="litraj",
        base_url="https://example.org/litraj",
        files={file: None},
        expected=dict(expected),
        folds=FoldSettings(n_folds=5, n_repeats=1, seed=20250221),
    )


def bvel13k(n_train: int = 14, n_val: int = 3, n_test: int = 4) -> Miniature:
    """Barriers on upstream's bisection steps; the second entry does not percolate in 3D."""
    rng = np.random.default_rng(7)
    index: list[Row] = []
    frames: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    parts = ["train"] * n_train + ["val"] * n_val + ["test"] * n_test
    for number, part in enumerate(parts):
        name = LI3PO4 if number == 0 else f"mp-{100 + number}"
        frame = _cell(number, rng)
        values = _steps(rng)
        if number == 0:
            values = dict(LI3PO4_EV)
        if number == 1:
            values["E_3D"] = float("inf")
        sites = len(frame["symbols"])
        products = {f"{key}_x_nsites": round(v * sites, 4) for key, v in values.items()}
        frame["info"] = {"material_id": name, **values, **products}
        frames[part].append(frame)
        index.append({"material_id": name, "chemsys": _chemsys(frame), "_split": part, **values})
    return Miniature(stem="BVEL13k", columns=BVEL_COLUMNS, index=index, frames=frames)


def nebbvse122k(*, keeps_end_sites: bool = True, with_edge_id: bool = True) -> Miniature:
    """Ten materials with three hops each, one with a negative offset; Li3PO4 is in training."""
    rng = np.random.default_rng(8)
    index: list[Row] = []
    frames: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    parts = ["train"] * 7 + ["val"] + ["test"] * 2
    for number, part in enumerate(parts):
        material = LI3PO4 if number == 0 else f"mp-{100 + number}"
        for hop, (target, offset) in enumerate((((1), "0_0_1"), (0, "0_-1_0"), (2, "1_0_0"))):
            edge = f"{material}_0_{target}_{offset}"
            frame = _supercell(number, hop, rng, keeps_end_sites=keeps_end_sites)
            em = LI3PO4_HOPS_EV[hop] if number == 0 else round(float(rng.gamma(2.0, 0.3)), 3)
            sites = len(frame["symbols"])
            frame["info"] = {
                "material_id": material,
                "edge_id": edge,
                "em": em,
                "em_x_nsites": round(em * sites, 3),
            }
            frames[part].append(frame)
            row = {"material_id": material, "edge_id": edge, "_split": part, "em": em}
            index.append({**row, "chemsys": _chemsys(frame)})
    columns = NEB_COLUMNS if with_edge_id else tuple(c for c in NEB_COLUMNS if c != "edge_id")
    return Miniature(stem="nebBVSE122k", columns=columns, index=index, frames=frames)


def changed(miniature: Miniature, part: str, row: int, **changes: Any) -> Miniature:
    """The same with one frame changed: its ``info`` updated, other fields replaced."""
    frames = {name: [dict(frame) for frame in found] for name, found in miniature.frames.items()}
    frame = frames[part][row]
    frame["info"] = {**frame["info"], **changes.pop("info", {})}
    frame.update(changes)
    return replace(miniature, frames=frames)


def relabelled(miniature: Miniature, row: int, **changes: Any) -> Miniature:
    """The same with one row of the index changed."""
    index = [dict(one) for one in miniature.index]
    index[row].update(changes)
    return replace(miniature, index=index)


def _steps(rng: np.random.Generator) -> dict[str, float]:
    steps = np.cumsum(rng.integers(0, 120, 3)) + 10
    return {
        key: round(float(step) * STEP_EV, 4)
        for key, step in zip(("E_1D", "E_2D", "E_3D"), steps, strict=True)
    }


def _cell(number: int, rng: np.random.Generator) -> Row:
    symbols = list(_HOSTS[number % len(_HOSTS)]) * (1 + number % 3)
    cell = np.diag(rng.uniform(4.0, 9.0, 3)) + rng.uniform(-0.3, 0.3, (3, 3))
    positions = rng.uniform(0.0, 1.0, (len(symbols), 3)) @ cell
    return {"symbols": symbols, "positions": positions.tolist(), "cell": cell.tolist()}


def _supercell(number: int, hop: int, rng: np.random.Generator, *, keeps_end_sites: bool) -> Row:
    frame = _cell(number + 3 * hop, rng)
    ends = ["Li", "Li"] if keeps_end_sites else []
    host = list(_HOSTS[number % len(_HOSTS)]) * 3
    symbols = [*ends, *host, "X"]
    positions = rng.uniform(0.0, 8.0, (len(symbols), 3))
    return {**frame, "symbols": symbols, "positions": positions.tolist()}


def _chemsys(frame: Row) -> str:
    return "-".join(sorted(set(frame["symbols"]) - {"X"}))


def build(miniature: Miniature, folder: Path) -> Any:
    """Write the archive and run the dataset's ``build`` on it."""
    miniature.write(folder / "raw")
    version = miniature.pinned()
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return ingest.build(folder / "raw", version, work)


def rows(table: Any, *columns: str) -> Sequence[Row]:
    """Rows of an arrow table, all columns or some."""
    chosen = table.select(list(columns)) if columns else table
    found: Sequence[Row] = chosen.to_pylist()
    return found
