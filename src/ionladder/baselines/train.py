"""One training loop for every graph network, with or without a pretraining on barriers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from ionladder.baselines.features import label_array, log_labels, require_structures
from ionladder.baselines.graphs import Kinds, Reach, Sees, kinds_of_cif
from ionladder.baselines.registry import Curve, Training
from ionladder.errors import BaselineError, worded

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

#: Makes a fresh network from the settings on the card.
Network = Callable[[Mapping[str, Any]], nn.Module]

Weights = Mapping[str, torch.Tensor]
#: Dataset, task and version whose barriers a network may learn first.
PRETRAINING = ("bvel_proto", "bvel-proto", "1.2.0")
#: Begins the names of the weights that turn features into predictions.
READOUT = "out."
#: Elements there are; a network may know fewer.
N_ELEMENTS = 118
#: Compositions are the same where no element's atomic fraction differs by more.
SAME_FRACTION = 1e-3
_OPTIMISERS = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}
_PREDICTED_AT_ONCE = 32


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

    def joined(name: str, *, is_index: bool = False) -> torch.Tensor:
        parts = [getattr(crystal, name) for crystal in crystals]
        if is_index:
            parts = [part + offset for part, offset in zip(parts, offsets, strict=True)]
        array = np.concatenate(parts)
        dtype = torch.int64 if (is_index or name == "number") else torch.float32
        return torch.from_numpy(array).to(device=device, dtype=dtype)

    return Batch(
        n_crystals=len(crystals),
        crystal=torch.from_numpy(np.repeat(np.arange(len(crystals)), sizes)).to(device),
        **{name: joined(name) for name in ("count", "number", "share", "vector_ang", "turn")},
        **{name: joined(name, is_index=True) for name in ("node", "receiver", "sender", "like")},
    )


@dataclass(frozen=True)
class Trained:
    """A network with the weights of its last epoch.

    Attributes:
        network: Predicts labels less ``centre``, in units of ``spread``.
        centre: What was taken from the labels before training; of several targets, one each.
        spread: What they were divided by then, likewise.
        losses: Mean squared error of labels so changed over each epoch, while it went on.
        errors: Mean absolute error over each epoch, while it went on, in the label's unit.
    """

    network: nn.Module
    centre: Array
    spread: Array
    losses: tuple[float, ...]
    errors: tuple[float, ...]

    def predict(self, crystals: Sequence[Kinds]) -> Array:
        """Predictions in the label's unit, of the shape of labels."""
        self.network.eval()
        parts = []
        with torch.no_grad():
            for start in range(0, len(crystals), _PREDICTED_AT_ONCE):
                batch = collate(crystals[start : start + _PREDICTED_AT_ONCE], _device(self.network))
                parts.append(self.network(batch).double().cpu().numpy())
        predicted: Array = self.centre + self.spread * np.concatenate(parts)
        return predicted


