"""Compute labels of the stored structures of BVEL-proto again and compare.

``python data-raw/bvel_proto/verify.py`` labels 30 of them, the same every time; about half a
CPU-minute. ``--all`` labels all, and draws structures, splits and folds again where this code drew
the version. Exit 1 when anything differs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generate import generate
from ionladder.config import DatasetVersion, load_params
from ionladder.data.bond_valence import barriers_of, label_row
from ionladder.data.bvel_proto.crystals import structure
from ionladder.data.store import read_table
from ionladder.errors import DataChangedError, IonLadderError, Problem
from ionladder.repo import Layout, content_hash, find_layout, sha256_bytes
from label import (
    DATASET,
    DRAWN_HERE,
    TARGETS,
    build_version,
    counted,
    embedded_version,
    require_bvlain,
)

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_SIZE = 30
_NEXT_STEP = "Compare the versions of bvlain, numpy, scipy and pymatgen with the lock."

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a recomputation looked at.

    Attributes:
        version: The version.
        n_labels: Structures labelled again.
        draw: Whether structures, splits and folds were made again too.
        problems: Rows and tables that came out otherwise.
    """

    version: str
    n_labels: int
    draw: bool = False
    problems: tuple[Problem, ...]


def recompute_all(layout: Layout, pinned: DatasetVersion) -> Recomputed:
    """Label every structure again; where this code drew them, draw them again before.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    if pinned.version != DRAWN_HERE:
        return recompute_sample(layout, pinned.version, n=None)
    stored = {
        spec.name: read_table(layout, DATASET.name, pinned.version, spec.name)
        for spec in DATASET.tables
    }
    fresh = build_version(generate(), pinned).tables
    labels = _by_id(fresh["labels"])
    problems = _label_problems(pinned.version, _by_id(stored["labels"]), labels)
    for spec in DATASET.tables:
        hashes = {content_hash(t[spec.name], key=list(spec.key)) for t in (stored, fresh)}
        if len(hashes) > 1:
            problems.append(
                Problem(
                    where=f"{spec.name} of {DATASET.name} {pinned.version}",
                    expected="the content that the generator makes",
                    found="other content",
                    next_step=_NEXT_STEP,
                )
            )
    return Recomputed(
        version=pinned.version, n_labels=len(labels), draw=True, problems=tuple(problems)
    )


def recompute_sample(layout: Layout, version: str, *, n: int | None = SAMPLE_SIZE) -> Recomputed:
    """Label n of the stored structures again, the same few every time; None means all of them.

    Raises:
        DataMissingError: A table is not here.
        DataChangedError: A table is not the released one.
    """
    entries, sites, labels = (
        _by_id(read_table(layout, DATASET.name, version, name))
        for name in ("entries", "structures", "labels")
    )
    chosen = sorted(entries, key=lambda entry: sha256_bytes(f"verify|{entry}".encode()))[:n]
    fresh = {
        entry: label_row(entry, barriers_of(structure(entries[entry], sites[entry])))
        for entry in counted("labelled", chosen)
    }
    problems = _label_problems(version, {entry: labels[entry] for entry in chosen}, fresh)
    return Recomputed(version=version, n_labels=len(chosen), problems=tuple(problems))


def _label_problems(
    version: str, stored: Mapping[str, Row], fresh: Mapping[str, Row]
) -> list[Problem]:
    return [
        Problem(
            where=f"labels of {DATASET.name} {version}, id {entry!r}",
            expected=_shown(stored.get(entry)),
            found=_shown(fresh.get(entry)),
            next_step=_NEXT_STEP,
        )
        for entry in sorted({*stored, *fresh})
        if stored.get(entry) != fresh.get(entry)
    ]


def _shown(row: Row | None) -> str:
    if row is None:
        return "no such entry"
    values: Sequence[float | None] = [row[name] for name in TARGETS]
    return ", ".join("none" if value is None else f"{value:.4f} eV" for value in values)


def _by_id(table: pa.Table) -> dict[str, Row]:
    return {row["id"]: row for row in table.to_pylist()}


def main() -> None:
    """Compare and say how many came out as recorded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="draw and label everything again")
    parser.add_argument("--version", help="default: the version that the board is scored on")
    options = parser.parse_args()
    require_bvlain()
    layout = find_layout()
    params = load_params(layout)
    pinned = embedded_version(params, options.version or params.task_versions["bvel-proto"])
    if options.all:
        result = recompute_all(layout, pinned)
    else:
        result = recompute_sample(layout, pinned.version)
    if result.problems:
        raise DataChangedError(result.problems)
    what = "structures, splits, folds and labels" if result.draw else "labels"
    print(f"{pinned.version}: {what} of {result.n_labels} entries came out as recorded")
    if options.all and not result.draw:
        print("its structures were drawn by earlier code: only their labels were computed again")


if __name__ == "__main__":
    try:
        main()
    except IonLadderError as error:
        sys.exit(str(error))
