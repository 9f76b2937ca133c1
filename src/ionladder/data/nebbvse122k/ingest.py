"""Ingest of this dataset."""

from __future__ import annotations

from functools import partial

from ionladder.data.litraj.labelled import build_nebbvse122k
from ionladder.data.nebbvse122k.spec import DATASET

build = partial(build_nebbvse122k, dataset=DATASET)
