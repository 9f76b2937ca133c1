"""The training loop that all graph networks share, and what it makes of crystals it cannot use."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ionladder.baselines import train
from ionladder.baselines.graphs import Reach, kinds_of, make_graph
from ionladder.baselines.registry import get_baseline
from ionladder.config import load_params
from ionladder.data.registry import all_tasks
from ionladder.data.store import load_inputs
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
    "labels": "standardised",
    "order": "shuffled",
}
TRAIN = [f"e{number:02d}" for number in range(22)]
HELD_OUT = [f"e{number:02d}" for number in range(22, 30)]

# Eleven entries with a CIF are fewer than the batch size of the networks.
pytestmark = [pytest.mark.extra, pytest.mark.filterwarnings("ignore:Got `batch_size`")]


class Counting(torch.nn.Module):
    """Predicts a number from the share of each crystal's first species."""

    def __init__(self, n_targets=1):
        super().__init__()
        self.table = torch.nn.Embedding(119, n_targets)

    def forward(self, batch):
        return batch.mean(self.table(batch.number[: batch.n_nodes])).squeeze(-1)


def _crystals():
    makers = [rock_salt, triclinic] * 8
    return [
        kinds_of(make_graph(make(), "rounded", Reach(cutoff_ang=5.0)), "distances")
        for make in makers
    ]


def _train(labels, *, seed=0, settings=SETTINGS):
    with train.reproducible(seed):
        how = {"seed": seed, "where": "tiny"}
        return train.train_network(Counting(), _crystals(), labels, settings, **how)


LABELS = np.array([-3.0, -9.0] * 8)


def test_a_network_learns_and_its_curve_is_kept():
    trained = _train(LABELS)

    assert len(trained.errors) == len(trained.losses) == SETTINGS["epochs"]
    assert trained.losses[-1] < 0.5 * trained.losses[0]
    assert trained.errors[-1] < 0.5 * trained.errors[0]
    assert np.abs(trained.predict(_crystals()) - LABELS).mean() < trained.errors[-1] + 0.5


@pytest.mark.parametrize(
    ("labels", "centre", "spread"),
    [("raw", 0.0, 1.0), ("centred", -6.0, 1.0), ("standardised", -6.0, 3.0 * (16 / 15) ** 0.5)],
)
def test_labels_are_changed_as_the_settings_say(labels, centre, spread):
    trained = _train(LABELS, settings={**SETTINGS, "labels": labels, "epochs": 1})

    assert (trained.centre, trained.spread) == pytest.approx((centre, spread))


def test_the_last_epoch_is_kept_and_the_learning_rate_falls_with_a_cosine(monkeypatch):
    """The rates of T_max = 4: 1e-2 · (1 + cos(π e / 4)) / 2, one an epoch, not a step."""
    rates, weights = [], []

    class Recording(torch.optim.Adam):
        def step(self, *_, **__):
            super().step()
            rates.append(self.param_groups[0]["lr"])
            weights.append(self.param_groups[0]["params"][0].detach().clone())

    monkeypatch.setitem(train._OPTIMISERS, "Adam", Recording)
    cosine = {"cosine_epochs": 4, "last_learning_rate": 0.0, "order": "fixed", "epochs": 4}

    trained = _train(LABELS, settings={**SETTINGS, **cosine})

    expected = 0.01 * (1 + np.cos(np.pi * np.repeat(np.arange(4), 4) / 4)) / 2
    np.testing.assert_allclose(rates, expected, atol=1e-12)
    assert torch.equal(trained.network.table.weight, weights[-1])


def test_a_loss_that_is_no_number_is_an_error_with_seed_and_epoch():
    labels = np.where(np.arange(16) == 5, np.nan, LABELS)
    with pytest.raises(BaselineError, match="tiny, seed 7, epoch 1: expected a loss that is a fin"):
        _train(labels, seed=7)


def test_a_seed_decides_everything_and_training_leaves_no_trace_in_torch():
    before = torch.random.get_rng_state()
    torch.set_num_threads(2)

    first, again, other = (_train(LABELS, seed=seed).losses for seed in (3, 3, 4))

    assert first == again
    assert first != other
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_crystal_that_rounding_empties_is_predicted_as_the_median():
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


def test_a_crystal_with_an_element_outside_the_table_is_predicted_as_the_median():
    inputs = all_with_cif()
    heavy = inputs.structures.copy()
    text = heavy.loc[HELD_OUT[0], "cif_text"]
    heavy.loc[HELD_OUT[0], "cif_text"] = text.replace("Li1 Li", "Lr1 Lr")
    given = replace(inputs, structures=heavy)

    predicted, known = (
        two_epochs(get_baseline(name)).fit_predict(given, TRAIN, HELD_OUT, seed=0)
        for name in ("cgcnn", "schnet")
    )

    median = inputs.train_labels.loc[TRAIN, "log10_sigma"].median()
    assert predicted[0] == median
    assert not (np.append(predicted[1:], known) == median).any()


