"""The card of a submission (``submission.yaml``): what a reader needs to know about a model."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator
from pydantic.types import StringConstraints

from ionladder.errors import Problem, field_problem, plain_words, worded
from ionladder.repo import read_mapping

CARD_FILE = "submission.yaml"
_MAX_PROBLEMS = 30

#: Author on the cards of baselines; whoever else submits is from outside.
MAINTAINERS = "IonLadder maintainers"
DESCRIPTION_TO_WRITE = (
    "Say in two or three sentences what the model is and how the predictions were made."
)
#: Words of the template, and of any other, that were written there to be replaced.
_TO_REPLACE = (
    *(DESCRIPTION_TO_WRITE, "Your Name", "Your institute", "0000-0000-0000-0000"),
    *("https://…", "10.…", "anything else", "TODO", "FIXME", "TBD"),
)


def _without(pattern: str) -> BeforeValidator:
    """Cut off what an identifier begins with where it is given as an address."""

    def cut(value: Any) -> Any:
        is_text = isinstance(value, str)
        return re.sub(pattern, "", value.strip(), flags=re.IGNORECASE) if is_text else value

    return BeforeValidator(cut)


def _spdx(value: str) -> str:
    """The identifier or expression as SPDX writes it."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    for text in (value, re.sub(r"[\s_]+", "-", value)):
        try:
            known = str(canonicalize_license_expression(text))
        except InvalidLicenseExpression:
            continue
        if text == value:
            return known
        raise ValueError(f"an SPDX identifier, such as {known}")
    raise ValueError("an SPDX identifier, such as MIT or CC-BY-4.0 (spdx.org/licenses lists them)")


def _text(pattern: str | None = None, longest: int = 200, shortest: int | None = None) -> Any:
    return StringConstraints(
        strip_whitespace=True, min_length=shortest, max_length=longest, pattern=pattern
    )


def _readable(value: str) -> str:
    """The text, if something of it is read and nothing of it steers how the rest is printed."""
    steering = [
        c for c in value if c in _STEERING or (not c.isprintable() and ascii(c)[1:3] == "\\x")
    ]
    if steering:
        raise ValueError(f"a text without control characters, such as {steering[0]!a}")
    if value and not any(c.isalnum() for c in value):
        raise ValueError("a text with letters or digits")
    return value


# Marks that turn the direction of what follows, or have no width.
_STEERING = {*map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x2028, 0x2029))}
_ONE_LINE = r"^[^\r\n]*$"
_Line = Annotated[str, _text(_ONE_LINE, shortest=1), AfterValidator(_readable)]
_Text = Annotated[str, _text(longest=5000, shortest=1), AfterValidator(_readable)]
_Url = Annotated[str, _text(r"^https?://[^\s<>\"']+$", 500)]
_cut_doi = _without(r"^(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|(?:info:|urn:)?doi[:/]\s*)")
_Doi = Annotated[str, _cut_doi, _text(r"^10\.[0-9]{4,9}/[^\s<>\"']+$")]
_cut_orcid = _without(r"^(?:https?://)?(?:www\.)?orcid(?:\.org/|:?\s+|:)|/$")
_Orcid = Annotated[str, _cut_orcid, _text(r"^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$")]
# JSON, spreadsheets and browsers hold no larger whole numbers exactly.
_LARGEST = 2**53
_Whole = Annotated[int, Field(strict=True, ge=-_LARGEST, le=_LARGEST)]
_Scalar = bool | _Whole | float | str | None
_Setting = _Scalar | list[_Scalar]


_PART = "[A-Za-z0-9_][A-Za-z0-9_.-]*"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Author(_Strict):
    """A person or group who made the predictions."""

    name: _Line
    orcid: _Orcid | None = None
    affiliation: _Line | None = None


