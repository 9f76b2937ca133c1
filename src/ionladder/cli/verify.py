"""``ionladder verify``: hash everything again and name what is not as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ionladder.datasets.verify import Step


def verify() -> None:
    """Hold every file on this machine to the hash recorded for it; say what is not here."""
    from ionladder.cli.context import load_context
    from ionladder.core.errors import DataChangedError

    context = load_context()
    results = [step(context.layout, context.params) for step in _steps()]
    for result in results:
        print(f"{result.what}: {result.n_good} as recorded, {len(result.problems)} not")
        for absent in result.absent:
            print(f"  not on this machine: {absent}")
    problems = [problem for result in results for problem in result.problems]
    if problems:
        raise DataChangedError(problems)


def _steps() -> tuple[Step, ...]:
    """What is verified, in order; a new kind of record adds its step here."""
    from ionladder.datasets.verify import DATASET_STEPS
    from ionladder.leaderboard.check import verify_receipts
    from ionladder.leaderboard.history_check import verify_history

    return (*DATASET_STEPS, verify_receipts, verify_history)
