"""Ingest: byte-stable, all or nothing; folds drawn from hashes."""

import hashlib
import json
import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from factories import write_repo
from ionladder.config import DatasetVersion, FoldSettings, load_params
from ionladder.data import ingest
from ionladder.data.bvel_proto.crystals import structure
from ionladder.data.distances import distance_check, shortest_violation
from ionladder.data.fetch import fetch_version
from ionladder.data.ingest import run_checks
from ionladder.data.registry import get_dataset
from ionladder.data.store import read_table
from ionladder.errors import DataChangedError, DataMissingError, IngestError
from ionladder.repo import Layout

# Ingest: byte-stable, all or nothing, and never another content under a released version.


DATA_FILES = ["SHA256SUMS", "manifest.json"] + [
    f"{name}.parquet" for name in ("entries", "folds", "labels", "splits", "structures")
]


def snapshot(layout):
    """Every file below ``data/``, hidden ones included."""
    data = layout.root / "data"
    return {p.relative_to(data).as_posix(): p.read_bytes() for p in data.rglob("*") if p.is_file()}


def fetched(layout, version):
    """Fetch one version, as ``params.yaml`` now pins it."""
    pinned = load_params(layout).versions[f"obelix-{version}".replace(".", "-")]
    fetch_version(layout, pinned)
    return pinned


def release_again(layout, folder, **options):
    """Publish other bytes under the released version 1.0.0."""
    other = write_repo(folder, {"1.0.0": options})
    shutil.copy(other.params, layout.params)
    return fetched(layout, "1.0.0")


def test_a_version_has_its_tables_checksums_and_manifest(repo):
    folder = repo.version_dir("obelix", "1.0.0")
    assert sorted(p.name for p in folder.iterdir() if p.is_file()) == sorted(DATA_FILES)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [check["result"] for check in manifest["checks"]] == ["passed"] * 15
    assert {name: table["rows"] for name, table in manifest["tables"].items()} == {
        "entries": 50,
        "labels": 50,
        "structures": 17,
        "splits": 50,
        "folds": 2 * 2 * 36,
    }


def test_a_second_run_leaves_every_byte_as_it_was(repo, params):
    before = snapshot(repo)
    for pinned in params.versions.values():
        done = ingest.ingest_version(repo, pinned)
        assert not done.is_first_release
        assert done.n_checks == 15
    assert snapshot(repo) == before


def test_missing_raw_files_are_named_with_the_command_for_them(repo, params):
    (repo.raw_dir("obelix", "1.0.0") / "all.csv").unlink()
    with pytest.raises(DataMissingError) as caught:
        ingest.ingest_version(repo, params.versions["obelix-1-0-0"])
    (problem,) = caught.value.problems
    assert problem.where == "data/obelix/1.0.0/raw/all.csv"
    assert "ionladder fetch obelix-1-0-0" in problem.next_step


def test_raw_files_with_other_bytes_are_refused(repo, params):
    path = repo.raw_dir("obelix", "1.0.0") / "train.csv"
    path.write_bytes(path.read_bytes().replace(b"garnet", b"Garnet"))
    before = snapshot(repo)
    with pytest.raises(DataChangedError, match=r"raw/train\.csv: expected SHA-256"):
        ingest.ingest_version(repo, params.versions["obelix-1-0-0"])
    assert snapshot(repo) == before


def test_another_content_of_a_released_version_is_refused(repo, tmp_path):
    before = snapshot(repo)
    pinned = release_again(
        repo,
        tmp_path / "other",
        changes={("a05", "Ionic conductivity (S cm-1)"): "5e-05", ("a06", "a"): "5.6"},
    )
    raw_changed = {name for name, data in snapshot(repo).items() if before[name] != data}
    with pytest.raises(IngestError) as caught:
        ingest.ingest_version(repo, pinned)
    problems = {p.where: p for p in caught.value.problems}
    where = "data/obelix/1.0.0/manifest.json, table "
    assert set(problems) == {f"{where}entries", f"{where}labels"}
    labels = problems[f"{where}labels"]
    assert labels.found == "50 rows that differ in log10_sigma, sigma_s_per_cm"
    assert "A released version is immutable." in labels.next_step
    assert problems[f"{where}entries"].found == "50 rows that differ in a_ang, volume_ang3"
    now = snapshot(repo)
    assert {name for name in now if now[name] != before.get(name)} == raw_changed
    assert set(now) == set(before)


def test_a_failed_first_ingest_leaves_nothing_but_the_raw_files(tmp_path):
    layout = write_repo(tmp_path, {"1.0.0": {"changes": {("a04", "Z"): "7"}}})
    pinned = fetched(layout, "1.0.0")
    with pytest.raises(IngestError, match="formulas_agree"):
        ingest.ingest_version(layout, pinned)
    assert {name.split("/")[2] for name in snapshot(layout)} == {"raw"}
    assert [p.name for p in layout.version_dir("obelix", "1.0.0").iterdir()] == ["raw"]


