"""From verified raw files to the tables of a version."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ionladder.config import DatasetVersion, FoldSettings, add_pin
from ionladder.data.fetch import fetch, require_raw
from ionladder.data.registry import dataset_module, get_dataset
from ionladder.data.store import (
    BuiltVersion,
    CheckResult,
    digest_frames,
    make_manifest,
    read_manifest,
    released_problems,
)
from ionladder.data.versions import change_rule, identity_problems, identity_rule
from ionladder.errors import DataMissingError, IngestError, Problem
from ionladder.repo import (
    Layout,
    content_hash,
    read_parquet,
    sha256_bytes,
    to_json,
    write_checksums,
    write_parquet,
    write_text,
)
from ionladder.specs import Column, Dataset, Table

if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core.structure import Structure


# From verified raw files to the tables of a version: built, checked, compared, then written


Builder = Callable[[Path, DatasetVersion, Path], BuiltVersion]
"""Raw files, the version, and an empty folder for frames → what was built."""


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


def ingest(layout: Layout, pinned: DatasetVersion) -> Ingested:
    """Build the tables of one version and put them in place, or change nothing.

    Raises:
        DataMissingError: Raw files are not here.
        DataChangedError: Raw files have other bytes than pinned.
        IngestError: An integrity check failed, or the result is not the released version.
    """
    require_raw(layout, pinned)
    dataset = get_dataset(pinned.dataset)
    built = _build(layout, dataset, pinned)
    with _staged(layout, dataset, pinned, built) as (folder, hash_check):
        checks = (*built.checks, identity_rule(), change_rule(dataset), hash_check)
        built = replace(built, checks=checks)
        manifest = make_manifest(dataset, pinned, built)
        committed = read_manifest(layout, pinned.dataset, pinned.version)
        problems = identity_problems(layout, dataset, manifest, built.tables)
        if committed is not None:
            where = layout.relative(layout.manifest(pinned.dataset, pinned.version))
            problems = released_problems(committed, manifest, where=where) + problems
        if problems:
            raise IngestError(problems)
        _put_in_place(layout, pinned, folder, built, to_json(manifest))
    return Ingested(
        pinned=pinned,
        rows={name: table.num_rows for name, table in built.tables.items()}
        | {name: table.rows for name, table in built.frames.items()},
        n_checks=len(checks),
        is_first_release=committed is None,
    )


def _build(layout: Layout, dataset: Dataset, pinned: DatasetVersion) -> BuiltVersion:
    """Build the tables; frames go to an empty folder, whatever a killed run left there."""
    module = dataset_module(dataset.name, "ingest")
    if module is None:
        from ionladder.data import from_csv

        return from_csv.build(layout.raw_dir(pinned.dataset, pinned.version), pinned, dataset)
    raw = layout.raw_dir(pinned.dataset, pinned.version)
    if not dataset.frames:
        built: BuiltVersion = module.build(raw, pinned)
        return built
    work = _work_dir(layout, pinned)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    build: Builder = module.build
    return build(raw, pinned, work)


def _work_dir(layout: Layout, pinned: DatasetVersion) -> Path:
    return layout.version_dir(pinned.dataset, pinned.version) / ".frames.part"


@contextmanager
def _staged(
    layout: Layout, dataset: Dataset, pinned: DatasetVersion, built: BuiltVersion
) -> Iterator[tuple[Path, CheckResult]]:
    """Write all tables to a temporary folder beside their place, and read them back."""
    target = layout.version_dir(pinned.dataset, pinned.version)
    for rest in target.glob(".ingest.*.part"):
        shutil.rmtree(rest, ignore_errors=True)  # what a killed run left
    folder = Path(tempfile.mkdtemp(prefix=".ingest.", suffix=".part", dir=target))
    metadata = {
        "dataset": pinned.dataset,
        "version": pinned.version,
        "source_commit": pinned.source.commit,
        "licence": dataset.licence,
    }
    try:
        for spec in dataset.tables:
            table = built.tables[spec.name]
            digest = content_hash(table, key=list(spec.key))
            write_parquet(
                folder / f"{spec.name}.parquet",
                table,
                sort_by=spec.key,
                metadata={**metadata, "content_sha256": digest},
            )
        yield folder, _content_hash_check(dataset, built, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _content_hash_check(dataset: Dataset, built: BuiltVersion, folder: Path) -> CheckResult:
    """Check that every written table reads back with the content it was built with."""
    problems = []
    for spec in dataset.tables:
        key = list(spec.key)
        written = read_parquet(folder / f"{spec.name}.parquet")
        expected = content_hash(built.tables[spec.name], key=key)
        found = content_hash(written, key=key)
        if found != expected:
            problems.append(_other_content(spec.name, expected, found))
    for spec in dataset.frames:
        streamed = built.frames[spec.name]
        again = digest_frames(spec, streamed.path)
        if again.content_sha256 != streamed.content_sha256:
            problems.append(
                _other_content(spec.name, streamed.content_sha256, again.content_sha256)
            )
    if problems:
        raise IngestError(problems)
    return CheckResult(
        name="content_hash_recomputes",
        description="Every table reads back from parquet with the content hash it was built with.",
        detail=(
            f"{len(dataset.tables) + len(dataset.frames)} tables written, read back and hashed "
            "again"
        ),
    )


def _other_content(table: str, expected: str, found: str) -> Problem:
    return Problem(
        f"content_hash_recomputes: table {table}",
        f"content hash {expected} after writing and reading",
        found,
        "Check the disk and the installed version of pyarrow.",
    )


def _put_in_place(
    layout: Layout, pinned: DatasetVersion, folder: Path, built: BuiltVersion, manifest: str
) -> None:
    """Move the staged tables to their names, then their checksums and the manifest."""
    for name, streamed in built.frames.items():
        place = layout.frames(pinned.dataset, pinned.version, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        streamed.path.replace(place)
    shutil.rmtree(_work_dir(layout, pinned), ignore_errors=True)
    staged = sorted(folder.glob("*.parquet"))
    for path in staged:
        path.replace(layout.table(pinned.dataset, pinned.version, path.stem))
    write_checksums(layout, pinned.dataset, pinned.version)
    target = layout.manifest(pinned.dataset, pinned.version)
    if not target.is_file() or target.read_text(encoding="utf-8") != manifest:
        write_text(target, manifest)


# Integrity checks: named, run together, excused by id only, and reported all at once


Subject = TypeVar("Subject")

_NEXT_STEP = (
    "If upstream is right, allow-list the id with its reason in the dataset's oddities.py; "
    "otherwise report it upstream and do not ingest this version."
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a check objects to.

    Attributes:
        entry: Id of the entry it concerns; None when it concerns the whole version and can
            therefore not be allow-listed.
        place: File, row or table.
        expected: What should be there.
        found: What is there instead.
        aspect: Which part of a check with several parts objects; oddities name it after the check
            (``structures_agree.space_group``), so that one exception does not cover another.
    """

    entry: str | None
    place: str
    expected: str
    found: str
    aspect: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a check found, and what it looked at."""

    findings: list[Finding] = field(default_factory=list)
    detail: str


@dataclass(frozen=True, kw_only=True)
class Check(Generic[Subject]):
    """One integrity check.

    Attributes:
        name: Its name in manifests, oddities and letters.
        description: What it makes sure of, one sentence.
        run: Looks at the subject; never raises because of its content.
    """

    name: str
    description: str
    run: Callable[[Subject], Outcome]


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
    problems = list(before)
    results = []
    for check in checks:
        outcome = check.run(subject)
        excused = [f for f in outcome.findings if _is_excused(dataset, check.name, f)]
        problems += [_problem(check.name, f) for f in outcome.findings if f not in excused]
        results.append(
            CheckResult(
                name=check.name,
                description=check.description,
                detail=outcome.detail,
                excused=frozenset(
                    (oddity_name(check.name, f.aspect), f.entry)
                    for f in excused
                    if f.entry is not None
                ),
            )
        )
    if problems:
        raise IngestError(problems)
    return results


def oddity_name(check: str, aspect: str) -> str:
    """The name under which an oddity excuses a finding.

    Example:
        >>> oddity_name("structures_agree", "space_group")
        'structures_agree.space_group'
    """
    return f"{check}.{aspect}" if aspect else check


def _is_excused(dataset: Dataset, check: str, finding: Finding) -> bool:
    return finding.entry in dataset.allowed(oddity_name(check, finding.aspect))


def _problem(check: str, finding: Finding) -> Problem:
    return Problem(
        f"{oddity_name(check, finding.aspect)}: {finding.place}",
        finding.expected,
        finding.found,
        _NEXT_STEP,
    )


# Groups of related entries, and cross-validation folds drawn from hashes instead of a generator


KFOLD_SHUFFLED = "kfold_shuffled"
GROUPED = "grouped_doi_comp"
_LARGE_SHARE = 0.05


def folds_spec(entry: Column, *, description: str, schemes: str) -> Table:
    """The table ``folds``, which is the same for every dataset but for its words.

    Args:
        entry: The id column of the dataset.
        description: Whose folds they are, one sentence.
        schemes: What each scheme keeps together.
    """
    return Table(
        name="folds",
        key=("scheme", "repeat", "fold", "id"),
        description=description,
        columns=(
            Column(name="scheme", type="string", description=schemes, role="key"),
            Column(name="repeat", type="int8", description="Repeat, from 0.", role="key"),
            Column(
                name="fold",
                type="int8",
                description="Fold that holds the entry out, from 0.",
                role="split",
            ),
            entry,
        ),
    )


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


def draw_folds(components: Mapping[str, int], settings: FoldSettings) -> list[dict[str, Any]]:
    """Rows of the ``folds`` table for both schemes.

    Args:
        components: Training entry id → component number.
        settings: Folds per repeat, repeats and seed.
    """
    rows = []
    for repeat in range(settings.n_repeats):
        for scheme, assigned in (
            (KFOLD_SHUFFLED, shuffled_folds(components, settings, repeat=repeat)),
            (GROUPED, grouped_folds(components, settings, repeat=repeat)),
        ):
            rows += [
                {"scheme": scheme, "repeat": repeat, "fold": fold, "id": entry}
                for entry, fold in assigned.items()
            ]
    return rows


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
        size = len(group) if len(group) > large else 0
        return (-size, _rank(seed, GROUPED, repeat, group[0]))

    return sorted(groups, key=key)


def _rank(seed: int, scheme: str, repeat: int, name: str) -> str:
    return sha256_bytes(f"{seed}|{scheme}|{repeat}|{name}".encode())


# Crystal structures of a dataset as pymatgen objects and as CIF text, whatever its tables hold


Row = dict[str, Any]


class CrystalReader(Protocol):
    """What ``datasets/<name>/crystals.py`` offers; rows are those of one entry, as dicts."""

    def structure(self, entry: Row, row: Row) -> Structure:
        """The structure of an entry, from its rows of ``entries`` and ``structures``."""

    def cif(self, entry: Row, row: Row) -> str:
        """The same as the text of a CIF."""


def crystal_reader(dataset: str) -> CrystalReader | None:
    """The module ``datasets/<name>/crystals.py``; None where the dataset has no structures."""
    reader: CrystalReader | None = dataset_module(get_dataset(dataset).name, "crystals")
    return reader


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
    reader = _require(dataset, structures, ids)
    return {
        name: reader.structure(entry, row) for name, entry, row in _rows(entries, structures, ids)
    }


def cif_texts(
    dataset: str, entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Id and CIF text of the same, one at a time."""
    reader = _require(dataset, structures, ids)
    for name, entry, row in _rows(entries, structures, ids):
        yield name, reader.cif(entry, row)


