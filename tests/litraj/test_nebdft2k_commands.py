"""nebDFT2k from end to end on its miniature: archive, template, baselines, scores, boards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import paths_submission as paths
import pyarrow.parquet as pq
import pytest
from command import Prompt
from nebdft2k_miniature import hops
from nebdft2k_repository import VERSION, make_repository

from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.errors import ConfigError
from ionladder.notebook import load_task
from ionladder.repo import Layout

BARRIER, PATH = "nebdft2k-barrier", "nebdft2k-path"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which every baseline of both tasks has been run."""
    folder = tmp_path_factory.mktemp("boards")
    make_repository(folder)
    return folder


@pytest.fixture
def prompt(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Prompt:
    """A prompt in it."""
    monkeypatch.setenv("IONLADDER_ROOT", str(root))
    return Prompt(root, monkeypatch, capsys)


def by_hop(file: Path) -> dict[str, list[dict]]:
    """Rows of a file of paths, hop by hop."""
    found: dict[str, list[dict]] = {}
    for row in pq.read_table(file).to_pylist():
        found.setdefault(row["id"], []).append(row)
    return found


def test_a_template_lists_every_image_and_asks_to_be_filled_in(root: Path, prompt: Prompt) -> None:
    made = prompt.ok("new", PATH, "empty").out

    template = by_hop(root / "submissions" / PATH / "empty" / "predictions.parquet")
    assert "predictions.parquet (7 ids)" in made
    for hop in paths.held_out_hops():
        assert [row["image"] for row in template[hop.id]] == list(range(len(hop.init)))
        positions = np.array([row["positions_ang"] for row in template[hop.id]])
        np.testing.assert_allclose(positions.reshape(hop.init.shape), hop.init, atol=1e-5)
    found = prompt.letter("score", f"submissions/{PATH}/empty")
    assert "converged: expected true or false" in found


def test_a_filled_in_template_is_scored(root: Path, prompt: Prompt) -> None:
    prompt.ok("new", PATH, "mine")
    file = root / "submissions" / PATH / "mine" / "predictions.parquet"
    table = pq.read_table(file)
    names = table.column_names
    given = {"converged": [True] * table.num_rows, "energy_ev": [0.0] * table.num_rows}
    for name, values in given.items():
        table = table.set_column(names.index(name), name, [values])
    pq.write_table(table, file)

    prompt.ok("validate", f"submissions/{PATH}/mine")
    receipt = json.loads(prompt.ok("score", f"submissions/{PATH}/mine", "--json").out)

    mean = np.mean([np.ptp(hop.energies) for hop in paths.held_out_hops()])
    value = receipt["targets"]["barrier_ev"]["all"]["metrics"]["mae"]["value"]
    assert value == pytest.approx(mean, abs=1e-6)
    assert receipt["targets"]["failed"]["all"]["metrics"]["mae"]["value"] == 0.0


def test_the_straight_line_is_straight_and_has_no_energies(root: Path, prompt: Prompt) -> None:
    prompt.ok("baseline", "linear-path", "--task", PATH)

    written = by_hop(root / "submissions" / PATH / "linear-path" / "predictions.parquet")
    for hop in paths.held_out_hops():
        rows = written[hop.id]
        places = np.array([row["positions_ang"] for row in rows]).reshape(hop.init.shape)
        cell = PeriodicCell(hop.cell)
        assert {row["energy_ev"] for row in rows} == {0.0}
        np.testing.assert_allclose(np.diff(places, n=2, axis=0), 0.0, atol=1e-5)
        np.testing.assert_allclose(cell.distances(places[[0, -1]], hop.init[[0, -1]]), 0, atol=1e-5)
        way = np.linalg.norm(places[-1, hop.moving] - places[0, hop.moving])
        assert way == pytest.approx(
            float(cell.distances(hop.init[-1, hop.moving], hop.init[0, hop.moving])), abs=1e-5
        )


def test_the_initial_path_has_the_bond_valence_barrier(root: Path, prompt: Prompt) -> None:
    prompt.ok("baseline", "bvse-path", "--task", PATH)

    receipt = json.loads(prompt.ok("score", f"submissions/{PATH}/bvse-path", "--json").out)

    errors = [abs(hop.em_bvse - np.ptp(hop.energies)) for hop in paths.held_out_hops()]
    metrics = receipt["targets"]["barrier_ev"]["all"]["metrics"]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert metrics["mae_converged"]["value"] == metrics["mae"]["value"]


def test_a_rerun_changes_no_byte_and_a_check_sees_a_changed_number(
    root: Path, prompt: Prompt
) -> None:
    folder = root / "submissions" / PATH / "linear-path"
    prompt.ok("baseline", "linear-path", "--task", PATH)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    assert "(as before)" in prompt.ok("baseline", "linear-path", "--task", PATH).out
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    prompt.ok("baseline", "linear-path", "--task", PATH, "--check")

    table = pq.read_table(folder / "predictions.parquet")
    place = table.column_names.index("energy_ev")
    changed = table.set_column(place, "energy_ev", [[0.5] * table.num_rows])
    pq.write_table(changed, folder / "predictions.parquet")
    found = prompt.letter("baseline", "linear-path", "--task", PATH, "--check")
    assert "differences up to 0.5" in found
    assert {file.name for file in folder.iterdir()} == set(before)


def test_baselines_of_the_barrier_run_and_the_affine_fit_is_least_squares(
    root: Path, prompt: Prompt
) -> None:
    for name in ("train-median", "bvse-affine", "composition-rf"):
        prompt.ok("baseline", name, "--task", BARRIER)
    train = [hop for hop in hops() if hop.part != "test"]
    slope, shift = np.polyfit([h.em_bvse for h in train], [h.em_dft for h in train], 1)
    errors = [abs(shift + slope * h.em_bvse - h.em_dft) for h in paths.held_out_hops()]

    receipt = json.loads(prompt.ok("score", f"submissions/{BARRIER}/bvse-affine", "--json").out)

    metrics = receipt["targets"]["em_dft_ev"]["all"]["metrics"]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert {"pearson_r", "slope", "spearman", "r2"} <= set(metrics)
    assert receipt["targets"]["em_dft_ev"]["specific_tm"]["n"] == 2
    assert receipt["targets"]["em_dft_ev"]["material_seen"]["n"] == 3


def test_both_boards_are_published_with_quoted_rows(root: Path, prompt: Prompt) -> None:
    for name in ("linear-path", "bvse-path"):
        prompt.ok("baseline", name, "--task", PATH)
    prompt.ok("baseline", "bvse-affine", "--task", BARRIER)

    for task in (BARRIER, PATH):
        prompt.ok("leaderboard", task)
        board = json.loads((root / "leaderboard" / f"{task}.json").read_text(encoding="utf-8"))
        kinds = {row["model"]: row["kind"] for row in board["rows"]}
        assert kinds["MACE-MP-0"] == kinds["SevenNet"] == "reported"
        silent = [r for r in board["rows"] if r["model"] in ("MACE-MP-0", "SevenNet")]
        assert all(row["mae"] is None for row in silent)
    prompt.ok("verify")
    assert "nebdft2k-path" in prompt.ok("tasks").out


def test_a_baseline_of_another_task_is_refused(prompt: Prompt) -> None:
    found = prompt.letter("baseline", "bvse-affine", "--task", PATH)

    assert "a task it is made for (nebdft2k-barrier)" in found


def test_a_baseline_without_data_says_how_to_fetch_them(
    root: Path, tmp_path: Path, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    monkeypatch.setenv("IONLADDER_ROOT", str(tmp_path))

    found = prompt.letter("baseline", "linear-path", "--task", PATH)

    assert "`ionladder fetch nebdft2k-1-0-0 --pin` fetches it" in found


def test_frames_that_changed_after_ingest_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_repository(tmp_path)
    monkeypatch.setenv("IONLADDER_ROOT", str(tmp_path))
    path = Layout(tmp_path).frames("nebdft2k", VERSION, "paths_init")
    path.write_bytes(path.read_bytes() + b" ")

    found = Prompt(tmp_path, monkeypatch, capsys).letter("new", PATH, "mine")

    assert "paths_init.parquet: expected SHA-256" in found


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", PATH, "--format", "jarvis", "--submission", "bvse-path"),
        ("export", PATH, "--format", "matbench-folds"),
        ("convert", "predictions.csv", "--task", PATH),
    ],
)
def test_formats_of_numbers_are_refused_for_paths(
    arguments: tuple[str, ...], prompt: Prompt
) -> None:
    assert "whose submissions hold paths" in prompt.letter(*arguments)


def test_a_notebook_is_told_that_paths_are_no_numbers(root: Path) -> None:
    with pytest.raises(ConfigError, match="whose submissions hold paths"):
        load_task(PATH, root=root)
