"""How trainings went: a small table of loss and held-out error, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.errors import BaselineError, Problem
from ionladder.repo import Layout, write_text

if TYPE_CHECKING:
    from ionladder.baselines.registry import FitPredict

COLUMNS = ("stage", "seed", "epoch", "training_loss", "held_out_mae", "unit", "chosen")
DECIMALS = 4


@dataclass(frozen=True)
class Curve:
    """One training.

    Attributes:
        stage: ``training``, or ``pretraining`` where another task was learnt before.
        seed: Its seed.
        unit: Unit of the held-out error.
        losses: Mean loss while each epoch went on, of standardised labels; no unit.
        errors: Mean absolute error of the groups held out, after each epoch.
        best_epoch: The epoch whose weights were kept, from 1.
    """

    stage: str
    seed: int
    unit: str
    losses: tuple[float, ...]
    errors: tuple[float, ...]
    best_epoch: int


Watch = Callable[[Curve], None]
"""Called with the curve of each training when it has ended."""


def watched(model: FitPredict, watch: Watch, *, name: str) -> FitPredict:
    """The same model, which shows its curves.

    Args:
        model: A baseline's model.
        watch: Who is shown them.
        name: The baseline, for the letter.

    Raises:
        BaselineError: The model is not trained epoch by epoch.
    """
    if not hasattr(model, "watch"):
        raise BaselineError(without_epochs(name))
    trained_by_epochs: Any = model
    showing: FitPredict = replace(trained_by_epochs, watch=watch)
    return showing


def without_epochs(name: str) -> Problem:
    """The letter to who asks for the curves of a baseline that has none."""
    return Problem(
        where=f"ionladder baseline {name} --curves",
        expected="a baseline that is trained epoch by epoch, such as cgcnn",
        found="one that is not",
        next_step="Leave the option out.",
    )


def write_curves(layout: Layout, name: str, curves: Sequence[Curve]) -> Path:
    """Write ``benchmarks/results/training_curves/<name>.csv``: one row an epoch.

    Returns:
        Where it was written.
    """
    path = layout.training_curve(name)
    rows = [row for curve in curves for row in _rows(curve)]
    write_text(path, "\n".join([",".join(COLUMNS), *rows]) + "\n")
    return path


def _rows(curve: Curve) -> list[str]:
    values = zip(curve.losses, curve.errors, strict=True)
    return [
        f"{curve.stage},{curve.seed},{epoch},{loss:.{DECIMALS}f},{error:.{DECIMALS}f},"
        f"{curve.unit},{str(epoch == curve.best_epoch).lower()}"
        for epoch, (loss, error) in enumerate(values, start=1)
    ]
