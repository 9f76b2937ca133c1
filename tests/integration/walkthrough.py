"""Pages that are followed word by word: their blocks, an environment to run them in, no network."""

import csv
import re
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_repository import ran

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path("data/bvel_proto/1.2.0")
SECONDS = 300
needs_tables_and_shell = pytest.mark.skipif(
    not (REPOSITORY / DATA / "labels.parquet").is_file()
    or not all(map(shutil.which, ("bash", "git", "make"))),
    reason="needs the tables of bvel_proto 1.2.0, bash, git and make",
)
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def script_of(root: Path, text: str) -> tuple[list[str], list[str]]:
    """Commands that do what the fenced blocks say, in order, and the files that these write."""
    (root / "tmp").mkdir()
    script, written = [], []
    for number, (language, name, block) in enumerate(_BLOCK.findall(text)):
        assert name or language == "sh"
        if name:
            (root / "tmp" / f"step-{number}").write_text(block, encoding="utf-8")
            written.append(name)
        script.append(f"cp tmp/step-{number} {name}" if name else block)
    return script, written


def board_of(root: Path) -> dict[str, dict[str, str]]:
    """Submission → row of the board."""
    with (root / "leaderboard" / "bvel-proto.csv").open(encoding="utf-8") as lines:
        return {row["submission"]: row for row in csv.DictReader(lines)}


def make_environment(root: Path, *pythons: str) -> Path:
    """A ``.venv/bin`` whose interpreters and ``ionladder`` are those of this test."""
    scripts = root / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "ionladder").symlink_to(Path(sysconfig.get_path("scripts")) / "ionladder")
    for name in pythons:
        wrapper = scripts / name
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        wrapper.chmod(0o755)
    return scripts


def follow(root: Path, script: list[str], environment: Mapping[str, str]) -> str:
    """Run commands at 80 columns, without network; what they printed, all of them having worked.

    Where prose was wrapped makes no difference to the answer.
    """
    settings = {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", "COLUMNS": "80"}
    blocked = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    command, surroundings = "\n".join(["set -e", *script]), {**environment, **settings, **blocked}
    done = ran("bash", "-c", command, cwd=root, env=surroundings, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    intervals = [line for line in done.stdout.splitlines() if re.search(r"\d \[.*\d\]", line)]
    assert intervals
    assert max(map(len, intervals)) <= 80
    return " ".join(done.stdout.split())
