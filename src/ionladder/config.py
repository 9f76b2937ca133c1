"""What people tune and what is pinned: params.yaml and data/pins.json."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.errors import ConfigError, Problem, did_you_mean
from ionladder.repo import Layout, read_json, read_mapping, to_json, write_text

# Where a dataset version comes from: pinned addresses and the hashes their bytes must have


_SHA256 = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Pinned upstream files of one dataset version.

    Attributes:
        dataset: Dataset name (``obelix``).
        version: Dataset version (``1.2.0``).
        tag: Upstream tag; also the folder name inside a mirror.
        commit: Upstream commit the base URL points at.
        base_url: Address of the folder that holds the files.
        files: File name → SHA-256 of its bytes; None where the first fetch has yet to pin it.
    """

    dataset: str
    version: str
    tag: str
    commit: str
    base_url: str
    files: Mapping[str, str | None]

    def __post_init__(self) -> None:
        for name, digest in self.files.items():
            if "/" in name or name.startswith("."):
                msg = f"source file {name!r} must be a plain file name"
                raise ValueError(msg)
            if digest is not None and not _SHA256.match(digest):
                msg = f"source file {name!r} needs a SHA-256 (64 hexadecimal digits): {digest!r}"
                raise ValueError(msg)

    @property
    def is_pinned(self) -> bool:
        """Whether the bytes of every file are known."""
        return None not in self.files.values()

    def url(self, name: str) -> str:
        """Upstream address of one file."""
        return f"{self.base_url.rstrip('/')}/{name}"

    def mirror_path(self, name: str) -> str:
        """Path of one file inside a mirror: ``<dataset>/<tag>/<file>``."""
        return f"{self.dataset}/{self.tag}/{name}"


# The contents of ``params.yaml`` as frozen objects: versions, tasks and scoring settings


@dataclass(frozen=True, kw_only=True)
class FoldSettings:
    """How the frozen cross-validation folds of a version are drawn.

    Attributes:
        n_folds: Folds per repeat.
        n_repeats: Independent assignments per scheme.
        seed: Enters the hash that orders entries; no random generator of a library is used.
    """

    n_folds: int
    n_repeats: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class OnDemand:
    """What is known of archives that are fetched only when somebody asks for them.

    Attributes:
        tasks: Tasks that are scored on the version once its bytes are pinned.
        download_bytes: Size of the archives as their publisher states it.
        ingested_bytes: About what the tables made from them take.
    """

    tasks: tuple[str, ...]
    download_bytes: int
    ingested_bytes: int


@dataclass(frozen=True, kw_only=True)
class DatasetVersion:
    """One version of a dataset, as pinned.

    Attributes:
        key: Its key in ``params.yaml`` and in DVC stage names (``obelix-1-2-0``).
        source: Pinned upstream files.
        expected: Counts the ingested tables must have.
        folds: How folds are drawn.
        on_demand: Set where it is fetched only when asked for.
    """

    key: str
    source: Source
    expected: Mapping[str, int]
    folds: FoldSettings
    on_demand: OnDemand | None = None

    @property
    def is_embedded(self) -> bool:
        """Whether it is computed here and kept in git, so that nothing is fetched."""
        return not self.source.files

    @property
    def dataset(self) -> str:
        return self.source.dataset

    @property
    def version(self) -> str:
        return self.source.version


@dataclass(frozen=True, kw_only=True)
class ScoringSettings:
    """Settings of the intervals.

    Attributes:
        resamples: Number of group resamples.
        seed: Seed of the resampling generator.
        confidence: Nominal confidence level of intervals, between 0 and 1.
    """

    resamples: int
    seed: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Params:
    """Everything ``params.yaml`` says.

    Attributes:
        versions: Key → pinned dataset version, in file order.
        task_versions: Task name → dataset version it is scored on.
        waiting: Task name → dataset version that it will be scored on once its bytes are pinned.
        scoring: Interval settings.
    """

    versions: Mapping[str, DatasetVersion]
    task_versions: Mapping[str, str]
    scoring: ScoringSettings
    waiting: Mapping[str, str] = field(default_factory=dict)

    def waits_for(self, task: str) -> DatasetVersion | None:
        """The version that a task waits for until its bytes are pinned; None where it does not."""
        if task not in self.waiting:
            return None
        asked = (v for v in self.versions.values() if v.on_demand and task in v.on_demand.tasks)
        return next(asked, None)

    def find(self, dataset: str, version: str) -> DatasetVersion | None:
        """The pinned version of a dataset, or None when it is not pinned."""
        for pinned in self.versions.values():
            if (pinned.dataset, pinned.version) == (dataset, version):
                return pinned
        return None


