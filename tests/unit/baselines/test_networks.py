"""Every network gives a crystal one prediction, however it is written down."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from ionladder.baselines import architectures
from ionladder.baselines.graphs import Reach, every_site, kinds_of, make_graph
from ionladder.baselines.registry import all_baselines
from ionladder.baselines.train import collate
from unit.baselines.crystals import CRYSTALS, REWRITINGS, rock_salt, triclinic

pytestmark = pytest.mark.extra

CPU = torch.device("cpu")
MAKERS = {
    "cgcnn": (architectures.CGCNN, "distances"),
    "schnet": (architectures.make_schnet, "distances"),
    "painn": (architectures.make_painn, "vectors"),
    "m3gnet": (architectures.make_m3gnet, "angles"),
    "so3net": (architectures.make_so3net, "vectors and handedness"),
}
# Positions pass through single precision in the batch; the networks themselves run in double.
TOLERANCE = 1e-5


def _double(batch):
    return replace(
        batch,
        **{
            name: value.double()
            for name, value in vars(batch).items()
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        },
    )


@dataclass
class Model:
    """A network with untrained weights, in double precision, and how it reads crystals."""

    network: Any
    sees: Any
    settings: Mapping[str, Any]

    def graph(self, structure):
        settings = self.settings
        reach = Reach(cutoff_ang=settings["cutoff_ang"], nearest=settings.get("neighbours"))
        return make_graph(structure, settings["occupancies"], reach)

    def predict(self, structures):
        kinds = [kinds_of(self.graph(structure), self.sees) for structure in structures]
        return _predict(self.network, kinds)


def _model(name):
    make, sees = MAKERS[next(base for base in MAKERS if base in name)]
    settings = all_baselines()[name].settings
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = make(settings).double().eval()
    return Model(network, sees, settings)


def _predict(network, crystals):
    with torch.no_grad():
        return network(_double(collate(crystals, CPU))).numpy()


@pytest.mark.parametrize("name", [*MAKERS, "cgcnn-weighted"])
def test_predictions_do_not_depend_on_how_the_crystal_is_written(name):
    model = _model(name)

    for crystal, make in CRYSTALS.items():
        structures = [make(), *(rewrite(make()) for rewrite in REWRITINGS.values())]
        predicted = model.predict(structures)

        apart = dict(zip(REWRITINGS, np.abs(predicted[1:] - predicted[0]), strict=True))
        assert max(apart.values()) < TOLERANCE, (crystal, apart)


@pytest.mark.parametrize("name", MAKERS)
def test_kinds_predict_as_all_sites_do_and_crystals_do_not_hear_each_other(name):
    model = _model(name)
    structures = [make() for make in CRYSTALS.values()]

    whole = _predict(model.network, [every_site(model.graph(one)) for one in structures])
    alike = model.predict(structures)
    alone = np.concatenate([model.predict([structure]) for structure in structures])

    np.testing.assert_allclose(alike, whole, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(alike, alone, rtol=0, atol=1e-9)
    assert np.ptp(whole) > 10 * TOLERANCE


def test_cgcnn_in_training_counts_each_kind_as_often_as_it_is_in_the_cell():
    """Batch statistics too: outputs, gradients and running variances are those of all sites."""
    model, seen = _model("cgcnn-weighted"), []
    graphs = [model.graph(make()) for make in CRYSTALS.values()]
    for crystals in ([every_site(g) for g in graphs], [kinds_of(g, "distances") for g in graphs]):
        network = deepcopy(model.network).train()
        predicted = network(_double(collate(crystals, CPU)))
        (predicted**2).sum().backward()
        layer = network.convolutions[0]
        seen.append((predicted.detach(), layer.full.weight.grad, layer.norm_messages.running_var))
    for whole, alike in zip(*seen, strict=True):
        torch.testing.assert_close(alike, whole, rtol=0, atol=1e-6)


def test_a_convolution_of_cgcnn_is_the_published_formula():
    """Two sites and three edges by hand: both norms with the statistics of the batch."""
    rng = np.random.default_rng(0)
    features, lengths = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    receiver, sender = np.array([0, 0, 1]), np.array([0, 1, 0])
    batch = SimpleNamespace(
        receiver=torch.from_numpy(receiver),
        sender=torch.from_numpy(sender),
        count=torch.ones(2, dtype=torch.double),
    )
    layer = architectures.Convolution(3, 4).double().train()
    weight, bias = (value.detach().numpy() for value in (layer.full.weight, layer.full.bias))

    found = layer(torch.from_numpy(features), torch.from_numpy(lengths), batch)

    def normed(values):
        return (values - values.mean(axis=0)) / np.sqrt(values.var(axis=0) + 1e-5)

    pairs = np.hstack([features[receiver], features[sender], lengths])
    gate, core = np.split(normed(pairs @ weight.T + bias), 2, axis=1)
    messages = np.log1p(np.exp(core)) / (1 + np.exp(-gate))
    sums = np.stack([messages[:2].sum(axis=0), messages[2]])
    expected = np.log1p(np.exp(features + normed(sums)))
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-12)


def test_elements_have_the_published_bins():
    """As in ``atom_init.json``: O has all nine properties, Th has no electron affinity."""
    vectors = architectures.element_vectors()

    assert vectors.shape == (119, 92)
    assert vectors[8].nonzero().flatten().tolist() == [16, 20, 34, 37, 51, 64, 74, 79, 86]
    assert vectors[90].nonzero().flatten().tolist() == [0, 25, 28, 42, 47, 60, 81, 87]
    assert vectors[[0, 101]].sum() == 0
    assert vectors.sum(dim=1)[1:101].min() >= 6


def test_painn_is_that_of_schnetpack_where_no_site_is_like_another():
    model = _model("painn")
    network = model.network
    batch = _double(collate([every_site(model.graph(make())) for make in CRYSTALS.values()], CPU))
    features = network.embedding(batch)
    names = {"_atomic_numbers": features, "_Rij": batch.vector_ang}
    names |= {"_idx_i": batch.receiver, "_idx_j": batch.sender}

    ours = network.representation(batch, features)
    theirs = network.representation.painn(names)["scalar_representation"]

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_so3net_is_that_of_matgl_where_no_site_is_like_another():
    model = _model("so3net")
    network = model.network
    batch = _double(collate([every_site(model.graph(make())) for make in CRYSTALS.values()], CPU))
    ours = network(batch)
    network.network.embedding = architectures.Given()
    network.network.embedding.features = network.embedding(batch)
    graph = SimpleNamespace(
        node_type=torch.arange(batch.n_nodes),
        pos=torch.zeros(batch.n_nodes, 3, dtype=torch.double),
        pbc_offshift=batch.vector_ang,
        edge_index=torch.stack((batch.receiver, batch.sender)),
        batch=batch.crystal,
        num_graphs=batch.n_crystals,
    )

    theirs = network.network(graph).reshape(-1)

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("base", ["cgcnn", "schnet"])
def test_the_arms_agree_bit_for_bit_on_ordered_crystals(base):
    names = [base, f"{base}-majority", f"{base}-weighted"]
    predicted = [_model(name).predict([rock_salt(), triclinic()]) for name in names]

    np.testing.assert_array_equal(predicted[1], predicted[0])
    np.testing.assert_array_equal(predicted[2], predicted[0])
