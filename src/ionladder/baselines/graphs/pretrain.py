"""Weights from percolation barriers: a graph network learns BVEL-proto before it learns OBELiX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from torch import Tensor

from ionladder.baselines.barriers import log_labels
from ionladder.baselines.graphs.fit import GraphModel, crystals_of, is_usable
from ionladder.baselines.graphs.pretrain_card import DATASET, EPOCHS, TASK, VERSION
from ionladder.baselines.graphs.train import Settings, best_device, reproducible, train
from ionladder.data.ingest import cif_texts
from ionladder.data.registry import get_task
from ionladder.data.slices import composition_matrix
from ionladder.data.store import TaskInputs, load_inputs
from ionladder.repo import find_layout

if TYPE_CHECKING:
    import numpy.typing as npt

UNIT = "ln(E/eV)"
READOUT = "out."
"""Begins the names of the weights that turn features into predictions."""
SAME_FRACTION = 1e-3
"""Compositions are the same where no element's atomic fraction differs by more."""


def bvel_proto() -> TaskInputs:
    """The pretraining data: inputs of the released version, labels of its training entries.

    Raises:
        ConfigError: This process works in no leaderboard repository.
        DataMissingError: The tables are not on this machine.
    """
    return load_inputs(find_layout(), get_task(TASK), VERSION)


@dataclass(frozen=True, kw_only=True)
class BarriersFirst:
    """Pretrains a network on barriers, and gives its weights but for the readout.

    Attributes:
        source: Gives the pretraining data.
    """

    source: Callable[[], TaskInputs] = bvel_proto

    def __call__(
        self, model: GraphModel, inputs: TaskInputs, train_ids: Sequence[str], *, seed: int
    ) -> Mapping[str, Tensor]:
        """Train the model's network on three barriers.

        A structure whose composition is that of an entry of the task which is not trained on is
        left out, so nothing that will be predicted was seen before.

        Args:
            model: Network, reach and settings.
            inputs: The task fine-tuned on.
            train_ids: Its entries that will be trained on.
            seed: Decides first weights, chemical systems held out, and the order of crystals.

        Raises:
            BaselineError: The loss is no number any more.
        """
        settings = model.baseline.hyperparameters
        source = _with_cifs(self.source())
        crystals = crystals_of(source, settings, model.sees)
        ids = [
            entry
            for entry in unrelated_ids(source, inputs, train_ids)
            if is_usable(crystals[entry])
        ]
        with reproducible(seed):
            network = model.network({**settings, "n_targets": len(source.targets)})
            trained = train(
                network.to(best_device()),
                [crystals[entry] for entry in ids],
                log_labels(source, ids),
                source.split.loc[ids, "component"].tolist(),
                Settings.on_card({**settings, "epochs": settings[EPOCHS]}),
                seed=seed,
                where=f"ionladder baseline {model.baseline.name}, pretraining",
            )
        model.tell("pretraining", seed, UNIT, trained)
        return without_readout(trained.network.state_dict())


def unrelated_ids(
    source: TaskInputs, inputs: TaskInputs, train_ids: Sequence[str]
) -> tuple[str, ...]:
    """Training entries of the pretraining data whose composition nobody will be asked about.

    Args:
        source: The pretraining data.
        inputs: The task fine-tuned on.
        train_ids: Its entries that will be trained on; compositions of all others count as asked.

    Returns:
        Ids of ``source``, sorted.
    """
    ids = list(source.train_ids)
    asked = composition_matrix(list(inputs.entries.drop(index=list(train_ids))["formula_cell"]))
    offered = composition_matrix(list(source.entries.loc[ids, "formula_norm"]))
    is_asked: npt.NDArray[np.bool_] = np.zeros(len(ids), dtype=np.bool_)
    for composition in asked:
        is_asked |= (np.abs(offered - composition) <= SAME_FRACTION).all(axis=1)
    return tuple(np.array(ids)[~is_asked].tolist())


def without_readout(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights that a network with another readout can take over."""
    return {name: value for name, value in weights.items() if not name.startswith(READOUT)}


def _with_cifs(source: TaskInputs) -> TaskInputs:
    """The same training entries with structures as the graphs are built from them: CIF texts."""
    texts = dict(cif_texts(DATASET, source.entries, source.structures, source.train_ids))
    structures = pd.DataFrame({"cif_text": pd.Series(texts)})
    return replace(source, structures=structures, test_ids=())
