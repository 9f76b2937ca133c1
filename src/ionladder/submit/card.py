"""A submission's card: its names and metadata."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.errors import Problem
from ionladder.repo import read_mapping

# The card of a submission (``submission.yaml``): what a reader needs to know about a model


CARD_FILE = "submission.yaml"
_MAX_PROBLEMS = 30

_Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$"),
]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
_Url = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^https?://[^\s<>\"']+$")
]
_Doi = Annotated[str, StringConstraints(pattern=r"^10\.[0-9]{4,9}/[^\s<>\"']+$", max_length=200)]
_Orcid = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$")]
# JSON, spreadsheets and browsers hold no larger whole numbers exactly.
_LARGEST = 2**53
_Whole = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
_Scalar = bool | _Whole | float | str | None
_Setting = _Scalar | list[_Scalar]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Author(_Strict):
    """A person or group who made the predictions."""

    name: _Line
    orcid: _Orcid | None = None
    affiliation: _Line | None = None


class Card(_Strict):
    """The contents of ``submission.yaml``; a missing optional field means "not stated"."""

    model: _Line = Field(description="Name of the model, as printed on the board.")
    description: _Text = Field(description="What it is and how the predictions were made.")
    authors: list[Author] = Field(min_length=1, max_length=100)
    training_data: list[_Line] | _Text = Field(
        description="Dataset keys or a sentence: everything the model was trained on."
    )
    inputs: Literal["composition", "structure", "both"] = Field(
        description="What the model sees of an entry; lattice and space group count as structure."
    )
    licence: _Line = Field(description="Licence of the predictions and, if open, the code.")
    code_url: _Url | None = None
    paper_doi: _Doi | None = None
    hyperparameters: dict[str, _Setting] | None = None
    seeds: list[_Whole] | None = None
    hardware: _Line | None = None
    training_time_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    parameters: int | None = Field(default=None, ge=0, le=_LARGEST)
    uses_external_data: bool | None = None
    notes: _Text | None = None

    @property
    def training_data_text(self) -> str:
        """The training data as one line."""
        data = self.training_data
        return data if isinstance(data, str) else ", ".join(data)


def read_card(path: Path, *, shown_as: str) -> tuple[Card | None, list[Problem]]:
    """Read and check a card, collecting every problem of the file.

    Returns:
        The card and no problems, or None and the problems in the order of the file's schema.
    """
    mapping, problems = read_mapping(
        path, shown_as=shown_as, missing_step="`ionladder new` writes a template."
    )
    if problems:
        return None, problems
    try:
        return Card.model_validate(mapping), []
    except ValidationError as error:
        details = _distinct(error)
        problems = [_problem(detail, shown_as=shown_as) for detail in details[:_MAX_PROBLEMS]]
        rest = len(details) - len(problems)
        return None, [*problems, *([_more(rest, shown_as=shown_as)] if rest else [])]


def card_schema() -> dict[str, Any]:
    """JSON Schema of ``submission.yaml``, for editors and the documentation."""
    return Card.model_json_schema()


def editor_schema() -> dict[str, Any]:
    """The JSON Schema of a card as a file of its own, which names itself and its dialect."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **card_schema(),
        "title": "submission.yaml of IonLadder",
    }


def _distinct(error: ValidationError) -> list[dict[str, Any]]:
    """One detail per field: a union reports each of its branches, a reader needs one line."""
    by_field: dict[tuple[str, ...], dict[str, Any]] = {}
    branch_names = {"str", "list", "bool", "int", "float", "constrained-str"}
    for detail in error.errors(include_url=False):
        location = tuple(
            str(part)
            for place, part in enumerate(detail["loc"])
            if place == 0 or not (isinstance(part, str) and (part in branch_names or "[" in part))
        )
        by_field.setdefault(location, {**detail, "loc": location})
    return list(by_field.values())


def _more(rest: int, *, shown_as: str) -> Problem:
    return Problem(
        where=shown_as,
        expected="no further problem",
        found=f"{rest} more",
        next_step="Correct the fields named above first.",
    )


def _shown(value: Any) -> str:
    """A value as Python writes it; a whole number of thousands of digits cannot be written."""
    try:
        return repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _problem(detail: dict[str, Any], *, shown_as: str) -> Problem:
    field = ".".join(detail["loc"]) or "(whole file)"
    where = f"{shown_as}, field `{field}`"
    if detail["type"] == "missing":
        return Problem(
            where=where,
            expected="a value (this field is required)",
            found="nothing",
            next_step=f"Add a line `{detail['loc'][-1]}: …`.",
        )
    if detail["type"] == "extra_forbidden":
        name = detail["loc"][-1]
        known = list(Author.model_fields if len(detail["loc"]) > 1 else Card.model_fields)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean `{close[0]}`? " if close else ""
        return Problem(
            where=where,
            expected=f"one of {', '.join(known)}",
            found="an unknown field",
            next_step=f"{hint}Rename or remove it; `notes` takes free text.",
        )
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    shown = _shown(detail.get("input"))
    return Problem(
        where=where,
        expected=message[:1].lower() + message[1:],
        found=shown if len(shown) <= 80 else f"{shown[:77]}…",
        next_step="Correct this field.",
    )


# Names of submissions: what a folder under ``submissions/<task>/`` may be called


NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_NAME = re.compile(NAME_PATTERN)


def name_problems(name: str, *, where: str) -> list[Problem]:
    """Problems of a submission's folder name; empty when it is fine.

    Example:
        >>> name_problems("rf-paper", where="submissions/obelix/rf-paper")
        []
        >>> len(name_problems("My Model!", where="submissions/obelix/My Model!"))
        1
    """
    if _NAME.fullmatch(name):
        return []
    suggestion = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "my-model"
    return [
        Problem(
            where=where,
            expected="a folder name of 1 to 64 characters from a-z 0-9 . _ -, beginning with "
            "a letter or digit",
            found=repr(name),
            next_step=f"Rename the folder, for example to {suggestion!r}.",
        )
    ]


def new_folder_problems(folder: Path, *, where: str, instead: str) -> list[Problem]:
    """Problems of a submission's folder that is yet to be made: its name, or that it exists.

    Args:
        folder: The folder.
        where: The same for messages.
        instead: What can be done with one that exists, other than choosing another name.
    """
    problems = name_problems(folder.name, where=where)
    if folder.exists():
        problems.append(
            Problem(
                where=where,
                expected="a new folder",
                found="one that exists",
                next_step=f"Choose another name, or {instead}.",
            )
        )
    return problems
