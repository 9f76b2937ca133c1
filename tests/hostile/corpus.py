"""All bad submissions, by kind: small ones from ``corpus.yaml``, large ones from here."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

import tiny
from hostile import bombs, folders
from hostile.case import Case, with_file
from hostile.words import WORDS, card_of

CSV, CARD = "predictions.csv", "submission.yaml"
GOOD = {CSV: tiny.predictions().to_csv(index=False), CARD: tiny.CARD}
SMALL: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8")
)
_HEADER, *_ROWS = GOOD[CSV].splitlines()
_NOT_UTF8, _NOT_A_CARD = "expected a CSV file in UTF-8", "expected UTF-8 text"


def _with(row: str, line: str = "7cr,-14.0") -> str:
    return GOOD[CSV].replace(line, row)


def _also(text: str, file: str = CSV) -> str:
    return f"{GOOD[file]}{text}\n"


def _added(text: str) -> str:
    return _also(text, CARD)


# Name → error, and the bytes of the table or the card.
LARGE: dict[str, dict[str, tuple[str | None, bytes | str]]] = {
    "ids": {
        "only line ends": ("expected", "\n" * 1000),
        "an id of 900 kB": ("1 unknown (xxxxxxxxxx", _also("x" * 900_000 + ",-3")),
        "digits as an id, 900 kB of them": ("1 unknown (9999999", _also("9" * 900_000 + ",-3")),
    },
    "numbers": {
        "900 kB of digits": ("found 1 other value (7cr: '99999", _with("7cr," + "9" * 900_000)),
        "900 kB of decimals": (None, _with("7cr,-14." + "0" * 900_000)),
    },
    "encodings": {
        "UTF-16": (_NOT_UTF8, GOOD[CSV].encode("utf-16")),
        "UTF-32": ("expected", GOOD[CSV].encode("utf-32")),
        "Latin-1": (_NOT_UTF8, _with("7\u00e9r,-3").encode("latin-1")),
        "half a character in a row that is too long": (
            _NOT_UTF8,
            _also("7cr,-3,\u00e9").encode("latin-1"),
        ),
        "overlong UTF-8": (_NOT_UTF8, _with("7cr,-3").encode().replace(b"7cr", b"\xc0\xb7cr")),
        "a half of a character": (
            _NOT_UTF8,
            _with("7cr,-3").encode().replace(b"7cr", b"\xed\xa0\x80"),
        ),
        "nothing but NULs": ("expected", b"\0" * 1_000_000),
        "a parquet named CSV": ("expected", b"PAR1" + bytes(range(256)) * 40 + b"PAR1"),
        "a zip named CSV": ("expected", b"PK\x03\x04" + b"\xff" * 1000),
    },
    "shapes": {
        "a million columns": ("expected at most 50 columns", ",".join(map(str, range(10**6)))),
        "a blank line, then a doubled header": (
            "more than one `log10_sigma`",
            f"\n{_HEADER},log10_sigma\n" + "".join(f"{row},1\n" for row in _ROWS),
        ),
        "a million rows": (
            "between 1 and 600 rows; found 1000000",
            _HEADER + "\n" + "x,1\n" * 10**6,
        ),
        "millions of ragged rows": (
            "between 1 and 600 rows; found 5000000",
            _HEADER + "\n" + "x\n" * 5_000_000,
        ),
        "a row of a million cells": ("expected 2 cells in every row", _also("," * 900_000)),
        "one line of 20 MB": ("expected", b"x" * 20_000_000),
        "one line of 20 MB beyond the BMP": ("expected", "\U0001f600".encode() * 5_000_000),
        "more than 50 MB": ("expected at most 50 MB; found 51 MB", b"a,b\n" * 12_800_000),
        "a cell across blocks": ("straddling", f'{_HEADER}\n"{"x" * 3_000_000}",-3\n'),
        "a quote without an end": ("expected", f'{_HEADER}\n"7cr,-3\n' + "x,1\n" * 1000),
        "a column name of 60 kB": (
            "also xxxxxxxx",
            "\n".join([f"{_HEADER},{'x' * 60_000}", *(f"{row},1" for row in _ROWS)]),
        ),
        "a huge seed": (
            "expected a whole number, 0 or larger",
            "\n".join([f"{_HEADER},seed", *(f"{row},{'9' * 400}" for row in _ROWS)]),
        ),
        "six hundred seeds": (
            "expected at most 100 seeds; found 600",
            "\n".join([f"{_HEADER},seed", *(f"7cr,-3,{i}" for i in range(600))]),
        ),
    },
    "cards": {
        "thirty thousand brackets": ("levels of nesting", _added("notes: " + "[" * 30_000)),
        "thirty thousand braces": ("levels of nesting", _added("notes: " + "{a: " * 15_000)),
        "nested keys": ("expected", _added("? " * 10_000 + "x")),
        "nested blocks": ("expected", _added("- " * 30_000 + "x")),
        "UTF-16": (_NOT_A_CARD, tiny.CARD.encode("utf-16")),
        "Latin-1": (_NOT_A_CARD, tiny.CARD.replace("Tiny", "T\u00efny").encode("latin-1")),
        "more than 64 kB": ("expected at most 64 kB", _added("notes: " + "x" * 70_000)),
        "zeros": ("expected", b"\0" * 60_000),
        "random bytes": ("expected", bytes(range(128, 256)) * 100),
        "a number of 60 kB": ("expected a whole number", _added("parameters: " + "9" * 60_000)),
        "a hexadecimal number of 60 kB": (
            "field `parameters`",
            _added("parameters: 0x" + "f" * 60_000),
        ),
        "a sexagesimal number of 60 kB": ("expected", _added("parameters: 1" + ":59" * 20_000)),
        "ten thousand words for seeds": (
            "more. Correct the fields named above",
            _added(f"seeds: [{','.join(['x'] * 10_000)}]"),
        ),
        "a hundred and one authors": (
            "field `authors`",
            tiny.CARD.replace("  - name: A. Author\n", "  - name: A\n" * 101),
        ),
        "a name of 10 kB": (
            "field `model`",
            tiny.CARD.replace("model: Tiny model", f"model: {'x' * 10_000}"),
        ),
        "a field name of 60 kB": ("an unknown field", _added(f"? {'x' * 60_000}\n: 1")),
    },
}


# Name → error, and what makes a table that is too large to keep here for all the others.
HUGE: dict[str, tuple[str, Callable[[], str]]] = {
    "millions of cells of two bytes": (
        "expected at most 10 million cells",
        lambda: f"{_HEADER}\n" + "1," * 24_500_000,
    ),
    "49 MB of empty cells in fifty columns": (
        "between 1 and 600 rows",
        lambda: f"{_HEADER},{','.join(map(str, range(48)))}\n" + ("," * 49 + "\n") * 980_000,
    ),
    "long rows of a million cells": (
        "expected at most 10 million cells",
        lambda: f"{_HEADER}\n" + ("," * 48_000 + "\n") * 1000,
    ),
    "fifty cells of a megabyte": (
        "expected",
        lambda: f"{_HEADER},{','.join(map(str, range(48)))}\n" + ",".join(["1" * 980_000] * 50),
    ),
}


def _huge(name: str) -> Case:
    error, text = HUGE[name]

    def make(folder: Path) -> None:
        tiny.write_submission(folder, csv=text())

    return Case(name=name, error=error, make=make)


def _small(file: str, name: str, facts: Mapping[str, str]) -> Case:
    data = facts.get("whole", GOOD[file])
    if "more" in facts:
        data = _also(facts["more"], file)
    if "line" in facts:
        assert facts["line"] in data, name
        data = data.replace(facts["line"], facts["instead"])
    return with_file(name, facts.get("error"), file, data)


def _files(kind: str) -> Iterator[Case]:
    file = CARD if kind == "cards" else CSV
    for name, facts in SMALL[kind].items():
        yield _small(file, name, facts)
    for name, (error, data) in LARGE[kind].items():
        yield with_file(name, error, file, data)


def _named(name: str, folder: str | bytes) -> Case:
    error = "expected a folder name of 1 to 64 characters"
    return Case(name=name, error=error, make=tiny.write_submission, folder=os.fsdecode(folder))


CORPUS: Mapping[str, Sequence[Case]] = {
    **{kind: list(_files(kind)) for kind in LARGE},
    "shapes": [*_files("shapes"), *map(_huge, HUGE)],
    "parquet": bombs.CASES,
    "files": folders.CASES,
    "names": [
        _named(name, folder)
        for name, folder in {**SMALL["names"], "a name that is no text": b"bad\xff"}.items()
    ],
    # JSON is YAML, and writes every character that YAML may not hold as an escape.
    "words": [
        with_file(f"{name} in every field", None, CARD, json.dumps(card_of(words)))
        for name, words in WORDS.items()
    ],
}
