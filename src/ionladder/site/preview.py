"""One submission's page by itself, in a folder of its own that needs no other page."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ionladder.core.paths import Layout
from ionladder.site.build import run_mkdocs
from ionladder.site.context import Site, load_site
from ionladder.site.environment import environment
from ionladder.site.links import submission_url
from ionladder.site.pages.submission import pages, submission_files
from ionladder.site.wording import INPUTS, KIND_MEANING

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
