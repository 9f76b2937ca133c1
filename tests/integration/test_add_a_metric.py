"""CONTRIBUTING's recipe for a metric: one decorated function and its name in a task."""

import json
import re

import pytest
from recipes import RECIPE, copy_code, ionladder

from git_repository import GitRepository

FUNCTION = re.findall(r"^```python\n(@metric.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)[0]
LINE = re.findall(r"such as `(mape: \{.*?\})`", RECIPE)[0]


@pytest.mark.slow
def test_one_function_and_its_name_make_a_column_and_change_no_old_number(tmp_path):
    root = tmp_path / "clone"
    copy_code(root)
    for command in ("fetch", "ingest"):
        ionladder(root, command)
    ionladder(root, "baseline", "train-median", "--task", "obelix")
    ionladder(root, "leaderboard", "obelix")
    (root / ".gitignore").write_text("__pycache__\n/data\n", encoding="utf-8")
    history = GitRepository.start(root)

    metrics = root / "src" / "ionladder" / "metrics.py"
    metrics.write_text(f"{metrics.read_text(encoding='utf-8')}\n\n{FUNCTION}", encoding="utf-8")
    facts = root / "src" / "ionladder" / "data" / "obelix" / "dataset.yaml"
    text = facts.read_text(encoding="utf-8")
    assert "\nmetrics:\n" not in text  # all of them stand in the file that it extends
    facts.write_text(f"{text}metrics:\n  {LINE}\n", encoding="utf-8")
    ionladder(root, "leaderboard", "obelix")
    history.commit("A metric more")

    board = json.loads((root / "leaderboard" / "obelix.json").read_text(encoding="utf-8"))
    (row,) = (row for row in board["rows"] if row["submission"] == "train-median")
    assert row["mape"] > 0
    scores = root / "leaderboard" / "scores" / "obelix" / "train-median.json"
    receipt = json.loads(scores.read_text(encoding="utf-8"))
    score = receipt["targets"]["log10_sigma"]["all"]["metrics"]["mape"]
    assert score["ci_low"] < score["value"] == row["mape"] < score["ci_high"]
    assert "scorer" not in ionladder(root, "changes", "--check", "--base", "HEAD~1")
