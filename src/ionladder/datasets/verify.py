"""Everything of the datasets that is on this machine, hashed again and held to what is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ionladder.core.errors import IonLadderError
from ionladder.core.hashing import sha256_file
from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.core.tables import read_parquet
from ionladder.datasets.load import read_table
from ionladder.datasets.manifest import read_manifest
from ionladder.datasets.rawfiles import changed_raw, missing_raw
from ionladder.datasets.registry import get_dataset
from ionladder.datasets.versions import identity_problems
from ionladder.specs.params import DatasetVersion, Params

_SUM_LINE = re.compile(r"^([0-9a-f]{64})  (\S+)$")


@dataclass(kw_only=True)
class Verified:
    """What one step of ``ionladder verify`` looked at.

    Attributes:
        what: What it looks at, in words.
        n_good: Things that are as recorded.
        absent: Things that are not on this machine.
        problems: Things that differ.
    """

    what: str
    n_good: int = 0
    absent: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


Step = Callable[[Layout, Params], Verified]


def verify_raw(layout: Layout, params: Params) -> Verified:
    """Hold fetched files to the SHA-256 pinned in ``params.yaml``."""
    result = Verified(what="fetched files")
    for pinned in params.versions.values():
        missing = missing_raw(layout, pinned)
        changed = changed_raw(layout, pinned)
        if missing:
            result.absent.append(f"{pinned.key}: {', '.join(missing)}")
        result.problems += changed
        result.n_good += len(pinned.source.files) - len(missing) - len(changed)
    return result


def verify_tables(layout: Layout, params: Params) -> Verified:
    """Hold tables to SHA256SUMS by their bytes, and to the manifest by their content."""
    result = Verified(what="tables")
    for pinned in params.versions.values():
        names = [table.name for table in get_dataset(pinned.dataset).tables]
        here = [n for n in names if layout.table(pinned.dataset, pinned.version, n).is_file()]
        missing = [name for name in names if name not in here]
        if missing:
            result.absent.append(f"{pinned.key}: {', '.join(missing)}")
        if not here:
            continue
        sums, problems = _read_sums(layout, pinned)
        for name in here:
            problems += _table_problems(layout, pinned, name, sums)
        result.problems += problems
        result.n_good += max(len(here) - len(problems), 0)
    return result


def verify_versions(layout: Layout, params: Params) -> Verified:
    """Hold manifests to the pins, and released versions to one meaning for each id."""
    result = Verified(what="manifests")
    for pinned in params.versions.values():
        try:
            manifest = read_manifest(layout, pinned.dataset, pinned.version)
            if manifest is None:
                result.absent.append(f"{pinned.key}: manifest.json")
                continue
            problems = _pin_problems(layout, pinned, manifest["source"])
            entries = layout.table(pinned.dataset, pinned.version, "entries")
            if entries.is_file():
                tables = {"entries": read_parquet(entries, shown_as=layout.relative(entries))}
                dataset = get_dataset(pinned.dataset)
                problems += identity_problems(layout, dataset, manifest, tables)
        except IonLadderError as error:
            problems = list(error.problems)
        result.problems += problems
        result.n_good += not problems
    return result


DATASET_STEPS: tuple[Step, ...] = (verify_raw, verify_tables, verify_versions)


def _read_sums(layout: Layout, pinned: DatasetVersion) -> tuple[dict[str, str], list[Problem]]:
    path = layout.checksums(pinned.dataset, pinned.version)
    shown = layout.relative(path)
    again = f"Run `ionladder ingest {pinned.key}` to write it again."
    if not path.is_file():
        return {}, [_problem(shown, "the checksums of the tables beside it", "no file", again)]
    sums: dict[str, str] = {}
    problems = []
    text = path.read_bytes().decode("utf-8", errors="replace")
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        match = _SUM_LINE.match(line)
        if match is None:
            where = f"{shown}, line {number}"
            problems.append(_problem(where, "'<SHA-256>  <file>'", repr(line), again))
        else:
            sums[match.group(2)] = match.group(1)
    return sums, problems


def _table_problems(
    layout: Layout, pinned: DatasetVersion, name: str, sums: dict[str, str]
) -> list[Problem]:
    """At most one problem a table: its bytes, or else its content."""
    path = layout.table(pinned.dataset, pinned.version, name)
    expected, found = sums.get(path.name), sha256_file(path)
    if expected is not None and found != expected:
        step = f"Run `ionladder ingest {pinned.key}` to rebuild it."
        return [_problem(layout.relative(path), f"SHA-256 {expected}", found, step)]
    try:
        read_table(layout, pinned.dataset, pinned.version, name)
    except IonLadderError as error:
        return list(error.problems)
    if expected is None and sums:
        step = f"Run `ionladder ingest {pinned.key}` to write SHA256SUMS again."
        return [_problem(layout.relative(path), "a line in SHA256SUMS", "none", step)]
    return []


def _pin_problems(
    layout: Layout, pinned: DatasetVersion, source: dict[str, object]
) -> list[Problem]:
    if pinned.is_embedded:
        return []
    where = layout.relative(layout.manifest(pinned.dataset, pinned.version))
    pins = {
        "tag": pinned.source.tag,
        "commit": pinned.source.commit,
        "base_url": pinned.source.base_url,
        "files": dict(pinned.source.files),
    }
    step = "A released version keeps its pins: restore them in params.yaml, or pin a new version."
    return [
        _problem(f"{where}, source.{name}", f"{value!r}, as in params.yaml", repr(found), step)
        for name, value in pins.items()
        if (found := source.get(name)) != value
    ]


def _problem(where: str, expected: str, found: str, next_step: str) -> Problem:
    return Problem(where=where, expected=expected, found=found, next_step=next_step)
