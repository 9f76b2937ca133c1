"""``badges/<task>/<name>.svg`` and ``.json``: what a model's own README can show of its place here.

The picture stands alone: no font, style or address from elsewhere. The JSON is what shields.io
reads as an "endpoint", for those who want their badges alike.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from markupsafe import Markup

from ionladder.core.files import to_json
from ionladder.site.board import Board, Row
from ionladder.site.context import Site, TaskSite
from ionladder.site.text import interval, number, plain, ranks

BADGES = "badges"
LONGEST_NAME = 40
"""Characters of a model's name on a badge; its tooltip has all of it."""
_NAME_COLOUR = "#2b3540"
_LEADS, _FOLLOWS, _UNRANKED = "#0b62a4", "#47535f", "#68727d"
_HEIGHT, _PADDING = 20, 6
_NARROW, _WIDE, _USUAL = 4.0, 11.5, 6.9
_NARROW_CHARACTERS = frozenset(" .,:;'|!()[]ijlrtfI·–-")
_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" '
    'aria-label="{title}">\n<title>{title}</title>\n'
    '<clipPath id="r"><rect width="{width}" height="{height}" rx="3"/></clipPath>\n'
    '<g clip-path="url(#r)"><rect width="{left}" height="{height}" fill="{name_colour}"/>'
    '<rect x="{left}" width="{right}" height="{height}" fill="{colour}"/></g>\n'
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11" '
    'text-anchor="middle">\n'
    '<text x="{left_middle}" y="14" textLength="{left_text}">{name}</text>\n'
    '<text x="{right_middle}" y="14" textLength="{right_text}">{words}</text>\n</g>\n</svg>\n'
)


def badge_url(task: str, name: str, kind: str = "svg") -> str:
    """Address of a submission's badge, from the root of the site."""
    return f"{BADGES}/{task}/{name}.{kind}"


@dataclass(frozen=True)
class Standings:
    """What every badge of a board needs to know of the others, counted once."""

    n_ranked: int
    group_sizes: Mapping[int | None, int]
    leaders: AbstractSet[str | None]


def badge_documents(site: Site) -> dict[str, str]:
    """Address in the site → text of every badge, two a scored submission."""
    documents = {}
    for item in site.tasks:
        standings = standings_of(item.board)
        for name, entrant in item.entrants.items():
            row, words = entrant.row, badge_words(item, entrant.row, standings)
            colour = _colour(row, standings)
            picture = badge_svg(row, words, colour, title=_title(item, row, words))
            documents[badge_url(item.task.name, name)] = picture
            documents[badge_url(item.task.name, name, "json")] = to_json(
                {
                    "schemaVersion": 1,
                    "label": _name(row),
                    "message": words,
                    "labelColor": _NAME_COLOUR,
                    "color": colour,
                }
            )
    return documents


def standings_of(board: Board) -> Standings:
    """How many are ranked on a board, in which tie groups, and who leads."""
    ranked = [row for row in board.of_kind("verified") if row.rank is not None]
    return Standings(
        n_ranked=len(ranked),
        group_sizes=Counter(row.tie_group for row in ranked),
        leaders={row.submission for row in board.leaders},
    )


def badge_words(item: TaskSite, row: Row, standings: Standings) -> str:
    """``IonLadder obelix: rank 1–3 of 5, tied with 2``; who has no place is said to have none."""
    where = f"IonLadder {item.task.name}"
    place = ranks(row.rank_low, row.rank_high)
    if not place:
        return f"{where}: {row.kind}, not ranked"
    tied = 0 if row.tie_group is None else standings.group_sizes[row.tie_group] - 1
    ties = f", tied with {tied}" if tied > 0 else ""
    return f"{where}: rank {place} of {standings.n_ranked}{ties}"


def badge_svg(row: Row, words: str, colour: str, *, title: str) -> str:
    """The badge as a picture: the model's name, then its place; the tooltip says it in full."""
    name = _name(row)
    left_text, right_text = _width(name), _width(words)
    left, right = left_text + 2 * _PADDING, right_text + 2 * _PADDING
    return str(
        _SVG.format(
            title=title,
            name=name,
            words=words,
            width=left + right,
            height=_HEIGHT,
            left=left,
            right=right,
            left_middle=f"{left / 2:g}",
            right_middle=f"{left + right / 2:g}",
            left_text=left_text,
            right_text=right_text,
            name_colour=_NAME_COLOUR,
            colour=colour,
        )
    )


def _title(item: TaskSite, row: Row, words: str) -> str:
    board = item.board
    score = board.primary(row)
    between = interval(score.low, score.high)
    value = f"{item.task.primary_use.title} {number(score.value)} {board.unit}"
    data = f"{item.dataset.title} {board.dataset_version}, scorer version {board.scorer_version}"
    return f"{plain(row.model)} on {words}; {value}{f' ({between})' if between else ''}; {data}"


def _name(row: Row) -> str:
    return plain(row.model, limit=LONGEST_NAME) or (row.submission or "")


def _colour(row: Row, standings: Standings) -> str:
    if row.rank is None:
        return _UNRANKED
    return _LEADS if row.submission in standings.leaders else _FOLLOWS


def _width(text: str) -> int:
    """About how wide 11 px of Verdana are; the picture is stretched to exactly that."""
    return max(round(sum(_advance(character) for character in text)), 1)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or character in "MWmw@%":
        return _WIDE if character not in "mw" else 9.5
    return _NARROW if character in _NARROW_CHARACTERS else _USUAL
