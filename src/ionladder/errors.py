"""Errors: where, what was expected, what was found, what to do next."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# Findings that name their place: what a validator collects and an error carries


MAX_LISTED = 5
_LONGEST_FIELD = 2000
_LONGEST_LISTED = 80


@dataclass(frozen=True)
class Problem:
    """One finding, written for the person who can fix it.

    Findings quote what contributors sent. Whatever cannot be printed (line ends, terminal codes,
    marks that turn the writing direction, halves of characters) is escaped, and nothing is endless.

    Attributes:
        where: File, and row or field inside it, as the reader would look for it.
        expected: What should be there.
        found: What is there instead.
        next_step: What to do now.

    Example:
        >>> print(Problem("predictions.csv, row 4", "a finite number", "'3.2 eV'",
        ...               "Remove the unit."))
        predictions.csv, row 4: expected a finite number; found '3.2 eV'. Remove the unit.
    """

    where: str
    expected: str
    found: str
    next_step: str

    def __post_init__(self) -> None:
        for name, text in vars(self).items():
            object.__setattr__(self, name, visible(text))

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; found {self.found}. {self.next_step}"


def visible(text: str, *, limit: int = _LONGEST_FIELD) -> str:
    """Text as an error may quote it: printable characters only, cut where it gets too long.

    Example:
        >>> print(visible("red\\x1b[31m"), visible("a very long name", limit=8))
        red\\x1b[31m a very …
    """
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def first_few(
    values: Iterable[object], *, limit: int = MAX_LISTED, total: int | None = None
) -> str:
    """Join the first few values, and say how many were left out.

    Args:
        values: All of them, or no more than are shown.
        limit: How many are shown.
        total: How many there are, where not all are given.

    Example:
        >>> first_few(["7cr", "mdp", "ro9"], limit=2)
        '7cr, mdp, … (1 more)'
    """
    listed = list(values)
    shown = ", ".join(visible(str(value), limit=_LONGEST_LISTED) for value in listed[:limit])
    rest = (len(listed) if total is None else total) - limit
    return shown if rest <= 0 else f"{shown}, … ({rest} more)"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known names, closest first when one is close.

    Example:
        >>> did_you_mean("obelix-1-2", ["obelix-1-0-2", "obelix-1-2-0"])
        'Did you mean obelix-1-2-0? Known: obelix-1-0-2, obelix-1-2-0.'
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    guess = f"Did you mean {close[0]}? " if close else ""
    return f"{guess}Known: {first_few(names, limit=20) or 'none'}."


def error_text(problems: Sequence[Problem]) -> str:
    """Write problems as text, one per line, in the order given."""
    return "\n".join(str(problem) for problem in problems)


def worded(kind: str, where: str, /, **facts: object) -> Problem:
    """A problem in the words of ``problems.yaml``.

    Args:
        kind: Its key there.
        where: File, and row or field inside it.
        facts: What the words leave open, by name.

    Example:
        >>> print(worded("two-tables", "submissions/obelix/mine", stem="predictions").expected)
        one of predictions.csv and predictions.parquet
    """
    return Problem(where, *(text.format_map(facts) for text in _words()[kind]))


def own_yaml(path: Path) -> Any:
    """The content of a YAML file of this package, read by the parser in C where that is there."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both are safe


@cache
def _words() -> dict[str, list[str]]:
    """Kind of problem → what is expected, what is found, and what to do."""
    words: dict[str, list[str]] = own_yaml(Path(__file__).with_name("problems.yaml"))
    return words


@cache
def plain_words(of: str) -> list[tuple[str, str, str]]:
    """What a library's findings mean: a mark in the finding, what is expected, what to do.

    Args:
        of: The library, as ``messages.csv`` names it.
    """
    with Path(__file__).with_name("messages.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    return [(mark, expected, step) for library, mark, expected, step in rows if library == of]


def field_problem(where: str, item: Mapping[str, Any], next_step: str) -> Problem:
    """One finding of pydantic as a problem, in plain words.

    Args:
        where: The file.
        item: One of ``ValidationError.errors()``.
        next_step: What to do now.
    """
    kind, loc = item["type"], [str(part) for part in item["loc"] if part != "[key]"]
    context = item.get("ctx") or {}
    if kind in ("value_error", "assertion_error"):
        expected = str(context["error"])
    else:
        fits = [row for row in plain_words("pydantic") if kind.startswith(row[0])]
        words = max(fits, key=lambda row: len(row[0]))[1] if fits else "another kind of value"
        expected = words.format_map({"expected": "…", **context})
    try:
        found = visible(repr(item["input"]), limit=_LONGEST_LISTED)
    except ValueError:  # Python writes no number of so many digits
        found = "a number of thousands of digits"
    if kind.startswith("missing"):
        found = "nothing"
    elif kind in ("extra_forbidden", "unexpected_keyword_argument"):
        found = f"the unknown key {loc[-1]!r}"
    elif kind == "string_type":
        next_step = "Put quotes around the value so that YAML reads it as text."
    return Problem(f"{where}, {'.'.join(loc) or 'the whole file'}", expected, found, next_step)


# Every exception of IonLadder carries problems with a next step


class IonLadderError(Exception):
    """Base of all errors a user may meet; the command line prints it without a traceback.

    Args:
        problems: One problem, or all problems found, in reading order; never empty. Or the four
            texts of one problem: where, expected, found, next step.

    Example:
        >>> raise ConfigError("params.yaml", "a mapping", "a list", "Correct it.")
        Traceback (most recent call last):
        ionladder.errors.ConfigError: params.yaml: expected a mapping; found a list. Correct it.
    """

    def __init__(self, problems: Problem | Sequence[Problem] | str, *texts: str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, *texts)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        if not self.problems:
            raise ValueError("an IonLadderError needs at least one problem to report")
        super().__init__(error_text(self.problems))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.problems,)


class ConfigError(IonLadderError):
    """``params.yaml`` or the repository layout is not as expected."""


class FetchError(IonLadderError):
    """Pinned upstream bytes arrived changed, or could not be stored."""


class UnreachableError(FetchError):
    """Pinned upstream bytes could not be reached; nothing is wrong with what is here."""


class IngestError(IonLadderError):
    """Raw data failed an integrity check, or differ from the released version."""


class DataMissingError(IonLadderError):
    """A table that this step needs is not on this machine."""


class DataChangedError(IonLadderError):
    """A file on this machine differs from the hash recorded for it."""


class SubmissionError(IonLadderError):
    """A submission cannot be scored as it is."""


class ReferenceMissingError(SubmissionError):
    """Predictions that a card names elsewhere are not on this machine."""


class InterchangeError(IonLadderError):
    """A file of another project cannot be read as what it is said to be, or cannot be written."""


class HistoryError(IonLadderError):
    """The history of scores is damaged, or a published number changed without a new version."""


class PullRequestError(IonLadderError):
    """A pull request cannot be read, or does not fit what was said about it."""


class MetricInputError(IonLadderError):
    """Arrays handed to a metric do not fit together."""


class BaselineError(IonLadderError):
    """A baseline cannot be run as asked."""


class SiteError(IonLadderError):
    """The website cannot be rendered or built from what is here."""
