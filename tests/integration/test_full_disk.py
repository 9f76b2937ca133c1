"""A disk without room loses nothing: one error, and with room the next run completes."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from disturbed import (
    COMMANDS,
    KILLS,
    copy_of,
    piped,
    run,
    start,
    tree,
)

from ionladder import repo as files

# The others write; `score` says its verdict even where nothing can be written.
SILENT = {"score"}
DISK_BYTES = 64_000_000


@pytest.mark.parametrize(
    "name", [n if n == "new" else pytest.param(n, marks=pytest.mark.slow) for n in COMMANDS]
)
def test_a_full_disk_is_one_error_and_changes_nothing(
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
    assert_is_error(name, process.returncode, output)
    assert tree(root) == before
    assert not [path for path in root.rglob("*.part") if ".git/" not in str(path)]


def assert_is_error(name: str, code: int, output: str) -> None:
    """What a command says where it cannot write."""
    assert code == (0 if name in SILENT else 1), output
    assert "Traceback" not in output
    assert name in SILENT or "Nothing was half-written" in output


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, which only root can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "ionladder-test", str(folder)]
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; the file that has them all."""
    path = disk / "full"
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(4096)):
            pass
    assert shutil.disk_usage(disk).free == 0
    return path


@pytest.mark.parametrize("name", [*COMMANDS, "dvc repro"])
@pytest.mark.slow
def test_on_a_mounted_disk_that_is_full_nothing_changes_and_with_room_the_next_run_completes(
    origin: Path, repository: Path, disk: Path, tmp_path: Path, name: str
) -> None:
    if KILLS < 2:
        pytest.skip("takes a minute: `make test-hostile` runs it")
    command = ("ionladder.cli.main", *COMMANDS[name]) if name in COMMANDS else ("dvc", "repro")
    make = copy_of if name in COMMANDS else partial(piped, repository)
    root, whole = make(origin, disk / "clone"), make(origin, tmp_path / "whole")
    before = tree(root)
    filler = fill(disk)
    with start(root, *command) as process:
        output, _ = process.communicate()
    if name in COMMANDS:
        assert_is_error(name, process.returncode, output)
    else:
        assert process.returncode != 0, output
    assert tree(root) == before
    filler.unlink()
    for each in (root, whole):
        run(each, *command)
    assert tree(root) == tree(whole)


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
