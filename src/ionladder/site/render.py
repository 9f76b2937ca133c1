"""Rendering the pages into ``docs/generated``, and building the site from them with MkDocs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from typing import Any

import yaml

from ionladder.config import load_params
from ionladder.data.registry import get_task
from ionladder.errors import DataChangedError, Problem, SiteError
from ionladder.repo import (
    PART,
    Layout,
    code_sha256,
    files_below,
    published_addresses,
    read_json,
    replacing_folder,
    sha256_bytes,
    sha256_file,
    to_rows,
    write_json,
    write_text,
)
from ionladder.site.context import Site, load_site
from ionladder.site.differences import compare_documents
from ionladder.site.files import (
    PREDICTIONS,
    api_documents,
    api_tables,
    badge_documents,
    card_pictures,
    guide_sources,
    guides,
    write_predictions,
)
from ionladder.site.pages import Page, page_makers
from ionladder.site.pages.board import board_documents
from ionladder.site.pages.changes import FEED, feed_document, history_files
from ionladder.site.pages.materials import entry_files
from ionladder.site.pages.submission import pages as submission_pages
from ionladder.site.pages.submission import submission_files
from ionladder.site.text import compare_url, dead_links, link_targets, source_name, submission_url

CONFIG_FILE = "mkdocs.yml"
SITE_FOLDER = "site"
ROBOTS = "robots.txt"
ASSETS = "assets"
PAGES = "data/pages.json"
_UNSEARCHED = re.compile(r"entries/[^/]+/.+|[^/]+/at/\d+/")
_CUSTOM = re.compile(r"custom_dir: (\S+)")
#: What Material brings along: of its search, which the pages do without, and for its developers.
_NEVER_LOADED = (
    *("assets/javascripts/lunr", "assets/javascripts/workers"),
    *("assets/javascripts/*.map", "assets/stylesheets/*.map"),
)
_TITLE = re.compile(r"^title: (.+)$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,3} (.+?)(?: \{:.*)?$", re.MULTILINE)
_TAG = re.compile(r"<[^>]*>")
#: Where the site will stand; ``mkdocs.yml`` reads it too. docs/generated does not depend on it.
ADDRESS_VARIABLE = "IONLADDER_SITE_URL"
_COMPLAINT = re.compile(r"^(?:WARNING|ERROR)\s+-\s+(.*)$", re.MULTILINE)
_MAX_COMPLAINTS = 20
_ALL_WELCOME = "User-agent: *\nAllow: /\n"
_REACHED_FROM_BOARDS = ("submissions", "entries", "charts", "compare", "models")
_HAND_WRITTEN_NOTE = (
    '\n\n<p class="il-provenance">{boards} · written by hand in <code>{name}</code>, '
    "site made by <code>ionladder site</code>, ionladder {version}</p>\n"
)


def _pages(site: Site) -> Iterator[Page]:
    for make in page_makers():
        yield from make(site)


def render_pages(site: Site, *, feed: str | None = None) -> dict[str, str]:
    """Address → text of every generated page; ``feed`` is the address of the feed, if any."""
    return {page.url: page.render(site, feed=feed) for page in _pages(site)}


def render_site(site: Site) -> dict[str, int]:
    """Write all pages into ``docs/generated``, replacing what was there, stale pages included.

    Nothing is written where all that pages are made from, and what was made, is as it was then.

    Returns:
        What was written: number of ``pages`` (generated), ``written`` (by hand) and ``files``.

    Raises:
        SiteError: A page links to something that is not there; nothing has changed on disk.
    """
    target, record = site.layout.generated_docs_dir, site.layout.rendered_pages
    key, former = _rendered_from(site), _recorded(record)
    if former.get("key") == [key, _marks(target)]:
        done: dict[str, int] = former["done"]
        return done
    documents = {
        ROBOTS: _ALL_WELCOME,
        **entry_files(site),
        **api_documents(site),
        **board_documents(site),
        **badge_documents(site),
        **feed_document(site),
    }
    written = hand_written(site)
    files = static_files(site)
    with replacing_folder(target) as folder:
        # Pages leave the memory as they are made, and are written in ASCII: MkDocs holds all of
        # them at once, and Python takes two bytes for every character beside a single dash.
        links: dict[str, frozenset[str]] = {}
        searched = [_searched(name.removesuffix(".md"), text) for name, text in written.items()]
        for made in _pages(site):
            url, page = made.url, made.render(site, feed=FEED if FEED in documents else None)
            links[url] = link_targets(page)
            if not _UNSEARCHED.match(url):
                searched.append(_searched(url, page))
            _write(folder / source_name(url), page.encode("ascii", "xmlcharrefreplace"))
            for name, content in made.files.items():
                _write(folder / name, to_rows(content, deepest=0).encode("utf-8"))
        documents |= compare_documents(site, links.keys())
        documents[PAGES] = to_rows(searched, deepest=0)
        addresses = {"" if name == "index.md" else f"{name[:-3]}/" for name in written}
        problems = dead_links(links, {*links, *files, *documents, *addresses, PREDICTIONS})
        if problems:
            raise SiteError(problems)
        for name, content in (written | documents).items():
            _write(folder / name, content.encode("utf-8"))
        for name, picture in card_pictures(site):
            _write(folder / name, picture)
        if tables := [source.tidy() for source in site.entries.values() if source.is_here]:
            write_predictions(folder / PREDICTIONS, tables)
        for place, path in files.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / place)
    done = {"pages": len(links), "written": len(written), "files": len(files) + len(documents)}
    write_json(record, {"key": [key, _marks(target)], "done": done})
    return done


def _recorded(path: Path) -> dict[str, Any]:
    """What was written about a former run; empty where it cannot be read."""
    with suppress(DataChangedError, OSError):
        found: dict[str, Any] = read_json(path)
        return found
    return {}


def _rendered_from(site: Site) -> str:
    """Changes with every file that pages are made from, and with the dates that git knows."""
    layout, package = site.layout, Path(__file__).parent
    folders = [layout.leaderboard_dir, layout.root / "submissions", layout.store / "data", package]
    folders += [layout.benchmarks_results, layout.docs_dir / ASSETS]
    alone = [
        path for at in (layout.root, layout.docs_dir) for path in at.glob("*") if path.is_file()
    ]
    known = [code_sha256(), site.package_version, *sorted(site.times.items())]
    return sha256_bytes(repr([known, _marks(*folders, *alone)]).encode())


def _marks(*places: Path) -> str:
    """Changes with the names of files, their sizes and the times at which they were written."""
    found = [sorted(files_below(each).items()) for each in places if each.is_dir()]
    alone = [(each, each.stat()) for each in places if each.is_file()]
    found.append([(path, f"{mark.st_size} {mark.st_mtime_ns}") for path, mark in sorted(alone)])
    return sha256_bytes(repr(found).encode())


def _searched(url: str, page: str) -> tuple[str, str, str]:
    """Address, title and other headings of a page, as the site's search reads them."""
    headings = [_TAG.sub("", each).strip() for each in _HEADING.findall(page)]
    return f"{url.rstrip('/')}/".lstrip("/"), _title(page), " · ".join(headings[1:])


