"""The card a baseline's submission carries, from its spec and one measured time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ionladder.specs import Baseline

HARDWARE = "one CPU core, no GPU; training time is CPU time of one {unit}, training and prediction"


def card_fields(
    baseline: Baseline,
    *,
    seeds: Sequence[int],
    training_time_s: float | None,
    timed_unit: str = "seed",
) -> dict[str, Any]:
    """Fields of ``submission.yaml`` in their order; None means "not stated".

    Args:
        baseline: The baseline.
        seeds: Seeds that were run; a single one is not stated.
        training_time_s: CPU seconds of training and predicting once, mean over trainings.
        timed_unit: What is trained once in that time: ``seed`` or ``fold``.
    """
    settings = {
        name: list(value) if isinstance(value, list | tuple) else value
        for name, value in baseline.hyperparameters.items()
    }
    return {
        "model": baseline.model,
        "description": baseline.description,
        "authors": [{"name": "IonLadder maintainers"}],
        "training_data": baseline.training_data,
        "inputs": baseline.inputs,
        "licence": "MIT",
        "paper_doi": baseline.paper_doi,
        "hyperparameters": settings or None,
        "seeds": list(seeds) if len(seeds) > 1 else None,
        "hardware": HARDWARE.format(unit=timed_unit),
        "training_time_s": training_time_s,
        "parameters": baseline.parameters,
        "uses_external_data": baseline.uses_external_data,
        "notes": baseline.notes,
    }
