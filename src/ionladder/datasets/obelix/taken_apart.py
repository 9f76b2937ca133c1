"""The slices of OBELiX's test set as pages print them; ``slices.py`` derives their columns."""

from __future__ import annotations

from dataclasses import replace

from ionladder.specs.slice import TRAIN_DISTANCE, Slice

_SYSTEMS = (
    "triclinic",
    "monoclinic",
    "orthorhombic",
    "tetragonal",
    "trigonal",
    "hexagonal",
    "cubic",
)
_ANIONS = (
    ("oxide", "oxides"),
    ("phosphate", "phosphates"),
    ("sulfide", "sulfides"),
    ("selenide", "selenides, with or without S"),
    ("sulfide halide", "sulfide halides"),
    ("fluoride", "fluorides"),
    ("chloride", "chlorides"),
    ("bromide", "bromides"),
    ("iodide", "iodides"),
    ("mixed halide", "mixed halides"),
    ("oxyhalide", "oxyhalides"),
    ("nitride", "nitrides"),
    ("mixed", "mixed anions"),
    ("none of these", "hydrides, phosphides"),
)

SLICES = (
    Slice(
        name="structure",
        title="Crystal structure (CIF)",
        column="structure",
        values=(("with", "with CIF"), ("without", "without CIF")),
    ),
    Slice(
        name="order",
        title="Order",
        column="order",
        values=(
            ("ordered", "ordered"),
            ("disordered", "disordered"),
            ("no structure", "no structure"),
        ),
        note="Ordered: every site of the CIF is filled by one species.",
    ),
    Slice(
        name="censoring",
        title="Label",
        column="censoring",
        values=(("none", "measured"), ("left", "only an upper limit")),
        note="Upper limits are scored at −15, as in the ranked MAE.",
    ),
    Slice(
        name="crystal_system",
        title="Crystal system",
        column="crystal_system",
        values=tuple((name, name) for name in _SYSTEMS),
    ),
    Slice(
        name="family",
        title="Family",
        column="family",
        note="As published, with one spelling a name.",
    ),
    Slice(
        name="anions",
        title="Anion chemistry",
        column="anions",
        values=_ANIONS,
        note=(
            "By the elements of the formula: O alone, with P (phosphates) or without; S; Se or "
            "Te; halogens; N; and what combines them. Te beside O counts as a cation."
        ),
    ),
    Slice(
        name="superionic",
        title="Superionic",
        column="superionic",
        values=(("yes", "σ ≥ 1 mS/cm"), ("no", "below")),
        note=(
            "Chosen by the label itself, which biases the errors: every model that hedges errs "
            "more on entries picked for an extreme label, whatever it knows about them."
        ),
    ),
    TRAIN_DISTANCE,
    Slice(
        name="crossing",
        title="Composition in the training set",
        column="crossing",
        values=(("yes", "crosses the split"),),
        note=(
            "The same atomic fractions to five decimals under another cell formula: other papers "
            "and space groups, but a model that reads compositions has seen them."
        ),
    ),
)

SLICES_OF_CIF = tuple(item for item in SLICES if item.name != "structure")
"""Where every entry has a structure, having one tells nothing apart."""

_OTHER_GROUPS = {
    "train_distance": (
        " Only entries of other groups of papers and compositions count: no fold parts a group."
    ),
    "crossing": " Here: another group of papers and compositions holds it too.",
}

SLICES_OF_FOLDS = tuple(
    replace(item, note=item.note + _OTHER_GROUPS.get(item.name, "")) for item in SLICES
)
"""Where folds are scored, an entry's own group is never among the entries trained on."""
