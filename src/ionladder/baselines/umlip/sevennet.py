"""Atom features of SevenNet-0 (Park et al. 2024, doi 10.1021/acs.jctc.4c00190)."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.baselines.umlip.atoms import Cell

if TYPE_CHECKING:
    from ionladder.specs import Array

WEIGHTS = "7net-0"  # of 11 July 2024
_READOUT = "reduce_input_to_hidden"


def atom_features(cell: Cell) -> Array:
    """The 128 invariant features of every atom after the last of five interactions.

    Shape (n_atoms, 128). The read-out that makes an energy of them is left out, and with it the
    forces.

    Raises:
        ValueError: An element the model does not know.
    """
    import torch
    from sevenn import _keys as names
    from sevenn.atom_graph_data import AtomGraphData
    from sevenn.train.dataload import unlabeled_atoms_to_graph

    torch.set_num_threads(1)
    calculator = _calculator()
    if not set(cell.numbers.tolist()) <= set(calculator.type_map):
        msg = "unknown element"
        raise ValueError(msg)
    graph = unlabeled_atoms_to_graph(cell.atoms(), calculator.cutoff)
    model = calculator.model
    with torch.no_grad():
        data = model._preprocess(AtomGraphData.from_numpy_dict(graph))  # noqa: SLF001
        for name, module in model.named_children():
            if name == _READOUT:
                return np.asarray(data[names.NODE_FEATURE].numpy(), dtype=np.float64)
            data = module(data)
    msg = f"{source()} has no part {_READOUT!r}"
    raise RuntimeError(msg)


def prepare() -> None:
    """Import the package and read its weights, once."""
    _calculator()


def source() -> str:
    """Package, version and weights: what the features depend on besides the crystal."""
    return f"sevenn {version('sevenn')} {WEIGHTS} torch {version('torch')}"


@cache
def _calculator() -> Any:
    import warnings

    from sevenn.calculator import SevenNetCalculator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends accelerators for GPUs
        return SevenNetCalculator(WEIGHTS, device="cpu")
