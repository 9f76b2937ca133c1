"""SchNet and PaiNN with SchNetPack's representations (Schütt et al., J. Chem. Phys. 158, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ionladder.baselines.graphs.batch import Batch
from ionladder.baselines.graphs.embedding import SpeciesEmbedding
from ionladder.baselines.graphs.schnetpack_import import schnetpack as spk


class Pooled(nn.Module):
    """A representation of sites, a small network for each site, and the mean over the crystal.

    The representation's own look-up of atomic numbers is the identity: it is handed the shared
    embedding's vectors in place of numbers.

    Args:
        representation: ``SchNet`` or ``PaiNN``, with the identity as its nuclear embedding.
        width: Features of a site.
    """

    def __init__(self, representation: nn.Module, width: int) -> None:
        super().__init__()
        self.embedding = SpeciesEmbedding(width)
        self.representation = representation
        self.out = spk.nn.build_mlp(n_in=width, n_out=1, n_layers=2)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Shape (n_crystals,)."""
        given = {
            spk.properties.Z: self.embedding(batch),
            spk.properties.Rij: batch.vector_ang,
            spk.properties.idx_i: batch.receiver,
            spk.properties.idx_j: batch.sender,
        }
        features = self.representation(given)["scalar_representation"]
        return batch.mean(self.out(features)).squeeze(-1)


def make_schnet(settings: Mapping[str, Any]) -> Pooled:
    """SchNet (Schütt et al. 2017) with the settings on a card."""
    return Pooled(spk.representation.SchNet(**_shared(settings)), settings["n_atom_basis"])


def make_painn(settings: Mapping[str, Any]) -> Pooled:
    """PaiNN (Schütt, Unke and Gastegger 2021) with the settings on a card."""
    return Pooled(spk.representation.PaiNN(**_shared(settings)), settings["n_atom_basis"])


def _shared(settings: Mapping[str, Any]) -> dict[str, Any]:
    cutoff = settings["cutoff_ang"]
    return {
        "n_atom_basis": settings["n_atom_basis"],
        "n_interactions": settings["n_interactions"],
        "radial_basis": spk.nn.GaussianRBF(n_rbf=settings["n_rbf"], cutoff=cutoff),
        "cutoff_fn": spk.nn.CosineCutoff(cutoff),
        "nuclear_embedding": nn.Identity(),
    }
