"""What ``ionladder export`` writes: data, splits, predictions and scores for other projects.

``FORMATS`` is the list of formats. Croissant is here: for a version made from upstream files the
document points at these, pinned at a commit with their SHA-256, and describes their columns under
their own headers; none of their bytes is copied. For a version computed here it points at our own
tables, which lie beside it. Scores are those of the recorded receipts; nothing is computed again.

The formats: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html (Croissant 1.1),
https://huggingface.co/docs/hub/eval-results and https://huggingface.co/docs/hub/model-cards,
https://github.com/evaleval/every_eval_ever (schema 0.3.0), https://w3id.org/ro/crate/1.1 with
https://w3id.org/ro/wfrun/process/0.5, https://help.zenodo.org/docs/github/describe-software.
"""

from __future__ import annotations

import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from ionladder import __version__
from ionladder import repo as rp
from ionladder.config import Params
from ionladder.data.registry import all_datasets, all_tasks
from ionladder.data.store import Manifest, load_inputs, require_manifest
from ionladder.errors import ConfigError, DataMissingError, SubmissionError, did_you_mean, worded
from ionladder.metrics import get_metric
from ionladder.specs import Dataset, MetricUse, Task
from ionladder.submit.card import CARD_FILE, MAINTAINERS, Card, read_card

CROISSANT_FILE = "croissant.json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
# The name by which Croissant's own reader knows parquet, not the one that was registered since.
_PARQUET = "application/x-parquet"

_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


# --- What can be exported, of what, and by which function


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is asked for.

    Attributes:
        layout: The repository.
        params: Its pins.
        dataset: The dataset, or that of the task.
        version: Its version.
        task: The task; None where a dataset without one of its name was asked for.
        submission: Whose predictions or scores; None: everybody's.
        folder: Where to; made when it is not there.
    """

    layout: rp.Layout
    params: Params
    dataset: Dataset
    version: str
    task: Task
    submission: str | None
    folder: Path


@dataclass(frozen=True)
class Format:
    """A format: what it is for, what it writes, and the function that does.

    Attributes:
        of: ``dataset``, ``task``, ``values`` (a task that predicts numbers), ``test`` (such a task
            with a test part), ``release`` (this repository), or the name of the one dataset.
        writes: In a few words, for the list.
        make: Writes the files and returns their paths.
    """

    of: str
    writes: str
    make: Callable[[Job], list[Path]]


#: Name by which the repository itself is exported.
RELEASE = "ionladder"


def possible(name: str) -> dict[str, str]:
    """Format → name of the dataset or task that it is written of; empty for an unknown name.

    ``bvel_proto`` and ``bvel-proto`` both name the dataset and the task.

    Example:
        >>> possible("bvel-proto")["croissant"], possible("bvel_proto")["jarvis"], possible("x")
        ('bvel_proto', 'bvel-proto', {})
    """
    tasks, datasets = all_tasks(), all_datasets()
    task = tasks.get(name.replace("_", "-"))
    dataset = task.dataset if task else name.replace("-", "_")
    of = {"release": RELEASE} if name == RELEASE else {}
    if dataset in datasets:
        of |= {"dataset": dataset, dataset: dataset}
    if task:
        has_numbers = task.predicts == "values"
        of |= {"task": task.name} | ({"values": task.name} if has_numbers else {})
        of |= {"test": task.name} if has_numbers and not task.scored_folds else {}
    return {key: of[each.of] for key, each in FORMATS.items() if each.of in of}


def croissant(dataset: Dataset, manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a version, equal for equal manifests.

    Args:
        dataset: Its declaration.
        manifest: Its manifest.
        checksums: Table file → SHA-256 of its bytes; needed where the version is computed here.
    """
    files = manifest["source"].get("files")
    return {
        "@context": _WORDS["context"],
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": dataset.title,
        "alternateName": f"{dataset.name} {manifest['version']}",
        "description": " ".join([dataset.summary, *dataset.caveats]),
        "version": manifest["version"],
        "url": dataset.homepage,
        "license": manifest["licence_url"],
        "citation": manifest["citation"],
        "citeAs": dataset.bibtex.strip(),
        "creator": _creators(dataset, manifest),
        "isLiveDataset": False,
        **_provenance(dataset, manifest),
        **(_of_upstream(dataset, manifest) if files else _of_tables(manifest, checksums)),
    }


