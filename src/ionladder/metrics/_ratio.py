"""Division that says "undefined" instead of failing."""

from __future__ import annotations


def ratio(numerator: float, denominator: float) -> float:
    """Divide; NaN when the denominator is zero.

    Example:
        >>> ratio(1, 4), ratio(1, 0)
        (0.25, nan)
    """
    return numerator / denominator if denominator else float("nan")
