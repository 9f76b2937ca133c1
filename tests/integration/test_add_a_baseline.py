"""CONTRIBUTING's recipe for a baseline: one decorated function and its committed submission."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from factories import write_repo

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
FUNCTION = re.findall(r"^```python\n(.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)[0]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code with the recipe's function at the end of one module, beside small data."""
    root = tmp_path / "clone"
    write_repo(root)
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=skipped)
    module = root / "src" / "ionladder" / "baselines" / "classic.py"
    module.write_text(f"{module.read_text(encoding='utf-8')}\n\n{FUNCTION}", encoding="utf-8")
    return root


def ionladder(root: Path, *arguments: str) -> str:
    """Run a command of the copy's own code; what it prints."""
    code = "from ionladder.cli.main import run; run()"
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "IONLADDER_ROOT": str(root)}
    environment.pop("IONLADDER_MIRROR", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_function_makes_a_submission_whose_words_are_its_authors(copy: Path) -> None:
    ionladder(copy, "fetch")
    ionladder(copy, "ingest")
    summary = "ridge *Ridge regression on the features of the OBELiX paper"
    assert re.search(summary, ionladder(copy, "baseline", "--list"))

    ionladder(copy, "baseline", "ridge", "--task", "obelix")
    folder = copy / "submissions" / "obelix" / "ridge"
    template = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))
    assert template["hyperparameters"] == {"alpha": 10.0}
    words = {"model": "Ridge", "notes": "Deterministic.", "inputs": "structure"}
    card = yaml.safe_dump(template | words, sort_keys=False)
    (folder / "submission.yaml").write_text(card, encoding="utf-8")
    ionladder(copy, "baseline", "ridge", "--task", "obelix")
    after = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))
    assert after == template | words
    assert "reproduced" in ionladder(copy, "baseline", "ridge", "--task", "obelix", "--check")

    ionladder(copy, "leaderboard", "obelix")
    board = json.loads((copy / "leaderboard" / "obelix.json").read_text(encoding="utf-8"))
    (row,) = (row for row in board["rows"] if row["submission"] == "ridge")
    assert (row["model"], row["rank"]) == ("Ridge", 1)
    assert row["mae"] > 0
