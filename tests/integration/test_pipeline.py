"""``dvc repro`` in a temporary repository: builds everything once, then only what changed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml
from disturbed import CARD, copy_files, git, run

from factories import write_repo
from ionladder.repo import Layout

COPIED = (
    *("src", "docs", "dvc.yaml", "mkdocs.yml", "CONTRIBUTING.md", "SECURITY.md", ".dvc/config"),
    *(".dvcignore", ".gitignore", "data/pins.json", "data/bvel_proto", "benchmarks/results"),
    "submissions/bvel-proto/train-median",
)
OBELIX_TASKS = ("obelix", "obelix-cif", "obelix-cv")
SCORES = ["score@bvel-proto", *(f"score@{task}" for task in OBELIX_TASKS)]


def stages_run(output: str) -> list[str]:
    """Names of the stages that DVC says it ran, in alphabetical order."""
    marker = "Running stage '"
    return sorted(line.split("'")[1] for line in output.splitlines() if line.startswith(marker))


@pytest.fixture
def layout(tmp_path: Path, repository: Path) -> Layout:
    """A committed repository with the real code and pipeline, and one synthetic version."""
    root = tmp_path / "clone"
    copy_files(repository, root, COPIED)
    layout = write_repo(root, tasks=OBELIX_TASKS)
    params = json.loads(layout.params.read_text())
    real = yaml.safe_load((repository / "params.yaml").read_text())
    params["tasks"]["bvel-proto"] = real["tasks"]["bvel-proto"]
    params["embedded"] = real["embedded"]
    params["on_demand"] = real["on_demand"]
    navigation = (root / "mkdocs.yml").read_text().splitlines(keepends=True)
    others = ("em619", "external")  # boards that this repository does not have
    kept = (line for line in navigation if not any(name in line for name in others))
    (root / "mkdocs.yml").write_text("".join(kept))
    layout.params.write_text(json.dumps(params, indent=2))
    for task in OBELIX_TASKS:
        folder = layout.submission_dir(task, "constant")
        folder.mkdir(parents=True)
        (folder / "submission.yaml").write_text(CARD.format(name="Constant"))
    fill_in_nothing(layout)
    git(root, "init", "-q")
    run(root, "dvc", "commit", "-f", "generate-bvel-proto")
    return layout


def fill_in_nothing(layout: Layout) -> None:
    """Tables without a row: a submission that is refused, which stops no stage."""
    for task, stem, columns in (
        ("obelix", "predictions", "id,log10_sigma"),
        ("obelix-cif", "predictions", "id,log10_sigma"),
        ("obelix-cv", "cv_predictions", "scheme,repeat,fold,id,log10_sigma"),
    ):
        path = layout.submission_dir(task, "constant") / f"{stem}.csv"
        path.write_text(f"{columns}\n")


def fill_in(layout: Layout, value: float) -> None:
    splits = pd.read_parquet(layout.table("obelix", "1.0.0", "splits"))
    ids = splits.loc[splits["subset"] == "test", "id"]
    path = layout.submission_dir("obelix", "constant") / "predictions.csv"
    pd.DataFrame({"id": ids, "log10_sigma": value}).to_csv(path, index=False)


@pytest.mark.slow
def test_the_pipeline_builds_once_and_then_only_what_changed(layout: Layout) -> None:
    root = layout.root
    ingest = stages_run(run(root, "dvc", "repro", "ingest@obelix-1-0-0"))
    assert ingest == ["fetch@obelix-1-0-0", "ingest@obelix-1-0-0"]

    fill_in(layout, -5.0)
    assert stages_run(run(root, "dvc", "repro")) == [*SCORES, "site"]
    assert (root / "site" / "obelix" / "index.html").is_file()
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    tracked = git(root, "ls-files").split()
    assert "leaderboard/obelix.json" in tracked
    upstream = [name for name in tracked if name.startswith("data/obelix/")]
    assert upstream == ["data/obelix/1.0.0/manifest.json"]
    assert not [name for name in tracked if name.startswith(("docs/generated", "site/"))]

    assert stages_run(run(root, "dvc", "repro")) == []
    assert git(root, "status", "--porcelain") == ""

    fill_in(layout, -6.0)
    assert stages_run(run(root, "dvc", "repro")) == ["score@obelix", "site"]
    changed = git(root, "diff", "--name-only").split()
    assert "leaderboard/scores/obelix/constant.json" in changed
    assert not [name for name in changed if name.startswith("data/")]

    params = layout.params.read_text()
    layout.params.write_text(params.replace('"resamples": 500', '"resamples": 600'))
    assert stages_run(run(root, "dvc", "repro")) == [*SCORES, "site"]
