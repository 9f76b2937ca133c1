"""Exact coverage: the ids of a submission are the ids of the task, each once per seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ionladder.core.problems import Problem, first_few
from ionladder.submissions.guesses import changed_ids


def coverage_problems(
    ids: Sequence[str],
    *,
    expected: Collection[str],
    where: str,
    elsewhere: Mapping[str, Collection[str]] | None = None,
) -> list[Problem]:
    """Compare ids with the expected set.

    Args:
        ids: Ids of one seed (or one fold repeat), in file order.
        expected: Ids that must occur, each exactly once.
        where: File, and seed or repeat, for the messages.
        elsewhere: Other id sets by name (``training``), to recognise a mix-up.

    Returns:
        Missing, unknown and repeated ids, one problem each; empty when the cover is exact.

    Example:
        >>> [str(p) for p in coverage_problems(["a", "b", "b"], expected={"a", "b"}, where="p.csv")]
        ['p.csv: expected every id once; found 1 repeated (b). Keep one row per id.']
    """
    if not isinstance(expected, frozenset):
        expected = frozenset(expected)
    if len(ids) == len(expected) and expected.issuperset(ids) and len(set(ids)) == len(ids):
        return []
    different = set(ids)
    missing = sorted(expected - different)
    unknown = sorted(different - expected)
    repeated = sorted(_repeated(ids)) if len(different) < len(ids) else []
    mixed_up = _mixed_up(len(expected), missing, unknown, elsewhere or {}, where)
    if mixed_up is not None:
        return [mixed_up]
    changed = changed_ids(missing, unknown)
    problems = []
    if missing:
        problems.append(
            Problem(
                where=where,
                expected=f"a row for each of the {len(expected):,} ids",
                found=f"{len(expected) - len(missing):,} of them; {len(missing):,} missing "
                f"({first_few(missing)})",
                next_step=changed or "Add rows for the missing ids.",
            )
        )
    if unknown:
        problems.append(
            Problem(
                where=where,
                expected="only ids of this task's test set" if elsewhere else "only known ids",
                found=f"{len(unknown):,} unknown ({first_few(unknown)})",
                next_step=_unknown_hint(unknown, elsewhere or {}, changed),
            )
        )
    if repeated:
        problems.append(
            Problem(
                where=where,
                expected="every id once",
                found=f"{len(repeated):,} repeated ({first_few(repeated)})",
                next_step="Keep one row per id.",
            )
        )
    return problems


def _repeated(ids: Sequence[str]) -> list[str]:
    return [identifier for identifier, count in Counter(ids).items() if count > 1]


def _mixed_up(
    n_expected: int,
    missing: Sequence[str],
    unknown: Sequence[str],
    elsewhere: Mapping[str, Collection[str]],
    where: str,
) -> Problem | None:
    """One letter where every id is of another part of the data: nothing else is wrong then."""
    for name, others in elsewhere.items():
        if unknown and len(missing) == n_expected and set(unknown) <= set(others):
            asked = "the test ids" if name == "training" else "those that are asked for"
            return Problem(
                where=where,
                expected=f"a row for each of the {n_expected:,} ids to predict",
                found=f"{len(unknown):,} {name} ids and none of these ({first_few(unknown)})",
                next_step=f"You sent the {name} ids: send predictions for {asked}.",
            )
    return None


def _unknown_hint(
    unknown: Sequence[str], elsewhere: Mapping[str, Collection[str]], changed: str | None
) -> str:
    for name, others in elsewhere.items():
        shared = len(set(unknown) & set(others))
        if shared:
            return f"{shared:,} of them are {name} ids; send predictions for the test ids."
    return changed or "Remove these rows."
