"""Tasks from Python: training data and inputs out, predictions with ids in, never a test label."""

from ionladder.notebook.scores import evaluate
from ionladder.notebook.task import LoadedTask, load_task

__all__ = ["LoadedTask", "evaluate", "load_task"]
