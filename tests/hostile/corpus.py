"""All bad submissions, by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hostile import bombs, cards, folders, tables, words
from hostile.case import Case

CORPUS: Mapping[str, Sequence[Case]] = {
    "ids": tables.IDS,
    "numbers": tables.NUMBERS,
    "encodings": tables.ENCODINGS,
    "shapes": tables.SHAPES,
    "parquet": bombs.CASES,
    "cards": cards.CASES,
    "files": folders.FILES,
    "names": folders.NAMES,
    "words": words.CASES,
}
