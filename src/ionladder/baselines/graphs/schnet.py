"""SchNet and PaiNN with SchNetPack's representations (Schütt et al., J. Chem. Phys. 158, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ionladder.baselines.graphs.batch import Batch
from ionladder.baselines.graphs.embedding import SpeciesEmbedding
from ionladder.baselines.graphs.schnetpack_import import schnetpack as spk


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
        scalars = features[:, None]
        vectors = scalars.new_zeros(batch.n_nodes, 3, features.shape[1])
        layers = zip(
            painn.interactions,
            painn.mixing,
            filters.split(3 * features.shape[1], dim=-1),
            strict=True,
        )
        for interaction, mixing, weights in layers:
            scalars, vectors = interaction(
                scalars,
                vectors,
                weights,
                batch.vector_ang / distance,
                batch.receiver,
                batch.sender,
                batch.n_nodes,
            )
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
        self.out = spk.nn.build_mlp(n_in=width, n_out=n_targets, n_layers=2)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,), or (n_crystals, n_targets) of several."""
        features = self.embedding(batch)
        if isinstance(self.representation, Turning):
            features = self.representation(batch, features)
        else:
            given = {
                spk.properties.Z: features,
                spk.properties.Rij: batch.vector_ang,
                spk.properties.idx_i: batch.receiver,
                spk.properties.idx_j: batch.sender,
            }
            features = self.representation(given)["scalar_representation"]
        return batch.mean(self.out(features)).squeeze(-1)


def make_schnet(settings: Mapping[str, Any]) -> Pooled:
    """SchNet (Schütt et al. 2017) with the settings on a card."""
    schnet = spk.representation.SchNet(**_shared(settings))
    return Pooled(schnet, settings["n_atom_basis"], settings.get("n_targets", 1))


def make_painn(settings: Mapping[str, Any]) -> Pooled:
    """PaiNN (Schütt, Unke and Gastegger 2021) with the settings on a card."""
    painn = spk.representation.PaiNN(**_shared(settings))
    return Pooled(Turning(painn), settings["n_atom_basis"])


def _shared(settings: Mapping[str, Any]) -> dict[str, Any]:
    cutoff = settings["cutoff_ang"]
    return {
        "n_atom_basis": settings["n_atom_basis"],
        "n_interactions": settings["n_interactions"],
        "radial_basis": spk.nn.GaussianRBF(n_rbf=settings["n_rbf"], cutoff=cutoff),
        "cutoff_fn": spk.nn.CosineCutoff(cutoff),
        "nuclear_embedding": nn.Identity(),
    }
