"""Extended XYZ and periodic distances, against slow plain code and against ASE."""

import io
from itertools import product

import mplitrj_miniature as mini
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writing import frame_text

from ionladder.data.litraj import xyz
from ionladder.errors import IngestError

WANTED = ("pos", "forces", "freezed", "index")
HEAD = 'Lattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3'


def read(written, **options):
    return list(xyz.iter_frames(io.BytesIO(written.encode()), where="a.xyz", **options))


def refused(written, **options):
    with pytest.raises(IngestError) as caught:
        read(written, **options)
    return str(caught.value)


@st.composite
def files(draw):
    """A few frames of any sizes, some with forces, a flag and a column nobody knows."""
    text = ""
    numbers_ = st.floats(-1e4, 1e4, allow_nan=False).map(lambda v: v if abs(v) > 1e-30 else 0.0)
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 6))
        triples = st.lists(st.tuples(numbers_, numbers_, numbers_), min_size=n, max_size=n)
        kinds = {
            "freezed": st.lists(st.booleans(), min_size=n, max_size=n),
            "bvs": st.lists(numbers_, min_size=n, max_size=n),
            "forces": triples,
            "index": st.lists(st.integers(-5, 999), min_size=n, max_size=n),
        }
        arrays = {name: draw(kind) for name, kind in kinds.items() if draw(st.booleans())}
        symbols = draw(st.lists(st.sampled_from(xyz.SYMBOLS), min_size=n, max_size=n))
        info = {"material_id": "mp-1", "em": draw(numbers_), "vector": draw(triples)[0]}
        text += frame_text(symbols, draw(triples), np.eye(3) * 5, info, arrays)
    return text


@given(written=files())
@pytest.mark.extra
def test_it_reads_what_ase_reads(written):
    ase_io = pytest.importorskip("ase.io", reason="ASE is not among the locked packages")
    expected = ase_io.read(io.StringIO(written), index=":", format="extxyz")
    for frame, atoms in zip(read(written, wanted=WANTED), expected, strict=True):
        assert frame.numbers.tolist() == atoms.numbers.tolist()
        assert np.array_equal(frame.cell_ang, atoms.cell.array)
        assert np.array_equal(frame.arrays["pos"], atoms.positions)
        if "forces" in frame.arrays:
            assert np.array_equal(frame.arrays["forces"], atoms.calc.results["forces"])
        if "freezed" in frame.arrays:
            assert np.array_equal(frame.arrays["freezed"], atoms.arrays["freezed"])
        assert xyz.info_number(frame, "em", where="a.xyz") == atoms.info["em"]


@pytest.mark.extra
def test_the_files_of_these_tests_are_those_that_ase_writes():
    ase = pytest.importorskip("ase", reason="ASE is not among the locked packages")
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    cell = [[4.8926448, 0.0, 0.0], [0.1, 6.07079561, 0.0], [0.0, -0.25, 10.41629663]]
    positions = [[3.41971706, 3.03005412, 8.71456783], [-0.5, 12.25, 0.0], [1.0, 2.0, 3.0]]
    forces = np.array([[0.1, -0.2, 0.3], [0.0, 0.0, 1e-7], [-12.5, 3.0, 4.0]])
    matrix, voigt = [[0.1, 0.6, 0.5], [0.6, 0.2, 0.4], [0.5, 0.4, 0.3]], np.arange(1, 7) / 10
    info = {"material_id": "mp-2878", "em": float("inf")}
    atoms = ase.Atoms(["Li", "O", "X"], positions, cell=cell, pbc=True, info=dict(info))
    atoms.set_array("freezed", np.array([False, True, True]))
    atoms.calc = SinglePointCalculator(atoms, energy=-1.5, forces=forces, stress=voigt)
    stream = io.StringIO()
    write(stream, atoms, format="extxyz")
    arrays = {"freezed": [False, True, True], "forces": forces}
    info |= {"energy": -1.5, "stress": matrix}
    assert frame_text(["Li", "O", "X"], positions, cell, info, arrays) == stream.getvalue()