def _title(page: str) -> str:
    """What the head of a page says, or its first heading."""
    given = _TITLE.search(page.partition("\n---")[0])
    if given is None:
        heading = _HEADING.search(page)
        return unescape(_TAG.sub("", heading[1]).strip()) if heading else ""
    return unescape(json.loads(given[1]) if given[1].startswith('"') else given[1])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def hand_written(site: Site) -> dict[str, str]:
    """File name → text of the pages written by hand, with the line saying where they stand."""
    boards = " · ".join(site.footings())
    pages = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(site.layout.docs_dir.glob("*.md"))
    } | guides(site.layout)
    sources = guide_sources(pages.keys())
    return {
        name: page.rstrip()
        + _HAND_WRITTEN_NOTE.format(boards=boards, name=sources[name], version=site.package_version)
        for name, page in pages.items()
    }


def static_files(site: Site) -> dict[str, Path]:
    """Address in the site → file copied there: assets, history, submissions, tables."""
    root = site.layout.docs_dir
    assets = [path for path in sorted((root / ASSETS).rglob("*")) if path.is_file()]
    files = {path.relative_to(root).as_posix(): path for path in assets}
    return {**files, **history_files(site.layout), **submission_files(site), **api_tables(site)}


def build_site(layout: Layout) -> Path:
    """Build ``docs/generated`` into ``site/``; a failed build leaves the former site standing.

    A page outside the navigation is taken from the former site where it still is as it was made
    there, from the same text with the same theme, settings and programs; MkDocs makes the others.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    config = layout.root / CONFIG_FILE
    if not config.is_file():
        raise SiteError(
            CONFIG_FILE,
            "the site's configuration at the root of the repository",
            "no such file",
            "Restore it with `git checkout mkdocs.yml`.",
        )
    docs, target, record = layout.generated_docs_dir, layout.root / SITE_FOLDER, layout.built_site
    variables = _addresses(layout.root) | os.environ
    former, built = _recorded(record), {}
    with replacing_folder(target) as fresh, _complete_navigation(layout, config) as complete:
        settings = config.read_text(encoding="utf-8") + complete.read_text(encoding="utf-8")
        keys = _page_keys(layout, settings, variables)
        for page, key in keys.items():
            is_named = f"{page.removesuffix('index.html')}index.md" in settings
            if not is_named and former.get(page) == [key, _hash(target / page)]:
                built[page] = former[page]
                _link(target / page, fresh / page)
                os.utime(fresh / page)  # MkDocs passes over what is newer than its text
        for path in docs.rglob("*"):
            if path.suffix != ".md" and path.is_file():
                _link(path, fresh / path.relative_to(docs))
        run_mkdocs(complete, fresh)
        for page in [*sorted(keys.keys() - built), "404.html"]:
            content = squeezed((fresh / page).read_text(encoding="utf-8")).encode("utf-8")
            (fresh / page).write_bytes(content)
            built[page] = [keys.get(page, ""), sha256_bytes(content)]
        for path in [path for unused in _NEVER_LOADED for path in fresh.glob(unused)]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        address, robots = variables.get(ADDRESS_VARIABLE, "").rstrip("/"), fresh / ROBOTS
        if address and robots.is_file():
            text = robots.read_text(encoding="utf-8")
            write_text(robots, f"{text}\nSitemap: {address}/sitemap.xml\n")
    write_json(record, built)
    return target


def _page_keys(layout: Layout, settings: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Page of the site → hash of its text and of all that every page is made of.

    Those are the programs with their versions, the settings with the variables that they name, and
    the theme; of the other pages, the titles of those in the navigation.
    """
    docs = layout.generated_docs_dir
    texts = {p.relative_to(docs).as_posix(): p.read_bytes() for p in sorted(docs.rglob("*.md"))}
    titles = [_title(text.decode("utf-8")) for name, text in texts.items() if name in settings]
    named = {name: variables.get(name) for name in re.findall(r"[A-Z][A-Z_]+", settings)}
    folders = [layout.root / name for name in _CUSTOM.findall(settings)]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    theme = [path.read_bytes() for path in files]
    common = b"\0".join([code_sha256().encode(), repr((settings, named, titles)).encode(), *theme])
    shared = sha256_bytes(common).encode()
    pages = {name: name.removesuffix("index.md").removesuffix(".md") for name in texts}
    return {
        f"{page}{'/' * (page[-1:] not in ('', '/'))}index.html": sha256_bytes(shared + texts[name])
        for name, page in pages.items()
    }


