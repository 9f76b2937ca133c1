"""``params.yaml`` read into frozen objects, with every mistake in it named at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from ionladder.core.errors import ConfigError
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem, did_you_mean
from ionladder.core.yaml_files import read_mapping
from ionladder.datasets.params_file import OnDemandPart, ParamsFile
from ionladder.datasets.pins import PinnedVersion, Pins, read_pins
from ionladder.specs.params import (
    DatasetVersion,
    FoldSettings,
    OnDemand,
    Params,
    ScoringSettings,
)
from ionladder.specs.source import Source


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
