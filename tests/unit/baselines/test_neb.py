import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from ionladder.baselines import neb
from ionladder.baselines.umlip import POTENTIALS, Potential
from ionladder.errors import BaselineError
from ionladder.repo import read_json

N_IMAGES = 5
SOURCE = "effective medium theory"


@pytest.fixture
def hop():
    return copper_hop()


def copper_hop():
    """A vacancy of copper that changes places with a neighbour: 31 atoms, ASE's own potential."""
    build = pytest.importorskip("ase.build")
    crystal = build.bulk("Cu", cubic=True) * (2, 2, 2)
    places = crystal.positions
    way = places[1] - places[0]
    order = [1, *range(2, len(crystal))]
    path = np.repeat(places[None, order], N_IMAGES, axis=0)
    path[:, 0] -= np.linspace(0.0, 1.0, N_IMAGES)[:, None] * way
    return neb.Hop(
        id="mp-30_0_1_0_0_0",
        numbers=crystal.numbers[order],
        cell_ang=np.asarray(crystal.cell),
        positions_ang=path,
    )


def emt():
    from ase.calculators.emt import EMT

    return EMT()


def _written(hop, folder):
    """The hop as upstream writes it."""
    from ase.io import write

    file = folder / f"{hop.id}_init.xyz"
    write(file, hop.images(), format="extxyz")
    return file


@pytest.mark.extra
def test_a_band_converges_to_a_symmetric_barrier(hop):
    band = neb.relax_band(hop, emt, neb.NebSettings())

    assert band.converged
    assert band.largest_force_ev_per_ang < 0.1
    assert band.energies_ev.argmax() == N_IMAGES // 2
    assert band.energies_ev[0] == pytest.approx(band.energies_ev[-1], abs=1e-3)
    assert 0.3 < band.barrier_ev < 1.0
    assert band.positions_ang.shape == hop.positions_ang.shape
    np.testing.assert_allclose(band.positions_ang[2, 0], hop.positions_ang[2, 0], rtol=0, atol=0.05)


@pytest.mark.extra
def test_a_run_writes_the_layout_of_the_task_and_what_it_cost(hop, tmp_path):
    import pyarrow.parquet as pq

    outcome = neb.run_bands([hop], emt, SOURCE, tmp_path)

    assert outcome == neb.BandOutcome(n_hops=1, n_converged=1, n_kept=0)
    table = pq.read_table(tmp_path / neb.PREDICTIONS)
    assert table.column_names == ["id", "image", "energy_ev", "positions_ang", "converged"]
    assert table["id"].to_pylist() == [hop.id] * N_IMAGES
    assert table["image"].to_pylist() == list(range(N_IMAGES))
    assert {len(row) for row in table["positions_ang"].to_pylist()} == {3 * hop.n_atoms}
    assert table["converged"].to_pylist() == [True] * N_IMAGES
    summary = read_json(tmp_path / neb.SUMMARY)
    assert summary["potential"] == SOURCE
    assert summary["settings"]["spring_ev_per_ang2"] == 5.0
    (told,) = summary["hops"]
    energies = table["energy_ev"].to_pylist()
    assert told["barrier_ev"] == pytest.approx(max(energies) - min(energies), abs=1e-6)
    assert told["cpu_s"] >= 0


@pytest.mark.extra
def test_a_hop_that_cannot_be_treated_is_written_and_marked(hop, tmp_path):
    import pyarrow.parquet as pq

    lithium = replace(hop, id="mp-1_0_1_0_0_0", numbers=np.full(hop.n_atoms, 3))

    outcome = neb.run_bands(
        [hop, lithium], emt, SOURCE, tmp_path, settings=neb.NebSettings(max_steps=1)
    )

    assert outcome.n_hops == 2
    table = pq.read_table(tmp_path / neb.PREDICTIONS).to_pylist()[:N_IMAGES]
    found = {(row["id"], row["energy_ev"], row["converged"]) for row in table}
    assert found == {(lithium.id, None, False)}
    _, told = read_json(tmp_path / neb.SUMMARY)["hops"]
    assert "Li" in told["trouble"]
    assert told["barrier_ev"] is None


@pytest.mark.parametrize("n_failures", [0, 1, 2])
@pytest.mark.extra
def test_a_band_that_fails_is_tried_again_and_then_recorded_as_not_converged(
    n_failures, hop, tmp_path
):
    failures = iter([RuntimeError("no memory")] * n_failures)

    def calculator():
        for failure in failures:
            raise failure
        return emt()

    few = neb.NebSettings(max_steps=1, end_steps=1, accepted_ev_per_ang=99.0)
    outcome = neb.run_bands([hop], calculator, SOURCE, tmp_path, settings=few)
    assert outcome.n_converged == (n_failures < 2)
    (told,) = read_json(tmp_path / neb.SUMMARY)["hops"]
    assert told["trouble"] == ("RuntimeError: no memory" if n_failures == 2 else "")
    again = neb.run_bands([hop], calculator, SOURCE, tmp_path, settings=few)
    assert (again.n_converged, again.n_kept) == (1, n_failures < 2)


