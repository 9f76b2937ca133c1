"""A small committed repository, the commands that tests disturb on it, and what they must leave."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from command import fill_in, held_out

from factories import write_repo
from ionladder.repo import Layout

# `make test-hostile` kills more often.
KILLS = int(os.environ.get("IONLADDER_KILLS", "1"))
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
CARD = (
    "model: {name}\ndescription: One number for everything.\nauthors: [{{name: A. Author}}]\n"
    "training_data: none\ninputs: composition\nlicence: MIT\n"
)
COMMANDS = {
    "leaderboard": ("leaderboard", "obelix"),
    "score": ("score", "submissions/obelix/c", "--task", "obelix"),
    "site": ("site", "--no-build"),
    "new": ("new", "obelix", "fresh"),
    "baseline": ("baseline", "train-mean", "--task", "obelix"),
}


def start(root: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    """Start a command in a group of its own, so that it dies with all its children."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # A mirror of the real data holds nothing of the small release made here.
    inherited = {key: value for key, value in os.environ.items() if key != "IONLADDER_MIRROR"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=inherited | {"PATH": path, "DVC_NO_ANALYTICS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def run(root: Path, *arguments: str) -> str:
    with start(root, *arguments) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output
    return output


def ionladder(root: Path, *arguments: str) -> str:
    return run(root, "ionladder.cli.main", *arguments)


def git(root: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def tree(root: Path) -> dict[str, bytes]:
    """What git sees, and the rendered pages: path → content."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    paths = [root / name for name in names if name]
    paths += [path for path in (root / "docs" / "generated").rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}


def left_over(root: Path) -> list[Path]:
    """Files and folders that are not yet whole, ignored by git or not."""
    return [path for path in root.rglob("*.part") if ".git" not in path.parts]


def assert_nothing_is_half_written(root: Path) -> None:
    for name, data in tree(root).items():
        assert ".part" not in name
        if name.endswith(".json"):
            json.loads(data)
        if name.endswith(".jsonl"):
            assert [json.loads(line) for line in data.splitlines()]
            assert data.endswith(b"\n")


def make_origin(repository: Path, root: Path) -> Path:
    """A committed repository with ingested tables, two submissions, a baseline and a board."""
    layout = write_repo(root)
    for name in (".gitignore", "mkdocs.yml"):
        shutil.copy(repository / name, root / name)
    shutil.copytree(repository / "docs", root / "docs", ignore=lambda *_: ["generated"])
    ionladder(root, "fetch")
    ionladder(root, "ingest")
    for name, value in (("a", -5.0), ("b", -6.0)):
        submit(layout, name, value)
    ionladder(root, "baseline", "train-mean", "--task", "obelix")
    ionladder(root, "leaderboard", "obelix")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


def submit(layout: Layout, name: str, value: float) -> None:
    values = pd.Series(value, index=held_out(layout, "1.0.0").index)
    fill_in(layout, name, values, card=CARD.format(name=name))


def copy_of(origin: Path, root: Path) -> Path:
    """The repository as it stands before a command: with one more submission than its board."""
    shutil.copytree(origin, root, symlinks=True)
    submit(Layout(root), "c", -4.0)
    return root


def command_of(name: str) -> tuple[str, ...]:
    """The module and its arguments that a name of :data:`COMMANDS`, or the pipeline, stands for."""
    known = COMMANDS | {"build": ("build",)}
    return ("ionladder.cli.main", *known[name]) if name in known else ("dvc", "repro")


def prepared(name: str, repository: Path, origin: Path, root: Path) -> Path:
    """:func:`copy_of`; for the pipeline with one stage, whose outputs are kept as the real ones."""
    copy_of(origin, root)
    if name in COMMANDS:
        return root
    (root / "site").mkdir()
    (root / "site" / "index.html").touch()  # so that `build` need not render it
    (root / "dvc.yaml").write_text(
        "stages:\n  score:\n    cmd: ionladder leaderboard obelix\n    deps: [submissions/obelix]\n"
        "    outs:\n      - leaderboard/obelix.json: {cache: false, persist: true}\n"
        "      - leaderboard/scores/obelix: {cache: false, persist: true}\n"
    )
    shutil.copytree(repository / ".dvc", root / ".dvc", ignore=lambda *_: ["tmp", "cache"])
    return root


def copy_files(repository: Path, root: Path, names: Iterable[str]) -> None:
    """Copy files and folders of this repository that are here, without what is made of them."""
    ignore = shutil.ignore_patterns("generated", "__pycache__")
    for name in names:
        source, target = repository / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=ignore)
        elif source.exists():
            shutil.copy(source, target)
