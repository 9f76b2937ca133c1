"""M3GNet and SO3Net as matgl has them (Ko et al., npj Comput. Mater. 11, 253, 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch
from matgl.models import M3GNet, SO3Net
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


class Matgl(nn.Module):
    """A network of matgl on our batches, with the shared embedding.

    Args:
        network: Fresh; has a readout over sites.
        width: Length of its embedding's vectors.
    """

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        self.network = network
        self.given, self.over_sites = Given(), OverSites(network.readout)
        network.readout = self.over_sites
        if isinstance(network, M3GNet):
            network.embedding.layer_node_embedding = self.given
        else:
            network.embedding = self.given

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        nodes = torch.arange(batch.n_nodes, device=batch.crystal.device)
        self.given.features = self.embedding(batch)
        self.over_sites.site = torch.repeat_interleave(nodes, batch.count.long())
        # matgl takes positions and images; with every site at the origin, an image is the vector.
        graph = SimpleNamespace(
            node_type=nodes,
            pos=batch.vector_ang.new_zeros(batch.n_nodes, 3),
            pbc_offshift=batch.vector_ang,
            edge_index=torch.stack((batch.receiver, batch.sender)),
            batch=batch.crystal,
            num_graphs=batch.n_crystals,
        )
        predicted: torch.Tensor = self.network(graph)
        return predicted.reshape(batch.n_crystals)


def make_m3gnet(settings: Mapping[str, Any]) -> Matgl:
    """M3GNet (Chen and Ong 2022) with the settings on a card."""
    chosen = {name: settings[name] for name in _M3GNET}
    network = M3GNet(cutoff=settings["cutoff_ang"], **chosen)
    return Matgl(network, settings["dim_node_embedding"])


def make_so3net(settings: Mapping[str, Any]) -> Matgl:
    """SO3Net (Schütt et al. 2023) with the settings on a card."""
    chosen = {name: settings[name] for name in _SO3NET}
    network = SO3Net(cutoff=settings["cutoff_ang"], **chosen)
    return Matgl(network, settings["dim_node_embedding"])
