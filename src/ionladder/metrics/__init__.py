"""Metrics: one public module each, exposing ``METRIC``; :mod:`ionladder.metrics.registry` has all.

A metric is ``function(y_true, y_pred, **options) -> float``: measured values, then predictions,
in the target's unit, one-dimensional and finite. NaN means "undefined for these entries" (printed
as null on a leaderboard); whatever is unfit to be scored raises a ``MetricInputError``. A metric
that is a transformed mean also gives its value per entry, from which intervals are resampled.

To add one: write ``metrics/<name>.py`` with ``METRIC``, and its test against an independent oracle.
"""