def _creators(dataset: Dataset, manifest: Manifest) -> list[dict[str, str]]:
    """The authors of upstream's files, as the dataset's own publication names them; else ours."""
    if not manifest["source"].get("files"):
        return [{"@type": "sc:Organization", "name": MAINTAINERS}]
    text = re.sub(r"\{\\(.)\{?(\w)\}?\}", _accented, " ".join(dataset.bibtex.split()))
    listed = " and ".join(re.findall(r"author *= *\{(.*?)\}", text)).split(" and ")
    names = [" ".join(reversed(name.split(", "))) for name in listed if name != "others"]
    return [{"@type": "sc:Person", "name": name} for name in dict.fromkeys(names)]


def _accented(written: re.Match[str]) -> str:
    """A letter with TeX's accent as one character."""
    marks = dict(zip("'`^~\"", "\u0301\u0300\u0302\u0303\u0308", strict=True))
    return unicodedata.normalize("NFC", written[2] + marks.get(written[1], ""))


def _provenance(dataset: Dataset, manifest: Manifest) -> dict[str, Any]:
    """Where a version comes from and what made or checked it, in the words of PROV-O."""
    source, version = manifest["source"], manifest["version"]
    if source.get("files"):
        origin, program = source["base_url"], "IonLadder"
        activity = f"ionladder ingest: {dataset.name} {version}, checked and unchanged"
    else:
        origin, program = dataset.homepage, source["labels"]["program"]
        activity = source["generator"]
    agent = {"@type": "prov:SoftwareAgent", "prov:label": program}
    made = {"@type": "prov:Activity", "prov:label": activity, "prov:wasAssociatedWith": agent}
    return {"prov:wasDerivedFrom": {"@id": origin}, "prov:wasGeneratedBy": made}


def table_files(layout: rp.Layout, manifest: Manifest) -> dict[str, Path]:
    """Name → path of the tables to lie beside the document: our own, and never upstream's."""
    if manifest["source"].get("files"):
        return {}
    dataset, version = manifest["dataset"], manifest["version"]
    paths = (layout.table(dataset, version, name) for name in manifest["tables"])
    return {path.name: path for path in paths}


def export_croissant(layout: rp.Layout, dataset: Dataset, version: str, folder: Path) -> list[Path]:
    """Write ``croissant.json``, with our own tables beside it where the version is computed here.

    Raises:
        DataMissingError: There is no manifest, or one of our own tables is not here.
    """
    manifest = require_manifest(layout, dataset.name, version)
    tables = table_files(layout, manifest)
    absent = [name for name, path in tables.items() if not path.is_file()]
    if absent:
        facts = {"names": ", ".join(absent), "folder": f"data/{dataset.name}/{version}"}
        raise DataMissingError(worded("own-tables-absent", f"{dataset.name} {version}", **facts))
    document = croissant(dataset, manifest, rp.read_checksums(layout, dataset.name, version))
    written = [folder / CROISSANT_FILE]
    rp.write_json(written[0], document)
    for name, path in tables.items():
        written.append(folder / name)
        rp.write_with(written[-1], partial(shutil.copyfile, path))
    return written


def _croissant(job: Job) -> list[Path]:
    return export_croissant(job.layout, job.dataset, job.version, job.folder)


def _of_upstream(dataset: Dataset, manifest: Manifest) -> dict[str, Any]:
    """Files of upstream at their pinned addresses, and the tables among them."""
    source = manifest["source"]
    published = {item.name: item for item in dataset.published}
    base = source["base_url"].rstrip("/")
    files, records = [], []
    for name, digest in source["files"].items():
        item = published.get(name)
        encoding, text = (item.encoding, item.description) if item else (_guess(name), None)
        files.append(_file(name, f"{base}/{name}", encoding, digest, text))
    for item in dataset.published:
        if item.columns and item.name in source["files"]:
            columns = [_field(c.name, c.type, c.unit, c.description) for c in item.columns]
            stem = item.name.partition(".")[0]
            records.append(_record_set(stem, item.name, item.description, item.key, columns))
    return {"distribution": files, "recordSet": records}


