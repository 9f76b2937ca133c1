"""MPLiTrj: from its archive to tables and frames, and to a board by the commands a user types."""

import json
import shutil
from pathlib import Path

import mplitrj_miniature as mini
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import Prompt, files_below, killed
from miniature import build_archive, pinned
from writing import ingested_repository, pinned_repository, version_entry

from ionladder.data.litraj import trajectories
from ionladder.data.litraj.trajectories import draw_offset_set
from ionladder.data.store import read_blocks
from ionladder.errors import IngestError
from ionladder.submit.frames import FramePredictions
from tiny import CARD

TASK, DATASET = "mplitrj-subsample", "mplitrj_subsample"
TEST = mini.configurations()["test"]
ARCHIVE = f"{mini.STEM}.zip"


def built(root, **options):
    """The miniature, or one with something changed, as ingest builds it."""
    mini.write_archive(root / "raw" / ARCHIVE, **options)
    return build_archive(pinned(DATASET, ARCHIVE, mini.COUNTS), root)


def refused(root, **options):
    with pytest.raises(IngestError) as caught:
        built(root, **options)
    return str(caught.value)


def changed_part(part, old, new):
    text = mini.part_text(mini.configurations()[part])
    assert old in text
    return {part: text.replace(old, new, 1)}


def test_train_and_val_are_training_entries_and_materials_are_groups(tmp_path):
    version = built(tmp_path)
    entries = {row["id"]: row for row in version.tables["entries"].to_pylist()}
    splits = version.tables["splits"].to_pylist()
    pairs = {(row["part"], row["subset"]) for row in splits}
    assert pairs == {("train", "train"), ("val", "train"), ("test", "test")}
    chosen = {row["id"] for row in splits if row["in_offset_set"]}
    offset = pa.concat_tables(read_blocks(version.frames["frames_offset"].path))
    assert set(offset["id"].to_pylist()) == chosen
    assert not any(name.startswith("test") for name in chosen)
    assert version.tables["folds"].num_rows == 0
    groups = {(entries[row["id"]]["material_id"], row["component"]) for row in splits}
    assert groups == {("mp-1", 1), ("mp-2", 2), ("mp-3", 3), ("mp-4", 4)}
    assert version.summary["material_overlap"]["shared"]["train|test"]["materials"] == 4
    details = {check.name: check.detail for check in version.checks}
    assert "passed over: offset" in details["columns_are_known"]


def _stress(rows, *, roll=0):
    stress = TEST[1].stress
    assert stress is not None
    return " ".join(map(str, np.roll(stress.ravel(), roll).tolist()[rows]))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("6\nLattice", "7\nLattice", "frame 1"),
        ("energy=", "Energy=", "frame 1: expected a value of energy"),
        (":forces:R:3", ":force:R:3", "frame 1: expected a column forces"),
        ("mp-1_0_1_0_0_-1", "mp-1_0_1_0_0", "frame 1, edge_id"),
        (_stress(slice(9)), _stress(slice(9), roll=1), "frame 2, stress: expected a symmetric"),
        (_stress(slice(9)), _stress(slice(6)), "9 finite number"),
        (f"{TEST[2].forces[0, 0]:16.8f}", f"{'nan':>16}", "frame 3, line 19: expected finite"),
    ],
)
def test_a_malformed_frame_is_named(tmp_path, old, new, found):
    said = refused(tmp_path, changed=changed_part("test", old, new))
    assert f"{mini.STEM}/{mini.STEM}_test.xyz, frame" in said
    assert found in said


# Blocks of frames: shared, kept, done in parts, killed


KEY = "mplitrj-subsample-1-0-0"
N_BLOCKS = 9


@pytest.fixture
def fresh(tmp_path, monkeypatch, capsys):
    """Makes repositories with the miniature fetched, and prompts in them."""
    entry = version_entry(DATASET, ARCHIVE, mini.COUNTS, [TASK])
    archive = mini.write_archive(tmp_path / ARCHIVE)
    monkeypatch.setattr(trajectories, "_BLOCK_ROWS", 5)

    def copied(source, path):
        path.parent.mkdir(parents=True)
        return Path(shutil.copy(source, path))

    def make(name):
        root = (tmp_path / name).resolve()
        pinned_repository(root, entry, lambda to: copied(archive, to / ARCHIVE))
        return root, Prompt(root, monkeypatch, capsys)

    return make


def ingest(where, *options):
    """Path → bytes of all that an ingest wrote."""
    where[1].ok("ingest", KEY, *options)
    return files_below(where[0] / "data")


