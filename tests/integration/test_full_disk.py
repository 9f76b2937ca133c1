"""A disk without room loses nothing: one error, and with room the next run completes."""

import contextlib
import errno
import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
from disturbed import COMMANDS, KILLS, command_of, copy_of, prepared, run, start, tree

from ionladder import repo as files

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