def _of_tables(manifest: Manifest, checksums: Mapping[str, str]) -> dict[str, Any]:
    """Our own tables, beside the document."""
    files, records = [], []
    for name, table in manifest["tables"].items():
        file, rows = f"{name}.parquet", table["rows"]
        text = f"{rows} rows; content hash {table['content_sha256']}."
        files.append(_file(file, file, _PARQUET, checksums[file], text))
        names = ("name", "type", "unit", "description")
        columns = [_field(*(column[key] for key in names)) for column in table["columns"]]
        about = f"Table {name}, {rows} rows."
        records.append(_record_set(name, file, about, table["key"], columns))
    return {"distribution": files, "recordSet": records}


def _file(
    name: str, url: str, encoding: str, sha256: str, description: str | None
) -> dict[str, Any]:
    about = {"description": description} if description else {}
    head = {"@type": "cr:FileObject", "@id": name, "name": name}
    return {**head, **about, "contentUrl": url, "encodingFormat": encoding, "sha256": sha256}


def _field(name: str, kind: str, unit: str | None, description: str) -> dict[str, Any]:
    """A column; its unit stands in the description, for which Croissant has no word of its own."""
    inner = kind.removeprefix("list<").removesuffix(">")
    text = f"{description} Unit: {unit}." if unit else description
    field = {"name": name, "description": text, "dataType": _WORDS["types"][inner]}
    return {**field, "repeated": True} if inner != kind else field


