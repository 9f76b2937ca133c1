"""The contents of ``params.yaml`` as frozen objects: versions, tasks and scoring settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ionladder.specs.source import Source


@dataclass(frozen=True, kw_only=True)
class FoldSettings:
    """How the frozen cross-validation folds of a version are drawn.

    Attributes:
        n_folds: Folds per repeat.
        n_repeats: Independent assignments per scheme.
        seed: Enters the hash that orders entries; no random generator of a library is used.
    """

    n_folds: int
    n_repeats: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class OnDemand:
    """What is known of archives that are fetched only when somebody asks for them.

    Attributes:
        tasks: Tasks that are scored on the version once its bytes are pinned.
        download_bytes: Size of the archives as their publisher states it.
        ingested_bytes: About what the tables made from them take.
    """

    tasks: tuple[str, ...]
    download_bytes: int
    ingested_bytes: int


@dataclass(frozen=True, kw_only=True)
class DatasetVersion:
    """One version of a dataset, as pinned.

    Attributes:
        key: Its key in ``params.yaml`` and in DVC stage names (``obelix-1-2-0``).
        source: Pinned upstream files.
        expected: Counts the ingested tables must have.
        folds: How folds are drawn.
        on_demand: Set where it is fetched only when asked for.
    """

    key: str
    source: Source
    expected: Mapping[str, int]
    folds: FoldSettings
    on_demand: OnDemand | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether it is computed here and kept in git, so that nothing is fetched."""
        return not self.source.files

    @property
    def dataset(self) -> str:
        return self.source.dataset

    @property
    def version(self) -> str:
        return self.source.version


@dataclass(frozen=True, kw_only=True)
class ScoringSettings:
    """Settings of the intervals.

    Attributes:
        resamples: Number of group resamples.
        seed: Seed of the resampling generator.
        confidence: Nominal confidence level of intervals, between 0 and 1.
    """

    resamples: int
    seed: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Params:
    """Everything ``params.yaml`` says.

    Attributes:
        versions: Key → pinned dataset version, in file order.
        task_versions: Task name → dataset version it is scored on.
        waiting: Task name → dataset version that it will be scored on once its bytes are pinned.
        scoring: Interval settings.
    """

    versions: Mapping[str, DatasetVersion]
    task_versions: Mapping[str, str]
    scoring: ScoringSettings
    waiting: Mapping[str, str] = field(default_factory=dict)

    def waits_for(self, task: str) -> DatasetVersion | None:
        """The version that a task waits for until its bytes are pinned; None where it does not."""
        if task not in self.waiting:
            return None
        asked = (v for v in self.versions.values() if v.on_demand and task in v.on_demand.tasks)
        return next(asked, None)

    def find(self, dataset: str, version: str) -> DatasetVersion | None:
        """The pinned version of a dataset, or None when it is not pinned."""
        for pinned in self.versions.values():
            if (pinned.dataset, pinned.version) == (dataset, version):
                return pinned
        return None