def _hash(path: Path) -> str:
    return sha256_file(path) if path.is_file() else ""


def _link(source: Path, target: Path) -> None:
    """A second name for a file that nobody writes to; a copy where the disk knows none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


_AS_IT_IS = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
_LINES, _REFERENCE = re.compile(r"\s*\n\s*"), re.compile(r"&#(\d{3,6});")
_OPENING = re.compile(r"<[a-z][^<>]*=[^<>]*>")
_QUOTED = re.compile(r"""( [a-z-]+=)"([^\s"'=<>`]+)"(?=[\s>])""")
_AROUND = re.compile(
    r"\n?(</?(?:t(?:able|head|body|r|d|h|itle)|d(?:iv|l|t|d|etails)|h[1-6]|[uo]l|li|p|nav|main|meta"
    r"|head(?:er)?|link|caption|article|footer|section|summary|figure)\b[^<>]*>)\n?"
)
# HTML ends these by itself where the next of their kind begins, or what they stand in ends.
_ITEMS = "t[dhr]|tbody|li|d[td]|option"
_ENDS = re.compile(rf"\s*</(?:{_ITEMS}|thead)>\s*(?=<(?:{_ITEMS})\b|</)")
_NO_BREAK = 160


def squeezed(page: str) -> str:
    """A page as browsers read it in fewer bytes.

    It has no blanks about line ends, characters as such, no quotes where HTML needs none, and no
    ends of cells, rows and items where the next begins.

    Example:
        >>> squeezed("<p>\\n\\n   a &#8722; &#38; <pre>  \\n &#8722;</pre>")
        '<p>a − &#38; <pre>  \\n &#8722;</pre>'
        >>> squeezed('<tr><td class="a b">1</td>\\n<td id="c">2</td>\\n</tr></table>')
        '<tr><td class="a b">1<td id=c>2</table>'
    """
    parts = _AS_IT_IS.split(page)
    del parts[2::3]  # names of elements

    def character(match: re.Match[str]) -> str:
        code = int(match[1])
        return chr(code) if code > _NO_BREAK else match[0]

    def small(part: str) -> str:
        # A function makes what a pattern such as "\\1" would, in two thirds of the time.
        part = _ENDS.sub("", _AROUND.sub(lambda tag: tag[1], _LINES.sub("\n", part)))
        part = _OPENING.sub(lambda tag: _QUOTED.sub(lambda m: m[1] + m[2], tag[0]), part)
        return _REFERENCE.sub(character, part)

    parts[::2] = map(small, parts[::2])
    return "".join(parts)


