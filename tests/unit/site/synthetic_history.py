"""Histories that never were: entered, scored on other data, hostile in every text, and gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ionladder.board.history import Record, append_records, new_records
from ionladder.repo import Layout
from unit.board.records import FIRST
from unit.site.synthetic_board import HOSTILE, TASK, VERSION, Entry


def add_history(layout: Layout, *boards: Sequence[Entry], version: str = VERSION) -> list[Record]:
    """Publish boards one after the other, each on a dataset version of its own."""
    history: list[Record] = []
    for n, entries in enumerate(boards):
        now = {entry.name: _record(entry, f"{version}.{n}" if n else version) for entry in entries}
        history += new_records(history, now, task=TASK.name, commit=f"{n:040x}")
    append_records(layout, history)
    return history


def add_hostile_history(layout: Layout, entries: Sequence[Entry]) -> None:
    """Three publications of a board, with every hostile text wherever a file may hold text."""
    shifted = [replace(e, value=None if e.value is None else e.value + 0.1) for e in entries]
    gone = [Entry(name=text.encode("utf-8", "replace").decode()) for text in HOSTILE.values()]
    hostile = " ".join(entry.name for entry in gone)
    add_history(layout, [*entries, *gone], [*shifted, *gone], shifted[:-1], version=hostile)


def _record(entry: Entry, version: str) -> Record:
    has_rank = entry.kind == "verified"
    return FIRST._replace(
        task=TASK.name,
        submission=entry.name,
        dataset_version=version,
        labels_sha256=version.encode().hex()[:64],
        value=entry.value,
        ci_low=None if entry.value is None else round(entry.value * 0.7, 6),
        ci_high=None if entry.value is None else round(entry.value * 1.4, 6),
        rank=entry.ranks[0] if has_rank else None,
        rank_low=entry.ranks[0] if has_rank else None,
        rank_high=entry.ranks[1] if has_rank else None,
        tie_group=entry.tie_group if has_rank else None,
        kind=entry.kind,
    )
