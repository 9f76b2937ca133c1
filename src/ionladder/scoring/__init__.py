"""Scoring: from labels and predictions to metrics with intervals, and one receipt per score."""

from ionladder.scoring.evaluate import Evaluation, evaluate
from ionladder.scoring.version import SCORER_VERSION

__all__ = ["SCORER_VERSION", "Evaluation", "evaluate"]
