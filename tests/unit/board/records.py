"""Records that never were, for tests of the history."""

from typing import Any

from ionladder.board.history import Record

FIRST = Record(
    task="tiny",
    submission="good",
    published=1,
    publication=1,
    event="added",
    dataset_version="1.0.0",
    labels_sha256="l" * 64,
    split_sha256="s" * 64,
    scorer_version="1",
    predictions_sha256="p" * 64,
    cv_predictions_sha256=None,
    metric="log10_sigma/mae/all",
    unit="decades",
    value=1.5,
    ci_low=1.0,
    ci_high=2.0,
    rank=1,
    rank_low=1,
    rank_high=2,
    tie_group=1,
    kind="verified",
    commit="c" * 40,
)


def standing(name: str = "good", **changed: Any) -> Record:
    """What a board says of a submission, not yet published."""
    return FIRST._replace(submission=name, published=0, publication=0, commit=None, **changed)


def board_of(*standings: Record) -> dict[str, Record]:
    """Standings by submission."""
    return {each.submission: each for each in standings}
