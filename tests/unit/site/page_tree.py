"""A rendered page as a tree of elements, for tests that read what a reader would."""

from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, SubElement

_VOID = frozenset(("br", "hr", "img", "input", "link", "meta", "wbr", "source", "col"))


class _Builder(HTMLParser):
    """Elements as they nest; an end that was never begun is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = SubElement(self.open[-1], tag, {name: value or "" for name, value in attrs})
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        SubElement(self.open[-1], tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        place = max((i for i, e in enumerate(self.open) if i and e.tag == tag), default=None)
        if place is not None:
            del self.open[place:]

    def handle_data(self, data: str) -> None:
        here = self.open[-1]
        if len(here):
            here[-1].tail = (here[-1].tail or "") + data
        else:
            here.text = (here.text or "") + data


def tree_of(text: str) -> Element:
    """The elements of a page, its front matter aside; raw HTML in Markdown is read the same."""
    builder = _Builder()
    builder.feed(text.split("---\n", 2)[-1] if text.startswith("---\n") else text)
    builder.close()
    return builder.root


def with_class(root: Element, name: str, tag: str = "*") -> Iterator[Element]:
    """Elements below one that have a class."""
    return (e for e in root.iter(None if tag == "*" else tag) if name in e.get("class", "").split())


def words(element: Element) -> str:
    """All text of an element on one line."""
    return " ".join("".join(element.itertext()).split())
