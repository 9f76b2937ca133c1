"""Where names stand beside marks: at the first free side of each, or nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_CHAR, _HALF = 6.0, 6.5
_GAP, _BESIDE = 8.0, 3.0


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a name begins or ends, and on which side of its mark."""

    x: float
    y: float
    anchor: str


Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def place_labels(
    marks: Sequence[Box],
    labels: Sequence[str],
    *,
    left: float,
    right: float,
    top: float,
    bottom: float,
) -> list[Placed | None]:
    """A place for each label, in the order given; None for those that would cover another.

    Args:
        marks: What is drawn of each thing named, its interval included.
        labels: Their names, one each.
        left: Left edge of the drawing; labels stay within all four.
        right: Right edge.
        top: Upper edge.
        bottom: Lower edge.
    """
    taken = list(marks)
    found: list[Placed | None] = []
    for mark, label in zip(marks, labels, strict=True):
        chosen = None
        for placed, box in _candidates(mark, len(label) * _CHAR):
            is_inside = box[0] >= left and box[2] <= right and box[1] >= top and box[3] <= bottom
            if is_inside and not any(_overlap(box, other) for other in taken):
                chosen = placed
                taken.append(box)
                break
        found.append(chosen)
    return found


def _candidates(mark: Box, width: float) -> list[tuple[Placed, Box]]:
    """Above and below a mark; beside its middle, its upper and its lower end."""
    start, top, end, bottom = mark
    centre = (start + end) / 2
    found = []
    for y in (top - _GAP, bottom + _GAP):
        box = (centre - width / 2, y - _HALF, centre + width / 2, y + _HALF)
        found.append((Placed(x=centre, y=y + 4, anchor="middle"), box))
    for y in ((top + bottom) / 2, top + _HALF, bottom - _HALF):
        right = (end + _BESIDE, y - _HALF, end + _BESIDE + width, y + _HALF)
        left = (start - _BESIDE - width, y - _HALF, start - _BESIDE, y + _HALF)
        found.append((Placed(x=right[0], y=y + 4, anchor="start"), right))
        found.append((Placed(x=left[2], y=y + 4, anchor="end"), left))
    return found


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
