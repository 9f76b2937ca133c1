"""Text for pages: strangers' words made inert, numbers in one style, links that stay links."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

from markupsafe import Markup, escape

NOT_STATED = Markup('<span class="il-null">not stated</span>')

_MINUS = "−"
_HARMLESS = " .,-()"
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in string.punctuation if c not in _HARMLESS}
_HARMLESS_CATEGORIES = ("L", "M", "N", "P", "S", "Z")
_DOI = re.compile(r"10\.\d{4,9}/[^\s<>\"']+")
_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])(\d+(?:\.\d+)?)")
_BLANKS = re.compile(r"(?:[^\S\u202f]|(?<!\d)\u202f|\u202f(?!\d))+")
_ZEROS = re.compile(r"\.0+$")
_LONGEST_FORMULA = 120
_SMALL = 0.02
_SMALLEST_SHARE = 0.01
_ROUNDING = 1e-6
_SECONDS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def plain(text: object, *, limit: int | None = None) -> str:
    """One line of visible characters: no control or direction-changing characters, one space.

    Narrow spaces stay where they part the digits of a number, as :func:`count` sets them.

    Example:
        >>> plain("two\\n lines \\u202e")
        'two lines'
        >>> plain("a very long name", limit=8)
        'a very …'
    """
    kept = str(text)
    if not kept.isprintable():
        kept = "".join(
            c if unicodedata.category(c)[0] in _HARMLESS_CATEGORIES else " " for c in kept
        )
    line = _BLANKS.sub(" ", kept).strip()
    return line if limit is None or len(line) <= limit else f"{line[: limit - 1]}…"


def inert(text: object, *, limit: int | None = None) -> Markup:
    """A stranger's words as one line that neither HTML nor Markdown reads as anything but text.

    Every ASCII character with a meaning in either becomes a numeric entity.

    Example:
        >>> inert("<b> | [x](y)")
        Markup('&#60;b&#62; &#124; &#91;x&#93;(y)')
    """
    return Markup(plain(text, limit=limit).translate(_ENTITIES))  # noqa: S704 - escaped here


def inert_code(line: object) -> Markup:
    """:func:`inert` text of one line of code, whose leading blanks stay.

    Example:
        >>> inert_code("  a = 1")
        Markup('  a &#61; 1')
    """
    text = str(line)
    return Markup(" " * (len(text) - len(text.lstrip(" ")))) + inert(text)  # noqa: S704


def isolated(text: object, *, limit: int | None = None) -> Markup:
    """:func:`inert` text whose writing direction cannot leak into its neighbours."""
    return Markup("<bdi>{}</bdi>").format(inert(text, limit=limit))


def paragraphs(text: object) -> Markup:
    """A stranger's longer text: blank lines part paragraphs, everything else is inert."""
    blocks = [block for block in re.split(r"\n\s*\n", str(text)) if plain(block)]
    return Markup("\n").join(Markup('<p dir="auto">{}</p>').format(inert(b)) for b in blocks)


