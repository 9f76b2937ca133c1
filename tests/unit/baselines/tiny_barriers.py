"""A synthetic task of three barriers with structures: 36 made-up rock-salt and perovskite cells."""

import numpy as np
import pandas as pd

from ionladder.data.store import TaskInputs
from unit.baselines.tiny_task import N_TRAIN, folds_table

TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
SCHEMES = ("chemsys", "prototype", "random")
ROCK_SALT = (["F", "Li"], [-1, 1], [0.5, 0.5, 0.5, 0.0, 0.0, 0.0])
PEROVSKITE = (
    ["Ba", "F", "F", "F", "Li"],
    [2, -1, -1, -1, 1],
    [0.5, 0.5, 0.5, 0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0],
)
ANIONS = ("F", "Cl", "Br", "I")


def tiny_barriers() -> TaskInputs:
    """Inputs with labels for all training entries; nothing percolates in 3D in the first one."""
    rng = np.random.default_rng(11)
    ids = [f"e{number:02d}" for number in range(36)]
    train, test = ids[:N_TRAIN], ids[N_TRAIN:]
    lengths = rng.uniform(2.8, 5.5, len(ids))
    lowest = 0.2 * np.exp(rng.uniform(0.0, 2.0, N_TRAIN))
    labels = pd.DataFrame(
        {"e_1d_ev": lowest, "e_2d_ev": 1.1 * lowest, "e_3d_ev": 1.3 * lowest},
        index=pd.Index(train, name="id"),
    )
    labels.loc["e00", "e_3d_ev"] = np.nan
    sites = [_sites(number) for number in range(len(ids))]
    return TaskInputs(
        entries=entries_table(ids, [species for species, _, _ in sites], list(lengths)),
        structures=structures_table(ids, sites),
        train_ids=tuple(train),
        test_ids=tuple(test),
        train_labels=labels,
        split=pd.DataFrame({"component": range(len(ids))}, index=pd.Index(ids, name="id")),
        folds=folds_table(train, SCHEMES),
        targets=TARGETS,
    )


def entries_table(ids: list[str], species: list[list[str]], lengths: list[float]) -> pd.DataFrame:
    """Cubic cells with these species and lattice constants; two sites make a rock salt."""
    formulas = []
    for symbols in species:
        counts = sorted((symbol, symbols.count(symbol)) for symbol in set(symbols))
        formulas.append(" ".join(f"{name}{count / len(symbols):.5f}" for name, count in counts))
    return pd.DataFrame(
        {
            "formula_norm": formulas,
            "family": ["rock salt" if len(symbols) == 2 else "perovskite" for symbols in species],
            **dict.fromkeys(("a_ang", "b_ang", "c_ang"), lengths),
            **dict.fromkeys(("alpha_deg", "beta_deg", "gamma_deg"), 90.0),
        },
        index=pd.Index(ids, name="id"),
    )


def structures_table(
    ids: list[str], sites: list[tuple[list[str], list[int], list[float]]]
) -> pd.DataFrame:
    """The table ``structures`` of these sites."""
    columns = ["species", "charges", "frac_coords"]
    return pd.DataFrame(sites, columns=columns, index=pd.Index(ids, name="id"))


def _sites(number: int) -> tuple[list[str], list[int], list[float]]:
    species, charges, coordinates = ROCK_SALT if number % 2 else PEROVSKITE
    anion = ANIONS[(number // 2) % 4]
    return [anion if symbol == "F" else symbol for symbol in species], charges, coordinates
