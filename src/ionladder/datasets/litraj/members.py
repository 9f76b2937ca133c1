"""Files of a LiTraj archive, found by their own names whatever the folder around them is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, first_few
from ionladder.sources.zips import ZipMembers


def find_members(archive: ZipMembers, names: Sequence[str], *, where: str) -> dict[str, str]:
    """File name → path inside the archive.

    Args:
        archive: The archive.
        names: File names, without folder.
        where: The archive's name, for letters.

    Raises:
        IngestError: Some are not there, or are there twice; all are named.
    """
    places: dict[str, list[str]] = {name: [] for name in names}
    for path in archive.names:
        places.get(PurePosixPath(path).name, []).append(path)
    problems = [
        Problem(
            where=f"{where}, {name}",
            expected="one such file",
            found=first_few(found) if found else f"only {first_few(archive.names)}",
            next_step="Compare the archive with its upstream copy.",
        )
        for name, found in places.items()
        if len(found) != 1
    ]
    if problems:
        raise IngestError(problems)
    return {name: found[0] for name, found in places.items()}
