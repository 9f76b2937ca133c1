"""The repository on disk: paths, atomic writes, hashing, YAML and parquet."""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EPIPE, EROFS
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from ionladder import errors as err

if TYPE_CHECKING:
    import pyarrow as pa

# The layout of a repository on disk, as functions: nobody else joins these names


ROOT_VARIABLE = "IONLADDER_ROOT"
CACHE_VARIABLE = "IONLADDER_CACHE"
PARAMS_FILE = "params.yaml"
_MARK = re.compile(r"""^[\s{]*["']?project["']?\s*:\s*["']?ionladder\b""", re.MULTILINE)
#: What a wheel holds of the repository it was built from; not there in a clone.
_RELEASE = Path(__file__).with_name("release")


class _Place:
    """A fixed place below the root, as an attribute."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, layout: Layout, _owner: object = None) -> Path:
        return layout.root.joinpath(*self._parts)


@dataclass(frozen=True)
class Layout:
    """Where things live below the root of a leaderboard repository.

    Attributes:
        root: The folder with ``params.yaml``: a clone, or what the installed package holds of one.
        cache: Where data are fetched to; None in a clone, which holds them itself.
        pins: Versions that were fetched on demand: their bytes, and the tasks scored on them.
        benchmarks_results: Measured by programs in ``benchmarks/``, shown on the methods page.
        features_cache: Expensive features of crystals, kept between trainings; git ignores them.
        rendered_pages: What ``docs/generated`` was made from, so that it is not made again.
        built_site: What each page of ``site`` was made from, and its hash.
    """

    root: Path
    cache: Path | None = None
    params = _Place(PARAMS_FILE)
    pins = _Place("data", "pins.json")
    leaderboard_dir = _Place("leaderboard")
    history = _Place("leaderboard", "history.jsonl")
    benchmarks_results = _Place("benchmarks", "results")
    features_cache = _Place("build", "features")
    docs_dir = _Place("docs")
    generated_docs_dir = _Place("docs", "generated")
    rendered_pages = _Place("build", "site", "rendered.json")
    built_site = _Place("build", "site", "built.json")

    @property
    def store(self) -> Path:
        """Where data are written: the clone, or the user's cache."""
        return self.cache or self.root

    @property
    def work(self) -> Path:
        """Where users' files are written: the clone, or the current folder."""
        return Path.cwd() if self.cache else self.root

    def version_dir(self, dataset: str, version: str) -> Path:
        return self.store / "data" / dataset / version

    def raw_dir(self, dataset: str, version: str) -> Path:
        return self.version_dir(dataset, version) / "raw"

    def table(self, dataset: str, version: str, name: str) -> Path:
        """A table; of an installed package its own, where it has it (embedded data, splits)."""
        own = self.root / "data" / dataset / version / f"{name}.parquet"
        return own if own.is_file() else self.version_dir(dataset, version) / own.name

    def frames(self, dataset: str, version: str, name: str) -> Path:
        """A table of atomic configurations, too large to be loaded whole."""
        return self.version_dir(dataset, version) / "frames" / f"{name}.parquet"

    def manifest(self, dataset: str, version: str) -> Path:
        return self.root / "data" / dataset / version / "manifest.json"

    def checksums(self, dataset: str, version: str) -> Path:
        return self.version_dir(dataset, version) / "SHA256SUMS"

    def submissions_dir(self, task: str) -> Path:
        return self.root / "submissions" / task

    def submission_dir(self, task: str, name: str) -> Path:
        return self.submissions_dir(task) / name

    def new_submission_dir(self, task: str, name: str) -> Path:
        """Where a user's new submission goes; below the current folder without a clone."""
        return self.work / "submissions" / task / name

    def leaderboard_json(self, task: str) -> Path:
        return self.leaderboard_dir / f"{task}.json"

    def leaderboard_csv(self, task: str) -> Path:
        return self.leaderboard_dir / f"{task}.csv"

    def dvc_files(self, task: str) -> tuple[Path, Path]:
        """The scores of a board as DVC shows them: metrics (JSON) and a plot (CSV)."""
        folder = self.leaderboard_dir / "metrics"
        return folder / f"{task}.json", folder / f"{task}.csv"

    def analysis_json(self, task: str) -> Path:
        return self.leaderboard_dir / "analysis" / f"{task}.json"

    def receipts_dir(self, task: str) -> Path:
        return self.leaderboard_dir / "scores" / task

    def receipt(self, task: str, name: str) -> Path:
        return self.receipts_dir(task) / f"{name}.json"

    def kept_scores(self, task: str) -> Path:
        """What was scored before, by the hash of all that it rests on; never needed, not in git."""
        return self.store / "build" / "scores" / f"{task}.arrow"

    def training_curve(self, baseline: str) -> Path:
        """How a baseline's trainings went, epoch by epoch."""
        return self.benchmarks_results / "training_curves" / f"{baseline}.csv"

    def relative(self, path: Path) -> str:
        """Show a path as the reader would type it from the root; unchanged when outside."""
        for base in dict.fromkeys((self.root, self.work)):
            if path.resolve().is_relative_to(base.resolve()):
                return path.resolve().relative_to(base.resolve()).as_posix()
        return path.as_posix()


