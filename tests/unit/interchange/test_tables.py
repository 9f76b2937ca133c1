"""What contributors compress or export is read within limits, or refused; σ stays σ unasked."""

import gzip
import io
import os
import random
import stat
import struct
import tracemalloc
import zipfile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.data.registry import get_task
from ionladder.errors import InterchangeError
from ionladder.interchange import tables
from ionladder.interchange.tables import gunzip, read_file, read_frame, unzip
from unit.interchange.peer_files import zip_bytes

CSV = b"id,prediction\na,1.0\n"


def unzip_csv(data):
    return unzip(data, suffix=".csv", shown_as="x.csv.zip")


def with_member(name, *, mode=stat.S_IFREG | 0o644, method=0):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, CSV, compress_type=method)
    return out.getvalue()


def encrypted():
    """An archive whose flags say that its file is encrypted."""
    data = bytearray(zip_bytes({"x.csv": CSV}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def declaring(size, content):
    """An archive that declares another size than its file has."""
    data = bytearray(zip_bytes({"x.csv": content}))
    struct.pack_into("<I", data, 22, size)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (zip_bytes({}), "an empty archive"),
        (zip_bytes({"a.csv": CSV, "b.csv": CSV}), "'a.csv', 'b.csv'"),
        (zip_bytes({f"{i}.csv": b"" for i in range(2000)}), "about 2000"),
        (zip_bytes({"x.txt": CSV}), "'x.txt'"),
        (with_member("../x.csv"), "'../x.csv'"),
        (with_member("/etc/x.csv"), "'/etc/x.csv'"),
        (with_member("..\\x.csv"), "'..\\\\x.csv'"),
        (with_member("d.csv/"), "'d.csv/'"),
        (with_member("x.csv", mode=stat.S_IFLNK | 0o777), "'x.csv'"),
        (with_member("x.csv", method=zipfile.ZIP_LZMA), "method 14"),
        (with_member("x.csvAexe.csv").replace(b"x.csvAexe", b"x.csv\0exe"), "exe.csv"),
        (encrypted(), "encrypted"),
        (zip_bytes({"x.csv": CSV})[:-30], "damaged bytes"),
        (declaring(10, CSV * 1000), "damaged bytes"),
        (gzip.compress(CSV)[:-9], "cut off"),
        (gzip.compress(CSV) + b"more", "4 bytes behind it"),
        (gzip.compress(CSV)[:-8] + b"\0" * 8, "damaged"),
    ],
    ids=range(17),
)
def test_only_one_whole_plain_file_is_unpacked(data, found):
    with pytest.raises(InterchangeError) as caught:
        gunzip(data, shown_as="x.gz") if data.startswith(b"\x1f\x8b") else unzip_csv(data)
    assert found in caught.value.problems[0].found
    of_a_mac = {"x.csv": CSV, "__MACOSX/._x.csv": b"x", ".DS_Store": b"x"}
    assert unzip_csv(zip_bytes(of_a_mac)) == ("x.csv", CSV)
    assert gunzip(gzip.compress(CSV), shown_as="x.gz") == CSV


