"""A straight line between the two ends of the initial path."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="linear-path",
    model="Straight line",
    description="Every atom goes straight from its place in the first image of the initial path to "
    "that in the last, by the shorter way around the cell, in equal steps. Nothing is relaxed.",
    tasks=("nebdft2k-path",),
    inputs="structure",
    training_data="nothing; the train split of nebDFT2k is not read",
    notes="A reference for geometry alone: it has no energies, so every image is given 0 eV and "
    "the barrier is 0 eV, which is no estimate of it. Deterministic.",
)