def find_layout(start: Path | None = None) -> Layout:
    """Find the repository this process works in.

    ``IONLADDER_ROOT`` names it; otherwise it is the nearest folder at or above ``start`` (default:
    the current folder) whose ``params.yaml`` says ``project: ionladder``. Without one it is what
    the installed package holds: pins, tasks, manifests, boards and submissions as of its release.
    Data are then fetched into the user's cache, which ``IONLADDER_CACHE`` may name.

    Raises:
        ConfigError: No such folder, and the package was not installed from a wheel.
    """
    named = os.environ.get(ROOT_VARIABLE)
    begin, found = Path(named) if named else (start or Path.cwd()), "none"
    for folder in [begin] if named else [begin, *begin.resolve().parents]:
        if (path := folder / PARAMS_FILE).is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if _MARK.search(text) or not text.strip():  # an emptied one is told of, not passed over
                return Layout(folder.resolve())
            found = f"the {PARAMS_FILE} of another project (without `project: ionladder`)"
    if not named and (_RELEASE / PARAMS_FILE).is_file():
        return Layout(_RELEASE, _cache())
    raise err.ConfigError(err.worded("no-repository", str(begin), found=found))


def published_addresses(root: Path) -> dict[str, str]:
    """``Homepage`` and ``Repository`` as [project.urls] says; example.org is no address.

    Args:
        root: Root of the repository; without a ``pyproject.toml`` there is no address.
    """
    import tomllib

    path = root / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"] if path.is_file() else {}
    urls = project.get("urls", {}).items()
    return {name: url.rstrip("/") for name, url in urls if "//example.org/" not in f"{url}/"}


def _cache() -> Path:
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("ionladder", appauthor=False)


def require_clone(layout: Layout, what: str) -> None:
    """Refuse outside a clone what would change or publish one.

    Raises:
        ConfigError: The layout is that of an installed package.
    """
    if layout.cache is not None:
        raise err.ConfigError(err.worded("no-clone", what))


STRUCTURES_EXTRA = 'pip install "ionladder[structures]"'


def has_pymatgen() -> bool:
    """Whether crystal structures can be read: pymatgen comes with the extra ``structures``."""
    return find_spec("pymatgen") is not None


# Writing files whole or not at all, with the same bytes every time


