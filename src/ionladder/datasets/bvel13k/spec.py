"""BVEL13k as a dataset: title, licence, citation and tables."""

from __future__ import annotations

from ionladder.datasets.bvel13k.columns import STRUCTURES, TABLES
from ionladder.datasets.bvel13k.task import TASKS
from ionladder.datasets.litraj.paper import CAVEATS, PROVENANCE
from ionladder.specs.dataset import Dataset, Fact, PublishedFile

__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="bvel13k",
    title="BVEL13k",
    summary=(
        "Li percolation barriers in the bond-valence site energy for 12\u202f807 structures of the "
        "Materials Project, with upstream's split into train, val and test."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=(STRUCTURES,),
    caveats=(
        *CAVEATS,
        (
            "The barrier comes from an empirical force field with a rigid framework. It is neither "
            "a measured activation energy nor one from density functional theory."
        ),
        (
            "Upstream found barriers by bisection, to a step of 0.009765625 eV, and prints four "
            "decimals: an error below 0.01 eV means nothing."
        ),
    ),
    published=(
        PublishedFile(
            name="BVEL13k.zip",
            description="An index and three files of structures with their barriers.",
            encoding="application/zip",
        ),
    ),
    facts=(
        Fact(column="formula", title="Formula", kind="formula"),
        Fact(column="n_sites", title="Sites in the cell"),
        Fact(column="n_li", title="Li sites in the cell"),
    ),
)
