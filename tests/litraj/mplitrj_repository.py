"""A repository with the miniature of MPLiTrj fetched on demand, pinned and ingested."""

from __future__ import annotations

import json
from pathlib import Path

import mplitrj_miniature as miniature

from ionladder.repo import Layout

KEY = "mplitrj-subsample-1-0-0"
TASK = "mplitrj-subsample"
DATASET, VERSION = "mplitrj_subsample", "1.0.0"


def write_repository(root: Path) -> Layout:
    """``params.yaml`` that pins nothing yet; the archive stands in ``upstream/`` below it."""
    miniature.write_archive(root / "upstream" / DATASET / "litraj" / f"{miniature.STEM}.zip")
    params = {
        "scoring": {"resamples": 500, "seed": 7, "confidence": 0.95},
        "tasks": {},
        "datasets": {},
        "on_demand": {
            KEY: {
                "dataset": DATASET,
                "version": VERSION,
                "tag": "litraj",
                "base_url": "https://example.org/litraj",
                "files": [f"{miniature.STEM}.zip"],
                "download_bytes": 10_000,
                "ingested_bytes": 100_000,
                "expected": miniature.COUNTS,
                "folds": {"n_folds": 5, "n_repeats": 1, "seed": 20250221},
                "tasks": [TASK],
            }
        },
    }
    (root / "params.yaml").write_text(json.dumps(params, indent=2), encoding="utf-8")
    return Layout(root.resolve())
