"""M3GNet and SO3Net as matgl has them (Ko et al., npj Comput. Mater. 11, 253, 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch
from matgl.layers._so3 import scalar2rsh
from matgl.models import M3GNet, SO3Net
from matgl.utils.cutoff import polynomial_cutoff
from torch import nn

from ionladder.baselines.graphs.batch import Batch
from ionladder.baselines.graphs.embedding import SpeciesEmbedding

_M3GNET = (
    "threebody_cutoff",
    "is_intensive",
    "readout_type",
    "nblocks",
    "dim_node_embedding",
    "dim_edge_embedding",
    "units",
)
_SO3NET = (
    "is_intensive",
    "nmax",
    "lmax",
    "target_property",
    "readout_type",
    "nblocks",
    "dim_node_embedding",
    "nlayers_readout",
    "units",
)


class Given(nn.Module):
    """Stands where a network looks up its atoms, and gives the shared embedding's vectors.

    Attributes:
        features: Vectors of the batch at hand, shape (n_nodes, width).
    """

    features: torch.Tensor

    def forward(self, node: torch.Tensor) -> torch.Tensor:
        """Vectors of these nodes."""
        return self.features[node]


class OverSites(nn.Module):
    """A readout that sees each kind of site as often as there are sites of it.

    Args:
        readout: Takes features of sites and the crystal of each.

    Attributes:
        site: Node of each site of the batch at hand.
    """

    site: torch.Tensor

    def __init__(self, readout: nn.Module) -> None:
        super().__init__()
        self.readout = readout

    def forward(self, features: torch.Tensor, crystal: torch.Tensor) -> torch.Tensor:
        """Shape (n_crystals, width)."""
        return self.readout(features[self.site], crystal[self.site])


class Angles(nn.Module):
    """M3GNet on our batches, with the shared embedding.

    Args:
        network: Fresh.
        width: Length of its embedding's vectors.
    """

    def __init__(self, network: M3GNet, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        self.given, self.over_sites = Given(), OverSites(network.readout)
        network.readout = self.over_sites
        network.embedding.layer_node_embedding = self.given
        self.network = network

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        self.given.features = self.embedding(batch)
        self.over_sites.site = sites(batch)
        # matgl takes positions and images; with every site at the origin, an image is the vector.
        graph = SimpleNamespace(
            node_type=torch.arange(batch.n_nodes, device=batch.crystal.device),
            pos=batch.vector_ang.new_zeros(batch.n_nodes, 3),
            pbc_offshift=batch.vector_ang,
            edge_index=torch.stack((batch.receiver, batch.sender)),
            batch=batch.crystal,
            num_graphs=batch.n_crystals,
        )
        predicted: torch.Tensor = self.network(graph)
        return predicted.reshape(batch.n_crystals)


class Harmonics(nn.Module):
    """SO3Net's layers on our batches, with the features of one orbit turned into each other.

    Where each site is an orbit of its own, this is matgl's own ``SO3Net``.

    Args:
        network: Fresh; spherical harmonics up to the first order, which turn as vectors do.
        width: Length of its embedding's vectors.
    """

    def __init__(self, network: SO3Net, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        network.embedding = nn.Identity()  # not asked: the shared one stands in its place
        self.network = network

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        network, distance = self.network, batch.distance_ang[:, None]
        edge = (
            network.radial_basis(distance).reshape(len(distance), -1),
            network.sphharm(batch.vector_ang / distance),
            polynomial_cutoff(distance, cutoff=network.cutoff),
            batch.receiver,
            batch.sender,
        )
        features = scalar2rsh(self.embedding(batch)[:, None], network.lmax)
        blocks = zip(
            network.so3convs,
            network.mixings1,
            network.mixings2,
            network.gatings,
            network.mixings3,
            strict=True,
        )
        for convolution, mix, mix_products, gate, mix_gated in blocks:
            heard = convolution(features, *edge)
            heard = heard + network.so3product(heard, mix(heard))
            features = turned(features + mix_gated(gate(mix_products(heard))), batch)
        site = sites(batch)
        crystal = network.readout(features[site, 0], batch.crystal[site])
        predicted: torch.Tensor = network.final_layer(crystal)
        return predicted.reshape(batch.n_crystals)


def turned(features: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Features of each node from those of the one it is like.

    Args:
        features: Shape (n_nodes, 4, width): a scalar, then the components y, z, x of a vector.
        batch: Knows which node is like which, and how it is turned.
    """
    scalars, vectors = features[batch.like].split((1, 3), dim=1)
    vectors = batch.turn @ vectors.roll(1, dims=1)
    return torch.cat((scalars, vectors.roll(-1, dims=1)), dim=1)


def sites(batch: Batch) -> torch.Tensor:
    """The node of each site."""
    nodes = torch.arange(batch.n_nodes, device=batch.crystal.device)
    return torch.repeat_interleave(nodes, batch.count.long())


def make_m3gnet(settings: Mapping[str, Any]) -> Angles:
    """M3GNet (Chen and Ong 2022) with the settings on a card."""
    chosen = {name: settings[name] for name in _M3GNET}
    network = M3GNet(cutoff=settings["cutoff_ang"], **chosen)
    return Angles(network, settings["dim_node_embedding"])


def make_so3net(settings: Mapping[str, Any]) -> Harmonics:
    """SO3Net (Schütt et al. 2023) with the settings on a card."""
    chosen = {name: settings[name] for name in _SO3NET}
    network = SO3Net(cutoff=settings["cutoff_ang"], **chosen)
    return Harmonics(network, settings["dim_node_embedding"])
