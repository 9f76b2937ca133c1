"""Every problem that is worded by its kind has words, and a fact for every gap in them."""

import ast
from pathlib import Path
from string import Formatter

import ionladder
from ionladder.errors import _words


def test_every_kind_of_problem_has_words_and_facts():
    words, used = _words(), set()
    for path in Path(ionladder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in words:
                used.add(node.value)
            called = getattr(node, "func", None)
            if "worded" in (getattr(called, "id", ""), getattr(called, "attr", "")):
                facts = {fact.arg for fact in node.keywords}
                if isinstance(node.args[0], ast.Constant) and None not in facts:
                    texts = words[node.args[0].value]
                    gaps = {name for text in texts for _, name, *_ in Formatter().parse(text)}
                    assert gaps - {None} == facts, (path, texts)
    assert used == words.keys()
