"""From a notebook to a row: the section of docs/submit.md works as written, in a copy, offline."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from walkthrough import blocks_of, follow, make_environment

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "submit.md"
DATA = Path("data/bvel_proto/1.1.0")
COMMITTED = Path("submissions/bvel-proto")
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.org"))
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (REPOSITORY / DATA / "labels.parquet").is_file(),
        reason="the tables of bvel_proto 1.1.0 are not here",
    ),
    pytest.mark.skipif(
        shutil.which("bash") is None or shutil.which("git") is None, reason="needs bash and git"
    ),
]


def blocks() -> list[tuple[str, str, str]]:
    """Language, file name (empty for commands) and text of every fenced block of the section."""
    text = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (mine,) = [part for part in section if part.startswith("From a notebook\n")]
    return blocks_of(mine)


def make_copy(root: Path) -> None:
    """A clone with its data, two committed submissions and its environment, on main."""
    shutil.copyfile(REPOSITORY / "params.yaml", root / "params.yaml")
    shutil.copytree(REPOSITORY / DATA, root / DATA)
    shutil.copytree(REPOSITORY / "docs" / "assets", root / "docs" / "assets")
    for name in ("structure-hgb", "train-median"):
        shutil.copytree(REPOSITORY / COMMITTED / name, root / COMMITTED / name)
    make_environment(root, "python")
    (root / ".gitignore").write_text(".venv/\n/data/\n__pycache__/\n/tmp/\n")
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "A clone"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True, env=os.environ | _WHO)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The copy after every step of the section, and what the commands printed."""
    root = tmp_path_factory.mktemp("clone")
    make_copy(root)
    (root / "tmp").mkdir()
    script = [f'export PATH="{root}/.venv/bin:$PATH"']
    for number, (language, name, text) in enumerate(blocks()):
        if name:
            (root / "tmp" / f"step-{number}").write_text(text, encoding="utf-8")
            script.append(f"cp tmp/step-{number} {name}")
        else:
            assert language == "sh"
            script.append(text)
    script.append("ionladder leaderboard bvel-proto")
    return root, follow(root, script, os.environ | _WHO | {"TMPDIR": str(root / "tmp")})


def test_every_block_is_a_command_or_a_file_with_a_name() -> None:
    assert {language for language, name, _ in blocks() if not name} == {"sh"}
    assert [name for _, name, _ in blocks() if name] == [
        "notebook.py",
        "submissions/bvel-proto/my-forest/submission.yaml",
        "folds.py",
    ]


def test_the_notebook_ends_with_a_row_on_the_board(followed: tuple[Path, str]) -> None:
    root, _ = followed
    with (root / "leaderboard" / "bvel-proto.csv").open(encoding="utf-8") as lines:
        rows = {row["submission"]: row for row in csv.DictReader(lines)}
    assert rows["my-forest"]["model"] == "Forest of a notebook"
    assert rows["my-forest"]["kind"] == "verified"
    values = {name: float(rows[name]["mae_clipped"]) for name in ("my-forest", "train-median")}
    assert values["my-forest"] < values["train-median"]


def test_the_verdict_says_where_it_stands_and_the_check_is_good(
    followed: tuple[Path, str],
) -> None:
    root, printed = followed
    board = json.loads((root / "leaderboard/bvel-proto.json").read_text())
    (row,) = [row for row in board["rows"] if row["submission"] == "my-forest"]
    # The board was written with the second submission of the section; the verdict came before it.
    assert "Among the committed submissions it would be rank 2 of 2" in printed
    assert f"{row['mae_clipped']:.3f} [" in printed
    assert "Worst slices by MAE, clipped at 6 eV" in printed
    (page,) = re.findall(r"The page of my-forest on bvel-proto: (\S+)", printed)
    assert "Forest of a notebook" in Path(page).read_text(encoding="utf-8")
    assert "bvel-data/test_inputs.csv: 171 rows" in printed


def test_no_label_of_a_test_entry_is_among_the_data(followed: tuple[Path, str]) -> None:
    import pandas as pd

    root, _ = followed
    splits = pd.read_parquet(root / DATA / "splits.parquet").query("split_name == 'chemsys'")
    test = set(splits.loc[splits["subset"] == "test", "id"])
    labels = pd.read_csv(root / "bvel-data/train_labels.csv", dtype={"id": str})
    assert len(test) == 171
    assert not test & set(labels["id"])
    barriers = {"e_1d_ev", "e_2d_ev", "e_3d_ev"}
    for path in (root / "bvel-data").glob("*.csv"):
        assert path.name == "train_labels.csv" or not barriers & set(pd.read_csv(path).columns)
    assert len(list((root / "bvel-data/structures").glob("*.cif"))) == 857


def test_recorded_folds_are_scored_beside_the_test(followed: tuple[Path, str]) -> None:
    root, _ = followed
    folder = root / "submissions/bvel-proto"
    both = [folder / name / "predictions.csv" for name in ("my-forest", "my-forest-with-folds")]
    one, other = ([line.split(",") for line in path.read_text().splitlines()] for path in both)
    assert [row[0] for row in one] == [row[0] for row in other]
    for mine, theirs in zip(one[1:], other[1:], strict=True):
        assert [float(v) for v in theirs[1:]] == pytest.approx(
            [float(v) for v in mine[1:]], abs=1e-6
        )
    receipt = json.loads(
        (root / "leaderboard/scores/bvel-proto/my-forest-with-folds.json").read_text()
    )
    assert receipt["cross_validation"]["chemsys"]["n_repeats"] == 3
    assert (root / "my-forest.json.gz").is_file()
