"""Rendering the pages, and building the site."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ionladder.errors import Problem, SiteError
from ionladder.repo import Layout, replacing_folder
from ionladder.site.context import Site, load_site
from ionladder.site.differences import compare_documents
from ionladder.site.environment import FENCES, environment
from ionladder.site.files import (
    FEED,
    api_documents,
    api_tables,
    badge_documents,
    feed_document,
    guide_sources,
    guides,
)
from ionladder.site.pages import page_makers
from ionladder.site.pages.changes import history_files
from ionladder.site.pages.leaderboard import board_files
from ionladder.site.pages.submission import pages, submission_files
from ionladder.site.text import (
    INPUTS,
    KIND_MEANING,
    dead_links,
    link_targets,
    source_name,
    submission_url,
)

# MkDocs, strictly: any warning is a letter, and a failed build leaves the former site standing


CONFIG_FILE = "mkdocs.yml"
SITE_FOLDER = "site"
ROBOTS = "robots.txt"
ADDRESS_VARIABLE = "IONLADDER_SITE_URL"
"""Where the site will stand; ``mkdocs.yml`` reads it too. docs/generated does not depend on it."""
_COMPLAINT = re.compile(r"^(?:WARNING|ERROR)\s+-\s+(.*)$", re.MULTILINE)
_MAX_COMPLAINTS = 20


def build_site(layout: Layout) -> Path:
    """Build ``docs/generated`` into ``site/``.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    config = layout.root / CONFIG_FILE
    if not config.is_file():
        raise SiteError(
            Problem(
                where=CONFIG_FILE,
                expected="the site's configuration at the root of the repository",
                found="no such file",
                next_step="Restore it with `git checkout mkdocs.yml`.",
            )
        )
    target = layout.root / SITE_FOLDER
    with replacing_folder(target) as fresh:
        run_mkdocs(config, fresh)
        _name_sitemap(fresh, os.environ.get(ADDRESS_VARIABLE, ""))
    return target


def _name_sitemap(folder: Path, address: str) -> None:
    """Say in ``robots.txt`` where the sitemap is, once the site has an address to say it with."""
    robots = folder / ROBOTS
    if address and robots.is_file():
        line = f"Sitemap: {address.rstrip('/')}/sitemap.xml\n"
        robots.write_text(robots.read_text(encoding="utf-8") + f"\n{line}", encoding="utf-8")


def run_mkdocs(config: Path, target: Path) -> None:
    """Build what a configuration names into a folder.

    Raises:
        SiteError: MkDocs failed or warned; each complaint is a problem of its own.
    """
    result = _mkdocs(config, target)
    if result.returncode:
        raise SiteError(_problems(result.stdout))


def _mkdocs(config: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Never with ``-q``: it hides the warnings that ``--strict`` counts."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(  # noqa: S603 - our own arguments, no shell
        [*command, "--config-file", str(config), "--site-dir", str(target)],
        cwd=config.parent,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _problems(output: str) -> list[Problem]:
    complaints = [found.strip() for found in _COMPLAINT.findall(output)]
    last_lines = [line.strip() for line in output.splitlines() if line.strip()][-1:]
    return [
        Problem(
            where=f"mkdocs build --strict ({CONFIG_FILE})",
            expected="a site without a warning",
            found=complaint.rstrip("."),
            next_step="Correct the page or setting named here; site/ is as it was before.",
        )
        for complaint in (complaints or last_lines or ["no output at all"])[:_MAX_COMPLAINTS]
    ]


# From repository to ``docs/generated``: every page and file of the site, swapped in as a whole


ASSETS = "assets"
_ALLOCATIONS = 20_000
_HEAD_ENDS = "\n---\n"
_ALL_WELCOME = "User-agent: *\nAllow: /\n"
_HAND_WRITTEN_NOTE = (
    '\n\n<p class="il-provenance">{boards} · written by hand in <code>{name}</code>, '
    "site made by <code>ionladder site</code>, ionladder {version}</p>\n"
)


def render_site(site: Site) -> dict[str, int]:
    """Write all pages into ``docs/generated``, replacing what was there, stale pages included.

    Returns:
        What was written: number of ``pages`` (generated), ``written`` (by hand) and ``files``.

    Raises:
        SiteError: A page links to something that is not there; nothing has changed on disk.
    """
    documents = {
        ROBOTS: _ALL_WELCOME,
        **api_documents(site),
        **badge_documents(site),
        **feed_document(site),
    }
    written = hand_written(site)
    files = static_files(site)
    with _patient_collector(), replacing_folder(site.layout.generated_docs_dir) as folder:
        # Pages leave the memory as they are made: of a large board they are hundreds of megabytes.
        links: dict[str, frozenset[str]] = {}
        for url, text in _pages(site, feed=FEED if FEED in documents else None):
            links[url] = link_targets(text)
            _write(folder / source_name(url), slim(text))
        documents |= compare_documents(site, links.keys())
        known = {*links, *files, *documents, *(_url_of(name) for name in written)}
        problems = dead_links(links, known)
        if problems:
            raise SiteError(problems)
        for name, text in written.items():
            _write(folder / name, text)
        for place, text in documents.items():
            _write(folder / place, text)
        for place, path in files.items():
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    n_files = len(files) + len(documents)
    return {"pages": len(links), "written": len(written), "files": n_files}


@contextmanager
def _patient_collector() -> Iterator[None]:
    """Look for cycles a thirtieth as often: pages are millions of small objects without any."""
    former = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *former[1:])
    try:
        yield
    finally:
        gc.set_threshold(*former)


