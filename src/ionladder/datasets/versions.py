"""Rules between versions: an id names one material for ever, and every change has a class.

Both rules speak of several versions, and a manifest must not depend on which of them happen to be
on the disk of the machine that wrote it. So a manifest records the rule; the comparison itself is
made at every ingest and by ``ionladder verify``, against the manifest of every other released
version, which is in git. Equal column hashes settle it without any table; where they differ, the
tables of both versions are compared row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ionladder.core.paths import Layout
from ionladder.core.problems import Problem
from ionladder.datasets.built import CheckResult
from ionladder.datasets.manifest import Manifest, read_manifest, version_key
from ionladder.specs.dataset import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

IDENTITY_CHECK = "ids_keep_their_formula"
_TABLE, _ID, _FORMULA = "entries", "id", "formula_norm"


def identity_rule() -> CheckResult:
    """Check 10, as a manifest records it."""
    return CheckResult(
        name=IDENTITY_CHECK,
        description="No id is ever used again for a material of another composition.",
        detail=(
            "a rule between versions: compared with every other released version at each ingest "
            "and by `ionladder verify`"
        ),
    )


def change_rule(dataset: Dataset) -> CheckResult:
    """Check 11, as a manifest records it: every column's change is classed beforehand."""
    roles: dict[str, int] = {}
    for table in dataset.tables:
        for column in table.columns:
            roles[column.role] = roles.get(column.role, 0) + 1
    counted = ", ".join(f"{count} {role}" for role, count in sorted(roles.items()))
    return CheckResult(
        name="changes_are_classed",
        description=(
            "Every column says what a changed cell means (label, split, input or note), so that a "
            "diff against any other version is classed; `ionladder diff` prints it per cell."
        ),
        detail=f"columns by class: {counted}",
    )


def released_manifests(layout: Layout, dataset: str) -> dict[str, Manifest]:
    """Version → manifest of every released version of a dataset, by folder name."""
    folder = layout.version_dir(dataset, "")
    versions = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    found = {version: read_manifest(layout, dataset, version) for version in versions}
    return {version: manifest for version, manifest in found.items() if manifest is not None}


def identity_problems(
    layout: Layout, dataset: Dataset, manifest: Manifest, tables: Mapping[str, pa.Table]
) -> list[Problem]:
    """Ids of one version that another released version uses for another composition.

    Args:
        layout: The repository.
        dataset: Its declaration; ids it allows for this check are passed over.
        manifest: Manifest of the version in hand.
        tables: Its tables.
    """
    problems = []
    for version, other in released_manifests(layout, dataset.name).items():
        if version == manifest["version"] or _identity(other) == _identity(manifest):
            continue
        path = layout.table(dataset.name, version, _TABLE)
        if not path.is_file():
            problems.append(_cannot_compare(dataset.name, manifest["version"], version))
            continue
        problems += _clashes(layout, dataset, tables[_TABLE], manifest["version"], version)
    return problems


def _identity(manifest: Manifest) -> tuple[str, ...]:
    columns = manifest["tables"][_TABLE]["columns"]
    return tuple(c["sha256"] for c in columns if c["name"] in (_ID, _FORMULA))


def _clashes(
    layout: Layout, dataset: Dataset, table: pa.Table, version: str, other: str
) -> list[Problem]:
    from ionladder.datasets.load import read_table

    mine = _formulas(table)
    theirs = _formulas(read_table(layout, dataset.name, other, _TABLE))
    allowed = dataset.allowed(IDENTITY_CHECK)
    return [
        Problem(
            where=f"{IDENTITY_CHECK}: {dataset.name} {version}, id {entry!r}",
            expected=f"{theirs[entry]}, as in {other}",
            found=mine[entry],
            next_step=(
                "A corrected formula is allow-listed by id with its reason in oddities.py; "
                "a new material needs a new id upstream."
            ),
        )
        for entry in sorted(mine.keys() & theirs.keys())
        if mine[entry] != theirs[entry] and entry not in allowed
    ]


def _formulas(table: pa.Table) -> dict[str, str]:
    ids, formulas = table[_ID].to_pylist(), table[_FORMULA].to_pylist()
    return dict(zip(ids, formulas, strict=True))


def _cannot_compare(dataset: str, version: str, other: str) -> Problem:
    key = version_key(dataset, other)
    return Problem(
        where=f"{IDENTITY_CHECK}: {dataset} {version}",
        expected=f"the entries of {other} on this machine, because ids or formulas differ from it",
        found="none",
        next_step=f"Run `ionladder fetch {key}` and `ionladder ingest {key}` first.",
    )
