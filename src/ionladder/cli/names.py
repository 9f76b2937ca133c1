"""Names that a shell completes: looked up in the specs alone, since every press of Tab waits."""

from __future__ import annotations


def task_names(incomplete: str) -> list[str]:
    """Tasks whose names begin with what is typed."""
    from ionladder.datasets.registry import all_tasks

    return [name for name in all_tasks() if name.startswith(incomplete)]
