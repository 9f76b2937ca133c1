"""Scoring large synthetic tasks: 20 submissions of 100,000 entries, and 1,700 files of 1,176."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measure import measure_or_exit

from ionladder.core.paths import Layout
from ionladder.datasets.labels import EvaluationLabels
from ionladder.leaderboard.analysis import analyse
from ionladder.leaderboard.assemble import assemble
from ionladder.leaderboard.comparison import compare
from ionladder.scoring.score import TaskScorer, submission_folders
from ionladder.specs.params import ScoringSettings
from ionladder.specs.task import MetricUse, Primary, Subset, Target, Task

# Case → submissions, entries, entries in a group, whether ranked, CPU-seconds, MB.
CASES = {
    "large": (20, 100_000, 10, True, 20.0, 1000.0),
    "many": (1_700, 1_176, 4, False, 6.0, 1000.0),
}
SETTINGS = ScoringSettings(resamples=10_000, seed=0, confidence=0.95)
TASK = Task(
    name="scale",
    title="Scale",
    question="How fast is scoring?",
    dataset="scale",
    split="official",
    targets=(
        Target(
            name="y_ev",
            symbol="E",
            unit="eV",
            error_unit="eV",
            description="A number.",
            plausible=(-100.0, 100.0),
        ),
    ),
    metrics=tuple(
        MetricUse(name=name, metric=name, title=name) for name in ("mae", "rmse", "r2", "spearman")
    ),
    subsets=(Subset(name="all", title="all entries"),),
    primary=Primary(target="y_ev", metric="mae", subset="all"),
    group_column="component",
)
CARD = """\
model: Synthetic
description: Labels and noise.
authors:
  - name: IonLadder benchmarks
training_data: none
inputs: composition
licence: CC0-1.0
"""


def main() -> None:
    """Make a case and measure its scoring in a process of its own; exit 1 beyond a limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=sorted(CASES), help="default: all")
    parser.add_argument("--score", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.score:
        score(arguments.score, arguments.cases[0])
        return
    over = False
    print(f"{'case':>8}{'files':>8}{'rows':>12}{'CPU s':>8}{'peak MB':>9}{'limits':>16}")
    for name in arguments.cases:
        n_submissions, n_entries, _, _, limit_s, limit_mb = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), name)
            command = (sys.executable, __file__, name, "--score", folder)
            cost = measure_or_exit(command, folder=Path(folder), variables={})
        over |= cost.cpu_s > limit_s or cost.peak_rss_mb > limit_mb
        print(
            f"{name:>8}{n_submissions:>8,}{n_submissions * n_entries:>12,}{cost.cpu_s:>8.2f}"
            f"{cost.peak_rss_mb:>9.0f}{f'{limit_s:g} s, {limit_mb:g} MB':>16}"
        )
    sys.exit(over)


def labels_of(name: str) -> pd.DataFrame:
    """Labels of a case: normal, with equally large groups."""
    _, n_entries, group_size, _, _, _ = CASES[name]
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "id": [f"e{row:06d}" for row in range(n_entries)],
            "y_ev": rng.normal(size=n_entries),
            "component": np.arange(n_entries) // group_size,
        }
    )


def make(folder: Path, name: str) -> None:
    """Write the submissions of a case: labels with noise that differs between submissions."""
    labels = labels_of(name)
    rng = np.random.default_rng(2)
    for number in range(CASES[name][0]):
        target = folder / "submissions" / TASK.name / f"model-{number:04d}"
        target.mkdir(parents=True)
        (target / "submission.yaml").write_text(CARD, encoding="utf-8")
        noise = rng.normal(scale=0.5 + 0.5 * number / CASES[name][0], size=len(labels))
        table = pd.DataFrame({"id": labels["id"], "y_ev": (labels["y_ev"] + noise).round(4)})
        table.to_csv(target / "predictions.csv", index=False)


def score(folder: Path, name: str) -> None:
    """Score a case and, where its board is ranked, put board and analysis together."""
    labels = labels_of(name)
    nothing = labels.iloc[:0]
    evaluation = EvaluationLabels(
        test=labels,
        train=nothing,
        replicates=nothing.assign(replicate_group=[]),
        labels_sha256="0" * 64,
        split_sha256="0" * 64,
        folds=pd.DataFrame({"scheme": [], "repeat": [], "fold": [], "id": []}),
    )
    layout = Layout(folder)
    scorer = TaskScorer(TASK, "1", evaluation, SETTINGS, layout)
    result = scorer.score_all(submission_folders(layout, TASK.name))
    if len(result.scored) != CASES[name][0]:
        sys.exit(f"{len(result.refused)} submissions were refused: {result.refused}")
    if CASES[name][3]:
        comparison = compare(TASK, result.scored, SETTINGS)
        told = {"dataset_version": "1", "settings": SETTINGS}
        assemble(TASK, result.scored, scorer.floors(), comparison, **told)
        analyse(TASK, result.scored, comparison, scorer.groups(), **told)


if __name__ == "__main__":
    main()
