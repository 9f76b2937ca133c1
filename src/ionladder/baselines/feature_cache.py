"""Where features that cost minutes are kept between runs."""

from __future__ import annotations

from pathlib import Path

from ionladder.errors import ConfigError
from ionladder.repo import find_layout


def feature_cache() -> Path | None:
    """A folder of the repository that git ignores; None outside a repository.

    What lies there is named after everything it depends on, so it never goes stale.
    """
    try:
        return find_layout().features_cache
    except ConfigError:
        return None
