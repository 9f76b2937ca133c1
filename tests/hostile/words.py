"""Valid cards whose words try to become more than words: they are scored, and shown as written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tiny
from hostile.case import Case

WORDS = {
    "a script": "<script>alert(1)</script>",
    "an image": "\"'><img src=x onerror=alert(1)>",
    "a vector graphic": "<svg/onload=alert(1)>",
    "a frame": "<iframe srcdoc='<script>alert(1)</script>'>",
    "a style": "<style>@import 'https://example.org/x.css'</style>",
    "a comment": "<!-- --><script>alert(1)</script><!--",
    "a javascript: link": "[x](javascript:alert(1))",
    "a data: image": "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "an autolink": "<javascript:alert(1)>",
    "a reference": "[x]: javascript:alert(1)",
    "a table": "a | b || `c` ``d``",
    "an attribute list": "{: onclick=alert(1) } {#id .class}",
    "a template": "{{ site }} {% include 'x' %} {# y #}",
    "a snippet": '--8<-- "/etc/passwd"',
    "entities": "&lt;script&gt; &#60;b&#62;",
    "a formula": "=cmd|' /C calc'!A0",
    "a formula with a sign": '+HYPERLINK("https://example.org")',
    "right to left": "\u202egnp.exe\u202c \u2066x",
    "a workflow command": "::set-output name=x::y",
    "a mention": "@everyone #1 https://example.org",
    "a terminal code": "\x1b[31mred",
}
FIELDS = ("model", "description", "training_data", "licence", "hardware", "notes")


def card_of(words: str) -> dict[str, Any]:
    """A card with the words in every field that takes a stranger's text."""
    return {
        **dict.fromkeys(FIELDS, words),
        "authors": [{"name": words, "affiliation": words}],
        "inputs": "composition",
        "hyperparameters": {words: words, "list": [words, words]},
    }


def _case(name: str, words: str) -> Case:
    def make(folder: Path) -> None:
        # JSON is YAML, and writes every character that YAML may not hold as an escape.
        tiny.write_submission(folder, card=json.dumps(card_of(words)))

    return Case(name=f"{name} in every field", letter=None, make=make)


CASES = [_case(name, words) for name, words in WORDS.items()]
