"""A temporary repository in which the miniature of nebDFT2k is pinned and ingested."""

from __future__ import annotations

from pathlib import Path

from nebdft2k_miniature import HOPS, Archive

from ionladder.config import Params, add_pin, load_params
from ionladder.data.ingest import ingest
from ionladder.repo import Layout, sha256_file

VERSION = "1.0.0"
KEY = "nebdft2k-1-0-0"

_PARAMS = f"""\
scoring: {{resamples: 200, seed: 7, confidence: 0.95}}
datasets: {{}}
tasks: {{}}
embedded: {{}}
on_demand:
  {KEY}:
    dataset: nebdft2k
    version: "{VERSION}"
    tag: litraj
    base_url: https://example.org/litraj
    files: [nebDFT2k.zip]
    download_bytes: 65000000
    ingested_bytes: 100000000
    expected: {{hops: {len(HOPS)}}}
    folds: {{n_folds: 3, n_repeats: 1, seed: 20250221}}
    tasks: [nebdft2k-barrier, nebdft2k-path]
"""


def make_repository(root: Path, archive: Archive | None = None) -> tuple[Layout, Params]:
    """A repository with the archive fetched, pinned and ingested."""
    layout = put_archive(root, archive)
    params = load_params(layout)
    ingest(layout, params.versions[KEY])
    return layout, params


def put_archive(root: Path, archive: Archive | None = None) -> Layout:
    """The same before ingest."""
    layout = Layout(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / "params.yaml").write_text(_PARAMS, encoding="utf-8")
    path = (archive or Archive()).write(layout.raw_dir("nebdft2k", VERSION))
    version = load_params(layout).versions[KEY]
    add_pin(layout, version, {"nebDFT2k.zip": sha256_file(path)})
    return layout
