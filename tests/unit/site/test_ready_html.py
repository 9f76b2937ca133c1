"""The Markdown extension that saves time: the same pages come out with and without it."""

from __future__ import annotations

import re
from pathlib import Path

import markdown
import pytest

from ionladder.site.context import load_site
from ionladder.site.environment import is_ready
from ionladder.site.render import hand_written, render_pages
from unit.site.synthetic_board import hostile, make_repository, typical

EXTENSIONS = [
    "admonition", "attr_list", "md_in_html", "tables", "toc", "pymdownx.highlight",
    "pymdownx.superfences",
]  # fmt: skip


def html(text: str, *extensions: str) -> str:
    """A page as Markdown makes it, without white space between elements."""
    body = text.split("---\n", 2)[2] if text.startswith("---\n") else text
    made = markdown.markdown(body, extensions=[*EXTENSIONS, *extensions])
    return re.sub(r"\s+", " ", re.sub(r"\s*([<>])\s*", r"\1", made))


def test_every_page_is_the_same_with_and_without_the_extension(tmp_path: Path) -> None:
    site = load_site(make_repository(tmp_path, [*typical(), *hostile()]))
    pages = render_pages(site) | hand_written(site)
    assert len(pages) > 20
    for url, text in pages.items():
        assert html(text) == html(text, "ionladder.site.environment"), url


@pytest.mark.parametrize(
    "text",
    [
        "<p>a</p>\n\nwords\n\n<p>b</p>",
        "# Heading\n\n* item\n\n<div>x</div>",
        '<div markdown="1">\n*a*\n</div>',
        "```html\n# comment\n<div>x</div>\n# comment\n```",
        "<span>inline</span> words",
        "<div>a</div>",
    ],
)
def test_markdown_is_left_to_markdown(text: str) -> None:
    assert html(text) == html(text, "ionladder.site.environment")


def test_only_html_blocks_are_ready() -> None:
    assert is_ready("<table>\n<tr><td>a</td></tr>\n\n</table>\n\n<p>b</p>")
    assert not is_ready("<table></table>\n\n1. item")
    assert not is_ready("")
