"""Sentences that several pages share: what kinds of rows, floors and subsets mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ionladder.specs.task import Target

KIND_MEANING: Mapping[str, str] = {
    "verified": "scored here from stored predictions",
    "reference": "a trivial model, scored the same way and shown for comparison, not ranked",
    "reported": "quoted from a publication, without predictions, never ranked",
}

FLOORS: Mapping[str, tuple[str, str]] = {
    "replicate_median_deviation": (
        "Replicate floor",
        (
            "Mean distance of a measurement to the median of its group of repeated measurements. "
            "It is the figure that the dataset's authors print, and it is biased low: the median "
            "contains the measurement itself, and most groups are pairs."
        ),
    ),
    "replicate_pair_difference": (
        "Pair difference / √2",
        (
            "Mean difference between two measurements of one material, divided by √2: the error of "
            "a perfect model if measurement noise is Gaussian."
        ),
    ),
    "replicate_leave_one_out": (
        "Leave one out",
        (
            "Mean distance of a measurement to the median of the other measurements of its "
            "material: the error of predicting a measurement from its repetitions."
        ),
    ),
}

INPUTS: Mapping[str, str] = {
    "composition": "composition",
    "structure": "structure",
    "both": "composition and structure",
}


def floor_title(name: str) -> str:
    """Title of a floor as printed."""
    return FLOORS[name][0] if name in FLOORS else name.replace("_", " ").capitalize()


def floor_meaning(name: str) -> str:
    """What a floor is, in one or two sentences; empty for a floor that has no text yet."""
    return FLOORS[name][1] if name in FLOORS else ""


def axis_title(target: Target) -> str:
    """A target with its unit, as an axis says it: ``log₁₀ σ, σ in S/cm`` for a logarithm."""
    logarithm = re.fullmatch(r"log10\((.+)\)", target.unit)
    if logarithm is None:
        return f"{target.symbol} / {target.unit}"
    return f"{target.symbol}, {target.symbol.split()[-1]} in {logarithm.group(1)}"


def yes_no(value: bool | None) -> str | None:
    """A stated yes or no; None when it is not stated."""
    return None if value is None else ("yes" if value else "no")
