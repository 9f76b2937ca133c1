"""What every board of percolation barriers has: targets, metrics, parts and slices."""

from __future__ import annotations

from ionladder.datasets.litraj.anions import ANION_SUBSETS
from ionladder.specs.slice import Slice
from ionladder.specs.task import MEAN_OF_TARGETS, MetricUse, Primary, Subset, Target

# Above 6 eV no ion moves, and the size of the number says nothing more; the few percent of E_3D
# that lie there, up to 19 eV, would otherwise rule the mean.
CLIP_EV = 6.0
FAST_EV = 0.5

DIMENSIONS = (
    ("1d", "1D", "one dimension"),
    ("2d", "2D", "two dimensions"),
    ("3d", "3D", "three dimensions"),
)
"""Column suffix, as printed, and in words."""

METRICS = (
    MetricUse(
        name="mae_clipped",
        metric="mae_clipped",
        title="MAE, clipped at 6 eV",
        options={"clip": CLIP_EV},
    ),
    MetricUse(name="mae", metric="mae", title="MAE"),
    MetricUse(name="rmse", metric="rmse", title="RMSE"),
    MetricUse(name="r2", metric="r2", title="R²"),
    MetricUse(name="spearman", metric="spearman", title="Spearman ρ"),
    MetricUse(name="mae_log1p", metric="mae_log1p", title="MAE of ln(1 + E)"),
    MetricUse(
        name="f1_fast",
        metric="f1_below",
        title="F1, E < 0.5 eV",
        options={"threshold": FAST_EV},
    ),
)

PRIMARY = Primary(target=MEAN_OF_TARGETS, metric="mae_clipped", subset="all")

SUBSETS = (
    Subset(name="all", title="all test entries"),
    *ANION_SUBSETS,
    *(
        Subset(
            name=f"conducts_{key}",
            title="easiest in 1D" if key == "1d" else f"as easy in {key[0]}D",
            column="dimensionality",
            equals=key,
        )
        for key, _, _ in DIMENSIONS
    ),
)

DIMENSIONALITY = Slice(
    name="dimensionality",
    title="Dimensions as easy as the easiest path (within 0.2 eV)",
    column="dimensionality",
    values=(
        *((key, f"{key[0]}D") for key, _, _ in DIMENSIONS),
        ("none", "nothing percolates"),
    ),
    note="Chosen by the labels themselves. As easy is not easy: the easiest path may be steep.",
)

LI_SITES = Slice(
    name="li_sites",
    title="Li sites in the cell",
    column="li_sites",
    values=tuple((name, name) for name in ("1", "2 to 3", "4 to 7", "8 or more")),
)


def percolation_targets(
    *, missing_note: str, physical: tuple[float, float] | None
) -> tuple[Target, ...]:
    """The barriers in one, two and three dimensions.

    Args:
        missing_note: What a missing label means.
        physical: Smallest and largest possible barrier, eV.
    """
    return tuple(
        Target(
            name=f"e_{key}_ev",
            symbol=f"E_{printed}",
            unit="eV",
            error_unit="eV",
            description=(
                f"Smallest bond-valence site energy, above the cell's minimum, that opens Li "
                f"percolation in {number} (BVlain)."
            ),
            plausible=(-5.0, 100.0),
            physical=physical,
            missing_note=missing_note,
        )
        for key, printed, number in DIMENSIONS
    )
