"""From verified raw files to the tables of a version."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ionladder import repo
from ionladder.config import DatasetVersion, FoldSettings, add_pin, load_params
from ionladder.data import store
from ionladder.data.fetch import fetch_version, require_raw
from ionladder.data.registry import dataset_module, get_dataset
from ionladder.data.store import BuiltVersion, CheckResult
from ionladder.data.versions import change_rule, identity_problems, identity_rule
from ionladder.errors import DataMissingError, IngestError, Problem, first_few, worded
from ionladder.repo import STRUCTURES_EXTRA, Layout, MapJobs
from ionladder.specs import Dataset

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure

# From verified raw files to the tables of a version: built, checked, compared, then written


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """What one ingest did.

    Attributes:
        pinned: The version.
        rows: Table name → rows.
        n_checks: Integrity checks passed.
        is_first_release: Its manifest was written for the first time.
    """

    pinned: DatasetVersion
    rows: dict[str, int]
    n_checks: int
    is_first_release: bool


def ingest_version(
    layout: Layout,
    pinned: DatasetVersion,
    *,
    map_jobs: MapJobs = map,
    keep: Path | None = None,
    work: Path | None = None,
) -> Ingested:
    """Build the tables of one version and put them in place, or change nothing.

    A killed run leaves nothing that counts: the next one starts over, with the blocks it kept.

    Args:
        layout: The repository.
        pinned: The version.
        map_jobs: ``map``, or one that shares the blocks of frames among processes or machines.
        keep: Folder for the blocks that were read; a second run takes them from there.
        work: Where tables are made, beside their place unless given; for parts that only keep.

    Raises:
        DataMissingError: Raw files are not here.
        DataChangedError: Raw files have other bytes than pinned.
        IngestError: An integrity check failed, or the result is not the released version.
    """
    require_raw(layout, pinned)
    dataset = get_dataset(pinned.dataset)
    folder = work or layout.version_dir(pinned.dataset, pinned.version) / ".ingest.part"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        built = _build(layout, dataset, pinned, folder, {"map_jobs": map_jobs, "keep": keep})
        if (absent := {t.name for t in dataset.tables} - {*built.tables}) and layout.cache is None:
            found, step = "no package pymatgen, which reads crystal structures", STRUCTURES_EXTRA
            raise DataMissingError(f"{pinned.key}, {first_few(absent)}", "pymatgen", found, step)
        dataset = replace(dataset, tables=tuple(t for t in dataset.tables if t.name not in absent))
        _write(dataset, pinned, built, folder)
        hash_check = _content_hash_check(dataset, built, folder)
        checks = (*built.checks, identity_rule(), change_rule(dataset), hash_check)
        manifest = store.make_manifest(dataset, pinned, replace(built, checks=checks))
        committed = store.read_manifest(layout, pinned.dataset, pinned.version)
        problems = identity_problems(layout, dataset, manifest, built.tables)
        if committed is not None:
            where = layout.relative(layout.manifest(pinned.dataset, pinned.version))
            same = {n: table for n, table in committed["tables"].items() if n not in absent}
            released = {**committed, "tables": same}
            problems = store.released_problems(released, manifest, where=where) + problems
        if problems:
            raise IngestError(problems)
        _put_in_place(layout, pinned, folder, built, repo.to_json(manifest))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Ingested(
        pinned=pinned,
        rows={name: table.num_rows for name, table in built.tables.items()}
        | {name: table.rows for name, table in built.frames.items()},
        n_checks=len(checks),
        is_first_release=committed is None,
    )


def _build(
    layout: Layout, dataset: Dataset, pinned: DatasetVersion, folder: Path, shared: dict[str, Any]
) -> BuiltVersion:
    """Build the tables by the dataset's module or recipe; frames go into the folder."""
    module = dataset_module(dataset.name, "ingest")
    raw = layout.raw_dir(pinned.dataset, pinned.version)
    if module is None:
        from ionladder.data import from_csv

        return from_csv.build(raw, pinned, dataset)
    arguments = (raw, pinned, folder) if dataset.frames else (raw, pinned)
    built: BuiltVersion = module.build(*arguments, **(shared if in_blocks(dataset.name) else {}))
    return built


