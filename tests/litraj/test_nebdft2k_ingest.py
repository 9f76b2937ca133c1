"""nebDFT2k from its archive: what the tables hold, and every way an archive can be wrong."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from typing import Any

import nebdft2k_miniature as mini
import numpy as np
import pytest
from nebdft2k_miniature import KEY, VERSION, Archive, make_repository, put_archive

from ionladder.config import load_params
from ionladder.data.ingest import ingest_version
from ionladder.data.registry import get_task
from ionladder.data.store import load_array_inputs, read_table, require_manifest
from ionladder.errors import IngestError

HOPS = mini.hops()
MADE = {hop.id: hop for hop in HOPS}
FIRST = HOPS[0]


def by_id(layout, table):
    rows = read_table(layout, "nebdft2k", VERSION, table).to_pylist()
    return {row["id"]: row for row in rows}


def test_every_hop_is_an_entry_with_its_barriers(nebdft2k):
    entries, labels = (by_id(nebdft2k, name) for name in ("entries", "labels"))
    assert list(entries) == sorted(MADE)
    for name, row in entries.items():
        made, label = MADE[name], labels[name]
        assert row["moving_ion"] == made.moving
        assert (row["n_images"], row["n_atoms"]) == (len(made.init), len(made.symbols))
        assert row["em_bvse_ev"] == made.em_bvse
        assert row["has_specific_tm"] == (row["chemsys"] in ("Fe-Li-O", "Li-Mn-O"))
        assert label["em_dft_ev"] == made.em_dft
        assert label["barrier_ev"] == pytest.approx(np.ptp(made.energies), abs=1e-7)
        saddle = made.energies.max() - made.energies[0]
        assert label["saddle_ev"] == pytest.approx(saddle, abs=1e-7)
    negative = entries["mp-2_0_2_1_-1_-1"]
    assert (negative["source_site"], negative["target_site"]) == (0, 2)
    assert [negative[f"offset_{axis}"] for axis in "abc"] == [1, -1, -1]


def test_splits_folds_and_summary_know_the_materials(nebdft2k):
    splits = by_id(nebdft2k, "splits")
    for name, row in splits.items():
        assert row["part"] == MADE[name].part
        assert row["subset"] == ("test" if MADE[name].part == "test" else "train")
        others = [m for m in MADE.values() if m.material == MADE[name].material and m.id != name]
        assert row["material_in_train"] == any(other.part != "test" for other in others)
    assert len({row["component"] for row in splits.values()}) == len(mini.MATERIALS)
    folds: dict[str, set[int]] = {}
    for name, row in by_id(nebdft2k, "folds").items():
        folds.setdefault(MADE[name].material, set()).add(row["fold"])
    assert all(len(found) == 1 for found in folds.values())
    assert set(folds) == {hop.material for hop in HOPS if hop.part != "test"}
    summary = require_manifest(nebdft2k, "nebdft2k", VERSION)["summary"]
    shared = summary["material_overlap"]["shared"]["train|test"]
    assert shared == {"materials": 3, "entries": 3, "first": ["mp-2", "mp-4", "mp-7"]}
    assert summary["images"] == {"5": 6, "7": 12}


def test_a_barrier_that_is_not_that_of_the_path_is_counted_and_not_refused(tmp_path):
    layout = make_repository(tmp_path, Archive().changed(0, em_dft=9.0))
    manifest = require_manifest(layout, "nebdft2k", VERSION)
    assert manifest["summary"]["barrier_differs_from_em_dft"] == 1
    details = {check["name"]: check["detail"] for check in manifest["checks"]}
    said = f"1 of 18 hops differ by more than 0.01 eV: {FIRST.id}"
    assert details["barrier_is_that_of_the_path"] == said


def with_text(name, old, new, *, count=-1):
    """The archive with one member's text changed."""
    text = {
        FIRST.init_name: mini.init_text(FIRST),
        FIRST.relaxed_name: mini.relaxed_text(FIRST),
        mini.INDEX: mini.index_text(HOPS),
        mini.CENTROIDS: mini.centroids(HOPS),
    }[name]
    assert old in text
    return Archive(members={name: text.replace(old, new, count)})


def relaxed(**changes):
    """The archive with another relaxed path of the first hop."""
    return Archive(members={FIRST.relaxed_name: mini.relaxed_text(replace(FIRST, **changes))})


def index_with(**cells):
    """The archive whose index has other cells for the first hop."""

    def edit(row):
        return {**row, **(cells if row["edge_id"] == FIRST.id else {})}

    return Archive(members={mini.INDEX: mini.index_text(HOPS, edit=edit)})