_NEW_FILE_MODE = 0o644
#: End of the names of what is not yet whole; the number of the process stands before it.
PART = ".part"
_LEFT = re.compile(r"\..+\.(\d+)-[^.]+\.part")
_NEVER_SWEPT = {".git", ".venv", ".dvc", "raw"}
_DAY_S = 86_400
_HELD_VARIABLE = "IONLADDER_WRITER"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it into place only if the block succeeds.

    A crash, an error or a full disk leaves ``path`` as it was, and the error of the disk names it.
    Nothing is forced to the platter: every file written here can be made again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name}.{os.getpid()}-"
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=PART, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(_NEW_FILE_MODE)
        temporary.replace(path)
    except OSError as error:
        _name(error, path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _name(error: OSError, path: Path) -> None:
    """Say what could not be written: errors of a file that is open name none."""
    if error.filename is None and error.errno not in (None, EPIPE):
        error.filename = str(path)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of ``target`` if the block succeeds.

    On an error ``target`` stays as it was, and nothing else is left behind. An error of the disk
    names it.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.{os.getpid()}-"
    workshop = Path(tempfile.mkdtemp(prefix=prefix, suffix=PART, dir=target.parent))
    fresh, former = workshop / "fresh", workshop / "former"
    fresh.mkdir()
    try:
        yield fresh
        if target.exists():
            target.rename(former)
        try:
            fresh.rename(target)
        except OSError:
            if former.exists():
                former.rename(target)
            raise
    except OSError as error:
        _name(error, target)
        raise
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def sweep(root: Path) -> list[Path]:
    """Remove what processes that were killed left half-written below a folder.

    What a living process writes stays, unless it is more than a day old: then the number is that
    of another process by now.

    Returns:
        What was removed.
    """
    removed: list[Path] = []
    for folder, folders, files in os.walk(root):
        paths = (Path(folder, name) for name in [*folders, *files])
        removed += [path for path in paths if _is_left(path)]
        folders[:] = [n for n in folders if n not in _NEVER_SWEPT and not n.endswith(PART)]
    for path in removed:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return removed


def _is_left(path: Path) -> bool:
    match = _LEFT.fullmatch(path.name)
    is_old = match is not None and time.time() - path.lstat().st_mtime > _DAY_S
    return is_old or (match is not None and not is_running(int(match[1])))


def is_running(process: int) -> bool:
    """Whether there is a process of a number."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # it belongs to somebody else
    return True


@contextmanager
def only_writer(root: Path, *, waiting: Callable[[], object]) -> Iterator[None]:
    """Let one command at a time write into a repository, and tidy up after those that were killed.

    The lock is on the root folder itself and goes with the process. Commands that this one starts
    share it. Windows has no such locks: nothing is done there.

    Args:
        root: The repository.
        waiting: Called once if another command holds the lock.

    Raises:
        OSError: The repository cannot be written to; a command would say that it wrote what it
            only found to be the same.
    """
    if os.environ.get(_HELD_VARIABLE) == str(root) or os.name == "nt":
        yield
        return
    import fcntl

    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        raise OSError(EROFS, os.strerror(EROFS), str(root))
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            pass  # some network file systems have no locks
        os.environ[_HELD_VARIABLE] = str(root)
        sweep(root)
        yield
    finally:
        os.environ.pop(_HELD_VARIABLE, None)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)  # a forked reader may have the folder open still
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with ``\\n`` line ends, whole or not at all; the same text is kept."""
    data = text.encode("utf-8")
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def to_json(value: Any) -> str:
    """Serialise as reviewed JSON: two-space indent, keys as given, trailing newline.

    NaN and infinities, which JSON does not know, become null: "not applicable or not stated".
    """
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, option=options).decode("utf-8")


_WIDTH, _DEEPEST = 100, 2


def to_rows(value: Any, *, deepest: int = _DEEPEST) -> str:
    """Serialise as JSON of which a change touches few lines: one row of a table a line.

    A mapping that is too long for a line gets one for each key, ``deepest`` levels deep; of a
    longer list of mappings under such a key each is one line. NaN and infinities become null.

    Example:
        >>> print(to_rows({"rows": [{"a": "x" * 50}, {"a": "y" * 50}]}), end="")
        {
          "rows": [
            {"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
            {"a":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}
          ]
        }
    """
    return f"{_in_rows(value, 0, deepest)}\n"


def _in_rows(value: Any, depth: int, deepest: int) -> str:
    import orjson

    flat = orjson.dumps(value).decode("utf-8")
    if len(flat) <= _WIDTH or not isinstance(value, Mapping | list):
        return flat
    if isinstance(value, Mapping) and depth < deepest:
        lines = [
            f"{orjson.dumps(key).decode('utf-8')}: {_in_rows(item, depth + 1, deepest)}"
            for key, item in value.items()
        ]
        ends = "{}"
    elif isinstance(value, list) and isinstance(value[0], Mapping) and depth < _DEEPEST:
        lines, ends = [orjson.dumps(row).decode("utf-8") for row in value], "[]"
    else:
        return flat
    inner = ",".join(f"\n{'  ' * (depth + 1)}{line}" for line in lines)
    return f"{ends[0]}{inner}\n{'  ' * depth}{ends[1]}"


