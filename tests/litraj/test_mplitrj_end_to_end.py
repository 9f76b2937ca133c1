"""The miniature of MPLiTrj from its archive to a board, by the commands that a user types."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mplitrj_miniature as miniature
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import Prompt
from mplitrj_repository import KEY, TASK, write_repository

from ionladder.repo import Layout
from ionladder.submit.frames import FramePredictions, write_offset_predictions

CARD = """\
model: Noisy truth
description: The truth, with noise.
authors:
  - name: A. Author
training_data: nothing
inputs: structure
licence: MIT
"""
SHIFT_EV = {"Li": 3.0, "O": -0.7, "Fe": 2.0, "S": 0.4}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repo")
    write_repository(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setenv("IONLADDER_MIRROR", str(root / "upstream"))
        from ionladder.cli.maintainer import fetch

        fetch([KEY], pin=True)
    return root


TEST = miniature.configurations()["test"]


def noisy(*, shifted: bool = False, seed: int = 1) -> dict[str, Any]:
    """Predictions near the truth, their energies shifted element by element where asked for."""
    rng = np.random.default_rng(seed)
    shift = SHIFT_EV if shifted else {}
    return {
        "ids": [f"test-{row:07d}" for row in range(len(TEST))],
        "energy_ev": np.array(
            [
                one.energy + sum(shift.get(s, 0.0) for s in one.symbols) + rng.normal(0, 0.02)
                for one in TEST
            ]
        ),
        "forces_ev_per_ang": [one.forces + rng.normal(0, 0.1, one.forces.shape) for one in TEST],
        "stress_ev_per_ang3": rng.normal(0.0, 0.01, (len(TEST), 6)),
    }


def write(layout: Layout, name: str, predictions: dict[str, Any]) -> Path:
    folder = layout.submission_dir(TASK, name)
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD, encoding="utf-8")
    has_stress = "stress_ev_per_ang3" in predictions
    with FramePredictions(folder / "predictions.parquet", has_stress=has_stress) as file:
        file.write(**predictions)
    return folder


def write_offsets(folder: Path) -> None:
    """Energies of the offset set with the same zero as ``noisy(shifted=True)``."""
    parts = miniature.configurations()
    by_id = {
        f"{part}-{row:07d}": one for part, rows in parts.items() for row, one in enumerate(rows)
    }
    root = folder.parents[2]
    path = next(root.glob("data/mplitrj_subsample/*/frames/frames_offset.parquet"))
    ids = pq.read_table(path, columns=["id"])["id"].to_pylist()
    energies = [by_id[i].energy + sum(SHIFT_EV[s] for s in by_id[i].symbols) for i in ids]
    write_offset_predictions(folder / "offset_predictions.parquet", ids, np.array(energies))


def receipt(layout: Layout, name: str) -> dict[str, Any]:
    path = layout.root / "leaderboard" / "scores" / TASK / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def value(found: dict[str, Any], target: str, metric: str, subset: str = "all") -> float | None:
    number: float | None = found["targets"][target][subset]["metrics"][metric]["value"]
    return number


def test_a_board_is_made_from_the_archive(prompt: Prompt, layout: Layout) -> None:
    prompt.ok("baseline", "element-energies", "--task", TASK)
    write(layout, "noisy", noisy())
    prompt.ok("leaderboard", TASK)
    board = json.loads((layout.root / "leaderboard" / f"{TASK}.json").read_text())
    assert [row["submission"] for row in board["rows"]] == ["noisy", "element-energies"]
    found = receipt(layout, "noisy")
    predicted = noisy()
    errors = [
        np.abs(np.round(p, 4) - one.forces).mean()
        for p, one in zip(predicted["forces_ev_per_ang"], TEST, strict=True)
    ]
    assert value(found, "force_ev_per_ang", "mae") == pytest.approx(np.mean(errors), abs=1e-6)
    assert found["remarks"][0].startswith("Energies are compared as given")
    zero = receipt(layout, "element-energies")
    sizes = [np.abs(one.forces).mean() for one in TEST]
    assert value(zero, "force_ev_per_ang", "mae") == pytest.approx(np.mean(sizes), abs=1e-6)
    assert value(zero, "force_cosine", "mae") == 1.0
    energy = value(zero, "energy_ev_per_atom", "mae")
    assert energy is not None
    assert energy < 0.05


def test_offsets_make_energies_comparable(prompt: Prompt, layout: Layout) -> None:
    as_given = write(layout, "as-given", noisy(shifted=True))
    fitted = write(layout, "fitted", noisy(shifted=True))
    write_offsets(fitted)
    prompt.ok("leaderboard", TASK)
    one, other = receipt(layout, as_given.name), receipt(layout, fitted.name)
    before, after = (value(r, "energy_ev_per_atom", "mae") for r in (one, other))
    assert before is not None
    assert after is not None
    assert before > 0.5
    assert after < 0.03
    within = [value(r, "energy_in_path_ev_per_atom", "mae") for r in (one, other)]
    assert within[0] == pytest.approx(within[1], abs=1e-6)
    assert "one constant per element" in other["remarks"][0]
    assert one["hashes"]["predictions_sha256"] != other["hashes"]["predictions_sha256"]
    prompt.ok("verify")


def test_stress_may_be_left_out(prompt: Prompt, layout: Layout) -> None:
    without = noisy()
    del without["stress_ev_per_ang3"]
    write(layout, "without", without)
    write(layout, "with-stress", noisy())
    prompt.ok("leaderboard", TASK)
    assert value(receipt(layout, "without"), "stress_ev_per_ang3", "mae_stress") is None
    given = [row for row, one in enumerate(TEST) if one.stress is not None]
    order = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    true = np.array([[TEST[row].stress[place] for place in order] for row in given])
    expected = np.abs(noisy()["stress_ev_per_ang3"][given] - true).mean()
    found = value(receipt(layout, "with-stress"), "stress_ev_per_ang3", "mae_stress")
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_template_lists_the_ids_and_says_how_to_go_on(prompt: Prompt, layout: Layout) -> None:
    said = prompt.ok("new", TASK, "mine").out
    assert "10 ids" in said
    folder = layout.submission_dir(TASK, "mine")
    table = pq.read_table(folder / "predictions.parquet")
    assert table["n_atoms"].to_pylist() == [len(one.symbols) for one in TEST]
    assert "frames_offset.parquet" in (folder / "README.md").read_text()
    letter = prompt.letter("validate", str(folder))
    assert "a column `forces_ev_per_ang`" in letter


Change = Callable[[dict[str, Any]], None]


def _last(predictions: dict[str, Any]) -> None:
    for name in predictions:
        predictions[name] = predictions[name][:-1]


def _twice(predictions: dict[str, Any]) -> None:
    predictions["ids"][3] = predictions["ids"][2]


def _training(predictions: dict[str, Any]) -> None:
    predictions["ids"][9] = "train-0000003"


def _backwards(predictions: dict[str, Any]) -> None:
    for name in predictions:
        predictions[name] = predictions[name][::-1]


def _short(predictions: dict[str, Any]) -> None:
    predictions["forces_ev_per_ang"][4] = predictions["forces_ev_per_ang"][4][:-1]


def _endless(predictions: dict[str, Any]) -> None:
    predictions["forces_ev_per_ang"][5][1, 2] = np.inf


def _huge(predictions: dict[str, Any]) -> None:
    predictions["forces_ev_per_ang"][5] = predictions["forces_ev_per_ang"][5] * 1e6


def _no_energy(predictions: dict[str, Any]) -> None:
    predictions["energy_ev"][7] = np.nan


def _swapped(predictions: dict[str, Any]) -> None:
    forces = predictions["forces_ev_per_ang"]
    forces[2], forces[3] = forces[3], forces[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_last, ["9 of them; 1 missing (test-0000009)"]),
        (_twice, ["1 missing (test-0000003)", "1 repeated (test-0000002)"]),
        (_training, ["1 unknown (train-0000003)", "training ids"]),
        (_backwards, ["row 1", "the id test-0000000", "found test-0000009", "Sort the rows"]),
        (_short, ["row 5 (test-0000004)", "`forces_ev_per_ang`", "expected 12", "found 9"]),
        (_endless, ["row 6 (test-0000005)", "finite numbers"]),
        (_huge, ["row 6 (test-0000005)", "within 10000 eV/Å"]),
        (_no_energy, ["column `energy_ev`, row 8", "finite number"]),
        (_swapped, ["row 3 looks like row 4, test-0000003", "so do rows 4"]),
    ],
)
def test_one_thing_wrong_is_one_letter(
    prompt: Prompt, layout: Layout, change: Change, words: list[str]
) -> None:
    predictions = noisy()
    change(predictions)
    folder = write(layout, "wrong", predictions)
    letter = prompt.letter("score", str(folder))
    for word in words:
        assert word in letter
    assert not (layout.root / "leaderboard" / "scores").exists()


def test_a_lost_row_shows_by_its_lengths(prompt: Prompt, layout: Layout) -> None:
    predictions = noisy()
    forces = predictions["forces_ev_per_ang"]
    predictions["forces_ev_per_ang"] = [*forces[1:], forces[-1]]
    folder = write(layout, "wrong", predictions)
    letter = prompt.letter("score", str(folder))
    assert "row before or after" in letter


def test_every_problem_of_both_files_is_told_at_once(prompt: Prompt, layout: Layout) -> None:
    predictions = noisy()
    _short(predictions)
    _no_energy(predictions)
    folder = write(layout, "wrong", predictions)
    write_offset_predictions(folder / "offset_predictions.parquet", ["test-0000001"], np.ones(1))
    (folder / "weights.pt").write_bytes(b"1")
    letter = prompt.letter("score", str(folder))
    for word in ("offset_predictions.parquet", "test-0000004", "weights.pt"):
        assert word in letter


@pytest.mark.parametrize("kind", ["bytes", "cut", "text", "link", "absent", "columns"])
def test_files_that_are_no_predictions_are_letters(
    prompt: Prompt, layout: Layout, kind: str
) -> None:
    folder = write(layout, "wrong", noisy())
    path = folder / "predictions.parquet"
    data = path.read_bytes()
    path.unlink()
    if kind == "bytes":
        path.write_bytes(data[:4] + b"\0" * 60 + data[64:])
    elif kind == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "text":
        path.write_text("id,energy_ev\n")
    elif kind == "link":
        path.symlink_to("/etc/hostname")
    elif kind == "columns":
        columns = {"id": ["a"], "energy_ev": [1], "forces_ev_per_ang": [1.0], "more": [2]}
        pq.write_table(pa.table(columns), path)
    prompt.letter("score", str(folder))