# What may stand in ``params.yaml``: its fields and their types


_Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
_Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
_Url = Annotated[str, StringConstraints(pattern=r"^(https?|file)://\S+$")]
_FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FoldsPart(_Strict):
    """How folds are drawn."""

    n_folds: Annotated[int, Field(ge=2, le=127)]
    n_repeats: Annotated[int, Field(ge=1, le=127)]
    seed: _Count


class PinnedPart(_Strict):
    """A version whose files are pinned here."""

    dataset: _Name
    version: _Version
    tag: _Tag
    commit: _Commit
    base_url: _Url
    files: Annotated[dict[_FileName, _Sha256], Field(min_length=1)]
    expected: dict[_Name, _Count]
    folds: FoldsPart


class EmbeddedPart(_Strict):
    """A version that is kept in git."""

    dataset: _Name
    version: _Version
    folds: FoldsPart


class OnDemandPart(_Strict):
    """A version whose files are fetched only when asked for, and pinned then."""

    dataset: _Name
    version: _Version
    tag: _Tag
    base_url: _Url
    files: Annotated[list[_FileName], Field(min_length=1)]
    download_bytes: _Count
    ingested_bytes: _Count
    expected: dict[_Name, _Count]
    folds: FoldsPart
    tasks: list[_Name]


class TaskPart(_Strict):
    """Which version a task is scored on."""

    dataset: _Name
    version: _Version


class ScoringPart(_Strict):
    """Settings of intervals."""

    resamples: Annotated[int, Field(ge=100)]
    seed: _Count
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)]


class ParamsFile(_Strict):
    """The whole file."""

    scoring: ScoringPart
    tasks: dict[_Name, TaskPart]
    datasets: dict[_Key, PinnedPart]
    embedded: dict[_Key, EmbeddedPart] = {}
    on_demand: dict[_Key, OnDemandPart] = {}

    @property
    def versions(self) -> dict[str, PinnedPart | EmbeddedPart | OnDemandPart]:
        """Every dataset version, by key."""
        return {**self.datasets, **self.embedded, **self.on_demand}


# ``data/pins.json``: the bytes of versions fetched on demand, as the first fetch saw them


_PinsSha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _PinsStrict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PinnedVersion(_PinsStrict):
    """One version: dataset, version, and the SHA-256 of its files."""

    dataset: str
    version: str
    files: Annotated[dict[str, _PinsSha256], Field(min_length=1)]


class _Use(_PinsStrict):
    dataset: str
    version: str


class Pins(_PinsStrict):
    """The whole file: versions by their key, and the tasks scored on them."""

    on_demand_versions: dict[str, PinnedVersion] = {}
    on_demand_tasks: dict[str, _Use] = {}


def read_pins(layout: Layout) -> Pins:
    """Read the file; nothing is pinned where there is none.

    Raises:
        ConfigError: It is no JSON, or has other fields.
    """
    if not layout.pins.is_file():
        return Pins()
    try:
        return Pins.model_validate(read_json(layout.pins))
    except (ValueError, ValidationError) as error:
        first_line = str(error).splitlines()[0]
        raise ConfigError(
            Problem(
                where=layout.relative(layout.pins),
                expected="the pins of versions fetched on demand, as `ionladder fetch` writes them",
                found=f"something else ({first_line})",
                next_step=f"Restore it: `git checkout {layout.relative(layout.pins)}`.",
            )
        ) from error


def not_pinned(version: DatasetVersion, *, where: str) -> Problem:
    """The letter about a version whose archive nobody has fetched yet."""
    return Problem(
        where=f"{where}, {version.key}",
        expected="the SHA-256 of its archive",
        found="none: upstream publishes no checksum, and nobody has fetched it here yet",
        next_step=(
            f"`ionladder fetch {version.key} --pin` fetches it, holds it to every check, and "
            "records its bytes."
        ),
    )


