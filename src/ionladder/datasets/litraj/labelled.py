"""From an archive of labelled structures to the tables of a version: what such datasets share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionladder.datasets.built import BuiltVersion, CheckResult
from ionladder.datasets.checks import Check, run_checks
from ionladder.datasets.litraj.overlap import material_overlap
from ionladder.datasets.litraj.release import Release
from ionladder.datasets.litraj.splitting import (
    Drawn,
    check_folds,
    fold_columns,
    numbered,
    split_columns,
)
from ionladder.datasets.litraj.structures import write_structures
from ionladder.datasets.litraj.summary import summarise
from ionladder.datasets.schema import table_from_columns

if TYPE_CHECKING:
    import pyarrow as pa

    from ionladder.specs.dataset import Dataset

Columns = Mapping[str, Sequence[Any]]
"""Column → values, in the order of ``Release.heads``."""


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Entries that a fold keeps together.

    Attributes:
        scheme: Name of the folds (``chemsys``).
        names: Group of every entry, in the order of ``Release.heads``.
        together: What is held out with an entry, in words (``its whole chemical system``).
    """

    scheme: str
    names: Sequence[str]
    together: str


def build_labelled(
    release: Release,
    work: Path,
    *,
    dataset: Dataset,
    groups: Groups,
    entries: Columns,
    labels: Columns,
    checked: Sequence[CheckResult],
    counted: Sequence[CheckResult] = (),
) -> BuiltVersion:
    """Tabulate an archive that has passed the checks on its content.

    Args:
        release: What was read.
        work: Folder for structures.
        dataset: Its tables; labels in eV are shown on its card.
        groups: What its folds keep whole.
        entries: Columns of ``entries`` that only this dataset has.
        labels: Columns of ``labels``, the id left out.
        checked: Results of the checks so far.
        counted: What was only counted; it stands behind the check on folds.

    Raises:
        IngestError: Folds do not cover the training entries, or tear a group apart.
    """
    heads = release.heads
    shared: Columns = {
        "id": [release.entry(head) for head in heads],
        "formula": [head.composition.formula for head in heads],
        "formula_norm": [head.composition.formula_norm for head in heads],
        "chemsys": [head.composition.chemsys for head in heads],
        "anion_class": [head.composition.anion_class for head in heads],
        "volume_ang3": [round(head.volume_ang3, 6) for head in heads],
    }
    ids, parts = shared["id"], [head.part for head in heads]
    components = numbered(groups.names)
    folds = release.pinned.folds
    columns: dict[str, Columns] = {
        "entries": {**shared, **entries},
        "labels": {"id": ids, **labels},
        "splits": {
            **split_columns(ids, parts, components),
            "anion_class": shared["anion_class"],
        },
        "folds": fold_columns(ids, parts, components, folds, scheme=groups.scheme),
    }
    drawn = Drawn(splits=columns["splits"], folds=columns["folds"])
    covered = run_checks(dataset, (_folds_check(groups),), drawn)
    tables: dict[str, pa.Table] = {
        spec.name: table_from_columns(spec, columns[spec.name]) for spec in dataset.tables
    }
    overlap = material_overlap((head.part, release.material(head)) for head in heads)
    shown = {
        column.name: columns["labels"][column.name]
        for column in dataset.table("labels").columns
        if column.unit == "eV"
    }
    return BuiltVersion(
        tables=tables,
        checks=(*checked, *covered, *counted, overlap.check),
        summary=summarise(release, shown, overlap),
        frames={"structures": write_structures(release, dataset, work)},
    )


def _folds_check(groups: Groups) -> Check[Drawn]:
    return Check(
        name="folds_cover_training_once",
        description=f"Each entry of train and val is held out once, with {groups.together}.",
        run=check_folds,
    )
