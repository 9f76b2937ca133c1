"""Tables, bars and completion: for a person at a terminal, for a program, for a shell."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from ionladder.cli import common
from ionladder.cli.common import following, show

ITEMS = list(range(5))
HEADER = ["", "all", "with CIF"]
ROWS = [["MAE", "1.586 [1.05, 2.39]", "–"], ["R²", "0.4", "-12.25"]]


def test_piped_tables_are_plain_aligned_and_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show("[bold]Errors[/bold]", HEADER, ROWS)
    assert capsys.readouterr().out == (
        "[bold]Errors[/bold]\n"
        "                    all  with CIF\n"
        "MAE  1.586 [1.05, 2.39]         –\n"
        "R²                  0.4    -12.25\n"
    )


def test_a_pipe_gets_none_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "PATIENCE_S", 0.0)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(following(ITEMS, "Counting")) == ITEMS
    assert stream.getvalue() == ""


_PROGRAM = (
    "import sys; sys.argv = ['ionladder']; "
    "from ionladder.cli.main import app\n"
    "try:\n    app(prog_name='ionladder')\n"
    "finally:\n    print('pandas' in sys.modules, file=sys.stderr)"
)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ionladder val", ["validate"]),
        ("ionladder new obelix-c", ["obelix-cif", "obelix-cv"]),
        ("ionladder convert x.csv --task bvel-", ["bvel-proto"]),
        ("ionladder data nothing-like-it", []),
    ],
)
def test_commands_and_tasks_are_completed_without_loading_pandas(
    typed: str, offered: list[str]
) -> None:
    asked = {
        "_IONLADDER_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split(" ")) - 1),
    }
    command, environment = [sys.executable, "-c", _PROGRAM], os.environ | asked
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stderr.split(), done.stdout.split()) == (["False"], offered)
