"""Ridge regression on frozen atom features of SevenNet-0."""

from ionladder.baselines.umlip.features_card import features_baseline

BASELINE = features_baseline(
    "sevennet-features",
    "SevenNet-0",
    features="after the last interaction, from which it reads energies",
    n_features=128,
    origin="(Park et al. 2024) was trained by its authors on MPtrj: energies, forces and stresses "
    "from the Materials Project",
    potential="sevenn 0.13.0, weights 7net-0 of 11 July 2024",
    package="sevenn",
    paper_doi="10.1021/acs.jctc.4c00190",
    history="The clipping was added, to both feature rows alike, when features ran away on "
    "training entries; the row of CHGNet had been scored on the test set without it before, this "
    "one had not.",
)
