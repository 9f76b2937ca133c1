"""Archives: read in memory, and refused where they hold what a data archive has no need of."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from factories import make_tar
from ionladder.data.archives import Limits, read_tar
from ionladder.errors import IngestError


def write_tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            data = io.BytesIO(b"x" * member.size) if member.isreg() else None
            archive.addfile(member, data)
    return path


def member(
    name: str, kind: bytes = tarfile.REGTYPE, *, size: int = 0, link: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


def test_regular_files_are_read_and_folders_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "cifs.tar.gz"
    path.write_bytes(make_tar({"cifs/019.cif": b"data_019", "cifs/5e2.cif": b""}))
    assert read_tar(path) == {"cifs/019.cif": b"data_019", "cifs/5e2.cif": b""}
    write_tar(path, member("cifs", tarfile.DIRTYPE), member("cifs/a.cif", size=2))
    assert read_tar(path) == {"cifs/a.cif": b"xx"}


def test_companions_that_macos_adds_are_passed_over(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", member("c/._a.cif", size=9), member("c/a.cif", size=1))
    assert list(read_tar(path)) == ["c/a.cif"]


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (member("/etc/passwd", size=1), "a path that leaves it"),
        (member("cifs/../../up.cif", size=1), "a path that leaves it"),
        (member("..\\up.cif", size=1), "a path that leaves it"),
        (member("C:up.cif", size=1), "a path that leaves it"),
        (member("a.cif", tarfile.SYMTYPE, link="/etc/passwd"), "a link to '/etc/passwd'"),
        (member("a.cif", tarfile.LNKTYPE, link="b.cif"), "a link to 'b.cif'"),
        (member("a.cif", tarfile.CHRTYPE), "a device or another special member"),
        (member("a.cif", tarfile.BLKTYPE), "a device or another special member"),
        (member("a.cif", tarfile.FIFOTYPE), "a device or another special member"),
    ],
    ids=[
        "absolute",
        "parent",
        "backslash",
        "drive",
        "symlink",
        "hardlink",
        "char",
        "block",
        "fifo",
    ],
)
def test_members_that_could_do_harm_are_refused_by_name(
    tmp_path: Path, bad: tarfile.TarInfo, found: str
) -> None:
    path = write_tar(tmp_path / "a.tar.gz", member("good.cif", size=1), bad)
    with pytest.raises(IngestError) as caught:
        read_tar(path)
    (problem,) = caught.value.problems
    assert problem.where == f"a.tar.gz, member {bad.name!r}"
    assert problem.found == found
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", member("a.cif", size=1), member("a.cif", size=2))
    with pytest.raises(IngestError, match="each name once"):
        read_tar(path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", *(member(f"{i}.cif") for i in range(4)))
    assert len(read_tar(path, limits=Limits(members=4))) == 4
    with pytest.raises(IngestError, match="at most 3 members"):
        read_tar(path, limits=Limits(members=3))


def test_a_bomb_is_refused_by_its_declared_size_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", member("bomb.cif", size=3_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(IngestError, match="at most 1000 bytes unpacked"):
        read_tar(path, limits=Limits(total_bytes=1000))


@pytest.mark.parametrize("keep", [0, 1, 20, 60])
def test_truncated_archives_are_named_as_damaged(tmp_path: Path, keep: int) -> None:
    whole = make_tar({f"{i}.cif": bytes(range(256)) for i in range(3)})
    path = tmp_path / "a.tar.gz"
    path.write_bytes(whole[:keep])
    with pytest.raises(IngestError, match="damaged bytes"):
        read_tar(path)


def test_a_file_that_is_no_archive_is_named_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_text("<html>404</html>")
    with pytest.raises(IngestError, match=r"a\.tar\.gz: expected a readable tar archive"):
        read_tar(path)
