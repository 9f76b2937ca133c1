"""What a submission of paths is worth: geometry, barriers, coverage, and the two known traps."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import paths_submission as paths
import pytest
from nebdft2k_miniature import MadeHop, hops

from ionladder.config import Params
from ionladder.data.store import GivenPath
from ionladder.errors import SubmissionError
from ionladder.repo import Layout
from ionladder.score import Scored, TaskScorer
from ionladder.score_paths import displacements


def value(scored: Scored, target: str, metric: str = "mae", subset: str = "all") -> float:
    return scored.evaluation.score(target, subset, metric).value


def slowly(predicted: np.ndarray, true: np.ndarray, cell: np.ndarray, atoms: list[int]) -> float:
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


def given_path(hop: MadeHop) -> GivenPath:
    return GivenPath(
        id=hop.id,
        numbers=np.ones(len(hop.symbols), dtype=np.uint8),
        cell_ang=hop.cell,
        positions_ang=hop.init,
        moving_ion=hop.moving,
    )


@pytest.mark.parametrize("hop", hops(), ids=lambda hop: hop.id)
def test_displacements_are_those_of_upstreams_definition(hop: MadeHop) -> None:
    everywhere = hop.init + np.random.default_rng(0).normal(0, 1.5, hop.init.shape)

    path, ion = displacements(everywhere, hop.relaxed, given_path(hop))

    atoms = list(range(len(hop.symbols)))
    assert path == pytest.approx(slowly(everywhere, hop.relaxed, hop.cell, atoms), abs=1e-9)
    assert ion == pytest.approx(slowly(everywhere, hop.relaxed, hop.cell, [hop.moving]), abs=1e-9)


def test_an_error_of_the_moving_ion_is_diluted_by_all_atoms_and_seen_undiluted() -> None:
    """1 Å on 5 of 7 images among 127 atoms is 0.0056 Å of PA-MAE, and 0.71 Å of the ion."""
    true = np.zeros((7, 127, 3))
    predicted = true.copy()
    predicted[:5, 0, 0] = 1.0
    given = GivenPath(
        id="mp-1_0_1_0_0_0",
        numbers=np.ones(127, dtype=np.uint8),
        cell_ang=np.eye(3) * 10,
        positions_ang=true,
        moving_ion=0,
    )

    path, ion = displacements(predicted, true, given)

    assert path == pytest.approx(5 / 7 / 127)
    assert round(path, 4) == 0.0056
    assert ion == pytest.approx(5 / 7)


def test_the_dft_paths_themselves_have_no_error(paths_scorer: TaskScorer, folder: Path) -> None:
    scored = paths_scorer.score(paths.write(folder, paths.good_rows()))

    for target in ("barrier_ev", "saddle_ev", "path_ang", "moving_ion_ang", "failed"):
        assert value(scored, target) == pytest.approx(0.0, abs=1e-7)


def test_errors_are_counted_per_hop(paths_scorer: TaskScorer, folder: Path) -> None:
    rows = paths.good_rows(energy_error=0.25, shift=0.3)

    scored = paths_scorer.score(paths.write(folder, rows))

    assert value(scored, "barrier_ev") == pytest.approx(0.25)
    assert value(scored, "saddle_ev") == pytest.approx(0.25)
    assert value(scored, "moving_ion_ang") == pytest.approx(0.3, abs=1e-7)
    diluted = np.mean([0.3 / len(hop.symbols) for hop in paths.held_out_hops()])
    assert value(scored, "path_ang") == pytest.approx(diluted, abs=1e-7)


def test_parquet_and_extxyz_give_the_same_numbers(paths_scorer: TaskScorer, tmp_path: Path) -> None:
    rows = paths.failing(paths.good_rows(energy_error=0.1, shift=0.2), ["mp-5_0_1_0_0_0"])

    one = paths_scorer.score(paths.write(tmp_path / "one", rows))
    other = paths_scorer.score(paths.write_extxyz(tmp_path / "other", rows))

    for target in one.evaluation.targets:
        assert value(other, target) == pytest.approx(value(one, target), abs=1e-7)


def test_rows_in_another_order_give_the_same_numbers(
    paths_scorer: TaskScorer, tmp_path: Path
) -> None:
    rows = paths.good_rows(energy_error=0.1, shift=0.2)

    one = paths_scorer.score(paths.write(tmp_path / "one", rows))
    other = paths_scorer.score(paths.write(tmp_path / "other", rows[::-1]))

    for target in one.evaluation.targets:
        assert value(other, target) == value(one, target)


def test_a_whole_lattice_vector_changes_nothing(paths_scorer: TaskScorer, folder: Path) -> None:
    cells = {hop.id: hop.cell for hop in paths.held_out_hops()}
    rows = [
        {
            **row,
            "positions_ang": (row["positions_ang"].reshape(-1, 3) + cells[row["id"]][1]).ravel(),
        }
        for row in paths.good_rows()
    ]

    assert value(paths_scorer.score(paths.write(folder, rows)), "path_ang") < 1e-6


def test_a_failed_hop_counts_as_the_initial_path_and_the_train_median(
    paths_scorer: TaskScorer, folder: Path, nebdft2k: tuple[Layout, Params]
) -> None:
    rows = paths.failing(paths.good_rows(), ["mp-8_0_1_0_0_0"])
    hop = next(hop for hop in paths.held_out_hops() if hop.id == "mp-8_0_1_0_0_0")
    train = [made for made in hops() if made.part != "test"]
    median = np.median([np.ptp(made.energies) for made in train])

    scored = paths_scorer.score(paths.write(folder, rows))
    rows_of = scored.submission.predictions.rows.set_index("id").loc[hop.id]

    assert rows_of["barrier_ev"] == pytest.approx(median, abs=1e-6)
    atoms = list(range(len(hop.symbols)))
    expected = slowly(hop.init, hop.relaxed, hop.cell, atoms)
    assert rows_of["path_ang"] == pytest.approx(expected, abs=1e-6)
    assert value(scored, "failed") == pytest.approx(1 / 7)
    assert value(scored, "barrier_ev") == pytest.approx(
        abs(median - np.ptp(hop.energies)) / 7, abs=1e-6
    )
    assert value(scored, "barrier_ev", "mae_converged") == pytest.approx(0.0, abs=1e-9)


def test_giving_up_hard_hops_looks_better_only_where_it_is_said_so(
    paths_scorer: TaskScorer, tmp_path: Path
) -> None:
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


def test_giving_everything_up_is_worth_the_median_and_no_more(
    paths_scorer: TaskScorer, folder: Path
) -> None:
    every = [hop.id for hop in paths.held_out_hops()]

    scored = paths_scorer.score(paths.write(folder, paths.failing(paths.good_rows(), every)))

    assert value(scored, "failed") == 1.0
    assert np.isnan(value(scored, "barrier_ev", "mae_converged"))
    predicted = scored.submission.predictions.rows["barrier_ev"]
    assert predicted.nunique() == 1


def test_leaving_images_out_is_refused_instead_of_rewarded(
    paths_scorer: TaskScorer, folder: Path
) -> None:
    """Upstream's PA_MAE divides by all images whatever was sent: 3 of 7 would look better."""
    rows = [row for row in paths.good_rows() if row["image"] < 3]

    with pytest.raises(SubmissionError, match="missing images") as caught:
        paths_scorer.score(paths.write(folder, rows))

    assert "mp-8_0_1_0_0_0" in str(caught.value) or "more" in str(caught.value)
