"""Extended XYZ and periodic distances, against slow plain code and against ASE."""

from __future__ import annotations

import io
import shlex
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writing import frame_text

from ionladder.data.litraj.xyz import (
    SYMBOLS,
    Frame,
    PeriodicCell,
    array,
    exchanged_atoms,
    iter_frames,
    number,
    numbers,
    reduced_basis,
)
from ionladder.errors import IngestError

WANTED = ("pos", "forces", "freezed", "index")
HEAD = 'Lattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3'


def read(written: str, **options: Any) -> list[Frame]:
    return list(iter_frames(io.BytesIO(written.encode()), where="a.xyz", **options))


def refused(written: str, **options: Any) -> str:
    with pytest.raises(IngestError) as caught:
        read(written, **options)
    return str(caught.value)


def plain(written: str) -> list[dict[str, Any]]:
    """What the file says, word by word."""
    lines = written.split("\n")
    frames = []
    while lines and lines[0]:
        count = int(lines[0])
        pairs = dict(word.split("=", 1) for word in shlex.split(lines[1]))
        kinds = pairs["Properties"].split(":")
        columns: dict[str, list[Any]] = {}
        for line in lines[2 : 2 + count]:
            words = line.split()
            for name, kind, width in zip(kinds[::3], kinds[1::3], kinds[2::3], strict=True):
                make = {"S": str, "R": float, "I": int, "L": lambda w: w == "T"}[kind]
                values = [make(words.pop(0)) for _ in range(int(width))]
                columns.setdefault(name, []).append(values if len(values) > 1 else values[0])
        frames.append({"pairs": pairs, "columns": columns})
        lines = lines[2 + count :]
    return frames


@st.composite
def files(draw: st.DrawFn) -> str:
    """A few frames of any sizes, some with forces, a flag and a column nobody knows."""
    text = ""
    numbers_ = st.floats(-1e4, 1e4, allow_nan=False).map(lambda v: v if abs(v) > 1e-30 else 0.0)
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 6))
        triples = st.lists(st.tuples(numbers_, numbers_, numbers_), min_size=n, max_size=n)
        arrays: dict[str, Any] = {}
        if draw(st.booleans()):
            arrays["freezed"] = draw(st.lists(st.booleans(), min_size=n, max_size=n))
        if draw(st.booleans()):
            arrays["bvs"] = draw(st.lists(numbers_, min_size=n, max_size=n))
        if draw(st.booleans()):
            arrays["forces"] = draw(triples)
        if draw(st.booleans()):
            arrays["index"] = draw(st.lists(st.integers(-5, 999), min_size=n, max_size=n))
        symbols = draw(st.lists(st.sampled_from(SYMBOLS), min_size=n, max_size=n))
        info = {"material_id": "mp-1", "em": draw(numbers_), "vector": draw(triples)[0]}
        text += frame_text(symbols, draw(triples), np.eye(3) * 5, info, arrays)
    return text


@given(written=files())
def test_it_reads_what_a_plain_parser_reads(written: str) -> None:
    expected = plain(written)
    found = read(written, wanted=WANTED)
    assert [frame.place for frame in found] == list(range(1, len(expected) + 1))
    for frame, other in zip(found, expected, strict=True):
        pairs, columns = other["pairs"], other["columns"]
        assert [SYMBOLS[z] for z in frame.numbers] == columns.pop("species")
        lattice = [float(v) for v in pairs.pop("Lattice").split()]
        assert frame.cell_ang.ravel().tolist() == lattice
        pairs.pop("Properties")
        assert dict(frame.info) == pairs
        assert set(frame.arrays) == set(columns) & set(WANTED)
        assert set(frame.skipped) == set(columns) - set(WANTED)
        for name, values in frame.arrays.items():
            assert values.tolist() == [list(v) if isinstance(v, list) else v for v in columns[name]]


@given(written=files())
@pytest.mark.extra
def test_it_reads_what_ase_reads(written: str) -> None:
    ase_io = pytest.importorskip("ase.io", reason="ASE is installed with `make test-bvel`")
    expected = ase_io.read(io.StringIO(written), index=":", format="extxyz")
    for frame, atoms in zip(read(written, wanted=WANTED), expected, strict=True):
        assert frame.numbers.tolist() == atoms.numbers.tolist()
        assert np.array_equal(frame.cell_ang, atoms.cell.array)
        assert np.array_equal(frame.arrays["pos"], atoms.positions)
        if "forces" in frame.arrays:
            assert np.array_equal(frame.arrays["forces"], atoms.calc.results["forces"])
        if "freezed" in frame.arrays:
            assert np.array_equal(frame.arrays["freezed"], atoms.arrays["freezed"])
        assert number(frame, "em", where="a.xyz") == atoms.info["em"]


