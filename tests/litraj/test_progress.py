"""Reading an archive of LiTraj shows a bar on a terminal, and nothing where output is piped."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from miniature import build, bvel13k, nebbvse122k
from nebdft2k_repository import make_repository
from test_mplitrj_ingest import built as build_mplitrj


class Terminal(io.StringIO):
    """A stream that says that a person looks at it."""

    def isatty(self) -> bool:
        return True


Read = Callable[[Path], object]
ARCHIVES: dict[str, Read] = {
    "BVEL13k: structures": lambda folder: build(bvel13k(), folder),
    "nebBVSE122k: structures": lambda folder: build(nebbvse122k(), folder),
    "nebDFT2k: hops": make_repository,
    "MPLiTrj, subsample: configurations": build_mplitrj,
}
EACH = pytest.mark.parametrize(("bar", "read"), ARCHIVES.items(), ids=[*ARCHIVES])


def shown(read: Read, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    read(folder)
    return terminal.getvalue()


@EACH
def test_a_terminal_sees_a_bar_that_reaches_the_end(
    bar: str, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = shown(read, tmp_path, monkeypatch)
    assert bar in text
    assert "100%" in text


@EACH
def test_a_pipe_sees_nothing(
    bar: str, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    read(tmp_path)
    assert sys.stderr.getvalue() == ""
