"""Bad folders: links, devices, names, files that do not belong."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import tiny
from hostile.case import Case

_REGULAR = "expected a regular file; found"


def _replaced(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    """A good submission in which something else stands in the place of one file."""

    def build(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / name).unlink()
        make(folder / name)

    return build


def _link(target: str, name: str = "predictions.csv") -> Callable[[Path], None]:
    return _replaced(name, lambda path: path.symlink_to(target))


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


def _many_files(folder: Path) -> None:
    tiny.write_submission(folder)
    for i in range(3000):
        (folder / f"f{i}.txt").touch()


def _hard_link_to_a_stranger(path: Path) -> None:
    """Another file of the machine under the name of the table."""
    secret = path.parents[3] / "secret.txt"
    secret.write_text("root:x:0:0\nbin:x:1:1\n")
    path.hardlink_to(secret)


_CSV, _CARD = "predictions.csv", "submission.yaml"
_CYRILLIC = "predictions.\u0441sv"
_STRANGER = _replaced(_CSV, _hard_link_to_a_stranger)

FILES: dict[str, tuple[str | None, Callable[[Path], object]]] = {
    "a link to /etc/passwd": (_REGULAR, _link("/etc/passwd")),
    "a link to /dev/zero": (_REGULAR, _link("/dev/zero")),
    "a link to nothing": (_REGULAR, _link("nowhere")),
    "a link to itself": (_REGULAR, _link(_CSV)),
    "a link up the tree": (_REGULAR, _link("../good/predictions.csv")),
    "a card that is a link": ("found a link", _link("../good/submission.yaml", _CARD)),
    "a card that is a pipe": ("found no such file", _replaced(_CARD, os.mkfifo)),
    "a card that is a folder": ("found no such file", _replaced(_CARD, Path.mkdir)),
    "no card": ("expected a regular file; found no such file", _replaced(_CARD, lambda _: None)),
    "a table that is a pipe": (_REGULAR, _replaced(_CSV, os.mkfifo)),
    "a table that is a folder": (_REGULAR, _replaced(_CSV, Path.mkdir)),
    "a table that is a socket": (_REGULAR, _replaced(_CSV, _socket)),
    "a table that is a device": (
        _REGULAR,
        _replaced(_CSV, lambda p: os.mknod(p, stat.S_IFCHR | 0o666, os.makedev(1, 5))),
    ),
    "no table": (
        "expected predictions.csv or predictions.parquet; found neither",
        _replaced(_CSV, lambda _: None),
    ),
    "two tables": ("found both", _beside("predictions.parquet", b"PAR1")),
    "a hard link to a stranger's file": ("expected the names id, log10_sigma", _STRANGER),
    "a hard link to another's table": (
        None,
        _replaced(_CSV, lambda p: p.hardlink_to(p.parents[1] / "good" / _CSV)),
    ),
    "a folder that is a link": ("found a link", lambda folder: folder.symlink_to("good")),
    "a pickle beside": ("also model.pkl", _beside("model.pkl", b"cos\nsystem\n(S'x'\ntR.")),
    "code beside": ("also conftest.py", _beside("conftest.py")),
    "a table in other case": ("Rename it to predictions.csv", _beside("Predictions.csv")),
    "an archive beside": ("found predictions.csv.zip", _beside("predictions.csv.zip")),
    "a name that is no text": ("also x\\udcff", _beside(b"x\xff")),
    "a name with terminal codes": ("also \\x1b[2J", _beside("\x1b[2J")),
    "a name with a line end": ("also a\\nb", _beside("a\nb")),
    "a name that turns around": ("also \\u202evsc", _beside("\u202evsc.exe")),
    "a name that looks like the table": ("also predictions.\u0441sv", _beside(_CYRILLIC)),
    "a name of 255 letters": ("also xxxxxxxx", _beside("x" * 255)),
    "three thousand files": ("(2995 more)", _many_files),
}

CASES = [Case(name=name, error=error, make=make) for name, (error, make) in FILES.items()]
