"""Contribute and Security: the repository's own two letters to strangers, as pages of the site.

The text stands once, at the root of the repository, where code hosts look for it. Here its links
are turned into ways within the site; what the site does not have is named by its path.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ionladder.core.paths import Layout

_LINK = re.compile(r"\[(?P<text>[^\]\n]+)\]\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
_OUTSIDE = ("http://", "https://", "mailto:")
_FRONT = "---\ntitle: {title}\ndescription: {description}\nhide: [navigation]\n---\n\n"


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A page made from a letter at the root: its file name there and what the page is called."""

    source: str
    title: str
    description: str


GUIDES: Mapping[str, Guide] = {
    "contribute.md": Guide(
        source="CONTRIBUTING.md",
        title="Contribute",
        description=(
            "How to add a submission, a dataset, a metric, a baseline or a page; who decides."
        ),
    ),
    "security.md": Guide(
        source="SECURITY.md",
        title="Security",
        description="What is promised about strangers' submissions, what was tried, how to report.",
    ),
}
"""Page → the letter that it shows."""


def guides(layout: Layout) -> dict[str, str]:
    """File name → Markdown of each guide whose letter is there."""
    docs = layout.relative(layout.docs_dir)
    pages = {path.name for path in layout.docs_dir.glob("*.md")}
    ways = {f"{docs}/{name}": name for name in pages}
    ways |= {guide.source: name for name, guide in GUIDES.items()}
    return {
        name: _FRONT.format(title=guide.title, description=guide.description)
        + linked_within(path.read_text(encoding="utf-8"), ways)
        for name, guide in GUIDES.items()
        if (path := layout.root / guide.source).is_file()
    }


def linked_within(text: str, ways: Mapping[str, str]) -> str:
    """A letter of the repository whose links lead within the site, or name a path.

    Args:
        text: Markdown with links relative to the root of the repository.
        ways: Path in the repository → page of the site.

    Example:
        >>> ways = {"docs/a.md": "a.md"}
        >>> linked_within("[more](docs/a.md), [0002](docs/b/2.md), [x](https://x.org)", ways)
        '[more](a.md), 0002 (`docs/b/2.md`), [x](https://x.org)'
    """

    def within(link: re.Match[str]) -> str:
        target = link["target"]
        if target.startswith(_OUTSIDE):
            return link[0]
        way = ways.get(posixpath.normpath(target))
        if way is not None:
            return f"[{link['text']}]({way}{link['anchor'] or ''})"
        words = link["text"].strip("`")
        return f"`{target}`" if words == target else f"{link['text']} (`{target}`)"

    return _LINK.sub(within, text)


def guide_sources(written: AbstractSet[str]) -> dict[str, str]:
    """Page → path in the repository where its text stands, guides and pages of ``docs`` alike."""
    return {name: GUIDES[name].source if name in GUIDES else f"docs/{name}" for name in written}
