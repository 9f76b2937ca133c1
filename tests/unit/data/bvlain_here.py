"""Whether BVlain, which computes the labels, is installed in the version that defines them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from ionladder.data.bond_valence import BVLAIN_VERSION


def _found() -> str:
    try:
        return version("bvlain")
    except PackageNotFoundError:
        return "none"


needs_bvlain = pytest.mark.skipif(
    _found() != BVLAIN_VERSION,
    reason=f"needs bvlain {BVLAIN_VERSION} (the extra `bvel`), found {_found()}",
)
