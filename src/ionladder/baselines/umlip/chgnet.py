"""Atom features of CHGNet 0.3.0 (Deng et al. 2023, doi 10.1038/s42256-023-00716-3)."""

from __future__ import annotations

from contextlib import redirect_stdout
from functools import cache
from importlib.metadata import version
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ionladder.baselines.umlip.atoms import Cell

if TYPE_CHECKING:
    from ionladder.specs import Array

WEIGHTS = "0.3.0"
_LAST_ELEMENT = 94


def atom_features(cell: Cell) -> Array:
    """The 64 features of every atom ahead of the last convolution, shape (n_atoms, 64).

    They are the ones from which CHGNet reads magnetic moments. Energies alone are asked for, so
    nothing is differentiated.

    Raises:
        ValueError: An element the model does not know, or an atom without neighbours.
    """
    import torch

    if cell.numbers.max() > _LAST_ELEMENT:
        msg = "unknown element"
        raise ValueError(msg)
    torch.set_num_threads(1)
    model = _model()
    with torch.no_grad():
        graph = model.graph_converter(cell.structure())
        predicted = model.predict_graph(graph, task="e", return_atom_feas=True)
    return np.asarray(predicted["atom_fea"], dtype=np.float64)


def prepare() -> None:
    """Import the package and read its weights, once."""
    _model()


def source() -> str:
    """Package, version and weights: what the features depend on besides the crystal."""
    return f"chgnet {version('chgnet')} {WEIGHTS} torch {version('torch')}"


@cache
def _model() -> Any:
    from chgnet.model import CHGNet

    with redirect_stdout(StringIO()):  # it prints how many parameters it has
        return CHGNet.load(model_name=WEIGHTS, use_device="cpu", verbose=False)
