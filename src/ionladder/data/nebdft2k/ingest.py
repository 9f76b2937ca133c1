"""Ingest of this dataset."""

from __future__ import annotations

from functools import partial

from ionladder.data.litraj.paths import build_paths
from ionladder.data.nebdft2k.spec import DATASET

build = partial(build_paths, dataset=DATASET)
