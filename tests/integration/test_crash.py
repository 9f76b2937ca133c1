"""A process that dies at any moment loses nothing: the next run ends as if nothing had happened."""

import contextlib
import errno
import gc
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import disturbed as ds
import pytest
from disturbed import COMMANDS, KILLS, command_of, copy_of, prepared, run, start, tree

from git_repository import GitRepository
from ionladder import repo as files
from ionladder.board.build import publish
from ionladder.board.history import parse_history
from ionladder.cli import main as cli
from ionladder.cli.maintainer import make_good
from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.errors import ConfigError
from ionladder.repo import Layout, sweep


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kills"),
    [
        *(("leaderboard", 20), ("new", 12), ("site", 6), ("score", 4), ("baseline", 3)),
        *(("dvc repro", 3), ("build", 2)),
    ],
)
def test_a_command_killed_at_any_moment_is_done_by_the_next_run(
    origin, repository, tmp_path, name, kills
):
    """With two kills a unit, as in `make test-slow`, they are a hundred."""
    clean = ds.prepared(name, repository, origin, tmp_path / "clean")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    shutil.copytree(clean, whole, symlinks=True)
    began = time.monotonic()
    assert disturbed(whole, name) == 0
    took = time.monotonic() - began
    chance = random.Random(name)
    for i in range(kills * ds.KILLS):
        # Most are killed at the end, while they write.
        share = chance.random() if i % 3 == 0 else 0.6 + 0.45 * chance.random()
        shutil.copytree(clean, killed, symlinks=True)
        disturbed(killed, name, after=share * took)
        ds.assert_nothing_is_half_written(killed)
        if name != "new" or not (killed / "submissions" / "obelix" / "fresh").exists():
            assert disturbed(killed, name) == 0
            assert ds.left_over(killed) == []
        assert ds.tree(killed) == ds.tree(whole)
        shutil.rmtree(killed)


def disturbed(root, name, after=600.0):
    """Run a command, and kill it with all that it started after some seconds; its exit code.

    Commands of ours run in a fork of this process, where everything is imported already.
    """
    if name not in ds.COMMANDS:
        with ds.start(root, *ds.command_of(name)) as process:
            try:
                process.communicate(timeout=after)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return process.returncode
    child = os.fork()
    if child == 0:
        gc.freeze()  # what other tests left, such as clients of a cluster, is not closed here
        code = 1
        with contextlib.suppress(BaseException):
            os.setsid()
            os.chdir(root)
            os.environ.pop("IONLADDER_MIRROR", None)
            sys.argv = ["ionladder", *ds.COMMANDS[name]]
            try:
                cli.run()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
            else:
                code = 0
        os._exit(code)
    ended = time.monotonic() + after
    while time.monotonic() < ended:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_killed_processes_left_is_removed_but_not_what_others_write(tmp_path):
    (dead := ds.start(tmp_path, "this")).communicate()
    names = [f".a.json.{dead.pid}-x_1.part", f".b.{os.getpid()}-x.part", ".BVEL13k.zip.part"]
    old = tmp_path / f".old.{os.getpid()}-x.part"
    for name in names:
        (tmp_path / "deep" / name).mkdir(parents=True)
    (tmp_path / "deep" / names[0] / "file").touch()
    old.touch()
    os.utime(old, (0, 0))
    assert sorted(sweep(tmp_path)) == sorted([tmp_path / "deep" / names[0], old])
    assert sorted(path.name for path in ds.left_over(tmp_path)) == sorted(names[1:])


def test_two_at_once_write_one_after_the_other(origin, tmp_path):
    root = ds.copy_of(origin, tmp_path / "both")
    both = [ds.start(root, *ds.command_of("leaderboard")) for _ in range(2)]
    texts = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], texts
    assert sum("record added" in text for text in texts) == 1
    lines = Layout(root).history.read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == len(parse_history(b"\n".join([*lines, b""]), "it"))


