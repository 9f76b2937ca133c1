"""Ingest of this dataset."""

from __future__ import annotations

from functools import partial

from ionladder.data.bvel13k.spec import DATASET
from ionladder.data.litraj.labelled import build_bvel13k

build = partial(build_bvel13k, dataset=DATASET)
