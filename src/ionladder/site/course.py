"""A board's best score from publication to publication, as the history of scores records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ionladder.leaderboard.history import REMOVED, Record
from ionladder.site.board import Board
from ionladder.site.charts.course import Stand
from ionladder.site.text import plain


def stands_of(history: Iterable[Record], board: Board) -> tuple[Stand, ...]:
    """The board after each of its publications; those without a ranked score are left out.

    The history holds no dates: its order is that of publication, and nothing else is known.
    """
    own = sorted(
        (record for record in history if record.task == board.task.name),
        key=lambda record: record.publication,
    )
    current: dict[str, Record] = {}
    found = []
    for number, group in groupby(own, key=lambda record: record.publication):
        records = list(group)
        for record in records:
            if record.event == REMOVED:
                current.pop(record.submission, None)
            else:
                current[record.submission] = record
        if (stand := _stand(number, records, current, board)) is not None:
            found.append(stand)
    return tuple(found)


def _stand(
    number: int, records: Sequence[Record], current: Mapping[str, Record], board: Board
) -> Stand | None:
    scored = [record for record in current.values() if _ranked_value(record) is not None]
    if not scored:
        return None
    sign = 1.0 if board.smaller_is_better else -1.0
    best = min(scored, key=lambda record: sign * (record.value or 0.0))
    row = board.entrant(best.submission)
    return Stand(
        publication=number,
        label=plain(row.model if row else best.submission),
        value=best.value or 0.0,
        low=best.ci_low,
        high=best.ci_high,
        rules=f"data {plain(best.dataset_version, limit=40)}, "
        f"scorer version {plain(best.scorer_version, limit=40)}",
        entered=tuple(
            value
            for record in records
            if record.event == "added" and (value := _ranked_value(record)) is not None
        ),
    )


def _ranked_value(record: Record) -> float | None:
    return record.value if record.kind == "verified" else None
