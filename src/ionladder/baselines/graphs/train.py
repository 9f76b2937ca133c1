"""One training loop for every graph network."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ionladder.baselines.graphs.batch import collate
from ionladder.baselines.graphs.kinds import Kinds
from ionladder.errors import BaselineError, Problem

if TYPE_CHECKING:
    from ionladder.specs import Array

_OPTIMISERS = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}
_PREDICTED_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained; the names are those on the card.

    Attributes:
        optimizer: ``Adam`` (weight decay as a penalty) or ``AdamW`` (decoupled).
        learning_rate: The same in every epoch.
        weight_decay: As the optimizer understands it.
        batch_size: Crystals a step; a last one alone joins the step before.
        epochs: Passes over the training part.
        stopping_groups: Part of the groups held out to choose the epoch.
    """

    optimizer: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    epochs: int
    stopping_groups: float

    @classmethod
    def on_card(cls, hyperparameters: Mapping[str, Any]) -> Settings:
        """Those among the hyperparameters of a baseline."""
        return cls(**{name: hyperparameters[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Trained:
    """A network with the weights of its best epoch.

    Attributes:
        network: Predicts standardised labels.
        centre: Mean label of the training part; of several targets, one each.
        spread: Standard deviation of its labels, likewise.
        best_epoch: The epoch kept, from 1.
        curve: Mean absolute error of the groups held out after each epoch, in the label's unit.
        losses: Mean loss over the crystals of each epoch, while it went on; no unit.
    """

    network: nn.Module
    centre: Array
    spread: Array
    best_epoch: int
    curve: tuple[float, ...]
    losses: tuple[float, ...]

    def predict(self, crystals: Sequence[Kinds]) -> Array:
        """Predictions in the label's unit, of the shape of labels."""
        device = device_of(self.network)
        self.network.eval()
        parts = []
        with torch.no_grad():
            for start in range(0, len(crystals), _PREDICTED_AT_ONCE):
                batch = collate(crystals[start : start + _PREDICTED_AT_ONCE], device)
                parts.append(self.network(batch).double().cpu().numpy())
        predicted: Array = self.centre + self.spread * np.concatenate(parts)
        return predicted


def train(
    network: nn.Module,
    crystals: Sequence[Kinds],
    labels: Array,
    groups: Sequence[int],
    settings: Settings,
    *,
    seed: int,
    where: str,
) -> Trained:
    """Train a network and keep the weights of the epoch that predicts held-out groups best.

    The loss is the mean absolute error of standardised labels. A group is never divided between the
    part learnt from and the part that chooses the epoch.

    Args:
        network: On its device; gives labels of its shape for a batch.
        crystals: What is learnt from.
        labels: Their labels, shape (n_crystals,) or (n_crystals, n_targets).
        groups: Their groups: entries of one group are not independent.
        settings: How to train.
        seed: Decides the groups held out and the order of crystals.
        where: What is trained, for letters.

    Raises:
        BaselineError: The loss is no number any more.
    """
    rng = np.random.default_rng(seed)
    learnt, watched = divided(groups, settings.stopping_groups, rng)
    centre, spread = labels[learnt].mean(axis=0), labels[learnt].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    device = device_of(network)
    target = torch.as_tensor((labels - centre) / spread, dtype=torch.float32, device=device)
    optimizer = _OPTIMISERS[settings.optimizer](
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    held_out = [crystals[row] for row in watched]
    best, best_state = math.inf, deepcopy(network.state_dict())
    curve: list[float] = []
    losses: list[float] = []
    for epoch in range(1, settings.epochs + 1):
        network.train()
        summed = 0.0
        for rows in steps(rng.permutation(learnt), settings.batch_size):
            batch = collate([crystals[row] for row in rows], device)
            loss = (network(batch) - target[torch.from_numpy(rows).to(device)]).abs().mean()
            if not torch.isfinite(loss):
                raise BaselineError(_no_number(where, epoch, seed))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            summed += float(loss.detach()) * len(rows)
        losses.append(summed / len(learnt))
        now = Trained(network, centre, spread, epoch, (), ())
        curve.append(float(np.abs(now.predict(held_out) - labels[watched]).mean()))
        if curve[-1] < best:
            best, best_state = curve[-1], deepcopy(network.state_dict())
    network.load_state_dict(best_state)
    best_epoch = int(np.argmin(curve)) + 1
    return Trained(network, centre, spread, best_epoch, tuple(curve), tuple(losses))


def divided(
    groups: Sequence[int], part: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rows learnt from and rows held out: whole groups, drawn at random.

    Example:
        Of ten groups a tenth is one group, with all its rows. One group alone is on both sides.
    """
    names = np.unique(np.asarray(groups))
    if len(names) == 1:
        every = np.arange(len(groups))
        return every, every
    chosen = rng.permutation(names)[: max(1, round(part * len(names)))]
    is_held_out = np.isin(np.asarray(groups), chosen)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def steps(order: np.ndarray, size: int) -> list[np.ndarray]:
    """The rows of each step; a last row alone joins the step before.

    Example:
        >>> [part.tolist() for part in steps(np.arange(5), 2)]
        [[0, 1], [2, 3, 4]]
    """
    starts = list(range(0, len(order), size))
    if len(starts) > 1 and len(order) - starts[-1] == 1:
        starts.pop()
    return np.split(order, starts[1:])


def device_of(network: nn.Module) -> torch.device:
    """Where the network's weights are."""
    device: torch.device = next(network.parameters()).device
    return device


def best_device() -> torch.device:
    """A GPU where there is one, the CPU elsewhere."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def reproducible(seed: int) -> Iterator[None]:
    """One thread, seeded weights, and sums in a fixed order where torch has them."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)
        # The tails of Gaussians fall below 1e-38, where processors need three times as long.
        torch.set_flush_denormal(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)
            torch.set_flush_denormal(False)


def _no_number(where: str, epoch: int, seed: int) -> Problem:
    return Problem(
        where=f"{where}, seed {seed}, epoch {epoch}",
        expected="a loss that is a finite number",
        found="NaN or infinity",
        next_step="Look for labels that are no numbers or sites at one place, or lower the "
        "learning rate; nothing was written.",
    )