def in_blocks(dataset: str) -> bool:
    """Whether the frames of a dataset are read in blocks, which several can share."""
    return dataset in getattr(dataset_module(dataset, "ingest"), "IN_BLOCKS", ())


def _write(dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion, folder: Path) -> None:
    metadata = {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source_commit": pinned.commit,
        "licence": dataset.licence,
    }
    for spec in dataset.tables:
        table = built.tables[spec.name]
        digest = {"content_sha256": repo.content_hash(table, key=list(spec.key))}
        path = folder / f"{spec.name}.parquet"
        repo.write_parquet(path, table, sort_by=spec.key, metadata=metadata | digest)


def _content_hash_check(dataset: Dataset, built: BuiltVersion, folder: Path) -> CheckResult:
    """Check that everything that was written reads back with the content it was built with."""
    hashes = {}
    for spec in dataset.tables:
        tables = (built.tables[spec.name], repo.read_parquet(folder / f"{spec.name}.parquet"))
        hashes[spec.name] = [repo.content_hash(table, key=list(spec.key)) for table in tables]
    for spec in dataset.frames:
        made = built.frames[spec.name]
        streamed = (made, store.digest_frames(spec, made.path))
        hashes[spec.name] = [one.content_sha256 for one in streamed]
    where = "content_hash_recomputes: table"
    problems = [
        worded("not-read-back", f"{where} {name}", sha256=written, found=read)
        for name, (written, read) in hashes.items()
        if written != read
    ]
    if problems:
        raise IngestError(problems)
    return CheckResult(
        "content_hash_recomputes",
        "Every table reads back from parquet with the content hash it was built with.",
        f"{len(hashes)} tables written, read back and hashed again",
    )


