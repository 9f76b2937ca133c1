"""Checks of the audit that hold submissions against one another: identical, or on a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ionladder.leaderboard.audit_checks import Found
from ionladder.leaderboard.audit_inputs import AuditInputs, TargetInputs
from ionladder.leaderboard.findings import Evidence, Finding, printed
from ionladder.specs.metric import Array

_Places = npt.NDArray[np.int64]
Twins = Mapping[int, Mapping[int, _Places]]
"""Place of a submission → place of a target → places of its twins in that target."""

# Receipts and most prediction files carry six decimals; finer differences are those of writing.
SAME_DECIMALS = 6
# A copy written with three decimals still correlates by 1 - 1e-7 with predictions that spread by
# one unit; two different models of the committed boards reach 0.985 at most.
LINE = 1.0 - 1e-6
# With so few entries any two submissions come to lie on a line sooner or later.
FEWEST_ENTRIES = 5
NAMED_TWINS = 5
_BLOCK = 512


def check_identical(inputs: AuditInputs) -> Found:
    """Submissions whose predictions are the same to six decimals."""
    kinds = [same_rows(item.means) for item in inputs.targets]
    twins: dict[int, dict[int, _Places]] = {}
    for position, kind in enumerate(kinds):
        for members in _groups(kind):
            for member in members:
                twins.setdefault(int(member), {})[position] = members[members != member]
    for place, positions, same in _shared(twins):
        names = [inputs.names[other] for other in same]
        is_constant = all(_is_constant(inputs.targets[at].means[place]) for at in positions)
        which = _which(inputs, positions)
        if is_constant:
            why = (
                "All entries have one number: constants taken from the same statistic of the same "
                "training labels agree by construction."
            )
        elif set(names) & set(inputs.task.references):
            why = (
                "One of them is a reference of this task. Worth checking: the reference sent "
                "under another name, or a model that fell back to its rule."
            )
        else:
            why = (
                "Worth checking: one model sent twice, a corrected card under another name, or a "
                "prediction file copied by mistake."
            )
        yield (
            inputs.names[place],
            Finding(
                check="identical",
                title="The same predictions as another submission",
                sentence=f"Predictions{which} equal those of {_named(names)} to {SAME_DECIMALS} "
                f"decimals. {why}",
                evidence=_twin_evidence(inputs, positions, names),
            ),
        )


def check_affine(inputs: AuditInputs) -> Found:
    """Submissions whose predictions follow from another's by a slope and an offset."""
    twins: dict[int, dict[int, _Places]] = {}
    for position, item in enumerate(inputs.targets):
        for place, others in _on_a_line(item):
            twins.setdefault(place, {})[position] = others
    for place, positions, on_line in _shared(twins):
        names = [inputs.names[other] for other in on_line]
        item = inputs.targets[positions[0]]
        slope, offset, residual = _line(item.means[on_line[0]], item.means[place])
        yield (
            inputs.names[place],
            Finding(
                check="affine",
                title="On a straight line with another submission",
                sentence=(
                    f"Predictions{_which(inputs, positions)} follow from those of {_named(names)} "
                    f"by a straight line: {printed(slope, '.4g')} times the other "
                    f"{printed(offset, '+.4g')} {item.target.error_unit}, within {residual:.1g}. "
                    "Worth checking: one model in two recalibrations, units or roundings, or two "
                    "models that tell only a few kinds of entries apart."
                ),
                evidence={
                    **_twin_evidence(inputs, positions, names),
                    "slope": slope,
                    "offset": offset,
                    "largest_residual": residual,
                    "n_distinct": len(np.unique(np.round(item.means[place], SAME_DECIMALS))),
                },
            ),
        )


def same_rows(rows: Array) -> _Places:
    """The place of the first row that is the same to six decimals, for each row.

    Example:
        >>> same_rows(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-9]]))
        array([0, 1, 0])
    """
    rounded = np.round(rows, SAME_DECIMALS) + 0.0  # no negative zeros
    first: dict[bytes, int] = {}
    kinds = [first.setdefault(row.tobytes(), place) for place, row in enumerate(rounded)]
    return np.array(kinds, dtype=np.int64)


def _groups(kinds: _Places) -> Iterator[_Places]:
    """Places of rows of one kind, for every kind that has several."""
    order = np.argsort(kinds, kind="stable")
    starts = np.flatnonzero(np.diff(kinds[order], prepend=-1))
    for members in np.split(order, starts[1:]):
        if len(members) > 1:
            yield members


def _on_a_line(item: TargetInputs) -> Iterator[tuple[int, _Places]]:
    """Each submission with those on a line with it; constants and identical ones are left out.

    Correlations come from matrix products over blocks of submissions, never pair by pair.
    """
    if item.means.shape[1] < FEWEST_ENTRIES:
        return
    kinds = same_rows(item.means)
    standard = _standardised(item.means)
    for begin in range(0, len(standard), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        close = np.abs(standard[block] @ standard.T) > LINE
        close &= kinds[block, None] != kinds[None, :]
        for row in np.flatnonzero(close.any(axis=1)):
            yield begin + int(row), np.flatnonzero(close[row])


def _standardised(rows: Array) -> Array:
    """Rows of mean 0 and length 1, so that products are correlations; constants become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    is_constant = np.ptp(np.round(rows, SAME_DECIMALS), axis=1, keepdims=True) == 0
    standard: Array = np.divide(
        centred, length, out=np.zeros_like(centred), where=~is_constant & (length > 0)
    )
    return standard


def _shared(twins: Twins) -> Iterator[tuple[int, list[int], list[int]]]:
    """Submission, targets, twins: targets with the same twins make one finding."""
    for place in sorted(twins):
        by_twins: dict[tuple[int, ...], list[int]] = {}
        for position, others in sorted(twins[place].items()):
            by_twins.setdefault(tuple(others.tolist()), []).append(position)
        for others_of, positions in by_twins.items():
            yield place, positions, list(others_of)


def _line(other: Array, mine: Array) -> tuple[float, float, float]:
    """Slope and offset from another's predictions to mine, and the largest distance from it."""
    slope, offset = np.polyfit(other, mine, 1)
    return float(slope), float(offset), float(np.abs(slope * other + offset - mine).max())


def _is_constant(values: Array) -> bool:
    return bool(np.ptp(np.round(values, SAME_DECIMALS)) == 0)


def _which(inputs: AuditInputs, positions: Sequence[int]) -> str:
    """Names the targets where not all of them are meant."""
    if len(positions) == len(inputs.targets):
        return ""
    return f" of {', '.join(inputs.targets[at].target.symbol for at in positions)}"


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED_TWINS
    return ", ".join(names[:NAMED_TWINS]) + (f" and {more} more" if more > 0 else "")


def _twin_evidence(
    inputs: AuditInputs, positions: Sequence[int], names: Sequence[str]
) -> dict[str, Evidence]:
    return {
        "twin": names[0],
        "n_twins": len(names),
        "targets": ", ".join(inputs.targets[at].target.name for at in positions),
        "n": inputs.targets[0].means.shape[1],
    }
