from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core.lattice import Lattice
from pymatgen.core.structure import Structure

from ionladder.baselines.extras import missing_packages
from ionladder.baselines.registry import all_baselines, get_baseline, load_model
from ionladder.baselines.umlip.atoms import Cell
from ionladder.baselines.umlip.embeddings import embedding_table
from ionladder.baselines.umlip.ridge import ALPHAS, best_alpha, fit_predict_ridge
from ionladder.errors import BaselineError
from unit.baselines.tiny_task import all_with_cif, rock_salt_cif

POTENTIALS = [
    pytest.param(name, id=name, marks=pytest.mark.skipif(bool(missing), reason=f"no {missing}"))
    for name, missing in (
        (name, missing_packages(get_baseline(f"{name}-features")))
        for name in ("chgnet", "sevennet")
    )
]


class FewFeatures:
    """A potential whose features are atomic numbers, and which knows no bromine."""

    def __init__(self) -> None:
        self.calls = 0

    def atom_features(self, cell: Cell) -> np.ndarray:
        self.calls += 1
        if 35 in cell.numbers:
            msg = "unknown element"
            raise ValueError(msg)
        return np.stack([cell.numbers, np.ones(len(cell.numbers))], axis=1).astype(float)

    def prepare(self) -> None:
        pass

    def source(self) -> str:
        return "few features"


def _structures() -> pd.DataFrame:
    texts = [rock_salt_cif(4.03, "F"), rock_salt_cif(5.5, "Br"), rock_salt_cif(5.13, "Cl")]
    return pd.DataFrame({"cif_text": texts}, index=["a", "b", "c"])


@pytest.mark.extra
def test_features_are_pooled_kept_and_missing_where_the_potential_fails(tmp_path: Path) -> None:
    pytest.importorskip("ase")
    potential = FewFeatures()

    first = embedding_table(potential, _structures(), cache=tmp_path)
    again = embedding_table(potential, _structures(), cache=tmp_path)

    np.testing.assert_array_equal(first.loc["a"], [6.0, 1.0, 3.0, 0.0])  # Li 3, F 9
    assert first.loc["b"].isna().all()
    pd.testing.assert_frame_equal(first, again)
    assert potential.calls == 3


def test_a_broken_package_is_no_property_of_a_crystal(tmp_path: Path) -> None:
    class Broken(FewFeatures):
        def prepare(self) -> None:
            msg = "numpy.dtype size changed"
            raise ValueError(msg)

    with pytest.raises(BaselineError, match=r"numpy\.dtype size changed"):
        embedding_table(Broken(), _structures(), cache=tmp_path)

    assert not list(tmp_path.rglob("*.npy"))


@pytest.mark.extra
def test_sites_that_exclude_each_other_do_not_both_stay() -> None:
    pytest.importorskip("ase")
    from ionladder.baselines.umlip.atoms import whole_atoms

    split = Structure(
        Lattice.cubic(8.0),
        [{"Li": 0.3}, {"Li": 0.7}, {"O": 1.0}, {"Na": 0.4, "Li": 0.6}, {"H": 1.0}],
        [[0, 0, 0], [0.1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0.62]],
    )

    cell = whole_atoms(split)

    assert cell.numbers.tolist() == [3, 8, 3, 1]
    np.testing.assert_allclose(cell.fractional[0], [0.1, 0, 0])
    np.testing.assert_array_equal(cell.lattice_ang, np.eye(3) * 8.0)


@pytest.mark.extra
def test_of_equally_occupied_sites_the_first_stays() -> None:
    pytest.importorskip("ase")
    from ionladder.baselines.umlip.atoms import whole_atoms

    halves = Structure(Lattice.cubic(8.0), [{"Li": 0.5}] * 2, [[0.05, 0, 0], [0.95, 0, 0]])

    np.testing.assert_allclose(whole_atoms(halves).fractional, [[0.05, 0, 0]])


def test_a_penalty_is_large_where_features_say_nothing_and_small_where_they_say_all() -> None:
    rng = np.random.default_rng(3)
    features, groups = rng.normal(size=(60, 4)), np.arange(60) // 2
    told = features @ np.array([3.0, -2.0, 1.0, 0.5])

    assert best_alpha(features, told, groups) == ALPHAS[0]
    assert best_alpha(features, rng.normal(size=60), groups) > 30.0


@pytest.mark.extra
def test_a_crystal_without_features_gets_the_training_median() -> None:
    pytest.importorskip("ase")
    inputs = all_with_cif()
    structures = inputs.structures
    texts = [rock_salt_cif(4.03 + place / 50, "F") for place in range(len(structures))]
    texts[25] = rock_salt_cif(5.5, "Br")
    changed = type(inputs)(**{**vars(inputs), "structures": structures.assign(cif_text=texts)})
    train, wanted = list(inputs.train_ids[:22]), list(inputs.train_ids[25:27])

    given = fit_predict_ridge(FewFeatures(), changed, train, wanted)

    assert given[0] == inputs.train_labels.loc[train, "log10_sigma"].median()
    assert np.isfinite(given).all()


@pytest.mark.parametrize("name", POTENTIALS)
def test_atom_features_do_not_depend_on_place_and_cell(name: str) -> None:
    module = importlib.import_module(f"ionladder.baselines.umlip.{name}")
    crystal = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.62), ["Li", "O"], [[0.25, 0.25, 0.25], [0, 0, 0]]
    )
    primitive = crystal.get_primitive_structure()
    moved = crystal.copy()
    moved.translate_sites(range(len(moved)), [0.1, 0.2, 0.3])

    tables = [
        module.atom_features(
            Cell(np.array([site.specie.Z for site in one]), one.lattice.matrix, one.frac_coords)
        )
        for one in (crystal, primitive, moved)
    ]

    width = {"chgnet": 64, "sevennet": 128}[name]
    assert [table.shape for table in tables] == [(12, width), (3, width), (12, width)]
    scale = np.abs(tables[0]).max()
    for table in tables[1:]:
        np.testing.assert_allclose(
            table.mean(axis=0), tables[0].mean(axis=0), rtol=0, atol=1e-4 * scale
        )


@pytest.mark.parametrize("name", POTENTIALS)
def test_an_element_beyond_the_model_is_refused(name: str) -> None:
    module = importlib.import_module(f"ionladder.baselines.umlip.{name}")

    with pytest.raises(ValueError, match="unknown element"):
        module.atom_features(
            Cell(np.array([3, 97]), np.eye(3) * 4.0, np.array([[0] * 3, [0.5] * 3]))
        )


@pytest.mark.parametrize("name", [name for name, spec in all_baselines().items() if spec.packages])
def test_a_missing_package_of_an_extra_is_a_letter(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = get_baseline(name)
    monkeypatch.setattr("ionladder.baselines.extras.find_spec", lambda _: None)

    with pytest.raises(BaselineError) as caught:
        load_model(spec)

    (problem,) = caught.value.problems
    assert problem.where == f"ionladder baseline {name}"
    assert problem.found == f"no package {', '.join(spec.packages)}"
    assert f"requirements-{spec.extra}.lock" in problem.next_step
