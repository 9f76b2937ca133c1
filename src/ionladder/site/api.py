"""``/api/v1/``: boards, receipts and dataset metadata as JSON at addresses that stay.

The files say what ``leaderboard/`` says, byte for byte the same from the same repository: no date,
no path and no order that depends on anything but names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ionladder.core.files import read_json, to_json
from ionladder.interchange.croissant import (
    CROISSANT_FILE,
    croissant,
    read_checksums,
    table_files,
)
from ionladder.site.api_models import SCHEMA_VERSION, api_schema
from ionladder.site.context import DatasetSite, Site, TaskSite, VersionCard

API = "api/v1/"
INDEX, SCHEMA, DATASETS = "index.json", "schema.json", "datasets"


def api_documents(site: Site) -> dict[str, str]:
    """Address in the site → text of every file of the API."""
    documents: dict[str, Any] = {INDEX: _index(site), SCHEMA: api_schema()}
    for item in site.tasks:
        documents |= dict(_boards(site, item))
        documents |= dict(_receipts(site, item))
    for dataset in site.datasets:
        documents |= dict(_croissants(site, dataset))
    return {f"{API}{place}": to_json(content) for place, content in documents.items()}


def api_tables(site: Site) -> dict[str, Path]:
    """Address in the site → table copied beside its Croissant file: of our own datasets only."""
    return {
        f"{API}{_place(dataset, card)}/{name}": path
        for dataset in site.datasets
        for card in dataset.versions
        if card.manifest is not None
        for name, path in table_files(site.layout, dict(card.manifest)).items()
        if path.is_file()
    }


def _index(site: Site) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "schema": SCHEMA,
        "ionladder": site.package_version,
        "tasks": [_task_link(site, item) for item in site.tasks],
        "datasets": [
            {
                "name": item.dataset.name,
                "title": item.dataset.title,
                "licence": item.dataset.licence,
                "homepage": item.dataset.homepage,
                "versions": [
                    {
                        "version": card.pinned.version,
                        "croissant": (
                            f"{_place(item, card)}/{CROISSANT_FILE}"
                            if _is_described(site, item, card)
                            else None
                        ),
                    }
                    for card in item.versions
                ],
            }
            for item in site.datasets
        ],
    }


def _task_link(site: Site, item: TaskSite) -> dict[str, Any]:
    task = item.task
    scored = [
        {
            "name": name,
            "model": entrant.row.model,
            "is_scored": True,
            "receipt": f"{task.name}/{name}.json" if entrant.receipt is not None else None,
        }
        for name, entrant in item.entrants.items()
    ]
    others = [
        {
            "name": entry.name,
            "model": None,
            "is_scored": False,
            "receipt": (
                f"{task.name}/{entry.name}.json"
                if site.layout.receipt(task.name, entry.name).is_file()
                else None
            ),
        }
        for entry in item.unscored
    ]
    return {
        "name": task.name,
        "title": task.title,
        "question": task.question,
        "dataset": task.dataset,
        "dataset_version": item.board.dataset_version,
        "board": f"{task.name}.json" if item.is_scored else None,
        "submissions": sorted(scored + others, key=lambda entry: str(entry["name"])),
    }


def _boards(site: Site, item: TaskSite) -> Iterator[tuple[str, dict[str, Any]]]:
    if item.is_scored:
        board = read_json(site.layout.leaderboard_json(item.task.name))
        yield f"{item.task.name}.json", _versioned(board)


def _receipts(site: Site, item: TaskSite) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, entrant in item.entrants.items():
        if entrant.receipt is not None:
            yield f"{item.task.name}/{name}.json", _versioned(entrant.receipt)
    for entry in item.unscored:
        path = site.layout.receipt(item.task.name, entry.name)
        if path.is_file():
            yield f"{item.task.name}/{entry.name}.json", _versioned(read_json(path))


def croissant_url(site: Site, item: DatasetSite, card: VersionCard | None) -> str | None:
    """Address of the Croissant file of a version; None where there is none."""
    if card is None or not _is_described(site, item, card):
        return None
    return f"{API}{_place(item, card)}/{CROISSANT_FILE}"


def _croissants(site: Site, item: DatasetSite) -> Iterator[tuple[str, dict[str, Any]]]:
    for card in item.versions:
        if card.manifest is not None and _is_described(site, item, card):
            sums = read_checksums(site.layout, item.dataset.name, card.pinned.version)
            document = croissant(item.dataset, dict(card.manifest), sums)
            yield f"{_place(item, card)}/{CROISSANT_FILE}", document


def _is_described(site: Site, item: DatasetSite, card: VersionCard) -> bool:
    """Whether a version has a manifest and, where it is our own, its tables and their hashes."""
    if card.manifest is None:
        return False
    tables = table_files(site.layout, dict(card.manifest))
    sums = read_checksums(site.layout, item.dataset.name, card.pinned.version)
    return all(name in sums and path.is_file() for name, path in tables.items())


def _place(item: DatasetSite, card: VersionCard) -> str:
    return f"{DATASETS}/{item.dataset.name}/{card.pinned.version}"


def _versioned(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, **content}
