"""What several commands need first: the repository, its parameters, and a task by path or name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ionladder.core.errors import ConfigError
from ionladder.core.paths import Layout, find_layout
from ionladder.core.problems import Problem
from ionladder.specs.params import Params
from ionladder.specs.task import Task


@dataclass(frozen=True, kw_only=True)
class Context:
    """The repository a command works in."""

    layout: Layout
    params: Params

    def version_of(self, task: Task, wanted: str | None = None) -> str:
        """The dataset version a task is scored on, or the wanted one if it is pinned."""
        from ionladder.datasets.pins import require_scored

        require_scored(self.layout, self.params, task.name)
        version = wanted or self.params.task_versions.get(task.name)
        if version is not None and self.params.find(task.dataset, version) is not None:
            return version
        pinned = [v.version for v in self.params.versions.values() if v.dataset == task.dataset]
        raise ConfigError(
            Problem(
                where=f"params.yaml, task {task.name}",
                expected=f"a pinned version of {task.dataset} ({', '.join(pinned) or 'none yet'})",
                found=version or "none",
                next_step="Name one of the pinned versions, or pin the new one under `datasets`.",
            )
        )


def load_context() -> Context:
    """Find the repository and read its ``params.yaml``."""
    from ionladder.datasets.params import load_params

    layout = find_layout()
    return Context(layout=layout, params=load_params(layout))


def task_of(path: Path, name: str | None) -> Task:
    """The task a submission folder belongs to: as named, else its parent folder's name.

    Raises:
        ConfigError: There is no such task.
    """
    from ionladder.datasets.registry import get_task

    return get_task(name or path.resolve().parent.name)
