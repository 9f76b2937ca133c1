"""One bad submission: how to make it, and the error it must get."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tiny

MOST_MB, MOST_SECONDS = 1000, 10


@dataclass(frozen=True, kw_only=True)
class Case:
    """A submission that somebody might send.

    Attributes:
        name: What is wrong with it.
        error: Part of the error it gets; None where it is valid and has to be scored.
        make: Makes the folder; may raise PermissionError where the system does not allow it.
        folder: Name of the folder.
    """

    name: str
    error: str | None
    make: Callable[[Path], object]
    folder: str = "bad"


def with_file(name: str, error: str | None, file: str, data: Callable[[], bytes]) -> Case:
    """A good submission with these bytes in one file."""

    def make(folder: Path) -> None:
        tiny.write_submission(folder)
        (folder / file).write_bytes(data())

    return Case(name=name, error=error, make=make)
