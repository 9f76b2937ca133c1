"""The initial path as it is, with the barrier of bond valences."""

from ionladder.specs import Baseline

BASELINE = Baseline(
    name="bvse-path",
    model="Initial path (bond valences)",
    description="The path that every model starts from, unchanged: it was found in the "
    "bond-valence site energy. Its barrier is that of the same energy, em_bvse.",
    tasks=("nebdft2k-path",),
    inputs="structure",
    training_data="nothing; the train split of nebDFT2k is not read",
    notes="The data hold one number of the bond-valence energy of a path, its barrier, and no "
    "profile. So the image in the middle is given em_bvse and every other one 0 eV: largest minus "
    "smallest is em_bvse, and the shape in between is not meant. A hop that a submission declares "
    "failed counts with the geometry of this row. Deterministic.",
)
