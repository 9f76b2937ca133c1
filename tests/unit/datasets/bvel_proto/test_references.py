"""One line from BibTeX: authors, accents, and what is refused."""

from __future__ import annotations

import pytest

from ionladder.data.bvel_proto.prototypes import cited


def entry(**changed: str) -> str:
    fields = {
        "author": '"A. One and B. Two"',
        "title": '" Any, title"',
        "journal": '" Journal of Things"',
        "volume": '"12"',
        "year": '"1965"',
        "page_first": '"7"',
        "pages": '"7--9"',
    } | changed
    body = ",\n".join(f"    {name} = {value}" for name, value in fields.items() if value)
    return f"@article{{reference0,\n{body}\n}}\n\n\n@article{{other,\n    year = {{2017}}\n}}"


def test_the_first_entry_becomes_one_line() -> None:
    assert cited(entry()) == "A. One et al., Journal of Things 12, 7 (1965)"


def test_one_author_stands_alone() -> None:
    assert cited(entry(author='"L. Pauling"')) == "L. Pauling, Journal of Things 12, 7 (1965)"


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"{E. W\"{o}lfel}", "E. Wölfel"),
        (r"{H. Sch{\"a}fer}", "H. Schäfer"),
        (r"\"C. H\'{e}rold\"".replace('\\"', '"'), "C. Hérold"),
        (r'"L. Vo\v{c}adlo"', "L. Vočadlo"),
        (r'"J. L{\o}hn"', "J. Løhn"),
        (r'"S. \AAsbrink"', "S. Åsbrink"),
    ],
)
def test_latex_accents_become_letters(latex: str, letters: str) -> None:
    assert (cited(entry(author=latex)) or "").startswith(f"{letters}, ")


@pytest.mark.parametrize("field", ["author", "journal", "volume", "year", "pages"])
def test_an_entry_without_a_needed_field_gives_nothing(field: str) -> None:
    assert cited(entry(**{field: ""})) is None


def test_a_year_that_is_no_number_gives_nothing() -> None:
    assert cited(entry(year='"_journal_year"')) is None
