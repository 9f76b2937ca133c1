"""Bad cards: YAML that expands, nests, repeats or names types; values no card may have."""

from __future__ import annotations

import tiny
from hostile.case import card_case

CARD = tiny.CARD
_YAML = "expected valid YAML"


def _laughs() -> str:
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return CARD + "\n".join(lines) + "\n"


def _field(line: str, value: str) -> str:
    name = line.split(":", maxsplit=1)[0]
    old = next(row for row in CARD.splitlines() if row.strip().startswith(f"{name}:"))
    return CARD.replace(old, f"{name}: {value}")


def _added(line: str) -> str:
    return f"{CARD}{line}\n"


CASES = [
    card_case("billion laughs", "aliases (*name) are not accepted", _laughs()),
    card_case(
        "an alias", "aliases (*name) are not accepted", _added("notes: &a [x]\nhardware: *a")
    ),
    card_case("an alias of itself", "aliases (*name) are not accepted", _added("notes: &a [*a]")),
    card_case("a merge key", "expected", _added("<<: {notes: x}")),
    card_case("a repeated key", "the key 'model' stands twice", _added("model: again")),
    card_case("a repeated key below", "stands twice", _added("hyperparameters: {a: 1, a: 2}")),
    card_case("a repeated key in two spellings", "stands twice", _added('"mod\\u0065l": again')),
    card_case("a Python object", _YAML, _added("notes: !!python/object/apply:os.system [touch x]")),
    card_case("a Python name", _YAML, _added("notes: !!python/name:os.system")),
    card_case("an unknown tag", _YAML, _added("notes: !mine x")),
    card_case("binary", None, _added("notes: !!binary aGVsbG8=")),
    card_case("a set", "field `notes`", _added("notes: !!set {a, b}")),
    card_case("an impossible date", "expected plain YAML", _added("notes: 2024-99-99")),
    card_case("a date as a name", "field `model`", _field("model", "2024-01-01")),
    card_case("thirty thousand brackets", "levels of nesting", _added("notes: " + "[" * 30_000)),
    card_case("thirty thousand braces", "levels of nesting", _added("notes: " + "{a: " * 15_000)),
    card_case("nested keys", "expected", _added("? " * 10_000 + "x")),
    card_case("nested blocks", "expected", _added("- " * 30_000 + "x")),
    card_case("a key that is a list", "keys must be text", _added("? [a, b]\n: x")),
    card_case("a key that is a number", "keys must be text", _added("1: x")),
    card_case("two documents", _YAML, CARD + "---\n" + CARD),
    card_case("a tab", _YAML, _added("\tnotes: x")),
    card_case("a directive", _YAML, "%YAML 9.9\n---\n" + CARD.replace("MIT", "[")),
    card_case("a list", "found a list", "- a\n- b\n"),
    card_case("a text", "found a str", "hello\n"),
    card_case("an empty card", "an empty file", ""),
    card_case("a NUL", _YAML, CARD.replace("Tiny", "Ti\0ny")),
    card_case("a terminal code", _YAML, CARD.replace("Tiny", "Ti\x1b[2Jny")),
    card_case("UTF-16", "expected UTF-8 text", CARD.encode("utf-16")),
    card_case(
        "Latin-1", "expected UTF-8 text", CARD.replace("Tiny", "T\u00efny").encode("latin-1")
    ),
    card_case("half of a character", "expected", CARD.replace("Tiny model", '"\\ud800"')),
    card_case("more than 64 kB", "expected at most 64 kB", _added("notes: " + "x" * 70_000)),
    card_case("zeros", "expected", b"\0" * 60_000),
    card_case("random bytes", "expected", bytes(range(128, 256)) * 100),
    card_case("a byte order mark", None, b"\xef\xbb\xbf" + CARD.encode()),
    card_case("CRLF", None, CARD.replace("\n", "\r\n")),
    card_case("a number of 60 kB", "expected plain YAML", _added("parameters: " + "9" * 60_000)),
    card_case(
        "a hexadecimal number of 60 kB",
        "field `parameters`",
        _added("parameters: 0x" + "f" * 60_000),
    ),
    card_case(
        "a sexagesimal number of 60 kB", "expected", _added("parameters: 1" + ":59" * 20_000)
    ),
    card_case(
        "a number that JSON cannot hold", "field `parameters`", _added(f"parameters: {2**70}")
    ),
    card_case("a seed that JSON cannot hold", "field `seeds.0`", _added(f"seeds: [{2**70}]")),
    card_case(
        "a setting that JSON holds as a decimal", None, _added(f"hyperparameters: {{x: {2**70}}}")
    ),
    card_case(
        "ten thousand words for seeds",
        "more. Correct the fields named above",
        _added(f"seeds: [{','.join(['x'] * 10_000)}]"),
    ),
    card_case(
        "a hundred and one authors",
        "field `authors`",
        CARD.replace("  - name: A. Author\n", "  - name: A\n" * 101),
    ),
    card_case(
        "nobody", "field `authors`", CARD.replace("authors:\n  - name: A. Author", "authors: []")
    ),
    card_case("an infinite time", "field `training_time_s`", _added("training_time_s: .inf")),
    card_case(
        "a time that is no number", "field `training_time_s`", _added("training_time_s: .nan")
    ),
    card_case("a negative time", "field `training_time_s`", _added("training_time_s: -1")),
    card_case("a line break in a name", "field `model`", _field("model", '"a\\nb"')),
    card_case("blanks for a name", "field `model`", _field("model", '"  "')),
    card_case("a name of 10 kB", "field `model`", _field("model", "x" * 10_000)),
    card_case("an unknown input", "field `inputs`", _field("inputs", "phonons")),
    card_case("an unknown field", "Did you mean `model`?", _added("modle: x")),
    card_case("a field of Python", "an unknown field", _added("__class__: x")),
    card_case("a field name of 60 kB", "an unknown field", _added(f"? {'x' * 60_000}\n: 1")),
    card_case("a field with terminal codes", "\\x1b[2J", _added('"\\e[2J": x')),
    card_case("a javascript: address", "field `code_url`", _added("code_url: javascript:alert(1)")),
    card_case("a data: address", "field `code_url`", _added("code_url: data:text/html,<script>")),
    card_case("markup in an address", "field `code_url`", _added('code_url: https://x/"><script>')),
    card_case("a file address", "field `code_url`", _added("code_url: file:///etc/passwd")),
    card_case("markup as a DOI", "field `paper_doi`", _added("paper_doi: 10.1000/<svg>")),
    card_case(
        "an ORCID in full-width digits",
        "field `authors.0.orcid`",
        CARD.replace("A. Author", "A\n    orcid: \uff10000-0000-0000-0000"),
    ),
    card_case("an infinite setting", None, _added("hyperparameters: {x: .inf, y: .nan}")),
]