@pytest.mark.parametrize("kind", ["zip", "gzip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(kind):
    zeros = b"0" * 300_000_000
    bomb = zip_bytes({"x.csv": zeros}) if kind == "zip" else gzip.compress(zeros, 9)
    del zeros
    assert len(bomb) < 400_000
    tracemalloc.start()
    with pytest.raises(InterchangeError, match=r"at most [56]\d\.\d MB|at most 64 MB"):
        unzip_csv(bomb) if kind == "zip" else gunzip(bomb, shown_as="x.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * tables.MAX_TEXT_BYTES


def test_only_regular_files_of_a_sane_size_are_opened(tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.write_bytes(CSV)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    assert read_file(real) == CSV
    names = {"link": "a link", "gone": "no such", "empty": "empty", "pipe": "no such"}
    for name, found in names.items():
        with pytest.raises(InterchangeError, match=found):
            read_file(tmp_path / name)
    monkeypatch.setattr(tables, "MAX_PACKED_BYTES", 10)
    with pytest.raises(InterchangeError, match="at most 1e-05 MB"):
        read_file(real)


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_flipped_bytes_are_read_or_refused_and_never_crash(seed, flips):
    rng = random.Random(seed)
    for make, read in (
        (zip_bytes({"x.csv": CSV}), unzip_csv),
        (gzip.compress(CSV, mtime=0), lambda data: gunzip(data, shown_as="x")),
    ):
        data = bytearray(make)
        for _ in range(flips):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            read(bytes(data))
        except InterchangeError:
            continue


# --- A data frame's CSV

IDS = ["019", "5e2", "max"]
LOGS = [-4.0, -6.5, -3.25]
CELLS = ["-4.0", "-6.5", "-3.25"]
SIGMA = "Ionic conductivity (S cm-1)"


def frame(**columns):
    return pd.DataFrame({"ID": IDS, **columns})


def read(tmp_path, data, *, index=False, task="obelix", **options):
    path = tmp_path / "predictions.csv"
    path.write_text(data if isinstance(data, str) else data.to_csv(index=index))
    return read_frame(path, get_task(task), **options)


@pytest.mark.parametrize("header", ["log10_sigma", "y_pred", "Log10 sigma", "log10_sigm"])
def test_a_header_near_the_target_s_name_is_taken_for_it(tmp_path, header):
    found = read(tmp_path, frame(**{header: LOGS}))
    assert found.predictions == {"id": IDS, "log10_sigma": CELLS}
    assert bool(found.notes) is (header != "log10_sigma")


def test_ids_are_found_in_the_index_and_beside_a_running_one(tmp_path):
    by_id = pd.DataFrame({"log10_sigma": LOGS}, index=IDS)
    for name in (None, "ID", "id"):
        by_id.index.name = name
        assert read(tmp_path, by_id, index=True).predictions["id"] == IDS
    found = read(tmp_path, frame(log10_sigma=LOGS, Family=["x", "y", "z"]), index=True)
    assert found.predictions["id"] == IDS
    assert found.notes == ("Left out, as no column of a submission: '', Family.",)


def test_conductivities_are_not_taken_for_their_logarithms(tmp_path):
    with pytest.raises(InterchangeError, match=r"found a column in S/cm\. Add --log10"):
        read(tmp_path, frame(**{SIGMA: [1e-4, 1e-6, 2e-3]}))


def test_what_has_no_logarithm_is_refused_or_kept_for_the_checks_to_name(tmp_path):
    with pytest.raises(InterchangeError, match=r"2 that are not positive \(0.0, -1.0\)"):
        read(tmp_path, frame(**{SIGMA: [1e-4, 0.0, -1.0]}), is_log10_asked=True)
    text = "id,e_1d_ev,e_2d_ev,e_3d_ev\na,1,1,1\n"
    with pytest.raises(InterchangeError, match="Leave --log10 out"):
        read(tmp_path, text, task="bvel-proto", is_log10_asked=True)
    found = read(tmp_path, frame(**{SIGMA: ["1e-4", "<1E-10", "nan"]}), is_log10_asked=True)
    assert found.predictions["log10_sigma"] == ["-4.0", "<1E-10", "nan"]


@pytest.mark.parametrize(
    ("header", "options", "expected", "said"),
    [
        (SIGMA, {"is_log10_asked": True}, -4.0, "log10 of the number"),
        ("σ (mS/cm)", {"is_log10_asked": True}, -7.0, "0.001 times"),
        ("σ (µS cm⁻¹)", {"is_log10_asked": True}, -10.0, "1e-06 times"),
        ("sigma", {"is_log10_asked": True, "unit": "S/m"}, -6.0, "0.01 times"),
        ("log10(sigma / mS cm-1)", {}, 1e-4 - 3, "the number -3"),
    ],
)
def test_a_unit_is_read_from_the_header_or_given(tmp_path, header, options, expected, said):
    options = {"columns": {"log10_sigma": header}, **options}
    found = read(tmp_path, frame(**{header: [1e-4] * 3}), **options)
    assert float(found.predictions["log10_sigma"][0]) == pytest.approx(expected, abs=1e-9)
    assert said in found.notes[0]


@pytest.mark.parametrize(
    ("header", "options", "said"),
    [
        ("sigma", {"is_log10_asked": True}, "State it: --unit"),
        ("sigma T (S K/cm)", {"is_log10_asked": True}, "a scale or a unit that is not known"),
        ("sigma", {"is_log10_asked": True, "unit": "furlong"}, "such as S/cm"),
        ("σ (mS/cm)", {"is_log10_asked": True, "unit": "S/cm"}, "correct the header"),
        ("barrier (eV)", {}, "a column in eV"),
        ("log10_sigma", {"is_log10_asked": True}, "Leave --log10 out"),
        ("log10(σ·cm/mS)", {}, "a scale or a unit that is not known"),
    ],
)
def test_a_unit_that_is_unknown_or_of_another_kind_is_refused(tmp_path, header, options, said):
    options = {"columns": {"log10_sigma": header}, **options}
    with pytest.raises(InterchangeError) as caught:
        read(tmp_path, frame(**{header: [1e-4] * 3}), **options)
    assert said in str(caught.value)


def test_barriers_are_converted_with_the_factor_said(tmp_path):
    text = "id,e_1d (kJ/mol),e_2d (kJ/mol),e_3d (kJ/mol)\na,96.485,96.485,96.485\n"
    found = read(tmp_path, text, task="bvel-proto")
    assert float(found.predictions["e_2d_ev"][0]) == pytest.approx(1.0, abs=1e-4)
    assert "0.0103643 times the number" in found.notes[0]


@pytest.mark.parametrize(
    "beside", ["log10_sigma_pred", "y_pred", "prediction of the forest", "RF", "log10_sigma_rf"]
)
def test_the_label_beside_a_prediction_is_asked_about(tmp_path, beside):
    with pytest.raises(InterchangeError, match=f"--column log10_sigma={beside}"):
        read(tmp_path, frame(log10_sigma=LOGS, **{beside: LOGS}))


def test_two_columns_that_could_be_the_target_are_asked_about(tmp_path):
    data = frame(prediction=LOGS, y_pred=LOGS)
    with pytest.raises(InterchangeError, match="--column log10_sigma=prediction"):
        read(tmp_path, data)
    found = read(tmp_path, data, columns={"log10_sigma": "y_pred"})
    assert found.predictions["log10_sigma"] == CELLS
    with pytest.raises(InterchangeError, match="Did you mean `y_pred`"):
        read(tmp_path, data, columns={"log10_sigma": "y_pre"})


def test_a_table_without_ids_or_target_is_refused(tmp_path):
    with pytest.raises(InterchangeError, match="one column of ids"):
        read(tmp_path, pd.DataFrame({"name": IDS, "log10_sigma": LOGS}))
    for header in ("colour", "log10_sigma_std", "log10_sigma_true"):
        with pytest.raises(InterchangeError, match="a column `log10_sigma`"):
            read(tmp_path, frame(**{header: LOGS}))
    with pytest.raises(InterchangeError, match="a column `e_1d_ev`"):
        read(tmp_path, "id,e_2d_ev,e_3d_ev\na,1,1\n", task="bvel-proto")
