"""The built site held to what others have written down: axe-core, OpenGraph, sitemaps, Zensical.

axe-core is an npm package and Zensical a Python one; neither is among the locked ones. Their tests
run where they are at hand (``make test-site`` fetches axe-core) and otherwise say what is missing.
"""

import os
import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from browser import DESK, Reader, served

from ionladder.repo import sha256_file
from ionladder.site import render
from ionladder.site.context import load_site
from ionladder.site.render import ADDRESS_VARIABLE, build_site, render_site
from unit.site.page_tree import tree_of
from unit.site.synthetic_board import (
    REPOSITORY,
    TASK,
    THEME,
    add_board,
    add_history,
    make_repository,
    typical,
)

AXE_VARIABLE = "IONLADDER_AXE"
PLACE = "https://example.org/ladder/"
DEEP = 3
"""Pages this many folders down are one kind each folder: one from its middle stands for all."""

# The frame completes code once nobody waits for anything else.
COMPLETE = """document.readyState === 'complete'
  && !document.querySelector('nav.md-code__nav:not([role])')
  && [...document.querySelectorAll('pre > code')].every(
    code => code.scrollWidth <= code.clientWidth || code.tabIndex === 0)"""
RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run({resultTypes: ['violations']}).then(result => done(result.violations.map(
  found => [found.id, found.nodes.map(node => node.target.join(' ') + ': ' + node.html)])));
"""


def page_kinds(site):
    """Every page above, and one of each folder of pages that grows with the data."""
    ways = sorted(
        "" if (way := path.parent.relative_to(site).as_posix()) == "." else f"{way}/"
        for path in site.rglob("index.html")
    )
    folders: dict[str, list[str]] = {}
    for way in ways:
        is_deep = way.count("/") >= DEEP
        folders.setdefault(way.rstrip("/").rpartition("/")[0] if is_deep else way, []).append(way)
    return [*(found[len(found) // 2] for found in folders.values()), "404.html"]


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, or a skip that says how to get it."""
    named = os.environ.get(AXE_VARIABLE, "")
    folder = Path(named)
    found = next((p for p in (folder, folder / "axe.min.js") if named and p.is_file()), None)
    if found is None:
        pytest.skip(f"needs axe-core: `make test-site`, or {AXE_VARIABLE}=…/node_modules/axe-core")
    return found.read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["synthetic", "this repository"])
def some_site(request):
    """A built site: the synthetic one, then ``site/`` where it has been built."""
    if request.param == "synthetic":
        folder: Path = request.getfixturevalue("built")
        return folder
    if not (REPOSITORY / "site" / "index.html").is_file():
        pytest.skip("site/ is not built here: `make site`")
    return REPOSITORY / "site"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.slow
def test_axe_finds_nothing_on_any_kind_of_page(reader, some_site, axe, scheme):
    reader.driver.set_script_timeout(120)
    violations: dict[str, Any] = {}
    with served(some_site) as place:
        there = Reader(driver=reader.driver, address=place)
        for page in page_kinds(some_site):
            there.open(page, size=DESK, scheme=scheme)
            there.wait(COMPLETE)
            there.run(axe)
            found = there.driver.execute_async_script(RUN_AXE)
            if found:
                violations[page] = found
    assert violations == {}


@pytest.fixture(scope="module")
def addressed(tmp_path_factory):
    """A small site that knows where it will stand."""
    layout = make_repository(tmp_path_factory.mktemp("addressed"), typical())
    add_history(layout, typical()[1:], typical())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ADDRESS_VARIABLE, PLACE)
        render_site(load_site(layout))
        return build_site(layout)


def meta(page):
    """Property → content of the card for links."""
    tags = tree_of(page.read_text(encoding="utf-8")).iter("meta")
    return {
        tag.get("property") or tag.get("name", ""): tag.get("content", "")
        for tag in tags
        if "content" in tag.attrib
    }


