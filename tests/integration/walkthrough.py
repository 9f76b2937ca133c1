"""Pages that are followed word by word: their blocks, an environment to run them in, no network."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

SECONDS = 300
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks_of(text: str) -> list[tuple[str, str, str]]:
    """Language, file name (empty for commands) and text of every fenced block, in order."""
    return _BLOCK.findall(text)


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
    """Run commands in a folder without network; what they printed, all of them having worked."""
    settings = {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    blocked = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -e", *script])],
        cwd=root,
        env={**environment, **settings, **blocked},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
