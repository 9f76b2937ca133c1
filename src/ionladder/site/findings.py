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
    said: list[Markup] = []
    for clause in question.clauses:
        found = differences.found(clause)
        if found:
            said.append(_clause(clause, found, differences.board, confidence, is_first=not said))
    return Markup("; ").join(said) + "." if said else None


def _clause(
    clause: Clause, found: Sequence[Found], board: Board, confidence: str, *, is_first: bool
) -> Markup:
    act = clause.act.removesuffix(",")
    text = inert(sentence_case(act) if is_first else act)
    chosen = dict.fromkeys(f.difference.submission for f in found if f.n_candidates > 1)
    if chosen:
        text += Markup(" ({})").format(listing([_model(board, name) for name in chosen]))
    text += "," if clause.act.endswith(",") else ""
    parts: list[Markup] = []
    states: tuple[State, ...] = ("lower", "higher", "open")
    for state in states:
        alike = [f for f in found if f.difference.state == state]
        if alike:
            told = "interval" if parts or not is_first else f"{confidence} interval"
            what = "it" if parts else f"the {board.task.primary_use.title}"
            parts.append(_alike(alike, state, what, board.unit, told))
    return text + " " + Markup(", and ").join(parts)


def _alike(found: Sequence[Found], state: State, what: str, unit: str, told: str) -> Markup:
    """Contrasts with one verdict: the verb, each difference with its interval, what it means."""
    amounts = [
        _amount(
            f, state, unit=f" {unit}" if place == 0 else "", told=f"{told} " if place == 0 else ""
        )
        for place, f in enumerate(found)
    ]
    text = Markup("{} {} ").format(_VERBS[state], what) + listing(amounts)
    if state != "open":
        return text
    if len(found) == 1:
        return text + ", which the data do not tell from zero"
    none = "neither" if len(found) == _PAIR else "none"
    return text + f", {none} of which the data tell from zero"


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
