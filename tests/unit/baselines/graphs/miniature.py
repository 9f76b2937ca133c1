"""Graph networks trained for two epochs: enough for whatever does not ask how good they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

EPOCHS = 2


def miniature(model: Any, **changes: object) -> Any:
    """The same model with two epochs, and with other changes to its hyperparameters."""
    settings = {**model.baseline.hyperparameters, "epochs": EPOCHS, **changes}
    return replace(model, baseline=replace(model.baseline, hyperparameters=settings))
