"""A long job shows a bar to a person at a terminal, and nothing to a program or for a short job."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterable

import pytest

from ionladder.cli import common as progress
from ionladder.cli.common import following

ITEMS = list(range(5))


def shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, *, items: Iterable[int] = ITEMS, total: int | None = None
) -> str:
    """What five items leave on a terminal of its own."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(following(items, "Counting", total=total)) == ITEMS
        stream.write("end\n")
    text = ""
    while "end" not in text:
        text += os.read(ours, 10_000).decode()
    os.close(ours)
    return text


def test_a_terminal_sees_a_bar_once_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    text = shown_on_a_terminal(monkeypatch)
    assert "Counting" in text
    assert "\x1b[" in text


def test_items_that_do_not_know_their_number_are_counted_against_a_stated_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    text = shown_on_a_terminal(monkeypatch, items=iter(ITEMS), total=len(ITEMS))
    assert "Counting" in text
    assert "80%" in text


def test_a_short_job_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_on_a_terminal(monkeypatch).strip() == "end"


def test_a_pipe_gets_none_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(following(ITEMS, "Counting")) == ITEMS
    assert stream.getvalue() == ""
