"""Bad folders: links, devices, names, files that do not belong."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import tiny
from hostile.case import Case

_REGULAR = "expected a regular file; found"
_NAME = "expected a folder name of 1 to 64 characters"


def _replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """A good submission in which something else stands in the place of one file."""

    def build(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / name).unlink()
        make(folder / name)

    return build


def _beside(name: str | bytes, content: bytes = b"x") -> Callable[[Path], None]:
    """A good submission with one more file."""

    def build(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / os.fsdecode(name)).write_bytes(content)

    return build


def _socket(path: Path) -> None:
    """A socket; its name must be short, so it is bound from inside its folder."""
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    finally:
        os.chdir(here)


def _linked_folder(folder: Path) -> None:
    folder.symlink_to("good", target_is_directory=True)


def _both(folder: Path) -> None:
    tiny.write_submission(folder)
    (folder / "predictions.parquet").write_bytes(b"PAR1")


def _many_files(folder: Path) -> None:
    tiny.write_submission(folder)
    for i in range(3000):
        (folder / f"f{i}.txt").touch()


def _hard_link_to_a_stranger(path: Path) -> None:
    """Another file of the machine under the name of the table."""
    secret = path.parents[3] / "secret.txt"
    secret.write_text("root:x:0:0\nbin:x:1:1\n")
    path.hardlink_to(secret)


def _hard_link_to_the_good(path: Path) -> None:
    path.hardlink_to(path.parents[1] / "good" / "predictions.csv")


def _device(path: Path) -> None:
    os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))


def named(name: str, folder: str | bytes, error: str = _NAME) -> Case:
    """A good submission in a folder of this name."""
    return Case(name=name, error=error, make=tiny.write_submission, folder=os.fsdecode(folder))


def _case(name: str, error: str | None, make: Callable[[Path], object]) -> Case:
    return Case(name=name, error=error, make=make)


_CSV, _CARD = "predictions.csv", "submission.yaml"

FILES = [
    _case(
        "a link to /etc/passwd", _REGULAR, _replaced(_CSV, lambda p: p.symlink_to("/etc/passwd"))
    ),
    _case("a link to /dev/zero", _REGULAR, _replaced(_CSV, lambda p: p.symlink_to("/dev/zero"))),
    _case("a link to nothing", _REGULAR, _replaced(_CSV, lambda p: p.symlink_to("nowhere"))),
    _case("a link to itself", _REGULAR, _replaced(_CSV, lambda p: p.symlink_to(_CSV))),
    _case(
        "a link up the tree",
        _REGULAR,
        _replaced(_CSV, lambda p: p.symlink_to("../good/predictions.csv")),
    ),
    _case(
        "a card that is a link",
        "found a link",
        _replaced(_CARD, lambda p: p.symlink_to("../good/submission.yaml")),
    ),
    _case("a card that is a pipe", "found no such file", _replaced(_CARD, os.mkfifo)),
    _case("a card that is a folder", "found no such file", _replaced(_CARD, Path.mkdir)),
    _case(
        "no card", "expected a regular file; found no such file", _replaced(_CARD, lambda _: None)
    ),
    _case("a table that is a pipe", _REGULAR, _replaced(_CSV, os.mkfifo)),
    _case("a table that is a folder", _REGULAR, _replaced(_CSV, Path.mkdir)),
    _case("a table that is a socket", _REGULAR, _replaced(_CSV, _socket)),
    _case("a table that is a device", _REGULAR, _replaced(_CSV, _device)),
    _case(
        "no table",
        "expected predictions.csv or predictions.parquet; found neither",
        _replaced(_CSV, lambda _: None),
    ),
    _case("two tables", "found both", _both),
    _case(
        "a hard link to a stranger's file",
        "expected a column `id`",
        _replaced(_CSV, _hard_link_to_a_stranger),
    ),
    _case("a hard link to another's table", None, _replaced(_CSV, _hard_link_to_the_good)),
    _case("a folder that is a link", "found a link", _linked_folder),
    _case("a pickle beside", "also model.pkl", _beside("model.pkl", b"cos\nsystem\n(S'x'\ntR.")),
    _case("code beside", "also conftest.py", _beside("conftest.py")),
    _case("a table in other case", "also Predictions.csv", _beside("Predictions.csv")),
    _case("an archive beside", "also predictions.csv.zip", _beside("predictions.csv.zip")),
    _case("a name that is no text", "also x\\udcff", _beside(b"x\xff")),
    _case("a name with terminal codes", "also \\x1b[2J", _beside("\x1b[2J")),
    _case("a name with a line end", "also a\\nb", _beside("a\nb")),
    _case("a name that turns around", "also \\u202evsc", _beside("\u202evsc.exe")),
    _case(
        "a name that looks like the table",
        "also predictions.\u0441sv",
        _beside("predictions.\u0441sv"),
    ),
    _case("a name of 255 letters", "also xxxxxxxx", _beside("x" * 255)),
    _case("three thousand files", "(2995 more)", _many_files),
]

NAMES = [
    named("upper case", "Good"),
    named("a homoglyph", "g\u043eod"),
    named("full-width letters", "\uff47ood"),
    named("a Turkish dotless i", "m\u0131ne"),
    named("a right-to-left mark", "bad\u202edoog"),
    named("a zero-width space", "go\u200bod"),
    named("a name that is no text", b"bad\xff"),
    named("a line end", "bad\ngood"),
    named("terminal codes", "\x1b[2Jbad"),
    named("markup", "<img src=x onerror=alert(1)>"),
    named("a formula", "=cmd|' C calc'!A0"),
    named("a leading dash", "-rf"),
    named("a template", "{{ 7*7 }}"),
    named("an option", "--help"),
    named("shell", "$(touch x);`id`"),
    named("255 letters", "x" * 255),
    named("65 letters", "x" * 65),
    named("blanks", " bad "),
    named("emoji", "\U0001f600"),
]
