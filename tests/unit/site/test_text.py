"""Contributors' words stay words, links stay links, numbers are printed in one style."""

import math

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from ionladder.site import text
from unit.site.page_tree import tree_of
from unit.site.synthetic_board import HOSTILE


def read(html):
    """Which elements a browser would make, and what it would show."""
    tree = tree_of(html)
    return [element.tag for element in tree.iter()][1:], "".join(tree.itertext())


def as_markdown(source):
    extensions = ["attr_list", "tables", "admonition", "pymdownx.superfences"]
    return markdown.markdown(source, extensions=extensions)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_words_are_shown_as_written_by_markdown(words):
    elements, shown = read(as_markdown(f"<p>before {text.inert(words)} after</p>"))
    assert elements == ["p"]
    assert " ".join(shown.split()) == f"before {text.plain(words)} after"


@given(st.floats(min_value=1e-6, max_value=1e6), st.integers(0, 4))
def test_a_difference_that_is_not_zero_never_prints_as_zero(size, digits):
    more, less = (text.change_of(value, digits=digits) for value in (size, -size))
    assert (more[0], less[0]) == ("+", "−")
    assert more[1:] == less[1:]
    assert float(more[1:]) > 0
    assert {text.change_of(nothing) for nothing in (0.0, -0.0, 1e-17, -1e-17)} == {"±0.00"}


def test_narrow_spaces_stay_within_numbers_only():
    kept = text.plain(f"\u202f{text.count(1681)} \u202f hops\u202fand\t\x1f1\u202f\u202f2")
    assert kept == "1\u202f681 hops and 1 2"


def test_names_with_commas_are_parted_by_semicolons():
    names = [Markup("Boosting, rich"), Markup("Forest")]
    assert text.listing(names) == "Boosting, rich; and Forest"
    assert text.listing(names, more=4) == "Boosting, rich; Forest; and 4 others"
    linked = [Markup('<a title="x, y">Boosting</a>'), Markup("Forest")]
    assert text.listing(linked).endswith("</a> and Forest")


@given(st.text(max_size=60))
def test_any_words_survive_html_unchanged_and_make_no_element(words):
    elements, shown = read(text.inert(words))
    assert elements == []
    assert shown == text.plain(words)


@given(st.text(alphabet="ab *_`[]()<>!|#-{}:\\~^\"'&;=/.\n", max_size=40))
def test_any_punctuation_survives_markdown_inside_a_sentence(words):
    elements, shown = read(as_markdown(f"<p>x {text.inert(words)} y</p>"))
    assert elements == ["p"]
    assert " ".join(shown.split()) == f"x {text.plain(words)} y".replace("  ", " ")


@pytest.mark.parametrize(
    "address",
    [
        "JAVASCRIPT:alert(1)",
        "//example.org",
        "https://exa mple.org",
        'https://example.org/"onmouseover="x',
        "https://[broken",
        "",
    ],
)
def test_what_is_not_a_web_address_never_becomes_a_link(address):
    assert text.web_address(address) is None
    assert "<a" not in text.external_link(address)
    link = text.external_link("https://example.org/a?b=1&c=2", "code")
    assert 'href="https://example.org/a?b=1&amp;c=2" rel="nofollow noopener ugc"' in link
    shown = text.isolated("\u202eevil\u202c نموذج")
    assert shown == "<bdi>evil نموذج</bdi>"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.005, "1.00"),
        (-2.5, "−2.50"),
        (-0.0, "0.00"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_have_two_decimals_and_a_true_minus(value, shown):
    assert text.number(value) == shown
