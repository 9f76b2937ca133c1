"""BVEL-proto: columns, dataset and task."""

from __future__ import annotations

from ionladder.data.ingest import folds_spec
from ionladder.data.litraj.tasks import (
    ANION_CLASS,
    CLIP_EV,
    FAST_EV,
    LI_SITES,
    METRICS,
    PRIMARY,
    SUBSETS,
    anion_slice,
    percolation_targets,
)
from ionladder.data.litraj.tasks import COLUMNS_DIMENSIONALITY as DIMENSIONALITY
from ionladder.data.litraj.tasks import DIMENSIONALITY as PERCOLATION_TASK_DIMENSIONALITY
from ionladder.specs import (
    TRAIN_DISTANCE,
    Column,
    CrossValidation,
    Dataset,
    Fact,
    LabelWords,
    Slice,
    Table,
    Task,
)

# The columns of BVEL-proto's tables, with unit, meaning and what a change of each would mean


_ENERGY = "eV"
_DIMENSIONS = {"1d": "one", "2d": "two", "3d": "three"}


def _id() -> Column:
    """The id column that every table carries."""
    return Column(
        name="id",
        type="string",
        description=(
            "Entry id: proto- and eight hexadecimal digits of the SHA-256 of prototype and ions."
        ),
        role="key",
    )


def _text(name: str, description: str) -> Column:
    return Column(name=name, type="string", description=description)


def _category(name: str, description: str) -> Column:
    return Column(name=name, type="category", description=description)


def _cell() -> tuple[Column, ...]:
    lengths = tuple(
        Column(
            name=f"{axis}_ang",
            type="float64",
            unit="Å",
            description=f"Cell length {axis}; the label belongs to exactly this cell.",
        )
        for axis in "abc"
    )
    angles = tuple(
        Column(name=f"{name}_deg", type="float64", unit="°", description=f"Cell angle {name}.")
        for name in ("alpha", "beta", "gamma")
    )
    return (*lengths, *angles)


def _barriers() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"e_{key}_ev",
            type="float64",
            unit=_ENERGY,
            description=(
                f"Smallest energy that opens Li percolation in {number} dimension(s); missing "
                "where nothing below 20 eV does."
            ),
            nullable=True,
            role="label",
        )
        for key, number in _DIMENSIONS.items()
    )


def _flags() -> tuple[Column, ...]:
    return tuple(
        Column(
            name=f"percolates_{key}",
            type="bool",
            description=f"Li percolates in {number} dimension(s) below 20 eV.",
            role="label",
        )
        for key, number in _DIMENSIONS.items()
    )


ENTRIES = Table(
    name="entries",
    key=("id",),
    description="One row per structure: composition, structure type, symmetry and cell.",
    columns=(
        _id(),
        _text("formula", "Reduced formula."),
        _text(
            "formula_norm",
            "Atomic fractions to five decimals, elements in alphabetical order.",
        ),
        _text("chemsys", "Chemical system: its elements in alphabetical order."),
        _category("prototype", "Structure type: a hand-built one, or AFLOW's name."),
        _category("family", "Class of the structure type."),
        _text("assignment", "Which ion sits on which label of the structure type."),
        _category("anion", "Element of the most frequent anion."),
        _category(
            "anion_class",
            "nitride, oxide, fluoride, chalcogenide (S, Se, Te), halide (Cl, Br, I), or mixed.",
        ),
        Column(name="n_sites", type="int16", description="Sites in the cell."),
        Column(name="n_li", type="int16", description="Li sites in the cell."),
        Column(
            name="space_group",
            type="int16",
            description="Space group number of the substituted structure, at 0.01 Å.",
        ),
        *_cell(),
        Column(
            name="volume_ang3", type="float64", unit="Å³", description="Cell volume; six decimals."
        ),
        Column(
            name="source",
            type="category",
            description=(
                "Publication that the coordinates of the structure type come from, with the DOI "
                "and the database entry where there are any."
            ),
            role="note",
        ),
    ),
)

STRUCTURES = Table(
    name="structures",
    key=("id",),
    description="Sites of every structure, sorted by element and position; the cell is in entries.",
    columns=(
        _id(),
        Column(name="species", type="list<string>", description="Element of each site."),
        Column(
            name="charges",
            type="list<int8>",
            unit="e",
            description="Charge of each site, in elementary charges.",
        ),
        Column(
            name="frac_coords",
            type="list<float64>",
            description=(
                "Fractional coordinates x1 y1 z1 x2 y2 z2 …, six decimals, each in [0, 1)."
            ),
        ),
    ),
)

LABELS = Table(
    name="labels",
    key=("id",),
    description="Percolation barriers of Li in the bond-valence site energy, by BVlain.",
    columns=(
        _id(),
        *_barriers(),
        *_flags(),
        DIMENSIONALITY,
    ),
)