def require_scored(layout: Layout, params: Params, task: str) -> None:
    """Refuse to work on a task whose data nobody has fetched yet.

    Raises:
        ConfigError: It waits for them.
    """
    version = params.waits_for(task)
    if version is not None:
        raise ConfigError(not_pinned(version, where=f"task {task}, {layout.relative(layout.pins)}"))


def add_pin(layout: Layout, version: DatasetVersion, digests: Mapping[str, str]) -> None:
    """Record the bytes of a version and the tasks that are scored on it from now on.

    A pin is never changed: the caller has made sure that there is none, or the same.
    """
    pins = read_pins(layout).model_dump()
    use = {"dataset": version.dataset, "version": version.version}
    pins["on_demand_versions"][version.key] = {**use, "files": dict(sorted(digests.items()))}
    for task in version.on_demand.tasks if version.on_demand else ():
        pins["on_demand_tasks"][task] = use
    ordered = {part: dict(sorted(pins[part].items())) for part in pins}
    write_text(layout.pins, to_json(ordered))


# ``params.yaml`` read into frozen objects, with every mistake in it named at once


def load_params(layout: Layout) -> Params:
    """Read and check ``params.yaml``, and the pins of versions that are fetched on demand.

    Raises:
        ConfigError: Missing file, invalid YAML, or all fields that are missing, unknown or wrong.
    """
    shown = layout.relative(layout.params)
    mapping, problems = read_mapping(
        layout.params, shown_as=shown, missing_step="Restore the file from git."
    )
    if problems:
        raise ConfigError(problems)
    try:
        parsed = ParamsFile.model_validate(mapping)
    except ValidationError as error:
        raise ConfigError([_field_problem(shown, item) for item in error.errors()]) from error
    pins = read_pins(layout)
    problems = _cross_problems(shown, parsed) + _pin_problems(
        layout.relative(layout.pins), parsed, pins
    )
    if problems:
        raise ConfigError(problems)
    return _params(parsed, pins)


def select_versions(params: Params, keys: Sequence[str] | None) -> list[DatasetVersion]:
    """The versions with upstream files of the given keys or dataset names, in file order.

    Without keys: all but those that are fetched only when asked for.

    Raises:
        ConfigError: Keys that ``params.yaml`` does not have, or that have no upstream files; all
            listed.
    """
    upstream = {key: v for key, v in params.versions.items() if not v.is_embedded}
    if not keys:
        return [version for version in upstream.values() if version.on_demand is None]
    # The name of a dataset stands for its version where it has only one upstream.
    of_dataset = Counter(version.dataset for version in upstream.values())
    only = {v.dataset: key for key, v in upstream.items() if of_dataset[v.dataset] == 1}
    keys = [only.get(key, key) for key in keys]
    unknown = [key for key in keys if key not in upstream]
    if unknown:
        raise ConfigError([_unknown_key(key, params, upstream) for key in unknown])
    return [version for key, version in upstream.items() if key in set(keys)]


def _unknown_key(key: str, params: Params, upstream: Iterable[str]) -> Problem:
    where, expected = "dataset versions", "a key of params.yaml with upstream files"
    if key in params.versions:
        found = f"{key!r}, which is computed here and kept in git"
        return _problem(where, expected, found, "There is nothing to fetch or ingest for it.")
    return _problem(where, expected, repr(key), did_you_mean(key, upstream))


def _field_problem(shown: str, item: Any) -> Problem:
    where = ".".join(str(part) for part in item["loc"] if part != "[key]") or "the whole file"
    found = "nothing" if item["type"] == "missing" else repr(item["input"])
    expected = {
        "missing": "a value here",
        "extra_forbidden": "only known keys",
    }.get(item["type"], item["msg"][0].lower() + item["msg"][1:])
    if item["type"] == "extra_forbidden":
        found = f"the unknown key {str(item['loc'][-1])!r}"
    step = "Correct the field; docs/decisions and the comments in the file say what it means."
    if item["type"] == "string_type":
        step = "Put quotes around the value so that YAML reads it as text."
    return _problem(f"{shown}, {where}", expected, found, step)