@pytest.mark.parametrize("change", ["nothing", "potential", "settings", "path"])
@pytest.mark.extra
def test_a_run_goes_on_where_it_was_stopped_unless_something_changed(change, hop, tmp_path):
    few, fewer = (neb.NebSettings(max_steps=n, end_steps=n) for n in (2, 1))
    neb.run_bands([hop], emt, SOURCE, tmp_path, settings=few)
    first = (tmp_path / neb.PREDICTIONS).read_bytes()
    moved = replace(hop, positions_ang=hop.positions_ang + 0.01)

    outcome = neb.run_bands(
        [moved if change == "path" else hop],
        emt,
        "another" if change == "potential" else SOURCE,
        tmp_path,
        settings=fewer if change == "settings" else few,
    )

    assert outcome.n_kept == (change == "nothing")
    if change == "nothing":
        assert (tmp_path / neb.PREDICTIONS).read_bytes() == first


def springs(_, cell):
    """A cheap potential, which knows no lithium and finds no room for boron."""
    if cell.numbers[0] in (3, 5):
        raise ValueError("unknown element") if cell.numbers[0] == 3 else RuntimeError("no memory")
    return float(np.square(cell.fractional[0] - cell.fractional[1:]).sum())


SPRINGS = Potential(source=str, load=lambda: None, features=max, energy=springs)


def spring_hops():
    places = np.random.default_rng(0).random((9, N_IMAGES, 4, 3))
    return [
        neb.Hop(
            id=f"p{row}",
            numbers=np.array([{0: 3, 1: 5}.get(row, 29)] * 4, dtype=np.uint8),
            cell_ang=np.eye(3),
            positions_ang=positions,
        )
        for row, positions in enumerate(places)
    ]


def test_single_points_do_not_depend_on_workers_or_on_a_kill(tmp_path, monkeypatch):
    monkeypatch.setitem(POTENTIALS, "springs", SPRINGS)
    hops = spring_hops()
    places = np.stack([hop.positions_ang for hop in hops])

    def done(name, map_jobs=map, told=str):
        found = neb.run_points(hops, "springs", tmp_path / name, told=told, map_jobs=map_jobs)
        return [(point.id, point.energies_ev, point.trouble) for point in found]

    def killed(point):
        if point.id == "p4":
            raise KeyboardInterrupt

    first = done("one")
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        assert done("two", pool.map) == first
    with pytest.raises(KeyboardInterrupt):
        done("three", told=killed)
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "three").rglob("*.json")}
    assert len(kept) == 4  # p1 is tried again
    assert done("three") == first
    assert all(file.stat().st_mtime_ns == written for file, written in kept.items())
    assert first[0] == ("p0", [], "ValueError: unknown element")
    assert first[1] == ("p1", [], "RuntimeError: no memory")
    assert [np.ptp(energies) for _, energies, _ in first[2:]] == pytest.approx(
        np.ptp(np.square(places[2:, :, :1] - places[2:, :, 1:]).sum(axis=(2, 3)), axis=1), abs=2e-6
    )
    with pytest.raises(BaselineError, match="one of chgnet, sevennet-0"):
        neb.run_points(hops, "mace", tmp_path)


def test_a_folder_without_paths_is_an_error(tmp_path):
    with pytest.raises(BaselineError, match=r"one file <id>_init.xyz a hop; found no such file"):
        next(neb.hops_of_folder(tmp_path))
    with pytest.raises(BaselineError, match="found no such folder"):
        next(neb.hops_of_folder(tmp_path / "elsewhere"))


@pytest.mark.extra
def test_two_images_or_other_atoms_are_no_path(hop, tmp_path):
    file = _written(hop, tmp_path)
    frame = hop.n_atoms + 2
    lines = file.read_text().splitlines(keepends=True)

    file.write_text("".join(lines[: 2 * frame]))
    with pytest.raises(BaselineError, match=r"3 images or more .* found 2 images"):
        next(neb.hops_of_folder(tmp_path))

    lines[frame + 2] = lines[frame + 2].replace("Cu", "Ag")
    file.write_text("".join(lines))
    with pytest.raises(BaselineError, match="images that differ in atoms or cell"):
        next(neb.hops_of_folder(tmp_path))


# What the two sets of weights give for LiF. They differ by half of the correction of -0.46 eV that
# the Materials Project makes for an atom of F, which CHGNet has learnt too.
@pytest.mark.parametrize(("name", "energy_ev"), [("chgnet", -5.07), ("sevennet-0", -4.84)])
@pytest.mark.extra
@pytest.mark.slow
def test_a_potential_of_the_extra_gives_energies_and_forces(name, energy_ev):
    pytest.importorskip("torch")
    pytest.importorskip({"chgnet": "chgnet", "sevennet-0": "sevenn"}[name])
    from ase.build import bulk

    new, source = neb.potential_of(name, None)
    atoms = bulk("LiF", "rocksalt", a=4.03)
    one, other = new(), new()
    atoms.calc = one

    assert one is not other
    assert "weights" in source
    assert atoms.get_potential_energy() / len(atoms) == pytest.approx(energy_ev, abs=0.1)
    np.testing.assert_allclose(atoms.get_forces(), 0.0, atol=0.01)
