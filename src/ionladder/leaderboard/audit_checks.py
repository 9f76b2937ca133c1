"""Checks of the audit that look at the values a submission predicts, one function each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ionladder.leaderboard.audit_inputs import AuditInputs
from ionladder.leaderboard.findings import Finding, printed
from ionladder.specs.metric import Array

Found = Iterator[tuple[str, Finding]]
"""Submission → finding, one at a time."""

# Two numbers within this share of the labels' standard deviation count as equal: 0.017 decades on
# OBELiX, less than half a step of the grid on BVEL-proto. Honest models hit so closely by chance
# for at most 6 % of the entries of either board.
EQUAL_WITHIN = 0.005
EQUAL_SHARE = 0.25
# Pairs of repeated measurements of one OBELiX material correlate by 0.79, so nothing can honestly
# know its labels so well. Repeated labels of BVEL-proto, which are computed, do by 0.999: there a
# method that repeats the computation may be noted, and the note says so. Best model so far: 0.94.
LABEL_CORRELATION = 0.995
# A twentieth of the spread of OBELiX' labels is 0.17 decades, less than the board can resolve. The
# least varied honest model (a median per family) has 0.30.
CONSTANT_SPREAD = 0.05


def check_labels(inputs: AuditInputs) -> Found:
    """Predictions that equal the labels or follow them more closely than labels can be known."""
    for item in inputs.targets:
        known = np.isfinite(item.y_true)
        within = EQUAL_WITHIN * item.label_sd
        if not within > 0:
            continue
        correlations = _correlations(item.means[:, known], item.y_true[known])
        for name, y_pred, r in zip(inputs.names, item.y_pred, correlations, strict=True):
            is_close = np.abs(y_pred[:, known] - item.y_true[known]) <= within
            share = float(is_close.mean(axis=1).max())
            if share < EQUAL_SHARE and not r > LABEL_CORRELATION:
                continue
            yield (
                name,
                Finding(
                    check="labels",
                    title="Very close to the labels",
                    sentence=(
                        f"Predictions{inputs.of_target(item.target)} equal the label within "
                        f"{within:.2g} {item.target.error_unit} for {share:.0%} of the entries, "
                        f"and correlate with the labels by {r:.4f}. Worth checking: test entries "
                        "among external training data, a prediction file made from the labels as "
                        "an exercise, or a method that repeats how the labels were obtained."
                    ),
                    evidence={
                        "target": item.target.name,
                        "share_equal": share,
                        "equal_within": within,
                        "correlation": float(r),
                        "n": int(known.sum()),
                    },
                ),
            )


def check_constant(inputs: AuditInputs) -> Found:
    """Predictions that say nearly the same of every entry."""
    spreads = [item.means.std(axis=1) for item in inputs.targets]
    for place, name in enumerate(inputs.names):
        constant = [
            (item, float(spread[place]))
            for item, spread in zip(inputs.targets, spreads, strict=True)
            if spread[place] < CONSTANT_SPREAD * item.label_sd
        ]
        if not constant:
            continue
        which = ", ".join(item.target.symbol for item, _ in constant)
        of_targets = f" of {which}" if len(inputs.task.targets) > 1 else ""
        widest = max(spread for _, spread in constant)
        label_sd = min(item.label_sd for item, _ in constant)
        why = (
            "It is a reference of this task, made to be simple."
            if name in inputs.task.references
            else "Worth checking: a constant sent as a reference, a training that did not "
            "converge, or inputs that were missing when predicting."
        )
        yield (
            name,
            Finding(
                check="constant",
                title="Nearly the same prediction for every entry",
                sentence=(
                    f"Predictions{of_targets} spread by {widest:.2f} "
                    f"{constant[0][0].target.error_unit} (standard deviation), the labels by "
                    f"{label_sd:.2f}{' or more' if len(constant) > 1 else ''}. {why}"
                ),
                evidence={
                    "targets": ", ".join(item.target.name for item, _ in constant),
                    "prediction_sd": widest,
                    "label_sd": label_sd,
                },
            ),
        )


def check_physical(inputs: AuditInputs) -> Found:
    """Predictions that no material can have; a task that states no range has no such check."""
    for item in inputs.targets:
        if item.target.physical is None:
            continue
        low, high = item.target.physical
        for name, y_pred in zip(inputs.names, item.y_pred, strict=True):
            outside = int(((y_pred < low) | (y_pred > high)).sum())
            if not outside:
                continue
            yield (
                name,
                Finding(
                    check="physical",
                    title="Values outside the physical range",
                    sentence=(
                        f"{outside} of {y_pred.size} predictions{inputs.of_target(item.target)} "
                        f"lie outside {printed(low, 'g')} to {printed(high, 'g')} "
                        f"{item.target.unit}; they reach from {printed(y_pred.min(), '.3g')} to "
                        f"{printed(y_pred.max(), '.3g')}. Worth checking: extrapolation to "
                        "entries unlike the training set, or a unit or logarithm mixed up."
                    ),
                    evidence={
                        "target": item.target.name,
                        "n_outside": outside,
                        "n": y_pred.size,
                        "smallest": float(y_pred.min()),
                        "largest": float(y_pred.max()),
                        "physical_low": low,
                        "physical_high": high,
                    },
                ),
            )


def _correlations(rows: Array, y_true: Array) -> Array:
    """Pearson correlation of each row with the labels; 0 where either is constant."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    deviation = y_true - y_true.mean()
    length = np.linalg.norm(centred, axis=1) * np.linalg.norm(deviation)
    products: Array = centred @ deviation
    correlations: Array = np.divide(products, length, out=np.zeros_like(length), where=length > 0)
    return correlations
