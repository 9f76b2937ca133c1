"""Archives are judged before they are read, and refused with the member's name."""

import io
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import make_tar
from ionladder.data.archives import ArchiveLimits, ZipMembers, read_tar
from ionladder.errors import IngestError

# Archives: read in memory, and refused where they hold what a data archive has no need of.


def write_tar(path, *members):
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            data = io.BytesIO(b"x" * member.size) if member.isreg() else None
            archive.addfile(member, data)
    return path


def member(name, kind=tarfile.REGTYPE, *, size=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (member("/etc/passwd", size=1), "a path that leaves it"),
        (member("C:up.cif", size=1), "a path that leaves it"),
        (member("a.cif", tarfile.SYMTYPE, link="/etc/passwd"), "a link to '/etc/passwd'"),
        (member("a.cif", tarfile.CHRTYPE), "a device or another special member"),
        (member("a.cif", tarfile.FIFOTYPE), "a device or another special member"),
    ],
)
def test_members_that_could_do_harm_are_refused_by_name(tmp_path, bad, found):
    path = write_tar(tmp_path / "a.tar.gz", member("good.cif", size=1), bad)
    with pytest.raises(IngestError) as caught:
        read_tar(path)
    (problem,) = caught.value.problems
    assert problem.where == f"a.tar.gz, member {bad.name!r}"
    assert problem.found == found
    assert list(tmp_path.iterdir()) == [path]


def test_a_bomb_is_refused_by_its_declared_size_before_it_is_unpacked(tmp_path):
    path = write_tar(tmp_path / "a.tar.gz", member("bomb.cif", size=3_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(IngestError, match="at most 1000 bytes unpacked"):
        read_tar(path, limits=ArchiveLimits(total_bytes=1000))


@pytest.mark.parametrize("keep", [0, 1, 20, 60])
def test_truncated_archives_are_named_as_damaged(tmp_path, keep):
    whole = make_tar({f"{i}.cif": bytes(range(256)) for i in range(3)})
    path = tmp_path / "a.tar.gz"
    path.write_bytes(whole[:keep])
    with pytest.raises(IngestError, match="damaged bytes"):
        read_tar(path)


# Zip archives: judged before they are read, streamed, and refused with the member's name.


def write(path, members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def refused(path, limits=None):
    with pytest.raises(IngestError) as caught:
        ZipMembers(path, limits=limits)
    return str(caught.value)


def test_regular_files_are_read_and_folders_and_companions_passed_over(tmp_path):
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


@pytest.mark.parametrize("name", ["../out.xyz", "a/../../out.xyz", "/etc/passwd", "C:/out.xyz"])
def test_a_path_that_leaves_the_archive_is_refused(tmp_path, name):
    said = refused(write(tmp_path / "a.zip", {name: b"x"}))
    assert f"member {name!r}" in said
    assert "a path that leaves it" in said


KINDS = [(stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a special file")]


@pytest.mark.parametrize(("kind", "what"), KINDS)
def test_links_and_devices_are_refused(tmp_path, kind, what):
    info = zipfile.ZipInfo("a/one.xyz")
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    assert f"expected a regular file; found {what}" in refused(tmp_path / "a.zip")


def test_bombs_are_refused_by_ratio_total_and_number(tmp_path):
    path = write(tmp_path / "a.zip", {"a": bytes(5_000_000), "b": b"1"})
    assert "at most 200 bytes from one" in refused(path)
    assert "at most 100 bytes unpacked" in refused(path, ArchiveLimits(total_bytes=100))
    assert "at most 1 members" in refused(path, ArchiveLimits(members=1))


def test_an_encrypted_or_oddly_packed_member_is_refused(tmp_path):
    path = write(tmp_path / "a.zip", {"a": b"1"}, zipfile.ZIP_BZIP2)
    assert "compression method 12" in refused(path)
    data = bytearray(write(tmp_path / "b.zip", {"a": b"1"}).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "b.zip").write_bytes(data)
    assert "an encrypted member" in refused(tmp_path / "b.zip")


@pytest.mark.parametrize("kept", [0, 10, 60, -5])
def test_a_truncated_archive_is_an_error(tmp_path, kept):
    data = write(tmp_path / "a.zip", {"a": b"1" * 500}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[:kept] if kept >= 0 else data[: len(data) + kept])
    assert "a readable zip archive" in refused(tmp_path / "cut.zip")


@given(place=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_one_flipped_byte_gives_the_content_or_an_error(tmp_path_factory, place, mask):
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
