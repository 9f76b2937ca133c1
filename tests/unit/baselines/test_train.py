"""The training loop that all graph networks share, and what it makes of crystals it cannot use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from pymatgen.core.periodic_table import Element

from ionladder.baselines import train as training_module
from ionladder.baselines.architectures import CGCNN, make_schnet
from ionladder.baselines.graphs import Kinds, Reach, kinds_of, make_graph
from ionladder.baselines.registry import Curve, get_baseline
from ionladder.baselines.runner import check
from ionladder.baselines.train import (
    Trained,
    crystals_of,
    divided,
    pretraining_inputs,
    reproducible,
    train,
    unrelated_ids,
    without_readout,
)
from ionladder.config import load_params
from ionladder.data.registry import all_tasks
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.errors import BaselineError
from ionladder.repo import Layout
from unit.baselines.crystals import rock_salt, triclinic
from unit.baselines.tiny_barriers import tiny_barriers
from unit.baselines.tiny_task import all_with_cif, two_epochs

SETTINGS = {
    "optimizer": "Adam",
    "learning_rate": 0.01,
    "weight_decay": 0.0,
    "batch_size": 4,
    "epochs": 30,
    "stopping_groups": 0.1,
}
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]

# Eleven entries with a CIF are fewer than the batch size of the networks.
pytestmark = [pytest.mark.extra, pytest.mark.filterwarnings("ignore:Got `batch_size`")]


class Counting(torch.nn.Module):
    """Predicts a number from the share of each crystal's first species."""

    def __init__(self, n_targets: int = 1) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(119, n_targets)

    def forward(self, batch: object) -> torch.Tensor:
        return batch.mean(self.table(batch.number[: batch.n_nodes])).squeeze(-1)


def _crystals() -> list[Kinds]:
    makers = [rock_salt, triclinic] * 8
    return [
        kinds_of(make_graph(make(), "rounded", Reach(cutoff_ang=5.0)), "distances")
        for make in makers
    ]


def _train(labels: np.ndarray, *, seed: int = 0, settings: dict = SETTINGS) -> object:
    with reproducible(seed):
        return train(Counting(), _crystals(), labels, range(16), settings, seed=seed, where="tiny")


LABELS = np.array([-3.0, -9.0] * 8)


def test_a_network_learns_and_its_curve_is_kept() -> None:
    trained = _train(LABELS)

    assert len(trained.curve) == len(trained.losses) == SETTINGS["epochs"]
    assert trained.losses[-1] < 0.5 * trained.losses[0]
    assert trained.best_epoch == int(np.argmin(trained.curve)) + 1
    assert trained.curve[trained.best_epoch - 1] < 0.5 * trained.curve[0]
    assert (trained.centre, trained.spread) == pytest.approx((-6.0, 3.0), abs=0.5)


def test_several_targets_are_learnt_together_each_on_its_own_scale() -> None:
    several = np.stack([LABELS, 10.0 * LABELS, -LABELS], axis=1)

    with reproducible(0):
        network = Counting(n_targets=3)
        trained = train(network, _crystals(), several, range(16), SETTINGS, seed=0, where="tiny")

    np.testing.assert_allclose(trained.centre / trained.centre[0], [1.0, 10.0, -1.0])
    np.testing.assert_allclose(trained.spread / trained.spread[0], [1.0, 10.0, 1.0])
    assert trained.predict(_crystals()[:5]).shape == (5, 3)
    assert trained.curve[-1] < 0.7 * trained.curve[0]


def test_the_weights_kept_are_those_of_the_best_epoch() -> None:
    shaken = {**SETTINGS, "learning_rate": 1.0, "epochs": 12}
    trained = _train(LABELS, settings=shaken)
    _, watched = divided(range(16), 0.1, np.random.default_rng(0))

    predicted = trained.predict([_crystals()[row] for row in watched])

    assert np.abs(predicted - LABELS[watched]).mean() == pytest.approx(min(trained.curve))


def test_a_seed_decides_everything_and_training_leaves_no_trace_in_torch() -> None:
    before = torch.random.get_rng_state()
    torch.set_num_threads(2)

    first, again, other = (_train(LABELS, seed=seed).curve for seed in (3, 3, 4))

    assert first == again
    assert first != other
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_loss_that_is_no_number_is_an_error() -> None:
    with pytest.raises(BaselineError, match="tiny, seed 0, epoch 1: expected a loss"):
        _train(np.where(np.arange(16) == 5, np.nan, LABELS))


def test_groups_are_never_divided() -> None:
    groups = [0, 1, 1, 2, 2, 2, *range(3, 20)]

    learnt, watched = divided(groups, 0.1, np.random.default_rng(1))

    names = np.asarray(groups)
    assert not set(names[learnt]) & set(names[watched])
    assert sorted([*learnt, *watched]) == list(range(len(groups)))
    assert len(set(names[watched])) == 2


