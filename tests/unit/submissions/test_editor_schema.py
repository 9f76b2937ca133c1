"""Editors find the schema of submission.yaml, and it accepts what the checks accept."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

import tiny
from ionladder.repo import to_json
from ionladder.submit.card import CARD_FILE, Card, editor_schema
from ionladder.submit.validate import SCHEMA_FILE, card_template, write_template


def test_the_committed_schema_is_that_of_the_card(repository: Path) -> None:
    """``ionladder schema submission`` writes it."""
    assert (repository / SCHEMA_FILE).read_text(encoding="utf-8") == to_json(editor_schema())


def test_the_first_line_of_a_template_leads_editors_to_the_schema(tmp_path: Path) -> None:
    folder = tmp_path / "submissions" / "tiny" / "mine"
    folder.parent.mkdir(parents=True)
    write_template(folder, tiny.TASK, ["a"], tiny.FOLDS, shown_as="mine")
    first = (folder / CARD_FILE).read_text(encoding="utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (folder / first.removeprefix(prefix)).resolve() == (tmp_path / SCHEMA_FILE).resolve()


def test_a_template_is_a_valid_card_as_it_stands() -> None:
    card = yaml.safe_load(card_template("mine", tiny.TASK))
    Card.model_validate(card)
    assert card["model"] == "mine"


def test_the_schema_asks_for_what_the_card_asks_for() -> None:
    schema = json.loads(to_json(editor_schema()))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    assert schema["required"] == [
        name for name, field in Card.model_fields.items() if field.is_required()
    ]
