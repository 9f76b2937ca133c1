"""One energy an element, no forces and no stress."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="element-energies",
    model="Element energies",
    description="The energy of a configuration is a sum over its atoms of one constant per "
    "element, fitted by least squares to the training energies. Forces and stress are zero.",
    tasks=("mplitrj", "mplitrj-subsample"),
    inputs="composition",
    training_data="MPLiTrj train split (train and val parts): all energies",
    notes="What a model must beat: its error in energy is the spread of energies at given "
    "composition, its error in forces their mean size. Deterministic.",
    by_task={
        "mplitrj-subsample": {
            "training_data": "MPLiTrj_subsample train split (train and val parts): all energies"
        }
    },
)
