"""Fetching: from a folder, a file URL and a web server; whole and verified, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from ionladder.config import DatasetVersion, FoldSettings
from ionladder.data import fetch as fetch_module
from ionladder.data.fetch import fetch
from ionladder.errors import ConfigError, FetchError, UnreachableError
from ionladder.repo import Layout, sha256_bytes

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
