"""A baseline: a model this repository trains itself, and the card its submission carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Setting = bool | int | float | str | list[bool | int | float | str | None] | None


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """One model that ``ionladder baseline NAME`` trains and writes as a submission.

    Attributes:
        name: Name of its submission; its folder under ``baselines/`` has ``_`` for ``-``.
        model: Model name as printed on the board.
        description: What it is and how its predictions are made, for the card.
        tasks: Tasks it can be run on.
        inputs: What it sees of an entry: ``composition``, ``structure`` or ``both``.
        training_data: Everything it is trained on, in words.
        n_seeds: How many times it is trained for the test set, with seeds 0, 1, 2, …; 1 when the
            seed changes nothing.
        tolerance: Largest difference, in the target's unit, that a rerun with the same seeds and
            the locked library versions may show against the committed predictions.
        hyperparameters: Settings handed to the model, as printed on the card.
        paper_doi: DOI of the publication that describes the model, or None.
        parameters: Number of fitted parameters, or None where the count says nothing.
        notes: What a careful reader should know: what reproduces and what does not.
        folds: Whether it is also trained on the frozen folds; False where that is too dear.
        extra: Extra of this package that its model needs, or None.
        packages: What of that extra its model imports only when it runs.
        uses_external_data: Whether it learnt, or its features did, from data beyond the task's.
        by_task: What reads differently on the card of some task: task → attribute → value.
    """

    name: str
    model: str
    description: str
    tasks: tuple[str, ...]
    inputs: str
    training_data: str
    n_seeds: int = 1
    tolerance: float = 1e-6
    hyperparameters: Mapping[str, Setting] = field(default_factory=dict)
    paper_doi: str | None = None
    parameters: int | None = None
    notes: str | None = None
    folds: bool = True
    extra: str | None = None
    packages: tuple[str, ...] = ()
    uses_external_data: bool = False
    by_task: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.n_seeds < 1:
            msg = f"baseline {self.name!r} needs at least one seed, got {self.n_seeds}"
            raise ValueError(msg)
        if not self.tolerance > 0:
            msg = f"baseline {self.name!r} needs a tolerance above 0, got {self.tolerance}"
            raise ValueError(msg)

    def for_task(self, task: str) -> Baseline:
        """The same baseline as it reads on the card of that task."""
        changed: Mapping[str, Any] = self.by_task.get(task, {})
        return replace(self, **changed)

    @property
    def package(self) -> str:
        """Name of its folder under ``baselines/``."""
        return self.name.replace("-", "_")
