"""Sentences that say what an experiment found; which words they use follows from the intervals."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ionladder.site.board import Board, Value
from ionladder.site.differences import Differences, Found, State
from ionladder.site.text import change_of, inert, listing, number, sentence_case
from ionladder.specs.experiment import Clause, Question

_VERBS: dict[State, str] = {"lower": "lowers", "higher": "raises", "open": "changes"}
_PAIR = 2


def sentence(question: Question, differences: Differences, *, confidence: str) -> Markup | None:
    """The answer to a question in one sentence, every difference with its interval.

    An interval on one side of zero lowers or raises the score; one that holds zero changes it by
    an amount that the data do not tell from zero. None where no contrast has its rows.
    """
    found = [(clause, rows) for clause in question.clauses if (rows := differences.found(clause))]
    every = [row for _, rows in found for row in rows]
    # Where nothing is told from zero, that is said once, at the end.
    is_open = all(row.difference.state == "open" for row in every)
    said = [
        _clause(clause, rows, differences.board, confidence, is_first=not place)
        for place, (clause, rows) in enumerate(found)
    ]
    if not said:
        return None
    if is_open:
        return Markup("; ").join(text for text, _ in said) + _untold(len(every)) + "."
    return Markup("; ").join(text + closing for text, closing in said) + "."


def _clause(
    clause: Clause, found: Sequence[Found], board: Board, confidence: str, *, is_first: bool
) -> tuple[Markup, str]:
    """A clause, and what may close it: that differences in it are not told from zero."""
    act = clause.act.removesuffix(",")
    text = inert(sentence_case(act) if is_first else act)
    told = f"{confidence} interval" if is_first else "interval"
    chosen = dict.fromkeys(f.difference.submission for f in found if f.n_candidates > 1)
    if chosen:
        text += Markup(" ({})").format(listing([_model(board, name) for name in chosen]))
    text += "," if clause.act.endswith(",") else ""
    parts: list[Markup] = []
    n_open = 0
    for state, verb in _VERBS.items():
        alike = [f for f in found if f.difference.state == state]
        if alike:
            what = "it" if parts else f"the {board.task.primary_use.title}"
            amounts = _amounts(alike, state, board.unit, "interval" if parts else told)
            parts.append(Markup("{} {} {}").format(verb, what, amounts))
            n_open = len(alike) if state == "open" else 0
    return text + " " + Markup(", and ").join(parts), _untold(n_open)


def _untold(count: int) -> str:
    """What is said behind so many differences whose intervals hold zero; empty behind none."""
    if count == 1:
        return ", which the data do not tell from zero"
    none = "neither" if count == _PAIR else "none"
    return f", {none} of which the data tell from zero" if count else ""


def _amounts(found: Sequence[Found], state: State, unit: str, told: str) -> Markup:
    """Differences with one verdict, each with its interval; the first names unit and interval."""
    return listing(
        [
            _amount(f, state, unit="" if place else f" {unit}", told="" if place else f"{told} ")
            for place, f in enumerate(found)
        ]
    )


def _amount(found: Found, state: State, *, unit: str, told: str) -> Markup:
    value = found.difference.value
    size = value.value or 0.0
    shown = change_of(size) if state == "open" else number(abs(size))
    phrase = Markup(" ") + inert(found.contrast.title) if found.contrast.title else ""
    between = ends(value)
    where = f"{told}{between}" if between else "without an interval"
    return Markup("by <b>{}</b>{}{} ({})").format(shown, unit, phrase, where)


def ends(value: Value) -> str:
    """An interval of a difference, both ends with their signs; empty where there is none."""
    if value.low is None or value.high is None:
        return ""
    return f"{change_of(value.low)} to {change_of(value.high)}"


def _model(board: Board, name: str) -> Markup:
    row = board.entrant(name)
    return inert(row.model if row else name, limit=60)