def test_quotes_braces_flags_and_escapes_of_the_second_line() -> None:
    line = f'{HEAD} a="x y" b={{1 2}} c d=T e="say \\"hi\\"" f=_JSON'
    (frame,) = read(f"1\n{line}\nLi 0 0 0\n")
    assert dict(frame.info) == {
        "a": "x y",
        "b": "1 2",
        "c": "T",
        "d": "T",
        "e": 'say "hi"',
        "f": "_JSON",
    }


def test_line_ends_of_windows_and_blank_lines_at_the_end_change_nothing() -> None:
    written = f"1\n{HEAD}\nLi 0 1 2\n"
    (frame,) = read(written.replace("\n", "\r\n") + "\n\n")
    assert frame.arrays["pos"].tolist() == [[0.0, 1.0, 2.0]]
    assert len(read(written + written)) == 2


def test_the_dummy_atom_has_number_zero_and_unwanted_columns_are_named() -> None:
    properties = HEAD + ":bvs:R:1:sym_label:S:1"
    (frame,) = read(f"2\n{properties}\nLi 0 0 0 1.5 Li1\nX 1 1 1 0 c\n")
    assert frame.numbers.tolist() == [3, 0]
    assert frame.skipped == ("bvs", "sym_label")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("two\n", "a.xyz, frame 1, line 1: expected a number of atoms"),
        ("0\n\n", "a number of atoms from 1"),
        ("-3\n", "a number of atoms from 1"),
        ("99999999999\n", "a number of atoms from 1"),
        ("1\n", "frame 1, line 2: expected Lattice and Properties"),
        ("1\nem=0.4\nLi 0 0 0\n", "expected Lattice and Properties; found only em"),
        (f"2\n{HEAD}\nLi 0 0 0\n", "line 4: expected an atom line of 4 words; found the end"),
        (f"2\n{HEAD}\nLi 0 0 0\nLi 0 0\n", "line 4: expected an atom line of 4 words; found 3"),
        (f"1\n{HEAD}\nLi 0 0 0 0\n", "found 5 words"),
        (f"1\n{HEAD}\nLi 0 0 nan\n", "finite numbers in pos; found 'nan'"),
        (f"1\n{HEAD}\nLi 0 inf 0\n", "finite numbers in pos; found 'inf'"),
        (f"1\n{HEAD}\nLi 0 1_0 0\n", "finite numbers in pos; found '1_0'"),
        (f"1\n{HEAD}\nLi 0 x 0\n", "finite numbers in pos; found 'x'"),
        (f"1\n{HEAD}\nQq 0 0 0\n", "an element symbol or X; found 'Qq'"),
        (f"1\n{HEAD} em=1 em=2\nLi 0 0 0\n", "key=value pairs, each once"),
        (f'1\n{HEAD} em="1\nLi 0 0 0\n', "key=value pairs, each once"),
        ('1\nLattice="4 0 0" Properties=species:S:1:pos:R:3\nLi 0 0 0\n', "nine finite numbers"),
        (f"1\n{HEAD.replace('6', 'inf')}\nLi 0 0 0\n", "nine finite numbers"),
        (f"1\n{HEAD.replace('pos:R:3', 'pos:R:2')}\nLi 0 0\n", "species:S:1 and pos:R:3"),
        (f"1\n{HEAD}:a:R\nLi 0 0 0\n", "species:S:1 and pos:R:3"),
        (f"1\n{HEAD}\nLi 0 0 0\n\n1\n", "a.xyz, line 4: expected a number of atoms"),
        (f"1\n{HEAD}\nLi 0 0 0\n1\n{HEAD}\nLi 0 0\n", "a.xyz, frame 2, line 6"),
    ],
)
def test_a_malformed_frame_is_named_with_file_frame_and_line(written: str, said: str) -> None:
    assert said in refused(written)


def test_a_flag_and_a_force_that_cannot_be_read_are_named() -> None:
    flags = f"1\n{HEAD}:freezed:L:1\nLi 0 0 0 maybe\n"
    assert "T or F in freezed; found 'maybe'" in refused(flags, wanted=("freezed",))
    forces = f"2\n{HEAD}:forces:R:3\nLi 0 0 0 1 2 3\nLi 0 0 0 1 nan 3\n"
    assert "frame 1, line 4: expected finite numbers in forces" in refused(
        forces, wanted=("forces",)
    )
    assert len(read(forces)) == 1  # nobody asked for them


