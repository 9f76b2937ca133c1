"""Distances between ions: the crystals of 1.1.0 that cannot exist, and bonds that may be short."""

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data.bvel_proto.crystals import structure
from ionladder.data.distances import distance_check, shortest_violation
from ionladder.data.ingest import run_checks
from ionladder.data.registry import get_dataset
from ionladder.data.store import read_table
from ionladder.errors import IngestError
from ionladder.repo import Layout

FOLDS = FoldSettings(n_folds=2, n_repeats=1, seed=1)
ROOT = Layout(Path(__file__).resolve().parents[3])
WRONG = ("scheelite", "ABC4_mP12_13_e_a_2g")
SYLVANITES_WITH_LI_AS_TE = {"Li4TeS", "Li4TeSe", "Li4SeS", "Li4TeO"}


def crystals(version):
    entries, sites = (
        read_table(ROOT, "bvel_proto", version, name).to_pylist()
        for name in ("entries", "structures")
    )
    of = {row["id"]: row for row in sites}
    return {row["id"]: (row, structure(row, of[row["id"]])) for row in entries}


def test_the_seventeen_of_1_1_0_are_turned_away_and_nothing_else():
    """Four of sylvanite's have Li in place of Te: no distance is wrong, so the type is left out."""
    before, after = crystals("1.1.0"), crystals("1.2.0")
    wrong = {name for name, (row, _) in before.items() if row["prototype"] in WRONG}
    passed = {n for n in wrong if before[n][0]["formula"] in SYLVANITES_WITH_LI_AS_TE}

    assert (len(wrong), len(passed)) == (17, 4)
    assert {n for n, (_, crystal) in before.items() if shortest_violation(crystal)} == (
        wrong - passed
    )
    assert not wrong & set(after)
    assert "ABC4_mP12_13_e_a_2g" not in {row["prototype"] for row, _ in after.values()}
    assert not any(shortest_violation(crystal) for _, crystal in after.values())


def test_a_finding_names_the_pair_its_distance_and_the_limit():
    row, crystal = next(p for p in crystals("1.1.0").values() if p[0]["id"] == "proto-60dc200d")
    check = distance_check(lambda subject: subject)

    with pytest.raises(IngestError) as raised:
        run_checks(get_dataset("bvel_proto"), (check,), [(row["id"], crystal)])

    assert "id 'proto-60dc200d', I- (site 5) and I- (site 8)" in str(raised.value)
    assert "at least 2.591 Å (1.15 times the nearest cation-anion distance)" in str(raised.value)
    assert "found 2.268 Å" in str(raised.value)


def line(*atoms, box=12.0):
    """Atoms on a line; positions in Å."""
    species, places = zip(*atoms, strict=True)
    cell = Lattice.cubic(box)
    return Structure(cell, species, [[x, 0, 0] for x in places], coords_are_cartesian=True)


HALF = {"Li": 0.5}


@pytest.mark.parametrize(
    ("crystal", "pair"),
    [
        (line(("Na+", 0), ("F-", 2.3)), None),
        (line(("Na+", 0), ("F-", 1.4)), "Na+ (site 0) and F- (site 1)"),
        (line(("Li+", 0), ("Na+", 1.5), ("F-", 3.4)), "Li+ (site 0) and Na+ (site 1)"),
        (line(("I-", 0), ("I-", 2.7), ("Li+", 5.4)), "I- (site 0) and I- (site 1)"),
        (line(("I", 0), ("I", 2.7), ("Li", 5.4)), None),  # a bond, where no charge denies it
        (line(("O", 0), ("O", 1.49), ("Li", 3.4)), None),  # a peroxide
        (line(("F", 0), ("F", 1.84), ("Cr", 3.5)), "F (site 0) and F (site 1)"),
        (line(("S", 0), ("O", 1.47), ("Li", 3.4)), None),  # S of a sulfate is a cation
        (line((HALF, 0), (HALF, 0.4), ("O", 2.4)), None),  # never filled at once
        (line(({"Li": 0.6}, 0), (HALF, 0.4), ("O", 2.4)), "Li (site 0) and Li (site 1)"),
        (line(("Li", 0)), None),
    ],
)
def test_each_kind_of_pair_has_its_least_distance(crystal, pair):
    found = shortest_violation(crystal)

    assert (found and found.pair) == pair
    version = DatasetVersion(dataset="x", version="1.0.0", folds=FOLDS)
    check = distance_check(lambda crystals: crystals, pinned_of=lambda _: version)
    counted = check.run([("x1", crystal)])
    assert not counted.findings
    assert (counted.detail == "1 of 1 structures hold nearer ions: x1") == (pair is not None)


@pytest.mark.parametrize("version", ["1.2.0"])
@pytest.mark.parametrize("dataset", ["obelix", "bvel_proto"])
def test_every_released_crystal_was_checked(dataset, version):
    manifest = ROOT.manifest(dataset, version).read_text(encoding="utf-8")
    assert '"name": "distances_are_possible"' in manifest
