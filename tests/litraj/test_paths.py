"""Submissions of paths: what they are worth, the two known traps, and every one that is refused."""

from collections.abc import Callable
from itertools import product

import numpy as np
import paths_submission as paths
import pytest
from nebdft2k_miniature import hops

from ionladder.data.store import GivenPath
from ionladder.errors import SubmissionError
from ionladder.score_arrays import displacements

FIRST = "mp-2_0_2_1_-1_-1"
MADE = {hop.id: hop for hop in paths.held_out_hops()}
Edit = Callable[[paths.Rows], paths.Rows]


def value(scored, target, metric="mae"):
    return scored.evaluation.score(target, "all", metric).value


def slowly(predicted, true, cell, atoms):
    """Upstream's PA_MAE, written from its description with loops and 27 images of short vectors."""
    images = np.array(list(product((-1, 0, 1), repeat=3))) @ cell
    per_image = []
    for one, other in zip(predicted, true, strict=True):
        per_atom = []
        for atom in atoms:
            fractional = np.linalg.solve(cell.T, one[atom] - other[atom])
            wrapped = (fractional - np.rint(fractional)) @ cell
            per_atom.append(min(np.linalg.norm(wrapped + image) for image in images))
        per_image.append(np.mean(per_atom))
    return float(np.mean(per_image))


def given_path(cell, positions, moving):
    return GivenPath(
        id="mp-1_0_1_0_0_0",
        numbers=np.ones(positions.shape[1], dtype=np.uint8),
        cell_ang=cell,
        positions_ang=positions,
        moving_ion=moving,
    )


@pytest.mark.parametrize("hop", hops()[:4], ids=lambda hop: hop.id)
def test_displacements_are_those_of_upstreams_definition(hop):
    everywhere = hop.init + np.random.default_rng(0).normal(0, 1.5, hop.init.shape)
    given = given_path(hop.cell, hop.init, hop.moving)
    path, ion = displacements(everywhere, hop.relaxed, given)
    atoms = list(range(len(hop.symbols)))
    assert path == pytest.approx(slowly(everywhere, hop.relaxed, hop.cell, atoms), abs=1e-9)
    assert ion == pytest.approx(slowly(everywhere, hop.relaxed, hop.cell, [hop.moving]), abs=1e-9)


def test_an_error_of_the_moving_ion_is_diluted_by_all_atoms_and_seen_undiluted():
    """1 Å on 5 of 7 images among 127 atoms is 0.0056 Å of PA-MAE, and 0.71 Å of the ion."""
    true = np.zeros((7, 127, 3))
    predicted = true.copy()
    predicted[:5, 0, 0] = 1.0
    path, ion = displacements(predicted, true, given_path(np.eye(3) * 10, true, 0))
    assert path == pytest.approx(5 / 7 / 127)
    assert round(path, 4) == 0.0056
    assert ion == pytest.approx(5 / 7)


def test_errors_are_counted_per_hop(paths_scorer, tmp_path):
    scored = paths_scorer.score(paths.write(tmp_path / "exact", paths.good_rows()))
    for target in ("barrier_ev", "saddle_ev", "path_ang", "moving_ion_ang", "failed"):
        assert value(scored, target) == pytest.approx(0.0, abs=1e-7)
    rows = paths.good_rows(energy_error=0.25, shift=0.3)
    scored = paths_scorer.score(paths.write(tmp_path / "off", rows))
    assert value(scored, "barrier_ev") == pytest.approx(0.25)
    assert value(scored, "saddle_ev") == pytest.approx(0.25)
    assert value(scored, "moving_ion_ang") == pytest.approx(0.3, abs=1e-7)
    diluted = np.mean([0.3 / len(hop.symbols) for hop in MADE.values()])
    assert value(scored, "path_ang") == pytest.approx(diluted, abs=1e-7)