def train_network(
    network: nn.Module,
    crystals: Sequence[Kinds],
    labels: Array,
    settings: Mapping[str, Any],
    *,
    seed: int,
    where: str,
) -> Trained:
    """Train a network on the mean squared error and keep the weights of the last epoch.

    Args:
        network: On its device; gives labels of its shape for a batch.
        crystals: What is learnt from.
        labels: Their labels, shape (n_crystals,) or (n_crystals, n_targets).
        settings: ``optimizer`` (``Adam`` or ``AdamW``), ``learning_rate``, ``weight_decay``,
            ``batch_size`` (a last crystal alone joins the step before), ``epochs``;
            ``labels`` (``raw``, ``centred`` or ``standardised``); ``order`` (``shuffled`` before
            every epoch, or ``fixed``); and for a learning rate that falls with a cosine,
            ``cosine_epochs`` and ``last_learning_rate``.
        seed: Decides the order of crystals.
        where: What is trained, for error messages.

    Raises:
        BaselineError: The loss is no number any more.
    """
    rng = np.random.default_rng(seed)
    centre, spread = np.zeros(labels.shape[1:]), np.ones(labels.shape[1:])
    if settings["labels"] != "raw":
        centre = labels.mean(axis=0)
    if settings["labels"] == "standardised":
        spread = np.where(labels.std(axis=0) > 0, labels.std(axis=0, ddof=1), 1.0)
    device = _device(network)
    target = torch.as_tensor((labels - centre) / spread, dtype=torch.float32, device=device)
    unit = torch.as_tensor(spread, dtype=torch.float32, device=device)
    optimizer = _OPTIMISERS[settings["optimizer"]](
        network.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"]
    )
    cosine = None
    if "cosine_epochs" in settings:
        last = settings["last_learning_rate"]
        cosine = CosineAnnealingLR(optimizer, settings["cosine_epochs"], eta_min=last)
    losses: list[float] = []
    errors: list[float] = []
    order = rng.permutation(len(crystals))
    network.train()
    for epoch in range(1, settings["epochs"] + 1):
        summed = np.zeros(2)
        if settings["order"] == "shuffled":
            order = rng.permutation(len(crystals))
        for rows in steps(order, settings["batch_size"]):
            batch = collate([crystals[row] for row in rows], device)
            gap = network(batch) - target[torch.from_numpy(rows).to(device)]
            loss = (gap**2).mean()
            if not torch.isfinite(loss):
                at = f"{where}, seed {seed}, epoch {epoch}"
                raise BaselineError(worded("loss-not-finite", at))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            error = (gap.detach() * unit).abs().mean()
            summed += np.array([float(loss.detach()), float(error)]) * len(rows)
        if cosine is not None:
            cosine.step()
        losses.append(summed[0] / len(crystals))
        errors.append(summed[1] / len(crystals))
    return Trained(network, centre, spread, tuple(losses), tuple(errors))


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


def _device(network: nn.Module) -> torch.device:
    """Where the network's weights are."""
    return next(network.parameters()).device


def _on_best_device(network: nn.Module) -> nn.Module:
    """The network on a GPU where there is one, on the CPU elsewhere."""
    return network.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))


# From entries to predictions


def fit_network(
    training: Training, network: Network, sees: Sees, *, barriers_first: bool = False
) -> Array:
    """Train a network on CIFs and predict.

    A crystal without a site or an edge, or with an element that the network has no vector for, is
    not learnt from, and is predicted as the median of the training labels; the card counts such
    entries.

    Args:
        training: Entries, seed and settings; arm, reach and training settings are among them.
        network: Makes the network.
        sees: What it takes from edges.
        barriers_first: Whether it begins with weights that predict barriers of BVEL-proto.
    """
    where, seed = f"ionladder baseline {training.name}", training.seed
    labels = label_array(training.inputs, training.train_ids)
    crystals = crystals_of(training.inputs, training.settings, sees)
    usable = _usable(crystals, network)
    learnt = [row for row, entry in enumerate(training.train_ids) if entry in usable]
    predicted = np.full(len(training.predict_ids), np.median(labels))
    # One order of predictions whatever the order asked for: the same sums, to the last bit.
    shown = sorted(usable.intersection(training.predict_ids))
    with _memory(where):
        given = pretrained_weights(training, network, sees) if barriers_first else {}
    with reproducible(seed), _memory(where):
        model = _on_best_device(network(training.settings))
        model.load_state_dict({**model.state_dict(), **given})
        trained = train_network(
            model,
            [crystals[training.train_ids[row]] for row in learnt],
            labels[learnt],
            training.settings,
            seed=seed,
            where=where,
        )
        _tell(training, "training", "log10(S/cm)", trained)
        if shown:
            values = trained.predict([crystals[entry] for entry in shown])
            found = dict(zip(shown, values, strict=True))
            for row, entry in enumerate(training.predict_ids):
                predicted[row] = found.get(entry, predicted[row])
    return predicted


def crystals_of(inputs: TaskInputs, settings: Mapping[str, Any], sees: Sees) -> dict[str, Kinds]:
    """Every entry of a task as networks read it.

    Raises:
        BaselineError: The dataset has no structures.
    """
    texts = require_structures(inputs)["cif_text"]
    reach = Reach(cutoff_ang=settings["cutoff_ang"], nearest=settings.get("neighbours"))
    return {
        entry: kinds_of_cif(str(texts.at[entry]), settings["occupancies"], reach, sees)
        for entry in sorted((*inputs.train_ids, *inputs.test_ids))
    }


