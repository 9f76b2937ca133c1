"""The API says what the boards say, in shapes that its own schema describes, always the same."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ionladder.data.registry import all_tasks
from ionladder.repo import Layout, read_json
from ionladder.site import files as api_models
from ionladder.site.context import load_site
from ionladder.site.files import (
    DATASETS,
    DOCUMENTS,
    INDEX,
    SCHEMA,
    api_documents,
    api_schema,
    api_tables,
)
from ionladder.site.render import render_site
from unit.site import synthetic_barriers
from unit.site.synthetic_board import TASK, Entry, hostile, make_repository, typical

has_jsonschema = importlib.util.find_spec("jsonschema") is not None


def model_of(place: str) -> type[Any]:
    """Which document stands at an address."""
    if place == INDEX:
        return api_models.Index
    if place.startswith(f"{DATASETS}/"):
        return api_models.Croissant
    return api_models.Receipt if "/" in place else api_models.Board


def documents_of(layout: Layout) -> dict[str, Any]:
    texts = api_documents(load_site(layout))
    assert all(place.startswith("api/v1/") for place in texts)
    return {place.removeprefix("api/v1/"): json.loads(text) for place, text in texts.items()}


def synthetic(root: Path, entries: list[Entry]) -> Layout:
    return synthetic_barriers.add_board(make_repository(root, entries), entries)


@pytest.mark.parametrize("entries", [list, typical, hostile], ids=["empty", "typical", "hostile"])
def test_every_file_is_of_the_shape_that_the_schema_gives_it(
    tmp_path: Path, entries: Callable[[], list[Entry]]
) -> None:
    check(documents_of(synthetic(tmp_path, entries())))


def test_every_file_of_this_repository_is_of_its_shape(repository: Path) -> None:
    documents = documents_of(Layout(repository))
    check(documents)
    assert {"datasets/obelix/1.2.0/croissant.json", "datasets/bvel_proto/1.0.0/croissant.json"} <= (
        set(documents)
    )


def check(documents: dict[str, Any]) -> None:
    schema = documents.pop(SCHEMA)
    assert schema == json.loads(json.dumps(api_schema()))
    for place, content in documents.items():
        model_of(place).model_validate(content)
    if has_jsonschema:
        import jsonschema

        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for place, content in documents.items():
            assert list(validator.iter_errors(content)) == [], place


@pytest.mark.extra
@pytest.mark.skipif(not has_jsonschema, reason="needs jsonschema: `make test-interchange`")
def test_the_schema_refuses_what_is_no_document(tmp_path: Path) -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(api_schema())
    board = documents_of(synthetic(tmp_path, typical()))[f"{TASK.name}.json"]
    assert validator.is_valid(board)
    for key in ("schema_version", "rows", "primary", "dataset_version"):
        assert not validator.is_valid({k: v for k, v in board.items() if k != key})
    assert not validator.is_valid(board | {"schema_version": "2"})


def test_a_board_is_the_committed_one_with_the_version_of_the_schema(tmp_path: Path) -> None:
    layout = synthetic(tmp_path, typical())
    board = documents_of(layout)[f"{TASK.name}.json"]
    assert board.pop("schema_version") == "1"
    assert board == read_json(layout.leaderboard_json(TASK.name))


def test_receipts_are_the_committed_ones_and_the_index_leads_to_each(tmp_path: Path) -> None:
    layout = synthetic(tmp_path, typical())
    documents = documents_of(layout)
    links = {item["name"]: item for item in documents[INDEX]["tasks"]}[TASK.name]
    assert links["board"] == f"{TASK.name}.json"
    assert len(links["submissions"]) == len(typical())
    for link in links["submissions"]:
        receipt = documents[link["receipt"]]
        assert receipt.pop("schema_version") == "1"
        assert receipt == read_json(layout.receipt(TASK.name, link["name"]))


def test_every_address_in_the_index_is_there(repository: Path) -> None:
    documents = documents_of(Layout(repository))
    index = documents[INDEX]
    named = [index["schema"], *(task["board"] for task in index["tasks"])]
    named += [s["receipt"] for task in index["tasks"] for s in task["submissions"]]
    named += [v["croissant"] for item in index["datasets"] for v in item["versions"]]
    assert {name for name in named if name} == set(documents) - {INDEX}


def test_a_refused_submission_has_its_letter_in_the_api(tmp_path: Path) -> None:
    layout = synthetic(tmp_path, typical())
    layout.submission_dir(TASK.name, "bad").mkdir(parents=True)
    problem = {"where": "w", "expected": "e", "found": "f", "next_step": "n"}
    refused = {"task": TASK.name, "submission": "bad", "refused": [problem]}
    layout.receipt(TASK.name, "bad").write_text(json.dumps(refused))
    documents = documents_of(layout)
    api_models.Refused.model_validate(documents[f"{TASK.name}/bad.json"])
    links = {item["name"]: item for item in documents[INDEX]["tasks"]}[TASK.name]
    assert {
        "name": "bad",
        "model": None,
        "is_scored": False,
        "receipt": f"{TASK.name}/bad.json",
    } in (links["submissions"])


def test_rendering_twice_gives_the_same_api(tmp_path: Path) -> None:
    layout = synthetic(tmp_path, typical())
    root = layout.generated_docs_dir / "api" / "v1"

    def snapshot() -> dict[str, bytes]:
        render_site(load_site(layout))
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}

    first = snapshot()
    assert {INDEX, SCHEMA, f"{TASK.name}.json"} <= set(first)
    assert snapshot() == first


def test_our_own_tables_lie_beside_their_croissant_file_and_upstream_s_do_not(
    repository: Path,
) -> None:
    tables = api_tables(load_site(Layout(repository)))
    assert "api/v1/datasets/bvel_proto/1.0.0/entries.parquet" in tables
    assert not any("/obelix/" in place for place in tables)


def test_no_task_takes_the_address_of_something_else() -> None:
    taken = {name.removesuffix(".json") for name in (INDEX, SCHEMA)} | {DATASETS}
    assert taken.isdisjoint(all_tasks())


def test_the_schema_has_every_document_with_a_sentence_each() -> None:
    schema = api_schema()
    assert {ref["$ref"].rsplit("/", 1)[1] for ref in schema["anyOf"]} == {
        model.__name__ for model in DOCUMENTS
    }
    assert all(definition["description"] for definition in schema["$defs"].values())
