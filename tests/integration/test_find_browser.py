"""The box above a list of entries, in a browser: words find rows, and stand in the address."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from browser import Reader

from ionladder.site.context import load_site
from ionladder.site.render import render_pages
from unit.site.synthetic_board import REPOSITORY
from unit.site.test_entry_pages import INDEX, N_TEST, with_data

SHOWN = """
return Array.from(document.querySelectorAll('#entries-all tbody tr'))
  .filter(row => !row.hidden).map(row => row.querySelector('.il-name').textContent)"""
BOX = "form[data-find] input"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of the embedded entries as a page by itself, with its script."""
    text = render_pages(load_site(with_data(tmp_path_factory.mktemp("repository"))))[INDEX]
    listed = text[text.index('<form class="il-controls" data-find') :]
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(REPOSITORY / "docs" / "assets" / "find.js", folder)
    page = f'<!doctype html><meta charset="utf-8"><h1>x</h1>{listed}<script src="find.js"></script>'
    (folder / "index.html").write_text(page, encoding="utf-8")
    return folder


def test_without_words_every_entry_is_shown(reader: Reader) -> None:
    reader.open("")
    assert len(reader.run(SHOWN)) == N_TEST
    assert reader.run("return document.querySelector('form[data-find] output').value") == ""


def test_words_find_entries_and_stand_in_the_address(reader: Reader) -> None:
    reader.open("")
    first = reader.run(SHOWN)[0]
    reader.driver.find_element("css selector", BOX).send_keys(first.upper())
    assert reader.run(SHOWN) == [first]
    said = reader.run("return document.querySelector('form[data-find] output').value")
    assert said == f"1 of {N_TEST} entries"
    assert f"q={first.upper()}" in reader.driver.current_url
    reader.driver.refresh()
    assert reader.run(SHOWN) == [first]


def test_all_words_must_fit_and_nothing_may(reader: Reader) -> None:
    reader.open("?q=li%20no-such-word")
    assert reader.run(SHOWN) == []
    box = reader.driver.find_element("css selector", BOX)
    box.clear()
    box.send_keys("li")
    assert len(reader.run(SHOWN)) == N_TEST