def _usable(crystals: Mapping[str, Kinds], network: Network) -> set[str]:
    """Entries that have sites, edges and no element beyond the last one that the network knows."""
    last = getattr(network, "last_element", N_ELEMENTS)
    return {entry for entry, one in crystals.items() if one.is_usable and one.number.max() <= last}


def _tell(training: Training, stage: str, unit: str, trained: Trained) -> None:
    if training.watch is not None:
        training.watch(Curve(stage, training.seed, unit, trained.losses, trained.errors))


@contextmanager
def _memory(where: str) -> Iterator[None]:
    """Turns running out of memory into an error that says what to do."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch has an error of its own on a GPU only
        first = (str(error).splitlines() or ["none left"])[0]
        if not isinstance(error, MemoryError) and "memory" not in first:
            raise
        raise BaselineError(worded("gpu-memory", where, found=first)) from error


# Barriers first


def pretraining_inputs() -> TaskInputs:
    """The pretraining data with CIF texts: the released version, labels of its training entries.

    Raises:
        ConfigError: This process works in no leaderboard repository.
        DataMissingError: The tables are not on this machine.
    """
    from ionladder.data.registry import get_task
    from ionladder.data.store import load_inputs
    from ionladder.repo import find_layout

    _, task, version = PRETRAINING
    return load_inputs(find_layout(), get_task(task), version)


def pretrained_weights(training: Training, network: Network, sees: Sees) -> Weights:
    """Weights of a network that has learnt three barriers, but for its readout.

    A structure whose composition is that of an entry of the task which is not trained on is left
    out, so nothing that will be predicted was seen before.

    Raises:
        BaselineError: The loss is no number any more.
    """
    from ionladder.data.ingest import cif_texts

    settings, source = training.settings, pretraining_inputs()
    texts = cif_texts(PRETRAINING[0], source.entries, source.structures, source.train_ids)
    structures = pd.DataFrame({"cif_text": pd.Series(dict(texts))})
    crystals = crystals_of(replace(source, structures=structures, test_ids=()), settings, sees)
    unrelated = unrelated_ids(source, training.inputs, training.train_ids)
    usable = _usable(crystals, network)
    ids = [entry for entry in unrelated if entry in usable]
    with reproducible(training.seed):
        trained = train_network(
            _on_best_device(network({**settings, "n_targets": len(source.targets)})),
            [crystals[entry] for entry in ids],
            log_labels(source, ids),
            {**settings, "epochs": settings["pretraining_epochs"]},
            seed=training.seed,
            where=f"ionladder baseline {training.name}, pretraining",
        )
    _tell(training, "pretraining", "ln(E/eV)", trained)
    return without_readout(trained.network.state_dict())


def unrelated_ids(source: TaskInputs, inputs: TaskInputs, train_ids: Sequence[str]) -> list[str]:
    """Training entries of the pretraining data whose composition nobody will be asked about.

    Args:
        source: The pretraining data.
        inputs: The task fine-tuned on.
        train_ids: Its entries that will be trained on; compositions of all others count as asked.

    Returns:
        Ids of ``source``, sorted.
    """
    from ionladder.data.slices import composition_matrix

    ids = list(source.train_ids)
    asked = composition_matrix(list(inputs.entries.drop(index=list(train_ids))["formula_cell"]))
    offered = composition_matrix(list(source.entries.loc[ids, "formula_norm"]))
    is_asked = np.zeros(len(ids), dtype=np.bool_)
    for composition in asked:
        is_asked |= (np.abs(offered - composition) <= SAME_FRACTION).all(axis=1)
    unrelated: list[str] = np.array(ids)[~is_asked].tolist()
    return unrelated


def without_readout(weights: Weights) -> Weights:
    """The weights that a network with another readout can take over."""
    return {name: value for name, value in weights.items() if not name.startswith(READOUT)}
