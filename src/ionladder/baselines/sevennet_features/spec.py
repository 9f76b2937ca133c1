"""Ridge regression on frozen atom features of SevenNet-0."""

from ionladder.specs.baseline import Baseline

BASELINE = Baseline(
    name="sevennet-features",
    model="SevenNet-0 features, ridge",
    description="Ridge regression on features of a universal potential that is not trained "
    "further: the 128 invariant features of every atom after the last interaction, from which it "
    "reads energies. Mean and standard deviation over the atoms of the cell make 256 features of a "
    "crystal.",
    tasks=("obelix-cif",),
    inputs="structure",
    training_data="OBELiX train split: the 254 entries with a CIF. The potential (Park et al. "
    "2024) was trained by its authors on MPtrj: energies, forces and stresses from the Materials "
    "Project",
    # Features are sums in float32: on another processor they may differ by 1e-5 of their size, and
    # that moves a prediction by 4e-5.
    tolerance=1e-3,
    hyperparameters={
        "potential": "sevenn 0.13.0, weights 7net-0 of 11 July 2024",
        "alpha": "1 to 1e6 in half decades, by grouped CV",
        "alpha_folds": 5,
        "clip_quantiles": [0.01, 0.99],
        "overlap": 0.6,
    },
    paper_doi="10.1021/acs.jctc.4c00190",
    parameters=257,
    notes="Every site goes whole to its most abundant species, vacancies passed over. Of sites "
    "nearer to each other than 0.6 of the sum of their covalent radii the one with the "
    "higher occupancy stays, of equals the first of the CIF: a potential is not made for "
    "atoms inside each other. Every feature is clipped to its 1 % and 99 % quantiles over "
    "the training part: in four training crystals (ckw, xut, yab, ysm) O atoms stay 0.9 "
    "to 1.0 Å apart, and their features of SevenNet-0 are up to 300 times as large as "
    "others. The penalty is the one of lowest MAE in 5-fold cross-validation of the "
    "training part, whole groups (shared publication or composition) held out; the test "
    "set takes no part. The training time leaves out the features, which are computed "
    "once. "
    "The clipping was added, to both feature rows alike, when features ran away on training "
    "entries; the row of CHGNet had been scored on the test set without it before, this one "
    "had not. "
    "Deterministic.",
    extra="umlip",
    packages=("torch", "sevenn", "ase"),
    uses_external_data=True,
)
