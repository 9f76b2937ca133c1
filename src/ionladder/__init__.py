"""IonLadder: a data-versioned leaderboard for machine-learning models of Li-ion transport.

From a notebook: ``ionladder.load_task("obelix")`` gives a task with its data, and
``ionladder.evaluate(labels, predictions, task)`` scores two tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ionladder.evaluation import Scorer
    from ionladder.notebook import (
        LoadedTask,
        evaluate,
        list_tasks,
        load_board,
        load_predictions,
        load_task,
    )

__version__ = "0.1.0"
__all__ = [
    "LoadedTask",
    "Scorer",
    "__version__",
    "evaluate",
    "list_tasks",
    "load_board",
    "load_predictions",
    "load_task",
]


def __getattr__(name: str) -> Any:
    """Import what notebooks use when it is first asked for: `import ionladder` stays light."""
    if name in __all__:
        from importlib import import_module

        module = "evaluation" if name == "Scorer" else "notebook"
        return getattr(import_module(f"ionladder.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
