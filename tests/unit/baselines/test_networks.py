"""Every network gives a crystal one prediction, however it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from pymatgen.core import Structure

from ionladder.baselines.architectures import (
    CGCNN,
    Given,
    make_m3gnet,
    make_painn,
    make_schnet,
    make_so3net,
)
from ionladder.baselines.graphs import Graph, Reach, every_site, kinds_of, make_graph
from ionladder.baselines.registry import all_baselines
from ionladder.baselines.train import Batch, collate
from unit.baselines.crystals import CRYSTALS, REWRITINGS, rock_salt, triclinic

pytestmark = pytest.mark.extra

CPU = torch.device("cpu")
MAKERS = {
    "cgcnn": (CGCNN, "distances"),
    "schnet": (make_schnet, "distances"),
    "painn": (make_painn, "vectors"),
    "m3gnet": (make_m3gnet, "angles"),
    "so3net": (make_so3net, "vectors and handedness"),
}
# Positions pass through single precision in the batch; the networks themselves run in double.
TOLERANCE = 1e-5


def _double(batch: Batch) -> Batch:
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

    def graph(self, structure: Structure) -> Graph:
        settings = self.settings
        reach = Reach(cutoff_ang=settings["cutoff_ang"], nearest=settings.get("neighbours"))
        return make_graph(structure, settings["occupancies"], reach)

    def predict(self, structures: list[Structure]) -> np.ndarray:
        kinds = [kinds_of(self.graph(structure), self.sees) for structure in structures]
        return _predict(self.network, kinds)


def _model(name: str) -> Model:
    make, sees = MAKERS[next(base for base in MAKERS if base in name)]
    settings = all_baselines()[name].settings
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = make(settings).double().eval()
    return Model(network, sees, settings)


def _predict(network: Any, crystals: list) -> np.ndarray:
    with torch.no_grad():
        return network(_double(collate(crystals, CPU))).numpy()


@pytest.mark.parametrize("name", [*MAKERS, "cgcnn-weighted"])
def test_predictions_do_not_depend_on_how_the_crystal_is_written(name: str) -> None:
    model = _model(name)

    for crystal, make in CRYSTALS.items():
        structures = [make(), *(rewrite(make()) for rewrite in REWRITINGS.values())]
        predicted = model.predict(structures)

        apart = dict(zip(REWRITINGS, np.abs(predicted[1:] - predicted[0]), strict=True))
        assert max(apart.values()) < TOLERANCE, (crystal, apart)


@pytest.mark.parametrize("name", MAKERS)
def test_kinds_give_the_predictions_of_all_sites_and_crystals_do_not_hear_each_other(
    name: str,
) -> None:
    model = _model(name)
    structures = [make() for make in CRYSTALS.values()]

    whole = _predict(model.network, [every_site(model.graph(one)) for one in structures])
    alike = model.predict(structures)
    alone = np.concatenate([model.predict([structure]) for structure in structures])

    np.testing.assert_allclose(alike, whole, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(alike, alone, rtol=0, atol=1e-9)
    assert np.ptp(whole) > 10 * TOLERANCE


def test_painn_is_that_of_schnetpack_where_no_site_is_like_another() -> None:
    model = _model("painn")
    network = model.network
    batch = _double(collate([every_site(model.graph(make())) for make in CRYSTALS.values()], CPU))
    features = network.embedding(batch)
    names = {"_atomic_numbers": features, "_Rij": batch.vector_ang}
    names |= {"_idx_i": batch.receiver, "_idx_j": batch.sender}

    ours = network.representation(batch, features)
    theirs = network.representation.painn(names)["scalar_representation"]

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_so3net_is_that_of_matgl_where_no_site_is_like_another() -> None:
    model = _model("so3net")
    network = model.network
    batch = _double(collate([every_site(model.graph(make())) for make in CRYSTALS.values()], CPU))
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


@pytest.mark.parametrize("base", ["cgcnn", "schnet"])
def test_the_arms_agree_bit_for_bit_on_ordered_crystals(base: str) -> None:
    names = [base, f"{base}-majority", f"{base}-weighted"]
    predicted = [_model(name).predict([rock_salt(), triclinic()]) for name in names]

    np.testing.assert_array_equal(predicted[1], predicted[0])
    np.testing.assert_array_equal(predicted[2], predicted[0])
