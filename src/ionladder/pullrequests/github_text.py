"""Text for GitHub's Markdown: a stranger's words are shown as code, which nothing is read into.

Entities and backslashes are not enough there: addresses, ``@names``, ``#numbers`` and commit ids
are made into links after Markdown has been rendered. In code they are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ionladder.site.text import plain

_LONGEST = 500
_RUN = re.compile(r"`+")


def code(text: object, *, limit: int = _LONGEST) -> str:
    """One line of a stranger's words as a code span.

    Example:
        >>> code("@team `x` <b>")
        '`` @team `x` <b> ``'
        >>> code("rf-paper"), code("  ")
        ('`rf-paper`', '` `')
    """
    line = plain(text, limit=limit) or " "
    fence = "`" * _fence_length(line, shortest=1)
    pad = " " if line.startswith("`") or line.endswith("`") or "`" in line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(lines: Iterable[object], *, most: int = 50, limit: int = _LONGEST) -> str:
    """Lines of a stranger's words as a code block; how many were left out is said.

    Example:
        >>> print(block(["one\\ntwo", "three"], most=1))
        ```text
        one two
        … and 1 more
        ```
    """
    shown = [plain(line, limit=limit) for line in lines]
    rest = len(shown) - most
    kept = shown[:most] + ([f"… and {rest} more"] if rest > 0 else [])
    text = "\n".join(kept)
    fence = "`" * _fence_length(text, shortest=3)
    return f"{fence}text\n{text}\n{fence}"


def _fence_length(text: str, *, shortest: int) -> int:
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
    return max(shortest, longest + 1)
