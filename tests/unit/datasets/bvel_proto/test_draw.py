"""The draw: whole chemical systems, every type, classes by their shares, nothing in silence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ionladder.data.bond_valence import ANION_CLASSES, anion_class, ion
from ionladder.data.bvel_proto.generate import (
    DUPLICATE,
    NOT_DRAWN,
    REASONS,
    SETTINGS,
    SURPLUS,
    GeneratorSettings,
    System,
    accepted_systems,
    draw,
    is_known,
)
from ionladder.data.bvel_proto.prototypes import all_prototypes
from ionladder.data.bvel_proto.tables import Candidate, make_candidate

TYPES = {prototype.name: prototype for prototype in all_prototypes()}
NAMES = (
    "rock-salt",
    "alpha-nafeo2",
    "gamma-lifeo2",
    "ABC2_tI16_122_a_b_d",
    "gamma-lialo2",
    "anti-perovskite",
)
EQUAL = dict.fromkeys(ANION_CLASSES, 1 / len(ANION_CLASSES))
FEW = GeneratorSettings(
    entries=60,
    per_system=3,
    per_binary_system=1,
    least_per_system=2,
    per_type=25,
    lone_per_type=25,
    least_per_type=2,
    shares=EQUAL,
)


class Told:
    """Notes what is turned away, by reason."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}

    def __call__(self, reason: str, name: str) -> None:
        self.names.setdefault(reason, []).append(name)


@pytest.fixture(scope="module")
def systems() -> list[System]:
    return accepted_systems([TYPES[name] for name in NAMES], reject=Told())


def chemsys(candidate: Candidate) -> str:
    return "-".join(sorted({ion(name).symbol for name in candidate.ions}))


def members(systems: list[System]) -> set[str]:
    return {member.name for system in systems for member in system.members}


def test_every_substitution_is_accepted_in_its_system_or_turned_away_with_a_reason() -> None:
    from ionladder.data.bvel_proto.prototypes import assignments

    told = Told()
    kind = TYPES["perovskite"]
    systems = accepted_systems([kind], reject=told)

    turned_away = [name for names in told.names.values() for name in names]
    assert set(told.names) <= set(REASONS)
    assert len(members(systems)) + len(turned_away) == len(assignments(kind))
    assert not members(systems) & set(turned_away)
    for system in systems:
        for member in system.members:
            assert member.chemsys == system.name


def test_members_of_a_system_stand_in_the_order_of_their_hashes(systems: list[System]) -> None:
    for system in systems:
        ranks = [member.rank for member in system.members]
        assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("ions", "expected"),
    [
        ("Li+ O2-", "oxide"),
        ("Li+ S6+ O2-", "oxide"),
        ("Li+ Te6+ Se2- S2-", "chalcogenide"),
        ("Li+ O2- Cl-", "mixed"),
    ],
)
def test_a_compound_is_classed_by_its_anions_alone(ions: str, expected: str) -> None:
    assert anion_class(ion(name) for name in ions.split()) == expected


def test_the_same_draw_comes_out_of_any_order_of_systems(systems: list[System]) -> None:
    forward, backward = (
        draw(order, FEW, reject=Told()) for order in (systems, list(reversed(systems)))
    )
    assert forward == backward


def test_what_is_not_drawn_is_told_once_with_a_reason(systems: list[System]) -> None:
    told = Told()
    drawn = draw(systems, FEW, reject=told)

    left_out = [name for names in told.names.values() for name in names]
    assert set(told.names) <= {DUPLICATE, SURPLUS, NOT_DRAWN}
    assert sorted([*left_out, *(candidate.name for candidate in drawn)]) == sorted(members(systems))


def test_no_system_and_no_type_has_more_than_its_number(systems: list[System]) -> None:
    drawn = draw(systems, FEW, reject=Told())
    per_system = Counter(chemsys(candidate) for candidate in drawn)

    assert max(Counter(candidate.prototype for candidate in drawn).values()) <= FEW.per_type
    for name, count in per_system.items():
        assert count <= (FEW.per_binary_system if name.count("-") == 1 else FEW.per_system)


def test_the_draw_ends_with_the_system_that_brings_enough(systems: list[System]) -> None:
    drawn = draw(systems, FEW, reject=Told())

    assert FEW.entries <= len(drawn) < FEW.entries + FEW.per_system


def test_every_type_has_its_least_number_though_few_systems_hold_it(
    systems: list[System],
) -> None:
    counts = Counter(
        candidate.prototype for candidate in draw(systems, replace(FEW, entries=0), reject=Told())
    )

    assert set(counts) == set(NAMES)
    assert all(counts[name] >= FEW.least_per_type for name in set(NAMES) - {"rock-salt"})
    assert counts["rock-salt"] >= 1


