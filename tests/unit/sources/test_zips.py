"""Zip archives: judged before they are read, streamed, and refused with the member's name."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ionladder.data.archives import Limits, ZipMembers
from ionladder.errors import IngestError


def write(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(IngestError) as caught:
        ZipMembers(path, limits=limits)
    return str(caught.value)


def test_regular_files_are_read_and_folders_and_companions_passed_over(tmp_path: Path) -> None:
    members = {
        "a/": b"",
        "a/one.xyz": b"1\n2\n",
        "a/two.csv": b"",
        "__MACOSX/a/._one.xyz": b"x",
        "a/._one.xyz": b"x",
        "a/.DS_Store": b"x",
    }
    with ZipMembers(write(tmp_path / "a.zip", members)) as archive:
        assert archive.names == ("a/one.xyz", "a/two.csv")
        assert archive.read("a/one.xyz") == b"1\n2\n"
        assert archive.open("a/one.xyz").readline() == b"1\n"
        assert archive.size("a/one.xyz") == 4


def test_a_fingerprint_changes_with_the_content_and_not_with_the_packing(tmp_path: Path) -> None:
    prints = []
    for number, (data, method) in enumerate(
        [(b"x" * 99, zipfile.ZIP_DEFLATED), (b"x" * 99, zipfile.ZIP_STORED), (b"y" * 99, 8)]
    ):
        with ZipMembers(write(tmp_path / f"{number}.zip", {"a": data}, method)) as archive:
            prints.append(archive.fingerprint("a"))
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../out.xyz", "a path that leaves it"),
        ("a/../../out.xyz", "a path that leaves it"),
        ("/etc/passwd", "a path that leaves it"),
        ("C:/out.xyz", "a path that leaves it"),
        ("..\\out.xyz", "a path that leaves it"),
    ],
)
def test_a_path_that_leaves_the_archive_is_refused(tmp_path: Path, name: str, what: str) -> None:
    said = refused(write(tmp_path / "a.zip", {name: b"x"}))
    assert what in said
    assert "member" in said


@pytest.mark.parametrize(
    ("kind", "what"), [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a special file")]
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: int, what: str) -> None:
    info = zipfile.ZipInfo("a/one.xyz")
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    assert f"expected a regular file; found {what}" in refused(tmp_path / "a.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", ["a/one.xyz", "A/One.XYZ"])
def test_a_second_member_of_the_same_name_is_refused(tmp_path: Path, other: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/one.xyz", b"1")
        archive.writestr(other, b"2")
    assert "each name once" in refused(tmp_path / "a.zip")


def test_bombs_are_refused_by_ratio_total_and_number(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", {"a": bytes(5_000_000), "b": b"1"})
    assert "at most 200 bytes from one" in refused(path)
    assert "at most 100 bytes unpacked" in refused(path, Limits(total_bytes=100))
    assert "at most 1 members" in refused(path, Limits(members=1))


def test_an_encrypted_or_oddly_packed_member_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", {"a": b"1"}, zipfile.ZIP_BZIP2)
    assert "compression method 12" in refused(path)
    data = bytearray(write(tmp_path / "b.zip", {"a": b"1"}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "b.zip").write_bytes(data)
    assert "an encrypted member" in refused(tmp_path / "b.zip")


def test_every_bad_member_is_named_in_one_letter(tmp_path: Path) -> None:
    said = refused(write(tmp_path / "a.zip", {"../one": b"x", "two": b"x", "/three": b"x"}))
    assert "../one" in said
    assert "/three" in said
    assert "'two'" not in said


@pytest.mark.parametrize("kept", [0, 10, 60, -5])
def test_a_truncated_archive_is_a_letter(tmp_path: Path, kept: int) -> None:
    data = write(tmp_path / "a.zip", {"a": b"1" * 500}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[:kept] if kept >= 0 else data[: len(data) + kept])
    assert "a readable zip archive" in refused(tmp_path / "cut.zip")


def test_damaged_bytes_are_a_letter_that_names_the_member(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", {"a/one.xyz": b"hello" * 50}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"hello") + 2] ^= 1
    path.write_bytes(data)
    with ZipMembers(path) as archive, pytest.raises(IngestError, match=r"one\.xyz.*damaged"):
        archive.read("a/one.xyz")


def test_a_member_that_is_not_there_is_a_letter(tmp_path: Path) -> None:
    with (
        ZipMembers(write(tmp_path / "a.zip", {"a": b"1"})) as archive,
        pytest.raises(IngestError, match="expected a member 'b'"),
    ):
        archive.open("b")


@given(place=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_one_flipped_byte_gives_the_content_or_a_letter(
    tmp_path_factory: pytest.TempPathFactory, place: int, mask: int
) -> None:
    path = tmp_path_factory.mktemp("zip") / "a.zip"
    members = {"a/one.xyz": b"Li 0 0 0\n" * 9, "a/two": b"2"}
    data = bytearray(write(path, members).read_bytes())
    data[place % len(data)] ^= mask
    path.write_bytes(data)
    try:
        with ZipMembers(path) as archive:
            read = {name: archive.read(name) for name in archive.names}
    except IngestError:
        return
    assert set(read.values()) <= set(members.values())
