"""The Jinja environment, and ready-made HTML inside Markdown."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from ionladder.site import tables as cell_html
from ionladder.site import text
from ionladder.site import text as wording

# The template engine: escaping always on, unknown names an error, the site's own filters


@cache
def environment() -> Environment:
    """One environment for all pages of a run, so that templates compile once."""
    engine = Environment(
        loader=PackageLoader("ionladder.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    engine.filters.update(
        inert=text.inert,
        inert_code=text.inert_code,
        isolated=text.isolated,
        paragraphs=text.paragraphs,
        num=text.number,
        interval=text.interval,
        fine_digits=text.fine_digits,
        exact=text.exact,
        count=text.count,
        duration=text.duration,
        short_hash=text.short_hash,
        breakable=text.breakable,
        sentence_case=text.sentence_case,
        external_link=text.external_link,
        formula=text.formula,
        doi_link=text.doi_link,
        floor_title=wording.floor_title,
        floor_meaning=wording.floor_meaning,
        repeats_phrase=wording.repeats_phrase,
        band_title=wording.band_title,
        scored_words=wording.scored_words,
        frozen_part=wording.frozen_part,
    )
    engine.globals.update(
        not_stated=text.NOT_STATED,
        cell_html=cell_html.cell,
        row_cells=cell_html.row_cells,
        score_cell=cell_html.score_cell,
    )
    return engine


# A Markdown extension that passes ready-made HTML on unread; MkDocs loads it by its name


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
