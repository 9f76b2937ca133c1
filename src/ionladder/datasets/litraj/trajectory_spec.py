"""What the cards of MPLiTrj and of its subsample have in common."""

from __future__ import annotations

from ionladder.datasets.litraj.columns import PARTS
from ionladder.datasets.litraj.paper import CAVEATS, PROVENANCE
from ionladder.datasets.litraj.trajectory_tables import FRAMES, TABLES, U_METALS
from ionladder.specs.dataset import Dataset, Fact, PublishedFile

_CAVEATS = (
    (
        "Labels are non-spin-polarised PBE without U. Models trained on the Materials Project know "
        f"{', '.join(U_METALS)} with a U and many with magnetic moments, so configurations with "
        "these metals stand in a subset of their own."
    ),
    (
        "Energies of different models have different zeros, element by element: compare them only "
        "after the offsets are fitted, or within a path."
    ),
    (
        "Upstream's files have neither an index nor identifiers. An entry is named by its part and "
        "its row, and carries a hash of its atoms, cell and positions that tells whether a row has "
        "moved."
    ),
    "Configurations of one band are alike, so intervals count materials, not configurations.",
    *CAVEATS,
)


def trajectory_dataset(*, name: str, title: str, stem: str, summary: str) -> Dataset:
    """The dataset of a version of MPLiTrj.

    Args:
        name: Folder name under ``data/``.
        title: As printed.
        stem: Name of the archive and of its files.
        summary: What it is, one sentence.
    """
    return Dataset(
        name=name,
        title=title,
        summary=summary,
        **PROVENANCE,
        tables=TABLES,
        frames=FRAMES,
        caveats=_CAVEATS,
        published=(
            PublishedFile(
                name=f"{stem}.zip",
                description=(
                    f"Extended XYZ files {', '.join(f'{stem}_{part}.xyz' for part in PARTS)}."
                ),
                encoding="application/zip",
            ),
        ),
        composition_column=None,
        facts=(
            Fact(column="formula", title="Formula", kind="formula"),
            Fact(column="chemsys", title="Chemical system"),
            Fact(column="material_id", title="Material"),
            Fact(column="path_id", title="Path"),
            Fact(column="n_atoms", title="Atoms in the cell"),
        ),
    )
