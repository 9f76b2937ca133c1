"""The barrier of bond valences, scaled and shifted to the barriers of DFT."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="bvse-affine",
    model="Affine fit of the bond-valence barrier",
    description="a + b · em_bvse, with a and b from least squares on the training hops: how far "
    "the empirical barrier, which is known for every hop, goes with two numbers.",
    tasks=("nebdft2k-barrier",),
    inputs="structure",
    training_data="nebDFT2k train split (upstream's train and val): labels and em_bvse of all hops",
    parameters=2,
    notes="Nothing keeps a prediction above 0 eV. A third party reports the same idea with MAE "
    "0.296 eV on the official test part. Deterministic.",
)
