"""A repository with miniatures of LiTraj, as `ionladder fetch --pin` leaves it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from miniature import Miniature

from factories import write_repo
from ionladder.config import DatasetVersion, add_pin, load_params
from ionladder.data.ingest import ingest
from ionladder.repo import Layout, sha256_file

FOLDS = {"n_folds": 5, "n_repeats": 1, "seed": 20250221}


def with_miniatures(root: Path, miniatures: Sequence[Miniature]) -> Layout:
    """Write archives and ``params.yaml``, pin them, and ingest them."""
    layout = write_repo(root, ["1.0.0"])
    content = json.loads(layout.params.read_text(encoding="utf-8"))
    content["on_demand"] = {
        _key(one): {
            "dataset": one.stem.lower(),
            "version": "1.0.0",
            "tag": "litraj",
            "base_url": "https://upstream.invalid/litraj",
            "files": [f"{one.stem}.zip"],
            "download_bytes": 1_000_000,
            "ingested_bytes": 1_000_000,
            "expected": one.counts,
            "folds": FOLDS,
            "tasks": [one.stem.lower()],
        }
        for one in miniatures
    }
    layout.params.write_text(json.dumps(content), encoding="utf-8")
    for one in miniatures:
        version = put_raw(layout, one)
        add_pin(layout, version, {p.name: sha256_file(p) for p in _raw(layout, version)})
        ingest(layout, load_params(layout).versions[_key(one)])
    return layout


def put_raw(layout: Layout, miniature: Miniature) -> DatasetVersion:
    """Write one archive where a fetch leaves it."""
    version = load_params(layout).versions[_key(miniature)]
    folder = layout.raw_dir(version.dataset, version.version)
    shutil.rmtree(folder, ignore_errors=True)
    miniature.write(folder)
    return version


def _key(miniature: Miniature) -> str:
    return f"{miniature.stem.lower()}-1-0-0"


def _raw(layout: Layout, version: DatasetVersion) -> list[Path]:
    return sorted(layout.raw_dir(version.dataset, version.version).iterdir())
