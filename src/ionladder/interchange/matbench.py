"""matbench's ``results.json.gz``, read without matbench: tasks → folds → data → predictions.

The scores inside are made on the contributor's machine and protected by a hash that anybody can
compute anew; matbench accepts NaN predictions as well. So scores are kept as *claimed*, and what
counts is computed from the predictions.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ionladder.core.errors import InterchangeError
from ionladder.core.problems import Problem, first_few
from ionladder.interchange.packed import (
    GZIP_MAGIC,
    MAX_TEXT_BYTES,
    gunzip,
    read_file,
    refusal,
)

# A file of all 13 tasks of matbench v0.1 holds about 400 000 predictions. Counted before parsing:
# three bytes of JSON can become sixty of memory.
MAX_VALUES = 2_000_000
_FOLD = "fold_"
_BENCHMARK, _TASK = "MatbenchBenchmark", "MatbenchTask"
_NEXT_STEP = "Write the file anew with matbench's `to_file`."


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What was recorded for one fold.

    Attributes:
        name: ``fold_0`` and so on.
        predictions: Entry id → prediction, as text where it is a number and NaN included.
        std: Entry id → standard deviation as text; empty where none was recorded.
        claimed: Score → value, as the file says.
    """

    name: str
    predictions: Mapping[str, str]
    std: Mapping[str, str]
    claimed: Mapping[str, float]

    @property
    def number(self) -> int:
        """Its number by its name; the order of a file need not be theirs."""
        return int(self.name.removeprefix(_FOLD))


@dataclass(frozen=True, kw_only=True)
class Results:
    """A results file.

    Attributes:
        name: File name.
        tasks: Task name → folds by number.
        unreadable: Task name → the letter that says why it cannot be read.
    """

    name: str
    tasks: Mapping[str, tuple[Fold, ...]]
    unreadable: Mapping[str, Problem]


def read_results(path: Path, *, shown_as: str | None = None) -> Results:
    """Read a results file, compressed or not: ``to_file`` writes plain text whatever its name.

    A task that cannot be read is set apart with its letter and stops no other.

    Raises:
        InterchangeError: It is not a results file at all, damaged, or larger than the limits.
    """
    shown_as = shown_as or path.name
    document = _parse(_text(read_file(path, shown_as=shown_as), shown_as), shown_as)
    tasks: dict[str, tuple[Fold, ...]] = {}
    unreadable: dict[str, Problem] = {}
    for name, content in _tasks(document, shown_as).items():
        try:
            folds = _folds(content, f"{shown_as}, task {name}")
            tasks[name] = tuple(sorted(folds, key=lambda fold: fold.number))
        except InterchangeError as error:
            unreadable[name] = error.problems[0]
    return Results(name=path.name, tasks=tasks, unreadable=unreadable)


def is_results(text: bytes) -> bool:
    """Whether plain text begins as a results file does."""
    return text.lstrip()[:1] == b"{"


def _text(data: bytes, shown_as: str) -> bytes:
    text = gunzip(data, shown_as=shown_as) if data.startswith(GZIP_MAGIC) else data
    if text.startswith(GZIP_MAGIC):
        step = "Unpack it once: `gunzip` it, and send what comes out."
        raise refusal(shown_as, "JSON inside", "another gzip file", step)
    if not text.isascii():
        expected = "JSON in ASCII, as matbench writes it"
        raise refusal(shown_as, expected, "other bytes", _NEXT_STEP)
    values = text.count(b",") + text.count(b"[") + text.count(b"{")
    if len(text) > MAX_TEXT_BYTES or values > MAX_VALUES:
        expected = f"at most {MAX_VALUES} values"
        step = "Keep only the task that you want to convert."
        raise refusal(shown_as, expected, f"about {values}", step)
    return text


def _parse(text: bytes, shown_as: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError) as error:
        found = f"something else ({error})"
        raise refusal(shown_as, "a results file in JSON", found, _NEXT_STEP) from error
    if not isinstance(document, dict):
        found = f"a {type(document).__name__}"
        raise refusal(shown_as, "a results file of matbench", found, _NEXT_STEP)
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        repeated = next(key for key, count in Counter(k for k, _ in pairs).items() if count > 1)
        msg = f"the key {repeated!r} stands twice"
        raise ValueError(msg)
    return found


def _tasks(document: Mapping[str, Any], shown_as: str) -> Mapping[str, Any]:
    """Task name → its document, of a whole benchmark or of a single task."""
    if document.get("@class") == _TASK or ("results" in document and "tasks" not in document):
        return {str(document.get("dataset_name")): document}
    tasks = document.get("tasks")
    if not isinstance(tasks, dict) or not tasks:
        keys = first_few(document) or "none"
        expected = f"a {_BENCHMARK} with `tasks`, or a {_TASK} with `results`"
        raise refusal(shown_as, expected, f"the keys {keys}", _NEXT_STEP)
    return tasks


def _folds(content: Any, where: str) -> Iterator[Fold]:
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict) or not results:
        raise refusal(where, "`results` with folds", "none", "Record every fold, then `to_file`.")
    for name, fold in results.items():
        if not re.fullmatch(rf"{_FOLD}\d{{1,3}}", name):
            raise refusal(where, "folds named fold_0, fold_1, …", repr(name), _NEXT_STEP)
        data = fold.get("data") if isinstance(fold, dict) else None
        if not isinstance(data, dict) or not data:
            step = "Record every fold, then `to_file`."
            place = f"{where}, {name}"
            raise refusal(place, "`data` with predictions by id", "none", step)
        yield Fold(
            name=name,
            predictions={key: _cell(value) for key, value in data.items()},
            std=_std(fold.get("uncertainty")),
            claimed=_claimed(fold.get("scores")),
        )


def _cell(value: Any) -> str:
    """A prediction as text; what is no number keeps a form that no check takes for one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return f"{json.dumps(value)[:40]} (not a number)"
    return value if isinstance(value, str) else repr(value)


def _std(uncertainty: Any) -> dict[str, str]:
    """Recorded standard deviations; intervals without one are not turned into any."""
    if not isinstance(uncertainty, dict):
        return {}
    stated = {key: item.get("std") for key, item in uncertainty.items() if isinstance(item, dict)}
    # matbench stores the symmetric case as a list of one number.
    single = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in stated.items()}
    return {key: _cell(value) for key, value in single.items() if value is not None}


def _claimed(scores: Any) -> dict[str, float]:
    if not isinstance(scores, dict):
        return {}
    return {
        name: float(value)
        for name, value in scores.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
