"""Fetching: verified before use, all or nothing, and continued where it broke off."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from ionladder.config import DatasetVersion, FoldSettings, OnDemandVersion
from ionladder.data import fetch as fetch_module
from ionladder.data.fetch import fetch
from ionladder.errors import ConfigError, FetchError, UnreachableError
from ionladder.repo import Layout, sha256_bytes

# Fetching: from a folder, a file URL and a web server; whole and verified, or nothing.


FILES = {"all.csv": b"ID\n5e2\n", "all_cifs.tar.gz": b"\x1f\x8b packed"}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    release = folder / "obelix" / "v1.0.0-data"
    release.mkdir(parents=True)
    for name, data in FILES.items():
        (release / name).write_bytes(data)
    return folder


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "data" / "obelix" / "1.0.0" / "raw"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "_FIRST_PAUSE_S", 0.0)


def source(base_url: str = "https://upstream.invalid/data", **files: str) -> DatasetVersion:
    pins = {name: sha256_bytes(data) for name, data in FILES.items()}
    return DatasetVersion(
        dataset="obelix",
        version="1.0.0",
        tag="v1.0.0-data",
        commit="0" * 40,
        base_url=base_url,
        files=pins | files,
        folds=FoldSettings(n_folds=2, n_repeats=1, seed=1),
    )


def bring(raw: Path, version: DatasetVersion, *, progress: bool = False) -> list[str]:
    return fetch(Layout(raw.parents[3]), version, progress=progress).brought


def assert_nothing_written(raw: Path) -> None:
    assert not raw.exists()
    assert list(raw.parents[3].rglob("*.part")) == []


def test_files_come_from_a_mirror_folder(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    assert bring(raw, source()) == list(FILES)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == FILES


def test_files_come_from_a_mirror_given_as_file_url(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", mirror.as_uri())
    bring(raw, source())
    assert (raw / "all.csv").read_bytes() == FILES["all.csv"]


def test_a_relative_mirror_is_found_from_the_current_folder(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mirror.parent)
    monkeypatch.setenv("IONLADDER_MIRROR", "mirror/")
    assert bring(raw, source()) == list(FILES)


def test_a_base_url_that_is_a_file_url_needs_no_mirror(mirror: Path, raw: Path) -> None:
    folder = mirror / "obelix" / "v1.0.0-data"
    assert bring(raw, source(folder.as_uri())) == list(FILES)


def test_verified_files_are_not_fetched_again(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    bring(raw, source())
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror / "gone"))
    assert bring(raw, source()) == []


def test_a_damaged_file_is_replaced_and_the_good_one_kept(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    bring(raw, source())
    (raw / "all.csv").write_bytes(b"ID\n500.0\n")
    assert bring(raw, source()) == ["all.csv"]
    assert (raw / "all.csv").read_bytes() == FILES["all.csv"]


def test_a_missing_mirror_folder_is_unreachable_and_every_file_is_named(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "nowhere"))
    with pytest.raises(UnreachableError) as caught:
        bring(raw, source())
    assert [problem.where for problem in caught.value.problems] == [
        "obelix 1.0.0, all.csv",
        "obelix 1.0.0, all_cifs.tar.gz",
    ]
    assert "IONLADDER_MIRROR" in caught.value.problems[0].next_step
    assert_nothing_written(raw)


def test_a_tampered_byte_names_file_hashes_and_place_and_writes_nothing(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tampered = mirror / "obelix" / "v1.0.0-data" / "all_cifs.tar.gz"
    tampered.write_bytes(b"\x1f\x8b Packed")
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    with pytest.raises(FetchError) as caught:
        bring(raw, source())
    (problem,) = caught.value.problems
    assert not isinstance(caught.value, UnreachableError)
    assert problem.where == f"obelix 1.0.0, all_cifs.tar.gz from {tampered}"
    assert problem.expected == f"SHA-256 {sha256_bytes(FILES['all_cifs.tar.gz'])}"
    assert problem.found == sha256_bytes(b"\x1f\x8b Packed")
    assert_nothing_written(raw)


def test_a_missing_file_and_a_tampered_one_are_reported_together(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = mirror / "obelix" / "v1.0.0-data"
    (release / "all.csv").unlink()
    (release / "all_cifs.tar.gz").write_bytes(b"other")
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    with pytest.raises(FetchError) as caught:
        bring(raw, source())
    assert not isinstance(caught.value, UnreachableError)
    assert len(caught.value.problems) == 2
    assert_nothing_written(raw)


def test_a_failed_fetch_leaves_the_files_that_were_there(
    mirror: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw.mkdir(parents=True)
    (raw / "all.csv").write_bytes(b"older bytes")
    (mirror / "obelix" / "v1.0.0-data" / "all_cifs.tar.gz").unlink()
    monkeypatch.setenv("IONLADDER_MIRROR", str(mirror))
    with pytest.raises(UnreachableError):
        bring(raw, source())
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == {"all.csv": b"older bytes"}


def test_a_mirror_of_an_unknown_kind_is_refused(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", "s3://bucket/upstream")
    with pytest.raises(ConfigError, match="an http, https or file URL"):
        bring(raw, source())
    assert_nothing_written(raw)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Stumbling(BaseHTTPRequestHandler):
    """Answers 503 twice, then serves; counts requests."""

    requests: list[str]
    failures = 2

    def do_GET(self) -> None:
        self.requests.append(self.path)
        name = self.path.rsplit("/", 1)[-1]
        if self.requests.count(self.path) <= self.failures:
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(FILES[name])))
        self.end_headers()
        self.wfile.write(FILES[name])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def serve(loopback: None) -> Iterator[object]:
    servers: list[ThreadingHTTPServer] = []

    def start(handler: object) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_files_come_from_a_web_server(mirror: Path, raw: Path, serve: object) -> None:
    address = serve(partial(_Quiet, directory=str(mirror)))
    assert bring(raw, source(f"{address}/obelix/v1.0.0-data")) == list(FILES)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == FILES


def test_files_come_from_a_mirror_on_a_web_server(
    mirror: Path, raw: Path, serve: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = serve(partial(_Quiet, directory=str(mirror)))
    monkeypatch.setenv("IONLADDER_MIRROR", address)
    assert bring(raw, source()) == list(FILES)


def test_a_server_that_stumbles_is_asked_again(raw: Path, serve: object) -> None:
    handler = type("Handler", (_Stumbling,), {"requests": []})
    assert bring(raw, source(serve(handler))) == list(FILES)
    assert len(handler.requests) == 3 * len(FILES)


def test_a_refusal_is_not_asked_again_and_its_status_is_named(
    tmp_path: Path, raw: Path, serve: object
) -> None:
    address = serve(partial(_Quiet, directory=str(tmp_path)))
    with pytest.raises(UnreachableError, match="HTTP status 404"):
        bring(raw, source(address))
    assert_nothing_written(raw)


def test_a_closed_port_is_unreachable(raw: Path) -> None:
    with pytest.raises(UnreachableError, match="no connection"):
        bring(raw, source("http://127.0.0.1:9"))
    assert_nothing_written(raw)


def test_a_host_that_does_not_answer_is_not_asked_for_its_other_files(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def unplugged(url: str, **_: object) -> object:
        asked.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "get", unplugged)
    with pytest.raises(UnreachableError) as caught:
        bring(raw, source())
    assert len(caught.value.problems) == len(FILES)
    assert set(asked) == {"https://upstream.invalid/data/all.csv"}


def test_progress_is_shown_when_asked_for(
    mirror: Path, raw: Path, serve: object, capsys: pytest.CaptureFixture[str]
) -> None:
    address = serve(partial(_Quiet, directory=str(mirror)))
    bring(raw, source(f"{address}/obelix/v1.0.0-data"), progress=True)
    assert "100%" in capsys.readouterr().err


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
        ranges: The ``Range`` of every request.
    """

    data: bytes = DATA
    etag: str | None = '"one"'
    breaks: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    address: str = ""


