"""Exact coverage: the ids of a submission are the ids of the task, each once per seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from ionladder.core.problems import Problem, first_few


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
    counts = Counter(ids)
    missing = sorted(expected - counts.keys())
    unknown = sorted(counts.keys() - expected)
    repeated = sorted(identifier for identifier, count in counts.items() if count > 1)
    problems = []
    if missing:
        problems.append(
            Problem(
                where=where,
                expected=f"a row for each of the {len(expected)} ids",
                found=f"{len(expected) - len(missing)} of them; {len(missing)} missing "
                f"({first_few(missing)})",
                next_step=_mangled_hint(missing, unknown) or "Add rows for the missing ids.",
            )
        )
    if unknown:
        problems.append(
            Problem(
                where=where,
                expected="only ids of this task's test set" if elsewhere else "only known ids",
                found=f"{len(unknown)} unknown ({first_few(unknown)})",
                next_step=_unknown_hint(missing, unknown, elsewhere or {}),
            )
        )
    if repeated:
        problems.append(
            Problem(
                where=where,
                expected="every id once",
                found=f"{len(repeated)} repeated ({first_few(repeated)})",
                next_step="Keep one row per id.",
            )
        )
    return problems


def _unknown_hint(
    missing: Sequence[str], unknown: Sequence[str], elsewhere: Mapping[str, Collection[str]]
) -> str:
    for name, others in elsewhere.items():
        shared = len(set(unknown) & set(others))
        if shared:
            return f"{shared} of them are {name} ids; send predictions for the test ids."
    return _mangled_hint(missing, unknown) or "Remove these rows."


def _mangled_hint(missing: Sequence[str], unknown: Sequence[str]) -> str | None:
    """Recognise ids that a spreadsheet turned into numbers, or that lost their zeros or case."""
    by_value = {_as_number(identifier): identifier for identifier in missing}
    by_value.pop(None, None)
    by_fold = {identifier.strip().casefold(): identifier for identifier in missing}
    for other in unknown:
        original = by_value.get(_as_number(other))
        if original is not None:
            return (
                f"{other!r} looks like {original!r} turned into a number by a spreadsheet: "
                "keep ids as text."
            )
        original = by_fold.get(other.strip().casefold())
        if original is not None:
            return f"{other!r} looks like {original!r}: ids are case-sensitive, without blanks."
    return None


def _as_number(identifier: str) -> float | None:
    try:
        return float(identifier)
    except ValueError:
        return None
