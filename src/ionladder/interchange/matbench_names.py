"""What our splits are called in matbench's layout: ``<task>__<part>__<target>``.

The part is ``test`` for training and test part, or ``<scheme>__r<repeat>`` for frozen folds.
matbench knows one target a task, so a task with several targets appears once for each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TEST_PART = "test"
_NAME = re.compile(
    r"^(?P<task>[a-z0-9-]+)__(?:test|(?P<scheme>\w+?)__r(?P<repeat>\d{1,3}))__(?P<target>\w+)$"
)


@dataclass(frozen=True, kw_only=True)
class MatbenchName:
    """A split of one of our tasks, as matbench calls it.

    Attributes:
        task: Our task.
        target: Its target.
        scheme: Scheme of the frozen folds, or None for training and test part.
        repeat: Repeat of the scheme; 0 where there is no scheme.
    """

    task: str
    target: str
    scheme: str | None = None
    repeat: int = 0

    def __str__(self) -> str:
        part = TEST_PART if self.scheme is None else f"{self.scheme}__r{self.repeat}"
        return f"{self.task}__{part}__{self.target}"


def parse_name(text: str) -> MatbenchName | None:
    """Read a name that we gave, or None for any other.

    Example:
        >>> parse_name("obelix__grouped_doi_comp__r2__log10_sigma").repeat
        2
        >>> str(parse_name("bvel-proto__test__e_1d_ev"))
        'bvel-proto__test__e_1d_ev'
        >>> parse_name("matbench_dielectric") is None
        True
    """
    match = _NAME.match(text)
    if match is None:
        return None
    return MatbenchName(
        task=match["task"],
        target=match["target"],
        scheme=match["scheme"],
        repeat=int(match["repeat"] or 0),
    )