def _handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            upstream.ranges.append(wanted)
            start, status = 0, 200
            if wanted and self.headers.get("If-Range") == upstream.etag:
                start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
            body = upstream.data[start:]
            if status == 206 and not body:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(upstream.data)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if upstream.etag:
                self.send_header("ETag", upstream.etag)
            self.end_headers()
            cut = upstream.breaks.pop(0) if upstream.breaks else len(body)
            self.wfile.write(body[:cut])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def upstream(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    monkeypatch.setattr(fetch_module, "_FIRST_PAUSE_S", 0.0)
    found = Upstream()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.address = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


def archive(address: str, digest: str | None = None, ingested_bytes: int = 0) -> OnDemandVersion:
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


def bring_archive(made: OnDemandVersion, root: Path) -> dict[str, str]:
    return fetch(Layout(root), made).digests


@pytest.fixture
def place_here(tmp_path: Path) -> Path:
    return Layout(tmp_path).raw_dir("bvel13k", "1.0.0")


def test_an_unpinned_archive_arrives_with_its_digest(
    upstream: Upstream, tmp_path: Path, place_here: Path
) -> None:
    digests = bring_archive(archive(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    assert [path.name for path in place_here.iterdir()] == [NAME]


def test_a_broken_download_is_continued_where_it_stopped(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.breaks = [2 << 20, 100]

    digests = bring_archive(archive(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    first = upstream.ranges[0]
    rest = [int(str(r).removeprefix("bytes=").removesuffix("-")) for r in upstream.ranges[1:]]
    assert first is None
    assert rest == sorted(rest)
    assert rest[0] > 0


def test_a_later_call_continues_what_an_earlier_one_could_not_finish(
    upstream: Upstream, tmp_path: Path, place_here: Path
) -> None:
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError, match="ended too early"):
        bring_archive(archive(upstream.address), tmp_path)
    assert not (place_here / NAME).exists()
    upstream.ranges.clear()

    digests = bring_archive(archive(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges[0] == f"bytes={1 << 20}-"


def test_a_file_that_changed_meanwhile_is_fetched_again(upstream: Upstream, tmp_path: Path) -> None:
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError):
        bring_archive(archive(upstream.address), tmp_path)
    upstream.data, upstream.etag = DATA[::-1], '"two"'

    assert bring_archive(archive(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA[::-1])}


def test_a_server_that_names_no_file_is_never_asked_for_a_rest(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.etag, upstream.breaks = None, [1 << 20]

    assert bring_archive(archive(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges == [None, None]


def test_a_download_that_was_whole_is_not_asked_for_again(
    upstream: Upstream, tmp_path: Path, place_here: Path
) -> None:
    bring_archive(archive(upstream.address), tmp_path)
    (place_here / NAME).replace(place_here / f".{NAME}.part")
    (place_here / f".{NAME}.part.json").write_text('{"validator": "\\"one\\""}', encoding="utf-8")

    assert bring_archive(archive(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges[-1] == f"bytes={len(DATA)}-"


def test_other_bytes_than_pinned_are_refused_and_forgotten(
    upstream: Upstream, tmp_path: Path, place_here: Path
) -> None:
    with pytest.raises(FetchError, match="expected SHA-256 0000"):
        bring_archive(archive(upstream.address, "0" * 64), tmp_path)

    assert not place_here.exists()


def test_a_file_here_with_other_bytes_than_pinned_is_named_and_kept(
    tmp_path: Path, place_here: Path
) -> None:
    place_here.mkdir(parents=True)
    (place_here / NAME).write_bytes(b"other")

    with pytest.raises(FetchError, match=NAME):
        bring_archive(archive("https://upstream.invalid", "0" * 64), tmp_path)

    assert (place_here / NAME).read_bytes() == b"other"


def test_a_mirror_folder_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "mirror" / "bvel13k" / "litraj"
    place.mkdir(parents=True)
    (place / NAME).write_bytes(DATA)
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "mirror"))

    assert bring_archive(archive("https://upstream.invalid"), tmp_path) == {
        NAME: sha256_bytes(DATA)
    }


def test_a_mirror_without_the_file_is_an_error_that_says_where_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path))

    with pytest.raises(UnreachableError, match=f"holds bvel13k/litraj/{NAME}"):
        bring_archive(archive("https://upstream.invalid"), tmp_path)


def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(
    tmp_path: Path, place_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=len(DATA) + 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(FetchError, match=r"GB of free disk space") as caught:
        bring_archive(archive("https://upstream.invalid", ingested_bytes=6), tmp_path)

    assert "Nothing was written" in str(caught.value)
    assert not place_here.exists()
