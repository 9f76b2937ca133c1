"""From nothing but code to the tables of BVEL-proto, with every integrity check on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ionladder.core.errors import IonLadderError
from ionladder.datasets.built import BuiltVersion
from ionladder.datasets.bvel_proto.barriers import barriers_of
from ionladder.datasets.bvel_proto.candidate import Candidate
from ionladder.datasets.bvel_proto.generate import Generated, generate
from ionladder.datasets.bvel_proto.noise import relabel, sample
from ionladder.datasets.bvel_proto.percolation import Barriers
from ionladder.datasets.bvel_proto.prototypes import all_prototypes
from ionladder.datasets.bvel_proto.spec import DATASET
from ionladder.datasets.bvel_proto.summary import summarise
from ionladder.datasets.bvel_proto.table_checks import TABLE_CHECKS, Built, rows_of
from ionladder.datasets.bvel_proto.tables import build_tables
from ionladder.datasets.checks import run_checks
from ionladder.specs.params import DatasetVersion

if TYPE_CHECKING:
    from pymatgen.core.structure import Structure

Labeller = Callable[["Structure"], Barriers]
Relabeller = Callable[[str, "Structure"], Mapping[str, Barriers]]
Progress = Callable[[str, int, int], None]

NO_PARAMETERS = "an ion without parameters in BVlain"
NO_PERCOLATION = "no percolation in any dimension below encut"


def build(raw: Path, pinned: DatasetVersion) -> BuiltVersion:  # noqa: ARG001 - nothing is fetched
    """Generate, label, tabulate and check a version; ``raw`` is not read.

    Raises:
        IngestError: Every finding of the checks on the tables.
    """
    return build_version(pinned)


def build_version(
    pinned: DatasetVersion,
    *,
    label: Labeller = barriers_of,
    again: Relabeller = relabel,
    progress: Progress | None = None,
) -> BuiltVersion:
    """The same, with a say in how labels are computed and who hears of the progress.

    Args:
        pinned: The version; its fold settings also seed the splits.
        label: Computes the barriers of a structure.
        again: Computes them for every variant of a structure, for the label's noise.
        progress: Called with what is done, the number of structures done and their total.

    Raises:
        IngestError: Every finding of the checks on the tables.
    """
    made = generate()
    labels = label_all(made, label=label, progress=progress)
    relabelled = _relabel_sample(made.candidates, again=again, progress=progress)
    sources = {prototype.name: prototype.source for prototype in all_prototypes()}
    tables = build_tables(made.candidates, labels, relabelled, sources, pinned.folds)
    built = Built(tables=rows_of(tables), folds=pinned.folds, families=made.families)
    results = run_checks(DATASET, TABLE_CHECKS, built)
    return BuiltVersion(tables=tables, checks=tuple(results), summary=summarise(built.tables, made))


def label_all(
    made: Generated, *, label: Labeller = barriers_of, progress: Progress | None = None
) -> Mapping[str, Barriers]:
    """Barriers of every structure; those that have none are left out of ``made``, with the reason.

    Returns:
        Id → barriers of the structures that stay.
    """
    labels: dict[str, Barriers] = {}
    kept: list[Candidate] = []
    for number, candidate in enumerate(made.candidates, start=1):
        try:
            barriers = label(candidate.structure())
        except IonLadderError:
            made.reject(NO_PARAMETERS, candidate.name)
            continue
        finally:
            if progress is not None:
                progress("labelled", number, len(made.candidates))
        if barriers.e_1d_ev is None:
            made.reject(NO_PERCOLATION, candidate.name)
            continue
        labels[candidate.id] = barriers
        kept.append(candidate)
    made.candidates = kept
    return labels


def _relabel_sample(
    candidates: list[Candidate], *, again: Relabeller, progress: Progress | None
) -> dict[str, Mapping[str, Barriers]]:
    by_id = {candidate.id: candidate for candidate in candidates}
    chosen = sample(by_id)
    relabelled = {}
    for number, entry in enumerate(chosen, start=1):
        relabelled[entry] = again(entry, by_id[entry].structure())
        if progress is not None:
            progress("labelled in every variant", number, len(chosen))
    return relabelled