INIT, RELAXED = FIRST.init_name, FIRST.relaxed_name
ORDER = [0, 2, 1, *range(3, len(FIRST.symbols))]
SHORTER = Archive().changed(0, relaxed=FIRST.relaxed[:4], energies=FIRST.energies[:4])
EXCHANGED = Archive(hops=[replace(h, em_bvse=h.em_dft, em_dft=h.em_bvse) for h in HOPS])
BACKWARDS = Archive(members={mini.CENTROIDS: mini.centroids(HOPS[::-1])})
OTHER_MATERIAL = with_text(RELAXED, f"material_id={FIRST.material} ", "material_id=mp-77 ")
NO_HOP = Archive(members={"nebDFT2k/mp-9_0_1_0_0_0_init.xyz": "1\n"})
CASES = [
    (Archive(members={RELAXED: None}), f"nebDFT2k.zip, {RELAXED}: expected this member"),
    (NO_HOP, "expected two paths for each hop of the index"),
    (SHORTER, f"{RELAXED}: expected as many images as {INIT} has (5); found 4"),
    (relaxed(symbols=FIRST.symbols[::-1]), "the same atoms in another order"),
    (relaxed(relaxed=FIRST.relaxed[:, ORDER]), "atoms 1, 2 exchanged"),
    (relaxed(cell=1.01 * FIRST.cell), "another cell"),
    (with_text(RELAXED, "energy=-", "energy=nan -"), "frame 1"),
    (with_text(INIT, " F ", " T "), "one free atom, a Li ion"),
    (OTHER_MATERIAL, f"expected material_id={FIRST.material}; found"),
    (EXCHANGED, "the columns look exchanged"),
    (index_with(edge_id="mp-4-0-1"), "line 2, edge_id: expected material_source_target_x_y_z"),
    (index_with(material_id="mp-2878"), "expected mp-4 as in edge_id; found mp-2878"),
    (index_with(em_dft="inf"), "em_dft: expected a finite number in eV"),
    (index_with(chemsys="Li-O"), "the elements Li-O of the index"),
    (Archive(hops=[*HOPS[:-1], FIRST]), "every hop once"),
    (Archive(hops=HOPS[:-1]), "expected 18 hops"),
    (BACKWARDS, "as row 1 of the index"),
    (with_text(mini.CENTROIDS, "X ", "H ", count=1), "one dummy atom X"),
    (SHORTER.changed(3, moving=5), f"{HOPS[3].init_name}, freezed: expected one free atom"),
]


@pytest.mark.parametrize(("archive", "expected"), CASES, ids=[said for _, said in CASES])
def test_an_archive_is_refused_whole(archive, expected, tmp_path):
    layout = put_archive(tmp_path, archive)
    with pytest.raises(IngestError) as caught:
        ingest_version(layout, load_params(layout).versions[KEY])
    assert not layout.manifest("nebdft2k", VERSION).exists()
    assert not (layout.version_dir("nebdft2k", VERSION) / "frames").exists()
    assert expected in str(caught.value)


def test_models_of_paths_see_no_label_of_a_held_out_hop(nebdft2k):
    inputs = load_array_inputs(nebdft2k, get_task("nebdft2k-path"), VERSION)
    test = set(inputs.test_ids)

    def ids(table, **options):
        blocks = inputs.blocks(table, **options)
        return {name for block in blocks for name in block["id"].to_pylist()}

    assert not test & ids("paths_relaxed")
    assert ids("paths_init", subset="test") == test
    assert not test & set(inputs.train_labels.index)
    for columns in (["energy_ev"], ["positions_ang"], ["nothing"]):
        with pytest.raises(Exception, match="what is held out is never read"):
            list(inputs.blocks("paths_relaxed", columns, subset="test"))
    with pytest.raises(Exception, match="one of centroids, paths_init, paths_relaxed"):
        list(inputs.blocks("labels"))


# An ingest that is killed: the next one starts over, and nothing is half-written


# Ingests, and kills itself when a function of a module is called for the nth time.
_KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from ionladder.config import load_params
from ionladder.data.ingest import ingest_version
from ionladder.repo import Layout

root, key, module, name, n = sys.argv[1:]
home = importlib.import_module(module)
call, calls = getattr(home, name), []

def watched(*args, **named):
    calls.append(name)
    if len(calls) == int(n):
        os.kill(os.getpid(), signal.SIGKILL)
    return call(*args, **named)

setattr(home, name, watched)
layout = Layout(Path(root))
ingest_version(layout, load_params(layout).versions[key])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize(
    "moment",
    [
        ("ionladder.data.litraj.xyz", "exchanged_atoms", "9"),
        ("ionladder.repo", "write_checksums", "1"),
    ],
    ids=["while hops are read", "when frames are in place and tables are not"],
)
def test_the_ingest_after_a_killed_one_starts_over(moment, tmp_path, nebdft2k):
    layout = put_archive(tmp_path, Archive())
    command = [sys.executable, "-c", _KILLED, str(tmp_path), KEY, *moment]
    killed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    folder = layout.version_dir("nebdft2k", VERSION)
    assert not layout.manifest("nebdft2k", VERSION).exists()
    (folder / ".ingest.part").mkdir(exist_ok=True)
    (folder / ".ingest.part" / "rest.parquet").touch()

    ingest_version(layout, load_params(layout).versions[KEY])

    def contents(layout):
        """Every file of the version, but for the archive and its checksum."""
        folder = layout.version_dir("nebdft2k", VERSION)
        files = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
        kept: dict[str, Any] = {
            name: path.read_bytes()
            for name, path in files.items()
            if not name.startswith("raw/") and name != "manifest.json"
        }
        manifest = require_manifest(layout, "nebdft2k", VERSION)
        return kept | {name: manifest[name] for name in ("tables", "frames", "checks", "summary")}

    assert contents(layout) == contents(nebdft2k)
