"""No words of a stranger run on a page, leave it or break it: every page, in a browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

import pandas as pd
import pytest
import yaml
from browser import DESK, PHONE
from command import fill_in, held_out

from factories import write_repo
from hostile.words import PAYLOADS, every_field_of
from ionladder.site.text import plain
from unit.site.synthetic_board import THEME

pytestmark = pytest.mark.slow

# What only the theme or a page's author may have put there.
FINDINGS = """
const found = [];
if (window.ilRan !== undefined) found.push('a script ran');
for (const element of document.querySelectorAll('*')) {
  for (const {name, value} of element.attributes) {
    const address = value.replace(/[\\s\\u0000-\\u001f]/g, '').toLowerCase();
    if (name.startsWith('on')) found.push(`${element.tagName} ${name}`);
    if (/^(javascript|vbscript|data):/.test(address)) found.push(`${name}=${value}`);
    const isWild = name === 'style' && /fixed|absolute|url\\((?!"?#)/.test(value);
    if (isWild) found.push(`style=${value}`);
  }
}
const foreign = 'script, iframe, object, embed, base, link, meta, style, textarea, foreignObject';
for (const element of document.querySelectorAll(foreign)) {
  if (element.closest('article')) found.push(element.outerHTML.slice(0, 80));
}
for (const script of document.querySelectorAll('script')) {
  if (script.textContent.includes('ilRan')) found.push('a script of a stranger');
}
return found;
"""
WIDTH = "return document.documentElement.scrollWidth"
HEAD = "return document.querySelector('[data-md-component=header-topic]').textContent"
WORDS = "return document.querySelector('article').textContent"


def ionladder(root, *arguments):
    run(root, "ionladder.cli.main", *arguments)


def run(root, *arguments):
    environment = {key: value for key, value in os.environ.items() if key != "IONLADDER_MIRROR"}
    command = [sys.executable, "-m", *arguments]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def cards():
    """Submission → a card with hostile words in every field that takes a stranger's text."""
    names = (f"words-{number:02}" for number in range(len(PAYLOADS)))
    return dict(zip(names, map(every_field_of, PAYLOADS.values()), strict=True))


@pytest.fixture(scope="module")
def built(repository, cards, tmp_path_factory):
    """The site of a small repository whose submissions are all hostile, made by the commands."""
    layout = write_repo(tmp_path_factory.mktemp("words") / "clone")
    settings = (repository / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("strict: true", "strict: false")
    (layout.root / "mkdocs.yml").write_text(settings, encoding="utf-8")
    shutil.copytree(repository / "docs", layout.docs_dir, ignore=lambda *_: ["generated"])
    shutil.copytree(repository / THEME, layout.root / THEME)
    for name in ("CONTRIBUTING.md", "SECURITY.md"):
        shutil.copyfile(repository / name, layout.root / name)
    ionladder(layout.root, "fetch")
    ionladder(layout.root, "ingest")
    for number, (name, card) in enumerate(cards.items()):
        values = pd.Series(-5 - number / 7, index=held_out(layout, "1.0.0").index)
        fill_in(layout, name, values, card=yaml.safe_dump(card))
    ionladder(layout.root, "leaderboard", "obelix")
    ionladder(layout.root, "site", "--no-build")
    # Pages written by hand lead to boards that are not in this repository: no strict build.
    run(layout.root, "mkdocs", "build", "--quiet")
    return layout.root / "site"


def test_nothing_runs_leaves_or_breaks_any_page(reader, built):
    reader.asked()
    pages = [path.parent.relative_to(built).as_posix() for path in built.rglob("index.html")]
    assert len(pages) > 2 * len(PAYLOADS)
    wrong = {}
    for page in pages:
        # A dialog would make the next call fail.
        reader.open(f"{page}/", size=PHONE)
        reader.wait("document.readyState === 'complete'")
        found = list(reader.run(FINDINGS))
        for width, height in (PHONE, DESK):
            reader.resize((width, height))
            if (wide := reader.run(WIDTH)) > width:
                found.append(f"{wide} wide on {width}")
        if found:
            wrong[page] = found
    assert wrong == {}
    assert {url for url in reader.asked() if not url.startswith(reader.local)} == set()


def test_every_word_is_there_to_read(reader, cards):
    reader.open("obelix/")
    board = plain(reader.run(WORDS))
    for name, card in cards.items():
        assert plain(card["model"]) in board
        reader.open(f"submissions/obelix/{name}/")
        assert plain(card["model"], limit=80) in plain(reader.run("return document.title"))
        assert plain(card["model"], limit=80) in plain(reader.run(HEAD))
        page = plain(reader.run(WORDS))
        for words in _words(card):
            assert plain(words) in page, name


def _words(value):
    """Every paragraph of text below a value of a card."""
    if isinstance(value, str):
        yield from value.split("\n\n")
    elif isinstance(value, Mapping):
        yield from _words([*value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)
