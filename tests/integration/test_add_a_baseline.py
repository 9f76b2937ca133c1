"""CONTRIBUTING's recipe for a baseline: one decorated function and its committed submission."""

import re

import pytest
import yaml
from recipes import RECIPE, copy_code, ionladder

from ionladder.board.model import read_board
from ionladder.repo import Layout

FUNCTION = re.findall(r"^```python\n(@baseline.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)[0]


@pytest.fixture
def copy(tmp_path):
    """The code with the recipe's function at the end of one module, beside small data."""
    root = tmp_path / "clone"
    copy_code(root)
    module = root / "src" / "ionladder" / "baselines" / "classic.py"
    module.write_text(f"{module.read_text(encoding='utf-8')}\n\n{FUNCTION}", encoding="utf-8")
    return root


@pytest.mark.slow
def test_one_function_makes_a_submission_whose_words_are_its_authors(copy):
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
    board = read_board(Layout(copy), "obelix")[0]
    (row,) = (row for row in board["rows"] if row["submission"] == "ridge")
    assert (row["model"], row["rank"]) == ("Ridge", 1)
    assert row["mae"] > 0