def _record_set(
    name: str, file: str, description: str, key: Iterable[str], columns: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    keys = [{"@id": _field_id(name, column)} for column in key]
    fields = []
    for column in columns:
        head = {"@type": "cr:Field", "@id": _field_id(name, column["name"])}
        source = {"fileObject": {"@id": file}, "extract": {"column": column["name"]}}
        fields.append({**head, **column, "source": source})
    head = {"@type": "cr:RecordSet", "@id": name, "name": name, "description": description}
    return {**head, "key": keys[0] if len(keys) == 1 else keys, "field": fields}


def _field_id(record_set: str, column: str) -> str:
    """Id of a field: letters, digits and underscores below the name of its record set."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", column.replace("#", "number")).strip("_")
    return f"{record_set}/{plain}"


def _guess(name: str) -> str:
    if name.endswith(".csv"):
        return "text/csv"
    return "application/gzip" if name.endswith(".gz") else "application/octet-stream"


# --- Splits and predictions


def _matbench(job: Job) -> list[Path]:
    from ionladder.interchange.matbench import export_matbench_folds

    pinned = job.params.find(job.dataset.name, job.version)
    assert pinned is not None  # noqa: S101 - a job names a pinned version
    return export_matbench_folds(job.layout, job.task, pinned, job.folder)


def _jarvis(job: Job) -> list[Path]:
    from ionladder.interchange.jarvis import export_contributions

    if job.submission is None:
        where = "export --format jarvis"
        raise ConfigError(worded("whose-predictions", where, task=job.task.name))
    source = job.layout.submission_dir(job.task.name, job.submission)
    inputs, shown = load_inputs(job.layout, job.task, job.version), job.layout.relative(source)
    return export_contributions(source, job.task, inputs, job.folder, shown_as=shown)


def _extxyz(job: Job) -> list[Path]:
    from ionladder.data.bvel_proto.crystals import export_extxyz

    return export_extxyz(job.layout, job.version, job.folder)


# --- Scores: recorded receipts as other projects keep scores


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A recorded score: its receipt, its card, and the words for both.

    Attributes:
        job: What is asked for.
        receipt: The receipt, as recorded.
        card: The card.
        source: The submission's folder.
        address: Page of the submission; None where the site has no address.
    """

    job: Job
    receipt: Mapping[str, Any]
    card: Card
    source: Path
    address: str | None

    @property
    def name(self) -> str:
        """Name of the submission."""
        return str(self.receipt["submission"])

    @property
    def data(self) -> str:
        """Title and version of the dataset it is scored on."""
        return f"{self.job.dataset.title} {self.receipt['dataset_version']}"

    @property
    def facts(self) -> dict[str, Any]:
        """What every document of ``export.yaml`` may name."""
        facts = {"scored": self, "job": self.job, "card": self.card, "receipt": self.receipt}
        return facts | {"version": __version__}

    def numbers(self) -> Iterator[tuple[str, MetricUse, str, Mapping[str, Any]]]:
        """Target, metric, unit and score on the subset that ranks; the one that ranks is first."""
        task, primary = self.job.task, self.job.task.primary
        targets = self.receipt["targets"]
        for target in sorted(targets, key=lambda name: name != primary.target):
            scores = targets[target][primary.subset]["metrics"]
            for use in sorted(task.metrics, key=lambda use: use.name != primary.metric):
                if scores[use.name]["value"] is not None:
                    of = task.primary_targets[0] if target == "mean" else task.target(target)
                    unit = of.error_unit if get_metric(use.metric).unit == "target" else "1"
                    yield target, use, unit, scores[use.name]

    def interval(self, score: Mapping[str, Any]) -> dict[str, Any] | None:
        """Ends, confidence and method of an interval; None where a score has none."""
        if score["ci_low"] is None or score["undetermined"]:
            return None
        intervals = self.receipt["intervals"]
        ends = {"lower": score["ci_low"], "upper": score["ci_high"]}
        return ends | {
            "confidence_level": intervals["confidence"],
            "method": f"{intervals['method']} ({intervals['group_column']})",
        }

    def rests_on(self) -> dict[str, str]:
        """Versions and SHA-256 that the score rests on, all as text."""
        keys = {key: self.receipt[key] for key in ("dataset_version", "scorer_version")}
        return {k: str(v) for k, v in {**keys, **self.receipt["hashes"]}.items() if v is not None}


def _each_score(job: Job) -> Iterator[Scored]:
    """The recorded scores that are asked for, by name."""
    layout, task = job.layout, job.task.name
    names = sorted(path.stem for path in layout.receipts_dir(task).glob("*.json"))
    if job.submission and job.submission not in names:
        facts = {"task": task, "found": job.submission, "hint": did_you_mean(job.submission, names)}
        raise ConfigError(worded("no-such-reported", "export --submission", **facts))
    site = rp.published_addresses(layout.root).get("Homepage")
    for name in [job.submission] if job.submission else names:
        receipt = rp.read_json(layout.receipt(task, name))
        source = layout.submission_dir(task, name)
        if "targets" not in receipt:
            continue  # refused: it has no score
        card, problems = read_card(source / CARD_FILE, shown_as=layout.relative(source / CARD_FILE))
        if card is None:
            raise SubmissionError(problems)
        address = f"{site}/submissions/{task}/{name}/" if site else None
        yield Scored(job=job, receipt=receipt, card=card, source=source, address=address)


def _filled(template: Any, facts: Mapping[str, Any]) -> Any:
    """A document of ``export.yaml`` with its words filled in."""
    if isinstance(template, str):
        is_value = template.startswith("=")
        return facts[template[1:]] if is_value else template.format_map(facts)
    if isinstance(template, list):
        return [_filled(each, facts) for each in template]
    return {key: _filled(value, facts) for key, value in template.items()}


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)


def _eval_results(job: Job) -> list[Path]:
    """``.eval_results/*.yaml`` of a model repository on the Hub: the number that ranks."""
    written = []
    for scored in _each_score(job):
        _, use, unit, score = next(scored.numbers())
        ends, value = scored.interval(score), score["value"]
        span = f", interval {ends['lower']} to {ends['upper']}" if ends else ""
        facts = scored.facts | {"use": use, "unit": unit, "span": span, "value": value}
        entry = _filled(_WORDS["eval_result"], facts)
        if scored.address:
            entry["source"] = {"url": scored.address, "name": "IonLadder"}
        folder = job.folder / scored.name / ".eval_results"
        written.append(folder / f"{RELEASE}-{job.task.name}.yaml")
        rp.write_text(written[-1], _yaml([entry]))
    return written


