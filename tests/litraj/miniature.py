"""BVEL13k and nebBVSE122k in small, in exactly the layout of upstream's archives.

A miniature is made of plain rows that a test changes before it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from writing import csv_text, frame_text, ingested_repository, version_entry, write_zip

from ionladder.config import DatasetVersion
from ionladder.data.litraj.ingest import build as build_version
from ionladder.data.store import BuiltVersion
from ionladder.repo import Layout

Row = dict[str, Any]

STEP_EV = 0.009765625
BARRIERS = ("E_1D", "E_2D", "E_3D")

# The worked example of upstream: barriers and the number of sites of Li3PO4, mp-2878.
LI3PO4 = "mp-2878"
LI3PO4_EV = {"E_1D": 0.4785, "E_2D": 0.4785, "E_3D": 0.8008}
LI3PO4_HOPS_EV = (0.293, 0.432, 0.391, 0.508)

_HOSTS = (
    ("Li",) * 12 + ("P",) * 4 + ("O",) * 16,
    *(tuple(text.split()) for text in ("Li Y Cl Cl", "Li P O O O", "Li Si S S", "Li Al F F")),
    *(tuple(text.split()) for text in ("Li N", "Li Fe O O", "Li Zr O")),
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
    entry = version_entry(dataset, file, expected, []) | {"files": {file: None}}
    return DatasetVersion(**entry)


def bvel13k() -> Miniature:
    """Barriers on upstream's bisection steps; the second entry does not percolate in 3D."""
    rng = np.random.default_rng(7)
    index: list[Row] = []
    frames: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for number, part in enumerate(["train"] * 14 + ["val"] * 3 + ["test"] * 4):
        name = LI3PO4 if number == 0 else f"mp-{100 + number}"
        frame = _cell(number, rng)
        steps = np.cumsum(rng.integers(0, 120, 3)) + 10
        values = {k: round(float(s) * STEP_EV, 4) for k, s in zip(BARRIERS, steps, strict=True)}
        if number == 0:
            values = dict(LI3PO4_EV)
        if number == 1:
            values["E_3D"] = float("inf")
        sites = len(frame["symbols"])
        products = {f"{key}_x_nsites": round(v * sites, 4) for key, v in values.items()}
        frame["info"] = {"material_id": name, **values, **products}
        frames[part].append(frame)
        index.append({"material_id": name, "chemsys": _chemsys(frame), "_split": part, **values})
    columns = ("material_id", "chemsys", "_split", *BARRIERS)
    return Miniature(stem="BVEL13k", columns=columns, index=index, frames=frames)


def nebbvse122k(*, keeps_end_sites: bool = True, with_edge_id: bool = True) -> Miniature:
    """Ten materials with three hops each, one with a negative offset; Li3PO4 is in training."""
    rng = np.random.default_rng(8)
    index: list[Row] = []
    frames: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for number, part in enumerate(["train"] * 7 + ["val"] + ["test"] * 2):
        material = LI3PO4 if number == 0 else f"mp-{100 + number}"
        for hop, image in enumerate(("1_0_0_1", "0_0_-1_0", "2_1_0_0")):
            edge = f"{material}_0_{image}"
            ends = ["Li", "Li"] if keeps_end_sites else []
            symbols = [*ends, *_HOSTS[number % len(_HOSTS)] * 3, "X"]
            cell = _cell(number + 3 * hop, rng)
            positions = rng.uniform(0.0, 8.0, (len(symbols), 3)).tolist()
            frame = {**cell, "symbols": symbols, "positions": positions}
            em = LI3PO4_HOPS_EV[hop] if number == 0 else round(float(rng.gamma(2.0, 0.3)), 3)
            named = {"material_id": material, "edge_id": edge}
            frame["info"] = {**named, "em": em, "em_x_nsites": round(em * len(symbols), 3)}
            frames[part].append(frame)
            index.append({**named, "_split": part, "em": em, "chemsys": _chemsys(frame)})
    columns = ("material_id", "edge_id", "chemsys", "_split", "em")
    columns = columns if with_edge_id else tuple(c for c in columns if c != "edge_id")
    return Miniature(stem="nebBVSE122k", columns=columns, index=index, frames=frames)


def changed(miniature: Miniature, part: str, row: int, **changes: Any) -> Miniature:
    """The miniature with one frame changed: its ``info`` updated, other fields replaced."""
    frames = {name: [dict(frame) for frame in found] for name, found in miniature.frames.items()}
    frame = frames[part][row]
    frame["info"] = {**frame["info"], **changes.pop("info", {})}
    frame.update(changes)
    return replace(miniature, frames=frames)


def relabelled(miniature: Miniature, row: int, **changes: Any) -> Miniature:
    """The miniature with one row of the index changed."""
    index = [{**one, **(changes if at == row else {})} for at, one in enumerate(miniature.index)]
    return replace(miniature, index=index)


def _cell(number: int, rng: np.random.Generator) -> Row:
    symbols = list(_HOSTS[number % len(_HOSTS)]) * (1 + number % 3)
    cell = np.diag(rng.uniform(4.0, 9.0, 3)) + rng.uniform(-0.3, 0.3, (3, 3))
    positions = rng.uniform(0.0, 1.0, (len(symbols), 3)) @ cell
    return {"symbols": symbols, "positions": positions.tolist(), "cell": cell.tolist()}


def _chemsys(frame: Row) -> str:
    return "-".join(sorted(set(frame["symbols"]) - {"X"}))


def build(miniature: Miniature, folder: Path, **changes: Any) -> BuiltVersion:
    """Write the archive and ingest it, the version with some fields changed."""
    miniature.write(folder / "raw")
    return build_archive(miniature.pinned().model_copy(update=changes), folder)


def build_archive(version: DatasetVersion, folder: Path) -> BuiltVersion:
    """Ingest the archive that is in ``raw``."""
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    return build_version(folder / "raw", version, work)


def ingested(root: Path, miniature: Miniature) -> Layout:
    """A repository with the miniature fetched, pinned and ingested."""
    name = miniature.stem.lower()
    entry = version_entry(name, f"{miniature.stem}.zip", miniature.counts, [name])
    return ingested_repository(root, entry, miniature.write)
