"""Sentences that several pages share: what kinds of rows, floors and subsets mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ionladder.specs.task import MEAN_OF_TARGETS, LabelWords, MetricUse, Target, Task

KIND_MEANING: Mapping[str, str] = {
    "verified": "scored here from stored predictions",
    "reference": "a trivial model, scored the same way and shown for comparison, not ranked",
    "reported": "quoted from a publication, without predictions, never ranked",
}

FLOORS: Mapping[str, tuple[str, str]] = {
    "replicate_median_deviation": (
        "Replicate floor",
        (
            "Mean distance of a {one} to the median of all {one}s of its {subject}. It is biased "
            "low: the median contains the {one} itself."
        ),
    ),
    "replicate_pair_difference": (
        "Pair difference / √2",
        (
            "Mean difference between two {one}s of one {subject}, divided by √2: the error of a "
            "perfect model if the noise of {one}s is Gaussian."
        ),
    ),
    "replicate_leave_one_out": (
        "Leave one out",
        (
            "Mean distance of a {one} to the median of the other {one}s of its {subject}: the "
            "error of predicting a {one} from its repetitions."
        ),
    ),
}

UNITS: Mapping[str, tuple[str, str]] = {
    "decades": (
        "A decade is a factor of ten.",
        (
            "An error of 1.5 decades means a conductivity that is typically wrong by a factor of "
            "about thirty."
        ),
    ),
    "eV": (
        "A tenth of an eV is a factor of fifty.",
        (
            "By so much does the rate of a thermally activated hop change at room temperature when "
            "its barrier changes by 0.1 eV."
        ),
    ),
}
"""Unit of an error → a short sentence that gives a feeling for it, and what follows from it."""

INPUTS: Mapping[str, str] = {
    "composition": "composition",
    "structure": "structure",
    "both": "composition and structure",
}


@dataclass(frozen=True)
class UncertaintyWords:
    """How pages speak of one score of stated standard deviations."""

    title: str
    meaning: str
    formula: str
    direction: str = ""
    has_unit: bool = False


UNCERTAINTY: Mapping[str, UncertaintyWords] = {
    "coverage_68": UncertaintyWords(
        title="Coverage, 68 %",
        meaning=(
            "Share of labels inside the central 68 % interval of their prediction: 0.68 where the "
            "stated uncertainty is right, less where it is too small."
        ),
        formula="mean of [|y_pred - y_true| ≤ 0.994 y_std]",
    ),
    "coverage_95": UncertaintyWords(
        title="Coverage, 95 %",
        meaning=(
            "Share of labels inside the central 95 % interval of their prediction, where rare "
            "large errors show."
        ),
        formula="mean of [|y_pred - y_true| ≤ 1.960 y_std]",
    ),
    "sharpness": UncertaintyWords(
        title="Sharpness",
        meaning=(
            "Mean stated standard deviation: of two submissions whose uncertainty is equally "
            "right, the one with the smaller says more."
        ),
        formula="mean of y_std",
        has_unit=True,
    ),
    "nll": UncertaintyWords(
        title="Negative log-likelihood",
        meaning=(
            "How surprising a label is on average if the stated Gaussians are believed, in nats; "
            "it punishes widths that are too small most of all."
        ),
        formula="mean of ½ ln(2π y_std²) + (y_pred - y_true)² / (2 y_std²)",
        direction="↓",
    ),
    "miscalibration_area": UncertaintyWords(
        title="Miscalibration area",
        meaning=(
            "Area between the calibration curve and the diagonal, between 0 and 0.5; chance alone "
            "leaves about 0.31 / √n, where n is the number of entries."
        ),
        formula="∫ |share of labels inside the central interval of level p - p| dp, p from 0 to 1",
        direction="↓",
    ),
}
"""Score of stated standard deviations → its words, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class ScoredWords:
    """How pages speak of what a task scores, and how often.

    Attributes:
        entries: The scored entries, in the plural (``test entries``).
        trainings: Heading over the number of trainings that a score is the mean of.
        training_hint: What one of them is.
        over: What the spread of a score is taken over (``seeds``).
    """

    entries: str
    trainings: str
    training_hint: str
    over: str


_ON_TEST = ScoredWords(
    entries="test entries",
    trainings="Trainings",
    training_hint="Repeated trainings with different seeds",
    over="seeds",
)
_ON_FOLDS = ScoredWords(
    entries="training entries, out of fold",
    trainings="Repeats",
    training_hint="Repeats of the folds: each deals the groups to folds anew, and every entry is "
    "predicted once in each",
    over="repeats",
)


def scored_words(task: Task) -> ScoredWords:
    """The words of a task: those of a test set, or of repeated folds."""
    return _ON_TEST if task.scored_folds is None else _ON_FOLDS


def use_title(use: MetricUse) -> str:
    """A metric as a task uses it, as printed: its title, and which entries count how much.

    Example:
        >>> use_title(MetricUse(name="m", metric="mae", title="MAE", weight="n_atoms"))
        'MAE, weighed by n_atoms'
    """
    title = use.title
    if use.weight and "weigh" not in title:
        title += f", weighed by {use.weight}"
    if use.only and " only" not in title:
        title += f", {use.only} only"
    return title


def frozen_part(task: Task) -> str:
    """What is frozen and scored, as the facts of a board say it."""
    folds, entries = task.scored_folds, task.entries
    part = f"split ‘{task.split}’" if folds is None else f"folds ‘{folds.scheme}’"
    return f"frozen {part}" + (f", entries {entries.title}" if entries else "")


def floor_title(name: str) -> str:
    """Title of a floor as printed."""
    return FLOORS[name][0] if name in FLOORS else name.replace("_", " ").capitalize()


def floor_meaning(name: str, words: LabelWords | None = None) -> str:
    """What a floor is, in the words of a task; empty for a floor that has no text yet."""
    said = words or LabelWords()
    text = FLOORS[name][1] if name in FLOORS else ""
    return text.format(one=said.one, subject=said.subject)


def repeats_phrase(task: Task) -> str:
    """What the floor rests on, in the words of a task: ``repeated labels of one entry``."""
    return f"repeated {task.label_words.one}s of one {task.label_words.subject}"


def target_title(task: Task, name: str) -> str:
    """A target as printed, or how the mean over all targets is called."""
    if name == MEAN_OF_TARGETS:
        return f"Mean over {', '.join(target.symbol for target in task.targets)}"
    return task.target(name).symbol


def band_title(target: Target) -> str:
    """The region near the identity line, as a legend says it; empty when there is none."""
    if target.band is None:
        return ""
    if target.band == 1 and target.error_unit == "decades":
        return "within one decade"
    return f"within {target.band:g} {target.error_unit}"


def axis_title(target: Target) -> str:
    """A target with its unit, as an axis says it: ``log₁₀ σ, σ in S/cm`` for a logarithm."""
    logarithm = re.fullmatch(r"log10\((.+)\)", target.unit)
    if logarithm is None:
        return f"{target.symbol} / {target.unit}"
    return f"{target.symbol}, {target.symbol.split()[-1]} in {logarithm.group(1)}"


def yes_no(value: bool | None) -> str | None:
    """A stated yes or no; None when it is not stated."""
    return None if value is None else ("yes" if value else "no")
