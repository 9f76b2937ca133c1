"""The shapes of ``/api/v1/``: what every file of a kind has, not what it may have more.

Within v1 keys are added and never taken away or given another meaning; readers pass over keys that
they do not know. The JSON Schema that the site serves is made from these classes.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

SCHEMA_VERSION = "1"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Version = Literal["1"]


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class Primary(_Open):
    """What a board ranks by: one metric of one target on one subset."""

    target: str
    metric: str
    subset: str
    unit: str
    direction: Literal["minimize", "maximize"]


class Floor(_Open):
    """How far repeated labels of one entry lie apart."""

    name: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n_groups: int | None
    n_entries: int | None


class Row(_Open):
    """A row of a board; metrics stand beside these keys under their names.

    A quoted row may leave out what only a scored one has; null says the same.
    """

    kind: Literal["verified", "reference", "reported"]
    submission: str | None = Field(description="Name of the submission; null where quoted.")
    model: str
    rank: int | None = Field(description="Null where the row is not ranked.")
    rank_low: int | None = Field(default=None, description="Best rank that the data allow.")
    rank_high: int | None = Field(default=None, description="Worst rank that the data allow.")
    tie_group: int | None = Field(default=None, description="Rows of one group are not told apart.")
    n_expected: int | None = Field(default=None, description="Test entries.")
    n_scored: int | None = Field(default=None, description="Those that were scored: all of them.")
    n_seeds: int | None = Field(default=None, description="Trainings that the score is a mean of.")
    subsets: dict[str, Any] | None = Field(
        default=None, description="Subset → n, metrics and their intervals."
    )
    targets: dict[str, Any] | None = Field(
        default=None, description="Target → metrics, where a task has several targets."
    )


class Board(_Open):
    """``<task>.json``: a leaderboard."""

    schema_version: Version
    task: str
    dataset: str
    dataset_version: str
    scorer_version: str
    primary: Primary
    floors: list[Floor]
    rows: list[Row]


class Hashes(_Open):
    """SHA-256 of what a score rests on."""

    predictions_sha256: str
    cv_predictions_sha256: str | None
    labels_sha256: str
    split_sha256: str


class Receipt(_Open):
    """``<task>/<submission>.json``: every score of a submission, and what it rests on."""

    schema_version: Version
    task: str
    submission: str
    model: str
    dataset: str
    dataset_version: str
    scorer_version: str
    hashes: Hashes
    n_expected: int
    n_scored: int
    n_seeds: int
    intervals: dict[str, Any]
    targets: dict[str, Any] = Field(description="Target → subset → n and metrics.")


class Refused(_Open):
    """``<task>/<submission>.json`` of a submission that could not be scored."""

    schema_version: Version
    task: str
    submission: str
    refused: list[dict[str, str]] = Field(
        description="Each with where, expected, found and next_step."
    )


class SubmissionLink(_Open):
    """A submission and the address of its receipt."""

    name: str
    model: str | None = Field(description="Null where its card cannot be read.")
    is_scored: bool
    receipt: str | None


class TaskLink(_Open):
    """A task, the data that it is scored on, and the address of its board."""

    name: str
    title: str
    question: str
    dataset: str
    dataset_version: str
    board: str | None = Field(description="Null where nothing has been scored yet.")
    submissions: list[SubmissionLink]


class VersionLink(_Open):
    """A dataset version and the address of its Croissant metadata."""

    version: str
    croissant: str | None = Field(description="Null where the version was not ingested yet.")


class DatasetLink(_Open):
    """A dataset and its versions, oldest first."""

    name: str
    title: str
    licence: str
    homepage: str
    versions: list[VersionLink]


class Index(_Open):
    """``index.json``: everything that is here; addresses are relative to it."""

    schema_version: Version
    schema_: str = Field(alias="schema", description="Address of this schema.")
    ionladder: str = Field(description="Version of the package that wrote the files.")
    tasks: list[TaskLink]
    datasets: list[DatasetLink]


class Croissant(_Open):
    """``datasets/<dataset>/<version>/croissant.json``: metadata in the Croissant format, 1.0."""

    context: dict[str, Any] = Field(alias="@context")
    type: Literal["sc:Dataset"] = Field(alias="@type")
    conforms_to: Literal["http://mlcommons.org/croissant/1.0"] = Field(alias="conformsTo")
    name: str
    version: str
    license: str
    distribution: list[dict[str, Any]]
    record_set: list[dict[str, Any]] = Field(alias="recordSet")


DOCUMENTS: tuple[type[_Open], ...] = (Index, Board, Receipt, Refused, Croissant)


def api_schema() -> dict[str, Any]:
    """The JSON Schema of all files: a file is one of the documents under ``anyOf``."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in DOCUMENTS], ref_template="#/$defs/{model}"
    )
    return {
        "$schema": _DIALECT,
        "title": "IonLadder API, version 1",
        "description": "Keys are added within a version, never taken away; pass over unknown ones.",
        "anyOf": [{"$ref": f"#/$defs/{model.__name__}"} for model in DOCUMENTS],
        "$defs": definitions["$defs"],
    }
