"""A fresh clone without network or mirror: the embedded benchmark is scored for real."""

import json
import os

import pandas as pd
import pytest
from disturbed import CARD, copy_files, git, ionladder

COPIED = (
    *("src", "docs", "mkdocs.yml", "CONTRIBUTING.md", "SECURITY.md", "params.yaml", "dvc.yaml"),
    *("dvc.lock", ".dvc/config", ".dvcignore", ".gitignore", "submissions", "leaderboard"),
    *("data/pins.json", "data/bvel_proto"),
    *(f"data/obelix/{version}/manifest.json" for version in ("1.0.2", "1.1.1", "1.2.0")),
)
BLOCKED = (
    "import socket\ndef refuse(*_):\n    raise OSError(101, 'Network is unreachable')\n"
    "socket.socket.connect = socket.getaddrinfo = refuse\n"
)
TARGETS = ["e_1d_ev", "e_2d_ev", "e_3d_ev"]


@pytest.mark.slow
def test_the_embedded_benchmark_is_scored_and_the_site_built(tmp_path, repository, monkeypatch):
    clone, blocker = tmp_path / "clone", tmp_path / "blocker"
    copy_files(repository, clone, COPIED)
    tables = clone / "data/bvel_proto/1.2.0"
    splits = pd.read_parquet(tables / "splits.parquet").query("split_name == 'chemsys'")
    truth = pd.read_parquet(tables / "labels.parquet").merge(splits, on="id")
    truth = truth[truth["subset"] == "test"].set_index("id")[TARGETS]
    folder = clone / "submissions/bvel-proto/half-an-ev"
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD.format(name="Half an eV"))
    (truth * 0 + 0.5).fillna(0.5).to_csv(folder / "predictions.csv")
    git(clone, "init", "-q")
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text(BLOCKED)
    paths = (str(blocker), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))

    # Where this fails: dvc.lock may be behind the code; `dvc repro` where the data are writes it.
    output = ionladder(clone, "build")
    for version in ("1.0.2", "1.1.1", "1.2.0"):
        assert f"obelix {version}, all.csv: expected to reach" in output
    assert "their recorded scores are kept" in output
    assert "submissions scored on bvel_proto 1.2.0, 0 refused" in output
    board = json.loads((clone / "leaderboard/bvel-proto.json").read_text())
    row = next(row for row in board["rows"] if row["submission"] == "half-an-ev")
    errors = (truth.fillna(6.0).clip(upper=6.0) - 0.5).abs().mean()
    assert row["mae_clipped"] == pytest.approx(errors.mean(), abs=1e-6)
    assert board["floors"][0]["value"] > 0
    for task in ("bvel-proto", "obelix"):
        assert (clone / "site" / task / "index.html").is_file()
    recorded = (repository / "leaderboard/obelix.json").read_bytes()
    assert (clone / "leaderboard/obelix.json").read_bytes() == recorded
