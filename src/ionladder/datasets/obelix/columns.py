"""The columns of OBELiX's tables, with unit, meaning and what a change of each would mean."""

from __future__ import annotations

from ionladder.datasets.splits import folds_spec
from ionladder.specs.column import Column
from ionladder.specs.dataset import Table

_ANGSTROM = "Å"
_DEGREE = "°"
_CONDUCTIVITY = "S/cm"
_LOG_CONDUCTIVITY = "log10(S/cm)"


def _id() -> Column:
    """The id column that every table carries."""
    return Column(
        name="id",
        type="string",
        description="Entry id, three characters; text even where it looks like a number.",
        role="key",
    )


def _cell(whose: str) -> tuple[Column, ...]:
    lengths = tuple(
        Column(
            name=f"{axis}_ang",
            type="float64",
            unit=_ANGSTROM,
            description=f"Cell length {axis}, {whose}.",
        )
        for axis in "abc"
    )
    angles = tuple(
        Column(
            name=f"{angle}_deg",
            type="float64",
            unit=_DEGREE,
            description=f"Cell angle {angle}, {whose}.",
        )
        for angle in ("alpha", "beta", "gamma")
    )
    volume = Column(
        name="volume_ang3",
        type="float64",
        unit="Å³",
        description=f"Cell volume from lengths and angles, {whose}; six decimals.",
    )
    return (*lengths, *angles, volume)


def _flag(name: str, description: str) -> Column:
    return Column(name=name, type="bool", description=description)


def _identifier(name: str, description: str) -> Column:
    return Column(name=name, type="int32", description=description, nullable=True, role="note")


def _label(name: str, unit: str, description: str, *, nullable: bool = True) -> Column:
    return Column(
        name=name,
        type="float64",
        unit=unit,
        description=description,
        nullable=nullable,
        role="label",
    )


ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per material as measured: composition, symmetry, cell and provenance.",
    columns=(
        _id(),
        Column(
            name="formula_reduced",
            type="string",
            description="Formula as the paper prints it; blanks around it removed.",
        ),
        Column(
            name="formula_cell",
            type="string",
            description="Contents of the unit cell; the composition that models use.",
        ),
        Column(name="z", type="int16", description="Formula units per cell."),
        Column(
            name="formula_norm",
            type="string",
            description=(
                "Atomic fractions of the cell contents to five decimals, elements in "
                "alphabetical order: equal for equal compositions whatever the cell."
            ),
        ),
        Column(name="space_group", type="int16", description="Space group number, 1 to 230."),
        Column(
            name="space_group_symbol",
            type="string",
            description="Space group symbol as published; blanks around it removed.",
        ),
        Column(
            name="crystal_system",
            type="category",
            description="Crystal system of the space group number.",
        ),
        *_cell("as tabulated"),
        Column(
            name="family_raw",
            type="string",
            description="Family of the material as published.",
            nullable=True,
        ),
        Column(
            name="family",
            type="category",
            description="Family with one spelling per name; see the cleaning rule of the card.",
            nullable=True,
        ),
        Column(
            name="dois",
            type="list<string>",
            description="Source articles, DOIs in lower case.",
            role="note",
        ),
        Column(
            name="cif_status",
            type="category",
            description=(
                "match: a CIF of this material; close: a CIF of a close one; none: no CIF."
            ),
        ),
        _identifier("icsd_id", "Entry of the Inorganic Crystal Structure Database."),
        _identifier("laskowski_id", "Entry of the compilation of Laskowski et al."),
        _identifier("liion_id", "Entry of the Liverpool ionics dataset."),
        Column(
            name="note",
            type="string",
            description="Remark of the dataset's authors.",
            nullable=True,
            role="note",
        ),
        Column(
            name="replicate_group",
            type="int16",
            description=(
                "Number of the group of repeated measurements: entries with one composition "
                "string and space group number; missing where the entry stands alone."
            ),
            nullable=True,
            role="split",
        ),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="Measured room-temperature conductivities; upper limits are kept as limits.",
    columns=(
        _id(),
        _label(
            "log10_sigma",
            _LOG_CONDUCTIVITY,
            "log10 of the conductivity; -15 where only an upper limit is reported, as upstream.",
            nullable=False,
        ),
        _label(
            "log10_sigma_limit", _LOG_CONDUCTIVITY, "log10 of the upper limit, where it is one."
        ),
        Column(
            name="censoring",
            type="category",
            description="left: only an upper limit is known; none: a measured value.",
            role="label",
        ),
        _label("sigma_s_per_cm", _CONDUCTIVITY, "Measured conductivity; missing for a limit."),
        _label("sigma_limit_s_per_cm", _CONDUCTIVITY, "Upper limit, where it is one."),
        _label("sigma_total_s_per_cm", _CONDUCTIVITY, "Total conductivity, where reported."),
        _label("sigma_bulk_s_per_cm", _CONDUCTIVITY, "Bulk conductivity, where reported."),
        Column(
            name="label_kind",
            type="category",
            description="Which conductivity the label is: total, bulk or unspecified.",
            role="label",
        ),
    ),
)

STRUCTURES = Table(
    name="structures",
    key=("id",),
    description="Crystal structures (CIF) with what a reader should know before using one.",
    columns=(
        _id(),
        Column(name="cif_sha256", type="string", description="SHA-256 of the CIF's bytes."),
        Column(name="cif_text", type="string", description="The CIF as published."),
        Column(name="n_sites", type="int16", description="Sites in the cell, all occupancies."),
        Column(
            name="formula_cif",
            type="string",
            description="Contents of the CIF's cell, elements in alphabetical order.",
        ),
        _flag("is_ordered", "Every site is filled by one species."),
        _flag("has_vacancy", "Some site is filled to less than one."),
        _flag("has_mixed_site", "Some site holds two species or more."),
        _flag("li_partial", "Some Li site is filled to less than one by Li."),
        _flag("has_li", "The CIF contains Li."),
        Column(
            name="space_group_cif", type="int16", description="Space group in the CIF's header."
        ),
        *_cell("as in the CIF"),
        Column(
            name="max_frac_diff_vs_table",
            type="float64",
            description="Largest difference of an atomic fraction between CIF and table.",
        ),
        Column(
            name="z_ratio_vs_table",
            type="float64",
            description="Atoms in the CIF's cell over atoms in the tabulated cell.",
        ),
        _flag(
            "positions_perturbed",
            "Coordinates carry digits of the random noise (sd 0.01) that the authors added to "
            "licensed structures; false also where symmetry fixes every atom.",
        ),
        Column(
            name="parse_warnings",
            type="list<string>",
            description="Warnings of the CIF reader.",
            role="note",
        ),
    ),
)

SPLITS = Table(
    name="splits",
    key=("split_name", "id"),
    description="The frozen split into training and test entries.",
    columns=(
        Column(name="split_name", type="string", description="Name of the split.", role="key"),
        _id(),
        Column(name="subset", type="category", description="train or test.", role="split"),
        Column(
            name="in_cif",
            type="bool",
            description="The entry has a CIF.",
            role="split",
        ),
        Column(
            name="component",
            type="int16",
            description=(
                "Number of the group of entries linked by a shared DOI or composition string; "
                "numbered from 1 in the order of each group's smallest id."
            ),
            role="split",
        ),
    ),
)

FOLDS = folds_spec(
    _id(),
    description="Frozen cross-validation folds of the training entries.",
    schemes="kfold_shuffled: entries dealt singly; grouped_doi_comp: whole components.",
)

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, STRUCTURES, SPLITS, FOLDS)
