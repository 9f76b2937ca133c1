"""Conductivity labels: numbers, or upper limits written as text; anything else is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

UPSTREAM_LIMIT_LOG10 = -15.0
"""log10(S/cm) that the dataset's authors give to every upper limit, whatever the limit."""

_NUMBER = re.compile(r"^\d+(\.\d+)?([eE][+-]?\d+)?$")
_LIMIT = re.compile(r"^<(\d+E-\d+)$")
_EXACT = Context(prec=40)


class LabelError(ValueError):
    """Label text that is neither a positive number nor a known kind of limit."""


@dataclass(frozen=True, kw_only=True)
class Conductivity:
    """A label as published.

    Attributes:
        value: S/cm, or None where only a limit is known.
        limit: Upper limit in S/cm, or None for a measured value.
        log10: log10 of the value; -15 for a limit, as upstream.
        log10_limit: log10 of the limit, or None.
    """

    value: float | None
    limit: float | None
    log10: float
    log10_limit: float | None


def parse_conductivity(text: str) -> Conductivity:
    """Read a label.

    Raises:
        LabelError: Neither a positive number nor a limit like ``<1E-10``.

    Example:
        >>> parse_conductivity("<1E-8").log10_limit
        -8.0
        >>> parse_conductivity("1e-3").log10
        -3.0
    """
    limit = _LIMIT.match(text)
    digits = limit.group(1) if limit else text
    if not _NUMBER.match(digits) or Decimal(digits) <= 0:
        msg = f"{text!r}"
        raise LabelError(msg)
    number, log10 = float(digits), log10_of(digits)
    if limit:
        return Conductivity(value=None, limit=number, log10=UPSTREAM_LIMIT_LOG10, log10_limit=log10)
    return Conductivity(value=number, limit=None, log10=log10, log10_limit=None)


def log10_of(digits: str) -> float:
    """Decimal logarithm of a written number, correctly rounded, so equal on every machine."""
    return float(_EXACT.log10(Decimal(digits)))
