"""The files that tests write are, letter by letter, those that ASE writes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from writing import frame_text

CELL = [[4.8926448, 0.0, 0.0], [0.1, 6.07079561, 0.0], [0.0, -0.25, 10.41629663]]
POSITIONS = [[3.41971706, 3.03005412, 8.71456783], [-0.5, 12.25, 0.0], [1.0, 2.0, 3.0]]


def ase_text(info: dict[str, Any], results: dict[str, Any], arrays: dict[str, Any]) -> str:
    ase = pytest.importorskip("ase", reason="ASE is installed with `make test-bvel`")
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    atoms = ase.Atoms(["Li", "O", "X"], POSITIONS, cell=CELL, pbc=True)
    atoms.info = info
    for name, values in arrays.items():
        atoms.set_array(name, values)
    if results:
        atoms.calc = SinglePointCalculator(atoms, **results)
    stream = io.StringIO()
    write(stream, atoms, format="extxyz")
    return stream.getvalue()


@pytest.mark.extra
def test_a_structure_with_barriers() -> None:
    info = {"material_id": "mp-2878", "E_1D": 0.4785, "E_3D_x_nsites": 15.312, "em": float("inf")}
    assert frame_text(["Li", "O", "X"], POSITIONS, CELL, info) == ase_text(info, {}, {})


@pytest.mark.extra
def test_a_path_image_with_forces_and_a_flag() -> None:
    forces = np.array([[0.1, -0.2, 0.3], [0.0, 0.0, 1e-7], [-12.5, 3.0, 4.0]])
    flags = np.array([False, True, True])
    written = ase_text({}, {"energy": -1.5, "forces": forces}, {"freezed": flags})
    ours = frame_text(
        ["Li", "O", "X"],
        POSITIONS,
        CELL,
        {"energy": -1.5},
        {"freezed": flags.tolist(), "forces": forces.tolist()},
    )
    assert ours == written


@pytest.mark.extra
def test_a_training_frame_with_stress() -> None:
    forces = np.zeros((3, 3))
    stress = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    written = ase_text(
        {"material_id": "mp-1"}, {"energy": 2.0, "forces": forces, "stress": stress}, {}
    )
    matrix = [[0.1, 0.6, 0.5], [0.6, 0.2, 0.4], [0.5, 0.4, 0.3]]
    info = {"material_id": "mp-1", "energy": 2.0, "stress": matrix}
    ours = frame_text(["Li", "O", "X"], POSITIONS, CELL, info, {"forces": forces.tolist()})
    assert ours == written
