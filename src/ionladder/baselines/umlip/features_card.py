"""What the cards of ridges on frozen features have in common; imports no numerical library."""

from __future__ import annotations

from ionladder.specs import Baseline

_TREATMENT = (
    "Every site goes whole to its most abundant species, vacancies passed over. Of sites "
    "nearer to each other than 0.6 of the sum of their covalent radii the one with the "
    "higher occupancy stays, of equals the first of the CIF: a potential is not made for "
    "atoms inside each other. Every feature is clipped to its 1 % and 99 % quantiles over "
    "the training part: in four training crystals (ckw, xut, yab, ysm) O atoms stay 0.9 "
    "to 1.0 Å apart, and their features of SevenNet-0 are up to 300 times as large as "
    "others. The penalty is the one of lowest MAE in 5-fold cross-validation of the "
    "training part, whole groups (shared publication or composition) held out; the test "
    "set takes no part. The training time leaves out the features, which are computed "
    "once."
)


def features_baseline(
    name: str,
    model: str,
    *,
    features: str,
    n_features: int,
    origin: str,
    potential: str,
    package: str,
    paper_doi: str,
    history: str,
) -> Baseline:
    """The spec of a ridge regression on frozen atom features of a potential.

    Args:
        name: Its name.
        model: Name of the potential, as printed.
        features: Which features of an atom, in words.
        n_features: How many an atom has; a crystal has twice as many.
        origin: Who trained the potential, and on what.
        potential: Versions of its package and weights.
        package: Its package.
        paper_doi: Its publication.
        history: When clipping was added, and what of this row was known by then.
    """
    return Baseline(
        name=name,
        model=f"{model} features, ridge",
        description="Ridge regression on features of a universal potential that is not trained "
        f"further: the {n_features} invariant features of every atom {features}. Mean and standard "
        f"deviation over the atoms of the cell make {2 * n_features} features of a crystal.",
        tasks=("obelix-cif",),
        inputs="structure",
        training_data=f"OBELiX train split: the 254 entries with a CIF. The potential {origin}",
        # Features are sums in float32: on another processor they may differ by 1e-5 of their size,
        # and that moves a prediction by 4e-5.
        tolerance=1e-3,
        hyperparameters={
            "potential": potential,
            "alpha": "1 to 1e6 in half decades, by grouped CV",
            "alpha_folds": 5,
            "clip_quantiles": [0.01, 0.99],
            "overlap": 0.6,
        },
        paper_doi=paper_doi,
        parameters=2 * n_features + 1,
        notes=f"{_TREATMENT} {history} Deterministic.",
        extra="umlip",
        packages=("torch", package, "ase"),
        uses_external_data=True,
    )
