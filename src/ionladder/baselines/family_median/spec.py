"""The median training barriers of the same family of structure types."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="family-median",
    model="Family median",
    description="Predicts, for every target, the median training barrier of the entry's family of "
    "structure types (rock salt, garnet, …). An entry whose family does not occur among the "
    "training entries gets the median of all training barriers.",
    tasks=("bvel-proto",),
    inputs="structure",
    training_data="BVEL-proto train split (chemsys): labels and families of all its entries",
    notes="Reads the family and nothing else. Labels are clipped at 6 eV, as the primary metric "
    "clips them; a missing label (nothing percolates below 20 eV) counts as 6 eV. Deterministic.",
)