def test_a_crystal_that_rounding_empties_is_predicted_as_the_median() -> None:
    inputs = all_with_cif()
    empty = inputs.structures.copy()
    for entry in (*HELD_OUT[:2], TRAIN[0]):
        text = empty.loc[entry, "cif_text"]
        empty.loc[entry, "cif_text"] = text.replace(" 1.0", " 0.4").replace(" 0.6", " 0.4")
    model = two_epochs(get_baseline("cgcnn"))

    predicted = model.fit_predict(replace(inputs, structures=empty), TRAIN, HELD_OUT, seed=0)

    median = inputs.train_labels.loc[TRAIN, "log10_sigma"].median()
    assert predicted[:2].tolist() == [median, median]
    assert (predicted[2:] != median).all()


@pytest.mark.parametrize(
    ("name", "message", "error", "words"),
    [
        ("cgcnn", "can't allocate memory", BaselineError, "cgcnn: expected enough memory"),
        ("p-cgcnn-bvel", "can't allocate memory", BaselineError, "bvel: expected enough memory"),
        ("cgcnn", "shapes cannot be multiplied", RuntimeError, "multiplied"),
    ],
)
def test_running_out_of_memory_says_what_to_do_and_other_errors_stay_what_they_are(
    name: str,
    message: str,
    error: type[Exception],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(training_module, "train", fail)
    monkeypatch.setattr(training_module, "pretraining_inputs", tiny_barriers)
    with pytest.raises(error, match=words):
        get_baseline(name).fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=0)


def test_a_task_without_structures_is_refused() -> None:
    inputs = replace(all_with_cif(), structures=None)
    with pytest.raises(BaselineError, match="a dataset without structures"):
        get_baseline("cgcnn").fit_predict(inputs, TRAIN, HELD_OUT, seed=0)


@pytest.mark.data
@pytest.mark.slow
def test_every_cif_gives_a_graph_and_rounding_takes_lithium_as_the_cards_say(
    repository: Path,
) -> None:
    layout, task = Layout(repository), all_tasks()["obelix-cif"]
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])

    crystals = crystals_of(inputs, get_baseline("cgcnn").settings, "distances")

    assert len(crystals) == 321
    assert all(kinds.is_usable for kinds in crystals.values())
    assert sum(3 not in crystals[entry].number for entry in inputs.train_ids) == 77


@pytest.mark.data
@pytest.mark.slow
def test_a_rerun_reproduces_the_committed_predictions(repository: Path) -> None:
    layout = Layout(repository)

    result = check(layout, load_params(layout), "cgcnn", "obelix-cif", n_seeds=1)

    assert result.difference <= result.tolerance


# Barriers before conductivities: from what, and what is taken along

PRETRAINED = ("p-cgcnn-bvel", "p-schnet-bvel")
SCRATCH = {"p-cgcnn-bvel": "cgcnn-weighted", "p-schnet-bvel": "schnet-weighted"}
MAKERS = {"p-cgcnn-bvel": CGCNN, "p-schnet-bvel": make_schnet}
FIRST = {
    "p-cgcnn-bvel": "convolutions.0.lin_f.weight",
    "p-schnet-bvel": "representation.interactions.0.in2f.weight",
}


@pytest.fixture
def tiny_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Barriers of made-up crystals instead of BVEL-proto."""
    monkeypatch.setattr(training_module, "pretraining_inputs", tiny_barriers)


def _asking_for(formulas: dict[str, str]) -> TaskInputs:
    """A task whose entries have these formulas."""
    entries = pd.DataFrame({"formula_cell": pd.Series(formulas)})
    return replace(all_with_cif(), entries=entries)


@pytest.mark.parametrize("formula", ["Li1.0Cl1.0", "Cl3.0Li3.0", "Li0.5002Cl0.4998"])
def test_structures_with_a_composition_that_is_asked_for_are_not_learnt_from(formula: str) -> None:
    source = tiny_barriers()
    asked = _asking_for({"t1": "Li1.0Br1.0", "x1": formula})

    left = unrelated_ids(source, asked, ["t1"])

    gone = set(source.train_ids) - set(left)
    assert gone
    assert set(source.entries.loc[list(gone), "formula_norm"]) == {"Cl0.50000 Li0.50000"}
    assert "Br0.50000 Li0.50000" in set(source.entries.loc[list(left), "formula_norm"])


def test_barriers_come_from_the_embedded_benchmark_without_its_held_out_labels(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)

    source = pretraining_inputs()

    assert len(source.train_ids) == 686
    assert source.train_labels.index.tolist() == list(source.train_ids)


@pytest.mark.data
def test_pretraining_leaves_out_every_composition_of_obelix_test_entries(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those without a CIF; counts are those on the cards."""
    monkeypatch.chdir(repository)
    layout, source, left = Layout(repository), pretraining_inputs(), {}
    for task in ("obelix-cif", "obelix"):
        inputs = load_inputs(layout, all_tasks()[task], load_params(layout).task_versions[task])
        left[task] = unrelated_ids(source, inputs, inputs.train_ids)
        tested = inputs.entries.loc[list(inputs.test_ids), "formula_norm"]
        learnt = source.entries.loc[list(left[task]), "formula_norm"].str.replace(" ", "")
        assert not set(tested) & set(learnt)

    assert left["obelix-cif"] == left["obelix"]
    assert len(left["obelix"]) == 673