def test_values_of_the_second_line_are_asked_for_by_name() -> None:
    (frame,) = read(f'1\n{HEAD} em=0.432 e=inf s="1 2 3" id=mp-1\nLi 0 0 0\n')
    assert number(frame, "em", where="a") == 0.432
    assert numbers(frame, "s", 3, where="a") == (1.0, 2.0, 3.0)
    for ask in (
        lambda: number(frame, "e", where="a"),
        lambda: number(frame, "id", where="a"),
        lambda: numbers(frame, "s", 9, where="a"),
        lambda: number(frame, "missing", where="a"),
        lambda: array(frame, "forces", where="a"),
    ):
        with pytest.raises(IngestError, match="a, frame 1"):
            ask()


@given(place=st.integers(0, 400), byte=st.integers(0, 255))
def test_one_changed_byte_gives_frames_or_a_letter(place: int, byte: int) -> None:
    written = bytearray(
        frame_text(["Li", "O"], [[0, 1, 2], [3, 4, 5]], np.eye(3), {"em": 0.5}).encode()
    )
    written[place % len(written)] = byte
    try:
        frames = list(iter_frames(io.BytesIO(bytes(written)), where="a.xyz"))
    except IngestError:
        return
    assert all(np.isfinite(frame.arrays["pos"]).all() for frame in frames)


IMAGES = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)

_length = st.floats(2.0, 20.0)
_tilt = st.floats(-0.5, 0.5)
_coordinate = st.floats(-30.0, 30.0)


@st.composite
def cells(draw: st.DrawFn) -> np.ndarray:
    """Triclinic cells whose tilts stay within half a lattice vector, so that 125 images do."""
    a, b, c = draw(_length), draw(_length), draw(_length)
    return np.array(
        [[a, 0, 0], [draw(_tilt) * a, b, 0], [draw(_tilt) * a, draw(_tilt) * b, c]], dtype=float
    )


def by_brute_force(vector: np.ndarray, cell: np.ndarray) -> float:
    """Length of the shortest of 125 images around the wrapped vector."""
    fractional = np.linalg.solve(cell.T, vector)
    candidates = (fractional - np.rint(fractional) + IMAGES) @ cell
    return float(np.linalg.norm(candidates, axis=1).min())


@given(cell=cells(), vector=st.tuples(_coordinate, _coordinate, _coordinate))
def test_the_length_is_that_of_the_shortest_of_125_images(
    cell: np.ndarray, vector: tuple[float, float, float]
) -> None:
    found = PeriodicCell(cell).minimum_image(np.array(vector))

    assert np.linalg.norm(found) == pytest.approx(by_brute_force(np.array(vector), cell), abs=1e-9)
    steps = np.linalg.solve(cell.T, np.array(vector) - found)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-7)


@given(
    cell=cells(),
    vector=st.tuples(_coordinate, _coordinate, _coordinate),
    steps=st.lists(st.integers(-3, 3), min_size=6, max_size=6),
)
def test_another_basis_of_the_same_lattice_changes_nothing(
    cell: np.ndarray, vector: tuple[float, float, float], steps: list[int]
) -> None:
    low, high = np.eye(3), np.eye(3)
    low[np.tril_indices(3, -1)], high[np.triu_indices(3, 1)] = steps[:3], steps[3:]

    plain = PeriodicCell(cell).minimum_image(np.array(vector))
    skewed = PeriodicCell(low @ high @ cell).minimum_image(np.array(vector))

    assert np.linalg.norm(skewed) == pytest.approx(np.linalg.norm(plain), abs=1e-8)


def test_minimum_images_agree_with_ase() -> None:
    geometry = pytest.importorskip("ase.geometry", reason="ASE is not among the locked packages")
    rng = np.random.default_rng(1)
    for _ in range(20):
        cell = rng.uniform(-1, 1, (3, 3)) * 6 + np.eye(3) * 3
        if abs(np.linalg.det(cell)) < 5:
            continue
        vectors = rng.uniform(-20, 20, (50, 3))

        found = np.linalg.norm(PeriodicCell(cell).minimum_image(vectors), axis=1)

        np.testing.assert_allclose(found, geometry.find_mic(vectors, cell)[1], atol=1e-9)


@pytest.mark.parametrize("cell", [np.zeros((3, 3)), np.ones((3, 3)), np.full((3, 3), np.nan)])
def test_a_cell_without_volume_is_refused(cell: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"volume|finite"):
        reduced_basis(cell)


def test_only_atoms_that_took_each_others_places_are_exchanged() -> None:
    places = np.array([[0.0, 0, 0], [2.0, 0, 0], [0.0, 3, 0], [4.0, 4, 4]])
    cell = PeriodicCell(np.eye(3) * 9)
    assert exchanged_atoms(cell, places[[1, 2, 0, 3]], places) == [0, 1, 2]
    moved = places + np.array([[0.0, 0, 0], [0, 0, 0], [0, 0, 0], [2.0, 2, 2]])
    assert exchanged_atoms(cell, moved, places) == []
