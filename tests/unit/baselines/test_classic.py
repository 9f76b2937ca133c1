"""The constant and lookup references, on entries one can work out by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ionladder.baselines.registry import get_baseline
from ionladder.data.store import TaskInputs

TRAIN = ("a", "b", "c", "d")
family_median = get_baseline("family-median").fit_predict
nearest_composition = get_baseline("nearest-composition").fit_predict
space_group_median = get_baseline("space-group-median").fit_predict
train_mean = get_baseline("train-mean").fit_predict
train_median = get_baseline("train-median").fit_predict
train_median_cif = get_baseline("train-median-cif").fit_predict


def _inputs(formulas: dict[str, str], **columns: list[object]) -> TaskInputs:
    """Entries a to d are for training, with labels -1, -2, -6 and -7; the rest is the test set."""
    ids = list(formulas)
    index = pd.Index(ids, name="id")
    values: dict[str, list[object]] = {"space_group": [1] * len(ids), **columns}
    in_cif = values.pop("in_cif", [True] * len(ids))
    return TaskInputs(
        entries=pd.DataFrame({"formula_cell": formulas.values(), **values}, index=index),
        structures=None,
        train_ids=TRAIN,
        test_ids=tuple(ids[4:]),
        train_labels=pd.DataFrame(
            {"log10_sigma": [-1.0, -2.0, -6.0, -7.0]}, index=pd.Index(TRAIN, name="id")
        ),
        split=pd.DataFrame({"in_cif": in_cif}, index=index),
        folds=pd.DataFrame(columns=["scheme", "repeat", "fold", "id"]),
        targets=("log10_sigma",),
    )


FORMULAS = {
    "a": "Li2.0S1.0",
    "b": "Li4.0S2.0",
    "c": "Li1.0Cl1.0",
    "d": "Li1.0I1.0",
}


def test_the_mean_and_the_median_are_those_of_the_entries_trained_on() -> None:
    inputs = _inputs({**FORMULAS, "x": "Li1.0F1.0", "y": "Li1.0Br1.0"})

    assert train_mean(inputs, TRAIN, ["x", "y"], seed=0).tolist() == [-4.0, -4.0]
    assert train_median(inputs, TRAIN, ["x", "y"], seed=0).tolist() == [-4.0, -4.0]
    assert train_median(inputs, ("a", "b", "d"), ["c"], seed=0).tolist() == [-2.0]


def test_the_cif_median_leaves_out_entries_without_a_cif() -> None:
    inputs = _inputs({**FORMULAS, "x": "Li1.0F1.0"}, in_cif=[True, False, True, True, False])

    assert train_median_cif(inputs, TRAIN, ["x"], seed=0).tolist() == [-6.0]


def test_a_known_space_group_gives_its_median_and_a_new_one_that_of_all() -> None:
    inputs = _inputs(
        {**FORMULAS, "x": "Li1.0F1.0", "y": "Li1.0F1.0"}, space_group=[14, 14, 62, 62, 62, 230]
    )

    assert space_group_median(inputs, TRAIN, ["x", "y"], seed=0).tolist() == [-6.5, -4.0]


def test_the_nearest_composition_wins_whatever_the_size_of_the_cell() -> None:
    inputs = _inputs({**FORMULAS, "x": "Li50.0Cl49.0F1.0"})

    assert nearest_composition(inputs, TRAIN, ["x"], seed=0).tolist() == [-6.0]


def test_entries_of_the_same_composition_tie_and_are_averaged() -> None:
    inputs = _inputs({**FORMULAS, "x": "Li20.0S10.0"})

    assert nearest_composition(inputs, TRAIN, ["x"], seed=0).tolist() == [-1.5]


def test_entries_of_other_compositions_at_the_same_distance_tie_too() -> None:
    inputs = _inputs({**FORMULAS, "x": "Li1.0F1.0"})

    # LiF differs from LiCl and from LiI in the same half of the atoms.
    assert nearest_composition(inputs, ("c", "d"), ["x"], seed=0).tolist() == [-6.5]


def test_the_distance_is_euclidean() -> None:
    # LiF to LiCl: sqrt(1/4 + 1/4) = 0.71; to Li2S: sqrt(1/36 + 1/4 + 1/9) = 0.62. By the sum of
    # absolute differences both would lie at 1.
    inputs = _inputs({**FORMULAS, "x": "Li1.0F1.0"})

    assert nearest_composition(inputs, ("a", "c"), ["x"], seed=0).tolist() == [-1.0]


def _barriers(**labels: list[float | None]) -> TaskInputs:
    """Entries a to d are for training; a and b are garnets, c and d rock salts, y is neither."""
    ids = ["a", "b", "c", "d", "x", "y"]
    index = pd.Index(ids, name="id")
    families = ["garnet", "garnet", "rock salt", "rock salt", "garnet", "spinel"]
    return replace(
        _inputs(dict.fromkeys(ids, "Li1.0F1.0")),
        entries=pd.DataFrame({"family": families}, index=index),
        train_labels=pd.DataFrame(labels, index=pd.Index(TRAIN, name="id"), dtype=float),
        targets=tuple(labels),
    )


def test_the_median_of_several_targets_leaves_missing_labels_out() -> None:
    inputs = _barriers(e_1d_ev=[0.1, 0.2, 0.3, 0.8], e_3d_ev=[0.4, None, 0.6, 19.0])

    predicted = train_median(inputs, TRAIN, ["x", "y"], seed=0)

    assert predicted.tolist() == [[0.25, 0.6], [0.25, 0.6]]


def test_a_known_family_gives_its_medians_and_a_new_one_those_of_all() -> None:
    inputs = _barriers(e_1d_ev=[0.25, 0.75, 1.0, 3.0], e_3d_ev=[2.0, None, 1.0, 19.0])

    predicted = family_median(inputs, TRAIN, ["x", "y"], seed=0)

    # The missing label and the 19 eV count as 6 eV: 2 and 6 for garnets; 1, 2, 6, 6 for all.
    assert predicted.tolist() == [[0.5, 4.0], [0.875, 4.0]]
