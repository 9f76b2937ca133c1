"""From repository to ``docs/generated``: every page and file of the site, swapped in as a whole."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ionladder.core.errors import SiteError
from ionladder.core.files import replacing_folder
from ionladder.core.paths import Layout
from ionladder.site.api import api_documents, api_tables
from ionladder.site.badges import badge_documents
from ionladder.site.build import ROBOTS
from ionladder.site.compared import compare_documents
from ionladder.site.context import Site
from ionladder.site.environment import environment
from ionladder.site.feed import FEED, feed_document
from ionladder.site.guides import guide_sources, guides
from ionladder.site.links import dead_links, link_targets, source_name
from ionladder.site.pages import page_makers
from ionladder.site.pages.changes import history_files
from ionladder.site.pages.leaderboard import board_files
from ionladder.site.pages.submission import submission_files
from ionladder.site.ready_html import FENCES
from ionladder.site.wording import INPUTS, KIND_MEANING

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