@pytest.mark.data
@pytest.mark.slow
def test_what_pretraining_never_saw_is_what_the_cards_say(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    layout, task, source = Layout(repository), all_tasks()["obelix-cif"], pretraining_inputs()
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])
    crystals = crystals_of(inputs, get_baseline("p-schnet-bvel").settings, "distances")
    ids = list(unrelated_ids(source, inputs, inputs.train_ids))
    symbols = {one for species in source.structures.loc[ids, "species"] for one in species}

    known = {Element(symbol).Z for symbol in symbols}
    held = {
        part: [set(crystals[entry].number.tolist()) for entry in getattr(inputs, f"{part}_ids")]
        for part in ("train", "test")
    }

    strange = set().union(*held["train"], *held["test"]) - known - {0}
    names = sorted(Element.from_Z(number).symbol for number in strange)
    assert names == "Ba C Ca Ce Cu Ge H Mg Nd Pb Pr Si Sm Zn".split()
    with_vacancy = {part: sum(0 in numbers for numbers in held[part]) for part in held}
    with_strange = {part: sum(bool(numbers & strange) for numbers in held[part]) for part in held}
    assert with_vacancy == {"train": 170, "test": 40}
    assert with_strange == {"train": 100, "test": 19}


def _record(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, torch.Tensor], Trained]]:
    """First weights and outcome of every training to come."""
    seen: list[tuple[dict[str, torch.Tensor], Trained]] = []

    def recording(network: torch.nn.Module, *arguments: Any, **names: Any) -> Trained:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        trained = train(network, *arguments, **names)
        seen.append((before, trained))
        return trained

    monkeypatch.setattr(training_module, "train", recording)
    return seen


@pytest.mark.usefixtures("tiny_source")
@pytest.mark.parametrize("name", PRETRAINED)
def test_training_begins_with_pretrained_weights_and_the_readout_of_scratch(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, before = _record(monkeypatch), torch.random.get_rng_state()

    two_epochs(get_baseline(name)).fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=5)
    two_epochs(get_baseline(SCRATCH[name])).fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=5)

    (drawn, pretrained), (begun, _), (scratch, _) = seen
    learnt = without_readout(pretrained.network.state_dict())
    fresh = set(begun) - set(learnt)
    assert fresh
    assert learnt
    assert all(torch.equal(begun[weight], value) for weight, value in learnt.items())
    assert all(torch.equal(begun[weight], scratch[weight]) for weight in fresh)
    assert not torch.equal(begun[FIRST[name]], drawn[FIRST[name]])
    assert not torch.equal(begun[FIRST[name]], scratch[FIRST[name]])
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.usefixtures("tiny_source")
def test_both_trainings_show_their_curves_and_a_seed_decides_them() -> None:
    curves: list[list[Curve]] = []
    for seed in (3, 3, 4):
        curves.append([])
        model = two_epochs(get_baseline("p-cgcnn-bvel"))
        model.fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=seed, watch=curves[-1].append)

    first, again, other = curves
    assert [curve.stage for curve in first] == ["pretraining", "training"]
    assert [len(curve.errors) for curve in first] == [2, 2]
    assert [curve.unit for curve in first] == ["ln(E/eV)", "log10(S/cm)"]
    assert first == again
    assert first[0].losses != other[0].losses


@pytest.mark.parametrize("name", PRETRAINED)
def test_a_network_for_several_targets_differs_in_its_readout_only(name: str) -> None:
    settings = get_baseline(name).settings
    with reproducible(0):
        one, three = (
            MAKERS[name]({**settings, **change}).state_dict() for change in ({}, {"n_targets": 3})
        )

    assert without_readout(one).keys() == without_readout(three).keys()
    changed = {weight for weight in one if one[weight].shape != three[weight].shape}
    assert changed
    assert not changed & set(without_readout(one))
