"""Crystals laid side by side for one step of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ionladder.baselines.graphs.kinds import Kinds


@dataclass(frozen=True)
class Batch:
    """Several crystals as one graph of separate parts; see :class:`Kinds` for what a node is.

    Attributes:
        n_crystals: How many.
        crystal: Crystal of each node, ascending, shape (n_nodes,).
        count: Sites of its crystal that a node stands for.
        node: Node of each share, shape (n_shares,).
        number: Atomic number of each share, 0 for emptiness.
        share: Part of its node.
        receiver: Node that listens, ascending, shape (n_edges,).
        sender: Node listened to.
        vector_ang: From the receiver to the sender's image, Å, shape (n_edges, 3).
        like: Node that has the features of each node but for a rotation.
        turn: The rotation from there, shape (n_nodes, 3, 3).
    """

    n_crystals: int
    crystal: torch.Tensor
    count: torch.Tensor
    node: torch.Tensor
    number: torch.Tensor
    share: torch.Tensor
    receiver: torch.Tensor
    sender: torch.Tensor
    vector_ang: torch.Tensor
    like: torch.Tensor
    turn: torch.Tensor

    @property
    def n_nodes(self) -> int:
        return len(self.crystal)

    @property
    def distance_ang(self) -> torch.Tensor:
        """Lengths of the edges, Å, shape (n_edges,)."""
        return torch.linalg.vector_norm(self.vector_ang, dim=1)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Mean over the sites of each crystal.

        Args:
            values: Shape (n_nodes, n_features).

        Returns:
            Shape (n_crystals, n_features).
        """
        sites = values.new_zeros(self.n_crystals).index_add(0, self.crystal, self.count)
        weight = (self.count / sites[self.crystal])[:, None]
        total = values.new_zeros(self.n_crystals, values.shape[1])
        return total.index_add(0, self.crystal, values * weight)


def collate(crystals: Sequence[Kinds], device: torch.device) -> Batch:
    """Lay crystals side by side, in the order given; floats become single precision."""
    sizes = np.array([len(crystal) for crystal in crystals])
    offsets = np.cumsum(sizes) - sizes

    def indices(name: str) -> torch.Tensor:
        moved = [
            getattr(crystal, name) + offset
            for crystal, offset in zip(crystals, offsets, strict=True)
        ]
        return torch.from_numpy(np.concatenate(moved)).to(device)

    def values(name: str, dtype: torch.dtype) -> torch.Tensor:
        joined = np.concatenate([getattr(crystal, name) for crystal in crystals])
        return torch.from_numpy(joined).to(device=device, dtype=dtype)

    return Batch(
        n_crystals=len(crystals),
        crystal=torch.from_numpy(np.repeat(np.arange(len(crystals)), sizes)).to(device),
        count=values("count", torch.float32),
        node=indices("node"),
        number=values("number", torch.int64),
        share=values("share", torch.float32),
        receiver=indices("receiver"),
        sender=indices("sender"),
        vector_ang=values("vector_ang", torch.float32),
        like=indices("like"),
        turn=values("turn", torch.float32),
    )
