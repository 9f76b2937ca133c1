"""Recorded predictions in matbench's layout: ``ionladder convert`` and matbench's users read it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.core.files import write_with
from ionladder.interchange.matbench_names import MatbenchName
from ionladder.specs.task import Task

if TYPE_CHECKING:
    import pandas as pd


def write_results(
    path: Path,
    task: Task,
    recorded: Mapping[tuple[str | None, int, int], tuple[pd.DataFrame, Mapping[str, Any]]],
) -> None:
    """Write recorded folds as matbench's ``to_file`` would, without scores of our own.

    Args:
        path: The file; compressed where its name ends in ``.gz``.
        task: The task.
        recorded: (Scheme, repeat, fold) → predictions indexed by id, and parameters. The scheme is
            None for the test entries.
    """
    tasks: dict[str, dict[str, Any]] = {}
    for (scheme, repeat, fold), (frame, params) in recorded.items():
        for target in task.targets:
            split = MatbenchName(task=task.name, target=target.name, scheme=scheme, repeat=repeat)
            document = tasks.setdefault(str(split), _task(str(split), task))
            document["results"][f"fold_{fold}"] = {
                "data": frame[target.name].to_dict(),
                "uncertainty": _uncertainty(frame, target.name),
                "parameters": dict(params),
                "scores": {},
            }
    document = {
        "@module": "matbench.bench",
        "@class": "MatbenchBenchmark",
        "version": "0.6",
        "benchmark_name": f"ionladder_{task.dataset}",
        "tasks": tasks,
        "user_metadata": {},
    }
    data = (json.dumps(document, indent=1) + "\n").encode("ascii")
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)
    write_with(path, lambda temporary: _put(temporary, data))


def _task(name: str, task: Task) -> dict[str, Any]:
    return {
        "@module": "matbench.task",
        "@class": "MatbenchTask",
        "benchmark_name": f"ionladder_{task.dataset}",
        "dataset_name": name,
        "results": {},
    }


def _uncertainty(frame: pd.DataFrame, target: str) -> dict[str, Any] | None:
    column = f"{target}_std"
    if column not in frame.columns:
        return None
    return {str(name): {"std": value} for name, value in frame[column].items()}


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)
