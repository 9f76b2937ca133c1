"""The generator of BVEL-proto: sourced types, neutral and filtered substitutions, whole systems."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import generate
import verify
from generate import (
    DUPLICATE,
    NOT_DRAWN,
    REASONS,
    SURPLUS,
    Candidate,
    Generated,
    GeneratorSettings,
    System,
    accepted_systems,
    draw,
    is_known,
    judge,
    make_candidate,
    read_candidates,
    write_candidates,
)
from ionladder.config import load_params
from ionladder.data.bond_valence import (
    ANION_CLASSES,
    ANIONS,
    CATIONS,
    Barriers,
    anion_class,
    ion,
    radius,
)
from ionladder.errors import ConfigError, IngestError, Problem
from ionladder.repo import Layout
from label import NO_PARAMETERS, NO_PERCOLATION, embedded_version, label_all, release
from prototypes import (
    HAND_BUILT,
    Assignment,
    Family,
    Prototype,
    aflow_types,
    all_prototypes,
    assignment_name,
    assignments,
    cited,
    family_structure,
)
from unit.data.bvlain_here import needs_bvlain

hand_built = pytest.mark.parametrize("family", HAND_BUILT, ids=lambda f: f.prototype)

# Shortest and longest first-shell distances (Å) that crystal chemistry knows for the central ions
# of the frameworks, from Shannon's radii: wrong coordinates would leave these windows.
_SHELLS = {
    "olivine": ("P5+", 4, 1.50, 1.58),
    "gamma-li3po4": ("P5+", 4, 1.50, 1.58),
    "nasicon": ("P5+", 4, 1.50, 1.58),
    "argyrodite": ("P5+", 4, 2.02, 2.10),
    "garnet-li7": ("Zr4+", 6, 2.05, 2.15),
    "li2mno3": ("Mn4+", 6, 1.86, 1.95),
    "li3incl6": ("In3+", 6, 2.46, 2.58),
    "li2sio3": ("Si4+", 4, 1.57, 1.72),
    "gamma-lialo2": ("Al3+", 4, 1.73, 1.79),
    "beta-nafeo2": ("Ga3+", 4, 1.82, 1.88),
    "elpasolite": ("W6+", 6, 1.88, 1.96),
    "suzuki": ("Mn4+", 6, 1.88, 1.95),
    "garnet-li3": ("Si4+", 4, 1.61, 1.66),
    "lialcl4": ("Al3+", 4, 2.10, 2.16),
    "li3aln2": ("Al3+", 4, 1.85, 1.93),
    "alpha-nafeo2": ("Cr3+", 6, 2.38, 2.48),
}


def shell(family: Family, name: str) -> list[float]:
    """Distances from an ion to the anions within 3 Å, ascending."""
    structure = family_structure(family)
    centre = next(site for site in structure if str(site.specie) == name)
    around = structure.get_neighbors(centre, 3.0)
    return sorted(float(n.nn_distance) for n in around if n.specie.oxi_state < 0)


@hand_built
def test_the_published_compound_is_neutral_and_does_not_overlap(family: Family) -> None:
    structure = family_structure(family)

    assert structure.charge == 0
    assert structure.is_valid(tol=1.4)


@hand_built
def test_the_shortest_bond_is_the_published_one(family: Family) -> None:
    structure = family_structure(family)
    shortest = min(
        float(neighbour.nn_distance)
        for site in structure
        for neighbour in structure.get_neighbors(site, 3.5)
        if neighbour.specie.oxi_state * site.specie.oxi_state < 0
    )

    assert shortest == pytest.approx(family.bond_ang, abs=0.03)


@pytest.mark.parametrize("prototype", _SHELLS)
def test_the_central_polyhedron_has_the_size_crystal_chemistry_knows(prototype: str) -> None:
    family = next(f for f in HAND_BUILT if f.prototype == prototype)
    name, number, low, high = _SHELLS[prototype]

    first = shell(family, name)[:number]

    assert len(first) == number
    assert low <= first[0] <= first[-1] <= high


@hand_built
def test_its_space_group_is_found_again_from_its_sites(family: Family) -> None:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    found = SpacegroupAnalyzer(family_structure(family), symprec=0.01).get_space_group_symbol()

    assert found == family.space_group


@hand_built
def test_every_type_names_a_publication_with_a_year_or_a_database_entry(family: Family) -> None:
    assert re.search(r"\((?:18|19|20)\d\d\)|ICSD \d+", family.source)
    assert family.doi is None or re.fullmatch(r"10\.\d{4,9}/\S+", family.doi)
    assert family.doi is not None or re.search(r"(?:COD|ICSD|AMCSD) \d+|doi:10\.", family.record)
    assert re.search(r"(?:COD|ICSD|AMCSD) \d+|AFLOW \w+|OBELiX \S+ entry \w{3}", family.record)


def test_the_types_that_are_compared_and_not_copied_say_how_close_they_come() -> None:
    compared = {f.prototype: f.note for f in HAND_BUILT if "ompared, not copied" in f.note}

    assert set(compared) == {"nasicon", "garnet-li7", "argyrodite", "li3incl6", "li2sio3"}
    assert all(re.search(r"0\.\d\d Å RMS", note) for note in compared.values())


def test_every_aflow_type_names_the_publication_the_library_took_it_from() -> None:
    kept = aflow_types()

    cited = re.compile(r"\((?:18|19|20)\d\d\); AFLOW \w+ \(doi:10\.\S+\)$")
    assert all(cited.search(one.source) for one in kept)
    assert not any(re.search(r"[\\{}$]", one.source) for one in kept)
    assert len({one.source.split(";")[0] for one in kept}) > 0.8 * len(kept)


def test_metals_of_the_aflow_library_are_dropped_by_rule() -> None:
    kept = {one.name for one in aflow_types()}
    metals = {"AB11CD3_cP16_221_a_dg_b_c", "AB18C8_cF108_225_a_eh_f", "A9B16C7_cF128_225_acd_2f_be"}
    borides = {"A6B_cP7_221_f_a", "AB2_hP3_191_a_d"}
    dumbbells = {"AB2_cP12_205_a_c"}

    assert not kept & (metals | borides | dumbbells)
    assert {"A2BC4_cF56_227_d_a_e", "ABC3_hR10_161_a_a_b", "A3B_hP4_191_bc_a"} <= kept


def bibtex(**changed: str) -> str:
    fields = {
        "author": '"A. One and B. Two"',
        "title": '" Any, title"',
        "journal": '" Journal of Things"',
        "volume": '"12"',
        "year": '"1965"',
        "page_first": '"7"',
        "pages": '"7--9"',
    } | changed
    body = ",\n".join(f"    {name} = {value}" for name, value in fields.items() if value)
    return f"@article{{reference0,\n{body}\n}}\n\n\n@article{{other,\n    year = {{2017}}\n}}"


def test_the_first_entry_becomes_one_line() -> None:
    assert cited(bibtex()) == "A. One et al., Journal of Things 12, 7 (1965)"


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"{E. W\"{o}lfel}", "E. Wölfel"),
        (r"{H. Sch{\"a}fer}", "H. Schäfer"),
        (r"\"C. H\'{e}rold\"".replace('\\"', '"'), "C. Hérold"),
        (r'"L. Vo\v{c}adlo"', "L. Vočadlo"),
        (r'"J. L{\o}hn"', "J. Løhn"),
        (r'"S. \AAsbrink"', "S. Åsbrink"),
    ],
)
def test_latex_accents_become_letters(latex: str, letters: str) -> None:
    assert (cited(bibtex(author=latex)) or "").startswith(f"{letters}, ")


@pytest.mark.parametrize("field", ["author", "year"])
def test_an_entry_without_a_needed_field_gives_nothing(field: str) -> None:
    assert cited(bibtex(**{field: ""})) is None


TYPES = {prototype.name: prototype for prototype in all_prototypes()}
LICOO2 = {"A": "Li+", "B": "Co3+", "X": "O2-"}


def candidate(prototype: str, **ions: str) -> Candidate:
    kind = TYPES[prototype]
    return make_candidate(kind, ions, scale=judge(kind, ions).scale)


def with_neighbours(kind: Prototype, factor: dict[tuple[str, str], float]) -> Prototype:
    """The same type with some distances multiplied, as if the structure were another."""
    rows = tuple(
        replace(
            around,
            distances={
                label: distances * factor.get((around.label, label), 1.0)
                for label, distances in around.distances.items()
            },
        )
        for around in kind.neighbours
    )
    return dataclasses.replace(kind, neighbours=rows)


@pytest.mark.parametrize("name", ["alpha-nafeo2", "olivine", "A2BC4_cF56_227_d_a_e"])
def test_every_assignment_is_neutral_has_li_and_repeats_no_element(name: str) -> None:
    kind = TYPES[name]
    found = assignments(kind)

    assert found
    for chosen in found:
        assert sum(ion(i).charge * kind.counts[label] for label, i in chosen.items()) == 0
        symbols = [ion(i).symbol for i in chosen.values()]
        assert "Li" in symbols
        assert len(set(symbols)) == len(symbols)


def test_no_neutral_assignment_is_missed() -> None:
    kind = TYPES["perovskite"]
    expected = {
        f"A={a} B={b} X={x}"
        for a, b, x in product(CATIONS, CATIONS, ANIONS)
        if ion(a).charge + ion(b).charge + 3 * ion(x).charge == 0
        and "Li+" in (a, b)
        and ion(a).symbol != ion(b).symbol
    }
    assert {assignment_name(chosen) for chosen in assignments(kind)} == expected


def test_licoo2_is_accepted_and_gets_the_cell_of_its_radii() -> None:
    verdict = judge(TYPES["alpha-nafeo2"], LICOO2)
    made = candidate("alpha-nafeo2", **LICOO2)

    bonds = sorted(
        float(n.nn_distance)
        for site in made.structure()
        if site.specie.symbol in ("Li", "Co")
        for n in made.structure().get_neighbors(site, 2.6)
        if n.specie.symbol == "O"
    )
    expected = [radius("Co3+", 6) + 1.40] * 6 + [radius("Li+", 6) + 1.40] * 6
    assert verdict.reason is None
    assert np.mean(bonds) == pytest.approx(np.mean(expected), rel=0.02)
    assert made.structure().charge == 0


@pytest.mark.parametrize(
    ("reason", "kind", "chosen"),
    [
        (generate.NO_LI, TYPES["alpha-nafeo2"], {"A": "Na+", "B": "Co3+", "X": "O2-"}),
        (
            generate.TOO_LARGE,
            dataclasses.replace(
                TYPES["alpha-nafeo2"],
                structure=TYPES["alpha-nafeo2"].structure.make_supercell([7, 6, 1], in_place=False),
            ),
            LICOO2,
        ),
        (
            generate.TOO_LARGE,
            TYPES["garnet-li7"],
            {"A": "Li+", "B": "Ba2+", "C": "Bi3+", "X": "I-"},
        ),
        (
            generate.COORDINATION,
            TYPES["ABC_oP6_59_a_a_a"],
            {"C": "Li+", "Cl": "S2-", "N": "Na+"},
        ),
        (generate.BOND, TYPES["perovskite"], {"A": "Be2+", "B": "Li+", "X": "I-"}),
        (
            generate.LIKE_CHARGES,
            with_neighbours(TYPES["alpha-nafeo2"], {("A", "A"): 0.5}),
            LICOO2,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_filter_turns_away_what_it_is_for(
    reason: str, kind: Prototype, chosen: Assignment
) -> None:
    assert reason in generate.REASONS
    assert judge(kind, chosen).reason == reason


def test_li_too_close_to_a_cation_is_an_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "SHORTEST_LI_CATION_ANG", 3.0)  # Li-Co stand 2.9 Å apart

    assert judge(TYPES["alpha-nafeo2"], LICOO2).reason == generate.OVERLAP


def test_two_structures_with_one_id_are_refused() -> None:
    one = candidate("rock-salt", A="Li+", X="Cl-")

    with pytest.raises(IngestError, match=f"one structure an id; found .*{one.id}"):
        generate._require_own_ids([one, one])


def test_structures_that_cannot_be_labelled_are_named_and_counted() -> None:
    good = candidate("rock-salt", A="Li+", X="Cl-")
    closed = candidate("rock-salt", A="Li+", X="Br-")
    unknown = candidate("rock-salt", A="Li+", X="I-")
    made = Generated(candidates=[good, closed, unknown])

    def label(structure: object) -> Barriers:
        formula = structure.composition.reduced_formula  # type: ignore[attr-defined]
        if "I" in formula:
            raise IngestError(Problem(where="x", expected="y", found="z", next_step="w"))
        value = None if "Br" in formula else 0.5
        return Barriers(e_1d_ev=value, e_2d_ev=value, e_3d_ev=value)

    labels = label_all(made, label=label)

    assert list(labels) == [good.id]
    assert made.n_tried == 3
    assert made.candidates == [good]
    assert made.rejected == {NO_PERCOLATION: [closed.name], NO_PARAMETERS: [unknown.name]}


def test_coordinates_and_cells_are_stored_to_six_decimals_inside_the_cell() -> None:
    made = candidate("li3aln2", A="Li+", B="Al3+", X="N3-")

    values = [value for position in made.frac_coords for value in position]
    assert all(0 <= value < 1 and value == round(value, 6) for value in values)
    assert all(value == round(value, 6) for value in made.cell)
    assert list(made.frac_coords) == [
        position
        for _, position in sorted(
            zip((ion(i).symbol for i in made.ions), made.frac_coords, strict=True)
        )
    ]


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
    assert set(generate.SETTINGS.shares) == set(ANION_CLASSES)
    assert sum(generate.SETTINGS.shares.values()) == pytest.approx(1.0)


def test_the_same_structure_in_another_guise_is_known() -> None:
    kind = TYPES["alpha-nafeo2"]
    one = make_candidate(kind, {"A": "Li+", "B": "Co3+", "X": "O2-"}, scale=1.0)
    larger = make_candidate(kind, {"A": "Li+", "B": "Co3+", "X": "O2-"}, scale=1.1)
    other = make_candidate(kind, {"A": "Li+", "B": "Cr3+", "X": "O2-"}, scale=1.0)

    assert is_known(replace(larger, id="proto-00000000"), [one])
    assert not is_known(other, [one])


def test_candidates_read_back_to_the_last_digit(tmp_path: Path) -> None:
    made = Generated(
        candidates=[candidate("li3aln2", A="Li+", B="Al3+", X="N3-")],
        families=frozenset({"antifluorite"}),
        n_types=1,
        sources={"li3aln2": "a paper"},
        rejected={DUPLICATE: ["x"]},
    )
    write_candidates(tmp_path / "candidates.json", made)

    assert read_candidates(tmp_path / "candidates.json") == made
    with pytest.raises(IngestError, match="make bvel-proto-generate"):
        read_candidates(tmp_path / "none.json")


def test_a_version_that_is_not_listed_is_answered_with_those_that_are(repository: Path) -> None:
    with pytest.raises(ConfigError, match=r"found only 1\.0\.0, .*List it as bvel-proto-9-9-9"):
        embedded_version(load_params(Layout(repository)), "9.9.9")


def test_a_version_that_other_code_drew_is_never_written_again(repository: Path) -> None:
    layout = Layout(repository)
    pinned = embedded_version(load_params(layout), "1.0.0")

    with pytest.raises(ConfigError, match=r"found 1\.0\.0, which other code drew"):
        release(layout, pinned, None)  # type: ignore[arg-type]


def test_without_bvlain_the_error_names_the_extra_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import importlib.metadata

    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(sys, "argv", ["verify.py"])

    with pytest.raises(ConfigError, match=r'expected bvlain 0\.25\.1.*"ionladder\[bvel\]"'):
        verify.main()


@needs_bvlain
def test_the_script_says_how_many_labels_came_out_again(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setattr(sys, "argv", ["verify.py"])
    monkeypatch.setattr(verify.recompute_sample, "__kwdefaults__", {"n": 1})

    verify.main()

    assert "1.1.0: labels of 1 entries came out as recorded" in capsys.readouterr().out
