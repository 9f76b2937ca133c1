"""BVEL13k and nebBVSE122k from archives in upstream's layout to scores; and every bad archive."""

from dataclasses import replace

import miniature as mini
import numpy as np
import pandas as pd
import pytest
from li3po4 import CELL, FRACTIONS, SYMBOLS, structure
from miniature import (
    LI3PO4,
    LI3PO4_EV,
    LI3PO4_HOPS_EV,
    build,
    bvel13k,
    changed,
    nebbvse122k,
    relabelled,
)
from writing import write_zip

from ionladder.baselines.runner import run_baseline
from ionladder.config import ScoringSettings, load_params
from ionladder.data.bond_valence import barriers_of
from ionladder.data.registry import get_task
from ionladder.errors import IngestError
from ionladder.score import TaskScorer
from unit.data.bvlain_here import needs_bvlain

BOTH = pytest.mark.parametrize("make", [bvel13k, nebbvse122k], ids=["bvel13k", "nebbvse122k"])
SETTINGS = ScoringSettings(resamples=200, seed=1, confidence=0.95)


def refused(miniature, folder, **changes):
    with pytest.raises(IngestError) as caught:
        build(miniature, folder, **changes)
    return str(caught.value)


def by_id(built, table):
    return {row["id"]: row for row in built.tables[table].to_pylist()}


def detail(built, name):
    return next(check.detail for check in built.checks if check.name == name)


def test_barriers_are_upstreams_and_inf_is_a_missing_label(tmp_path):
    built = build(bvel13k(), tmp_path)
    labels = by_id(built, "labels")
    assert {key: labels[LI3PO4][f"e_{key[2:].lower()}_ev"] for key in LI3PO4_EV} == LI3PO4_EV
    assert labels[LI3PO4]["dimensionality"] == "2d"
    assert labels["mp-101"]["e_3d_ev"] is None
    assert (labels["mp-101"]["percolates_2d"], labels["mp-101"]["percolates_3d"]) == (True, False)
    entry = by_id(built, "entries")[LI3PO4]
    assert (entry["formula"], entry["chemsys"]) == ("Li3PO4", "Li-O-P")
    assert (entry["n_sites"], entry["n_li"], entry["anion_class"]) == (32, 12, "oxide")


@needs_bvlain
def test_li3po4_has_upstreams_barriers_from_the_structure_to_the_label(tmp_path):
    barriers = barriers_of(structure())
    assert barriers.as_tuple() == tuple(LI3PO4_EV.values())
    values = dict(zip(LI3PO4_EV, barriers.as_tuple(), strict=True))
    products = {f"{key}_x_nsites": round(value * 32, 4) for key, value in values.items()}
    assert products["E_1D_x_nsites"] == 15.312  # as in upstream's file
    positions = (FRACTIONS @ CELL).tolist()
    frame = {"symbols": SYMBOLS, "cell": CELL.tolist(), "positions": positions}
    miniature = changed(bvel13k(), "train", 0, **frame, info={**values, **products})
    label = by_id(build(miniature, tmp_path), "labels")[LI3PO4]
    assert (label["e_1d_ev"], label["e_2d_ev"], label["e_3d_ev"]) == (0.4785, 0.4785, 0.8008)


@pytest.mark.parametrize("is_whole", [True, False])
def test_hops_are_read_whether_ends_hold_li_and_whether_the_index_names_them(tmp_path, *, is_whole):
    built = build(nebbvse122k(keeps_end_sites=is_whole, with_edge_id=is_whole), tmp_path)
    labels = by_id(built, "labels")
    for hop, em in zip(("1_0_0_1", "0_0_-1_0", "2_1_0_0"), LI3PO4_HOPS_EV, strict=False):
        assert labels[f"{LI3PO4}_0_{hop}"]["em_ev"] == em
    edge = by_id(built, "entries")[f"{LI3PO4}_0_0_0_-1_0"]
    assert (edge["material_id"], edge["source_site"], edge["target_site"]) == (LI3PO4, 0, 0)
    assert (edge["offset_a"], edge["offset_b"], edge["offset_c"]) == (0, -1, 0)


def test_a_material_in_two_parts_is_counted_and_not_refused(tmp_path):
    miniature = nebbvse122k()
    hop = miniature.frames["train"].pop()
    miniature.frames["test"].append(hop)
    for row in miniature.index:
        if row["edge_id"] == hop["info"]["edge_id"]:
            row["_split"] = "test"
    built = build(miniature, tmp_path)
    said = "train and test share 1 of 3 materials (1 entries of test)"
    assert said in detail(built, "material_overlap_is_known")
    shared = built.summary["material_overlap"]["shared"]
    assert (shared["train|test"]["materials"], shared["train|test"]["entries"]) == (1, 1)
    assert shared["val|test"]["materials"] == 0


# Archives that are refused


