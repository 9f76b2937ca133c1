"""Networks that learn barriers before conductivities: from what, and what they take along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import nn

from ionladder.baselines.composition import ELEMENTS
from ionladder.baselines.curves import Curve
from ionladder.baselines.graphs import fit, pretrain
from ionladder.baselines.graphs.fit import crystals_of
from ionladder.baselines.graphs.pretrain import bvel_proto, unrelated_ids, without_readout
from ionladder.baselines.graphs.train import Trained, reproducible
from ionladder.baselines.registry import all_baselines, load_model
from ionladder.config import load_params
from ionladder.data.registry import all_tasks
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.errors import BaselineError
from ionladder.repo import Layout
from unit.baselines.graphs.miniature import EPOCHS, miniature
from unit.baselines.tiny_barriers import tiny_barriers
from unit.baselines.tiny_task import all_with_cif

NAMES = ("p-cgcnn-bvel", "p-schnet-bvel")
SCRATCH = {"p-cgcnn-bvel": "cgcnn-weighted", "p-schnet-bvel": "schnet-weighted"}
FIRST = {
    "p-cgcnn-bvel": "convolutions.0.lin_f.weight",
    "p-schnet-bvel": "representation.interactions.0.in2f.weight",
}
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]

pytestmark = [pytest.mark.extra, pytest.mark.filterwarnings("ignore:Got `batch_size`")]


def _small(name: str) -> Any:
    return miniature(load_model(all_baselines()[name]))


def _asking_for(formulas: dict[str, str]) -> TaskInputs:
    """A task whose entries have these formulas; those named ``t…`` are trained on."""
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


def test_only_training_entries_of_the_pretraining_data_are_learnt_from() -> None:
    source = tiny_barriers()

    assert unrelated_ids(source, _asking_for({"x1": "Li6.0O3.0"}), []) == source.train_ids


def test_barriers_come_from_the_embedded_benchmark_without_its_held_out_labels(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)

    source = bvel_proto()

    assert len(source.train_ids) == 686
    assert source.train_labels.index.tolist() == list(source.train_ids)


@pytest.mark.data
def test_pretraining_leaves_out_every_composition_of_obelix_test_entries(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those without a CIF; counts are those on the cards."""
    monkeypatch.chdir(repository)
    layout, source, left = Layout(repository), bvel_proto(), {}
    for task in ("obelix-cif", "obelix"):
        inputs = load_inputs(layout, all_tasks()[task], load_params(layout).task_versions[task])
        left[task] = unrelated_ids(source, inputs, inputs.train_ids)
        tested = inputs.entries.loc[list(inputs.test_ids), "formula_norm"]
        learnt = source.entries.loc[list(left[task]), "formula_norm"].str.replace(" ", "")
        assert not set(tested) & set(learnt)

    assert left["obelix-cif"] == left["obelix"]
    assert len(left["obelix"]) == 673
    for name in NAMES:
        spec = all_baselines()[name]
        assert "Of 686 structures 13 were left out" in spec.notes
        assert "673 structures" in spec.training_data


@pytest.mark.data
@pytest.mark.slow
def test_what_pretraining_never_saw_is_what_the_cards_say(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    layout, task, source = Layout(repository), all_tasks()["obelix-cif"], bvel_proto()
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])
    model = load_model(all_baselines()["p-schnet-bvel"])
    crystals = crystals_of(inputs, model.baseline.hyperparameters, model.sees)
    ids = list(unrelated_ids(source, inputs, inputs.train_ids))
    symbols = {one for species in source.structures.loc[ids, "species"] for one in species}

    known = {_number(symbol) for symbol in symbols}
    held = {
        part: [set(crystals[entry].number.tolist()) for entry in getattr(inputs, f"{part}_ids")]
        for part in ("train", "test")
    }

    strange = set().union(*held["train"], *held["test"]) - known - {0}
    assert sorted(strange) == sorted(
        _number(one) for one in "Ba C Ca Ce Cu Ge H Mg Nd Pb Pr Si Sm Zn".split()
    )
    with_vacancy = {part: sum(0 in numbers for numbers in held[part]) for part in held}
    with_strange = {part: sum(bool(numbers & strange) for numbers in held[part]) for part in held}
    assert with_vacancy == {"train": 170, "test": 40}
    assert with_strange == {"train": 100, "test": 19}


def _number(symbol: str) -> int:
    """Its atomic number."""
    return ELEMENTS.index(symbol) + 1


