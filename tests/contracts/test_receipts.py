"""Every score on the site is two clicks from a receipt with hashes that says the same number.

Click one: the row of a board leads to the submission's page. Click two: that page leads to the
receipt. The walk is over whole sites: synthetic ones, and this repository's own.
"""

import json
import math
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ionladder.repo import Layout
from ionladder.site.context import Site, load_site
from ionladder.site.files import api_documents
from ionladder.site.render import render_pages
from ionladder.site.text import board_url
from unit.site.page_tree import tree_of, with_class, words
from unit.site.synthetic_board import Entry, add_board, hostile, make_repository, typical

REPOSITORY = Path(__file__).resolve().parents[2]
SHA256 = re.compile(r"[0-9a-f]{64}")
BOARDS = {
    "typical": [*typical(), Entry(name="undefined", value=None)],
    "hostile": hostile(),
    "this repository": [],
}


@dataclass(frozen=True)
class Walk:
    """A rendered site: what is in it, its pages, and the files that stand beside them."""

    site: Site
    pages: Mapping[str, str]
    files: Mapping[str, str]


@pytest.fixture(scope="module", params=BOARDS)
def walk(request, tmp_path_factory):
    """One site after the other, rendered."""
    if request.param == "this repository":
        layout = Layout(REPOSITORY)
    else:
        entries = BOARDS[request.param]
        layout = make_repository(tmp_path_factory.mktemp("repository"), entries)
        add_board(layout, entries)
    site = load_site(layout)
    return Walk(site=site, pages=render_pages(site), files=api_documents(site))


def scored(walk):
    return (item for item in walk.site.tasks if item.is_scored)


def accepted(walk, task):
    """Submission → receipt, of everything that was scored and not refused, read from disk."""
    folder = walk.site.layout.receipt(task, "x").parent
    found = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
    return {name: receipt for name, receipt in found.items() if "refused" not in receipt}


def subset_rows(page, subset):
    """Submission → its row in the table of a subset."""
    section = next(e for e in page.iter() if e.get("id") == f"subset-{subset}")
    table = next(with_class(section, "il-board", "table"))
    rows = [row for row in table.iter("tr") if row.get("data-kind")]
    found = {next(with_class(row, "il-model", "th")).get("data-sort", ""): row for row in rows}
    assert len(found) == len(rows)
    return found


def shown(value):
    """How a score reads, written down a second time: two decimals and a true minus."""
    if value is None or math.isnan(value):
        return "–"
    return _fixed(value, 2)


def numbers(text):
    """The numbers that a text prints, in their order; the dash of an interval is no minus."""
    return re.findall(r"(?<![\d.])−?\d+\.\d+", text)


def primary_part(item, receipt, subset):
    return receipt["targets"][item.task.primary.target][subset]["metrics"]


def test_each_row_leads_to_a_page_that_leads_to_a_receipt_with_hashes(walk):
    for item in scored(walk):
        here = board_url(item.task.name)
        rows = subset_rows(tree_of(walk.pages[here]), item.task.primary.subset)
        assert set(rows) == set(accepted(walk, item.task.name))
        for name, row in rows.items():
            first = next(next(with_class(row, "il-model", "th")).iter("a")).get("href", "")
            there = posixpath.normpath(posixpath.join(here, first)) + "/"
            page = tree_of(walk.pages[there])
            ways = {
                posixpath.normpath(posixpath.join(there, a.get("href", "")))
                for a in page.iter("a")
                if a.text == "receipt.json"
            }
            receipt = json.loads(walk.files[ways.pop()])
            assert not ways
            assert (receipt["task"], receipt["submission"]) == (item.task.name, name)
            printed = {words(e).rstrip("…") for e in with_class(page, "il-hash")}
            hashes = {digest for digest in receipt["hashes"].values() if digest}
            assert receipt["hashes"]["predictions_sha256"] or item.task.scored_folds
            assert all(SHA256.fullmatch(digest) for digest in hashes)
            known = {receipt["hashes"][key] for key in ("labels_sha256", "split_sha256")}
            assert all(any(full.startswith(short) for short in printed) for full in known)
            assert all(any(full.startswith(short) for full in hashes) for short in printed)
            assert receipt["hashes"]["predictions_sha256"] in {*printed, None}


def test_every_number_of_a_board_is_that_of_the_receipt(walk):
    for item in scored(walk):
        task, page = item.task, tree_of(walk.pages[board_url(item.task.name)])
        receipts = accepted(walk, task.name)
        for subset in task.subsets:
            for name, row in subset_rows(page, subset.name).items():
                metrics = primary_part(item, receipts[name], subset.name)
                score = metrics[task.primary.metric]
                cell = next(with_class(row, "il-primary", "td"))
                assert (cell.text or "").strip() == shown(score["value"]), (name, subset.name)
                detail = " ".join(words(e) for e in cell.iter("small"))
                ends = [
                    shown(score[key]) for key in ("ci_low", "ci_high") if score[key] is not None
                ]
                assert numbers(detail) == ([] if score.get("undetermined") else ends)
                if score["value"] is not None:
                    assert float(cell.get("data-sort", "nan")) == score["value"]
                known = {score[key] for score in metrics.values() for key in ("value", "seed_sd")}
                for other in row.iter("td"):
                    if other.get("data-group", "").startswith("metrics") and other.get("data-sort"):
                        assert float(other.get("data-sort", "nan")) in known, (name, subset.name)


def _fixed(value, digits):
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) else text
