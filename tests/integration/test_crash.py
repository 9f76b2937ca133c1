"""A process that dies at any moment loses nothing: the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from disturbed import (
    COMMANDS,
    KILLS,
    assert_nothing_is_half_written,
    copy_of,
    piped,
    run,
    start,
    tree,
)

from ionladder.repo import Layout


@pytest.fixture(scope="module")
def published(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tree after an undisturbed ``ionladder leaderboard``."""
    root = copy_of(origin, tmp_path_factory.mktemp("published") / "clone")
    assert in_a_child(lambda: leaderboard(root)) == 0
    return tree(root)


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


@pytest.mark.slow
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
    from ionladder.board.build import publish
    from ionladder.config import load_params
    from ionladder.data.registry import get_task

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


@pytest.mark.slow
def test_a_killed_pipeline_is_completed_by_the_next_run(
    origin: Path, repository: Path, tmp_path: Path
) -> None:
    if KILLS < 2:
        pytest.skip("takes a minute: `make test-hostile` runs it")
    root = piped(repository, origin, tmp_path / "piped")
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
