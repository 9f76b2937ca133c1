"""What goes out: datasets as Croissant, scores in four forms, a release; each held to its rules."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
import yaml

from ionladder.board.model import read_board
from ionladder.config import load_params
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import require_manifest
from ionladder.errors import ConfigError
from ionladder.interchange.export import FORMATS, Job, croissant, export_croissant, possible, zenodo
from ionladder.repo import published_addresses, read_checksums, read_json, sha256_file

VERSIONS = sorted(
    (path.parent.parent.name, path.parent.name)
    for path in (Path(__file__).resolve().parents[3] / "data").glob("*/*/manifest.json")
)
COMPUTED = ("bvel_proto", "1.2.0")
BOARDS = ("bvel-proto", "obelix", "obelix-cv", "em619")


def needs(package):
    reason = f"needs {package}: `make test-interchange` installs what this Python can have"
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=reason)


def document_of(layout, name, version):
    manifest = require_manifest(layout, name, version)
    return croissant(get_dataset(name), manifest, read_checksums(layout, name, version))


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_files_have_hashes_and_columns_their_file(layout, name, version):
    document = document_of(layout, name, version)
    assert document["version"] == version
    assert document["license"].startswith("https://")
    files = {item["@id"]: item for item in document["distribution"]}
    assert all(len(item["sha256"]) == 64 for item in files.values())
    ids = []
    for record_set in document["recordSet"]:
        fields = [field["@id"] for field in record_set["field"]]
        keys = record_set["key"]
        for key in [keys] if isinstance(keys, dict) else keys:
            assert key["@id"] in fields
        for field in record_set["field"]:
            assert field["source"]["fileObject"]["@id"] in files
            assert field["description"]
        ids += fields
    assert len(set(ids)) == len(ids)


def test_upstream_files_are_named_where_they_are_pinned_and_not_copied(layout, tmp_path):
    manifest = require_manifest(layout, "obelix", "1.2.0")
    (path,) = export_croissant(layout, get_dataset("obelix"), "1.2.0", tmp_path)
    document = json.loads(path.read_text())
    base, commit = manifest["source"]["base_url"], manifest["source"]["commit"]
    for item in document["distribution"]:
        assert item["contentUrl"] == f"{base}/{item['name']}"
        assert commit in item["contentUrl"]
        assert item["sha256"] == manifest["source"]["files"][item["name"]]


def test_provenance_names_the_origin_the_program_and_the_authors(layout):
    upstream, ours = document_of(layout, "obelix", "1.2.0"), document_of(layout, *COMPUTED)
    origin = require_manifest(layout, "obelix", "1.2.0")["source"]["base_url"]
    assert upstream["prov:wasDerivedFrom"] == {"@id": origin}
    creators = [each["name"] for each in upstream["creator"]]
    assert creators[:2] == ["Félix Therrien", "Jamal Abou Haibeh"]
    made = ours["prov:wasGeneratedBy"]
    assert made["prov:wasAssociatedWith"]["prov:label"] == "bvlain 0.25.1"
    assert ours["creator"][0]["name"] == "IonLadder maintainers"
    assert upstream["conformsTo"] == "http://mlcommons.org/croissant/1.1"


def test_units_stand_in_the_descriptions_and_limits_stay_text(layout):
    fields = document_of(layout, "obelix", "1.2.0")["recordSet"][0]["field"]
    sigma = next(f for f in fields if f["name"] == "Ionic conductivity (S cm-1)")
    assert sigma["dataType"] == "sc:Text"
    assert sigma["description"].endswith("Unit: S/cm.")


def test_our_own_tables_are_described_as_they_lie_on_disk(layout, tmp_path):
    paths = export_croissant(layout, get_dataset("bvel_proto"), "1.0.0", tmp_path)
    document = json.loads(paths[0].read_text())
    hashes = {item["contentUrl"]: item["sha256"] for item in document["distribution"]}
    assert {path.name: sha256_file(path) for path in paths[1:]} == hashes
    coordinates = next(
        field
        for record_set in document["recordSet"]
        for field in record_set["field"]
        if field["@id"] == "structures/frac_coords"
    )
    assert coordinates["repeated"] is True


@needs("mlcroissant")
@pytest.mark.extra
@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_mlcroissant_has_no_error(layout, tmp_path, name, version):
    import mlcroissant

    path = export_croissant(layout, get_dataset(name), version, tmp_path)[0]
    issues = mlcroissant.Dataset(jsonld=path).metadata.issues
    assert issues.errors == set()
    # Manifests carry no dates, so that equal data give equal text.
    assert all("datePublished" in warning for warning in issues.warnings)


@needs("mlcroissant")
@pytest.mark.extra
def test_mlcroissant_reads_every_record_of_our_own_tables(layout, tmp_path):
    import mlcroissant

    manifest = require_manifest(layout, "bvel_proto", "1.0.0")
    path = export_croissant(layout, get_dataset("bvel_proto"), "1.0.0", tmp_path)[0]
    dataset = mlcroissant.Dataset(jsonld=path)
    for name, table in manifest["tables"].items():
        assert sum(1 for _ in dataset.records(name)) == table["rows"], name


# --- Scores, as recorded


def written(layout, task, kind, folder, who=None):
    params, of = load_params(layout), get_task(task)
    version = params.task_versions[task]
    dataset = get_dataset(of.dataset)
    job = Job(
        layout=layout,
        params=params,
        dataset=dataset,
        version=version,
        task=of,
        submission=who,
        folder=folder,
    )
    return FORMATS[kind].make(job)


def ranked(layout, task, name):
    """The number that the board prints of a submission."""
    board, _ = read_board(layout, task)
    (row,) = [row for row in board["rows"] if row["submission"] == name]
    metric = board["primary"]["metric"]
    return {
        key: row[metric + end] for key, end in (("", ""), ("low", "_ci_low"), ("n", "_ci_high"))
    }


@pytest.mark.parametrize("task", BOARDS)
def test_hugging_face_has_the_board_s_number(layout, tmp_path, task):
    paths = written(layout, task, "eval-results", tmp_path)
    assert len(paths) == len(list(layout.receipts_dir(task).glob("*.json")))
    for path in paths:
        assert path.parent.name == ".eval_results"
        (entry,) = yaml.safe_load(path.read_text())
        assert {*entry} - {"source"} == {"dataset", "value", "notes"}
        number = ranked(layout, task, path.parts[-3])
        assert entry["value"] == number[""]
        assert str(number["low"]) in entry["notes"] or number["low"] is None
    for path in written(layout, task, "model-index", tmp_path):
        (model,) = yaml.safe_load(path.read_text())["model-index"]
        first = model["results"][0]
        assert first["metrics"][0]["value"] == ranked(layout, task, path.parts[-2])[""]
        for result in model["results"]:
            assert {"task", "dataset", "metrics"} <= set(result)
            assert {"type", "name"} <= set(result["dataset"])
            assert all({"type", "value"} <= set(metric) for metric in result["metrics"])


@needs("huggingface_hub")
@pytest.mark.extra
@pytest.mark.parametrize("task", BOARDS)
def test_hugging_faces_own_library_reads_and_writes_the_same(layout, tmp_path, task):
    import huggingface_hub as hub
    from huggingface_hub import repocard_data

    for path in written(layout, task, "eval-results", tmp_path):
        entries = yaml.safe_load(path.read_text())
        assert hub.eval_result_entries_to_yaml(hub.parse_eval_result_entries(entries)) == entries
    for path in written(layout, task, "model-index", tmp_path):
        index = yaml.safe_load(path.read_text())["model-index"]
        name, results = repocard_data.model_index_to_eval_results(index)
        assert repocard_data.eval_results_to_model_index(name, results) == index


# The required fields of eval.schema.json 0.3.0: path → fields. The package that has the schema
# needs Python 3.12, so on 3.11 records are held to these.
EVERY_EVAL_EVER = {
    "": "schema_version evaluation_id retrieved_timestamp source_metadata model_info eval_library "
    "evaluation_results",
    "source_metadata": "source_type source_organization_name evaluator_relationship",
    "eval_library": "name version",
    "model_info": "name id additional_details",
    "model_info.additional_details": "deployment_type model_availability",
    "evaluation_results.0": "evaluation_name source_data metric_config score_details",
    "evaluation_results.0.source_data": "dataset_name source_type url",
    "evaluation_results.0.metric_config": "lower_is_better",
    "evaluation_results.0.score_details": "score",
}


def at(document, path):
    for key in filter(None, path.split(".")):
        document = document[int(key) if key.isdigit() else key]
    return document


@pytest.mark.parametrize("task", BOARDS)
def test_every_eval_ever_has_fields_and_places(layout, tmp_path, task):
    for path in written(layout, task, "every-eval-ever", tmp_path):
        record = json.loads(path.read_text())
        for place, fields in EVERY_EVAL_EVER.items():
            assert set(fields.split()) <= set(at(record, place)), place
        place = path.relative_to(tmp_path).as_posix()
        developer, name = record["model_info"]["id"].split("/")
        uuid4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        pattern = rf"data/ionladder-{task}/{developer}/{re.escape(name)}/{uuid4}\.json"
        assert re.fullmatch(pattern, place)
        details = record["evaluation_results"][0]
        assert details["score_details"]["score"] == ranked(layout, task, name)[""]
        assert all(
            isinstance(v, str) for v in details["source_data"]["additional_details"].values()
        )


@needs("every_eval_ever")
@needs("jsonschema")
@pytest.mark.extra
@pytest.mark.parametrize("task", BOARDS)
def test_every_eval_evers_schema_has_no_error(layout, tmp_path, task):
    import jsonschema

    found = importlib.util.find_spec("every_eval_ever")
    assert found is not None
    (folder,) = found.submodule_search_locations or ()
    schema = json.loads((Path(folder) / "schemas" / "eval.schema.json").read_text())
    for path in written(layout, task, "every-eval-ever", tmp_path):
        jsonschema.validate(json.loads(path.read_text()), schema)


@pytest.mark.parametrize("task", BOARDS)
def test_a_crate_names_every_file_and_how_the_receipt_was_made(layout, tmp_path, task):
    written(layout, task, "ro-crate", tmp_path)
    for folder in tmp_path.iterdir():
        crate = read_json(folder / "ro-crate-metadata.json")
        entities = {entity["@id"]: entity for entity in crate["@graph"]}
        assert len(entities) == len(crate["@graph"])
        named = re.findall(r'\{"@id": "([^"]*)"\}', json.dumps(crate))
        assert set(named) - set(entities) == {"https://w3id.org/ro/crate/1.1"}
        files = {key: each for key, each in entities.items() if each["@type"] == "File"}
        local = {key for key in files if "://" not in key}
        assert local == {path.name for path in folder.iterdir()} - {"ro-crate-metadata.json"}
        assert all(sha256_file(folder / key) == files[key]["sha256"] for key in local)
        action = entities["#scoring"]
        assert {"@id": "receipt.json"} in action["result"]
        assert len(action["object"]) > 1
        assert entities["#score"]["value"] == ranked(layout, task, folder.name)[""]
        root = entities["./"]
        assert {"name", "description", "datePublished", "license"} <= set(root)


@needs("rocrate")
@pytest.mark.extra
@pytest.mark.parametrize("task", BOARDS)
def test_rocrate_reads_the_crates(layout, tmp_path, task):
    from rocrate.rocrate import ROCrate

    written(layout, task, "ro-crate", tmp_path)
    for folder in tmp_path.iterdir():
        crate = ROCrate(str(folder))
        assert crate.get("#scoring")["instrument"].type == "SoftwareApplication"
        assert {"receipt.json", "submission.yaml"} <= {each.id for each in crate.data_entities}


def test_a_release_without_optional_fields_leaves_them_out(tmp_path):
    paper = {"type": "article", "title": "Without a DOI"}
    cited = {"title": "A", "message": "Cite it.", "version": 1, "authors": [{"name": "B"}]}
    for more in ({}, {"references": [paper]}):
        (tmp_path / "CITATION.cff").write_text(yaml.safe_dump(cited | more))
        assert not {"license", "keywords", "related_identifiers"} & set(zenodo(tmp_path))
    (tmp_path / "pyproject.toml").write_text(
        '[project.urls]\nHomepage = "https://a.org/b/"\nRepository = "https://example.org"\n'
    )
    assert published_addresses(tmp_path) == {"Homepage": "https://a.org/b"}


def test_a_release_is_described_once():
    """``.zenodo.json`` is CITATION.cff in the fields that Zenodo documents for that file."""
    root = Path(__file__).resolve().parents[3]
    found = zenodo(root)
    assert read_json(root / ".zenodo.json") == found
    fields = "title upload_type description version license access_right creators keywords "
    assert set(found) == {*fields.split(), "related_identifiers"}
    assert found["upload_type"] == "software"
    assert all(set(creator) <= {"name", "affiliation", "orcid"} for creator in found["creators"])
    relations = {each["relation"] for each in found["related_identifiers"]}
    assert relations <= {"references", "isSupplementTo"}


def test_formats_go_with_names_and_unknown_ones_are_refused(layout, tmp_path):
    assert {"matbench-folds", "jarvis"} <= set(possible("obelix"))
    assert "jarvis" not in possible("obelix-cv")
    assert "matbench-folds" not in possible("mplitrj")
    assert set(possible("nebdft2k")) == {"croissant"}
    assert possible("ionladder") == {"zenodo": "ionladder"}
    for kind in ("eval-results", "model-index", "every-eval-ever", "ro-crate"):
        with pytest.raises(ConfigError, match="Did you mean rf-paper"):
            written(layout, "obelix", kind, tmp_path, "rf-papr")
    assert list(tmp_path.iterdir()) == []