class PublishedFile(_Strict):
    """One file of a public repository at a commit, fetched and verified like data, never kept."""

    repository: Annotated[str, StringConstraints(pattern=rf"^{_PART}/{_PART}$")]
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    path: Annotated[str, StringConstraints(pattern=rf"^({_PART}/)*{_PART}$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    mirror: Annotated[str, StringConstraints(pattern=rf"^{_PART}/{_PART}$")] | None = Field(
        default=None, description="Its folder in a mirror; <name of the repository>/<commit[:7]>."
    )

    @property
    def url(self) -> str:
        """Address of the file's page."""
        return f"https://github.com/{self.repository}/blob/{self.commit}/{self.path}"


class RowOrder(_Strict):
    """The rows of a file without ids: they stand as those of one of the dataset's own files."""

    file: _Line
    id: _Line


class Referenced(_Strict):
    """Predictions that others publish elsewhere; ``authors`` of the card are theirs."""

    source: PublishedFile
    reader: Literal["csv", "xlsx", "jarvis", "matbench"]
    entered_by: _Line = Field(description="Who wrote this card.")
    sheet: _Line | None = None
    columns: dict[str, _Line] = Field(
        default_factory=dict, description="id and every target → header in the file."
    )
    labels: dict[str, _Line] = Field(
        default_factory=dict, description="Target → header of labels, which must be ours to 1e-6."
    )
    order: RowOrder | None = None
    missing: Literal["train_median"] | None = Field(
        default=None, description="What stands for an entry that the file has no number for."
    )

    @model_validator(mode="after")
    def _says_which_row_is_which(self) -> Self:
        if self.reader in ("csv", "xlsx") and ("id" in self.columns) == (self.order is not None):
            raise ValueError("either columns.id, or order for rows without ids")
        if self.order and not self.labels:
            raise ValueError("labels beside order: nothing else shows that the order is right")
        return self


class Card(_Strict):
    """The contents of ``submission.yaml``; a missing optional field means "not stated"."""

    model: _Line = Field(description="Name of the model, as printed on the board.")
    description: _Text = Field(description="What it is and how the predictions were made.")
    authors: list[Author] = Field(min_length=1, max_length=100)
    training_data: list[_Line] | _Text = Field(
        description="Dataset keys or a sentence: everything the model was trained on."
    )
    inputs: Literal["none", "composition", "structure", "both"] = Field(
        description="What the model sees of an entry; lattice and space group count as structure, "
        "none is a constant."
    )
    licence: Annotated[_Line, AfterValidator(_spdx)] = Field(
        description="Licence of the predictions and, if open, the code: an SPDX identifier."
    )
    predictions: Referenced | None = None
    code_url: _Url | None = None
    paper_doi: _Doi | None = None
    hyperparameters: dict[str, _Setting] | None = None
    seeds: list[_Whole] | None = None
    hardware: _Line | None = None
    training_time_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    parameters: int | None = Field(default=None, ge=0, le=_LARGEST)
    uses_external_data: bool | None = None
    attempts: int | None = Field(
        default=None,
        ge=0,
        le=_LARGEST,
        description="How often the test set was looked at before these predictions were chosen.",
    )
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
    problems = list(_unreplaced(mapping, shown_as))
    card = None
    try:
        card = Card.model_validate(mapping)
    except ValidationError as error:
        problems += [_problem(detail, shown_as=shown_as) for detail in _distinct(error)]
    if (rest := len(problems) - _MAX_PROBLEMS) > 0:
        problems[_MAX_PROBLEMS:] = [worded("more-problems-in-card", shown_as, n=rest)]
    return (None, problems) if problems else (card, [])


def _unreplaced(value: Any, shown_as: str, field: str = "") -> Iterator[Problem]:
    """Values that the template, or a hasty hand, left to be replaced."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unreplaced(inner, shown_as, f"{field}.{name}" if field else name)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unreplaced(inner, shown_as, f"{field}.{place}")
    elif isinstance(value, str) and not field.startswith("hyperparameters"):
        plain = " ".join(value.split()).casefold()
        left = {text.casefold().rstrip(".") for text in _TO_REPLACE}
        if plain.rstrip(".") in left or DESCRIPTION_TO_WRITE.casefold() in plain:
            yield worded("card-template", f"{shown_as}, field `{field}`", words=plain[:40])


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
    branches = re.compile(r"(?:str|list|bool|int|float|constrained-.*|.*\[.*)", re.DOTALL)
    for detail in error.errors(include_url=False):
        first, *rest = detail["loc"] or ("(whole file)",)
        inner = (p for p in rest if not (isinstance(p, str) and branches.fullmatch(p)))
        loc = (str(first), *map(str, inner))
        by_field.setdefault(loc, {**detail, "loc": loc})
    return list(by_field.values())


def _problem(detail: dict[str, Any], *, shown_as: str) -> Problem:
    kind, loc = detail["type"], detail["loc"]
    where = f"{shown_as}, field `{'.'.join(loc)}`"
    if kind == "missing":
        return worded("card-missing", where, field=loc[-1])
    if kind == "extra_forbidden":
        groups: dict[str, type[BaseModel]] = {"predictions": Referenced, "source": PublishedFile}
        groups |= {"order": RowOrder}
        above = [part for part in loc[:-1] if not part.isdigit()]
        known = list((groups.get(above[-1], Author) if above else Card).model_fields)
        close = difflib.get_close_matches(loc[-1], known, n=1)
        hint = f"Did you mean `{close[0]}`? " if close else ""
        return worded("card-unknown", where, fields=", ".join(known), hint=hint)
    problem = field_problem(shown_as, {**detail, "loc": ()}, "Correct this field.")
    words = {name: (form, step) for name, form, step in plain_words("card")}
    expected, step = words.get(loc[-1]) or words.get(loc[0]) or ("", problem.next_step)
    is_line = kind == "string_pattern_mismatch" and detail["ctx"]["pattern"] == _ONE_LINE
    is_own = kind == "string_pattern_mismatch" or (loc[0] == "hyperparameters" and len(loc) > 1)
    expected = "a text of one line" if is_line else (expected if is_own else "") or problem.expected
    return replace(problem, where=where, expected=expected, next_step=step)


# Names of submissions: what a folder under ``submissions/<task>/`` may be called

NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,63}$"
_NAME = re.compile(NAME_PATTERN)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")


def name_problems(name: str, *, where: str) -> list[Problem]:
    """Problems of a submission's folder name; empty when it is fine.

    Example:
        >>> name_problems("rf-paper", where="submissions/obelix/rf-paper")
        []
        >>> len(name_problems("My Model!", where="submissions/obelix/My Model!"))
        1
    """
    if _NAME.fullmatch(name) and not (_RESERVED.match(name) or name.endswith(".")):
        return []
    suggestion = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:64] or "my-model"
    facts = {"found": repr(name), "other": suggestion}
    if _NAME.fullmatch(name):
        facts["other"] = f"my-{suggestion}"
        return [worded("name-of-windows", where, **facts)]
    return [worded("name-of-folder", where, **facts)]


def new_folder_problems(folder: Path, *, where: str, instead: str) -> list[Problem]:
    """Problems of a submission's folder that is yet to be made: its name, or that it exists.

    Args:
        folder: The folder.
        where: The folder as messages name it.
        instead: What can be done with one that exists, other than choosing another name.
    """
    problems = name_problems(folder.name, where=where)
    if folder.exists():
        problems.append(worded("folder-exists", where, instead=instead))
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