SPLITS = Table(
    name="splits",
    key=("split_name", "id"),
    description="Frozen splits into train and test: by chemical system, prototype, or at random.",
    columns=(
        Column(
            name="split_name",
            type="string",
            description="chemsys (primary), prototype or random.",
            role="key",
        ),
        _id(),
        Column(name="subset", type="category", description="train or test.", role="split"),
        Column(
            name="component",
            type="int16",
            description="Number of the chemical system, in alphabetical order; from 1.",
            role="split",
        ),
        Column(
            name="family", type="category", description="Class of the structure type.", role="split"
        ),
        ANION_CLASS,
    ),
)

FOLDS = folds_spec(
    _id(),
    description="Frozen cross-validation folds of the training entries of the split chemsys.",
    schemes="random: entries dealt singly; chemsys, prototype: whole groups.",
)

REPLICATES = Table(
    name="replicates",
    key=("id", "variant"),
    description="A sample labelled again with other grids and cells: the noise of the label.",
    columns=(
        _id(),
        Column(
            name="variant",
            type="string",
            description=(
                "reference: the label itself; resolution_…: another grid spacing, Å; phase_…: "
                "sites moved by part of a grid step; cell_…: another cell of the same crystal."
            ),
            role="key",
        ),
        *_barriers(),
    ),
)

TABLES: tuple[Table, ...] = (ENTRIES, LABELS, STRUCTURES, SPLITS, FOLDS, REPLICATES)


# The BVEL-proto leaderboard: three percolation barriers of structures of unseen chemistry


__all__ = ["BVEL_PROTO", "CLIP_EV", "FAST_EV", "PHYSICAL_EV", "TASKS"]

# A barrier is counted from the cell's minimum, so it is never negative; what does not percolate
# below 20 eV has no label.
PHYSICAL_EV = (0.0, 20.0)

_SLICES = (
    Slice(name="family", title="Class of the structure type", column="family"),
    anion_slice(("mixed", "mixed anions")),
    PERCOLATION_TASK_DIMENSIONALITY,
    LI_SITES,
    Slice(
        name="known_prototype",
        title="Structure type in the training set",
        column="known_prototype",
        values=(("yes", "known type"), ("no", "unknown type")),
    ),
    TRAIN_DISTANCE,
)

BVEL_PROTO = Task(
    name="bvel-proto",
    title="BVEL-proto: Li percolation barriers",
    question=(
        "How well does a model predict the bond-valence barriers of Li percolation in one, two and "
        "three dimensions, for structures of chemical systems it has not seen?"
    ),
    dataset="bvel_proto",
    split="chemsys",
    targets=percolation_targets(
        missing_note=(
            "Without a number: nothing percolates below 20 eV. The clipped MAE takes such an "
            "entry at 6 eV; other measures leave it out."
        ),
        physical=PHYSICAL_EV,
    ),
    metrics=METRICS,
    subsets=SUBSETS,
    primary=PRIMARY,
    group_column="component",
    cross_validation=(
        CrossValidation(
            scheme="chemsys",
            title="grouped by chemical system",
            is_primary=True,
            note="No chemical system is in two folds, as in the primary split.",
            rung=2,
        ),
        CrossValidation(
            scheme="prototype",
            title="grouped by structure type",
            is_primary=False,
            note="No structure type is in two folds: the hardest step of the ladder.",
            rung=3,
        ),
        CrossValidation(
            scheme="random",
            title="shuffled rows",
            is_primary=False,
            note="Neighbours in type and chemistry fall into several folds; it may be optimistic.",
            rung=1,
        ),
    ),
    references=("train-mean", "train-median", "family-median"),
    slices=_SLICES,
    baseline_reference="train-median",
    label_words=LabelWords(adjective="computed", one="label", subject="structure"),
    floor_note=(
        "A label depends a little on choices that mean nothing: where the grid begins, how fine it "
        "is, which cell of the same crystal is taken. A sample of structures was labelled again "
        "under such choices. How far those labels lie apart bounds what a model can be expected to "
        "agree with."
    ),
)

TASKS = (BVEL_PROTO,)


# BVEL-proto as a dataset: title, licence, citation and tables


_spec_all__ = ["DATASET", "TASKS"]

