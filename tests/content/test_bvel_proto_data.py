"""Facts of the committed BVEL-proto tables, each counted or computed here again."""

from pathlib import Path

import numpy as np
import pytest

import verify
from generate import generate, judge, make_candidate
from ionladder.config import load_params
from ionladder.data.bond_valence import Barriers
from ionladder.data.bvel_proto.crystals import structure
from ionladder.data.store import read_table
from ionladder.repo import Layout, content_hash, read_json
from label import DATASET, DRAWN_HERE, _entry, _sites, build_tables, embedded_version
from prototypes import all_prototypes
from unit.data.bvlain_here import needs_bvlain
from verify import recompute_sample

TARGETS = ("e_1d_ev", "e_2d_ev", "e_3d_ev")
ROOT = Path(__file__).resolve().parents[2]
VERSIONS = [
    pinned.version
    for pinned in load_params(Layout(ROOT)).versions.values()
    if pinned.dataset == DATASET.name
]


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return str(request.param)


@pytest.fixture(scope="module")
def tables(layout, version):
    return {
        spec.name: read_table(layout, DATASET.name, version, spec.name).to_pylist()
        for spec in DATASET.tables
    }


def test_no_two_ions_overlap_and_li_keeps_clear_of_cations(tables):
    entries = {row["id"]: row for row in tables["entries"]}

    for row in tables["structures"]:
        crystal = structure(entries[row["id"]], row)
        centres, others, _, distances = crystal.get_neighbor_list(3.0)
        charges, is_li = np.array(row["charges"]), np.array(row["species"]) == "Li"
        li_cation = distances[is_li[centres] & (charges[others] > 0)]
        assert distances.min(initial=3.0) > 1.2
        assert li_cation.min(initial=3.0) > 1.7


def test_readme_counts_known_types_and_what_unknown_ones_cost(layout):
    version = load_params(layout).task_versions["bvel-proto"]
    entries, splits = (
        read_table(layout, DATASET.name, version, name).to_pandas()
        for name in ("entries", "splits")
    )
    subset = splits[splits["split_name"] == "chemsys"].set_index("id")["subset"]
    of_test = entries["id"].map(subset) == "test"
    known = entries[of_test]["prototype"].isin(entries[~of_test]["prototype"])
    receipt = read_json(layout.receipt("bvel-proto", "structure-hgb"))
    easy, hard = (receipt["cross_validation"][s]["mae_clipped"] for s in ("chemsys", "prototype"))
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())

    assert f"{known.sum()} of its {len(known)} test structures have a structure type" in text
    assert f"{hard / easy:.1f} times as large ({hard:.2f} instead of {easy:.2f} eV)" in text


def test_layered_types_are_two_dimensional_and_most_others_are_not(tables):
    entries = {row["id"]: row for row in tables["entries"]}
    layered, nasicon = (
        [
            row
            for row in tables["labels"]
            if entries[row["id"]]["family"] == family
            and "A=Li+" in entries[row["id"]]["assignment"].split()
        ]
        for family in ("layered", "nasicon")
    )

    # A missing E_3D says that nothing percolates in three dimensions below 20 eV.
    gap = [np.inf if row["e_3d_ev"] is None else row["e_3d_ev"] - row["e_2d_ev"] for row in layered]
    assert np.median(gap) > 1.0
    assert all(row["e_1d_ev"] == row["e_3d_ev"] for row in nasicon)


def test_a_label_that_comes_out_otherwise_is_named_with_both_values(layout, version, monkeypatch):
    other = Barriers(e_1d_ev=1.0, e_2d_ev=2.0, e_3d_ev=None)
    monkeypatch.setattr(verify, "barriers_of", lambda _: other)

    problems = recompute_sample(layout, version, n=2).problems

    assert len(problems) == 2
    assert "found 1.0000 eV, 2.0000 eV, none" in str(problems[0])
    assert "id 'proto-" in problems[0].where


def test_a_sample_of_structures_is_made_again_to_the_last_digit(tables, version):
    if version != DRAWN_HERE:
        pytest.skip(f"{version} was drawn by earlier code")
    types = {prototype.name: prototype for prototype in all_prototypes()}
    sites = {row["id"]: row for row in tables["structures"]}
    for row in tables["entries"][::43]:
        kind = types[row["prototype"]]
        chosen = dict(pair.split("=") for pair in row["assignment"].split())
        made = make_candidate(kind, chosen, scale=judge(kind, chosen).scale)
        assert _entry(made, kind.source) == row
        assert _sites(made) == sites[row["id"]]


@pytest.mark.slow
def test_every_table_is_drawn_again_from_nothing_but_labels(layout):
    pinned = embedded_version(load_params(layout), DRAWN_HERE)
    stored = {
        spec.name: read_table(layout, DATASET.name, DRAWN_HERE, spec.name)
        for spec in DATASET.tables
    }
    labels: dict[str, dict[str, Barriers]] = {}
    for row in (*stored["labels"].to_pylist(), *stored["replicates"].to_pylist()):
        barriers = Barriers(**{target: row[target] for target in TARGETS})
        labels.setdefault(row["id"], {})[row.get("variant", "label")] = barriers
    again = {
        entry: {name: of[name] for name in of if name not in ("label", "reference")}
        for entry, of in labels.items()
        if len(of) > 1
    }
    made = generate()
    reference = {entry: of["label"] for entry, of in labels.items()}
    fresh = build_tables(made.candidates, reference, again, made.sources, pinned.folds)

    for spec in DATASET.tables:
        hashes = [content_hash(t[spec.name], key=list(spec.key)) for t in (stored, fresh)]
        assert len(set(hashes)) == 1, spec.name


@needs_bvlain
@pytest.mark.slow
def test_a_tenth_of_the_labels_comes_out_again(layout):
    assert recompute_sample(layout, DRAWN_HERE, n=86).problems == ()
