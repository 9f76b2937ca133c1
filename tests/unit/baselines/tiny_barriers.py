"""A synthetic task of three barriers with structures: 36 made-up rock-salt and perovskite cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ionladder.data.store import TaskInputs

N_TRAIN = 30
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
        folds=_folds(train),
        targets=TARGETS,
    )


def tiny_hops() -> TaskInputs:
    """The same entries with one barrier each, as single hops have."""
    inputs = tiny_barriers()
    labels = inputs.train_labels[["e_1d_ev"]].rename(columns={"e_1d_ev": "em_ev"})
    return replace(inputs, train_labels=labels, targets=("em_ev",), structures=None)


def tiny_dft_hops() -> TaskInputs:
    """The same with barriers of DFT as labels, and those of bond valences as an input."""
    inputs = tiny_hops()
    labels = inputs.train_labels.rename(columns={"em_ev": "em_dft_ev"})
    given = 0.1 + 1.5 * labels["em_dft_ev"].reindex(inputs.entries.index, fill_value=0.5)
    entries = inputs.entries.assign(em_bvse_ev=given)
    return replace(inputs, entries=entries, train_labels=labels, targets=("em_dft_ev",))


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
            "a_ang": lengths,
            "b_ang": lengths,
            "c_ang": lengths,
            "alpha_deg": 90.0,
            "beta_deg": 90.0,
            "gamma_deg": 90.0,
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


def _folds(train: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"scheme": scheme, "repeat": repeat, "fold": (number + repeat) % 3, "id": entry}
            for scheme in SCHEMES
            for repeat in range(2)
            for number, entry in enumerate(train)
        ]
    )
