"""Every problem that is worded by its kind has words, with a fact for every gap in them."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import ionladder
from ionladder.errors import _words


def test_every_kind_of_problem_has_words_and_facts() -> None:
    used: set[str] = set()
    for path in Path(ionladder.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "worded":
                kind = ast.literal_eval(call.args[0])
                gaps = {name for text in _words()[kind] for _, name, *_ in Formatter().parse(text)}
                assert gaps - {None} == {fact.arg for fact in call.keywords}, (path, kind)
                used.add(kind)
    assert used == _words().keys()
