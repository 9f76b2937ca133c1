"""A nebDFT2k of a dozen hops in upstream's exact layout, made by hand from three small cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from writing import csv_text, frame_text, write_zip

FOLDER = "nebDFT2k"
INDEX, CENTROIDS = f"{FOLDER}/nebDFT2k_index.csv", f"{FOLDER}/nebDFT2k_centroids.xyz"
COLUMNS = ("material_id", "edge_id", "chemsys", "has_specific_TM", "em_bvse", "em_dft", "_split")

# mp-2 and mp-4 stand in two parts; the last hops lead from a site to its own image.
HOPS = (
    ("mp-1_0_1_0_0_0", "train", 5),
    ("mp-1_0_2_0_0_-1", "train", 7),
    ("mp-1_1_2_0_0_0", "val", 7),
    ("mp-2_0_1_0_0_0", "train", 7),
    ("mp-2_0_2_1_-1_-1", "test", 7),
    ("mp-2_1_1_0_0_1", "val", 5),
    ("mp-3_0_1_0_0_0", "train", 5),
    ("mp-3_0_3_0_1_0", "train", 7),
    ("mp-4_0_1_0_0_0", "train", 7),
    ("mp-4_2_3_-1_0_0", "test", 5),
    ("mp-5_0_1_0_0_0", "test", 7),
    ("mp-5_0_2_0_0_0", "test", 7),
    ("mp-5_3_3_1_0_0", "test", 5),
    ("mp-6_0_1_0_0_0", "train", 7),
    ("mp-6_1_2_0_0_1", "train", 7),
    ("mp-7_0_1_0_0_0", "train", 5),
    ("mp-7_4_1_0_0_0", "test", 7),
    ("mp-8_0_1_0_0_0", "test", 7),
)
MATERIALS = {
    "mp-1": ("Li-O-P", "LiLiLiPOOOO"),
    "mp-2": ("Fe-Li-O", "LiLiFeOOO"),
    "mp-3": ("Cl-Li", "LiLiLiClClCl"),
    "mp-4": ("F-Li-Ti", "LiLiTiFFFF"),
    "mp-5": ("Li-S", "LiLiLiLiSS"),
    "mp-6": ("Li-O-Si", "LiLiSiOOO"),
    "mp-7": ("Li-Mn-O", "LiLiLiMnOO"),
    "mp-8": ("Br-Li", "LiLiBrBr"),
}
CELLS = (
    np.diag([7.0, 7.5, 8.0]),
    np.array([[8.0, 0.0, 0.0], [-3.5, 6.5, 0.0], [0.5, 1.0, 7.0]]),
)


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
    symbols: tuple[str, ...]
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
    def init_name(self) -> str:
        return f"{FOLDER}/{self.id}_init.xyz"

    @property
    def relaxed_name(self) -> str:
        return f"{FOLDER}/{self.id}_relaxed.xyz"


def make_hop(place: int) -> MadeHop:
    """The hop at a place of ``HOPS``."""
    name, part, n_images = HOPS[place]
    rng = np.random.default_rng(100 + place)
    symbols = _elements(MATERIALS[name.split("_")[0]][1])
    cell = CELLS[place % 2]
    moving = place % 2  # Li stands first in every list
    sites = _sites(len(symbols)) @ cell
    steps = np.linspace(0.0, 1.0, n_images)
    init = np.repeat(sites[None], n_images, axis=0)
    # The ion crosses the boundary of the cell, and comes back at the other side of it.
    init[:, moving] += steps[:, None] * (np.array([-0.45, 0.1, 0.05]) @ cell)
    init[:, moving, 2] += 0.2 * np.sin(np.pi * steps)
    init = _wrapped(init, cell)
    relaxed = init + rng.normal(0.0, 0.05, init.shape)
    barrier = round(0.2 + 0.1 * place, 4)
    energies = -5.0 * len(symbols) + barrier * np.sin(np.pi * steps) ** 2
    energies[-1] += 0.01
    em_dft = round(float(energies.max() - energies.min()), 4)
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
        em_dft=em_dft,
    )


def hops() -> list[MadeHop]:
    """All of them, in the order of the index, which is not that of ids."""
    made = [make_hop(place) for place in range(len(HOPS))]
    return [*made[9:], *made[:9]]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A whole archive whose parts can be exchanged before it is written."""

    hops: tuple[MadeHop, ...] = field(default_factory=lambda: tuple(hops()))
    members: Mapping[str, str | bytes | None] = field(default_factory=dict)

    def changed(self, place: int, **changes: object) -> Archive:
        """The same with one hop changed."""
        made = list(self.hops)
        made[place] = replace(made[place], **changes)
        return replace(self, hops=tuple(made))

    def write(self, folder: Path) -> Path:
        """Write ``nebDFT2k.zip``; a member that is None is left out."""
        found: dict[str, str | bytes] = {
            INDEX: index_text(self.hops),
            CENTROIDS: "".join(centroid_text(hop, place) for place, hop in enumerate(self.hops)),
        }
        for hop in self.hops:
            found[hop.init_name] = init_text(hop)
            found[hop.relaxed_name] = relaxed_text(hop)
        for name, content in self.members.items():
            found.pop(name, None)
            if content is not None:
                found[name] = content
        return write_zip(folder / "nebDFT2k.zip", found)


