"""The shell completes commands and the names of tasks, and does not wait for pandas to do so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_PROGRAM = (
    "import sys; sys.argv = ['ionladder']; "
    "from ionladder.cli.main import app\n"
    "try:\n    app(prog_name='ionladder')\n"
    "finally:\n    print('pandas' in sys.modules, file=sys.stderr)"
)


def completed(typed: str) -> list[str]:
    """What bash is offered for the last word; no heavy package may have been loaded."""
    asked = {
        "_IONLADDER_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr.split() == ["False"]
    return result.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ionladder val", ["validate"]),
        ("ionladder new obelix-c", ["obelix-cif", "obelix-cv"]),
        ("ionladder convert x.csv --task bvel-", ["bvel-proto"]),
        ("ionladder data nothing-like-it", []),
    ],
)
def test_commands_and_tasks_are_completed(typed: str, offered: list[str]) -> None:
    assert completed(typed) == offered
