"""The Makefile: its help lists every target, and the commands that pages name are there."""

import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", ".ci/run")


@pytest.fixture(scope="module")
def listed(repository):
    """The targets that `make help` shows."""
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^  make (\S+) +\S", done.stdout, re.MULTILINE))


def test_the_help_lists_every_target(repository, listed):
    text = (repository / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", text, re.MULTILINE)

    assert listed == set(phony.replace("\\", "").split())


def test_the_commands_that_pages_name_are_targets(repository, listed):
    pages = [repository / name for name in PAGES] + sorted((repository / "docs").glob("*.md"))
    found = [
        target
        for page in pages
        for words in re.findall(
            r"(?:^|`|run_)make ((?:[a-z][a-z-]+ ?)+)",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        for target in words.split()
    ]

    assert {"leaderboard", "test"} <= set(found)
    assert set(found) <= listed
