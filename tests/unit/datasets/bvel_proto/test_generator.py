"""The generator: neutral, filtered, the same every time, and nothing left out in silence."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from ionladder.data.bond_valence import Barriers, ion, radius
from ionladder.data.bvel_proto import generate as filters
from ionladder.data.bvel_proto.generate import (
    NO_PARAMETERS,
    NO_PERCOLATION,
    Generated,
    _require_own_ids,
    judge,
    label_all,
)
from ionladder.data.bvel_proto.prototypes import (
    Assignment,
    Prototype,
    all_prototypes,
    assignment_name,
    assignments,
    drawing_rank,
)
from ionladder.data.bvel_proto.tables import Candidate, make_candidate
from ionladder.errors import IngestError

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
    from itertools import product

    from ionladder.data.bond_valence import ANIONS, CATIONS

    kind = TYPES["perovskite"]
    expected = {
        f"A={a} B={b} X={x}"
        for a, b, x in product(CATIONS, CATIONS, ANIONS)
        if ion(a).charge + ion(b).charge + 3 * ion(x).charge == 0
        and "Li+" in (a, b)
        and ion(a).symbol != ion(b).symbol
    }
    assert {assignment_name(chosen) for chosen in assignments(kind)} == expected


def test_the_order_of_drawing_does_not_depend_on_the_hash_seed_of_python() -> None:
    code = (
        "from ionladder.data.bvel_proto.prototypes import HAND_BUILT, _from_family\n"
        "from ionladder.data.bvel_proto.prototypes import *\n"
        "kind = _from_family(next(f for f in HAND_BUILT if f.prototype == 'alpha-nafeo2'))\n"
        "print([(assignment_name(a), drawing_rank(kind, a)) for a in assignments(kind)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    kind = TYPES["alpha-nafeo2"]
    here = [(assignment_name(chosen), drawing_rank(kind, chosen)) for chosen in assignments(kind)]

    assert outputs == {f"{here}\n"}


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
        (filters.NO_LI, TYPES["alpha-nafeo2"], {"A": "Na+", "B": "Co3+", "X": "O2-"}),
        (
            filters.TOO_LARGE,
            dataclasses.replace(
                TYPES["alpha-nafeo2"],
                structure=TYPES["alpha-nafeo2"].structure.make_supercell([7, 6, 1], in_place=False),
            ),
            LICOO2,
        ),
        (filters.TOO_LARGE, TYPES["garnet-li7"], {"A": "Li+", "B": "Ba2+", "C": "Bi3+", "X": "I-"}),
        (
            filters.COORDINATION,
            TYPES["ABC_oP6_59_a_a_a"],
            {"C": "Li+", "Cl": "S2-", "N": "Na+"},
        ),
        (filters.BOND, TYPES["perovskite"], {"A": "Be2+", "B": "Li+", "X": "I-"}),
        (
            filters.LIKE_CHARGES,
            with_neighbours(TYPES["alpha-nafeo2"], {("A", "A"): 0.5}),
            LICOO2,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_filter_turns_away_what_it_is_for(
    reason: str, kind: Prototype, chosen: Assignment
) -> None:
    assert reason in filters.REASONS
    assert judge(kind, chosen).reason == reason


def test_li_too_close_to_a_cation_is_an_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "SHORTEST_LI_CATION_ANG", 3.0)  # Li-Co stand 2.9 Å apart

    assert judge(TYPES["alpha-nafeo2"], LICOO2).reason == filters.OVERLAP


def test_two_structures_with_one_id_are_refused_with_a_letter() -> None:
    one = candidate("rock-salt", A="Li+", X="Cl-")

    with pytest.raises(IngestError, match=f"one structure an id; found .*{one.id}"):
        _require_own_ids([one, one])


def test_structures_that_cannot_be_labelled_are_named_and_counted() -> None:
    good = candidate("rock-salt", A="Li+", X="Cl-")
    closed = candidate("rock-salt", A="Li+", X="Br-")
    unknown = candidate("rock-salt", A="Li+", X="I-")
    made = Generated(candidates=[good, closed, unknown])

    def label(structure: object) -> Barriers:
        formula = structure.composition.reduced_formula  # type: ignore[attr-defined]
        if "I" in formula:
            raise IngestError(_problem())
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


def _problem() -> object:
    from ionladder.errors import Problem

    return Problem(where="x", expected="y", found="z", next_step="w")
