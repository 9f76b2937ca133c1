"""CGCNN (Xie and Grossman, Phys. Rev. Lett. 120, 145301, 2018) on torch-geometric's ``CGConv``."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn.functional import softplus
from torch_geometric.nn.conv import CGConv

from ionladder.baselines.graphs.batch import Batch
from ionladder.baselines.graphs.embedding import SpeciesEmbedding

GAUSSIANS_EVERY_ANG = 0.2
"""Distance between the centres of the Gaussians that describe a length, and their width."""


class CGCNN(nn.Module):
    """Crystal graph convolutions, the mean over sites, one hidden layer.

    Args:
        atom_fea_len: Features of a site.
        h_fea_len: Width of the hidden layers after the mean.
        n_conv: Convolutions.
        n_h: Hidden layers after the mean.
        cutoff_ang: Largest length described.
        n_targets: Numbers predicted of a crystal.
    """

    def __init__(
        self,
        *,
        atom_fea_len: int,
        h_fea_len: int,
        n_conv: int,
        n_h: int,
        cutoff_ang: float,
        n_targets: int = 1,
    ) -> None:
        super().__init__()
        centres = torch.arange(0.0, cutoff_ang + GAUSSIANS_EVERY_ANG / 2, GAUSSIANS_EVERY_ANG)
        self.register_buffer("centres", centres)
        self.embedding = SpeciesEmbedding(atom_fea_len)
        self.convolutions = nn.ModuleList(
            CGConv(atom_fea_len, dim=len(centres), batch_norm=True) for _ in range(n_conv)
        )
        widths = [atom_fea_len, *[h_fea_len] * n_h]
        self.hidden = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.out = nn.Linear(widths[-1], n_targets)

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


def make_cgcnn(settings: Mapping[str, Any]) -> CGCNN:
    """The network with the settings on a card."""
    names = ("atom_fea_len", "h_fea_len", "n_conv", "n_h", "cutoff_ang")
    given = {name: settings[name] for name in names}
    return CGCNN(**given, n_targets=settings.get("n_targets", 1))
