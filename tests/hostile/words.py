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
# What would set `ilRan`, ask another host or stretch a page, were it more than words.
PAYLOADS = {
    "a script": "<script>ilRan=1;alert(1)</script>",
    "closing tags": "</script></style></title></td></table></article><img src=x onerror=ilRan=1>",
    "an image": "\"'><img src=x onerror=alert(ilRan=1)>",
    "a vector graphic": "<svg/onload=ilRan=1><a xlink:href=javascript:ilRan=1>x</a></svg>",
    "a frame": "<iframe srcdoc='<script>top.ilRan=1</script>' src=https://example.org/></iframe>",
    "a link": "[click](javascript:ilRan=1) <javascript:ilRan=1> <https://example.org/>",
    "a remote image": "![x](https://example.org/x.png) <base href=//example.org/>",
    "an attribute list": "{: onclick=ilRan=1 style=position:fixed } {#id .md-header}",
    "a template": "{{ 7*7 }} {% raw %} ${ilRan=1} {# y #} <%= 1 %>",
    "a table": "a | b || `c` ``d`` \\| |---|",
    "a block": "# h --- === * item > quote ::: !!! note ??? note ```js ilRan=1 ``` ~~~",
    "right to left": "\u202e\u2066gnp.exe\u2069\u202c \u0646\u0645\u0648 \u05e9\u05dc\u05d5",
    "a long word": "W" * 190,
    "a long word of marks": "Z" + "\u0301" * 180,
    "a snippet": '--8<-- "/etc/passwd" [^1] [TOC] *[HTML]: x',
    "mathematics and pictures": "$$\\frac{a}{b}$$ \\(x\\) :smile: \U0001f469\u200d\U0001f52c",
    "entities": "&lt;script&gt;ilRan=1&lt;/script&gt; &#60;b&#62; &amp;nbsp; &copy",
    "wide letters": "\uff1cscript\uff1eilRan=1\uff1c/script\uff1e",
    "a comment": "<!-- --><script>ilRan=1</script><!-- ]]> <![CDATA[",
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


def every_field_of(words: str) -> dict[str, Any]:
    """The same, with the words also where only addresses are taken, and in more paragraphs."""
    tail = "".join(c for c in words if c.isprintable() and c not in " <>\"'")
    return {
        **card_of(words),
        "description": f"{words}\n\n{words}",
        "notes": f"{words}\n\n{words}",
        "training_data": [words, words],
        "code_url": f"https://example.org/{tail}",
        "paper_doi": f"10.1000/{tail}"[:200],
    }


def _case(name: str, words: str) -> Case:
    def make(folder: Path) -> None:
        # JSON is YAML, and writes every character that YAML may not hold as an escape.
        tiny.write_submission(folder, card=json.dumps(card_of(words)))

    return Case(name=f"{name} in every field", error=None, make=make)


CASES = [_case(name, words) for name, words in WORDS.items()]
