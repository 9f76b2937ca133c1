"""Guesses at why predictions are not what a task wants: another unit, another column, other ids."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from ionladder.core.problems import Problem
from ionladder.specs.task import Target

# No barrier has a median of 50 eV: what moves at all does so below 20. In meV, 50 is small.
_LARGE_EV = 50.0
_LOG_UNIT = re.compile(r"^log10\((?P<linear>.+)\)$")
_USUAL_HEADERS = {
    "id": ("id", "ids", "entry_id", "material_id", "entry", "index", "name"),
    "prediction": ("prediction", "predictions", "predicted", "pred", "preds", "y_pred", "y_hat"),
}


def unit_guess(values: npt.NDArray[np.float64], target: Target, *, where: str) -> Problem | None:
    """A unit that the values betray, or None.

    Args:
        values: Predictions of one target, shape (n,); NaN where a cell is no number.
        target: The target. A log10 whose physical range ends at zero cannot have all its values
            above zero; an energy in eV cannot be large throughout.
        where: File and column, for the message.

    Example:
        >>> from ionladder.datasets.registry import get_task
        >>> sigma = np.array([1e-4, 3e-7])
        >>> print(unit_guess(sigma, get_task("obelix").targets[0], where="predictions.csv"))
        predictions.csv: expected log10_sigma in log10(S/cm); found values that look like σ in S/cm,
        3e-07 to 0.0001. Take log10 of every value.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return None
    span = f"{known.min():.3g} to {known.max():.3g}"
    expected = f"{target.name} in {target.unit}"
    log = _LOG_UNIT.match(target.unit)
    is_negative = target.physical is not None and target.physical[1] <= 0
    if log and is_negative and known.min() > 0 and known.max() <= 1:
        return Problem(
            where=where,
            expected=expected,
            found=f"values that look like σ in {log['linear']}, {span}",
            next_step="Take log10 of every value.",
        )
    if target.unit == "eV" and known.max() > _LARGE_EV and float(np.median(known)) > _LARGE_EV:
        return Problem(
            where=where,
            expected=expected,
            found=f"values that look like meV, {span}",
            next_step="Divide every value by 1000.",
        )
    return None


def meant_column(name: str, unknown: Sequence[str], *, is_only_target: bool) -> str | None:
    """The header that was probably meant to be a column, or None.

    Args:
        name: The column that is missing.
        unknown: Headers that nothing else needs.
        is_only_target: Whether it is the one target of its task, which any usual word for
            predictions may then stand for.

    Example:
        >>> meant_column("log10_sigma", ["comment", "pred"], is_only_target=True)
        'pred'
        >>> meant_column("id", ["ID", "value"], is_only_target=False)
        'ID'
    """
    words = _USUAL_HEADERS["id"] if name == "id" else ()
    if is_only_target:
        words = _USUAL_HEADERS["prediction"]
    usual = [header for header in unknown if header.strip().casefold() in words]
    close = difflib.get_close_matches(name, unknown, n=1, cutoff=0.4)
    if usual or close:
        return (usual or close)[0]
    return unknown[0] if len(unknown) == 1 else None


def changed_ids(missing: Collection[str], unknown: Sequence[str]) -> str | None:
    """How ids were changed on their way, with an example, or None.

    Args:
        missing: Ids that were expected and did not come.
        unknown: Ids that came and were not expected.

    Example:
        >>> changed_ids(["019", "5e2"], ["19"])
        "'19' looks like '019' turned into a number by a spreadsheet: keep ids as text."
        >>> changed_ids(["19", "20"], ["0019", "0020"])
        "2 of yours look zero-padded ('0019' for '19'): send ids as the task writes them."
    """
    by_value = {_as_number(identifier): identifier for identifier in missing}
    by_value.pop(None, None)
    by_fold = {identifier.strip().casefold(): identifier for identifier in missing}
    pairs: dict[str, list[tuple[str, str]]] = {}
    for other in unknown:
        original = by_value.get(_as_number(other))
        if original is not None:
            is_padded = other.lstrip("0") == original.lstrip("0") and len(other) > len(original)
            pairs.setdefault("padded" if is_padded else "number", []).append((other, original))
        elif (original := by_fold.get(other.strip().casefold())) is not None:
            pairs.setdefault("case", []).append((other, original))
    if not pairs:
        return None
    kind, found = max(pairs.items(), key=lambda item: len(item[1]))
    one, several, step = _CHANGES[kind]
    other, original = found[0]
    if len(found) == 1:
        return f"{other!r} looks like {original!r}{one}: {step}."
    return f"{len(found):,} of yours look {several} ({other!r} for {original!r}): {step}."


_CHANGES = {
    "number": (
        " turned into a number by a spreadsheet",
        "turned into numbers by a spreadsheet",
        "keep ids as text",
    ),
    "padded": (" zero-padded", "zero-padded", "send ids as the task writes them"),
    "case": ("", "written otherwise", "ids are case-sensitive, without blanks"),
}


def _as_number(identifier: str) -> float | None:
    try:
        return float(identifier)
    except ValueError:
        return None
