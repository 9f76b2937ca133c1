"""A miniature of MPLiTrj: forty configurations of four materials, in exactly upstream's layout.

Energies are a sum over elements plus a little; forces follow from a known formula, so that tests
can work them out again from the rows themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from writing import frame_text, write_zip

STEM = "MPLiTrj_subsample"
COUNTS = {"train": 24, "val": 6, "test": 10}
LEVELS_EV = {"Li": -1.9, "O": -4.9, "Fe": -8.2, "S": -4.1}
"""Energy of an atom of each element."""

MATERIALS = {
    "mp-1": "Li Li Li Li O O".split(),
    "mp-2": "Li Li Fe Fe O O O O".split(),
    "mp-3": "Li Li S S".split(),
    "mp-4": "Li Fe S S O".split(),
}
PATHS = {"mp-1": "mp-1_0_1_0_0_-1", "mp-2": "mp-2_1_1_1_0_0"}


@dataclass
class Configuration:
    """One frame before it is written."""

    symbols: list[str]
    positions: np.ndarray
    cell: np.ndarray
    energy: float
    forces: np.ndarray
    stress: np.ndarray | None
    info: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        info = {**self.info, "energy": self.energy}
        info |= {} if self.stress is None else {"stress": self.stress}
        arrays = {"forces": self.forces, "offset": list(range(len(self.symbols)))}
        return frame_text(self.symbols, self.positions, self.cell, info, arrays)


def configurations() -> dict[str, list[Configuration]]:
    """Part → its configurations; those of a band follow each other, as upstream's do."""
    rng = np.random.default_rng(5)
    return {part: [_make(place, rng) for place in range(count)] for part, count in COUNTS.items()}


def _make(place: int, rng: np.random.Generator) -> Configuration:
    name = sorted(MATERIALS)[place % 8 // 2]
    symbols = MATERIALS[name]
    n = len(symbols)
    cell = np.diag(rng.uniform(4.0, 6.0, 3)).round(6)
    side = rng.normal(0.0, 0.01, (3, 3))
    return Configuration(
        symbols=symbols,
        positions=rng.uniform(0.0, 4.0, (n, 3)).round(8),
        cell=cell,
        energy=float(sum(LEVELS_EV[s] for s in symbols) + rng.normal(0.0, 0.05)),
        forces=rng.normal(0.0, 0.5, (n, 3)).round(8),
        stress=(side + side.T).round(8) if place % 5 else None,
        info={"material_id": name} | ({"edge_id": PATHS[name]} if name in PATHS else {}),
    )


def part_text(configurations: list[Configuration]) -> str:
    """The text of one part."""
    return "".join(one.text() for one in configurations)


def write_archive(path: Path, *, changed: Mapping[str, str] | None = None) -> Path:
    """The archive; ``changed`` replaces the text of whole parts."""
    made = {part: part_text(rows) for part, rows in configurations().items()} | (changed or {})
    return write_zip(path, {f"{STEM}/{STEM}_{part}.xyz": text for part, text in made.items()})
