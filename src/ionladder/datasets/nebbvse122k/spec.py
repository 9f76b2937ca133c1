"""nebBVSE122k as a dataset: title, licence, citation and tables."""

from __future__ import annotations

from ionladder.datasets.litraj.paper import CAVEATS, PROVENANCE
from ionladder.datasets.nebbvse122k.columns import STRUCTURES, TABLES
from ionladder.datasets.nebbvse122k.task import TASKS
from ionladder.specs.dataset import Dataset, Fact, PublishedFile

__all__ = ["DATASET", "TASKS"]

DATASET = Dataset(
    name="nebbvse122k",
    title="nebBVSE122k",
    summary=(
        "Barriers of 122\u202f421 single Li hops in 11\u202f290 materials of the Materials "
        "Project, by nudged elastic band in the bond-valence site energy, with a supercell around "
        "each hop."
    ),
    **PROVENANCE,
    tables=TABLES,
    frames=(STRUCTURES,),
    caveats=(
        *CAVEATS,
        (
            "The barrier comes from an empirical force field. It is neither a measured activation "
            "energy nor one from density functional theory."
        ),
        (
            "Each supercell ends with a dummy atom X at the centre of the hop. Whether Li still "
            "sits on the two ends is not stated upstream; counts of Li and formulas are those of "
            "the file."
        ),
    ),
    published=(
        PublishedFile(
            name="nebBVSE122k.zip",
            description="An index and three files of supercells with their barriers.",
            encoding="application/zip",
        ),
    ),
    composition_column=None,
    facts=(
        Fact(column="formula", title="Formula of the supercell", kind="formula"),
        Fact(column="material_id", title="Material"),
        Fact(column="n_atoms", title="Atoms of the supercell"),
    ),
)