def _cross_problems(shown: str, parsed: ParamsFile) -> list[Problem]:
    problems: list[Problem] = []
    first_key: dict[tuple[str, str], str] = {}
    for key, version in parsed.versions.items():
        pair = (version.dataset, version.version)
        expected_key = f"{version.dataset}-{version.version}".replace(".", "-").replace("_", "-")
        if key != expected_key:
            problems.append(
                _problem(
                    f"{shown}, datasets.{key}",
                    f"the key {expected_key}",
                    key,
                    "Rename the key: stages and commands build it from dataset and version.",
                )
            )
        if pair in first_key:
            problems.append(
                _problem(
                    f"{shown}, datasets.{key}",
                    "each dataset version once",
                    f"{pair[0]} {pair[1]} again (first: {first_key[pair]})",
                    "Remove one of the two.",
                )
            )
        first_key.setdefault(pair, key)
    for task, use in parsed.tasks.items():
        if (use.dataset, use.version) not in first_key:
            problems.append(
                _problem(
                    f"{shown}, tasks.{task}",
                    "a dataset version pinned under datasets",
                    f"{use.dataset} {use.version}",
                    did_you_mean(f"{use.dataset}-{use.version}", parsed.versions),
                )
            )
    return problems


def _pin_problems(shown: str, parsed: ParamsFile, pins: Pins) -> list[Problem]:
    """Pins of what is not fetched on demand, or of other files than its own."""
    problems = []
    for key, pin in pins.on_demand_versions.items():
        known = parsed.on_demand.get(key)
        expected = known and (known.dataset, known.version, sorted(known.files))
        if expected != (pin.dataset, pin.version, sorted(pin.files)):
            problems.append(
                _problem(
                    f"{shown}, on_demand_versions.{key}",
                    "the dataset, version and files that params.yaml names under on_demand",
                    f"{pin.dataset} {pin.version}, {', '.join(sorted(pin.files))}",
                    f"Restore the two files: `git checkout params.yaml {shown}`.",
                )
            )
    return problems


def _params(parsed: ParamsFile, pins: Pins) -> Params:
    versions = {
        key: DatasetVersion(
            key=key,
            source=Source(
                dataset=item.dataset,
                version=item.version,
                tag=item.tag,
                commit=item.commit,
                base_url=item.base_url,
                files=dict(item.files),
            ),
            expected=dict(item.expected),
            folds=FoldSettings(**item.folds.model_dump()),
        )
        for key, item in parsed.datasets.items()
    }
    versions |= {
        key: DatasetVersion(
            key=key,
            source=Source(
                dataset=item.dataset, version=item.version, tag="", commit="", base_url="", files={}
            ),
            expected={},
            folds=FoldSettings(**item.folds.model_dump()),
        )
        for key, item in parsed.embedded.items()
    }
    versions |= {
        key: _on_demand(key, item, pins.on_demand_versions.get(key))
        for key, item in parsed.on_demand.items()
    }
    pinned_tasks = {name: use.version for name, use in pins.on_demand_tasks.items()}
    return Params(
        versions=versions,
        task_versions={name: task.version for name, task in parsed.tasks.items()} | pinned_tasks,
        scoring=ScoringSettings(**parsed.scoring.model_dump()),
        waiting={
            task: item.version
            for item in parsed.on_demand.values()
            for task in item.tasks
            if task not in pinned_tasks
        },
    )


def _on_demand(key: str, item: OnDemandPart, pin: PinnedVersion | None) -> DatasetVersion:
    """A version fetched on demand, with its bytes where they are pinned."""
    return DatasetVersion(
        key=key,
        source=Source(
            dataset=item.dataset,
            version=item.version,
            tag=item.tag,
            commit="",
            base_url=item.base_url,
            files=pin.files if pin else dict.fromkeys(item.files),
        ),
        expected=dict(item.expected),
        folds=FoldSettings(**item.folds.model_dump()),
        on_demand=OnDemand(
            tasks=tuple(item.tasks),
            download_bytes=item.download_bytes,
            ingested_bytes=item.ingested_bytes,
        ),
    )


def _problem(where: str, expected: str, found: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=next_step)
