"""Tables: boxes for a person at a terminal, plain lines for a program."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ionladder.cli.common import show

GRID: dict[str, Any] = {
    "title": "[bold]Errors[/bold]",
    "header": ["", "all", "with CIF"],
    "rows": [["MAE", "1.586 [1.05, 2.39]", "–"], ["R²", "0.4", "-12.25"]],
}


def test_piped_tables_are_plain_aligned_and_never_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show(**GRID)
    assert capsys.readouterr().out == (
        "[bold]Errors[/bold]\n"
        "                    all  with CIF\n"
        "MAE  1.586 [1.05, 2.39]         –\n"
        "R²                  0.4    -12.25\n"
    )


def test_a_terminal_gets_boxes_and_takes_no_markup_of_contributors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    show(**GRID)
    printed = capsys.readouterr().out
    assert "│" in printed or "┃" in printed
    assert "[bold]Errors[/bold]" in printed
    assert "1.586 [1.05, 2.39]" in printed