def test_classes_come_close_to_their_shares(systems: list[System]) -> None:
    shares = {"oxide": 0.5, "halide": 0.25, "chalcogenide": 0.25}
    settings = replace(FEW, least_per_type=0, shares=shares, per_type=99)
    drawn = draw(systems, settings, reject=Told())

    counts = Counter(anion_class(ion(name) for name in one.ions) for one in drawn)
    for name, share in shares.items():
        assert abs(counts[name] - share * len(drawn)) <= settings.per_system


def test_a_class_that_runs_out_leaves_its_room_to_the_others(systems: list[System]) -> None:
    oxides = [system for system in systems if system.anion_class == "oxide"]
    drawn = draw(oxides, replace(FEW, entries=20), reject=Told())

    assert len(drawn) >= 20


def test_systems_with_few_structures_are_passed_over_unless_a_type_needs_them(
    systems: list[System],
) -> None:
    settings = replace(FEW, least_per_type=0, least_per_system=3)
    drawn = {chemsys(candidate) for candidate in draw(systems, settings, reject=Told())}
    # A binary hand-built type is looked for in any case.
    poor = {s.name for s in systems if len(s.members) < 3 and not s.is_binary}

    assert not drawn & poor


@pytest.fixture(scope="module")
def with_variants() -> list[System]:
    kinds = [TYPES[name] for name in ("olivine", "alpha-nafeo2")]
    return accepted_systems(kinds, reject=Told())


def groups_of(drawn: list[Candidate]) -> Counter[tuple[str, str, str]]:
    """Chemical system, type and label of Li → number of structures."""
    return Counter(
        (chemsys(one), one.prototype, next(i for i in one.assignment.split() if "=Li+" in i))
        for one in drawn
    )


def test_variants_have_one_type_and_li_on_the_same_label(with_variants: list[System]) -> None:
    for system in with_variants:
        for group in system.groups:
            assert len({member.li_sites for member in group}) == 1
        listed = [member for group in system.groups for member in group]
        assert Counter(m.name for m in listed) == Counter(m.name for m in system.members)


def test_a_structure_that_has_variants_is_never_drawn_alone(with_variants: list[System]) -> None:
    drawn = draw(with_variants, replace(FEW, per_system=5, least_per_type=0), reject=Told())

    alone = [key for key, count in groups_of(drawn).items() if count == 1]
    assert len(alone) < len(groups_of(drawn))
    for system, prototype, li in alone:
        (group,) = (
            group
            for one in with_variants
            for group in one.groups
            if (one.name, *group[0].li_sites) == (system, prototype, li.removesuffix("=Li+"))
        )
        made = [make_candidate(m.prototype, m.chosen, scale=m.scale) for m in group]
        assert all(is_known(other, made[:1]) for other in made[1:])


def test_systems_with_variants_are_drawn_before_others(with_variants: list[System]) -> None:
    settings = replace(FEW, entries=20, least_per_type=0, shares={"oxide": 1.0})
    drawn = {chemsys(candidate) for candidate in draw(with_variants, settings, reject=Told())}

    assert all(system.has_variants for system in with_variants if system.name in drawn)


def test_lone_structures_of_a_type_have_a_number_of_their_own(
    with_variants: list[System],
) -> None:
    settings = replace(FEW, entries=500, lone_per_type=6, per_type=40, least_per_system=1)
    drawn = draw(with_variants, settings, reject=Told())
    of_type = Counter(candidate.prototype for candidate in drawn)

    assert of_type["alpha-nafeo2"] == 6
    assert of_type["olivine"] > 6


def test_the_types_of_a_system_take_turns(systems: list[System]) -> None:
    rich = max(systems, key=lambda system: len(system.types))
    settings = replace(FEW, per_system=len(rich.types), least_per_type=0, least_per_system=1)
    drawn = draw([rich], settings, reject=Told())

    assert sorted(candidate.prototype for candidate in drawn) == sorted(rich.types)


def test_shares_add_up_and_name_every_class() -> None:
    assert set(SETTINGS.shares) == set(ANION_CLASSES)
    assert sum(SETTINGS.shares.values()) == pytest.approx(1.0)


def test_the_same_structure_in_another_guise_is_known() -> None:
    kind = TYPES["alpha-nafeo2"]
    one = make_candidate(kind, {"A": "Li+", "B": "Co3+", "X": "O2-"}, scale=1.0)
    larger = make_candidate(kind, {"A": "Li+", "B": "Co3+", "X": "O2-"}, scale=1.1)
    other = make_candidate(kind, {"A": "Li+", "B": "Cr3+", "X": "O2-"}, scale=1.0)

    assert is_known(replace(larger, id="proto-00000000"), [one])
    assert not is_known(other, [one])
