"""Every number on nebDFT2k barriers that was found, its source and what it leaves open."""

from __future__ import annotations

from ionladder.specs.reported import Reported

PAPER = "Dembitskiy et al., npj Comput. Mater. 11, 131 (2025), doi:10.1038/s41524-025-01571-z"
REPOSITORY = "AIRI-Institute/LiTraj at c3ca5c2"
THIRD_PARTY = "sigmundr6/migration-rep (third-party repository)"

_NOT_AVAILABLE = "number not available to us"
_TABLES_UNREAD = (
    "The abstract counts it among the pre-trained models of highest accuracy on these paths; the "
    "tables of the paper were not at hand, so no number stands here."
)
_TEN_SEEDS = (
    "Reported by a third party, not by the authors of the data: official test part of 220 hops, "
    "ten seeds; unverified here."
)
_FOLDS_TOO = (
    " The value by cross-validation is their pooled MAE over 5 folds without shared materials on "
    "all 1\u202f681 hops."
)


def _third_party(
    model: str, mae: float, rest: str, *, inputs: str, cv: float | None = None, note: str = ""
) -> Reported:
    """A row of the third party's table: MAE on the official test part, in eV."""
    return Reported(
        model=model,
        source=THIRD_PARTY,
        table="results on the official test part, 220 hops",
        as_printed=f"MAE {mae:.3f}{rest}",
        test={"all": mae},
        cv=cv,
        inputs=inputs,
        trained_on="nebDFT2k",
        verdict=_TEN_SEEDS + (_FOLDS_TOO if cv is not None else "") + note,
    )


POTENTIALS = (
    Reported(
        model="SevenNet, fine-tuned on a subsample of MPLiTrj",
        source=PAPER,
        table="abstract",
        as_printed="MAE = 0.1 eV",
        inputs="structure",
        trained_on="its pre-training data and a subsample of MPLiTrj",
        verdict=(
            "One decimal, and the abstract does not say which hops are averaged, nor how bands "
            "that did not converge count; so the number is quoted and put under no column."
        ),
    ),
    *(
        Reported(
            model=model,
            source=PAPER,
            table="abstract",
            as_printed=_NOT_AVAILABLE,
            inputs="structure",
            verdict=_TABLES_UNREAD,
        )
        for model in ("MACE-MP-0", "SevenNet")
    ),
    Reported(
        model="MACE-MP-0 small",
        source=REPOSITORY,
        table="notebooks/nebDFT2k_benchmark_MACE_MP_small.ipynb, output",
        as_printed="MAE 0.16, RMSE 0.32, Rp 0.92, slope 0.95, R2 0.82",
        inputs="structure",
        verdict=(
            "Converged hops only: at least 1\u202f435 of 1\u202f681, about 85 %. It covers all "
            "parts of the split, not the test part, and hops that failed are not counted at all; "
            "so it stands beside no number of this board."
        ),
    ),
    Reported(
        model="a potential that the picture does not name",
        source=REPOSITORY,
        table="figures/benchmark.png",
        as_printed="MAE 0.11 eV, RMSE 0.16 eV, R2 0.91",
        inputs="structure",
        verdict="Neither the model nor the hops that are averaged are named.",
    ),
)
"""Potentials that relax a whole path; their barriers belong to both boards of nebDFT2k."""

BARRIERS = (
    Reported(
        model="M3GNet on centroids, 30 epochs",
        source=REPOSITORY,
        table="M3GNet notebook, name of a checkpoint",
        as_printed="RMSE 0.578 eV",
        inputs="structure",
        trained_on="nebDFT2k train part",
        verdict="An RMSE on upstream's val part, which is part of the train subset here.",
    ),
    _third_party("Small GNN, crystal", 0.532, ", R2 −0.04", inputs="structure", cv=0.480),
    _third_party(
        "Small GNN, midpoint of the hop", 0.352, ", R2 0.53", inputs="structure", cv=0.313
    ),
    _third_party("Small GNN, whole path", 0.358, ", R2 0.52", inputs="structure"),
    _third_party(
        "Small GNN, positional path",
        0.297,
        ", R2 0.67",
        inputs="structure",
        cv=0.276,
        note=" It reads the path relaxed with DFT, which no prediction has.",
    ),
    _third_party(
        "Affine fit of em_bvse",
        0.296,
        ", RMSE 0.437, R2 0.725, ρ 0.69",
        inputs="structure",
        cv=0.316,
        note=" The row bvse-affine of this board is the same idea.",
    ),
    _third_party(
        "BVSE path and delta learning", 0.261, ", R2 0.74, ρ 0.76", inputs="structure", cv=0.248
    ),
)

REPORTED_BARRIERS = (*POTENTIALS, *BARRIERS)
REPORTED_PATHS = POTENTIALS
