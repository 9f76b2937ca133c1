"""Valid cards whose words try to become more than words: they are scored, and shown as written."""

from pathlib import Path
from typing import Any

import yaml

_KEPT = yaml.safe_load(Path(__file__).with_name("corpus.yaml").read_text(encoding="utf-8"))
WORDS: dict[str, str] = _KEPT["words"]
PAYLOADS: dict[str, str] = _KEPT["payloads"]
"""What would set ``ilRan``, ask another host or stretch a page, were it more than words."""
FIELDS = ("model", "description", "training_data", "hardware", "notes")


def card_of(words: str) -> dict[str, Any]:
    """A card with the words in every field that takes a contributor's text."""
    return {
        **dict.fromkeys(FIELDS, words),
        "authors": [{"name": words, "affiliation": words}],
        "inputs": "composition",
        "licence": "MIT",
        "hyperparameters": {words: words, "list": [words, words]},
    }


def every_field_of(words: str) -> dict[str, Any]:
    """A card with the words also where only addresses are taken, and in more paragraphs."""
    tail = "".join(c for c in words if c.isprintable() and c not in " <>\"'")
    return {
        **card_of(words),
        "description": f"{words}\n\n{words}",
        "notes": f"{words}\n\n{words}",
        "training_data": [words, words],
        "code_url": f"https://example.org/{tail}",
        "paper_doi": f"10.1000/{tail}"[:200],
    }
