"""CONTRIBUTING's recipe for a dataset: one folder and lines in params.yaml, nothing else."""

import csv
import hashlib
import json
import re
import shutil

import pytest
import yaml
from recipes import RECIPE, REPOSITORY, copy_code, ionladder

from git_repository import GitRepository
from ionladder.board.model import read_board
from ionladder.repo import Layout

BLOCKS = re.findall(r"^```(?:yaml|csv)\n(.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)
COPIED = ("src", "docs", "mkdocs.yml", "dvc.yaml", "data")
BESIDE = ("submissions", "leaderboard", "benchmarks/results", "CONTRIBUTING.md")


def conductors():
    """Sixty made-up conductors of twenty papers; every fifth paper is in the test set."""
    frameworks = ("PS4", "SbS4", "Zr2Si2PO12", "AlCl4", "B12H12")
    return [
        {
            "id": f"na{number:02d}",
            "formula": f"Na{3 + paper % 4}.{1 + number}{frameworks[paper % 5]}",
            "doi": f"10.1000/{paper:02d}",
            "sigma_s_per_cm": f"{10.0 ** -(2 + (7 * number) % 9):.3g}",
            "subset": "test" if paper % 5 == 0 else "train",
        }
        for number in range(60)
        for paper in [number // 3]
    ]


@pytest.fixture
def copy(tmp_path):
    """A copy of the repository with the recipe followed; of other data, only those in git."""
    root = tmp_path / "clone"
    for name in (*COPIED, *BESIDE, "SECURITY.md"):
        source, target = REPOSITORY / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__", "raw", "*.part")
            )
        else:
            shutil.copy(source, target)
    folder = root / "src" / "ionladder" / "data" / "naion"
    folder.mkdir()
    dataset, columns, params = BLOCKS[:3]
    (folder / "dataset.yaml").write_text(dataset, encoding="utf-8")
    (folder / "columns.csv").write_text(columns, encoding="utf-8")
    with (folder / "conductivities.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(conductors()[0]))
        writer.writeheader()
        writer.writerows(conductors())
    digest = hashlib.sha256((folder / "conductivities.csv").read_bytes()).hexdigest()
    present = yaml.safe_load((REPOSITORY / "params.yaml").read_text(encoding="utf-8"))
    added = yaml.safe_load(params.replace("SHA256", digest))
    for part in ("tasks", "datasets"):
        present[part] |= added[part]
    (root / "params.yaml").write_text(yaml.safe_dump(present, sort_keys=False), encoding="utf-8")
    return root


@pytest.mark.slow
def test_one_folder_and_its_lines_make_dataset_task_rows_board_card_and_pages(copy):
    ionladder(copy, "fetch", "naion")
    assert "60 entries" in ionladder(copy, "ingest", "naion")
    for name in ("train-mean", "train-median"):
        ionladder(copy, "baseline", name, "--task", "naion")
    ionladder(copy, "leaderboard", "naion")
    board = json.loads((copy / "leaderboard" / "naion.json").read_text(encoding="utf-8"))
    rows = {row["submission"]: row for row in board["rows"]}
    assert set(rows) == {"train-mean", "train-median"}
    assert rows["train-median"]["n_scored"] == 12
    assert rows["train-median"]["mae"] > 0
    assert (copy / "submissions" / "naion" / "train-mean" / "submission.yaml").is_file()

    ionladder(copy, "site")
    generated = copy / "docs" / "generated"
    assert "Na-ion conductors" in (generated / "naion" / "index.md").read_text(encoding="utf-8")
    assert (generated / "submissions" / "naion" / "train-median" / "index.md").is_file()
    assert "60" in (generated / "datasets" / "naion" / "index.md").read_text(encoding="utf-8")
    home = (copy / "site" / "index.html").read_text(encoding="utf-8")
    navigation = home.partition("<main")[0]
    assert "href=naion/" in navigation
    assert "href=bvel-proto/" in navigation


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("params.yaml", "train: 48", "train: 47", "expected.train: expected 47; found 48"),
        (
            "src/ionladder/data/naion/dataset.yaml",
            "groups: [doi, formula]",
            "groups: [formula, family]",
            "none of family",
        ),
        (
            "src/ionladder/data/naion/columns.csv",
            "log10(sigma_s_per_cm)",
            "log10(formula)",
            "line 2, column 'formula': expected a positive number",
        ),
    ],
)
def test_wrong_facts_are_refused(copy, file, old, new, words):
    ionladder(copy, "fetch", "naion")
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")

    assert words in " ".join(ionladder(copy, "ingest", "naion", fails=True).split())


# --- CONTRIBUTING's recipe for a baseline: one decorated function and its committed submission

BASELINE = re.findall(r"^```python\n(@baseline.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)[0]


@pytest.fixture
def with_ridge(tmp_path):
    """The code with the recipe's function at the end of one module, beside small data."""
    root = tmp_path / "clone"
    copy_code(root)
    module = root / "src" / "ionladder" / "baselines" / "classic.py"
    module.write_text(f"{module.read_text(encoding='utf-8')}\n\n{BASELINE}", encoding="utf-8")
    return root


@pytest.mark.slow
def test_one_function_makes_a_submission_whose_words_are_its_authors(with_ridge):
    ionladder(with_ridge, "fetch")
    ionladder(with_ridge, "ingest")
    summary = "ridge *Ridge regression on the features of the OBELiX paper"
    assert re.search(summary, ionladder(with_ridge, "baseline", "--list"))

    ionladder(with_ridge, "baseline", "ridge", "--task", "obelix")
    folder = with_ridge / "submissions" / "obelix" / "ridge"
    template = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))
    assert template["hyperparameters"] == {"alpha": 10.0}
    words = {"model": "Ridge", "notes": "Deterministic.", "inputs": "structure"}
    card = yaml.safe_dump(template | words, sort_keys=False)
    (folder / "submission.yaml").write_text(card, encoding="utf-8")
    ionladder(with_ridge, "baseline", "ridge", "--task", "obelix")
    after = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))
    assert after == template | words
    assert "reproduced" in ionladder(with_ridge, "baseline", "ridge", "--task", "obelix", "--check")

    ionladder(with_ridge, "leaderboard", "obelix")
    board = read_board(Layout(with_ridge), "obelix")[0]
    (row,) = (row for row in board["rows"] if row["submission"] == "ridge")
    assert (row["model"], row["rank"]) == ("Ridge", 1)
    assert row["mae"] > 0


# --- CONTRIBUTING's recipe for a metric: one decorated function and its name in a task

METRIC = re.findall(r"^```python\n(@metric.*?)^```", RECIPE, flags=re.DOTALL | re.MULTILINE)[0]
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
    metrics.write_text(f"{metrics.read_text(encoding='utf-8')}\n\n{METRIC}", encoding="utf-8")
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
