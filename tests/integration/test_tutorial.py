"""The tutorial works as written: its files and commands, in a copy of the repository, offline."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from walkthrough import blocks_of, follow, make_environment

REPOSITORY = Path(__file__).resolve().parents[2]
TUTORIAL = REPOSITORY / "docs" / "tutorial.md"
DATA = Path("data/bvel_proto/1.1.0")
COPIED = ("Makefile", "params.yaml", "pyproject.toml", "requirements.lock")
SUBMISSION = "submissions/bvel-proto/my-model"
OF_MAKE = ("VENV", "PYTHON", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")

pytestmark = [
    pytest.mark.skipif(
        not (REPOSITORY / DATA / "labels.parquet").is_file(),
        reason="the tables of bvel_proto 1.1.0 are not here",
    ),
    pytest.mark.skipif(
        shutil.which("bash") is None or shutil.which("make") is None,
        reason="needs bash and make",
    ),
]


def blocks() -> list[tuple[str, str, str]]:
    """Language, file name (empty for commands) and text of every fenced block, in order."""
    return blocks_of(TUTORIAL.read_text(encoding="utf-8"))


def make_copy(root: Path) -> None:
    """A repository as a clone has it after set-up, its environment being that of this test."""
    for name in COPIED:
        shutil.copyfile(REPOSITORY / name, root / name)
    shutil.copytree(REPOSITORY / DATA, root / DATA)
    scripts = make_environment(root, "python", "python3")
    (scripts / "activate").write_text(f'export PATH="{scripts}:$PATH"\n')
    (root / ".venv" / ".ionladder-installed").touch()


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The copy after every step of the tutorial, and what the commands printed."""
    root = tmp_path_factory.mktemp("clone")
    make_copy(root)
    script = []
    for number, (language, name, text) in enumerate(blocks()):
        if name:
            (root / f".step-{number}").write_text(text, encoding="utf-8")
            script.append(f"cp .step-{number} {name}")
        elif language == "sh":
            script.append(text)
    # A make that runs these tests must not lend its variables to the make of the tutorial.
    own = {k: v for k, v in os.environ.items() if k not in OF_MAKE}
    return root, follow(root, script, own | {"COLUMNS": "200"})


def test_every_step_is_a_command_or_a_file_with_a_name() -> None:
    kinds = {language for language, name, _ in blocks() if not name}
    assert kinds == {"sh"}
    assert {name for _, name, _ in blocks() if name} == {"fit.py", f"{SUBMISSION}/submission.yaml"}


def test_the_tutorial_ends_with_a_row_on_the_board(followed: tuple[Path, str]) -> None:
    root, _ = followed
    with (root / "leaderboard" / "bvel-proto.csv").open(encoding="utf-8") as lines:
        rows = {row["submission"]: row for row in csv.DictReader(lines)}
    assert rows["my-model"]["model"] == "Forest of a tutorial"
    assert rows["my-model"]["kind"] == "verified"
    assert int(rows["my-model"]["n_scored"]) == int(rows["my-model"]["n_expected"]) > 100


def test_its_model_beats_the_median_of_the_training_set(followed: tuple[Path, str]) -> None:
    import numpy as np
    import pandas as pd

    root, _ = followed
    targets = ["e_1d_ev", "e_2d_ev", "e_3d_ev"]
    labels = pd.read_parquet(root / DATA / "labels.parquet").set_index("id")[targets]
    labels = labels.fillna(6.0).clip(upper=6.0)
    splits = pd.read_parquet(root / DATA / "splits.parquet")
    subset = splits[splits["split_name"] == "chemsys"].set_index("id")["subset"]
    train, test = (
        labels[labels.index.isin(subset.index[subset == "train"])],
        labels[labels.index.isin(subset.index[subset == "test"])],
    )
    trivial = float(np.abs(test - train.median()).to_numpy().mean())
    receipt = json.loads((root / "leaderboard/scores/bvel-proto/my-model.json").read_text())
    score = receipt["targets"]["mean"]["all"]["metrics"]["mae_clipped"]["value"]
    assert score < 0.9 * trivial


def test_commands_say_what_they_found(followed: tuple[Path, str]) -> None:
    _, printed = followed
    assert f"{SUBMISSION} is valid" in printed
    assert "Forest of a tutorial on bvel-proto" in printed
    assert "1 submissions scored" in printed