def web_address(text: object) -> str | None:
    """The address if it is plain http(s) with a host, else None.

    Example:
        >>> web_address("https://example.org/a b") is None, web_address("javascript:alert(1)")
        (True, None)
    """
    address = str(text).strip()
    if any(c.isspace() or c in "<>\"'`\\" or not c.isprintable() for c in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in {"http", "https"} and parts.netloc else None


def external_link(address: object, label: object | None = None) -> Markup:
    """A link to a stranger's address, or their text when it is not an http(s) address."""
    target = web_address(address)
    shown = inert(address if label is None else label)
    if target is None:
        return shown
    return Markup('<a href="{}" rel="nofollow noopener ugc">{}</a>').format(
        Markup(str(escape(target)).translate({ord(c): _ENTITIES[ord(c)] for c in "*_[]~|"})),  # noqa: S704
        shown,
    )


def doi_link(doi: object) -> Markup:
    """A DOI as a link to its resolver, or inert text when it is not a DOI."""
    if not _DOI.fullmatch(str(doi)):
        return inert(doi)
    return external_link(f"https://doi.org/{doi}", doi)


def formula(text: object) -> Markup:
    """A chemical formula with its amounts set low; whole amounts lose their decimals.

    Example:
        >>> formula("Li1.2Ti2.0(PO4)3")
        Markup('Li<sub>1.2</sub>Ti<sub>2</sub>(PO<sub>4</sub>)<sub>3</sub>')
    """
    parts = _AMOUNT.split(plain(text, limit=_LONGEST_FORMULA))
    return Markup("").join(
        Markup("<sub>{}</sub>").format(_ZEROS.sub("", part)) if place % 2 else inert(part)
        for place, part in enumerate(parts)
    )


def number(value: float | None, *, digits: int = 2) -> str:
    """A number in fixed notation with a true minus; an en dash for none.

    Example:
        >>> number(1.5857), number(-0.114), number(None), number(-0.001)
        ('1.59', '−0.11', '–', '0.00')
    """
    if value is None or math.isnan(value):
        return "–"
    shown = f"{value:.{digits}f}".replace("inf", "∞")
    if not shown.startswith("-"):
        return shown
    size = shown[1:]
    return f"{_MINUS}{size}" if size == "∞" or float(size) else size


def percent(share: float | None) -> str:
    """A share in whole per cent; the ends are kept for what is certain.

    Example:
        >>> percent(0.4436), percent(0.9996), percent(0.002), percent(1.0), percent(None)
        ('44 %', '> 99 %', '< 1 %', '100 %', '–')
    """
    if share is None or math.isnan(share):
        return "–"
    if share in {0.0, 1.0}:
        return f"{100 * share:.0f} %"
    if share < _SMALLEST_SHARE:
        return "< 1 %"
    return "> 99 %" if share > 1.0 - _SMALLEST_SHARE else f"{100 * share:.0f} %"


def change_of(value: float | None, *, digits: int = 2) -> str:
    """A difference with its sign; ``±`` for none at all, an en dash where it is not known.

    One that these digits would round to zero keeps its first significant digit, so that it never
    contradicts a verdict beside it; less than a millionth is taken for rounding.

    Example:
        >>> change_of(0.25), change_of(-0.0125, digits=3), change_of(0.0), change_of(None)
        ('+0.25', '−0.013', '±0.00', '–')
        >>> change_of(0.0012), change_of(-0.0038)
        ('+0.001', '−0.004')
    """
    if value and abs(value) >= _ROUNDING and not float(f"{value:.{digits}f}"):
        digits = -math.floor(math.log10(abs(value)))
    shown = number(value, digits=digits)
    if value is None or shown.startswith(("–", _MINUS)):
        return shown
    return f"+{shown}" if float(f"{value:.{digits}f}") else f"±{shown}"


def fine_digits(value: float | None) -> int:
    """Decimals that leave a small number something to say.

    Example:
        >>> fine_digits(0.41), fine_digits(0.0091), fine_digits(None)
        (2, 3, 2)
    """
    return 3 if value is not None and 0 < abs(value) < _SMALL else 2


def interval(low: float | None, high: float | None, *, digits: int = 2) -> str:
    """An interval as printed between numbers; empty when an end is missing.

    Example:
        >>> interval(1.111, 2.219), interval(-0.2, 0.1), interval(None, None)
        ('1.11–2.22', '−0.20 to 0.10', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    joint = "–" if low >= 0 else " to "
    return f"{number(low, digits=digits)}{joint}{number(high, digits=digits)}"


def exact(value: float | None) -> str:
    """A number for ``data-sort``; empty when there is none, which sorts last."""
    return "" if value is None or math.isnan(value) else repr(value)


def count(value: int | None) -> str:
    """A whole number with narrow spaces between thousands.

    Example:
        >>> count(1234567)
        '1\\u202f234\\u202f567'
    """
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """A time span in the unit a person would use.

    Example:
        >>> duration(0.25), duration(95), duration(5400)
        ('0.25 s', '1.6 min', '1.5 h')
    """
    for size, unit in _SECONDS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.2g} s"


def short_hash(digest: str) -> str:
    """The first twelve digits of a hash, enough to compare by eye."""
    return digest[:12]


def breakable(name: str) -> Markup:
    """A technical name that a narrow column may break after an underscore.

    Example:
        >>> breakable("ids_keep")
        Markup('ids_<wbr>keep')
    """
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def sentence_case(words: str) -> str:
    """The words with a capital first letter and the rest as it is.

    Example:
        >>> sentence_case("with CIF")
        'With CIF'
    """
    return words[:1].upper() + words[1:]


def ranks(low: int | None, high: int | None) -> str:
    """A range of ranks: ``1–3``, or ``2`` when both ends agree; empty when not ranked."""
    if low is None or high is None:
        return ""
    return str(low) if low == high else f"{low}–{high}"


def listing(words: Sequence[Markup], *, more: int = 0) -> Markup:
    """Words as in a sentence, and how many more there are; at least one word.

    Semicolons part them where a comma stands in one of them.

    Example:
        >>> str(listing([Markup("a"), Markup("b"), Markup("c")])), str(listing([Markup("a")]))
        ('a, b and c', 'a')
        >>> str(listing([Markup("a"), Markup("b")], more=4))
        'a, b and 4 others'
        >>> str(listing([Markup("a, small"), Markup("b"), Markup("c")]))
        'a, small; b; and c'
    """
    shown = [*words, Markup("{} others").format(more)] if more else list(words)
    if len(shown) == 1:
        return shown[0]
    has_comma = any("," in word.striptags() for word in shown)
    comma, last = map(Markup, ("; ", "; and ") if has_comma else (", ", " and "))
    return last.join([comma.join(shown[:-1]), shown[-1]])


def byte_count(number: int) -> str:
    """A size as people say it, decimal units.

    Example:
        >>> byte_count(11_000_000), byte_count(3_800_000_000)
        ('11 MB', '3.8 GB')
    """
    if number < 1_000_000_000:
        return f"{number / 1e6:.0f} MB"
    return f"{number / 1e9:.1f} GB"
