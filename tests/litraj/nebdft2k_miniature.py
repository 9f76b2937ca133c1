"""A nebDFT2k of a dozen hops in upstream's exact layout, made by hand from three small cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import writing

from ionladder.repo import Layout

FOLDER = "nebDFT2k"
INDEX, CENTROIDS = f"{FOLDER}/nebDFT2k_index.csv", f"{FOLDER}/nebDFT2k_centroids.xyz"
COLUMNS = ("material_id", "edge_id", "chemsys", "has_specific_TM", "em_bvse", "em_dft", "_split")

# mp-2 and mp-4 are in two parts; the last hops lead from a site to its own image.
HOPS = pd.read_csv(Path(__file__).with_name("nebdft2k_hops.csv")).to_records(index=False).tolist()
MATERIALS = {
    "mp-1": "LiLiLiPOOOO",
    "mp-2": "LiLiFeOOO",
    "mp-3": "LiLiLiClClCl",
    "mp-4": "LiLiTiFFFF",
    "mp-5": "LiLiLiLiSS",
    "mp-6": "LiLiSiOOO",
    "mp-7": "LiLiLiMnOO",
    "mp-8": "LiLiBrBr",
}
CELLS = (np.diag([7.0, 7.5, 8.0]), np.array([[8.0, 0.0, 0.0], [-3.5, 6.5, 0.0], [0.5, 1.0, 7.0]]))


@dataclass(frozen=True, kw_only=True)
class MadeHop:
    """One hop, before it is written.

    Attributes:
        id: edge_id.
        part: train, val or test.
        symbols: Elements of the atoms.
        cell: Lattice vectors, Å.
        moving: Position of the moving ion.
        init: Initial positions, shape (n_images, n_atoms, 3), Å.
        relaxed: Relaxed positions.
        energies: Energies of the relaxed images, eV.
        em_bvse: Barrier by bond valences, eV.
        em_dft: Barrier of the index, eV.
    """

    id: str
    part: str
    symbols: Sequence[str]
    cell: np.ndarray
    moving: int
    init: np.ndarray
    relaxed: np.ndarray
    energies: np.ndarray
    em_bvse: float
    em_dft: float

    @property
    def material(self) -> str:
        return self.id.split("_")[0]

    @property
    def chemsys(self) -> str:
        return "-".join(sorted(set(re.findall("[A-Z][a-z]*", MATERIALS[self.material]))))

    @property
    def init_name(self) -> str:
        return f"{FOLDER}/{self.id}_init.xyz"

    @property
    def relaxed_name(self) -> str:
        return f"{FOLDER}/{self.id}_relaxed.xyz"


def make_hop(place: int) -> MadeHop:
    """The hop at a place of ``HOPS``."""
    name, part, n_images = HOPS[place]
    rng = np.random.default_rng(100 + place)
    symbols = re.findall("[A-Z][a-z]*", MATERIALS[name.split("_")[0]])
    cell = CELLS[place % 2]
    moving = place % 2  # Li is first in every list
    grid = np.array([(x, y, z) for x in (0.1, 0.6) for y in (0.2, 0.7) for z in (0.15, 0.65)])
    steps = np.linspace(0.0, 1.0, n_images)
    init = np.repeat((grid[: len(symbols)] @ cell)[None], n_images, axis=0)
    # The ion crosses the boundary of the cell, and comes back at the other side of it.
    init[:, moving] += steps[:, None] * (np.array([-0.45, 0.1, 0.05]) @ cell)
    init[:, moving, 2] += 0.2 * np.sin(np.pi * steps)
    fractional = init @ np.linalg.inv(cell)
    init = (fractional - np.floor(fractional)) @ cell
    relaxed = init + rng.normal(0.0, 0.05, init.shape)
    barrier = round(0.2 + 0.1 * place, 4)
    energies = -5.0 * len(symbols) + barrier * np.sin(np.pi * steps) ** 2
    energies[-1] += 0.01
    return MadeHop(
        id=name,
        part=part,
        symbols=symbols,
        cell=cell,
        moving=moving,
        init=init,
        relaxed=relaxed,
        energies=energies,
        em_bvse=round(1.5 * barrier + 0.05 * float(rng.normal()), 4),
        em_dft=round(float(energies.max() - energies.min()), 4),
    )


def hops() -> list[MadeHop]:
    """All of them, in the order of the index, which is not that of ids."""
    made = [make_hop(place) for place in range(len(HOPS))]
    return [*made[9:], *made[:9]]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A whole archive whose parts can be exchanged before it is written."""

    hops: Sequence[MadeHop] = field(default_factory=hops)
    members: Mapping[str, str | bytes | None] = field(default_factory=dict)

    def changed(self, place: int, **changes: Any) -> Archive:
        """The archive with one hop changed."""
        made = list(self.hops)
        made[place] = replace(made[place], **changes)
        return replace(self, hops=made)

    def write(self, folder: Path) -> Path:
        """Write ``nebDFT2k.zip``; a member that is None is left out."""
        texts: dict[str, Any] = {INDEX: index_text(self.hops), CENTROIDS: centroids(self.hops)}
        for hop in self.hops:
            texts |= {hop.init_name: init_text(hop), hop.relaxed_name: relaxed_text(hop)}
        texts |= self.members
        kept = {name: content for name, content in texts.items() if content is not None}
        return writing.write_zip(folder / "nebDFT2k.zip", kept)


