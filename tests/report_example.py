"""A small report of a pull request, as `ionladder pr-check` writes it."""

from typing import Any

SCORE = {"value": 1.25, "ci_low": 1.0, "ci_high": 1.5, "seed_sd": None}
REPORT: dict[str, Any] = {
    "format": 1,
    "verdict": "good",
    "base": "a" * 40,
    "merge_base": "b" * 40,
    "head": "c" * 40,
    "refusals": [],
    "questions": [],
    "submissions": [
        {
            "task": "tiny",
            "name": "mine",
            "is_new": True,
            "outcome": "scored",
            "receipt": {
                "model": "Mine",
                "dataset": "tiny",
                "dataset_version": "1.0.0",
                "n_expected": 6,
                "n_scored": 6,
                "n_seeds": 1,
                "targets": {"log10_sigma": {"all": {"n": 6, "metrics": {"mae": SCORE}}}},
                "hashes": {"anything": "else"},
            },
            "standing": {
                "rank": 1,
                "rank_low": 1,
                "rank_high": 2,
                "n_ranked": 2,
                "probability_best": 0.612,
                "leader": "mine",
                "tied_with": ["other"],
            },
            "former": None,
            "audit": [{"check": "labels", "title": "Close", "sentence": "Very.", "evidence": {}}],
        }
    ],
}
