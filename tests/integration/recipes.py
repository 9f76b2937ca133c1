"""CONTRIBUTING's recipes, and a copy of the code to follow them in."""

import os
import shutil
import sys
from pathlib import Path

from factories import write_repo
from git_repository import ran

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPE = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")


def copy_code(root: Path) -> None:
    """Write a repository of small data, with this repository's code in ``src``."""
    write_repo(root)
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=skipped)


def ionladder(root: Path, *arguments: str, fails: bool = False) -> str:
    """Run a command of the copy's own code; what it prints."""
    code = "from ionladder.cli.main import run; run()"
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "IONLADDER_ROOT": str(root)}
    environment.pop("IONLADDER_MIRROR", None)
    done = ran(sys.executable, "-c", code, *arguments, cwd=root, env=environment)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr
