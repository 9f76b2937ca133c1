"""What may stand in ``params.yaml``: its fields and their types."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
_Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
_Url = Annotated[str, StringConstraints(pattern=r"^(https?|file)://\S+$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FoldsPart(_Strict):
    """How folds are drawn."""

    n_folds: Annotated[int, Field(ge=2, le=127)]
    n_repeats: Annotated[int, Field(ge=1, le=127)]
    seed: _Count


class PinnedPart(_Strict):
    """A version whose files are pinned here."""

    dataset: _Name
    version: _Version
    tag: _Tag
    commit: _Commit
    base_url: _Url
    files: Annotated[dict[_FileName, _Sha256], Field(min_length=1)]
    expected: dict[_Name, _Count]
    folds: FoldsPart


class EmbeddedPart(_Strict):
    """A version that is kept in git."""

    dataset: _Name
    version: _Version
    folds: FoldsPart


class OnDemandPart(_Strict):
    """A version whose files are fetched only when asked for, and pinned then."""

    dataset: _Name
    version: _Version
    tag: _Tag
    base_url: _Url
    files: Annotated[list[_FileName], Field(min_length=1)]
    download_bytes: _Count
    ingested_bytes: _Count
    expected: dict[_Name, _Count]
    folds: FoldsPart
    tasks: list[_Name]


class TaskPart(_Strict):
    """Which version a task is scored on."""

    dataset: _Name
    version: _Version


class ScoringPart(_Strict):
    """Settings of intervals."""

    resamples: Annotated[int, Field(ge=100)]
    seed: _Count
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)]


class ParamsFile(_Strict):
    """The whole file."""

    scoring: ScoringPart
    tasks: dict[_Name, TaskPart]
    datasets: dict[_Key, PinnedPart]
    embedded: dict[_Key, EmbeddedPart] = {}
    on_demand: dict[_Key, OnDemandPart] = {}

    @property
    def versions(self) -> dict[str, PinnedPart | EmbeddedPart | OnDemandPart]:
        """Every dataset version, by key."""
        return {**self.datasets, **self.embedded, **self.on_demand}
