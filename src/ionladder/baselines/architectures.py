"""Graph networks: CGCNN, SchNet and PaiNN, M3GNet and SO3Net, on one embedding of sites."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import softplus

from ionladder.baselines.train import Batch

N_NUMBERS = 119
"""Atomic numbers 1 to 118, and 0 for a vacancy."""
GAUSSIANS_EVERY_ANG = 0.2
"""Distance between the centres of CGCNN's Gaussians of a length, and their width."""


class SpeciesEmbedding(nn.Module):
    """The first features of each site: the mean of its species' vectors, weighted by their shares.

    For a site with one species that is the ordinary look-up, bit for bit.

    Args:
        width: Length of the vectors.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(N_NUMBERS, width)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_nodes, width)."""
        vectors = self.table(batch.number) * batch.share[:, None]
        nothing = vectors.new_zeros(batch.n_nodes, vectors.shape[1])
        return nothing.index_add(0, batch.node, vectors)


# CGCNN (Xie and Grossman, Phys. Rev. Lett. 120, 145301, 2018) on torch-geometric's ``CGConv``


class CGCNN(nn.Module):
    """Crystal graph convolutions, the mean over sites, hidden layers.

    Args:
        settings: ``atom_fea_len`` (features of a site), ``h_fea_len`` (width of the hidden layers
            after the mean), ``n_conv``, ``n_h`` (hidden layers), ``cutoff_ang`` (largest length
            described), ``n_targets`` (numbers predicted of a crystal, one by default).
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        from torch_geometric.nn.conv import CGConv

        super().__init__()
        width, last = settings["atom_fea_len"], settings["cutoff_ang"] + GAUSSIANS_EVERY_ANG / 2
        centres = torch.arange(0.0, last, GAUSSIANS_EVERY_ANG)
        self.register_buffer("centres", centres)
        self.embedding = SpeciesEmbedding(width)
        self.convolutions = nn.ModuleList(
            CGConv(width, dim=len(centres), batch_norm=True) for _ in range(settings["n_conv"])
        )
        widths = [width, *[settings["h_fea_len"]] * settings["n_h"]]
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.out = nn.Linear(widths[-1], settings.get("n_targets", 1))

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,), or (n_crystals, n_targets) of several."""
        gap = (batch.distance_ang[:, None] - self.centres) / GAUSSIANS_EVERY_ANG
        lengths = torch.exp(-(gap**2))
        edges = torch.stack((batch.sender, batch.receiver))
        features = self.embedding(batch)
        for convolution in self.convolutions:
            features = convolution(features, edges, lengths)
        crystal = softplus(batch.mean(features))
        for layer in self.hidden:
            crystal = softplus(layer(crystal))
        return self.out(crystal).squeeze(-1)


# SchNet and PaiNN with SchNetPack's representations (Schütt et al., J. Chem. Phys. 158, 2023)


def schnetpack() -> Any:
    """SchNetPack 2.1.1 beside torch 2.13.

    ``schnetpack.data.loader`` imports ``T_co`` from ``torch.utils.data.dataloader``, a type
    variable that torch no longer has there; nothing but an annotation uses it. It is put back for
    the moment of the import and taken away again.
    """
    from torch.utils.data import dataloader

    is_missing = not hasattr(dataloader, "T_co")
    if is_missing:
        dataloader.T_co = typing.TypeVar("T_co", covariant=True)
    try:
        import schnetpack
    finally:
        if is_missing:
            del dataloader.T_co
    return schnetpack


class Turning(nn.Module):
    """PaiNN's layers, with the features of sites of one orbit turned into each other in between.

    Where each site is an orbit of its own, this is SchNetPack's own ``PaiNN``.

    Args:
        painn: The representation whose layers are used.
    """

    def __init__(self, painn: nn.Module) -> None:
        super().__init__()
        self.painn = painn

    def forward(self, batch: Batch, features: torch.Tensor) -> torch.Tensor:
        """Scalar features, shape (n_nodes, width)."""
        painn, distance = self.painn, batch.distance_ang[:, None]
        cut = painn.cutoff_fn(distance)[..., None]
        filters = painn.filter_net(painn.radial_basis(distance)) * cut
        direction = batch.vector_ang / distance
        edges = (batch.receiver, batch.sender, batch.n_nodes)
        scalars = features[:, None]
        vectors = scalars.new_zeros(batch.n_nodes, 3, features.shape[1])
        weights = filters.split(3 * features.shape[1], dim=-1)
        for interaction, mixing, weight in zip(
            painn.interactions, painn.mixing, weights, strict=True
        ):
            scalars, vectors = interaction(scalars, vectors, weight, direction, *edges)
            scalars, vectors = mixing(scalars, vectors)
            scalars, vectors = scalars[batch.like], batch.turn @ vectors[batch.like]
        return scalars[:, 0]


