"""Scoring large synthetic boards: 20 submissions of 100,000 entries, 1,700 of 1,176, 100 of 13,167.

The case ``nebbvse122k`` has the real task and the real number of hops and materials: labels and
predictions are made up, and a hundred submissions are scored, ranked and analysed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measure import measure_or_exit

from ionladder.board.build import assemble
from ionladder.board.compare import analyse, compare_submissions
from ionladder.config import ScoringSettings
from ionladder.data.labels import EvaluationLabels
from ionladder.data.registry import get_task
from ionladder.repo import Layout
from ionladder.score import TaskScorer, submission_folders
from ionladder.specs import MetricUse, PrimaryMetric, Subset, Target, Task

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
    primary=PrimaryMetric(target="y_ev", metric="mae", subset="all"),
    group_column="component",
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A board.

    Attributes:
        task: What is scored.
        submissions: How many.
        test, train: Entries.
        test_groups, train_groups: Groups of related entries among them.
        is_ranked: Whether board and analysis are put together too.
        cpu_s, mb: What it may cost.
    """

    task: Task = TASK
    submissions: int
    test: int
    test_groups: int
    train: int = 0
    train_groups: int = 1
    is_ranked: bool = True
    cpu_s: float
    mb: float = 1000.0


# 11,290 materials hold the hops of nebBVSE122k; upstream's parts have none in common.
CASES = {
    "large": Case(submissions=20, test=100_000, test_groups=10_000, cpu_s=20.0),
    "many": Case(submissions=1_700, test=1_176, test_groups=294, is_ranked=False, cpu_s=6.0),
    "nebbvse122k": Case(
        task=get_task("nebbvse122k"),
        submissions=100,
        test=13_167,
        test_groups=1_214,
        train=109_254,
        train_groups=10_076,
        cpu_s=10.0,
    ),
}
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
        score(arguments.score, CASES[arguments.cases[0]])
        return
    over = False
    print(f"{'case':>12}{'files':>8}{'rows':>12}{'CPU s':>8}{'peak MB':>9}{'limits':>16}")
    for name in arguments.cases:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder), case)
            command = (sys.executable, __file__, name, "--score", folder)
            cost = measure_or_exit(command, folder=Path(folder), variables={})
        over |= cost.cpu_s > case.cpu_s or cost.peak_rss_mb > case.mb
        print(
            f"{name:>12}{case.submissions:>8,}{case.submissions * case.test:>12,}"
            f"{cost.cpu_s:>8.2f}{cost.peak_rss_mb:>9.0f}{f'{case.cpu_s:g} s, {case.mb:g} MB':>16}"
        )
    sys.exit(over)


def labels_of(case: Case, part: str) -> pd.DataFrame:
    """Made-up labels of one part, in groups of about one size, and in a subset of every kind."""
    n_entries, n_groups = (
        (case.test, case.test_groups) if part == "test" else (case.train, case.train_groups)
    )
    rng = np.random.default_rng(1)
    columns = {
        "id": [f"{part}-{row:06d}" for row in range(n_entries)],
        "component": np.arange(n_entries) * n_groups // max(n_entries, 1),
    }
    columns |= {target.name: rng.gamma(1.0, 1.0, n_entries) for target in case.task.targets}
    kinds: dict[str, list[object]] = {}
    for subset in case.task.subsets:
        if subset.column is not None:
            kinds.setdefault(subset.column, []).append(subset.equals)
    for column, values in kinds.items():
        columns[column] = np.array(values, dtype=object)[rng.integers(0, len(values), n_entries)]
    return pd.DataFrame(columns)


def make(folder: Path, case: Case) -> None:
    """Write the submissions of a case: labels with noise that differs between submissions."""
    labels = labels_of(case, "test")
    targets = [target.name for target in case.task.targets]
    rng = np.random.default_rng(2)
    for number in range(case.submissions):
        folder_of = folder / "submissions" / case.task.name / f"model-{number:04d}"
        folder_of.mkdir(parents=True)
        (folder_of / "submission.yaml").write_text(CARD, encoding="utf-8")
        scale = 0.5 + 0.5 * number / case.submissions
        table = labels[["id", *targets]].copy()
        table[targets] = (table[targets] + rng.normal(scale=scale, size=(len(table), 1))).round(4)
        table.to_csv(folder_of / "predictions.csv", index=False)


def score(folder: Path, case: Case) -> None:
    """Score a case and, where its board is ranked, put board and analysis together."""
    test = labels_of(case, "test")
    evaluation = EvaluationLabels(
        test=test,
        train=labels_of(case, "train"),
        replicates=test.iloc[:0].assign(replicate_group=[]),
        labels_sha256="0" * 64,
        split_sha256="0" * 64,
        folds=pd.DataFrame({"scheme": [], "repeat": [], "fold": [], "id": []}),
    )
    layout = Layout(folder)
    scorer = TaskScorer(case.task, "1", evaluation, SETTINGS, layout)
    result = scorer.score_all(submission_folders(layout, case.task.name))
    if len(result.scored) != case.submissions:
        sys.exit(f"{len(result.refused)} submissions were refused: {result.refused}")
    if case.is_ranked:
        comparison = compare_submissions(case.task, result.scored, SETTINGS)
        told = {"dataset_version": "1", "settings": SETTINGS}
        assemble(case.task, result.scored, scorer.floors(), comparison, **told)
        analyse(case.task, result.scored, comparison, scorer.groups(), **told)


if __name__ == "__main__":
    main()
