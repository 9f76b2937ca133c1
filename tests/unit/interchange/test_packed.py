"""What strangers compress is unpacked within limits, or refused with an error; nothing else."""

from __future__ import annotations

import gzip
import io
import os
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.errors import InterchangeError
from ionladder.interchange import tables as packed
from ionladder.interchange.tables import gunzip, read_file, unzip
from unit.interchange.peer_files import zip_bytes

CSV = b"id,prediction\na,1.0\n"


def unzip_csv(data: bytes) -> tuple[str, bytes]:
    return unzip(data, suffix=".csv", shown_as="x.csv.zip")


def with_member(name: str, *, mode: int = stat.S_IFREG | 0o644, method: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        archive.writestr(member, CSV, compress_type=method)
    return out.getvalue()


def encrypted() -> bytes:
    """An archive whose flags say that its file is encrypted."""
    data = bytearray(zip_bytes({"x.csv": CSV}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def lying_about_its_size() -> bytes:
    """An archive that declares ten bytes and holds a thousand times as many."""
    data = bytearray(zip_bytes({"x.csv": CSV * 1000}))
    struct.pack_into("<I", data, 22, 10)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    return bytes(data)


def many_headers() -> bytes:
    return zip_bytes({f"{i}.csv": b"" for i in range(2000)})


def test_the_one_file_of_an_archive_comes_out_with_its_name() -> None:
    assert unzip_csv(zip_bytes({"x.csv": CSV})) == ("x.csv", CSV)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(zip_bytes({}), "an empty archive", id="no member"),
        pytest.param(zip_bytes({"a.csv": CSV, "b.csv": CSV}), "'a.csv', 'b.csv'", id="two members"),
        pytest.param(
            zip_bytes({"x.csv": CSV, "__MACOSX/._x.csv": b""}), "__MACOSX", id="macOS companion"
        ),
        pytest.param(many_headers(), "about 2000 files", id="two thousand members"),
        pytest.param(zip_bytes({"x.txt": CSV}), "'x.txt'", id="another ending"),
        pytest.param(zip_bytes({"x.csv.zip": zip_bytes({"x.csv": CSV})}), "x.csv.zip", id="nested"),
        pytest.param(with_member("../x.csv"), "'../x.csv'", id="traversal"),
        pytest.param(with_member("/etc/x.csv"), "'/etc/x.csv'", id="absolute"),
        pytest.param(with_member("a/x.csv"), "'a/x.csv'", id="folder"),
        pytest.param(with_member("..\\x.csv"), "'..\\\\x.csv'", id="backslash"),
        pytest.param(with_member("C:x.csv"), "'C:x.csv'", id="drive"),
        pytest.param(with_member("d.csv/"), "'d.csv/'", id="a folder itself"),
        pytest.param(with_member("x.csv", mode=stat.S_IFLNK | 0o777), "'x.csv'", id="link"),
        pytest.param(with_member("x.csv", mode=stat.S_IFCHR | 0o666), "'x.csv'", id="device"),
        pytest.param(with_member("x.csv", method=zipfile.ZIP_LZMA), "method 14", id="lzma"),
        pytest.param(encrypted(), "encrypted", id="encrypted"),
        pytest.param(zip_bytes({"x.csv": CSV})[:-30], "damaged bytes", id="truncated"),
        pytest.param(b"PK\x03\x04 and nothing more", "damaged bytes", id="only the magic"),
        pytest.param(lying_about_its_size(), "damaged bytes", id="declares too little"),
    ],
)
def test_an_archive_with_anything_but_one_plain_file_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(InterchangeError) as caught:
        unzip_csv(data)
    assert found in caught.value.problems[0].found


def test_a_name_cut_by_a_nul_is_refused() -> None:
    data = with_member("x.csvAexe.csv").replace(b"x.csvAexe", b"x.csv\0exe")
    with pytest.raises(InterchangeError):
        unzip_csv(data)


@pytest.mark.parametrize("kind", ["zip", "gzip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(kind: str) -> None:
    zeros = b"0" * 300_000_000
    bomb = zip_bytes({"x.csv": zeros}) if kind == "zip" else gzip.compress(zeros, 9)
    del zeros
    assert len(bomb) < 400_000
    tracemalloc.start()
    with pytest.raises(InterchangeError, match=r"at most [56]\d\.\d MB|at most 64 MB"):
        unzip_csv(bomb) if kind == "zip" else gunzip(bomb, shown_as="x.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * packed.MAX_TEXT_BYTES


def test_a_bomb_that_declares_a_small_size_is_refused() -> None:
    zeros = b"0" * 100_000_000
    data = bytearray(zip_bytes({"x.csv": zeros}))
    struct.pack_into("<I", data, 22, 1000)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 1000)
    with pytest.raises(InterchangeError):
        unzip_csv(bytes(data))


def test_gzip_comes_out_whole() -> None:
    assert gunzip(gzip.compress(CSV), shown_as="x.gz") == CSV


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(gzip.compress(CSV)[:-9], "cut off", id="truncated"),
        pytest.param(gzip.compress(CSV) + b"more", "4 bytes behind it", id="bytes behind"),
        pytest.param(gzip.compress(CSV) * 2, "bytes behind it", id="two streams"),
        pytest.param(b"\x1f\x8b" + b"no stream at all", "damaged", id="only the magic"),
        pytest.param(gzip.compress(CSV)[:-8] + b"\0" * 8, "damaged", id="another checksum"),
        pytest.param(zlib.compress(CSV), "damaged", id="zlib"),
    ],
)
def test_damaged_gzip_is_refused(data: bytes, found: str) -> None:
    with pytest.raises(InterchangeError) as caught:
        gunzip(data, shown_as="x.gz")
    assert found in caught.value.problems[0].found


def test_only_regular_files_of_a_sane_size_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    real.write_bytes(CSV)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    assert read_file(real) == CSV
    for name, found in (
        ("link", "a link"),
        ("gone", "no such"),
        ("empty", "empty"),
        ("pipe", "no such"),
    ):
        with pytest.raises(InterchangeError, match=found):
            read_file(tmp_path / name)
    monkeypatch.setattr(packed, "MAX_PACKED_BYTES", 10)
    with pytest.raises(InterchangeError, match="at most 1e-05 MB"):
        read_file(real)


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_flipped_bytes_are_read_or_refused_and_never_crash(seed: int, flips: int) -> None:
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
