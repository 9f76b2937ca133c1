"""A process that dies at any moment loses nothing: the next run ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from disturbed import (
    COMMANDS,
    KILLS,
    assert_nothing_is_half_written,
    command_of,
    copy_of,
    prepared,
    run,
    start,
    tree,
)

from ionladder.board.build import publish
from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.repo import Layout


@pytest.mark.slow
@pytest.mark.parametrize("name", [*COMMANDS, "dvc repro"])
def test_a_command_killed_at_any_moment_is_done_by_the_next_run(
    origin: Path, repository: Path, tmp_path: Path, name: str
) -> None:
    if name not in COMMANDS and KILLS < 2:
        pytest.skip("takes a minute: `make test-hostile` runs it")
    command = command_of(name)
    clean = prepared(name, repository, origin, tmp_path / "clean")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    shutil.copytree(clean, whole, symlinks=True)
    began = time.monotonic()
    run(whole, *command)
    took = time.monotonic() - began
    chance = random.Random(name)
    for i in range(KILLS):
        # Most are killed at the end, while they write.
        share = chance.random() if i % 3 == 0 else 0.7 + 0.35 * chance.random()
        shutil.copytree(clean, killed, symlinks=True)
        with start(killed, *command) as process:
            time.sleep(share * took)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        assert_nothing_is_half_written(killed)
        if name != "new" or not (killed / "submissions" / "obelix" / "fresh").exists():
            run(killed, *command)
        assert tree(killed) == tree(whole)
        shutil.rmtree(killed)


@pytest.fixture(scope="module")
def published(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tree after an undisturbed ``ionladder leaderboard``."""
    root = copy_of(origin, tmp_path_factory.mktemp("published") / "clone")
    assert in_a_child(lambda: leaderboard(root)) == 0
    return tree(root)


@pytest.mark.parametrize(
    ("victim", "is_moved"),
    [
        ("leaderboard/obelix.json", False),
        ("leaderboard/obelix.csv", True),
        ("leaderboard/analysis/obelix.json", False),
        ("leaderboard/history.jsonl", True),
        ("leaderboard/scores/obelix/c.json", True),
    ],
)
def test_death_around_each_write_of_a_board_is_repaired_by_the_next_run(
    origin: Path, published: dict[str, bytes], tmp_path: Path, victim: str, is_moved: bool
) -> None:
    root = copy_of(origin, tmp_path / "killed")

    def die_there() -> None:
        move = Path.replace

        def replace(self: Path, target: Path) -> Path:
            if target == root / victim and not is_moved:
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