def test_formats_orders_and_lattice_vectors_change_no_number(paths_scorer, tmp_path):
    rows = paths.failing(paths.good_rows(energy_error=0.1, shift=0.2), ["mp-5_0_1_0_0_0"])
    moved = [
        row if row["positions_ang"] is None else {**row, "positions_ang": (
            row["positions_ang"].reshape(-1, 3) + MADE[row["id"]].cell[1]
        ).ravel()}
        for row in rows
    ]  # fmt: skip
    one = paths_scorer.score(paths.write(tmp_path / "one", rows))
    for other in (
        paths.write_extxyz(tmp_path / "extxyz", rows),
        paths.write(tmp_path / "backwards", rows[::-1]),
        paths.write(tmp_path / "moved", moved),
    ):
        again = paths_scorer.score(other)
        for target in one.evaluation.targets:
            assert value(again, target) == pytest.approx(value(one, target), abs=1e-7)


def test_a_failed_hop_counts_as_the_initial_path_and_the_train_median(paths_scorer, tmp_path):
    hop = MADE["mp-8_0_1_0_0_0"]
    median = np.median([np.ptp(made.energies) for made in hops() if made.part != "test"])
    rows = paths.failing(paths.good_rows(), [hop.id])
    scored = paths_scorer.score(paths.write(tmp_path / "one", rows))
    found = scored.submission.predictions.rows.set_index("id").loc[hop.id]
    assert found["barrier_ev"] == pytest.approx(median, abs=1e-6)
    expected = slowly(hop.init, hop.relaxed, hop.cell, list(range(len(hop.symbols))))
    assert found["path_ang"] == pytest.approx(expected, abs=1e-6)
    assert value(scored, "failed") == pytest.approx(1 / 7)
    error = abs(median - np.ptp(hop.energies)) / 7
    assert value(scored, "barrier_ev") == pytest.approx(error, abs=1e-6)
    assert value(scored, "barrier_ev", "mae_converged") == pytest.approx(0.0, abs=1e-9)

    failed = paths.failing(paths.good_rows(), MADE)
    scored = paths_scorer.score(paths.write(tmp_path / "every", failed))
    assert value(scored, "failed") == 1.0
    assert np.isnan(value(scored, "barrier_ev", "mae_converged"))
    assert scored.submission.predictions.rows["barrier_ev"].nunique() == 1


def test_giving_up_hard_hops_looks_better_only_where_it_is_said_so(paths_scorer, tmp_path):
    """Survivor bias: the mean over converged hops falls, the ranked one rises, coverage shows."""
    hard = ["mp-7_4_1_0_0_0", "mp-8_0_1_0_0_0"]
    rows = [
        {**row, "energy_ev": row["energy_ev"] + 0.3 * (row["id"] in hard) * (row["image"] == 3)}
        for row in paths.good_rows(energy_error=0.05)
    ]
    whole = paths_scorer.score(paths.write(tmp_path / "whole", rows))
    choosy = paths_scorer.score(paths.write(tmp_path / "choosy", paths.failing(rows, hard)))
    assert value(choosy, "barrier_ev", "mae_converged") < value(whole, "barrier_ev")
    assert value(choosy, "barrier_ev") > value(whole, "barrier_ev")
    assert value(choosy, "moving_ion_ang") > value(whole, "moving_ion_ang")
    assert value(choosy, "failed") == pytest.approx(2 / 7)
    assert value(whole, "failed") == 0.0


# Submissions that are refused: each with its error, all problems at once


def errors(scorer, folder):
    """The problems of a submission, one text each."""
    with pytest.raises(SubmissionError) as caught:
        scorer.score(folder)
    return [str(problem) for problem in caught.value.problems]


def of_atoms(change):
    """Change the coordinates of every image, given as (n_atoms, 3)."""

    def edit(rows):
        changed = (change(r["positions_ang"].reshape(-1, 3), MADE[r["id"]]) for r in rows)
        return [{**r, "positions_ang": c.ravel()} for r, c in zip(rows, changed, strict=True)]

    return edit


def every(change):
    return lambda rows: [{**row, **change(row)} for row in rows]


def one(place, **changes):
    return lambda rows: paths.edited(rows, place, **changes)


def without(*images):
    return lambda rows: [row for row in rows if row["image"] not in images]


def training(rows):
    return [{**row, "id": "mp-1_0_1_0_0_0"} for row in rows[:5]]


def backwards(row):
    return {"image": len(MADE[row["id"]].energies) - 1 - row["image"]}


