"""Tasks from Python: training data and inputs out, predictions with ids in, never a test label."""

from ionladder.notebook.load import load_task
from ionladder.notebook.scores import evaluate
from ionladder.notebook.task import LoadedTask

__all__ = ["LoadedTask", "evaluate", "load_task"]