REUSED = {"True Composition": "Li2.0Ge1.0O4.0", "Reduced Composition": "Li2GeO4", "Z": "1"}


def with_reused_id(folder):
    """Version 1.1.0 uses the id z03 for another composition than 1.0.0 does."""
    changes = {("z03", column): value for column, value in REUSED.items()}
    changes[("z03", "Cif ID")] = "not available"

    def edit(upstream):
        upstream.cifs.pop("z03", None)
        upstream.expected["structures"] = len(upstream.cifs)
        for row in (*upstream.rows, *upstream.test):
            if row["ID"] == "z03":
                row["a"] = row["b"] = row["c"] = "5.0"
                row["Space group"], row["Space group #"] = "Fm-3m", "225"

    return write_repo(folder, {"1.0.0": {}, "1.1.0": {"changes": changes, "edit": edit}})


@pytest.mark.parametrize("order", [("1.0.0", "1.1.0"), ("1.1.0", "1.0.0")])
def test_an_id_of_another_composition_is_refused(tmp_path, order):
    layout = with_reused_id(tmp_path)
    first, second = (fetched(layout, version) for version in order)
    ingest.ingest_version(layout, first)
    before = snapshot(layout)
    with pytest.raises(IngestError) as caught:
        ingest.ingest_version(layout, second)
    (problem,) = caught.value.problems
    assert problem.where == f"ids_keep_their_formula: obelix {order[1]}, id 'z03'"
    assert order[0] in problem.expected
    assert snapshot(layout) == before


# Components and folds: partitions that depend on content only, never on order or a generator.


ids = st.text("abcdefgh0123456789", min_size=3, max_size=3)
token_links = st.dictionaries(ids, st.lists(st.integers(0, 12), max_size=3), max_size=40)
component_maps = st.dictionaries(ids, st.integers(1, 9), min_size=1, max_size=60)
settings = st.builds(
    FoldSettings, n_folds=st.integers(2, 6), n_repeats=st.integers(1, 3), seed=st.integers(0, 999)
)


def reversed_order(mapping):
    return dict(reversed(mapping.items()))


@given(token_links)
def test_components_are_the_finest_partition_over_tokens(links):
    components = ingest.connected_components(links)
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


@given(component_maps, settings)
def test_folds_hold_every_entry_out_once_and_are_as_equal_as_components_allow(components, settings):
    rows = ingest.draw_folds(components, settings)
    held_out = Counter((row["scheme"], row["repeat"], row["id"]) for row in rows)
    assert set(held_out.values()) == {1}
    assert len(held_out) == 2 * settings.n_repeats * len(components)
    grouped = ingest.grouped_folds(components, settings, repeat=0)
    places = {(components[entry], fold) for entry, fold in grouped.items()}
    assert len(places) == len(set(components.values()))
    largest = max(Counter(components.values()).values())
    for draw, spread in ((ingest.grouped_folds, largest), (ingest.shuffled_folds, 1)):
        drawn = draw(components, settings, repeat=0)
        assert drawn == draw(reversed_order(components), settings, repeat=0)
        sizes = Counter(drawn.values())
        counts = [sizes[fold] for fold in range(settings.n_folds)]
        assert max(counts) - min(counts) <= spread


def test_shuffled_folds_follow_the_documented_rule():
    entries = ["5e2", "019", "max", "7e5", "aaa"]
    rank = {e: hashlib.sha256(f"7|kfold_shuffled|1|{e}".encode()).hexdigest() for e in entries}
    order = sorted(entries, key=rank.__getitem__)
    settings = FoldSettings(n_folds=2, n_repeats=2, seed=7)
    dealt = {e: i % 2 for i, e in enumerate(order)}
    assert ingest.shuffled_folds(entries, settings, repeat=1) == dealt


def test_large_components_are_dealt_first_each_to_an_empty_fold():
    sizes = {1: 30, 2: 25, 3: 20, 4: 10, **dict.fromkeys(range(5, 20), 1)}
    components = {f"{n:02d}{i:02d}": n for n, size in sizes.items() for i in range(size)}
    settings = FoldSettings(n_folds=4, n_repeats=1, seed=1)
    folds = ingest.grouped_folds(components, settings, repeat=0)
    assert len({folds[f"{number:02d}00"] for number in (1, 2, 3, 4)}) == 4
    # 30 and 25 rows are the share of a fold; the single entries fill up the others.
    assert sorted(Counter(folds.values()).values()) == [22, 23, 25, 30]


# --- Distances between ions: the crystals of 1.1.0 that cannot exist, and bonds that may be short

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
