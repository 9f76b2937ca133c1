"""The tutorial works as written: its files and commands, in a copy of the repository, offline."""

import json
import os
import shutil

import pytest
import walkthrough

COPIED = ("Makefile", "params.yaml", "pyproject.toml", "requirements.lock", "requirements-uv.lock")
SUBMISSION = "submissions/bvel-proto/my-model"
OF_MAKE = ("VENV", "PYTHON", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL")

pytestmark = [pytest.mark.slow, walkthrough.needs_tables_and_shell]


def make_copy(root):
    """A repository as a clone has it after set-up, its environment being that of this test."""
    for name in COPIED:
        shutil.copyfile(walkthrough.REPOSITORY / name, root / name)
    shutil.copytree(walkthrough.REPOSITORY / walkthrough.DATA, root / walkthrough.DATA)
    scripts = walkthrough.make_environment(root, "python", "python3")
    (scripts / "activate").write_text(f'export PATH="{scripts}:$PATH"\n')
    (root / ".venv" / ".ionladder-installed").touch()


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copy after every step of the tutorial, and what the commands printed."""
    root = tmp_path_factory.mktemp("clone")
    make_copy(root)
    text = (walkthrough.REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
    script, written = walkthrough.script_of(root, text)
    assert {*written} == {"fit.py", f"{SUBMISSION}/submission.yaml"}
    # A make that runs these tests must not lend its variables to the make of the tutorial.
    own = {k: v for k, v in os.environ.items() if k not in OF_MAKE}
    return root, walkthrough.follow(root, script, own)


def test_the_tutorial_ends_with_a_row_on_the_board(followed):
    root, printed = followed
    row = walkthrough.board_of(root)["my-model"]
    assert (row["model"], row["kind"]) == ("Forest of a tutorial", "verified")
    assert int(row["n_scored"]) == int(row["n_expected"]) > 100
    assert f"{SUBMISSION} is valid" in printed
    assert "Forest of a tutorial on bvel-proto" in printed
    assert "1 submissions scored" in printed


def test_its_model_beats_the_median_of_the_training_set(followed):
    import numpy as np
    import pandas as pd

    root, _ = followed
    targets = ["e_1d_ev", "e_2d_ev", "e_3d_ev"]
    labels = pd.read_parquet(root / walkthrough.DATA / "labels.parquet").set_index("id")[targets]
    labels = labels.fillna(6.0).clip(upper=6.0)
    splits = pd.read_parquet(root / walkthrough.DATA / "splits.parquet")
    subset = splits[splits["split_name"] == "chemsys"].set_index("id")["subset"]
    train, test = (
        labels[labels.index.isin(subset.index[subset == "train"])],
        labels[labels.index.isin(subset.index[subset == "test"])],
    )
    trivial = float(np.abs(test - train.median()).to_numpy().mean())
    receipt = json.loads((root / "leaderboard/scores/bvel-proto/my-model.json").read_text())
    assert receipt["targets"]["mean"]["all"]["metrics"]["mae_clipped"]["value"] < 0.9 * trivial
