"""Every bad submission gets its error, cheaply, and the good one beside it is scored."""

import json
import os
import sys
from html.parser import HTMLParser

import markdown
import pytest

from git_repository import ran
from hostile.case import MOST_MB, MOST_SECONDS
from hostile.corpus import CORPUS
from hostile.words import WORDS, card_of
from ionladder.board.model import to_csv
from ionladder.pr.check import worker_environment
from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.synthetic_board import Entry, leaderboard, make_repository, typical

NAMES = [(kind, case.name) for kind, cases in CORPUS.items() for case in cases]


@pytest.fixture(scope="module")
def outcomes(repository, tmp_path_factory):
    """What became of each case; all are judged in one run."""
    root = tmp_path_factory.mktemp("hostile")
    paths = os.pathsep.join(str(repository / name) for name in ("src", "tests"))
    environment = worker_environment(root) | {"PATH": os.environ["PATH"], "PYTHONPATH": paths}
    done = ran(sys.executable, "-m", "hostile.judge", root, env=environment, timeout=600)
    assert done.returncode == 0, done.stderr
    # What a library prints on its own is no error.
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {(item["kind"], item["name"]): item for item in found}


def test_no_case_is_lost_and_no_verdict_changed(repository):
    kept = json.loads((repository / "tests/golden/hostile.json").read_text(encoding="utf-8"))
    assert kept == {
        f"{kind}: {case.name}": "refused" if case.error else "accepted"
        for kind, cases in CORPUS.items()
        for case in cases
    }


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_a_case_is_judged_and_harms_nobody(outcomes, kind, name):
    found = outcomes[kind, name]
    if "skipped" in found:
        pytest.skip(found["skipped"])
    assert "traceback" not in found, found["traceback"]
    if found["error"] is None:
        assert found["refused"] is None
        assert found["receipt"] is not None
    else:
        assert found["error"] in found["refused"]
        assert found["refused"].replace("\n", "").isprintable()
        assert len(found["refused"]) < 200_000
    assert found["good"] == 1.0
    assert found["written"] == []
    assert found["peak_rss_mb"] <= MOST_MB
    assert found["wall_s"] <= MOST_SECONDS


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_words_in_every_field_make_no_element_and_no_link(tmp_path):
    entries = [
        Entry(name=f"words-{i}", model=words, card=card_of(words))
        for i, words in enumerate("".join(filter(str.isprintable, w)) for w in WORDS.values())
    ]
    (tmp_path / "plain").mkdir()
    plain = render_pages(load_site(make_repository(tmp_path / "plain", typical())))
    allowed = {tag for text in plain.values() for tag, _ in _elements(text)}
    (tmp_path / "words").mkdir()
    layout = make_repository(tmp_path / "words", [*typical(), *entries])
    for text in render_pages(load_site(layout)).values():
        for tag, attributes in _elements(text):
            assert tag in allowed
            assert tag not in {"script", "iframe", "style", "object", "embed"}
            assert not [name for name in attributes if name.startswith("on")]
            for name in ("href", "src"):
                address = (attributes.get(name) or "").strip().lower()
                assert not address.startswith(("javascript:", "data:", "vbscript:"))


def _elements(text):
    extensions = ["attr_list", "md_in_html", "tables", "admonition", "pymdownx.superfences"]
    reader = _Reader()
    # The head is no Markdown; tests/contracts/test_pages.py says that it holds no element.
    _, _, body = text.split("---\n", 2)
    reader.feed(markdown.markdown(body, extensions=extensions))
    return reader.found


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_a_published_csv_is_a_formula(start):
    board = leaderboard([Entry(name="x", model=f"{start}cmd|' /C calc'!A0")])
    assert f",{start}cmd" not in to_csv(board["rows"])
    assert f"'{start}cmd" in to_csv(board["rows"])
