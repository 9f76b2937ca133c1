"""Learned vectors of species, mixed by occupancy."""

from __future__ import annotations

import torch
from torch import nn

from ionladder.baselines.graphs.batch import Batch

N_NUMBERS = 119
"""Atomic numbers 1 to 118, and 0 for a vacancy."""


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