def write_json(path: Path, value: Any) -> None:
    """Write :func:`to_json` of a value, whole or not at all."""
    write_text(path, to_json(value))


def read_json(path: Path) -> Any:
    """Read a JSON file written by :func:`write_json`.

    Raises:
        DataChangedError: It is no JSON.
    """
    import orjson

    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise err.DataChangedError(err.worded("json-damaged", str(path), error=error)) from error


_HEX = 64

#: A function and its jobs → results in the order of the jobs, as the built-in ``map`` gives them.
MapJobs = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


def kept(compute: Callable[[], Any], key: str, folder: Path | None) -> Any:
    """A value that JSON can hold, computed once for a key that names all it depends on.

    Args:
        compute: Gives the value.
        key: Versions, settings and inputs.
        folder: Where values are kept; None keeps none.
    """
    if folder is None:
        return compute()
    place = folder / f"{sha256_bytes(key.encode())}.json"
    if not place.is_file():
        write_json(place, compute())
    return read_json(place)


def kept_table(compute: Callable[[], pa.Table], key: str, folder: Path | None) -> pa.Table:
    """A table computed once for a key; arguments as :func:`kept`. A damaged file is made again."""
    import pyarrow as pa

    if folder is None:
        return compute()
    place = folder / f"{sha256_bytes(key.encode())}.arrow"
    kept_bytes = place.read_bytes() if place.is_file() else b""
    head, body = kept_bytes[:_HEX], kept_bytes[_HEX:]
    if head != sha256_bytes(body).encode():
        table, sink = compute(), pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        body = sink.getvalue().to_pybytes()
        head = sha256_bytes(body).encode()
        with replacing(place) as temporary:
            temporary.write_bytes(head + body)
    return pa.ipc.open_stream(body, options=pa.ipc.IpcReadOptions(use_threads=False)).read_all()


@cache
def code_sha256() -> str:
    """Changes with this package and with the version of any other: what is kept rests on both."""
    here = Path(__file__).parent
    files = sorted(path for end in ("py", "yaml", "csv") for path in here.rglob(f"*.{end}"))
    own = [path.read_bytes() for path in files if "release" not in path.relative_to(here).parts]
    others = {path.name for base in sys.path for path in Path(base).glob("*.dist-info")}
    return sha256_bytes(b"\0".join([*own, *(name.encode() for name in sorted(others))]))


# Files that may be on S3: as s3://bucket/folder in a command, so s3:/bucket/folder as a path


def on_s3(path: Path) -> bool:
    """Whether a path names something on S3.

    Example:
        >>> on_s3(Path("s3://bucket/folder")), on_s3(Path("folder"))
        (True, False)
    """
    return path.parts[:1] == ("s3:",)


def _s3(path: Path) -> tuple[Any, str]:
    """The file system of Arrow that a path is on, and its place there."""
    from pyarrow import fs

    system, place = fs.FileSystem.from_uri(f"s3://{'/'.join(path.parts[1:])}")
    return system, place


@contextmanager
def _answering(path: Path) -> Iterator[None]:
    """S3's refusals as errors that say what to look at."""
    try:
        yield
    except OSError as error:
        shown = f"s3://{'/'.join(path.parts[1:])}"
        found = " ".join(str(error).split())
        raise err.DataMissingError(err.worded("no-s3", shown, found=found)) from error


def files_below(folder: Path) -> dict[Path, str]:
    """Every file below a folder, at any depth, by name; with its size and time of change.

    Raises:
        DataMissingError: S3 does not answer, or refuses.
    """
    if not on_s3(folder):
        found = [Path(base, name) for base, _, names in os.walk(folder) for name in names]
        marks = ((path, path.lstat()) for path in sorted(found))
        return {path: f"{mark.st_size} {mark.st_mtime_ns}" for path, mark in marks}
    from pyarrow import fs

    with _answering(folder):
        system, place = _s3(folder)
        infos = system.get_file_info(fs.FileSelector(place, allow_not_found=True, recursive=True))
    files = [info for info in infos if info.type == fs.FileType.File]
    return {
        folder / PurePosixPath(info.path).relative_to(place): f"{info.size} {info.mtime_ns}"
        for info in sorted(files, key=lambda info: str(info.path))
    }


