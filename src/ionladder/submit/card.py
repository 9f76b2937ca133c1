"""The card of a submission (``submission.yaml``): what a reader needs to know about a model."""

from __future__ import annotations

import difflib
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.errors import Problem
from ionladder.repo import read_mapping

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
        problems = [_problem(detail, shown_as=shown_as) for detail in _distinct(error)]
        if (rest := len(problems) - _MAX_PROBLEMS) > 0:
            step = "Correct the fields named above first."
            problems[_MAX_PROBLEMS:] = [
                Problem(shown_as, "no further problem", f"{rest} more", step)
            ]
        return None, problems


def card_schema() -> dict[str, Any]:
    """JSON Schema of ``submission.yaml``, for editors and the documentation."""
    return Card.model_json_schema()


def editor_schema() -> dict[str, Any]:
    """The schema as a file of its own, which says what it is and in which dialect."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **card_schema(),
        "title": "submission.yaml of IonLadder",
    }


def _distinct(error: ValidationError) -> list[dict[str, Any]]:
    """One detail per field: a union reports each of its branches, a reader needs one line."""
    by_field: dict[tuple[str, ...], dict[str, Any]] = {}
    branches = {"str", "list", "bool", "int", "float", "constrained-str"}
    for detail in error.errors(include_url=False):
        first, *rest = detail["loc"] or ("(whole file)",)
        inner = (p for p in rest if not (isinstance(p, str) and (p in branches or "[" in p)))
        loc = (str(first), *map(str, inner))
        by_field.setdefault(loc, {**detail, "loc": loc})
    return list(by_field.values())


def _problem(detail: dict[str, Any], *, shown_as: str) -> Problem:
    kind, loc = detail["type"], detail["loc"]
    where = f"{shown_as}, field `{'.'.join(loc)}`"
    if kind == "missing":
        expected = "a value (this field is required)"
        return Problem(where, expected, "nothing", f"Add a line `{loc[-1]}: …`.")
    if kind == "extra_forbidden":
        known = list(Author.model_fields if len(loc) > 1 else Card.model_fields)
        close = difflib.get_close_matches(loc[-1], known, n=1)
        hint = f"Did you mean `{close[0]}`? " if close else ""
        step = f"{hint}Rename or remove it; `notes` takes free text."
        return Problem(where, f"one of {', '.join(known)}", "an unknown field", step)
    message = detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    try:
        found = repr(detail.get("input"))
    except ValueError:  # Python writes no number of so many digits
        found = "a number of thousands of digits"
    found = found if len(found) <= 80 else f"{found[:77]}…"
    return Problem(where, message[:1].lower() + message[1:], found, "Correct this field.")


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
    expected = (
        "a folder name of 1 to 64 characters from a-z 0-9 . _ -, beginning with a letter or digit"
    )
    step = f"Rename the folder, for example to {suggestion!r}."
    return [Problem(where, expected, repr(name), step)]


def new_folder_problems(folder: Path, *, where: str, instead: str) -> list[Problem]:
    """Problems of a submission's folder that is yet to be made: its name, or that it exists.

    Args:
        folder: The folder.
        where: The folder as messages name it.
        instead: What can be done with one that exists, other than choosing another name.
    """
    problems = name_problems(folder.name, where=where)
    if folder.exists():
        step = f"Choose another name, or {instead}."
        problems.append(Problem(where, "a new folder", "one that exists", step))
    return problems


# Names that readers would mistake for each other: they consist of a-z 0-9 . _ - only, and these
# are the characters among them that look alike.
_SAME_SHAPE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", ".": "", "_": "", "-": ""})


def skeleton(name: str) -> str:
    """What is left of a name when its separators and look-alike characters are made the same.

    Compatibility forms (full-width letters, ligatures) and case are folded first.

    Example:
        >>> skeleton("rf-paper") == skeleton("RF_Paper"), skeleton("mlp") == skeleton("mip")
        (True, True)
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return folded.replace("rn", "m").replace("vv", "w").translate(_SAME_SHAPE)
