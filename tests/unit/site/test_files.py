"""Files beside the pages: the API as its schema says, badges, guides."""

import importlib.util
import json
from xml.etree import ElementTree as ET

import pytest

from ionladder.board.model import read_board
from ionladder.repo import Layout, read_json
from ionladder.site import files
from ionladder.site.context import load_site
from ionladder.site.files import (
    DATASETS,
    INDEX,
    SCHEMA,
    api_documents,
    api_tables,
    badge_documents,
    badge_url,
)
from unit.site import synthetic_board as made

SVG = "{http://www.w3.org/2000/svg}"
has_jsonschema = importlib.util.find_spec("jsonschema") is not None


def documents_of(layout):
    texts = api_documents(load_site(layout))
    return {place.removeprefix("api/v1/"): json.loads(text) for place, text in texts.items()}


def check(documents):
    """Hold documents to the models and, where jsonschema is there, to the schema."""
    schema = documents.pop(SCHEMA)
    for place, content in documents.items():
        is_croissant = place.startswith(f"{DATASETS}/")
        kind = "Croissant" if is_croissant else "Receipt" if "/" in place else "Board"
        getattr(files, "Index" if place == INDEX else kind).model_validate(content)
    if has_jsonschema:
        import jsonschema

        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for place, content in documents.items():
            assert list(validator.iter_errors(content)) == [], place
        board = documents[f"{made.TASK.name}.json"]
        for key in ("schema_version", "rows", "primary", "dataset_version"):
            assert not validator.is_valid({k: v for k, v in board.items() if k != key})
        assert not validator.is_valid(board | {"schema_version": "2"})


@pytest.mark.parametrize("entries", [[], made.hostile()], ids=["empty", "hostile"])
def test_every_file_is_of_the_shape_that_the_schema_gives_it(tmp_path, entries):
    check(documents_of(made.add_board(made.make_repository(tmp_path, entries), entries)))


def test_every_file_of_this_repository_has_its_shape_and_a_place_in_the_index():
    layout = Layout(made.REPOSITORY)
    documents = documents_of(layout)
    index = documents[INDEX]
    named = [index["schema"], *(task["board"] for task in index["tasks"])]
    named += [s["receipt"] for task in index["tasks"] for s in task["submissions"]]
    named += [v["croissant"] for item in index["datasets"] for v in item["versions"]]
    assert {name for name in named if name} == set(documents) - {INDEX}
    check(documents)
    tables = api_tables(load_site(layout))
    assert "api/v1/datasets/bvel_proto/1.0.0/entries.parquet" in tables
    assert not any("/obelix/" in place for place in tables)


def leaves(content, place=()):
    """Place → what stands there, of everything that holds no more."""
    if not isinstance(content, dict | list) or not content:
        return {place: content}
    named = content.items() if isinstance(content, dict) else enumerate(content)
    return {at: leaf for key, each in named for at, leaf in leaves(each, (*place, key)).items()}


def assert_published(document, recorded):
    """Everything recorded is there; of scores what is null or false may be left out."""
    there, here = leaves(document), {("schema_version",): "1", **leaves(recorded)}
    assert there.items() <= here.items()
    left_out = {place: value for place, value in here.items() if place not in there}
    assert all(value in (None, False, {}) for value in left_out.values())
    assert all({"targets", "slices", "subsets"} & set(place) for place in left_out)


def test_boards_and_receipts_are_the_committed_ones_and_refusals_are_there_too(tmp_path):
    layout = made.make_repository(tmp_path, made.typical())
    layout.submission_dir(made.TASK.name, "bad").mkdir(parents=True)
    problem = {"where": "w", "expected": "e", "found": "f", "next_step": "n"}
    refused = {"task": made.TASK.name, "submission": "bad", "refused": [problem]}
    layout.receipt(made.TASK.name, "bad").write_text(json.dumps(refused))
    documents = documents_of(layout)
    board = documents[f"{made.TASK.name}.json"]
    assert_published(board, read_board(layout, made.TASK.name)[0])
    links = {item["name"]: item for item in documents[INDEX]["tasks"]}[made.TASK.name][
        "submissions"
    ]
    assert len(links) == len(made.typical()) + 1
    for link in links:
        receipt = read_json(layout.receipt(made.TASK.name, link["name"]))
        assert_published(documents[link["receipt"]], receipt)
    assert [link["name"] for link in links if not link["is_scored"]] == ["bad"]


def badges(root, entries):
    return badge_documents(load_site(made.make_repository(root, entries)))


def test_a_badge_says_the_rank_range_and_the_top_group(tmp_path):
    documents = badges(tmp_path, [*made.typical(), made.Entry(name="none", value=None)])
    for name, message in {
        "hgb-l1": "rank 1–3 of 5, top group",
        "mlp-paper-cif": "rank 5 of 5",
        "train-median": "reference, not ranked",
        "none": "verified, not ranked",
    }.items():
        badge = json.loads(documents[badge_url(made.TASK.name, name, "json")])
        assert badge["message"] == f"IonLadder obelix: {message}"
        assert badge["schemaVersion"] == 1


def test_a_hostile_name_is_text_in_its_picture_and_short(tmp_path):
    documents = badges(tmp_path, made.hostile())
    names = []
    for entry in made.hostile():
        text = documents[badge_url(made.TASK.name, entry.name)]
        picture = ET.fromstring(text)
        tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
        assert tags == {"svg", "title", "clipPath", "g", "rect", "text"}
        assert picture.findtext(f"{SVG}title") == picture.get("aria-label")
        assert float(picture.get("width", "0")) < 800
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        names.append(next(picture.iter(f"{SVG}text")).text or "")
    assert made.HOSTILE["script"] in names
    assert not any("\u202e" in text for text in documents.values())