def index_text(made: Iterable[MadeHop], *, edit: Callable[[dict], dict] = dict) -> str:
    """The index of some hops."""
    rows = []
    for hop in made:
        has_metal = hop.chemsys in ("Fe-Li-O", "Li-Mn-O")
        cells = (hop.material, hop.id, hop.chemsys, has_metal, hop.em_bvse, hop.em_dft, hop.part)
        rows.append(edit(dict(zip(COLUMNS, cells, strict=True))))
    return writing.csv_text(rows, columns=COLUMNS)


def init_text(hop: MadeHop) -> str:
    """Images before DFT, with the columns that upstream's own tools leave behind."""
    n = len(hop.symbols)
    extra = {
        "freezed": [atom != hop.moving for atom in range(n)],
        "index": list(range(n)),
        "offset": np.zeros((n, 3), dtype=int),
        "bvs": [0.5] * n,
        "sym_label": list(hop.symbols),
        "forces": np.zeros((n, 3)),
    }
    images = (
        writing.frame_text(hop.symbols, x, hop.cell, {"energy": 0.0}, extra) for x in hop.init
    )
    return "".join(images)


def relaxed_text(hop: MadeHop) -> str:
    """Images with energy, forces and stress."""
    arrays = {"forces": np.zeros((len(hop.symbols), 3))}
    named, stress = {"material_id": hop.material}, {"stress": np.zeros((3, 3))}
    images = zip(hop.relaxed, hop.energies, strict=True)
    return "".join(
        writing.frame_text(hop.symbols, x, hop.cell, named | {"energy": float(e)} | stress, arrays)
        for x, e in images
    )


def centroids(made: Iterable[MadeHop]) -> str:
    """Centroids; every other one is without the moving ion, since upstream does not say."""
    texts = []
    for place, hop in enumerate(made):
        keep = [i for i in range(len(hop.symbols)) if place % 2 or i != hop.moving]
        symbols = [*(hop.symbols[i] for i in keep), "X"]
        positions = [*hop.init[0][keep], hop.init[len(hop.init) // 2, hop.moving]]
        info = {"material_id": hop.material, "edge_id": hop.id, "em": hop.em_dft}
        texts.append(writing.frame_text(symbols, positions, hop.cell, info))
    return "".join(texts)


# A temporary repository in which the miniature is pinned and ingested


VERSION = "1.0.0"
TASKS = ["nebdft2k-barrier", "nebdft2k-path"]
ENTRY = writing.version_entry("nebdft2k", "nebDFT2k.zip", {"hops": len(HOPS)}, TASKS, n_folds=3)
KEY = writing.key_of(ENTRY)


def make_repository(root: Path, archive: Archive | None = None) -> Layout:
    """A repository with the archive fetched, pinned and ingested."""
    return writing.ingested_repository(root, ENTRY, (archive or Archive()).write)


def put_archive(root: Path, archive: Archive) -> Layout:
    """A repository with the archive fetched and pinned."""
    return writing.pinned_repository(root, ENTRY, archive.write)
