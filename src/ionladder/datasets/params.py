"""``params.yaml`` read into frozen objects, with every mistake in it named at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ionladder.core.errors import ConfigError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, did_you_mean
from ionladder.core.yaml_files import read_mapping
from ionladder.specs.params import DatasetVersion, FoldSettings, Params, ScoringSettings
from ionladder.specs.source import Source

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


class _Folds(_Strict):
    n_folds: Annotated[int, Field(ge=2, le=127)]
    n_repeats: Annotated[int, Field(ge=1, le=127)]
    seed: _Count


class _Pinned(_Strict):
    dataset: _Name
    version: _Version
    tag: _Tag
    commit: _Commit
    base_url: _Url
    files: Annotated[dict[_FileName, _Sha256], Field(min_length=1)]
    expected: dict[_Name, _Count]
    folds: _Folds


class _Embedded(_Strict):
    dataset: _Name
    version: _Version
    folds: _Folds


class _Task(_Strict):
    dataset: _Name
    version: _Version


class _Scoring(_Strict):
    resamples: Annotated[int, Field(ge=100)]
    seed: _Count
    confidence: Annotated[float, Field(gt=0.5, lt=1.0)]


class _File(_Strict):
    scoring: _Scoring
    tasks: dict[_Name, _Task]
    datasets: dict[_Key, _Pinned]
    embedded: dict[_Key, _Embedded] = {}


def load_params(layout: Layout) -> Params:
    """Read and check ``params.yaml``.

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
        parsed = _File.model_validate(mapping)
    except ValidationError as error:
        raise ConfigError([_field_problem(shown, item) for item in error.errors()]) from error
    problems = _cross_problems(shown, parsed)
    if problems:
        raise ConfigError(problems)
    return _params(parsed)


def select_versions(params: Params, keys: Sequence[str] | None) -> list[DatasetVersion]:
    """The versions with upstream files of the given keys, or all of them, in file order.

    Raises:
        ConfigError: Keys that ``params.yaml`` does not have, or that have no upstream files; all
            listed.
    """
    upstream = {key: v for key, v in params.versions.items() if not v.is_embedded}
    if not keys:
        return list(upstream.values())
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


def _cross_problems(shown: str, parsed: _File) -> list[Problem]:
    problems: list[Problem] = []
    first_key: dict[tuple[str, str], str] = {}
    pinned: dict[str, _Pinned | _Embedded] = {**parsed.datasets, **parsed.embedded}
    for key, version in pinned.items():
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
                    did_you_mean(
                        f"{use.dataset}-{use.version}", [*parsed.datasets, *parsed.embedded]
                    ),
                )
            )
    return problems


def _params(parsed: _File) -> Params:
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
    return Params(
        versions=versions,
        task_versions={name: task.version for name, task in parsed.tasks.items()},
        scoring=ScoringSettings(**parsed.scoring.model_dump()),
    )


def _problem(where: str, expected: str, found: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=next_step)
