"""Badges: one picture and one JSON a submission, with its place, whatever it calls itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ionladder.site.context import load_site
from ionladder.site.files import LONGEST_NAME, badge_documents, badge_url
from ionladder.site.render import render_pages, render_site
from unit.site.synthetic_board import HOSTILE, TASK, Entry, hostile, make_repository, typical

SVG = "{http://www.w3.org/2000/svg}"


def thousand() -> list[Entry]:
    return [Entry(name=f"m{i:04}", value=1 + i / 500, tie_group=1 + i // 400) for i in range(1000)]


def badges(root: Path, entries: list[Entry]) -> dict[str, str]:
    return badge_documents(load_site(make_repository(root, entries)))


def endpoint(documents: dict[str, str], name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(documents[badge_url(TASK.name, name, "json")])
    return content


def test_a_badge_says_the_rank_range_and_with_how_many_it_ties(tmp_path: Path) -> None:
    documents = badges(tmp_path, typical())
    assert endpoint(documents, "hgb-l1") == {
        "schemaVersion": 1,
        "label": "Gradient boosting, L1",
        "message": "IonLadder obelix: rank 1–3 of 5, tied with 2",
        "labelColor": "#2b3540",
        "color": "#0b62a4",
    }
    assert endpoint(documents, "mlp-paper-cif")["message"] == "IonLadder obelix: rank 5 of 5"


def test_a_reference_and_a_score_without_a_number_have_no_rank(tmp_path: Path) -> None:
    documents = badges(tmp_path, [*typical(), Entry(name="none", value=None)])
    assert (
        endpoint(documents, "train-median")["message"] == "IonLadder obelix: reference, not ranked"
    )
    assert endpoint(documents, "none")["message"] == "IonLadder obelix: verified, not ranked"


@pytest.mark.parametrize(
    "entries", [list, typical, hostile, pytest.param(thousand, marks=pytest.mark.slow)]
)
def test_every_scored_submission_has_its_badge_and_no_other(
    tmp_path: Path, entries: Callable[[], list[Entry]]
) -> None:
    documents = badges(tmp_path, entries())
    assert set(documents) == {
        badge_url(TASK.name, entry.name, kind) for entry in entries() for kind in ("svg", "json")
    }
    for place, text in documents.items():
        if place.endswith(".svg"):
            picture = ET.fromstring(text)
            tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
            assert tags == {"svg", "title", "clipPath", "g", "rect", "text"}
            assert picture.findtext(f"{SVG}title") == picture.get("aria-label")
            assert float(picture.get("width", "0")) < 800
            assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_hostile_name_is_text_in_the_picture_and_short(tmp_path: Path) -> None:
    documents = badges(tmp_path, hostile())
    names = []
    for entry in hostile():
        picture = ET.fromstring(documents[badge_url(TASK.name, entry.name)])
        name, _ = (element.text or "" for element in picture.iter(f"{SVG}text"))
        assert len(name) <= LONGEST_NAME
        names.append(name)
    assert HOSTILE["script"] in names
    assert not any("\u202e" in text for text in documents.values())


def test_the_page_of_a_submission_leads_to_its_badge(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, typical())
    page = render_pages(load_site(layout))["submissions/obelix/rf-paper/"]
    assert 'href="../../../badges/obelix/rf-paper.svg"' in page
    render_site(load_site(layout))
    assert (layout.generated_docs_dir / "badges" / "obelix" / "rf-paper.json").is_file()