def test_running_out_of_memory_and_a_task_without_structures_are_told(monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("can't allocate memory")

    monkeypatch.setattr(train, "train_network", fail)
    with pytest.raises(BaselineError, match="cgcnn: expected enough memory"):
        get_baseline("cgcnn").fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=0)
    inputs = replace(all_with_cif(), structures=None)
    with pytest.raises(BaselineError, match="a dataset without structures"):
        get_baseline("cgcnn").fit_predict(inputs, TRAIN, HELD_OUT, seed=0)


# Barriers before conductivities: from what, and what is taken along

PRETRAINED = ("p-cgcnn-bvel", "p-schnet-bvel")
SCRATCH = {"p-cgcnn-bvel": "cgcnn-weighted", "p-schnet-bvel": "schnet-weighted"}
FIRST = {
    "p-cgcnn-bvel": "convolutions.0.full.weight",
    "p-schnet-bvel": "representation.interactions.0.in2f.weight",
}


@pytest.fixture
def tiny_source(monkeypatch):
    """Barriers of made-up crystals instead of BVEL-proto."""
    monkeypatch.setattr(train, "pretraining_inputs", tiny_barriers)


def _asking_for(formulas):
    """A task whose entries have these formulas."""
    entries = pd.DataFrame({"formula_cell": pd.Series(formulas)})
    return replace(all_with_cif(), entries=entries)


@pytest.mark.parametrize("formula", ["Li1.0Cl1.0", "Cl3.0Li3.0", "Li0.5002Cl0.4998"])
def test_structures_with_a_composition_that_is_asked_for_are_not_learnt_from(formula):
    source = tiny_barriers()
    asked = _asking_for({"t1": "Li1.0Br1.0", "x1": formula})

    left = train.unrelated_ids(source, asked, ["t1"])

    gone = set(source.train_ids) - set(left)
    assert gone
    assert set(source.entries.loc[list(gone), "formula_norm"]) == {"Cl0.50000 Li0.50000"}
    assert "Br0.50000 Li0.50000" in set(source.entries.loc[left, "formula_norm"])


@pytest.mark.data
def test_pretraining_leaves_out_every_composition_of_obelix_test_entries(repository, monkeypatch):
    """Also of those without a CIF; counts are those on the cards."""
    monkeypatch.chdir(repository)
    layout, source, left = Layout(repository), train.pretraining_inputs(), {}
    for task in ("obelix-cif", "obelix"):
        inputs = load_inputs(layout, all_tasks()[task], load_params(layout).task_versions[task])
        left[task] = train.unrelated_ids(source, inputs, inputs.train_ids)
        tested = inputs.entries.loc[list(inputs.test_ids), "formula_norm"]
        learnt = source.entries.loc[left[task], "formula_norm"].str.replace(" ", "")
        assert not set(tested) & set(learnt)

    assert left["obelix-cif"] == left["obelix"]
    assert len(left["obelix"]) == 673


def _record(monkeypatch):
    """First weights and outcome of every training to come."""
    seen: list[tuple[dict[str, torch.Tensor], train.Trained]] = []
    fit = train.train_network

    def recording(network, *arguments, **names):
        before = {name: value.clone() for name, value in network.state_dict().items()}
        trained = fit(network, *arguments, **names)
        seen.append((before, trained))
        return trained

    monkeypatch.setattr(train, "train_network", recording)
    return seen


@pytest.mark.usefixtures("tiny_source")
@pytest.mark.parametrize("name", PRETRAINED)
def test_training_begins_with_pretrained_weights_and_the_readout_of_scratch(name, monkeypatch):
    seen, before = _record(monkeypatch), torch.random.get_rng_state()

    two_epochs(get_baseline(name)).fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=5)
    two_epochs(get_baseline(SCRATCH[name])).fit_predict(all_with_cif(), TRAIN, HELD_OUT, seed=5)

    (drawn, pretrained), (begun, _), (scratch, _) = seen
    learnt = train.without_readout(pretrained.network.state_dict())
    fresh = set(begun) - set(learnt)
    assert fresh
    assert learnt
    assert all(torch.equal(begun[weight], value) for weight, value in learnt.items())
    assert all(torch.equal(begun[weight], scratch[weight]) for weight in fresh)
    assert not torch.equal(begun[FIRST[name]], drawn[FIRST[name]])
    assert not torch.equal(begun[FIRST[name]], scratch[FIRST[name]])
    assert torch.equal(torch.random.get_rng_state(), before)
