"""nebDFT2k from end to end on its miniature: template, baselines, scores, boards and card."""

import json

import numpy as np
import paths_submission as paths
import pyarrow.parquet as pq
import pytest
from command import Prompt
from nebdft2k_miniature import hops, make_repository

import tiny
from ionladder.data.litraj.xyz import PeriodicCell

BARRIER, PATH = "nebdft2k-barrier", "nebdft2k-path"
TEST = paths.held_out_hops()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A repository in which baselines of both tasks are run."""
    return make_repository(tmp_path_factory.mktemp("boards")).root


@pytest.fixture
def prompt(root, monkeypatch, capsys):
    """A prompt in it."""
    monkeypatch.setenv("IONLADDER_ROOT", str(root))
    return Prompt(root, monkeypatch, capsys)


def by_hop(file):
    """Rows of a file of paths, hop by hop."""
    found: dict[str, list[dict]] = {}
    for row in pq.read_table(file).to_pylist():
        found.setdefault(row["id"], []).append(row)
    return found


def filled(file, **values):
    """Give whole columns of a file one value."""
    table = pq.read_table(file)
    for name, one in values.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, [[one] * table.num_rows])
    pq.write_table(table, file)


def score(prompt, task, name):
    found = json.loads(prompt.ok("score", f"submissions/{task}/{name}", "--json").out)
    return found["targets"]


def test_a_template_lists_every_image_and_is_scored_when_full(root, prompt):
    assert "predictions.parquet (7 ids)" in prompt.ok("new", PATH, "mine").out
    file = root / "submissions" / PATH / "mine" / "predictions.parquet"
    for hop in TEST:
        rows = by_hop(file)[hop.id]
        assert [row["image"] for row in rows] == list(range(len(hop.init)))
        positions = np.array([row["positions_ang"] for row in rows]).reshape(hop.init.shape)
        np.testing.assert_allclose(positions, hop.init, atol=1e-5)
    said = prompt.error("score", f"submissions/{PATH}/mine")
    assert "converged: expected true or false" in said
    filled(file, converged=True, energy_ev=0.0)
    file.with_name("submission.yaml").write_text(tiny.CARD)
    prompt.ok("validate", f"submissions/{PATH}/mine")
    targets = score(prompt, PATH, "mine")
    mean = np.mean([np.ptp(hop.energies) for hop in TEST])
    assert targets["barrier_ev"]["all"]["metrics"]["mae"]["value"] == pytest.approx(mean, abs=1e-6)
    assert targets["failed"]["all"]["metrics"]["mae"]["value"] == 0.0


def test_baselines_of_paths_are_straight_or_the_initial_path(root, prompt):
    folder = root / "submissions" / PATH / "linear-path"
    prompt.ok("baseline", "linear-path", "--task", PATH)
    for hop in TEST:
        rows = by_hop(folder / "predictions.parquet")[hop.id]
        places = np.array([row["positions_ang"] for row in rows]).reshape(hop.init.shape)
        cell, ends = PeriodicCell(hop.cell), hop.init[[0, -1], hop.moving]
        assert {row["energy_ev"] for row in rows} == {0.0}
        np.testing.assert_allclose(np.diff(places, n=2, axis=0), 0.0, atol=1e-5)
        np.testing.assert_allclose(cell.distances(places[[0, -1]], hop.init[[0, -1]]), 0, atol=1e-5)
        way = np.linalg.norm(places[-1, hop.moving] - places[0, hop.moving])
        assert way == pytest.approx(float(cell.distances(ends[1], ends[0])), abs=1e-5)
    prompt.ok("baseline", "bvse-path", "--task", PATH)
    metrics = score(prompt, PATH, "bvse-path")["barrier_ev"]["all"]["metrics"]
    errors = [abs(hop.em_bvse - np.ptp(hop.energies)) for hop in TEST]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert metrics["mae_converged"]["value"] == metrics["mae"]["value"]


def test_both_boards_are_published_with_quoted_rows(root, prompt):
    for name in ("train-median", "bvse-affine"):
        prompt.ok("baseline", name, "--task", BARRIER)
    train = [hop for hop in hops() if hop.part != "test"]
    slope, shift = np.polyfit([h.em_bvse for h in train], [h.em_dft for h in train], 1)
    errors = [abs(shift + slope * h.em_bvse - h.em_dft) for h in TEST]
    target = score(prompt, BARRIER, "bvse-affine")["em_dft_ev"]
    metrics = target["all"]["metrics"]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert {"pearson_r", "slope", "spearman", "r2"} <= set(metrics)
    assert (target["specific_tm"]["n"], target["material_seen"]["n"]) == (2, 3)
    for name in ("linear-path", "bvse-path"):
        prompt.ok("baseline", name, "--task", PATH)
    for task in (BARRIER, PATH):
        prompt.ok("leaderboard", task)
        board = json.loads((root / "leaderboard" / f"{task}.json").read_text(encoding="utf-8"))
        silent = [r for r in board["rows"] if r["model"] in ("MACE-MP-0", "SevenNet")]
        assert [(row["kind"], row["mae"]) for row in silent] == [("reported", None)] * 2
    prompt.ok("verify", "--accept", "*")