def test_content_does_not_depend_on_where_blocks_end(tmp_path, monkeypatch):
    alone = built(tmp_path / "one")
    monkeypatch.setattr(trajectories, "_BLOCK_ROWS", 5)
    shared = built(tmp_path / "two")
    assert all(shared.tables[name].equals(alone.tables[name]) for name in alone.tables)
    hashes = [{n: t.content_sha256 for n, t in v.frames.items()} for v in (alone, shared)]
    assert hashes[0] == hashes[1]


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["2", "4", pytest.param("dask", marks=pytest.mark.extra)])
def test_processes_share_the_blocks_of_an_archive(fresh, workers):
    options = ["--workers", workers]
    if workers == "dask":
        pytest.importorskip("distributed", reason="needs the extra cluster")
        options = ["--workers", "2", "--cluster", "local"]
    assert ingest(fresh("two"), *options) == ingest(fresh("one"))


@pytest.mark.parametrize("how", ["killed", "in parts"])
def test_blocks_that_were_kept_are_not_read_again(how, fresh, monkeypatch):
    whole, (root, prompt), read = ingest(fresh("whole")), fresh("kept"), []
    as_before = trajectories._frame_table
    monkeypatch.setattr(
        trajectories, "_frame_table", lambda *rows: (read.append(""), as_before(*rows))[1]
    )
    keep, left = ("--keep", "kept"), {"killed": 3, "in parts": 0}[how]
    if how == "killed":
        module, first = trajectories.__name__, "module._BLOCK_ROWS = 5"
        killed(root, f"{module}._frame_table", 7, "ingest", KEY, *keep, first=first)
    else:
        for part in ("2/3", "3/3", "1/3"):
            assert "done and kept" in prompt.ok("ingest", KEY, *keep, "--part", part).out
        assert len(read) == N_BLOCKS
        assert not (root / "data" / DATASET / "1.0.0" / "manifest.json").exists()
        read.clear()
    assert len(list((root / "kept").glob("*.arrow"))) == N_BLOCKS - left
    assert ingest((root, prompt), *keep) == whole
    assert len(read) == left
    damaged = next((root / "kept").glob("*.arrow"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    assert ingest((root, prompt), *keep) == whole
    assert len(read) == left + 1


def test_only_one_version_in_blocks_is_done_in_parts(fresh):
    _, prompt = fresh("one")
    assert "one version of MPLiTrj" in prompt.error("ingest", "--part", "1/2")
    assert "without --keep" in prompt.error("ingest", KEY, "--part", "1/2")


def test_the_offset_set_has_enough_of_every_element():
    ids = [f"train-{row:07d}" for row in range(400)]
    systems = ["Li-O" if row % 40 else "Fe-Li" for row in range(400)]
    chosen = draw_offset_set(ids, systems, seed=1, size=30, per_element=5)
    rare = [name for name, system in zip(ids, systems, strict=True) if system == "Fe-Li"]
    assert len(chosen & set(rare)) >= 5
    assert 30 <= len(chosen) <= 35
    assert chosen == draw_offset_set(ids[::-1], systems[::-1], seed=1, size=30, per_element=5)
    assert chosen != draw_offset_set(ids, systems, seed=2, size=30, per_element=5)


# A board by the commands that a user types


SHIFT_EV = {"Li": 3.0, "O": -0.7, "Fe": 2.0, "S": 0.4}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A repository with the miniature fetched on demand, pinned and ingested."""
    entry = version_entry(DATASET, ARCHIVE, mini.COUNTS, [TASK])
    root = tmp_path_factory.mktemp("repo").resolve()
    return ingested_repository(root, entry, lambda to: mini.write_archive(to / ARCHIVE)).root


def noisy(*, shifted=False):
    """Predictions near the truth, their energies shifted element by element where asked for."""
    rng = np.random.default_rng(1)
    shift = SHIFT_EV if shifted else {}
    energies = [one.energy + sum(shift.get(s, 0.0) for s in one.symbols) for one in TEST]
    return {
        "ids": [f"test-{row:07d}" for row in range(len(TEST))],
        "energy_ev": energies + rng.normal(0, 0.02, len(TEST)),
        "forces_ev_per_ang": [one.forces + rng.normal(0, 0.1, one.forces.shape) for one in TEST],
        "stress_ev_per_ang3": rng.normal(0.0, 0.01, (len(TEST), 6)),
    }


def write(layout, name, predictions):
    folder = layout.submission_dir(TASK, name)
    folder.mkdir(parents=True)
    (folder / "submission.yaml").write_text(CARD, encoding="utf-8")
    has_stress = "stress_ev_per_ang3" in predictions
    with FramePredictions(folder / "predictions.parquet", has_stress=has_stress) as file:
        file.write(**predictions)
    return folder


def receipt(layout, name):
    path = layout.root / "leaderboard" / "scores" / TASK / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def value(found, target, metric):
    return found["targets"][target]["all"]["metrics"][metric]["value"]


def test_a_board_is_made_from_the_archive(prompt, layout):
    folder = layout.version_dir(DATASET, "1.0.0")
    assert not (folder / ".ingest.part").exists()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["frames"]["frames_train"]["rows"] == 24
    prompt.ok("baseline", "element-energies", "--task", TASK)
    predicted = noisy()
    write(layout, "noisy", predicted)
    without = {name: value for name, value in noisy().items() if name != "stress_ev_per_ang3"}
    write(layout, "without", without)
    prompt.ok("leaderboard", TASK)
    board = json.loads((layout.root / "leaderboard" / f"{TASK}.json").read_text())
    assert board["rows"][-1]["submission"] == "element-energies"
    found = receipt(layout, "noisy")
    pairs = zip(predicted["forces_ev_per_ang"], TEST, strict=True)
    errors = [np.abs(np.round(p, 4) - one.forces).mean() for p, one in pairs]
    assert value(found, "force_ev_per_ang", "mae") == pytest.approx(np.mean(errors), abs=1e-6)
    assert found["remarks"][0].startswith("Energies are compared as given")
    given = [row for row, one in enumerate(TEST) if one.stress is not None]
    order = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    true = np.array([[TEST[row].stress[at] for at in order] for row in given])  # type: ignore[index]
    expected = np.abs(predicted["stress_ev_per_ang3"][given] - true).mean()
    found_stress = value(found, "stress_ev_per_ang3", "mae_stress")
    assert found_stress == pytest.approx(expected, abs=1e-6)
    assert value(receipt(layout, "without"), "stress_ev_per_ang3", "mae_stress") is None
    zero = receipt(layout, "element-energies")
    sizes = [np.abs(one.forces).mean() for one in TEST]
    assert value(zero, "force_ev_per_ang", "mae") == pytest.approx(np.mean(sizes), abs=1e-6)
    assert value(zero, "force_cosine", "mae") == 1.0
    assert value(zero, "energy_ev_per_atom", "mae") < 0.05


def test_offsets_make_energies_comparable(prompt, layout):
    write(layout, "as-given", noisy(shifted=True))
    fitted = write(layout, "fitted", noisy(shifted=True))
    parts = mini.configurations().items()
    by_id = {f"{part}-{row:07d}": one for part, rows in parts for row, one in enumerate(rows)}
    ids = pq.read_table(layout.frames(DATASET, "1.0.0", "frames_offset"))["id"].to_pylist()
    energies = [by_id[i].energy + sum(SHIFT_EV[s] for s in by_id[i].symbols) for i in ids]
    offsets = pa.table({"id": ids, "energy_ev": energies})
    pq.write_table(offsets, fitted / "offset_predictions.parquet")
    prompt.ok("leaderboard", TASK)
    one, other = receipt(layout, "as-given"), receipt(layout, "fitted")
    assert value(one, "energy_ev_per_atom", "mae") > 0.5
    assert value(other, "energy_ev_per_atom", "mae") < 0.03
    within = [value(r, "energy_in_path_ev_per_atom", "mae") for r in (one, other)]
    assert within[0] == pytest.approx(within[1], abs=1e-6)
    assert "one constant per element" in other["remarks"][0]
    assert one["hashes"]["predictions_sha256"] != other["hashes"]["predictions_sha256"]
    prompt.ok("verify", "--accept", "*")


FORCES = "forces_ev_per_ang"


def _set(name, row, new):
    def change(predictions):
        old = predictions[name][row]
        predictions[name][row] = new(old) if callable(new) else new

    return change


def _all(rows):
    return lambda p: p.update({name: values[rows] for name, values in p.items()})


def _swapped(predictions):
    forces = predictions[FORCES]
    forces[2], forces[3] = forces[3], forces[2]


def _lost(predictions):
    predictions[FORCES] = [*predictions[FORCES][1:], predictions[FORCES][-1]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_all(slice(-1)), ["9 of them; 1 missing (test-0000009)"]),
        (_set("ids", 3, "test-0000002"), ["1 missing (test-0000003)", "1 repeated (test-0000002)"]),
        (_set("ids", 9, "train-0000003"), ["1 unknown (train-0000003)", "training ids"]),
        (_all(slice(None, None, -1)), ["row 1", "found test-0000009", "Sort the rows"]),
        (_set(FORCES, 4, lambda f: f[:-1]), ["row 5 (test-0000004)", "expected 12", "found 9"]),
        (_set(FORCES, 5, lambda f: f * np.inf), ["row 6 (test-0000005)", "finite numbers"]),
        (_set(FORCES, 5, lambda f: f * 1e6), ["row 6 (test-0000005)", "within 10000 eV/Å"]),
        (_set("energy_ev", 7, np.nan), ["column `energy_ev`, row 8", "finite number"]),
        (_swapped, ["row 3 looks like row 4, test-0000003", "so do rows 4"]),
        (_lost, ["row before or after"]),
    ],
)
def test_one_thing_wrong_is_one_error(prompt, layout, change, words):
    predictions = noisy()
    change(predictions)
    said = prompt.error("score", str(write(layout, "wrong", predictions)))
    assert all(word in said for word in words), said
    assert not (layout.root / "leaderboard" / "scores").exists()
