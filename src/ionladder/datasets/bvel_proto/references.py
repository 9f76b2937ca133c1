"""The publication behind a type of the AFLOW library, from the BibTeX pymatgen ships with it."""

from __future__ import annotations

import re
import unicodedata

_FIELD = re.compile(r'(\w+) = (?:"((?:[^"\\]|\\.)*?)"|\{(.*?)\})(?=,\n|\n\})', re.DOTALL)
_NEEDED = ("author", "journal", "volume", "year", "pages")

# LaTeX accents → the combining character that follows the letter.
_ACCENTS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "v": "\u030c"}
_ACCENT = re.compile(r"""\\(["'`^]|v(?=\{))\{?(\w)\}?""")
_LETTERS = {r"\AA": "Å", r"\aa": "å", r"\ae": "æ", r"\o": "ø"}


def cited(bibtex: str) -> str | None:
    """First author, journal, volume, page and year of the first entry.

    Args:
        bibtex: Entries as pymatgen's library of prototypes holds them.

    Returns:
        One line, or None where the entry lacks one of these.

    Example:
        >>> cited('@article{a,\\n author = "T. Barth and A. Zeh",\\n journal = " Tidsskr.",\\n'
        ...       ' volume = "8",\\n year = "1925",\\n pages = "14--19"\\n}')
        'T. Barth et al., Tidsskr. 8, 14 (1925)'
    """
    first = bibtex.split("\n}", 1)[0] + "\n}"
    found = {name: _plain(quoted or braced) for name, quoted, braced in _FIELD.findall(first)}
    if not all(found.get(name) for name in _NEEDED) or not found["year"].isdigit():
        return None
    authors = found["author"].split(" and ")
    who = authors[0].strip(" ,") + (" et al." if len(authors) > 1 else "")
    page = found["pages"].split("--")[0]
    return f"{who}, {found['journal']} {found['volume']}, {page} ({found['year']})"


def _plain(text: str) -> str:
    """LaTeX accents as letters, braces and surplus blanks gone."""
    text = _ACCENT.sub(lambda hit: hit[2] + _ACCENTS[hit[1]], text)
    for command, letter in _LETTERS.items():
        text = text.replace(command, letter)
    text = re.sub(r"[{}]", "", text)
    return unicodedata.normalize("NFC", " ".join(text.split()))