def _put_in_place(
    layout: Layout, pinned: DatasetVersion, folder: Path, built: BuiltVersion, manifest: str
) -> None:
    """Move what was written to its names, then write its checksums and the manifest."""
    dataset, version = pinned.dataset, pinned.version
    place = layout.version_dir(dataset, version)
    for name, streamed in built.frames.items():
        path = layout.frames(dataset, version, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        streamed.path.replace(path)
    for name in built.tables:
        (folder / f"{name}.parquet").replace(place / f"{name}.parquet")
    repo.write_checksums(layout, dataset, version)
    if layout.cache is None:
        repo.write_text(layout.manifest(dataset, version), manifest)


def bring(layout: Layout, dataset: str, version: str) -> None:
    """Fetch and ingest a version into the user's cache; those fetched on demand stay away.

    Without pymatgen the table of crystal structures is left out where a dataset can do without.

    Raises:
        FetchError: It cannot be reached, or has other bytes than pinned.
        IngestError: Its content is not the released one.
    """
    pinned = load_params(layout).find(dataset, version)
    if pinned is None or pinned.is_on_demand or pinned.is_embedded:
        return
    say = sys.stderr.write
    with repo.only_writer(layout.store, waiting=lambda: say("Another command fetches: waiting.\n")):
        say(f"{dataset} {version}: fetched and checked once, into {layout.store}.\n")
        done = fetch_version(layout, pinned, progress=sys.stderr.isatty())
        say(f"It comes from {done.served}.\n" if done.served else "")
        try:
            ingest_version(layout, pinned)
        except ModuleNotFoundError as error:
            expected = f"the package {str(error.name).partition('.')[0]}, which reads its formulas"
            raise DataMissingError(pinned.key, expected, "none", STRUCTURES_EXTRA) from error


def fetch_and_pin(layout: Layout, version: DatasetVersion, *, progress: bool) -> Ingested | None:
    """Fetch a version that upstream publishes without checksums, and pin what arrived.

    Its tables are made first, and its bytes recorded once every check has passed.

    Returns:
        What was made; None where the version was pinned before and its archive is here.

    Raises:
        UnreachableError: It could not be reached.
        FetchError: There is no room, or the version is pinned and its bytes are others.
        IngestError: A check failed; nothing is pinned, and the archive is moved aside.
    """
    digests = fetch_version(layout, version, progress=progress).digests
    if version.is_pinned:
        return None
    try:
        done = ingest_version(layout, version.model_copy(update={"files": dict(digests)}))
    except IngestError as error:
        raise IngestError([*error.problems, *_moved_aside(layout, version)]) from error
    add_pin(layout, version, digests)
    return done


def _moved_aside(layout: Layout, version: DatasetVersion) -> Iterator[Problem]:
    """Archives that failed their checks no longer stand where the next fetch would keep them."""
    for name in version.files:
        path = layout.raw_dir(version.dataset, version.version) / name
        aside = path.with_name(f"{name}.refused")
        path.replace(aside)
        yield worded("archive-refused", name, aside=layout.relative(aside))


# Integrity checks: named, run together, excused by id only, and reported all at once


Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Finding:
    """Something a check objects to.

    Attributes:
        place: File, row or table.
        expected: What should be there.
        found: What is there instead.
        entry: Id of the entry it concerns; None when it concerns the whole version and can
            therefore not be allow-listed.
        aspect: Which part of a check with several parts objects; oddities name it after the check
            (``structures_agree.space_group``), so that one exception does not cover another.
    """

    place: str
    expected: str
    found: str
    entry: str | None = None
    aspect: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check found, and what it looked at."""

    findings: list[Finding] = field(default_factory=list)
    detail: str


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """One integrity check.

    Attributes:
        name: Its name in manifests, oddities and errors.
        description: What it makes sure of, one sentence.
        run: Looks at the subject; never raises because of its content.
    """

    name: str
    description: str
    run: Callable[[Subject], Outcome]


Findings = Generator[Finding, None, str]


def check(function: Callable[[Subject], Findings | str]) -> Check[Subject]:
    """A check from a function, named after it and described by its docstring.

    The function yields what it objects to and returns what it looked at; one that only counts
    returns that alone.
    """

    def run(subject: Subject) -> Outcome:
        findings: list[Finding] = []
        steps = function(subject)
        while not isinstance(steps, str):
            try:
                findings.append(next(steps))
            except StopIteration as end:
                steps = end.value
        return Outcome(findings=findings, detail=steps)

    return Check(function.__name__, " ".join((getdoc(function) or "").split()), run)


def objections(place: str, wrong: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """A finding for each expectation that some entries or frames do not meet.

    Args:
        place: Where they are.
        wrong: What is expected → the entries that are otherwise.
    """
    for expected, names in wrong.items():
        if names:
            yield Finding(place, expected, first_few(names))


def run_checks(
    dataset: Dataset,
    checks: Sequence[Check[Subject]],
    subject: Subject,
    *,
    before: Sequence[Problem] = (),
) -> list[CheckResult]:
    """Run checks in order.

    Args:
        dataset: Its oddities excuse findings by check and id.
        checks: What to run.
        subject: What to run them on.
        before: Problems already known, reported together with those found here.

    Raises:
        IngestError: Every finding that is not excused, and every problem known before.
    """
    problems, results = list(before), []
    for check in checks:
        outcome, excused = check.run(subject), set()
        for finding in outcome.findings:
            name = oddity_name(check.name, finding.aspect)
            if finding.entry is not None and finding.entry in dataset.allowed(name):
                excused.add((name, finding.entry))
            else:
                facts = {"expected": finding.expected, "found": finding.found}
                problems.append(worded("check-failed-on-data", f"{name}: {finding.place}", **facts))
        said = (check.name, check.description, outcome.detail)
        results.append(CheckResult(*said, excused=frozenset(excused)))
    if problems:
        raise IngestError(problems)
    return results


#: What is made sure of, what is expected, the column that is quoted, and what a good row is.
RowRule = tuple[str, str, str, Callable[[dict[str, Any]], object]]


def row_checks(file: str, rules: Mapping[str, RowRule]) -> list[Check[list[dict[str, Any]]]]:
    """A check for every rule, by name, of each row of a file; rows have an ``id``."""

    def of(name: str) -> Check[list[dict[str, Any]]]:
        description, expected, column, is_good = rules[name]

        def run(rows: list[dict[str, Any]]) -> Outcome:
            findings = [
                Finding(f"{file}, id {row['id']!r}", expected, repr(row[column]), row["id"] or None)
                for row in [row for row in rows if not is_good(row)]
            ]
            return Outcome(findings=findings, detail=f"{len(rows)} entries")

        return Check(name, description, run)

    return [of(name) for name in rules]


def counts_check(pinned: DatasetVersion, counts: Mapping[str, int]) -> Check[Any]:
    """The check that counts, by name, are those that ``params.yaml`` expects of a version."""

    @check
    def counts_are_as_expected(_: Any) -> Findings:
        """Counts are those that params.yaml expects."""
        for name, count in pinned.expected.items():
            if counts.get(name) != count:
                found = str(counts.get(name, f"known counts: {', '.join(counts)}"))
                yield Finding(f"params.yaml, {pinned.key}, expected.{name}", str(count), found)
        return ", ".join(f"{count} {name}" for name, count in counts.items())

    return counts_are_as_expected


def counts_by_subset(
    rows: Sequence[Mapping[str, Any]],
    rules: Mapping[str, Callable[[Sequence[Any]], int]],
    *,
    of: str = "subset",
) -> dict[str, Any]:
    """``subsets`` and ``counts`` of a manifest's summary: each rule on the rows of every subset.

    Args:
        rows: Entries.
        rules: Name → what is counted among some rows.
        of: Key that says ``train`` or ``test``.

    Example:
        >>> counts_by_subset([{"subset": "test"}], {"entries": len})
        {'subsets': ['train', 'test'], 'counts': {'entries': [0, 1]}}
    """
    names = ["train", "test"]
    parts = [[row for row in rows if row[of] == name] for name in names]
    counts = {name: [rule(part) for part in parts] for name, rule in rules.items()}
    return {"subsets": names, "counts": counts}


def label_histogram(
    labels: Mapping[str, Iterable[float | None]], edges: Sequence[float]
) -> dict[str, Any]:
    """``label_histogram`` of a manifest's summary: labels of each series in every bin.

    Example:
        >>> label_histogram({"test": [0.5, None, 1.5, 1.0]}, [0, 1, 2])
        {'edges': [0, 1, 2], 'test': [1, 2]}
    """
    import numpy as np

    known = {name: [value for value in part if value is not None] for name, part in labels.items()}
    bars = {name: np.histogram(values, edges)[0].tolist() for name, values in known.items()}
    return {"edges": [*edges], **bars}


def oddity_name(check: str, aspect: str) -> str:
    """The name under which an oddity excuses a finding.

    Example:
        >>> oddity_name("structures_agree", "space_group")
        'structures_agree.space_group'
    """
    return f"{check}.{aspect}" if aspect else check


# Groups of related entries, and cross-validation folds drawn from hashes instead of a generator


KFOLD_SHUFFLED = "kfold_shuffled"
GROUPED = "grouped_doi_comp"
_LARGE_SHARE = 0.05


def connected_components(links: Mapping[str, Iterable[Hashable]]) -> dict[str, int]:
    """Number the groups of entries that are linked, directly or through others, by shared tokens.

    Args:
        links: Entry id → its tokens (DOIs, composition strings).

    Returns:
        Entry id → component number, from 1 in the order of each component's smallest id.

    Example:
        >>> connected_components({"b": ["x"], "a": ["x", "y"], "c": ["y"], "d": []})
        {'a': 1, 'b': 1, 'c': 1, 'd': 2}
    """
    parent = {entry: entry for entry in links}

    def root(entry: str) -> str:
        while parent[entry] != entry:
            parent[entry] = parent[parent[entry]]
            entry = parent[entry]
        return entry

    first_with: dict[Hashable, str] = {}
    for entry in sorted(links):
        for token in links[entry]:
            one, other = root(first_with.setdefault(token, entry)), root(entry)
            parent[max(one, other)] = min(one, other)
    roots = sorted({root(entry) for entry in links})
    number = {smallest: position for position, smallest in enumerate(roots, start=1)}
    return {entry: number[root(entry)] for entry in sorted(links)}


def groups_of_equals(keys: Mapping[str, Hashable]) -> dict[str, int | None]:
    """Number the groups of entries with equal keys; an entry that stands alone gets None.

    Example:
        >>> groups_of_equals({"a": "x", "b": "y", "c": "x"})
        {'a': 1, 'b': None, 'c': 1}
    """
    members: dict[Hashable, list[str]] = {}
    for entry in sorted(keys):
        members.setdefault(keys[entry], []).append(entry)
    shared = [group for group in members.values() if len(group) > 1]
    number = {entry: i for i, group in enumerate(shared, start=1) for entry in group}
    return {entry: number.get(entry) for entry in sorted(keys)}


def draw_folds(
    components: Mapping[str, int],
    settings: FoldSettings,
    schemes: Mapping[str, Callable[..., dict[str, int]]] | None = None,
) -> list[dict[str, Any]]:
    """Rows of the ``folds`` table.

    Args:
        components: Training entry id → component number.
        settings: Folds per repeat, repeats and seed.
        schemes: Name → how its folds are dealt; None: both of OBELiX.
    """
    schemes = schemes or {KFOLD_SHUFFLED: shuffled_folds, GROUPED: grouped_folds}
    return [
        {"scheme": scheme, "repeat": repeat, "fold": fold, "id": entry}
        for repeat in range(settings.n_repeats)
        for scheme, deal in schemes.items()
        for entry, fold in deal(components, settings, repeat=repeat).items()
    ]


def shuffled_folds(ids: Iterable[str], settings: FoldSettings, *, repeat: int) -> dict[str, int]:
    """Fold of each entry, entries dealt singly."""
    order = sorted(ids, key=lambda entry: _rank(settings.seed, KFOLD_SHUFFLED, repeat, entry))
    return {entry: position % settings.n_folds for position, entry in enumerate(order)}


def grouped_folds(
    components: Mapping[str, int], settings: FoldSettings, *, repeat: int
) -> dict[str, int]:
    """Fold of each entry, components kept whole and folds of similar size."""
    members: dict[int, list[str]] = {}
    for entry in sorted(components):
        members.setdefault(components[entry], []).append(entry)
    groups = _dealing_order(list(members.values()), settings.seed, repeat)
    sizes = [0] * settings.n_folds
    assigned = {}
    for group in groups:
        name = group[0]
        fold = min(
            range(settings.n_folds),
            key=lambda f: (sizes[f], _rank(settings.seed, GROUPED, repeat, f"{name}|{f}")),
        )
        sizes[fold] += len(group)
        assigned.update(dict.fromkeys(group, fold))
    return assigned


def _dealing_order(groups: Sequence[list[str]], seed: int, repeat: int) -> list[list[str]]:
    large = _LARGE_SHARE * sum(len(group) for group in groups)

    def key(group: list[str]) -> tuple[int, str]:
        return (-(len(group) if len(group) > large else 0), _rank(seed, GROUPED, repeat, group[0]))

    return sorted(groups, key=key)


def _rank(seed: int, scheme: str, repeat: int, name: str) -> str:
    return repo.sha256_bytes(f"{seed}|{scheme}|{repeat}|{name}".encode())


# Crystal structures of a dataset as pymatgen objects and as CIF text, whatever its tables hold


Row = dict[str, Any]


class CrystalReader(Protocol):
    """What a dataset's ``crystals.py`` offers; rows are those of one entry, as dicts."""

    def structure(self, entry: Row, row: Row) -> Structure:
        """The structure of an entry, from its rows of ``entries`` and ``structures``."""

    def cif(self, entry: Row, row: Row) -> str:
        """The structure of an entry as the text of a CIF."""


def read_structures(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Mapping[str, Structure]:
    """Structures of some entries, in the order asked for.

    Args:
        dataset: Name of the dataset.
        entries: Its ``entries``, indexed by id.
        structures: Its ``structures``, likewise, or None.
        ids: Entries that have a structure.

    Raises:
        DataMissingError: The dataset has no structures, or an entry has none.
    """
    rows = _crystal_rows(dataset, entries, structures, ids)
    return {entry["id"]: reader.structure(entry, row) for reader, entry, row in rows}


def cif_texts(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Id and CIF text of some entries, one at a time; arguments as :func:`read_structures`."""
    for reader, entry, row in _crystal_rows(dataset, entries, structures, ids):
        yield entry["id"], reader.cif(entry, row)


def _crystal_rows(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[CrystalReader, Row, Row]]:
    reader: CrystalReader | None = dataset_module(dataset, "crystals")
    known = set() if structures is None else set(structures.index)
    absent = [name for name in ids if name not in known]
    if reader is None or structures is None or absent:
        facts = {"n": len(absent), "of": len(ids), "ids": first_few(absent)}
        raise DataMissingError(worded("no-structures", f"structures of {dataset}", **facts))
    for name in ids:
        entry, row = ({"id": name, **table.loc[name]} for table in (entries, structures))
        yield reader, entry, row
