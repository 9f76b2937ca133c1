"""Whether BVlain, which computes the labels, is installed in the version that defines them."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import pytest

from ionladder.data.bond_valence import BVLAIN_VERSION


def _found() -> str:
    try:
        return version("bvlain")
    except PackageNotFoundError:
        return "none"


def needs_bvlain(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test as one of an extra, and skip it without BVlain."""
    reason = f"needs bvlain {BVLAIN_VERSION} (the extra `bvel`), found {_found()}"
    skip = pytest.mark.skipif(_found() != BVLAIN_VERSION, reason=reason)
    return pytest.mark.extra(skip(test))
