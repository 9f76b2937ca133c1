"""The second line of an extended XYZ frame, and where in a file a letter points at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ionladder.core.errors import IngestError
from ionladder.core.problems import Problem, visible

_PAIR = re.compile(r'\s*([^\s="{}]+)(?:=(?:"((?:[^"\\]|\\.)*)"|\{([^{}]*)\}|([^\s"{}]+)))?(?=\s|$)')
_ESCAPED = re.compile(r"\\(.)")
_KINDS = "SRIL"
_NEXT_STEP = "Compare the file with its upstream copy."


@dataclass(frozen=True, kw_only=True)
class Place:
    """A frame of a file, and the number of its first line; both from 1."""

    where: str
    frame: int
    line: int

    def error(self, *, expected: str, found: str, offset: int = 0) -> IngestError:
        """A letter about the line that many below the first."""
        where = f"{self.where}, frame {self.frame}, line {self.line + offset}"
        return letter_about(where=where, expected=expected, found=found)


def read_pairs(line: bytes, at: Place) -> dict[str, str]:
    """Key → text of a comment line, quotes removed; ``T`` for a key without value.

    Raises:
        IngestError: It is not UTF-8, no list of ``key=value``, or names a key twice.
    """
    try:
        written = line.decode("utf-8").rstrip()
    except UnicodeDecodeError as error:
        raise at.error(expected="text in UTF-8", found="other bytes", offset=1) from error
    pairs: dict[str, str] = {}
    end = 0
    while end < len(written):
        hit = _PAIR.match(written, end)
        if hit is None or hit[1] in pairs:
            rest = visible(written[end : end + 60])
            raise at.error(expected="key=value pairs, each once", found=repr(rest), offset=1)
        quoted, braced, plain = hit[2], hit[3], hit[4]
        if quoted is not None and "\\" in quoted:
            quoted = _ESCAPED.sub(r"\1", quoted)
        pairs[hit[1]] = next((v for v in (quoted, braced, plain) if v is not None), "T")
        end = hit.end()
    return pairs


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the words of an atom line belong: name → first word, one past the last, and kind."""

    species: int
    width: int
    columns: Mapping[str, tuple[int, int, str]]


@lru_cache(maxsize=64)
def read_layout(properties: str) -> Layout | str:
    """The declared columns, or the declaration itself where it is none."""
    words = properties.split(":")
    columns: dict[str, tuple[int, int, str]] = {}
    start = 0
    for name, kind, count in zip(words[::3], words[1::3], words[2::3], strict=False):
        is_known = kind in _KINDS and len(kind) == 1 and count.isdigit() and 0 < int(count) < 100
        if not is_known or name in columns:
            return repr(properties)
        columns[name] = (start, start + int(count), kind)
        start += int(count)
    species, pos = columns.pop("species", None), columns.get("pos")
    if len(words) % 3 or species is None or pos is None:
        return repr(properties)
    if species[2] != "S" or species[1] - species[0] != 1 or pos[2] != "R" or pos[1] - pos[0] != 3:
        return repr(properties)
    return Layout(species=species[0], width=start, columns=columns)


def letter_about(*, where: str, expected: str, found: str) -> IngestError:
    """The letter about one place."""
    return IngestError(Problem(where=where, expected=expected, found=found, next_step=_NEXT_STEP))