def test_quotes_braces_flags_escapes_and_line_ends_are_understood():
    line = f'{HEAD}:bvs:R:1 a="x y" b={{1 2}} c d=T e="say \\"hi\\"" f=_JSON'
    (frame,) = read(f"2\r\n{line}\r\nLi 0 1 2 1.5\r\nX 1 1 1 0\r\n\r\n")
    values = ["x y", "1 2", "T", "T", 'say "hi"', "_JSON"]
    assert dict(frame.info) == dict(zip("abcdef", values, strict=True))
    assert frame.arrays["pos"].tolist() == [[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]
    assert (frame.numbers.tolist(), frame.skipped) == ([3, 0], ("bvs",))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("two\n", "a.xyz, frame 1, line 1: expected a number of atoms"),
        ("0\n\n", "a number of atoms from 1"),
        ("1\nem=0.4\nLi 0 0 0\n", "expected Lattice and Properties; found only em"),
        (f"2\n{HEAD}\nLi 0 0 0\n", "line 4: expected an atom line of 4 words; found the end"),
        (f"2\n{HEAD}\nLi 0 0 0\nLi 0 0\n", "line 4: expected an atom line of 4 words; found 3"),
        (f"1\n{HEAD}\nLi 0 0 nan\n", "finite numbers in pos; found 'nan'"),
        (f"1\n{HEAD}\nLi 0 x 0\n", "finite numbers in pos; found 'x'"),
        (f"2\n{HEAD}:freezed:L:1\nLi 0 0 0 T\nLi 0 0 0 maybe\n", "line 4: expected T or F in"),
        (f"1\n{HEAD}\nQq 0 0 0\n", "an element symbol or X; found 'Qq'"),
        (f'1\n{HEAD} em="1\nLi 0 0 0\n', "key=value pairs, each once"),
        *(
            (
                f'1\nLattice="{cell}" Properties=species:S:1:pos:R:3\nLi 0 0 0\n',
                "nine finite numbers",
            )
            for cell in ("4 0 0", "0 " * 9, "1 0 0 2 0 0 0 0 1", "1e308 0 0 0 9 0 0 0 9")
        ),
        (f"1\n{HEAD.replace('pos:R:3', 'pos:R:2')}\nLi 0 0\n", "species:S:1 and pos:R:3"),
        (f"1\n{HEAD}\nLi 0 0 0\n\n1\n", "a.xyz, line 4: expected a number of atoms"),
        (f"1\n{HEAD}\nLi 0 0 0\n1\n{HEAD}\nLi 0 0\n", "a.xyz, frame 2, line 6"),
    ],
)
def test_a_malformed_frame_is_named_with_file_frame_and_line(written, said):
    assert said in refused(written, wanted=WANTED)


@given(place=st.integers(0, 400), byte=st.integers(0, 255))
def test_one_changed_byte_gives_frames_or_an_error(place, byte):
    text = frame_text(["Li", "O"], [[0, 1, 2], [3, 4, 5]], np.eye(3), {"em": 0.5})
    written = bytearray(text.encode())
    written[place % len(written)] = byte
    try:
        frames = list(xyz.iter_frames(io.BytesIO(bytes(written)), where="a.xyz"))
    except IngestError:
        return
    assert all(np.isfinite(frame.arrays["pos"]).all() for frame in frames)


IMAGES = np.array(list(product(range(-2, 3), repeat=3)), dtype=float)
_coordinate = st.floats(-30.0, 30.0)


@st.composite
def cells(draw):
    """Triclinic cells whose tilts stay within half a lattice vector, so that 125 images do."""
    a, b, c = (draw(st.floats(2.0, 20.0)) for _ in range(3))
    one, two, three = (draw(st.floats(-0.5, 0.5)) for _ in range(3))
    return np.array([[a, 0, 0], [one * a, b, 0], [two * a, three * b, c]], dtype=float)


