"""A Markdown extension that passes ready-made HTML on unread; MkDocs loads it by its name.

Generated pages are headings with raw HTML between them. Python-Markdown takes raw HTML apart tag by
tag only to put it back as it was, which is most of the time that a large site takes to build. What
stands between two headings and is nothing but HTML blocks goes around that. Pages come out the
same without this extension.
"""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

# After line ends are made equal (30), before fenced code (25) and raw HTML (20) are looked for.
_PRIORITY = 27
FENCES = ("```", "~~~")
_HEADING = re.compile(r"^#{1,6} ")
_BLOCK = re.compile(
    r"</?(?:article|aside|details|div|dl|figure|figcaption|form|h[1-6]|nav|ol|p|section|table|ul)\b"
)
_READ_BY_MARKDOWN = ' markdown="'


class ReadyHtml(Preprocessor):
    """Puts aside every stretch between headings that holds nothing but HTML blocks."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md)
        self._stash = md.htmlStash

    def run(self, lines: list[str]) -> list[str]:
        """The lines, with a stand-in for each such stretch; as they are where there is code."""
        if any(fence in line for line in lines for fence in FENCES):
            return lines
        done: list[str] = []
        stretch: list[str] = []
        for line in lines:
            if _HEADING.match(line):
                done += [*self._passed(stretch), line]
                stretch = []
            else:
                stretch.append(line)
        return [*done, *self._passed(stretch)]

    def _passed(self, stretch: list[str]) -> list[str]:
        text = "\n".join(stretch).strip()
        if not is_ready(text):
            return stretch
        return ["", self._stash.store(text), "", ""]


def is_ready(text: str) -> bool:
    """Whether every paragraph of a text opens or closes an HTML block, so that none is Markdown.

    Example:
        >>> is_ready("<div>\\na\\n\\n</div>"), is_ready("<p>a</p>\\n\\nb"), is_ready("")
        (True, False, False)
    """
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    return (
        bool(paragraphs)
        and all(_BLOCK.match(part.strip()) for part in paragraphs)
        and _READ_BY_MARKDOWN not in text
    )


class ReadyHtmlExtension(Extension):
    """Registers :class:`ReadyHtml`."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name is Markdown's
        """Called by Markdown when it loads the extension."""
        md.preprocessors.register(ReadyHtml(md), "ionladder_ready_html", _PRIORITY)


def makeExtension() -> ReadyHtmlExtension:  # noqa: N802 - the name is Markdown's
    """Called by Markdown to make the extension of a name."""
    return ReadyHtmlExtension()  # type: ignore[no-untyped-call]
