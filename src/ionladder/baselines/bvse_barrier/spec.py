"""A straight line from the bond-valence barrier to the conductivity."""

from ionladder.baselines.bvse.coverage import N_TEST, N_TRAIN, N_TRAIN_TREATED, UNTREATED_TEST_IDS
from ionladder.specs import Baseline

BASELINE = Baseline(
    name="bvse-barrier",
    model="Bond-valence barrier (physics)",
    description="One feature: the barrier above which Li+ percolates through the crystal in three "
    "dimensions (E_3D), from BVlain's bond-valence site energies of the CIF. The prediction is the "
    "least-squares line of log10 of the conductivity on E_3D over the training crystals that can "
    "be treated; for the others it is the training median, a fallback. Treated are crystals whose "
    "framework is ordered: Li is moved through the field of all other ions, so its own sites may "
    "be partly occupied.",
    tasks=("obelix-cif",),
    inputs="structure",
    training_data="OBELiX train split: the 254 entries with a CIF",
    hyperparameters={
        "resolution_ang": 0.2,
        "r_cut_ang": 10.0,
        "max_neighbours": 100,
        "barrier_clip_ev": 6.0,
        "treated_train": N_TRAIN_TREATED,
        "fallback": len(UNTREATED_TEST_IDS),
        "fallback_ids": list(UNTREATED_TEST_IDS),
    },
    parameters=3,
    notes=f"Coverage: {N_TRAIN_TREATED} of {N_TRAIN} training crystals and "
    f"{N_TEST - len(UNTREATED_TEST_IDS)} of {N_TEST} test crystals. The others have a disordered "
    "framework, Li that shares a site with another element, no neutral choice of charges, an anion "
    "without parameters, or no Li. Charges follow from the composition, one for each element. "
    "Barriers are defined as the labels of BVEL-proto are; one above 6 eV, or none below 20 eV, "
    "counts 6 eV. Positions in the public CIFs carry deliberate noise. The training time leaves "
    "out the barriers, which are computed once. Deterministic.",
    extra="bvel",
    packages=("bvlain",),
)
