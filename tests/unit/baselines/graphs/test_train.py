"""The training loop that all graph networks share, and what it makes of crystals it cannot use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ionladder.baselines.check import check
from ionladder.baselines.graphs import fit
from ionladder.baselines.graphs.fit import crystals_of, is_usable
from ionladder.baselines.graphs.graph import make_graph
from ionladder.baselines.graphs.kinds import Kinds, kinds_of
from ionladder.baselines.graphs.neighbours import Reach
from ionladder.baselines.graphs.train import Settings, divided, reproducible, steps, train
from ionladder.baselines.registry import all_baselines, load_model
from ionladder.config import load_params
from ionladder.data.registry import all_tasks
from ionladder.data.store import load_inputs
from ionladder.errors import BaselineError
from ionladder.repo import Layout
from unit.baselines.graphs.crystals import rock_salt, triclinic
from unit.baselines.graphs.miniature import miniature
from unit.baselines.tiny_task import all_with_cif

pytestmark = pytest.mark.extra

SETTINGS = Settings(
    optimizer="Adam",
    learning_rate=0.01,
    weight_decay=0.0,
    batch_size=4,
    epochs=30,
    stopping_groups=0.1,
)
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]


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


def _train(labels: np.ndarray, *, seed: int = 0, settings: Settings = SETTINGS) -> object:
    with reproducible(seed):
        return train(Counting(), _crystals(), labels, range(16), settings, seed=seed, where="tiny")


LABELS = np.array([-3.0, -9.0] * 8)


def test_a_network_learns_and_its_curve_is_kept() -> None:
    trained = _train(LABELS)

    assert len(trained.curve) == SETTINGS.epochs
    assert trained.best_epoch == int(np.argmin(trained.curve)) + 1
    assert trained.curve[trained.best_epoch - 1] < 0.5 * trained.curve[0]
    assert (trained.centre, trained.spread) == pytest.approx((-6.0, 3.0), abs=0.5)


def test_losses_of_every_epoch_are_kept_and_fall() -> None:
    losses = _train(LABELS).losses

    assert len(losses) == SETTINGS.epochs
    assert losses[-1] < 0.5 * losses[0]


def test_labels_without_spread_are_learnt_as_they_are() -> None:
    trained = _train(np.full(16, -5.0))

    assert (trained.centre, trained.spread) == (-5.0, 1.0)


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
    shaken = replace(SETTINGS, learning_rate=1.0, epochs=12)
    trained = _train(LABELS, settings=shaken)
    _, watched = divided(range(16), 0.1, np.random.default_rng(0))

    predicted = trained.predict([_crystals()[row] for row in watched])

    assert np.abs(predicted - LABELS[watched]).mean() == pytest.approx(min(trained.curve))


def test_a_seed_decides_everything() -> None:
    first, again, other = (_train(LABELS, seed=seed).curve for seed in (3, 3, 4))

    assert first == again
    assert first != other


def test_training_leaves_no_trace_in_torch() -> None:
    before = torch.random.get_rng_state()
    torch.set_num_threads(2)
    _train(LABELS)

    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_loss_that_is_no_number_is_a_letter() -> None:
    with pytest.raises(BaselineError, match="tiny, seed 0, epoch 1: expected a loss"):
        _train(np.where(np.arange(16) == 5, np.nan, LABELS))


def test_groups_are_never_divided() -> None:
    groups = [0, 1, 1, 2, 2, 2, *range(3, 20)]

    learnt, watched = divided(groups, 0.1, np.random.default_rng(1))

    names = np.asarray(groups)
    assert not set(names[learnt]) & set(names[watched])
    assert sorted([*learnt, *watched]) == list(range(len(groups)))
    assert len(set(names[watched])) == 2


def test_one_group_is_learnt_from_and_watched() -> None:
    learnt, watched = divided([7, 7, 7], 0.1, np.random.default_rng(0))

    assert learnt.tolist() == watched.tolist() == [0, 1, 2]


def test_a_step_is_never_one_crystal_alone() -> None:
    assert [len(rows) for rows in steps(np.arange(71), 35)] == [35, 36]
    assert [len(rows) for rows in steps(np.arange(1), 35)] == [1]


def test_a_crystal_that_rounding_empties_is_predicted_as_the_median() -> None:
    inputs = all_with_cif()
    empty = inputs.structures.copy()
    for entry in (*HELD_OUT[:2], TRAIN[0]):
        text = empty.loc[entry, "cif_text"]
        empty.loc[entry, "cif_text"] = text.replace(" 1.0", " 0.4").replace(" 0.6", " 0.4")
    model = miniature(load_model(all_baselines()["cgcnn"]))

    predicted = model(replace(inputs, structures=empty), TRAIN, HELD_OUT, seed=0)

    median = inputs.train_labels.loc[TRAIN, "log10_sigma"].median()
    assert predicted[:2].tolist() == [median, median]
    assert (predicted[2:] != median).all()


def test_running_out_of_memory_is_a_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object, **__: object) -> None:
        message = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB"
        raise RuntimeError(message)

    monkeypatch.setattr(fit, "train", too_large)
    with pytest.raises(BaselineError, match="ionladder baseline cgcnn: expected enough memory"):
        load_model(all_baselines()["cgcnn"])(all_with_cif(), TRAIN, HELD_OUT, seed=0)


def test_other_errors_are_no_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        message = "shapes cannot be multiplied"
        raise RuntimeError(message)

    monkeypatch.setattr(fit, "train", broken)
    with pytest.raises(RuntimeError, match="multiplied"):
        load_model(all_baselines()["cgcnn"])(all_with_cif(), TRAIN, HELD_OUT, seed=0)


def test_a_task_without_structures_is_refused() -> None:
    model = load_model(all_baselines()["cgcnn"])
    with pytest.raises(BaselineError, match="a dataset without structures"):
        model(replace(all_with_cif(), structures=None), TRAIN, HELD_OUT, seed=0)


@pytest.mark.data
@pytest.mark.slow
def test_every_cif_gives_a_graph_as_the_cards_say(repository: Path) -> None:
    layout, task = Layout(repository), all_tasks()["obelix-cif"]
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])

    for spec in all_baselines().values():
        if spec.extra == "torch":
            crystals = crystals_of(inputs, spec.hyperparameters, load_model(spec).sees)
            assert len(crystals) == 321
            assert [entry for entry, kinds in crystals.items() if not is_usable(kinds)] == []
            assert "no prediction is a fallback" in spec.notes


@pytest.mark.data
def test_rounding_takes_the_lithium_as_the_cards_say(repository: Path) -> None:
    layout, task = Layout(repository), all_tasks()["obelix-cif"]
    inputs = load_inputs(layout, task, load_params(layout).task_versions[task.name])
    spec = all_baselines()["cgcnn"]

    crystals = crystals_of(inputs, spec.hyperparameters, "distances")

    without = [entry for entry in inputs.train_ids if 3 not in crystals[entry].number]
    assert len(without) == 77
    assert "77 of the 254 training crystals have no lithium" in spec.description


@pytest.mark.data
@pytest.mark.slow
def test_a_rerun_reproduces_the_committed_predictions(repository: Path) -> None:
    layout = Layout(repository)

    result = check(layout, load_params(layout), "cgcnn", "obelix-cif", n_seeds=1)

    assert result.difference <= result.tolerance
