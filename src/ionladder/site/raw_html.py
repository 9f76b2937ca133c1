"""A Markdown extension that hands stretches of HTML on unread; MkDocs loads it by its name.

Generated pages are HTML between Markdown headings. Markdown would take every tag of them apart and
leave it as it is, which doubles the time of ``mkdocs build``; the same pages come out without this.
"""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

# After line ends are made equal (30), before fenced code (25) and raw HTML (20) are looked for.
_PRIORITY = 27
_HEADING = re.compile(r"^(#{1,6} .*)$", re.MULTILINE)
_BLOCK = re.compile(
    r"</?(?:article|aside|details|div|dl|figure|figcaption|form|h[1-6]|nav|ol|p|section|table|ul)\b"
)


def is_html(text: str) -> bool:
    """Whether every paragraph of a text opens or closes an HTML block, so that none is Markdown.

    Example:
        >>> is_html("<div>\\na\\n\\n</div>"), is_html("<p>a</p>\\n\\nb"), is_html("")
        (True, False, False)
    """
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    return bool(paragraphs) and all(_BLOCK.match(part) for part in paragraphs)


class RawHtml(Preprocessor):
    """Puts aside every stretch between headings that holds nothing but HTML blocks."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self._stash = md.htmlStash

    def run(self, lines: list[str]) -> list[str]:
        """The lines, with a stand-in for each such stretch; as they are where there is code."""
        text = "\n".join(lines)
        if "```" in text or "~~~" in text:
            return lines
        parts = [
            f"\n\n{self._stash.store(part.strip())}\n\n" if is_html(part) else part
            for part in _HEADING.split(text)
        ]
        return "".join(parts).split("\n")


class RawHtmlExtension(Extension):
    """Registers :class:`RawHtml`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Markdown's
        """Called by Markdown when it loads the extension."""
        md.preprocessors.register(RawHtml(md), "ionladder_raw_html", _PRIORITY)


def makeExtension() -> RawHtmlExtension:  # noqa: N802 - the name is Markdown's
    """Called by Markdown to make the extension of a name."""
    return RawHtmlExtension()  # type: ignore[no-untyped-call]
