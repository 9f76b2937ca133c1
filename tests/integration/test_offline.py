"""A fresh clone without network or mirror: the embedded benchmark is scored for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

COPIED = (
    *(
        "src",
        "docs",
        "mkdocs.yml",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "params.yaml",
        "data/pins.json",
        "dvc.yaml",
        "dvc.lock",
    ),
    *(".dvc/config", ".dvcignore", ".gitignore", "submissions", "leaderboard", "data/bvel_proto"),
    *(f"data/obelix/{version}/manifest.json" for version in ("1.0.2", "1.1.1", "1.2.0")),
)
BLOCKED = """\
import socket


def _refuse(*_):
    raise OSError(101, "Network is unreachable")


socket.socket.connect = _refuse
socket.getaddrinfo = _refuse
"""


def cut_off(root: Path) -> tuple[list[str], dict[str, str]]:
    """How to run a command without network: in a namespace of its own, or with sockets blocked."""
    environment = {k: v for k, v in os.environ.items() if k != "IONLADDER_MIRROR"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    unshare = shutil.which("unshare")
    if unshare:
        allowed = subprocess.run([unshare, "-n", "true"], capture_output=True, check=False)
        if allowed.returncode == 0:
            return [unshare, "-n"], environment
    blocker = root.parent / "blocker"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text(BLOCKED)
    return [], environment | {"PYTHONPATH": str(blocker)}


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Path:
    """The repository as git holds it, without OBELiX's tables; one submission beside the others."""
    root = tmp_path / "clone"
    for name in COPIED:
        source, target = repository / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("generated", "__pycache__")
            )
        elif source.exists():
            shutil.copy(source, target)
    splits = pd.read_parquet(root / "data/bvel_proto/1.1.0/splits.parquet")
    is_test = (splits["split_name"] == "chemsys") & (splits["subset"] == "test")
    folder = root / "submissions/bvel-proto/half-an-ev"
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(
        "model: Half an eV\ndescription: The same for all.\nauthors: [{name: A. Author}]\n"
        "training_data: none\ninputs: composition\nlicence: MIT\n"
    )
    predictions = pd.DataFrame({"id": splits.loc[is_test, "id"]})
    for target in ("e_1d_ev", "e_2d_ev", "e_3d_ev"):
        predictions[target] = 0.5
    predictions.to_csv(folder / "predictions.csv", index=False)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def test_the_embedded_benchmark_is_scored_and_the_site_built(clone: Path, repository: Path) -> None:
    prefix, environment = cut_off(clone)
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "ionladder.cli.main", "build"],
        cwd=clone,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    behind = "dvc.lock is behind the code: run `dvc repro` where the data are, and commit it.\n"
    assert done.returncode == 0, behind + output
    for version in ("1.0.2", "1.1.1", "1.2.0"):
        assert f"obelix {version}, all.csv: expected to reach" in output
    assert "submissions scored on bvel_proto 1.1.0, 0 refused" in output
    board = json.loads((clone / "leaderboard/bvel-proto.json").read_text())
    row = next(row for row in board["rows"] if row["submission"] == "half-an-ev")

    folder = clone / "data/bvel_proto/1.1.0"
    labels = pd.read_parquet(folder / "labels.parquet").merge(
        pd.read_parquet(folder / "splits.parquet").query("split_name == 'chemsys'"), on="id"
    )
    truth = labels[labels["subset"] == "test"]
    errors = [
        (truth[target].fillna(6.0).clip(upper=6.0) - 0.5).abs().mean()
        for target in ("e_1d_ev", "e_2d_ev", "e_3d_ev")
    ]
    assert row["mae_clipped"] == pytest.approx(sum(errors) / 3, abs=1e-6)
    assert board["floors"][0]["value"] > 0
    for task in ("bvel-proto", "obelix"):
        assert (clone / "site" / task / "index.html").is_file()
    recorded = (repository / "leaderboard/obelix.json").read_bytes()
    assert (clone / "leaderboard/obelix.json").read_bytes() == recorded