def test_every_page_has_a_card_for_links_with_whole_addresses(addressed):
    for page in ("", *page_kinds(addressed)[:-1]):
        card = meta(addressed / page / "index.html")
        assert card["og:title"]
        assert card["og:description"].split() == card["description"].split()
        assert card["og:url"] == PLACE + page
        own = page.startswith("submissions/")
        assert card["og:image"] == PLACE + (f"{page}card.png" if own else "assets/card.png")
        picture = (addressed / card["og:image"].removeprefix(PLACE)).read_bytes()
        assert picture[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")
        assert card["twitter:card"] == "summary_large_image"


def test_without_an_address_no_card_invents_one(built):
    for page in ("", "obelix/", "404.html"):
        path = built / page if page.endswith(".html") else built / page / "index.html"
        assert {"og:url", "og:image"}.isdisjoint(meta(path))
    assert (built / "robots.txt").read_text() == "User-agent: *\nAllow: /\n"


def test_the_sitemap_names_every_page_and_no_day(addressed):
    text = (addressed / "sitemap.xml").read_text(encoding="utf-8")
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    named = {loc.text for loc in ET.fromstring(text).iter(f"{space}loc")}
    pages = {
        path.parent.relative_to(addressed).as_posix() for path in addressed.rglob("index.html")
    }
    former = {page for page in pages if "/at/" in page}
    assert len(former) == 2
    assert all(meta(addressed / page / "index.html")["robots"] == "noindex" for page in former)
    assert named == {PLACE if page == "." else f"{PLACE}{page}/" for page in pages - former}
    assert "lastmod" not in text
    assert f"Sitemap: {PLACE}sitemap.xml" in (addressed / "robots.txt").read_text()


def test_a_wrong_address_is_answered_with_ways_on(addressed):
    tree = tree_of((addressed / "404.html").read_text(encoding="utf-8"))
    (article,) = tree.iter("article")
    ways = [posixpath.normpath(a.get("href", "")) for a in article.iter("a")]
    assert ways == ["/ladder", "/ladder/changes", "/ladder/api"]
    for way in ways:
        assert (addressed / posixpath.relpath(way, "/ladder") / "index.html").is_file()


@pytest.mark.slow
def test_zensical_builds_the_same_sources_unchanged(tmp_path):
    program = shutil.which(os.environ.get("IONLADDER_ZENSICAL", "zensical"))
    if program is None:
        pytest.skip("needs zensical: `pip install zensical`, or IONLADDER_ZENSICAL=…/bin/zensical")
    layout = make_repository(tmp_path, typical())
    render_site(load_site(layout))
    expected = _shape(build_site(layout))
    shutil.rmtree(tmp_path / "site")
    done = subprocess.run(
        [program, "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _shape(tmp_path / "site") == expected


def _shape(site):
    """Page → its title, and how many tables and charts stand in its article."""
    shape = {}
    for path in site.rglob("*.html"):
        tree = tree_of(path.read_text(encoding="utf-8"))
        article = next(tree.iter("article"))
        title = re.sub(r"\s+", " ", next(tree.iter("title")).text or "").strip()
        charts = [svg for svg in article.iter("svg") if "il-chart" in svg.get("class", "")]
        tables = [t for t in article.iter("table") if "il-table" in t.get("class", "")]
        shape[path.relative_to(site).as_posix()] = (title, len(tables), len(charts))
    return shape


def _made(layout):
    """Path → hash, of all pages and files, after what ``ionladder site`` does."""
    render_site(load_site(layout))
    build_site(layout)
    folders = (layout.generated_docs_dir, layout.root / "site")
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(layout.root).as_posix(): sha256_file(path) for path in found}


def _with_board(layout, entries):
    shutil.rmtree(layout.submissions_dir(TASK.name))
    shutil.rmtree(layout.receipts_dir(TASK.name))
    add_board(layout, entries, TASK)


def _edited(place, old, new):
    def edit(layout):
        path = layout.root / place
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


PAGE = f"submissions/{TASK.name}/{typical()[0].name}/index.html"
CHANGES = {
    "nothing": lambda _: None,
    "a submission less": lambda layout: _with_board(layout, typical()[:-1]),
    "a submission more": lambda layout: _with_board(layout, typical()),
    "labels of another version": _edited(f"leaderboard/{TASK.name}.json", "1.2.0", "1.3.0"),
    "settings": _edited("mkdocs.yml", "copyright: ", "copyright: All "),
    "a title in the navigation": _edited("mkdocs.yml", "- Home: index.md", "- index.md"),
    "the theme": _edited(f"{THEME}/main.html", 'class="il-map"', 'class="il-map il-new"'),
    "an asset": _edited("docs/assets/ionladder.css", "}", "}\n"),
    "a page of the site by hand": _edited(f"site/{PAGE}", "</p>", "!</p>"),
    "a file of the site by hand": _edited("site/data/obelix.csv", ",", ";"),
    "a page of the site gone": lambda layout: (layout.root / "site" / PAGE).unlink(),
    "the record": lambda layout: layout.built_site.write_text("{", encoding="utf-8"),
}
#: Whether the page of a submission is then taken from the former site.
IS_KEPT = {name: name in ("nothing", "an asset", "a file of the site by hand") for name in CHANGES}


@pytest.mark.slow
def test_what_is_made_after_a_change_is_what_is_made_from_nothing(tmp_path):
    layout = make_repository(tmp_path, typical())
    _made(layout)
    for name, change in CHANGES.items():
        page = layout.root / "site" / PAGE
        kept = page.stat().st_ino
        change(layout)
        found = _made(layout)
        assert (page.stat().st_ino == kept) == IS_KEPT[name] or "submission" in name, name
        for folder in ("build", "site", "docs/generated"):
            shutil.rmtree(tmp_path / folder)
        expected = _made(layout)
        assert {p for p in expected.keys() | found if expected.get(p) != found.get(p)} == set(), (
            name
        )


@pytest.mark.slow
def test_a_build_that_is_killed_leaves_the_former_site(tmp_path, monkeypatch):
    layout = make_repository(tmp_path, typical())
    former = _made(layout)
    _with_board(layout, typical()[:-1])
    with monkeypatch.context() as patch:
        patch.setattr(render, "squeezed", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            _made(layout)
    assert [sha256_file(tmp_path / p) for p in former if p.startswith("site/")] == [
        digest for path, digest in former.items() if path.startswith("site/")
    ]
    _with_board(layout, typical())
    assert _made(layout) == former