@pytest.mark.parametrize(
    ("lock", "record", "code", "words"),
    [
        ("", '{"write": {"x": {"pid": 999999999, "cmd": "dvc repro"}}}', 0, "lock of a run of DVC"),
        ("schema: '2.0'\nstages:\n  a: [", '{"wri', 0, "the one of the last commit is used"),
        ("<<<<<<< HEAD\n=======\n>>>>>>> x\n", "", 1, "dvc.lock, line 1: expected a file without"),
    ],
)
def test_what_a_killed_dvc_left_is_made_good_and_said(tmp_path, capsys, lock, record, code, words):
    repository = GitRepository(tmp_path)
    repository.write("dvc.lock", "schema: '2.0'\nstages: {}\n")
    GitRepository.start(tmp_path)
    repository.write("dvc.lock", lock)
    repository.write(".dvc/tmp/rwlock", record)
    said = ""
    try:
        make_good(tmp_path)
    except ConfigError as error:
        said = str(error)
    assert (words in said) == bool(code)
    assert words in said + capsys.readouterr().out
    if not code:
        assert "stages: {}" in (tmp_path / "dvc.lock").read_text()
        assert not (tmp_path / ".dvc/tmp/rwlock").exists()


@pytest.fixture(scope="module")
def published(origin, tmp_path_factory):
    """The tree after an undisturbed ``ionladder leaderboard``."""
    root = ds.copy_of(origin, tmp_path_factory.mktemp("published") / "clone")
    assert in_a_child(lambda: leaderboard(root)) == 0
    return ds.tree(root)


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
    origin, published, tmp_path, victim, is_moved
):
    root = ds.copy_of(origin, tmp_path / "killed")

    def die_there():
        move = Path.replace

        def replace(self, target):
            if target == root / victim and not is_moved:
                os.kill(os.getpid(), signal.SIGKILL)
            done = move(self, target)
            if target == root / victim:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        Path.replace = replace
        leaderboard(root)

    assert in_a_child(die_there) == -signal.SIGKILL
    ds.assert_nothing_is_half_written(root)
    assert in_a_child(lambda: leaderboard(root)) == 0
    assert ds.tree(root) == published


def leaderboard(root):
    layout = Layout(root)
    publish(layout, get_task("obelix"), "1.0.0", load_params(layout).scoring)


def in_a_child(work):
    """Exit code of a forked process, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - the exit code says it
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --- A disk without room loses nothing: one error, and with room the next run completes

# The others write; `score` says its verdict even where nothing can be written.
SILENT = {"score"}


@pytest.mark.parametrize(
    "name", [n if n == "new" else pytest.param(n, marks=pytest.mark.slow) for n in COMMANDS]
)
def test_a_full_disk_is_one_error_without_change(origin, tmp_path, name):
    root = copy_of(origin, tmp_path / "full")
    before = tree(root)
    # No file may grow beyond 64 bytes, as on a disk with no more room.
    process = start(
        root,
        *command_of(name),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)),
    )
    with process:
        output, _ = process.communicate()
    assert_is_error(name, process.returncode, output)
    assert tree(root) == before
    assert not [path for path in root.rglob("*.part") if ".git/" not in str(path)]


def assert_is_error(name, code, output):
    """What a command says where it cannot write."""
    assert code == (0 if name in SILENT else 1), output
    assert "Traceback" not in output
    assert name in SILENT or "Nothing was half-written" in " ".join(output.split())


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own, which only root can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64000000", "ionladder-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk to fill")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("name", [*COMMANDS, "dvc repro"])
@pytest.mark.slow
def test_on_a_mounted_disk_that_is_full_nothing_changes_and_with_room_the_next_run_completes(
    origin, repository, disk, tmp_path, name
):
    if KILLS < 2:
        pytest.skip("takes a minute: `make test-hostile` runs it")
    roots = [
        prepared(name, repository, origin, folder / "clone") for folder in (disk, tmp_path / "room")
    ]
    before = tree(roots[0])
    with (disk / "full").open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(4096)):
            pass
    with start(roots[0], *command_of(name)) as process:
        output, _ = process.communicate()
    if name in COMMANDS:
        assert_is_error(name, process.returncode, output)
    else:
        assert process.returncode != 0, output
    assert tree(roots[0]) == before
    (disk / "full").unlink()
    for root in roots:
        run(root, *command_of(name))
    assert tree(roots[0]) == tree(roots[1])


def test_a_disk_that_is_full_at_the_last_moment_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "board.json"
    files.write_text(path, "old")

    def full(self, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
