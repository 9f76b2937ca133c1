"""BibTeX of a submission says no more than its card does."""

from __future__ import annotations

from ionladder.board.model import parse_board
from ionladder.site.files import bibtex_lines
from ionladder.submit.card import Card
from unit.site.synthetic_board import TASK, Entry, card_of, leaderboard

DOI = "10.48550/arXiv.2502.14234"


def test_a_paper_is_one_that_the_card_names_not_one_that_describes_the_model() -> None:
    entry = Entry(name="mine")
    card = Card.model_validate(card_of(entry) | {"paper_doi": DOI})
    board = parse_board(leaderboard([entry]), TASK, shown_as="leaderboard/obelix.json")
    text = "\n".join(bibtex_lines(card, board, board.scored[0], entry.name))
    assert f"annote = {{Paper named by the card: doi:{DOI}}}" in text
    assert "Described" not in text