@contextmanager
def _complete_navigation(layout: Layout, config: Path) -> Iterator[Path]:
    """The configuration, or one that inherits it and also names boards and datasets it leaves out.

    They get a section of their own, "More", before the last two, which are about the site. Those
    that wait for their data are reached from a page of their own.
    """
    text = config.read_text(encoding="utf-8")
    navigation: list[Any] = yaml.safe_load(text.replace("!ENV", ""))["nav"]
    named, docs = json.dumps(navigation), layout.generated_docs_dir
    params = load_params(layout)
    waiting = {f"{task}/index.md" for task in params.waiting}
    waiting |= {f"datasets/{get_task(task).dataset}/index.md" for task in params.waiting}
    pages = [*sorted(docs.glob("*/index.md")), *sorted(docs.glob("datasets/*/index.md"))]
    others = [
        path
        for path in [page.relative_to(docs).as_posix() for page in pages]
        if f'"{path}"' not in named
        and path not in waiting
        and path.split("/")[0] not in _REACHED_FROM_BOARDS
    ]
    if not others:
        yield config
        return
    navigation.insert(max(len(navigation) - 2, 0), {"More": others})
    with tempfile.NamedTemporaryFile(
        "w", dir=config.parent, prefix=f".mkdocs.{os.getpid()}-", suffix=PART, encoding="utf-8"
    ) as file:
        json.dump({"INHERIT": config.name, "nav": navigation}, file)
        file.flush()
        yield Path(file.name)


