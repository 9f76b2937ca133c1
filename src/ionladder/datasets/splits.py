"""Groups of related entries, and cross-validation folds drawn from hashes instead of a generator.

Folds are data: they are drawn once, here, and shipped. So that anybody can draw the same ones in
any language, the only source of chance is SHA-256 of a sentence:

* ``kfold_shuffled``: entries in the order of ``sha256("<seed>|<scheme>|<repeat>|<id>")`` are dealt
  one by one to folds 0, 1, …, n-1, 0, …
* ``grouped_doi_comp``: whole components, named by their smallest id. Those with more than 5 % of
  the entries go first, largest first (equal sizes in hash order); then the others in hash order.
  Each goes to the fold with the fewest entries so far; among equally small folds, the one with the
  smallest ``sha256("<seed>|<scheme>|<repeat>|<smallest id>|<fold>")``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from ionladder.core.hashing import sha256_bytes
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table
from ionladder.specs.params import FoldSettings

KFOLD_SHUFFLED = "kfold_shuffled"
GROUPED = "grouped_doi_comp"
_LARGE_SHARE = 0.05


def folds_spec(entry: Column, *, description: str, schemes: str) -> Table:
    """The table ``folds``, which is the same for every dataset but for its words.

    Args:
        entry: The id column of the dataset.
        description: Whose folds they are, one sentence.
        schemes: What each scheme keeps together.
    """
    return Table(
        name="folds",
        key=("scheme", "repeat", "fold", "id"),
        description=description,
        columns=(
            Column(name="scheme", type="string", description=schemes, role="key"),
            Column(name="repeat", type="int8", description="Repeat, from 0.", role="key"),
            Column(
                name="fold",
                type="int8",
                description="Fold that holds the entry out, from 0.",
                role="split",
            ),
            entry,
        ),
    )


def connected_components(links: Mapping[str, Iterable[Hashable]]) -> dict[str, int]:
    """Number the groups of entries that are linked, directly or through others, by shared tokens.

    Args:
        links: Entry id → its tokens (DOIs, composition strings).

    Returns:
        Entry id → component number, from 1 in the order of each component's smallest id.

    Example:
        >>> connected_components({"b": ["x"], "a": ["x", "y"], "c": ["y"], "d": []})
        {'a': 1, 'b': 1, 'c': 1, 'd': 2}
    """
    parent = {entry: entry for entry in links}

    def root(entry: str) -> str:
        while parent[entry] != entry:
            parent[entry] = parent[parent[entry]]
            entry = parent[entry]
        return entry

    first_with: dict[Hashable, str] = {}
    for entry in sorted(links):
        for token in links[entry]:
            one, other = root(first_with.setdefault(token, entry)), root(entry)
            parent[max(one, other)] = min(one, other)
    roots = sorted({root(entry) for entry in links})
    number = {smallest: position for position, smallest in enumerate(roots, start=1)}
    return {entry: number[root(entry)] for entry in sorted(links)}


def groups_of_equals(keys: Mapping[str, Hashable]) -> dict[str, int | None]:
    """Number the groups of entries with equal keys; an entry that stands alone gets None.

    Example:
        >>> groups_of_equals({"a": "x", "b": "y", "c": "x"})
        {'a': 1, 'b': None, 'c': 1}
    """
    members: dict[Hashable, list[str]] = {}
    for entry in sorted(keys):
        members.setdefault(keys[entry], []).append(entry)
    shared = [group for group in members.values() if len(group) > 1]
    number = {entry: i for i, group in enumerate(shared, start=1) for entry in group}
    return {entry: number.get(entry) for entry in sorted(keys)}


def draw_folds(components: Mapping[str, int], settings: FoldSettings) -> list[dict[str, Any]]:
    """Rows of the ``folds`` table for both schemes.

    Args:
        components: Training entry id → component number.
        settings: Folds per repeat, repeats and seed.
    """
    rows = []
    for repeat in range(settings.n_repeats):
        for scheme, assigned in (
            (KFOLD_SHUFFLED, shuffled_folds(components, settings, repeat=repeat)),
            (GROUPED, grouped_folds(components, settings, repeat=repeat)),
        ):
            rows += [
                {"scheme": scheme, "repeat": repeat, "fold": fold, "id": entry}
                for entry, fold in assigned.items()
            ]
    return rows


def shuffled_folds(ids: Iterable[str], settings: FoldSettings, *, repeat: int) -> dict[str, int]:
    """Fold of each entry, entries dealt singly."""
    order = sorted(ids, key=lambda entry: _rank(settings.seed, KFOLD_SHUFFLED, repeat, entry))
    return {entry: position % settings.n_folds for position, entry in enumerate(order)}


def grouped_folds(
    components: Mapping[str, int], settings: FoldSettings, *, repeat: int
) -> dict[str, int]:
    """Fold of each entry, components kept whole and folds of similar size."""
    members: dict[int, list[str]] = {}
    for entry in sorted(components):
        members.setdefault(components[entry], []).append(entry)
    groups = _dealing_order(list(members.values()), settings.seed, repeat)
    sizes = [0] * settings.n_folds
    assigned = {}
    for group in groups:
        name = group[0]
        fold = min(
            range(settings.n_folds),
            key=lambda f: (sizes[f], _rank(settings.seed, GROUPED, repeat, f"{name}|{f}")),
        )
        sizes[fold] += len(group)
        assigned.update(dict.fromkeys(group, fold))
    return assigned


def _dealing_order(groups: Sequence[list[str]], seed: int, repeat: int) -> list[list[str]]:
    large = _LARGE_SHARE * sum(len(group) for group in groups)

    def key(group: list[str]) -> tuple[int, str]:
        size = len(group) if len(group) > large else 0
        return (-size, _rank(seed, GROUPED, repeat, group[0]))

    return sorted(groups, key=key)


def _rank(seed: int, scheme: str, repeat: int, name: str) -> str:
    return sha256_bytes(f"{seed}|{scheme}|{repeat}|{name}".encode())