@BOTH
def test_damaged_unsafe_and_incomplete_archives_are_refused(make, tmp_path):
    miniature = make()
    path = miniature.write(tmp_path / "raw")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(IngestError, match="a readable zip archive"):
        mini.build_archive(miniature.pinned(), tmp_path)
    unsafe = replace(miniature, extra={"../../out.xyz": "1\n"})
    assert "a path that leaves it" in refused(unsafe, tmp_path)
    assert not list(tmp_path.parent.glob("out.xyz"))
    members = {n: t for n, t in miniature.members().items() if "_val" not in n and "index" not in n}
    write_zip(path, members)
    with pytest.raises(IngestError) as caught:
        mini.build_archive(miniature.pinned(), tmp_path)
    for name in ("val.xyz", "index.csv"):
        assert f"{miniature.stem}_{name}: expected one such file" in str(caught.value)
    said = refused(miniature, tmp_path, expected={"train": 1, "val": 99, "test": 0})
    for part in ("train, frames", "val, rows of the index", "test, frames"):
        assert f"counts_are_upstreams: {part}" in said


INDEX_CASES = [
    ({"_split": "val"}, "the part of the structure's file; found not so for 1: mp-102"),
    ({"E_2D": 9.9999}, "E_2D of the structure, to the printed digits; found not so for 1"),
    ({"E_2D": ""}, "E_2D of the structure"),
    ({"material_id": "mp-9"}, "entries that have a structure; found not so for 1: mp-9"),
    ({"material_id": "mp-9"}, "a row for every structure; found not so for 1: mp-102"),
    ({"material_id": LI3PO4}, "each material_id once; found twice: mp-2878"),
    ({"chemsys": "Li-Xe"}, "elements_agree: structures"),
]
FRAME_CASES = [
    ({"E_1D": "nan"}, "E_1D: a number in eV, not negative, or inf; found train, frame 3"),
    ({"E_1D": -0.5}, "E_1D: a number in eV"),
    ({"E_1D": "0.4eV"}, "E_1D: a number in eV"),
    ({"E_3D_x_nsites": 1.0}, "E_3D_x_nsites = E_3D times the number of sites"),
    ({"material_id": "mp-101"}, "each material_id once; found twice: mp-101"),
]
HOP_CASES = [
    ({"edge_id": "mp-101_0_1"}, "an edge_id such as mp-2878_0_11_0_0_1; found train, frame 4"),
    ({"edge_id": "mp-101_1_1_0_0_0"}, "an edge_id such as"),
    ({"edge_id": "mp-77_0_1_0_0_1"}, "an edge_id that begins with the material_id"),
    ({"em": "inf"}, "em: a number in eV, not negative; found train, frame 4"),
]


@pytest.mark.parametrize(("changes", "said"), INDEX_CASES)
def test_an_index_that_differs_is_refused(tmp_path, changes, said):
    assert said in refused(relabelled(bvel13k(), 2, **changes), tmp_path)


@pytest.mark.parametrize(("info", "said"), FRAME_CASES + HOP_CASES)
def test_a_frame_that_is_wrong_is_refused(tmp_path, info, said):
    is_hop = (info, said) in HOP_CASES
    miniature = changed(nebbvse122k() if is_hop else bvel13k(), "train", 2 + is_hop, info=info)
    assert said in refused(miniature, tmp_path)


def test_an_index_without_edges_is_compared_by_material_part_and_label(tmp_path):
    miniature = relabelled(nebbvse122k(with_edge_id=False), 4, em=9.0)
    said = "as many rows of each material, with the same labels; found mp-101 (train)"
    assert said in refused(miniature, tmp_path)


def test_a_dummy_atom_in_the_wrong_place_is_refused(tmp_path):
    symbols = nebbvse122k().frames["test"][0]["symbols"]
    for wrong in (["X", *symbols[:-1]], [*symbols[:-1], "Li"]):
        said = refused(changed(nebbvse122k(), "test", 0, symbols=wrong), tmp_path)
        assert "one dummy atom X, the last; found mp-108_0_1_0_0_1" in said
    dummies = ["X"] * len(bvel13k().frames["test"][0]["symbols"])
    assert "no dummy atom X" in refused(changed(bvel13k(), "test", 0, symbols=dummies), tmp_path)


# Boards


def scored(layout, name, task):
    params = load_params(layout)
    run_baseline(layout, params, name, task, n_seeds=None)
    scorer = TaskScorer.open(layout, get_task(task), params.task_versions[task], SETTINGS)
    return scorer.score(layout.submission_dir(task, name))


def test_medians_score_as_plain_sums_say(tmp_path):
    layout = mini.ingested(tmp_path / "hops", nebbvse122k())
    evaluation = scored(layout, "train-median", "nebbvse122k").evaluation
    index = pd.DataFrame(nebbvse122k().index)
    is_test = index["_split"] == "test"
    errors = index.loc[is_test, "em"] - index.loc[~is_test, "em"].median()
    values = {name: evaluation.score("em_ev", "all", name).value for name in ("mae", "rmse")}
    assert values["mae"] == pytest.approx(errors.abs().mean(), abs=1e-6)
    assert values["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), abs=1e-6)
    assert evaluation.score("em_ev", "all", "slope").value == 0.0
    assert np.isnan(evaluation.score("em_ev", "all", "pearson_r").value)
