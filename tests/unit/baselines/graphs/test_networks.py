"""Every network gives a crystal one prediction, however it is written down."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from pymatgen.core import Structure

from ionladder.baselines.graphs.batch import Batch, collate
from ionladder.baselines.graphs.embedding import SpeciesEmbedding
from ionladder.baselines.graphs.graph import make_graph
from ionladder.baselines.graphs.kinds import every_site, kinds_of
from ionladder.baselines.graphs.matgl_models import Given
from ionladder.baselines.graphs.neighbours import Reach
from ionladder.baselines.graphs.sites import ARMS
from ionladder.baselines.registry import all_baselines, load_model
from unit.baselines.graphs.crystals import (
    CRYSTALS,
    REWRITINGS,
    disordered,
    rock_salt,
    triclinic,
)

pytestmark = pytest.mark.extra

CPU = torch.device("cpu")
GRAPH_NETWORKS = [name for name, spec in all_baselines().items() if spec.extra == "torch"]
ONE_ARM = [name for name in GRAPH_NETWORKS if "-" not in name]
# Positions pass through single precision in the batch; the networks themselves run in double.
TOLERANCE = 1e-5
UNASKED = ("node", "number", "share", "receiver", "sender", "vector_ang", "like", "turn")


def _double(batch: Batch) -> Batch:
    return replace(
        batch,
        **{
            name: value.double()
            for name, value in vars(batch).items()
            if isinstance(value, torch.Tensor) and value.is_floating_point()
        },
    )


def _network(name: str) -> tuple[Any, Any]:
    """A model with untrained weights, in double precision."""
    model = load_model(all_baselines()[name])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = model.network(model.baseline.hyperparameters).double().eval()
    return model, network


def _graph(model: Any, structure: Structure) -> Any:
    settings = model.baseline.hyperparameters
    reach = Reach(cutoff_ang=settings["cutoff_ang"], nearest=settings.get("neighbours"))
    return make_graph(structure, settings["occupancies"], reach)


def _predict(network: Any, crystals: list) -> np.ndarray:
    with torch.no_grad():
        return network(_double(collate(crystals, CPU))).numpy()


@pytest.mark.parametrize("name", GRAPH_NETWORKS)
def test_predictions_do_not_depend_on_how_the_crystal_is_written(name: str) -> None:
    model, network = _network(name)

    for crystal, make in CRYSTALS.items():
        structures = [make(), *(rewrite(make()) for rewrite in REWRITINGS.values())]
        kinds = [kinds_of(_graph(model, structure), model.sees) for structure in structures]
        predicted = _predict(network, kinds)

        apart = dict(zip(REWRITINGS, np.abs(predicted[1:] - predicted[0]), strict=True))
        assert max(apart.values()) < TOLERANCE, (crystal, apart)


@pytest.mark.parametrize("name", ONE_ARM)
def test_kinds_give_the_predictions_of_all_sites(name: str) -> None:
    model, network = _network(name)
    graphs = [_graph(model, make()) for make in CRYSTALS.values()]

    whole = _predict(network, [every_site(graph) for graph in graphs])
    alike = _predict(network, [kinds_of(graph, model.sees) for graph in graphs])

    np.testing.assert_allclose(alike, whole, rtol=0, atol=TOLERANCE)
    assert np.ptp(whole) > 10 * TOLERANCE


def test_painn_is_that_of_schnetpack_where_no_site_is_like_another() -> None:
    model, network = _network("painn")
    batch = _double(collate([every_site(_graph(model, make())) for make in CRYSTALS.values()], CPU))
    features = network.embedding(batch)
    names = {"_atomic_numbers": features, "_Rij": batch.vector_ang}
    names |= {"_idx_i": batch.receiver, "_idx_j": batch.sender}

    ours = network.representation(batch, features)
    theirs = network.representation.painn(names)["scalar_representation"]

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_so3net_is_that_of_matgl_where_no_site_is_like_another() -> None:
    model, network = _network("so3net")
    batch = _double(collate([every_site(_graph(model, make())) for make in CRYSTALS.values()], CPU))
    ours = network(batch)
    network.network.embedding = Given()
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


@pytest.mark.parametrize("name", ONE_ARM)
def test_crystals_of_a_batch_do_not_hear_each_other(name: str) -> None:
    model, network = _network(name)
    kinds = [kinds_of(_graph(model, make()), model.sees) for make in CRYSTALS.values()]

    together = _predict(network, kinds)
    alone = np.concatenate([_predict(network, [kind]) for kind in kinds])

    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", GRAPH_NETWORKS)
def test_the_card_states_the_number_of_trained_parameters(name: str) -> None:
    model, network = _network(name)

    trained = sum(part.numel() for part in network.parameters() if part.requires_grad)

    assert model.baseline.parameters == trained


@pytest.mark.parametrize("base", ["cgcnn", "schnet"])
def test_the_arms_agree_bit_for_bit_on_ordered_crystals(base: str) -> None:
    names = [base, f"{base}-majority", f"{base}-weighted"]
    predicted = []
    for name in names:
        model, network = _network(name)
        crystals = [kinds_of(_graph(model, make()), model.sees) for make in (rock_salt, triclinic)]
        predicted.append(_predict(network, crystals))

    np.testing.assert_array_equal(predicted[1], predicted[0])
    np.testing.assert_array_equal(predicted[2], predicted[0])


@pytest.mark.parametrize("arm", ARMS)
def test_an_ordered_site_has_the_vector_of_its_species(arm: Any) -> None:
    batch = collate([every_site(make_graph(triclinic(), arm, Reach(cutoff_ang=5.0)))], CPU)
    embedding = SpeciesEmbedding(7)

    numbers = torch.tensor([3, 15, 16, 16, 8])
    assert torch.equal(embedding(batch), embedding.table(numbers))


def test_a_shared_site_has_the_mean_of_its_species() -> None:
    batch = collate([every_site(make_graph(disordered(), "weighted", Reach(cutoff_ang=5.0)))], CPU)
    embedding = SpeciesEmbedding(7)
    vector = embedding.table.weight

    features = embedding(batch)

    torch.testing.assert_close(features[0], 0.6 * vector[3] + 0.4 * vector[0])
    torch.testing.assert_close(features[1], 0.3 * vector[11] + 0.7 * vector[19])


def test_a_mean_counts_each_site() -> None:
    batch = Batch(
        n_crystals=2,
        crystal=torch.tensor([0, 0, 1]),
        count=torch.tensor([3.0, 1.0, 5.0]),
        **dict.fromkeys(UNASKED, torch.empty(0)),
    )

    mean = batch.mean(torch.tensor([[1.0], [5.0], [7.0]]))

    assert mean.tolist() == [[2.0], [7.0]]