def run_mkdocs(config: Path, target: Path) -> None:
    """Make what a configuration names in a folder, but for what is there and newer than its source.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    # Never with -q: it hides the warnings. --strict would count that of --dirty as one.
    command = [sys.executable, "-m", "mkdocs", "build", "--dirty", "--no-strict"]
    result = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [*command, "--config-file", str(config), "--site-dir", str(target)],
        cwd=config.parent,
        env=_addresses(config.parent)
        | os.environ
        | {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    complaints = [found.strip() for found in _COMPLAINT.findall(result.stdout)]
    complaints = [each for each in complaints if not each.startswith("A 'dirty' build is")]
    if result.returncode or complaints:
        last_line = [line.strip() for line in result.stdout.splitlines() if line.strip()][-1:]
        raise SiteError(_problems(complaints or last_line or ["no output at all"]))


def _addresses(root: Path) -> dict[str, str]:
    """Variables that ``mkdocs.yml`` reads."""
    named = {"Homepage": ADDRESS_VARIABLE, "Repository": "IONLADDER_REPOSITORY"}
    return {named[key]: address for key, address in published_addresses(root).items()}


def _problems(complaints: Sequence[str]) -> list[Problem]:
    return [
        Problem(
            f"mkdocs build --strict ({CONFIG_FILE})",
            "a site without a warning",
            complaint.rstrip("."),
            "Correct the page or setting named here; site/ is as it was before.",
        )
        for complaint in complaints[:_MAX_COMPLAINTS]
    ]


RECEIPT_FILE = "receipt.json"
_LINK = re.compile(r'<a href="([^"]*)"')
_NAMES = re.compile(r'data-entries="[^"]*"')
_PREVIEW_NOTE = (
    '\n<p class="il-provenance"><strong>A preview, not a published page.</strong> It stands the '
    "submission beside those committed here; links to other pages are left out.</p>\n"
)
_PREVIEW_CONFIG = """\
site_name: IonLadder, preview
docs_dir: docs
site_dir: site
use_directory_urls: false
theme:
  name: material
  language: en
  font: false
  palette: {scheme: default, primary: white}
extra:
  generator: false
plugins: []
extra_css: [assets/ionladder.css]
extra_javascript: [assets/ionladder.js, assets/marks.js]
markdown_extensions:
  - attr_list
  - toc: {permalink: false}
"""


def preview_page(layout: Layout, task: str, name: str, room: Path) -> Path:
    """Render the page of one scored submission, in a folder that needs no other page.

    Args:
        layout: A repository with its board, receipt, submission and ``docs/assets``.
        task: Its task.
        name: The submission.
        room: An empty folder; the page stands in ``room/site``.

    Returns:
        ``index.html``; with the files beside it, it can be opened from disk and moved anywhere.

    Raises:
        SiteError: MkDocs failed.
    """
    site = load_site(layout)
    item = site.task_site(task)
    site = replace(site, tasks=(replace(item, entrants={name: item.entrants[name]}, unscored=()),))
    docs = room / "docs"
    shutil.copytree(layout.docs_dir / ASSETS, docs / ASSETS)
    here = submission_url(task, name)
    files = {place.removeprefix(here): path for place, path in submission_files(site).items()}
    if (receipt := layout.receipt(task, name)).is_file():
        files[RECEIPT_FILE] = receipt
    for place, path in files.items():
        shutil.copyfile(path, docs / place)
    page = next(iter(submission_pages(site)))
    page = replace(page, context={**page.context, "receipt_file": f"{here}{RECEIPT_FILE}"})
    content = _without_dead_links(page.render(site), files) + _PREVIEW_NOTE
    names = compare_documents(site, frozenset()).get(f"{compare_url(task)}entries.json", "")
    content = _NAMES.sub(lambda _: f'data-entries="{escape(names.strip())}"', content)
    (docs / "index.md").write_text(content, encoding="utf-8")
    (room / CONFIG_FILE).write_text(_PREVIEW_CONFIG, encoding="utf-8")
    run_mkdocs(room / CONFIG_FILE, room / SITE_FOLDER)
    return room / SITE_FOLDER / "index.html"


def _without_dead_links(page: str, files: Mapping[str, Path]) -> str:
    """Links within the page, to files beside it and to the web stay; others become plain text."""

    def kept(match: re.Match[str]) -> str:
        target = match[1]
        is_here = target.startswith(("#", "http://", "https://")) or target in files
        return match[0] if is_here else "<a"

    return _LINK.sub(kept, page)
