"""Components and folds: partitions that depend on content only, never on order or a generator."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ionladder.config import FoldSettings
from ionladder.data.ingest import (
    connected_components,
    draw_folds,
    grouped_folds,
    groups_of_equals,
    shuffled_folds,
)

ids = st.text("abcdefgh0123456789", min_size=3, max_size=3)
token_links = st.dictionaries(ids, st.lists(st.integers(0, 12), max_size=3), max_size=40)
component_maps = st.dictionaries(ids, st.integers(1, 9), min_size=1, max_size=60)
settings = st.builds(
    FoldSettings, n_folds=st.integers(2, 6), n_repeats=st.integers(1, 3), seed=st.integers(0, 999)
)


def reversed_order(mapping: dict) -> dict:
    return dict(reversed(mapping.items()))


def test_links_join_directly_and_through_others() -> None:
    links = {"c": [1, 2], "a": [1], "b": [2], "e": [3], "d": []}
    assert connected_components(links) == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3}


@given(token_links)
def test_components_are_the_finest_partition_that_joins_shared_tokens(
    links: dict[str, list[int]],
) -> None:
    components = connected_components(links)
    # Oracle: spread labels along shared tokens until nothing changes.
    oracle = {entry: entry for entry in links}
    changed = True
    while changed:
        changed = False
        for (one, tokens), (other, others) in product(links.items(), repeat=2):
            if set(tokens) & set(others) and oracle[one] != oracle[other]:
                oracle[one] = oracle[other] = min(oracle[one], oracle[other])
                changed = True
    numbers = {smallest: i for i, smallest in enumerate(sorted(set(oracle.values())), start=1)}
    assert components == {entry: numbers[oracle[entry]] for entry in links}


@given(token_links)
def test_components_do_not_depend_on_the_order_of_entries(links: dict[str, list[int]]) -> None:
    assert connected_components(links) == connected_components(reversed_order(links))


@given(st.dictionaries(ids, st.integers(0, 5), max_size=30))
def test_equal_keys_share_a_group_and_lone_entries_have_none(keys: dict[str, int]) -> None:
    groups = groups_of_equals(keys)
    counts = Counter(keys.values())
    for one, key in keys.items():
        assert (groups[one] is None) == (counts[key] == 1)
        for other, other_key in keys.items():
            if groups[one] is not None:
                assert (groups[one] == groups[other]) == (key == other_key)
    numbered = {group for group in groups.values() if group is not None}
    assert numbered == set(range(1, len(numbered) + 1))


@given(component_maps, settings)
def test_every_entry_is_held_out_once_per_scheme_and_repeat(
    components: dict[str, int], settings: FoldSettings
) -> None:
    rows = draw_folds(components, settings)
    held_out = Counter((row["scheme"], row["repeat"], row["id"]) for row in rows)
    assert set(held_out.values()) == {1}
    assert len(held_out) == 2 * settings.n_repeats * len(components)
    assert {row["fold"] for row in rows} <= set(range(settings.n_folds))


@given(component_maps, settings)
def test_components_are_never_divided(components: dict[str, int], settings: FoldSettings) -> None:
    folds = grouped_folds(components, settings, repeat=0)
    places = {(components[entry], fold) for entry, fold in folds.items()}
    assert len(places) == len(set(components.values()))


@given(component_maps, settings)
def test_grouped_folds_differ_by_at_most_the_largest_component(
    components: dict[str, int], settings: FoldSettings
) -> None:
    sizes = Counter(grouped_folds(components, settings, repeat=0).values())
    counts = [sizes[fold] for fold in range(settings.n_folds)]
    assert max(counts) - min(counts) <= max(Counter(components.values()).values())


@given(component_maps, settings)
def test_shuffled_folds_differ_by_at_most_one_entry(
    components: dict[str, int], settings: FoldSettings
) -> None:
    sizes = Counter(shuffled_folds(components, settings, repeat=0).values())
    counts = [sizes[fold] for fold in range(settings.n_folds)]
    assert max(counts) - min(counts) <= 1


@given(component_maps, settings)
def test_folds_do_not_depend_on_the_order_of_entries(
    components: dict[str, int], settings: FoldSettings
) -> None:
    assert grouped_folds(components, settings, repeat=0) == grouped_folds(
        reversed_order(components), settings, repeat=0
    )
    assert shuffled_folds(components, settings, repeat=0) == shuffled_folds(
        reversed_order(components), settings, repeat=0
    )


def test_shuffled_folds_follow_the_documented_rule() -> None:
    entries = ["5e2", "019", "max", "7e5", "aaa"]
    order = sorted(
        entries, key=lambda e: hashlib.sha256(f"7|kfold_shuffled|1|{e}".encode()).hexdigest()
    )
    settings = FoldSettings(n_folds=2, n_repeats=2, seed=7)
    assert shuffled_folds(entries, settings, repeat=1) == {e: i % 2 for i, e in enumerate(order)}


def test_large_components_are_dealt_first_each_to_an_empty_fold() -> None:
    sizes = {1: 30, 2: 25, 3: 20, 4: 10, **dict.fromkeys(range(5, 20), 1)}
    components = {
        f"{number:02d}{i:02d}": number for number, size in sizes.items() for i in range(size)
    }
    settings = FoldSettings(n_folds=4, n_repeats=1, seed=1)
    folds = grouped_folds(components, settings, repeat=0)
    assert len({folds[f"{number:02d}00"] for number in (1, 2, 3, 4)}) == 4
    # 30 and 25 rows are the share of a fold; the single entries fill up the others.
    assert sorted(Counter(folds.values()).values()) == [22, 23, 25, 30]


def test_repeats_and_seeds_give_other_folds() -> None:
    components = {f"{i:03d}": i for i in range(60)}
    drawn = [
        tuple(
            shuffled_folds(
                components, FoldSettings(n_folds=5, n_repeats=2, seed=s), repeat=r
            ).items()
        )
        for s in (1, 2)
        for r in (0, 1)
    ]
    assert len(set(drawn)) == 4
