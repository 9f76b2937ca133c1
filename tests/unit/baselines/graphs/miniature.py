"""Graph networks trained for two epochs: enough for whatever does not ask how good they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unit.baselines.tiny_barriers import tiny_barriers

EPOCHS = 2


def miniature(model: Any, **changes: object) -> Any:
    """The same model with two epochs, and with other changes to its hyperparameters.

    One that learns barriers first learns them from made-up crystals.
    """
    settings = {**model.baseline.hyperparameters, "epochs": EPOCHS}
    if model.start is not None:
        settings["pretraining_epochs"] = EPOCHS
        model = replace(model, start=replace(model.start, source=tiny_barriers))
    settings.update(changes)
    return replace(model, baseline=replace(model.baseline, hyperparameters=settings))
