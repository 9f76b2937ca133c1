"""A process that dies at any moment loses nothing: the next run ends as if nothing had happened."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from factories import write_repo
from ionladder.core import files
from ionladder.core.paths import Layout

# `make test-hostile` kills more often.
KILLS = int(os.environ.get("IONLADDER_KILLS", "1"))
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
CARD = (
    "model: {name}\ndescription: One number for everything.\nauthors: [{{name: A. Author}}]\n"
    "training_data: none\ninputs: composition\nlicence: MIT\n"
)
COMMANDS = {
    "leaderboard": ("leaderboard", "obelix"),
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
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def tree(root: Path) -> dict[str, bytes]:
    """What git sees, and the rendered pages: path → content."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    paths = [root / name for name in names if name]
    paths += [path for path in (root / "docs" / "generated").rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths if path.is_file()}


def assert_nothing_is_half_written(root: Path) -> None:
    for name, data in tree(root).items():
        assert ".part" not in name
        if name.endswith(".json"):
            json.loads(data)
        if name.endswith(".jsonl"):
            assert [json.loads(line) for line in data.splitlines()]
            assert data.endswith(b"\n")


@pytest.fixture(scope="module")
def origin(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repository with ingested tables, two submissions, a baseline and a board."""
    layout = write_repo(tmp_path_factory.mktemp("origin") / "clone")
    root = layout.root
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


@pytest.fixture(scope="module")
def published(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tree after an undisturbed ``ionladder leaderboard``."""
    root = copy_of(origin, tmp_path_factory.mktemp("published") / "clone")
    assert in_a_child(lambda: leaderboard(root)) == 0
    return tree(root)


def submit(layout: Layout, name: str, value: float) -> None:
    splits = pd.read_parquet(layout.table("obelix", "1.0.0", "splits"))
    folder = layout.submission_dir("obelix", name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "submission.yaml").write_text(CARD.format(name=name))
    rows = pd.DataFrame({"id": splits.loc[splits["subset"] == "test", "id"], "log10_sigma": value})
    rows.to_csv(folder / "predictions.csv", index=False)


def copy_of(origin: Path, root: Path) -> Path:
    """The repository as it stands before a command: with one more submission than its board."""
    shutil.copytree(origin, root, symlinks=True)
    submit(Layout(root), "c", -4.0)
    return root


def moments(name: str, longest: float) -> Iterator[float]:
    """Seconds after the start at which a process is killed; most while it writes, at its end."""
    chance = random.Random(name)
    for i in range(KILLS):
        share = chance.random() if i % 3 == 0 else 0.7 + 0.35 * chance.random()
        yield share * longest


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    with process:
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_killed_at_any_moment_is_done_by_the_next_run(
    origin: Path, tmp_path: Path, name: str
) -> None:
    command = ("ionladder.cli.main", *COMMANDS[name])
    whole = copy_of(origin, tmp_path / "whole")
    began = time.monotonic()
    run(whole, *command)
    took = time.monotonic() - began
    expected = tree(whole)
    for number, seconds in enumerate(moments(name, took)):
        root = copy_of(origin, tmp_path / f"killed-{number}")
        kill_after(start(root, *command), seconds)
        assert_nothing_is_half_written(root)
        if name != "new" or not (root / "submissions" / "obelix" / "fresh").exists():
            run(root, *command)
        assert tree(root) == expected
        shutil.rmtree(root)


WRITES = [
    "leaderboard/obelix.json",
    "leaderboard/obelix.csv",
    "leaderboard/analysis/obelix.json",
    "leaderboard/history.jsonl",
    "leaderboard/scores/obelix/c.json",
]


@pytest.mark.parametrize("victim", WRITES)
@pytest.mark.parametrize("moment", ["before it is moved", "after it is moved"])
def test_death_around_each_write_of_a_board_is_mended_by_the_next_run(
    origin: Path, published: dict[str, bytes], tmp_path: Path, victim: str, moment: str
) -> None:
    root = copy_of(origin, tmp_path / "killed")

    def die_there() -> None:
        move = Path.replace

        def replace(self: Path, target: Path) -> Path:
            if target == root / victim and moment.startswith("before"):
                os.kill(os.getpid(), signal.SIGKILL)
            done = move(self, target)
            if target == root / victim:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        Path.replace = replace  # type: ignore[method-assign,assignment]
        leaderboard(root)

    assert in_a_child(die_there) == -signal.SIGKILL
    assert_nothing_is_half_written(root)
    assert in_a_child(lambda: leaderboard(root)) == 0
    assert tree(root) == published


def leaderboard(root: Path) -> None:
    from ionladder.datasets.params import load_params
    from ionladder.datasets.registry import get_task
    from ionladder.leaderboard.publish import publish

    layout = Layout(root)
    publish(layout, get_task("obelix"), "1.0.0", load_params(layout).scoring)


def in_a_child(work: Callable[[], None]) -> int:
    """Exit code of a forked process, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the exit code says it
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_letter_and_changes_nothing(
    origin: Path, tmp_path: Path, name: str
) -> None:
    root = copy_of(origin, tmp_path / "full")
    before = tree(root)
    # No file may grow beyond 64 bytes, as on a disk with no more room.
    process = start(
        root,
        "ionladder.cli.main",
        *COMMANDS[name],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)),
    )
    with process:
        output, _ = process.communicate()
    assert process.returncode == 1, output
    assert "Traceback" not in output
    assert "Nothing was half-written" in output
    assert tree(root) == before
    assert not [path for path in root.rglob("*.part") if ".git/" not in str(path)]


def test_a_disk_that_is_full_at_the_last_moment_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "board.json"
    files.write_text(path, "old")

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_pipeline_is_completed_by_the_next_run(
    origin: Path, repository: Path, tmp_path: Path
) -> None:
    """``dvc repro`` of one stage, which has outputs of the kinds that the real ones have."""
    if KILLS < 2:
        pytest.skip("takes a minute: `make test-hostile` runs it")
    root = tmp_path / "piped"
    shutil.copytree(origin, root, symlinks=True)
    (root / "dvc.yaml").write_text(
        "stages:\n  score:\n    cmd: ionladder leaderboard obelix\n    deps: [submissions/obelix]\n"
        "    outs:\n      - leaderboard/obelix.json: {cache: false, persist: true}\n"
        "      - leaderboard/scores/obelix: {cache: false, persist: true}\n"
    )
    shutil.copytree(repository / ".dvc", root / ".dvc", ignore=lambda *_: ["tmp", "cache"])
    submit(Layout(root), "c", -4.0)
    whole = tmp_path / "whole"
    shutil.copytree(root, whole, symlinks=True)
    began = time.monotonic()
    run(whole, "dvc", "repro")
    took = time.monotonic() - began
    for seconds in moments("dvc", took):
        again = tmp_path / "again"
        shutil.copytree(root, again, symlinks=True)
        kill_after(start(again, "dvc", "repro"), seconds)
        assert_nothing_is_half_written(again)
        run(again, "dvc", "repro")
        assert tree(again) == tree(whole)
        shutil.rmtree(again)