_BIBTEX = """\
@article{dembitskiy2025bvlain,
  title   = {Benchmarking machine learning models for predicting lithium ion migration},
  author  = {Dembitskiy, Artem D. and Humonen, Innokentiy S. and Eremin, Roman A. and
             Aksyonov, Dmitry A. and Fedotov, Stanislav S. and Budennyy, Semen A.},
  journal = {npj Computational Materials},
  volume  = {11},
  number  = {131},
  year    = {2025},
  doi     = {10.1038/s41524-025-01571-z},
}
@article{mehl2017aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 1},
  author  = {Mehl, Michael J. and Hicks, David and Toher, Cormac and Levy, Ohad and
             Hanson, Robert M. and Hart, Gus and Curtarolo, Stefano},
  journal = {Computational Materials Science},
  volume  = {136},
  pages   = {S1--S828},
  year    = {2017},
  doi     = {10.1016/j.commatsci.2017.01.017},
}
@article{hicks2019aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 2},
  author  = {Hicks, David and Mehl, Michael J. and Gossett, Eric and Toher, Cormac and
             Levy, Ohad and Hanson, Robert M. and Hart, Gus and Curtarolo, Stefano},
  journal = {Computational Materials Science},
  volume  = {161},
  pages   = {S1--S1011},
  year    = {2019},
  doi     = {10.1016/j.commatsci.2018.10.043},
}
@article{hicks2021aflow,
  title   = {The {AFLOW} Library of Crystallographic Prototypes: Part 3},
  author  = {Hicks, D. and Mehl, M. J. and Esters, M. and Oses, C. and Levy, O. and
             Hart, G. L. W. and Toher, C. and Curtarolo, S.},
  journal = {Computational Materials Science},
  volume  = {199},
  pages   = {110450},
  year    = {2021},
  doi     = {10.1016/j.commatsci.2021.110450},
}
@incollection{adams2014bvse,
  title     = {Understanding Ionic Conduction and Energy Storage Materials with Bond-Valence-Based
               Methods},
  author    = {Adams, Stefan and Rao, R. Prasada},
  booktitle = {Bond Valences},
  series    = {Structure and Bonding},
  volume    = {158},
  pages     = {129--159},
  year      = {2014},
  doi       = {10.1007/430_2013_137},
}
"""

_MAKING = (
    (
        "Structure types come from the AFLOW library of prototypes and from publications on Li "
        "conductors, which every entry names. Their sites are filled with ions so that the charges "
        "balance and Li sits on one of them; the cell is scaled until nearest cation-anion "
        "distances match the sums of Shannon radii, and nothing is relaxed afterwards."
    ),
    (
        "What is too large, too crowded or too loose is left out by rule, and so is what equals "
        "another structure. Of the rest, whole chemical systems are drawn in the order of a hash, "
        "each with several of its structures; structures that differ by an exchange of ions other "
        "than Li come together, so that a random split tears relatives apart and a split by "
        "chemical system does not. (Version 1.0.0 was drawn structure by structure.)"
    ),
    (
        "Labels are percolation barriers of Li in the bond-valence site energy (Adams and Rao), "
        "computed with BVlain at the settings below: the smallest energy above the cell's minimum "
        "at which Li moves without end in one, two and three dimensions."
    ),
)

_CAVEATS = (
    (
        "The structures are synthetic. Many of these compounds have never been made, and nothing "
        "says that they could be."
    ),
    "They are unrelaxed: real bonds are as long as nature wants, not as radii add up.",
    (
        "The barrier comes from an empirical force field with a rigid framework. It is neither a "
        "measured activation energy nor one from density functional theory, and E_1D below 0.3 eV "
        "does not make a good conductor."
    ),
    (
        "Of the 25 hand-built structure types, 20 carry the numbers of the record they name and "
        "5 (NASICON, tetragonal garnet, argyrodite, Li3InCl6, Li2SiO3) were compared with a record "
        "and agree within 0.03 to 0.12 Å, most of it noise that the records carry. The papers "
        "themselves were not at hand. Four types of 1.0.0 without any record are left out."
    ),
    (
        "A model that is good here has learned bond-valence percolation. Whether that helps with "
        "measured conductivities is for another board to say."
    ),
)

DATASET = Dataset(
    name="bvel_proto",
    title="BVEL-proto",
    summary=(
        "Li percolation barriers of charge-balanced substitutions into known structure types: "
        "synthetic, unrelaxed structures and an empirical force field, computed here."
    ),
    homepage="https://github.com/dembart/BVlain",
    licence="CC-BY-4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    citation=(
        "IonLadder maintainers, BVEL-proto; computed with BVlain (A. D. Dembitskiy et al., "
        "npj Comput. Mater. 11, 2025, doi:10.1038/s41524-025-01571-z) after S. Adams and R. P. "
        "Rao (Struct. Bond. 158, 129, 2014), on structure types of the AFLOW library (M. J. Mehl "
        "et al., Comput. Mater. Sci. 136, S1, 2017) and of the publications named per entry"
    ),
    bibtex=_BIBTEX,
    tables=TABLES,
    facts=(
        Fact(column="formula", title="Formula", kind="formula"),
        Fact(column="prototype", title="Structure type"),
        Fact(column="family", title="Class of the structure type"),
        Fact(column="assignment", title="Ions"),
        Fact(column="space_group", title="Space group number"),
        Fact(column="n_sites", title="Sites in the cell"),
        Fact(column="n_li", title="Li sites in the cell"),
        Fact(column="source", title="Coordinates from"),
    ),
    making=_MAKING,
    caveats=_CAVEATS,
)