def _model_index(job: Job) -> list[Path]:
    """``model-index``: what the front matter of a model card says of results."""
    written = []
    split = job.task.scored_folds.scheme if job.task.scored_folds else "test"
    for scored in _each_score(job):
        metrics: dict[str, list[dict[str, Any]]] = {}
        for target, use, unit, score in scored.numbers():
            title = use.title if unit == "1" else f"{use.title} ({unit})"
            metric = {"type": use.metric, "value": score["value"], "name": title}
            metric |= {"args": dict(use.options)} if use.options else {}
            metrics.setdefault(target, []).append(metric)
        source = {"source": {"name": "IonLadder", "url": scored.address}} if scored.address else {}
        results = [
            _filled(
                _WORDS["model_index"], scored.facts | {"target": t, "metrics": m, "split": split}
            )
            | source
            for t, m in metrics.items()
        ]
        index = [{"name": scored.card.model, "results": results}]
        written.append(job.folder / scored.name / "model-index.yaml")
        rp.write_text(written[-1], _yaml({"model-index": index}))
    return written


def _every_eval_ever(job: Job) -> list[Path]:
    """One record a submission, in the folders of Every Eval Ever's datastore."""
    written, now = [], int(time.time())
    for scored in _each_score(job):
        authors = [author.name for author in scored.card.authors]
        developer = re.sub(r"[^a-z0-9]+", "-", authors[0].casefold()).strip("-") or "unknown"
        model = f"{developer}/{scored.name}"
        run = f"{RELEASE}-{job.task.name}/{model}/{now}"
        facts = scored.facts | {
            "run": run,
            "now": now,
            "model": model,
            "relationship": "first_party" if authors == [MAINTAINERS] else "third_party",
            "results": [_result(scored, *each) for each in scored.numbers()],
        }
        name = uuid.UUID(bytes=uuid.uuid5(uuid.NAMESPACE_URL, run).bytes, version=4)
        folder = job.folder / "data" / f"{RELEASE}-{job.task.name}" / model
        written.append(folder / f"{name}.json")
        rp.write_json(written[-1], _filled(_WORDS["every_eval_ever"], facts))
    return written


def _result(
    scored: Scored, target: str, use: MetricUse, unit: str, score: Mapping[str, Any]
) -> dict[str, Any]:
    metric, subset = get_metric(use.metric), scored.job.task.primary.subset
    about = {"num_samples": scored.receipt["targets"][target][subset]["n"]}
    if ends := scored.interval(score):
        about = {"confidence_interval": ends, **about}
    facts = scored.facts | {"target": target, "use": use, "unit": unit, "subset": subset}
    facts |= {"metric": metric, "is_error": metric.direction == "minimize", "about": about}
    facts |= {"options": dict(use.options), "value": score["value"]}
    facts["part"] = {"split": scored.job.task.split, "subset": subset, **scored.rests_on()}
    result: dict[str, Any] = _filled(_WORDS["result"], facts)
    if metric.is_share:
        bounds = {"score_type": "continuous", "min_score": 0, "max_score": 1}
        result["metric_config"] |= bounds
    return result


_ENCODINGS = {".csv": "text/csv", ".json": "application/json", ".yaml": "application/yaml"}


def _ro_crate(job: Job) -> list[Path]:
    """A folder a submission: its files, the receipt, and how one became the other."""
    written = []
    for scored in _each_score(job):
        folder, receipt = job.folder / scored.name, job.layout.receipt(job.task.name, scored.name)
        files = {"receipt.json": receipt} | {
            path.name: path for path in sorted(scored.source.iterdir()) if path.is_file()
        }
        for name, path in files.items():
            written.append(folder / name)
            rp.write_with(written[-1], partial(shutil.copyfile, path))
        written.append(folder / "ro-crate-metadata.json")
        rp.write_json(written[-1], _crate(scored, files))
    return written


