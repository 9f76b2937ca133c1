"""Fetching: verified before use, all or nothing, and continued where it broke off."""

import io
import shutil
import stat
import tarfile
import threading
import zipfile
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import make_tar
from ionladder.config import DatasetVersion, FoldSettings, OnDemandVersion
from ionladder.data import fetch as fetch_module
from ionladder.data.archives import ArchiveLimits, ZipMembers, read_tar
from ionladder.data.fetch import fetch_version
from ionladder.errors import ConfigError, FetchError, IngestError, UnreachableError
from ionladder.repo import Layout, sha256_bytes

# Fetching: from a folder, a file URL and a web server; whole and verified, or nothing.


FILES = {"all.csv": b"ID\n5e2\n", "all_cifs.tar.gz": b"\x1f\x8b packed"}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    release = folder / "obelix" / "v1.0.0-data"
    release.mkdir(parents=True)
    for name, data in FILES.items():
        (release / name).write_bytes(data)
    monkeypatch.setenv("IONLADDER_MIRROR", str(folder))
    return folder


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "data" / "obelix" / "1.0.0" / "raw"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(fetch_module, "_FIRST_PAUSE_S", 0.0)


def source():
    return DatasetVersion(
        dataset="obelix",
        version="1.0.0",
        tag="v1.0.0-data",
        commit="0" * 40,
        base_url="https://upstream.invalid/data",
        files={name: sha256_bytes(data) for name, data in FILES.items()},
        folds=FoldSettings(n_folds=2, n_repeats=1, seed=1),
    )


def bring(raw, version):
    return fetch_version(Layout(raw.parents[3]), version).brought


def assert_nothing_written(raw):
    assert not raw.exists()
    assert list(raw.parents[3].rglob("*.part")) == []


def test_files_come_from_a_mirror_folder_and_good_ones_are_not_fetched_again(
    mirror, raw, monkeypatch
):
    assert bring(raw, source()) == list(FILES)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == FILES
    (raw / "all.csv").write_bytes(b"ID\n500.0\n")
    assert bring(raw, source()) == ["all.csv"]
    assert (raw / "all.csv").read_bytes() == FILES["all.csv"]
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror / "gone"))
    assert bring(raw, source()) == []


def test_a_missing_mirror_folder_is_unreachable_and_every_file_is_named(raw, tmp_path, monkeypatch):
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(UnreachableError) as caught:
        bring(raw, source())
    assert [problem.where for problem in caught.value.problems] == [
        "obelix 1.0.0, all.csv",
        "obelix 1.0.0, all_cifs.tar.gz",
    ]
    assert "IONLADDER_MIRROR" in caught.value.problems[0].next_step
    assert_nothing_written(raw)


def test_a_tampered_byte_names_file_hashes_place_and_writes_nothing(mirror, raw):
    tampered = mirror / "obelix" / "v1.0.0-data" / "all_cifs.tar.gz"
    tampered.write_bytes(b"\x1f\x8b Packed")
    with pytest.raises(FetchError) as caught:
        bring(raw, source())
    (problem,) = caught.value.problems
    assert not isinstance(caught.value, UnreachableError)
    assert problem.where == f"obelix 1.0.0, all_cifs.tar.gz from {tampered}"
    assert problem.expected == f"SHA-256 {sha256_bytes(FILES['all_cifs.tar.gz'])}"
    assert problem.found == sha256_bytes(b"\x1f\x8b Packed")
    assert_nothing_written(raw)


def test_a_mirror_of_an_unknown_kind_is_refused(raw, monkeypatch):
    for mirror in ("s3://bucket/upstream", "http://[no-address"):
        monkeypatch.setenv("IONLADDER_MIRROR", mirror)
        with pytest.raises(ConfigError, match="an http, https or file URL"):
            bring(raw, source())
        assert_nothing_written(raw)


# Large archives: continued after a break, held to their pins, refused where there is no room.


DATA = bytes(range(256)) * 12_000  # three blocks of a mebibyte
NAME = "BVEL13k.zip"


@dataclass
class Upstream:
    """A server that can break off, and whose file can change.

    Attributes:
        data: The file.
        etag: What the server calls it.
        breaks: Bytes after which answers break off, one after the other.
        refusals: HTTP statuses that it answers with before it serves.
        ranges: The ``Range`` of every request.
    """

    data: bytes = DATA
    etag: str = '"one"'
    breaks: list[int] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    users: list[str | None] = field(default_factory=list)
    address: str = ""


