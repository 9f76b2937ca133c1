"""A synthetic task small enough to train every baseline on in a second: 36 made-up entries."""

from dataclasses import replace

import numpy as np
import pandas as pd

from ionladder.baselines.registry import Baseline
from ionladder.data.store import TaskInputs

N_TRAIN = 30
N_TEST = 6
SCHEMES = ("grouped_doi_comp", "kfold_shuffled")
_HOSTS = ("P1.0S4.0", "La3.0Zr2.0O12.0", "Ti2.0P3.0O12.0", "Y1.0Cl6.0")
_GROUPS = ((14, "monoclinic"), (62, "orthorhombic"), (167, "trigonal"), (230, "cubic"))


def tiny_inputs() -> TaskInputs:
    """Inputs with labels for all training entries; every second entry has a CIF."""
    rng = np.random.default_rng(7)
    ids = [f"e{number:02d}" for number in range(N_TRAIN + N_TEST)]
    train, test = ids[:N_TRAIN], ids[N_TRAIN:]
    return TaskInputs(
        entries=_entries(ids, rng),
        structures=None,
        train_ids=tuple(train),
        test_ids=tuple(test),
        train_labels=pd.DataFrame(
            {"log10_sigma": rng.normal(-5.0, 2.0, N_TRAIN)}, index=pd.Index(train, name="id")
        ),
        split=pd.DataFrame(
            {
                "subset": ["train"] * N_TRAIN + ["test"] * N_TEST,
                "in_cif": [number % 2 == 0 for number in range(len(ids))],
                "component": range(len(ids)),
            },
            index=pd.Index(ids, name="id"),
        ),
        folds=folds_table(train),
        targets=("log10_sigma",),
    )


def all_with_cif() -> TaskInputs:
    """The same entries where each has a CIF, as on a task that only such entries take part in."""
    inputs = tiny_inputs()
    texts = {entry: _cif(number) for number, entry in enumerate(inputs.entries.index)}
    return replace(
        inputs,
        split=inputs.split.assign(in_cif=True),
        structures=pd.DataFrame({"cif_text": pd.Series(texts)}).rename_axis("id"),
    )


def two_epochs(baseline: Baseline, **settings: object) -> Baseline:
    """A graph network trained for two epochs: enough for whatever does not ask how good it is."""
    epochs = {name: 2 for name in ("epochs", "pretraining_epochs") if name in baseline.settings}
    return replace(baseline, settings={**baseline.settings, **epochs, **settings})


def _cif(number: int) -> str:
    """A distorted rock salt; in every second one the lithium site is shared or partly empty."""
    anion = ("O", "S", "Cl", "Br", "I")[number % 5]
    sites = [f"Li1 Li 0 0 {0.01 * (number % 7)} 1.0", f"X1 {anion} 0.5 0.5 0.5 1.0"]
    if number % 2:
        sites[0] = sites[0].replace("1.0", "0.6")
    if number % 4 == 1:
        sites.append(sites[0].replace("Li1 Li", "Na1 Na").replace("0.6", "0.4"))
    lengths = [3.0 + 0.05 * number + add for add in (0.0, 0.1, 0.3)]
    return _cif_text(lengths, "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'", sites)


def rock_salt_cif(a_ang: float, *anions: str) -> str:
    """The CIF of a rock salt of Li; several anions share their site in equal parts."""
    rows = ["Li Li 0 0 0 1", *(f"{one} {one} 0.5 0.5 0.5 {1 / len(anions)}" for one in anions)]
    group = "_symmetry_space_group_name_H-M 'F m -3 m'\n_symmetry_Int_Tables_number 225"
    return _cif_text([a_ang] * 3, group, rows)


def _cif_text(lengths: list[float], symmetry: str, sites: list[str]) -> str:
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
    return "\n".join(
        [
            "data_tiny",
            *(f"_cell_length_{axis} {length}" for axis, length in zip("abc", lengths, strict=True)),
            *(f"_cell_angle_{angle} 90" for angle in ("alpha", "beta", "gamma")),
            symmetry,
            "loop_",
            *(f"_atom_site_{name}" for name in columns),
            *sites,
            "",
        ]
    )


def _entries(ids: list[str], rng: np.random.Generator) -> pd.DataFrame:
    hosts = [_HOSTS[number % 4] for number in range(len(ids))]
    groups = [_GROUPS[(number // 2) % 4] for number in range(len(ids))]
    lattice = rng.uniform(5.0, 12.0, (len(ids), 3))
    return pd.DataFrame(
        {
            "formula_cell": [f"Li{1 + n % 7}.{n % 10}{host}" for n, host in enumerate(hosts)],
            "space_group": pd.array([number for number, _ in groups], dtype="int16"),
            "crystal_system": [system for _, system in groups],
            **dict(zip(("a_ang", "b_ang", "c_ang"), lattice.T, strict=True)),
            **dict.fromkeys(("alpha_deg", "beta_deg", "gamma_deg"), 90.0),
            "volume_ang3": lattice.prod(axis=1),
        },
        index=pd.Index(ids, name="id"),
    )


def folds_table(train: list[str], schemes: tuple[str, ...] = SCHEMES) -> pd.DataFrame:
    """Two repeats of three folds for each scheme."""
    return pd.DataFrame(
        [
            {"scheme": scheme, "repeat": repeat, "fold": (number + repeat) % 3, "id": entry}
            for scheme in schemes
            for repeat in range(2)
            for number, entry in enumerate(train)
        ]
    )