def index_text(made: tuple[MadeHop, ...], *, edit: Callable[[dict], dict] = dict) -> str:
    """The index of some hops."""
    rows = [
        edit(
            {
                "material_id": hop.material,
                "edge_id": hop.id,
                "chemsys": MATERIALS[hop.material][0],
                "has_specific_TM": MATERIALS[hop.material][0] in ("Fe-Li-O", "Li-Mn-O"),
                "em_bvse": hop.em_bvse,
                "em_dft": hop.em_dft,
                "_split": hop.part,
            }
        )
        for hop in made
    ]
    return csv_text(rows, columns=COLUMNS)


def init_text(hop: MadeHop) -> str:
    """Images before DFT, with the columns that upstream's own tools leave behind."""
    freezed = [atom != hop.moving for atom in range(len(hop.symbols))]
    extra = {
        "freezed": freezed,
        "index": list(range(len(hop.symbols))),
        "offset": [[0, 0, 0] for _ in hop.symbols],
        "bvs": [0.5 for _ in hop.symbols],
        "sym_label": list(hop.symbols),
        "forces": np.zeros((len(hop.symbols), 3)),
    }
    return "".join(
        frame_text(hop.symbols, image, hop.cell, {"energy": 0.0}, extra) for image in hop.init
    )


def relaxed_text(hop: MadeHop) -> str:
    """Images with energy, forces and stress."""
    forces = np.zeros((len(hop.symbols), 3))
    return "".join(
        frame_text(
            hop.symbols,
            image,
            hop.cell,
            {"material_id": hop.material, "energy": float(energy), "stress": np.zeros((3, 3))},
            {"forces": forces},
        )
        for image, energy in zip(hop.relaxed, hop.energies, strict=True)
    )


def centroid_text(hop: MadeHop, place: int) -> str:
    """A centroid; every other one is without the moving ion, since upstream does not say."""
    keep = [i for i in range(len(hop.symbols)) if place % 2 or i != hop.moving]
    centre = hop.init[len(hop.init) // 2, hop.moving]
    symbols = [*(hop.symbols[i] for i in keep), "X"]
    info = {"material_id": hop.material, "edge_id": hop.id, "em": hop.em_dft}
    return frame_text(symbols, [*hop.init[0][keep], centre], hop.cell, info)


def _elements(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for letter in text:
        if letter.isupper():
            found.append(letter)
        else:
            found[-1] += letter
    return tuple(found)


def _sites(n_atoms: int) -> np.ndarray:
    """Fractional sites on a coarse grid, far from each other."""
    grid = np.array([(x, y, z) for x in (0.1, 0.6) for y in (0.2, 0.7) for z in (0.15, 0.65)])
    return grid[:n_atoms]


def _wrapped(positions: np.ndarray, cell: np.ndarray) -> np.ndarray:
    fractional = positions @ np.linalg.inv(cell)
    return (fractional - np.floor(fractional)) @ cell