def _record(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, torch.Tensor], Trained]]:
    """First weights and outcome of every training to come."""
    seen: list[tuple[dict[str, torch.Tensor], Trained]] = []
    real = fit.train

    def recording(network: nn.Module, *arguments: Any, **names: Any) -> Trained:
        before = {name: value.clone() for name, value in network.state_dict().items()}
        trained = real(network, *arguments, **names)
        seen.append((before, trained))
        return trained

    monkeypatch.setattr(fit, "train", recording)
    monkeypatch.setattr(pretrain, "train", recording)
    return seen


@pytest.mark.parametrize("name", NAMES)
def test_training_begins_with_the_pretrained_weights(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _record(monkeypatch)

    _small(name)(all_with_cif(), TRAIN, HELD_OUT, seed=0)

    (drawn, pretrained), (begun, _) = seen
    learnt = without_readout(pretrained.network.state_dict())
    assert len(learnt) > 0
    for weight, value in learnt.items():
        assert torch.equal(begun[weight], value), weight
    assert not torch.equal(begun[FIRST[name]], drawn[FIRST[name]])


@pytest.mark.parametrize("name", NAMES)
def test_the_readout_begins_as_it_does_from_scratch(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _record(monkeypatch)

    _small(name)(all_with_cif(), TRAIN, HELD_OUT, seed=5)
    _small(SCRATCH[name])(all_with_cif(), TRAIN, HELD_OUT, seed=5)

    begun, scratch = seen[1][0], seen[2][0]
    fresh = set(begun) - set(without_readout(begun))
    assert fresh
    assert all(torch.equal(begun[weight], scratch[weight]) for weight in fresh)
    assert begun.keys() == scratch.keys()
    assert not torch.equal(begun[FIRST[name]], scratch[FIRST[name]])


@pytest.mark.parametrize("name", NAMES)
def test_only_the_way_to_begin_differs_from_the_row_it_is_compared_with(name: str) -> None:
    spec, scratch = all_baselines()[name], all_baselines()[SCRATCH[name]]
    added = set(spec.hyperparameters) - set(scratch.hyperparameters)

    assert {one: spec.hyperparameters[one] for one in scratch.hyperparameters} == dict(
        scratch.hyperparameters
    )
    assert all(one.startswith("pretraining_") for one in added)
    assert (spec.n_seeds, spec.parameters) == (scratch.n_seeds, scratch.parameters)
    assert spec.uses_external_data
    assert not scratch.uses_external_data


@pytest.mark.parametrize("name", NAMES)
def test_both_trainings_show_their_curves_and_a_seed_decides_them(name: str) -> None:
    curves: list[list[Curve]] = []
    for seed in (3, 3, 4):
        curves.append([])
        model = replace(_small(name), watch=curves[-1].append)
        model(all_with_cif(), TRAIN, HELD_OUT, seed=seed)

    first, again, other = curves
    assert [curve.stage for curve in first] == ["pretraining", "training"]
    assert [len(curve.errors) for curve in first] == [EPOCHS, EPOCHS]
    assert [curve.unit for curve in first] == ["ln(E/eV)", "log10(S/cm)"]
    assert first == again
    assert first[0].losses != other[0].losses


def test_pretraining_leaves_no_trace_in_torch() -> None:
    before = torch.random.get_rng_state()

    _small("p-cgcnn-bvel")(all_with_cif(), TRAIN, HELD_OUT, seed=0)

    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("name", NAMES)
def test_a_pretraining_loss_that_is_no_number_is_a_letter(name: str) -> None:
    model = _small(name)
    never = replace(model, network=lambda settings: _NoNumber(model.network(settings)))

    with pytest.raises(BaselineError, match=f"{name}, pretraining, seed 0, epoch 1: expected a l"):
        never(all_with_cif(), TRAIN, HELD_OUT, seed=0)


class _NoNumber(nn.Module):
    """A network whose predictions are not a number."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: object) -> torch.Tensor:
        return self.network(batch) * torch.nan


def test_running_out_of_memory_while_pretraining_is_a_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_large(*_: object, **__: object) -> None:
        message = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB"
        raise RuntimeError(message)

    monkeypatch.setattr(pretrain, "train", too_large)
    with pytest.raises(BaselineError, match="p-cgcnn-bvel: expected enough memory"):
        _small("p-cgcnn-bvel")(all_with_cif(), TRAIN, HELD_OUT, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_network_for_several_targets_differs_in_its_readout_only(name: str) -> None:
    model = load_model(all_baselines()[name])
    with reproducible(0):
        one, three = (
            model.network({**model.baseline.hyperparameters, **change}).state_dict()
            for change in ({}, {"n_targets": 3})
        )

    assert without_readout(one).keys() == without_readout(three).keys()
    changed = {weight for weight in one if one[weight].shape != three[weight].shape}
    assert changed
    assert not changed & set(without_readout(one))