class Pooled(nn.Module):
    """A representation of sites, a small network for each site, and the mean over the crystal.

    The representation's own look-up of atomic numbers is the identity: it is handed the shared
    embedding's vectors in place of numbers.

    Args:
        representation: SchNet with the identity as its nuclear embedding, or :class:`Turning`.
        width: Features of a site.
        n_targets: Numbers predicted of a crystal.
    """

    def __init__(self, representation: nn.Module, width: int, n_targets: int = 1) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        self.representation = representation
        self.out = schnetpack().nn.build_mlp(n_in=width, n_out=n_targets, n_layers=2)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,), or (n_crystals, n_targets) of several."""
        features = self.embedding(batch)
        if isinstance(self.representation, Turning):
            features = self.representation(batch, features)
        else:
            names = schnetpack().properties
            given = {
                names.Z: features,
                names.Rij: batch.vector_ang,
                names.idx_i: batch.receiver,
                names.idx_j: batch.sender,
            }
            features = self.representation(given)["scalar_representation"]
        return batch.mean(self.out(features)).squeeze(-1)


def make_schnet(settings: Mapping[str, Any]) -> Pooled:
    """SchNet (Schütt et al. 2017) with the settings on a card."""
    schnet = schnetpack().representation.SchNet(**_schnetpack_settings(settings))
    return Pooled(schnet, settings["n_atom_basis"], settings.get("n_targets", 1))


def make_painn(settings: Mapping[str, Any]) -> Pooled:
    """PaiNN (Schütt, Unke and Gastegger 2021) with the settings on a card."""
    painn = schnetpack().representation.PaiNN(**_schnetpack_settings(settings))
    return Pooled(Turning(painn), settings["n_atom_basis"])


def _schnetpack_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    spk, cutoff = schnetpack(), settings["cutoff_ang"]
    return {
        "n_atom_basis": settings["n_atom_basis"],
        "n_interactions": settings["n_interactions"],
        "radial_basis": spk.nn.GaussianRBF(n_rbf=settings["n_rbf"], cutoff=cutoff),
        "cutoff_fn": spk.nn.CosineCutoff(cutoff),
        "nuclear_embedding": nn.Identity(),
    }


# M3GNet and SO3Net as matgl has them (Ko et al., npj Comput. Mater. 11, 253, 2025)


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
    """matgl's M3GNet on our batches, with the shared embedding.

    Args:
        network: Fresh.
        width: Length of its embedding's vectors.
    """

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        self.given, self.over_sites = Given(), OverSites(network.readout)
        network.readout = self.over_sites
        network.embedding.layer_node_embedding = self.given
        self.network = network

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        self.given.features = self.embedding(batch)
        self.over_sites.site = _sites(batch)
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

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        network.embedding = nn.Identity()  # not asked: the shared one stands in its place
        self.network = network

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        from matgl.layers._so3 import scalar2rsh
        from matgl.utils.cutoff import polynomial_cutoff

        network, distance = self.network, batch.distance_ang[:, None]
        edge = (
            network.radial_basis(distance).reshape(len(distance), -1),
            network.sphharm(batch.vector_ang / distance),
            polynomial_cutoff(distance, cutoff=network.cutoff),
            batch.receiver,
            batch.sender,
        )
        features = scalar2rsh(self.embedding(batch)[:, None], network.lmax)
        names = ("so3convs", "mixings1", "mixings2", "gatings", "mixings3")
        blocks = zip(*(getattr(network, name) for name in names), strict=True)
        for convolution, mix, mix_products, gate, mix_gated in blocks:
            heard = convolution(features, *edge)
            heard = heard + network.so3product(heard, mix(heard))
            features = _turned(features + mix_gated(gate(mix_products(heard))), batch)
        site = _sites(batch)
        crystal = network.readout(features[site, 0], batch.crystal[site])
        predicted: torch.Tensor = network.final_layer(crystal)
        return predicted.reshape(batch.n_crystals)


def make_m3gnet(settings: Mapping[str, Any]) -> Angles:
    """M3GNet (Chen and Ong 2022) with the settings on a card."""
    from matgl.models import M3GNet

    names = ("threebody_cutoff", "dim_edge_embedding", *_MATGL)
    chosen = {name: settings[name] for name in names}
    network = M3GNet(cutoff=settings["cutoff_ang"], **chosen)
    return Angles(network, settings["dim_node_embedding"])


def make_so3net(settings: Mapping[str, Any]) -> Harmonics:
    """SO3Net (Schütt et al. 2023) with the settings on a card."""
    from matgl.models import SO3Net

    names = ("nmax", "lmax", "target_property", "nlayers_readout", *_MATGL)
    chosen = {name: settings[name] for name in names}
    network = SO3Net(cutoff=settings["cutoff_ang"], **chosen)
    return Harmonics(network, settings["dim_node_embedding"])


_MATGL = ("is_intensive", "readout_type", "nblocks", "dim_node_embedding", "units")


def _turned(features: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Features of each node from those of the one it is like.

    Args:
        features: Shape (n_nodes, 4, width): a scalar, then the components y, z, x of a vector.
        batch: Knows which node is like which, and how it is turned.
    """
    scalars, vectors = features[batch.like].split((1, 3), dim=1)
    vectors = batch.turn @ vectors.roll(1, dims=1)
    return torch.cat((scalars, vectors.roll(-1, dims=1)), dim=1)


def _sites(batch: Batch) -> torch.Tensor:
    """The node of each site."""
    nodes = torch.arange(batch.n_nodes, device=batch.crystal.device)
    return torch.repeat_interleave(nodes, batch.count.long())