@contextmanager
def at_hand(folder: Path, paths: Iterable[Path] | None = None) -> Iterator[Path]:
    """A folder or file on this machine: itself, or, while it is used, a copy of what is on S3.

    Args:
        folder: The folder, or the file.
        paths: Files below the folder; None for all that there are.

    Raises:
        DataMissingError: S3 does not answer, or has no such file.
    """
    if not on_s3(folder):
        yield folder
        return
    from pyarrow import fs

    with tempfile.TemporaryDirectory(prefix="ionladder-") as room:
        here = Path(room) / folder.parent.name / folder.name
        with _answering(folder):
            for path in (paths if paths is not None else files_below(folder)) or [folder]:
                copy = here / path.relative_to(folder)
                copy.parent.mkdir(parents=True, exist_ok=True)
                system, place = _s3(path)
                fs.copy_files(place, str(copy), source_filesystem=system, use_threads=False)
        yield here


def write_with(path: Path, writer: Callable[[Path], None]) -> None:
    """Let ``writer`` fill a temporary file, then move it into place."""
    with replacing(path) as temporary:
        writer(temporary)


# Identity of bytes and of content: what receipts, manifests and pins rest on


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def column_hashes(table: pa.Table, *, key: str | list[str]) -> dict[str, str]:
    """Hash each column's content with the rows in the order of ``key``.

    The hash depends on names and values only: not on row order, integer or float width,
    dictionary encoding, chunking, or the bytes of a parquet file.

    Args:
        table: Any table of booleans, numbers, strings, or lists of these; nulls allowed.
        key: Column name(s) that identify a row; sorted ascending before hashing. With none, rows
            count in their order.

    Returns:
        Column name → 64 hexadecimal digits, names in alphabetical order.
    """
    keys = [key] if isinstance(key, str) else list(key)
    if keys:
        table = table.sort_by([(name, "ascending") for name in keys])
    table = table.combine_chunks()
    return {name: _column_hash(name, table.column(name)) for name in sorted(table.column_names)}


def content_hash(table: pa.Table, *, key: str | list[str]) -> str:
    """Hash a table's content: the hash of its column names and column hashes."""
    return joined_hash(column_hashes(table, key=key))


def joined_hash(hashes: Mapping[str, str]) -> str:
    """One hash of several, each under its name, in the order given."""
    return sha256_bytes("\n".join(f"{name}={hashes[name]}" for name in hashes).encode())


def _column_hash(name: str, column: pa.ChunkedArray) -> str:
    import pyarrow as pa

    digest = hashlib.sha256(f"{name}\n{len(column)}\n".encode())
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    _update(digest, array)
    return digest.hexdigest()