@given(
    cell=cells(),
    vector=st.tuples(_coordinate, _coordinate, _coordinate),
    steps=st.lists(st.integers(-3, 3), min_size=6, max_size=6),
)
def test_the_image_is_the_shortest_of_125_in_any_basis_of_the_lattice(cell, vector, steps):
    fractional = np.linalg.solve(cell.T, vector)
    images = (fractional - np.rint(fractional) + IMAGES) @ cell
    shortest = float(np.linalg.norm(images, axis=1).min())
    low, high = np.eye(3), np.eye(3)
    low[np.tril_indices(3, -1)], high[np.triu_indices(3, 1)] = steps[:3], steps[3:]

    for basis in (cell, low @ high @ cell):
        found = xyz.PeriodicCell(basis).minimum_image(np.array(vector))
        assert np.linalg.norm(found) == pytest.approx(shortest, abs=1e-8)
        whole = np.linalg.solve(cell.T, np.array(vector) - found)
        np.testing.assert_allclose(whole, np.rint(whole), atol=1e-7)


def test_only_atoms_that_took_each_others_places_are_exchanged():
    places = np.array([[0.0, 0, 0], [2.0, 0, 0], [0.0, 3, 0], [4.0, 4, 4]])
    cell = xyz.PeriodicCell(np.eye(3) * 9)
    assert xyz.exchanged_atoms(cell, places[[1, 2, 0, 3]], places) == [0, 1, 2]
    assert xyz.exchanged_atoms(cell, places + np.array([[0, 0, 0]] * 3 + [[2, 2, 2]]), places) == []


@pytest.mark.parametrize(
    "lattice",
    [
        '"[[4, 0, 0], [0, 5, 0], [0, 0, 6]]"',
        "[[4, 0, 0], [0, 5, 0], [0, 0, 6]]",
        '"4.0D0 0 0 0 5.d+0 0 0 0 6e0"',
        "'4 0 0 0 5 0 0 0 6'",
        '"4.0, 0.0, 0.0 0.0, 5, 0.0 0, 0, 6"',
    ],
)
def test_keys_and_lattices_are_read_as_programs_write_them(lattice):
    info = '"my key"="v 1" "q\\"x"=1 "br[0]"=x m="_JSON [[1.0], [2.0]]" e= flag it=it\'s v=[1, 2]'
    columns = "Properties=species:S:1:pos:R:3"
    (found,) = read(f"1\nLattice={lattice} {columns} {info}\nLi 0 1 2\n")
    assert found.cell_ang.diagonal().tolist() == [4.0, 5.0, 6.0]
    assert (found.info["my key"], found.info['q"x'], found.info["flag"]) == ("v 1", "1", "T")
    keys = " ".join(f"k{i}=1" for i in range(1001))
    assert "at most 1000" in refused(f"1\nLattice={lattice} {columns} {keys}\nLi 0 1 2\n")


@pytest.mark.parametrize("n", [1, 7, 24, 100])
@pytest.mark.parametrize(
    "change", [("", ""), ("Li ", "Lx "), ("forces=", "forces "), ("\n6\n", "\n7\n")]
)
def test_pieces_of_a_file_are_read_as_the_file(n, change):
    text = mini.part_text(mini.configurations()["train"])
    data = (text.replace(*change) if change[0] else text + "\n\n").encode()

    def read(pieces):
        told = []
        try:
            for piece, place, line in pieces:
                for one in xyz.iter_frames(io.BytesIO(piece), where="x", first=(place, line)):
                    told.append(f"{one.place} {one.info} {one.arrays}")  # noqa: PERF401 - till it breaks
        except IngestError as error:
            told.append(str(error))
        return told

    assert read(xyz.cut_frames(io.BytesIO(data), n)) == read([(data, 1, 1)])
