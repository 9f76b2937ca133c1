"""Submissions of paths that are refused: each with its letter, all problems at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import paths_submission as paths
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ionladder.errors import SubmissionError
from ionladder.score import TaskScorer

FIRST = "mp-2_0_2_1_-1_-1"
Edit = Callable[[paths.Rows], paths.Rows]


def letters(scorer: TaskScorer, folder: Path) -> list[str]:
    """The problems of a submission, one text each."""
    with pytest.raises(SubmissionError) as caught:
        scorer.score(folder)
    return [str(problem) for problem in caught.value.problems]


def of_atoms(change: Callable[[np.ndarray, paths.MadeHop], np.ndarray]) -> Edit:
    """Change the coordinates of every image, given as (n_atoms, 3)."""
    made = {hop.id: hop for hop in paths.held_out_hops()}

    def edit(rows: paths.Rows) -> paths.Rows:
        return [
            {**r, "positions_ang": change(r["positions_ang"].reshape(-1, 3), made[r["id"]]).ravel()}
            for r in rows
        ]

    return edit


def swapped(positions: np.ndarray, hop: paths.MadeHop) -> np.ndarray:
    return positions[[0, 2, 1, *range(3, len(positions))]]


def turned_around(rows: paths.Rows) -> paths.Rows:
    count = {hop.id: len(hop.energies) for hop in paths.held_out_hops()}
    return [{**row, "image": count[row["id"]] - 1 - row["image"]} for row in rows]


def one(place: int, **changes: object) -> Edit:
    return lambda rows: paths.edited(rows, place, changes)


CASES: dict[str, tuple[Edit, str]] = {
    "an image twice": (lambda rows: [*rows, rows[0]], "repeated images in 1 hop"),
    "an image too many": (one(6, image=7), f"unknown images in 1 hop(s) ({FIRST}: 7)"),
    "a hop missing": (
        lambda rows: [row for row in rows if row["id"] != FIRST],
        f"6 of them; 1 missing ({FIRST})",
    ),
    "a hop unknown": (one(0, id="mp-9_0_1_0_0_0"), "1 unknown (mp-9_0_1_0_0_0)"),
    "training hops": (
        lambda rows: [{**row, "id": "mp-1_0_1_0_0_0"} for row in rows[:5]],
        "You sent the training ids",
    ),
    "energy not a number": (one(2, energy_ev=float("nan")), f"1 image(s) ({FIRST} image 2)"),
    "energy infinite": (one(2, energy_ev=float("inf")), "energy_ev: expected finite numbers"),
    "no energy": (one(2, energy_ev=None), "energy_ev: expected finite numbers"),
    "a coordinate not a number": (
        one(0, positions_ang=[float("nan")] * 18),
        "positions_ang: expected finite numbers",
    ),
    "an atom missing": (one(1, positions_ang=[0.0] * 15), f"{FIRST} image 1: 15 for 6 atoms"),
    "converged left open": (one(0, converged=None), f"nothing in 1 hop(s) ({FIRST})"),
    "converged in part": (one(0, converged=False), f"both in 1 hop(s) ({FIRST})"),
    "energies in meV": (
        lambda rows: [{**row, "energy_ev": 1e3 * row["energy_ev"]} for row in rows],
        "not meV or kJ/mol",
    ),
    "two atoms exchanged": (of_atoms(swapped), "atoms 1, 2"),
    "atoms sorted": (of_atoms(lambda p, _: p[::-1]), "stand in each other's places"),
    "everything shifted": (
        of_atoms(lambda p, _: p + np.array([0.0, 0.9, 0.0])),
        "Every atom is moved alike",
    ),
    "fractional": (
        of_atoms(lambda p, hop: p @ np.linalg.inv(hop.cell)),
        "Multiply fractional coordinates by the cell",
    ),
    "images turned around": (turned_around, "turn the path around"),
}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES)
def test_it_is_refused_with_its_letter(
    edit: Edit, expected: str, paths_scorer: TaskScorer, folder: Path
) -> None:
    found = letters(paths_scorer, paths.write(folder, edit(paths.good_rows())))

    assert any(expected in text for text in found), found
    assert all("predictions.parquet" in text for text in found)


def test_a_path_that_blew_up_is_refused_where_it_is_said_to_have_converged(
    paths_scorer: TaskScorer, folder: Path
) -> None:
    name = "mp-7_4_1_0_0_0"
    cell = next(hop.cell for hop in paths.held_out_hops() if hop.id == name)
    rows = paths.good_rows()
    last = max(at for at, row in enumerate(rows) if row["id"] == name)
    moved = rows[last]["positions_ang"].copy()
    moved[:3] += 0.5 * cell.sum(axis=0)

    found = letters(
        paths_scorer, paths.write(folder, paths.edited(rows, last, {"positions_ang": moved}))
    )

    assert "atom 0 in image 6" in found[0]
    assert "set converged to false" in found[0]


def test_all_problems_are_reported_at_once(paths_scorer: TaskScorer, folder: Path) -> None:
    rows = [row for row in paths.good_rows() if (row["id"], row["image"]) != (FIRST, 3)]
    rows = paths.edited(rows, 8, {"energy_ev": None})
    rows = paths.edited(rows, 20, {"converged": None})

    found = "\n".join(letters(paths_scorer, paths.write(folder, rows)))

    for part in ("missing images", "energy_ev", "converged: expected"):
        assert part in found


def test_exchanged_columns_are_named(paths_scorer: TaskScorer, folder: Path) -> None:
    table = pa.Table.from_pylist(paths.good_rows())
    paths.write(folder, paths.good_rows())
    names = {"energy_ev": "positions_ang", "positions_ang": "energy_ev"}
    renamed = table.rename_columns([names.get(name, name) for name in table.column_names])
    pq.write_table(renamed, folder / "predictions.parquet")

    found = letters(paths_scorer, folder)

    assert any(
        "column `energy_ev`" in t and "did you mean `positions_ang`" in t.lower() for t in found
    )


@pytest.mark.parametrize("name", ["id", "image", "energy_ev", "positions_ang", "converged"])
def test_a_column_left_out_is_asked_for(name: str, paths_scorer: TaskScorer, folder: Path) -> None:
    path = paths.write(folder, paths.good_rows()) / "predictions.parquet"
    pq.write_table(pq.read_table(path).drop_columns([name]), path)

    found = letters(paths_scorer, folder)

    assert any(f"expected a column `{name}`" in text for text in found)


def test_a_truncated_parquet_is_no_parquet(paths_scorer: TaskScorer, folder: Path) -> None:
    path = paths.write(folder, paths.good_rows()) / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-200])

    (found,) = letters(paths_scorer, folder)

    assert "predictions.parquet: expected a parquet file" in found


def test_damage_inside_a_parquet_is_one_letter(paths_scorer: TaskScorer, folder: Path) -> None:
    path = paths.write(folder, paths.good_rows()) / "predictions.parquet"
    data = bytearray(path.read_bytes())
    data[600:1200] = bytes(600)
    path.write_bytes(bytes(data))

    (found,) = letters(paths_scorer, folder)

    assert "predictions.parquet" in found


def test_a_file_that_is_far_too_large_is_not_opened(paths_scorer: TaskScorer, folder: Path) -> None:
    path = paths.write(folder, paths.good_rows()) / "predictions.parquet"
    with path.open("ab") as stream:
        stream.truncate(60_000_000)

    (found,) = letters(paths_scorer, folder)

    assert "at most" in found


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), "found neither"),
        (("predictions.csv",), "neither, but predictions.csv"),
        (("predictions.parquet", "predictions.extxyz"), "found both"),
    ],
)
def test_the_file_must_be_there_once(
    names: tuple[str, ...], expected: str, paths_scorer: TaskScorer, folder: Path
) -> None:
    paths.write(folder, paths.good_rows())
    (folder / "predictions.parquet").unlink()
    for name in names:
        (folder / name).write_text("id\n", encoding="utf-8")

    assert any(expected in text for text in letters(paths_scorer, folder))


def test_cross_validation_is_no_part_of_paths(paths_scorer: TaskScorer, folder: Path) -> None:
    paths.write(folder, paths.good_rows())
    (folder / "cv_predictions.csv").write_text("id\n", encoding="utf-8")

    (found,) = letters(paths_scorer, folder)

    assert "predictions.extxyz" in found
    assert "also cv_predictions.csv" in found


def test_elements_in_another_order_are_seen_in_extxyz(
    paths_scorer: TaskScorer, folder: Path
) -> None:
    paths.write_extxyz(folder, paths.good_rows(), symbols=lambda hop: sorted(hop.symbols))

    (found,) = letters(paths_scorer, folder)

    assert "programs that sort by element change it" in found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("image=0", "picture=0", "image: expected a whole number"),
        ("energy=", "energy=x", "energy: expected a number in eV"),
        ("converged=T", "converged=maybe", "converged: expected T or F"),
        ("converged=T", "", "converged: expected true or false"),
        ('Lattice="7.0', 'Lattice="7.1', "Lattice: expected the cell of the initial path"),
        ("Lattice", "Lattic", "frame 1, line 2"),
    ],
)
def test_frames_that_say_too_little_are_refused(
    old: str, new: str, expected: str, paths_scorer: TaskScorer, folder: Path
) -> None:
    path = paths.write_extxyz(folder, paths.good_rows()) / "predictions.extxyz"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    found = letters(paths_scorer, folder)

    assert any(expected in text for text in found), found
    assert all("predictions.extxyz" in text for text in found)


def test_a_cut_extxyz_names_the_frame(paths_scorer: TaskScorer, folder: Path) -> None:
    path = paths.write_extxyz(folder, paths.good_rows()) / "predictions.extxyz"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: len(text) // 2].rsplit("\n", 2)[0] + "\n", encoding="utf-8")

    (found,) = letters(paths_scorer, folder)

    assert ", frame " in found
