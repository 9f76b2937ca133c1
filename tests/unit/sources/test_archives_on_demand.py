"""Large archives: continued after a break, held to their pins, refused where there is no room."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from ionladder.config import FoldSettings, OnDemandVersion
from ionladder.data import fetch as fetch_module
from ionladder.data.fetch import fetch
from ionladder.errors import FetchError, UnreachableError
from ionladder.repo import Layout, sha256_bytes

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


def source(address: str, digest: str | None = None, ingested_bytes: int = 0) -> OnDemandVersion:
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


def bring(made: OnDemandVersion, root: Path) -> dict[str, str]:
    return fetch(Layout(root), made).digests


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return Layout(tmp_path).raw_dir("bvel13k", "1.0.0")


def test_an_unpinned_archive_arrives_with_its_digest(
    upstream: Upstream, tmp_path: Path, raw: Path
) -> None:
    digests = bring(source(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    assert [path.name for path in raw.iterdir()] == [NAME]


def test_a_broken_download_is_continued_where_it_stopped(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.breaks = [2 << 20, 100]

    digests = bring(source(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    first = upstream.ranges[0]
    rest = [int(str(r).removeprefix("bytes=").removesuffix("-")) for r in upstream.ranges[1:]]
    assert first is None
    assert rest == sorted(rest)
    assert rest[0] > 0


def test_a_later_call_continues_what_an_earlier_one_could_not_finish(
    upstream: Upstream, tmp_path: Path, raw: Path
) -> None:
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError, match="ended too early"):
        bring(source(upstream.address), tmp_path)
    assert not (raw / NAME).exists()
    upstream.ranges.clear()

    digests = bring(source(upstream.address), tmp_path)

    assert digests == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges[0] == f"bytes={1 << 20}-"


def test_a_file_that_changed_in_between_is_taken_anew(upstream: Upstream, tmp_path: Path) -> None:
    upstream.breaks = [1 << 20, 0, 0]
    with pytest.raises(UnreachableError):
        bring(source(upstream.address), tmp_path)
    upstream.data, upstream.etag = DATA[::-1], '"two"'

    assert bring(source(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA[::-1])}


def test_a_server_that_names_no_file_is_never_asked_for_a_rest(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.etag, upstream.breaks = None, [1 << 20]

    assert bring(source(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges == [None, None]


def test_a_download_that_was_whole_is_not_asked_for_again(
    upstream: Upstream, tmp_path: Path, raw: Path
) -> None:
    bring(source(upstream.address), tmp_path)
    (raw / NAME).replace(raw / f".{NAME}.part")
    (raw / f".{NAME}.part.json").write_text('{"validator": "\\"one\\""}', encoding="utf-8")

    assert bring(source(upstream.address), tmp_path) == {NAME: sha256_bytes(DATA)}
    assert upstream.ranges[-1] == f"bytes={len(DATA)}-"


def test_other_bytes_than_pinned_are_refused_and_forgotten(
    upstream: Upstream, tmp_path: Path, raw: Path
) -> None:
    with pytest.raises(FetchError, match="expected SHA-256 0000"):
        bring(source(upstream.address, "0" * 64), tmp_path)

    assert not raw.exists()


def test_a_file_here_with_other_bytes_than_pinned_is_named_and_kept(
    tmp_path: Path, raw: Path
) -> None:
    raw.mkdir(parents=True)
    (raw / NAME).write_bytes(b"other")

    with pytest.raises(FetchError, match=NAME):
        bring(source("https://upstream.invalid", "0" * 64), tmp_path)

    assert (raw / NAME).read_bytes() == b"other"


def test_a_mirror_folder_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "mirror" / "bvel13k" / "litraj"
    place.mkdir(parents=True)
    (place / NAME).write_bytes(DATA)
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path / "mirror"))

    assert bring(source("https://upstream.invalid"), tmp_path) == {NAME: sha256_bytes(DATA)}


def test_a_mirror_without_the_file_is_a_letter_that_says_where_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONLADDER_MIRROR", str(tmp_path))

    with pytest.raises(UnreachableError, match=f"holds bvel13k/litraj/{NAME}"):
        bring(source("https://upstream.invalid"), tmp_path)


def test_a_disk_that_is_too_small_is_refused_before_the_first_byte(
    tmp_path: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=len(DATA) + 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)

    with pytest.raises(FetchError, match=r"GB of free disk space") as caught:
        bring(source("https://upstream.invalid", ingested_bytes=6), tmp_path)

    assert "Nothing was written" in str(caught.value)
    assert not raw.exists()
