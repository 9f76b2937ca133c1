"""Small files in the exact layouts of JARVIS-Leaderboard and matbench, made as these make them."""

import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

JARVIS_NAME = "AI-SinglePropertyPrediction-log10_sigma-tiny-test-mae.csv.zip"
CLAIMS = {"mae": 0.1, "rmse": 0.2, "mape": 0.3, "max_error": 0.4}


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """A deflated zip with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def zip_of(path: Path, content: bytes, member: str | None = None) -> Path:
    """A zip of one file, as ``zip x.csv.zip x.csv`` makes it."""
    path.write_bytes(zip_bytes({member or path.name.removesuffix(".zip"): content}))
    return path


def jarvis_zip(path: Path, lines: Sequence[str]) -> Path:
    """A contribution."""
    return zip_of(path, "\n".join(lines).encode() + b"\n")


def jarvis_labels(path: Path, splits: Mapping[str, Mapping[str, float]]) -> Path:
    """A benchmark: one JSON with the labels of every split by id."""
    return zip_of(path, json.dumps(splits).encode())


def fold(
    data: Mapping[str, Any],
    *,
    scores: Mapping[str, float] = CLAIMS,
    std: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """What ``MatbenchTask.record`` keeps of a fold."""
    given = {
        i: {"ci_lower": 0.0, "ci_upper": 1.0, "std": value} for i, value in (std or {}).items()
    }
    return {
        "data": dict(data),
        "uncertainty": given or None,
        "parameters": {"alpha": 0.5},
        "scores": dict(scores),
    }


def task_document(name: str, folds: Mapping[str, Any]) -> dict[str, Any]:
    """What ``MatbenchTask.as_dict`` gives."""
    return {
        "@module": "matbench.task",
        "@class": "MatbenchTask",
        "benchmark_name": "matbench_v0.1",
        "dataset_name": name,
        "results": dict(folds),
    }


def results_document(tasks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What ``MatbenchBenchmark.as_dict`` gives."""
    return {
        "@module": "matbench.bench",
        "@class": "MatbenchBenchmark",
        "version": "0.6",
        "tasks": {name: task_document(name, folds) for name, folds in tasks.items()},
        "user_metadata": {},
        "benchmark_name": "matbench_v0.1",
        "datestamp": "2026.01.01 00:00.00",
        "hash": "0" * 64,
    }


def results_gz(path: Path, tasks: Mapping[str, Mapping[str, Any]]) -> Path:
    """``results.json.gz``."""
    path.write_bytes(gzip.compress(json.dumps(results_document(tasks)).encode()))
    return path
