"""Contribute and Security show the repository's own letters, with every link alive."""

from __future__ import annotations

import re
from pathlib import Path

from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.files import GUIDES, guides, linked_within
from ionladder.site.render import hand_written
from unit.site.synthetic_board import make_repository


def test_the_letters_are_shown_whole_under_their_own_titles(repository: Path) -> None:
    pages = guides(Layout(repository))
    assert set(pages) == set(GUIDES)
    for name, guide in GUIDES.items():
        letter = (repository / guide.source).read_text(encoding="utf-8")
        assert f"title: {guide.title}\n" in pages[name]
        for heading in re.findall(r"^#+ .*$", letter, re.MULTILINE):
            assert heading in pages[name]


def test_links_lead_to_pages_or_name_a_path_of_the_repository(repository: Path) -> None:
    layout = Layout(repository)
    known = {path.name for path in layout.docs_dir.glob("*.md")} | set(GUIDES)
    for text in guides(layout).values():
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            assert target.startswith("https://") or target.partition("#")[0] in known, target


def test_a_link_to_what_the_site_lacks_becomes_its_path() -> None:
    text = "[LICENSE](LICENSE), [why](docs/decisions/1.md), [here](#a), [page](docs/a.md#b)"
    assert linked_within(text, {"docs/a.md": "a.md"}) == (
        "`LICENSE`, why (`docs/decisions/1.md`), [here](#a), [page](a.md#b)"
    )


def test_each_guide_names_the_file_where_its_text_stands(tmp_path: Path) -> None:
    written = hand_written(load_site(make_repository(tmp_path, [])))
    assert "<code>CONTRIBUTING.md</code>" in written["contribute.md"]
    assert "<code>SECURITY.md</code>" in written["security.md"]


def test_without_the_letters_there_are_no_guides(tmp_path: Path) -> None:
    layout = make_repository(tmp_path, [])
    for guide in GUIDES.values():
        (tmp_path / guide.source).unlink()
    assert guides(layout) == {}
