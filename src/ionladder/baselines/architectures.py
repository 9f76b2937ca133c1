"""Graph networks: CGCNN, SchNet and PaiNN, M3GNet and SO3Net, on one embedding of sites."""

from __future__ import annotations

import csv
import typing
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import softplus

from ionladder.baselines.train import Batch

#: Atomic numbers 1 to 118, and 0 for a vacancy.
N_NUMBERS = 119
#: Distance between the centres of CGCNN's Gaussians of a length, and their width.
GAUSSIANS_EVERY_ANG = 0.2
#: Bins of each property in CGCNN's vectors of elements; group 0 is that of the f block.
ELEMENT_BINS = {
    "group": 19,
    "period": 7,
    "electronegativity": 10,
    "covalent_radius": 10,
    "valence_electrons": 12,
    "ionisation_energy": 10,
    "electron_affinity": 10,
    "block": 4,
    "atomic_volume": 10,
}


class SpeciesEmbedding(nn.Module):
    """The first features of each site: the mean of its species' vectors, weighted by their shares.

    For a site with one species that is the ordinary look-up, bit for bit.

    Args:
        width: Length of the vectors.
        table: What gives the vectors of atomic numbers; learned ones where it is left out.
    """

    def __init__(self, width: int, table: nn.Module | None = None) -> None:
        super().__init__()
        self.table = nn.Embedding(N_NUMBERS, width) if table is None else table

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_nodes, width)."""
        vectors = self.table(batch.number) * batch.share[:, None]
        return vectors.new_zeros(batch.n_nodes, vectors.shape[1]).index_add(0, batch.node, vectors)


# CGCNN (Xie and Grossman, Phys. Rev. Lett. 120, 145301, 2018)


def element_vectors() -> torch.Tensor:
    """CGCNN's 92 zeros and ones for each atomic number, shape (119, 92).

    ``cgcnn_elements.csv`` names the bin of each of nine properties, none where it is unknown; the
    vectors are those of ``atom_init.json``. A vacancy, and an element after Fm, has zeros only.

    Example:
        >>> element_vectors()[3].nonzero().flatten().tolist()
        [1, 20, 27, 40, 46, 59, 73, 78, 85]
    """
    with Path(__file__).with_name("cgcnn_elements.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    vectors = torch.zeros(N_NUMBERS, sum(ELEMENT_BINS.values()))
    first = 0
    for name, n_bins in ELEMENT_BINS.items():
        for row in rows:
            if row[name]:
                vectors[int(row["z"]), first + int(row[name])] = 1.0
        first += n_bins
    return vectors


class CountedBatchNorm(nn.BatchNorm1d):
    """A batch norm in which a row stands for several equal ones."""

    def forward(self, values: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        """Normalised values.

        Args:
            values: Shape (n_rows, n_features).
            count: How many each row stands for, shape (n_rows,).
        """
        if not self.training:
            return super().forward(values)
        total, weight = count.sum(), (count / count.sum())[:, None]
        mean = (weight * values).sum(dim=0)
        variance = (weight * (values - mean) ** 2).sum(dim=0)
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * total / (total - 1), self.momentum)
        return ((values - mean) * torch.rsqrt(variance + self.eps)) * self.weight + self.bias


class Convolution(nn.Module):
    """One layer of CGCNN (equation 5 of the paper, with the norms of the authors' program).

    ``softplus(v + norm(Σ sigmoid(f) softplus(c)))`` over the neighbours, where ``(f, c)`` are the
    normed outputs of one linear layer for both sites and their distance.

    Args:
        width: Features of a site.
        n_lengths: Features of a distance.
    """

    def __init__(self, width: int, n_lengths: int) -> None:
        super().__init__()
        self.full = nn.Linear(2 * width + n_lengths, 2 * width)
        self.norm_messages, self.norm_sums = CountedBatchNorm(2 * width), CountedBatchNorm(width)

    def forward(self, features: torch.Tensor, lengths: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Shape (n_nodes, width)."""
        pairs = torch.cat((features[batch.receiver], features[batch.sender], lengths), dim=1)
        messages = self.norm_messages(self.full(pairs), batch.count[batch.receiver])
        gate, core = messages.chunk(2, dim=1)
        summed = torch.zeros_like(features)
        summed = summed.index_add(0, batch.receiver, torch.sigmoid(gate) * softplus(core))
        return softplus(features + self.norm_sums(summed, batch.count))


class CGCNN(nn.Module):
    """Crystal graph convolutions, the mean over sites, hidden layers.

    Args:
        settings: ``atom_fea_len`` (features of a site), ``h_fea_len`` (width of the hidden layers
            after the mean), ``n_conv``, ``n_h`` (hidden layers), ``cutoff_ang`` (largest length
            described), ``n_targets`` (numbers predicted of a crystal, one by default).
    """

    last_element = 100

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__()
        width, last = settings["atom_fea_len"], settings["cutoff_ang"] + GAUSSIANS_EVERY_ANG / 2
        centres = torch.arange(0.0, last, GAUSSIANS_EVERY_ANG)
        self.register_buffer("centres", centres)
        vectors = nn.Embedding.from_pretrained(element_vectors())
        table = nn.Sequential(vectors, nn.Linear(vectors.embedding_dim, width))
        self.embedding = SpeciesEmbedding(width, table)
        layers = (Convolution(width, len(centres)) for _ in range(settings["n_conv"]))
        self.convolutions = nn.ModuleList(layers)
        widths = [width, *[settings["h_fea_len"]] * settings["n_h"]]
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.out = nn.Linear(widths[-1], settings.get("n_targets", 1))

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,), or (n_crystals, n_targets) of several."""
        gap = (batch.distance_ang[:, None] - self.centres) / GAUSSIANS_EVERY_ANG
        lengths = torch.exp(-(gap**2))
        features = self.embedding(batch)
        for convolution in self.convolutions:
            features = convolution(features, lengths, batch)
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
        layers = zip(painn.interactions, painn.mixing, weights, strict=True)
        for interaction, mixing, weight in layers:
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
        radial = network.radial_basis(distance).reshape(len(distance), -1)
        cut = polynomial_cutoff(distance, cutoff=network.cutoff)
        products = _products(network, network.sphharm(batch.vector_ang / distance))
        features = scalar2rsh(self.embedding(batch)[:, None], network.lmax)
        names = ("so3convs", "mixings1", "mixings2", "gatings", "mixings3")
        blocks = zip(*(getattr(network, name) for name in names), strict=True)
        for convolution, mix, mix_products, gate, mix_gated in blocks:
            weights = (convolution.filternet(radial) * cut).split(features.shape[2], dim=1)
            sent = features[batch.sender]
            turned = zip(weights, products, strict=True)
            messages = sum(weight[:, None] * (product @ sent) for weight, product in turned)
            heard = torch.zeros_like(features).index_add(0, batch.receiver, messages)
            heard = heard + network.so3product(heard, mix(heard))
            features = _turned(features + mix_gated(gate(mix_products(heard))), batch)
        site = _sites(batch)
        crystal = network.readout(features[site, 0], batch.crystal[site])
        predicted: torch.Tensor = network.final_layer(crystal)
        return predicted.reshape(batch.n_crystals)


def _products(network: nn.Module, harmonics: torch.Tensor) -> list[torch.Tensor]:
    """Clebsch-Gordan products with the harmonics of each edge, as one matrix for each degree.

    What matgl's convolution sums term by term, in a fifth of its time.

    Args:
        network: matgl's SO3Net.
        harmonics: Shape (n_edges, n_orders).

    Returns:
        Matrices of shape (n_edges, n_orders, n_orders): from features of the sender to messages.
    """
    one, n = network.so3convs[0], harmonics.shape[1]
    couplings = harmonics.new_zeros(n, n, n)
    couplings[one.idx_in_1, one.idx_out, one.idx_in_2] = one.clebsch_gordan.to(harmonics.dtype)
    widths = [2 * degree + 1 for degree in range(one.lmax + 1)]
    pairs = zip(harmonics.split(widths, dim=1), couplings.split(widths), strict=True)
    return [torch.einsum("es,soi->eoi", some, coupling) for some, coupling in pairs]


def make_m3gnet(settings: Mapping[str, Any]) -> Angles:
    """M3GNet (Chen and Ong 2022) with the settings on a card."""
    from matgl.models import M3GNet

    names = ("threebody_cutoff", "dim_edge_embedding", *_MATGL)
    network = M3GNet(cutoff=settings["cutoff_ang"], **{name: settings[name] for name in names})
    return Angles(network, settings["dim_node_embedding"])


def make_so3net(settings: Mapping[str, Any]) -> Harmonics:
    """SO3Net (Schütt et al. 2023) with the settings on a card."""
    from matgl.models import SO3Net

    names = ("nmax", "lmax", "target_property", "nlayers_readout", *_MATGL)
    network = SO3Net(cutoff=settings["cutoff_ang"], **{name: settings[name] for name in names})
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
