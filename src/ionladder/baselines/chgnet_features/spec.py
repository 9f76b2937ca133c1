"""Ridge regression on frozen atom features of CHGNet."""

from ionladder.baselines.umlip.features_card import features_baseline

BASELINE = features_baseline(
    "chgnet-features",
    "CHGNet",
    features="ahead of the last convolution, from which it reads magnetic moments",
    n_features=64,
    origin="(Deng et al. 2023) was trained by its authors on MPtrj: energies, forces, stresses and "
    "magnetic moments from the Materials Project",
    potential="chgnet 0.4.2, weights 0.3.0",
    package="chgnet",
    paper_doi="10.1038/s42256-023-00716-3",
    history="An earlier version of this row, without the clipping, had been scored on the test set "
    "(2.585) when features of SevenNet-0 were found to run away on training entries; clipping "
    "was then added to both feature rows alike, and moved this one to 2.594.",
)