def _handler(upstream):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            upstream.ranges.append(wanted)
            upstream.users.append(self.headers.get("Authorization"))
            start, status = 0, 200
            if wanted and self.headers.get("If-Range") == upstream.etag:
                start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
            if upstream.refusals:
                self.send_error(upstream.refusals.pop(0))
                return
            body = upstream.data[start:]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", upstream.etag)
            self.end_headers()
            cut = upstream.breaks.pop(0) if upstream.breaks else len(body)
            self.wfile.write(body[:cut])
            self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def upstream(loopback):
    found = Upstream()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.address = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


def archive(address, digest=None, ingested_bytes=0):
    return OnDemandVersion(
        dataset="bvel13k",
        version="1.0.0",
        tag="litraj",
        base_url=address,
        files={NAME: digest},
        expected={},
        tasks=[],
        download_bytes=len(DATA),
        ingested_bytes=ingested_bytes,
        folds=FoldSettings(n_folds=2, n_repeats=1, seed=1),
    )


def bring_archive(made, root):
    return fetch_version(Layout(root), made).digests


@pytest.fixture
def place_here(tmp_path):
    return Layout(tmp_path).raw_dir("bvel13k", "1.0.0")


def test_a_server_that_stumbles_is_asked_again_and_one_that_refuses_is_not(
    upstream, tmp_path, place_here
):
    upstream.refusals = [404]
    with pytest.raises(UnreachableError, match="HTTP status 404"):
        bring_archive(archive(upstream.address), tmp_path)
    assert len(upstream.ranges) == 1
    upstream.refusals = [302, 302, 302]  # without a way on: a redirection is not the file
    with pytest.raises(UnreachableError, match="HTTP status 302"):
        bring_archive(archive(upstream.address), tmp_path)
    upstream.refusals = [503, 503]
    assert bring_archive(archive(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert [path.name for path in place_here.iterdir()] == [NAME]


def test_certificates_that_are_not_there_are_named_and_signs_in_an_address_are_taken(
    upstream, tmp_path, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "no-such-bundle.pem")
    with pytest.raises(UnreachableError, match="REQUESTS_CA_BUNDLE"):
        bring_archive(archive(upstream.address), tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    address = upstream.address.replace("//", "//me:a%40b@")
    monkeypatch.setenv("IONLADDER_MIRROR", f"{address}/a folder/ü%20b")
    assert bring_archive(archive("http://no.host.invalid"), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert upstream.users == ["Basic " + b64encode(b"me:a@b").decode()]


def test_a_server_without_end_is_left(upstream, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch_module, "_MOST_BYTES", len(DATA) // 2)
    upstream.data = DATA * 3
    with pytest.raises(UnreachableError, match="no end of it"):
        bring_archive(archive(upstream.address), tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def test_a_later_call_continues_what_an_earlier_one_could_not_finish(
    upstream, tmp_path, place_here
):
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError, match="ended too early"):
        bring_archive(archive(upstream.address), tmp_path)
    assert not (place_here / NAME).exists()
    upstream.ranges.clear()

    digests = bring_archive(archive(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges[0] == f"bytes={1 << 20}-"


def test_a_file_that_changed_meanwhile_is_fetched_again(upstream, tmp_path):
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError):
        bring_archive(archive(upstream.address), tmp_path)
    upstream.data, upstream.etag = DATA[::-1], '"two"'

    assert bring_archive(archive(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA[::-1])}


def test_a_file_here_with_other_bytes_is_named_and_kept(tmp_path, place_here):
    place_here.mkdir(parents=True)
    (place_here / NAME).write_bytes(b"other")

    with pytest.raises(FetchError, match=NAME):
        bring_archive(archive("https://upstream.invalid", "0" * 64), tmp_path)

    assert (place_here / NAME).read_bytes() == b"other"


def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(
    tmp_path, place_here, monkeypatch
):
    usage = SimpleNamespace(free=len(DATA) + 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(FetchError, match=r"GB of free disk space") as caught:
        bring_archive(archive("https://upstream.invalid", ingested_bytes=6), tmp_path)

    assert "Nothing was written" in str(caught.value)
    assert not place_here.exists()


# --- Archives are judged before they are read, and refused with the member's name

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
    members = {"a/": b"", "a/one.xyz": b"1\n2\n", "a/two.csv": b""}
    members |= dict.fromkeys(("__MACOSX/a/._one.xyz", "a/._one.xyz", "a/.DS_Store"), b"x")
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
