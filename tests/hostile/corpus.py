"""All bad submissions, by kind: most from ``corpus.yaml``."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

import tiny
from hostile import bombs, folders
from hostile.case import Case, with_file
from hostile.words import WORDS, card_of

CSV, CARD = "predictions.csv", "submission.yaml"
GOOD = {CSV: tiny.predictions().to_csv(index=False), CARD: tiny.CARD}
SAID: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8")
)
_ROWS = "".join(f"7cr,-3,{i}\n" for i in range(600))

# What YAML would not say in fewer words: name → error, and the bytes of the table or the card.
MADE: dict[str, dict[str, tuple[str, Callable[[], bytes]]]] = {
    "encodings": {
        "a parquet named CSV": ("expected", lambda: b"PAR1" + bytes(range(256)) * 40 + b"PAR1")
    },
    "shapes": {
        "a million columns": (
            "expected at most 50 columns",
            lambda: ",".join(map(str, range(10**6))).encode(),
        ),
        "six hundred seeds": (
            "expected at most 100 seeds; found 600",
            lambda: f"id,log10_sigma,seed\n{_ROWS}".rstrip("\n").encode(),
        ),
    },
    "cards": {"random bytes": ("expected", lambda: bytes(range(128, 256)) * 100)},
}


def _text(parts: Any) -> str:
    """A text, a list of texts, or a text and how often."""
    match parts:
        case str():
            return parts
        case [text, int(times)]:
            return _text(text) * times
    return "".join(map(_text, parts))


def _data(file: str, facts: Mapping[str, Any]) -> bytes:
    data = _text(facts.get("whole", GOOD[file]))
    if "more" in facts:
        data += _text(facts["more"]) + "\n"
    if "line" in facts:
        assert facts["line"] in data, facts["line"]
        data = data.replace(facts["line"], _text(facts["instead"]))
    return data.encode(facts.get("encoding", "utf-8"))


def _files(kind: str) -> Iterator[Case]:
    file = CARD if kind == "cards" else CSV
    for name, facts in SAID[kind].items():
        yield with_file(name, facts.get("error"), file, partial(_data, file, facts))
    for name, (error, data) in MADE.get(kind, {}).items():
        yield with_file(name, error, file, data)


def _named(name: str, folder: str | bytes) -> Case:
    error = "expected a folder name of 1 to 64 characters"
    return Case(name=name, error=error, make=tiny.write_submission, folder=os.fsdecode(folder))


CORPUS: Mapping[str, Sequence[Case]] = {
    **{kind: list(_files(kind)) for kind in ("ids", "numbers", "encodings", "shapes", "cards")},
    "parquet": bombs.CASES,
    "files": folders.CASES,
    "names": [
        _named(name, folder)
        for name, folder in {**SAID["names"], "a name that is no text": b"bad\xff"}.items()
    ],
    # JSON is YAML, and writes every character that YAML may not hold as an escape.
    "words": [
        with_file(f"{name} in every field", None, CARD, json.dumps(card_of(words)).encode)
        for name, words in WORDS.items()
    ],
}
