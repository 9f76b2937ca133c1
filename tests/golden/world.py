"""Repositories that the goldens are taken from, and the command line they are taken through.

Nothing here imports the package: what is frozen is what commands print, write and return.
"""

import csv
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from git_repository import GitRepository

GOLDEN = Path(__file__).resolve().parent
ROOT = GOLDEN.parents[1]
UPSTREAM = GOLDEN / "upstream"
ON_DEMAND = ("bvel13k", "nebbvse122k", "nebdft2k", "mplitrj-subsample")
# Made again, or no part of what a command reads.
_LEFT_OUT = {".git", ".venv", ".dvc", "site", "build", "dist", "tests", "shared"}
_MADE = ("generated", "raw", "__pycache__", "*_cache", ".hypothesis", "*.egg-info")
_LARGE = ("src", "docs", "benchmarks", "submissions", "leaderboard", "1.0.?", "1.1.1", "1.2.0")

CARD = """\
model: {name}
description: The label, and a wave.
authors:
  - name: A. Author
training_data: none
inputs: composition
licence: MIT
"""
# Submission → what its predictions add to the labels: amplitude and phase of a wave, and an offset.
BOARD = {"good-model": (1.4, 1, 0.0), "other-model": (1.5, 2, 0.0), "far-off": (1.4, 3, 9.0)}


def ionladder(
    root: Path, *arguments: str, mirror: Path | str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a repository, without the caller's settings."""
    hidden = ("IONLADDER_ROOT", "IONLADDER_MIRROR", "PYTHONSTARTUP")
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    paths = [str(ROOT / "src"), env.get("PYTHONPATH", "")]
    env |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"}
    env |= {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    if mirror is not None:
        env["IONLADDER_MIRROR"] = str(mirror)
    command = [sys.executable, "-m", "ionladder.cli.main", *arguments]
    done = subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, check=False, timeout=900
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def ok(root: Path, *arguments: str, mirror: Path | str | None = None) -> str:
    """Run a command that must succeed; what it printed."""
    done = ionladder(root, *arguments, mirror=mirror)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy_repository(to: Path, *without: str) -> Path:
    """A copy of this working tree, without git, tests, and what is made from the rest."""
    anywhere = shutil.ignore_patterns(*_MADE, *without)

    def ignored(folder: str, names: list[str]) -> set[str]:
        return anywhere(folder, names) | (_LEFT_OUT if Path(folder) == ROOT else set())

    shutil.copytree(ROOT, to, ignore=ignored)
    return to


def lend_history(root: Path) -> bool:
    """Give a copy the history of this repository to read; False where it is not all here."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--is-shallow-repository"]
    if subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip() != "false":
        return False
    bare = root.with_name(f"{root.name}-clone")
    command = ["git", "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(bare)]
    subprocess.run(command, check=True)
    (bare / ".git").rename(root / ".git")
    return True


def make_small_repository(root: Path) -> GitRepository:
    """Small datasets fetched and ingested, three submissions on the board, all in git."""
    copy_repository(root, *_LARGE)
    shutil.copyfile(GOLDEN / "params.yaml", root / "params.yaml")
    ok(root, "fetch", mirror=UPSTREAM)
    ok(root, "ingest")
    for name in ON_DEMAND:
        ok(root, "fetch", f"{name}-1-0-0", "--pin", mirror=UPSTREAM)
    for name, wave in BOARD.items():
        for path, text in submission(name, *wave).items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    return GitRepository.start(root)


def predictions(
    amplitude: float, phase: int, offset: float = 0.0, unit: Callable[[float], float] = float
) -> str:
    """Labels of the synthetic test entries, changed, as CSV."""
    with (UPSTREAM / "obelix/v1.0.0-data/test.csv").open(encoding="utf-8") as stream:
        rows = [(row["ID"], row["Ionic conductivity (S cm-1)"]) for row in csv.DictReader(stream)]
    lines = [
        f"{entry},{unit(math.log10(float(sigma.strip('<'))) + offset + wave):.6f}"
        for place, (entry, sigma) in enumerate(rows)
        for wave in [amplitude * math.sin(7 * place + phase)]
    ]
    return "\n".join(["id,log10_sigma", *lines]) + "\n"


def submission(name: str, *wave: float) -> dict[str, str]:
    """The files of a submission to ``obelix``, by path."""
    folder = f"submissions/obelix/{name}"
    return {
        f"{folder}/submission.yaml": CARD.format(name=name),
        f"{folder}/predictions.csv": predictions(*wave),
    }


class Golden:
    """A JSON file of goldens, compared key by key, or rewritten with ``--update-golden``."""

    def __init__(self, name: str, *, update: bool) -> None:
        self._path = GOLDEN / name
        self.update = update
        self.kept: dict[str, Any] = {}
        if self._path.exists():
            self.kept = json.loads(self._path.read_text(encoding="utf-8"))

    def check(self, found: Mapping[str, Any], *, is_all: bool = True) -> None:
        """Hold what was found to what is kept; with ``is_all`` nothing may be missing."""
        if self.update:
            self.kept = dict(found) if is_all else {**self.kept, **found}
            text = json.dumps(self.kept, indent=1, ensure_ascii=False, sort_keys=True)
            self._path.write_text(text + "\n", encoding="utf-8")
        names = self.kept.keys() | found.keys() if is_all else found.keys()
        differing = {
            name: {"kept": self.kept.get(name), "found": found.get(name)}
            for name in sorted(names)
            if self.kept.get(name) != found.get(name)
        }
        assert not differing, (
            f"{len(differing)} differ from tests/golden/{self._path.name}: {list(differing)}\n"
            + json.dumps(differing, indent=1, ensure_ascii=False)[:4000]
        )