def _update(digest: hashlib._Hash, array: pa.Array) -> None:
    """Feed one array: kind, null mask, then values in a width-independent form."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    digest.update(np.packbits(np.asarray(array.is_valid())).tobytes())
    kind = array.type
    if pa.types.is_boolean(kind):
        digest.update(b"bool")
        digest.update(np.asarray(pc.fill_null(array, False)).astype(np.uint8).tobytes())
    elif pa.types.is_integer(kind):
        digest.update(b"int")
        digest.update(np.asarray(pc.fill_null(array, 0)).astype("<i8").tobytes())
    elif pa.types.is_floating(kind):
        digest.update(b"float")
        values = np.asarray(pc.fill_null(array.cast(pa.float64()), 0.0)).astype("<f8") + 0.0
        values[np.isnan(values)] = np.nan
        digest.update(values.tobytes())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        digest.update(b"string")
        encoded = [(text or "").encode("utf-8") for text in array.to_pylist()]
        digest.update(np.array([len(text) for text in encoded], dtype="<i8").tobytes())
        digest.update(b"".join(encoded))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        digest.update(b"list")
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        digest.update(np.asarray(lengths).astype("<i8").tobytes())
        _update(digest, pc.list_flatten(array))
    elif pa.types.is_null(kind):
        digest.update(b"null")
    else:
        raise TypeError(f"no content hash is defined for columns of type {kind}")


# Parquet tables written the same way every time: sorted, zstd, no pandas index, unit metadata


def write_parquet(
    path: Path, table: pa.Table, *, sort_by: Sequence[str], metadata: Mapping[str, str]
) -> None:
    """Write a table whole or not at all, byte-stable for one version of pyarrow.

    Args:
        path: Final name of the file.
        table: Columns in their final order, fields carrying their unit metadata.
        sort_by: Columns that give the row order, ascending.
        metadata: File metadata (dataset, version, source commit, …), written in sorted order.
    """
    import pyarrow.parquet as pq

    ordered = table.sort_by([(name, "ascending") for name in sort_by])
    ordered = ordered.replace_schema_metadata(dict(sorted(metadata.items())))
    write_with(path, lambda temporary: pq.write_table(ordered, temporary, compression="zstd"))


def read_parquet(path: Path, *, shown_as: str | None = None) -> pa.Table:
    """Read a parquet file that IonLadder wrote.

    On this thread alone: a thread of Arrow's that still lets go of something while the interpreter
    shuts down can end a process whose work is done with SIGABRT (apache/arrow issue 34314).

    Raises:
        DataChangedError: The bytes are no longer a readable parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            return file.read(use_threads=False)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        where, text = shown_as or str(path), (str(error).splitlines() or ["no detail"])[0]
        raise err.DataChangedError(err.worded("parquet-damaged", where, error=text)) from error


# Reading YAML that a contributor wrote: what JSON can hold, and nothing else is resolved


MAX_BYTES = 64 * 1024
MAX_DEPTH = 20

# The C parser where libyaml is there: it reads the same language about ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {"": None, "~": None}
for _word, _value_of_it in (("null", None), ("true", True), ("false", False)):
    _WORDS |= dict.fromkeys((_word, _word.capitalize(), _word.upper()), _value_of_it)
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,19})")
_REAL = re.compile(
    r"[-+]?(?:0|[1-9][0-9]{0,29})?(?:\.[0-9]{0,30}(?:[eE][-+]?[0-9]{1,3})?|[eE][-+]?[0-9]{1,3})"
)
# A word right behind a `#`, or a number alone, was hardly meant as a comment; `# such` is one.
_LOST = re.compile(r"[ \t]+(#(?:[^\s#]| ?\d+ *$)[^\r\n]{0,40})")


def _refused(
    reason: str, mark: Any, step: str = "Put texts into quotes, and write plainly."
) -> Any:
    return yaml.MarkedYAMLError(None, None, reason, mark, step)


def read_mapping(
    path: Path, *, shown_as: str, missing_step: str = "Add the file."
) -> tuple[dict[str, Any], list[err.Problem]]:
    """Read one YAML mapping.

    Args:
        path: The file; a link is not followed.
        shown_as: Its path as the reader knows it.
        missing_step: What to do when there is no such file.

    Returns:
        The mapping and no problems, or an empty mapping and the problem found.
    """
    where, size = shown_as, 0 if path.is_symlink() or not path.is_file() else path.stat().st_size
    if path.is_symlink() or not path.is_file():
        kind = "a link" if path.is_symlink() else "no such file"
        expected, found, step = "a regular file", kind, missing_step
    elif size > MAX_BYTES:
        expected, found = f"at most {MAX_BYTES // 1024} kB", f"{size // 1024} kB"
        step = "Move long texts elsewhere and link them."
    else:
        try:
            loaded = _load(path.read_text(encoding="utf-8-sig"))
            if isinstance(loaded, dict):
                return loaded, []
            expected = "a mapping of `key: value` lines"
            step = "Begin the file with a key and a colon."
            found = "an empty file" if loaded is None else f"a {type(loaded).__name__}"
        except UnicodeDecodeError as error:
            expected, found = "UTF-8 text", f"byte {error.start} is not"
            step = "Save the file as UTF-8."
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"{shown_as}, line {mark.line + 1}" if mark else shown_as
            reason = str(getattr(error, "problem", None) or str(error).splitlines()[0])
            reason = reason.removeprefix("found ")
            told = ((w, step) for known, w, step in err.plain_words("yaml") if known in reason)
            given = (reason, getattr(error, "note", None) or "Correct that line.")
            expected, (found, step) = "plain YAML", next(told, given)
        except (RecursionError, ValueError) as error:
            expected, found, step = "plain YAML", f"{error}", "Simplify the file."
    return {}, [err.Problem(where, expected, found, step)]


