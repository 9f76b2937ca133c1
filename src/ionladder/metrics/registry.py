"""The registry of metrics: every public module of this package, found by its name."""

from __future__ import annotations

import pkgutil
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from ionladder import metrics
from ionladder.core.errors import ConfigError
from ionladder.core.problems import Problem
from ionladder.specs.metric import Metric

_NOT_METRICS = frozenset({"registry"})


def all_metrics() -> dict[str, Metric]:
    """Every metric by name, names in alphabetical order."""
    return dict(_discovered())


def get_metric(name: str) -> Metric:
    """Find a metric by its name.

    Raises:
        ConfigError: There is none; the letter lists the known names.

    Example:
        >>> get_metric("rmse").direction
        'minimize'
    """
    known = _discovered()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise ConfigError(
        Problem(
            where=f"metric {name!r}",
            expected=f"one of {', '.join(known)}",
            found="no metric of that name",
            next_step=f"{hint}Correct the name, or add src/ionladder/metrics/{name}.py.",
        )
    )


@cache
def _discovered() -> dict[str, Metric]:
    modules = sorted(
        module.name
        for module in pkgutil.iter_modules(metrics.__path__)
        if not module.name.startswith("_") and module.name not in _NOT_METRICS
    )
    found = (import_module(f"{metrics.__name__}.{name}").METRIC for name in modules)
    return {metric.name: metric for metric in found}
