"""A submission as BibTeX: who, what model, where it is scored; nothing that no card states."""

from __future__ import annotations

import re

from ionladder.site.board import Board, Row
from ionladder.site.text import number, plain, web_address
from ionladder.submissions.metadata import Card

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_NOT_IN_ADDRESS = re.compile(r"[{}\\%\s]")


def bibtex_lines(card: Card | None, board: Board, row: Row, name: str) -> list[str]:
    """Lines of the BibTeX of a submission; none where its card cannot be read."""
    return [] if card is None else submission_bibtex(card, board, row, name).splitlines()


def submission_bibtex(card: Card, board: Board, row: Row, name: str) -> str:
    """The entry; a year is not in it, for cards hold no dates.

    Args:
        card: What the submission states.
        board: Its board.
        row: Its row.
        name: Its name.
    """
    task = board.task
    score = board.primary(row).value
    scored = (
        f"{task.primary_use.title} {number(score, digits=4)} {board.unit}, "
        if score is not None
        else ""
    )
    fields = {
        "title": f"{{{_text(card.model)}}}",
        "author": " and ".join(f"{{{_text(author.name)}}}" for author in card.authors),
        "howpublished": f"Submission {_text(name)} to the IonLadder task {_text(task.name)}",
        "note": _text(
            f"{scored}data version {board.dataset_version}, scorer version {board.scorer_version}"
        ),
    }
    if card.paper_doi and not _NOT_IN_ADDRESS.search(card.paper_doi):
        fields["annote"] = f"Paper named by the card: doi:{card.paper_doi}"
    address = web_address(card.code_url) if card.code_url else None
    if address and not _NOT_IN_ADDRESS.search(address):
        fields["url"] = address
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"ionladder-{task.name}-{name}").strip("-")
    lines = [f"  {field} = {{{value}}}," for field, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _text(text: object) -> str:
    """One line in which TeX reads nothing but letters."""
    return "".join(_SPECIAL.get(character, character) for character in plain(text))