def _crate(scored: Scored, files: Mapping[str, Path]) -> dict[str, Any]:
    job, card = scored.job, scored.card
    target, use, unit, score = next(scored.numbers())
    people, held = [], []
    for place, author in enumerate(card.authors, 1):
        address = f"https://orcid.org/{author.orcid}" if author.orcid else f"#author-{place}"
        kind = "Organization" if author.name == MAINTAINERS else "Person"
        people.append({"@id": address, "@type": kind, "name": author.name})
    for name, path in files.items():
        encoding = _ENCODINGS.get(path.suffix, "application/octet-stream")
        held.append({"@id": name, "@type": "File", "name": name, "encodingFormat": encoding})
        held[-1] |= {"contentSize": str(path.stat().st_size), "sha256": rp.sha256_file(path)}
    if card.predictions:
        source = card.predictions.source
        about = {"@id": source.url, "@type": "File", "name": source.path}
        held.append(about | {"sha256": source.sha256})
    names = [entity["@id"] for entity in held]
    inputs = [name for name in names if name not in ("receipt.json", CARD_FILE)]
    hashes = [f"{key}:{v}" for key, v in scored.rests_on().items() if key.endswith("sha256")]
    facts = scored.facts | {
        "today": datetime.now(UTC).date().isoformat(),
        "licence": f"https://spdx.org/licenses/{card.licence}",
        "repository": rp.published_addresses(job.layout.root).get("Repository", ""),
        "authors": _ids(person["@id"] for person in people),
        "parts": _ids(names),
        "objects": _ids(["#data", *inputs]),
        "hashes": hashes,
    }
    graph = _filled(_WORDS["crate"], facts)
    for entity in graph:  # a repository without an address has none
        if entity.get("url") == "":
            del entity["url"]
    if scored.address:
        graph[1]["url"] = scored.address
    number = {"@id": "#score", "@type": "PropertyValue", "value": score["value"], "unitText": unit}
    if ends := scored.interval(score):
        number |= {"minValue": ends["lower"], "maxValue": ends["upper"]}
    number |= {"name": f"{use.title}, {target}, {job.task.primary.subset}"}
    context = "https://w3id.org/ro/crate/1.1/context"
    return {"@context": context, "@graph": [*graph, number, *people, *held]}


def _ids(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": name} for name in names]


# --- The repository itself


def _zenodo(job: Job) -> list[Path]:
    path = job.folder / ".zenodo.json"
    rp.write_json(path, zenodo(job.layout.root))
    return [path]


def zenodo(root: Path) -> dict[str, Any]:
    """What Zenodo is told of a release: ``CITATION.cff`` in the fields of ``.zenodo.json``."""
    cited = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    papers = [
        {
            "identifier": each["doi"],
            "relation": "references",
            "resource_type": "publication-article",
        }
        for each in cited.get("references", [])
        if "doi" in each
    ]
    if address := rp.published_addresses(root).get("Repository"):
        papers.append({"identifier": address, "relation": "isSupplementTo"})
    fields = {
        "title": cited["title"],
        "upload_type": "software",
        "description": f"{cited['title']}. {cited['message']}",
        "version": str(cited["version"]),
        "license": cited.get("license", "").casefold(),
        "access_right": "open",
        "creators": [{"name": _full_name(each)} for each in cited["authors"]],
        "keywords": cited.get("keywords"),
        "related_identifiers": papers,
    }
    return {key: value for key, value in fields.items() if value}


def _full_name(author: Mapping[str, str]) -> str:
    return author.get("name") or f"{author['family-names']}, {author['given-names']}"


FORMATS = {
    "croissant": Format("dataset", "files, columns and provenance of a version", _croissant),
    "extxyz": Format("bvel_proto", "structures and barriers as BVEL13k has them", _extxyz),
    "matbench-folds": Format("values", "splits without labels, for matbench's classes", _matbench),
    "jarvis": Format("test", "predictions of a submission for JARVIS-Leaderboard", _jarvis),
    "eval-results": Format("task", "scores for a model repository on Hugging Face", _eval_results),
    "model-index": Format("task", "scores for the front matter of a model card", _model_index),
    "every-eval-ever": Format("task", "scores as records of Every Eval Ever", _every_eval_ever),
    "ro-crate": Format("task", "predictions, receipt and how it was made, a folder", _ro_crate),
    "zenodo": Format("release", ".zenodo.json from CITATION.cff", _zenodo),
}