def _rows(
    entries: pd.DataFrame, structures: pd.DataFrame | None, ids: Sequence[str]
) -> Iterator[tuple[str, Row, Row]]:
    if structures is None:
        return
    for name in ids:
        entry: Row = {"id": name} | _cells(entries, name)
        row: Row = {"id": name} | _cells(structures, name)
        yield name, entry, row


def _cells(table: pd.DataFrame, name: str) -> Row:
    return {str(column): value for column, value in table.loc[name].items()}


def _require(dataset: str, structures: pd.DataFrame | None, ids: Sequence[str]) -> CrystalReader:
    from ionladder.errors import first_few

    reader = crystal_reader(dataset)
    known = set() if structures is None else set(structures.index)
    absent = [name for name in ids if name not in known]
    if reader is not None and not absent:
        return reader
    raise DataMissingError(
        f"structures of {dataset}",
        "a crystal structure for every entry asked for",
        f"none for {len(absent)} of {len(ids)} ({first_few(absent)})",
        "`task.structure_ids` lists the entries that have one.",
    )


# The first fetch of a version that upstream publishes without checksums: tables first, then pins


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What a first fetch did.

    Attributes:
        ingested: The tables that were made; None where the version was pinned before, and its
            archive is here with the pinned bytes.
        digests: File → SHA-256.
    """

    ingested: Ingested | None
    digests: dict[str, str]


def fetch_and_pin(layout: Layout, version: DatasetVersion, *, progress: bool) -> Pinned:
    """Fetch a version, make its tables, and record its bytes once every check has passed.

    Raises:
        UnreachableError: It could not be reached.
        FetchError: There is no room, or the version is pinned and its bytes are others.
        IngestError: A check failed; nothing is pinned, and the archive stays for a closer look.
    """
    digests = fetch(layout, version, progress=progress).digests
    if version.is_pinned:
        return Pinned(ingested=None, digests=digests)
    done = ingest(layout, version.model_copy(update={"files": dict(digests)}))
    add_pin(layout, version, digests)
    return Pinned(ingested=done, digests=digests)