def render_pages(site: Site, *, feed: str | None = None) -> dict[str, str]:
    """Address → Markdown of every generated page; ``feed`` is the address of the feed, if any."""
    return dict(_pages(site, feed=feed))


def _pages(site: Site, *, feed: str | None) -> Iterator[tuple[str, str]]:
    engine = environment()
    confidence = f"{100 * site.params.scoring.confidence:g} %"
    words = {"confidence": confidence, "inputs": INPUTS, "kinds": KIND_MEANING}
    shared = {"site": site, "feed": feed, **words}
    for name, make in page_makers().items():
        template = engine.get_template(f"{name}.md.j2")
        for page in make(site):
            yield page.url, template.render({**shared, **page.context})


def slim(page: str) -> str:
    """A generated page whose HTML names every character beyond ASCII by its number.

    MkDocs holds all pages at once, and Python takes two bytes for every character of a text with a
    single dash or minus sign in it. Readers see the same. The head stays as it is, for it is YAML,
    and so does a page with fenced code, in which a number would be shown as such.

    Example:
        >>> slim("---\\ntitle: σ\\n---\\n<td>−1</td>")
        '---\\ntitle: σ\\n---\\n<td>&#8722;1</td>'
    """
    head, end, body = page.partition(_HEAD_ENDS)
    if not end or any(fence in body for fence in FENCES):
        return page
    return f"{head}{end}{body.encode('ascii', 'xmlcharrefreplace').decode('ascii')}"


def hand_written(site: Site) -> dict[str, str]:
    """File name → text of the pages written by hand, with the line saying where they stand."""
    boards = " · ".join(site.footings())
    pages = {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(site.layout.docs_dir.glob("*.md"))
    } | guides(site.layout)
    sources = guide_sources(pages.keys())
    return {
        name: text.rstrip()
        + _HAND_WRITTEN_NOTE.format(boards=boards, name=sources[name], version=site.package_version)
        for name, text in pages.items()
    }


def static_files(site: Site) -> dict[str, Path]:
    """Address in the site → file copied there: assets, boards, history, submissions, tables."""
    return {
        **_assets(site.layout),
        **{
            place: path
            for item in site.tasks
            for place, path in board_files(site.layout, item.task.name).items()
        },
        **history_files(site.layout),
        **submission_files(site),
        **api_tables(site),
    }


def _assets(layout: Layout) -> Mapping[str, Path]:
    root = layout.docs_dir / ASSETS
    return {
        f"{ASSETS}/{path.relative_to(root).as_posix()}": path
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _url_of(name: str) -> str:
    """Address under which MkDocs serves a Markdown file of the top folder."""
    stem = name.removesuffix(".md")
    return "" if stem == "index" else f"{stem}/"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


# One submission's page by itself, in a folder of its own that needs no other page


_LINK = re.compile(r'<a href="([^"]*)"')
_NOTE = (
    '\n<p class="il-provenance"><strong>A preview, not a published page.</strong> It stands the '
    "submission beside those committed here; links to other pages are left out.</p>\n"
)
_CONFIG = """\
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
extra_javascript: [assets/ionladder.js]
markdown_extensions:
  - admonition
  - attr_list
  - md_in_html
  - tables
  - toc: {permalink: false}
  - pymdownx.highlight: {use_pygments: true}
  - pymdownx.superfences
"""


def preview_page(layout: Layout, task: str, name: str, room: Path) -> Path:
    """Render the page of one scored submission.

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
    site = _only(load_site(layout), task, name)
    docs = room / "docs"
    shutil.copytree(layout.docs_dir / "assets", docs / "assets")
    here = submission_url(task, name)
    files = {place.removeprefix(here): path for place, path in submission_files(site).items()}
    for place, path in files.items():
        shutil.copyfile(path, docs / place)
    text = _without_dead_links(_markdown(site), files)
    (docs / "index.md").write_text(text + _NOTE, encoding="utf-8")
    (room / "mkdocs.yml").write_text(_CONFIG, encoding="utf-8")
    run_mkdocs(room / "mkdocs.yml", room / "site")
    return room / "site" / "index.html"


def _only(site: Site, task: str, name: str) -> Site:
    item = site.task_site(task)
    return replace(site, tasks=(replace(item, entrants={name: item.entrants[name]}, unscored=()),))


def _markdown(site: Site) -> str:
    (page,) = pages(site)
    confidence = f"{100 * site.params.scoring.confidence:g} %"
    shared = {"site": site, "confidence": confidence, "inputs": INPUTS, "kinds": KIND_MEANING}
    template = environment().get_template("submission.md.j2")
    return template.render({**shared, **page.context})


def _without_dead_links(text: str, files: Mapping[str, Path]) -> str:
    """Links within the page, to files beside it and to the web stay; others become plain text."""

    def kept(match: re.Match[str]) -> str:
        target = match[1]
        is_here = target.startswith(("#", "http://", "https://")) or target in files
        return match[0] if is_here else "<a"

    return _LINK.sub(kept, text)
