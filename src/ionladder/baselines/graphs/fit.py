"""From entries to predictions: what every graph network's ``fit_predict`` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from torch import Tensor, nn

from ionladder.baselines.curves import Curve, Watch
from ionladder.baselines.graphs.graph import graphs_of
from ionladder.baselines.graphs.kinds import Kinds, Sees, kinds_of
from ionladder.baselines.graphs.neighbours import Reach
from ionladder.baselines.graphs.sites import Arm
from ionladder.baselines.graphs.train import Settings, Trained, best_device, reproducible, train
from ionladder.baselines.training import label_array
from ionladder.errors import BaselineError, ConfigError, Problem
from ionladder.repo import find_layout
from ionladder.specs import Baseline

if TYPE_CHECKING:
    from ionladder.data.store import TaskInputs
    from ionladder.specs import Array

Network = Callable[[Mapping[str, Any]], nn.Module]
"""Makes a fresh network from the hyperparameters on the card."""

UNIT = "log10(S/cm)"
"""Of the labels of the task that graph networks are made for."""


class Start(Protocol):
    """Where weights come from that were not drawn at random."""

    def __call__(
        self, model: GraphModel, inputs: TaskInputs, train_ids: Sequence[str], *, seed: int
    ) -> Mapping[str, Tensor]:
        """Weights to begin with, by name; a name that is absent begins as drawn."""


@dataclass(frozen=True, kw_only=True)
class GraphModel:
    """A graph network as a baseline.

    Attributes:
        baseline: Its spec; arm, reach and settings stand among the hyperparameters.
        network: Makes the network.
        sees: What the network takes from edges.
        start: Where weights come from; None draws all of them at random.
        watch: Told of every training when it has ended; None tells nobody.
    """

    baseline: Baseline
    network: Network
    sees: Sees
    start: Start | None = None
    watch: Watch | None = None

    def __call__(
        self, inputs: TaskInputs, train_ids: Sequence[str], predict_ids: Sequence[str], *, seed: int
    ) -> Array:
        """Train on ``train_ids`` and predict ``predict_ids``.

        A crystal without a site or an edge is not learnt from, and is predicted as the median of
        the training labels; the card counts such entries.
        """
        name = f"ionladder baseline {self.baseline.name}"
        labels = label_array(inputs, train_ids)
        crystals = crystals_of(inputs, self.baseline.hyperparameters, self.sees)
        learnt = [row for row, entry in enumerate(train_ids) if is_usable(crystals[entry])]
        predicted = np.full(len(predict_ids), np.median(labels))
        # One order of predictions whatever the order asked for: the same sums, to the last bit.
        shown = sorted({entry for entry in predict_ids if is_usable(crystals[entry])})
        with _memory(name):
            given = {} if self.start is None else self.start(self, inputs, train_ids, seed=seed)
        with reproducible(seed), _memory(name):
            network = self.network(self.baseline.hyperparameters).to(best_device())
            network.load_state_dict({**network.state_dict(), **given})
            trained = train(
                network,
                [crystals[train_ids[row]] for row in learnt],
                labels[learnt],
                inputs.split.loc[list(train_ids), "component"].iloc[learnt].tolist(),
                Settings.on_card(self.baseline.hyperparameters),
                seed=seed,
                where=name,
            )
            self.tell("training", seed, UNIT, trained)
            if shown:
                values = trained.predict([crystals[entry] for entry in shown])
                found = dict(zip(shown, values, strict=True))
                for row, entry in enumerate(predict_ids):
                    predicted[row] = found.get(entry, predicted[row])
        return predicted

    def tell(self, stage: str, seed: int, unit: str, trained: Trained) -> None:
        """Show the curve of a training to who watches."""
        if self.watch is not None:
            self.watch(Curve(stage, seed, unit, trained.losses, trained.curve, trained.best_epoch))


def crystals_of(
    inputs: TaskInputs, hyperparameters: Mapping[str, Any], sees: Sees
) -> dict[str, Kinds]:
    """Every entry of a task as networks read it, from the cache where its graphs are there.

    Raises:
        BaselineError: The dataset has no structures.
    """
    if inputs.structures is None:
        raise BaselineError(
            Problem(
                where="graph networks",
                expected="a crystal structure for every entry of the task",
                found="a dataset without structures",
                next_step="Choose a task whose entries have CIFs (obelix-cif).",
            )
        )
    arm: Arm = hyperparameters["occupancies"]
    reach = Reach(
        cutoff_ang=hyperparameters["cutoff_ang"], nearest=hyperparameters.get("neighbours")
    )
    ids = sorted((*inputs.train_ids, *inputs.test_ids))
    graphs = graphs_of(inputs.structures, ids, arm, reach, cache=_cache())
    return {entry: kinds_of(graph, sees) for entry, graph in graphs.items()}


def is_usable(crystal: Kinds) -> bool:
    """Whether a network can read it: it has a site, and a site that hears another."""
    return len(crystal) > 0 and len(crystal.receiver) > 0


def _cache() -> Path | None:
    try:
        return find_layout().graphs_cache
    except ConfigError:
        return None


@contextmanager
def _memory(where: str) -> Iterator[None]:
    """Turns running out of memory into a letter."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch has an error of its own on a GPU only
        first = (str(error).splitlines() or ["none left"])[0]
        if not isinstance(error, MemoryError) and "memory" not in first:
            raise
        raise BaselineError(
            Problem(
                where=where,
                expected="enough memory for one batch",
                found=first,
                next_step="Free memory, or hide the GPU (CUDA_VISIBLE_DEVICES=) to use the "
                "CPU's; nothing was written.",
            )
        ) from error
