"""nebDFT2k from end to end on its miniature: template, baselines, scores, boards and card."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import paths_submission as paths
import pyarrow.parquet as pq
import pytest
from command import Prompt
from miniature import build, nebbvse122k, with_miniatures
from nebdft2k_miniature import VERSION, hops, make_repository

from ionladder.data.litraj.xyz import PeriodicCell
from ionladder.data.registry import get_dataset, get_task
from ionladder.data.store import require_manifest
from ionladder.errors import ConfigError
from ionladder.notebook import load_task
from ionladder.repo import Layout
from ionladder.site.context import load_site
from ionladder.site.pages import dataset as card
from ionladder.site.render import render_pages

BARRIER, PATH = "nebdft2k-barrier", "nebdft2k-path"
TEST = paths.held_out_hops()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which baselines of both tasks are run."""
    return make_repository(tmp_path_factory.mktemp("boards")).root


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


def filled(file: Path, **values: Any) -> None:
    """Give whole columns of a file one value."""
    table = pq.read_table(file)
    for name, one in values.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, [[one] * table.num_rows])
    pq.write_table(table, file)


def score(prompt: Prompt, task: str, name: str) -> Any:
    found = json.loads(prompt.ok("score", f"submissions/{task}/{name}", "--json").out)
    return found["targets"]


def test_a_template_lists_every_image_and_is_scored_once_filled_in(
    root: Path, prompt: Prompt
) -> None:
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
    prompt.ok("validate", f"submissions/{PATH}/mine")
    targets = score(prompt, PATH, "mine")
    mean = np.mean([np.ptp(hop.energies) for hop in TEST])
    assert targets["barrier_ev"]["all"]["metrics"]["mae"]["value"] == pytest.approx(mean, abs=1e-6)
    assert targets["failed"]["all"]["metrics"]["mae"]["value"] == 0.0


def test_baselines_of_paths_are_straight_or_the_initial_path(root: Path, prompt: Prompt) -> None:
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
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert "(as before)" in prompt.ok("baseline", "linear-path", "--task", PATH).out
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    prompt.ok("baseline", "linear-path", "--task", PATH, "--check")
    filled(folder / "predictions.parquet", energy_ev=0.5)
    said = prompt.error("baseline", "linear-path", "--task", PATH, "--check")
    assert "differences up to 0.5" in said

    prompt.ok("baseline", "bvse-path", "--task", PATH)
    metrics = score(prompt, PATH, "bvse-path")["barrier_ev"]["all"]["metrics"]
    errors = [abs(hop.em_bvse - np.ptp(hop.energies)) for hop in TEST]
    assert metrics["mae"]["value"] == pytest.approx(np.mean(errors), abs=1e-6)
    assert metrics["mae_converged"]["value"] == metrics["mae"]["value"]


def test_both_boards_are_published_with_quoted_rows(root: Path, prompt: Prompt) -> None:
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
    prompt.ok("verify")


def test_what_does_not_fit_is_refused(
    root: Path, tmp_path: Path, prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = prompt.error("baseline", "bvse-affine", "--task", PATH)
    assert "a task it is made for (nebdft2k-barrier)" in said
    for command in (
        ("export", PATH, "--format", "matbench-folds"),
        ("convert", "predictions.csv", "--task", PATH),
    ):
        assert "whose submissions hold paths" in prompt.error(*command)
    with pytest.raises(ConfigError, match="whose submissions hold paths"):
        load_task(PATH, root=root)
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    monkeypatch.setenv("IONLADDER_ROOT", str(tmp_path))
    said = prompt.error("baseline", "linear-path", "--task", PATH)
    assert "`ionladder fetch nebdft2k-1-0-0 --pin` fetches it" in said


def test_frames_that_changed_after_ingest_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_repository(tmp_path).frames("nebdft2k", VERSION, "paths_init")
    monkeypatch.setenv("IONLADDER_ROOT", str(tmp_path))
    path.write_bytes(path.read_bytes() + b" ")
    said = Prompt(tmp_path, monkeypatch, capsys).error("new", PATH, "mine")
    assert "paths_init.parquet: expected SHA-256" in said


# Cards


def section(page: str, name: str) -> str:
    return page.split(f"{{: #{name} }}", 1)[1].split("\n## ", 1)[0]


def cells(row: str) -> list[str]:
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)]


def test_the_card_counts_frames_and_shows_which_materials_are_in_two_parts(
    nebdft2k: Layout, tmp_path: Path
) -> None:
    page = render_pages(load_site(nebdft2k))["datasets/nebdft2k/"]
    train, test = ({h.material for h in hops() if h.part == p} for p in ("train", "test"))
    shared = sorted(train & test)
    touched = [h for h in TEST if h.material in shared]
    (row,) = [row for row in section(page, "split").split("\n") if "train and test" in row]
    numbers = [str(len(of)) for of in (shared, test, touched)]
    assert cells(row) == ["train and test", *numbers, ", ".join(shared[:3])]
    frames = require_manifest(nebdft2k, "nebdft2k", VERSION)["frames"]
    n_images = sum(len(hop.energies) for hop in hops())
    assert frames["paths_relaxed"]["rows"] == n_images
    (row,) = [row for row in section(page, "versions").split("\n") if ">18</td>" in row]
    assert cells(row)[4] == str(len(hops()) + 2 * n_images)
    tables = section(page, "tables")
    assert f"<b>frames/paths_relaxed</b>: {n_images} rows, 5 columns." in tables
    assert frames["paths_relaxed"]["content_sha256"] in tables

    layout = with_miniatures(tmp_path, [nebbvse122k()])
    shown = section(render_pages(load_site(layout))["datasets/nebbvse122k/"], "split")
    rows = [cells(row) for row in shown.split("\n") if row.startswith('<tr><th scope="row">')]
    assert [row[0] for row in rows] == ["train and val", "train and test", "val and test"]
    assert {(row[1], row[3], row[4]) for row in rows} == {("0", "0", "–")}


def test_copies_for_the_energy_zero_are_no_structures_of_their_own() -> None:
    rows = {"frames_train": 7, "frames_val": 2, "frames_test": 3, "frames_offset": 5}
    manifest = {"tables": {}, "frames": {name: {"rows": n} for name, n in rows.items()}}
    assert card.structures(get_dataset("mplitrj"), [get_task("mplitrj")], manifest) == 12


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_sees_a_bar_that_reaches_the_end_and_a_pipe_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal, raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", stream)
    build(nebbvse122k(), tmp_path)
    make_repository(tmp_path / "hops")
    for bar in ("nebBVSE122k: structures", "nebDFT2k: hops", "100%"):
        assert (bar in stream.getvalue()) == is_terminal
