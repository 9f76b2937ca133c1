"""Family names with one spelling each; the published spelling stays in ``family_raw``.

The rule: blanks around the name go, a missing name stays missing, the first letter is lower case
unless the name is an acronym, and a misspelt or singular name that has a more frequent twin takes
the twin's spelling. Families are never merged on chemical grounds (chlorides are not made halides).
"""

from __future__ import annotations

_ACRONYMS = frozenset({"NASICON", "LISICON", "LGPS", "LIPON"})

_ONE_SPELLING = {
    "cholorides": "chlorides",
    "argyrodite": "argyrodites",
    "nitride": "nitrides",
    "halide": "halides",
}


def clean_family(raw: str) -> str | None:
    """The family under its one spelling, or None where none is given.

    Example:
        >>> [clean_family(name) for name in ("Halide", "halides", "NASICON", " ")]
        ['halides', 'halides', 'NASICON', None]
    """
    name = raw.strip()
    if not name:
        return None
    if name not in _ACRONYMS:
        name = name[0].lower() + name[1:]
    return _ONE_SPELLING.get(name, name)
