"""What the audit of 1,000 submissions costs: all different, all copies, all on one line."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from ionladder.board.audit import audit_board
from ionladder.data.labels import EvaluationLabels
from ionladder.data.registry import get_task

TASK = get_task("obelix")
TARGET = TASK.targets[0].name
N_SUBMISSIONS, N_ENTRIES, N_TRAIN = 1000, 121, 478
LIMIT_CPU_S = 1.0
SEED = 20250221


def main() -> None:
    """Audit three synthetic boards; exit 1 when one takes longer than the limit."""
    rng = np.random.default_rng(SEED)
    truth = rng.normal(-7.0, 2.5, N_ENTRIES)
    noise = rng.normal(0.0, 1.0, (N_SUBMISSIONS, N_ENTRIES))
    slopes = rng.uniform(0.5, 1.2, (N_SUBMISSIONS, 1))
    boards = {
        "all different": 0.5 * truth - 3.5 + noise,
        "all copies": np.tile(0.5 * truth - 3.5 + noise[0], (N_SUBMISSIONS, 1)),
        "all on one line": slopes * (0.5 * truth - 3.5 + noise[0]) + 1.0,
    }
    labels = _labels(truth, rng)
    ids = labels.test["id"]
    over = False
    print(f"{'board of 1,000 x 121':<22}{'CPU s':>8}{'findings':>10}")
    for title, rows in boards.items():
        scored = {f"model-{place:04d}": _scored(ids, row) for place, row in enumerate(rows)}
        begin = time.process_time()
        findings = audit_board(TASK, scored, labels, crossing=ids[:2].tolist())
        cpu_s = time.process_time() - begin
        over |= cpu_s > LIMIT_CPU_S
        print(f"{title:<22}{cpu_s:>8.2f}{sum(map(len, findings.values())):>10}")
    print(f"Limit: {LIMIT_CPU_S:g} CPU-seconds each.")
    sys.exit(over)


def _labels(truth: np.ndarray, rng: np.random.Generator) -> EvaluationLabels:
    def table(name: str, values: np.ndarray) -> pd.DataFrame:
        ids = [f"{name}{place:04d}" for place in range(len(values))]
        return pd.DataFrame({"id": ids, TARGET: values, f"{TARGET}_limit": np.nan})

    test = table("t", truth)
    return EvaluationLabels(
        test=test,
        train=table("a", rng.normal(-7.0, 2.5, N_TRAIN)),
        replicates=test.iloc[:0],
        labels_sha256="",
        split_sha256="",
        folds=pd.DataFrame(columns=["scheme", "repeat", "fold", "id"]),
    )


def _scored(ids: pd.Series[str], values: np.ndarray) -> Any:
    """What the audit reads of a scored submission, without a folder behind it."""
    rows = pd.DataFrame({"id": ids, "seed": 0, TARGET: values})
    score = {"value": 2.0, "ci_low": 1.5, "ci_high": 2.6}
    receipt = {
        "targets": {TARGET: {"all": {"metrics": {"mae": score}}}},
        "cross_validation": {
            "grouped_doi_comp": {"mae": 2.0, "mae_ci_low": 1.5, "mae_ci_high": 2.6}
        },
    }
    submission = SimpleNamespace(predictions=SimpleNamespace(rows=rows))
    return SimpleNamespace(submission=submission, receipt=receipt)


if __name__ == "__main__":
    main()
