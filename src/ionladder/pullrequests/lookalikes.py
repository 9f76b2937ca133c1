"""Names that readers would mistake for each other."""

from __future__ import annotations

import unicodedata

# Names consist of a-z 0-9 . _ - only; these are the characters among them that look alike.
_SAME_SHAPE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", ".": "", "_": "", "-": ""})
_SAME_PAIRS = (("rn", "m"), ("vv", "w"))
_SHORTEST = 4
"""Names below this length differ by one character as often as not."""


def skeleton(name: str) -> str:
    """What is left of a name when its separators and look-alike characters are made the same.

    Compatibility forms (full-width letters, ligatures) and case are folded first.

    Example:
        >>> skeleton("rf-paper") == skeleton("RF_Paper"), skeleton("mlp") == skeleton("mip")
        (True, True)
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    for pair, single in _SAME_PAIRS:
        folded = folded.replace(pair, single)
    return folded.translate(_SAME_SHAPE)


def is_one_slip_away(name: str, other: str) -> bool:
    """Whether one letter added, left out, changed or swapped with its neighbour parts two names.

    Digits do not count as a slip: ``model-2`` beside ``model`` or ``model-1`` is a version.

    Example:
        >>> is_one_slip_away("rf-papers", "rf-paper"), is_one_slip_away("rf-paper2", "rf-paper")
        (True, False)
    """
    short, long = sorted((name, other), key=len)
    if len(short) < _SHORTEST or short == long:
        return False
    start = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    rest_short, rest_long = short[start:], long[start:]
    if len(long) == len(short) + 1:
        return rest_short == rest_long[1:] and not rest_long[0].isdigit()
    if len(long) != len(short):
        return False
    if rest_short[1:] == rest_long[1:]:
        return not (rest_short[0].isdigit() and rest_long[0].isdigit())
    swapped = rest_short[1::-1] + rest_short[2:]
    return swapped == rest_long and not rest_short[:2].isdigit()
