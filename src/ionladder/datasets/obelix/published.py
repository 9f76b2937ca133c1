"""The files of an OBELiX release as their authors publish them: headers, units, meaning."""

from __future__ import annotations

from ionladder.specs.column import Column
from ionladder.specs.dataset import PublishedFile

_CSV = "text/csv"


def _text(name: str, description: str, unit: str | None = None) -> Column:
    return Column(name=name, type="string", unit=unit, description=description, nullable=True)


def _number(name: str, description: str, unit: str | None = None) -> Column:
    return Column(name=name, type="float64", unit=unit, description=description, nullable=True)


_ID = Column(
    name="ID",
    type="string",
    description="Entry id, three characters; text even where it looks like a number.",
    role="key",
)

_COLUMNS = (
    _ID,
    _text("Reduced Composition", "Formula as the paper prints it."),
    _number("Z", "Formula units in the cell."),
    _text("True Composition", "Contents of the cell."),
    # Text, because some are upper limits such as <1E-10.
    _text(
        "Ionic conductivity (S cm-1)",
        "Room-temperature Li-ion conductivity, a number or an upper limit such as <1E-10.",
        "S/cm",
    ),
    _text("IC (Total)", "Total conductivity, where total and bulk are both reported.", "S/cm"),
    _text("IC (Bulk)", "Bulk conductivity, where total and bulk are both reported.", "S/cm"),
    _text("Space group", "Hermann-Mauguin symbol of the space group."),
    _number("Space group #", "Number of the space group."),
    *(_number(axis, f"Cell length {axis}.", "Å") for axis in "abc"),
    *(_number(angle, f"Cell angle {angle}.", "°") for angle in ("alpha", "beta", "gamma")),
    _text("Family", "Family of the material, as its authors class it."),
    _text("DOI", "Article that reports the conductivity."),
    _text("Checked", "Outdated, according to its authors."),
    _text("Ref", "Outdated, according to its authors."),
    _text("Cif ID", "Whether there is a CIF: `done` where there is."),
    _text("Cif ref_1", "Outdated, according to its authors."),
    _text("Cif ref_2", "Outdated, according to its authors."),
    _text("note", "Note of the dataset's authors."),
    _text("close match", "Whether the CIF is of a closely matching material."),
    _text("close match DOI", "Article that reports the matching material."),
    _text("ICSD ID", "Entry of the Inorganic Crystal Structure Database."),
    _text("Laskowski ID", "Entry of the collection by Laskowski et al."),
    _text("Liion ID", "Entry of the Liverpool collection of Li-ion conductors."),
)

PUBLISHED = (
    PublishedFile(
        name="all.csv",
        description="Every entry with composition, symmetry, cell, conductivity and provenance.",
        encoding=_CSV,
        columns=_COLUMNS,
        key=("ID",),
    ),
    PublishedFile(
        name="train.csv",
        description="The training part of the official split.",
        encoding=_CSV,
        columns=(_ID,),
        key=("ID",),
    ),
    PublishedFile(
        name="test.csv",
        description="The test part of the official split.",
        encoding=_CSV,
        columns=(_ID,),
        key=("ID",),
    ),
    PublishedFile(
        name="all_cifs.tar.gz",
        description="Crystal structures as CIF, one file an entry that has one.",
        encoding="application/gzip",
    ),
)
