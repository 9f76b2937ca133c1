"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ionladder.errors import ConfigError
from ionladder.repo import (
    ROOT_VARIABLE,
    Layout,
    find_layout,
    read_json,
    replacing,
    to_json,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    write_text(path, "old")

    def write_half() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            msg = "disk full"
            raise OSError(msg)

    with pytest.raises(OSError, match="disk full"):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_text_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "board.json"
    write_text(path, "text")
    os.utime(path, (1, 1))
    write_text(path, "text")
    assert path.stat().st_mtime == 1
    write_text(path, "other")
    assert path.stat().st_mtime != 1


def test_json_has_two_spaces_a_final_newline_and_null_for_nan(tmp_path: Path) -> None:
    path = tmp_path / "x" / "y.json"
    write_json(path, {"b": [1.5, float("nan")], "a": "σ"})
    assert path.read_text() == '{\n  "b": [\n    1.5,\n    null\n  ],\n  "a": "σ"\n}\n'
    assert read_json(path) == {"b": [1.5, None], "a": "σ"}
    assert to_json({}) == "{}\n"


def test_the_repository_is_found_from_a_folder_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text("{}")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert find_layout(inside) == Layout(tmp_path.resolve())
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    assert find_layout(Path("/")) == Layout(tmp_path.resolve())


def test_no_repository_is_a_letter(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Change into the cloned repository"):
        find_layout(tmp_path)