def _load(text: str) -> Any:
    """One document as what JSON can hold: texts, numbers, true, false, null, lists and mappings.

    Tags, anchors and aliases are refused; dates, octal, hexadecimal, sexagesimal and endless
    numbers, ``yes`` and ``off`` stay the texts that they are.
    """
    events = yaml.parse(text, Loader=_Loader)
    lines = text.splitlines()
    value, n_documents = None, 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            n_documents += 1
            if n_documents > 1:
                raise _refused("a second document", event.start_mark, "Remove the line `---`.")
        elif isinstance(event, yaml.NodeEvent):
            value = _value(event, events, lines, 0)
    return value


def _value(event: Any, events: Iterator[Any], lines: Sequence[str], depth: int) -> Any:
    """The value that begins with an event; its other events are taken as well."""
    mark = event.start_mark
    if depth > MAX_DEPTH:
        raise _refused(f"more than {MAX_DEPTH} levels of nesting", mark, "Simplify the file.")
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _refused("anchors (&name) and aliases (*name) are not accepted here", mark)
    if event.tag is not None:
        raise _refused(f"the tag {event.tag[:40]!r}, which is not accepted here", mark)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, lines)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(part := next(events), yaml.SequenceEndEvent):
            items.append(_value(part, events, lines, depth + 1))
        return items
    mapping: dict[str, Any] = {}
    while not isinstance(part := next(events), yaml.MappingEndEvent):
        if not isinstance(part, yaml.ScalarEvent):
            raise _refused("a key that is no text", part.start_mark)
        _value(part, events, lines, depth + 1)
        if part.value in mapping:
            reason = f"the key {part.value[:40]!r} twice"
            raise _refused(reason, part.start_mark, "Keep one of the lines.")
        mapping[part.value] = _value(next(events), events, lines, depth + 1)
    return mapping


def _scalar(event: Any, lines: Sequence[str]) -> Any:
    text, end = event.value, event.end_mark
    if event.style in ("|", ">"):
        return text
    if lost := _LOST.match(lines[end.line][end.column :] if end.line < len(lines) else ""):
        reason = f"{lost[1]!r}, which YAML takes for a comment"
        raise _refused(reason, end, "Put the whole text into quotes, or a blank behind the `#`.")
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    is_real = _REAL.fullmatch(text) and text.strip("+-.eE")[:1].isdigit()
    number = float(text) if is_real else math.inf
    return number if math.isfinite(number) else text


# SHA256SUMS: the bytes of a version's tables as they were written on this machine


_SUM_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


def write_checksums(layout: Layout, dataset: str, version: str) -> None:
    """Write the SHA-256 of every table and of all frames, in the format of ``sha256sum``."""
    folder = layout.version_dir(dataset, version)
    paths = [*sorted(folder.glob("*.parquet")), *sorted(folder.glob("frames/*.parquet"))]
    lines = (f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)
    write_text(layout.checksums(dataset, version), "".join(lines))


def read_checksums(layout: Layout, dataset: str, version: str) -> dict[str, str]:
    """File → SHA-256; empty where nothing was written, lines of another form are passed over."""
    return read_sums(layout.checksums(dataset, version))[0]


def read_sums(path: Path) -> tuple[dict[str, str], dict[int, str]]:
    """A list as ``sha256sum`` writes it; empty without the file.

    Returns:
        File → SHA-256; and number → text of every line of another form.
    """
    if not path.is_file():
        return {}, {}
    text = path.read_bytes().decode("utf-8", "replace")
    lines = dict(enumerate(text.removesuffix("\n").split("\n"), start=1))
    hits = {number: _SUM_LINE.fullmatch(line) for number, line in lines.items()}
    sums = {hit[2]: hit[1] for hit in hits.values() if hit}
    return sums, {number: line for number, line in lines.items() if hits[number] is None}