CASES: list[tuple[Edit, str]] = [
    # Upstream's PA_MAE divides by all images whatever was sent: 3 of 7 would look better.
    (without(3, 4, 5, 6), "missing images in 7 hop(s)"),
    (lambda rows: [*rows, rows[0]], "repeated images in 1 hop"),
    (lambda rows: [r for r in rows if r["id"] != FIRST], f"6 of them; 1 missing ({FIRST})"),
    (one(0, id="mp-9_0_1_0_0_0"), "1 unknown (mp-9_0_1_0_0_0)"),
    (training, "You sent the training ids"),
    (one(2, energy_ev=float("inf")), f"1 image(s) ({FIRST} image 2)"),
    (one(2, energy_ev=None), "energy_ev: expected finite numbers"),
    (one(2, energy_ev=1e308), "energy_ev: expected finite numbers"),
    (of_atoms(lambda p, _: p * 0 + 1e20), "within three cells of the initial path"),
    (of_atoms(lambda p, hop: p + 4.0 * hop.cell[0]), "within three cells of the initial path"),
    (one(1, positions_ang=[0.0] * 15), f"{FIRST} image 1: 15 for 6 atoms"),
    (one(0, converged=False), f"both in 1 hop(s) ({FIRST})"),
    (every(lambda row: {"energy_ev": 1e3 * row["energy_ev"]}), "not meV or kJ/mol"),
    (of_atoms(lambda p, _: p[[0, 2, 1, *range(3, len(p))]]), "atoms 1, 2"),
    (of_atoms(lambda p, _: p[::-1]), "stand in each other's places"),
    (of_atoms(lambda p, _: p + np.array([0.0, 0.9, 0.0])), "Every atom is moved alike"),
    (of_atoms(lambda p, hop: p @ np.linalg.inv(hop.cell)), "Multiply fractional coordinates by"),
    (of_atoms(lambda p, _: p.T), "write positions row by row"),
    (every(backwards), "turn the path around"),
]


@pytest.mark.parametrize(("edit", "expected"), CASES, ids=[said for _, said in CASES])
def test_it_is_refused_with_its_error(edit, expected, paths_scorer, folder):
    found = errors(paths_scorer, paths.write(folder, edit(paths.good_rows())))
    assert any(expected in text for text in found), found
    assert all("predictions.parquet" in text for text in found)


def test_a_path_that_blew_up_is_refused_where_it_is_said_to_have_converged(paths_scorer, folder):
    name = "mp-7_4_1_0_0_0"
    rows = paths.good_rows()
    last = max(at for at, row in enumerate(rows) if row["id"] == name)
    moved = rows[last]["positions_ang"].copy()
    moved[:3] += 0.5 * MADE[name].cell.sum(axis=0)
    blown = paths.edited(rows, last, positions_ang=moved)
    found = errors(paths_scorer, paths.write(folder, blown))
    assert "atom 0 in image 6" in found[0]
    assert "set converged to false" in found[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("predictions.csv",), "neither, but predictions.csv"),
        (("predictions.parquet", "predictions.extxyz"), "found both"),
    ],
)
def test_the_file_must_be_there_once_and_alone(names, expected, paths_scorer, folder):
    path = paths.write(folder, paths.good_rows()) / "predictions.parquet"
    if path.name not in names:
        path.unlink()
    for name in set(names) - {path.name}:
        (folder / name).write_text("id\n", encoding="utf-8")
    assert any(expected in text for text in errors(paths_scorer, folder))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("image=0", "picture=0", "image: expected a whole number"),
        ("energy=", "energy=x", "energy: expected a number in eV"),
        ("energy=", f'v="{"0.1234 " * 9000}" energy=', "in the second lines"),
        ("converged=T", "converged=maybe", "converged: expected T or F"),
        ('Lattice="7.0', 'Lattice="7.1', "Lattice: expected the cell of the initial path"),
        ("\nS ", "\nSe", "programs that sort by element change it"),
    ],
)
def test_frames_that_say_too_little_or_something_else_are_refused(
    old, new, expected, paths_scorer, folder
):
    path = paths.write_extxyz(folder, paths.good_rows()) / "predictions.extxyz"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = errors(paths_scorer, folder)
    assert any(expected in text for text in found), found
    assert all("predictions.extxyz" in text for text in found)
