"""From a notebook to a row: the section of docs/submit.md works as written, in a copy, offline."""

import json
import os
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import walkthrough as walk

from git_repository import GitRepository

COMMITTED = Path("submissions/bvel-proto")
OTHER = "my-forest-with-folds"
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada Example"), ("EMAIL", "ada@example.org"))
}

pytestmark = [pytest.mark.slow, walk.needs_tables_and_shell]


def make_copy(root):
    """A clone with its data, two committed submissions and its environment, on main."""
    shutil.copyfile(walk.REPOSITORY / "params.yaml", root / "params.yaml")
    shutil.copytree(walk.REPOSITORY / walk.DATA, root / walk.DATA)
    shutil.copytree(walk.REPOSITORY / "docs" / "assets", root / "docs" / "assets")
    for name in ("structure-hgb", "train-median"):
        shutil.copytree(walk.REPOSITORY / COMMITTED / name, root / COMMITTED / name)
    walk.make_environment(root, "python")
    (root / ".gitignore").write_text(".venv/\n/data/\n__pycache__/\n/tmp/\n")
    GitRepository.start(root)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The copy after every step of the section, and what the commands printed."""
    root = tmp_path_factory.mktemp("clone")
    make_copy(root)
    text = (walk.REPOSITORY / "docs" / "submit.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    (section,) = [part for part in parts if part.startswith("From a notebook\n")]
    script, written = walk.script_of(root, section)
    card = "submissions/bvel-proto/my-forest/submission.yaml"
    assert written == ["notebook.py", card, "folds.py"]
    script.insert(0, f'export PATH="{root}/.venv/bin:$PATH"')
    cards = [f"submissions/bvel-proto/{name}/submission.yaml" for name in ("my-forest", OTHER)]
    script += [f"cp {cards[0]} {cards[1]}", "ionladder leaderboard bvel-proto"]
    return root, walk.follow(root, script, os.environ | _WHO | {"TMPDIR": str(root / "tmp")})


def test_the_notebook_ends_with_a_row_on_the_board_that_the_verdict_announced(followed):
    root, printed = followed
    rows = walk.board_of(root)
    row = rows["my-forest"]
    assert (row["model"], row["kind"]) == ("Forest of a notebook", "verified")
    assert float(row["mae_clipped"]) < float(rows["train-median"]["mae_clipped"])
    # The board was written with the second submission of the section; the verdict came before it.
    assert "Among the committed submissions it would be rank 2 of 2" in printed
    assert f"{float(row['mae_clipped']):.3f} [" in printed
    assert "Worst slices by MAE, clipped at 6 eV" in printed
    (page,) = re.findall(r"The page of my-forest on bvel-proto: (\S+)", printed)
    assert "Forest of a notebook" in Path(page).read_text(encoding="utf-8")
    assert "bvel-data/test_inputs.csv: 171 rows" in printed


def test_no_label_of_a_test_entry_is_among_the_data(followed):
    root, _ = followed
    splits = pd.read_parquet(root / walk.DATA / "splits.parquet").query("split_name == 'chemsys'")
    test = set(splits.loc[splits["subset"] == "test", "id"])
    labels = pd.read_csv(root / "bvel-data/train_labels.csv", dtype={"id": str})
    assert len(test) == 171
    assert not test & set(labels["id"])
    barriers = {"e_1d_ev", "e_2d_ev", "e_3d_ev"}
    for path in (root / "bvel-data").glob("*.csv"):
        assert path.name == "train_labels.csv" or not barriers & set(pd.read_csv(path).columns)
    assert len(list((root / "bvel-data/structures").glob("*.cif"))) == 857


def test_recorded_folds_are_scored_beside_the_test(followed):
    root, _ = followed
    folder = root / "submissions/bvel-proto"
    one, other = (
        pd.read_csv(folder / name / "predictions.csv", dtype={"id": str}).set_index("id")
        for name in ("my-forest", "my-forest-with-folds")
    )
    pd.testing.assert_frame_equal(one, other, atol=1e-6)
    receipt = json.loads(
        (root / "leaderboard/scores/bvel-proto/my-forest-with-folds.json").read_text()
    )
    assert receipt["cross_validation"]["chemsys"]["n_repeats"] == 3
    assert (root / "my-forest.json.gz").is_file()
