"""``dvc repro`` in a temporary repository: builds everything once, then only what changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from factories import write_repo
from ionladder.repo import Layout

COPIED = (
    *(
        "src",
        "docs",
        "dvc.yaml",
        "data/pins.json",
        "mkdocs.yml",
        "CONTRIBUTING.md",
        "SECURITY.md",
        ".dvc/config",
        ".dvcignore",
        ".gitignore",
    ),
    *("data/bvel_proto", "submissions/bvel-proto/train-median", "benchmarks/results"),
)
OBELIX_TASKS = ("obelix", "obelix-cif", "obelix-cv")
SCORES = ["score@bvel-proto", *(f"score@{task}" for task in OBELIX_TASKS)]
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def run(root: Path, *command: str) -> str:
    """Run a command with this environment's scripts first on the path; return what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path,
        "DVC_NO_ANALYTICS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def stages_run(output: str) -> list[str]:
    """Names of the stages that DVC says it ran, in alphabetical order."""
    marker = "Running stage '"
    return sorted(line.split("'")[1] for line in output.splitlines() if line.startswith(marker))


@pytest.fixture
def layout(tmp_path: Path, repository: Path) -> Layout:
    """A committed repository with the real code and pipeline, and one synthetic version."""
    root = tmp_path / "clone"
    ignore = shutil.ignore_patterns("generated", "__pycache__")
    for name in COPIED:
        source, target = repository / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copy(source, target)
    layout = write_repo(root, tasks=OBELIX_TASKS)
    params = json.loads(layout.params.read_text())
    real = yaml.safe_load((repository / "params.yaml").read_text())
    params["tasks"]["bvel-proto"] = real["tasks"]["bvel-proto"]
    params["embedded"] = real["embedded"]
    params["on_demand"] = real["on_demand"]  # their pages stand in the navigation
    layout.params.write_text(json.dumps(params, indent=2))
    for task in OBELIX_TASKS:
        folder = layout.submission_dir(task, "constant")
        folder.mkdir(parents=True)
        (folder / "submission.yaml").write_text(
            "model: Constant\ndescription: Minus five for everything.\n"
            "authors: [{name: A. Author}]\ntraining_data: none\ninputs: composition\n"
            "licence: MIT\n"
        )
    fill_in_nothing(layout)
    run(root, "git", "init", "-q")
    run(root, sys.executable, "-m", "dvc", "commit", "-f", "generate-bvel-proto")
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
    dvc = (sys.executable, "-m", "dvc", "repro")
    ingest = stages_run(run(root, *dvc, "ingest@obelix-1-0-0"))
    assert ingest == ["fetch@obelix-1-0-0", "ingest@obelix-1-0-0"]

    fill_in(layout, -5.0)
    assert stages_run(run(root, *dvc)) == [*SCORES, "site"]
    assert (root / "site" / "obelix" / "index.html").is_file()
    run(root, "git", "add", "-A")
    run(root, "git", *IDENTITY, "commit", "-qm", "all")
    tracked = run(root, "git", "ls-files").split()
    assert "leaderboard/obelix.json" in tracked
    upstream = [name for name in tracked if name.startswith("data/obelix/")]
    assert upstream == ["data/obelix/1.0.0/manifest.json"]
    assert not [name for name in tracked if name.startswith(("docs/generated", "site/"))]

    assert stages_run(run(root, *dvc)) == []
    assert run(root, "git", "status", "--porcelain") == ""

    fill_in(layout, -6.0)
    assert stages_run(run(root, *dvc)) == ["score@obelix", "site"]
    changed = run(root, "git", "diff", "--name-only").split()
    assert "leaderboard/scores/obelix/constant.json" in changed
    assert not [name for name in changed if name.startswith("data/")]

    params = layout.params.read_text()
    layout.params.write_text(params.replace('"resamples": 500', '"resamples": 600'))
    assert stages_run(run(root, *dvc)) == [*SCORES, "site"]


@pytest.mark.slow
def test_without_data_the_recorded_scores_are_kept_and_the_pages_built(layout: Layout) -> None:
    root = layout.root
    ionladder = (sys.executable, "-m", "ionladder.cli.main")
    run(root, sys.executable, "-m", "dvc", "repro", "ingest@obelix-1-0-0")
    fill_in(layout, -5.0)
    run(root, *ionladder, "build")
    run(root, "git", "add", "-A")
    run(root, "git", *IDENTITY, "commit", "-qm", "all")

    clone = root.parent / "offline"
    run(root.parent, "git", "clone", "-q", str(root), str(clone))
    shutil.rmtree(root / "upstream")
    output = run(clone, *ionladder, "build")
    assert "their recorded scores are kept" in output
    assert "constant" in output
    assert (clone / "site" / "obelix" / "index.html").is_file()
    assert run(clone, "git", "status", "--porcelain") == ""
