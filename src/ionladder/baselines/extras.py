"""Packages that only some baselines need: named before anything runs, never met as a traceback."""

from __future__ import annotations

from importlib.util import find_spec

from ionladder.errors import BaselineError, Problem
from ionladder.specs import Baseline


def missing_packages(baseline: Baseline) -> tuple[str, ...]:
    """The packages of its extra that a baseline needs and that are not installed."""
    return tuple(name for name in baseline.packages if find_spec(name) is None)


def require_packages(baseline: Baseline) -> None:
    """Make sure that a baseline can run here.

    Raises:
        BaselineError: A package is not installed; the letter says how to get it.
    """
    missing = missing_packages(baseline)
    if missing:
        raise BaselineError(
            problem_of_missing(f"ionladder baseline {baseline.name}", baseline.extra, missing)
        )


def problem_of_missing(where: str, extra: str | None, missing: tuple[str, ...]) -> Problem:
    """The letter about packages of an extra that are not installed.

    Args:
        where: The command that needs them.
        extra: Name of the extra.
        missing: Names of the packages.
    """
    return Problem(
        where=where,
        expected=f"the packages of the extra {extra}",
        found=f"no package {', '.join(missing)}",
        next_step=f"From a clone: pip install --no-deps -r requirements-{extra}.lock (those "
        f'tested). Elsewhere: pip install "ionladder[{extra}]".',
    )
